"""The archive of another machine, over the ingest's HTTP API: the part of the ports that reading takes.

Reading rule, gaps and calibration are those of `barograph.store.reading`, which asks this archive as it asks MongoDB's.
What is asked is bounded on both ends: answers come message by message, and one that breaks off is asked for again from
where it stopped. Keys are held as everywhere, 8 bytes a frame and some a block; more than `MOST_FRAMES` are refused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from itertools import pairwise

import numpy as np

from barograph import bounds
from barograph.codec import Header
from barograph.errors import CodecError, InvalidData, NotFound
from barograph.frames import Block, Stream
from barograph.remote import forms
from barograph.remote.client import Client, Params, Patience, Unanswered, path_of
from barograph.remote.corrections import RemoteCorrections
from barograph.remote.trials import RemoteTrials
from barograph.store.calibration_records import MOST_RECORDS, CalibrationRecord
from barograph.store.documents import joined
from barograph.store.ports import read_info, stream_of
from barograph.store.records import Keys, Marker, Rollup, StreamInfo, Workout
from barograph.store.roster import Athlete, Team
from barograph.store.scope import Scope

MOST_FRAMES = 1 << 28  # of one range: 2 GiB of times
MOST_WORKOUTS_AT_ONCE, MOST_WORKOUTS = 100, 200_000
MOST_LIST_BYTES = 256 << 20  # of workouts that are asked for at once
NEAR = 1024  # numbers between two blocks that are still asked for together
MOST_NUMBERS = 1 << 19  # in one question
ALL = path_of("api", "archive", "workouts")

Take = Callable[[Header, memoryview], bool]


class RemoteArchive:
    """What is stored at a server; made by `connect`."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.roster = RemoteRoster(self._read)
        self.trials = RemoteTrials(client)
        self.corrections = RemoteCorrections(client)

    @classmethod
    async def connect(cls, client: Client) -> RemoteArchive:
        """Return an archive that answered once: whether it takes the token is known by then."""
        archive = cls(client)
        try:
            await archive.workouts(limit=1)
        except NotFound as error:
            await client.close()
            raise InvalidData(
                f"url: {client.address} answers, but not as Barograph's ingest of this version does: {error}",
                field="url",
            ) from error
        except BaseException:
            await client.close()
            raise
        return archive

    async def close(self) -> None:
        """Give back connections."""
        await self._client.close()

    async def workouts(self, *, limit: int = 100, skip: int = 0) -> list[Workout]:
        """Return the newest first."""
        if skip > MOST_WORKOUTS:
            raise InvalidData(f"workouts: expected at most {MOST_WORKOUTS} at {self._client.address}, got more")
        found: list[Workout] = []
        told = 0

        def take(header: Header, payload: memoryview) -> bool:
            nonlocal told
            told += len(payload)
            if told > MOST_LIST_BYTES:
                raise CodecError(f"workouts: expected at most {MOST_LIST_BYTES} bytes of them, got more")
            found.append(forms.workout_of(header, payload))
            return True

        while (most := min(limit - len(found), MOST_WORKOUTS_AT_ONCE)) > 0:
            until = len(found) + most

            def wanted(until: int = until) -> Params | None:
                there = len(found)
                return {"skip": skip + there, "limit": until - there} if there < until else None

            await self._read(ALL, wanted, take)
            if len(found) < until:
                break
        return found[:limit]

    async def workout(self, workout_id: str) -> Workout:
        """Return one workout, or `NotFound`."""
        found: list[Workout] = []

        def take(header: Header, payload: memoryview) -> bool:
            found[:] = [forms.workout_of(header, payload)]
            if found[0].workout_id != workout_id:
                raise CodecError(f"workout: expected {workout_id!r}, got {found[0].workout_id!r}")
            return True

        await self._read(path_of("api", "archive", "workouts", workout_id), lambda: None if found else {}, take)
        if not found:
            raise CodecError(f"workout: expected {workout_id!r} from {self._client.address}, got nothing")
        return found[0]

    async def stream_info(self, stream: Stream) -> StreamInfo:
        """Return one stream, or `NotFound`."""
        for info in (await self.workout(stream.workout_id)).streams:
            if info.stream == stream and stream.uid in ("", info.stream.uid):
                return info
        raise NotFound(f"{stream}: no such stream is stored")

    async def keys(self, of: Stream | StreamInfo, start_us: int | None = None, stop_us: int | None = None) -> Keys:
        """Return keys of all blocks that touch the closed range."""
        asked = {"start_us": start_us, "stop_us": stop_us}
        return await self._keys(of, {name: value for name, value in asked.items() if value is not None})

    async def keys_by_number(self, of: Stream | StreamInfo, e: int, start: int, stop: int) -> Keys:
        """Return keys of all blocks of epoch `e` with a frame in `start` … `stop` − 1."""
        return await self._keys(of, {"e": e, "start": start, "stop": stop})

    async def _keys(self, of: Stream | StreamInfo, asked: dict[str, int]) -> Keys:
        info = await read_info(self, of)
        gathered = _Gathered(info.stream)

        def wanted() -> Params:
            return {**forms.named(info.stream), **asked, **gathered.again()}

        await self._read(self._path(info.stream, "keys"), wanted, gathered.take)
        keys = joined(gathered.parts)
        # An epoch may have begun since the stream was looked up: what it is called is not known here.
        return forms.between(keys, keys.e < len(info.epochs))

    async def load(self, of: Stream | StreamInfo, keys: Keys, which: Sequence[int]) -> list[Block]:
        """Return the blocks at `which` indices of `keys`, in that order; statistics of an old version are left out."""
        info = await read_info(self, of)
        missing = {keys.ids[i]: i for i in which}
        found: dict[int, Block] = {}
        first = keys.first

        def take(header: Header, payload: memoryview) -> bool:
            i = missing.pop(forms.block_id(header), None)
            if i is not None:
                times_us = keys.t_us[i] + keys.dt_us[first[i] : first[i] + keys.n[i]]
                found[i] = forms.block_of(header, payload, keys, i, times_us, info)
            return i is not None

        for e, start, stop in _runs(keys, which):

            def wanted(e: int = e, start: int = start, stop: int = stop) -> Params | None:
                begins = (int(keys.seq[i]) for i in missing.values() if keys.e[i] == e and start <= keys.seq[i] < stop)
                first = min(begins, default=None)
                return None if first is None else {**forms.named(info.stream), "e": e, "start": first, "stop": stop}

            await self._read(self._path(info.stream, "blocks"), wanted, take)
        if missing:
            raise NotFound(f"{info.stream}: blocks that were there a moment ago are gone; was the workout erased?")
        return [found[i] for i in which]

    async def stored_rollups(
        self, of: Stream | StreamInfo, start_s: int | None = None, stop_s: int | None = None, *, maps: bool = True
    ) -> list[Rollup]:
        """Return rows of the closed range of seconds, in order, dirty ones included."""
        stream, rows = stream_of(of), list[Rollup]()

        def wanted() -> Params:
            said = {"start_s": rows[-1].second + 1 if rows else start_s, "stop_s": stop_s, "maps": int(maps)}
            return {**forms.named(stream), **{name: value for name, value in said.items() if value is not None}}

        def take(header: Header, payload: memoryview) -> bool:
            more = forms.rollups_of(header, payload)
            seconds = [row.second for row in (*rows[-1:], *more)]
            if any(after <= before for before, after in pairwise(seconds)):
                raise CodecError("rollups: expected seconds in their order, each once", field="rollups")
            rows.extend(more)
            return True

        await self._read(self._path(stream, "rollups"), wanted, take)
        return rows

    async def origins(self, stream: Stream) -> dict[int, str]:
        """Return where the epochs of a stream come from, in their order, of those that say it; or `NotFound`."""
        found: dict[int, str] = {}

        def take(header: Header, payload: memoryview) -> bool:
            e, text = forms.origin_of(header, payload)
            if e in found:
                return False
            if len(found) >= bounds.EPOCHS:
                raise CodecError(f"origin: expected at most {bounds.EPOCHS}, got more", field="origin")
            found[e] = text
            return True

        await self._read(self._path(stream, "origins"), lambda: forms.named(stream), take)
        return found

    async def calibrations(self, stream: Stream) -> list[CalibrationRecord]:
        """Return the records that are kept of a stream's calibrations, oldest first; or `NotFound`."""
        found: dict[str, CalibrationRecord] = {}

        def take(header: Header, payload: memoryview) -> bool:
            one = forms.calibration_of(header, payload)
            new = one.uid not in found
            if new and len(found) >= MOST_RECORDS:
                raise CodecError(f"calibration: expected at most {MOST_RECORDS}, got more", field="calibration")
            found[one.uid] = one
            return new

        await self._read(self._path(stream, "calibrations"), lambda: forms.named(stream), take)
        return list(found.values())

    async def markers(self, workout_id: str) -> list[Marker]:
        """Return annotations in order of time."""
        said = await self._client.json("GET", path_of("api", "workouts", workout_id, "markers"))
        try:
            return [Marker(item["t_us"], item["label"]) for item in said["markers"]]
        except (KeyError, TypeError, InvalidData) as error:
            raise CodecError(f"markers: expected times and labels from {self._client.address}: {error}") from error

    def _path(self, stream: Stream, what: str) -> str:
        return path_of("api", "archive", "workouts", stream.workout_id, what)

    async def _read(self, path: str, wanted: Callable[[], Params | None], take: Take) -> None:
        """Take the messages of an answer; one that breaks off is asked for again, for what is `wanted` then.

        `take` says whether a message brought something new: a server that repeats itself is asked only so many times.
        """
        patience = Patience()
        while (params := wanted()) is not None:
            try:
                async with aclosing(self._client.messages(path, params)) as messages:
                    async for message in messages:
                        if self._taken(path, take, message):
                            patience.reset()
                return
            except Unanswered as error:
                await patience.wait(error)

    def _taken(self, path: str, take: Take, message: tuple[Header, memoryview]) -> bool:
        try:
            return take(*message)
        except CodecError as error:
            raise self._client.misread(f"GET {self._client.address}{path}", error) from None


class RemoteRoster:
    """The roster of that server, as far as its token may see it."""

    def __init__(self, read: Callable[[str, Callable[[], Params | None], Take], Awaitable[None]]) -> None:
        self._read = read

    async def teams(self) -> list[Team]:
        """Return all teams in the order of their names."""
        return [one for one in await self._records() if isinstance(one, Team)]

    async def athletes(self, scope: Scope | None = None, *, brief: bool = False) -> list[Athlete]:
        """Return all athletes, or those that may be seen, in the order of their names."""
        return [
            one.in_brief() if brief else one
            for one in await self._records()
            if isinstance(one, Athlete) and (scope is None or scope.everything or scope.athletes & set(one.uids))
        ]

    async def _records(self) -> list[Athlete | Team]:
        found: dict[str, Athlete | Team] = {}

        def take(header: Header, payload: memoryview) -> bool:
            one = forms.roster_record_of(header, payload)
            if len(found) >= bounds.ATHLETES + bounds.TEAMS:
                raise CodecError(f"roster: expected at most {bounds.ATHLETES} athletes, got more", field="roster")
            new = one.uid not in found
            found[one.uid] = one
            return new

        await self._read(path_of("api", "archive", "roster"), dict, take)
        return list(found.values())


class _Gathered:
    """Keys that came: those of complete parts stay when an answer breaks off."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.parts: list[Keys] = []
        self._open: list[Keys] = []
        self._next: int | None = None

    def again(self) -> dict[str, int]:
        """Return where to go on, without what is not complete."""
        self._open.clear()
        return {} if self._next is None else {"next": self._next}

    def take(self, header: Header, payload: memoryview) -> bool:
        """Take a message; True when a part is complete."""
        keys, resumed = forms.keys_of(header, payload)
        self._open.append(keys)
        if sum(len(one.dt_us) for one in (*self.parts, *self._open)) > MOST_FRAMES:
            raise InvalidData(f"{self._stream}: expected at most {MOST_FRAMES} frames at once; ask for a part of it")
        if resumed is None:
            return False
        if self._next is not None and resumed <= self._next:
            raise CodecError("next: expected to go on", field="next")
        self.parts += self._open
        self._open, self._next = [], resumed
        return True


def _runs(keys: Keys, which: Sequence[int]) -> list[tuple[int, int, int]]:
    """Ranges of numbers, epoch by epoch, in which the chosen blocks begin; what is far apart is asked for by itself."""
    chosen = np.asarray(which, np.int64)
    order = chosen[np.lexsort((keys.seq[chosen], keys.e[chosen]))]
    found: list[tuple[int, int, int]] = []
    reach = 0
    for i in order.tolist():
        e, seq, end = int(keys.e[i]), int(keys.seq[i]), int(keys.seq[i] + keys.n[i])
        if found and found[-1][0] == e and seq <= reach + NEAR and seq - found[-1][1] < MOST_NUMBERS:
            found[-1] = e, found[-1][1], seq + 1
        else:
            found.append((e, seq, seq + 1))
            reach = 0
        reach = max(reach, end)
    return found
