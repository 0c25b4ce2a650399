"""Rows of the last seconds are those of the whole, whatever parts they came in, and so are the numbers made of them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analytics import frame_stats, gait, last_steps, sim, stances, standing, symmetry
from analytics.columns import arrival_columns
from analytics.streaming.live_window import LiveWindow, Rows
from barograph.errors import InvalidData

COLUMNS = ("total_force_n", "peak_kpa", "cop_x_mm", "cop_y_mm")
CUTS = st.lists(st.integers(0, 120), max_size=12)
FEET = ("left", "right")


def rows_of(seed: int, n: int = 120, back: float = 0.0) -> pd.DataFrame:
    """Numbered rows of uneven times with repeats and gaps, missing values, and some clocks that are set back."""
    rng = np.random.default_rng(seed)
    us = 10_000_000 + np.cumsum(rng.choice([0, 10_000, 13_000, 31_000, 700_000], n, p=[0.1, 0.4, 0.3, 0.17, 0.03]))
    us -= np.cumsum(np.where(rng.random(n) < back, rng.integers(0, 500_000, n), 0))
    cells = rng.standard_normal((n, len(COLUMNS)))
    cells[rng.random(cells.shape) < 0.1] = np.nan
    index = pd.DatetimeIndex(us.astype("M8[us]"), tz="UTC", name="time")
    return numbered(pd.DataFrame(cells, index=index, columns=COLUMNS))


def numbered(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(seq=np.arange(len(table)))


def parts(table: pd.DataFrame, cuts: list[int]) -> list[pd.DataFrame]:
    edges = sorted({0, len(table), *(cut for cut in cuts if cut < len(table))})
    return [table.iloc[a:b] for a, b in pairwise(edges)]


def take(window: LiveWindow, stream: str, part: pd.DataFrame) -> None:
    values = part.drop(columns="seq").to_numpy(float)
    window.update(stream, 0, int(part["seq"].iloc[0]), part.index.as_unit("us").asi8, values)


def plainly(whole: dict[str, pd.DataFrame], window_s: float, most: int = 1 << 30) -> dict[str, pd.DataFrame]:
    """What the window must hold of rows that have come: in order of number, each once, as old as the clocks ran."""
    whole = {name: table[~table["seq"].duplicated()].sort_values("seq") for name, table in whole.items() if len(table)}
    clocks = {name: table.index.as_unit("us").asi8.tolist() for name, table in whole.items()}
    stop, window_us, found = max(us[-1] for us in clocks.values()), window_s * 1e6, {}
    for name, table in whole.items():
        us, rows = clocks[name], []
        age = stop - us[-1]
        for i in range(len(us) - 1, -1, -1):
            step = us[i + 1] - us[i] if i < len(us) - 1 else 0
            if step <= -window_us:
                break
            age += max(step, 0)
            if age < window_us and len(rows) < most:
                rows.append(i)
        kept = table.iloc[rows[::-1]]
        lost = [[a.value // 1000, b.value // 1000] for (a, i), (b, j) in pairwise(kept["seq"].items())
                if j - i > 1 and b >= a]  # fmt: skip
        kept = kept.drop(columns="seq")
        kept.attrs = {"missing_us": lost} if lost else {}
        found[name] = kept
    return {name: table for name, table in found.items() if len(table)}


@settings(max_examples=8)
@given(st.integers(0, 10_000), CUTS, CUTS, st.sampled_from([0.3, 1.0, 30.0]), st.sampled_from([7, 40, 1 << 14]))
@example(3, list(range(120)), list(range(120)), 1.0, 7)
@example(1172, [1, 2, 3, 4, 5, 6], [1, 2, 3, 81, 82, 110], 0.3, 7)  # a late row before one that was let go
def test_at_every_prefix_the_rows_are_those_of_the_whole_under_any_cutting(seed, cuts_a, cuts_b, window_s, most):
    whole = {"left": rows_of(seed, back=0.1), "right": rows_of(seed + 1, back=0.1)}
    live, come = LiveWindow(window_s, most_rows=most), {name: table.iloc[:0] for name, table in whole.items()}
    turns = [(name, part) for name, cuts in (("left", cuts_a), ("right", cuts_b)) for part in parts(whole[name], cuts)]
    rng = np.random.default_rng(seed)
    turns = [turn for turn in turns if rng.random() < 0.9]  # some are lost
    turns.sort(key=lambda turn: turn[1]["seq"].iloc[0] + rng.integers(0, 3))  # some come late
    for name, part in turns:
        take(live, name, part)
        come[name] = pd.concat([come[name], part])
        if rng.random() < 0.3:  # to look at it changes nothing
            assert live.stop_us is not None
        expected = plainly(come, window_s, most)
        if part is turns[-1][1] or rng.random() < 0.3:
            found = {stream: rows.table(COLUMNS) for stream, rows in live.rows.items()}
            assert found.keys() == expected.keys()
            for stream, table in expected.items():
                pd.testing.assert_frame_equal(found[stream], table, check_exact=True)
                assert found[stream].attrs == table.attrs


def test_a_clock_that_is_set_back_a_little_costs_no_row_and_one_that_is_set_back_far_begins_anew():
    live, us = LiveWindow(5.0), 100_000_000 + np.arange(200) * 10_000
    live.update("left", 0, 0, us, np.full((200, 1), 1.0))
    live.update("left", 0, 200, us - 1_000_000, np.full((200, 1), 2.0))
    held = live.rows["left"]
    assert held.times_us.tolist() == [*us.tolist(), *(us - 1_000_000).tolist()]
    assert live.stop_us == us[-1] - 1_000_000
    live.update("left", 1, 0, us - 3_600_000_000, np.full((200, 1), 3.0))  # the device was started again
    assert live.rows["left"].values.tolist() == [[3.0]] * 200
    live.update("left", 0, 400, us, np.full((200, 1), 4.0))  # late rows of the epoch before stay before
    assert live.rows["left"].values.tolist() == [[3.0]] * 200


def test_frames_that_were_lost_are_a_gap_of_the_table():
    live = LiveWindow(5.0)
    live.update("left", 0, 0, [0, 10_000], np.ones((2, 1)))
    live.update("left", 0, 5, [60_000, 70_000], np.ones((2, 1)))
    assert live.rows["left"].table(["raw_sum"]).attrs == {"missing_us": [[10_000, 60_000]]}
    live.update("left", 0, 2, [20_000, 30_000, 40_000], np.ones((3, 1)))  # they were only late
    assert live.rows["left"].table(["raw_sum"]).attrs == {}


def test_a_part_that_comes_again_changes_nothing():
    whole, live = rows_of(5), LiveWindow(2.0)
    for part in parts(whole, [10, 50, 90]):
        take(live, "left", part)
        before = live.rows["left"]
        take(live, "left", part.assign(total_force_n=-1.0))
        np.testing.assert_array_equal(live.rows["left"].values, before.values)
        np.testing.assert_array_equal(live.rows["left"].times_us, before.times_us)


def test_a_stream_that_stands_still_is_left_behind_by_the_others():
    live, whole = LiveWindow(2.0), rows_of(6)
    take(live, "left", whole)
    assert set(live.rows) == {"left"}
    take(live, "right", whole.set_index(whole.index + pd.Timedelta(seconds=60)))
    assert set(live.rows) == {"right"}


@pytest.mark.parametrize("size", [1, 10, 64, 1000])
def test_what_is_kept_is_bounded_by_seconds_and_by_rows(size):
    live = LiveWindow(1.0, most_rows=200)
    us = np.arange(3000) * 10_000
    for first in range(0, 3000, size):
        live.update("left", 0, first, us[first : first + size], np.ones((len(us[first : first + size]), 1)))
        assert live.kept <= 2 * 200 + size
    assert live.rows["left"].times_us.tolist() == us[-100:].tolist()
    assert live.kept == 100
    live.update("left", 0, 3000, us[-1] + 1 + np.arange(500), np.ones((500, 1)))
    assert live.kept == len(live.rows["left"]) == 200


def test_rows_that_were_given_do_not_change_with_those_that_come():
    live = LiveWindow(1.0)
    live.update("left", 0, 0, [1_000_000], [[1.0]])
    before = live.rows
    live.update("left", 0, 0, [1_000_000, 1_500_000, 2_400_000], [[9.0], [2.0], [3.0]])
    assert before["left"].values.tolist() == [[1.0]]
    assert live.rows["left"].values.tolist() == [[2.0], [3.0]]
    assert live.stop_us == 2_400_000


@pytest.mark.parametrize(
    ("times_us", "values", "expected"),
    [
        ([0.5], [[1.0]], r"times_us: expected \(n,\) whole microseconds, got float64"),
        ([[1]], [[1.0]], r"times_us: expected \(n,\) whole microseconds"),
        ([1, 2], [[1.0]], r"values: expected \(2, k\) floats, got float64 \(1, 1\)"),
        ([1], [1.0], r"values: expected \(1, k\) floats"),
        ([1], [["a"]], r"values: expected \(1, k\) floats"),
        ([1], [[1.0, 2.0]], "values: expected 1 columns, got 2"),
    ],
)
def test_a_part_of_another_form_is_refused_and_costs_nothing(times_us, values, expected):
    live = LiveWindow()
    live.update("left", 0, 0, [1], [[5.0]])
    with pytest.raises(InvalidData, match=expected):
        live.update("left", 0, 1, times_us, values)
    assert live.rows["left"].values.tolist() == [[5.0]]


def test_a_window_of_nothing_is_refused_and_an_empty_one_has_no_rows():
    for asked in ({"window_s": 0.0}, {"most_rows": 0}):
        with pytest.raises(InvalidData, match="more than 0 seconds and rows"):
            LiveWindow(**asked)
    live = LiveWindow()
    live.update("left", 0, 0, np.zeros(0, int), np.zeros((0, 3)))
    assert (live.rows, live.stop_us, live.kept) == ({}, None, 0)
    with pytest.raises(InvalidData, match="columns: expected 1 names, got 2"):
        Rows.of(0, 0, [1], [[1.0]]).table(["a", "b"])


def walked(kind: str = "walk", seconds: float = 15.0, **asked: float) -> dict[str, pd.DataFrame]:
    made = sim.simulate(kind, seconds, rows=16, cols=8, **asked)
    return {side: numbered(frame_stats(one)[list(arrival_columns(one.layout))]) for side, one in made.items()}


def test_in_blocks_of_any_size_the_numbers_at_a_moment_are_those_of_the_batch():
    whole = {"gait": walked(asymmetry=0.1), "stand": walked("stand")}
    rng = np.random.default_rng(7)
    for _ in range(4):
        live = {kind: LiveWindow(6.0) for kind in whole}
        rows = dict.fromkeys(FEET, 0)
        while min(rows.values()) < 1400:
            side = str(rng.choice(FEET))
            size = int(rng.choice([1, 10, 64, 300]))
            for kind, tables in whole.items():
                take(live[kind], side, tables[side].iloc[max(rows[side] - 3, 0) : rows[side] + size])
            rows[side] = min(rows[side] + size, len(whole["gait"][side]))
        for kind, tables in whole.items():
            come = plainly({side: tables[side].iloc[: rows[side]] for side in FEET}, 6.0)
            held = {side: live[kind].rows[side].table(list(tables[side].drop(columns="seq"))) for side in FEET}
            made = (lambda of: last_steps(of["left"], of["right"])) if kind == "gait" else standing
            pd.testing.assert_frame_equal(made(held), made(come), check_exact=True)


def test_last_steps_are_the_mean_of_the_last_whole_stances_and_their_symmetry():
    feet = walked(asymmetry=0.1, cadence=100.0)
    found = last_steps(feet["left"], feet["right"])
    events = {side: stances(feet[side]) for side in FEET}
    last = {side: of[~of["cut"]].tail(5) for side, of in events.items()}
    for side, of in last.items():
        assert found.loc[side, "n_stances"] == 5
        for name in ("contact_s", "max_total_force_n", "max_peak_kpa", "impulse_ns"):
            assert found.loc[side, f"mean_{name}"] == pytest.approx(of[name].mean())
    compared = symmetry(last["left"], last["right"])
    assert found.loc["both", "symmetry_index_pct"] == compared.loc["max_total_force_n", "symmetry_index_pct"]
    assert found.loc["both", "cadence_spm"] == gait(events["left"], events["right"]).loc["both", "cadence_spm"]
    assert found["impulse_share_pct"].sum() == pytest.approx(100.0)
    assert found.loc["right", "mean_duty_pct"] == pytest.approx(62.0, abs=3.0)


def test_of_fewer_stances_than_asked_for_nothing_is_averaged():
    feet = walked(seconds=2.5)
    found = last_steps(feet["left"], feet["right"])
    assert 0 < found.loc["left", "n_stances"] < 3
    assert (
        found.loc[list(FEET), [name for name in found if name.startswith(("mean_", "impulse"))]].isna().all(axis=None)
    )
    assert found.loc["both", ["symmetry_index_pct"]].isna().all()
    assert last_steps(feet["left"], feet["right"], least=1).loc["left", "mean_contact_s"] > 0.3
    one_foot = last_steps(feet["left"], feet["right"].iloc[:0], least=1)
    assert one_foot["impulse_share_pct"].isna().all()
    assert np.isnan(one_foot.loc["both", "symmetry_index_pct"])
    for asked in ({"least": 0}, {"n": 2, "least": 3}):
        with pytest.raises(InvalidData, match="least: expected 1 to n"):
            last_steps(feet["left"], feet["right"], **asked)


def test_raw_feet_have_the_same_numbers_in_counts():
    feet = walked(asymmetry=0.2)
    raw = {side: of[["total_force_n"]].rename(columns={"total_force_n": "raw_sum"}) for side, of in feet.items()}
    there = last_steps(feet["left"], feet["right"], on=20.0, off=16.0)
    found = last_steps(raw["left"], raw["right"], on=20.0, off=16.0)
    pd.testing.assert_series_equal(found["impulse_share_pct"], there["impulse_share_pct"])
    assert found.loc["left", "mean_max_raw_sum"] == there.loc["left", "mean_max_total_force_n"]
    assert found.loc["both", "symmetry_index_pct"] == there.loc["both", "symmetry_index_pct"]


def test_standing_shares_the_load_between_streams_and_between_halves():
    index = pd.date_range("2025-01-01", periods=400, freq="10ms", tz="UTC", name="time").as_unit("us")
    rng = np.random.default_rng(1)
    plate = pd.DataFrame(rng.standard_normal((400, 2)), index=index, columns=["cop_x_mm", "cop_y_mm"])
    plate = plate.assign(load_left_pct=60.0, load_right_pct=40.0)
    two = standing(
        {"a": plate.assign(total_force_n=300.0), "b": plate.assign(total_force_n=[np.nan] * 200 + [100.0] * 200)}
    )
    assert two["load_share_pct"].tolist() == [75.0, 25.0]
    assert two["mean_load_left_pct"].tolist() == pytest.approx([60.0, 60.0])
    assert two["path_mm"].iloc[0] > 0
    other = standing({"a": plate.assign(total_force_n=300.0), "b": plate.assign(raw_sum=100.0)})
    assert other["load_share_pct"].isna().all()
    assert standing({"a": plate})["load_share_pct"].isna().all()
    assert standing({"a": plate.assign(total_force_n=0.0)})["load_share_pct"].isna().all()
    with pytest.raises(InvalidData, match="streams: expected one table or more"):
        standing({})
