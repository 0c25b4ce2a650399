"""The hub over memory and over the real servers."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import numpy as np
import pytest

from barograph import codec
from barograph.errors import LiveAway, StorageAway
from barograph.frames import Stream
from barograph.store.ports import Entry
from dashboard.feed.hub import Hub
from dashboard.feed.viewer import Viewer

PATIENCE_S = 10.0


@asynccontextmanager
async def running(archive: Any, live: Any) -> AsyncIterator[Hub]:
    hub = Hub(archive, live)
    task = asyncio.create_task(hub.run())
    try:
        yield hub
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


class Watcher:
    """A viewer and everything it got."""

    def __init__(self, **options: Any) -> None:
        self.viewer = Viewer(**options)
        self.got: list[tuple[dict[str, Any], bytes | str]] = []

    async def until(self, done: Callable[[Watcher], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not done(self):
                for message in await self.viewer.take():
                    if isinstance(message, str):
                        self.got.append((json.loads(message), message))
                    else:
                        self.got += [(codec.decode(one)[0], bytes(one)) for one in codec.in_turn(message)]

    def all(self, kind: str, stream: str | None = None) -> list[dict[str, Any]]:
        return [head for head, _ in self.got if head["type"] == kind and stream in (None, head.get("stream"))]

    def numbers(self, stream: str) -> list[int]:
        """Every frame number it has statistics or a picture of, in the order in which they came."""
        heads = [head for head, _ in self.got if head["type"] in ("history", "frames") and head["stream"] == stream]
        return [head["seq"] + i for head in heads for i in range(head["n"])]


async def test_a_viewer_first_gets_layouts_then_the_last_seconds_then_blocks_as_they_come(athlete):
    walk = await athlete(seconds_ago=5).begin()
    for side in ("left", "right"):
        await walk.send(side, 300)
    async with running(walk.archive, walk.live) as hub:
        watcher = Watcher()
        async with hub.watch("walk", watcher.viewer):
            await watcher.until(lambda w: len(w.all("frames")) >= 2)
            sent = await walk.send("left", 10)
            await watcher.until(lambda w: w.all("frames", "left")[-1]["seq"] == sent.seq)
    kinds = [head["type"] for head, _ in watcher.got]
    assert kinds[:2] == ["layout", "layout"]
    assert kinds.index("history") > 1
    layout = walk.recordings["left"].layout
    more = {"loaded_above": 10.0, "area_cm2": float(layout.area_cm2[0, 0])}
    assert watcher.all("layout")[0]["layout"] == layout.to_dict() | more
    assert sorted(set(watcher.numbers("left"))) == list(range(310))


async def test_frames_reach_the_viewer_byte_for_byte_as_they_were_published(athlete):
    walk = await athlete().begin("left")
    async with running(walk.archive, walk.live) as hub:
        watcher = Watcher()
        async with hub.watch("walk", watcher.viewer):
            block = walk.block("left", 7)
            await walk.publish("left", block)
            await watcher.until(lambda w: bool(w.all("frames")))
    _, got = codec.decode_block(next(m for head, m in watcher.got if head["type"] == "frames"))
    np.testing.assert_array_equal(got.frames, block.frames)
    np.testing.assert_array_equal(got.times_us, block.times_us)
    np.testing.assert_array_equal(got.stats, block.stats)


@pytest.mark.parametrize("options", [{}, {"rate_hz": 5.0}])
async def test_numbers_are_of_every_frame_of_the_last_seconds_also_for_who_gets_few_of_them(remembered, options):
    walk = await remembered(seconds_ago=8).begin("left")
    stored = walk.block("left", 600)
    await walk.store("left", stored)
    async with running(walk.archive, walk.live) as hub:
        watcher = Watcher(**options)
        async with hub.watch("walk", watcher.viewer):
            late = walk.block("left", 40)
            await walk.publish("left", late)
            newest = int(late.times_us[-1])
            await watcher.until(lambda w: any(said["t_us"] == newest for said in w.all("numbers")))
    said = watcher.all("numbers")[-1]
    assert said["tiles"] == "plain"
    highest = np.concatenate([stored.stats, late.stats])[-500:].max(axis=0)
    assert said["values"]["total"] == {"value": highest[0]}
    assert said["values"]["peak"] == {"value": highest[1], "side": "left"}


async def test_every_viewer_gets_the_same_and_the_feed_is_read_once(athlete):
    walk = await athlete().begin("left")
    async with running(walk.archive, walk.live) as hub:
        watchers = [Watcher() for _ in range(5)]
        async with (
            hub.watch("walk", watchers[0].viewer), hub.watch("walk", watchers[1].viewer),
            hub.watch("walk", watchers[2].viewer), hub.watch("walk", watchers[3].viewer),
            hub.watch("walk", watchers[4].viewer),
        ):  # fmt: skip
            assert hub.viewers == 5
            for _ in range(4):
                await walk.publish("left", walk.block("left", 5))
            for watcher in watchers:
                await watcher.until(lambda w: 19 in w.numbers("left"))
    assert all(watcher.numbers("left") == list(range(20)) for watcher in watchers)
    assert hub.viewers == 0


async def test_a_viewer_that_takes_nothing_delays_nobody_and_later_gets_the_newest(athlete):
    walk = await athlete().begin("left")
    async with running(walk.archive, walk.live) as hub:
        asleep, awake = Watcher(), Watcher()
        async with hub.watch("walk", asleep.viewer), hub.watch("walk", awake.viewer):
            for number in range(60):
                await walk.publish("left", walk.block("left", 1))
                await awake.until(lambda w, number=number: number in w.numbers("left"))
            await asleep.until(lambda w: 59 in w.numbers("left"))
    assert awake.numbers("left") == list(range(60))
    assert [head["seq"] for head in asleep.all("frames")] == [59]
    assert asleep.numbers("left") == list(range(60)), "its traces have no hole"


async def test_what_came_in_one_moment_is_one_message(remembered):
    walk = await remembered().begin()
    async with running(walk.archive, walk.live) as hub:
        watcher = Watcher()
        async with hub.watch("walk", watcher.viewer):
            for side in ("left", "right"):
                await walk.publish(side, walk.block(side, 1))
            await watcher.until(lambda w: bool(w.all("frames", "left")) and bool(w.all("frames", "right")))
            stream, messages = Stream("walk", "left"), []
            for side in ("left", "right", "left", "right"):
                head = {"type": "frames", "workout_id": "walk", "stream": side}
                messages.append((Stream("walk", side), codec.encode_block(walk.block(side, 1), head)))
            await walk.live.publish(messages)
            blocks = b""
            async with asyncio.timeout(PATIENCE_S):
                while not blocks:
                    binary = [one for one in await watcher.viewer.take() if isinstance(one, bytes)]
                    blocks = next((one for one in binary if codec.decode(one)[0]["type"] == "frames"), b"")
    ours = [message for at, message in messages if at == stream]
    assert [bytes(one) for one in codec.in_turn(blocks) if codec.decode(one)[0]["stream"] == "left"] == ours
    assert len(list(codec.in_turn(blocks))) == 4


async def test_a_block_that_breaks_its_contract_is_skipped_and_the_feed_goes_on(remembered):
    walk = await remembered().begin("left")
    async with running(walk.archive, walk.live) as hub:
        watcher = Watcher()
        async with hub.watch("walk", watcher.viewer):
            for broken in ({"type": "frames"}, {"type": "frames", "e": 0, "seq": 1, "n": 1, "rows": 1, "cols": 1}):
                await walk.live.publish([(Stream("walk", "left"), codec.encode(broken))])
            await walk.publish("left", walk.block("left", 3))
            await watcher.until(lambda w: 2 in w.numbers("left"))
    assert watcher.numbers("left") == [0, 1, 2]


async def test_viewers_of_two_workouts_never_see_each_others_data(athlete):
    one, other = await athlete("one").begin("left"), await athlete("other").begin("left")
    async with running(one.archive, one.live) as hub:
        watching_one, watching_other = Watcher(), Watcher()
        async with hub.watch("one", watching_one.viewer), hub.watch("other", watching_other.viewer):
            await one.publish("left", one.block("left", 3))
            await other.publish("left", other.block("left", 5))
            await watching_one.until(lambda w: bool(w.all("frames")))
            await watching_other.until(lambda w: bool(w.all("frames")))
    assert {head["n"] for head in watching_one.all("frames")} == {3}
    assert {head["n"] for head in watching_other.all("frames")} == {5}
    names = {head.get("workout") or head.get("workout_id") for head, _ in watching_one.got}
    assert names == {"one"}


async def test_a_stream_that_begins_later_appears_by_itself_with_its_first_frames(athlete):
    walk = await athlete().begin("left")
    async with running(walk.archive, walk.live) as hub:
        watcher = Watcher()
        async with hub.watch("walk", watcher.viewer):
            await watcher.until(lambda w: bool(w.all("layout", "left")))
            late = await athlete().begin("right")
            await late.send("right", 20)
            await watcher.until(lambda w: 19 in w.numbers("right"))
    assert watcher.all("layout", "right")
    assert watcher.numbers("right") == list(range(20))


async def test_a_workout_that_does_not_exist_yet_is_waited_for(athlete):
    walk = athlete()
    async with running(walk.archive, walk.live) as hub:
        watcher = Watcher()
        async with hub.watch("walk", watcher.viewer):
            await watcher.until(lambda w: bool(w.all("state")))
            assert watcher.all("state")[0]["status"] == "unknown"
            await walk.begin("left")
            await walk.send("left", 5)
            await watcher.until(lambda w: 4 in w.numbers("left"))


async def test_what_the_feed_lost_comes_from_the_archive(athlete):
    walk = await athlete(seconds_ago=8).begin("left")
    for _ in range(5):
        await walk.store("left", walk.block("left", 100))  # stored, but never in the feed
    await walk.send("left", 50)
    async with running(walk.archive, walk.live) as hub:
        watcher = Watcher()
        async with hub.watch("walk", watcher.viewer):
            await watcher.until(lambda w: 549 in w.numbers("left"))
    assert sorted(set(watcher.numbers("left"))) == list(range(550))


async def test_a_workout_of_long_ago_shows_its_last_frame(athlete):
    walk = await athlete(seconds_ago=3600).begin("left")
    await walk.store("left", walk.block("left", 200))
    async with running(walk.archive, walk.live) as hub:
        watcher = Watcher()
        async with hub.watch("walk", watcher.viewer):
            await watcher.until(lambda w: bool(w.all("frames")))
    assert [(head["seq"], head["n"]) for head in watcher.all("frames")] == [(199, 1)]
    assert sorted(set(watcher.numbers("left"))) == list(range(200))
    assert watcher.all("state")[0]["status"] == "ended"


async def test_a_repeated_block_is_handed_out_once(athlete):
    walk = await athlete().begin("left")
    async with running(walk.archive, walk.live) as hub:
        watcher = Watcher()
        async with hub.watch("walk", watcher.viewer):
            block = walk.block("left", 4)
            for one in (block, block, walk.block("left", 4)):
                await walk.publish("left", one)
            await watcher.until(lambda w: 7 in w.numbers("left"))
    assert watcher.numbers("left") == list(range(8))


async def test_a_late_block_is_announced_so_that_pages_read_it_in_its_place(athlete):
    walk = await athlete().begin("left")
    async with running(walk.archive, walk.live) as hub:
        watcher = Watcher()
        async with hub.watch("walk", watcher.viewer):
            early, late, newest = (walk.block("left", 4) for _ in range(3))
            for one in (early, newest, late):
                await walk.publish("left", one)
            await watcher.until(lambda w: bool(w.all("backfilled")))
    assert watcher.numbers("left") == [*range(4), *range(8, 12)]
    assert watcher.all("backfilled")[0]["stream"] == "left"


async def test_announcements_pass_on_and_what_cannot_be_read_is_skipped(athlete):
    walk = await athlete().begin("left")
    stream = Stream("walk", "left")
    async with running(walk.archive, walk.live) as hub:
        watcher = Watcher()
        async with hub.watch("walk", watcher.viewer):
            await walk.live.publish([(stream, b"\xff\xff\xff\xff not ours")])
            await walk.say("left", type="marker", t_us=5, label="5.0 km/h")
            await walk.say("left", type="from a later version", anything=1)
            await walk.publish("left", walk.block("left", 1))
            await watcher.until(lambda w: bool(w.all("frames")))
    assert watcher.all("marker")[0]["label"] == "5.0 km/h"
    assert watcher.all("from a later version")


async def test_received_counts_what_is_on_the_way_and_stored_what_is_marked(athlete):
    walk = await athlete().begin("left")
    await walk.send("left", 30)
    async with running(walk.archive, walk.live) as hub:
        watcher = Watcher()
        async with hub.watch("walk", watcher.viewer):
            await walk.publish("left", walk.block("left", 12))
            await watcher.until(lambda w: bool(w.all("state")) and w.all("state")[-1]["received"] == 42)
            state = watcher.all("state")[-1]
    assert (state["stored"], state["streams"]["left"]) == (30, {"stored": 30, "received": 42, "spool": True})
    assert state["status"] == "live"


class Away:
    """A port that does not answer while `away` is set."""

    def __init__(self, port: Any, error: type[Exception]) -> None:
        self._port, self._error, self.away = port, error, False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)

        async def asked(*given: Any, **named: Any) -> Any:
            if self.away:
                raise self._error("it is away")
            return await found(*given, **named)

        return asked


async def test_a_feed_that_goes_away_is_said_and_followed_again_when_it_is_back(remembered):
    walk = await remembered().begin("left")
    live = Away(walk.live, LiveAway)
    async with running(walk.archive, live) as hub:
        watcher = Watcher()
        async with hub.watch("walk", watcher.viewer):
            live.away = True
            await watcher.until(lambda w: bool(w.all("state")) and w.all("state")[-1]["feed"] == "away")
            live.away = False
            await walk.publish("left", walk.block("left", 3))
            await watcher.until(lambda w: 2 in w.numbers("left") and w.all("state")[-1]["feed"] == "ready")


class PartlyAway(Away):
    """A feed of which one server of a cluster is away, with these streams."""

    lost: frozenset[Stream] = frozenset()

    async def follow(self, after: dict[Stream, str], wait_s: float) -> list[Entry]:
        there = {stream: position for stream, position in after.items() if stream not in self.lost}
        found = await self._port.follow(there, wait_s)
        if self.lost & after.keys():
            raise LiveAway("no answer", streams=self.lost, entries=tuple(found))
        return found


async def test_where_one_server_of_a_cluster_is_away_its_workouts_say_so_and_others_go_on(remembered):
    walk, run = await remembered().begin("left"), await remembered("run").begin("left")
    live = PartlyAway(walk.live, LiveAway)
    async with running(walk.archive, live) as hub:
        lost, other = Watcher(), Watcher()
        async with hub.watch("walk", lost.viewer), hub.watch("run", other.viewer):
            await run.publish("left", run.block("left", 3))
            await other.until(lambda w: 2 in w.numbers("left"))
            live.lost = frozenset({Stream("walk", "left")})
            await lost.until(lambda w: bool(w.all("state")) and w.all("state")[-1]["feed"] == "away")
            await walk.publish("left", walk.block("left", 3))
            await run.publish("left", run.block("left", 3))
            await other.until(lambda w: 5 in w.numbers("left") and bool(w.all("state")))
            assert {state["feed"] for state in other.all("state")} == {"ready"}
            live.lost = frozenset()
            await lost.until(lambda w: 2 in w.numbers("left") and w.all("state")[-1]["feed"] == "ready")


async def test_an_archive_that_goes_away_is_said_and_frames_go_on(remembered):
    walk = await remembered().begin("left")
    archive = Away(walk.archive, StorageAway)
    async with running(archive, walk.live) as hub:
        watcher = Watcher()
        async with hub.watch("walk", watcher.viewer):
            archive.away = True
            await walk.publish("left", walk.block("left", 3))
            await watcher.until(lambda w: 2 in w.numbers("left") and w.all("state")[-1]["archive"] == "away")
            archive.away = False
            await watcher.until(lambda w: w.all("state")[-1]["archive"] == "ready")


async def test_a_thumbnail_gets_no_history(athlete):
    walk = await athlete(seconds_ago=5).begin("left")
    await walk.send("left", 300)
    async with running(walk.archive, walk.live) as hub:
        watcher = Watcher(rate_hz=5)
        async with hub.watch("walk", watcher.viewer):
            await watcher.until(lambda w: bool(w.all("frames")))
    assert not watcher.all("history")


class Counted:
    """A port that counts how often each thing is asked of it."""

    def __init__(self, port: Any) -> None:
        self._port, self.asked = port, Counter[str]()

    def __getattr__(self, name: str) -> Any:
        self.asked[name] += 1
        return getattr(self._port, name)


async def test_who_come_together_share_what_is_read_and_later_ones_miss_nothing(remembered):
    walk = await remembered(seconds_ago=5).begin()
    for side in ("left", "right"):
        await walk.send(side, 300)
    live = Counted(walk.live)
    async with running(walk.archive, live) as hub:
        watchers = [Watcher() for _ in range(6)]
        async with AsyncExitStack() as rooms:
            await asyncio.gather(*(rooms.enter_async_context(hub.watch("walk", w.viewer)) for w in watchers[:5]))
            for _ in range(20):
                await walk.publish("left", walk.block("left", 1))
            await watchers[0].until(lambda w: 319 in w.numbers("left"))
            await rooms.enter_async_context(hub.watch("walk", watchers[5].viewer))
            await walk.publish("left", walk.block("left", 1))
            for watcher in watchers:
                await watcher.until(lambda w: 320 in w.numbers("left") and bool(w.all("frames", "right")))
    assert live.asked["recent"] == 2, "once a stream"
    for watcher in watchers:
        assert sorted(set(watcher.numbers("left"))) == list(range(321))
        assert sorted(set(watcher.numbers("right"))) == list(range(300))
    last = next(head for head in watchers[5].all("frames", "left"))
    assert last["seq"] >= 319, "a page that comes later begins with the newest picture"


async def test_only_streams_of_watched_workouts_are_read(remembered):
    walk, other = await remembered("walk").begin(), await remembered("other").begin("left")
    await other.send("left", 1)
    async with running(walk.archive, walk.live) as hub:
        async with hub.watch("walk", Viewer()):
            async with hub.watch("walk", Viewer()):
                assert hub.followed == {Stream("walk", "left"), Stream("walk", "right")}
            assert len(hub.followed) == 2
        assert not hub.followed
