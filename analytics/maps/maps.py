"""Maps: one number per cell, over a whole recording.

A map is a table of rows × cols whose index and columns are the centres of the cells (`y_mm`, `x_mm`, or in cells),
row 0 at the front. Cells that do not exist or never had a value are NaN. Frames are worked through in chunks: beside
the result, memory does not grow with the recording.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.base.arguments import check_stances, checked
from analytics.base.times import Times, durations_s, recording_times, steps_s
from analytics.frames.basic_set import chunks
from analytics.frames.frame_stats import frame_stats
from analytics.gait.stances import stances
from analytics.tables import Sources, described
from barograph.errors import InvalidData
from barograph.frames import KPA_PER_UNIT, Floats, Ints, Layout, Recording

Rule = Literal["trapezoid", "frames"]
Of = Literal["peak", "pti"]


@checked
def peak_map(recording: Recording) -> pd.DataFrame:
    """Return the largest value of every cell over the recording.

    Parameters
    ----------
    recording : Recording
        n frames of (rows, cols).

    Returns
    -------
    DataFrame (rows, cols) in kPa, or counts of a raw stream; `attrs["unit"]` says which. NaN where a cell does not
    exist or never had a value, and everywhere when n is 0.
    """
    largest = np.full((recording.layout.rows, recording.layout.cols), np.nan)
    for _, cells in pressures(recording):
        np.fmax(largest, np.fmax.reduce(cells, axis=0), out=largest)
    return as_map(largest, recording.layout, "peak_map", unit(recording.layout))


@checked
def mean_map(recording: Recording, during: pd.DataFrame | NDArray[np.bool_] | None = None) -> pd.DataFrame:
    """Return the mean of every cell over the frames in contact.

    Parameters
    ----------
    recording : Recording
        n frames of (rows, cols).
    during : DataFrame or (n,) bool, optional
        Stances of this recording, or the frames that count; by default those of `stances(frame_stats(recording))`
        with its usual thresholds, cut ones included.

    Returns
    -------
    DataFrame (rows, cols) in kPa or counts; NaN where a cell had no value in these frames, whose number is
    `attrs["n"]`; `attrs["made_of"]` has the stances' thresholds.

    Raises
    ------
    InvalidData
        When `during` does not fit the recording.
    """
    if during is None:
        during = stances(frame_stats(recording))
    chosen = _chosen(recording, during)
    total, n = np.zeros((2, recording.layout.rows, recording.layout.cols))
    for part, cells in pressures(recording, chosen):
        if part.stop > part.start:
            total += np.nansum(cells, axis=0)
            n += (~np.isnan(cells)).sum(axis=0)
    mean = np.divide(total, n, out=np.full(total.shape, np.nan), where=n > 0)
    made_of = during if isinstance(during, pd.DataFrame) else None
    return as_map(mean, recording.layout, "mean_map", unit(recording.layout), made_of, n=int(chosen.sum()))


@checked
def pti_map(recording: Recording, gap_s: float | None = None, *, rule: Rule = "trapezoid") -> pd.DataFrame:
    """Return the pressure-time integral of every cell over the recording.

    Parameters
    ----------
    recording : Recording
        n frames of (rows, cols).
    gap_s : float, optional
        A longer step between frames is a gap, by default 0.5 s or five usual steps, which nothing is integrated across.
    rule : "trapezoid" or "frames", default "trapezoid"
        The trapezoid over the real times; or, as vendors' sums do, each frame stands for the time until the next one
        (the last for the median step), which adds half of the first and of the last frame.

    Returns
    -------
    DataFrame (rows, cols) in kPa·s, or counts·s. A step beside a missing value is left out for that cell. NaN where a
    cell has no step, and everywhere when n is below 2.

    Raises
    ------
    InvalidData
        When the rule is of another name.
    """
    if rule not in ("trapezoid", "frames"):
        raise InvalidData(f"rule: expected trapezoid or frames, got {rule!r}", field="rule")
    times = recording_times(recording, gap_s)
    cells = _frame_sums(recording, times) if rule == "frames" else integral(recording, steps_s(times))
    return as_map(cells, recording.layout, "pti_map", _unit_s(recording), gap_s=times.gap_s, rule=rule)


def integral(recording: Recording, step: Floats) -> Floats:
    """Return (rows, cols) integral by the trapezoid over the steps (n − 1,) between frames, NaN where there is none."""
    total, n = np.zeros((2, recording.layout.rows, recording.layout.cols))
    last: Floats | None = None
    for part, cells in pressures(recording):
        joined = cells if last is None else np.concatenate([last[None], cells])
        more, steps = areas(joined, step[part.stop - len(joined) : part.stop - 1])
        total += more
        n += steps
        last = cells[-1]
    total[n == 0] = np.nan
    return total


def areas(cells: Floats, step: Floats) -> tuple[Floats, Ints]:
    """Return for each of (m, rows, cols) cells its area by the trapezoid, 0 without steps, and of how many steps it is.

    A step (m − 1,) that is NaN, or beside a missing value, is left out.
    """
    known = ~np.isnan(step)
    half = np.where(known, step, 0.0) / 2.0
    missing = np.isnan(cells)
    ever = missing.any(axis=0)
    if np.array_equal(ever, missing.all(axis=0)):  # cells that are there are always there: one product
        total = np.tensordot(np.append(half, 0.0) + np.append(0.0, half), cells, 1)
        return np.where(ever, 0.0, total), np.where(ever, 0, known.sum())
    area = (cells[1:] + cells[:-1]) * np.where(known, half, np.nan)[:, None, None]
    return np.nansum(area, axis=0), (~np.isnan(area)).sum(axis=0)


@checked
def stance_map(
    recording: Recording, found: pd.DataFrame, what: Of = "peak", gap_s: float | None = None
) -> pd.DataFrame:
    """Average a map of every stance over the stances, cell by cell.

    Parameters
    ----------
    recording : Recording
        n frames of (rows, cols).
    found : DataFrame
        Table of `stances` of this recording. Those that an edge cuts are left out: a part has another peak.
    what : "peak" or "pti", default "peak"
        What is averaged: each stance's largest value of a cell, or its integral over time.
    gap_s : float, optional
        A longer step between frames is a gap, by default 0.5 s or five usual steps, which nothing is integrated across.

    Returns
    -------
    DataFrame (rows, cols) in kPa or counts, of an integral in those times s; NaN where a cell never had a value.
    `attrs["n"]` is the number of stances.

    Raises
    ------
    InvalidData
        When a stance lies outside of the recording, or `what` is of another name.

    Notes
    -----
    Unlike `peak_map`, which one hard step decides, it is a mean: two sessions of different length can be compared.
    """
    if what not in ("peak", "pti"):
        raise InvalidData(f"what: expected peak or pti, got {what!r}", field="what")
    in_stances(found, len(recording))
    whole = found[~found["cut"].astype(bool)]
    parts = (recording.part(int(first), int(after)) for first, after in whole[["first", "after"]].to_numpy())
    maps = [(peak_map(part) if what == "peak" else pti_map(part, gap_s)).to_numpy() for part in parts]
    mean = mean_of_maps(np.array(maps).reshape(-1, recording.layout.rows, recording.layout.cols))
    of = unit(recording.layout) if what == "peak" else _unit_s(recording)
    limit_s = recording_times(recording, gap_s).gap_s
    return as_map(mean, recording.layout, "stance_map", of, found, what=what, gap_s=limit_s, n=len(maps))


def mean_of_maps(maps: Floats) -> Floats:
    """Return (rows, cols) mean of (k, rows, cols); NaN where no map has a value."""
    n = (~np.isnan(maps)).sum(axis=0)
    out = np.full(maps.shape[1:], np.nan)
    return np.asarray(np.divide(np.nansum(maps, axis=0), n, out=out, where=n > 0))


def _unit_s(recording: Recording) -> str:
    return f"{unit(recording.layout)}·s"


def _frame_sums(recording: Recording, times: Times) -> Floats:
    """(rows, cols) sum of every frame times the seconds it stands for."""
    lasting = durations_s(times)
    total, n = np.zeros((2, recording.layout.rows, recording.layout.cols))
    for part, cells in pressures(recording):
        area = cells * lasting[part, None, None]
        total += np.nansum(area, axis=0)
        n += (~np.isnan(area)).sum(axis=0)
    total[n == 0] = np.nan
    return total


def pressures(recording: Recording, chosen: NDArray[np.bool_] | None = None) -> Iterator[tuple[slice, Floats]]:
    """Cut a recording into chunks: rows, and (m, rows, cols) float64 in kPa or counts, missing and masked cells NaN.

    With `chosen` (n,) only its frames; a chunk without one is left out.
    """
    factor = KPA_PER_UNIT.get(recording.layout.unit, 1.0)
    for part in chunks(recording.frames):
        piece = recording.part(part.start, min(part.stop, len(recording)))
        rows = slice(part.start, part.start + len(piece))
        if chosen is None:
            yield rows, piece.values() * factor
        elif chosen[rows].any():
            yield rows, piece.values()[chosen[rows]] * factor


def unit(layout: Layout) -> str:
    """Return the unit of a map's cells."""
    return layout.cell_unit


def as_map(
    cells: Floats, layout: Layout, metric: str, of: str, made_of: Sources | None = None, **parameters: Any
) -> pd.DataFrame:
    """Return (rows, cols) with the cells' centres as index and columns, and in `attrs` what it is.

    Of cells that are no grid, index and columns have their numbers, from 0.
    """
    index: pd.Index[Any]
    columns: pd.Index[Any]
    if layout.places == "grid":
        index = pd.Index(layout.y, name=f"y_{layout.length}")
        columns = pd.Index(layout.x, name=f"x_{layout.length}")
    else:
        index, columns = pd.RangeIndex(layout.rows, name="row"), pd.RangeIndex(layout.cols, name="col")
    table = described(pd.DataFrame(cells, index=index, columns=columns), metric, made_of, unit=of, **parameters)
    del table.attrs["units"]
    return table


def _chosen(recording: Recording, during: pd.DataFrame | NDArray[np.bool_]) -> NDArray[np.bool_]:
    if isinstance(during, pd.DataFrame):
        return in_stances(during, len(recording))
    if during.shape != (len(recording),) or during.dtype != np.bool_:
        raise InvalidData(
            f"during: expected ({len(recording)},) bool, got {during.shape} {during.dtype}", field="during"
        )
    return during


def in_stances(table: pd.DataFrame, n: int) -> NDArray[np.bool_]:
    """Return (n,) True for the rows that lie in a stance of the table."""
    check_stances("during", table, n)
    edge = np.zeros(n + 1, np.int64)
    np.add.at(edge, table["first"].to_numpy(np.int64), 1)
    np.add.at(edge, table["after"].to_numpy(np.int64), -1)
    return np.asarray(np.cumsum(edge)[:n] > 0)
