"""A geometry that is chosen for what is stored: which fit, what one's own table says, and what comes with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from barograph import geometries
from barograph.errors import InvalidData
from barograph.frames import Layout, Stream
from barograph.geometries import Known
from barograph.geometries.checks import Finding, findings
from barograph.geometries.own import known_of, parsed
from barograph.store.ports import StreamInfo
from dashboard.drawing.cell_picture import coverage
from dashboard.drawing.geometry_picture import sides_of
from dashboard.reading.parts import layout_of

ALL = "*"  # sensors
OWN = Path("table")
PLACES = {
    "mm": "places in mm, with centre of pressure, sway, regions and a map",
    "relative": "places in parts of a length and width that are not known, with regions and a map, without mm",
    "none": "no places: no centre of pressure, no regions, no map",
    "grid": "a grid with places in mm",
}


@dataclass(frozen=True)
class Chosen:
    """A geometry as it was asked for: its sides, what it gives to a stream, and what looks wrong with one's own."""

    sides: list[Known]
    given: str | Known
    remarks: tuple[Finding, ...] = ()

    def changes(self, info: StreamInfo, side: str | None) -> dict[str, Any]:
        """Return what a stream gets; `side` is that of a stream that does not say one."""
        own, told = layout_of(info).side, info.side or side
        given = self.given
        if isinstance(given, Known) and given.side is None and told is not None:
            given = replace(given, side=told)
        return {"geometry": given, **({"side": told} if own is None and told is not None else {})}


def chosen(name: str | None, own: str | None, side: str | None) -> Chosen:
    """Return the geometry of a name, or of a table of one's own; `InvalidData` without either, or with both."""
    if bool(name) == bool(own and own.strip()):
        raise InvalidData(f"geometry: expected a name or a table, got {'both' if name else 'none'}", field="geometry")
    if name:
        return Chosen(sides_of(name), name)
    table = parsed(OWN, own or "")
    known = known_of(table)
    return Chosen(sides_of(known), known, tuple(findings(table, table.about.get("side") or side)))


def fitting(layouts: Iterable[Layout]) -> list[Known]:
    """Return the geometries of as many cells as one of the sensors has; of a grid, of as many rows and columns."""
    found: dict[str, Known] = {}
    for layout in layouts:
        for name in geometries.fitting(layout.cells):
            known = geometries.named(name, "left")
            if known.geometry is not None or (known.rows, known.cols) == (layout.rows, layout.cols):
                found[name] = known
    return list(found.values())


def consequences(stream: Stream, after: Layout) -> str:
    """Return in a sentence what a stream has with the layout."""
    unit = {
        "counts": "values stay counts",
        "force": "forces of areas, in N",
        "pressure": "areas, with total force in N" if after.has_force else "no areas: pressures, and no force",
    }[after.quantity]
    said = f"{(after.side or '').capitalize() or stream.stream}: {PLACES[after.places]}; {unit}."
    return " ".join(filter(None, [said, coverage(after)]))


def brings(known: Known) -> str:
    """Return in words what is known of a sensor with a geometry."""
    if known.quantity == "force":
        return f"{PLACES[known.places]}; forces of areas, in N"
    size = ""
    if known.geometry is not None and known.places == "mm":
        left, low, right, high = known.geometry.box
        size = f"{right - left:.0f} × {high - low:.0f} mm; "
    areas = "areas, with total force in N" if known.pitch_mm is not None else "no areas, and no force"
    if known.area_mm2 is not None:
        areas = f"areas, {sum(known.area_mm2) / 100:.0f} cm² in all, with total force in N"
    return f"{size}{PLACES[known.places]}; {areas}"


def picked(infos: Sequence[StreamInfo], sensors: str | None) -> list[StreamInfo]:
    """Return the streams that are meant."""
    wanted = [info for info in infos if sensors in (None, "", ALL, info.stream.stream)]
    if not wanted:
        raise InvalidData(f"sensors: expected a sensor of this session, got {sensors!r}", field="sensors")
    return wanted
