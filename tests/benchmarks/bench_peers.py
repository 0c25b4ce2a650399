"""Statistics beside the same written plainly in pandas, cell by cell in numpy, and by another library; how cost grows.

A figure counts only while both compute the same, which is checked before each is measured. Run as `bench_stats`: in a
process of its own, on one core, the works taking turns.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from bench_stats import medians, on_one_core
from openbalance import Trial
from openbalance.processing.kinematics import calculate_path_length, calculate_sway_areas

from analytics import balance, frame_stats, rolling, sim
from analytics.frames.basic_set import basic_set, weights
from barograph import Layout, Recording

Row = dict[str, Any]
LAYOUT = Layout(rows=32, cols=16, unit="kPa", pitch_mm=(5.0, 5.0))
SIDES = ["load_left_pct", "load_right_pct", "load_front_pct", "load_back_pct"]
PLAIN = [
    "total_force_n", "peak_kpa", "mean_loaded_kpa", "min_loaded_kpa", "sd_loaded_kpa",
    "contact_area_cm2", "contact_pct", "cop_x_mm", "cop_y_mm", *SIDES,
]  # fmt: skip
# Too large for any cache, so that a pass over it is one over memory.
MEMORY_FRAMES = 1 << 15


def in_pandas(frames: np.ndarray) -> pd.DataFrame:
    """What one writes first in pandas: a table with a column a cell."""
    p = pd.DataFrame(frames.reshape(len(frames), -1))
    x, y = np.tile(LAYOUT.x, LAYOUT.rows), np.repeat(LAYOUT.y, LAYOUT.cols)
    loaded, load = p.where(p > 0), p.sum(axis=1)
    force, n = 0.1 * 0.25 * load, loaded.count(axis=1)
    centred, carried = load.where(force >= LAYOUT.floor_n), load.where(load > 0)
    left, front = (p.loc[:, half].sum(axis=1) for half in (x < x.mean(), y < y.mean()))
    columns = [
        force, p.max(axis=1), loaded.mean(axis=1), loaded.min(axis=1), loaded.std(axis=1, ddof=0), 0.25 * n,
        100 * n / p.shape[1], (p * x).sum(axis=1) / centred, (p * y).sum(axis=1) / centred,
        *(100 * part / carried for part in (left, load - left, front, load - front)),
    ]  # fmt: skip
    return pd.DataFrame(dict(zip(PLAIN, columns, strict=True)))


def cell_by_cell(frames: np.ndarray) -> np.ndarray:
    """The basic set as a loop over cells, each added to arrays of all frames."""
    load, x, y, left, front, n, peak = np.zeros((7, len(frames)))
    for r in range(LAYOUT.rows):
        for c in range(LAYOUT.cols):
            p = frames[:, r, c]
            load += p
            x += p * LAYOUT.x[c]
            y += p * LAYOUT.y[r]
            left += p * (2 * c < LAYOUT.cols)
            front += p * (2 * r < LAYOUT.rows)
            n += p > 0
            np.maximum(peak, p, out=peak)
    force = 0.1 * 0.25 * load
    centred, carried = np.where(force >= LAYOUT.floor_n, load, np.nan), np.where(load > 0, load, np.nan)
    shares = [100 * part / carried for part in (left, load - left, front, load - front)]
    return np.column_stack([force, peak, 0.25 * n, 100 * n / 512, x / centred, y / centred, *shares])


def of_frames() -> list[Row]:
    """The whole table beside its plain half in pandas, the basic set beside a loop over cells."""
    frames, w = sim.gait_frames(1000, dtype="float64", seed=1), weights(LAYOUT)
    whole = Recording(frames=frames, times_us=np.arange(1000) * 10_000, layout=LAYOUT)
    np.testing.assert_allclose(frame_stats(whole)[PLAIN], in_pandas(frames), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(basic_set(frames, w), cell_by_cell(frames), rtol=1e-9, atol=1e-9)
    found = medians(
        {
            "table": (lambda: frame_stats(whole), 1000),
            "pandas": (lambda: in_pandas(frames), 1000),
            "basic": (lambda: basic_set(frames, w), 1000),
            "cells": (lambda: cell_by_cell(frames), 1000),
        }
    )
    columns = len(frame_stats(whole).columns)
    return [
        _row(f"whole per-frame table, {columns} columns", found["table"], "frames/s", found["pandas"],
             f"plainly in pandas, {len(PLAIN)} of these columns"),
        _row("basic set, 10 columns", found["basic"], "frames/s", found["cells"], "numpy, a loop over cells"),
    ]  # fmt: skip


def of_a_trial() -> list[Row]:
    """Sway of 90 s at 100 Hz beside openbalance, of the measures that both have."""
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((2, 9000)).cumsum(axis=1) * 0.3
    index = pd.date_range("2025-01-01", periods=9000, freq="10ms", tz="UTC", name="time").as_unit("us")
    table = pd.DataFrame({"cop_x_mm": x, "cop_y_mm": y}, index=index)

    def theirs() -> dict[str, Any]:
        trial = Trial(np.zeros((9000, 4)), 100.0, list("1234"))
        trial.parameters = {"COP_x": x, "COP_y": y}
        return dict(calculate_sway_areas(calculate_path_length(trial)).parameters)

    ours, known = balance(table, cutoff_hz=None).iloc[0], theirs()
    np.testing.assert_allclose(
        [ours["path_mm"], ours["hull_area_mm2"]], [known["Path_Length"], known["Area_Hull"]], rtol=1e-6
    )
    found = medians({"ours": (lambda: balance(table, cutoff_hz=None), 1), "theirs": (theirs, 1)})
    name = "openbalance: path, hull, circle and ellipse"
    return [_row("sway of 90 s, all 16 measures", found["ours"], "trials/s", found["theirs"], name)]


def of_growth() -> list[Row]:
    """Cells a second of the whole table, and rows a second of rolling, as there are more of them; 1 is no growth."""
    tables: dict[str, tuple[Callable[[], Any], int]] = {}
    for rows, cols, n in ((16, 8, 1000), (32, 16, 1000), (32, 16, 20_000), (64, 32, 1000), (128, 64, 200)):
        layout = Layout(rows=rows, cols=cols, dtype="uint16", unit="kPa", scale=0.1, pitch_mm=(5.0, 5.0))
        counts = np.random.default_rng(1).integers(0, 2000, (n, rows, cols)).astype(np.uint16)
        counts[:, rows // 3 :] = 0
        whole = Recording(frames=counts, times_us=np.arange(n) * 10_000, layout=layout)
        tables[f"whole table, {n:,} frames of {rows}x{cols}"] = (lambda whole=whole: frame_stats(whole), counts.size)
    stats = frame_stats(sim.walk(1000.0, rows=8, cols=4)["left"])[["total_force_n", "cop_x_mm", "cop_y_mm"]]
    rolled: dict[str, tuple[Callable[[], Any], int]] = {}
    for n, window in ((10_000, "1s"), (100_000, "1s"), (10_000, "100ms"), (10_000, "10s")):
        part = stats.iloc[:n]
        name = f"rolling, {n:,} rows, windows of {window}"
        rolled[name] = (lambda part=part, window=window: rolling(part, window), n)
    out = []
    for works, unit in ((tables, "cells/s"), (rolled, "rows/s")):
        found = medians(works)
        first = next(iter(found))
        out += [_row(name, speed, unit, found[first], first) for name, speed in found.items() if name != first]
    return out


def of_memory() -> list[Row]:
    """Bytes of frames a second out of memory, beside a sum over them, which does nothing else."""
    frames = np.tile(sim.gait_frames(1024, dtype="float64", seed=1), (MEMORY_FRAMES // 1024, 1, 1))
    w, flat, out = weights(LAYOUT), frames.reshape(-1), np.empty((MEMORY_FRAMES, 10))
    whole = Recording(frames=frames, times_us=np.arange(len(frames)) * 10_000, layout=LAYOUT)
    found = medians(
        {
            "sum": (flat.sum, frames.nbytes),
            "basic set": (lambda: basic_set(frames, w, out=out), frames.nbytes),
            "whole per-frame table": (lambda: frame_stats(whole), frames.nbytes),
        }
    )
    plain = found.pop("sum")
    peer = "a sum over the same frames, as fast as memory gives them"
    return [
        _row(f"{name}, frames out of memory", each / 1e9, "GB/s", plain / 1e9, peer) for name, each in found.items()
    ]


def _row(row: str, value: float, unit: str, peer: float, name: str) -> Row:
    return {
        "row": f"statistics: {row}",
        "value": value,
        "unit": unit,
        "peer": f"{name}: {peer:,.4g} {unit}",
        "ratio": value / peer,
    }


def rows() -> list[Row]:
    """The rows for `make bench`."""
    return on_one_core(__file__)


def main() -> None:
    """Print a table, or with --json the rows, measured here on one core."""
    if "--json" in sys.argv:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        sys.stdout.write(json.dumps([*of_frames(), *of_a_trial(), *of_growth(), *of_memory()]))
        return
    for row in rows():
        print(f"{row['row']:<64}{row['value']:>14,.4g} {row['unit']:<9}{row['ratio']:>8.2f} x of {row['peer']}")


if __name__ == "__main__":
    main()
