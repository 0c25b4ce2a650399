"""Another geometry for what is stored: where the cells lie, how large they are, and on which side of the body.

A geometry brings the areas that are known of it and takes away those of the one before; a pitch, which was that of a
grid, goes. A name of a grid brings its pitch. The side decides which way a geometry by name lies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from barograph import geometries
from barograph.errors import InvalidData
from barograph.frames import Layout
from barograph.geometry import Geometry
from barograph.layout_values import shown


def placed(layout: Layout, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return changes to a layout with what a geometry among them brings; wrong ones raise `InvalidData`."""
    if "geometry" not in changes:
        if layout.geometry is not None and changes.get("side", layout.side) != layout.side:
            expected = "one of the other side with another side"
            raise InvalidData(f"geometry: expected {expected}, got none", field="geometry")
        return dict(changes)
    side = changes.get("side", layout.side)
    found = _fields(changes["geometry"], side, changes.get("unit", layout.unit))
    _check_cells(layout, found)
    empty: dict[str, Any] = {"geometry": None, "cell_area_mm2": None, "pitch_mm": None}
    if found.get("geometry") is None:
        empty |= {"x_axis": "right", "y_axis": "down"}  # a grid's own again
    return {**empty, **found, **{name: value for name, value in changes.items() if name != "geometry"}}


def _fields(asked: Any, side: Any, unit: str) -> dict[str, Any]:
    """What a geometry says of a layout."""
    if asked is None:
        return {}
    if isinstance(asked, Geometry):
        return {"geometry": asked}
    if isinstance(asked, Mapping):
        return {"geometry": Geometry.from_dict(asked)}
    known = asked.on(side) if isinstance(asked, geometries.Known) and side is not None else asked
    if isinstance(known, str):
        known = geometries.named(known, side)
    if not isinstance(known, geometries.Known):
        raise InvalidData(f"geometry: expected a name, a geometry or none, got {shown(asked)}", field="geometry")
    return {name: value for name, value in known.fields(unit).items() if name != "kind"}


def _check_cells(layout: Layout, found: dict[str, Any]) -> None:
    """Refuse the geometry of another sensor; the shape of a stream stays as it is."""
    rows, cols = found.pop("rows", None), found.pop("cols", None)
    if rows is None:
        return
    grid = found.get("geometry") is None
    if rows * cols != layout.cells or (grid and (rows, cols) != (layout.rows, layout.cols)):
        expected = f"one of {layout.rows} x {layout.cols} cells" if grid else f"one of {layout.cells} cells"
        raise InvalidData(f"geometry: expected {expected}, as the stream has, got {rows} x {cols}", field="geometry")
