"""Curves: values that can be worked out by hand, what is refused and where, and the same numbers on every way."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analytics import bad_cells, frame_stats
from barograph import Curve, Layout, Recording, files
from barograph.errors import InvalidData

CUBIC = Curve(kind="polynomial", numbers=((0.1, 0.02, -1e-4, 2e-6),))
TABLE = Curve(kind="table", numbers=((0.0, 0.0, 50.0, 10.0, 200.0, 100.0),))
PLATE = Layout(rows=2, cols=2, dtype="uint8", unit="kPa", pitch_mm=(10.0, 10.0), cop_floor_n=0.0)


def at(curve: Curve, *x: float) -> list[float]:
    return curve.of(np.array(x, np.float64)[:, None]).ravel().tolist()


def test_values_are_those_of_the_formula() -> None:
    assert at(CUBIC, 150.0) == pytest.approx([7.6], rel=1e-12)
    assert at(TABLE, 125.0) == [55.0]
    assert at(Curve(kind="power", numbers=(2.0, 0.5)), 16.0) == [8.0]  # type: ignore[arg-type]
    assert at(Curve(kind="exponential", numbers=((2.0, 0.0 + np.log(2.0), -2.0),)), 3.0) == pytest.approx([14.0])


def test_what_is_less_than_the_first_x_reads_as_that_and_beyond_the_end_there_is_nothing() -> None:
    assert at(CUBIC, -5.0) == [0.1]
    np.testing.assert_array_equal(at(TABLE, -1.0, 200.0, 200.5, np.nan), [0.0, 100.0, np.nan, np.nan])
    ended = replace(CUBIC, until=150.0)
    np.testing.assert_allclose(at(ended, 150.0, 150.1), [7.6, np.nan])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kind": "spline", "numbers": (1.0, 2.0)}, "curve.kind: expected one of polynomial, power"),
        ({"kind": "power", "numbers": (1.0,)}, r"curve.numbers\[0\]: expected 2 numbers, a x\^b"),
        ({"kind": "power", "numbers": ()}, "curve.numbers: expected a list of numbers"),
        ({"kind": "power", "numbers": "ab"}, "curve.numbers: expected a list of numbers"),
        ({"kind": "power", "numbers": ((1.0, 1.0), (1.0, np.nan))}, r"curve.numbers\[1\]: expected a finite number"),
        ({"kind": "power", "numbers": (1.0, 0.0), "until": 9}, "expected a curve that rises or falls, got a level one"),
        ({"kind": "power", "numbers": (1.0, -1.0), "until": 9}, "got one that turns at 0"),
        ({"kind": "polynomial", "numbers": (0.0, 1.0, -0.005), "until": 200}, "to 200, got one that turns at 100"),
        ({"kind": "polynomial", "numbers": (0.0, 6.0, -4.5, 1.0), "until": 9}, "to 9, got one that turns at 1"),
        (
            {"kind": "polynomial", "numbers": ((0.0, 1.0), (0.0, -1.0)), "until": 9},
            r"\[1\]: expected all cells to rise",
        ),
        ({"kind": "exponential", "numbers": (1.0, 9.0, 0.0), "until": 1e4}, "expected finite values up to 10000"),
        ({"kind": "table", "numbers": (0.0, 0.0, 1.0)}, "expected 2 to 256 points, each x and y"),
        ({"kind": "table", "numbers": (0.0, 0.0, 5.0, 1.0, 5.0, 2.0)}, "expected points by rising x, got 5 after 5"),
        ({"kind": "table", "numbers": (0.0, 0.0, 5.0, 3.0, 7.0, 2.0)}, "got one that turns at 5"),
        ({"kind": "table", "numbers": (0.0, 0.0, 5.0, 3.0), "until": 5}, "curve.until: expected none of a table"),
        ({"kind": "power", "numbers": (1.0, 1.0), "until": 0.0}, "curve.until: expected a number above 0"),
    ],
)
def test_what_is_no_curve_is_refused_with_where(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidData, match=message):
        Curve(**given)


def test_a_curve_may_turn_where_nothing_is_stored() -> None:
    turning = Curve(kind="polynomial", numbers=((0.0, 1.0, -0.001),))  # at 500
    assert replace(PLATE, curve=turning).curve is turning
    for changes in ({"dtype": "uint16"}, {"cell_factors": (1.0, 1.0, 1.0, 2.0)}, {"dtype": "float32"}):
        with pytest.raises(InvalidData, match="turns at 500"):
            replace(PLATE, curve=turning, **changes)
    assert replace(PLATE, curve=replace(turning, until=255.0), dtype="float32")
    touching = Curve(kind="polynomial", numbers=((-1.0, 3.0, -3.0, 1.0),))  # (x − 1)³ is level at 1, and goes on
    assert replace(PLATE, curve=touching)


def test_a_curve_of_other_cells_and_a_tare_beyond_its_end_are_refused() -> None:
    with pytest.raises(InvalidData, match="for each of 4, got 2"):
        replace(PLATE, curve=Curve(kind="power", numbers=((1.0, 1.0), (1.0, 2.0))))
    with pytest.raises(InvalidData, match="tare: expected values before the end of the curve"):
        replace(PLATE, curve=TABLE, tare=(0.0, 0.0, 0.0, 201.0))
    with pytest.raises(InvalidData, match="curve: expected a Curve, got 'bent'"):
        replace(PLATE, curve="bent")


def test_the_order_is_factor_curve_scale_and_a_tare_is_taken_off_after_the_curve() -> None:
    layout = replace(PLATE, curve=CUBIC, cell_factors=(1.0, 1.5, 2.0, 1.0), scale=10.0, tare=(100.0, 0.0, 0.0, 200.0))
    found = layout.to_unit(np.array([[[150, 100], [75, 150]]], np.uint8))[0]
    (at_100,) = at(CUBIC, 100.0)
    np.testing.assert_allclose(found, [[10 * (7.6 - at_100), 75.0], [75.0, 0.0]], rtol=1e-12)


def test_what_a_table_does_not_know_is_missing_and_counted_at_the_maximum() -> None:
    layout = replace(PLATE, curve=TABLE)
    frames = np.array([[[201, 250], [200, 10]], [[0, 1], [2, 3]]], np.uint8)
    stats = frame_stats(Recording(frames, np.arange(2), layout))
    assert stats["n_saturated"].tolist() == [3, 0]
    assert stats["n_dead"].tolist() == [2, 0]
    assert stats["peak_kpa"].tolist() == pytest.approx([100.0, 0.6])
    assert stats.attrs["saturation"] == 100.0
    found = bad_cells(Recording(frames, np.arange(2), layout))
    assert found[["row", "col", "saturated"]].to_numpy().tolist() == [[0, 0, 0.5], [0, 1, 0.5], [1, 0, 0.5]]


@pytest.mark.parametrize("curve", [CUBIC, TABLE, Curve(kind="power", numbers=((0.1, 1.1),) * 4)])
@pytest.mark.parametrize("suffix", ["parquet", "npz", "csv"])
def test_files_and_json_keep_a_curve(curve: Curve, suffix: str, tmp_path: Path) -> None:
    layout = replace(PLATE, curve=curve, tare=(1.0, 2.0, 3.0, 4.0))
    assert Layout.from_dict(layout.to_dict()) == layout
    recording = Recording(np.arange(8, dtype=np.uint8).reshape(2, 2, 2), np.arange(2) * 10_000, layout)
    files.write(tmp_path / f"bent.{suffix}", recording)
    (found,) = files.read_file(tmp_path / f"bent.{suffix}")
    assert found.layout == layout
    np.testing.assert_array_equal(found.kpa(), recording.kpa())
    assert hash(found.layout) == hash(layout)


def test_a_curve_for_each_of_many_cells_is_made_and_used_quickly() -> None:
    """A mat of 1568 cells: read with the layout of its stream each time, so it must cost little."""
    rng = np.random.default_rng(1)
    numbers = np.column_stack([np.zeros(1568), rng.uniform(0.1, 0.2, 1568), np.zeros(1568), rng.uniform(0, 1e-6, 1568)])
    plain = Layout(
        rows=56, cols=28, dtype="uint16", unit="kPa", curve=Curve(kind="polynomial", numbers=tuple(numbers.tolist()))
    ).to_dict()
    begun_s = time.perf_counter()
    layout = Layout.from_dict(plain)
    assert time.perf_counter() - begun_s < 0.5
    x = rng.integers(0, 4000, (20, 56, 28)).astype(np.uint16)
    c = numbers.T.reshape(4, 56, 28)
    np.testing.assert_allclose(layout.to_unit(x), c[0] + c[1] * x + c[3] * x.astype(float) ** 3, rtol=1e-12)


def test_an_inverse_finds_what_was_stored() -> None:
    x = np.array([[3.0, 50.0, 120.0, 199.0]])
    for curve in (CUBIC, TABLE, Curve(kind="exponential", numbers=((90.0, -0.02, 1.0),))):
        low, high = np.zeros_like(x), np.full_like(x, 200.0)
        np.testing.assert_allclose(curve.inverse(curve.of(x), low, high), x, rtol=1e-9)


@pytest.mark.parametrize(
    ("curve", "words"),
    [
        (CUBIC, "0.1 +0.02 x -0.0001 x² +2e-06 x³"),
        (TABLE, "a table of 3 points"),
        (Curve(kind="power", numbers=((0.5, 1.16),), until=255.0), "0.5 x^1.16 until 255"),
        (Curve(kind="exponential", numbers=((2.0, 0.1, -2.0),)), "2 e^(0.1 x) -2"),
        (Curve(kind="exponential", numbers=((2.0, 0.1, -2.0),) * 2), "an exponential curve for each cell"),
    ],
)
def test_a_curve_says_what_it_is(curve: Curve, words: str) -> None:
    assert curve.said == words
    assert repr(curve) == f"Curve({words!r})"
