"""The force of two feet and the way of the body by themselves, against loops and made forces whose answer is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from jump_traces import BW, cmj, held, table

from analytics import jumps
from analytics.jumps.force import Force, force_of, left_to_come, longest_s
from analytics.jumps.motion import _last_calm, _stopped, onset_of
from analytics.jumps.weighing import Weighing
from barograph.errors import InvalidData


def right_at(left: np.ndarray, right: np.ndarray, force: np.ndarray, longest: float) -> np.ndarray:
    """The right foot's force at the left foot's times (µs), row by row: each clock, where times go back, by itself."""

    def clock(us: np.ndarray) -> np.ndarray:
        return np.array([sum(us[j + 1] < us[j] for j in range(i)) for i in range(len(us))])

    theirs, out = clock(right), []
    for at, mine in zip(left, clock(left), strict=True):
        rows = [i for i in range(len(right)) if theirs[i] == mine and not np.isnan(force[i])]
        same = [force[i] for i in rows if right[i] == at]
        before, after = [i for i in rows if right[i] < at], [i for i in rows if right[i] > at]
        near = bool(before and after) and right[after[0]] - right[before[-1]] <= longest * 1e6
        if same:
            out.append(same[0])
        elif near:
            a, b = before[-1], after[0]
            out.append(force[a] + (force[b] - force[a]) * (at - right[a]) / (right[b] - right[a]))
        else:
            out.append(np.nan)
    return np.array(out)


def feet(seed: int, *, set_back: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    random = np.random.default_rng(seed)
    parts = []
    for _ in range(2):
        s = np.cumsum(random.choice([0.01, 0.02, 0.03, 0.12], 40, p=[0.4, 0.3, 0.2, 0.1]))
        force = np.where(random.random(40) < 0.1, np.nan, random.uniform(0, 900, 40))
        parts.append(table(s - np.where(set_back & (np.arange(40) >= 25), 0.35, 0.0), force))
    return parts[0], parts[1]


@pytest.mark.parametrize("set_back", [False, True])
@pytest.mark.parametrize("gap_s", [None, 0.025, 0.12])
@pytest.mark.parametrize("seed", range(6))
def test_the_second_foot_is_read_between_its_rows(seed: int, gap_s: float | None, set_back: bool) -> None:
    left, right = feet(seed, set_back=set_back)
    mine, theirs = (one.index.as_unit("us").asi8 for one in (left, right))
    force = right["total_force_n"].to_numpy()
    longest = longest_s(theirs[~np.isnan(force)]) if gap_s is None else gap_s
    total = left["total_force_n"].to_numpy() + right_at(mine, theirs, force, longest)
    found = force_of(left, right, gap_s)
    np.testing.assert_allclose(found.total, total[~np.isnan(total)])
    np.testing.assert_array_equal(found.rows, np.flatnonzero(~np.isnan(total)))
    np.testing.assert_allclose(found.feet["left"] + found.feet["right"], found.total)


def test_a_second_foot_of_one_row_or_of_none_is_known_at_that_row_alone() -> None:
    left = table(np.arange(5) / 100, np.full(5, 400.0))
    assert force_of(left, left.iloc[2:3] / 2, None).total.tolist() == [600.0]
    assert force_of(left, left.iloc[4:] / 2, None).rows.tolist() == [4]
    assert len(force_of(left, left * np.nan, None).total) == 0
    other = table(np.arange(5) / 100 + 0.001, np.full(5, np.nan))
    assert len(force_of(left, other, None).total) == 0
    same = force_of(left, left.assign(total_force_n=np.arange(5.0)), 0.001)  # no row is between others
    assert same.feet["right"].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize(
    ("steps_s", "longest"),
    [([], 0.05), ([0.01] * 5, 0.05), ([0.1] * 5, 0.25), ([0.1, 0.1, 0.1, 0.0, 0.0, -5.0, -5.0], 0.25), ([2.0], 5.0),
     ([0.0, -1.0], 0.05)],
)  # fmt: skip
def test_what_is_no_gap_is_by_the_usual_step(steps_s: list[float], longest: float) -> None:
    us = np.rint(np.cumsum([0.0, *steps_s]) * 1e6).astype(np.int64)
    assert longest_s(us) == pytest.approx(longest, rel=1e-9)
    force = force_of(table(us / 1e6, np.full(len(us), 700.0)), None, None)
    assert force.times.gap_s == pytest.approx(longest)


@pytest.mark.parametrize(("hz", "coarse"), [(200.0, False), (199.0, True), (1000.0, False)])
def test_fewer_than_two_hundred_rows_a_second_are_coarse(hz: float, coarse: bool) -> None:
    found = force_of(table(np.arange(50) / hz, np.full(50, 700.0)), None, None)
    assert (found.coarse, found.step_s) == (coarse, pytest.approx(1 / hz, abs=1e-6))
    assert force_of(table(np.zeros(1), np.full(1, 700.0)), None, None).coarse  # not known is not fine


def test_an_asked_gap_divides_the_force() -> None:
    plate = table(np.arange(6) / 100 + 0.03 * (np.arange(6) > 2), np.full(6, 700.0))
    assert force_of(plate, None, None).piece.tolist() == [0] * 6
    divided = force_of(plate, None, 0.02)
    assert divided.piece.tolist() == [0, 0, 0, 1, 1, 1]
    assert [divided.piece_of(row) for row in (0, 2, 3, 5)] == [(0, 3), (0, 3), (3, 6), (3, 6)]


@pytest.mark.parametrize(
    ("plate", "said", "field"),
    [
        ((cmj()[[]], None, None), "left: expected total_force_n, a force in N, got a table without columns", "left"),
        ((cmj(), cmj()[[]], None), "right: expected total_force_n, a force in N, got a table without columns", "right"),
        ((cmj(), None, 0.0), "gap_s: expected a number above 0 s, got 0.0", "gap_s"),
    ],
)
def test_what_is_no_force_is_refused(plate: Any, said: str, field: str) -> None:
    with pytest.raises(InvalidData) as refused:
        force_of(*plate)
    assert (str(refused.value), refused.value.field) == (said, field)


def test_what_is_left_to_come_is_the_integral_of_the_rest() -> None:
    s, rate = np.array([0.0, 0.5, 0.7, 1.7]), np.array([2.0, 4.0, 1.0, 3.0])
    assert left_to_come(s, rate) == pytest.approx([np.trapezoid(rate[i:], s[i:]) for i in range(4)])


def last_calm(s: np.ndarray, near: np.ndarray, step_s: float) -> int | None:
    """The last row of the last 0.1 s near body weight; what lasts until the end of all has not ended."""
    for end in range(len(s) - 2, -1, -1):
        if near[end] and not near[end + 1]:
            begin = end
            while begin and near[begin - 1]:
                begin -= 1
            if s[end] - s[begin] + step_s >= 0.1 - step_s / 500:
                return end
    return None


@pytest.mark.parametrize("hz", [10, 40, 100, 250])
@pytest.mark.parametrize("seed", range(10))
def test_the_last_calm_is_that_of_a_loop(seed: int, hz: int) -> None:
    random = np.random.default_rng(seed)
    lengths = random.integers(1, max(2, round(0.1 * hz)) + 3, 12)  # some a row shorter than 0.1 s, some as long
    near = np.repeat(np.arange(12) % 2 == seed % 2, lengths)
    s = np.arange(len(near)) / hz
    for after in range(1, len(near) + 1):
        assert _last_calm(s[:after], near[:after], 1 / hz) == last_calm(s[:after], near[:after], 1 / hz)


def made(*parts: tuple[float, float]) -> Force:
    return force_of(held(*parts, hz=100.0), None, None)


@pytest.mark.parametrize(
    ("parts", "squat", "row"),
    [
        # From the dip back to standing, also where the force rests at body weight on its way up.
        ([(BW, 1.0), (400.0, 0.2), (BW, 0.15), (1500.0, 0.2), (0.0, 0.3)], False, 97),
        # A squat jump has no dip: from the push back.
        ([(BW, 1.0), (400.0, 0.2), (BW, 0.15), (1500.0, 0.2), (0.0, 0.3)], True, 132),
        # The largest force is the first of all that is searched: nothing is before it, and the search begins with it.
        ([(BW, 1.0), (1500.0, 2.0), (800.0, 0.2), (0.0, 0.3)], False, 97),
        # Within 1 % is near, more is not.
        ([(BW, 1.0), (BW * 0.9901, 0.2), (400.0, 0.2), (1500.0, 0.2), (0.0, 0.3)], False, 117),
        ([(BW, 1.0), (BW * 0.9899, 0.2), (400.0, 0.2), (1500.0, 0.2), (0.0, 0.3)], False, 97),
        # Nobody stood still.
        ([(400.0, 1.0), (1500.0, 0.2), (0.0, 0.3)], False, None),
        ([(BW, 0.08), (400.0, 1.0), (1500.0, 0.2), (0.0, 0.3)], False, None),
        # Never before the first row.
        ([(BW, 0.1), (400.0, 0.3), (1500.0, 0.2), (0.0, 0.3)], False, 7),
    ],
)
def test_a_jump_begins_when_the_force_leaves_body_weight(
    parts: list[tuple[float, float]], squat: bool, row: int | None
) -> None:
    force = made(*parts)
    takeoff = int(np.flatnonzero(force.total < 20)[0])
    assert onset_of(force, Weighing(BW, 0.0, 0, 50, 0.5), takeoff, squat=squat) == row


def test_a_noisy_standing_has_a_wider_limit_and_who_is_weighed_in_the_air_no_onset() -> None:
    force = made((BW, 1.0), (BW - 40.0, 0.2), (400.0, 0.2), (1500.0, 0.2), (0.0, 0.3))
    assert onset_of(force, Weighing(BW, 8.0, 0, 50, 0.5), 160, squat=False) == 117  # 5 SD of 8 N
    assert onset_of(force, Weighing(BW, 7.9, 0, 50, 0.5), 160, squat=False) == 97
    assert onset_of(force, Weighing(BW, 0.0, 160, 190, 0.3), 160, squat=False) is None


def test_a_landing_ends_with_the_first_row_at_rest_within_two_seconds_and_its_piece() -> None:
    force = made((BW, 5.0))
    v = np.full(500, -1.0)
    v[[290, 300]] = 0.0
    assert _stopped(force, v, 0, 90, 500) is None  # 2 s later is out
    assert _stopped(force, v, 0, 91, 500) == 290
    assert _stopped(force, v[10:], 10, 91, 500) == 290  # velocities begin with the onset
    assert _stopped(force, v, 0, 290, 500) == 290
    assert _stopped(force, v, 0, 100, 290) is None


def test_a_squat_jump_that_dips_is_propulsion_from_its_onset_on() -> None:
    total = np.concatenate([np.full(1000, BW), np.full(30, 0.9 * BW), np.full(300, 2 * BW), np.full(400, 0.0),
                            np.full(800, BW)])  # fmt: skip
    plate = table(np.arange(len(total)) / 1000, total + 0.5 - np.arange(len(total)) % 2 * (total > 20))
    squat, cmj_ = (jumps(plate, kind=kind).iloc[0] for kind in ("squat", "cmj"))
    assert (squat["unweighting_s"], squat["braking_s"]) == (0.0, 0.0)
    assert squat["propulsion_s"] == squat["time_to_takeoff_s"]
    assert squat["min_velocity_m_s"] < 0
    assert cmj_["unweighting_s"] > 0
    # Braking until a velocity is of a countermovement.
    assert jumps(plate, kind="squat", braking_limit_m_s=0.5).iloc[0]["propulsion_s"] == squat["propulsion_s"]
