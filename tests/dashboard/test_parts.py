"""A part of a session as tables and maps: parts equal the whole, and nothing is computed twice."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import numpy as np
import pytest

from analytics import frame_stats, mean_map, peak_map, pti_map
from barograph.frames import Block, Layout, Recording
from dashboard import overview
from dashboard.folds import MapsFold
from dashboard.overview import Span
from dashboard.parts import Kept, Parts


def blocks_of(recording: Recording, cuts: list[int]) -> list[Block]:
    edges = [0, *cuts, len(recording)]
    return [Block(0, a, recording.times_us[a:b], 0, np.array(recording.frames[a:b])) for a, b in pairwise(edges)]


@pytest.mark.parametrize("cuts", [[], [1], [10, 11, 60], [50]])
def test_maps_of_chunks_equal_the_maps_of_the_whole(cuts):
    rng = np.random.default_rng(2)
    frames = rng.uniform(0, 300, (80, 6, 5)).astype(np.float32)
    frames[20:40, 2, 3] = np.nan
    times = np.cumsum(rng.integers(8_000, 14_000, 80)).astype(np.int64)
    times[45:] += 900_000  # a gap, which nothing is integrated across
    recording = Recording(frames, times, Layout(rows=6, cols=5, dtype="float32", unit="kPa", pitch_mm=(5, 5)))
    inside = (times >= times[10]) & (times < times[60])
    fold = MapsFold(recording.layout, np.array([[times[10], times[60]]]))
    for block in blocks_of(recording, cuts):
        fold.take(block)
    maps = fold.result()
    np.testing.assert_array_equal(maps.peak, peak_map(recording).to_numpy())
    np.testing.assert_allclose(maps.pti, pti_map(recording).to_numpy(), rtol=1e-12)
    np.testing.assert_allclose(maps.frames, pti_map(recording, rule="frames").to_numpy(), rtol=1e-12)
    np.testing.assert_allclose(maps.mean, mean_map(recording, inside).to_numpy(), rtol=1e-12)
    assert (maps.n, maps.n_mean) == (80, 50)


async def test_the_table_of_a_part_is_that_of_its_frames(remembered):
    walk = await remembered(seconds_ago=60).begin("left")
    await walk.store("left", walk.block("left", 700))
    workout = await walk.archive.workout("walk")
    info, recording = workout.streams[0], walk.recordings["left"]
    part = Span(int(recording.times_us[100]), int(recording.times_us[299]))
    stored = await Parts(walk.archive).stats(info, part)
    known = frame_stats(recording.part(100, 300))[list(stored.columns)]
    np.testing.assert_allclose(stored.to_numpy(), known.to_numpy(), rtol=1e-5, equal_nan=True)
    assert list(stored.index) == list(known.index)
    anew = await Parts(walk.archive).stats(info, part, p0=25.0)
    known = frame_stats(recording.part(100, 300), loaded_above=25.0)
    np.testing.assert_array_equal(anew["contact_area_cm2"], known["contact_area_cm2"])


async def test_what_two_ask_for_at_once_is_made_once_and_a_failure_is_not_kept():
    kept, made = Kept(2), []

    async def make() -> int:
        made.append(1)
        await asyncio.sleep(0)
        if len(made) == 1:
            raise ValueError("first")
        return len(made)

    with pytest.raises(ValueError, match="first"):
        await kept.get("a", make)
    assert await asyncio.gather(kept.get("a", make), kept.get("a", make)) == [2, 2]
    assert await kept.get("a", make) == 2
    for name in "bc":
        await kept.get(name, make)
    assert await kept.get("a", make) == 5, "the oldest went"


def test_a_range_never_hides_a_value_and_begins_at_zero_where_nothing_is_below():
    lane = overview.Lane(None, np.array([0.0]), np.array([0.0]), np.array([-3.2]), np.array([87.0]), 1.0)
    from dashboard.figures import extent

    assert extent([lane]) == (-4.0, 100.0)
    assert extent([]) == (0.0, 1.0)
