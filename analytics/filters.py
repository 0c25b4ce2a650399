"""Low-pass filters by time: Butterworth, without a lag in batch, causal as the live view must be."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from analytics.smoothing import Smoother
from analytics.times import GAP_S, runs
from barograph.errors import InvalidData
from barograph.frames import Floats, Ints

ORDER, CUTOFF_HZ = 4, 10.0


def sampling_hz(times_us: Ints, gap_s: float = GAP_S) -> float:
    """Rows a second by the median step that is neither repeated nor a gap; NaN when there is none."""
    step = np.diff(times_us) / 1e6
    step = step[(step > 0) & (step <= gap_s)]
    return float(1.0 / np.median(step)) if len(step) else np.nan


def lowpass(
    values: Floats,
    times_us: Ints,
    *,
    cutoff_hz: float = CUTOFF_HZ,
    order: int = ORDER,
    causal: bool = False,
    gap_s: float = GAP_S,
) -> Floats:
    """Filter a series (n,) by time with a Butterworth low-pass.

    Parameters
    ----------
    values : (n,) array
        Missing values are NaN; they and gaps divide the series into pieces that are filtered apart.
    times_us : (n,) int64
        µs that never go back. Where steps differ by more than 2 %, a piece is resampled evenly at its median rate by
        linear interpolation, filtered, and read at its own times again (if not causal).
    cutoff_hz : float, default 10
        Half power of one pass. At or above half the sampling rate there is nothing to take away: values stay (if not
        causal, which does not know the rate).
    order : int, default 4
        Of one pass.
    causal : bool, default False
        False: forward and back (no lag, half amplitude at the cut-off). True: forward, begun at its steady state, on an
        even grid of 20 times the cut-off that each piece begins (`smoothing.Smoother`): no row hangs on a later one.
    gap_s : float, default 0.5
        A longer step between rows is a gap.

    Returns
    -------
    (n,) float64, NaN where values are.

    Raises
    ------
    InvalidData
        For a cut-off or order that is not above 0.

    Notes
    -----
    scipy's `butter` in second-order sections, `sosfiltfilt` or `sosfilt`. Forward and back, a piece shorter than the
    filter's usual padding is padded by what there is; a single row stays.
    """
    if not (cutoff_hz > 0 and order >= 1):
        raise InvalidData(f"cutoff_hz: expected numbers above 0, got {cutoff_hz} and order {order}", field="cutoff_hz")
    out = np.full(len(values), np.nan)
    for first, after in runs(~np.isnan(values), times_us, gap_s):
        piece = slice(first, after)
        out[piece] = _piece(values[piece], times_us[piece], cutoff_hz, order, causal)
    return out


@lru_cache(maxsize=64)
def _design(order: int, cutoff_hz: float, hz: float) -> Floats:
    """The filter's sections; a walk has a thousand pieces of one rate, and a design costs more than a piece."""
    return np.asarray(signal.butter(order, cutoff_hz, fs=hz, output="sos"))


def _piece(values: Floats, times_us: Ints, cutoff_hz: float, order: int, causal: bool) -> Floats:
    if causal:
        return Smoother(cutoff_hz, order).update(values, times_us)
    hz = sampling_hz(times_us, np.inf)
    if len(values) < 2 or np.isnan(hz) or cutoff_hz >= hz / 2:
        return values
    sos = _design(order, cutoff_hz, hz)
    t = (times_us - times_us[0]) / 1e6
    if np.abs(np.diff(t) * hz - 1.0).max() <= 0.02:
        return _both_ways(sos, values)
    even = np.arange(np.floor(t[-1] * hz) + 1) / hz
    distinct = np.append(True, np.diff(t) > 0)
    smooth = _both_ways(sos, np.interp(even, t[distinct], values[distinct]))
    return np.asarray(np.interp(t, even, smooth))


def _both_ways(sos: NDArray[np.float64], values: Floats) -> Floats:
    usual = 3 * (2 * len(sos) + 1 - min((sos[:, 2] == 0).sum(), (sos[:, 5] == 0).sum()))
    return np.asarray(signal.sosfiltfilt(sos, values, padlen=min(usual, len(values) - 1)))
