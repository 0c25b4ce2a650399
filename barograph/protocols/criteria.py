"""The quality criteria of a trial by name, each with its limits and their bounds.

Criteria warn: a trial that misses one is still recorded, and a person decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from barograph.errors import InvalidData
from barograph.layout_values import choice, number


@dataclass(frozen=True)
class Limit:
    """A number of a criterion: its unit, what it is unless a protocol says otherwise, and its bounds.

    `meaning` says what is checked, with {} for the value and its unit.
    """

    unit: str
    usual: float
    least: float
    most: float
    meaning: str

    def said(self, value: float) -> str:
        """Return what is checked, with a value."""
        return self.meaning.format(f"{value:g} {self.unit}".strip())


@dataclass(frozen=True)
class Criterion:
    """A criterion as a protocol asks for it: its name, and the value of each of its limits."""

    name: str
    limits: Mapping[str, float]

    @property
    def meaning(self) -> str:
        """Return what is checked, in words with the values."""
        known = CRITERIA[self.name]
        return ", ".join(known[name].said(value) for name, value in self.limits.items())


CRITERIA: dict[str, dict[str, Limit]] = {
    "weighing_stable": {
        "sd_pct": Limit("%", 1.0, 0.01, 20.0, "SD of the force while weighing at most {} of its mean"),
        "weigh_s": Limit("s", 1.0, 0.25, 60.0, "weighed for at least {}"),
    },
    "flight_seen": {
        "flights": Limit("", 1, 1, 1000, "flights: at least {}"),
        "flight_n": Limit("N", 20.0, 0.1, 500.0, "in the air below {}"),
    },
    "steps_whole": {"steps": Limit("", 6, 1, 100_000, "steps that are not cut: at least {}")},
    "duration_reached": {"share_pct": Limit("%", 100.0, 1.0, 100.0, "at least {} of the duration recorded")},
    "device_healthy": {
        "lost_pct": Limit("%", 1.0, 0.0, 100.0, "frames lost: at most {}"),
        "dead_pct": Limit("%", 5.0, 0.0, 100.0, "cells without a value: at most {}"),
    },
}


def criterion(name: str, said: Any, where: str = "criteria") -> Criterion:
    """Return a criterion from its name and a table of limits; what is not said is as usual.

    `InvalidData` names what is unknown, no number, or out of bounds.
    """
    choice(where, name, tuple(CRITERIA))
    known, place = CRITERIA[name], f"{where}.{name}"
    if not isinstance(said, Mapping):
        raise InvalidData(f"{place}: expected a table of {', '.join(known)}, got {str(said)[:60]!r}", field=place)
    for each in said:
        choice(f"{place} limit", each, tuple(known))
    limits = {}
    for each, limit in known.items():
        field = f"{place}.{each}"
        value = number(field, said.get(each, limit.usual))
        if not limit.least <= value <= limit.most:
            expected = f"{limit.least:g} to {limit.most:g} {limit.unit}".strip()
            raise InvalidData(f"{field}: expected {expected}, got {value:g}", field=field)
        limits[each] = value
    return Criterion(name, limits)
