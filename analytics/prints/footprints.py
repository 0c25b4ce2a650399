"""Footprints on a plate or walkway: where and when each foot came down, which foot, and how large.

Terms: footprint (docs/glossary.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import scipy

from analytics.base import bounds
from analytics.base.arguments import checked
from analytics.base.foot_axis import FootAxis, Mask
from analytics.base.times import time_index, trapezoids
from analytics.prints.corrections import Correction, corrected, read_all
from analytics.prints.joining import PAUSE_S, joined
from analytics.prints.one_print import Footprint, cut_out, loads, sizes
from analytics.prints.patches import Timing, patches
from analytics.prints.walkers import Mark, Named, named
from analytics.tables import IMPULSES, described
from barograph.errors import InvalidData
from barograph.frames import Ints, Layout, Recording

LEAST_CM2, LEAST_S = 10.0, 0.1
# A print whose first or last row carries less than this share of its largest force is not cut there.
LIGHT = 0.1
SHAPE = ("foot_length_mm", "foot_width_mm", "heel_x_mm", "heel_y_mm", "axis_deg")
COLUMNS = (
    "walk", "side", "side_by", "start", "stop", "first", "after", "contact_s", "cut", "cut_edge", "cut_start",
    "cut_stop", "cut_gap", "overlap", *SHAPE, "why", "mark",
)  # fmt: skip


@checked
def footprints(
    recording: Recording,
    *,
    loaded_above: float | None = None,
    pause_s: float = PAUSE_S,
    least_cm2: float = LEAST_CM2,
    least_s: float = LEAST_S,
    corrections: Sequence[Mapping[str, object]] = (),
) -> pd.DataFrame:
    """Find the footprints on a plate or walkway.

    Parameters
    ----------
    recording : Recording
        n frames of a plate or mat, a grid of cells of known size; several feet may be on it.
    loaded_above : float, optional
        p0: cells above it belong to a print; kPa, or counts of a raw stream. By default the layout's.
    pause_s : float, default 0.1
        Parts of a foot are joined when the pause between them is no longer.
    least_cm2, least_s : float, default 10 and 0.1
        What is smaller or shorter is no print.
    corrections : list of dict, optional
        What was corrected by hand, in order: see Notes.

    Returns
    -------
    DataFrame of one row per print, by start, index `footprint` from 1: `walk` (one pass of one person, from 0), `side`,
    `side_by`, `start`, `stop`, rows `first` and `after`, `contact_s`, `cut` (by the plate's edge, `cut_edge`, by the
    record's or a gap, `cut_start`, `cut_stop`, `cut_gap`), `overlap` (prints that touch), length and width, the heel's
    place on the layout's axes, `axis_deg`, largest force and pressure, impulse and area; `mark`, by which corrections
    find it. What is cut or overlaps has neither length nor width; without a print the table is empty.

    Raises
    ------
    InvalidData
        When the layout is no plate or mat with a grid and a pitch, the threshold is below the noise, or a correction
        is none.

    Notes
    -----
    Cells above p0 that touch in row, column or time (26 neighbours) are one patch. The nearest two patches are joined,
    again and again, as long as both together fit 330 × 150 mm. Left or right of the middle of the prints before and
    after; else by the shape of the waist. Each correction has `do`: `side` (with `mark`, `side`), `remove` (`mark`),
    `join` (`marks`, two or more) or `split` (`mark`, and `line`, two points in mm of the layout).
    """
    found = prints_of(recording, loaded_above, pause_s, least_cm2, least_s, read_all(corrections))
    chosen = recording.layout.loaded_above if loaded_above is None else loaded_above
    return footprints_of(
        recording, found, loaded_above=chosen, pause_s=pause_s, least_cm2=least_cm2, least_s=least_s,
        corrections=[dict(one) for one in corrections],
    )  # fmt: skip


def footprints_of(
    recording: Recording, found: Sequence[tuple[Footprint, dict[str, Any]]], **asked: Any
) -> pd.DataFrame:
    """Return the table of prints that were found."""
    table = pd.DataFrame([row for _, row in found], index=pd.RangeIndex(1, len(found) + 1, name="footprint"))
    table = table if len(found) else pd.DataFrame(columns=list(COLUMNS)).rename_axis("footprint")
    layout = recording.layout
    return described(table, "footprints", axes=[layout.x_axis, layout.y_axis], **asked)


def prints_of(
    recording: Recording,
    loaded_above: float | None = None,
    pause_s: float = PAUSE_S,
    least_cm2: float = LEAST_CM2,
    least_s: float = LEAST_S,
    corrections: Sequence[Correction] = (),
) -> list[tuple[Footprint, dict[str, Any]]]:
    """Find the prints with their cells: the rows of `footprints`, each with its `Footprint`."""
    layout = recording.layout
    _check(layout)
    for name, value in (("pause_s", pause_s), ("least_cm2", least_cm2), ("least_s", least_s)):
        bounds.number(name, value, least=0)
    bounds.given("loaded_above", loaded_above, least=0)
    above = layout.loaded_above if loaded_above is None else loaded_above
    timing = Timing(recording)
    parts = joined(patches(recording, above), recording, pause_s)
    parts = [one for one in parts if _large(one.cells, layout, least_cm2) and timing.lasting_s(one) >= least_s]
    parts, by_hand = corrected(recording, parts, corrections, above)
    prints = [cut_out(recording, one) for one in parts]
    axes = [one.axis(layout.side) for one in prints]
    marks = [_mark(one, axis, layout) for one, axis in zip(prints, axes, strict=True)]
    edge = _edge(layout)
    rows = []
    for one, axis, whose in zip(prints, axes, named(marks), strict=True):
        side = by_hand.get(one.patch)
        who = Named(whose.walk, side, "hand") if side else _of_layout(whose, layout)
        sided = one.axis(who.side) if who.side and isinstance(axis, FootAxis) else axis
        rows.append((one, _row(recording, timing, one, sided, who, edge)))
    return rows


def _check(layout: Layout) -> None:
    if layout.kind not in ("plate", "mat"):
        raise InvalidData(f"kind: expected a plate or a mat, on which prints are left, got {layout.kind}", field="kind")
    if layout.places != "grid" or layout.pitch_mm is None:
        raise InvalidData("pitch_mm: expected a grid of cells of known size, got none", field="pitch_mm")


def _large(cells: Ints, layout: Layout, least_cm2: float) -> bool:
    pitch = layout.pitch_mm or (1.0, 1.0)
    area = np.full(layout.cells, pitch[0] * pitch[1] / 100) if layout.area_cm2 is None else layout.area_cm2.ravel()
    return bool(area[cells].sum() >= least_cm2)


def _of_layout(whose: Named, layout: Layout) -> Named:
    return Named(whose.walk, layout.side, "layout") if layout.side else whose


def _mark(one: Footprint, axis: FootAxis | str, layout: Layout) -> Mark:
    """Its place on the plate, x to the right and y to the front."""
    found = axis if isinstance(axis, FootAxis) else None
    x, y = one.on_plate(one.middle if found is None else found.heel, layout)
    seen = np.array([x if layout.x_axis == "right" else -x, y if layout.y_axis == "up" else -y])
    return Mark(float(one.recording.times_us[0]) / 1e6, seen, found.d if found else None, found.side if found else None)


def _edge(layout: Layout) -> Mask:
    """(cells,) True where a cell lies on the border of the plate; a missing cell in its middle makes none."""
    plate = scipy.ndimage.binary_fill_holes(layout.valid)
    return np.asarray(plate & ~scipy.ndimage.binary_erosion(plate, np.ones((3, 3), bool))).ravel()


def _row(
    recording: Recording, timing: Timing, one: Footprint, axis: FootAxis | str, who: Named, edge: Mask
) -> dict[str, Any]:
    us, patch = recording.times_us, one.patch
    times = {"cut_edge": bool(edge[patch.cells].any()), **_cut_in_time(timing, one)}
    cut, overlap = any(times.values()), not one.one_foot
    lasting_s = timing.lasting_s(patch)
    start, stop = time_index(np.array([us[patch.first], us[patch.first] + round(lasting_s * 1e6)]))
    return {
        "walk": who.walk, "side": who.side or "unknown", "side_by": who.by, "start": start, "stop": stop,
        "first": patch.first, "after": patch.after, "contact_s": lasting_s, "cut": cut, **times, "overlap": overlap,
        **_shape(one, axis, recording.layout, whole=not (cut or overlap)), **loads(one), **_impulse(one),
        "why": axis if isinstance(axis, str) else "", "mark": mark_of(recording, one),
    }  # fmt: skip


def _shape(one: Footprint, axis: FootAxis | str, layout: Layout, *, whole: bool) -> dict[str, float]:
    """Length, width, heel and angle; all missing of what is no whole foot."""
    if not whole or not isinstance(axis, FootAxis):
        return dict.fromkeys(SHAPE, np.nan)
    size, heel = sizes(axis), one.on_plate(axis.heel, layout)
    return dict(zip(SHAPE, (*size, *heel, axis.angle_deg), strict=True))


def _cut_in_time(timing: Timing, one: Footprint) -> dict[str, bool]:
    """Whether the record or a gap takes the begin or the end of a print, or a part of its middle."""
    total = one.stats.iloc[:, 0].to_numpy(np.float64)
    least, gap, n = LIGHT * np.nanmax(total), timing.gap, len(timing.us)
    first, after = one.patch.first, one.patch.after
    begun = (first == 0 or bool(gap[first - 1])) and total[0] >= least
    ended = (after == n or bool(gap[after - 1])) and total[-1] >= least
    return {"cut_start": bool(begun), "cut_stop": bool(ended), "cut_gap": bool(gap[first : after - 1].any())}


def _impulse(one: Footprint) -> dict[str, float]:
    total = str(one.stats.columns[0])
    areas = trapezoids(one.stats[total].to_numpy(np.float64), one.recording.times_us)
    return {IMPULSES[total]: float(np.nansum(areas))}


def mark_of(recording: Recording, one: Footprint) -> str:
    """Return what a print is known by: µs and cell of its largest value, which corrections look for."""
    row, col = np.unravel_index(int(one.peak.argmax()), one.peak.shape)
    frame = int(one.recording.frames[:, row, col].argmax())
    at = int(one.patch.cells[np.flatnonzero(np.flatnonzero(one.cells) == row * one.cells.shape[1] + col)[0]])
    return f"{int(one.recording.times_us[frame])}:{at // recording.layout.cols}:{at % recording.layout.cols}"
