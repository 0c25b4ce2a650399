"""What goals are called: measure, side, band with its unit, and the sets by which they are trained."""

from __future__ import annotations

from barograph.store.goals import Basis, Goal, Measure
from dashboard.drawing import words

BEGINS = "Feedback"  # what markers of an exercise begin with
SUMMARY = f"{BEGINS}: "  # the one of all sets; each set has a marker of its own before it
TITLES: dict[Measure, str] = {
    "weight": "Weight on the foot", "force": "Peak force", "impulse": "Impulse", "contact": "Contact time",
    "cadence": "Cadence",
}  # fmt: skip
OWN_UNITS: dict[Measure, str] = {
    "weight": "kg", "force": "N", "impulse": "N·s", "contact": "ms", "cadence": "steps/min",
}  # fmt: skip
OF: dict[Basis, str] = {
    "kg": "kg", "body_weight": "% of body weight", "usual": "% of your usual", "other": "% of the other foot",
}  # fmt: skip


def unit_of(goal: Goal) -> str:
    """Return what the numbers of a goal's band are in, as they are said to the athlete."""
    return OWN_UNITS[goal.measure] if goal.basis == "unit" else OF[goal.basis]


def titled(goal: Goal) -> str:
    """Return a goal in short, as others say it: measure, side, and band with its unit."""
    side = "" if goal.side == "both" else f" {goal.side}"
    own = unit_of(goal).replace("your", "their")
    return f"{TITLES[goal.measure]}{side}, {goal.low:.5g}–{goal.high:.5g} {own}"


def exercise(goal: Goal) -> str:
    """Return the sets of a goal in short, "" where they are open."""
    sets = words.plural(goal.sets, "set") if goal.sets else "sets"
    of = f"{sets} of {words.plural(goal.steps, 'step')}" if goal.steps else (sets if goal.sets else "")
    return f"{of}, rest {goal.rest_s} s" if of else ""
