"""One number, one value: what a person reads of one workout on every page, gathered and compared."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page

from analytics import frame_stats, stances

CELLS = """(table) => [...table.querySelectorAll("tr")].map((row) =>
  [...row.querySelectorAll("th, td")].map((cell) => cell.innerText.replace(/\\s+/g, " ").trim()))"""
KEEP_UNITS = """() => localStorage.setItem("barograph.units", JSON.stringify({ force: "kgf", pressure: "mmHg" }))"""
MEASURES = {
    "Contact time": ("contact_s", 1000.0), "Peak force": ("max_total_force_n", 1.0),
    "Peak pressure": ("max_peak_kpa", 1.0), "Impulse": ("impulse_ns", 1.0),
}  # fmt: skip


async def table(page: Page, label: str) -> list[list[str]]:
    """The shown texts of a table, cell by cell."""
    place = page.locator(f'table[aria-label^="{label}"]').first
    await place.wait_for()
    found: list[list[str]] = await place.evaluate(CELLS)
    return found


def named(rows: list[list[str]], at: int = 1) -> dict[str, str]:
    """The texts of a column by the measure of their row, without its unit."""
    return {name: row[at] for row in rows[1:] for name in MEASURES if re.fullmatch(rf"{name} \S+", row[0])}


@pytest.mark.parametrize("units", [pytest.param("", marks=pytest.mark.long), "?force=kgf&pressure=mmHg"])
async def test_what_is_read_of_one_workout_is_the_same_on_every_page(viewer, walks, units):
    first = await viewer.open("/")
    if units:
        await first.evaluate(KEEP_UNITS)
    gathered = {}
    session = await viewer.open("/session/walk-a?tab=gait")
    gathered["session"] = named(await table(session, "Left and right"))
    compared = await viewer.open("/compare?a=walk-a&b=walk-b&foot=left")
    gathered["compare"] = named(await table(compared, "Paired measures"))
    gathered["report"] = named(await table(await viewer.open(f"/report/walk-a{units}"), "Left and right"))
    printed = await viewer.open(f"/compare/report{units or '?'}&a=walk-a&b=walk-b&foot=left")
    gathered["printed comparison"] = named(await table(printed, "Paired measures, Left"))
    past = {}
    for name, (metric, _) in MEASURES.items():
        page = await viewer.open(f"/athlete/Athlete%207/history?metric={metric}")
        past[name] = (await table(page, "Sessions"))[-1][1]
        await page.close()
    gathered["history"] = past
    assert set(gathered["session"]) == set(MEASURES)
    for place, found in gathered.items():
        assert found == gathered["session"], place


async def test_what_is_read_of_one_workout_is_what_a_notebook_makes_of_it(viewer, walks):
    found = stances(frame_stats(walks["walk-a"].recordings["left"]))
    whole = found[~found["cut"]]
    shown = named(await table(await viewer.open("/session/walk-a?tab=gait"), "Left and right"))
    for name, (column, factor) in MEASURES.items():
        values = whole[column] * factor
        assert shown[name] == f"{values.mean():.0f} ± {values.std():.0f}", name
