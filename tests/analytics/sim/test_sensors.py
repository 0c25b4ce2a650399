"""The simulated athlete on sensors of every geometry, and what imperfect sensors make of the load."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analytics import frame_stats, sim
from barograph import Layout, geometries
from barograph.errors import InvalidData
from barograph.geometry import Geometry

CLEAN: dict[str, Any] = {"noise": 0.0, "variation": 0.0}
SECONDS = 3.0
# How far the centre of pressure may lie from that of the fine grid: in parts of an insole's width and length, or in mm.
INSOLE, PLATE_MM = (0.09, 0.03), 3.0
FEW_MM = 6.0  # of a grid of 25 mm cells
IRREGULAR = [name for name in geometries.names() if geometries.named(name, "left").geometry is not None]
GRIDS = [name for name in geometries.names() if name not in IRREGULAR]


@pytest.fixture(scope="module")
def fine() -> dict[str, Any]:
    """Statistics of the insoles of 60 x 21 cells."""
    return {side: frame_stats(foot) for side, foot in sim.walk(SECONDS, **CLEAN).items()}


def centre(stats: Any, layout: Layout, side: str) -> np.ndarray:
    """(n, 2) centre of pressure in parts of the insole's width, from the left, and length."""
    names = [name for name in stats if name.startswith(("cop_x_", "cop_y_"))]
    found = stats[names].to_numpy()
    if layout.geometry is None:
        parts = found / [sim.WIDTH_MM, sim.LENGTH_MM]
        return np.column_stack([1.0 - parts[:, 0] if side == "left" else parts[:, 0], parts[:, 1]])
    left, low, right, high = layout.geometry.box
    return found + 0.5 if layout.places == "relative" else (found - [left, low]) / [right - left, high - low]


@pytest.mark.parametrize("side", sim.SIDES)
@pytest.mark.parametrize("name", IRREGULAR)
def test_force_and_centre_of_pressure_of_irregular_cells_are_those_of_the_grid(
    name: str, side: str, fine: dict[str, Any]
) -> None:
    foot = sim.walk(SECONDS, geometry=name, **CLEAN)[side]
    known = geometries.named(name, side)
    assert foot.layout.geometry == known.geometry
    assert foot.layout.unit == ("N" if known.quantity == "force" else "kPa")
    stats = frame_stats(foot)
    if foot.layout.has_force:
        np.testing.assert_allclose(stats["total_force_n"], fine[side]["total_force_n"], rtol=0.02, atol=12.0)
    if foot.layout.placed and name != "gaitpdb":
        away = np.abs(centre(stats, foot.layout, side) - centre(fine[side], sim.layouts()[side], side))
        assert (np.nanmax(away, axis=0) < INSOLE).all()
    else:
        assert foot.layout.placed or not [name for name in stats if name.startswith("cop")]


@pytest.mark.parametrize("side", sim.SIDES)
@pytest.mark.parametrize("name", GRIDS)
def test_a_foot_stands_in_the_middle_of_a_plate_and_fills_an_insole(name: str, side: str, fine: dict[str, Any]) -> None:
    foot = sim.walk(1.5, geometry=name, **CLEAN)[side]
    layout, stats = foot.layout, frame_stats(foot)
    known = fine[side].iloc[: len(foot)]
    np.testing.assert_allclose(stats["total_force_n"], known["total_force_n"], rtol=0.02, atol=12.0)
    pitch = np.array(layout.pitch_mm)
    size = np.array([sim.WIDTH_MM, sim.LENGTH_MM])
    middle = pitch * [layout.cols, layout.rows] / 2
    scale = 2 * middle / size if layout.kind == "insole" else 1.0
    expected = (centre(known, sim.layouts()[side], side) - 0.5) * size * scale
    found = (stats[["cop_x_mm", "cop_y_mm"]].to_numpy() - middle) * [1, -1]  # y grows to the back
    assert np.nanmax(np.abs(found - expected)) < (FEW_MM if layout.kind == "insole" else PLATE_MM)


def test_three_force_areas_are_loaded_one_after_another_on_either_foot() -> None:
    for side, foot in sim.walk(SECONDS, geometry="loadsol", **CLEAN).items():
        names = foot.layout.geometry.names
        start_us, stop_us = np.array(foot.provenance["stances_us"])[1]
        inside = (foot.times_us > start_us) & (foot.times_us < stop_us)
        peak = dict(zip(names, foot.frames[inside, 0].argmax(axis=0) / inside.sum(), strict=True))
        assert peak["heel"] < 0.35 < 0.6 < min(peak["medial"], peak["lateral"]), side
        assert set(names) == {"heel", "medial", "lateral"}


def test_own_layouts_are_given_by_side_and_a_foot_is_the_mirror_of_the_other() -> None:
    right = Geometry(places="mm", x=(20, 80, 30, 60), y=(40, 40, 200, 200), name="four")
    layouts = {
        side: Layout(rows=1, cols=4, unit="kPa", cell_area_mm2=2500.0, kind="insole", side=side, geometry=geometry)
        for side, geometry in (("right", right), ("left", right.mirrored()))
    }
    feet = sim.walk(SECONDS, geometry=layouts, cadence=120, **CLEAN)
    assert (feet["left"].layout.dtype, feet["left"].layout.scale) == ("uint16", 0.1)
    peaks = [feet[side].frames.max(axis=(0, 1)).astype(float) for side in sim.SIDES]
    np.testing.assert_allclose(peaks[0], peaks[1], rtol=0.3)  # the gains of cells differ
    force = [frame_stats(feet[side])["total_force_n"].max() for side in sim.SIDES]
    np.testing.assert_allclose(force, 1.1 * 75 * sim.GRAVITY, rtol=0.02)


@pytest.mark.parametrize("name", ["pedar-x", "loadsol", "xsensor-hx210-31x11", None])
def test_every_sensor_is_the_same_for_the_same_seed_however_it_is_cut(name: str | None) -> None:
    given: dict[str, Any] = {
        "geometry": name, "seed": 7, "hysteresis": 0.2, "drift_per_min": 0.1, "dead_cells": 1, "residual_kpa": 5.0,
    }  # fmt: skip
    whole = sim.walk(1.0, **given)
    for size in (1, 9, 50):
        parts: dict[str, list[Any]] = {side: [] for side in sim.SIDES}
        blocks = sim.stream("walk", size, **given)
        while len(parts["right"]) * size < 100:
            side, _, frames = next(blocks)
            parts[side].append(frames)
        for side in sim.SIDES:
            np.testing.assert_array_equal(np.concatenate(parts[side])[:100], whole[side].frames)
    other = sim.walk(1.0, **{**given, "seed": 8})
    assert (other["left"].frames != whole["left"].frames).any()


def cells(**given: Any) -> np.ndarray:
    """(n, cells) kPa of a left pedar insole in a walk."""
    return sim.walk(SECONDS, geometry="pedar-x", **{**CLEAN, **given})["left"].kpa()[:, 0]


def test_noise_is_the_relative_spread_of_loaded_cells() -> None:
    still, noisy = cells(), cells(noise=0.1)
    loaded = still > 50
    assert np.std(noisy[loaded] / still[loaded]) == pytest.approx(0.1, rel=0.05)
    assert (noisy[(still == 0).all(axis=1)] == 0).all()


def test_hysteresis_makes_an_unloading_cell_read_too_high_and_no_other() -> None:
    still, held = cells(), cells(hysteresis=0.25)
    ratio = held / np.where(still > 20, still, np.nan)
    assert np.nanmin(ratio) > 0.99
    assert np.nanmax(ratio) == pytest.approx(1.25, abs=0.02)
    strike = np.diff(still, axis=0, prepend=0) > 10
    first = strike & (np.cumsum(still > 0, axis=0) < 8)
    np.testing.assert_allclose(held[first], still[first], atol=0.11)
    assert (held[(still == 0).all(axis=1)] == 0).all()


@pytest.mark.parametrize("drift", [0.6, -0.6])
def test_drift_grows_with_time_by_so_much_a_minute(drift: float) -> None:
    still, drifted = cells(), cells(drift_per_min=drift)
    minutes = np.arange(len(still)) / 100 / 60
    expected = still * (1 + drift * minutes[:, None])
    loaded = still > 5  # below, the floor decides
    np.testing.assert_allclose(drifted[loaded], expected[loaded], atol=0.11)


def test_dead_cells_are_so_many_and_read_nothing() -> None:
    still, dead = cells(), cells(dead_cells=5)
    gone = (still.max(axis=0) > 0) & (dead.max(axis=0) == 0)
    assert (dead.max(axis=0) == 0).sum() - (still.max(axis=0) == 0).sum() == gone.sum() <= 5
    assert gone.sum() >= 4
    np.testing.assert_array_equal(dead[:, ~gone], still[:, ~gone])
    assert (cells(dead_cells=1000) == 0).all()
    grid = sim.walk(1.0, dead_cells=30)["left"]
    assert (grid.frames.max(axis=0)[grid.layout.valid] == 0).sum() >= 30


def test_a_shoe_leaves_a_residual_load_in_the_air_and_adds_it_on_the_ground() -> None:
    still, shod = cells(), cells(residual_kpa=8.0)
    air = (still == 0).all(axis=1)
    assert air.any()
    assert shod[air].mean() == pytest.approx(8.0, rel=0.1)
    assert 4.0 <= shod[air].min() <= shod[air].max() <= 12.0
    np.testing.assert_allclose(shod - shod[air][0], np.where(still > 0, still, shod - shod[air][0]), atol=0.11)
    forces = sim.walk(SECONDS, geometry="loadsol", residual_kpa=8.0, **CLEAN)["left"]
    lightest = frame_stats(forces)["total_force_n"].min()
    assert 60 < lightest < 230  # 8 kPa on a sole of 95 by 260 mm
    grid = sim.walk(1.0, residual_kpa=8.0)["left"]
    assert (grid.frames[:, ~grid.layout.valid] == 0).all()


@pytest.mark.parametrize("name", ["footscan-1m", "pedar-x"])
def test_a_foot_progression_angle_turns_the_toes_outwards(name: str) -> None:
    for side, outwards in (("left", -1), ("right", 1)):
        ahead, out = (
            frame_stats(sim.walk(1.5, geometry=name, progression_deg=turn, **CLEAN)[side]) for turn in (0.0, 8.0)
        )
        moved = (out["cop_x_mm"] - ahead["cop_x_mm"]).dropna() * outwards
        np.testing.assert_allclose(out["total_force_n"], ahead["total_force_n"], rtol=0.02, atol=12.0)
        y = ahead["cop_y_mm"].loc[moved.index]
        along = (y - y.min()) / (y.max() - y.min())
        along = 1 - along if name == "footscan-1m" else along  # its rows grow to the back
        assert moved[along < 0.1].mean() < -3
        assert moved[along > 0.9].mean() > 3


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"geometry": "pedar-q"}, "geometry: expected one of pedar"),
        ({"hysteresis": 1.5}, "hysteresis: expected 0 to 1, got 1.5"),
        ({"drift_per_min": float("nan")}, "drift_per_min: expected -1 to 1"),
        ({"dead_cells": -1}, "dead_cells: expected 0 to 100000"),
        ({"residual_kpa": 101}, "residual_kpa: expected 0 to 100"),
    ],
)
def test_an_impossible_sensor_is_refused_by_name(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidData, match=message):
        sim.walk(1.0, **given)
