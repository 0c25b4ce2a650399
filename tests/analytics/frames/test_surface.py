"""Plates beside each other are one surface: its numbers are theirs, and what does not fit is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analytics import footprints, frame_stats, net_cop, peak_map, surface
from barograph.errors import InvalidData
from barograph.files import read_file
from barograph.frames import Gap, Geometry, Layout, Place, Recording

T0_US = 1_700_000_000_000_000
PLATE = Layout(rows=4, cols=3, unit="kPa", pitch_mm=(10.0, 20.0), kind="plate", dtype="float64")
CELLS = np.random.default_rng(2).uniform(20.0, 300.0, (50, 4, 3))


def plate(place: Place | None, cells: Any = CELLS, at_us: Any = None, **changes: Any) -> Recording:
    times_us = T0_US + 10_000 * np.arange(len(cells)) if at_us is None else at_us
    return Recording(cells, times_us, replace(PLATE, place=place, **changes))


def test_a_walk_over_one_plate_is_the_same_over_four_of_its_parts(metrics: Callable[[str], Path]) -> None:
    (whole,) = read_file(metrics("walkway/walk_four_prints.npz"))
    layout = whole.layout
    rows, cols, (px, py) = layout.rows, layout.cols, layout.pitch_mm or (0.0, 0.0)
    middle, half = cols // 2, rows // 3
    parts = {}
    for name, r, c in (
        ("rear left", slice(half, rows), slice(0, middle)), ("rear right", slice(half, rows), slice(middle, cols)),
        ("front left", slice(0, half), slice(0, middle)), ("front right", slice(0, half), slice(middle, cols)),
    ):  # fmt: skip
        place = Place(x_mm=(c.start + c.stop) / 2 * px, y_mm=(rows - r.stop) * py)
        own = replace(layout, rows=r.stop - r.start, cols=c.stop - c.start, place=place)
        parts[name] = Recording(whole.frames[:, r, c], whole.times_us, own)
    joined = surface(parts)
    assert (joined.layout.rows, joined.layout.cols, joined.layout.mask) == (rows, cols, None)
    np.testing.assert_allclose(joined.frames, whole.kpa(), rtol=1e-6)
    one, four = footprints(whole), footprints(joined)
    assert len(four) == len(one) == 4
    for name in ("foot_length_mm", "foot_width_mm", "progression_deg"):
        if name in one:
            np.testing.assert_allclose(four[name], one[name], rtol=1e-5)


@pytest.mark.parametrize("turn", [0.0, 90.0, -90.0, 180.0, 270.0, -360.0])
def test_turns_by_a_quarter_are_a_grid_that_numpy_turns_too(turn: float) -> None:
    square = replace(PLATE, pitch_mm=(10.0, 10.0))
    one = plate(Place(turn_deg=turn), pitch_mm=(10.0, 10.0))
    joined = surface({"only": one})
    np.testing.assert_allclose(joined.frames, np.rot90(CELLS, round(turn / 90), axes=(1, 2)).astype("<f4"))
    assert joined.layout.places == "grid"
    # The middle of the rear edge stays where it is.
    corners = {0: (-15, 0), 90: (-40, -15), 180: (-15, -40), 270: (0, -15)}[int(turn % 360)]
    np.testing.assert_allclose(joined.layout.origin_mm, corners, atol=1e-9)
    assert square.area_cm2 is not None
    np.testing.assert_allclose(frame_stats(joined)["total_force_n"], 0.1 * CELLS.sum(axis=(1, 2)), rtol=1e-6)


def test_room_between_plates_is_no_cell_and_totals_are_sums() -> None:
    left, right = plate(Place(x_mm=-35.0)), plate(Place(x_mm=45.0, y_mm=40.0), 2.0 * CELLS)
    joined = surface({"left": left, "right": right})
    layout = joined.layout
    # Two of 3 columns with 5 between them; the right one stands two rows before the left.
    assert (layout.rows, layout.cols, layout.pitch_mm) == (6, 11, (10.0, 20.0))
    assert layout.valid.sum() == 24
    assert not layout.valid[:, 3:8].any()
    assert not layout.valid[:2, :3].any()
    tables = [frame_stats(one) for one in (left, right)]
    stats = frame_stats(joined)
    np.testing.assert_allclose(stats["total_force_n"], sum(one["total_force_n"] for one in tables), rtol=1e-6)
    net = net_cop(*tables, layouts=(left.layout, right.layout))
    np.testing.assert_allclose(stats["cop_x_mm"], net["net_cop_x_mm"], atol=1e-4)
    np.testing.assert_allclose(stats["cop_y_mm"], net["net_cop_y_mm"], atol=1e-4)
    assert peak_map(joined).to_numpy()[layout.valid].max() == pytest.approx(2.0 * CELLS.max(), rel=1e-6)
    assert joined.provenance["surface"]["right"] == {"x_mm": 45.0, "y_mm": 40.0, "turn_deg": 0.0}


@pytest.mark.parametrize(
    ("place", "changes"),
    [
        (Place(x_mm=43.7), {}),
        (Place(x_mm=60.0, turn_deg=15.0), {}),
        (Place(x_mm=60.0), {"pitch_mm": (5.0, 20.0)}),
        (Place(x_mm=110.0, turn_deg=90.0), {}),  # pitches of 10 and 20 mm across each other
    ],
)
def test_what_is_not_on_one_grid_becomes_cells_with_places_and_keeps_all_numbers(place: Place, changes: Any) -> None:
    left, right = plate(Place()), plate(place, **changes)
    joined = surface({"left": left, "right": right})
    assert (joined.layout.places, joined.layout.cells) == ("mm", 24)
    tables = [frame_stats(one) for one in (left, right)]
    stats = frame_stats(joined)
    np.testing.assert_allclose(stats["total_force_n"], sum(one["total_force_n"] for one in tables), rtol=1e-6)
    np.testing.assert_allclose(stats["contact_area_cm2"], sum(one["contact_area_cm2"] for one in tables), rtol=1e-6)
    net = net_cop(*tables, layouts=(left.layout, right.layout))
    np.testing.assert_allclose(stats["cop_x_mm"], net["net_cop_x_mm"], atol=1e-4)
    np.testing.assert_allclose(stats["cop_y_mm"], net["net_cop_y_mm"], atol=1e-4)


def test_turning_and_moving_all_plates_moves_every_place_and_no_force() -> None:
    places = [Place(), Place(x_mm=60.0, y_mm=20.0)]
    turn = np.radians(30.0)
    turned = [
        Place(
            x_mm=100 + np.cos(turn) * one.x_mm - np.sin(turn) * one.y_mm,
            y_mm=-50 + np.sin(turn) * one.x_mm + np.cos(turn) * one.y_mm, turn_deg=30.0,
        )
        for one in places
    ]  # fmt: skip
    a, b = (
        frame_stats(surface({str(i): plate(place, (1 + i) * CELLS) for i, place in enumerate(group)}))
        for group in (places, turned)
    )
    np.testing.assert_allclose(a["total_force_n"], b["total_force_n"], rtol=1e-6)
    x, y = a["cop_x_mm"], a["cop_y_mm"]
    np.testing.assert_allclose(b["cop_x_mm"], 100 + np.cos(turn) * x - np.sin(turn) * y, atol=1e-4)
    np.testing.assert_allclose(b["cop_y_mm"], -50 + np.sin(turn) * x + np.cos(turn) * y, atol=1e-4)


@pytest.mark.parametrize(
    ("place", "said"),
    [(Place(x_mm=20.0), "left and right overlap by 10.0 mm"), (Place(), "left and right overlap by 30.0 mm"),
     (Place(x_mm=20.0, y_mm=75.0), "overlap by 5.0 mm"), (Place(x_mm=31.0, turn_deg=30.0), "right overlap by")],
)  # fmt: skip
def test_plates_that_overlap_are_refused(place: Place, said: str) -> None:
    with pytest.raises(InvalidData, match="place: expected sensors that lie beside each other, got ") as refused:
        surface({"left": plate(Place()), "right": plate(place)})
    assert said in str(refused.value)


def test_plates_that_touch_or_fit_into_each_other_s_bay_do_not_overlap() -> None:
    assert surface({"left": plate(Place()), "right": plate(Place(x_mm=30.0))}).layout.cols == 6
    assert surface({"left": plate(Place()), "right": plate(Place(x_mm=29.6))}).layout.places == "mm"
    # An L of cells, and one cell in its corner.
    bay = plate(Place(), mask=(0, 0, 1, 0, 0, 1, 0, 0, 1, 1, 1, 1))
    one = Recording(CELLS[:, :1, :1], bay.times_us, replace(PLATE, rows=1, cols=1, place=Place(x_mm=-10.0, y_mm=20.0)))
    assert surface({"bay": bay, "one": one}).layout.valid.sum() == 7


def test_moments_of_the_slowest_count_and_one_without_all_frames_is_a_gap() -> None:
    slow_us, fast_us = T0_US + 20_000 * np.arange(50), T0_US + 2_000 + 10_000 * np.arange(100)
    fast = np.repeat(np.arange(100.0), 12).reshape(100, 4, 3)
    kept = np.r_[0:40, 50:100]
    right = plate(Place(x_mm=30.0), fast[kept], fast_us[kept])
    joined = surface({"left": plate(Place(), at_us=slow_us), "right": right})
    assert joined.times_us.tolist() == np.delete(slow_us, np.arange(21, 25)).tolist()
    assert joined.frames[5, 0, 3] == 10.0
    (gap,) = joined.gaps
    assert (gap.n, gap.reason) == (4, "one of the plates has no frame")
    assert joined.missing_us.tolist() == [[gap.start_us, gap.stop_us]]
    own = Gap(0, 10, 3, int(slow_us[9]), int(slow_us[10]))
    left = replace(plate(Place(), at_us=slow_us), gaps=(own,))
    assert own in surface({"left": left, "right": plate(Place(x_mm=30.0), fast, fast_us)}).gaps


def test_units_become_kpa_and_counts_stay_counts() -> None:
    psi = plate(Place(x_mm=30.0), CELLS, unit="psi", contact_kpa=15.0)
    joined = surface({"left": plate(Place()), "right": psi})
    assert (joined.layout.unit, joined.layout.contact_kpa) == ("kPa", 15.0)
    np.testing.assert_allclose(joined.frames[:, :, 3:], 6.894757 * CELLS, rtol=1e-6)
    raw = {name: replace(one, layout=replace(one.layout, unit="raw")) for name, one in (("a", psi),)}
    assert surface(raw).layout.unit == "raw"
    with pytest.raises(InvalidData, match="unit: expected pressures, forces or counts of all sensors, got counts, pr"):
        surface({"left": plate(Place()), **raw})


def test_cells_of_a_geometry_and_areas_of_their_own_are_kept() -> None:
    geometry = Geometry(places="mm", x=(5.0, 25.0), y=(5.0, 5.0))
    sole = Layout(rows=1, cols=2, unit="kPa", geometry=geometry, cell_area_mm2=(100.0, 250.0), place=Place(x_mm=100.0))
    joined = surface({"plate": plate(Place()), "sole": Recording(CELLS[:, :1, :2], plate(None).times_us, sole)})
    assert joined.layout.centres[-2:].tolist() == [[90.0, 0.0], [110.0, 0.0]]
    assert joined.layout.cell_area_mm2 == (200.0,) * 12 + (100.0, 250.0)
    own = surface({"left": plate(Place()), "right": plate(Place(x_mm=40.0), cell_area_mm2=150.0)})
    assert own.layout.area_cm2 is not None
    assert own.layout.area_cm2[0].tolist() == [2.0, 2.0, 2.0, 2.0, 1.5, 1.5, 1.5]


def test_what_is_no_surface_is_refused_by_name() -> None:
    with pytest.raises(InvalidData, match="recordings: expected one or more by name, got none"):
        surface({})
    with pytest.raises(InvalidData, match="place: expected one in the layout of right, got none"):
        surface({"left": plate(Place()), "right": plate(None)})
    with pytest.raises(InvalidData, match="layout: expected places of the cells of left in mm, got none"):
        surface({"left": plate(Place(), pitch_mm=None)})
    later = plate(Place(x_mm=30.0), at_us=T0_US + 10**9 + 10_000 * np.arange(50))
    with pytest.raises(InvalidData, match="recordings: expected sensors of one clock, got no moment that all have"):
        surface({"left": plate(Place()), "right": later})
