"""The live feed in Redis: one stream per workout-stream, the last moments only; everything that touches Redis is here.

A derived feed: whoever loses it loses no data. Bounded in time (60 s) and in size (32 MiB a stream); the key goes an
hour after its last entry. Ids are Redis' own, and so is the clock by which entries age: an explicit id that is not
above the last would be refused for ever. Only commands of Redis 6.2.

Terms: live feed (docs/glossary.md).
"""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from barograph.errors import LiveAway
from barograph.frames import Stream
from barograph.store.memory.archive import LIVE_BYTES, LIVE_SECONDS, MOST_ENTRIES
from barograph.store.ports import Entry
from barograph.store.sealing import FEED, PLAIN, Sealing

KEY_LIFE_S = 3600
PREFIX = "barograph:live"
FIELD = "m"


def key_of(stream: Stream) -> str:
    """Return the stream's key; a ':' within a name is written %3A, so that no two streams share one."""
    names = (name.replace("%", "%25").replace(":", "%3A") for name in (stream.workout_id, stream.stream))
    return ":".join((PREFIX, *names))


class _Window:
    """What this process published to one stream in the last seconds: Redis can only trim by time or by number."""

    def __init__(self) -> None:
        self.newest_ms = 0  # by Redis' clock
        self.newest_s = 0.0  # by ours
        self._sizes: deque[tuple[float, int]] = deque()
        self._total = 0

    def add(self, now_s: float, size: int) -> None:
        self.newest_s = now_s
        self._sizes.append((now_s, size))
        self._total += size

    def fit(self, since_s: float, most_bytes: int) -> int | None:
        """Forget what is too old or too much; the number of entries to keep, if there was too much."""
        too_much = False
        while self._sizes and (self._sizes[0][0] < since_s or self._total > most_bytes):
            too_much |= self._sizes[0][0] >= since_s
            self._total -= self._sizes.popleft()[1]
        return len(self._sizes) if too_much else None


@contextmanager
def _answering(what: str) -> Iterator[None]:
    try:
        yield
    except (RedisError, TimeoutError, OSError) as error:
        raise LiveAway(f"Redis did not {what}: {error or 'no answer in time'}") from error


class RedisLive:
    """The live port over Redis; made by `connect`."""

    def __init__(
        self, client: Redis, timeout_s: float, seconds: float, most_bytes: int, sealing: Sealing = PLAIN
    ) -> None:
        self._redis = client
        self._timeout_s = timeout_s
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._sealing = sealing
        self._windows: dict[str, _Window] = {}

    @classmethod
    async def connect(
        cls,
        url: str,
        timeout_s: float = 2.0,
        *,
        seconds: float = LIVE_SECONDS,
        most_bytes: int = LIVE_BYTES,
        sealing: Sealing = PLAIN,
    ) -> RedisLive:
        """Return a feed.

        Connections are made when they are needed, so that an absent Redis keeps nobody from starting.
        """
        client = Redis.from_url(
            url,
            protocol=2,
            socket_connect_timeout=timeout_s,
            socket_timeout=None,  # every call has its own: reading may block, publishing may not
            retry=Retry(NoBackoff(), 0),  # the caller knows whether a message is still worth it
        )
        return cls(client, timeout_s, seconds, most_bytes, sealing)

    async def publish(self, messages: Sequence[tuple[Stream, bytes]]) -> None:
        """Append messages in one round trip, or `LiveAway`."""
        if not messages:
            return
        keys = [key_of(stream) for stream, _ in messages]
        pipeline = self._redis.pipeline(transaction=False)
        for key, (_, message) in zip(keys, messages, strict=True):
            entry: Any = self._sealing.seal("feed", FEED, {FIELD: message})
            pipeline.xadd(key, entry)
            self._windows.setdefault(key, _Window()).add(time.monotonic(), len(message))
        for key in dict.fromkeys(keys):
            self._trim(pipeline, key)
        with _answering("take messages"):
            async with asyncio.timeout(self._timeout_s):
                replies = await pipeline.execute()
        for key, reply in zip(keys, replies, strict=False):
            self._windows.setdefault(key, _Window()).newest_ms = int(reply.partition(b"-")[0])
        self._forget()

    def _trim(self, pipeline: Pipeline, key: str) -> None:
        window = self._windows[key]
        keep = window.fit(time.monotonic() - self._seconds, self._most_bytes)
        if keep is not None:
            pipeline.xtrim(key, maxlen=keep, approximate=True)
        if window.newest_ms:
            pipeline.xtrim(key, minid=str(window.newest_ms - int(self._seconds * 1000)), approximate=True)
        pipeline.expire(key, KEY_LIFE_S)

    def _forget(self) -> None:
        """Drop the windows of streams that ended."""
        since_s = time.monotonic() - self._seconds
        for key in [key for key, window in self._windows.items() if window.newest_s < since_s]:
            del self._windows[key]

    async def forget(self, streams: Sequence[Stream]) -> None:
        """Drop all entries of streams."""
        if streams:
            with _answering("forget streams"):
                async with asyncio.timeout(self._timeout_s):
                    await self._redis.delete(*(key_of(stream) for stream in streams))

    async def recent(self, stream: Stream, seconds: float) -> list[Entry]:
        """Return entries of the last seconds by Redis' clock, oldest first."""
        with _answering("answer"):
            async with asyncio.timeout(self._timeout_s):
                now_s, now_us = await self._redis.time()
                since_ms = max(0, int((now_s + now_us / 1e6 - seconds) * 1000))
                found: Any = await self._redis.xrange(key_of(stream), min=str(since_ms))
        return self._entries(stream, found)

    async def follow(self, after: Mapping[Stream, str], wait_s: float) -> list[Entry]:
        """Return entries after the given positions, as soon as there are any, else none after `wait_s`.

        One call for all.
        """
        if not after:
            await asyncio.sleep(wait_s)
            return []
        keys = {key_of(stream).encode(): stream for stream in after}
        positions: dict[Any, Any] = {key_of(stream): position for stream, position in after.items()}
        with _answering("answer"):
            async with asyncio.timeout(wait_s + self._timeout_s):
                found: Any = await self._redis.xread(positions, MOST_ENTRIES, max(1, int(wait_s * 1000)))
        return [entry for key, items in found or () for entry in self._entries(keys[key], items)]

    async def ping(self) -> None:
        """Write an entry and read it again, or raise `LiveAway`.

        Redis answers PING too where it takes no entries: without memory, on a replica, of another node's slot.
        """
        key, content = f"{PREFIX}::{uuid.uuid4().hex}", os.urandom(16)  # no workout has a name of no letters
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.xadd(key, {FIELD: content})
        pipeline.xrange(key)
        pipeline.delete(key)
        with _answering("take and give an entry"):
            async with asyncio.timeout(self._timeout_s):
                _, found, _ = await pipeline.execute()
        if [fields for _, fields in found] != [{FIELD.encode(): content}]:
            raise LiveAway("Redis gave another entry than it was given")

    async def version(self) -> tuple[str, str]:
        """Return what the server is, Redis or Valkey, and its version; or `LiveAway`."""
        with _answering("answer"):
            async with asyncio.timeout(self._timeout_s):
                found: Any = await self._redis.info("server")
        if "valkey_version" in found:  # its redis_version is that of the Redis that it began as
            return "Valkey", str(found["valkey_version"])
        return "Redis", str(found["redis_version"])

    async def close(self) -> None:
        """Give back connections."""
        await self._redis.aclose()

    def _entries(self, stream: Stream, items: Iterable[tuple[bytes, Mapping[bytes, bytes]]]) -> list[Entry]:
        opened = (
            (position, self._sealing.open("feed", FEED, {FIELD: fields[FIELD.encode()]})) for position, fields in items
        )
        return [Entry(stream, position.decode(), fields[FIELD]) for position, fields in opened]
