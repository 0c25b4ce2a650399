"""The mean of prints of one foot, in the foot's own frame: what masks are drawn on, and what pages show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy

from analytics.base.foot_axis import FootAxis, Side
from analytics.maps.maps import pti_map
from analytics.prints.measures import Measured
from analytics.regions.by_hand import HandMasks, Labels, nearest, of_foot
from analytics.regions.presets import FOUND, FoundFoot
from barograph.frames import Floats

Shown = Literal["peak", "pti"]


@dataclass(frozen=True, eq=False)
class MeanPrint:
    """The mean of `n` prints on a grid: `values` (rows, cols), 0 where there is no foot, and the number of each mask.

    Row 0 is at the toes and column 0 at the left, seen from above; the foot's axis is upright. The grid's lower left
    corner is at `x_mm`, `y_mm` from the heel's centre, its cells are those of the plate in size, and `length_mm` is the
    mean length, to which prints are scaled. `labels` (rows, cols) uint8 are numbers of `regions.FOUND` from 1 on.
    """

    side: Side
    n: int
    values: Floats
    labels: Labels
    pitch_mm: tuple[float, float]
    x_mm: float
    y_mm: float
    length_mm: float
    made: str

    def masks(self, labels: Labels, made: str) -> HandMasks:
        """Return masks that were drawn on it."""
        return HandMasks(
            labels, self.side, "foot", pitch_mm=self.pitch_mm, x_mm=self.x_mm, y_mm=self.y_mm,
            length_mm=self.length_mm, made=made,
        )  # fmt: skip


def mean_print(prints: Sequence[Measured], side: Side, shown: Shown = "peak", above: float = 0.0) -> MeanPrint | None:
    """Return the mean of the whole prints of one side that have a foot; None without one.

    `values` are kPa or counts, or their integral over time. A cell belongs to the mean where the mean peak is above
    `above`. Each of these has the mask that most prints have there, and of equally many the first.
    """
    feet = [(one, one.parts) for one in prints if one.side == side and isinstance(one.parts, FoundFoot)]
    if not feet:
        return None
    length = float(np.mean([foot.axis.length_mm for _, foot in feet]))
    placed = [of_foot(foot.axis) * (length / foot.axis.length_mm) for _, foot in feet]
    pitch = _pitch(feet[0][1].axis)
    corner, shape = _grid(np.concatenate(placed), pitch)
    points = HandMasks(np.zeros(shape, np.uint8), side, "foot", pitch_mm=pitch, x_mm=corner[0], y_mm=corner[1]).points()
    peaks, values, votes = np.zeros(len(points)), np.zeros(len(points)), np.zeros((len(FOUND) + 1, len(points)))
    for (one, foot), at in zip(feet, placed, strict=True):
        beside, cell = scipy.spatial.cKDTree(at).query(points)
        inside = beside <= np.hypot(*pitch) / 2
        labels = _labels(foot)[one.cells]
        peaks += np.where(inside, one.peak[one.cells][cell], 0.0)
        values += np.where(inside, _values(one, shown)[one.cells][cell], 0.0)
        votes[labels[cell], np.arange(len(points))] += inside
    loaded = peaks / len(feet) > above
    most = np.where(votes[1:].any(axis=0), votes[1:].argmax(axis=0) + 1, 0).astype(np.uint8)
    found = np.zeros(len(points), np.uint8)
    found[loaded] = nearest(points, most, points[loaded])
    made = "; ".join(dict.fromkeys(foot.made for _, foot in feet if foot.made.startswith("masks"))) or "automatic"
    return MeanPrint(
        side, len(feet), np.where(loaded, values / len(feet), 0.0).reshape(shape), found.reshape(shape), pitch, *corner,
        length, made,
    )  # fmt: skip


def _values(one: Measured, shown: Shown) -> Floats:
    return one.peak if shown == "peak" else np.nan_to_num(pti_map(one.recording).to_numpy(np.float64))


def _labels(foot: FoundFoot) -> Labels:
    """(rows, cols) number of each cell's mask, 0 of none."""
    numbers = np.array([FOUND.index(name) + 1 for name in foot.names])
    return np.where(foot.shares.max(axis=0) > 0, numbers[foot.shares.argmax(axis=0)], 0).astype(np.uint8)


def _pitch(axis: FootAxis) -> tuple[float, float]:
    return float(axis.pitch[0]), float(axis.pitch[1])


def _grid(points: Floats, pitch: tuple[float, float]) -> tuple[tuple[float, float], tuple[int, int]]:
    """Lower left corner in mm and (rows, cols) of a grid with a border of one cell; the heel's centre lies on it."""
    low = np.floor(points.min(axis=0) / pitch) - 1
    high = np.ceil(points.max(axis=0) / pitch) + 1
    cols, rows = (high - low).astype(int).tolist()
    x, y = (low * pitch).tolist()
    return (x, y), (rows, cols)
