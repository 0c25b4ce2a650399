"""What masks are drawn on: the cells of an insole, of one print, or of the mean of all prints of a foot.

Terms: border (docs/glossary.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from analytics import regions
from analytics.base.foot_axis import FootAxis, Line
from analytics.regions.presets import FOUND
from analytics.regions.step_cells import Labels, StepCells
from barograph.errors import InvalidData
from barograph.frames import Floats, Layout
from barograph.store.corrections import Ground, MaskVersion
from barograph.store.ports import StreamInfo

NO_SIDE = "Nobody says which foot this is. Masks have an inner and an outer side: name the stream left or right first."


@dataclass(frozen=True, eq=False)
class Step:
    """What cells did in one step or more, the masks that they have, and how a drawing lies on them."""

    cells: StepCells
    own: Labels
    turned: Callable[[Labels], Labels]


@dataclass(frozen=True, eq=False)
class Subject:
    """The cells that are drawn, with their mean peaks, and the steps whose masks are measured.

    `layout` has the cells of the ground; `loaded` those that must have a mask; `found` the automatic masks (0 for no
    mask), None with the reason `why` where no foot was found; `now` those in effect by the version `held`, None for
    the automatic ones. `steps` are those whose masks are measured.
    """

    info: StreamInfo
    side: regions.Side
    mark: str
    ground: Ground
    layout: Layout
    peak: Floats
    loaded: regions.Mask
    found: Labels | None
    why: str
    axis: FootAxis | None
    said: str
    n: int
    steps: Sequence[Step]
    grounds: Sequence[tuple[str, str]] = ()
    held: MaskVersion | None = None
    now: Labels | None = None

    @property
    def labels(self) -> Labels:
        """The masks that hold now; none of any cell where nothing was found or drawn."""
        chosen = self.found if self.now is None else self.now
        return np.zeros(self.loaded.shape, np.int64) if chosen is None else chosen


def automatic(
    layout: Layout, peak: Floats, foot: str | None, p0: float | None, toward: tuple[float, float],
    line: Line | None = None,
) -> tuple[Labels | None, FootAxis | None, str]:  # fmt: skip
    """Return the masks that are found in a peak map and the axis of the foot, or neither and why."""
    try:
        found = regions.find(layout, peak, cast(regions.Side | None, foot), loaded_above=p0, toward=toward, line=line)
    except InvalidData as error:
        return None, None, str(error).rpartition(": ")[2]
    return labels_of(found), found.axis, ""


def labels_of(found: regions.Regions) -> Labels:
    """Return (rows, cols) number of the mask of each cell, 0 of none."""
    return np.asarray(np.tensordot(np.arange(1, len(FOUND) + 1), found.shares, 1), np.int64)


def labels_of_version(version: MaskVersion) -> Labels:
    """Return (rows, cols) masks of a version, on the grid that it was drawn on."""
    ground = cast(Ground, version.ground)
    return np.frombuffer(version.labels, np.uint8).astype(np.int64).reshape(ground.rows, ground.cols)
