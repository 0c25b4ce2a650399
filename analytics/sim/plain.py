"""Frames for benchmarks, and a load whose force and centre of pressure are known."""

from __future__ import annotations

from typing import Literal

import numpy as np

from analytics.sim.athlete import FIRST_STRIKE_S, KPA_PER_COUNT, START_US, Athlete, Foot
from barograph.frames import DTYPES, Floats, Frames, Layout, Recording


def gait_frames(
    n: int,
    rows: int = 32,
    cols: int = 16,
    dtype: Literal["uint8", "uint16", "float32", "float64"] = "uint16",
    seed: int = 0,
) -> Frames:
    """Make (n, rows, cols) frames of a left foot that walks at 100 Hz, for benchmarks; cells outside the insole are 0.

    uint16 in counts of 0.1 kPa, uint8 in counts of 4 kPa, floats in kPa.
    """
    foot = Foot("walk", "left", Athlete(rows=rows, cols=cols, seed=seed))
    first = int(FIRST_STRIKE_S * foot.athlete.rate_hz) + 1
    cells: Frames = foot.cells(first, first + n, foot.readings()).reshape(n, rows, cols)
    if dtype in ("uint8", "uint16"):
        counts = np.rint(cells / np.float32(KPA_PER_COUNT if dtype == "uint16" else 4.0))
        cells = np.minimum(counts, np.iinfo(dtype).max)
    return cells.astype(DTYPES[dtype])


def gaussian(
    path_mm: Floats,
    layout: Layout | None = None,
    *,
    sd_mm: float = 12.0,
    force_n: float = 500.0,
    rate_hz: float = 100.0,
    start_us: int = START_US,
) -> Recording:
    """Press a round Gaussian along `path_mm` (n, 2): its centre of pressure and its force are known.

    Both hold to rounding while the path keeps 7 `sd_mm` from the edges and `sd_mm` is at least 1.5 pitches. By
    default on a plate of 60 × 60 cells of 5 mm, float64 kPa.
    """
    layout = layout or Layout(rows=60, cols=60, unit="kPa", pitch_mm=(5.0, 5.0), kind="plate")
    x, y = (np.exp(-0.5 * ((at - path_mm[:, [i]]) / sd_mm) ** 2) for i, at in enumerate((layout.x, layout.y)))
    # force in N = 0.1 · kPa · cm² = kPa · mm² / 1000
    peak_kpa = 1000.0 * force_n / (2.0 * np.pi * sd_mm**2)
    times_us = start_us + np.rint(np.arange(len(path_mm)) * 1e6 / rate_hz).astype(np.int64)
    return Recording(frames=peak_kpa * y[:, :, None] * x[:, None, :], times_us=times_us, layout=layout)
