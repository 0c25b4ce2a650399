"""What cells cover of a sole: with too much of it dead there is no total and no centre."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analytics import arrival_stats, frame_stats, stances
from analytics.columns import arrival_columns
from analytics.frames.sole import covered, is_estimated, sole_cm2, withheld
from barograph import geometries
from barograph.errors import InvalidData
from barograph.frames import Geometry, Layout, Recording

PLACES = {"x": tuple(range(0, 200, 10)), "y": (5.0, 15.0) * 10}
CELLS = 20  # of 100 mm², but the last, of 30


def sole(sole_mm2: float | None = 2000.0, **more: object) -> Layout:
    geometry = Geometry(places="mm", **PLACES, sole_mm2=sole_mm2)
    areas = (100.0,) * 19 + (30.0,)
    fields = {"unit": "kPa", "cell_area_mm2": areas, "cop_floor_n": 0.0, "kind": "insole"} | more
    return Layout(rows=1, cols=CELLS, geometry=geometry, **fields)


def with_dead(*numbers: int) -> np.ndarray:
    frames = np.full((2, 1, CELLS), 50.0)
    frames[1, 0, list(numbers)] = np.nan
    return frames


def of(frames: np.ndarray, layout: Layout):
    return frame_stats(Recording(frames, np.arange(len(frames)) * 10_000, layout))


def test_a_twentieth_of_the_sole_may_be_dead_and_no_more():
    layout = sole()
    one, two = of(with_dead(3), layout), of(with_dead(3, 19), layout)  # 5 and 6.5 % of 2000 mm²
    assert one["total_force_n"].to_list() == pytest.approx([96.5, 91.5])
    assert two["total_force_n"].iloc[0] == pytest.approx(96.5)
    missing = ["total_force_n", "cop_x_mm", "cop_y_mm"]
    assert two[missing].iloc[1].isna().all()
    assert two[["peak_kpa", "contact_area_cm2", "load_left_pct"]].iloc[1].notna().all()
    assert two["n_dead"].to_list() == [0.0, 2.0]
    assert withheld(two).tolist() == [False, True]
    assert not withheld(one).any()


def test_stored_statistics_say_the_same():
    for layout in (sole(), sole(unit="raw"), sole(tare=(0.5,) * CELLS)):
        frames = with_dead(0, 1)
        stored = arrival_stats(frames, layout)
        found = of(frames, layout)[list(arrival_columns(layout))]
        np.testing.assert_allclose(stored, found.to_numpy(), rtol=1e-6)
        assert np.isnan(stored[1, [0, 4, 5]]).all()


def test_without_a_told_sole_dead_cells_are_left_out_and_counted():
    for layout in (sole(None), replace(sole(), cell_area_mm2=None)):
        assert covered(layout) is None and sole_cm2(layout) is None  # noqa: PT018
        assert not is_estimated(layout)
        assert of(with_dead(*range(12)), layout).iloc[1, 0] > 0.0


def test_cells_that_are_not_there_are_not_dead():
    mask = (0,) * 4 + (1,) * 16
    frames = with_dead(0, 1, 2, 3)
    assert of(frames, sole(mask=mask))["total_force_n"].notna().all()
    assert covered(sole(mask=mask)) == pytest.approx(0.765)


def test_less_than_nine_tenths_is_an_estimate():
    assert covered(sole()) == pytest.approx(0.965)
    assert not is_estimated(sole(1930.0 / 0.9))
    assert is_estimated(sole(1930.0 / 0.899))
    assert covered(sole(1000.0)) == 1.0  # a sole smaller than its cells
    assert covered(Layout(rows=2, cols=2, unit="kPa", pitch_mm=(5.0, 5.0))) is None


def test_a_foot_without_any_total_has_no_stances():
    frames = np.tile(with_dead(0, 1)[1:], (300, 1, 1))
    table = of(frames, sole())
    assert withheld(table).all()
    assert len(stances(table)) == 0


def test_cells_of_a_pedar_insole_are_all_of_it_and_its_mirror_image_too():
    for side in ("left", "right"):
        layout = Layout.from_dict({"geometry": "pedar-x", "side": side, "unit": "kPa"})
        assert covered(layout) == pytest.approx(1.0)
    few = geometries.named("pedar-x", "left").of(range(1, 51)).fields("kPa")
    assert is_estimated(Layout(unit="kPa", side="left", **few))
    for name in ("pedar-xw", "moticon-opengo-7", "stappone"):
        assert covered(Layout.from_dict({"geometry": name, "side": "left", "unit": "kPa"})) is None, name


def test_it_is_kept_with_the_layout_and_bad_numbers_are_refused():
    layout = sole(1234.5)
    assert Layout.from_dict(layout.to_dict()) == layout
    for wrong in (0.0, -1.0, float("inf"), float("nan"), "20", True):
        with pytest.raises(InvalidData, match=r"geometry\.sole_mm2: expected a number above 0"):
            Geometry(places="mm", **PLACES, sole_mm2=wrong)
