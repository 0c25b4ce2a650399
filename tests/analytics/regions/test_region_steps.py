"""Regions in steps: each step by itself, means over whole steps, and nothing that is a sum over a session."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import (
    frame_stats,
    pti,
    region_curves,
    region_means,
    region_stats,
    region_steps,
    sim,
    stances,
    usual_regions,
)
from analytics.regions.presets import Regions, thirds
from analytics.regions.region_steps import RegionStepsFold
from barograph import Layout, Recording, read_file
from barograph.errors import InvalidData
from barograph.frames import Block

PLATE = Layout(rows=6, cols=2, unit="kPa", pitch_mm=(10.0, 10.0), kind="plate", dtype="float64")


def stepped(*frames: tuple[int, int, float], n: int = 100) -> Recording:
    """Cells of 40 kPa and more everywhere but in the rear third, from one frame to before another."""
    cells = np.zeros((n, 6, 2))
    for first, after, kpa in frames:
        cells[first:after, :4] = kpa
    return Recording(frames=cells, times_us=np.arange(n) * 10_000, layout=PLATE)


def events(recording: Recording) -> pd.DataFrame:
    return stances(frame_stats(recording), on=10.0)


def test_each_step_has_its_own_numbers_and_twice_the_steps_are_not_twice_the_impulse() -> None:
    once = stepped((10, 40, 50.0))
    twice = stepped((10, 40, 50.0), (60, 90, 50.0))
    one, two = (region_steps(recording, events(recording), thirds(PLATE)) for recording in (once, twice))
    assert len(one) == 3
    assert len(two) == 6
    np.testing.assert_allclose(two.loc[0].drop(columns="cut"), one.loc[0].drop(columns="cut"))
    front = two.loc[(1, "front")]
    # Two rows of two cells of 1 cm² at 50 kPa are 20 N, for 30 frames of 10 ms.
    assert front["peak_kpa"] == 50.0
    assert front["max_force_n"] == pytest.approx(20.0)
    assert front["impulse_ns"] == pytest.approx(20.0 * 0.29)
    assert front["pti_map_max_kpa_s"] == pytest.approx(50.0 * 0.30)
    assert front["max_contact_area_cm2"] == pytest.approx(4.0)
    assert front["contact_s"] == pytest.approx(0.30)
    assert front[["start_pct", "stop_pct", "peak_at_pct"]].tolist() == pytest.approx([0.0, 100.0, 0.0])
    assert front["load_share_pct"] == pytest.approx(50.0)
    means = region_means(two)
    assert means.loc["front", "mean_impulse_ns"] == pytest.approx(20.0 * 0.29)
    assert means.loc["front", "sd_impulse_ns"] == pytest.approx(0.0, abs=1e-9)
    assert means.loc["front", "n"] == 2


def test_a_region_that_was_not_loaded_has_zeros_and_no_times() -> None:
    found = region_steps(stepped((10, 40, 50.0)), events(stepped((10, 40, 50.0))), thirds(PLATE)).loc[(0, "rear")]
    assert (found[["peak_kpa", "max_force_n", "impulse_ns", "pti_map_max_kpa_s", "max_contact_area_cm2", "contact_s",
                   "load_share_pct"]] == 0).all()  # fmt: skip
    assert found[["start_pct", "stop_pct", "peak_at_pct"]].isna().all()


def test_means_are_over_whole_steps_with_the_spread_of_a_sample() -> None:
    recording = stepped((0, 30, 90.0), (40, 60, 40.0), (70, 90, 60.0))
    found = events(recording)
    assert found["cut"].tolist() == [True, False, False]
    steps = region_steps(recording, found, thirds(PLATE))
    assert len(steps) == 9
    means = region_means(steps).loc["front"]
    assert means["n"] == 2
    assert means["mean_peak_kpa"] == 50.0
    assert means["sd_peak_kpa"] == pytest.approx(np.sqrt(200.0))
    none = region_means(region_steps(stepped(), events(stepped()), thirds(PLATE)))
    assert none.empty
    with pytest.raises(InvalidData, match="expected a table of region_steps"):
        region_means(found)


def test_regions_of_a_step_add_up_to_it() -> None:
    left = sim.walk(4.0, seed=3)["left"]
    found = stances(frame_stats(left))
    steps = region_steps(left, found)
    for stance in found.index:
        assert steps.loc[stance, "impulse_ns"].sum() == pytest.approx(found.loc[stance, "impulse_ns"])
        assert steps.loc[stance, "peak_kpa"].max() == found.loc[stance, "max_peak_kpa"]
        assert steps.loc[stance, "load_share_pct"].sum() == pytest.approx(100.0)
        part = left.part(int(found.loc[stance, "first"]), int(found.loc[stance, "after"]))
        row = pti(part).iloc[0]
        assert steps.loc[stance, "pti_map_max_kpa_s"].max() == pytest.approx(row["pti_map_max_kpa_s"])
        assert steps.loc[stance, "ever_loaded_cm2"].sum() == pytest.approx(row["ever_loaded_cm2"])
    whole = Regions(("all",), left.layout.valid[None].astype(float), "all")
    one = region_steps(left, found, whole).loc[(found.index[1], "all")]
    part = left.part(int(found["first"].iloc[1]), int(found["after"].iloc[1]))
    for name, value in pti(part).iloc[0].items():
        assert one[name] == pytest.approx(value), name


@given(st.lists(st.integers(1, 399), max_size=12))
def test_parts_of_frames_have_the_steps_of_the_whole(cuts: list[int]) -> None:
    left = WALK
    found, chosen = WALK_FOUND, thirds(left.layout)
    fold = RegionStepsFold(left.layout, chosen, found, left.times_us, 5.0)
    edges = sorted({0, *cuts, len(left)})
    for first, after in pairwise(edges):
        part = left.part(first, after)
        fold.update(Block(0, first, part.times_us, 0, np.array(part.frames), None))
    pd.testing.assert_frame_equal(fold.get(), region_steps(left, found, chosen, loaded_above=5.0))


WALK = sim.walk(4.0, rows=12, cols=6)["left"]
WALK_FOUND = stances(frame_stats(WALK))


def test_a_gap_inside_a_stance_adds_nothing() -> None:
    recording = stepped((10, 40, 50.0))
    late = recording.times_us + np.where(np.arange(100) >= 25, 600_000, 0)
    parted = replace(recording, times_us=late)
    found = events(recording)
    impulse = region_steps(parted, found, thirds(PLATE)).loc[(0, "front"), "impulse_ns"]
    assert impulse == pytest.approx(20.0 * 0.28)


def test_raw_steps_have_the_names_of_counts() -> None:
    raw = replace(stepped((10, 40, 50.0)), layout=Layout(rows=6, cols=2))
    steps = region_steps(raw, stances(frame_stats(raw)), thirds(raw.layout))
    assert {"raw_peak", "max_raw_sum", "impulse_raw_s", "pti_map_max_raw_s", "max_contact_area_cell"} <= set(steps)
    assert not [name for name in steps if name.endswith(("_n", "_kpa", "_ns"))]
    assert steps.loc[(0, "front"), "max_raw_sum"] == 200.0


def test_what_does_not_fit_is_refused() -> None:
    recording = stepped((10, 40, 50.0))
    found = events(recording)
    with pytest.raises(InvalidData, match="expected stances of 20 rows"):
        region_steps(recording.part(0, 20), found, thirds(PLATE))


def test_a_vendors_insole_has_the_peaks_of_its_whole_steps(vendor: Callable[[str], Path]) -> None:
    left = read_file(vendor("tekscan-fscan/FrasP01L.asf"))[0]
    means = region_means(region_steps(left, stances(frame_stats(left), on=50.0), thirds(left.layout))).loc["rear"]
    assert means["n"] == 5
    assert means["mean_peak_kpa"] == pytest.approx(654.6, abs=0.05)
    assert means["sd_peak_kpa"] == pytest.approx(74.3, abs=0.05)


@pytest.mark.parametrize("p0", [None, 0.0, 40.0, 80.0])
def test_steps_and_recording_have_the_regions_of_the_print_above_the_same_threshold(
    p0: float | None, vendor: Callable[[str], Path]
) -> None:
    (plate,) = read_file(vendor("novel-emed/emed_test.lst"))
    whole = region_stats(plate, loaded_above=p0)
    usual = usual_regions(plate, loaded_above=p0)
    pd.testing.assert_frame_equal(whole, region_stats(plate, usual, loaded_above=p0))
    by_step = region_steps(plate, stances(frame_stats(plate)), loaded_above=p0)
    assert by_step.loc[0].index.tolist() == whole.index.tolist() == list(usual.names)
    assert by_step.loc[0]["impulse_ns"].to_numpy() == pytest.approx(whole["impulse_ns"].to_numpy(), rel=0.01)
    assert list(region_curves(plate, loaded_above=p0)) == list(usual.names)
