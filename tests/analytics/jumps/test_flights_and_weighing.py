"""Flights and weighing by themselves: rows at the limits, beside gaps, and every window tried in a loop."""

from __future__ import annotations

import numpy as np
import pytest
from jump_traces import table

from analytics.jumps.flights import Unloaded, unloaded
from analytics.jumps.force import Force, force_of
from analytics.jumps.weighing import Weighing, entered, in_window, quietest, since, weighed
from barograph.errors import InvalidData


def plate(total: list[float] | np.ndarray, s: np.ndarray | None = None, *, gap_s: float | None = None) -> Force:
    """Rows of a force, by default ten a second."""
    return force_of(table(np.arange(len(total)) / 10 if s is None else s, np.asarray(total, float)), None, gap_s)


def test_a_force_of_the_limit_is_loaded_and_a_record_ends_with_its_last_row() -> None:
    force = plate([800, *[0] * 5, 20, 20, *[19.9] * 3], gap_s=0.15)
    first, last = unloaded(force, 20.0)
    assert first == Unloaded(1, 6, 0.5, begun=True, ended=True, pushed=False)
    assert last == Unloaded(8, 11, pytest.approx(0.2), begun=True, ended=False, pushed=True)
    assert (first.stepped_off, last.is_flight) == (True, True)


@pytest.mark.parametrize(
    ("total", "gap_after", "begun", "ended", "seconds"),
    [
        ([800, 800, 0, 0, 800, 800], 0, True, True, 0.2),
        ([800, 800, 0, 0, 800, 800], 1, False, True, 0.2),
        ([800, 800, 0, 0, 800, 800], 3, True, False, 0.1),
        ([800, 800, 0, 0, 800, 800], 4, True, True, 0.2),
        ([800, 0, 800], 0, False, True, 0.1),
        ([800, 0, 800], 1, True, False, 0.0),
    ],
)
def test_a_gap_beside_a_flight_hides_where_it_begins_or_ends(
    total: list[float], gap_after: int, begun: bool, ended: bool, seconds: float
) -> None:
    s = np.arange(len(total)) / 10 + 5.0 * (np.arange(len(total)) > gap_after)
    (found,) = unloaded(plate(total, s, gap_s=0.15), 20.0)
    assert (found.begun, found.ended, found.seconds) == (begun, ended, pytest.approx(seconds))


@pytest.mark.parametrize(
    ("highest", "rows_before", "pushed"), [(1200.0, 1, True), (1199.9, 1, False), (1200.0, 5, True), (1200.0, 6, False)]
)
def test_who_pushes_off_presses_a_fifth_harder_within_half_a_second(
    highest: float, rows_before: int, pushed: bool
) -> None:
    # What was before the last two seconds does not count as usual.
    total = np.array([*[3000.0] * 30, *[1000.0] * 20, *[0.0] * 3, 1000.0])
    total[50 - rows_before] = highest
    (found,) = unloaded(plate(total), 20.0)
    assert found.pushed is pushed


def test_of_rows_farther_apart_than_that_the_one_before_counts_alone() -> None:
    s = np.arange(4.0)
    assert [one.pushed for one in unloaded(plate([1200, 800, 0, 800], s, gap_s=2.0), 20.0)] == [False]
    assert [one.pushed for one in unloaded(plate([800, 1300, 0, 800], s, gap_s=2.0), 20.0)] == [True]


def quietest_of_all(
    s: np.ndarray, f: np.ndarray, step_s: float, seconds: float
) -> tuple[float, float, int, int] | None:
    """Mean, SD, first row and the one after of each window that the rows fill: that of the least SD."""
    windows = [(i, np.flatnonzero((s >= s[i]) & (s < s[i] + seconds - 1e-5))) for i in range(len(s))]
    full = [rows for i, rows in windows if s[i] + seconds <= s[-1] + step_s + 1e-5 and len(rows) > 1]
    found = [(f[rows].mean(), f[rows].std(ddof=1), int(rows[0]), int(rows[-1]) + 1) for rows in full]
    return min(found, key=lambda one: one[1], default=None)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("rows", [2, 3, 5, 40, 300])
def test_the_quietest_window_is_the_best_of_all(seed: int, rows: int) -> None:
    random = np.random.default_rng(seed)
    steps = np.full(rows, 0.05) if seed % 2 else random.choice([0.02, 0.1, 1.3], rows)
    force = plate(700 + random.normal(0, 8, rows), np.cumsum(steps), gap_s=9.0)
    for seconds in (1.0, 0.5, 0.25):
        for first, after in ((0, rows), (rows // 4, rows - rows // 5)):
            known = quietest_of_all(force.s[first:after], force.total[first:after], force.step_s, seconds)
            found = quietest(force, first, after, seconds)
            assert (found is None) == (known is None)
            if found and known:
                mean, sd, begin, end = known
                assert found == Weighing(
                    pytest.approx(mean), pytest.approx(sd, abs=1e-6), first + begin, first + end, seconds
                )


def test_two_rows_are_weighed_and_one_is_not() -> None:
    assert quietest(plate([700.0, 702.0], np.array([0.0, 0.5])), 0, 2, 1.0) is not None
    assert quietest(plate([700.0]), 0, 1, 1.0) is None
    assert quietest(plate([700.0] * 30), 4, 5, 0.25) is None


@pytest.mark.parametrize(("off_n", "seconds"), [(10.0, 1.0), (10.1, 0.5)])
def test_an_sd_of_one_percent_is_quiet(off_n: float, seconds: float) -> None:
    force = plate([1000.0 - off_n, 1000.0, 1000.0 + off_n], np.arange(3) / 3)
    found = weighed(force, 0, 3)
    assert found is not None
    assert found.seconds == seconds


def test_a_window_has_the_rows_from_its_start_until_before_its_end() -> None:
    force = plate([9000, 9000, 700, 720, 710, 9000, 9000])
    assert in_window(force, (0.2, 0.5)) == Weighing(pytest.approx(710.0), pytest.approx(10.0), 2, 5, pytest.approx(0.3))
    assert in_window(force, (0.15, 0.35)).newtons == pytest.approx(710.0)
    assert in_window(plate([0.5, 0.5]), (0.0, 0.2)).newtons == 0.5  # small, yet a load


@pytest.mark.parametrize(("total", "rows"), [([700.0, 700.0, 700.0], 1), ([700.0, 0.0, 0.0], 2)])
def test_a_window_of_one_row_or_without_a_load_is_refused(total: list[float], rows: int) -> None:
    until = 0.1 + rows / 10
    with pytest.raises(InvalidData) as refused:
        in_window(plate(total), (0.1, until))
    assert str(refused.value) == f"window: expected two or more loaded rows in it, got {rows} from 0.1 to {until:g} s"
    assert refused.value.field == "window"


def test_a_weight_of_before_is_that_of_who_stands_since() -> None:
    known = Weighing(700.0, 1.0, 3, 9, 0.6)
    assert (since(known, 5), since(known, 2)) == (Weighing(700.0, 1.0, 5, 9, 0.6), known)
    assert entered(700.0, 4) == Weighing(700.0, np.nan, 4, 4, np.nan)
