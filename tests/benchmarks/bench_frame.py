"""Several sensors in one frame: rows a second on one core, beside a plain loop that computes the same."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from bench_stats import medians, on_one_core

from analytics import net_cop, surface
from barograph import Layout, Place, Recording

ROWS, FRAMES = 60_000, 2000
PLATE = Layout(rows=64, cols=64, unit="kPa", pitch_mm=(7.0, 7.0), kind="plate", dtype="float32")


def plain_net(left: np.ndarray, right: np.ndarray, width: float) -> np.ndarray:
    """The peer of `net_cop`: a loop over rows of force, x and y, of feet that both carry."""
    out = np.empty((len(left), 2))
    for i, (one, other) in enumerate(zip(left, right, strict=True)):
        total = one[0] + other[0]
        out[i] = (
            (one[0] * (one[1] - width / 2) + other[0] * (other[1] + width / 2)) / total,
            (one[0] * one[2] + other[0] * other[2]) / total,
        )
    return out


def measure_net() -> list[dict[str, Any]]:
    """Ten minutes of standing at 100 Hz."""
    rng = np.random.default_rng(1)
    feet = [np.column_stack([rng.uniform(300, 500, ROWS), *rng.normal(50, 5, (2, ROWS))]) for _ in range(2)]
    index = pd.to_datetime(10_000 * np.arange(ROWS), unit="us", utc=True)
    tables = [pd.DataFrame(one, index, ["total_force_n", "cop_x_mm", "cop_y_mm"]) for one in feet]

    def ours() -> pd.DataFrame:
        return net_cop(tables[0], tables[1], stance_width_mm=200.0)

    np.testing.assert_allclose(ours().to_numpy()[:, :2], plain_net(*feet, 200.0), atol=1e-9)
    speeds = medians({"ours": (ours, ROWS), "loop": (lambda: plain_net(*feet, 200.0), ROWS)})
    return [_row("statistics: net centre of pressure of two feet", speeds, "rows/s")]


def measure_surface() -> list[dict[str, Any]]:
    """A walkway of four plates; the loop copies each frame into its place and knows neither clocks nor units."""
    rng, times_us = np.random.default_rng(1), 10_000 * np.arange(FRAMES)
    plates = {
        str(i): Recording(
            rng.uniform(0, 300, (FRAMES, 64, 64)).astype("<f4"), times_us, replace(PLATE, place=Place(y_mm=448.0 * i))
        )
        for i in range(4)
    }

    def loop() -> np.ndarray:
        out = np.zeros((FRAMES, 256, 64), np.float32)
        for i in range(FRAMES):
            for place, plate in enumerate(plates.values()):
                out[i, (3 - place) * 64 : (4 - place) * 64] = plate.frames[i]
        return out

    np.testing.assert_array_equal(surface(plates).frames, loop())
    speeds = medians({"ours": (lambda: surface(plates), FRAMES), "loop": (loop, FRAMES)})
    return [_row("statistics: four plates of 64 x 64 as one surface", speeds, "frames/s")]


def _row(name: str, speeds: dict[str, float], unit: str) -> dict[str, Any]:
    peer = f"a plain loop: {speeds['loop']:,.0f} {unit}"
    return {"row": name, "value": speeds["ours"], "unit": unit, "peer": peer, "ratio": speeds["ours"] / speeds["loop"]}


def rows() -> list[dict[str, Any]]:
    """The rows for `make bench`."""
    return on_one_core(__file__)


if __name__ == "__main__":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    sys.stdout.write(json.dumps(measure_net() + measure_surface()))
