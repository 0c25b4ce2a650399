"""The archive as doors get it: each call is decided for whomever it is done for, so that no page can forget it.

    archive = guarded(stored)       # in place of `stored`, with the same port
    with acting(principal):
        await archive.workouts()    # those that the principal may see, chosen in the store

Lists are filtered in the store by what is visible. What concerns one workout is decided for that one: one that may not
be seen is not there (`barograph.access.sight`). What concerns the whole archive is for whoever may see all of it. A
method of the port that no table here names is not there, and the server does not start (decision 0058).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

from barograph.access.acting import actor
from barograph.access.guarded_cold import GuardedCold
from barograph.access.guarded_corrections import GuardedCorrections
from barograph.access.guarded_departures import GuardedDepartures, GuardedReceipts
from barograph.access.guarded_retention import GuardedRetention
from barograph.access.guarded_roster import GuardedRoster
from barograph.access.guarded_summaries import GuardedSummaries
from barograph.access.guarded_test_days import GuardedTestDays
from barograph.access.guarded_trials import GuardedTrials
from barograph.access.needs import Undeclared
from barograph.access.rights import Kind, Resource, Verb, decide
from barograph.access.sight import Sight
from barograph.errors import AccessDenied, NotFound
from barograph.frames import Block, Stream
from barograph.store.accounts import Accounts
from barograph.store.audit import Audit
from barograph.store.calibration_records import CalibrationRecord
from barograph.store.ports import UNSAID, About, Archive, FinalPart, StreamInfo, Workout, stream_of
from barograph.store.scope import Scope
from barograph.store.search import KnownValues, Query, known_values_of

# What is computed of frames alone, and kept, changes nothing that anybody said or sent: it takes the right to read.
OF_ONE: Mapping[str, tuple[Verb, Kind]] = {
    "stream_info": ("read", "workout"), "keys": ("read", "workout"), "keys_by_number": ("read", "workout"),
    "load": ("read", "workout"), "load_stats": ("read", "workout"), "stored_rollups": ("read", "workout"),
    "dirty": ("read", "workout"),
    "put_rollups": ("read", "workout"), "recount": ("read", "workout"), "markers": ("read", "workout"),
    "rejected": ("read", "workout"),
    "fix_layout": ("import", "workout"), "mark": ("import", "workout"), "fix_clock": ("import", "workout"),
    "move_clock": ("import", "workout"), "settle": ("import", "workout"), "reject": ("import", "workout"),
    "add_final": ("import", "workout"), "set_final": ("import", "workout"), "keep_origin": ("import", "workout"),
    "calibrate": ("describe", "workout"), "mark_dirty": ("describe", "workout"), "add_marker": ("describe", "marker"),
    "delete": ("erase", "workout"),
}  # fmt: skip
OF_ALL = ("leased", "free_bytes", "dirty_streams", "renew", "sweep", "backup_state")
OF_NOBODY = ("ping", "close")


class GuardedArchive:
    """An archive over another one; `guarded` makes one, as a value of the port."""

    def __init__(self, archive: Archive) -> None:
        self._archive, self.sight = archive, Sight(archive)
        self._roster = GuardedRoster(archive.roster, self.sight)
        self._summaries = GuardedSummaries(archive.summaries, self.sight)
        self._trials = GuardedTrials(archive.trials, self.sight)
        self._test_days = GuardedTestDays(archive.test_days, self.sight)
        self._corrections = GuardedCorrections(archive.corrections, self.sight)
        self._departures = GuardedDepartures(archive.departures, self._roster)
        self._receipts = GuardedReceipts(archive.receipts, self.sight)
        self._retention = GuardedRetention(archive)
        self._archiving = GuardedRetention(archive, "archiving")
        self._cold = GuardedCold(archive)
        declared = {*OF_ONE, *OF_ALL, *OF_NOBODY, *vars(GuardedArchive)}
        if missing := sorted(name for name in dir(Archive) if name[0] != "_" and name not in declared):
            raise Undeclared(f"archive: expected each call to declare what it needs, got nothing from {missing}")

    def __getattr__(self, name: str) -> Any:
        if name in OF_ONE:
            return self._of_one(name, *OF_ONE[name])
        if name in OF_ALL:
            return self._of_all(name)
        if name in (*OF_NOBODY, "grace_s"):
            return getattr(self._archive, name)
        raise AttributeError(name)

    def _of_one(self, name: str, verb: Verb, kind: Kind) -> Any:
        async def call(of: str | Stream | StreamInfo, *given: Any, **named: Any) -> Any:
            workout_id = of if isinstance(of, str) else stream_of(of).workout_id
            await self.sight.require(verb, workout_id, kind)
            if verb == "erase" and self.sight.unlimited("erase"):
                await self._note_erasure(workout_id)
            return await getattr(self._archive, name)(of, *given, **named)

        return call

    async def _note_erasure(self, workout_id: str) -> None:
        """Write down what is about to be erased; of what is not there, or is erased already, nothing."""
        with suppress(NotFound):
            workout = await self._archive.workout(workout_id)
            await self.sight.noted("erase", Resource("workout", workout.uid, workout.athlete_uid))

    def _of_all(self, name: str) -> Any:
        async def call(*given: Any, **named: Any) -> Any:
            if not self.sight.unlimited("import"):
                raise AccessDenied(f"{name}: this account may not do that to the whole archive")
            return await getattr(self._archive, name)(*given, **named)

        return call

    @property
    def grace_s(self) -> float:
        """Age from which a marked second may be recomputed and unmarked."""
        return self._archive.grace_s

    @property
    def roster(self) -> GuardedRoster:
        """Athletes and teams, as they may be seen."""
        return self._roster

    @property
    def summaries(self) -> GuardedSummaries:
        """Tables of sessions that were computed once, as they may be seen."""
        return self._summaries

    @property
    def trials(self) -> GuardedTrials:
        """Trials of workouts, as they may be seen and changed."""
        return self._trials

    @property
    def test_days(self) -> GuardedTestDays:
        """Test days, as they may be seen and changed."""
        return self._test_days

    @property
    def corrections(self) -> GuardedCorrections:
        """Masks and prints that were corrected by hand, as they may be seen and changed."""
        return self._corrections

    @property
    def departures(self) -> GuardedDepartures:
        """Erasing athletes, for whoever may."""
        return self._departures

    @property
    def receipts(self) -> GuardedReceipts:
        """What erasures took, for whoever may erase."""
        return self._receipts

    @property
    def retention(self) -> GuardedRetention:
        """How long sessions are kept, for whoever administers."""
        return self._retention

    @property
    def archiving(self) -> GuardedRetention:
        """After how long sessions are archived, for whoever administers."""
        return self._archiving

    @property
    def cold(self) -> GuardedCold:
        """Frames of archived sessions, for whoever administers."""
        return self._cold

    @property
    def audit(self) -> Audit:
        """Who did what, for whoever administers."""
        if not decide(actor(), "administer", Resource("system")):
            raise AccessDenied("audit: this account may not read the log")
        return self._archive.audit

    @property
    def accounts(self) -> Accounts:
        """Who may come in, for whoever administers all of it."""
        if not decide(actor(), "administer", Resource("user")):
            raise AccessDenied("accounts: this account may not administer others")
        return self._archive.accounts

    # --- lists, filtered in the store

    async def workouts(self, *, limit: int = 100, skip: int = 0, scope: Scope | None = None) -> list[Workout]:
        """Return the newest first, of those that may be seen; within `scope` only for whoever sees everything."""
        seen = await self.sight.scope()
        chosen = scope if scope is not None and seen.everything else seen
        return await self.sight.shown_all(await self._archive.workouts(limit=limit, skip=skip, scope=chosen), chosen)

    async def search(self, query: Query, *, limit: int = 100, skip: int = 0) -> tuple[list[Workout], int]:
        """Return the sessions that match, of those that may be seen, and how many there are in all."""
        scope = await self.sight.scope()
        if scope.everything and scope.names:
            return await self._archive.search(query, limit=limit, skip=skip)
        asked = replace(await self._by_short_id(query, scope), scope=scope)
        found, total = await self._archive.search(asked, limit=limit, skip=skip)
        return await self.sight.shown_all(found, scope), total

    async def _by_short_id(self, query: Query, scope: Scope) -> Query:
        """Where names are hidden an athlete is asked for by short id."""
        if scope.names or not query.athlete:
            return query
        known = (await self.sight.people()).athletes
        uid = next((uid for uid in scope.athletes if uid in known and known[uid].short_id == query.athlete), "")
        return replace(query, athlete="", athlete_uid=uid) if uid else query

    async def known_values(self, scope: Scope | None = None) -> KnownValues:
        """Return what was said of sessions that may be seen; short ids where names are hidden."""
        seen = await self.sight.scope()
        found = await self._archive.known_values(scope if scope is not None and seen.everything else seen)
        if seen.names:
            return found
        known = (await self.sight.people()).athletes
        return known_values_of((known[one].short_id for one in seen.athletes if one in known), found.kinds, found.tags)

    async def erased(self, workout_ids: Collection[str]) -> set[str]:
        """Return those that were erased, for whoever could have seen them."""
        return await self._archive.erased(workout_ids) if self.sight.unlimited("read") else set()

    async def uids(self, workout_ids: Collection[str]) -> dict[str, str]:
        """Return the internal ids of those workouts of these names that may be seen."""
        found = await self._archive.uids(workout_ids)
        if self.sight.unlimited("read") or (await self.sight.scope()).everything:
            return found
        seen = [name for name in found if await self.sight.sees(name)]
        return {name: found[name] for name in seen}

    # --- one workout

    async def workout(self, workout_id: str) -> Workout:
        """Return one workout that may be seen, as it is shown, or `NotFound`."""
        if self.sight.unlimited("read"):
            return await self.sight.shown(await self._archive.workout(workout_id))
        return await self.sight.shown(await self.sight.look("read", workout_id))

    async def describe(self, workout_id: str, about: About) -> Workout:
        """Replace all that is said of a workout, or `NotFound`."""
        await self.sight.require("describe", workout_id)
        return await self.sight.shown(await self._archive.describe(workout_id, about))

    async def origins(self, stream: Stream) -> dict[int, str]:
        """Return where the epochs of a stream come from; nothing where names are hidden, which files are full of."""
        await self.sight.require("read", stream.workout_id)
        workout = await self._archive.workout(stream.workout_id)
        return await self._archive.origins(stream) if await self.sight.shown(workout) is workout else {}

    async def calibrations(self, stream: Stream) -> list[CalibrationRecord]:
        """Return the records of a stream's calibrations; without their recordings where names are hidden."""
        await self.sight.require("read", stream.workout_id)
        workout = await self._archive.workout(stream.workout_id)
        found = await self._archive.calibrations(stream)
        return found if await self.sight.shown(workout) is workout else [one.without_source() for one in found]

    async def final_part(self, uid: str, place: int) -> FinalPart:
        """Return the part of a series that holds a place, or `NotFound`.

        Its uid is random, and stands in the record of the workout alone: whoever has it may see that.
        """
        if not self.sight.possible("read"):
            raise NotFound("cursor: this series was replaced or erased; begin again")
        return await self._archive.final_part(uid, place)

    # --- what may make a workout

    async def note(
        self, workout_id: str, *, now_us: int, about: About = UNSAID, left: bool | None = None, renew: bool = False
    ) -> Workout:
        """Make the workout if it is new, and add what is said; to say nothing of one that is there is to read it."""
        if about == UNSAID and left is None and not renew and not self.sight.unlimited("import"):
            try:
                return await self.workout(workout_id)
            except NotFound:
                pass
        await self.sight.require_new(workout_id)
        made = await self._archive.note(workout_id, now_us=now_us, about=about, left=left, renew=renew)
        return await self.sight.shown(made)

    async def open(self, stream: Stream, **named: Any) -> Any:
        """Enter a stream of a workout that is theirs, or new."""
        await self.sight.require_new(stream.workout_id)
        return await self._archive.open(stream, **named)

    async def append(self, batch: Sequence[tuple[Stream, Block]]) -> None:
        """Store blocks, all of workouts that are theirs."""
        for workout_id in {stream.workout_id for stream, _ in batch}:
            await self.sight.require("import", workout_id)
        await self._archive.append(batch)


async def require(archive: Archive, verb: Verb, workout_id: str) -> None:
    """Raise `NotFound` or `AccessDenied` where more is asked of a workout than its route needs."""
    await cast("GuardedArchive", archive).sight.require(verb, workout_id)


def guarded(archive: Archive) -> Archive:
    """Return the archive as doors get it."""
    return cast("Archive", GuardedArchive(archive))
