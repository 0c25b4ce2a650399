"""Curves of stances, gait line and butterfly, against walks that are known."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from analytics import butterfly, frame_stats, gait_line, sim, stance_curves, stances
from barograph import Layout, Recording
from barograph.errors import InvalidData

Table = Callable[..., pd.DataFrame]


def test_a_stance_is_put_on_a_scale_from_start_to_end(table: Table) -> None:
    force = np.zeros(300)
    force[50:150] = np.linspace(100, 600, 100)
    force[200:260] = 300.0
    stats = table(total_force_n=force)
    found = stance_curves(stats, stances(stats), "total_force_n")
    assert found.shape == (2, 101)
    assert (found.columns[0], found.columns[-1]) == (0.0, 100.0)
    # A hundred rows and the one that ends the stance: the curve goes through every one of them.
    np.testing.assert_allclose(found.iloc[0], force[50:151])
    assert found.iloc[1, :98].tolist() == [300.0] * 98
    assert found.attrs["units"] == {"total_force_n": "N"}


def test_cut_stances_have_no_scale_and_are_counted(table: Table) -> None:
    force = np.zeros(200)
    force[:40] = force[100:150] = 500.0
    stats = table(total_force_n=force)
    found = stance_curves(stats, stances(stats), "total_force_n")
    assert found.index.tolist() == [1]
    assert (found.attrs["n"], found.attrs["n_cut"]) == (1, 1)
    nothing = table(total_force_n=np.zeros(50))
    assert stance_curves(nothing, stances(nothing), "total_force_n").shape == (0, 101)
    with pytest.raises(InvalidData, match="two or more"):
        stance_curves(stats, stances(stats), "total_force_n", points=1)


def test_a_missing_value_at_the_ends_keeps_the_nearest_of_the_stance(table: Table) -> None:
    force, x = np.zeros(100), np.full(100, np.nan)
    force[20:60] = 500.0
    x[25:50] = 7.0
    x[90:] = 99.0
    stats = table(total_force_n=force, cop_x_mm=x)
    assert (stance_curves(stats, stances(stats), "cop_x_mm") == 7.0).all(axis=None)
    stats["cop_x_mm"] = np.nan
    assert stance_curves(stats, stances(stats), "cop_x_mm").isna().all(axis=None)


def test_the_gait_line_is_the_mean_over_stances(table: Table) -> None:
    force, y, n = np.zeros(400), np.full(400, np.nan), 100
    for i, first in enumerate((50, 250)):
        force[first : first + n] = 500.0
        y[first : first + n] = np.linspace(10, 240, n) + 2 * i
    stats = table(total_force_n=force, cop_x_mm=np.where(np.isnan(y), np.nan, 45.0), cop_y_mm=y)
    found = gait_line(stats, stances(stats))
    assert found["mean_cop_y_mm"].iloc[[0, -1]].tolist() == pytest.approx([11, 241])
    np.testing.assert_allclose(found["sd_cop_y_mm"], np.sqrt(2))
    np.testing.assert_allclose(found["mean_cop_x_mm"], 45)
    assert found.attrs["n"] == 2
    assert gait_line(stats, stances(stats).iloc[:0]).isna().all(axis=None)


def line(x: list[float], y: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"mean_cop_x_mm": x, "mean_cop_y_mm": y})


def test_a_simulated_foots_line_goes_from_heel_to_toes() -> None:
    right = sim.walk(8.0, rows=32, cols=12)["right"]
    stats = frame_stats(right)
    y = gait_line(stats, stances(stats))["mean_cop_y_mm"]
    assert y.iloc[0] < 0.2 * 280
    assert y.iloc[-1] > 0.8 * 280
    assert (np.diff(y) > -1.0).all()


def test_a_symmetric_walk_crosses_in_the_middle() -> None:
    pair = sim.walk(12.0, rows=32, cols=12, variation=0.0, noise=0.0)
    found = butterfly(pair["left"], pair["right"])
    assert found.attrs["n"] == 10
    assert abs(found.attrs["crossing_x_mm"]) < 3.0
    x = found["mean_butterfly_x_mm"]
    assert x.min() < -90
    assert x.max() > 90
    assert found.attrs["units"]["sd_butterfly_y_mm"] == "mm"


def test_the_crossing_leaves_the_middle_when_one_foot_carries_more() -> None:
    walks = [sim.walk(12.0, rows=32, cols=12, variation=0.0, noise=0.0, asymmetry=a) for a in (0.5, -0.5)]
    one, other = (butterfly(pair["left"], pair["right"]).attrs["crossing_x_mm"] for pair in walks)
    assert abs(one) > 3.0
    assert one == pytest.approx(-other, abs=5.0)


def test_feet_of_other_rates_go_by_one_clock() -> None:
    fast, slow = (sim.walk(10.0, rows=20, cols=10, rate_hz=hz, noise=0.0) for hz in (200.0, 80.0))
    mixed, same = butterfly(fast["left"], slow["right"]), butterfly(fast["left"], fast["right"])
    inner = slice(20, 45)
    apart = np.abs(mixed["mean_butterfly_x_mm"] - same["mean_butterfly_x_mm"]).iloc[inner]
    assert apart.max() < 5.0


def test_feet_that_stand_or_were_never_there_have_no_butterfly() -> None:
    pair = sim.stand(3.0, rows=16, cols=8)
    found = butterfly(pair["left"], pair["right"])
    assert found.attrs["n"] == 0
    assert found.isna().all(axis=None)
    assert found.attrs["crossing_x_mm"] is None
    empty = pair["left"].part(0, 0)
    assert butterfly(empty, empty).isna().all(axis=None)


def test_a_butterfly_needs_forces_and_places() -> None:
    raw = Recording(frames=np.zeros((2, 3, 3)), times_us=np.arange(2), layout=Layout(rows=3, cols=3))
    with pytest.raises(InvalidData, match="left: expected a force"):
        butterfly(raw, raw)
