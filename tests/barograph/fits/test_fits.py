"""Calibrations from recordings: numbers that vendors print, laws that hold, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from barograph import Layout, Recording, files
from barograph.errors import InvalidData
from barograph.fits import (
    GRAVITY,
    body_weight,
    equilibration,
    known_mass,
    step,
    through_points,
    two_points,
    unloaded_above,
)

CELL = Layout(rows=1, cols=1, dtype="uint16", unit="raw", cell_area_mm2=100.0)
MAT = Layout(rows=4, cols=6, dtype="uint16", unit="raw", pitch_mm=(10.0, 10.0))


def recording(frames: object, layout: Layout) -> Recording:
    cells = np.asarray(frames, layout.numpy_dtype).reshape(-1, layout.rows, layout.cols)
    return Recording(cells, np.arange(len(cells)) * 10_000, layout)


def force(of: Recording, changes: dict[str, object]) -> np.ndarray:
    layout = replace(of.layout, **changes)
    return 0.1 * np.nansum(replace(of, layout=layout).kpa() * layout.area_cm2, axis=(1, 2))


def test_equilibration_is_the_mean_over_each_cell() -> None:
    layout = Layout(rows=1, cols=3, dtype="uint16")
    fit = equilibration(recording([[80, 100, 120]] * 4, layout))
    assert fit.changes["cell_factors"] == pytest.approx((1.25, 1.0, 0.8333), abs=5e-5)
    assert (fit.residual_pct, fit.unloaded, fit.loaded_cells) == (pytest.approx(0.0, abs=1e-12), (), 3)
    assert fit.before_pct == pytest.approx(100 * np.sqrt((0.2**2 + 0.2**2) / 3))


def test_cells_that_were_not_loaded_are_named_and_left_as_they_are() -> None:
    fit = equilibration(recording([[80, 100, 120, 100, 5, 0] * 4], MAT))
    assert fit.unloaded == tuple((row, col) for row in range(4) for col in (4, 5))
    assert [fit.changes["cell_factors"][place] for place in (4, 5)] == [1.0, 1.0]
    with pytest.raises(InvalidData, match="equilibrate: expected cells under load"):
        equilibration(recording(np.zeros((2, 4, 6)), MAT))
    with pytest.raises(InvalidData, match="equilibrate: expected frames in that time, got none"):
        equilibration(recording(np.zeros((0, 4, 6)), MAT))


def test_after_an_equilibration_cells_read_alike_whatever_tare_and_factors_there_were() -> None:
    rng = np.random.default_rng(4)
    tare, gains = rng.integers(5, 30, 24), rng.uniform(0.5, 2.0, 24)
    load = rng.uniform(400, 900, (50, 1))
    layout = replace(
        MAT, tare=tuple(map(float, tare)), cell_factors=tuple(rng.uniform(1, 2, 24)), mask=(0,) + (1,) * 23
    )
    even = recording(np.round(tare + load / gains), layout)
    fit = equilibration(even)
    values = replace(even, layout=replace(layout, **fit.changes)).values()[:, layout.valid]
    assert values.std(axis=1).max() / values.mean() < 0.002
    assert fit.residual_pct < 0.2 < fit.before_pct


@pytest.mark.parametrize(("raw_sum", "cells", "expected"), [(4798, 240, 5.940115), (13127, 52, 2.171149)])
def test_one_point_is_tekscans(raw_sum: int, cells: int, expected: float) -> None:
    """What the headers of a shared F-Scan pair print: mass, raw sum and number of loaded cells."""
    stored = np.zeros(1260, int)
    stored[:cells] = raw_sum // cells
    stored[: raw_sum - stored.sum()] += 1
    layout = Layout(rows=60, cols=21, dtype="uint16", cell_area_mm2=25.8064)
    fit = known_mass(recording(stored, layout), 75.0001)
    assert fit.changes["scale"] == pytest.approx(expected, abs=5e-7)
    assert (fit.changes["unit"], fit.changes["offset"], fit.loaded_cells) == ("kPa", 0.0, cells)
    assert fit.residual_pct == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("name", "kpa_a_count"), [("FrasP01L.asf", 5.940115), ("FrasP01R.asf", 2.171149)])
def test_raw_counts_of_an_f_scan_file_come_back_and_can_be_calibrated_anew(
    name: str, kpa_a_count: float, vendor: Callable[[str], Path]
) -> None:
    (found,) = files.read_file(vendor(f"tekscan-fscan/{name}"))
    printed = found.kpa()[:, found.layout.valid]
    counts = np.round(found.kpa() / kpa_a_count)
    np.testing.assert_array_equal(np.round(counts[:, found.layout.valid] * kpa_a_count), printed)
    assert counts[:, found.layout.valid].max() <= 255
    counts[:, ~found.layout.valid] = 0
    layout = replace(found.layout, dtype="uint8", unit="raw", scale=1.0)
    raw = recording(counts, layout)
    loaded = raw[np.flatnonzero(counts.sum(axis=(1, 2)) > 2000)]
    fit = known_mass(loaded, 75.0)
    assert np.median(force(loaded, fit.changes)) == pytest.approx(75.0 * GRAVITY)


def test_two_points_of_one_cell_are_the_power_law_through_them() -> None:
    # 100 mm² at 200 and 1000 kPa: 20 and 100 N.
    fit = two_points(recording([1000], CELL), 20 / GRAVITY, recording([4000], CELL), 100 / GRAVITY)
    curve = fit.changes["curve"]
    assert curve.numbers[0][1] == pytest.approx(1.160964, abs=5e-7)
    assert curve.of(np.array([[2000.0]]))[0, 0] == pytest.approx(447.2136, abs=5e-5)
    assert (fit.changes["unit"], fit.loaded_cells) == ("kPa", 1)
    assert fit.residual_pct < 1e-9


@pytest.mark.parametrize("tare", [None, 7.0])
def test_two_points_find_the_power_law_that_made_the_counts(tare: float | None) -> None:
    rng = np.random.default_rng(8)
    layout = replace(MAT, tare=None if tare is None else (tare,) * 24, cell_factors=tuple(rng.uniform(0.8, 1.2, 24)))
    stored = [recording(rng.integers(10, most, (20, 4, 6)), layout) for most in (300, 3000)]
    truth = 0.02 * np.array([np.power(one.frames * layout.factors, 1.4) for one in stored])
    bare = 0.0 if tare is None else 0.02 * np.power(tare * layout.factors, 1.4)
    kg = np.maximum(truth - bare, 0.0).sum(axis=(2, 3)).mean(axis=1) * 0.1 / GRAVITY
    fit = two_points(stored[0], kg[0], stored[1], kg[1])
    assert fit.changes["curve"].numbers[0] == pytest.approx((0.02, 1.4), rel=1e-9)


def test_two_points_that_no_power_law_has_are_refused() -> None:
    one, other = recording([1000], CELL), recording([4000], CELL)
    with pytest.raises(InvalidData, match="two_point: expected stored sums that grow with"):
        two_points(one, 100.0, other, 20.0)
    with pytest.raises(InvalidData, match="two_point: expected stored sums that grow with"):
        two_points(one, 20.0, one, 100.0)
    with pytest.raises(InvalidData, match="expected a load in both times, got none in one"):
        two_points(recording([0], CELL), 20.0, other, 100.0)
    with pytest.raises(InvalidData, match="expected areas of cells, or a pitch"):
        two_points(*(x for one in (one, other) for x in (replace(one, layout=replace(CELL, cell_area_mm2=None)), 9.0)))


def test_body_weight_is_one_factor_for_both_feet() -> None:
    rng = np.random.default_rng(2)
    left, right = (
        recording(rng.integers(100, 200, (40, 4, 6)), replace(MAT, unit="kPa", scale=scale)) for scale in (0.2, 0.1)
    )
    fits = body_weight([left, right], 70.0)
    assert [fit.changes["scale"] / scale for fit, scale in zip(fits, (0.2, 0.1), strict=True)] == pytest.approx(
        [fits[0].changes["scale"] / 0.2] * 2
    )
    total = force(left, fits[0].changes) + force(right, fits[1].changes)
    assert np.median(total) == pytest.approx(70.0 * GRAVITY)
    assert fits[0].residual_pct == pytest.approx(100 * np.sqrt(np.mean((total / (70 * GRAVITY) - 1) ** 2)))
    with pytest.raises(InvalidData, match="standing: expected recordings of the same frames, got 40, 39 frames"):
        body_weight([left, right.part(0, 39)], 70.0)


def test_a_mass_works_on_top_of_a_curve_an_offset_and_another_unit() -> None:
    rng = np.random.default_rng(3)
    stored = recording(rng.integers(100, 200, (9, 4, 6)), replace(MAT, unit="mmHg", scale=0.5, offset=-20.0))
    fit = known_mass(stored, 10.0)
    assert fit.changes["unit"] == "mmHg"
    assert np.median(force(stored, fit.changes)) == pytest.approx(10.0 * GRAVITY)


def test_of_a_step_the_foot_that_comes_and_goes_does_not_count() -> None:
    ramp = np.concatenate([np.linspace(0, 90, 50), np.full(100, 100), np.linspace(90, 0, 50), np.zeros(300)])
    stored = recording(np.repeat(ramp, 24), MAT)
    fit = step(stored, 80.0)
    assert force(stored, fit.changes)[100] == pytest.approx(80.0 * GRAVITY)
    assert 0 < fit.residual_pct < 30


@pytest.mark.parametrize("mass", [0.0, -1.0, 1e6, float("nan"), "80"])
def test_what_is_no_mass_is_refused(mass: float) -> None:
    with pytest.raises(InvalidData, match="mass_kg: expected"):
        known_mass(recording([1000], CELL), mass)
    with pytest.raises(InvalidData, match="mass_kg: expected a load in that time, got a median of 0"):
        known_mass(recording([0], CELL), 1.0)


def test_cells_that_show_a_load_without_one_are_listed_the_largest_first() -> None:
    cells = np.zeros((5, 4, 6))
    cells[:, 1, 2], cells[:, 3, 5], cells[2, 0, 0] = 40, 60, 200  # the last of one frame alone
    bare = recording(cells, replace(MAT, unit="kPa", scale=0.5, kind="insole"))
    assert unloaded_above(bare) == [(3, 5, 30.0), (1, 2, 20.0)]
    assert unloaded_above(bare, 25.0) == [(3, 5, 30.0)]
    assert unloaded_above(bare, 30.0) == []
    masked = replace(bare, layout=replace(bare.layout, mask=(1,) * 23 + (0,)))
    assert unloaded_above(masked) == [(1, 2, 20.0)]
    with pytest.raises(InvalidData, match="check: expected frames"):
        unloaded_above(bare.part(0, 0))


def test_the_nearest_curve_of_measured_points_is_the_one_that_made_them() -> None:
    x = np.array([10.0, 40.0, 90.0, 150.0, 200.0, 250.0])
    cubic = 0.1 + 0.02 * x - 1e-4 * x**2 + 2e-6 * x**3
    fit = through_points("cubic", x, cubic)
    assert fit.changes["curve"].numbers[0] == pytest.approx((0.1, 0.02, -1e-4, 2e-6), rel=1e-6)
    assert (fit.changes["curve"].until, fit.residual_pct) == (250.0, pytest.approx(0.0, abs=1e-9))
    power = through_points("power", x, 0.02 * x**1.3)
    assert power.changes["curve"].numbers[0] == pytest.approx((0.02, 1.3), rel=1e-6)
    bent = 0.02 * x**1.3
    left = [through_points(form, x, bent).residual_pct for form in ("line", "quadratic", "cubic", "power")]
    assert left == sorted(left, reverse=True)
    line = np.polyval(np.polyfit(x, bent, 1), x)
    assert left[0] == pytest.approx(100 * np.sqrt(np.mean((line - bent) ** 2)) / bent.max())


@pytest.mark.parametrize(
    ("form", "x", "y", "message"),
    [
        ("spline", [1, 2], [1, 2], "curve: expected one of line, quadratic, cubic, power"),
        ("cubic", [1, 2, 3], [1, 2, 3], "points: expected 4 or more of different x, got 3 and 3"),
        ("line", [1, 1], [1, 2], "points: expected 2 or more of different x"),
        ("power", [0, 2, 3], [1, 2, 3], "points: expected values above 0 for a power law"),
        (
            "quadratic",
            [0, 1, 2, 3],
            [0, 3, 3, 0],
            "to 3, got one that turns at 1.5",
        ),
    ],
)
def test_points_that_make_no_curve_are_refused(form: str, x: list[float], y: list[float], message: str) -> None:
    with pytest.raises(InvalidData, match=message):
        through_points(form, np.array(x), np.array(y))
