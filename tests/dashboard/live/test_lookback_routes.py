"""What the live page looks back at: the last minutes at a glance, frames of some seconds, markers."""

from __future__ import annotations

import time

import pytest

from analytics import frame_stats
from barograph import codec
from barograph.errors import InvalidData, LiveAway
from barograph.store.ports import Marker
from dashboard.feed import marking
from dashboard.live import lookback_routes


async def test_a_glance_has_each_second_the_gaps_and_the_markers(remembered, memory_archive):
    walk = await remembered(seconds_ago=30).begin()
    for side in ("left", "right"):
        await walk.store(side, walk.block(side, 300))
        await walk.store(side, walk.block(side, 300, skip=100))
    first = int(walk.recordings["left"].times_us[0])
    await memory_archive.add_marker("walk", Marker(first + 1_000_000, "5.0 km/h"))
    found = await lookback_routes.glance(memory_archive, "walk", first - 1_000_000, first + 60_000_000)
    assert set(found["streams"]) == {"left", "right"}
    left = found["streams"]["left"]
    assert left["seconds"] == sorted(left["seconds"])
    assert 6 <= len(left["seconds"]) <= 8
    assert max(left["high"]) > 600
    assert found["first_us"] == first
    assert len(found["gaps"]) == 2
    assert all(start < stop for start, stop in found["gaps"])
    assert found["markers"] == [{"t_us": first + 1_000_000, "label": "5.0 km/h"}]


async def test_a_glance_of_a_workout_that_has_not_begun_is_empty(memory_archive):
    found = await lookback_routes.glance(memory_archive, "nobody", 0, 1)
    assert found == {"first_us": None, "streams": {}, "gaps": [], "markers": []}


async def test_the_highest_load_of_a_part_is_found_to_the_frame(remembered, memory_archive):
    walk = await remembered(seconds_ago=3600).begin()
    for side in ("left", "right"):
        for _ in range(8):
            await walk.store(side, walk.block(side, 100))
    first, loads = int(walk.recordings["left"].times_us[0]), {}
    for one in walk.recordings.values():
        for t, force in zip(one.times_us[:800].tolist(), frame_stats(one)["total_force_n"], strict=False):
            loads[t] = max(force, loads.get(t, 0.0))
    for start_s, stop_s in ((0.0, 8.0), (2.2, 5.1), (3.3, 3.6)):
        start, stop = first + round(start_s * 1e6), first + round(stop_s * 1e6)
        found = await lookback_routes.highest(memory_archive, "walk", start, stop)
        inside = {t: f for t, f in loads.items() if start <= t <= stop}
        assert found is not None
        assert start <= found <= stop
        assert inside[found] > 0.9 * max(inside.values())  # a second that the part cuts may have the very highest
    assert await lookback_routes.highest(memory_archive, "walk", first + 20_000_000, first + 30_000_000) is None


GOOD = {"t_us": 1_795_000_000_000_000, "label": " tired "}


def test_a_marker_keeps_its_time_and_its_words():
    assert lookback_routes.marker_of(GOOD, time.time_ns() // 1000) == Marker(1_795_000_000_000_000, "tired")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"t_us": None}, "t_us"), ({"t_us": "1"}, "t_us"), ({"t_us": True}, "t_us"), ({"t_us": 1.5}, "t_us"),
        ({"t_us": 0}, "t_us"), ({"t_us": 1 << 62}, "t_us"), ({"label": ""}, "label"), ({"label": "  "}, "label"),
        ({"label": "x" * 201}, "label"), ({"label": "a\x00b"}, "label"), ({"label": 7}, "label"),
    ],
)  # fmt: skip
def test_a_marker_that_cannot_be_is_refused_with_its_field(change, field):
    with pytest.raises(InvalidData) as refused:
        lookback_routes.marker_of(GOOD | change, 1_796_000_000_000_000)
    assert refused.value.field == field


@pytest.mark.parametrize("content", [None, [], "text", 5])
def test_a_request_without_fields_is_no_marker(content):
    with pytest.raises(InvalidData):
        lookback_routes.marker_of(content, 1_796_000_000_000_000)


async def test_a_marker_is_kept_and_everyone_who_watches_is_told(remembered, memory_archive, memory_live):
    walk = await remembered().begin()
    await walk.send("left", 1)
    await marking.add(memory_archive, memory_live, "walk", Marker(1_795_000_000_000_000, "<b>tired</b>"))
    assert await memory_archive.markers("walk") == [Marker(1_795_000_000_000_000, "<b>tired</b>")]
    for info in (await memory_archive.workout("walk")).streams:
        told = codec.decode((await memory_live.recent(info.stream, 60))[-1].message)[0]
        assert (told["type"], told["t_us"], told["label"]) == ("marker", 1_795_000_000_000_000, "<b>tired</b>")


async def test_a_marker_without_a_live_feed_is_kept_all_the_same(remembered, memory_archive, memory_live, monkeypatch):
    async def away(_messages):
        raise LiveAway("no answer")

    await remembered().begin("left")
    monkeypatch.setattr(memory_live, "publish", away)
    await marking.add(memory_archive, memory_live, "walk", Marker(1_795_000_000_000_000, "tired"))
    assert len(await memory_archive.markers("walk")) == 1
