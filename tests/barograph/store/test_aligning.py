"""Streams on one clock, slices by time, and recordings as labelled arrays."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analytics import sim
from barograph import Layout, Recording, read_file
from barograph.errors import InvalidData
from barograph.frames import Gap
from barograph.store.aligning import aligned


def counting(n: int, step_us: int, start_us: int = 0, dtype: str = "float64") -> Recording:
    layout = Layout(rows=1, cols=1, dtype=dtype)  # type: ignore[arg-type]
    frames = np.arange(n).reshape(n, 1, 1).astype(layout.numpy_dtype)
    return Recording(frames, start_us + step_us * np.arange(n), layout)


def test_frame_i_of_all_is_the_nearest_to_one_moment() -> None:
    fast, slow = counting(101, 10_000), counting(26, 40_000, start_us=3_000)
    both = aligned({"fast": fast, "slow": slow})
    assert both["fast"].times_us.tolist() == both["slow"].times_us.tolist() == list(range(3_000, 1_000_001, 40_000))
    assert both["slow"].frames.ravel().tolist() == list(range(25))
    assert both["fast"].frames.ravel().tolist() == list(range(0, 100, 4))


def test_a_gap_is_missing_and_never_filled_with_a_frame_from_elsewhere() -> None:
    whole = counting(100, 10_000, dtype="uint16")
    kept = np.r_[0:40, 60:100]
    holed = replace(whole, frames=whole.frames[kept], times_us=whole.times_us[kept])
    both = aligned({"whole": whole, "holed": holed})
    assert both["holed"].layout.dtype == "float32"
    missing = np.isnan(both["holed"].frames).ravel()
    assert missing.sum() == 20
    np.testing.assert_array_equal(both["holed"].frames[~missing], both["whole"].frames[~missing])


def test_streams_that_never_meet_or_have_no_time_are_refused() -> None:
    for wrong in ({}, {"a": counting(1, 1)}, {"a": counting(5, 10), "b": counting(5, 10, start_us=10**6)}):
        with pytest.raises(InvalidData, match="recordings: expected streams"):
            aligned(wrong)


def test_where_clocks_were_set_back_pieces_are_aligned_in_their_order_and_never_mixed() -> None:
    def set_back(one: Recording, row: int) -> Recording:
        return replace(one, times_us=one.times_us - np.where(np.arange(len(one)) >= row, 500_000, 0))

    left, right = counting(200, 10_000, dtype="uint16"), counting(200, 10_000, start_us=3_000, dtype="uint16")
    both = aligned({"left": set_back(left, 100), "right": set_back(right, 100)})
    assert len(both["left"]) == len(both["right"]) == 198
    assert both["left"].times_us.tolist() == both["right"].times_us.tolist()
    assert both["left"].jumps.tolist() == [99]
    for one in both.values():
        assert (np.diff(one.frames.ravel().astype(int)) >= 1).all(), "in the order in which they were recorded"
    with pytest.raises(InvalidData, match="set back as often as each other, got left 1, right 0 times"):
        aligned({"left": set_back(left, 100), "right": right})


def test_a_slice_by_time_has_both_ends_and_keeps_the_order() -> None:
    one = counting(10, 10)
    assert one.between(20, 40).frames.ravel().tolist() == [2, 3, 4]
    assert len(one.between()) == 10
    assert len(one.between(1000)) == 0
    mixed = replace(one, times_us=one.times_us[::-1])
    assert mixed.between(stop_us=15).frames.ravel().tolist() == [8, 9]


def test_a_recording_is_a_labelled_array_in_its_unit() -> None:
    foot = sim.walk(1.0)["left"]
    array = foot.to_xarray()
    assert array.dims == ("time", "y", "x")
    np.testing.assert_array_equal(array.to_numpy(), foot.values())
    np.testing.assert_array_equal(array["y"], foot.layout.y)
    assert array.attrs["units"] == "kPa"
    assert array.sel(time=slice(array["time"][10], array["time"][19])).shape[0] == 10


def test_a_labelled_array_keeps_the_order_and_says_what_its_times_are_worth() -> None:
    foot = sim.walk(1.0)["left"]
    us = foot.times_us.copy()
    us[50:] -= 200_000
    gap = Gap(0, 10, 3, int(us[9]), int(us[10]))
    array = replace(foot, times_us=us, gaps=(gap,), provenance={"date_unknown": True}).to_xarray()
    assert array["time"].to_numpy().astype("M8[us]").astype(int).tolist() == us.tolist()
    assert array.attrs["date"] == "unknown"
    assert json.loads(array.attrs["missing_us"]) == [[int(us[9]), int(us[10])]]
    assert {"date", "missing_us"} & set(foot.to_xarray().attrs) == set()


def test_a_recording_goes_to_parquet_and_back(tmp_path: Path) -> None:
    foot = sim.walk(1.0)["right"]
    foot.to_parquet(tmp_path / "a.parquet")
    assert read_file(tmp_path / "a.parquet")[0].frames.tobytes() == foot.frames.tobytes()


@pytest.mark.parametrize("step_us", [10_000, 13_333.333333, 6_666.6667, 16_666.6667])
def test_an_evenly_sampled_stream_keeps_its_number_of_frames(step_us: float) -> None:
    """Whole milliseconds of a device of 75 Hz are 13 or 14: neither is its period."""
    times_us = np.rint(np.arange(1001) * step_us / 1000).astype(np.int64) * 1000
    one = replace(counting(1001, 1, dtype="uint16"), times_us=times_us)
    both = aligned({"left": one, "right": one})
    assert both["left"].layout.dtype == "uint16"
    assert both["left"].frames.ravel().tolist() == list(range(1001))
    assert np.abs(both["left"].times_us - times_us).max() <= 1000


def test_a_gap_does_not_lengthen_the_period() -> None:
    kept = np.r_[0:50, 80:101]
    whole = counting(101, 10_000)
    holed = replace(whole, frames=whole.frames[kept], times_us=whole.times_us[kept])
    assert len(aligned({"a": holed})["a"]) == 101


def test_a_period_that_is_none_is_refused() -> None:
    for period_s in (-1.0, float("nan"), float("inf"), 1e-9):
        with pytest.raises(InvalidData, match="a period of 1 µs or more"):
            aligned({"a": counting(5, 10)}, period_s)
