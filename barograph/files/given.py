"""What a person says of a file that does not say it: rate, size of a cell, unit, side, geometry. None is guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from barograph import geometries
from barograph.errors import InvalidData
from barograph.files.mapping import FileMap, read_map
from barograph.files.vendors.quantities import pressure_unit
from barograph.geometries.own import taken

PITCH = re.compile(r"(\d{1,4}(?:\.\d{1,9})?)(?:\s*[x×]\s*(\d{1,4}(?:\.\d{1,9})?))?\Z")
MOST_HZ, MOST_MM = 100_000.0, 1000.0
OPTIONS = {
    "rate_hz": "--rate", "pitch_mm": "--pitch", "unit": "--unit", "side": "--side", "geometry": "--geometry",
}  # fmt: skip
SIDES = ("left", "right")


@dataclass(frozen=True)
class Given:
    """Frames per second, the size of a cell across and along the sensor, unit, side and geometry; None is unsaid."""

    rate_hz: float | None = None
    pitch_mm: tuple[float, float] | None = None
    unit: str | None = None
    side: str | None = None
    geometry: str | None = None
    file_map: FileMap | None = None  # of a text that no reader knows

    def __post_init__(self) -> None:
        if self.rate_hz is not None and not 0 < self.rate_hz <= MOST_HZ:
            raise InvalidData(f"rate: expected frames per second above 0, got {self.rate_hz}", field="rate")
        if self.pitch_mm is not None and not all(0 < size <= MOST_MM for size in self.pitch_mm):
            raise InvalidData(f"pitch: expected mm above 0 and up to {MOST_MM:g}, got {self.pitch_mm}", field="pitch")
        if self.side not in (None, *SIDES):
            raise InvalidData(f"side: expected one of {', '.join(SIDES)}, got {self.side!r}", field="side")
        if self.geometry is not None:
            _ = self._own or self.known(SIDES[0])

    def known(self, side: str | None) -> geometries.Known | None:
        """Return the geometry that is given, of a side: a name, or the path of a CSV of one's own; None without one."""
        if self.geometry is None:
            return None
        own = self._own
        if own is None:
            return geometries.named(self.geometry, side)
        return own if side is None else own.on(side)

    @cached_property
    def _own(self) -> geometries.Known | None:
        """The CSV, if the geometry is one: its side is that which it says, else the one that is given."""
        own = None if self.geometry is None else chosen(self.geometry)
        return replace(own, side=own.side or self.side) if isinstance(own, geometries.Known) else None

    def said(self) -> dict[str, Any]:
        """Return what is given, by name."""
        return {name: getattr(self, name) for name in OPTIONS if getattr(self, name) is not None}

    def used(self, *names: str) -> dict[str, Any]:
        """Return the entry `given` of a provenance: those of the names that were given, and are used."""
        found = {name: value for name, value in self.said().items() if name in names}
        return {"given": found} if found else {}

    def unused(self, provenances: Iterable[Mapping[str, Any]]) -> list[str]:
        """Return the options whose value no recording of a file uses, as the file says it itself."""
        used = {name for provenance in provenances for name in provenance.get("given", {})}
        return [OPTIONS[name] for name in self.said() if name not in used]


NOTHING = Given()


def chosen(geometry: str) -> geometries.Known | str:
    """Return a geometry of one's own from the path of a CSV; anything else is a name."""
    return taken(Path(geometry)) if geometry.lower().endswith(".csv") else geometry


def given(
    rate: float | None = None,
    pitch: str | None = None,
    unit: str | None = None,
    side: str | None = None,
    geometry: str | None = None,
    file_map: Path | str | None = None,
) -> Given:
    """Return what options say: `100`, `5.08x7.62` or `5` in mm, `kPa`, `left`, `pedar-x`, a map; else `InvalidData`."""
    try:
        known = None if unit is None else pressure_unit(unit)
    except KeyError:
        raise InvalidData(f"unit: expected a unit of pressure, as kPa, or raw, got {unit!r}", field="unit") from None
    said = None if file_map is None else read_map(Path(file_map))
    return Given(rate, None if pitch is None else _pitch(pitch), known, side, geometry, said)


def _pitch(text: str) -> tuple[float, float]:
    sizes = PITCH.match(text.strip())
    if sizes is None:
        raise InvalidData(
            f"pitch: expected mm across and along the sensor, as 5.08x7.62 or 5, got {text!r}", field="pitch"
        )
    across = float(sizes[1])
    return across, across if sizes[2] is None else float(sizes[2])
