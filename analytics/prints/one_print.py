"""One footprint as a recording of its own, and what it is like."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from analytics.base.foot_axis import FootAxis, Mask, Side, foot_axis, half_along
from analytics.base.times import time_index
from analytics.columns import arrival_columns
from analytics.frames.basic_set import arrival_stats
from analytics.frames.heading import heading
from analytics.prints.joining import fits, places
from analytics.prints.patches import Patch
from barograph.errors import InvalidData
from barograph.frames import KPA_PER_UNIT, Floats, Layout, Recording

# Where the width is measured: the ball of the foot, shares of the length from the heel.
BALL = (0.50, 0.85)


@dataclass(frozen=True, eq=False)
class Footprint:
    """One print: its patch, and `recording`, the print alone: its rows and the box around it, other cells 0.

    The layout of `recording` has the axes and the origin of the plate's, so that places are those of the plate;
    `corner` is the plate's row and column of its first cell.
    """

    patch: Patch
    recording: Recording
    cells: Mask
    peak: Floats
    corner: tuple[int, int] = (0, 0)

    @cached_property
    def stats(self) -> pd.DataFrame:
        """The numbers of each frame that are known on arrival, of the print alone."""
        rows = arrival_stats(self.recording.frames, self.recording.layout).astype(np.float64)
        names = list(arrival_columns(self.recording.layout))
        return pd.DataFrame(rows, time_index(self.recording.times_us), names)

    @cached_property
    def one_foot(self) -> bool:
        """False of what is larger than a foot: prints that touch."""
        layout = self.recording.layout
        return fits(places(layout, np.flatnonzero(self.cells)), layout.pitch_mm or (1.0, 1.0))

    def axis(self, side: Side | None = None) -> FootAxis | str:
        """Return the print's axis, or why it has none."""
        if not self.one_foot:
            return "prints that touch"
        track = self.stats[["cop_x_mm", "cop_y_mm"]].to_numpy(np.float64)
        try:
            return foot_axis(self.recording.layout, self.cells, side, heading(track, self.recording.layout))
        except InvalidData as error:
            return str(error).rpartition(": ")[2]

    @property
    def middle(self) -> Floats:
        """(2,) centre of its cells in mm, x to the right and y to the front of the box."""
        return np.asarray(places(self.recording.layout, np.flatnonzero(self.cells)).mean(axis=0))

    def on_plate(self, at: Floats, layout: Layout) -> tuple[float, float]:
        """Return a place of the box on the layout's own axes, in mm."""
        own = self.recording.layout
        pitch = own.pitch_mm or (1.0, 1.0)
        wide, high = own.cols * pitch[0], own.rows * pitch[1]
        x = at[0] if layout.x_axis == "right" else wide - at[0]
        y = at[1] if layout.y_axis == "up" else high - at[1]
        return float(x + own.origin_mm[0]), float(y + own.origin_mm[1])


def cut_out(recording: Recording, patch: Patch) -> Footprint:
    """Take one print out of a recording of many."""
    layout = recording.layout
    row, col = np.divmod(patch.cells, layout.cols)
    rows, cols = slice(int(row.min()), int(row.max()) + 1), slice(int(col.min()), int(col.max()) + 1)
    cells = np.zeros((rows.stop - rows.start, cols.stop - cols.start), bool)
    cells[row - rows.start, col - cols.start] = True
    peak = np.zeros(cells.shape)
    peak[cells] = patch.peak
    part = recording.part(patch.first, patch.after)
    own = _box(layout, rows, cols)
    factor = KPA_PER_UNIT.get(layout.unit, 1.0)
    frames = np.concatenate([_values(part, piece, rows, cols) for piece in _pieces(part)]) * factor
    frames[:, ~cells] = 0.0
    frames[:, ~own.valid] = np.nan
    made = Recording(frames, part.times_us, own, gaps=part.gaps)
    return Footprint(patch, made, cells, peak, (rows.start, cols.start))


def _pieces(part: Recording, cells: int = 2_000_000) -> list[slice]:
    """Rows that are brought into kPa at once: a plate may be large, a print is small."""
    size = max(1, cells // part.layout.cells)
    return [slice(start, min(start + size, len(part))) for start in range(0, len(part), size)]


def _values(part: Recording, piece: slice, rows: slice, cols: slice) -> Floats:
    return part.part(piece.start, piece.stop).values()[:, rows, cols]


def _box(layout: Layout, rows: slice, cols: slice) -> Layout:
    """The layout of some rows and columns, whose cells have kPa, N or counts."""
    pitch = layout.pitch_mm or (1.0, 1.0)
    left = cols.start if layout.x_axis == "right" else layout.cols - cols.stop
    top = rows.start if layout.y_axis == "down" else layout.rows - rows.stop
    origin = layout.origin_mm[0] + left * pitch[0], layout.origin_mm[1] + top * pitch[1]
    area = layout.cell_area_mm2
    if isinstance(area, tuple):
        area = tuple(np.array(area).reshape(layout.rows, layout.cols)[rows, cols].ravel().tolist())
    unit = {"pressure": "kPa", "force": "N", "counts": "raw"}[layout.quantity]
    return replace(
        layout, rows=rows.stop - rows.start, cols=cols.stop - cols.start, dtype="float64", unit=unit, scale=1.0,
        offset=0.0, cell_factors=None, tare=None, cell_area_mm2=area, curve=None, origin_mm=origin,
        mask=None if layout.mask is None else tuple(layout.valid[rows, cols].ravel().astype(int).tolist()),
    )  # fmt: skip


def sizes(axis: FootAxis) -> tuple[float, float]:
    """Return the length along the axis, and the width across it at the ball, in mm with the extent of the cells."""
    ball = axis.t[(axis.f >= BALL[0]) & (axis.f <= BALL[1])]
    return axis.length_mm, float(np.ptp(ball) + 2 * half_along(axis.outward, axis.pitch)) if len(ball) else np.nan


def loads(one: Footprint) -> dict[str, Any]:
    """Return the largest force and pressure and the area of a print, by the names that its layout allows."""
    total, peak, area = arrival_columns(one.recording.layout)[:3]
    layout = one.recording.layout
    ever = float(layout.area_cm2[one.cells].sum()) if layout.area_cm2 is not None else np.nan
    return {
        f"max_{total}": float(one.stats[total].max()), f"max_{peak}": float(one.peak.max()),
        f"max_{area}": float(one.stats[area].max()), "ever_loaded_cm2": ever,
    }  # fmt: skip
