"""A foot is found on cells that are no grid: a grid written as cells has the grid's regions, an insole its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analytics import arch_index, peak_map, sim, usual_regions
from analytics.base.foot_axis import centres, foot_axis, sizes_of
from analytics.regions.presets import PROPORTIONS, FoundFoot, find
from analytics.regions.toe_border import between
from barograph import Layout, read_file
from barograph.errors import InvalidData
from barograph.frames import Geometry


def as_cells(layout: Layout, *, outlined: bool = True) -> Layout:
    """The same plate, its cells written one by one as they are seen."""
    at = centres(layout, np.ones(layout.valid.shape, bool))
    wide, high = layout.pitch_mm or (1.0, 1.0)
    corners = tuple(
        tuple(
            float(v) for dx, dy in ((-1, -1), (1, -1), (1, 1), (-1, 1)) for v in (x + dx * wide / 2, y + dy * high / 2)
        )
        for x, y in at
    )
    geometry = Geometry(places="mm", x=tuple(at[:, 0]), y=tuple(at[:, 1]), polygons=corners if outlined else ())
    return replace(layout, geometry=geometry, pitch_mm=None, cell_area_mm2=wide * high, origin_mm=(0.0, 0.0))


def assert_alike(grid: FoundFoot, cells: FoundFoot) -> None:
    assert cells.names == grid.names
    assert (cells.side, cells.why) == (grid.side, grid.why)
    assert cells.axis_deg == pytest.approx(grid.axis_deg, abs=1e-9)
    assert cells.length_mm == pytest.approx(grid.length_mm, abs=1e-9)
    np.testing.assert_array_equal(cells.shares, grid.shares)


@pytest.mark.parametrize("outlined", [True, False])
def test_a_measured_print_written_as_cells_has_the_grids_foot(vendor: Callable[[str], Path], outlined: bool) -> None:
    emed = read_file(vendor("novel-emed/emed_test.lst"))[0]
    cells = replace(emed, layout=as_cells(emed.layout, outlined=outlined))
    peak = peak_map(emed).to_numpy()
    found = find(cells.layout, peak)
    assert found.axis_deg == pytest.approx(12.7, abs=2)
    assert found.of("hallux").sum() + found.of("toes").sum() == pytest.approx(54, abs=3)
    assert arch_index(cells)["arch_index"].iloc[0] == pytest.approx(0.227, abs=0.01)
    assert_alike(find(emed.layout, peak), found)


@pytest.mark.parametrize(
    ("name", "pitch"), [("print_right_20deg_5mm", 5.0), ("print_left_minus12deg_7mm", 7.0)]
)  # fmt: skip
def test_a_made_print_written_as_cells_has_the_grids_foot(
    metrics: Callable[[str], Path], name: str, pitch: float
) -> None:
    peak = np.loadtxt(metrics(f"masks/{name}.csv"), delimiter=",")
    rows, cols = peak.shape
    layout = Layout(rows=rows, cols=cols, unit="kPa", pitch_mm=(pitch, pitch), kind="plate")
    assert_alike(find(layout, peak, loaded_above=10.0), find(as_cells(layout), peak, loaded_above=10.0))


def test_an_insole_of_cells_has_its_foot_found_and_the_other_side_the_mirrored_one() -> None:
    found = {side: usual_regions(one) for side, one in sim.walk(6.0, geometry="pedar-x", seed=1).items()}
    left, right = found["left"], found["right"]
    assert "foot found in the pressures" in left.made
    np.testing.assert_array_equal(left.shares, right.shares)  # the same numbers of cells on both feet
    assert (left.shares.sum(axis=0) == 1).all()  # each cell in one region, whole
    numbers = {name: set((np.flatnonzero(left.of(name).ravel()) + 1).tolist()) for name in left.names}
    assert {1, 2, 3, 4, 5} <= numbers["heel"]
    assert {90, 91, 96} <= numbers["hallux"]
    assert {94, 95, 99} <= numbers["toes"]
    assert {62, 63} <= numbers["mt1"]
    assert {67, 68} <= numbers["mt5"]


def test_turning_and_moving_the_cells_turns_the_axis_and_leaves_the_regions() -> None:
    one = sim.walk(4.0, geometry="pedar-x", seed=1)["right"]
    peak = peak_map(one).to_numpy()
    before = find(one.layout, peak)
    turn = np.radians(-17.0)  # to the right
    way = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    flat = one.layout.geometry
    assert flat is not None
    x, y = (flat.centres @ way.T + [400.0, -30.0]).T
    corners = tuple(tuple((outline @ way.T + [400.0, -30.0]).ravel().tolist()) for outline in flat.outlines)
    turned = replace(one.layout, geometry=replace(flat, x=tuple(x), y=tuple(y), polygons=corners))
    after = find(turned, peak)
    assert after.axis_deg == pytest.approx(before.axis_deg + 17.0, abs=0.5)
    assert (after.shares != before.shares).any(axis=0).mean() < 0.1  # boxes of turned cells are a little larger


def test_a_cell_without_a_value_takes_no_part_in_the_border() -> None:
    one = sim.walk(4.0, geometry="pedar-x", seed=1)["right"]
    peak = peak_map(one).to_numpy()
    whole, dead = find(one.layout, peak), peak.copy()
    dead[0, 10] = np.nan
    np.testing.assert_array_equal(find(one.layout, dead).shares, whole.shares)


@pytest.mark.parametrize(
    ("geometry", "why"),
    [
        ("moticon-opengo-7", "length and width of the sensor are not known"),
        ("stappone", "it has no width"),
    ],
)
def test_a_mask_that_cannot_be_found_says_so(geometry: str, why: str) -> None:
    one = sim.walk(4.0, geometry=geometry, seed=1)["right"]
    made = usual_regions(one).made
    assert made == f"{PROPORTIONS}; no foot was found in the pressures: {why}"


def test_without_places_there_is_no_axis() -> None:
    layout = Layout(rows=1, cols=30, geometry=Geometry(places="none"), kind="insole", side="left")
    with pytest.raises(InvalidData, match="the places of the cells are not known"):
        foot_axis(layout, layout.valid, "left")


def test_pressure_between_cells_is_linear_and_ends_with_the_cells() -> None:
    rng = np.random.default_rng(3)
    where = rng.uniform(0, 100, (80, 2))
    layout = Layout(
        rows=1, cols=80, unit="kPa", geometry=Geometry(places="mm", x=tuple(where[:, 0]), y=tuple(where[:, 1]))
    )
    plane = (2.0 * where[:, 0] + 0.5 * where[:, 1] + 7.0)[None]
    inner = rng.uniform(30, 70, (50, 2))
    np.testing.assert_allclose(between(layout, plane, inner), 2.0 * inner[:, 0] + 0.5 * inner[:, 1] + 7.0)
    assert between(layout, plane, np.array([[400.0, 0.0]])).tolist() == [0.0]


def test_sizes_are_those_of_outlines_else_the_distance_to_the_next_cell() -> None:
    grid: Any = Layout(rows=3, cols=4, pitch_mm=(5.0, 8.0))
    assert sizes_of(grid, grid.valid).tolist() == [[5.0, 8.0]]
    cells = as_cells(grid)
    np.testing.assert_allclose(sizes_of(cells, cells.valid), [[5.0, 8.0]] * 12)
    bare = as_cells(grid, outlined=False)
    np.testing.assert_allclose(sizes_of(bare, bare.valid), [[5.0, 5.0]] * 12)
