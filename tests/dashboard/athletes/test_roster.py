"""The roster's page: what its address asks, what its rows say, its counts and its states."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import numpy as np
import pytest
from dash.development.base_component import Component

from analytics import sim
from barograph import settings as settings_module
from barograph.access.acting import acting
from barograph.access.guarded import guarded
from barograph.access.principals import Principal
from barograph.errors import StorageAway
from barograph.store.ports import About
from barograph.store.roster import Athlete, Consent, Measurement
from barograph.store.roster_list import RosterEntry, SessionsOf, Standing
from dashboard import pages
from dashboard.athletes import roster_callbacks, roster_page, roster_rows
from dashboard.athletes.roster_query import ListQuery, read
from dashboard.reading.roster import REMEMBERED_S, Found
from dashboard.reading.sources import Sources
from dashboard.reading.summarising import Summariser

NOW_US = time.time_ns() // 1000
DAY_US = 86_400_000_000
OWNER = Principal("here", kind="owner")
KEEP = "record and keep"


@pytest.fixture
def sources(tmp_path, memory_archive, memory_live) -> Sources:
    return Sources(settings_module.load(data_dir=tmp_path, ingest_port=1), guarded(memory_archive), memory_live)


def said(component: Any) -> str:
    """All texts of a page, one after the other."""
    if isinstance(component, list | tuple):
        return " ".join(filter(None, map(said, component)))
    if isinstance(component, Component):
        return said(getattr(component, "children", None))
    return "" if component is None else str(component)


def of_id(component: Any, name: str) -> Component:
    """The part of a page with an id."""
    return next(one for one in component._traverse() if getattr(one, "id", None) == name)


async def lab(archive) -> dict[str, Athlete]:
    team = await archive.roster.add_team("Sprint", now_us=NOW_US)
    masses = tuple(Measurement("mass_kg", 60.0 + i, NOW_US - (9 - i) * DAY_US) for i in range(4))
    people = (Athlete("Zoë", sex="F", teams=(team.uid,), measurements=masses, consents=(Consent(KEEP, "2026-01-01"),)),
              Athlete("Ada"))  # fmt: skip
    made = {one.name: await archive.roster.add(one, now_us=NOW_US) for one in people}
    await archive.note("run", now_us=NOW_US - DAY_US, about=About("Zoë", "Track run"))
    await archive.note("strange", now_us=NOW_US, about=About("Insole 10"))
    return made


def test_the_address_keeps_everything_and_nonsense_in_it_is_said():
    address = "?text=z&team=t&show=consent&sort=age&down=1&names=hidden&measure=cadence_spm&cards=100"
    asked = read(address, NOW_US)
    assert asked.problems == ()
    assert read(asked.search(cards=100), NOW_US) == asked
    assert (asked.query.names, asked.query.descending, asked.cards, asked.measure) == (False, True, 100, "cadence_spm")
    wrong = read("?show=x&sort=y&names=z&measure=q&cards=-1&text=%00a", NOW_US)
    assert [one.partition(":")[0] for one in wrong.problems] == ["show", "sort", "names", "measure", "cards"]
    assert (wrong.query.text, wrong.search()) == ("a", "?text=a")
    assert ListQuery(wrong.query).search(text="", show="teamless") == "?show=teamless"


async def test_counts_stand_above_and_rows_say_what_is_known(sources, memory_archive):
    made = await lab(memory_archive)
    with acting(OWNER):
        page = await pages.show(sources, "/athletes", "")
        rows, total = await roster_callbacks.rows(sources, read("?sort=last&down=1", NOW_US), 0, 10)
    for name, text in (("all", "2 all"), ("consent", "1 consent missing or ending within 30 days"),
                       ("untested", "1 not tested for 30 days"), ("teamless", "1 without a team"),
                       ("proposals", "1 name from a device to confirm")):  # fmt: skip
        assert " ".join(said(of_id(page, f"count-{name}")).split()) == text
    assert (total, [one["name"] for one in rows]) == (2, ["Zoë", "Ada"])
    zoe, ada = rows
    assert (zoe["path"], zoe["teams"], zoe["mass"], zoe["sessions"], zoe["workout"]) == (
        f"/athletes/{made['Zoë'].uid}", ["Sprint"], "63.0", "1", "run",
    )  # fmt: skip
    assert (zoe["consent"]["text"], zoe["consent"]["sign"], ada["consent"]["text"]) == ("given", False, "missing")
    assert (ada["last"]["date"], ada["last"]["sign"], ada["height"], ada["sex"]) == ("never", True, "–", "–")
    assert [value for _, value in zoe["trend"]["points"]] == [60.0, 61.0, 62.0, 63.0]
    assert (zoe["change"]["state"], zoe["change"]["text"], zoe["change"]["by"]) == ("within", "within noise", "+2.0")
    assert "TE 1.00 kg of these 3 tests; MDC95 of one more test 2.26 kg" in zoe["change"]["why"]
    assert zoe["trend"]["band"] == pytest.approx([61.0, 2.263], abs=1e-3)
    assert (ada["change"]["text"], ada["load"]["text"]) == ("not known", "")
    json.dumps(rows)  # as Dash sends them


async def test_a_change_is_that_of_the_kept_numbers_beside_the_own_first_tests(sources, memory_archive, keep):
    made = await lab(memory_archive)
    heights = (0.0, 0.002, -0.001, 0.002, 0.2)
    for i, more in enumerate(heights):
        foot = sim.walk(6.0, rows=12, cols=6, start_us=NOW_US - (20 - i) * DAY_US, cadence=110.0 * (1 + more))
        await keep(f"walk-{i}", foot, athlete="Zoë", kind="walk", mass_kg=60.0)
    await Summariser(memory_archive, lambda _: True).catch_up()
    with acting(OWNER):
        asked = read("?measure=cadence_spm&load=steps&show=changed", NOW_US)
        page = await pages.show(sources, "/athletes", "?measure=cadence_spm")
        (zoe,), total = await roster_callbacks.rows(sources, asked, 0, 10)
        (one,) = sources.roster.series.changes("cadence_spm", 3).values()
        entries = await sources.measures.entries(await memory_archive.workouts())
        none, _ = await roster_callbacks.rows(sources, read("?measure=cadence_spm&baseline=5", NOW_US), 0, 10)
    told = sorted((entry.first_us, entry.values["cadence_spm", ""][0]) for entry in entries if entry.values)
    assert list(one.points) == told
    first = np.array([value for _, value in told[:3]])
    assert one.size == pytest.approx(abs(told[-1][1] - first.mean()) / (1.959964 * first.std(ddof=1) * (4 / 3) ** 0.5))
    assert (total, zoe["name"], zoe["change"]["state"], zoe["change"]["text"]) == (1, "Zoë", "beyond", "beyond MDC")
    assert zoe["change"]["by"].startswith("+")
    assert f"{zoe['change']['by']} steps/min, beyond MDC" in zoe["change"]["why"]
    assert "mean of the first 3 tests of walk" in zoe["change"]["why"]
    assert len(zoe["trend"]["points"]) == 5
    week, month = zoe["load"]["text"].split(" · ")
    assert (week, int(month) > 40) == ("0", True)
    assert " ".join(said(of_id(page, "count-changed")).split()) == "1 changed beyond MDC"
    assert {row["change"]["text"] for row in none} == {"not known"}  # the five tests are the baseline alone
    with acting(OWNER):
        await sources.erase("walk-4")
        sources.__dict__.pop("roster")
        assert (await roster_callbacks.rows(sources, asked, 0, 10))[1] == 0
    assert made["Zoë"].uid == zoe["id"]


def test_a_trend_of_fewer_than_three_tests_has_no_band_and_none_has_one_without_repeatability():
    two = roster_rows.trend("mass", [(NOW_US, 60.0), (NOW_US + DAY_US, 61.0)])
    three = roster_rows.trend("mass", [(NOW_US + i, 60.0 + i) for i in range(3)])
    assert two["said"].endswith("Fewer than 3 tests.")
    assert three["said"].endswith("60.0, 61.0, 62.0 kg.")
    assert "band" not in {*two, *three}
    assert roster_rows.trend("mass", [])["now"] == "–"


@pytest.mark.parametrize(
    ("standing", "text", "sign"),
    [
        (Standing("given", KEEP, "2026-12-31"), "until 2026-12-31", False),
        (Standing("given", KEEP, "2026-12-01"), "until 2026-12-01", True),
        (Standing("over", KEEP, "2026-01-01"), "ended 2026-01-01", True),
        (Standing("withdrawn", KEEP), "withdrawn", True),
    ],
)
def test_a_consent_is_said_with_its_end_and_a_sign_where_somebody_has_to_ask(standing, text, sign):
    now = roster_rows.consent(standing, "2026-11-19")
    assert (now["text"], now["sign"], now["full"].startswith(KEEP)) == (text, sign, True)


async def test_hidden_names_are_nowhere_and_everything_else_is(sources, memory_archive):
    await lab(memory_archive)
    with acting(OWNER):
        rows, total = await roster_callbacks.rows(sources, read("?names=hidden", NOW_US), 0, 10)
        _, none = await roster_callbacks.rows(sources, read("?names=hidden&text=ada", NOW_US), 0, 10)
    assert (total, none, [one["name"] for one in rows], rows[0]["short"]) == (2, 0, ["a-0001", "a-0002"], "")
    assert "Zoë" not in json.dumps(rows, ensure_ascii=False)


async def test_who_may_see_nobody_is_told_why_and_an_athlete_finds_nothing(sources, memory_archive):
    made = await lab(memory_archive)
    for who, text in (
        (Principal("a", kind="user", roles=frozenset({"admin"})), "No athletes are shown to you"),
        (Principal("s", kind="user", roles=frozenset({"scientist"})), "you are in none"),
        (Principal("z", kind="user", roles=frozenset({"athlete"}), athlete=made["Zoë"].uid), "Nothing at this address"),
    ):
        with acting(who):
            page = said(await pages.show(sources, "/athletes", ""))
        assert text in page
        assert "Zoë" not in page


async def test_an_empty_lab_a_filter_without_an_answer_and_an_archive_that_is_away_say_so(
    sources, memory_archive, monkeypatch
):
    with acting(OWNER):
        asked, empty = read("", NOW_US), await sources.roster.overview(NOW_US)
        first = said(await roster_callbacks.listing(sources, asked, empty))
        await lab(memory_archive)
        none = said(await roster_callbacks.listing(sources, read("?text=nobody", NOW_US), empty))

        async def away(*_given: object) -> Any:
            raise StorageAway("gone")

        monkeypatch.setattr(type(memory_archive.roster), "entries", away)
        gone = said(await pages.show(sources, "/athletes", ""))
    assert "No athletes yet" in first
    assert "New athlete" in first
    assert "No athlete matches" in none
    assert "The archive does not answer" in gone


async def test_what_can_be_done_with_a_selection_depends_on_how_many_and_on_rights(sources, memory_archive):
    two = [{"id": "a", "workout": "run"}, {"id": "b", "workout": "walk"}]
    assert roster_page.bar([], True) is None
    assert "Select two" in said(roster_page.bar(two[:1], True))
    assert "Compare newest sessions" in said(roster_page.bar(two, False))
    assert "Merge" not in said(roster_page.bar(two, False))
    assert of_id(roster_page.bar(two, True), "roster-merge").href == "/athletes/merge?kept=a&other=b"
    assert "Compare" not in said(roster_page.bar([two[0], {"id": "b", "workout": ""}], True))


async def test_sessions_of_all_are_read_once_for_all_who_sort_by_them(sources, memory_archive, monkeypatch):
    await lab(memory_archive)
    asked: list[object] = []
    real = type(memory_archive.roster).tested

    async def counted(self: object, uids: Any = None) -> dict[str, SessionsOf]:
        asked.append(uids)
        return await real(self, uids)

    monkeypatch.setattr(type(memory_archive.roster), "tested", counted)
    with acting(OWNER):
        for _ in range(3):
            await sources.roster.found(read("?sort=last", NOW_US).query, 0, 10)
    assert (asked.count(None) <= 2, REMEMBERED_S) == (True, 10.0)  # two where the span ends in between


def test_a_row_on_a_phone_is_a_card_with_the_same_facts_and_markup_of_names_is_text():
    entry = RosterEntry("u", "a-0001", "<b>Ada", "F", height_cm=170.0, mass_kg=60.0, keys=("ada",))
    asked = read("", NOW_US)
    found = Found([entry], 1, {"u": SessionsOf(3, NOW_US, "run", "Track run")})
    row = roster_rows.row(entry, asked, found, {})
    card = roster_page.cards(asked, [row], 2)
    markup = next(one for one in card._traverse() if getattr(one, "className", "") == "athlete-cards")
    text = getattr(markup, "data-markup")
    assert "&lt;b&gt;Ada" in text
    assert not re.search(r"<b><b>", text)
    assert "3 in all" in text
    assert "?cards=51" in of_id(card, "roster-more").href
