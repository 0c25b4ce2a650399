"""Stances against events that are known: drawn by hand, simulated, and of a vendor's pair of insoles."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import frame_stats, sim, stances
from analytics.frames.contact import contacts
from analytics.gait.stances import over
from barograph import read_file
from barograph.errors import InvalidData

Table = Callable[..., pd.DataFrame]


def steps(*spans: tuple[int, int], n: int = 200, force: float = 500.0) -> np.ndarray:
    out = np.zeros(n)
    for first, after in spans:
        out[first:after] = force
    return out


def test_a_stance_lasts_from_the_first_row_above_to_the_first_row_below(table: Table) -> None:
    found = stances(table(total_force_n=steps((20, 80))))
    assert found[["first", "after"]].to_numpy().tolist() == [[20, 80]]
    assert found["contact_s"].tolist() == [0.6]
    assert found["start"].iloc[0] == pd.Timestamp("2025-01-01T09:00:00.200Z")
    assert found["stop"].iloc[0] == pd.Timestamp("2025-01-01T09:00:00.800Z")
    assert not found["cut"].any()
    assert found["max_total_force_n"].tolist() == [500]
    # 60 rows make 59 steps of 10 ms.
    assert found["impulse_ns"].iloc[0] == pytest.approx(500 * 0.59)


def test_the_thresholds_are_met_by_on_and_not_by_off(table: Table) -> None:
    force = steps((50, 100), force=20.0)
    force[100:130] = 16.0
    force[130:] = 15.999
    assert stances(table(total_force_n=force))[["first", "after"]].to_numpy().tolist() == [[50, 130]]
    assert stances(table(total_force_n=np.where(force == 20.0, 19.999, force))).empty


def test_between_the_thresholds_contact_is_what_it_was(table: Table) -> None:
    force = np.concatenate([np.full(40, 45.0), np.full(40, 60.0), np.full(40, 45.0), np.full(40, 5.0), np.full(40, 45)])
    found = stances(table(total_force_n=force), on=50, off=40)
    assert found[["first", "after"]].to_numpy().tolist() == [[40, 120]]


def test_a_pause_shorter_than_the_limit_belongs_to_the_stance(table: Table) -> None:
    short, long = steps((20, 60), (69, 110)), steps((20, 60), (70, 110))
    assert stances(table(total_force_n=short), merge_s=0.1)[["first", "after"]].to_numpy().tolist() == [[20, 110]]
    assert len(stances(table(total_force_n=long), merge_s=0.1)) == 2
    shorter, usual = steps((20, 60), (61, 110)), steps((20, 60), (62, 110))
    assert stances(table(total_force_n=shorter))[["first", "after"]].to_numpy().tolist() == [[20, 110]]
    assert len(stances(table(total_force_n=usual))) == 2
    assert len(stances(table(total_force_n=shorter), merge_s=0.0)) == 2


def test_the_columns_are_in_their_order_and_of_what_the_table_has(table: Table) -> None:
    events = ["start", "stop", "first", "after", "contact_s", "cut", "cut_start", "cut_stop", "cut_gap", "gap_before",
              "clock"]  # fmt: skip
    found = stances(table(total_force_n=steps((20, 80)), peak_kpa=steps((20, 80))), on=30.0, merge_s=0.05)
    assert list(found.columns) == [*events, "max_total_force_n", "max_peak_kpa", "impulse_ns"]
    assert (found.index.name, found.index.tolist()) == ("stance", [0])
    assert found.attrs.pop("units")["contact_s"] == "s"
    assert found.attrs == {
        "metric": "stances", "column": "total_force_n", "on": 30.0, "off": 24.0, "floor": 0.0, "floor_drift": 0.0,
        "unloaded": True, "min_contact_s": 0.08, "merge_s": 0.05, "gap_s": 0.5,
    }  # fmt: skip
    made = table(total_force_n=steps((20, 80)))
    made.attrs = {"metric": "frame_stats", "loaded_above": 5.0, "units": {}}
    assert stances(made).attrs["made_of"] == {"metric": "frame_stats", "loaded_above": 5.0}
    raw = stances(table(raw_sum=steps((20, 80)), raw_peak=steps((20, 80)), pressure_sum_kpa=steps((20, 80))))
    assert list(raw.columns) == [
        *events, "max_pressure_sum_kpa", "max_raw_sum", "max_raw_peak", "impulse_kpa_s", "impulse_raw_s",
    ]  # fmt: skip
    assert raw["impulse_raw_s"].tolist() == raw["impulse_kpa_s"].tolist() == pytest.approx([500 * 0.59])


def test_a_short_contact_is_no_stance_also_beside_one_that_an_edge_cuts(table: Table) -> None:
    found = stances(table(total_force_n=steps((0, 5), (60, 67), (100, 160))))
    assert found[["first", "after"]].to_numpy().tolist() == [[0, 5], [100, 160]]


def test_the_impulse_goes_over_a_longer_step_that_is_asked_to_be_no_gap(table: Table) -> None:
    seconds = np.arange(200) / 100.0
    seconds[100:] += 1.0
    found = stances(table(seconds, total_force_n=steps((60, 140))), gap_s=2.0)
    assert found["impulse_ns"].tolist() == pytest.approx([500 * 1.79])
    assert stances(table(total_force_n=steps((20, 22))), min_contact_s=0.0)["impulse_ns"].tolist() == pytest.approx(
        [5.0]
    )


def test_a_reduction_over_spans_is_that_of_each_span_and_nothing_of_an_empty_one() -> None:
    found = over(np.add, np.array([1.0, 2.0, 3.0, 4.0]), np.array([[0, 2], [2, 2], [1, 4]]))
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, [3.0, np.nan, 9.0])
    np.testing.assert_array_equal(over(np.fmax, np.array([5.0]), np.array([[0, 1]])), [5.0])


def test_each_pause_is_measured_from_the_contact_before_it(table: Table) -> None:
    force = steps((20, 40), (45, 60), (63, 100), (115, 150), (152, 180))
    assert stances(table(total_force_n=force), merge_s=0.1)[["first", "after"]].to_numpy().tolist() == [
        [20, 100], [115, 180],
    ]  # fmt: skip


@pytest.mark.parametrize("spans", [[(60, 100), (110, 160)], [(60, 90), (100, 160)], [(60, 100), (100, 160)]])
def test_nothing_is_merged_across_a_gap_however_long_a_pause_may_be(spans: list[tuple[int, int]], table: Table) -> None:
    seconds = np.arange(200) / 100.0
    seconds[100:] += 0.7
    found = stances(table(seconds, total_force_n=steps(*spans)), merge_s=5.0)
    assert found[["first", "after"]].to_numpy().tolist() == [list(span) for span in spans]


def test_contacts_before_a_gap_merge_with_each_other_alone(table: Table) -> None:
    seconds = np.arange(200) / 100.0
    seconds[100:] += 0.7
    found = stances(table(seconds, total_force_n=steps((20, 40), (60, 100), (110, 160))), merge_s=5.0)
    assert found[["first", "after"]].to_numpy().tolist() == [[20, 100], [110, 160]]


def test_two_short_contacts_that_merge_make_a_stance_and_one_alone_does_not(table: Table) -> None:
    assert len(stances(table(total_force_n=steps((20, 25), (26, 31))))) == 1
    assert stances(table(total_force_n=steps((20, 27)))).empty
    assert len(stances(table(total_force_n=steps((20, 28))))) == 1
    assert len(stances(table(total_force_n=steps((20, 27))), min_contact_s=0.0)) == 1


def test_the_edges_of_the_record_cut(table: Table) -> None:
    found = stances(table(total_force_n=steps((0, 30), (60, 100), (150, 200))))
    assert found["cut"].tolist() == [True, False, True]
    assert found["cut_start"].tolist() == [True, False, False]
    assert found["cut_stop"].tolist() == [False, False, True]
    # A cut stance ends with its last row: what follows is not known.
    assert found["contact_s"].tolist() == pytest.approx([0.3, 0.4, 0.49])


def test_a_gap_cuts_as_the_edge_does_and_nothing_is_merged_across_it(table: Table) -> None:
    seconds = np.arange(200) / 100.0
    seconds[100:] += 1.0
    found = stances(table(seconds, total_force_n=steps((60, 140))))
    assert found[["first", "after"]].to_numpy().tolist() == [[60, 100], [100, 140]]
    assert found["cut_stop"].tolist() == [True, False]
    assert found["cut_start"].tolist() == [False, True]
    assert found["impulse_ns"].tolist() == pytest.approx([500 * 0.39, 500 * 0.39])
    assert len(stances(table(seconds, total_force_n=steps((60, 140))), gap_s=2.0)) == 1


def test_a_short_cut_stance_is_kept_as_its_length_is_unknown(table: Table) -> None:
    assert stances(table(total_force_n=steps((0, 3))))["cut"].tolist() == [True]


def test_rows_without_a_value_are_left_out(table: Table) -> None:
    force = steps((20, 80))
    force[[30, 31, 79]] = np.nan
    found = stances(table(total_force_n=force))
    assert found[["first", "after"]].to_numpy().tolist() == [[20, 79]]
    assert found["contact_s"].tolist() == [0.6]
    assert found["impulse_ns"].iloc[0] == pytest.approx(500 * 0.58)


def test_real_times_count_and_not_rows(table: Table) -> None:
    seconds = np.cumsum(np.where(np.arange(200) % 2, 0.013, 0.031))
    found = stances(table(seconds, total_force_n=steps((20, 80))))
    assert found["contact_s"].iloc[0] == pytest.approx(seconds[80] - seconds[20])
    assert found["impulse_ns"].iloc[0] == pytest.approx(500 * (seconds[79] - seconds[20]))


def test_a_contact_of_one_row_has_no_impulse(table: Table) -> None:
    found = stances(table(total_force_n=steps((20, 21))), min_contact_s=0.0)
    assert found["impulse_ns"].tolist() == [0.0]


@pytest.mark.parametrize(
    ("columns", "name", "on"),
    [
        ({"total_force_n": 500.0, "peak_kpa": 100.0}, "total_force_n", 20.0),
        ({"total_force_n": 5_000.0}, "total_force_n", 20.0),
        ({"pressure_sum_kpa": 500.0, "peak_kpa": 300.0}, "peak_kpa", 10.0),
        ({"raw_sum": 500.0, "raw_peak": 100.0}, "raw_sum", 50.0),
    ],
)
def test_the_threshold_goes_by_what_the_table_has(table: Table, columns: Any, name: str, on: float) -> None:
    stats = table(**{column: steps((20, 80), force=force) for column, force in columns.items()})
    found = stances(stats)
    assert len(found) == 1
    assert {key: found.attrs[key] for key in ("column", "on", "off")} == {"column": name, "on": on, "off": 0.8 * on}


def test_a_tenth_of_the_range_counts_from_its_lower_end(table: Table) -> None:
    sums = 100.0 + steps((20, 80))
    assert stances(table(raw_sum=sums)).attrs["on"] == 150.0
    assert stances(table(raw_sum=np.full(9, np.nan))).attrs["on"] == 0.0


def test_a_table_of_nothing_has_no_stances_and_all_columns(table: Table) -> None:
    full = stances(table(total_force_n=steps((20, 80)), peak_kpa=steps((20, 80))))
    for force in (np.zeros(0), np.zeros(50), np.full(50, np.nan)):
        found = stances(table(total_force_n=force, peak_kpa=force))
        assert found.empty
        assert list(found.columns) == list(full.columns)
    assert stances(table(raw_sum=np.full(50, np.nan))).empty


def test_bad_input_is_named(table: Table) -> None:
    stats = table(total_force_n=steps((20, 80)))
    with pytest.raises(InvalidData, match="gap_s: expected seconds above 0, or None, got 0"):
        stances(stats, gap_s=0)
    with pytest.raises(InvalidData, match="expected times, as frame_stats makes them"):
        stances(stats.reset_index(drop=True))
    with pytest.raises(InvalidData, match=r"^off: expected a number that is not above on \(10\), got 20$") as caught:
        stances(stats, on=10, off=20)
    assert caught.value.field == "off"
    with pytest.raises(
        InvalidData, match=r"^contact: expected a column total_force_n or peak_kpa or raw_sum, got force$"
    ):
        stances(stats.rename(columns={"total_force_n": "force"}))
    with pytest.raises(InvalidData, match="expected a column of that name"):
        stances(stats, column="no_such")
    with pytest.raises(InvalidData, match="infinite"):
        stances(stats * np.inf)


def test_no_rows_have_no_contacts_and_a_record_may_begin_in_one() -> None:
    rows, cut = contacts(np.zeros(0), np.zeros(0, np.int64), 50.0, 40.0, 0.5)
    assert (rows.shape, rows.dtype, cut.shape, cut.dtype) == ((0, 2), np.int64, (0, 2), np.bool_)
    us = np.arange(4, dtype=np.int64) * 10_000
    rows, cut = contacts(np.array([60.0, 45.0, 45.0, 5.0]), us, 50.0, 40.0, 0.5)
    assert (rows.tolist(), cut.tolist()) == ([[0, 3]], [[True, False]])
    assert contacts(np.array([45.0, 45.0, 60.0, 45.0]), us, 50.0, 40.0, 0.5)[0].tolist() == [[2, 4]]


def plain(signal: np.ndarray, us: np.ndarray, on: float, off: float, gap_us: int) -> list[tuple[int, int]]:
    """Hysteresis as one writes it first: row by row."""
    found, first = [], None
    for row, value in enumerate(signal):
        if row and us[row] - us[row - 1] > gap_us and first is not None:
            found.append((first, row))
            first = None
        if first is None and value >= on:
            first = row
        elif first is not None and value < off:
            found.append((first, row))
            first = None
    return found if first is None else [*found, (first, len(signal))]


@given(
    st.lists(st.tuples(st.integers(0, 10), st.integers(0, 30)), max_size=60),
    st.integers(0, 10),
    st.integers(0, 5),
)
def test_hysteresis_is_what_a_loop_over_rows_finds(rows: list[tuple[int, int]], on: int, below: int) -> None:
    signal = np.array([value for value, _ in rows], float)
    us = np.cumsum([0, *(step for _, step in rows)])[1:].astype(np.int64)
    found, _ = contacts(signal, us, on, on - below, 20 / 1e6)
    assert [tuple(row) for row in found.tolist()] == plain(signal, us, on, on - below, 20)


@pytest.mark.parametrize("kind", ["walk", "run"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_simulated_athletes_steps_are_found_to_a_frame(kind: Any, side: str) -> None:
    recording = sim.simulate(kind, 12.0, rate_hz=200.0, rows=20, cols=8, seed=3)[side]
    found = stances(frame_stats(recording), on=20.0)
    known = np.array(recording.provenance["stances_us"])
    whole = known[(known[:, 1] < recording.times_us[-1])]
    uncut = found[~found["cut"]]
    assert len(uncut) == len(whole)
    for column, truth in (("start", whole[:, 0]), ("stop", whole[:, 1])):
        # The force needs a moment to pass 20 N: a frame or two.
        late_ms = (uncut[column].astype("int64").to_numpy() - truth) / 1e3
        assert np.abs(late_ms).max() <= 15.0


def test_a_vendors_pair_of_insoles_has_six_steps_each_two_of_them_cut(vendor: Callable[[str], Path]) -> None:
    pair = [read_file(vendor(f"tekscan-fscan/FrasP01{side}.asf"))[0] for side in "LR"]
    left, right = (stances(frame_stats(foot), on=50.0) for foot in pair)
    assert left["cut"].tolist() == [True] + [False] * 5
    assert right["cut"].tolist() == [False] * 5 + [True]
    assert left["cut_start"].iloc[0]
    assert right["cut_stop"].iloc[-1]
    starts = np.sort(np.concatenate([each["start"][~each["cut_start"]].to_numpy() for each in (left, right)]))
    assert np.diff(starts).mean() / np.timedelta64(1, "us") == pytest.approx(576_000, abs=1)
    assert left["max_total_force_n"].max() == pytest.approx(924.36, abs=0.005)
    assert right["max_total_force_n"].max() == pytest.approx(783.53, abs=0.005)
