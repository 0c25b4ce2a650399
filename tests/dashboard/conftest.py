"""Workouts of the simulated athlete, sent through the ports as the ingest does: published, stored, marked."""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from quart import Quart

from analytics import arrival_stats, sim
from analytics.columns import ARRIVAL_VERSION, arrival_columns
from barograph import settings as settings_module
from barograph.access.principals import Access
from barograph.frames import Block, Recording, Stream
from barograph.settings import Settings
from barograph.store.ports import About, Archive, Live
from dashboard.app import create_app
from dashboard.reading.sources import Sources

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1])]  # what tests share is found beside them

from devices import Device


@dataclass
class Athlete(Device):
    """One workout of two insoles; its frames end now, and go on from there."""

    seconds_ago: float = 0.0
    numbers: dict[str, int] = field(default_factory=dict)

    async def begin(self, *sides: str) -> Athlete:
        walk = sim.walk(20.0, start_us=time.time_ns() // 1000 - int(self.seconds_ago * 1e6))
        self.recordings = {side: walk[side] for side in sides or tuple(walk)}
        self.numbers = dict.fromkeys(self.recordings, 0)
        await self.open_streams()
        return self

    def block(self, side: str, n: int, *, skip: int = 0) -> Block:
        """The next frames of a foot, after skipping some."""
        first = self.numbers[side] + skip
        self.numbers[side] = first + n
        return self.frames(side, first, first + n, int(self.recordings[side].times_us[first + n - 1]) + 1000)

    async def publish(self, side: str, block: Block) -> None:
        await self.publish_block(side, block)

    async def store(self, side: str, block: Block) -> None:
        await self.store_block(side, block)

    async def send(self, side: str, n: int, *, skip: int = 0) -> Block:
        """Publish and store the next frames."""
        block = self.block(side, n, skip=skip)
        await self.publish(side, block)
        await self.store(side, block)
        return block

    async def say(self, side: str, **event: object) -> None:
        await self.publish_event(side, **event)


@pytest.fixture
def athlete(archive: Archive, live: Live) -> Callable[..., Athlete]:
    """Makes athletes over each archive and each feed in turn."""
    return lambda workout_id="walk", **facts: Athlete(archive, live, workout_id, **facts)


@pytest.fixture
def remembered(memory_archive: Archive, memory_live: Live) -> Callable[..., Athlete]:
    """Makes athletes over memory alone, for what has nothing to do with servers."""
    return lambda workout_id="walk", **facts: Athlete(memory_archive, memory_live, workout_id, **facts)


@pytest.fixture
def without_stats() -> Callable[[Block], Block]:
    return lambda block: replace(block, stats=None)


@pytest.fixture
def settings(tmp_path) -> Settings:
    """Those of a dashboard whose ingest is not there."""
    return settings_module.load(data_dir=tmp_path, ingest_port=1)


@pytest.fixture
def access(settings: Settings) -> Access:
    """Who may open the dashboard of these settings."""
    return Access(settings, "dashboard")


@pytest.fixture
def app(settings: Settings, access: Access, memory_archive: Archive, memory_live: Live) -> Quart:
    """The application over memory alone, not started."""
    return create_app(settings, memory_archive, memory_live, access)


@pytest.fixture
def pages(tmp_path, memory_archive: Archive, memory_live: Live) -> Sources:
    """What pages are made from, over memory alone."""
    return Sources(settings_module.load(data_dir=tmp_path, ingest_port=1), memory_archive, memory_live)


@pytest.fixture
def keep(memory_archive):
    """Stores recordings as a workout."""

    async def stored(workout_id: str, recordings: dict[str, Recording], **about: object) -> None:
        for name, recording in recordings.items():
            stream, layout = Stream(workout_id, name), recording.layout
            first_us = int(recording.times_us.min()) if len(recording) else 1_790_000_000_000_000
            await memory_archive.open(
                stream, epoch=str(uuid.uuid4()), numbered=True, now_us=first_us, about=About(**about), spool=True
            )
            await memory_archive.fix_layout(stream, layout, arrival_columns(layout), ARRIVAL_VERSION)
            if not len(recording):
                continue
            stats = arrival_stats(recording.frames, layout)
            now_us = int(recording.times_us.max())
            block = Block(0, 0, recording.times_us, now_us, np.array(recording.frames), stats)
            await memory_archive.append([(stream, block)])
            await memory_archive.mark(
                stream, 0, next_seq=len(recording), frames=len(recording), first_us=first_us, last_us=now_us,
                now_us=now_us,
            )  # fmt: skip

    return stored
