"""Seats, mats and saddles on the Regions tab: the numbers of analytics, their limits, and what is not shown."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from analytics import saddle, seat
from barograph import Layout, Recording
from dashboard.session import callbacks
from tests.dashboard.shown import number, rows

MAT = Layout(rows=6, cols=8, unit="kPa", pitch_mm=(20.0, 20.0), kind="saddle")


@pytest.fixture
def ridden() -> Recording:
    y, x = np.mgrid[-1:1:6j, -1:1:8j]
    sway = np.linspace(0, 0.3, 240)[:, None, None]
    frames = 12 * np.exp(-4 * (np.abs(x - sway) - 0.5) ** 2) * (0.3 + y**2)
    return Recording(frames=frames, times_us=1_790_000_000_000_000 + np.arange(240) * 50_000, layout=MAT)


async def tab(pages, search: str) -> str:
    body, _ = await callbacks.tab(pages, "/session/ride", f"?tab=regions{search}")
    return getattr(body, "data-markup")


def sitting(markup: str) -> dict[str, float]:
    """The numbers of the table by measure and unit."""
    return {row[0]: number(row[1]) for row in rows(markup, "How it is sat on")[1:] if re.search(r"\d", row[1])}


def plain(text: str) -> str:
    return re.sub(r"<[^>]*>", " ", text).replace("\u202f", "")


async def test_a_saddle_has_the_numbers_of_analytics(pages, keep, ridden):
    await keep("ride", {"saddle": ridden})
    markup = await tab(pages, "")
    shown = sitting(markup)
    sat, lying = seat(ridden).iloc[0], saddle(ridden).iloc[0]
    assert shown["Peak pressure index kPa"] == pytest.approx(sat["ppi_kpa"], abs=0.05)
    assert shown["Coefficient of variation %"] == pytest.approx(sat["cov_pct"], abs=0.05)
    assert shown["Cells held above the level"] == sat["cells_held"]
    assert shown["Bridging ratio"] == pytest.approx(lying["bridging_ratio"], abs=0.005)
    assert shown["Side index %"] == pytest.approx(lying["side_index_pct"], abs=0.05)
    assert shown["Drift of the CoP x mm/min"] == pytest.approx(lying["cop_drift_x_mm_min"], abs=0.05)
    text = plain(markup)
    assert "level 4.3 kPa (32 mmHg), held for 2 s" in text
    assert "Not shown: dispersion index: needs a region." in text


async def test_a_drawn_region_has_a_dispersion_index(pages, keep, ridden):
    await keep("ride", {"saddle": ridden})
    region = np.zeros((6, 8), bool)
    region[:3] = True
    shown = sitting(await tab(pages, "&regions=drawn&draw=saddle|Front|0,0 8,0 8,3 0,3"))
    assert shown["Dispersion index %"] == pytest.approx(seat(ridden, region)["dispersion_index_pct"].iloc[0], abs=0.05)


async def test_pressures_are_shown_in_the_unit_that_is_asked_for(pages, keep, ridden):
    await keep("ride", {"saddle": ridden})
    markup = await tab(pages, "&pressure=mmHg")
    shown = sitting(markup)
    expected = seat(ridden)["ppi_kpa"].iloc[0] / 0.133322387
    assert shown["Peak pressure index mmHg"] == pytest.approx(expected, abs=0.06)
    assert "level 32.0 mmHg" in plain(markup)


async def test_a_seat_in_counts_has_what_counts_carry(pages, keep, ridden):
    await keep("ride", {"seat": replace(ridden, layout=replace(MAT, unit="raw", kind="seat"))})
    markup = await tab(pages, "")
    assert [row[0] for row in rows(markup, "How it is sat on")[1:]] == ["Coefficient of variation %"]
    assert "a level in kPa needs pressures" in plain(markup)


async def test_feet_are_not_sat_on(pages, keep):
    feet = Recording(
        frames=np.ones((40, 6, 8)),
        times_us=1_790_000_000_000_000 + np.arange(40) * 50_000,
        layout=replace(MAT, kind="insole", side="left"),
    )
    await keep("ride", {"left": feet})
    assert "How it is sat on" not in await tab(pages, "")
