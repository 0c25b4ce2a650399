"""The spectrum of sway: how fast a standing person moves, slowly drifting or trembling."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy

from analytics.base import bounds
from analytics.base.arguments import checked
from analytics.base.filters import CUTOFF_HZ, lowpass, sampling_hz, usable_cutoff
from analytics.base.times import runs, table_times
from analytics.tables import centre, described
from barograph.frames import Floats

SEGMENT_S = 20.0
FEWEST = 32


@checked
def spectrum(
    stats: pd.DataFrame,
    *,
    cutoff_hz: float = CUTOFF_HZ,
    segment_s: float = SEGMENT_S,
    gap_s: float | None = None,
    filtered: bool = False,
) -> pd.DataFrame:
    """Estimate the power spectral density of the centre of pressure along both axes.

    Parameters
    ----------
    stats : DataFrame
        Table with `cop_x_mm` and `cop_y_mm` (or `…_cell`), n rows, indexed by time: one plate, or one foot.
    cutoff_hz : float, default 10
        Low-pass the track before (Butterworth, zero phase, as `filters.lowpass`); below half the sampling rate.
    segment_s : float, default 20
        Length of a window: its inverse is the resolution, in Hz.
    gap_s : float, optional
        A longer step between rows is a gap, by default 0.5 s or five usual steps.
    filtered : bool, default False
        The track is low-passed at `cutoff_hz` already: it is not filtered again.

    Returns
    -------
    DataFrame of one row per frequency, index `frequency_hz`, with `power_cop_x_mm2_hz` and `power_cop_y_mm2_hz` (of a
    stream without pitch `…_cell2_hz`). Without 32 rows on end: no row. `attrs["n"]` counts the rows that were used.

    Raises
    ------
    InvalidData
        When there is no centre of pressure, the window has no length, or the cut-off is out of its bounds.

    Notes
    -----
    Welch's method (1967): half-overlapping Hann windows, the trend of each taken out, by scipy's `welch`; over the
    longest run of rows with a centre and without a gap, at the rate of its median step.
    """
    bounds.number("segment_s", segment_s, above=0, unit="s")
    times = table_times(stats, gap_s)
    cutoff = usable_cutoff(cutoff_hz, times)
    x, y, length = centre(stats)
    track = np.column_stack([x, y])
    smooth = track if filtered or cutoff is None else lowpass(track, times, cutoff_hz=cutoff)
    pieces = runs(np.asarray(np.isfinite(smooth).all(axis=1)), times)
    longest = max(pieces, key=lambda piece: piece[1] - piece[0], default=(0, 0))
    part, hz = slice(int(longest[0]), int(longest[1])), sampling_hz(times)
    n = part.stop - part.start
    names = [f"power_cop_{axis}_{length}2_hz" for axis in "xy"]
    frequency, power = np.zeros(0), [np.zeros(0), np.zeros(0)]
    if n >= FEWEST and np.isfinite(hz):
        found = [_welch(axis[part], hz, segment_s) for axis in smooth.T]
        frequency, power = found[0][0], [density for _, density in found]
    index = pd.Index(frequency, name="frequency_hz")
    table = pd.DataFrame(dict(zip(names, power, strict=True)), index=index)
    return described(table, "spectrum", stats, cutoff_hz=cutoff, segment_s=segment_s, gap_s=times.gap_s, n=n,
                     filtered=filtered)  # fmt: skip


def _welch(values: Floats, hz: float, segment_s: float) -> tuple[Floats, Floats]:
    window = max(2, min(len(values), int(segment_s * hz)))
    frequency, density = scipy.signal.welch(values, fs=hz, nperseg=window, detrend="linear")
    return np.asarray(frequency), np.asarray(density)
