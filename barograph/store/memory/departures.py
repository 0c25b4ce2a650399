"""Athletes who are being erased, and receipts, in this process's memory: what the ports mean, in the fewest lines."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

from barograph.errors import NotFound
from barograph.frames import Stream
from barograph.store.departures import Departure, Leaving
from barograph.store.memory.accounts import MemoryAccounts
from barograph.store.memory.catalog import MemoryCatalog
from barograph.store.receipts import Receipt
from barograph.store.records import Workout
from barograph.store.scope import Scope


class MemoryReceipts:
    """The port of receipts over a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[str, Receipt] = {}
        self._sessions: dict[str, str] = {}

    def keep(self, receipt: Receipt, session: str = "") -> None:
        """Keep a receipt, of a session by its uid."""
        self._kept[receipt.uid] = receipt
        if session:
            self._sessions[session] = receipt.uid

    async def one(self, uid: str) -> Receipt:
        """Return a receipt by its number, or `NotFound`."""
        if uid not in self._kept:
            raise NotFound(f"receipt: no receipt {uid[:40]} is kept")
        return self._kept[uid]

    async def newest(self, limit: int = 100) -> list[Receipt]:
        """Return receipts, the newest first."""
        return sorted(self._kept.values(), key=lambda one: (-one.done_us, one.uid))[:limit]

    async def of_session(self, workout_uid: str) -> Receipt | None:
        """Return the receipt of an erased workout, by its uid."""
        return self._kept.get(self._sessions.get(workout_uid, ""))


class MemoryDepartures:
    """The port of departures over a dictionary."""

    def __init__(self, catalog: MemoryCatalog, accounts: MemoryAccounts, receipts: MemoryReceipts) -> None:
        self._catalog, self._accounts, self._receipts = catalog, accounts, receipts
        self._noted: dict[str, Departure] = {}
        self._closed: dict[str, int] = {}
        self._short_ids: dict[str, str] = {}
        self._counts: dict[str, Counter[str]] = {}

    async def counts(self, uid: str) -> Mapping[str, int]:
        """Return how much there is of an athlete."""
        athlete, roster = await self._catalog.roster.athlete(uid), self._catalog.roster
        workouts = await self._sessions(athlete.uids)
        counts = Counter(sessions=len(workouts), measurements=len(athlete.measurements), goals=len(athlete.goals),
                         consents=len(athlete.consents))  # fmt: skip
        counts["frames"] = sum(one.frames for one in workouts)
        counts["streams"] = sum(len(one.streams) for one in workouts)
        counts["markers"] = sum([len(await self._catalog.markers(one.workout_id)) for one in workouts])
        counts["days"] = sum(bool(set(athlete.uids) & day.athletes) for day in await roster.test_days.newest())
        counts.update(self._accounts.count_of_athlete(athlete.uids, [one.uid for one in workouts]))
        waiting = [one for one in await roster.proposals() if athlete.uid in one.candidates]
        return {**counts, "waiting": sum(one.count for one in waiting)}

    async def _sessions(self, uids: tuple[str, ...]) -> list[Workout]:
        return await self._catalog.workouts(limit=1 << 30, scope=Scope(athletes=frozenset(uids), names=True))

    async def begin(self, uid: str, now_us: int) -> Departure:
        """Note that an athlete is to be erased."""
        if (known := next((one for one in self._noted.values() if uid in one.uids), None)) is not None:
            return known
        athlete, counts = await self._catalog.roster.athlete(uid), await self.counts(uid)
        self._noted[athlete.uid] = Departure(athlete.uid, athlete.uids, uuid.uuid4().hex, now_us)
        self._short_ids[athlete.short_id] = athlete.uid
        self._counts[athlete.uid] = Counter({name: n for name, n in counts.items() if name != "waiting"})
        return self._noted[athlete.uid]

    async def known(self, text: str) -> Departure | None:
        """Return what was noted of an athlete, by uid or short id."""
        uid = self._short_ids.get(text, text)
        return next((one for one in self._noted.values() if uid in one.uids), None)

    async def waiting(self, before_us: int) -> list[Departure]:
        """Return those that have no receipt yet."""
        return [one for one in self._noted.values() if one.uid not in self._closed and one.at_us < before_us]

    async def record(self, one: Departure, now_us: int) -> bool:
        """Take record, sign-ins, invitations and links."""
        self._accounts.forget_athlete(one.uids, [found.uid for found in await self._sessions(one.uids)], now_us)
        self._catalog.roster.take(one.uid)
        return True

    async def sessions(self, one: Departure) -> list[Leaving]:
        """Return the sessions that are there yet."""
        return [Leaving(found.workout_id, found.uid) for found in await self._sessions(one.uids)]

    async def erase(self, session: Leaving) -> list[Stream]:
        """Erase a session, and return its streams."""
        streams = [info.stream for info in (await self._catalog.workout(session.workout_id)).streams]
        await self._catalog.delete(session.workout_id)
        return streams

    async def finish(self, one: Departure) -> Receipt:
        """Keep the receipt."""
        with suppress(NotFound):
            return await self._receipts.one(one.receipt)
        made = Receipt(uid=one.receipt, what="athlete", began_us=one.at_us, done_us=time.time_ns() // 1000,
                       counts=dict(self._counts[one.uid]), master_key="none")  # fmt: skip
        self._receipts.keep(made)
        return made

    async def close(self, one: Departure, now_us: int) -> None:
        """Note that all is done, but for what may land late."""
        self._closed[one.uid] = now_us

    async def sweep(self, before_us: int) -> None:
        """Forget whose it was."""
        self._noted = {uid: one for uid, one in self._noted.items() if self._closed.get(uid, before_us) >= before_us}
