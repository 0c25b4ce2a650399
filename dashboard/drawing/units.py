"""Units as the viewer likes them, for what the server draws; assets/core/units.mjs keeps the choice and says it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode

from barograph.frames import KPA_PER_UNIT
from dashboard.drawing import words

GRAVITY = 9.80665
FORCES = ("N", "kgf", "% BW")
PRESSURES = {"kPa": 1.0, "N/cm²": 0.1, "mmHg": 1 / KPA_PER_UNIT["mmHg"]}
# Decimals that a value in a unit has more than the same value in N or kPa: by the unit alone, whatever the factor is.
MORE_DECIMALS = {"N": 0, "kgf": 1, "% BW": 1, "kPa": 0, "N/cm²": 1, "mmHg": 0}
UNIT = re.compile(r"(k?)(N|kPa)($|·.*|/s.*)")  # "kN/s": thousand, force, "/s"


@dataclass(frozen=True)
class Display:
    """How values in one unit are shown: multiplied by `factor`, under the name `unit`, with `more` decimals."""

    factor: float
    unit: str
    more: int = 0

    def places(self, places: int) -> int:
        """Return the decimals that are worth showing of a value that has so many before it is turned."""
        return places + self.more

    def number(self, value: float | None, places: int = 0) -> str:
        """Return a value as it is shown; – for one that is not known."""
        return words.number(None if value is None else value * self.factor, self.places(places))


@dataclass(frozen=True)
class Units:
    """One of `FORCES` and one of `PRESSURES`."""

    force: str = "N"
    pressure: str = "kPa"

    def display(self, unit: str, mass_kg: float | None) -> Display:
        """Return how values in `unit` are shown; body weight needs a mass, without one they stay as they are."""
        found = UNIT.fullmatch(unit)
        if found is None:
            return Display(1.0, unit)
        thousand, base, rest = found.groups()
        wanted, factor = (
            (self.force, self._force(mass_kg)) if base == "N" else (self.pressure, PRESSURES[self.pressure])
        )
        if wanted == base or factor is None:
            return Display(1.0, unit)
        if thousand:
            return Display(1000.0 * factor, wanted + rest)
        return Display(factor, wanted + rest, MORE_DECIMALS[wanted])

    @property
    def fields(self) -> str:
        """Both choices as fields of an address."""
        return urlencode({"force": self.force, "pressure": self.pressure})

    def lacking(self, *masses_kg: float | None) -> bool:
        """Return whether body weight is chosen and somebody's is not known."""
        return self.force == "% BW" and not all(masses_kg)

    def _force(self, mass_kg: float | None) -> float | None:
        """Return what one newton is in the unit of force, or None where that needs a mass."""
        if self.force == "% BW":
            return 100.0 / (mass_kg * GRAVITY) if mass_kg else None
        return 1 / GRAVITY if self.force == "kgf" else 1.0


def of_address(search: str) -> Units:
    """Return the units that an address names; nonsense becomes N and kPa."""
    try:
        return read({name: values[-1] for name, values in parse_qs(search.lstrip("?"), max_num_fields=200).items()})
    except ValueError:
        return Units()


def read(said: Mapping[str, Any] | None) -> Units:
    """Return what a browser says, whatever that is; nonsense becomes N and kPa."""
    force, pressure = (said or {}).get("force"), (said or {}).get("pressure")
    return Units(force if force in FORCES else "N", pressure if pressure in PRESSURES else "kPa")
