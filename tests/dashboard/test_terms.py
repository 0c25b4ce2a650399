"""A term with its definition is one value: a button on a page, a plain name on paper with its definition at the end."""

from __future__ import annotations

import asyncio
from html import escape
from pathlib import Path

import dashboard
from dashboard.drawing.markup import Term, column, column_term, paper, tag, term
from dashboard.report.document import definitions
from dashboard.results.tiles import explained

PEAK = Term("Peak <b>", "kPa", ("max(p)", "The largest & only.", ""))


def test_a_term_opens_its_definition_on_a_page() -> None:
    about = "<b>Peak &lt;b&gt;, kPa</b><code>max(p)</code><p>The largest &amp; only.</p>"
    button = f'<button type="button" class="term" data-about="{escape(about)}">Peak &lt;b&gt;</button>'
    assert PEAK.markup() == f'{button} <span class="unit">kPa</span>'
    assert term("Seconds", "s") == 'Seconds <span class="unit">s</span>'


async def test_on_paper_terms_are_names_and_are_gathered_from_threads_too() -> None:
    with paper() as terms:
        here = PEAK.markup()
        there = await asyncio.to_thread(column, "peak_kpa")
        assert "button" not in here + there
        assert {one.title for one in terms} == {"Peak <b>", "Peak pressure"}
        with paper() as others:
            term("Another", "", "1 + 1")
        assert [one.title for one in others] == ["Another"]
    assert "button" in PEAK.markup()
    assert PEAK not in others


def test_definitions_stand_once_under_all_names_that_share_one() -> None:
    two = [Term(title, "N", ("F",)) for title in ("Force", "Load")]
    found = definitions([*two, two[0], Term("Peak", "N", ("max F",), "Peak force, N")])
    assert found.count('class="definition"') == 2
    assert "<b>Force, N; Load, N</b><code>F</code>" in found
    assert "<b>Peak force, N</b><code>max F</code>" in found


def test_what_holds_nothing_is_not_closed_and_nobody_cuts_markup_apart() -> None:
    assert tag("input", type="text", value='"') == '<input type="text" value="&quot;">'
    code = "".join(file.read_text("utf-8") for file in sorted(Path(dashboard.__file__).parent.rglob("*.py")))
    for cut in ('removesuffix("</', 'partition("<', "partition('data-", 'replace(">"', 'data-about="(['):
        assert cut not in code, cut


def test_a_term_among_components_says_the_same_as_in_markup() -> None:
    shown = explained(PEAK)
    assert shown.children.children == "Peak <b>"
    assert [one.children for one in shown.label.children] == ["Peak <b>, kPa", "max(p)", "The largest & only."]
    known = column_term("peak_kpa")
    assert known is not None
    assert [one.children for one in explained(known).label.children if one.children] == [
        known.heading, *(text for text in known.about if text), known.source
    ]  # fmt: skip
    assert known.source in known.markup()
