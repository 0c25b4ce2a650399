"""What an athlete trains towards: a measure of steps, a band, since when, until when, and who set it.

A goal is kept in the athlete's record, and goes with it. Its band is in the unit of its `basis`: of the measure itself,
in kg, or in % of body weight, of the athlete's usual value, or of the other foot.

Terms: goal (docs/glossary.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from barograph import bounds
from barograph.days import check_day
from barograph.errors import InvalidData
from barograph.texts import require_whole

Measure = Literal["weight", "force", "impulse", "contact", "cadence"]
Basis = Literal["unit", "kg", "body_weight", "usual", "other"]
Side = Literal["left", "right", "both"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
SIDES: tuple[Side, ...] = get_args(Side)
# What each measure is set against. `weight` is partial weight-bearing: its upper end is a limit.
BASES: dict[Measure, tuple[Basis, ...]] = {
    "weight": ("kg", "body_weight"),
    "force": ("body_weight", "usual", "other", "kg"),
    "impulse": ("usual", "other", "unit"),
    "contact": ("unit", "usual", "other"),
    "cadence": ("unit", "usual"),
}
ONE_FOOT: frozenset[str] = frozenset({"weight"})
BOTH_FEET: frozenset[str] = frozenset({"cadence"})
MOST = 5000.0  # of a band's ends, in whatever unit
SETS, STEPS, REST_S = 50, 10_000, 3600


@dataclass(frozen=True)
class Goal:
    """A band of a measure, from `low` to `high`, both of which are in it, and the exercise by which it is trained.

    `steps` of 0 and `sets` of 0 leave an exercise open: it goes on until somebody rests.
    """

    measure: Measure
    side: Side
    basis: Basis
    low: float
    high: float
    since: str
    until: str = ""
    by: str = ""
    sets: int = 0
    steps: int = 0
    rest_s: int = 60

    def __post_init__(self) -> None:
        _choice("goal_measure", self.measure, MEASURES)
        _choice("goal_side", self.side, SIDES)
        _choice("goal_basis", self.basis, BASES[self.measure])
        self._check_side()
        self._check_band()
        if not check_day("goal_since", self.since):
            raise InvalidData("goal_since: expected the day from which it holds, got nothing", field="goal_since")
        if check_day("goal_until", self.until) and self.until < self.since:
            raise InvalidData(f"goal_until: expected {self.since} or later, got {self.until}", field="goal_until")
        bounds.check_text("goal_by", self.by, bounds.ATHLETE)
        for name, most in (("sets", SETS), ("steps", STEPS), ("rest_s", REST_S)):
            if not 0 <= require_whole(f"goal_{name}", getattr(self, name)) <= most:
                said = f"expected 0 to {most}, got {getattr(self, name)}"
                raise InvalidData(f"goal_{name}: {said}", field=f"goal_{name}")

    def _check_side(self) -> None:
        one = self.measure in ONE_FOOT or self.basis == "other"
        if (one and self.side == "both") or (self.measure in BOTH_FEET and self.side != "both"):
            expected = "left or right" if one else "both"
            raise InvalidData(f"goal_side: expected {expected}, got {self.side}", field="goal_side")

    def _check_band(self) -> None:
        for name in ("low", "high"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise InvalidData(f"goal_{name}: expected a number, got {str(value)[:40]!r}", field=f"goal_{name}")
            if not 0 <= value <= MOST:
                raise InvalidData(f"goal_{name}: expected 0 to {MOST:g}, got {value:g}", field=f"goal_{name}")
            object.__setattr__(self, name, float(value))
        if self.low >= self.high:
            said = f"expected more than {self.low:g}, where the band begins, got {self.high:g}"
            raise InvalidData(f"goal_high: {said}", field="goal_high")

    def holds(self, day: str) -> bool:
        """Return whether it holds on a day, as `2026-05-14`."""
        return self.since <= day and (not self.until or day <= self.until)


def goals_on(goals: Sequence[Goal], day: str) -> list[Goal]:
    """Return the goals that hold on a day, the newest first."""
    return sorted((one for one in goals if one.holds(day)), key=lambda one: one.since, reverse=True)


def _choice(field: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InvalidData(f"{field}: expected {', '.join(choices)}, got {str(value)[:40]!r}", field=field)
