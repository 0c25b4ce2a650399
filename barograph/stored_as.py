"""What stored cells are, in one line: for the heads of files and of tables."""

from __future__ import annotations

from barograph.layout import Layout


def stored_as(layout: Layout) -> str:
    """Return the unit of stored cells, or how they become one: `kPa`, `kPa = 0.1 × cell`, `counts`."""
    if not layout.calibrated:
        return "counts"
    factor = "" if layout.cell_factors is None else " × factor"
    cell = "cell" if layout.tare is None else "(cell - tare)"
    if layout.curve is not None:
        of_cell, of_tare, factor = f"curve(cell{factor})", f"curve(tare{factor})", ""
        cell = of_cell if layout.tare is None else f"({of_cell} - {of_tare})"
    scale = "" if layout.scale == 1.0 else f"{layout.scale!r} × "
    offset = 0.0 if layout.tare is not None else layout.offset
    beyond = f" {'-' if offset < 0 else '+'} {abs(offset)!r}" if offset else ""
    made = f"{scale}{cell}{factor}{beyond}"
    return layout.unit if made == "cell" else f"{layout.unit} = {made}"
