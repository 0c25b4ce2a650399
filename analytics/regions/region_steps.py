"""What each region of a sensor carried in each step, and its mean over steps.

The one place where regional numbers of steps are made: tables, pages, comparisons and reports read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from analytics.base import bounds
from analytics.base.arguments import check_stances, checked
from analytics.base.foot_axis import Mask
from analytics.base.gaps import NOTHING
from analytics.base.times import rising
from analytics.columns import arrival_columns
from analytics.gait.symmetry import moments, whole
from analytics.maps.folds import Clock, FrameSums
from analytics.maps.maps import pressures
from analytics.maps.usual_step import UsualStep
from analytics.regions.presets import Regions
from analytics.regions.region_stats import Weights, sums_of_frames, usual_regions, weights_of
from analytics.tables import IMPULSES, described
from barograph.errors import InvalidData
from barograph.frames import Block, Floats, Ints, Layout, Recording

TOTAL, PEAK, AREA = 0, 1, 3
MEASURES = (
    "peak", "max_force", "impulse", "pti_map_max", "pti_peak_curve", "pti_mean", "ever_loaded", "max_contact_area",
    "contact", "start", "stop", "peak_at",
)  # fmt: skip


@checked
def region_steps(
    recording: Recording,
    found: pd.DataFrame,
    chosen: Regions | None = None,
    *,
    loaded_above: float | None = None,
    gap_s: float | None = None,
) -> pd.DataFrame:
    """Measure each region in each step.

    Parameters
    ----------
    recording : Recording
        n frames.
    found : DataFrame
        Table of `stances` of this recording.
    chosen : Regions, optional
        By default those of `usual_regions`.
    loaded_above : float, optional
        p0: a cell is loaded when its value is above it; kPa, or counts of a raw stream. By default the layout's. It is
        the value as it is, not counted from the foot's floor: only stances count from that, so in a shoe with residual
        load a region may be in contact all through a step.
    gap_s : float, optional
        A longer step between frames is a gap, by default as the stances have it, which nothing is integrated across.

    Returns
    -------
    DataFrame of one row per stance and region, index `stance`, `region`. Peak, largest force, impulse, the three
    pressure-time integrals, area ever loaded and largest contact area, contact time; `start_pct`, `stop_pct`,
    `peak_at_pct` of the stance; `load_share_pct`, the region's share of the impulse of all cells; `cut`. Without forces
    the names are those of pressure sums or raw counts. A region that was not loaded in a stance has 0 and no times.

    Raises
    ------
    InvalidData
        When a stance lies outside of the recording, or the regions are of another shape.

    Notes
    -----
    Impulses are trapezoids from a stance's first to its last row, so that regions add up to the stance's; in contact
    time and `pti_map_max`, a frame lasts until the next one. Means over steps: `region_means`.
    """
    check_stances("found", found, len(recording), ("first", "after"))
    bounds.given("loaded_above", loaded_above, least=0)
    layout, chosen = recording.layout, chosen or usual_regions(recording, loaded_above=loaded_above)
    fold = RegionStepsFold(
        layout, chosen, found, recording.times_us, loaded_above, gap_s=gap_s, missing=recording.missing_us
    )
    for number, (first, after) in enumerate(found[["first", "after"]].to_numpy(np.int64).tolist()):
        fold.add(number, recording.part(first, after))
    return fold.get()


@checked
def region_means(steps: pd.DataFrame) -> pd.DataFrame:
    """Average the measures of each region over whole steps.

    Parameters
    ----------
    steps : DataFrame
        Table of `region_steps`; stances that an edge cuts are left out.

    Returns
    -------
    DataFrame of one row per region, index `region`: `mean_…` and `sd_…` (ddof 1) of every measure, and `n`, the number
    of whole steps. Timings are means of the steps in which the region was loaded. No step: NaN.

    Raises
    ------
    InvalidData
        When the table is not one of `region_steps`.
    """
    if list(steps.index.names) != ["stance", "region"]:
        raise InvalidData(f"steps: expected a table of region_steps, got an index {steps.index.names}", field="steps")
    rows, regions = [], list(dict.fromkeys(steps.index.get_level_values("region")))
    counted = whole(steps)
    for region in regions:
        one = counted[counted.index.get_level_values("region") == region]
        row: dict[str, float] = {}
        for name in map(str, steps.columns.drop("cut")):
            _, row[f"mean_{name}"], row[f"sd_{name}"] = moments(one, name)
        rows.append(row | {"n": float(len(one))})
    table = pd.DataFrame(rows, index=pd.Index(regions, name="region"), dtype=np.float64)
    return described(table, "region_means", steps)


class RegionStepsFold:
    """`region_steps` of frames that come in parts, in order, of which those of one stance are held as sums.

    `found` has the stances, `times_us` (n,) the times of the rows that they were found in; `missing` (g, 2) are the
    times around lost frames. Without a `gap_s`, it is that of the stances.
    """

    def __init__(
        self,
        layout: Layout,
        chosen: Regions,
        found: pd.DataFrame,
        times_us: Ints,
        p0: float | None,
        *,
        gap_s: float | None = None,
        missing: Ints = NOTHING,
    ) -> None:
        self._layout, self._chosen, self._found = layout, chosen, found
        self._p0 = layout.loaded_above if p0 is None else p0
        self._gap_s, self._missing = found.attrs.get("gap_s") if gap_s is None else gap_s, missing
        rows, us = found[["first", "after"]].to_numpy(np.int64), rising(times_us)
        self._spans = np.column_stack([us[rows[:, 0]], us[rows[:, 1] - 1] + 1])
        self._start_us = pd.DatetimeIndex(found["start"]).as_unit("us").asi8
        self._lasting_us = np.rint(found["contact_s"].to_numpy(np.float64) * 1e6)
        self._weights = weights_of(layout, chosen)
        self._members = [(share > 0) & layout.valid for share in chosen.shares]
        self._clock = Clock()
        self._open: tuple[int, _Step] | None = None
        self._rows: dict[int, Floats] = {}

    def update(self, block: Block) -> None:
        """Take the next frames."""
        at = self._clock.rising(block.times_us)
        which = np.searchsorted(self._spans[:, 0], at, "right") - 1
        inside = which >= 0
        inside[inside] = at[inside] < self._spans[which[inside], 1]
        which = np.where(inside, which, -1)
        edges = [0, *(np.flatnonzero(np.diff(which)) + 1).tolist(), len(which)]
        here = Recording(frames=block.frames, times_us=block.times_us, layout=self._layout)
        for first, after in pairwise(edges):
            if after > first and which[first] >= 0:
                self.add(int(which[first]), here.part(first, after))

    def add(self, number: int, part: Recording) -> None:
        """Take frames of one stance, in order of time."""
        if self._open is not None and self._open[0] != number:
            self._close()
        if self._open is None:
            self._open = number, _Step(self._layout, len(self._chosen), self._gap_s, self._missing)
        self._open[1].add(part, self._weights, self._p0)

    def _close(self) -> None:
        if self._open is None:
            return
        number, step = self._open
        start_us, lasting_us = int(self._start_us[number]), int(self._lasting_us[number])
        self._rows[number] = step.rows(start_us, lasting_us, self._members, self._p0)
        self._open = None

    def get(self) -> pd.DataFrame:
        """Return the table of `analytics.region_steps`."""
        self._close()
        names, k = _names(self._layout), len(self._chosen)
        rows = [self._rows.get(i, np.full((k, len(MEASURES)), np.nan)) for i in range(len(self._found))]
        index = pd.MultiIndex.from_product([self._found.index, self._chosen.names], names=["stance", "region"])
        table = pd.DataFrame(np.array(rows).reshape(-1, len(MEASURES)), index=index, columns=names[:-1])
        table[names[-1]] = 100.0 * table[names[2]] / self._impulses(table, names[2])
        table["cut"] = np.repeat(self._found["cut"].to_numpy(bool), k)
        asked = {"regions": self._chosen.made, "loaded_above": self._p0, "gap_s": self._gap_s}
        return described(table, "region_steps", self._found, **asked)

    def _impulses(self, table: pd.DataFrame, name: str) -> Floats:
        """(stances · regions,) impulse of all cells in each stance; of all regions where the stances do not say it."""
        if name in self._found:
            of_stance = self._found[name].to_numpy(np.float64)
        else:
            of_stance = table[name].to_numpy().reshape(len(self._found), -1).sum(axis=1)
        return np.repeat(np.where(of_stance > 0, of_stance, np.nan), len(self._chosen))


class _Step:
    """One stance as sums of each region (k,) and each cell: a stance may last for an hour."""

    def __init__(self, layout: Layout, regions: int, gap_s: float | None, missing: Ints) -> None:
        self._layout = layout
        self._steps = UsualStep(gap_s, missing)
        self._cells = FrameSums((layout.rows, layout.cols))
        self._peak = np.full((layout.rows, layout.cols), np.nan)
        self._highest = np.full((regions, 3), np.nan)
        self._impulse, self._peak_s, self._loaded_s, self._peaks_open, self._loaded_open = np.zeros((5, regions))
        self._loaded_from, self._loaded_until, self._peak_at = np.full((3, regions), np.nan)
        self._last: tuple[int, Floats, Floats] | None = None

    def add(self, part: Recording, weights: Weights, p0: float) -> None:
        """Take the next frames."""
        for which, cells in pressures(part):
            sums = sums_of_frames(cells.reshape(len(cells), -1), weights, p0)
            self._take(part.times_us[which], cells, sums[..., [PEAK, TOTAL, AREA]])

    def _take(self, us: Ints, cells: Floats, rows: Floats) -> None:
        """Frames (n, rows, cols) at (n,) µs with what their regions (k, n, 3) carry."""
        self._peak = np.fmax(self._peak, np.fmax.reduce(cells, axis=0))
        self._time(us.astype(np.float64), rows)
        last = int(us[-1]), cells[-1], rows[:, -1]
        if self._last is not None:
            us = np.append(self._last[0], us)
            cells = np.concatenate([self._last[1][None], cells])
            rows = np.concatenate([self._last[2][:, None], rows], axis=1)
        step = self._steps.between(us)
        self._cells.take(cells, step)
        self._add(np.nan_to_num(rows), step)
        self._last = last

    def _time(self, us: Floats, rows: Floats) -> None:
        """When each region was loaded, and had its largest value; the first of equal ones."""
        loaded = rows[..., 2] > 0
        ever = loaded.any(axis=1)
        first, last = loaded.argmax(axis=1), len(us) - 1 - loaded[:, ::-1].argmax(axis=1)
        self._loaded_from[ever] = np.fmin(self._loaded_from[ever], us[first[ever]])
        self._loaded_until[ever] = us[last[ever]]
        highest = np.fmax.reduce(rows, axis=1)
        newer = highest[:, 0] > np.nan_to_num(self._highest[:, 0], nan=-np.inf)
        self._peak_at[newer] = us[np.nanargmax(rows[newer, :, 0], axis=1)]
        self._highest = np.fmax(self._highest, highest)

    def _add(self, rows: Floats, step: Floats) -> None:
        """Rows (k, n + 1, 3), of which the first was the last one before, and the steps (n,) between them."""
        gap, known = np.isnan(step), np.nan_to_num(step)
        peak, total, loaded = rows[:, :-1, 0], rows[..., 1], (rows[:, :-1, 2] > 0).astype(np.float64)
        self._impulse += (total[:, 1:] + total[:, :-1]) @ known / 2.0
        self._peak_s += peak @ known
        self._loaded_s += loaded @ known
        self._peaks_open += peak[:, gap].sum(axis=1)
        self._loaded_open += loaded[:, gap].sum(axis=1)

    def rows(self, start_us: int, lasting_us: int, members: Sequence[Mask], p0: float) -> Floats:
        """(k, measures) of a stance that began then and lasted so long."""
        usual = self._steps.usual_s
        last = np.zeros((len(members), 3)) if self._last is None else np.nan_to_num(self._last[2])
        out = np.full((len(members), len(MEASURES)), np.nan)
        out[:, [0, 1, 7]] = self._highest
        out[:, 2] = self._impulse
        out[:, 4] = self._peak_s + usual * (self._peaks_open + last[:, 0])
        out[:, 8] = self._loaded_s + usual * (self._loaded_open + (last[:, 2] > 0))
        out[:, [3, 5, 6]] = self._of_cells(members, p0, usual)
        until = self._loaded_until + 1e6 * usual
        at = np.column_stack([self._loaded_from, until, np.where(np.isnan(until), np.nan, self._peak_at)])
        out[:, 9:12] = np.clip(100.0 * (at - start_us) / max(lasting_us, 1), 0.0, 100.0)
        out[np.isnan(self._highest[:, 1])] = np.nan
        return out

    def _of_cells(self, members: Sequence[Mask], p0: float, usual: float) -> Floats:
        """(k, 3) largest integral of a cell, impulse over the area ever loaded, and that area."""
        pti, area = self._cells.get(usual), self._layout.area_cm2
        out = np.full((len(members), 3), np.nan)
        for i, cells in enumerate(members):
            out[i, 0] = np.fmax.reduce(pti[cells], initial=np.nan)
            if area is not None:
                out[i, 2] = float(area[cells & (self._peak > p0)].sum())
                if self._layout.calibrated and out[i, 2] > 0:
                    out[i, 1] = 10.0 * self._impulse[i] / out[i, 2]
        return out


def _names(layout: Layout) -> list[str]:
    """Names of `MEASURES`, and of the share of the load."""
    total, peak, area = arrival_columns(layout)[:3]
    pressure = layout.suffix
    largest = "max_force_n" if total == "total_force_n" else f"max_{total}"
    return [
        peak, largest, IMPULSES[total], f"pti_map_max_{pressure}_s",
        f"pti_peak_curve_{pressure}_s", f"pti_mean_{pressure}_s", "ever_loaded_cm2", f"max_{area}", "contact_s",
        "start_pct", "stop_pct", "peak_at_pct", "load_share_pct",
    ]  # fmt: skip
