"""The worker that keeps the tables of sessions that have ended: the newest first, one session at a time.

It looks at the newest sessions every few seconds and at all of them every few minutes, and computes what does not stand
any more. What it has still to do is a list of names, bounded; what does not fit is found by the next look. A lease for
each session keeps two workers apart, and the lease of one that was killed runs out. A table that cannot be computed is
kept with the reason until something that it was made of changes; a session that ended its worker `MOST_TRIES` times is
left alone in the same way.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pandas as pd

from barograph.errors import BarographError, FramesAway, Gone, NotFound, StorageAway
from barograph.store.ports import Archive, Workout
from barograph.store.summaries import MOST_WHY, SummariesState, Summary, basis, stream_basis
from barograph.store.summary_rows import packed
from dashboard.reading.context import Context
from dashboard.reading.kept_results import PREFIX
from dashboard.reading.parts import KEPT_FROM_S
from dashboard.reading.program import version
from dashboard.reading.summary_tables import TABLES, KeptParts, SessionReading, Table

LOOK_S, ALL_S, TELL_S = 10.0, 600.0, 5.0
LEASE_S = 60.0
PAGE, NEWEST = 500, 100
MOST_WAITING = 10_000
MOST_TRIES = 3

Tab = Callable[[Context], Awaitable[object]]

log = logging.getLogger("barograph.summaries")


class Summariser:
    """Computes tables over an archive that is not guarded; `ended` says which sessions have.

    `tabs` are what pages show of a whole session: what they make of all its frames is kept too, and read by them.
    """

    def __init__(
        self, archive: Archive, ended: Callable[[Workout], bool], *, name: str = "", lease_s: float = LEASE_S,
        tabs: Sequence[Tab] = (),
    ) -> None:  # fmt: skip
        self._archive, self._ended, self._name, self._tabs = archive, ended, name, tabs
        self._lease, self._lease_s = uuid.uuid4().hex, lease_s
        self._told_s = 0.0
        self.state = SummariesState(0, worker=name)

    async def run(self) -> None:
        """Keep all tables current until this is cancelled; an archive that does not answer is asked again."""
        looked_s = -ALL_S
        while True:
            try:
                everything = time.monotonic() - looked_s >= ALL_S
                if everything:
                    looked_s = time.monotonic()
                await self.catch_up(None if everything else NEWEST)
            except StorageAway as error:
                log.warning("the archive does not answer, summaries wait: %s", error)
            await asyncio.sleep(LOOK_S)

    async def catch_up(
        self, newest: int | None = None, *, rebuild: bool = False, progress: Callable[[int, int], None] | None = None
    ) -> SummariesState:
        """Compute what does not stand of the newest sessions, or of all; with `rebuild` also what stands.

        `progress(done, of)` hears how many sessions are done.
        """
        waiting, looked_s = await self.look(newest, rebuild=rebuild), time.monotonic()
        for done, name in enumerate(waiting):
            if progress is not None:
                progress(done, len(waiting))
            if newest is None and time.monotonic() - looked_s >= LOOK_S:  # what has just ended does not wait
                await self.catch_up(NEWEST)
                looked_s = time.monotonic()
            failed = await self._one(name, rebuild=rebuild)
            if newest is None and failed is not None:
                self._count(failed=failed)
            await self._tell()
        if progress is not None:
            progress(len(waiting), len(waiting))
        await self._tell(now=True)
        return self.state

    async def look(self, newest: int | None = None, *, rebuild: bool = False) -> list[str]:
        """Return the names of sessions with a table that does not stand, and count what stands."""
        counted, waiting, skip = SummariesState(time.time_ns() // 1000, worker=self._name), list[str](), 0
        most = PAGE if newest is None else newest
        while workouts := await self._archive.workouts(limit=most, skip=skip):
            ended = [one for one in workouts if self._ended(one)]
            stands, failed = (set[str](), set[str]()) if rebuild else await self._standing(ended)
            waiting += [one.workout_id for one in ended if one.uid not in stands]
            counted = replace(
                counted, ended=counted.ended + len(ended), current=counted.current + len(stands - failed),
                failed=counted.failed + len(failed),
            )  # fmt: skip
            skip += len(workouts)
            if newest is not None or len(workouts) < most or len(waiting) >= MOST_WAITING:
                break
        if newest is None:
            self.state = counted
        return waiting[:MOST_WAITING]

    async def _standing(self, workouts: list[Workout]) -> tuple[set[str], set[str]]:
        """The uids of sessions of which all tables stand, and of those of them of which one could not be computed."""
        program, names = await asyncio.to_thread(version), [one.name for one in TABLES]
        now = {one.uid: basis(one) for one in workouts}
        found = await self._archive.summaries.stored(workouts, names, rows=False)
        good: dict[str, int] = {}
        failed = set()
        for one in found:
            if one.stands(now[one.uid], program):
                good[one.uid] = good.get(one.uid, 0) + 1
                failed |= {one.uid} if one.why else set()
        stands = {uid for uid, n in good.items() if n == len(names)}
        return stands, failed & stands

    async def _one(self, workout_id: str, *, rebuild: bool) -> bool | None:
        """Compute the tables of a session unless they stand by now, or another worker is at it.

        True where one of them could not be computed, None where nothing was done.
        """
        with contextlib.suppress(NotFound, Gone, FramesAway):  # it was erased, or lies where nobody can read it now
            workout = await self._archive.workout(workout_id)
            tries = await self._archive.summaries.take(workout, self._lease, self._lease_s)
            if not tries:
                return None
            try:
                workout = await self._archive.workout(workout_id)
                if not rebuild and (await self._standing([workout]))[0]:
                    return None
                async with self._held(workout):
                    made = await self._made(workout, tries)
                if await self._archive.summaries.keep(workout, made, self._lease, PREFIX):
                    return any(one.why for one in made)
            finally:
                await self._archive.summaries.release(workout, self._lease)
        return None

    def _count(self, *, failed: bool) -> None:
        known = self.state
        self.state = replace(known, current=known.current + (not failed), failed=known.failed + failed)

    @asynccontextmanager
    async def _held(self, workout: Workout) -> AsyncIterator[None]:
        """Renew the lease as long as the body runs."""

        async def renew() -> None:
            while True:
                await asyncio.sleep(self._lease_s / 3)
                with contextlib.suppress(StorageAway, NotFound, Gone):  # it runs out, or `keep` says what is wrong
                    await self._archive.summaries.take(workout, self._lease, self._lease_s)

        task = asyncio.create_task(renew(), name=f"lease of {workout.workout_id}")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _made(self, workout: Workout, tries: int) -> list[Summary]:
        if tries > MOST_TRIES:
            why = f"expected to be computed by one of {MOST_TRIES} processes, but each ended meanwhile"
            return [await self._summary(workout, one, why=why) for one in TABLES]
        parts = KeptParts(self._archive)
        reading = SessionReading(parts, workout)
        try:
            tables = [await self._table(reading, one) for one in TABLES]
            await self._look_at(reading)
            reading.forget()
            return tables + await self._results(workout, parts)
        finally:
            parts.cache.close()

    async def _look_at(self, reading: SessionReading) -> None:
        """Ask each tab for the whole session, as its page does; one that cannot be shown keeps nothing."""
        usual = reading.whole()
        if usual is None or usual.whole.length_s < KEPT_FROM_S:
            return
        mean = replace(usual, query=replace(usual.query, map="mean"))  # another fold than the usual map's
        for tab, context in ((tab, context) for tab in self._tabs for context in (usual, mean)):
            try:
                await tab(context)
            except StorageAway:
                raise
            except (BarographError, ValueError) as error:  # as the page would say
                log.debug("%s: a tab has nothing to keep: %s", reading.workout.workout_id, error)
            except Exception:
                log.exception("%s: a tab could not be made", reading.workout.workout_id)

    async def _results(self, workout: Workout, parts: KeptParts) -> list[Summary]:
        program = await asyncio.to_thread(version)
        now_us = time.time_ns() // 1000
        return [
            Summary(workout.workout_id, workout.uid, name, stream_basis(info), program, now_us, rows=data)
            for info, name, data in await asyncio.to_thread(parts.results)
        ]

    async def _table(self, reading: SessionReading, table: Table) -> Summary:
        begun_s = time.monotonic()
        try:
            rows = await table.make(reading)
            data = await asyncio.to_thread(packed, rows)
        except StorageAway:
            raise
        except Exception as error:  # a fault of one table, whatever it is, is that table's
            log.exception("%s: its table %r could not be computed", reading.workout.workout_id, table.name)
            why = f"{type(error).__name__}: {error}"[:MOST_WHY]
            return await self._summary(reading.workout, table, took_s=time.monotonic() - begun_s, why=why)
        return await self._summary(reading.workout, table, rows, data, time.monotonic() - begun_s)

    async def _summary(
        self, workout: Workout, table: Table, rows: pd.DataFrame | None = None, data: bytes = b"", took_s: float = 0.0,
        why: str = "",
    ) -> Summary:  # fmt: skip
        return Summary(
            workout.workout_id, workout.uid, table.name, basis(workout), await asyncio.to_thread(version),
            time.time_ns() // 1000, 0 if rows is None else len(rows), took_s, why, data,
        )  # fmt: skip

    async def _tell(self, *, now: bool = False) -> None:
        """Say how far this is, every few seconds; nothing before all sessions were looked at once."""
        if self.state.at_us and (now or time.monotonic() - self._told_s >= TELL_S):
            self._told_s = time.monotonic()
            self.state = replace(self.state, at_us=time.time_ns() // 1000)
            await self._archive.summaries.tell(self.state)
