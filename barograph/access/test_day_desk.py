"""What doors do with test days: read them, and carry out commands, for whomever it is asked for.

    desk = TestDayDesk(archive, stored, known)   # `archive` is guarded, `stored` is not
    day = await desk.do(day_id, {"command": "start", "station": "A", "key": "…"})
    shown = await desk.view(day_id)

Rights are asked before; what follows from a command by itself, the trial, is made by the servers with no rights.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from barograph import protocols
from barograph.access.acting import actor
from barograph.access.guarded import GuardedArchive, require
from barograph.access.remembered import Remembered
from barograph.errors import AccessDenied, NotFound, Refused
from barograph.store import test_day_commands as commands
from barograph.store import test_day_queue as queue
from barograph.store.ports import Archive
from barograph.store.roster import Athlete
from barograph.store.roster_list import entry_of
from barograph.store.test_day_held import held, hold
from barograph.store.test_day_rules import Situation, done
from barograph.store.test_day_settling import heard, settled
from barograph.store.test_days import TestDay
from barograph.times import day_of

HIDDEN = "another team looks after them"
REMEMBERED_S = 2.0  # how long a mass or a consent that was changed may still be believed
CONSENT = {
    "missing": "no consent is written down", "declined": "the athlete declined",
    "withdrawn": "the consent was withdrawn", "over": "the consent is over",
}  # fmt: skip


class TestDayDesk:
    """Test days of one archive, for one server."""

    __test__ = False

    def __init__(
        self,
        archive: Archive,
        stored: Archive,
        known: Callable[[str], protocols.Protocol] = protocols.named,
        clock: Callable[[], int] = lambda: time.time_ns() // 1000,
        held_s: float = 3600.0,
    ) -> None:
        self._held_s = held_s
        self.archive, self._stored, self.known, self.now_us = archive, stored, known, clock
        self._people: Remembered[str, Athlete] = Remembered(REMEMBERED_S)

    async def add(self, title: str) -> TestDay:
        """Make an empty test day."""
        return await self.archive.test_days.add(title, now_us=self.now_us(), by=actor().uid)

    async def one(self, day_id: str) -> TestDay:
        """Return a day as it stands now, with the athletes who may be seen."""
        await self.archive.test_days.one(day_id)
        await heard(self._stored, await settled(self._stored, day_id, self.now_us()))
        return await self.archive.test_days.one(day_id)

    async def do(self, day_id: str, plain: Any) -> TestDay:
        """Give a day a command from JSON, and return the day after it.

        `Refused` where the phase does not allow it, `StorageAway` where nobody knows whether it was done: the same key
        again does it once.
        """
        command = commands.command_of(plain)
        seen = await self.archive.test_days.one(day_id)
        asked = await self._asked(seen, command)
        station = getattr(command, "station", None)

        def change(day: TestDay) -> TestDay:
            hidden = day.athletes - seen.athletes
            known = day.station(station) if station else None
            if known is not None and known.athlete in hidden:
                raise AccessDenied(f"{known.name}: an athlete is there whom this account may not describe")
            if hidden and getattr(command, "athlete", "") in hidden:
                raise NotFound("athlete: this athlete is not in the queue of this test day")
            return done(day, command, replace(asked, locked={**asked.locked, **dict.fromkeys(hidden, HIDDEN)}))

        await self.archive.test_days.change(day_id, change)
        if isinstance(command, commands.LinkStation) and command.workout_id:
            await hold(self._stored, seen, command.workout_id, self.now_us())
        await settled(self._stored, day_id, self.now_us())
        return await self.archive.test_days.one(day_id)

    async def remove(self, day_id: str) -> None:
        """Take a day away; `Refused` while a trial runs in it or frames of one were not copied yet."""
        day = await self.one(day_id)
        if any(one.phase in ("countdown", "running") for one in day.stations):
            raise Refused("busy", "test day: a trial runs in it; stop it first")
        if any(one.held and not one.copies and not one.wrong for one in day.parts):
            raise Refused("busy", "test day: frames of a trial are being copied; try again in some seconds")
        await self.archive.test_days.remove(day_id)

    async def _asked(self, day: TestDay, command: commands.Command) -> Situation:
        """What the rules need to know of athletes and workouts; `NotFound` of those who may not be seen."""
        owners: dict[str, str] = {}
        locked: Mapping[str, str] = {}
        match command:
            case commands.AddAthletes():
                await self._require_athletes(command.athletes)
            case commands.LinkStation() if command.workout_id:
                await self.archive.workout(command.workout_id)
                if isinstance(self.archive, GuardedArchive):
                    await require(self.archive, "describe", command.workout_id)
            case commands.Start() | commands.Next() | commands.Judge():
                locked = await self.locked(day)
                station = day.station(command.station)
                if station is not None and station.workout_id:
                    owners[station.workout_id] = (await self._stored.workout(station.workout_id)).athlete_uid
        return Situation(self.now_us(), actor().uid, locked, owners, self.known)

    async def _require_athletes(self, uids: Sequence[str]) -> None:
        for uid in uids:
            found = await self.archive.roster.athlete(uid)
            if found.uid != uid:  # merged into another one: asked by the uid that is theirs now
                raise NotFound(f"athlete: this record is a part of {found.short_id} now")
            if isinstance(self.archive, GuardedArchive):
                self.archive.roster.require_described(found)

    async def people(self, uids: Sequence[str]) -> dict[str, Athlete]:
        """Return the records of athletes, not older than some seconds; who is erased is left out."""
        found = await asyncio.gather(*(self._athlete(uid) for uid in uids))
        return {uid: one for uid, one in zip(uids, found, strict=True) if one is not None}

    async def _athlete(self, uid: str) -> Athlete | None:
        if (known := self._people.get(uid)) is not None:
            return known
        asked_s = self._people.now_s()
        try:
            return self._people.keep(uid, await self._stored.roster.athlete(uid), asked_s)
        except NotFound:
            return None

    async def locked(self, day: TestDay) -> dict[str, str]:
        """Return why athletes of the queue may not be recorded, of those who may not."""
        people = await self.people([one.athlete for one in day.queue])
        said = {uid: consent_words(one, self.now_us()) for uid, one in people.items()}
        return {uid: why for uid, why in said.items() if why}

    async def view(self, day_id: str) -> dict[str, Any]:
        """Return a day as JSON, with names, masses, locks and progress of its athletes, and the server's clock."""
        return await self.viewed(await self.one(day_id))

    async def viewed(self, day: TestDay) -> dict[str, Any]:
        """Return the same of a day that was read."""
        people = await self.people(sorted(day.athletes))
        have, wanted = queue.accepted(day), queue.steps(day)
        progress = {
            entry.athlete: [
                {**step._asdict(), "accepted": have[entry.athlete, step], "wanted": most} for step, most in wanted
            ]
            for entry in day.queue
        }
        said = {uid: self._person(one) for uid, one in people.items()}
        kept = {"held": await held(self._stored, day), "held_s": self._held_s}
        return {**day.to_dict(), "people": said, "progress": progress, **kept, "now_us": self.now_us()}

    def _person(self, one: Athlete) -> dict[str, Any]:
        mass = one.latest("mass_kg")
        return {"name": one.name, "short_id": one.short_id, "locked": consent_words(one, self.now_us()),
                "mass_kg": mass.value if mass else None, "teams": list(one.teams)}  # fmt: skip


def consent_words(athlete: Athlete, now_us: int) -> str:
    """Return why an athlete may not be recorded, "" where they may."""
    state = entry_of(athlete).consent(day_of(now_us)).state
    return CONSENT.get(state, "")


def listed(day: TestDay) -> dict[str, Any]:
    """Return what a list says of a day."""
    counts = {state: sum(one.state == state for one in day.queue) for state in ("waiting", "done", "left")}
    return {
        "id": day.id, "title": day.title, "made_us": day.made_us, "revision": day.revision, "athletes": counts,
        "protocols": [one.name for one in day.protocols if not one.dropped], "recorded": day.recorded,
        "stations": [{"name": one.name, "phase": one.phase} for one in day.stations],
    }  # fmt: skip


def parts_of(day: TestDay, athlete: str) -> list[dict[str, Any]]:
    """Return what was recorded of an athlete, as JSON."""
    return [asdict(one) for one in day.parts if one.athlete == athlete]
