"""Sums of large matrices by rows and columns: the numbers of the product with a weight for each cell."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analytics import arrival_stats
from analytics.frames.basic_set import basic_set, first_halves, weights
from analytics.frames.weighted_sums import LINES_CELLS, Lines, Product
from analytics.sim import gait_frames
from barograph import Layout
from barograph.frames import narrow

ROWS, COLS = 90, 101
LAYOUTS: dict[str, dict[str, Any]] = {
    "counts": {"unit": "raw"},
    "counts of a sensor upside down": {"unit": "raw", "y_axis": "up", "x_axis": "left"},
    "pressures": {"unit": "psi", "scale": 0.25, "pitch_mm": (5.0, 7.0), "origin_mm": (-100.0, 40.0)},
    "a tare and a factor a cell": {
        "unit": "kPa", "pitch_mm": (5.0, 7.0), "tare": tuple(range(ROWS * COLS)),
        "cell_factors": tuple(np.linspace(0.5, 2.0, ROWS * COLS).tolist()), "scale": 0.5,
    },
}  # fmt: skip


def frames_of(layout: Layout, n: int = 6) -> np.ndarray:
    frames = gait_frames(n, ROWS, COLS, "uint16", 3)
    frames[1] = 0
    return frames.astype(layout.numpy_dtype)


@pytest.mark.parametrize("said", LAYOUTS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def test_sums_by_lines_are_those_by_cells(said: str, dtype: str) -> None:
    layout = Layout(rows=ROWS, cols=COLS, dtype=dtype, **LAYOUTS[said])
    frames, by_lines = frames_of(layout), weights(layout)
    if dtype.startswith("float"):
        frames[2, 10, 10:40] = frames[3] = np.nan
    by_cells = replace(by_lines, sums=product_of(layout))
    assert isinstance(by_lines.sums, Lines)
    found, expected = basic_set(frames, by_lines), basic_set(frames, by_cells)
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-9)
    if not dtype.startswith("float"):
        np.testing.assert_array_equal(narrow(found), narrow(expected))
    np.testing.assert_array_equal(arrival_stats(frames, layout), narrow(found))


def product_of(layout: Layout) -> Product:
    area = np.ones(layout.cells) if layout.area_cm2 is None else np.ravel(layout.area_cm2)
    total = 0.1 * area if layout.has_force else np.ones(layout.cells)
    return Product(np.column_stack([total, area, area[:, None] * layout.centres, area[:, None] * first_halves(layout)]))


@pytest.mark.parametrize(("rows", "cols"), [(512, 512), (2, 1 << 17), (1 << 17, 2)])
def test_the_total_of_the_largest_counts_is_exact(rows: int, cols: int) -> None:
    layout = Layout(rows=rows, cols=cols, dtype="uint16")
    frames = np.full((1, rows, cols), 65_535, np.uint16)
    assert basic_set(frames, weights(layout))[0, 0] == rows * cols * 65_535
    frames[0, 0, 0] -= 1
    assert basic_set(frames, weights(layout))[0, 0] == rows * cols * 65_535 - 1


@pytest.mark.parametrize(
    ("shape", "more"),
    [
        ((1, LINES_CELLS - 1), {}),
        ((2, LINES_CELLS // 2), {"mask": (0,) + (1,) * (LINES_CELLS - 1)}),
        ((2, LINES_CELLS // 2), {"cell_area_mm2": tuple(range(1, LINES_CELLS + 1))}),
    ],
)
def test_small_matrices_and_those_of_unlike_cells_are_summed_by_cells(
    shape: tuple[int, int], more: dict[str, Any]
) -> None:
    layout = Layout(rows=shape[0], cols=shape[1], dtype="uint16", unit="kPa", pitch_mm=(5.0, 5.0), **more)
    assert isinstance(weights(layout).sums, Product)
