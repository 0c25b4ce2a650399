"""What each region carried, made chunk by chunk: the rows of `analytics.region_stats`, with one chunk in memory."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.base.gaps import NOTHING
from analytics.maps.usual_step import UsualStep
from analytics.regions.presets import Regions
from analytics.regions.region_stats import region_curves, region_stats
from barograph.frames import Block, Floats, Ints, Layout, Recording

TOTAL, PEAK, MEAN, AREA = range(4)


class RegionsFold:
    """Measures of every region; above `p0` (by default the layout's) cells are loaded, `missing` (g, 2) is lost."""

    def __init__(self, layout: Layout, chosen: Regions, p0: float | None, missing: Ints = NOTHING) -> None:
        self._layout, self._chosen, self._p0 = layout, chosen, p0
        self._parts = [RegionSums(missing) for _ in chosen.names]

    def update(self, block: Block) -> None:
        """Take the next frames."""
        times_us = block.times_us
        here = Recording(frames=block.frames, times_us=times_us, layout=self._layout)
        curves = region_curves(here, self._chosen, loaded_above=self._p0)
        for part, table in zip(self._parts, curves.values(), strict=True):
            part.update(times_us, table.to_numpy(np.float64))

    def get(self) -> pd.DataFrame:
        """Return the table of `analytics.region_stats`, of all frames."""
        layout = self._layout
        empty = np.empty((0, layout.rows, layout.cols), layout.numpy_dtype)
        nothing = Recording(frames=empty, times_us=np.empty(0, np.int64), layout=layout)
        table = region_stats(nothing, self._chosen, loaded_above=self._p0)
        table[:] = [part.get() for part in self._parts]
        return table


class RegionSums:
    """One region: extremes and sums of its curves; the frames in which it had no value are left out."""

    def __init__(self, missing: Ints = NOTHING) -> None:
        self._highest = np.full(4, np.nan)
        self._mean, self._touched = 0.0, 0
        self._impulse, self._contact_s = 0.0, 0.0
        self._peak_s = self._open = 0.0
        self._steps = UsualStep(missing=missing)
        self._last: tuple[int, Floats] | None = None

    def update(self, us: Ints, values: Floats) -> None:
        """Take the next rows: (n,) times and (n, 4) total, peak, mean of loaded cells, contact area."""
        known = ~np.isnan(values[:, TOTAL])
        us, values = us[known], values[known]
        if not len(us):
            return
        self._highest = np.fmax(self._highest, np.fmax.reduce(values, axis=0))
        touched = values[:, AREA] > 0
        self._mean += float(values[touched, MEAN].sum())
        self._touched += int(touched.sum())
        self._integrate(us, values)
        self._last = int(us[-1]), values[-1]

    def _integrate(self, us: Ints, values: Floats) -> None:
        if self._last is not None:
            us, values = np.concatenate([[self._last[0]], us]), np.concatenate([self._last[1][None], values])
        step = self._steps.between(us)
        known = np.nan_to_num(step)
        self._impulse += float(known @ (values[1:, TOTAL] + values[:-1, TOTAL])) / 2
        self._contact_s += float(known[values[:-1, AREA] > 0].sum())
        self._peak_s += float(known @ values[:-1, PEAK])
        self._open += float(values[:-1, PEAK][np.isnan(step)].sum())

    def get(self) -> tuple[float, ...]:
        """Return the row of `analytics.region_stats`."""
        if self._last is None:
            return (np.nan,) * 7
        usual_s = self._steps.usual_s
        timed = not np.isnan(usual_s)
        total, peak, _, area = self._highest.tolist()
        mean = self._mean / self._touched if self._touched else np.nan
        by_frames = self._peak_s + usual_s * (self._open + float(self._last[1][PEAK]))
        return total, peak, mean, area, self._impulse if timed else np.nan, by_frames, self._contact_s
