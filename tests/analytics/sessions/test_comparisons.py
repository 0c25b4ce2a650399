"""Left against right, A against B, and thresholds: against values that can be worked out."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as distributions

from analytics import (
    alarms,
    compare,
    difference_map,
    frame_stats,
    peak_map,
    sim,
    stances,
    symmetry,
    symmetry_angle,
    symmetry_index,
)
from analytics.streaming.alarms import PRESETS, Alarm
from barograph import Layout, Recording
from barograph.errors import InvalidData

Table = Callable[..., pd.DataFrame]
PLATE = Layout(rows=20, cols=30, unit="kPa", pitch_mm=(5.0, 5.0), kind="plate")


def test_equal_sides_are_at_zero_and_one_sided_loads_at_the_end_of_the_scale() -> None:
    assert symmetry_index([5, 5, 0, 4], [5, 0, 5, 6]).tolist() == [0, -200, 200, 40]
    assert symmetry_angle([5, 5, 0], [5, 0, 5]).tolist() == pytest.approx([0, -50, 50])
    assert symmetry_angle(4, 6) == pytest.approx((45 - np.degrees(np.arctan2(4, 6))) / 90 * 100)
    assert np.isnan(symmetry_index(0, 0))
    assert np.isnan(symmetry_angle(0, 0))
    assert np.isnan(symmetry_index(np.nan, 1))


@given(st.floats(0.01, 1e4), st.floats(0.01, 1e4), st.floats(0.1, 100))
def test_changing_sides_changes_the_sign_and_changing_units_nothing(left: float, right: float, unit: float) -> None:
    for each in (symmetry_index, symmetry_angle):
        assert each(left, right) == pytest.approx(-each(right, left), abs=1e-9)
        assert each(left * unit, right * unit) == pytest.approx(each(left, right), abs=1e-9)
        assert np.sign(each(left, right)) == np.sign(right - left) or left == pytest.approx(right)


@pytest.mark.parametrize("asymmetry", [-0.2, 0.0, 0.1])
def test_the_asymmetry_an_athlete_was_given_is_the_index_that_is_found(asymmetry: float) -> None:
    pair = sim.walk(12.0, asymmetry=asymmetry, variation=0.0, noise=0.0, rows=20, cols=10)
    tables = [stances(frame_stats(pair[side])) for side in sim.SIDES]
    found = symmetry(*tables)
    assert found.loc["impulse_ns", "symmetry_index_pct"] == pytest.approx(100 * asymmetry, abs=1.0)
    assert found.loc["contact_s", "symmetry_index_pct"] == pytest.approx(0.0, abs=2.0)
    whole = [int((~table["cut"]).sum()) for table in tables]
    assert found.loc["impulse_ns", ["n_left", "n_right"]].tolist() == whole
    assert set(found.attrs["units"]) == set(found.columns)


def test_a_side_without_a_value_has_no_symmetry(table: Table) -> None:
    some, none = table(contact_s=[0.5, 0.7]), table(contact_s=[np.nan])
    row = symmetry(some, none).loc["contact_s"]
    assert row[["mean_left", "n_left", "n_right"]].tolist() == [0.6, 2, 0]
    assert row[["mean_right", "symmetry_index_pct", "symmetry_angle_pct"]].isna().all()
    with pytest.raises(InvalidData, match="expected a column of that name"):
        symmetry(some, none, ["swing_s"])


def test_cut_stances_are_left_out_of_means(table: Table) -> None:
    some = table(contact_s=[0.5, 0.7, 9.0]).assign(cut=[False, False, True])
    assert symmetry(some, some).loc["contact_s", "mean_left"] == pytest.approx(0.6)
    assert compare(some, some).loc["contact_s", "n_b"] == 2


def test_a_comparison_is_welchs_interval_and_hedges_g(table: Table) -> None:
    rng = np.random.default_rng(5)
    a, b = rng.normal(0.60, 0.02, 14), rng.normal(0.63, 0.05, 9)
    row = compare(table(contact_s=a), table(contact_s=b)).loc["contact_s"]
    interval = distributions.ttest_ind(b, a, equal_var=False).confidence_interval(0.95)
    assert row["difference"] == pytest.approx(b.mean() - a.mean())
    assert row[["difference_low", "difference_high"]].tolist() == pytest.approx([interval.low, interval.high])
    pooled = np.sqrt((13 * a.var(ddof=1) + 8 * b.var(ddof=1)) / 21)
    g = (1 - 3 / (4 * 21 - 1)) * (b.mean() - a.mean()) / pooled
    half = 1.959964 * np.sqrt(23 / (14 * 9) + g**2 / 46)
    assert row[["hedges_g", "hedges_g_low", "hedges_g_high"]].tolist() == pytest.approx([g, g - half, g + half])
    narrow = compare(table(contact_s=a), table(contact_s=b), confidence=0.5).loc["contact_s"]
    assert row["difference_low"] < narrow["difference_low"] < narrow["difference"]


def test_too_few_or_equal_values_have_a_difference_and_no_effect_size(table: Table) -> None:
    one = compare(table(contact_s=[0.5]), table(contact_s=[0.6, 0.7])).loc["contact_s"]
    assert one["difference"] == pytest.approx(0.15)
    assert one[["difference_low", "hedges_g"]].isna().all()
    same = compare(table(contact_s=[1, 1]), table(contact_s=[2, 2])).loc["contact_s"]
    assert same[["difference", "difference_low", "difference_high"]].tolist() == [1, 1, 1]
    assert np.isnan(same["hedges_g"])
    with pytest.raises(InvalidData, match="between 0 and 1"):
        compare(table(contact_s=[1]), table(contact_s=[2]), confidence=95)


def bump(x: float, y: float, layout: Layout = PLATE, force: float = 300.0) -> Recording:
    return sim.gaussian(np.array([[x, y]] * 3), layout, sd_mm=10.0, force_n=force)


def test_a_recording_differs_from_itself_by_nothing() -> None:
    a = bump(75, 50)
    for align in ("outline", "cop", "none"):
        found = difference_map(a, a, align=align)  # type: ignore[arg-type]
        assert np.abs(found).max(axis=None) == 0
        assert found.attrs["shift"] == [0, 0]


def test_the_same_load_elsewhere_is_the_same_after_alignment_by_its_centre() -> None:
    a, b = bump(75, 50), bump(85, 45)
    apart = difference_map(a, b, align="none")
    assert apart.max(axis=None) > 0.5 * peak_map(b).max(axis=None)
    moved = difference_map(a, b, align="cop")
    assert moved.attrs["shift"] == pytest.approx([-10, 5], abs=0.01)
    assert np.nanmax(np.abs(moved)) < 0.001 * peak_map(a).max(axis=None)
    # What b does not reach after the move is not known.
    assert np.isnan(moved.to_numpy()[:, -2:]).all()


def test_footprints_on_a_plate_meet_at_the_middles_of_their_outlines() -> None:
    frames = np.zeros((2, 20, 30))
    frames[:, 4:10, 5:9] = 100.0
    other = np.roll(frames, (3, 11), axis=(1, 2)) * 2
    a, b = (Recording(frames=f, times_us=np.arange(2) * 10_000, layout=PLATE) for f in (frames, other))
    found = difference_map(a, b)
    assert found.attrs["shift"] == [-55.0, -15.0]
    np.testing.assert_allclose(np.nan_to_num(found), frames[0])


WIDE = Layout(rows=60, cols=60, unit="kPa", pitch_mm=(5.0, 5.0), kind="plate")


def footprint(deg: float, x: float = 150.0, y: float = 150.0, layout: Layout = WIDE) -> Recording:
    """A cap of 220 × 90 mm whose load is heavier at one end, its long axis turned from x towards y."""
    gx, gy = np.meshgrid(layout.x, layout.y)
    c, s = np.cos(np.radians(deg)), np.sin(np.radians(deg))
    u, v = ((gx - x) * c + (gy - y) * s) / 110.0, ((gy - y) * c - (gx - x) * s) / 45.0
    cells = 200.0 * np.clip(1 - u**2 - v**2, 0.0, None) * (1 + 0.4 * u)
    return Recording(frames=np.repeat(cells[None], 2, axis=0), times_us=np.arange(2) * 10_000, layout=layout)


@pytest.mark.parametrize("align", ["outline", "cop"])
@pytest.mark.parametrize("deg", [-40.0, -12.5, 3.0, 30.0])
def test_a_footprint_that_is_turned_and_moved_is_the_same_after_alignment(deg: float, align: Any) -> None:
    a, b = footprint(20.0), footprint(20.0 + deg, 163.0, 141.0)
    found = difference_map(a, b, align=align)
    # An outline is known to a cell of 5 mm, the load's moments much better.
    assert found.attrs["turn_deg"] == pytest.approx(-deg, abs=1.0 if align == "outline" else 0.1)
    # The centre of the load lies 0.4 · 110 / 6 mm from the middle, towards the heavier end.
    ends = [np.array([np.cos(np.radians(d)), np.sin(np.radians(d))]) for d in (20.0, 20.0 + deg)]
    off = 0.4 * 110 / 6 * (ends[0] - ends[1]) if align == "cop" else np.zeros(2)
    assert found.attrs["shift"] == pytest.approx(np.array([-13.0, 9.0]) + off, abs=2.5)
    straight = difference_map(a, b, align=align, turn=False)
    assert np.nanmax(np.abs(found)) < min(0.07 * peak_map(a).max(axis=None), 0.5 * np.nanmax(np.abs(straight)))


def test_an_axis_has_no_upper_end_so_that_the_smaller_turn_is_taken() -> None:
    found = difference_map(footprint(80.0), footprint(-85.0))
    assert found.attrs["turn_deg"] == pytest.approx(-15.0, abs=1.0)


def test_a_turn_is_of_place_whichever_way_rows_and_columns_grow() -> None:
    mirrored = replace(WIDE, y_axis="up", x_axis="left")
    found = difference_map(footprint(20.0), footprint(45.0, layout=mirrored))
    assert found.attrs["turn_deg"] == pytest.approx(-25.0, abs=1.0)
    assert np.nanmax(np.abs(found)) < 0.08 * peak_map(footprint(20.0)).max(axis=None)


def test_a_turn_that_is_not_wished_or_has_no_axis_is_not_made() -> None:
    a, b = footprint(20.0), footprint(50.0)
    assert difference_map(a, b, turn=False).attrs["turn_deg"] is None
    assert difference_map(a, b, align="none").attrs["turn_deg"] is None
    assert difference_map(bump(75, 50), bump(85, 45), align="cop").attrs["turn_deg"] is None
    assert difference_map(a, footprint(75.0)).attrs["turn_deg"] is None, "axes further apart than 45°"
    bare = [replace(one, layout=replace(WIDE, pitch_mm=None)) for one in (a, b)]
    assert difference_map(*bare).attrs["turn_deg"] is None


def test_a_worn_sensor_is_not_turned_by_how_it_is_loaded() -> None:
    worn = replace(WIDE, rows=60, cols=20, kind="insole")
    a, b = (footprint(deg, 50.0, layout=worn) for deg in (90.0, 75.0))
    for align in ("outline", "cop"):
        assert difference_map(a, b, align=align).attrs["turn_deg"] == 0.0  # type: ignore[arg-type]


def test_maps_of_other_pitches_are_compared_on_the_cells_of_the_first() -> None:
    fine = replace(PLATE, rows=40, cols=60, pitch_mm=(2.5, 2.5))
    found = difference_map(bump(75, 50), bump(75, 50, fine), align="none")
    assert found.shape == (20, 30)
    assert np.nanmax(np.abs(found)) < 0.02 * peak_map(bump(75, 50)).max(axis=None)


def test_an_axis_that_grows_the_other_way_is_aligned_by_place() -> None:
    up = replace(PLATE, y_axis="up")
    found = difference_map(bump(75, 40), bump(75, 40, up), align="none")
    assert np.nanmax(np.abs(found)) == pytest.approx(0.0, abs=1e-9)


def test_what_cannot_be_compared_is_refused() -> None:
    a = bump(75, 50)
    raw = Recording(frames=a.frames, times_us=a.times_us, layout=replace(PLATE, unit="raw"))
    bare = Recording(frames=a.frames, times_us=a.times_us, layout=replace(PLATE, pitch_mm=None))
    for b, match in ((raw, "two pressures or two raw"), (bare, "with a pitch or both without")):
        with pytest.raises(InvalidData, match=match):
            difference_map(a, b)
    with pytest.raises(InvalidData, match="expected outline, cop or none"):
        difference_map(a, a, align="eye")  # type: ignore[arg-type]


def rule(**parameters: Any) -> Alarm:
    return Alarm("hard", "peak_kpa", **parameters)


def test_an_alarm_is_raised_when_the_threshold_was_passed_for_the_hold_time(table: Table) -> None:
    peak = np.zeros(100)
    peak[10:21], peak[40:45], peak[90:] = 300.0, 400.0, 250.0
    found = alarms(table(peak_kpa=peak), [rule(above=200.0, hold_s=0.05)])
    assert found["duration_s"].tolist() == [0.1, 0.09]
    assert found["worst"].tolist() == [300, 250]
    assert found["open"].tolist() == [False, True]
    assert (found["raised"] - found["start"]).dt.total_seconds().tolist() == [0.05, 0.05]
    assert len(alarms(table(peak_kpa=peak), [rule(above=200.0)])) == 3


def test_a_threshold_is_passed_and_not_met_in_either_direction(table: Table) -> None:
    stats = table(peak_kpa=[200.0, 200.1, np.nan, 199.9])
    assert alarms(stats, [rule(above=200.0)])["worst"].tolist() == [200.1]
    assert alarms(stats, [rule(below=200.0)])["worst"].tolist() == [199.9]


def test_a_gap_ends_an_alarm(table: Table) -> None:
    found = alarms(table([0, 0.1, 5.0, 5.1], peak_kpa=[300.0] * 4), [rule(above=200.0)])
    assert found["duration_s"].tolist() == [0.1, 0.1]


def test_alarms_of_several_rules_are_in_order_and_none_is_an_empty_table(table: Table) -> None:
    stats = table(peak_kpa=[0, 0, 300, 0.0], total_force_n=[0, 900, 900, 0.0])
    heavy = Alarm("heavy", "total_force_n", above=800.0)
    assert alarms(stats, [rule(above=200.0), heavy])["alarm"].tolist() == ["heavy", "hard"]
    assert alarms(stats, []).empty
    assert list(alarms(stats, []).columns) == list(alarms(stats).columns)
    assert alarms(stats.iloc[:0]).empty


def test_a_preset_cites_its_source_and_says_that_it_is_no_diagnosis() -> None:
    for preset in PRESETS:
        assert "doi 10." in preset.source
        assert "No diagnosis" in preset.source


@pytest.mark.parametrize("wrong", [{}, {"above": 1.0, "below": 2.0}, {"above": np.nan}, {"above": 1.0, "hold_s": -1.0}])
def test_an_alarm_that_says_nothing_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidData, match="alarm hard: expected"):
        rule(**wrong)
