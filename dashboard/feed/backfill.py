"""What a viewer gets before the first block: the last seconds of each stream, from the feed, or before it the archive.

Read once for all who come within `SHARED_S`; what has come since the hub has in memory. Twenty viewers who open a page
together would otherwise read and unpack the same seconds twenty times.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field

from barograph import codec
from barograph.errors import CodecError, LiveAway, StorageAway
from barograph.frames import Block, Stream
from barograph.store.ports import Archive, Entry, Live, StreamInfo
from dashboard.reading import archive_reads
from dashboard.reading.recent_samples import Samples, samples_of

log = logging.getLogger("barograph.dashboard")

WINDOW_S = 30.0
SHARED_S = 5.0
ENOUGH_US = 500_000


@dataclass(frozen=True, eq=False)
class Backlog:
    """Of one stream: what the feed held, what the archive had before that, the newest frame, and where to go on."""

    live: list[Samples]
    older: list[Samples]
    newest: bytes | None
    position: str
    device: bytes | None
    read_s: float = field(default_factory=time.monotonic)

    @property
    def samples(self) -> list[Samples]:
        """All of it, in order."""
        return [*self.older, *self.live]

    @property
    def stop_us(self) -> int:
        """The time of the last sample; 0 without any."""
        return int(self.samples[-1].times_us[-1]) if self.samples else 0


def forget(held: dict[str, Backlog]) -> None:
    """Let go what is too old to be shared."""
    since_s = time.monotonic() - SHARED_S
    for name in [name for name, one in held.items() if one.read_s < since_s]:
        del held[name]


class Backfill:
    """Reads the last seconds."""

    def __init__(self, archive: Archive, live: Live) -> None:
        self._archive, self._live = archive, live

    async def of(self, held: dict[str, Backlog], info: StreamInfo, *, archive_away: bool) -> Backlog:
        """Return those of a stream, held already or read now."""
        forget(held)
        name = info.stream.stream
        if name not in held:
            held[name] = await self._read(info, archive_away=archive_away)
        return held[name]

    async def _read(self, info: StreamInfo, *, archive_away: bool) -> Backlog:
        try:
            entries = await self._live.recent(info.stream, WINDOW_S)
        except LiveAway:
            entries = []
        live, newest = await asyncio.to_thread(_opened, entries)
        older: list[Samples] = []
        if not archive_away:
            older, newest = await self._older(info, live, newest)
        position = entries[-1].position if entries else "0"
        return Backlog(live, older, newest, position, _device(entries))

    async def _older(
        self, info: StreamInfo, live: list[Samples], newest: bytes | None
    ) -> tuple[list[Samples], bytes | None]:
        """What the feed has not: the seconds before its first entry, or the last ones that are stored."""
        if info.first_us is None or info.last_us is None:
            return [], newest
        now_us = time.time_ns() // 1000
        stop_us = int(live[0].times_us[0]) - 1 if live else min(now_us, info.last_us)
        start_us = max((now_us if live else stop_us) - int(WINDOW_S * 1e6), info.first_us)
        if stop_us - start_us < ENOUGH_US and newest:
            return [], newest
        try:
            older = await archive_reads.samples(self._archive, info, start_us, stop_us)
            block = None if newest else await archive_reads.frame_at(self._archive, info, stop_us)
        except StorageAway as error:
            log.warning("%s: the seconds before could not be read: %s", info.stream, error)
            return [], newest
        return older, _message(info.stream, block) if block else newest


def _opened(entries: list[Entry]) -> tuple[list[Samples], bytes | None]:
    """Samples and the newest message of the entries that are frames."""
    samples: list[Samples] = []
    newest: bytes | None = None
    for entry in entries:
        try:
            header, block = codec.decode_block(entry.message)
        except CodecError:
            continue  # an announcement: it holds no frames
        if header.get("type") == "frames":
            newest = entry.message
            samples += [part] if (part := samples_of(block)) else []
    return samples, newest


def _device(entries: list[Entry]) -> bytes | None:
    """What a device said of itself last, if it said anything lately."""
    said = [entry.message for entry in entries if _kind(entry) == "status"]
    return said[-1] if said else None


def _kind(entry: Entry) -> str:
    try:
        return str(codec.decode(entry.message)[0].get("type"))
    except CodecError:
        return ""


def _message(stream: Stream, block: Block) -> bytes:
    return codec.encode_block(block, {"type": "frames", "workout_id": stream.workout_id, "stream": stream.stream})
