"""Where a sensor stands: numbers within their bounds, both feet of a stance, and a layout that keeps it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from barograph.errors import InvalidData
from barograph.frames import Layout, Place
from barograph.place import stance_of


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("place.x_mm", "left"), ("place.x_mm", float("nan")), ("place.y_mm", True), ("place.y_mm", 1e6),
        ("place.turn_deg", 361), ("place.turn_deg", None),
    ],
)  # fmt: skip
def test_a_place_names_the_field_that_is_wrong(field: str, value: Any) -> None:
    with pytest.raises(InvalidData, match=rf"\A{field}: expected ") as refused:
        Place.from_dict({field.partition(".")[2]: value})
    assert refused.value.field == field


@pytest.mark.parametrize("value", [{}, {"x": 3}, {"x_mm": 1, "z_mm": 2}, [1, 2, 3], "front", 7])
def test_what_is_no_place_is_refused(value: Any) -> None:
    with pytest.raises(InvalidData, match=r"\Aplace: expected ") as refused:
        Layout.from_dict({"rows": 2, "cols": 2, "place": value})
    assert refused.value.field == "place"


def test_a_layout_keeps_its_place_through_json_and_tells_it() -> None:
    layout = Layout.from_dict({"rows": 2, "cols": 2, "place": {"x_mm": 3, "turn_deg": -90}})
    assert layout.place == Place(x_mm=3.0, turn_deg=-90.0)
    assert Layout.from_dict(json.loads(json.dumps(layout.to_dict()))) == layout
    assert layout != Layout(rows=2, cols=2)
    assert "place=Place(x_mm=3.0, y_mm=0.0, turn_deg=-90.0)" in repr(layout)
    assert layout.place.said == "x 3 mm, y 0 mm, turned by -90°"
    assert "place" not in Layout(rows=2, cols=2).to_dict()


def test_feet_stand_at_the_same_distance_from_0_and_turn_outwards() -> None:
    feet = Place.feet(200, 10)
    assert feet == {"left": Place(x_mm=-100.0, turn_deg=10.0), "right": Place(x_mm=100.0, turn_deg=-10.0)}
    assert Place.feet(0) == {"left": Place(), "right": Place()}


def test_a_stance_is_found_again_in_its_places() -> None:
    for stance in ((200.0, 7.0), (0.0, 0.0), (150.0, -3.5)):
        assert stance_of(*Place.feet(*stance).values()) == stance
    left, right = Place.feet(200, 7).values()
    for other in (Place(x_mm=100.0), Place(x_mm=90.0, turn_deg=-7.0), Place(x_mm=100.0, y_mm=300.0, turn_deg=-7.0)):
        assert stance_of(left, other) is None
    assert stance_of(right, left) is None


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("stance_width_mm", (-1, 0)), ("stance_width_mm", (2001, 0)), ("stance_width_mm", (None, 0)),
        ("toe_out_deg", (200, 91)), ("toe_out_deg", (200, "out")),
    ],
)  # fmt: skip
def test_a_stance_names_the_number_that_is_wrong(field: str, given: tuple[Any, Any]) -> None:
    with pytest.raises(InvalidData, match=rf"\A{field}: expected ") as refused:
        Place.feet(*given)
    assert refused.value.field == field
