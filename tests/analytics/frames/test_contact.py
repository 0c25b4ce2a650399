"""When a foot is down: thresholds of each column and floor, and runs of contact with hysteresis, gaps and edges."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.frames.contact import Threshold, column_of, contacts, threshold
from barograph.errors import InvalidData

STEP_US = 10_000


def times(n: int) -> np.ndarray:
    return np.arange(n, dtype=np.int64) * STEP_US


def walked(floor: float, top: float, steps: int = 6) -> np.ndarray:
    """Half a second at `floor`, half a second at `top`, again and again."""
    return np.tile(np.repeat([floor, top], 50), steps).astype(float)


@pytest.mark.parametrize(
    ("column", "floor", "top", "on"),
    [
        ("total_force_n", 0.0, 700.0, 20.0),
        ("total_force_n", 35.0, 700.0, 55.0),
        ("peak_kpa", 0.0, 200.0, 10.0),
        ("peak_kpa", 4.0, 200.0, 14.0),
        ("raw_sum", 0.0, 5_000.0, 500.0),
        ("raw_sum", 100.0, 5_100.0, 600.0),
    ],
)
def test_contact_begins_above_the_foots_own_floor_and_ends_at_four_fifths_of_the_way(column, floor, top, on):
    signal = walked(floor, top)
    found = threshold(column, signal, times(len(signal)), None, None, None)
    assert (found.column, found.on) == (column, pytest.approx(on))
    assert found.off == pytest.approx(floor + 0.8 * (on - floor))
    assert found.floor == pytest.approx(floor)
    assert found.unloaded


def test_what_is_given_is_taken_as_it_is():
    signal = walked(35.0, 700.0)
    found = threshold("total_force_n", signal, times(len(signal)), 100.0, 60.0, 10.0)
    assert (found.on, found.off, found.floor, found.drift, found.unloaded) == (100.0, 60.0, 10.0, 0.0, True)


def test_an_end_follows_from_a_given_beginning_and_floor():
    signal = walked(0.0, 700.0)
    assert threshold("total_force_n", signal, times(len(signal)), 100.0, None, 50.0).off == pytest.approx(90.0)
    assert threshold("total_force_n", signal, times(len(signal)), None, None, 50.0).on == pytest.approx(70.0)


def test_a_given_beginning_well_above_the_floor_ends_at_four_fifths_of_itself():
    signal = walked(10.0, 700.0)
    found = threshold("total_force_n", signal, times(len(signal)), 50.0, None, None)
    assert (found.on, found.off, found.floor, found.drift) == (50.0, 40.0, 0.0, 0.0)


def test_a_given_beginning_near_the_floor_ends_on_the_way_from_the_floor():
    signal = walked(35.0, 700.0)
    found = threshold("total_force_n", signal, times(len(signal)), 40.0, None, None)
    assert found.off == pytest.approx(35.0 + 0.8 * 5.0)
    assert found.floor == pytest.approx(35.0)


def test_an_end_above_the_beginning_is_refused_by_name():
    signal = walked(0.0, 700.0)
    with pytest.raises(InvalidData, match=r"off: expected a number that is not above on \(50.0\), got 60.0") as refused:
        threshold("total_force_n", signal, times(len(signal)), 50.0, 60.0, None)
    assert refused.value.field == "off"
    assert threshold("total_force_n", signal, times(len(signal)), 50.0, 50.0, None).off == 50.0


@pytest.mark.parametrize("name", ["on", "off", "floor"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), "20"])
def test_what_is_no_number_is_refused_by_name(name, value):
    signal = walked(0.0, 700.0)
    given = {"on": None, "off": None, "floor": None, name: value}
    with pytest.raises(InvalidData) as refused:
        threshold("total_force_n", signal, times(len(signal)), **given)
    assert refused.value.field == name


def test_counts_that_never_fall_take_their_lowest_value_as_the_floor_and_say_so():
    signal = np.linspace(4_000.0, 5_000.0, 600)
    found = threshold("raw_sum", signal, times(len(signal)), None, None, None)
    assert found.floor == pytest.approx(signal.min())
    assert found.on == pytest.approx(signal.min() + 0.1 * np.ptp(signal))
    assert not found.unloaded


def test_a_force_that_never_falls_below_its_end_was_never_unloaded():
    signal = np.full(600, 700.0)
    assert not threshold("total_force_n", signal, times(600), None, None, None).unloaded
    signal[300] = 0.0
    assert threshold("total_force_n", signal, times(600), None, None, None).unloaded


def test_nothing_measured_is_no_loaded_foot():
    found = threshold("total_force_n", np.zeros(0), times(0), None, None, None)
    assert (found.on, found.off, found.floor, found.unloaded) == (20.0, 16.0, 0.0, True)


def test_what_is_said_of_a_threshold_names_how_far_the_floor_moves():
    found = Threshold("total_force_n", 20.0, 16.0, 1.5, np.array([0.0, 2.0, -1.0]), unloaded=False)
    assert found.said == {
        "column": "total_force_n", "on": 20.0, "off": 16.0, "floor": 1.5, "floor_drift": 3.0, "unloaded": False,
    }  # fmt: skip
    assert Threshold("peak_kpa", 10.0, 8.0).said["floor_drift"] == 0.0
    assert Threshold("peak_kpa", 10.0, 8.0, drift=np.zeros(0)).said["floor_drift"] == 0.0


def test_the_signal_is_the_column_without_the_drift():
    table = pd.DataFrame({"total_force_n": [10.0, 20.0, 30.0]})
    found = Threshold("total_force_n", 20.0, 16.0, drift=np.array([0.0, 1.0, 2.0]))
    assert found.signal(table).tolist() == [10.0, 19.0, 28.0]


@pytest.mark.parametrize(
    ("columns", "wanted", "found"),
    [
        (["raw_sum", "peak_kpa", "total_force_n"], None, "total_force_n"),
        (["raw_sum", "peak_kpa"], None, "peak_kpa"),
        (["raw_sum"], None, "raw_sum"),
        (["total_force_n", "peak_kpa"], "peak_kpa", "peak_kpa"),
    ],
)
def test_contact_is_found_in_force_then_pressure_then_counts(columns, wanted, found):
    assert column_of(pd.DataFrame({name: [1.0] for name in columns}), wanted) == found


def test_a_table_without_any_of_them_is_refused():
    with pytest.raises(InvalidData, match="contact"):
        column_of(pd.DataFrame({"cop_x_mm": [1.0]}), None)


def test_between_the_thresholds_contact_is_what_it_was():
    signal = np.array([0.0, 18.0, 20.0, 18.0, 16.0, 15.9, 18.0, 19.9, 20.0, 0.0])
    found, cut = contacts(signal, times(10), 20.0, 16.0)
    assert found.tolist() == [[2, 5], [8, 9]]
    assert cut.tolist() == [[False, False], [False, False]]
    assert found.dtype == np.int64


def test_contact_at_an_edge_is_cut_there():
    found, cut = contacts(np.array([30.0, 30.0, 0.0, 0.0, 30.0, 18.0]), times(6), 20.0, 16.0)
    assert found.tolist() == [[0, 2], [4, 6]]
    assert cut.tolist() == [[True, False], [False, True]]


def test_at_an_edge_what_is_between_the_thresholds_is_no_contact():
    found, cut = contacts(np.array([18.0, 18.0, 20.0, 0.0]), times(4), 20.0, 16.0)
    assert (found.tolist(), cut.tolist()) == ([[2, 3]], [[False, False]])


def test_a_gap_cuts_contact_in_two_and_begins_anew():
    signal = np.array([0.0, 30.0, 30.0, 18.0, 18.0, 30.0, 0.0])
    when = np.array([0, 1, 2, 100, 101, 102, 103], np.int64) * STEP_US
    found, cut = contacts(signal, when, 20.0, 16.0, gap_s=0.1)
    assert found.tolist() == [[1, 3], [5, 6]]
    assert cut.tolist() == [[False, True], [False, False]]


def test_nothing_has_no_contacts():
    found, cut = contacts(np.zeros(0), times(0), 20.0, 16.0)
    assert (found.shape, cut.shape, found.dtype, cut.dtype) == ((0, 2), (0, 2), np.int64, np.bool_)


@given(st.lists(st.sampled_from([0.0, 15.9, 16.0, 18.0, 19.9, 20.0, 40.0]), min_size=1, max_size=60))
def test_runs_are_those_of_a_foot_that_is_watched_row_by_row(values):
    found, _ = contacts(np.array(values), times(len(values)), 20.0, 16.0)
    down, rows = False, []
    for row, value in enumerate(values):
        down = value >= 20.0 or (down and value >= 16.0)
        if down:
            rows.append(row)
    assert [row for first, after in found for row in range(first, after)] == rows
