"""Measures that vendors print and `analytics.frame_stats` has in another form: places in cells, sums of rows, steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from analytics.gait.stances import stances
from barograph.frames import Floats, Recording

CHUNK_FRAMES = 1024
BEGINS, ENDS = (11, 21), (15, 25)  # initial contact and toe-off, left and right


def by_frames(recording: Recording, of: Callable[[Recording], Floats]) -> Floats:
    """Return what a function makes of all frames (n, …), a part of them at a time."""
    made = [of(part) for _, part in recording.blocks(CHUNK_FRAMES)]
    return np.concatenate(made) if made else np.empty(0)


def _loads(recording: Recording) -> Floats:
    return np.asarray(np.nan_to_num(recording.values()))


def centre(recording: Recording, axis: int) -> Floats:
    """Return (n,) the centre of pressure in cells along axis 1, rows from the top, or 2, columns from the left.

    The middle of the first cell is 0.5. Frames without load are NaN.
    """
    places = np.arange(recording.frames.shape[axis]) + 0.5

    def of(part: Recording) -> Floats:
        cells = _loads(part)
        total = cells.sum(axis=(1, 2))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.where(total > 0, cells.sum(axis=3 - axis) @ places / total, np.nan))

    return by_frames(recording, of)


def _forces(recording: Recording, axis: int) -> Floats | None:
    """(n, k) forces in N of rows (`axis` 2 is summed) or columns."""
    area = recording.layout.area_cm2
    if area is None or recording.layout.quantity != "pressure":
        return None
    return by_frames(recording, lambda part: np.nansum(0.1 * part.kpa() * area, axis=axis))


def _sensor_area(recording: Recording) -> Floats | None:
    area = recording.layout.area_cm2
    if area is None:
        return None
    whole = np.broadcast_to(area, recording.layout.valid.shape)[recording.layout.valid].sum()
    return np.full(len(recording), float(whole))


def _opposite(recording: Recording, stats: pd.DataFrame, axis: str) -> Floats | None:
    """The centre in cm from the corner that lies opposite to that of our axes."""
    layout = recording.layout
    if f"cop_{axis}_mm" not in stats or layout.pitch_mm is None:
        return None
    i, cells = "xy".index(axis), (layout.cols, layout.rows)
    extent_mm = 2 * layout.origin_mm[i] + cells[i] * layout.pitch_mm[i]
    return np.asarray((extent_mm - stats[f"cop_{axis}_mm"].to_numpy()) / 10)


def _medial(recording: Recording, stats: pd.DataFrame) -> Floats | None:
    if "cop_x_rel" not in stats or recording.layout.side is None:
        return None
    return np.asarray(stats["cop_x_rel"].to_numpy() * (1.0 if recording.layout.side == "left" else -1.0))


def _zebris(recording: Recording) -> Floats:
    """(n, 2) the centre as that vendor counts: x forward, y to the left, in cells from 1, rounded."""
    rows, cols = recording.layout.rows, recording.layout.cols
    forward, left = rows + 0.5 - centre(recording, 1), cols + 0.5 - centre(recording, 2)
    return np.rint(np.stack([forward, left], axis=1))


def _cell_peaks(recording: Recording) -> Floats | None:
    """(cells,) the largest value of each cell that exists in kPa, as sensors are numbered: down the columns."""
    if recording.layout.quantity != "pressure" or not len(recording):
        return None
    parts = [np.fmax.reduce(part.kpa(), axis=0) for _, part in recording.blocks(CHUNK_FRAMES)]
    valid = recording.layout.valid
    return np.asarray(np.fmax.reduce(parts).T[valid.T])


MADE: dict[str, Callable[[Recording, pd.DataFrame], Floats | None]] = {
    "cop_row": lambda recording, _: centre(recording, 1),
    "cop_col": lambda recording, _: centre(recording, 2),
    "row_force_n": lambda recording, _: _forces(recording, 2),
    "col_force_n": lambda recording, _: _forces(recording, 1),
    "sensor_area_cm2": lambda recording, _: _sensor_area(recording),
    "cop_x_opposite_cm": lambda recording, stats: _opposite(recording, stats, "x"),
    "cop_y_opposite_cm": lambda recording, stats: _opposite(recording, stats, "y"),
    "cop_medial_rel": _medial,
    "cop_zebris": lambda recording, _: _zebris(recording),
    "cell_peak_kpa": lambda recording, _: _cell_peaks(recording),
}
MEANT = {
    "cop_row": "Σ p·row / Σ p over all cells",
    "cop_col": "Σ p·column / Σ p over all cells",
    "row_force_n": "0.1 · Σ p·a over each row of cells",
    "col_force_n": "0.1 · Σ p·a over each column of cells",
    "sensor_area_cm2": "Σ a over the cells that exist",
    "cop_x_opposite_cm": "extent of the mat − cop_x_mm",
    "cop_y_opposite_cm": "extent of the mat − cop_y_mm",
    "cop_medial_rel": "cop_x_rel, positive to the medial side",
    "cop_zebris": "Σ p·x / Σ p over all cells, rounded to whole cells",
    "cell_peak_kpa": "the largest p of each cell over all frames",
}


def contacts(recording: Recording, stats: pd.DataFrame, codes: Sequence[float | None]) -> tuple[Floats, Floats, Floats]:
    """Return contact times of steps in s, (k,) by a vendor's events and (k,) ours, and (k,) frames on which they begin.

    A step of the vendor's is from an initial contact to the next toe-off; ours is the stance that overlaps it most. A
    step that no whole stance overlaps is left out.
    """
    marked = [(i, code) for i, code in enumerate(codes) if code in BEGINS or code in ENDS]
    steps = [(i, j) for (i, a), (j, b) in pairwise(marked) if a in BEGINS and b in ENDS]
    found = stances(stats)
    whole = found[~found["cut"].astype(bool)]
    first, after = whole["first"].to_numpy(int), whole["after"].to_numpy(int)
    ours, theirs, at = [], [], []
    for i, j in steps:
        shared = np.minimum(after, j) - np.maximum(first, i)
        if len(shared) and shared.max() > 0:
            ours.append(float(whole["contact_s"].iloc[int(shared.argmax())]))
            theirs.append((recording.times_us[j] - recording.times_us[i]) / 1e6)
            at.append(i)
    return np.array(theirs), np.array(ours), np.array(at, float)
