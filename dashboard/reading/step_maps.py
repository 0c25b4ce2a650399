"""Maps of single stances, made chunk by chunk: their mean is `analytics.stance_map`, their peaks by region a table."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analytics.base.gaps import NOTHING
from analytics.base.times import Times, steps_s
from analytics.maps.folds import Clock
from analytics.maps.maps import areas, mean_of_maps, pressures
from analytics.regions.step_cells import StepCells
from barograph.errors import InvalidData
from barograph.frames import Block, Floats, Ints, Layout, Recording

# Two maps of every stance are held until all are read, since stored blocks may overlap in time.
MOST_BYTES = 192 << 20


@dataclass(frozen=True, eq=False)
class StepMaps:
    """(rows, cols) means over `n` stances, in kPa or counts and those times s."""

    peak: Floats
    pti: Floats
    n: int


class StepMapsFold:
    """Peak and PTI map of every stance of `during` (k, 2) µs, start and end, on the clock of `times.rising`.

    `missing` (g, 2) are the times around lost frames.
    """

    def __init__(self, layout: Layout, during: Ints, missing: Ints = NOTHING) -> None:
        shape = (len(during), layout.rows, layout.cols)
        if 2 * 8 * int(np.prod(shape)) > MOST_BYTES:
            raise InvalidData(
                f"{len(during)} stances of {layout.rows} × {layout.cols} cells are more than {MOST_BYTES >> 20} MiB of "
                "maps: select less of the session"
            )
        self._layout, self._during, self._missing = layout, during, missing
        self._clock = Clock()
        self._peaks, self._ptis = np.full(shape, np.nan), np.full(shape, np.nan)
        self._last: tuple[int, int, Floats] | None = None

    def update(self, block: Block) -> None:
        """Take the next frames."""
        at = self._clock.rising(block.times_us)
        which = np.searchsorted(self._during[:, 0], at, "right") - 1
        inside = (which >= 0) & (at < self._during[which, 1]) if len(self._during) else which > 0
        which = np.where(inside, which, -1)
        edges = [0, *(np.flatnonzero(np.diff(which)) + 1), len(which)]
        here = Recording(frames=block.frames, times_us=block.times_us, layout=self._layout)
        for first, after in pairwise(edges):
            if after > first and which[first] >= 0:
                self._add(int(which[first]), here.part(int(first), int(after)))

    def _add(self, step: int, part: Recording) -> None:
        for which, cells in pressures(part):
            self._take(step, part.times_us[which], cells)

    def _take(self, step: int, us: Ints, cells: Floats) -> None:
        """Frames (m, rows, cols) of a stance at (m,) µs."""
        self._peaks[step] = np.fmax(self._peaks[step], np.fmax.reduce(cells, axis=0))
        last = step, int(us[-1]), cells[-1]
        if self._last and self._last[0] == step and self._last[1] <= us[0]:
            us, cells = np.append(self._last[1], us), np.concatenate([self._last[2][None], cells])
        pti, n = areas(cells, steps_s(Times.of(us, missing=self._missing)))
        known = self._ptis[step]
        self._ptis[step] = np.where(n > 0, np.nan_to_num(known) + pti, known)
        self._last = last

    def get(self) -> StepMaps:
        """Return means over the stances."""
        return StepMaps(mean_of_maps(self._peaks), mean_of_maps(self._ptis), len(self._during))

    def cells(self) -> StepCells:
        """Return both maps of every stance."""
        return StepCells(self._layout, self._peaks, self._ptis)


class StepCellsFold(StepMapsFold):
    """The same, of which every stance's maps are wanted and not their mean."""

    def get(self) -> StepCells:  # type: ignore[override]
        """Return both maps of every stance."""
        return self.cells()
