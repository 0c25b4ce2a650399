"""Loads against a run whose force is known in closed form, and days that were added up by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import load_days, session_load, stances
from barograph.errors import InvalidData

MASS_KG, CONTACT_S, FLIGHT_S = 70.0, 0.25, 0.12
BODY_N = MASS_KG * 9.80665
PEAK_BW = np.pi / 2 * (FLIGHT_S / CONTACT_S + 1)


@pytest.fixture(scope="module")
def expected(metrics: Callable[[str], Path]) -> dict[str, Any]:
    return dict(json.loads(metrics("other/expected.json").read_text()))


def run(steps: int = 6, hz: float = 1000.0) -> pd.DataFrame:
    """Half sines of a run, each with a flight before it, as a per-frame table."""
    t = np.arange(round((steps * (CONTACT_S + FLIGHT_S) + FLIGHT_S) * hz)) / hz
    within = t % (CONTACT_S + FLIGHT_S) - FLIGHT_S
    force = np.where(within > 0, BODY_N * PEAK_BW * np.sin(np.pi * within / CONTACT_S), 0.0)
    return table(t, force)


def table(t: np.ndarray, force: np.ndarray) -> pd.DataFrame:
    index = pd.DatetimeIndex(np.rint(t * 1e6).astype("M8[us]"), tz="UTC", name="time")
    return pd.DataFrame({"total_force_n": force}, index=index)


def load(stats: pd.DataFrame, **asked: Any) -> pd.Series:
    found = stances(stats, on=0.5, off=0.4, min_contact_s=0.08, merge_s=0.02)
    return session_load(stats, found, BODY_N, **asked).iloc[0]


@pytest.mark.parametrize("hz", [100.0, 1000.0])
def test_half_sines_have_the_load_of_the_closed_form(hz: float, expected: dict[str, Any]) -> None:
    of, row = expected["load_half_sine"], load(run(6, hz))
    assert row["steps"] == 6
    within = 2e-5 if hz == 1000 else 2e-3
    assert row["impulse_bw_s"] / 6 == pytest.approx(of["impulse_bw_s_per_step"], abs=within)
    for level, seconds in of["time_above_bw_s"].items():
        assert row[f"time_above_{float(level):g}bw_s"] / 6 == pytest.approx(seconds, abs=within)
    assert row["peaks_above_2"] == 6
    assert load(run(6, hz), above_bw=[of["peak_bw"] + 0.001])[f"peaks_above_{of['peak_bw'] + 0.001:g}"] == 0


@given(st.integers(5, 2500))
def test_parts_of_a_run_add_up_to_the_whole(cut: int) -> None:
    stats = run()
    cut = min(cut, len(stats) - 5)
    parts = load(stats.iloc[: cut + 1]) + load(stats.iloc[cut:])
    whole = load(stats)
    for name in ("impulse_bw_s", "time_above_1bw_s", "time_above_2bw_s"):
        assert parts[name] == pytest.approx(whole[name], abs=2e-3), name
    assert parts["steps"] == whole["steps"]
    assert parts["peaks_above_2"] - whole["peaks_above_2"] in (0, 1)


def test_nothing_is_summed_across_a_gap_or_of_nothing() -> None:
    stats = run()
    gap = stats.index + pd.to_timedelta(np.where(np.arange(len(stats)) > 245, 60, 0), "s")
    torn = stats.set_axis(gap)
    assert load(torn)["time_above_1bw_s"] == pytest.approx(load(stats)["time_above_1bw_s"], abs=2e-3)
    nothing = load(table(np.arange(300) / 100, np.zeros(300)))
    assert (nothing == 0).all()


def test_a_heavier_person_has_less_load_of_the_same_force() -> None:
    stats = run()
    found = stances(stats, on=20.0, off=16.0, min_contact_s=0.08, merge_s=0.02)
    light, heavy = (session_load(stats, found, weight, above_bw=[]).iloc[0] for weight in (BODY_N, 2 * BODY_N))
    assert heavy["impulse_bw_s"] == pytest.approx(light["impulse_bw_s"] / 2)


def sessions(days: dict[int, float], hour: int = 12) -> pd.DataFrame:
    starts = [pd.Timestamp("2026-03-01", tz="UTC") + pd.Timedelta(days=day, hours=hour) for day in days]
    return pd.DataFrame({"start": starts, "steps": list(map(float, days.values()))})


def test_days_have_the_sums_that_were_added_by_hand(expected: dict[str, Any]) -> None:
    of = expected["load_days"]
    found = load_days(sessions({int(day): value for day, value in of["days"].items()}))
    assert len(found) == 40
    for day in (11, 39):
        row = found.iloc[day]
        assert [row["sum_7d_steps"], row["sum_28d_steps"]] == list(of[f"day_{day}"].values())
    assert (found.loc[found["sessions"] == 0, "steps"] == 0).all()
    assert found.attrs["since"] == "2026-03-01"


def test_days_are_those_of_the_place_and_go_on_until_a_day() -> None:
    late = sessions({0: 5.0}, hour=23)
    assert load_days(late).index[0].date() == date(2026, 3, 1)
    here = load_days(late, zone="Europe/Berlin", until=date(2026, 3, 4))
    assert [day.date().day for day in here.index] == [2, 3, 4]
    assert here["steps"].tolist() == [5.0, 0.0, 0.0]
    assert here["sum_7d_steps"].tolist() == [5.0, 5.0, 5.0]
    both = load_days(pd.concat([late, late]))
    assert (both["sessions"].tolist(), both["steps"].tolist()) == ([2.0], [10.0])
    assert load_days(late.iloc[:0]).empty


def test_a_day_of_a_changed_clock_is_one_day() -> None:
    spring = pd.DataFrame({"start": pd.to_datetime(["2026-03-28T20:00Z", "2026-03-30T20:00Z"]), "steps": [1.0, 2.0]})
    assert load_days(spring, zone="Europe/Berlin")["steps"].tolist() == [1.0, 0.0, 2.0]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: session_load(run(), stances(run()), 0.0), "body_weight_n: expected"),
        (lambda: session_load(run(), stances(run()), 700.0, above_bw=[-1.0]), "above_bw: expected"),
        (lambda: session_load(run(1), stances(run(6)), 700.0), "stances: expected rows"),
        (lambda: load_days(sessions({0: 1.0}), zone="Mars/Base"), "zone: expected"),
        (lambda: load_days(sessions({0: 1.0}).drop(columns="start")), "loads: expected a column start"),
        (lambda: load_days(sessions({0: 1.0}).assign(start=[None])), "start: expected a moment"),
        (lambda: load_days(sessions({0: 1.0}), until=date(2226, 1, 1)), "until: expected at most"),
        (lambda: load_days(sessions({0: 1.0}), spans_days=[0]), "spans_days: expected"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_name(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(InvalidData, match=said):
        call()
