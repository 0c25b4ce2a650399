"""Statistics of cells that are no grid: a grid written so has the grid's numbers, and a place moves no force."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import analytics
from analytics import arrival_stats, frame_stats, regions
from analytics.columns import arrival_columns, definition, frame_columns
from analytics.frames.cell_shape import _cells, _steepest_of_known, steepest_plane
from barograph import Layout, Recording
from barograph.errors import InvalidData
from barograph.geometry import Geometry

RNG = np.random.default_rng(17)
PLATE = Layout(
    rows=9, cols=5, unit="kPa", pitch_mm=(8.0, 11.0), cop_floor_n=0.0, kind="plate", x_axis="right", y_axis="up"
)
SIZES = PLATE.pitch_mm or (0.0, 0.0)


def as_cells(grid: Layout) -> Layout:
    """The same sensor, its cells written one by one."""
    (wide, high), centres = SIZES, grid.centres
    boxes = tuple(
        tuple(
            float(v) for dx, dy in ((-1, -1), (1, -1), (1, 1), (-1, 1)) for v in (x + dx * wide / 2, y + dy * high / 2)
        )
        for x, y in centres
    )
    geometry = Geometry(places="mm", x=tuple(centres[:, 0]), y=tuple(centres[:, 1]), polygons=boxes)
    return replace(grid, pitch_mm=None, geometry=geometry, cell_area_mm2=wide * high)


def pressed(frames: int = 30) -> Recording:
    cells = np.round(RNG.random((frames, 9, 5)) * 200.0 - 5.0, 1)
    cells[3], cells[4, 2, 2], cells[5] = 0.0, np.nan, np.nan
    return Recording(frames=cells, times_us=np.arange(frames) * 10_000, layout=PLATE)


def test_a_grid_written_as_cells_has_the_grids_numbers() -> None:
    grid = pressed()
    cells = replace(grid, layout=as_cells(PLATE))
    ours, theirs = frame_stats(cells), frame_stats(grid)
    own = {"peak_x_mm", "peak_y_mm"}  # of other neighbours, as their definition says
    for name in set(theirs) - {"gradient_kpa_cm"} - own:
        np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-11, atol=1e-9, err_msg=name)
    np.testing.assert_array_equal(arrival_stats(cells.frames, cells.layout), arrival_stats(grid.frames, grid.layout))


def test_a_gaussian_over_random_cells_keeps_its_centre_and_its_spread() -> None:
    where = RNG.uniform(-150, 150, (4000, 2))
    geometry = Geometry(places="mm", x=tuple(where[:, 0]), y=tuple(where[:, 1]))
    layout = Layout(rows=1, cols=4000, unit="kPa", geometry=geometry, cell_area_mm2=22.5, cop_floor_n=0.0)
    frames = 100.0 * np.exp(-0.5 * (((where - [12.0, -30.0]) / [25.0, 40.0]) ** 2).sum(axis=1))[None, None]
    row = frame_stats(Recording(frames=frames, times_us=np.array([0]), layout=layout)).iloc[0]
    assert (row["cop_x_mm"], row["cop_y_mm"]) == pytest.approx((12.0, -30.0), abs=2.5)
    assert (row["spread_minor_mm"], row["spread_major_mm"]) == pytest.approx((25.0, 40.0), rel=0.05)


def test_the_plane_through_a_plane_has_its_slope() -> None:
    where = RNG.uniform(0, 100, (60, 2))
    layout = Layout(
        rows=1, cols=60, unit="kPa", geometry=Geometry(places="mm", x=tuple(where[:, 0]), y=tuple(where[:, 1]))
    )
    frames = (50.0 + where @ [0.3, -0.4])[None, None]
    stats = frame_stats(Recording(frames=frames, times_us=np.array([0]), layout=layout))
    assert stats["gradient_plane_kpa_cm"].iloc[0] == pytest.approx(5.0)


@given(st.floats(-np.pi, np.pi), st.floats(0.2, 5.0), st.booleans(), st.tuples(st.floats(-90, 90), st.floats(-90, 90)))
def test_turned_mirrored_scaled_and_moved_places_move_with_their_load(
    angle: float, size: float, mirrored: bool, by: tuple[float, float]
) -> None:
    recording = pressed(8)
    cells = replace(recording, layout=replace(as_cells(PLATE), cell_area_mm2=88.0))
    turn = size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turn = turn @ np.diag([-1.0, 1.0]) if mirrored else turn
    places = PLATE.centres @ turn.T + by
    geometry = Geometry(places="mm", x=tuple(places[:, 0]), y=tuple(places[:, 1]))
    moved = frame_stats(replace(cells, layout=replace(cells.layout, geometry=geometry)))
    before = frame_stats(cells)
    for name in ("total_force_n", "peak_kpa", "contact_area_cm2", "mean_loaded_kpa", "n_dead"):
        np.testing.assert_array_equal(moved[name], before[name])
    expected = before[["cop_x_mm", "cop_y_mm"]].to_numpy() @ turn.T + by
    np.testing.assert_allclose(moved[["cop_x_mm", "cop_y_mm"]], expected, atol=1e-6)
    np.testing.assert_allclose(moved["spread_major_mm"], size * before["spread_major_mm"], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("unit", ["N", "kPa", "raw"])
@pytest.mark.parametrize("places", ["none", "relative"])
def test_what_places_do_not_carry_has_no_column(places: str, unit: str) -> None:
    geometry = Geometry(places="none") if places == "none" else replace(as_cells(PLATE).geometry, places="relative")  # type: ignore[type-var, arg-type]
    layout = replace(PLATE, pitch_mm=None, geometry=geometry, unit=unit)  # type: ignore[arg-type]
    recording = replace(pressed(), layout=layout)
    table = frame_stats(recording)
    assert tuple(table) == frame_columns(layout)
    assert arrival_stats(recording.frames, layout).shape == (30, len(arrival_columns(layout)))
    assert not [name for name in table if name.startswith(("gradient", "spread")) or name.endswith("_mm")]
    placed = [name for name in table if name.startswith(("cop", "load_", "peak_x"))]
    assert bool(placed) == (places == "relative")
    assert [definition(name).unit for name in table][:2] == {
        "N": ["N", "N"],
        "kPa": ["kPa", "kPa"],
        "raw": ["counts"] * 2,
    }[unit]
    np.testing.assert_allclose(table.iloc[0, 0], np.nansum(recording.frames[0]))


@pytest.mark.parametrize("what", [regions.thirds, regions.grid, lambda one: regions.foot(one, side="left")])
def test_without_places_there_are_no_regions(what: object) -> None:
    with pytest.raises(InvalidData, match="places of the cells are not known"):
        what(replace(PLATE, pitch_mm=None, geometry=Geometry(places="none")))  # type: ignore[operator]


def test_thirds_and_grids_of_cells_are_those_of_the_grid() -> None:
    for make in (regions.thirds, regions.grid):
        ours, theirs = make(as_cells(PLATE)), make(PLATE)
        assert ours.names == theirs.names
        # The plate's front is its first row here, as y grows upwards.
        np.testing.assert_allclose(ours.shares, theirs.shares, atol=1e-12)
    ours, theirs = (regions.foot(layout, side="left") for layout in (as_cells(PLATE), PLATE))
    np.testing.assert_array_equal(ours.shares, theirs.shares)


def test_areas_with_names_are_regions_of_their_own() -> None:
    layout = Layout(rows=1, cols=3, unit="N", geometry=Geometry(places="none", names=("heel", "medial", "lateral")))
    recording = Recording(
        frames=np.array([[[1.0, 2.0, 4.0]], [[8.0, 0.0, 1.0]]]), times_us=np.array([0, 10_000]), layout=layout
    )
    chosen = regions.named(layout)
    assert chosen.names == ("heel", "medial", "lateral")
    curves = analytics.region_curves(recording, chosen)
    np.testing.assert_array_equal(curves["heel"]["total_force_n"], [1.0, 8.0])


def test_a_cell_among_loaded_ones_that_never_has_a_load_is_dead_and_repaired() -> None:
    where = RNG.uniform(0, 100, (40, 2))
    inner = int(np.abs(where - 50.0).sum(axis=1).argmin())
    layout = Layout(
        rows=1, cols=40, unit="kPa", geometry=Geometry(places="mm", x=tuple(where[:, 0]), y=tuple(where[:, 1]))
    )
    frames = np.full((300, 1, 40), 80.0) + RNG.random((300, 1, 40))
    frames[:, 0, inner] = 0.0
    outer = int(where[:, 0].argmax())
    frames[:, 0, outer] = 0.0  # at the edge nobody can know
    recording = Recording(frames=frames, times_us=np.arange(300) * 10_000, layout=layout)
    table = analytics.bad_cells(recording)
    assert table.loc[table["dead"], "col"].tolist() == [inner]
    assert analytics.repair(recording, table).frames[:, 0, inner] == pytest.approx(80.5, abs=1.0)
    nowhere = replace(recording, layout=replace(layout, geometry=Geometry(places="none")))
    assert not analytics.bad_cells(nowhere)["dead"].any()


def test_two_recordings_of_cells_are_compared_where_they_lie() -> None:
    recording = replace(pressed(), layout=as_cells(PLATE))
    same = analytics.difference_map(recording, recording)
    assert np.nanmax(np.abs(same.to_numpy())) == 0.0
    moved = replace(
        recording.layout, geometry=replace(as_cells(PLATE).geometry, x=tuple(PLATE.centres[:, 0] + 40.0), polygons=())
    )  # type: ignore[type-var]
    other = analytics.difference_map(recording, replace(recording, layout=moved))
    assert other.attrs["shift"] == pytest.approx([-40.0, 0.0])
    with pytest.raises(InvalidData, match="places are known"):
        analytics.difference_map(
            recording, replace(recording, layout=replace(recording.layout, geometry=Geometry(places="none")))
        )


def test_the_steepest_plane_is_the_same_beside_a_cell_without_a_value() -> None:
    slopes, every = _cells(as_cells(PLATE)), np.ones((6, 45), bool)
    cells = RNG.random((6, 45)) * 100.0
    np.testing.assert_allclose(
        steepest_plane(cells, every, slopes), _steepest_of_known(cells, every, slopes), rtol=1e-12
    )
    known = every.copy()
    known[:3, 7] = False
    mixed = steepest_plane(np.where(known, cells, np.nan), known, slopes)
    np.testing.assert_array_equal(mixed[3:], steepest_plane(cells, every, slopes)[3:])
    assert np.isfinite(mixed).all()
