"""All that is stored of an athlete, to take along: sessions with every frame, the record, and who received what.

    taken = await prepare(archive, athlete, ExportTables(), done_tables)
    async for part in taken.parts(): …

It is written as it comes, session after session; memory holds what the export of one session holds.
`barograph.store.athlete_file` says what is in the file, and reads it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass
from datetime import UTC, datetime

from barograph.files import bundle
from barograph.store import athlete_file
from barograph.store.accounts import StoredShare
from barograph.store.athlete_file import ABOUT, SESSIONS, VERSION, Taken, TakenSession
from barograph.store.audit import Event, all_entries, now_us
from barograph.store.exports import disposition
from barograph.store.ports import Archive
from barograph.store.records import Workout
from barograph.store.roster import Athlete
from barograph.store.scope import Scope
from barograph.store.session_exports import Progress, SessionTables, Table
from barograph.store.session_exports import prepare as prepare_session
from barograph.store.session_tables import DoneTables

AT_ONCE = 500
VERB = "take along"


@dataclass(frozen=True)
class TakeAlong:
    """What is to be written of one athlete."""

    archive: Archive
    athlete: Athlete
    teams: Sequence[str]
    workouts: Sequence[Workout]
    files: Mapping[str, str]
    sessions: Mapping[str, TakenSession]
    small: Sequence[Table]
    tables: SessionTables
    done: DoneTables

    @property
    def frames(self) -> int:
        """How many frames are read: each once for its numbers, and once for itself."""
        return 2 * sum(one.frames for one in self.workouts)

    @property
    def filename(self) -> str:
        """A name for the file: the short id, no name of a person."""
        return f"{self.athlete.short_id}{bundle.SUFFIX}"

    @property
    def media_type(self) -> str:
        """What an HTTP answer calls it."""
        return bundle.MEDIA_TYPE

    @property
    def disposition(self) -> str:
        """Return the header that gives a download this name."""
        return disposition(self.filename)

    async def parts(self, progress: Progress = lambda n: None) -> AsyncGenerator[bytes, None]:
        """Yield the bytes of the file; `progress` hears how many frames each chunk had."""
        said = athlete_file.plain(Taken(VERSION, self.athlete, tuple(self.teams), tuple(self.sessions.values())))
        with closing(bundle.Bundle(said, ABOUT, VERSION)) as out:
            for table in self.small:
                out.begin(table.name, table.columns)
                out.add(table.rows)
            yield out.take()
            for one in self.workouts:
                if one.uid not in self.files:
                    continue
                made = await prepare_session(self.archive, one.workout_id, "zip", self.tables, self.done)
                out.open(self.files[one.uid], packed=True)
                async with aclosing(made.parts(progress)) as parts:
                    async for part in parts:
                        await asyncio.to_thread(out.write, part)
                        yield out.take()
            yield out.finish()


async def prepare(archive: Archive, athlete: Athlete, tables: SessionTables, done: DoneTables) -> TakeAlong:
    """Read the record, and what is written down of it; the audit log gets its entry before anything is given out."""
    workouts = await _sessions(archive, athlete)
    stored = [one for one in workouts if one.frames]
    files = _files([one.workout_id for one in stored])
    named = {one.uid: files[one.workout_id] for one in stored}
    sessions = {one.uid: await _session(archive, one, named.get(one.uid, "")) for one in workouts}
    teams = [one.name for one in await archive.roster.teams() if one.uid in athlete.teams]
    await archive.audit.write(Event(verb=VERB, kind="athlete", uid=athlete.uid, athlete=athlete.uid), now_us())
    small = [*_of_record(athlete), _listed(workouts, named), *await _given_out(archive, athlete, workouts)]
    return TakeAlong(archive, athlete, teams, workouts, named, sessions, small, tables, done)


async def _sessions(archive: Archive, athlete: Athlete) -> list[Workout]:
    """Every session of an athlete, the oldest first."""
    scope, found = Scope(athletes=frozenset(athlete.uids), names=True), list[Workout]()
    while part := await archive.workouts(limit=AT_ONCE, skip=len(found), scope=scope):
        found += part
    return found[::-1]


async def _session(archive: Archive, workout: Workout, file: str) -> TakenSession:
    markers = () if file else tuple(await archive.markers(workout.workout_id))
    return TakenSession(workout.workout_id, workout.about, file, markers)


def _files(names: Sequence[str]) -> dict[str, str]:
    """A name for the file of each session, no two alike where case does not count."""
    return {
        name: f"{SESSIONS}{made.removesuffix(bundle.FRAMES_SUFFIX)}{bundle.SUFFIX}"
        for name, made in bundle.file_names(names).items()
    }


def _of_record(athlete: Athlete) -> list[Table]:
    consents = [(one.what, one.state, one.day, one.until, one.by, one.form) for one in athlete.consents]
    measured = [(one.kind, one.value, _utc(one.t_us), one.source) for one in athlete.measurements]
    goals = [
        (one.measure, one.side, one.basis, one.low, one.high, one.since, one.until, one.by, one.sets, one.steps,
         one.rest_s)
        for one in athlete.goals
    ]  # fmt: skip
    return [
        Table("measurements", ("what", "value", "time", "source"), measured),
        Table("consents", ("what", "answer", "day", "until", "by", "form"), consents),
        Table("goals", ("measure", "side", "basis", "low", "high", "since", "until", "by", "sets", "steps", "rest_s"),
              goals),
    ]  # fmt: skip


def _listed(workouts: Sequence[Workout], files: Mapping[str, str]) -> Table:
    rows = [
        (
            one.workout_id,
            _utc(one.created_us),
            one.about.kind,
            ", ".join(one.about.tags),
            one.frames,
            files.get(one.uid),
        )
        for one in workouts
    ]
    return Table("sessions", ("session", "made", "kind", "tags", "frames", "file"), rows)


async def _given_out(archive: Archive, athlete: Athlete, workouts: Sequence[Workout]) -> list[Table]:
    """Tables of the links that open or opened something of the athlete, and of who did what, from the audit log."""
    names = {one.uid: one.workout_id for one in workouts}
    shares = [one for one in await archive.accounts.shares() if one.workout in names or one.team in athlete.teams]
    users = {one.uid: one.name or one.email for one in await archive.accounts.users()}
    who = users | {one.uid: f"link {one.name}" for one in shares}
    entries = [
        (_utc(one.at_us), who.get(one.who, one.who), one.how, one.verb, one.kind, names.get(one.uid, one.uid),
         one.reason)
        for uid in athlete.uids
        async for one in all_entries(archive.audit, uid)
    ]  # fmt: skip
    return [
        Table("shares", ("name", "opens", "of", "made", "until", "revoked", "made_by", "raw", "names", "used"),
              [_share(one, names, users) for one in shares]),
        Table("received", ("time", "who", "by", "did", "what", "of", "reason"), sorted(entries)),
    ]  # fmt: skip


def _share(one: StoredShare, names: Mapping[str, str], users: Mapping[str, str]) -> tuple[object, ...]:
    of = names.get(one.workout, "the team" if one.team else "")
    revoked = "" if one.revoked_us is None else _utc(one.revoked_us)
    by = users.get(one.user, one.user)
    return one.name, one.view, of, _utc(one.made_us), _utc(one.until_us), revoked, by, one.raw, one.names, one.uses


def _utc(t_us: int) -> str:
    return f"{datetime.fromtimestamp(t_us / 1e6, UTC):%Y-%m-%dT%H:%M:%SZ}"
