"""How a body sits: the load about the highest cell, how even it is, and how long cells carry more than a level."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.base import bounds
from analytics.base.arguments import checked
from analytics.base.gaps import NOTHING
from analytics.maps.maps import pressures
from analytics.seats.above import AboveFold
from analytics.seats.peak_index import PPI_AREA_CM2, check_area, peak_pressure_index, why_no_index
from analytics.tables import described
from barograph.errors import InvalidData
from barograph.frames import Block, Floats, Ints, Layout, Recording

Mask = NDArray[np.bool_]

# 32 mmHg, to the precision of the factor.
LEVEL_KPA = 4.266
HOLD_S = 2.0
AT_ONCE = 1 << 12
TIMED = ("cells_above", "cells_held", "longest_above_s")


@checked
def seat(
    recording: Recording,
    region: NDArray[np.bool_] | None = None,
    *,
    frame: int | None = None,
    loaded_above: float | None = None,
    level_kpa: float = LEVEL_KPA,
    hold_s: float = HOLD_S,
    area_cm2: float = PPI_AREA_CM2,
    gap_s: float | None = None,
) -> pd.DataFrame:
    """Measure how a body sits or lies on a sensor.

    Parameters
    ----------
    recording : Recording
        n frames of (rows, cols).
    region : (rows, cols) bool, optional
        The cells of which the dispersion index is the share, drawn by hand; without it there is no such index.
    frame : int, optional
        Number of the frame that the index of peak pressure, the variation and the dispersion are of; by default they
        are of the mean of every cell over all frames.
    loaded_above : float, optional
        p0 in kPa, or counts of a raw stream: cells above it are loaded; by default the layout's.
    level_kpa : float, default 4.266
        The level that cells are compared with: 32 mmHg.
    hold_s : float, default 2
        Cells above the level for as long without a pause are held.
    area_cm2 : float, default 9.5
        Of the index of peak pressure, from 9 to 10.
    gap_s : float, optional
        A longer step between frames is a gap, by default 0.5 s or five usual steps; it ends what was above the level.

    Returns
    -------
    DataFrame of one row: `ppi_kpa` (a calibrated grid with areas), `cov_pct` (pressures or counts),
    `dispersion_index_pct`; of a calibrated sensor `cells_above`, `cells_held`, `longest_above_s`, and with areas
    `time_above_cm2_s`. A frame lasts until the next one, the last as long as the usual step. `attrs["absent"]` says
    why a column is not there, `attrs["region_cells"]` how many cells the region has. Without a frame: NaN.

    Raises
    ------
    InvalidData
        When a parameter does not fit.

    Notes
    -----
    Indices as in ISO/TR 16840-9, read through a vendor's manual.
    """
    if frame is not None:
        bounds.whole("frame", frame, 0, len(recording) - 1)
    fold = SeatFold(
        recording.layout,
        region,
        loaded_above=loaded_above,
        level_kpa=level_kpa,
        hold_s=hold_s,
        area_cm2=area_cm2,
        gap_s=gap_s,
        missing=recording.missing_us,
    )
    for _, part in recording.blocks(AT_ONCE):
        fold.update(part)
    return fold.get(recording, frame)


class SeatFold:
    """The table of `analytics.seat`, made chunk by chunk; `missing` (g, 2) are the times around lost frames."""

    def __init__(
        self,
        layout: Layout,
        region: Mask | None = None,
        *,
        loaded_above: float | None = None,
        level_kpa: float = LEVEL_KPA,
        hold_s: float = HOLD_S,
        area_cm2: float = PPI_AREA_CM2,
        gap_s: float | None = None,
        missing: Ints = NOTHING,
    ) -> None:
        self._layout, self._region = layout, region
        self._p0 = bounds.number("loaded_above", layout.loaded_above if loaded_above is None else loaded_above, least=0)
        self._level_kpa = bounds.number("level_kpa", level_kpa, above=0, unit="kPa")
        self._hold_s = bounds.number("hold_s", hold_s, least=0, unit="s")
        self._area_cm2 = check_area(area_cm2)
        shape = (layout.rows, layout.cols)
        if region is not None and (region.shape != shape or region.dtype != np.bool_):
            raise InvalidData(f"region: expected {shape} bool, got {region.shape} {region.dtype}", field="region")
        self._sum, self._count = np.zeros(shape), np.zeros(shape)
        self._above = AboveFold(layout, level_kpa, gap_s, missing)

    def update(self, block: Block | Recording) -> None:
        """Take the next frames."""
        for _, cells in pressures(Recording(frames=block.frames, times_us=block.times_us, layout=self._layout)):
            self._sum += np.nansum(cells, axis=0)
            self._count += (~np.isnan(cells)).sum(axis=0)
        self._above.update(block)

    def get(self, recording: Recording | None = None, frame: int | None = None) -> pd.DataFrame:
        """Return the table; its indices are of a frame of a recording where one is asked for."""
        cells = self._mean() if recording is None or frame is None else _frame(recording, frame)
        row, absent = self._evenness(cells)
        row |= self._over_time(absent)
        return described(
            pd.DataFrame([row], dtype=np.float64),
            "seat",
            frame=frame,
            region_cells=None if self._region is None else int(self._region.sum()),
            loaded_above=self._p0,
            level_kpa=self._level_kpa,
            hold_s=self._hold_s,
            area_cm2=self._area_cm2,
            gap_s=self._above.gap_s,
            absent=absent,
        )

    def _mean(self) -> Floats:
        there = (self._count > 0) & self._layout.valid
        mean: Floats = np.full(self._sum.shape, np.nan)
        return np.divide(self._sum, self._count, out=mean, where=there)

    def _evenness(self, cells: Floats) -> tuple[dict[str, float], dict[str, str]]:
        """What the cells of one map say, and why what is not there is not."""
        layout, row, absent = self._layout, dict[str, float](), dict[str, str]()
        if (why := why_no_index(layout)) is None:
            row["ppi_kpa"] = peak_pressure_index(cells, layout, area_cm2=self._area_cm2)
        else:
            absent["ppi_kpa"] = f"needs {why}"
        if layout.quantity == "force":
            absent["cov_pct"] = "needs pressures, and cells have forces"
        else:
            loaded = cells[cells > self._p0]
            row["cov_pct"] = float(100 * loaded.std() / loaded.mean()) if len(loaded) else np.nan
        if self._region is None:
            absent["dispersion_index_pct"] = "needs a region"
        else:
            load = np.nan_to_num(cells) * (1.0 if layout.area_cm2 is None else layout.area_cm2)
            share = load[self._region].sum() / load.sum() if load.sum() > 0 else np.nan
            row["dispersion_index_pct"] = float(100 * share)
        return row, absent

    def _over_time(self, absent: dict[str, str]) -> dict[str, Any]:
        if self._layout.quantity != "pressure":
            absent |= dict.fromkeys((*TIMED, "time_above_cm2_s"), "a level in kPa needs pressures")
            return {}
        found = self._above.get()
        held = found.ever & (found.longest_s >= self._hold_s)
        counts = found.ever.sum(), held.sum(), found.longest_s.max()
        row = dict(zip(TIMED, map(float, counts), strict=True))
        if self._layout.area_cm2 is None:
            absent["time_above_cm2_s"] = "needs cells with an area"
            return row
        return row | {"time_above_cm2_s": float((found.total_s * self._layout.area_cm2).sum())}


def _frame(recording: Recording, frame: int) -> Floats:
    ((_, cells),) = pressures(recording.part(frame, frame + 1))
    return np.where(recording.layout.valid, cells[0], np.nan)
