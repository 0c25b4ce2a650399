"""Names that look like formulas, markup or headers are shown, copied and downloaded as names."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import quote, unquote

import numpy as np
import pandas as pd
import pytest
from dash.development.base_component import Component
from hostile import NAMES, NO_NAMES

from analytics import sim
from barograph import settings as settings_module
from barograph.access.principals import Access
from barograph.cells import FORMULAS, cell, tab_separated, table_text
from dashboard.app import create_app
from dashboard.compare import callbacks as compare
from dashboard.history import callbacks as history
from dashboard.pages import show
from dashboard.reading.parts import Parts
from dashboard.session import callbacks as session
from dashboard.session.report_routes import make

HERE = {"client": ("127.0.0.1", 4242)}
HEADERS = {"Host": "127.0.0.1:8050"}


@pytest.mark.parametrize("name", [*NAMES, *NO_NAMES])
def test_a_copied_cell_is_one_cell_and_no_formula(name: str) -> None:
    text = tab_separated([["session", name], ["last", 1.5]])
    rows = list(csv.reader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))
    assert [len(row) for row in rows] == [2, 2]
    assert not rows[0][1].lstrip().startswith(tuple(FORMULAS))


def test_numbers_stay_numbers_and_what_is_missing_is_empty() -> None:
    assert [cell(value) for value in (-1.5, "+2", "-1e-05", "−3", None)] == ["-1.5", "+2", "-1e-05", "−3", "None"]
    table = pd.DataFrame({"side": ["=L", None], "load": [-1.5, np.nan]})
    assert table_text(table) == "side\tload\n'=L\t-1.5\n\t"


async def test_markup_holds_names_as_text(pages, keep) -> None:
    names = [name for name in NAMES if set(name) & set("<>&'\"{$")]
    for name in names:
        await keep(name, sim.walk(6.0, rows=16, cols=8), athlete=name, kind=name, tags=(name,))
    asked = "?" + "&".join(f"{side}={quote(name, safe='')}" for side, name in zip("ab", names, strict=False))
    made = {"compare": await compare.body(pages, asked)}
    for name in names:
        there = quote(name, safe="")
        body, _ = await session.tab(pages, f"/session/{there}", "?tab=gait")
        made[f"session {name}"] = getattr(body, "data-markup")
        made[f"report {name}"] = await make(Parts(pages.archive), name)
        made[f"history {name}"] = await history.body(pages, f"/athlete/{there}/history", "?metric=contact_s")
    for where, markup in made.items():
        assert len(markup) > 1000, where
        read = Markup()
        read.feed(markup)
        assert not read.found, (where, read.found)


@pytest.mark.parametrize("path", ["/", "/system", "/live/{}", "/session/{}", "/athlete/{}"])
async def test_pages_hold_names_as_texts_of_components(pages, keep, path) -> None:
    """Dash writes texts as texts: nothing that a name holds may come as markup or as an address that runs."""
    for name in NAMES:
        await keep(name, sim.walk(0.5, rows=16, cols=8), athlete=name, kind=name, tags=(name,))
    for name in NAMES if "{}" in path else NAMES[:1]:
        made = await show(pages, path.format(quote(name, safe="")), "")
        parts = list(components(made))
        assert parts, name
        for one in parts:
            assert type(one).__name__ not in ("Markdown", "Iframe", "Script"), name
            said = {**one.to_plotly_json()["props"]}
            assert not said.get("dangerously_allow_html"), name
            for where in ("href", "src"):
                assert str(said.get(where) or "/").startswith(("/", "#", "http")), (name, where, said[where])
            if (markup := said.get("data-markup")) is not None:
                read = Markup()
                read.feed(markup)
                assert not read.found, (name, read.found)


def components(made: object) -> Iterator[Component]:
    """Every component of a page, as deep as they go."""
    if isinstance(made, list | tuple):
        for one in made:
            yield from components(one)
    elif isinstance(made, Component):
        yield made
        yield from components(getattr(made, "children", None))


async def test_the_athletes_page_holds_the_name_as_a_text(tmp_path, memory_archive, memory_live, keep) -> None:
    settings = settings_module.load(data_dir=tmp_path, ingest_port=0)
    access = Access(settings, "dashboard")
    client = create_app(settings, memory_archive, memory_live, access).test_client()
    link = access.new_link("http://127.0.0.1:8050").rpartition("/")[2]
    await client.post(f"/login/{link}", headers=HEADERS, scope_base=HERE)
    seen = []
    for name in ("plain", *NAMES):
        answer = await client.get(f"/athlete/{quote(name, safe='')}", headers=HEADERS, scope_base=HERE)
        assert answer.status_code == 200, name
        read = Elements()
        read.feed(await answer.get_data(as_text=True))
        seen.append(read.found)
        assert name in read.values, name
    # Whatever the name, the same elements with the same attributes.
    assert all(one == seen[0] for one in seen)


class Elements(HTMLParser):
    """Tags with the names of their attributes, and the attributes' values."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[object] = []
        self.values: set[str | None] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, [name for name, _ in attrs]))
        self.values |= {value for _, value in attrs}


class Markup(HTMLParser):
    """What a browser would run of it that a name brought in."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[object] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script" or any(name.startswith("on") or name == "b" for name, _ in attrs):
            self.found.append((tag, attrs))
        self.found += [(tag, one) for one in attrs if one[0] in ("href", "src") and (one[1] or "").startswith("javas")]


async def test_a_download_has_one_plain_header(tmp_path, memory_archive, memory_live, keep) -> None:
    settings = settings_module.load(data_dir=tmp_path, ingest_port=0)
    access = Access(settings, "dashboard")
    client = create_app(settings, memory_archive, memory_live, access).test_client()
    link = access.new_link("http://127.0.0.1:8050").rpartition("/")[2]
    await client.post(f"/login/{link}", headers=HEADERS, scope_base=HERE)
    recording = sim.walk(0.2, rows=16, cols=8)["left"]
    span = f"start_us={recording.times_us[0]}&stop_us={recording.times_us[-1]}"
    for name in NAMES:
        await keep(name, {name: recording})
        path = f"/data/{quote(name, safe='')}/{quote(name, safe='')}/export?format=csv&{span}"
        answer = await client.get(path, headers=HEADERS, scope_base=HERE)
        assert answer.status_code == 200, name
        (said,) = answer.headers.getlist("Content-Disposition")
        kind, form, filename = re.fullmatch("(attachment); (filename=|filename[*]=UTF-8'')(.*)", said).groups()
        assert (kind, unquote(filename)) == ("attachment", f"{name}-{name}.csv")
        assert (form == "filename=") == bool(re.fullmatch("[A-Za-z0-9._-]+", filename))
        assert filename.isascii()
        assert not set(filename) & set("\"';, ")
        assert "Set-Cookie" not in answer.headers
