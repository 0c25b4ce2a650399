"""Columns of choice: live, begun late, and looked back at, they have the same rows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
import pytest

from analytics import arrival_stats, frame_stats, region_curves, rolling, sim
from analytics.columns import arrival_columns
from barograph import codec
from barograph.errors import LiveAway, StorageAway
from barograph.frames import Block, Gap, Layout, Stream
from barograph.store.ports import StreamInfo
from dashboard.feed import column_feed
from dashboard.feed.columns import Derived, column, region_names, regions_of
from dashboard.feed.hub import Hub
from dashboard.feed.viewer import Viewer

KEYS = ("mean.total", "ewma.y", "sd.peak", "rate.total", "path", "velocity", "impulse", "heel.peak", "mt1.area")
PATIENCE_S = 10.0


def info_of(layout: Layout, name: str = "left") -> StreamInfo:
    return StreamInfo(Stream("walk", name), layout=layout, columns=arrival_columns(layout))


def blocks_of(recording, *edges: int) -> list[Block]:
    made = []
    for first, after in zip((0, *edges), (*edges, len(recording)), strict=True):
        part = recording.part(first, after)
        stats = arrival_stats(part.frames, part.layout)
        made.append(Block(0, first, part.times_us, 1, np.array(part.frames), stats))
    return made


def rows_of(derived: Derived, blocks: list[Block]) -> np.ndarray:
    return np.concatenate([part.stats[:, 0] for block in blocks for part in derived.update([block])])


def derived(key: str, info: StreamInfo) -> Derived:
    made = column(key, info)
    assert made is not None, key
    return Derived(made)


@pytest.fixture(scope="module")
def left():
    return sim.walk(6.0, start_us=1_795_000_000_000_000)["left"]


@pytest.mark.parametrize("key", KEYS)
def test_a_column_does_not_hang_on_how_its_frames_were_cut(key, left):
    whole = rows_of(derived(key, info_of(left.layout)), blocks_of(left))
    for edges in ((1, 2, 50, 51, 300), tuple(range(7, 600, 7))):
        cut = rows_of(derived(key, info_of(left.layout)), blocks_of(left, *edges))
        np.testing.assert_array_equal(cut, whole)


def test_rolled_and_regional_columns_are_those_of_analytics(left):
    info, stats = info_of(left.layout), frame_stats(left)
    rolled = rolling(stats[["total_force_n", "cop_x_mm", "cop_y_mm"]], "1s")
    for key, name in (("mean.total", "mean_total_force_n"), ("path", "path_mm"), ("impulse", "impulse_ns")):
        got = rows_of(derived(key, info), blocks_of(left, 250))
        np.testing.assert_allclose(got, rolled[name].to_numpy(), rtol=1e-4, atol=1e-3)
    heel = region_curves(left, regions_of(info))["heel"]
    np.testing.assert_allclose(rows_of(derived("heel.peak", info), blocks_of(left)), heel["peak_kpa"], rtol=1e-6)


def test_frames_that_come_again_are_left_out(left):
    one, two, three = blocks_of(left, 200, 400)
    derived_once = derived("mean.total", info_of(left.layout))
    assert len(rows_of(derived_once, [one, two, one, two, three])) == len(left)
    assert derived_once.update([one]) == []


@pytest.mark.parametrize("key", ["mean.total", "heel.peak"])
def test_a_clock_that_is_set_back_costs_no_row(left, key):
    us = left.times_us.copy()
    us[300:] -= 2_000_000
    back = replace(left, times_us=us)
    made = derived(key, info_of(left.layout))
    parts = [part for block in blocks_of(back, 250, 400) for part in made.update([block])]
    assert np.concatenate([part.times_us for part in parts]).tolist() == us.tolist()
    if key == "mean.total":
        got = np.concatenate([part.stats[:, 0] for part in parts])
        np.testing.assert_allclose(got, rolling(frame_stats(back)[["total_force_n"]], "1s").iloc[:, 0], rtol=1e-4)


def test_frames_that_were_lost_are_a_gap_of_a_column(left):
    lossy = replace(left.part(0, 400), frames=np.delete(left.frames[:400], slice(100, 120), 0),
                    times_us=np.delete(left.times_us[:400], slice(100, 120)),
                    gaps=(Gap(0, 100, 20, int(left.times_us[99]), int(left.times_us[120])),))  # fmt: skip
    one, two, three = blocks_of(left.part(0, 400), 100, 120)
    made = derived("impulse", info_of(left.layout))
    got = rows_of(made, [one, three])
    expected = rolling(frame_stats(lossy)[["total_force_n"]], "1s")["impulse_ns"]
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-3)
    assert not np.allclose(got[100:], rows_of(derived("impulse", info_of(left.layout)), [one, two, three])[120:])


def test_a_sensor_has_the_regions_of_its_kind_and_only_the_columns_that_it_can_have(left):
    foot = replace(left.layout, side=None)
    assert "mt1" in region_names(info_of(foot, "left"))
    assert region_names(info_of(foot, "main")) == regions_of(info_of(foot, "main")).names == ("front", "middle", "rear")
    seat = Layout(rows=4, cols=6, unit="kPa", kind="seat")
    assert region_names(info_of(seat, "main")) == regions_of(info_of(seat, "main")).names
    plate = Layout(rows=4, cols=6, unit="kPa", kind="plate", side="left")
    assert region_names(info_of(plate)) == ("front", "middle", "rear")
    for nonsense in (
        "",
        ".",
        "mean",
        "mean.",
        "mean.nobody",
        "heel.nobody",
        "nobody.peak",
        "heel",
        "<b>.peak",
        "sd.path",
    ):
        assert column(nonsense, info_of(left.layout)) is None, nonsense
    assert column("heel.peak", info_of(seat, "main")) is None
    assert column("mean.total", StreamInfo(Stream("walk", "left"), None)) is None


def test_a_column_that_cannot_be_made_of_some_frames_goes_on_after_them(left):
    one, two, three = blocks_of(left, 200, 400)
    broken = replace(two, stats=np.where(two.stats == 0, two.stats, np.inf).astype(np.float32))
    made = {"mean.total": derived("mean.total", info_of(left.layout))}
    assert [len(column_feed._each(made, [one])["mean.total"]), column_feed._each(made, [broken])["mean.total"]] == [
        1,
        [],
    ]
    assert len(column_feed._each(made, [three])["mean.total"][0]) == len(three)


class Page:
    """A viewer that asks for columns, and what it got of them."""

    def __init__(self) -> None:
        self.viewer = Viewer()
        self.rows: dict[tuple[str, str], dict[int, float]] = {}

    async def until(self, key: str, stream: str, time_us: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while time_us not in self.rows.get((stream, key), {}):
                for message in await self.viewer.take():
                    for one in codec.in_turn(message) if isinstance(message, bytes) else ():
                        self._take(bytes(one))

    def _take(self, message: bytes) -> None:
        head, payload = codec.decode(message)
        if head["type"] == "column":
            times = codec.times_of(head, head["n"])
            values = np.frombuffer(payload, "<f4", head["n"])
            self.rows.setdefault((head["stream"], head["key"]), {}).update(
                zip(times.tolist(), values.tolist(), strict=True)
            )


@asynccontextmanager
async def watched(walk, page: Page) -> AsyncIterator[Hub]:
    hub = Hub(walk.archive, walk.live)
    task = asyncio.create_task(hub.run())
    async with hub.watch("walk", page.viewer):
        yield hub
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("key", ["mean.total", "ewma.peak", "heel.peak"])
async def test_live_the_seconds_before_and_looking_back_are_the_same_rows(key, athlete):
    walk = await athlete(seconds_ago=8).begin("left")
    stored = await walk.send("left", 200)
    await walk.publish("left", walk.block("left", 100))  # on its way to the archive
    page = Page()
    async with watched(walk, page) as hub:
        await hub.ask("walk", page.viewer, [key, "nobody.knows"])
        last = stored
        for _ in range(5):
            last = await walk.send("left", 40)
        await page.until(key, "left", int(last.times_us[-1]))
    got = page.rows[("left", key)]
    whole = walk.recordings["left"].part(0, 500)
    expected = rows_of(derived(key, info_of(whole.layout)), blocks_of(whole))
    assert list(got) == whole.times_us.tolist()
    np.testing.assert_array_equal(np.array(list(got.values()), np.float32), expected)
    info = await walk.archive.stream_info(Stream("walk", "left"))
    begun, ended = int(whole.times_us[450]), int(last.times_us[-1])
    back = await column_feed.rows(walk.archive, info, [key], begun, ended)
    past = {
        t: v
        for one in back
        for t, v in zip(one.samples.times_us.tolist(), one.samples.stats[:, 0].tolist(), strict=True)
    }
    if key == "heel.peak":
        np.testing.assert_equal(past, {t: got[t] for t in past})
    assert min(past) >= begun


async def test_looking_back_at_any_moment_the_rows_are_those_that_live_had(keep, memory_archive):
    walk = sim.walk(40.0, start_us=1_795_000_000_000_000)
    await keep("walk", walk)
    info = await memory_archive.stream_info(Stream("walk", "left"))
    times = walk["left"].times_us
    for key in ("ewma.total", "mean.y", "path", "toes.total"):
        live = rows_of(derived(key, info), blocks_of(walk["left"]))
        for first, last in ((0, 500), (2500, 2800), (3990, 3999)):
            found = await column_feed.rows(memory_archive, info, [key], int(times[first]), int(times[last]))
            rows = np.concatenate([one.samples.stats[:, 0] for one in found])
            np.testing.assert_allclose(rows, live[first : last + 1], rtol=1e-6, atol=1e-6)


async def test_nothing_is_kept_or_made_of_what_nobody_asks_for(remembered):
    walk = await remembered().begin("left")
    page, other = Page(), Page()
    async with watched(walk, page) as hub, hub.watch("walk", other.viewer):
        feed = hub._rooms["walk"].columns
        await walk.publish("left", walk.block("left", 50))
        await asyncio.sleep(0.2)
        assert (feed.wanted, feed._pending, feed._made) == (frozenset(), {}, {})
        await hub.ask("walk", page.viewer, ["mean.total"])
        last = await walk.send("left", 50)
        await page.until("mean.total", "left", int(last.times_us[-1]))
        assert other.rows == {}
        await hub.ask("walk", page.viewer, [])
        assert (feed.wanted, feed._pending, feed._made) == (frozenset(), {}, {})


async def test_without_feed_or_archive_a_column_has_the_rows_that_can_be_known(remembered, monkeypatch):
    walk = await remembered(seconds_ago=8).begin("left")
    await walk.send("left", 300)
    await walk.publish("left", walk.block("left", 300))

    async def away(*_: object) -> None:
        raise LiveAway("away")

    info = (await walk.archive.workout("walk")).streams[0]
    monkeypatch.setattr(walk.live, "recent", away)
    feed, page = column_feed.ColumnFeed(walk.archive, walk.live), Page()
    await feed.ask(await walk.archive.workout("walk"), page.viewer, ["mean.total"])
    await page.until("mean.total", "left", info.last_us)
    assert len(page.rows[("left", "mean.total")]) == 300
    monkeypatch.undo()

    async def gone(*_: object, **__: object) -> None:
        raise StorageAway("away")
        yield

    workout = await walk.archive.workout("walk")
    earlier = replace(workout.streams[0], first_us=info.first_us - 60_000_000)
    monkeypatch.setattr(column_feed, "read", gone)
    feed, page = column_feed.ColumnFeed(walk.archive, walk.live), Page()
    await feed.ask(replace(workout, streams=(earlier,)), page.viewer, ["mean.total"])
    times = walk.recordings["left"].times_us
    await page.until("mean.total", "left", int(times[599]))
    assert min(page.rows[("left", "mean.total")]) == int(times[200]), "two seconds after the feed's first frame"
