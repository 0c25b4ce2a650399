"""Units as the viewer likes them, for what the server draws; assets/units.mjs keeps the choice and says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode

from dashboard import words

GRAVITY = 9.80665
FORCES = ("N", "kgf", "% BW")
PRESSURES = {"kPa": 1.0, "N/cm²": 0.1, "mmHg": 1 / 0.133322387}


@dataclass(frozen=True)
class Display:
    """How values in one unit are shown: multiplied by `factor`, under the name `unit`."""

    factor: float
    unit: str

    def places(self, places: int) -> int:
        """Decimals that are worth showing of a value that has so many before it is turned."""
        return digits(places, self.factor)

    def number(self, value: float | None, places: int = 0) -> str:
        """A value as it is shown; – for one that is not known."""
        return words.number(None if value is None else value * self.factor, self.places(places))


@dataclass(frozen=True)
class Units:
    """One of `FORCES` and one of `PRESSURES`."""

    force: str = "N"
    pressure: str = "kPa"

    def shown(self, unit: str, mass_kg: float | None) -> tuple[float, str]:
        """What a value in `unit` is multiplied by, and the unit that it then has; body weight needs a mass."""
        if unit == "N" or unit.startswith(("N·", "N/s")):
            factor, name = self._force(mass_kg)
            return factor, name + unit[1:]
        if unit.startswith("kN"):
            factor, name = self._force(mass_kg)
            return (1.0, unit) if name == "N" else (1000.0 * factor, name + unit[2:])
        if unit == "kPa" or unit.startswith("kPa·"):
            return PRESSURES[self.pressure], self.pressure + unit[3:]
        return 1.0, unit

    def display(self, unit: str, mass_kg: float | None) -> Display:
        """How values in `unit` are shown."""
        return Display(*self.shown(unit, mass_kg))

    @property
    def fields(self) -> str:
        """Both choices as fields of an address."""
        return urlencode({"force": self.force, "pressure": self.pressure})

    def lacking(self, *masses_kg: float | None) -> bool:
        """Whether body weight is wished and somebody's is not known."""
        return self.force == "% BW" and not all(masses_kg)

    def _force(self, mass_kg: float | None) -> tuple[float, str]:
        if self.force == "kgf":
            return 1 / GRAVITY, "kgf"
        if self.force == "% BW" and mass_kg:
            return 100.0 / (mass_kg * GRAVITY), "% BW"
        return 1.0, "N"


def digits(digits: int, factor: float) -> int:
    """Decimals that are worth showing after a factor."""
    return digits + (1 if factor < 0.5 else 0) if factor != 1.0 else digits


def of_address(search: str) -> Units:
    """The units that an address names; nonsense becomes N and kPa."""
    try:
        return read({name: values[-1] for name, values in parse_qs(search.lstrip("?"), max_num_fields=200).items()})
    except ValueError:
        return Units()


def read(said: Mapping[str, Any] | None) -> Units:
    """What a browser says, whatever that is; nonsense becomes N and kPa."""
    force, pressure = (said or {}).get("force"), (said or {}).get("pressure")
    return Units(force if force in FORCES else "N", pressure if pressure in PRESSURES else "kPa")
