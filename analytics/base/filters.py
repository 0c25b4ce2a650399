"""Low-pass filters by time: Butterworth, without a lag in batch, causal as the live view must be."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import scipy

from analytics.base import bounds
from analytics.base.smoothing import Smoother
from analytics.base.times import Times, runs, steps_s
from barograph.errors import InvalidData
from barograph.frames import Floats, Ints


class UsualCutoff(float):
    """The cut-off that nobody asked for: where sampling is too slow for it, nothing is filtered."""


ORDER, CUTOFF_HZ = 4, UsualCutoff(10.0)


def sampling_hz(times: Ints | Times, gap_s: float | None = None) -> float:
    """Return rows a second by the median step that is neither repeated nor a gap; NaN when there is none."""
    step = steps_s(times, gap_s)
    step = step[step > 0]
    return float(1.0 / np.median(step)) if len(step) else np.nan


def lowpass(
    values: Floats,
    times: Ints | Times,
    *,
    cutoff_hz: float = CUTOFF_HZ,
    order: int = ORDER,
    causal: bool = False,
    gap_s: float | None = None,
) -> Floats:
    """Filter a series (n,), or k of them (n, k) at once, by time with a Butterworth low-pass.

    Parameters
    ----------
    values : (n,) or (n, k) array
        Missing values are NaN; they and gaps divide the series into pieces that are filtered apart. In a row of k,
        one that is missing makes all of it missing.
    times : (n,) int64, or Times
        µs, or times with their gaps. Where steps differ by more than 2 %, a piece is resampled evenly at its median
        rate by linear interpolation, filtered, and read at its own times again (if not causal).
    cutoff_hz : float, default 10
        Half power of one pass, below half the sampling rate (if not causal, which does not know it). The default gives
        way where sampling is too slow for it, and a piece between gaps that is sampled too slowly stays as it is.
    order : int, default 4
        Of one pass.
    causal : bool, default False
        False: forward and back (no lag, half amplitude at the cut-off). True: forward, begun at its steady state, on an
        even grid of 20 times the cut-off that each piece begins (`smoothing.Smoother`): no row hangs on a later one.
    gap_s : float, optional
        A longer step between rows is a gap, by default 0.5 s or five usual steps.

    Returns
    -------
    float64 of the shape of `values`, NaN where a row has a missing value.

    Raises
    ------
    InvalidData
        For a cut-off that is not above 0 and below half the sampling rate, or an order that is not 1 or more.

    Notes
    -----
    scipy's `butter` in second-order sections, `sosfilt` forward or, as `sosfiltfilt` does it, forward and back. Forward
    and back, a piece shorter than the filter's usual padding is padded by what there is; a single row stays.
    """
    bounds.whole("order", order, 1)
    rows = values if values.ndim > 1 else values[:, None]
    out = np.full(rows.shape, np.nan)
    known = times if isinstance(times, Times) else Times.of(times, gap_s)
    cutoff = usable_cutoff(cutoff_hz, None if causal else known)
    if cutoff is None:
        return np.where(np.isnan(rows).any(axis=1, keepdims=True), np.nan, rows).reshape(values.shape)
    pieces = runs(np.asarray(~np.isnan(rows).any(axis=1)), known)
    for same in [] if causal else _alike(pieces, known.us):
        inside = pieces[same, 0] + np.arange(np.ptp(pieces[same[0]]))[:, None]
        side_by_side = rows[inside].reshape(len(inside), -1)
        smooth = _piece(side_by_side, known.us[inside[:, 0]], cutoff, order, causal)
        out[inside] = smooth.reshape(*inside.shape, -1)
        pieces[same] = 0
    for first, after in pieces[pieces[:, 1] > 0]:
        piece = slice(first, after)
        out[piece] = _piece(rows[piece], known.us[piece], cutoff, order, causal)
    return out.reshape(values.shape)


def _alike(pieces: Ints, us: Ints) -> list[Ints]:
    """Numbers of pieces (k, 2) that can be filtered at once: of as many rows as others, evenly as far apart.

    A walk has a thousand pieces of some dozen lengths, and a call costs more than a piece.
    """
    step = np.diff(us)
    changes = np.concatenate([[0, 0], np.cumsum(np.diff(step) != 0)])
    size = pieces[:, 1] - pieces[:, 0]
    even = np.flatnonzero(size > 1)
    even = even[changes[pieces[even, 1] - 1] == changes[pieces[even, 0] + 1]]
    kinds = np.column_stack([size[even], step[pieces[even, 0]]])
    _, kind, n = np.unique(kinds, axis=0, return_inverse=True, return_counts=True)
    return [even[kind == one] for one in np.flatnonzero(n > 1)]


def usable_cutoff(cutoff_hz: float | None, times: Times | None) -> float | None:
    """Return the cut-off for rows at these times: None where nothing is filtered.

    Raises
    ------
    InvalidData
        When it is not above 0, or not below half the sampling rate; the default is then None.
    """
    if cutoff_hz is None:
        return None
    hz = np.nan if times is None else sampling_hz(times)
    if isinstance(cutoff_hz, UsualCutoff) and cutoff_hz >= hz / 2:
        return None
    bounds.number("cutoff_hz", cutoff_hz, above=0, unit="Hz")
    if cutoff_hz >= hz / 2:
        raise InvalidData(
            f"cutoff_hz: expected above 0 and below {hz / 2:.4g} Hz, half the sampling rate of {hz:.4g} Hz, "
            f"got {cutoff_hz:g}",
            field="cutoff_hz",
        )
    return float(cutoff_hz)


class Design(NamedTuple):
    """A filter: its sections, their state (s, 2, 1) at rest on 1, and the rows that it is padded with at each end."""

    sos: Floats
    rest: Floats
    padding: int


@lru_cache(maxsize=64)
def _design(order: int, cutoff_hz: float, hz: float) -> Design:
    """A walk has a thousand pieces of one rate, and a design costs more than a piece."""
    sos = np.asarray(scipy.signal.butter(order, cutoff_hz, fs=hz, output="sos"))
    at_zero = min((sos[:, 2] == 0).sum(), (sos[:, 5] == 0).sum())
    return Design(sos, scipy.signal.sosfilt_zi(sos)[:, :, None], 3 * (2 * len(sos) + 1 - int(at_zero)))


def _piece(values: Floats, times_us: Ints, cutoff_hz: float, order: int, causal: bool) -> Floats:
    """(n, k) rows without a missing one or a gap."""
    if causal:
        return np.column_stack([Smoother(cutoff_hz, order).update(column, times_us) for column in values.T])
    hz = sampling_hz(times_us, np.inf)
    if len(values) < 2 or np.isnan(hz) or cutoff_hz >= hz / 2:
        return values
    design = _design(order, cutoff_hz, hz)
    t = (times_us - times_us[0]) / 1e6
    if np.abs(np.diff(t) * hz - 1.0).max() <= 0.02:
        return _both_ways(design, values)
    even = np.arange(np.floor(t[-1] * hz) + 1) / hz
    distinct = np.append(True, np.diff(t) > 0)
    smooth = _both_ways(design, _read(even, t[distinct], values[distinct]))
    return _read(t, even, smooth)


def _read(at: Floats, t: Floats, values: Floats) -> Floats:
    """(n, k) columns of values at other times, by straight lines."""
    return np.column_stack([np.interp(at, t, column) for column in values.T])


def _both_ways(design: Design, values: Floats) -> Floats:
    """Forward and back over (n, k), begun at rest on the first row; the ends are turned about their last value."""
    n = min(design.padding, len(values) - 1)
    before, after = 2 * values[0] - values[n:0:-1], 2 * values[-1] - values[-2 : -n - 2 : -1]
    way = np.concatenate([before, values, after])
    for _ in range(2):
        way = scipy.signal.sosfilt(design.sos, way, axis=0, zi=design.rest * way[0])[0][::-1]
    return np.asarray(way[n : len(way) - n])
