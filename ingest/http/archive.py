"""The archive as programs read it: the raw answers of its ports, so that an analyst's machine computes what ours would.

`barograph.connect("https://…")` asks here. Answers are runs of messages (`barograph.remote.forms`), made while they are
sent: as much as the next message holds is in memory, and a client that does not read holds nothing up. An answer that
breaks off has no `end`, and is resumed where it stopped.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any

import numpy as np
from quart import Quart, Response
from quart_schema import validate_querystring

from barograph.access.needs import needs
from barograph.errors import NotFound
from barograph.frames import Block, Stream
from barograph.remote import forms
from barograph.remote.forms import END_US
from barograph.store.ports import Archive, Keys, StreamInfo
from barograph.store.roster import Athlete, Team
from barograph.web.beginning import begun
from ingest.http.frames import streamed
from ingest.http.operations import operation
from ingest.http.posted import BINARY
from ingest.http.queries import BlocksQuery, KeysQuery, RecordsQuery, RollupsQuery, StreamUid

ALL = "/api/archive/workouts"
ROSTER = "/api/archive/roster"
ONE = f"{ALL}/<workout_id>"
LOAD_BYTES = 4 << 20
WINDOW_FRAMES = 1 << 17
FIRST_US, GROWTH = 60_000_000, 8
ROLLUP_SECONDS = 3600


def add_archive(app: Quart, archive: Archive) -> None:
    """Give the application its routes for programs that read as if they were here."""

    @app.get(ALL)
    @needs("read")
    @operation("Archive", None, also_gives=(BINARY,))
    @validate_querystring(RecordsQuery)
    async def records(query_args: RecordsQuery) -> Response:
        """Workouts, newest first, each with all that is known of its streams, as messages."""
        found = await archive.workouts(limit=query_args.limit, skip=query_args.skip)
        return await _answer(_each(forms.workout_message(workout) for workout in found))

    @app.get(ONE)
    @needs("read")
    @operation("Archive", None, also_gives=(BINARY,), errors=(404,))
    async def record(workout_id: str) -> Response:
        """One workout with all that is known of its streams, as a message."""
        return await _answer(_each([forms.workout_message(await archive.workout(workout_id))]))

    @app.get(f"{ONE}/keys")
    @needs("export")
    @operation("Archive", None, also_gives=(BINARY,), errors=(404,))
    @validate_querystring(KeysQuery)
    async def keys(workout_id: str, query_args: KeysQuery) -> Response:
        """Keys of stored blocks: numbers, times and arrival, without frames; of a range of times, or of numbers."""
        info = await info_of(archive, workout_id, query_args)
        return await _answer(_keys(archive, info, query_args))

    @app.get(f"{ONE}/blocks")
    @needs("export")
    @operation("Archive", None, also_gives=(BINARY,), errors=(404,))
    @validate_querystring(BlocksQuery)
    async def blocks(workout_id: str, query_args: BlocksQuery) -> Response:
        """All stored blocks of an epoch that touch a range of numbers, whole, with the statistics of arrival."""
        info = await info_of(archive, workout_id, query_args)
        return await _answer(_blocks(archive, info, query_args))

    @app.get(f"{ONE}/rollups")
    @needs("read")
    @operation("Archive", None, also_gives=(BINARY,), errors=(404,))
    @validate_querystring(RollupsQuery)
    async def rollups(workout_id: str, query_args: RollupsQuery) -> Response:
        """Rows of seconds of a stream, those that are not to be trusted included."""
        info = await info_of(archive, workout_id, query_args)
        return await _answer(_rollups(archive, info, query_args))

    _add_texts(app, archive)


def _add_texts(app: Quart, archive: Archive) -> None:
    @app.get(f"{ONE}/origins")
    @needs("read")
    @operation("Archive", None, also_gives=(BINARY,), errors=(404,))
    @validate_querystring(StreamUid)
    async def origins(workout_id: str, query_args: StreamUid) -> Response:
        """Where the epochs of an imported stream come from: file, header, what the vendor computed."""
        info = await info_of(archive, workout_id, query_args)
        found = await archive.origins(info.stream)
        return await _answer(_each(forms.origin_message(e, text) for e, text in found.items()))

    @app.get(f"{ONE}/calibrations")
    @needs("read")
    @operation("Archive", None, also_gives=(BINARY,), errors=(404,))
    @validate_querystring(StreamUid)
    async def calibrations(workout_id: str, query_args: StreamUid) -> Response:
        """When, by whom, how and from which recording a stream was calibrated, oldest first."""
        info = await info_of(archive, workout_id, query_args)
        return await _answer(_each(forms.calibration_message(one) for one in await archive.calibrations(info.stream)))


def add_roster(app: Quart, archive: Archive) -> None:
    """Give the application the route of the roster."""

    @app.get(ROSTER)
    @needs("read", "athlete")
    @operation("Archive", None, also_gives=(BINARY,))
    async def roster() -> Response:
        """Teams and athletes in the order of their names, as messages."""
        records: list[Athlete | Team] = [*await archive.roster.teams(), *await archive.roster.athletes()]
        return await _answer(_each(forms.roster_message(one) for one in records))


async def info_of(archive: Archive, workout_id: str, asked: StreamUid) -> StreamInfo:
    """Return the stream that is asked for, of that workout and no later one of its name, or `NotFound`."""
    info = await archive.stream_info(Stream(workout_id, asked.stream))
    if asked.uid and info.stream.uid and asked.uid != info.stream.uid:
        raise NotFound(f"{workout_id}: this workout was erased; another one has its name now")
    return info


async def _answer(messages: AsyncIterator[bytes]) -> Response:
    return streamed(await begun(_ended(messages)), BINARY, None)


async def _ended(messages: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for message in messages:
        yield message
    yield forms.end()


async def _each(messages: Any) -> AsyncIterator[bytes]:
    for message in messages:
        yield message


# --- keys


async def _keys(archive: Archive, info: StreamInfo, asked: KeysQuery) -> AsyncIterator[bytes]:
    """Keys window after window, each block in the one where it begins."""
    windows = _by_number(archive, info, asked) if asked.e is not None else _by_time(archive, info, asked)
    async with aclosing(windows) as found:
        async for keys, resumed in found:
            for message in await asyncio.to_thread(_key_messages, keys, resumed):
                yield message


def _key_messages(keys: Keys, resumed: int) -> list[bytes]:
    return list(forms.key_messages(keys, resumed))


async def _by_time(archive: Archive, info: StreamInfo, asked: KeysQuery) -> AsyncGenerator[tuple[Keys, int], None]:
    """Windows of time; they grow where there is little, for nobody may have recorded for years."""
    start_us, stop_us = asked.start_us or 0, END_US if asked.stop_us is None else min(asked.stop_us, END_US)
    begin_us, width_us = start_us if asked.next is None else asked.next, FIRST_US
    first = asked.next is None
    while begin_us <= stop_us:
        recorded_us = info.first_us if first and info.first_us is not None else begin_us
        last_us = min(max(begin_us, recorded_us) + width_us, stop_us)
        keys = await archive.keys(info, begin_us, last_us)
        # What began before the first window reaches into it; later ones have given it already.
        new = (keys.t_us <= last_us) if first else (keys.t_us >= begin_us) & (keys.t_us <= last_us)
        found = forms.between(keys, new)
        if len(found):
            yield found, last_us + 1
        width_us = _width(width_us, len(found.dt_us))
        begin_us, first = last_us + 1, False


async def _by_number(archive: Archive, info: StreamInfo, asked: KeysQuery) -> AsyncGenerator[tuple[Keys, int], None]:
    """Windows of numbers of one epoch."""
    e, stop = asked.e or 0, asked.stop or 0
    begin, width = asked.start if asked.next is None else asked.next, WINDOW_FRAMES
    first = asked.next is None
    while begin < stop:
        last = min(begin + width, stop)
        keys = await archive.keys_by_number(info, e, begin, last)
        new = (keys.seq < last) if first else (keys.seq >= begin) & (keys.seq < last)
        found = forms.between(keys, new)
        if len(found):
            yield found, last
        width = _width(width, len(found.dt_us))
        begin, first = last, False


def _width(width: int, frames: int) -> int:
    """How wide the next window is, from what the last one held."""
    return max(1, width * WINDOW_FRAMES // frames) if frames > WINDOW_FRAMES else width * GROWTH


# --- frames


async def _blocks(archive: Archive, info: StreamInfo, asked: BlocksQuery) -> AsyncIterator[bytes]:
    """Blocks in order of their numbers, some MiB read at once."""
    keys = await archive.keys_by_number(info, asked.e, asked.start, asked.stop)
    order = np.lexsort((keys.r_us, keys.seq))
    for which in _groups(keys, order.tolist(), info):
        blocks = await archive.load(info, keys, which)
        ids = [keys.ids[i] for i in which]
        for message in await asyncio.to_thread(_messages, blocks, ids, info.k):
            yield message


def _groups(keys: Keys, order: Sequence[int], info: StreamInfo) -> list[list[int]]:
    """Blocks that are loaded together."""
    frame_bytes = info.layout.frame_bytes if info.layout else 1
    groups: list[list[int]] = []
    held = LOAD_BYTES
    for i in order:
        size = int(keys.n[i]) * frame_bytes
        if held + size > LOAD_BYTES:
            groups.append([])
            held = 0
        groups[-1].append(i)
        held += size
    return groups


def _messages(blocks: Sequence[Block], ids: Sequence[Any], k: int) -> list[bytes]:
    return [forms.block_message(block, id_, k) for block, id_ in zip(blocks, ids, strict=True)]


# --- rows of seconds


async def _rollups(archive: Archive, info: StreamInfo, asked: RollupsQuery) -> AsyncIterator[bytes]:
    """Rows an hour at a time; where there are none, longer."""
    last_s = min(asked.stop_s, END_US // 1_000_000)
    begin_s, width_s = asked.start_s, ROLLUP_SECONDS
    if info.first_us is not None:  # before its first frame a stream has no row
        begin_s = max(begin_s, info.first_us // 1_000_000)
    while begin_s <= last_s:
        end_s = min(begin_s + width_s - 1, last_s)
        rows = await archive.stored_rollups(info, begin_s, end_s, maps=bool(asked.maps))
        for message in forms.rollup_messages(rows):
            yield message
        width_s = ROLLUP_SECONDS if rows else width_s * GROWTH
        begin_s = end_s + 1
