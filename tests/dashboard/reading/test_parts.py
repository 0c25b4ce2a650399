"""A part of a session as tables: they are those of its frames, nothing is computed twice, progress is counted."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analytics import frame_stats, pti_map
from analytics.base.times import table_times
from analytics.maps.folds import MapsFold
from dashboard.reading import overview
from dashboard.reading.overview import Span
from dashboard.reading.parts import Parts
from dashboard.reading.result_cache import ResultCache, size_of


async def test_progress_counts_the_frames_that_were_read_of_those_that_are(remembered):
    walk = await remembered(seconds_ago=60).begin("left")
    for _ in range(3):
        await walk.store("left", walk.block("left", 300, skip=10))
    info = (await walk.archive.workout("walk")).streams[0]
    parts, seen = Parts(walk.archive), []

    class Watch:
        def update(self, block):
            seen.append(parts.progress("walk"))

        def get(self):
            return parts.progress("other")

    assert await parts.fold("watch", info, Span(info.first_us, info.last_us), lambda _: Watch()) == (0, 0)
    assert seen == [(0, 900), (300, 900), (600, 900)]
    assert parts.progress("walk") == (0, 0)


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
    kept, made = ResultCache(), []

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


async def test_results_are_bounded_by_what_they_hold_and_the_oldest_go_first():
    kept, made = ResultCache(3000), []

    async def get(name: str, cells: int = 100) -> None:
        async def make() -> pd.DataFrame:
            made.append(name)
            return pd.DataFrame({"x": np.zeros(cells)}, index=pd.Index(np.arange(cells), dtype=np.int64))

        assert len(await kept.get(name, make)) == cells

    assert size_of({"a": [np.zeros(50), (np.zeros(50),)]}) >= 800
    for name in ("a", "b", "a", "c", "a"):
        await get(name, 80)
    assert made == ["a", "b", "c"], "what was used last stays"
    await get("b", 80)
    assert made == ["a", "b", "c", "b"], "what was not used for the longest time went"
    assert kept.nbytes <= 3000
    await asyncio.gather(get("large", 1000), get("large", 1000))
    assert made.count("large") == 1, "those who wait share it"
    await get("large", 1000)
    assert made.count("large") == 2, "what is larger than all of the room is not kept"
    await get("b", 80)
    assert made.count("b") == 2, "and sends nothing else away"


def test_a_range_never_hides_a_value_and_begins_at_zero_where_nothing_is_below():
    lane = overview.Lane(None, np.array([0.0]), np.array([0.0]), np.array([-3.2]), np.array([87.0]), 1.0)
    from dashboard.session.figures import extent

    assert extent([lane]) == (-4.0, 100.0)
    assert extent([]) == (0.0, 1.0)


async def test_a_part_keeps_the_order_of_numbers_and_knows_its_lost_frames(remembered):
    walk = await remembered(seconds_ago=60).begin("left")
    block = walk.block("left", 300)
    back = np.where(np.arange(300) < 150, block.times_us, block.times_us - 2_000_000)
    await walk.store("left", replace(block, times_us=back))
    await walk.store("left", walk.block("left", 100, skip=5))
    info = (await walk.archive.workout("walk")).streams[0]
    found = await Parts(walk.archive).stats(info, Span(int(back.min()), info.last_us))
    assert found.index.as_unit("us").asi8[:300].tolist() == back.tolist()
    assert np.flatnonzero(table_times(found).gap).tolist() == [149, 299]
    maps = await Parts(walk.archive).fold(
        "maps", info, Span(int(back.min()), info.last_us), lambda missing: MapsFold(info.layout, None, missing)
    )
    pieces = [walk.recordings["left"].part(*rows) for rows in ((0, 150), (150, 300), (305, 405))]
    np.testing.assert_allclose(maps.pti, sum(pti_map(piece).to_numpy() for piece in pieces), rtol=1e-6)
