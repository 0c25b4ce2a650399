"""Archiving by rules: which sessions are moved to cold storage, and the nightly run that does it.

Rules are as those of retention, by kind and team (`barograph.store.retention`), and so is the night: once a day over
all processes. Archiving loses nothing, so its first night does not only count. A session that is archived and has got
frames since is archived again. One that cannot be is left, and the run goes on with the others, until several in a row
cannot be.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from barograph.errors import BarographError, FramesAway, NotFound, Refused
from barograph.store.audit import Audit, Event
from barograph.store.ports import Archive
from barograph.store.records import Workout
from barograph.store.retaining import EVERY_S, HOUR, wall_us
from barograph.store.retention import Due, due
from barograph.store.retention_rules import ArchivingRun, Rules

FENCED_AT_ONCE = 100
MOST_IN_A_ROW = 3
log = logging.getLogger("barograph.archiving")
Told = Callable[[int, int], None]


def to_be_moved(workout: Workout) -> bool:
    """Return whether a session has frames that are not in cold storage yet."""
    if not workout.frames:
        return False
    received_us = max((info.last_received_us or 0 for info in workout.streams), default=0)
    return workout.archived_us is None or received_us > workout.archived_us


async def due_now(archive: Archive, rules: Rules, now_us: int, idle_s: float) -> list[Due]:
    """Return the sessions that are to be archived by the rules, also those that are left for now."""
    return [one for one in await due(archive, rules, now_us, idle_s) if to_be_moved(one.workout)]


async def move_all(
    archive: Archive, audit: Audit, workouts: Sequence[Workout], begun: ArchivingRun, told: Told | None = None,
    how: str = "",
) -> ArchivingRun:  # fmt: skip
    """Archive sessions, one after the other; those of some at once are fenced before, so that it is waited for once.

    `told(done, of)` hears how many are done. An entry in the audit log stands before each. Several in a row that cannot
    be archived end it.
    """
    outcome, in_a_row = begun, 0
    for place, workout in enumerate(workouts):
        if place % FENCED_AT_ONCE == 0:
            for one in workouts[place : place + FENCED_AT_ONCE]:
                with suppress(NotFound, FramesAway):  # it is said when it is archived
                    await archive.cold.fence(one.workout_id)
        failed = outcome.failed
        outcome = await _moved(archive, audit, workout, outcome, how)
        in_a_row = in_a_row + 1 if outcome.failed > failed else 0
        if in_a_row == MOST_IN_A_ROW:
            return replace(outcome, why=f"{in_a_row} in a row could not be, so the run ended: {outcome.why}")
        if told is not None:
            told(place + 1, len(workouts))
    return outcome


async def _moved(archive: Archive, audit: Audit, workout: Workout, outcome: ArchivingRun, how: str) -> ArchivingRun:
    """Archive one session; why it could not be is kept of the newest."""
    try:
        if (await archive.workout(workout.workout_id)).uid != workout.uid:
            return outcome
        said = Event(verb="archive", kind="workout", how=how, uid=workout.uid, athlete=workout.athlete_uid)
        await audit.write(said, time.time_ns() // 1000)
        await archive.cold.archive(workout.workout_id)
    except NotFound:  # it was erased
        return outcome
    except (FramesAway, Refused) as error:
        log.warning("a session is not archived: %s", error)
        return replace(outcome, failed=outcome.failed + 1, why=str(error))
    return replace(outcome, archived=outcome.archived + 1)


class NightlyArchiving:
    """Archives by rules once a day as long as it runs itself, and removes files that could not be removed before."""

    def __init__(self, archive: Archive, idle_s: float, clock: Callable[[], int] = wall_us) -> None:
        self._archive, self._idle_s, self._clock = archive, idle_s, clock

    async def run(self) -> None:
        """Look every few minutes whether it is time, until cancelled; a fault of one night is said."""
        while True:
            try:
                await self.look()
            except BarographError as error:
                log.warning("archiving stopped, and goes on in the next night: %s", error)
            await asyncio.sleep(EVERY_S)

    async def look(self) -> ArchivingRun | None:
        """Do the run of this day where it is time and nobody has; return what it did."""
        state = await self._archive.cold.state()
        if not state.place:
            return None
        if state.leaving:
            await self._archive.cold.tidy()
        now_us = self._clock()
        at = datetime.fromtimestamp(now_us / 1e6).astimezone()
        rules = await self._archive.archiving.rules()
        if at.hour < HOUR or not rules.rules:
            return None
        begun = ArchivingRun(f"{at:%Y-%m-%d}", now_us)
        claimed, _ = await self._archive.archiving.claim(begun)
        return await self.once(rules, begun) if claimed else None

    async def once(self, rules: Rules, begun: ArchivingRun) -> ArchivingRun:
        """Archive what is due; say so in the log and in the archive."""
        found = await due_now(self._archive, rules, self._clock(), self._idle_s)
        why = [one.why for one in found]
        begun = replace(begun, not_ended=why.count("not ended"), at_a_station=why.count("at a station"))
        ready = [one.workout for one in found if not one.why]
        outcome = await move_all(self._archive, self._archive.audit, ready, begun, how="rules")
        outcome = replace(outcome, ended_us=max(1, self._clock()))
        await self._archive.archiving.note(outcome)
        log.info("archiving of %s: %s", outcome.day, outcome.words())
        return outcome
