"""A measure of several sessions in the viewer's units: where one session cannot be turned, none is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dashboard.drawing.units import Units
from dashboard.reading.session_measures import Entry, Metric


@dataclass(frozen=True)
class Turned:
    """The unit and decimals of a measure, what each session's values are multiplied by, and whether a mass lacks."""

    unit: str
    digits: int
    factors: tuple[float, ...]
    lacking: bool


def turned(shown: Metric, entries: Sequence[Entry], units: Units) -> Turned:
    """Return how a measure of one or more sessions is shown; N where body weight is chosen and a mass lacks."""
    masses = [one.workout.about.mass_kg for one in entries]
    lacking = units.lacking(*masses) and shown.unit.lstrip("k").startswith("N")
    usable = replace(units, force="N") if lacking else units
    displays = [usable.display(shown.unit, mass) for mass in masses]
    factors = tuple(display.factor * shown.scale for display in displays)
    return Turned(displays[0].unit, displays[0].places(shown.digits), factors, lacking)
