"""Per-frame statistics: frames a second on one core, beside the same numbers in a plain numpy loop over frames.

Measured in a process of its own, on one core and with one BLAS thread, in three interleaved rounds; medians count.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from analytics import frame_stats, jumps, rolling, sim
from analytics.frames.basic_set import basic_set, weights
from analytics.sim import jump
from barograph import Layout, Recording

ROUNDS = 3
ONE_CORE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def plain(frame: np.ndarray, layout: Layout) -> list[float]:
    """The basic set of one float64 frame in kPa, as one writes it first."""
    area = layout.pitch_mm[0] * layout.pitch_mm[1] / 100.0 if layout.pitch_mm else 1.0
    rows, cols = frame.shape
    total = frame.sum()
    share = [
        frame[:, : cols // 2].sum(),
        frame[:, cols // 2 :].sum(),
        frame[: rows // 2].sum(),
        frame[rows // 2 :].sum(),
    ]
    loaded = np.count_nonzero(frame > 0)
    out = [0.1 * total * area, frame.max(), loaded * area, 100.0 * loaded / frame.size]
    if total == 0:
        return out + [np.nan] * 6
    centre = [np.nan, np.nan]
    if out[0] >= layout.floor_n:
        centre = [(frame.sum(axis=0) * layout.x).sum() / total, (frame.sum(axis=1) * layout.y).sum() / total]
    return out + centre + [100.0 * part / total for part in share]


def plain_block(frames: np.ndarray, layout: Layout) -> np.ndarray:
    """The peer: a loop over the frames of a block."""
    return np.array([plain(frame, layout) for frame in frames])


def rolled_by_pandas(stats: pd.DataFrame) -> list[pd.DataFrame]:
    """The peer of `rolling`: the five statistics that pandas has for windows by time."""
    window, squares = stats.rolling("1s"), (stats**2).rolling("1s")
    return [window.mean(), window.std(), window.min(), window.max(), squares.mean() ** 0.5]


def speed(work: Callable[[], Any], frames: int, seconds: float = 0.4) -> float:
    """Frames a second of calls for about `seconds`."""
    calls, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        work()
        calls += 1
    return calls * frames / elapsed


def medians(works: dict[str, tuple[Callable[[], Any], int]]) -> dict[str, float]:
    """The median speed of each, the works taking turns."""
    for work, _ in works.values():
        work()
    rounds = [{name: speed(work, frames) for name, (work, frames) in works.items()} for _ in range(ROUNDS)]
    return {name: statistics.median(speeds[name] for speeds in rounds) for name in works}


def measure() -> list[dict[str, Any]]:
    """Measure in this process; the caller sees to one core and one thread."""
    layout = Layout(rows=32, cols=16, unit="kPa", pitch_mm=(5.0, 5.0))
    frames = sim.gait_frames(1000, dtype="float64", seed=1)
    w = weights(layout)
    # A figure counts only while both compute the same.
    np.testing.assert_allclose(basic_set(frames, w), plain_block(frames, layout), rtol=1e-9)
    counts, insole = sim.gait_frames(1000, seed=1), sim.walk(10.0, seed=1)["left"]
    coarse = Layout(rows=32, cols=16, dtype="uint16", unit="kPa", scale=0.1, pitch_mm=(5.0, 5.0))
    whole = Recording(frames=frames, times_us=np.arange(1000) * 10_000, layout=layout)
    speeds = medians(
        {
            "plain": (lambda: plain_block(frames[:200], layout), 200),
            "basic set, 32x16 float64, blocks of 1,000": (lambda: basic_set(frames, w), 1000),
            "basic set, 32x16 uint16, blocks of 1,000": (lambda: basic_set(counts, weights(coarse)), 1000),
            "basic set, 32x16 uint16, blocks of 10": (lambda: basic_set(counts[:10], weights(coarse)), 10),
            "basic set, 60x21 uint16 with a mask": (lambda: basic_set(insole.frames, weights(insole.layout)), 1000),
            "whole per-frame table, 32x16 float64": (lambda: frame_stats(whole), 1000),
            "reading the frames once (sum), 32x16 float64": (lambda: frames.reshape(1000, -1).sum(axis=1), 1000),
        }
    )
    stats = frame_stats(sim.walk(100.0, rows=8, cols=4)["left"])[["total_force_n", "peak_kpa", "cop_x_mm", "cop_y_mm"]]
    windows = medians(
        {
            "rolling": (lambda: rolling(stats, "1s"), len(stats)),
            "pandas": (lambda: rolled_by_pandas(stats), len(stats)),
        }
    )
    peer, made = speeds.pop("plain"), len(rolling(stats, "1s").columns)
    name = f"numpy loop over frames, 32x16 float64, basic set: {peer:,.0f} frames/s"
    return [
        {"row": f"statistics: {row}", "value": value, "unit": "frames/s", "peer": name, "ratio": value / peer}
        for row, value in speeds.items()
    ] + [
        {
            "row": f"statistics: rolling over 1 s, {made} columns made of four",
            "value": windows["rolling"] * made,
            "unit": "values/s",
            "peer": f"pandas, mean, SD, min, max, RMS of the same four: {windows['pandas'] * 20:,.0f} values/s",
            "ratio": windows["rolling"] * made / (windows["pandas"] * 20),
        }
    ]


def measure_cells() -> list[dict[str, Any]]:
    """Cells that are no grid beside as many of a grid: the basic set on arrival, and the whole table."""
    cells = Layout.from_dict({"geometry": "pedar-x", "side": "left", "dtype": "uint16", "unit": "kPa", "scale": 0.1})
    grid = Layout(rows=11, cols=9, dtype="uint16", unit="kPa", scale=0.1, pitch_mm=(10.0, 20.0), kind="insole")
    counts = sim.gait_frames(1000, rows=11, cols=9, seed=1)
    times = np.arange(1000) * 10_000
    flat = counts.reshape(1000, 1, 99)
    speeds = medians(
        {
            "basic set": (lambda: basic_set(flat, weights(cells)), 1000),
            "basic set of a grid": (lambda: basic_set(counts, weights(grid)), 1000),
            "basic set in blocks of 10": (lambda: basic_set(flat[:10], weights(cells)), 10),
            "basic set in blocks of 10 of a grid": (lambda: basic_set(counts[:10], weights(grid)), 10),
            "whole per-frame table": (lambda: frame_stats(Recording(flat, times, cells)), 1000),
            "whole per-frame table of a grid": (lambda: frame_stats(Recording(counts, times, grid)), 1000),
        }
    )
    return [
        {
            "row": f"statistics: {name}, 99 cells that are no grid",
            "value": speeds[name],
            "unit": "frames/s",
            "peer": f"the same of a grid of 11 x 9 cells: {speeds[f'{name} of a grid']:,.0f} frames/s",
            "ratio": speeds[name] / speeds[f"{name} of a grid"],
        }
        for name in ("basic set", "basic set in blocks of 10", "whole per-frame table")
    ]


def plain_jumps(s: np.ndarray, force: np.ndarray, flight_n: float = 20.0) -> list[float]:
    """The peer of `jumps`: heights by impulse, found row by row, weighed window by window."""
    heights, last, i = [], 0, 1
    while i < len(force):
        if force[i] < flight_n <= force[i - 1]:
            after = next((k for k in range(i, len(force)) if force[k] >= flight_n), len(force))
            if 0.15 <= s[min(after, len(s) - 1)] - s[i] <= 1.2:
                heights.append(_plain_height(s, force, last, i))
            last, i = after, after
        i += 1
    return heights


def _plain_height(s: np.ndarray, force: np.ndarray, first: int, takeoff: int) -> float:
    rows = round(1.0 / (s[1] - s[0]))
    spreads = [np.std(force[k : k + rows]) for k in range(first, takeoff - rows)]
    still = first + int(np.argmin(spreads))
    weight = force[still : still + rows].mean()
    velocity = 0.0
    for k in range(still + rows, takeoff):
        velocity += (force[k] - weight) * (s[k] - s[k - 1]) / (weight / 9.80665)
    return float(velocity**2 / 2 / 9.80665)


def measure_jumps() -> list[dict[str, Any]]:
    """Two minutes of jumps at 500 Hz, beside a loop over rows that knows heights by impulse alone."""
    s = np.arange(60_000) / 500.0
    parts = jump.parts_of("jump", np.zeros(1))
    force = 735.5 * jump.force_bw("jump", s % jump.CYCLE_S, parts) + np.sin(1000.0 * s)
    stats = pd.DataFrame({"total_force_n": force}, pd.to_datetime(np.rint(s * 1e6).astype("i8"), unit="us", utc=True))
    np.testing.assert_allclose(jumps(stats)["height_m"], plain_jumps(s, force), atol=0.01)
    speeds = medians({"ours": (lambda: jumps(stats), len(s)), "loop": (lambda: plain_jumps(s, force), len(s))})
    peer = f"a loop over rows, heights by impulse alone: {speeds['loop']:,.0f} rows/s"
    return [{"row": "statistics: jumps with phases, 12 in 2 min at 500 Hz", "value": speeds["ours"], "unit": "rows/s",
             "peer": peer, "ratio": speeds["ours"] / speeds["loop"]}]  # fmt: skip


def rows() -> list[dict[str, Any]]:
    """The rows for `make bench`."""
    return on_one_core(__file__)


def on_one_core(script: str) -> list[dict[str, Any]]:
    """What `script --json` prints in a process of its own, with one BLAS thread."""
    code = [sys.executable, script, "--json"]
    done = subprocess.run(code, env={**os.environ, **ONE_CORE}, capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout))


def main() -> None:
    """Print a table, or with --json the rows, measured here on one core."""
    if "--json" in sys.argv:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        sys.stdout.write(json.dumps(measure() + measure_cells() + measure_jumps()))
        return
    for row in rows():
        print(f"{row['row']:<58}{row['value']:>12,.0f} {row['unit']}{row['ratio']:>8.1f} x of {row['peer']}")


if __name__ == "__main__":
    main()
