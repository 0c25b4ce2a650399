"""The live port over Redis: one stream per workout-stream, the last moments only.

A derived feed: whoever loses it loses no data. Bounded in time (60 s) and in size (32 MiB a stream); the key goes an
hour after its last entry. Ids are Redis' own, and so is the clock by which entries age: an explicit id that is not
above the last would be refused for ever. Only commands of Redis 6.2.

In a cluster a follower of one workout waits at that workout's server. One of several looks at all of them, one round
trip each, every `POLL_S` and a little later for each workout more: a command can wait in one slot only.

Terms: live feed (docs/glossary.md).
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from barograph.errors import LiveAway
from barograph.frames import Stream
from barograph.store.memory.archive import LIVE_BYTES, LIVE_SECONDS, MOST_ENTRIES
from barograph.store.ports import Entry
from barograph.store.redis.keys import key_of
from barograph.store.redis.servers import Servers, servers_of
from barograph.store.redis.windows import Windows
from barograph.store.sealing import FEED, PLAIN, Sealing

FIELD = "m"
POLL_S, POLL_MORE_S = 0.012, 0.0004
_TAKE, _ANSWER = "take messages", "answer"
_T = TypeVar("_T")


class RedisLive:
    """The live port over Redis; made by `connect`."""

    def __init__(
        self, servers: Servers, timeout_s: float, seconds: float, most_bytes: int, sealing: Sealing = PLAIN
    ) -> None:
        self.servers = servers
        self._timeout_s = timeout_s
        self._sealing = sealing
        self._windows = Windows(seconds, most_bytes)

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
        """Return a feed over one server or a cluster (`redis+cluster://`).

        Connections are made when they are needed, so that an absent Redis keeps nobody from starting.
        """
        return cls(servers_of(url, timeout_s), timeout_s, seconds, most_bytes, sealing)

    async def publish(self, messages: Sequence[tuple[Stream, bytes]]) -> None:
        """Append messages in one round trip to each server, or `LiveAway`, which says of which streams."""
        if not messages:
            return
        waiting: dict[str, list[bytes]] = {}
        streams = {key_of(stream): stream for stream, _ in messages}
        for stream, message in messages:
            waiting.setdefault(key_of(stream), []).append(message)
        groups = await self.servers.by_server(waiting)
        done = await asyncio.gather(
            *(self._append({key: waiting[key] for key in keys}) for keys in groups), return_exceptions=True
        )
        self._windows.forget()
        _, away = _sorted(groups, done)
        if away:
            raise _away(away, streams)

    async def _append(self, messages: Mapping[str, Sequence[bytes]]) -> None:
        keys = [key for key, each in messages.items() for _ in each]

        def commands(pipeline: Any) -> None:
            for key, each in messages.items():
                for message in each:
                    entry: Any = self._sealing.seal("feed", FEED, {FIELD: message})
                    pipeline.xadd(key, entry)
                    self._windows.add(key, len(message))
            for key in messages:
                self._windows.trim(pipeline, key)

        replies = await self.servers.asked(keys[0], commands, self._timeout_s, _TAKE)
        for key, reply in zip(keys, replies, strict=False):
            self._windows.took(key, reply)

    async def forget(self, streams: Sequence[Stream]) -> None:
        """Drop all entries of streams."""
        by_key = {key_of(stream): stream for stream in streams}
        _, away = await self._everywhere(by_key, lambda pipeline, key: pipeline.delete(key), "forget streams")
        if away:
            raise _away(away, by_key)

    async def recent(self, stream: Stream, seconds: float) -> list[Entry]:
        """Return entries of the last seconds by the clock of the stream's server, oldest first."""
        key = key_of(stream)
        [(now_s, now_us)] = await self.servers.asked(
            key, lambda pipeline: pipeline.execute_command("TIME"), self._timeout_s, _ANSWER
        )
        since_ms = max(0, int((now_s + now_us / 1e6 - seconds) * 1000))
        [found] = await self.servers.asked(
            key, lambda pipeline: pipeline.xrange(key, min=str(since_ms)), self._timeout_s, _ANSWER
        )
        return self._entries(stream, found)

    async def follow(self, after: Mapping[Stream, str], wait_s: float) -> list[Entry]:
        """Return entries after the given positions, as soon as there are any, else none after `wait_s`.

        One call for all. `LiveAway` says which streams could not be read, and has the entries of the others.
        """
        if not after:
            await asyncio.sleep(wait_s)
            return []
        streams = {key_of(stream): stream for stream in after}
        positions = {key_of(stream): position for stream, position in after.items()}
        groups = self.servers.by_command(streams)
        if len(groups) == 1:
            found = await self._waited(positions, wait_s)
            return [entry for key, items in found or () for entry in self._entries(streams[key.decode()], items)]
        return await self._looked(groups, streams, positions, wait_s)

    async def _waited(self, positions: Mapping[str, str], wait_s: float) -> Any:
        [found] = await self.servers.asked(
            next(iter(positions)),
            lambda pipeline: pipeline.xread(dict(positions), MOST_ENTRIES, max(1, int(wait_s * 1000))),
            wait_s + self._timeout_s,
            _ANSWER,
        )
        return found

    async def _looked(
        self, groups: list[list[str]], streams: Mapping[str, Stream], positions: dict[str, str], wait_s: float
    ) -> list[Entry]:
        until_s = time.monotonic() + wait_s
        positions |= await self._newest([key for key, position in positions.items() if position == "$"])
        asked = {keys[0]: {key: positions[key] for key in keys} for keys in groups}
        while True:
            found, away = await self._everywhere(asked, lambda pipeline, at: pipeline.xread(asked[at], MOST_ENTRIES))
            read = [items for each in found.values() for items in each or ()]
            entries = [entry for key, items in read for entry in self._entries(streams[key.decode()], items)]
            if away:
                lacking = {key: error for first, error in away.items() for key in asked[first]}
                raise _away(lacking, streams, entries)
            if entries or time.monotonic() >= until_s:
                return entries
            await asyncio.sleep(POLL_S + POLL_MORE_S * len(groups))

    async def _newest(self, keys: Sequence[str]) -> dict[str, str]:
        """Where streams end now; one that cannot be asked is read from its beginning, which is a minute ago."""
        found, _ = await self._everywhere(keys, lambda pipeline, key: pipeline.xrevrange(key, count=1))
        return {key: found[key][0][0].decode() if found.get(key) else "0" for key in keys}

    async def _everywhere(
        self, keys: Collection[str], command: Callable[[Any, str], Any], what: str = _ANSWER
    ) -> tuple[dict[str, Any], dict[str, LiveAway]]:
        """Give one command for each key, in one round trip to each server: replies by key, and what is wrong."""
        groups = await self.servers.by_server(keys) if keys else []

        def add(group: Sequence[str], pipeline: Any) -> None:
            for key in group:
                command(pipeline, key)

        done = await asyncio.gather(
            *(self.servers.asked(group[0], partial(add, group), self._timeout_s, what) for group in groups),
            return_exceptions=True,
        )
        return _sorted(groups, done)

    async def ping(self) -> None:
        """Write an entry to each server that takes entries, and read it again, or raise `LiveAway`.

        Redis answers PING too where it takes no entries: without memory, on a replica, of another node's slot.
        """
        keys = await self.servers.trial_keys()
        await _together(self._try(key) for key in keys)

    async def _try(self, key: str) -> None:
        content = os.urandom(16)

        def commands(pipeline: Any) -> None:
            pipeline.xadd(key, {FIELD: content})
            pipeline.xrange(key)
            pipeline.delete(key)

        _, found, _ = await self.servers.asked(key, commands, self._timeout_s, "take and give an entry")
        if [fields for _, fields in found] != [{FIELD.encode(): content}]:
            raise LiveAway("Redis gave another entry than it was given")

    async def version(self) -> tuple[str, str]:
        """Return what the servers are, Redis or Valkey, and their lowest version; or `LiveAway`."""
        keys = await self.servers.trial_keys()
        told = await _together(
            self.servers.asked(
                key, lambda pipeline: pipeline.execute_command("INFO", "server"), self._timeout_s, _ANSWER
            )
            for key in keys
        )
        # A Valkey's redis_version is that of the Redis that it began as.
        found = [
            ("Valkey", str(one["valkey_version"])) if "valkey_version" in one else ("Redis", str(one["redis_version"]))
            for [one] in told
        ]
        return min(found, key=lambda one: [int(part) for part in re.findall(r"\d+", one[1])])

    async def close(self) -> None:
        """Give back connections."""
        await self.servers.close()

    def _entries(self, stream: Stream, items: Iterable[tuple[bytes, Mapping[bytes, bytes]]]) -> list[Entry]:
        opened = (
            (position, self._sealing.open("feed", FEED, {FIELD: fields[FIELD.encode()]})) for position, fields in items
        )
        return [Entry(stream, position.decode(), fields[FIELD]) for position, fields in opened]


def _sorted(groups: Sequence[Sequence[str]], done: Sequence[Any]) -> tuple[dict[str, Any], dict[str, LiveAway]]:
    """Replies by key, and what is wrong by key."""
    found: dict[str, Any] = {}
    away: dict[str, LiveAway] = {}
    for keys, replies in zip(groups, done, strict=True):
        if isinstance(replies, LiveAway):
            away |= dict.fromkeys(keys, replies)
        elif isinstance(replies, BaseException):
            raise replies
        else:
            found |= zip(keys, replies or [None] * len(keys), strict=True)
    return found, away


def _away(away: Mapping[str, LiveAway], streams: Mapping[str, Stream], entries: Sequence[Entry] = ()) -> LiveAway:
    """What is to be raised where some streams could not be reached, and others may have been."""
    lacking = frozenset(streams[key] for key in away)
    return LiveAway(str(next(iter(away.values()))), streams=lacking, entries=tuple(entries))


async def _together(asking: Iterable[Coroutine[Any, Any, _T]]) -> list[_T]:
    """What all answer; all are waited for, and the first that is away is raised."""
    done = await asyncio.gather(*asking, return_exceptions=True)
    for each in done:
        if isinstance(each, BaseException):
            raise each
    return done  # type: ignore[return-value]
