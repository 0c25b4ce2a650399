"""Where cells lie that are no grid: what a geometry refuses, how it is mirrored, and what a layout makes of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barograph import Layout
from barograph.errors import InvalidData
from barograph.geometry import Geometry, area_of, cut

SQUARE = (0.0, 0.0, 10.0, 0.0, 10.0, 10.0, 0.0, 10.0)
TWO = Geometry(places="mm", x=(5.0, 15.0), y=(5.0, 25.0), polygons=(SQUARE, ()), names=("heel", "toes"))


def test_a_geometry_comes_back_from_json_values() -> None:
    layout = Layout(rows=1, cols=2, unit="kPa", geometry=TWO, cell_area_mm2=(100.0, 80.0))
    back = Layout.from_dict(layout.to_dict())
    assert back == layout
    assert hash(back) == hash(layout)
    assert layout.to_dict()["geometry"]["names"] == ["heel", "toes"]
    assert "2" in repr(TWO)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"places": "inches"}, "places"),
        ({"places": "none", "x": (1.0,), "y": (1.0,)}, "no places"),
        ({"places": "mm", "x": (1.0, 2.0), "y": (1.0,)}, "one for each of 2 x"),
        ({"places": "mm", "x": (1.0,), "y": (float("nan"),)}, "cell 1"),
        ({"places": "mm", "x": (1e9,), "y": (0.0,)}, "geometry.x"),
        ({"places": "mm", "x": ("a",), "y": (0.0,)}, "geometry.x"),
        ({"places": "mm", "x": (1.0,), "y": (1.0,), "polygons": ((0.0, 0.0, 1.0, 1.0),)}, "corners"),
        ({"places": "mm", "x": (1.0,), "y": (1.0,), "polygons": (SQUARE, SQUARE)}, "one for each of 1 cells"),
        ({"places": "mm", "x": (1.0,), "y": (1.0,), "names": ("",)}, "names"),
        ({"places": "mm", "x": (1.0,), "y": (1.0,), "name": "a\nb"}, "geometry.name"),
        ({"places": "relative", "x": (1.0,), "y": (1.0,), "aspect": -1.0}, "aspect"),
    ],
)
def test_a_wrong_geometry_is_refused_by_name(fields: dict[str, object], named: str) -> None:
    with pytest.raises(InvalidData, match=named):
        Geometry(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"cols": 3}, "geometry: expected one of 3 cells"),
        ({"pitch_mm": (5.0, 5.0)}, "pitch_mm"),
        ({"unit": "N", "cell_area_mm2": 100.0}, "cell_area_mm2"),
        ({"geometry": {"places": "mm"}}, "expected a Geometry"),
    ],
)
def test_a_layout_refuses_what_contradicts_its_geometry(fields: dict[str, object], named: str) -> None:
    with pytest.raises(InvalidData, match=named):
        Layout(**{"rows": 1, "cols": 2, "geometry": TWO, **fields})  # type: ignore[arg-type]


def test_cells_of_a_geometry_have_no_rows_and_columns() -> None:
    layout = Layout(rows=1, cols=2, geometry=TWO)
    assert (layout.places, layout.length, layout.placed) == ("mm", "mm", True)
    np.testing.assert_array_equal(layout.centres, [[5, 5], [15, 25]])
    with pytest.raises(InvalidData, match="rows and columns"):
        _ = layout.x


def test_without_places_there_are_none() -> None:
    layout = Layout(rows=1, cols=2, unit="N", geometry=Geometry(places="none", names=("heel", "toes")))
    assert not layout.placed
    assert (layout.quantity, layout.cell_unit, layout.has_force) == ("force", "N", True)
    assert layout.area_cm2 is None
    assert np.isnan(layout.centres).all()


def test_the_other_side_is_the_mirror_image_with_the_same_numbers() -> None:
    other = TWO.mirrored()
    assert other.y == TWO.y
    assert other.names == TWO.names
    np.testing.assert_allclose(other.x, [10.0, 0.0])
    assert other.mirrored() == TWO


def test_halves_follow_the_outline_and_else_the_centre() -> None:
    other, triangle = (10.0, 0.0, 20.0, 0.0, 20.0, 10.0, 10.0, 10.0), (8.0, 0.0, 16.0, 0.0, 12.0, 9.0)
    wide = Geometry(places="mm", x=(5.0, 12.0, 10.0), y=(5.0, 5.0, 5.0), polygons=(SQUARE, other, triangle))
    np.testing.assert_allclose(wide.first_half(0)[:2], [1.0, 0.0])
    assert 0 < wide.first_half(0)[2] < 0.2
    np.testing.assert_array_equal(Geometry(places="mm", x=(0.0, 1.0, 2.0), y=(0.0,) * 3).first_half(0), [1.0, 0.5, 0.0])


@given(st.floats(0.1, 9.9), st.sampled_from([0, 1]))
def test_what_a_line_cuts_off_and_what_it_leaves_are_the_whole(at: float, axis: int) -> None:
    corners = np.array(SQUARE).reshape(-1, 2)
    assert abs(area_of(cut(corners, np.eye(2)[axis], at))) == pytest.approx(10.0 * at)
