"""Goals: what is taken, what is refused with its field, and which hold on a day."""

from __future__ import annotations

import pytest

from barograph.errors import InvalidData
from barograph.store.goals import BASES, BOTH_FEET, MEASURES, ONE_FOOT, Goal, goals_on

DAY = "2026-05-14"


def test_every_measure_has_a_goal_against_each_of_its_bases():
    for measure in MEASURES:
        for basis in BASES[measure]:
            side = "both" if measure in BOTH_FEET else "left"
            goal = Goal(measure, side, basis, 1, 2, DAY)
            assert (goal.low, goal.high) == (1.0, 2.0)


@pytest.mark.parametrize(("given", "field"), [
    ({"measure": "speed"}, "goal_measure"),
    ({"side": "front"}, "goal_side"),
    ({"basis": "unit"}, "goal_basis"),
    ({"measure": "weight", "basis": "kg", "side": "both"}, "goal_side"),
    ({"measure": "cadence", "basis": "unit", "side": "left"}, "goal_side"),
    ({"basis": "other", "side": "both"}, "goal_side"),
    ({"low": 115.0}, "goal_high"),
    ({"low": float("nan")}, "goal_low"),
    ({"high": 5001.0}, "goal_high"),
    ({"since": ""}, "goal_since"),
    ({"since": "14.5.2026"}, "goal_since"),
    ({"until": "2026-05-13"}, "goal_until"),
    ({"sets": 51}, "goal_sets"),
    ({"steps": -1}, "goal_steps"),
    ({"rest_s": 2.5}, "goal_rest_s"),
    ({"by": "x" * 201}, "goal_by"),
])  # fmt: skip
def test_what_cannot_be_a_goal_is_refused_with_its_field(given, field):
    known = {"measure": "force", "side": "left", "basis": "usual", "low": 105.0, "high": 115.0, "since": DAY}
    with pytest.raises(InvalidData) as refused:
        Goal(**(known | given))
    assert refused.value.field == field


def test_those_that_hold_on_a_day_are_told_the_newest_first():
    old = Goal("force", "left", "usual", 100, 110, "2026-01-01", "2026-05-14")
    new = Goal("weight", "left", "kg", 15, 25, "2026-05-01")
    assert goals_on((old, new), DAY) == [new, old]
    assert goals_on((old, new), "2026-05-15") == [new]
    assert goals_on((old, new), "2025-12-31") == []
    assert set(MEASURES) > ONE_FOOT
