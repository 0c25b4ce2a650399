"""Both feet are one body: the published truth, laws of the frame, and what is missing when something is not known."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics import balance, body_balance, frame_stats, net_cop, stances
from analytics.base.times import time_index
from analytics.sway.net_cop import NO_TIME, NO_WIDTH
from barograph.errors import InvalidData
from barograph.frames import Layout, Place, Recording

T0_US = 1_700_000_000_000_000
SECONDS = np.arange(6000) / 100
LEFT_N = 400.0 + 50.0 * np.sin(np.pi * SECONDS)


def foot(force: Any, x: Any, y: Any, at_us: Any = None) -> pd.DataFrame:
    n = len(np.atleast_1d(force))
    us = T0_US + 10_000 * np.arange(n) if at_us is None else at_us
    table = {"total_force_n": force, "cop_x_mm": x, "cop_y_mm": y}
    return pd.DataFrame(table, index=time_index(np.asarray(us, np.int64)), dtype=np.float64)


def standing(amplitude: float = 1.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    y = 100.0 + amplitude * 4.0 * np.sin(0.4 * np.pi * SECONDS)
    force = 400.0 + amplitude * (LEFT_N - 400.0)
    return foot(force, 0.0 * y, y), foot(800.0 - force, 0.0 * y, y + 10.0)


LEFT, RIGHT = standing()


def test_the_published_truth_of_two_feet_200_mm_apart(metrics: Callable[[str], Path]) -> None:
    expected = json.loads(metrics("other/expected.json").read_text("utf-8"))
    net = net_cop(LEFT, RIGHT, stance_width_mm=200.0)
    (row,) = body_balance(net).to_dict("records")
    truth = expected["net_cop"]
    for name in ("rms_x_mm", "range_x_mm", "rms_y_mm", "path_mm"):
        assert row[name] == pytest.approx(truth[name], abs=1e-3), name
    assert row["ellipse95_area_mm2"] == pytest.approx(truth["ellipse95_chi2_mm2"], abs=1e-3)
    assert row["mean_limb_share_left_pct"] == pytest.approx(truth["share_left_pct"], abs=1e-9)
    assert row["sd_limb_share_left_pct"] == pytest.approx(np.std(LEFT_N / 8.0, ddof=1), rel=1e-12)
    assert net["net_cop_y_mm"].mean() == pytest.approx(truth["mean_y_mm"], abs=1e-9)
    for one in (LEFT, RIGHT):
        assert balance(one)["rms_x_mm"].iloc[0] == truth["per_foot_rms_x_mm"]
    turned, truth = net_cop(LEFT, RIGHT, stance_width_mm=200.0, toe_out_deg=10.0), expected["net_cop_toe_out_10_deg"]
    (row,) = body_balance(turned).to_dict("records")
    assert row["rms_x_mm"] == pytest.approx(truth["rms_x_mm"], abs=1e-3)
    assert row["rms_y_mm"] == pytest.approx(truth["rms_y_mm"], abs=1e-3)
    assert turned["net_cop_x_mm"].mean() == pytest.approx(truth["mean_x_mm"], abs=1e-3)
    assert turned["net_cop_y_mm"].mean() == pytest.approx(truth["mean_y_mm"], abs=1e-3)


def test_feet_that_change_sides_are_the_mirror_image() -> None:
    rng = np.random.default_rng(1)
    left = foot(rng.uniform(200, 500, 300), rng.normal(0, 5, 300), rng.normal(100, 9, 300))
    right = foot(rng.uniform(200, 500, 300), rng.normal(0, 5, 300), rng.normal(100, 9, 300))
    net = net_cop(left, right, stance_width_mm=180.0, toe_out_deg=12.0)
    swapped = [one.assign(cop_x_mm=-one["cop_x_mm"]) for one in (right, left)]
    mirrored = net_cop(swapped[0], swapped[1], stance_width_mm=180.0, toe_out_deg=12.0)
    np.testing.assert_allclose(mirrored["net_cop_x_mm"], -net["net_cop_x_mm"], atol=1e-9)
    np.testing.assert_allclose(mirrored["net_cop_y_mm"], net["net_cop_y_mm"], atol=1e-9)
    np.testing.assert_allclose(mirrored["limb_share_left_pct"], 100.0 - net["limb_share_left_pct"], atol=1e-9)


@pytest.mark.parametrize(("x_axis", "y_axis"), [("right", "up"), ("right", "down"), ("left", "down"), ("left", "up")])
def test_the_axes_of_a_sensor_do_not_matter_and_its_heel_is_the_middle_of_its_rear_edge(
    x_axis: Any, y_axis: Any
) -> None:
    frames = np.zeros((40, 10, 4))
    frames[:20, 7, 3] = frames[20:, 2, 1] = 2000.0
    layout = Layout(rows=10, cols=4, unit="kPa", pitch_mm=(10.0, 20.0), kind="insole", x_axis=x_axis, y_axis=y_axis)
    recording = Recording(frames, T0_US + 10_000 * np.arange(40), replace(layout, origin_mm=(55.0, -7.0)))
    stats = frame_stats(recording)
    net = net_cop(stats, stats, stance_width_mm=200.0, layouts=(recording.layout, recording.layout))
    # Row 7 of ten rows of 20 mm is 2.5 rows before the rear edge; column 3 of four 15 mm to the right of the middle.
    np.testing.assert_allclose(net["net_cop_x_mm"], [15.0] * 20 + [-5.0] * 20, atol=1e-9)
    np.testing.assert_allclose(net["net_cop_y_mm"], [50.0] * 20 + [150.0] * 20, atol=1e-9)


def test_places_of_the_layouts_hold_where_no_width_is_given() -> None:
    layout = Layout(rows=2, cols=2, unit="kPa", pitch_mm=(10.0, 10.0), y_axis="up", origin_mm=(-10.0, 0.0))
    layouts = [replace(layout, place=place) for place in Place.feet(200.0, 10.0).values()]
    placed = net_cop(LEFT, RIGHT, layouts=layouts)
    pd.testing.assert_frame_equal(placed, net_cop(LEFT, RIGHT, stance_width_mm=200.0, toe_out_deg=10.0))
    assert placed.attrs["places"] == [one.place.to_dict() for one in layouts if one.place]
    given = net_cop(LEFT, RIGHT, stance_width_mm=100.0, layouts=layouts)
    pd.testing.assert_frame_equal(given, net_cop(LEFT, RIGHT, stance_width_mm=100.0))
    half_known = net_cop(LEFT, RIGHT, layouts=[layouts[0], layout])
    assert half_known["net_cop_x_mm"].isna().all()


def test_without_a_width_the_side_is_missing_with_the_reason_and_shares_are_there() -> None:
    net = net_cop(LEFT, RIGHT)
    assert net.attrs["missing"] == [NO_WIDTH]
    assert net["net_cop_x_mm"].isna().all()
    np.testing.assert_allclose(net["net_cop_y_mm"].mean(), 105.0)
    row = body_balance(net)
    assert (row["n"].iloc[0], row["mean_limb_share_left_pct"].iloc[0]) == (0.0, pytest.approx(50.0))
    assert np.isnan(row["path_mm"].iloc[0])
    assert row.attrs["notes"] == [NO_WIDTH]


def test_a_foot_without_a_centre_is_left_out_with_its_force_and_both_are_missing() -> None:
    nan = np.nan
    left = foot([300.0, 10.0, 0.0, 5.0, nan], [1.0, nan, nan, nan, nan], [90.0, nan, nan, nan, nan])
    right = foot([100.0, 700.0, 800.0, 5.0, 700.0], [3.0, 3.0, 3.0, nan, 3.0], [70.0, 70.0, 70.0, nan, 70.0])
    net = net_cop(left, right, stance_width_mm=200.0)
    np.testing.assert_allclose(net["net_cop_x_mm"], [(-99 * 300 + 103 * 100) / 400, 103.0, 103.0, nan, nan])
    np.testing.assert_allclose(net["net_cop_y_mm"], [85.0, 70.0, 70.0, nan, nan])
    # The force of a foot below its floor was measured; that of a frame that is missing was not.
    np.testing.assert_allclose(net["total_force_n"], [400.0, 710.0, 800.0, 10.0, nan])
    np.testing.assert_allclose(net["limb_share_left_pct"], [75.0, 1000 / 710, 0.0, nan, nan])

    mirrored = net_cop(right, left, stance_width_mm=200.0)  # the other foot, too, is left out alone
    np.testing.assert_allclose(mirrored["net_cop_x_mm"], [(-97 * 100 + 101 * 300) / 400, -97.0, -97.0, nan, nan])
    np.testing.assert_allclose(mirrored["limb_share_left_pct"], [25.0, 70000 / 710, 100.0, nan, nan])


def test_a_plate_that_hardly_carries_has_a_centre_and_one_that_does_not_has_none() -> None:
    light, none = foot([0.3, 0.0, -1.0], [1.0] * 3, [90.0] * 3), foot([0.3, 0.0, 0.5], [3.0] * 3, [70.0] * 3)
    net = net_cop(light, none, stance_width_mm=200.0)
    np.testing.assert_allclose(net["net_cop_x_mm"], [2.0, np.nan, np.nan])
    np.testing.assert_allclose(net["limb_share_left_pct"], [50.0, np.nan, np.nan])


def test_a_table_says_how_the_feet_stood_and_what_was_lost() -> None:
    left, right = LEFT.iloc[:500].copy(), RIGHT.iloc[:500].copy()
    left.attrs |= {"metric": "frame_stats", "missing_us": [[T0_US + 10_000, T0_US + 20_000]]}
    right.attrs |= {"metric": "frame_stats"}
    attrs = net_cop(left, right, stance_width_mm=180.0, toe_out_deg=7.0).attrs
    assert {name: attrs[name] for name in ("metric", "stance_width_mm", "toe_out_deg", "missing_us", "missing")} == {
        "metric": "net_cop", "stance_width_mm": 180.0, "toe_out_deg": 7.0,
        "missing_us": [[T0_US + 10_000, T0_US + 20_000]], "missing": [],
    }  # fmt: skip
    assert attrs["made_of"] == {"left": {"metric": "frame_stats"}, "right": {"metric": "frame_stats"}}
    assert net_cop(LEFT, RIGHT).attrs["places"] == [place.to_dict() for place in Place.feet(0.0, 0.0).values()]
    one = body_balance(net_cop(LEFT, RIGHT, stance_width_mm=180.0))
    assert (one.attrs["metric"], one.attrs["made_of"]["metric"]) == ("body_balance", "net_cop")
    assert one.attrs["notes"] == balance(net_cop(LEFT, RIGHT, stance_width_mm=180.0)).attrs["notes"]
    del (bare := net_cop(LEFT, RIGHT)).attrs["missing"]
    assert body_balance(bare).shape == one.shape


def test_a_foot_without_rows_leaves_nothing_of_the_body() -> None:
    for feet in ((LEFT, RIGHT.iloc[:0]), (LEFT.iloc[:0], RIGHT)):
        net = net_cop(*feet, stance_width_mm=200.0)
        assert (len(net), net.attrs["missing"]) == (0, [NO_TIME])
        assert set(net.dtypes.astype(str)) == {"float64"}


def test_a_body_stands_above_20_n_and_stances_that_are_given_are_those_of_the_body() -> None:
    net = net_cop(LEFT, RIGHT, stance_width_mm=200.0)
    air = ((SECONDS >= 20.0) & (SECONDS < 20.4)) | ((SECONDS >= 21.0) & (SECONDS < 21.4))
    low, rest = (net.assign(total_force_n=np.where(air, newtons, net["total_force_n"])) for newtons in (15.5, 16.5))
    assert body_balance(low).attrs["unquiet"] == ["1 step"]  # a stance ends below 0.8 of 20 N
    assert "unquiet" not in body_balance(rest).attrs
    found = stances(low, on=20.0, floor=0.0, column="total_force_n")
    assert body_balance(net, found=found).attrs["unquiet"] == ["1 step"]
    assert "unquiet" not in body_balance(net).attrs


def test_rows_of_the_slower_foot_meet_the_nearest_of_the_other() -> None:
    slow = foot(np.full(50, 300.0), np.zeros(50), np.full(50, 90.0), T0_US + 20_000 * np.arange(50))
    fast_us = T0_US + 3_000 + 10_000 * np.arange(100)
    fast = foot(np.full(100, 500.0), np.zeros(100), np.arange(100.0), fast_us)
    for net in (net_cop(slow, fast, stance_width_mm=0.0), net_cop(fast, slow, stance_width_mm=0.0)):
        assert net.index.equals(slow.index)
        assert net["net_cop_y_mm"].iloc[10] == pytest.approx((300 * 90 + 500 * 20) / 800)
    lost = fast.drop(fast.index[40:50])
    net = net_cop(slow, lost, stance_width_mm=0.0)
    assert net.loc[net["total_force_n"].isna()].index.equals(slow.index[21:25])


def test_feet_of_two_clocks_have_nothing_in_common_and_it_is_said() -> None:
    later = RIGHT.set_axis(RIGHT.index + pd.Timedelta("1h"))
    net = net_cop(LEFT, later, stance_width_mm=200.0)
    assert (len(net), net.attrs["missing"]) == (0, [NO_TIME])
    assert np.isnan(body_balance(net)["path_mm"].iloc[0])
    half = RIGHT.set_axis(RIGHT.index + pd.Timedelta("30s"))
    assert len(net_cop(LEFT, half, stance_width_mm=200.0)) == 3000


def test_what_cannot_be_a_foot_is_refused_by_its_name() -> None:
    for wrong in (LEFT.drop(columns="total_force_n"), LEFT.drop(columns=["cop_x_mm", "cop_y_mm"])):
        with pytest.raises(InvalidData, match="right: expected a force and a centre in mm") as refused:
            net_cop(LEFT, wrong)
        assert refused.value.field == "right"
    with pytest.raises(InvalidData, match="layouts: expected that of the left and of the right, got 1") as refused:
        net_cop(LEFT, RIGHT, layouts=[Layout(rows=1, cols=1)])
    assert refused.value.field == "layouts"
    with pytest.raises(InvalidData, match="limb_share_left_pct: expected a column"):
        body_balance(LEFT)


def test_a_foot_that_is_put_down_is_no_step_of_the_body_and_a_jump_is() -> None:
    one, seconds = LEFT.assign(total_force_n=350.0), SECONDS
    down = (seconds >= 20.0) & (seconds < 20.5)
    other = RIGHT.assign(total_force_n=np.where(down, 350.0, 0.0))
    other.loc[~down, ["cop_x_mm", "cop_y_mm"]] = np.nan
    assert "unquiet" not in body_balance(net_cop(one, other)).attrs
    air = ((seconds >= 20.0) & (seconds < 20.4)) | ((seconds >= 21.0) & (seconds < 21.4))
    jumped = [table.assign(total_force_n=np.where(air, 0.0, table["total_force_n"])) for table in (LEFT, RIGHT)]
    assert body_balance(net_cop(*jumped)).attrs["unquiet"] == ["1 step"]
