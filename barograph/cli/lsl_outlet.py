"""`barograph lsl`: from the live feed to outlets of the Lab Streaming Layer."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
import numpy as np

from barograph import codec, settings
from barograph.errors import InvalidData, LiveAway, NotFound
from barograph.frames import Block, Floats, Layout, Stream
from barograph.servers import embedded
from barograph.settings import Settings
from barograph.store.mongo.sealed import open_archive
from barograph.store.ports import Archive, Live, StreamInfo
from barograph.store.redis import RedisLive
from ingest.device.live.lsl import ELEMENT, as_values, library

FOLLOW_S = 0.25
REFRESH_S = 1.0
_log = logging.getLogger("barograph.lsl")


def hand_on(workout_id: str, stream: str | None, data_dir: Path | None, *, numbers: bool) -> None:
    """Hand live frames on until Ctrl-C."""
    library()
    chosen = settings.load(data_dir=data_dir)
    try:
        asyncio.run(_connected(chosen, Outlets(workout_id, stream, click.echo, numbers=numbers)))
    except KeyboardInterrupt:
        raise SystemExit(0) from None


async def _connected(chosen: Settings, outlets: Outlets) -> None:
    with ExitStack() as stack:
        if chosen.mongo_url is not None and chosen.redis_url is not None:
            mongo_url, redis_url = chosen.mongo_url.get_secret_value(), chosen.redis_url.get_secret_value()
        else:
            found = stack.enter_context(embedded.borrowed(chosen.data_dir))
            mongo_url, redis_url = found.mongo_url, found.redis_url
        archive = await open_archive(chosen, mongo_url)
        live = await RedisLive.connect(redis_url, sealing=archive.sealing)
        try:
            await outlets.run(archive, live)
        finally:
            await live.close()
            await archive.close()


class Outlets:
    """The LSL streams of one workout; `tell` hears of each that is made."""

    def __init__(self, workout_id: str, stream: str | None, tell: Callable[[str], None], *, numbers: bool) -> None:
        self._workout_id, self._stream, self._tell, self._numbers = workout_id, stream, tell, numbers
        self._outlets: dict[Stream, Outlet] = {}
        self._positions: dict[Stream, str] = {}

    async def run(self, archive: Archive, live: Live) -> None:
        """Hand on what comes, of streams that are there and of those that join later, until cancelled."""
        asked_s, waited = -np.inf, False
        while True:
            if time.monotonic() - asked_s > REFRESH_S:
                asked_s = time.monotonic()
                try:
                    self._open((await archive.workout(self._workout_id)).streams)
                except NotFound:
                    if not waited:
                        self._tell(f"there is no workout {self._workout_id} yet; waiting for it")
                        waited = True
            if not self._positions:
                await asyncio.sleep(FOLLOW_S)
                continue
            try:
                entries = await live.follow(dict(self._positions), FOLLOW_S)
            except LiveAway as error:
                _log.warning("the live feed is away: %s", error)
                await asyncio.sleep(REFRESH_S)
                continue
            for entry in entries:
                self._positions[entry.stream] = entry.position
                self._push(entry.stream, entry.message)

    def _open(self, found: tuple[StreamInfo, ...]) -> None:
        for info in found:
            if info.layout is None or self._stream not in (None, info.stream.stream):
                continue
            known = self._outlets.get(info.stream)
            if known is None or known.layout != info.layout:  # calibrated meanwhile: its channels mean something else
                self._outlets[info.stream] = made = Outlet(info, numbers=self._numbers)
                self._positions.setdefault(info.stream, "$")
                self._tell(f"LSL stream {made.name}: {made.channels} channels")

    def _push(self, stream: Stream, message: bytes) -> None:
        try:
            header, payload = codec.decode(message)
            if header.get("type") == "frames":
                self._outlets[stream].push(codec.block_of(header, payload))
        except InvalidData as error:
            _log.warning("%s: a message of the live feed was skipped: %s", stream, error)


class Outlet:
    """One LSL stream."""

    def __init__(self, info: StreamInfo, *, numbers: bool) -> None:
        if info.layout is None:
            raise InvalidData("layout: expected a stream whose first frame has come", field="layout")
        self.layout: Layout = info.layout
        self.name = f"{info.stream.workout_id}/{info.stream.stream}"
        self._numbers = numbers
        labels = list(info.columns) if numbers else _labels(self.layout)
        self.channels = len(labels)
        self._seen: dict[int, int] = {}
        lsl = library()
        kind = "PressureNumbers" if numbers else "Pressure"
        made = lsl.StreamInfo(
            self.name, kind, self.channels, lsl.IRREGULAR_RATE, "float32", f"barograph {self.name} {kind}"
        )
        channels = made.desc().append_child("channels")
        for label in labels:
            channel = channels.append_child("channel")
            channel.append_child_value("label", label)
            if not numbers:
                channel.append_child_value("unit", self.layout.unit)
        if not numbers:
            made.desc().append_child_value(ELEMENT, json.dumps(as_values(self.layout)))
        self._outlet: Any = lsl.StreamOutlet(made)
        self._from_utc_s = lsl.local_clock() - time.time()

    def push(self, block: Block) -> None:
        """Hand on what is new of a block; frames come again after a lost connection."""
        skip = max(0, self._seen.get(block.e, 0) - block.seq)
        if skip >= len(block.frames):
            return
        self._seen[block.e] = block.stop
        samples = self._samples(block)[skip:].astype(np.float32)
        times_s = block.times_us[skip:] / 1e6 + self._from_utc_s
        self._outlet.push_chunk(np.ascontiguousarray(samples), times_s.tolist())

    def _samples(self, block: Block) -> Floats:
        if self._numbers:
            if block.stats is None or block.stats.shape[1] != self.channels:
                raise InvalidData(f"stats: expected {self.channels} numbers a frame", field="stats")
            return np.asarray(block.stats, np.float64)
        values = self.layout.to_unit(block.frames)
        values[:, ~self.layout.valid] = np.nan
        return values.reshape(len(values), -1)


def _labels(layout: Layout) -> list[str]:
    if layout.geometry is not None and layout.geometry.names:
        return list(layout.geometry.names)
    if layout.rows == 1:
        return [str(number + 1) for number in range(layout.cells)]
    return [f"{row},{col}" for row in range(layout.rows) for col in range(layout.cols)]
