"""Maps and regions made chunk by chunk: parts equal the whole, however they are cut."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analytics import frame_stats, mean_map, peak_map, pti_map, region_stats, regions, stances
from analytics.base.times import steps_s
from analytics.gait.stances import stance_spans_us
from analytics.maps.folds import MapsFold
from analytics.maps.usual_step import UsualStep
from analytics.regions.region_folds import RegionsFold
from barograph.frames import Block, Layout, Recording


def blocks_of(recording: Recording, cuts: list[int]) -> list[Block]:
    edges = [0, *cuts, len(recording)]
    return [Block(0, a, recording.times_us[a:b], 0, np.array(recording.frames[a:b])) for a, b in pairwise(edges)]


def shaken(dtype: str) -> Recording:
    """Eighty frames at uneven times with a gap, of a sensor that lacks a corner; floats miss a cell for a while."""
    rng = np.random.default_rng(2)
    frames = rng.uniform(0, 300, (80, 6, 5)).astype(dtype)
    if dtype == "float32":
        frames[20:40, 2, 3] = np.nan
    times = np.cumsum(rng.integers(8_000, 14_000, 80)).astype(np.int64)
    times[45:] += 900_000  # nothing is integrated across it
    mask = [0] + [1] * 29
    layout = Layout(rows=6, cols=5, dtype=dtype, unit="kPa", scale=0.5, pitch_mm=(5, 5), mask=mask)
    return Recording(frames, times, layout)


@pytest.mark.parametrize("cuts", [[], [1], [44, 45], [46]])
@pytest.mark.parametrize("dtype", ["float32", "uint16"])
def test_regions_of_chunks_equal_the_regions_of_the_whole(cuts, dtype):
    recording = shaken(dtype)
    for chosen in (regions.thirds(recording.layout), regions.grid(recording.layout)):
        fold = RegionsFold(recording.layout, chosen, 60.0)
        for block in blocks_of(recording, cuts):
            fold.update(block)
        known = region_stats(recording, chosen, loaded_above=60.0)
        pd.testing.assert_frame_equal(fold.get(), known, rtol=1e-12)


def test_regions_of_no_frame_are_not_known():
    chosen = regions.thirds(shaken("uint16").layout)
    assert RegionsFold(shaken("uint16").layout, chosen, 0.0).get().isna().all(axis=None)


@pytest.mark.parametrize("cuts", [[], [1], [10, 11, 60], [50]])
@pytest.mark.parametrize("dtype", ["float32", "uint16"])
def test_maps_of_chunks_equal_the_maps_of_the_whole(cuts, dtype):
    recording = shaken(dtype)
    times = recording.times_us
    inside = (times >= times[10]) & (times < times[60])
    fold = MapsFold(recording.layout, np.array([[times[10], times[60]]]))
    for block in blocks_of(recording, cuts):
        fold.update(block)
    maps = fold.get()
    np.testing.assert_allclose(maps.peak, peak_map(recording).to_numpy(), rtol=1e-12)
    np.testing.assert_allclose(maps.pti, pti_map(recording).to_numpy(), rtol=1e-12)
    np.testing.assert_allclose(maps.frames, pti_map(recording, rule="frames").to_numpy(), rtol=1e-12)
    np.testing.assert_allclose(maps.mean, mean_map(recording, inside).to_numpy(), rtol=1e-12)
    assert (maps.n, maps.n_mean) == (80, 50)


@settings(max_examples=30)
@example(11, [1, 2, 3])
@given(st.integers(0, 10_000), st.lists(st.integers(1, 300), max_size=8))
def test_the_usual_step_is_the_median_of_all_however_they_are_cut(seed: int, cuts: list[int]) -> None:
    rng = np.random.default_rng(seed)
    us = np.cumsum(rng.choice([0, 1, 9_999, 10_000, 13_000, 500_000, 500_001, 700_000], 300))
    usual, steps = UsualStep(0.5), []
    for a, b in pairwise(sorted({0, 299, *cuts})):
        steps.append(usual.between(us[a : b + 1]))
        known = np.concatenate(steps)[~np.isnan(np.concatenate(steps))]
        expected = np.median(known) if len(known) else np.nan
        np.testing.assert_array_equal(usual.usual_s, expected)
    np.testing.assert_array_equal(np.concatenate(steps), steps_s(us, 0.5))


def test_without_a_step_none_is_usual_and_what_is_kept_does_not_grow_with_the_frames() -> None:
    usual = UsualStep(0.5)
    assert np.isnan(usual.usual_s)
    usual.between(np.array([5, 5_000_000]))
    assert np.isnan(usual.usual_s), "a gap is no step"
    rng = np.random.default_rng(1)
    for _ in range(20):
        usual.between(np.cumsum(rng.integers(0, 600_000, 10_000)))
    assert len(usual._counts) <= 500_001
    before = usual.usual_s
    assert np.isnan(usual.between(np.array([5, 4]))).all()
    assert usual.usual_s == before, "a step back is no step"


def test_the_mean_map_of_stances_that_an_edge_cuts_has_all_of_their_frames():
    """In contact from the first frame to the last: every frame counts, whichever way the map is made."""
    layout = Layout(rows=2, cols=1, dtype="uint16", unit="kPa", pitch_mm=(100, 100))
    frames = np.arange(100, 200, dtype=np.uint16).repeat(2).reshape(100, 2, 1)
    frames[60:70] = 0
    recording = Recording(frames, 10_000 * np.arange(100), layout)
    stats = frame_stats(recording)
    found = stances(stats)
    assert found["cut"].tolist() == [True, True]
    fold = MapsFold(layout, stance_spans_us(stats, found))
    for block in blocks_of(recording, [33]):
        fold.update(block)
    assert fold.get().n_mean == mean_map(recording, found).attrs["n"] == 90
    np.testing.assert_allclose(fold.get().mean, mean_map(recording, found).to_numpy(), rtol=1e-12)
