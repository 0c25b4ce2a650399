"""A walk over several plates is the walk over one: cut, turned, apart, off the grid; what is no floor is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from walkways import Tread, cut, over, plate, treading, walking

from analytics import footprints, frame_stats, surface, walk
from barograph.errors import InvalidData
from barograph.frames import Layout, Place, Recording

PITCH = 8.0
ONE = plate(608, 2400)
WALK = treading(ONE, [*walking(4, y=250, step_mm=560), Tread("left", 250, 2392, -7, 2.2)], 3.0)
EXACT = ("foot_length_mm", "foot_width_mm", "axis_deg", "contact_s", "max_total_force_n", "max_peak_kpa")
STEPS = ("step_length_mm", "step_width_mm", "stride_length_mm", "progression_deg", "speed_m_s", "step_s")


def agree(a: pd.DataFrame, b: pd.DataFrame, names: tuple[str, ...], **near: float) -> None:
    for name in names:
        np.testing.assert_allclose(a[name], b[name], err_msg=name, **near)


@pytest.mark.parametrize(("rows", "turned"), [((140,), ()), ((95, 200), ()), ((140,), (0,)), ((95, 200), (1,))])
def test_a_walk_over_a_plate_cut_into_several_has_the_same_lengths_widths_and_angles(rows, turned):
    floor = surface(cut(WALK, rows, turned), grid=True)
    assert (floor.layout.rows, floor.layout.cols) == (ONE.rows, ONE.cols)
    one, several = footprints(WALK), footprints(floor)
    assert several["cut_edge"].tolist() == one["cut_edge"].tolist() == [False] * 4 + [True]
    assert several["side"].tolist() == one["side"].tolist()
    agree(several, one, EXACT, rtol=1e-5)
    assert len(walk(several)) == 2
    agree(walk(several), walk(one), STEPS, rtol=1e-4, atol=1e-3)


def test_the_border_of_two_plates_goes_through_a_print_which_is_cut_on_each_and_whole_on_both():
    heel_row = ONE.rows - round(250 / PITCH)
    parts = cut(WALK, (heel_row,))
    alone = [footprints(one)["cut_edge"].any() for one in parts.values()]
    assert all(alone)
    assert not footprints(surface(parts, grid=True))["cut_edge"].iloc[0]


@pytest.mark.parametrize("gap_mm", [0.0, 3.0, 21.0])
def test_steps_go_over_the_room_between_plates_and_prints_on_it_are_left_out(gap_mm):
    """A walk of six prints: the plates part between the third and the fourth, and then in the fourth."""
    treads = walking(6, x=200, y=250, step_mm=400)
    first, second = plate(400, 1240), plate(400, 1360)
    places = Place(x_mm=200.0), Place(x_mm=200.0, y_mm=1240.0 + gap_mm)
    beyond = [replace(one, y=one.y + (gap_mm if i > 2 else 0.0)) for i, one in enumerate(treads)]
    parts = {"a": over(first, places[0], beyond, 4.0), "b": over(second, places[1], beyond, 4.0)}
    floor = surface(parts, grid=True)
    found = footprints(floor)
    assert not found["cut"].any()
    steps = walk(found)
    extra = np.where(steps.index == 4, gap_mm, 0.0)
    off = abs(floor.provenance["surface"]["b"].get("off_mm", [0.0, 0.0])[1])
    assert off == pytest.approx(abs(gap_mm - PITCH * round(gap_mm / PITCH)))
    np.testing.assert_allclose(steps["step_length_mm"] - extra, 400.0, atol=off + 4.0)
    over_it = [replace(one, y=one.y - 120.0) for one in treads]
    both = {"a": over(first, places[0], over_it, 4.0), "b": over(second, places[1], over_it, 4.0)}
    cut_there = footprints(surface(both, grid=True))["cut_edge"].tolist()
    assert cut_there[3] == (gap_mm > PITCH / 2)


@pytest.mark.parametrize("turn_deg", [10.0, -3.0])
def test_a_turned_plate_is_spread_over_the_grid_and_keeps_forces_places_and_angles(turn_deg):
    treads = walking(4, x=0.0, y=250, step_mm=560)
    truth = footprints(treading(plate(1200, 2600), [replace(one, x=one.x + 600.0) for one in treads], 3.0))
    turn = np.radians(turn_deg)
    far = 1100.0 + 1200 * abs(np.sin(turn)) / 2
    parts = {"a": over(plate(608, 1096), Place(), treads, 3.0),
             "b": over(plate(1200, 1400), Place(y_mm=far, turn_deg=turn_deg), treads, 3.0)}  # fmt: skip
    floor = surface(parts, grid=True)
    total = sum(frame_stats(one)["total_force_n"].to_numpy() for one in parts.values())
    np.testing.assert_allclose(frame_stats(floor)["total_force_n"], total, rtol=1e-5)
    area = sum(one.layout.valid.sum() for one in parts.values()) * PITCH**2 / 100
    assert floor.layout.area_cm2 is not None
    assert floor.layout.area_cm2[floor.layout.valid].sum() == pytest.approx(area)
    found = footprints(floor)
    whole = ~found["cut"].to_numpy(bool)
    assert whole[[0, 3]].all()
    for name, near in (("axis_deg", 1.5), ("foot_length_mm", 1.3 * PITCH), ("foot_width_mm", 1.3 * PITCH)):
        np.testing.assert_allclose(found[name][whole], truth[name][whole], atol=near, err_msg=name)
    np.testing.assert_allclose(found["heel_y_mm"][whole], truth["heel_y_mm"][whole], atol=PITCH / 2)


def test_an_even_pressure_stays_even_under_any_turn():
    even = {"a": Recording(np.full((2, 20, 20), 50.0), np.array([0, 10_000]), replace(plate(160, 160), place=Place())),
            "b": Recording(np.full((2, 20, 20), 50.0), np.array([0, 10_000]),
                           replace(plate(160, 160), place=Place(x_mm=300.0, y_mm=20.0, turn_deg=27.0)))}  # fmt: skip
    floor = surface(even, grid=True)
    np.testing.assert_allclose(floor.frames[:, floor.layout.valid], 50.0, rtol=1e-5)
    assert np.isfinite(floor.frames).all()


def test_two_people_on_one_floor_of_two_plates_walk_for_themselves():
    treads = [*walking(4, x=200, y=250, step_mm=560), *(
        Tread(one.side, 1000.0 - one.x, 2400.0 - one.y, one.deg + 180.0, one.start_s + 0.13)
        for one in walking(4, x=200, y=250, step_mm=560)
    )]  # fmt: skip
    whole = treading(plate(1000, 2400), treads, 3.0)
    one, both = footprints(whole), footprints(surface(cut(whole, (150,)), grid=True))
    assert both["walk"].nunique() == 2
    assert both["walk"].tolist() == one["walk"].tolist()
    assert both.groupby("walk").size().tolist() == [4, 4]
    agree(walk(both), walk(one), STEPS, rtol=1e-4, atol=1e-3)


def test_what_is_no_floor_of_one_grid_is_refused_with_a_sentence():
    def on(place: Place, **changes: object) -> Recording:
        layout = Layout(rows=8, cols=4, unit="kPa", pitch_mm=(10.0, 20.0), kind="plate", dtype="float64")
        return Recording(np.zeros((3, 8, 4)), 10_000 * np.arange(3), replace(layout, place=place, **changes))

    first = on(Place())
    sizes = "pitch_mm: expected cells of one size on one floor, got 10 × 20 mm of near and 5 × 20 mm of far"
    with pytest.raises(InvalidData, match=sizes):
        surface({"near": first, "far": on(Place(x_mm=60.0), pitch_mm=(5.0, 20.0))}, grid=True)
    with pytest.raises(InvalidData, match="10 × 20 mm of far, which lie across each other"):
        surface({"near": first, "far": on(Place(x_mm=200.0, turn_deg=90.0))}, grid=True)
    with pytest.raises(InvalidData, match="cell_area_mm2: expected areas of the pitch on a floor with turned plates"):
        surface({"near": first, "far": on(Place(x_mm=200.0, turn_deg=20.0), cell_area_mm2=150.0)}, grid=True)
    with pytest.raises(InvalidData, match="place: expected plates within 262144 cells of one floor, got more"):
        surface({"near": first, "far": on(Place(x_mm=9000.3, y_mm=90000.0))}, grid=True)
