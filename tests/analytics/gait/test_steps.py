"""Steps and strides against events that are known."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics import frame_stats, gait, sim, stances, steps
from barograph import read_file
from barograph.errors import InvalidData

Table = Callable[..., pd.DataFrame]


def feet(
    table: Table, *, left: list[tuple[int, int]], right: list[tuple[int, int]], n: int = 500
) -> list[pd.DataFrame]:
    out = []
    for spans in (left, right):
        force = np.zeros(n)
        for first, after in spans:
            force[first:after] = 700.0
        out.append(stances(table(total_force_n=force)))
    return out


# A stride of 1 s, 0.6 s of it in contact, the right foot half a stride later.
LEFT = [(20, 80), (120, 180), (220, 280), (320, 380)]
RIGHT = [(70, 130), (170, 230), (270, 330)]


def test_a_regular_walk_has_the_times_it_was_made_of(table: Table) -> None:
    left, right = feet(table, left=LEFT, right=RIGHT)
    timed = steps(left, right)
    assert timed["side"].tolist() == ["left", "right"] * 3 + ["left"]
    first = timed.iloc[0]
    assert first[["contact_s", "swing_s", "stride_s", "duty_pct"]].tolist() == pytest.approx([0.6, 0.4, 1.0, 60.0])
    assert timed["step_s"].tolist()[1:] == pytest.approx([0.5] * 6)
    assert np.isnan(first["step_s"])
    # A right stride has the left foot down for its first and its last tenth of a second.
    assert timed["double_support_pct"].iloc[1] == pytest.approx(20.0)
    assert timed["double_support_pct"].iloc[2] == pytest.approx(20.0)
    # Before the right foot's first stance nobody knows whether it was down, and the last stance begins no stride.
    assert timed["double_support_pct"].iloc[[0, -1]].isna().all()


def test_the_summary_counts_what_it_leaves_out(table: Table) -> None:
    left, right = feet(table, left=[(0, 5), *LEFT], right=[*RIGHT, (480, 500)])
    table_ = gait(left, right)
    assert table_["n_stances"].tolist() == [4, 3, 7]
    assert table_["n_cut"].tolist() == [1, 1, 2]
    assert table_.loc["both", "mean_contact_s"] == pytest.approx(0.6)
    assert table_.loc["both", "sd_contact_s"] == pytest.approx(0.0, abs=1e-12)
    assert table_["cadence_spm"].tolist() == pytest.approx([120.0, 120.0, 120.0])
    assert table_.attrs["thresholds"]["left"]["on"] == 20.0


def test_one_foot_alone_has_strides_and_a_cadence_of_both(table: Table) -> None:
    left, _ = feet(table, left=LEFT, right=[])
    alone = gait(left)
    assert alone.index.tolist() == ["left"]
    assert alone["cadence_spm"].tolist() == pytest.approx([120.0])
    assert alone[["mean_step_s", "mean_double_support_pct"]].isna().all(axis=None)


def test_a_cut_start_begins_no_stride_and_a_cut_end_no_swing(table: Table) -> None:
    left, right = feet(table, left=[(0, 60), (100, 160), (450, 500)], right=[])
    timed = steps(left, right)
    assert timed["swing_s"].tolist()[0] == pytest.approx(0.4)
    assert np.isnan(timed["stride_s"].iloc[0])
    assert timed["stride_s"].tolist()[1] == pytest.approx(3.5)
    assert timed[["swing_s", "stride_s"]].iloc[2].isna().all()


def test_a_pause_is_no_step_and_no_stride(table: Table) -> None:
    left, right = feet(table, left=[(20, 80), (480, 540)], right=[(400, 460)], n=600)
    timed = steps(left, right)
    assert timed["stride_s"].isna().all()
    assert timed["step_s"].tolist()[1:] == pytest.approx([np.nan, 0.8], nan_ok=True)
    assert steps(left, right, longest_step_s=4.0)["step_s"].tolist()[1] == pytest.approx(3.8)
    assert steps(left, right, longest_stride_s=5.0)["stride_s"].iloc[0] == pytest.approx(4.6)


def test_two_stances_of_one_foot_in_a_row_are_no_step(table: Table) -> None:
    left, right = feet(table, left=[(20, 80), (120, 180)], right=[(170, 230)])
    assert steps(left, right)["step_s"].tolist()[1:] == pytest.approx([np.nan, 0.5], nan_ok=True)


def test_no_stance_at_all_is_an_empty_table_and_a_summary_of_nothing(table: Table) -> None:
    left, right = feet(table, left=[], right=[])
    assert steps(left, right).empty
    found = gait(left, right)
    assert found["n_stances"].tolist() == [0, 0, 0]
    assert found.drop(columns=["n_stances", "n_cut", "n_steps"]).isna().all(axis=None)


def test_a_gap_divides_strides(table: Table) -> None:
    seconds = np.arange(500) / 100.0
    seconds[200:] += 0.7
    force = np.zeros(500)
    for first, after in LEFT:
        force[first:after] = 700.0
    timed = steps(stances(table(seconds, total_force_n=force)))
    # The gap lies in a swing: no event was seen to be cut, yet what happened in it is not known.
    assert len(timed) == 4
    in_stance = np.zeros(500)
    in_stance[190:260] = 700.0
    assert steps(stances(table(seconds, total_force_n=in_stance)))["cut"].tolist() == [True, True]


def test_a_cadence_goes_by_the_steps_of_two_feet_and_by_the_strides_of_one(table: Table) -> None:
    # Strides of 1.25 s, a limp: steps of 0.5 and 0.75 s, three of the short ones.
    left, right = feet(table, left=[(20, 80), (145, 205), (270, 330)], right=[(70, 120), (195, 245), (320, 370)])
    assert gait(left, right)["cadence_spm"].tolist() == pytest.approx([80.0, 120.0, 120.0])
    assert gait(left)["cadence_spm"].tolist() == pytest.approx([120.0 / 1.25])


def test_the_summary_is_a_row_a_foot_with_the_parameters_it_was_made_by(table: Table) -> None:
    left, right = feet(table, left=[(20, 80), (480, 540)], right=[(400, 460)], n=600)
    found = gait(left, right, longest_step_s=4.0)
    assert (found.index.name, found.index.tolist()) == ("side", ["left", "right", "both"])
    assert found["n_steps"].tolist() == [1, 1, 2]
    assert (found.attrs["metric"], found.attrs["longest_step_s"], found.attrs["longest_stride_s"]) == ("gait", 4.0, 4.0)
    said = {
        "column": "total_force_n",
        "on": 20.0,
        "off": 16.0,
        "floor": 0.0,
        "floor_drift": 0.0,
        "unloaded": True,
        "min_contact_s": 0.08,
        "merge_s": 0.02,
    }
    assert found.attrs["thresholds"] == {"left": said, "right": said}
    assert set(found.attrs["units"]) == set(found.columns)


def test_what_steps_and_gait_are_made_of_goes_with_them(table: Table) -> None:
    left, right = feet(table, left=LEFT, right=RIGHT)
    right.attrs["on"] = 33.0
    of = {"left": "left", "right": "right"}
    for made in (steps(left, right), gait(left, right)):
        assert {side: made.attrs["made_of"][side]["metric"] for side in of} == dict.fromkeys(of, "stances")
        assert [made.attrs["made_of"][side]["on"] for side in of] == [20.0, 33.0]
    for alone in (steps(left), gait(left)):
        assert set(alone.attrs["made_of"]) == {"left"}
        assert alone.attrs["made_of"]["left"]["off"] == 16.0


def test_the_times_of_steps_are_numbers_also_where_there_is_none(table: Table) -> None:
    left, _ = feet(table, left=LEFT, right=[])
    timed = steps(left)
    for name in ("swing_s", "stride_s", "step_s", "duty_pct", "double_support_pct"):
        assert timed[name].dtype == np.float64, name


def test_a_step_into_a_cut_stance_is_whole_and_counts(table: Table) -> None:
    left, right = feet(table, left=LEFT, right=[*RIGHT, (480, 500)])
    found = gait(left, right)
    assert found.loc["right", ["n_steps", "mean_step_s"]].tolist() == pytest.approx([4, (3 * 0.5 + 1.6) / 4])


def test_every_swing_lies_between_its_own_two_stances(table: Table) -> None:
    left, _ = feet(table, left=[(20, 80), (120, 180), (225, 290), (320, 380)], right=[])
    assert steps(left)["swing_s"].tolist() == pytest.approx([0.4, 0.45, 0.3, np.nan], rel=1e-9, nan_ok=True)


def test_a_stride_or_a_swing_of_just_the_longest_time_counts(table: Table) -> None:
    left, _ = feet(table, left=[(20, 80), (420, 480)], right=[])
    assert steps(left, longest_stride_s=4.0)["stride_s"].iloc[0] == 4.0
    assert steps(left, longest_stride_s=3.4)["swing_s"].iloc[0] == 3.4


def test_double_support_is_known_up_to_the_edges_of_the_other_foots_record_and_not_beyond(table: Table) -> None:
    left, right = feet(table, left=[(20, 80), (120, 180), (220, 280)], right=[(20, 70), (100, 220)])
    assert steps(left, right, longest_step_s=1.0).query("side == 'left'")["double_support_pct"].tolist() == (
        pytest.approx([50.0, 60.0, np.nan], nan_ok=True)
    )
    _, shorter = feet(table, left=[], right=[(20, 70), (100, 219)])
    found = steps(left, shorter).query("side == 'left'")["double_support_pct"]
    assert found.tolist() == pytest.approx([50.0, np.nan, np.nan], nan_ok=True)


def test_a_step_of_just_the_longest_time_counts(table: Table) -> None:
    left, right = feet(table, left=[(20, 80)], right=[(220, 280)])
    assert steps(left, right)["step_s"].iloc[1] == 2.0


@pytest.mark.parametrize(
    ("spans", "gap_row", "swings"),
    [([(20, 80), (100, 160)], 100, [False, False]), ([(20, 60), (100, 150), (180, 230)], 150, [True, False, False])],
    ids=["a start that nobody saw", "an end that nobody saw"],
)
def test_a_swing_has_a_time_where_both_its_ends_were_seen(
    spans: list[tuple[int, int]], gap_row: int, swings: list[bool], table: Table
) -> None:
    seconds = np.arange(300) / 100.0
    seconds[gap_row:] += 0.7
    force = np.zeros(300)
    for first, after in spans:
        force[first:after] = 700.0
    assert steps(stances(table(seconds, total_force_n=force)))["swing_s"].notna().tolist() == swings


def test_what_is_no_table_of_stances_is_refused(table: Table) -> None:
    with pytest.raises(InvalidData, match=r"^left: expected a table of stances, got a, b$") as caught:
        steps(table(a=np.zeros(3), b=np.zeros(3)))
    assert caught.value.field == "left"
    left, _ = feet(table, left=LEFT, right=[])
    with pytest.raises(InvalidData, match=rf"^right: expected a table of stances, got {'x' * 80}$"):
        steps(left, table(**{"x" * 90: np.zeros(3)}))


def test_steps_are_numbered_by_their_start_and_of_one_moment_the_left_comes_first(table: Table) -> None:
    spans = [(20 + 100 * k, 80 + 100 * k) for k in range(40)]
    timed = steps(*feet(table, left=spans, right=spans, n=4100))
    assert (timed.index.name, timed.index.tolist()) == ("step", list(range(80)))
    assert timed["side"].tolist() == ["left", "right"] * 40
    assert timed["start"].is_monotonic_increasing
    assert timed.attrs["metric"] == "steps"


@pytest.mark.parametrize(("kind", "duty"), [("walk", 0.62), ("run", 0.34)])
def test_a_simulated_athletes_cadence_and_duty_are_found(kind: sim.Kind, duty: float) -> None:
    pair = sim.simulate(kind, 20.0, rate_hz=200.0, rows=16, cols=8, seed=1, variation=0.0)
    found = gait(*(stances(frame_stats(pair[side])) for side in sim.SIDES)).loc["both"]
    assert found["cadence_spm"] == pytest.approx(sim.STEPS_PER_MIN[kind], rel=0.01)
    assert found["mean_duty_pct"] == pytest.approx(100 * duty, abs=1.5)
    expected = 2 * (100 * duty - 50) if kind == "walk" else 0.0
    assert found["mean_double_support_pct"] == pytest.approx(expected, abs=3.0)


def test_a_vendors_pair_walks_a_step_in_576_milliseconds(vendor: Callable[[str], Path]) -> None:
    pair = [read_file(vendor(f"tekscan-fscan/FrasP01{side}.asf"))[0] for side in "LR"]
    found = gait(*(stances(frame_stats(foot), on=50.0) for foot in pair))
    assert found.loc["both", "mean_step_s"] == pytest.approx(0.576, abs=1e-9)
    assert found["n_cut"].tolist() == [1, 1, 2]
    assert found["n_stances"].tolist() == [5, 5, 10]


@pytest.mark.parametrize(("side", "named"), [("left", "left"), ("right", "right"), (None, "unknown")])
def test_a_foot_alone_is_the_one_that_its_recording_says(side: str | None, named: str) -> None:
    one = sim.walk(6.0, rows=20, cols=8)["right"]
    found = stances(frame_stats(replace(one, layout=replace(one.layout, side=side))))
    assert set(steps(found)["side"]) == {named}
    assert gait(found).index.tolist() == [named]
    assert gait(found)["n_stances"].item() > 3


def test_single_and_double_support_add_up_to_the_stance_and_flight_is_what_is_left(table: Table) -> None:
    pair = sim.walk(10.0, rows=12, cols=6)
    timed = steps(*(stances(frame_stats(pair[side])) for side in ("left", "right")))
    known = timed.dropna(subset=["double_support_pct"])
    assert len(known) > 5
    both = known["single_support_pct"] + known["double_support_pct"]
    np.testing.assert_allclose(both, known["duty_pct"])
    np.testing.assert_allclose(known["flight_pct"], 0.0, atol=1e-9)
    ran = sim.run(10.0, rows=12, cols=6)
    timed = steps(*(stances(frame_stats(ran[side])) for side in ("left", "right"))).dropna(subset=["flight_pct"])
    assert (timed["flight_pct"] > 10).all()
    np.testing.assert_allclose(timed["double_support_pct"], 0.0, atol=1e-9)


def test_feet_that_land_together_have_no_cadence() -> None:
    feet = sim.simulate("jump", 16.0, rows=12, cols=6)
    together = stances(frame_stats(feet["left"]))
    found = gait(together, together)
    assert np.isnan(found.loc["both", "cadence_spm"])
