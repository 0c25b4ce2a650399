"""Stances of feet whose signal has a floor of its own: a tight shoe, a sensor with a baseline, a belt that drifts."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import frame_stats, gait, last_steps, loading_rates, stance_curves, stances
from analytics.frames.floor import _hops, foot_floor
from barograph import Layout, Recording, read_file
from barograph.errors import InvalidData

Table = Callable[..., pd.DataFrame]


def gait_signal(n: int, contact_s: float, pause_s: float, high: float, *, hz: float = 100.0) -> np.ndarray:
    """Half sines of `high`, so many, each after a pause; the signal ends with a pause."""
    down, up = round(contact_s * hz), np.zeros(round(pause_s * hz))
    step = high * np.sin(np.pi * (np.arange(down) + 0.5) / down)
    return np.concatenate([np.tile(np.concatenate([up, step]), n), up])


def walk(n: int = 40, high: float = 700.0) -> np.ndarray:
    return gait_signal(n, 0.65, 0.45, high)


COLUMNS = {"total_force_n": 700.0, "peak_kpa": 250.0, "raw_sum": 4000.0}


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("share", [0.0, 0.03, 0.1, 0.4, 0.8])
def test_a_baseline_costs_no_step(column: str, share: float, table: Table) -> None:
    high = COLUMNS[column]
    plain = stances(table(**{column: walk(high=high)}))
    found = stances(table(**{column: walk(high=high) + share * high}))
    assert len(found) == len(plain) == 40
    assert found[["first", "after"]].equals(plain[["first", "after"]])
    assert found.attrs["floor"] == pytest.approx(share * high)
    assert found.attrs["on"] - found.attrs["floor"] == pytest.approx(plain.attrs["on"])
    assert found.attrs["off"] - found.attrs["floor"] == pytest.approx(0.8 * plain.attrs["on"])
    assert found.attrs["unloaded"]


def test_counts_above_a_high_baseline_are_not_one_stance_for_ever(table: Table) -> None:
    # From 2816 to 6356 counts: 10 % of the range is 3170, 0.8 of which is never reached.
    counts = 2816 + gait_signal(62, 0.7, 0.48, 3540.0)
    found = stances(table(raw_sum=counts))
    assert (len(found), int(found["cut"].sum())) == (62, 0)
    assert (found.attrs["on"], found.attrs["off"]) == pytest.approx((3170, 3099.2), abs=1.0)
    assert len(stances(table(raw_sum=counts), on=3170.0)) == 62
    # What is asked for is taken as it is.
    assert len(stances(table(raw_sum=counts), on=3170.0, off=2536.0)) == 1
    assert len(stances(table(raw_sum=counts), floor=0.0, on=3170.0)) == 1


@pytest.mark.parametrize("shape", ["rises", "falls", "comes and goes", "below zero"])
@pytest.mark.parametrize("column", COLUMNS)
def test_a_floor_that_drifts_costs_no_step(column: str, shape: str, table: Table) -> None:
    high = COLUMNS[column]
    part = np.linspace(0.0, 1.0, len(walk()))
    drift = {"rises": part, "falls": 1 - part, "comes and goes": np.sin(np.pi * part), "below zero": -part}[shape]
    drifting = walk(high=high) + 0.15 * high * drift
    found = stances(table(**{column: drifting}))
    assert len(found) == 40
    assert found["contact_s"].mean() == pytest.approx(stances(table(**{column: walk(high=high)}))["contact_s"].mean(),
                                                      abs=0.02)  # fmt: skip
    assert found.attrs["floor_drift"] == pytest.approx(0.15 * high, rel=0.1)
    counted = stances(table(**{column: drifting}), floor=0.0)
    assert shape in ("falls", "below zero") or len(counted) < 40
    # Forces stay what was measured.
    assert found[f"max_{column}"].max() == drifting.max()


@pytest.mark.parametrize("noise", [0.0, 1.0, 3.0, 8.0])
def test_noise_does_not_move_the_floor(noise: float) -> None:
    force = 40.0 + walk() + noise * np.random.default_rng(1).standard_normal(len(walk()))
    found = foot_floor(force, 10_000 * np.arange(len(force)), counts=False)
    assert found.level == pytest.approx(40.0, abs=0.15 * noise + 1e-9)  # a low percentile: 1.1 SD below


def test_standing_between_steps_is_not_taken_for_the_floor(table: Table) -> None:
    shoe, steps = 40.0, walk(10)
    force = shoe + np.concatenate([steps, np.full(9000, 380.0), steps, np.zeros(3000), steps])
    found = stances(table(total_force_n=force))
    assert found.attrs["floor"] == pytest.approx(shoe)
    assert len(found) == 31
    assert found["contact_s"].max() == pytest.approx(90.0)


@pytest.mark.parametrize("column", ["total_force_n", "peak_kpa"])
@pytest.mark.parametrize("sway", [4.0, 40.0])
def test_who_only_stands_has_no_floor_and_that_is_said(column: str, sway: float, table: Table) -> None:
    load = 380.0 + sway * np.random.default_rng(1).standard_normal(6000)
    found = stances(table(**{column: load}))
    assert (len(found), found["cut"].tolist()) == (1, [True])
    assert not found.attrs["unloaded"]
    assert found.attrs["floor"] == 0.0
    whole = stances(table(**{column: np.concatenate([np.zeros(30), load, np.zeros(30)])}))
    assert (len(whole), whole.attrs["unloaded"]) == (1, True)


def test_a_single_step_is_counted_from_zero(table: Table) -> None:
    step = gait_signal(1, 0.8, 0.0, 800.0)
    for force in (step, np.concatenate([np.zeros(20), step, np.zeros(20)])):
        found = stances(table(total_force_n=force))
        assert (found.attrs["on"], found.attrs["floor"], found.attrs["unloaded"]) == (20.0, 0.0, True)


@given(st.floats(-200, 200), st.floats(0.2, 5.0))
def test_the_floor_moves_and_grows_with_the_signal(offset: float, factor: float) -> None:
    us = 10_000 * np.arange(len(walk(6)))
    floor = foot_floor(offset + factor * (walk(6) + 3.0), us, counts=True)
    assert floor.found
    assert floor.level == pytest.approx(offset + 3.0 * factor, abs=1e-9)
    assert np.abs(floor.drift).max() < 1e-9


def test_a_table_without_a_value_has_no_stance(table: Table) -> None:
    for column in COLUMNS:
        found = stances(table(**{column: np.full(20, np.nan)}))
        assert (len(found), found.attrs["unloaded"]) == (0, True)


def test_a_floor_that_is_said_is_the_one(table: Table) -> None:
    force = table(total_force_n=walk() + 60.0)
    said = stances(force, floor=60.0)
    assert (said.attrs["on"], said.attrs["off"], said.attrs["floor_drift"]) == (80.0, 76.0, 0.0)
    with pytest.raises(InvalidData, match="off: expected a number that is not above on"):
        stances(force, off=90.0)


def test_the_last_steps_of_a_tight_shoe_count_from_its_floor(table: Table) -> None:
    left = gait_signal(12, 0.65, 0.45, 700.0)[:1200]
    right = np.concatenate([np.zeros(55), left])[:1200]
    loose = last_steps(table(total_force_n=left), table(total_force_n=right))
    tight = last_steps(table(total_force_n=left + 90.0), table(total_force_n=right))
    assert tight["n_stances"].tolist()[:2] == [5, 5]
    assert tight["mean_contact_s"].tolist() == pytest.approx(loose["mean_contact_s"].tolist(), nan_ok=True)


def test_both_feet_of_the_vendors_pair_step(vendor: Callable[[str], Path]) -> None:
    pair = read_file(vendor("novel-pedar/pedar_example.asc"))
    # Of pressures, as the file has them: forces by the areas of the insole's size have another floor.
    bare = [replace(foot.layout, geometry=None, cell_area_mm2=None) for foot in pair]
    left, right = (stances(frame_stats(replace(foot, layout=of))) for foot, of in zip(pair, bare, strict=True))
    assert (left.attrs["floor"], left.attrs["on"]) == (20.0, 30.0)
    assert right.attrs["floor_drift"] == 15.0
    found = gait(left, right)
    assert found.loc[["left", "right"], "n_stances"].tolist() == [9, 8]
    # 81.8 from zero. The right foot's swings flicker between 0 and 20 kPa; the median of these rows is their floor, and
    # a low percentile (44.2) is a swing early at 0. A record without pauses has both duties less 100 %, here 42.0.
    assert found.loc["both", "mean_double_support_pct"] == pytest.approx(41.55, abs=0.05)
    duty_pct = found.loc[["left", "right"], "mean_duty_pct"].sum()
    assert found.loc["both", "mean_double_support_pct"] == pytest.approx(duty_pct - 100, abs=0.6)


@pytest.mark.parametrize(
    ("contact_s", "pause_s", "hz"),
    [(0.09, 0.4, 100), (0.12, 0.5, 100), (0.19, 0.45, 100), (0.25, 0.09, 100), (0.18, 0.09, 200), (0.1, 0.4, 60)],
)
def test_sprints_and_hops_are_found(contact_s: float, pause_s: float, hz: float, table: Table) -> None:
    force = gait_signal(20, contact_s, pause_s, 1800.0, hz=hz)
    found = stances(table(np.arange(len(force)) / hz, total_force_n=force))
    assert (len(found), int(found["cut"].sum())) == (20, 0)
    assert found["contact_s"].to_numpy() == pytest.approx(contact_s, abs=1.0 / hz + 1e-6)


def test_twenty_contacts_of_a_tenth_to_a_quarter_of_a_second_are_twenty(table: Table) -> None:
    lengths = np.linspace(0.10, 0.25, 20)
    force = np.concatenate([gait_signal(1, length, 0.35, 1500.0) for length in lengths])
    assert len(stances(table(total_force_n=force))) == 20


@pytest.mark.parametrize("noise", [3.0, 6.0, 8.0])
@pytest.mark.parametrize("hz", [50.0, 100.0])
def test_a_slow_walk_is_not_split_by_noise(noise: float, hz: float, table: Table) -> None:
    force = gait_signal(50, 1.1, 0.7, 700.0, hz=hz)
    force += noise * np.random.default_rng(3).standard_normal(len(force))
    assert len(stances(table(np.arange(len(force)) / hz, total_force_n=force))) == 50


def test_a_pause_of_years_costs_no_windows_and_changes_no_floor() -> None:
    force = gait_signal(20, 0.6, 0.5, 700.0) + 30.0
    times = np.arange(len(force), dtype=np.int64) * 10_000
    half = len(force) // 2
    parted = times + np.where(np.arange(len(force)) < half, 0, 5 * 365 * 86_400_000_000)
    whole, apart = (foot_floor(force, one, counts=True) for one in (times, parted))
    assert whole.found
    assert apart.found
    assert apart.level == pytest.approx(whole.level, abs=0.5)
    assert len(_hops(parted.astype(float))) <= len(_hops(times.astype(float))) + 4


@pytest.fixture(scope="module")
def treadmill(metrics: Callable[[str], Path]) -> pd.DataFrame:
    table = pd.read_csv(metrics("running/treadmill_drifting_300hz.csv"))
    us = np.rint(np.arange(len(table)) / 300 * 1e6).astype("M8[us]")
    return table.set_index(pd.DatetimeIndex(us, tz="UTC", name="time"))


def test_the_contacts_on_a_treadmill_that_drifts(treadmill: pd.DataFrame) -> None:
    # 20 N and 16 N as they are find few; above the belt's own floor there are all of them.
    assert len(stances(treadmill, on=20.0, off=16.0)) == 11
    found = stances(treadmill)
    whole = found[~found["cut"]]
    assert len(whole) == 77
    assert whole["contact_s"].mean() == pytest.approx(0.2933, abs=0.003)
    flight_s = (found["start"].iloc[1:].to_numpy() - found["stop"].iloc[:-1].to_numpy()) / np.timedelta64(1, "s")
    assert flight_s.mean() == pytest.approx(0.0893, abs=0.003)


def plate_step(first_n: float, last_n: float, *, hz: float = 100.0) -> Recording:
    """A step of 800 N on a plate of 10 cm², recorded from `first_n` on until it is down to `last_n`."""
    force = 800.0 * np.sin(np.pi * (np.arange(80) + 0.5) / 80) ** 0.8
    force[0], force[-1] = first_n, last_n
    layout = Layout(rows=1, cols=2, kind="plate", unit="kPa", pitch_mm=(10.0, 50.0), cop_floor_n=10.0)
    frames = np.repeat(force[:, None, None] * 10 / 10, 2, axis=2)
    return Recording(frames=frames, times_us=np.rint(np.arange(80) * 1e6 / hz).astype(np.int64), layout=layout)


@pytest.mark.parametrize(("first_n", "last_n", "cut"), [(40, 40, (False, False)), (79.9, 79, (False, False)),
                                                        (81, 40, (True, False)), (24, 81, (False, True))])  # fmt: skip
def test_a_plate_that_contact_starts_and_stops_cuts_no_light_edge(
    first_n: float, last_n: float, cut: tuple[bool, bool]
) -> None:
    stats = frame_stats(plate_step(first_n, last_n))
    assert stats["total_force_n"].iloc[0] == first_n
    (found,) = stances(stats).to_dict("records")
    assert (found["cut_start"], found["cut_stop"], found["cut"]) == (*cut, any(cut))
    assert found["contact_s"] == pytest.approx(0.79)
    assert (found["first"], found["after"]) == (0, 80)


def test_only_a_plate_begins_with_a_step(table: Table) -> None:
    stats = frame_stats(plate_step(40, 40))
    stats.attrs["kind"] = "insole"
    assert stances(stats)["cut"].tolist() == [True]
    # A gap is no edge of the record.
    rise = np.linspace(0.0, 700.0, 40)
    seconds = np.append(np.arange(40), np.arange(60) + 300) / 100.0
    force = table(seconds, total_force_n=np.concatenate([rise, rise[2:], np.zeros(22)]))
    force.attrs["kind"] = "plate"
    assert stances(force)[["cut_start", "cut_stop"]].to_numpy().tolist() == [[False, True], [True, False]]


def test_a_step_of_the_vendors_plate_is_whole(vendor: Callable[[str], Path]) -> None:
    stats = frame_stats(read_file(vendor("novel-emed/emed_test.lst"))[0])
    found = stances(stats)
    assert (len(found), found["cut"].tolist()) == (1, [False])
    assert np.isfinite(loading_rates(stats, found)["average_loading_rate_n_s"]).all()
    assert stance_curves(stats, found, "cop_y_mm").notna().all(axis=None)
