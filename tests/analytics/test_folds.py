"""Maps and regions made chunk by chunk: parts equal the whole, however they are cut."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from analytics import mean_map, peak_map, pti_map, region_stats, regions
from analytics.folds import MapsFold
from analytics.region_folds import RegionsFold
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
            fold.take(block)
        known = region_stats(recording, chosen, loaded_above=60.0)
        pd.testing.assert_frame_equal(fold.result(), known, rtol=1e-12)


def test_regions_of_no_frame_are_not_known():
    chosen = regions.thirds(shaken("uint16").layout)
    assert RegionsFold(shaken("uint16").layout, chosen, 0.0).result().isna().all(axis=None)


@pytest.mark.parametrize("cuts", [[], [1], [10, 11, 60], [50]])
@pytest.mark.parametrize("dtype", ["float32", "uint16"])
def test_maps_of_chunks_equal_the_maps_of_the_whole(cuts, dtype):
    recording = shaken(dtype)
    times = recording.times_us
    inside = (times >= times[10]) & (times < times[60])
    fold = MapsFold(recording.layout, np.array([[times[10], times[60]]]))
    for block in blocks_of(recording, cuts):
        fold.take(block)
    maps = fold.result()
    np.testing.assert_allclose(maps.peak, peak_map(recording).to_numpy(), rtol=1e-12)
    np.testing.assert_allclose(maps.pti, pti_map(recording).to_numpy(), rtol=1e-12)
    np.testing.assert_allclose(maps.frames, pti_map(recording, rule="frames").to_numpy(), rtol=1e-12)
    np.testing.assert_allclose(maps.mean, mean_map(recording, inside).to_numpy(), rtol=1e-12)
    assert (maps.n, maps.n_mean) == (80, 50)
