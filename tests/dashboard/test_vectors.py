"""What Python and the browser's code both compute is computed once: both answer the same test vectors."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from dashboard.drawing.smooth import filled, stretched
from dashboard.drawing.units import FORCES, Units
from tests.vectors.make import FOLDER, LAYOUTS, texts


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return texts()


@pytest.mark.parametrize("name", sorted(file.name for file in FOLDER.glob("*.json")))
def test_python_answers_as_the_vectors_say(name: str, made: dict[str, str]) -> None:
    """After a change that is meant: python -m tests.vectors.make."""
    same(json.loads((FOLDER / name).read_text("utf-8")), json.loads(made[name]))


def same(one: Any, other: Any) -> None:
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            same(one[key], other[key])
    elif isinstance(one, list):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            same(a, b)
    elif isinstance(one, float):
        assert other == pytest.approx(one, rel=1e-9, abs=1e-9)
    else:
        assert one == other


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("fine", [1, 3, 4, 6])
def test_a_smooth_picture_is_between_the_cells_around_and_passes_through_each(layout: Any, fine: int) -> None:
    rng = np.random.default_rng(9)
    for _ in range(20):
        values = rng.gamma(0.5, 80.0, (layout.rows, layout.cols))
        values[~layout.valid] = np.nan
        whole = filled(values, layout.valid)
        picture = stretched(whole, fine)
        assert picture.max() <= whole.max()
        assert whole.max() == np.nanmax(values)
        assert picture.min() >= whole.min() >= 0.0
        if fine % 2:  # then a pixel lies on the centre of each cell
            np.testing.assert_allclose(picture[fine // 2 :: fine, fine // 2 :: fine], whole, rtol=1e-12)


def test_decimals_go_by_the_unit_and_not_by_whose_weight_it_is() -> None:
    for unit, places in (("N", 1), ("N·s", 1), ("N/s", 1), ("kN/s", 0)):
        assert {Units("% BW").display(unit, mass).places(0) for mass in (3.0, 15.0, 20.3, 75.0, 200.0)} == {places}
    assert [Units(force).display("N", 70.0).number(700.0) for force in FORCES] == ["700", "71.4", "102.0"]
