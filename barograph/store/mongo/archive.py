"""The archive in MongoDB: frames and rollups, and the reading rule.

Inserts into a time series can be repeated but never fenced: a frame may be stored twice, by a resend, by two servers,
by a write that landed late. So readers decide, frame by frame: the first stored wins. `reading_rule` is the one place
where that is done; every reader, count, export and rollup goes through it (`barograph.store.reading`).
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pymongo import ASCENDING, UpdateOne

from barograph.errors import NotFound
from barograph.frames import Block, Stream
from barograph.store.audit import now_us, recorded
from barograph.store.backups import BackupState
from barograph.store.cold.places import Place
from barograph.store.documents import (
    Arrival,
    Document,
    arrivals_of,
    check_storable,
    dirty_of,
    frames_documents,
    rollup_of,
)
from barograph.store.marks import Marks, Seconds
from barograph.store.mongo.accounts import MongoAccounts
from barograph.store.mongo.audit import MongoAudit
from barograph.store.mongo.backup.state import STATE, state_in
from barograph.store.mongo.catalog import answered, driver
from barograph.store.mongo.cold_moves import ColdMoves
from barograph.store.mongo.corrections import MongoCorrections
from barograph.store.mongo.departures import MongoDepartures
from barograph.store.mongo.driver import shut
from barograph.store.mongo.due import DueDays
from barograph.store.mongo.frames import MongoFrames
from barograph.store.mongo.history_reads import HistoryFrom
from barograph.store.mongo.looking import Looked, look
from barograph.store.mongo.retention import MongoRetention
from barograph.store.mongo.rows import (
    Known,
    cleaning,
    longest_of,
    of_streams,
    place,
    require_same,
    row,
    rows_of,
    touched_of,
)
from barograph.store.mongo.seal_keys import COLLECTION as SEAL_KEYS
from barograph.store.mongo.seal_keys import KEYS, MongoSealKeys, require_nothing_sealed
from barograph.store.mongo.seal_stored import Progress, SealStored
from barograph.store.mongo.service_rights import RIGHTS, USERS, Service
from barograph.store.mongo.summaries import MongoSummaries
from barograph.store.mongo.trials import MongoTrials
from barograph.store.mongo.written import WrittenDays
from barograph.store.ports import Dirty, Rollup, StreamInfo
from barograph.store.retention_rules import ArchivingRun
from barograph.store.sealing import PLAIN, Sealing
from barograph.store.stream_documents import info_of

GRACE_TIMEOUTS = 3.0  # of three parts: marks are used in the first, a write may take the second, clocks differ by less
MOST_KNOWN = 4096


class MongoArchive(MongoFrames):
    """The archive port over MongoDB; made by `connect`."""

    def __init__(
        self,
        client: Any,
        database: str,
        timeout_s: float,
        sealing: Sealing = PLAIN,
        keys: MongoSealKeys | None = None,
        history: HistoryFrom = "primary",
        place: Place | None = None,
    ) -> None:
        super().__init__(client, database, sealing, history, place)
        self.seal_keys = keys
        self.audit = MongoAudit(client[database])
        self._people = MongoAccounts(client[database], sealing, keys)
        self.accounts = recorded(self._people, self.audit, now_us)
        self.summaries = MongoSummaries(client[database], sealing)
        self.trials = MongoTrials(client[database], sealing, self._there)
        self.test_days = self.roster.test_days
        self.corrections = MongoCorrections(client[database], sealing, self._there)
        self.retention = MongoRetention(client[database])
        self.departures = MongoDepartures(client[database], self, sealing)
        self._marks = Marks(GRACE_TIMEOUTS * timeout_s)
        self._known: dict[Stream, Known] = {}
        self._days, self._due = WrittenDays(client[database]), DueDays(client[database])
        self._frames_client: Any = None
        self._stored_frames = self._db.frames
        self.archiving = MongoRetention(client[database], "archiving", ArchivingRun)
        self.cold = ColdMoves(self, self._cold, self.grace_s)

    @classmethod
    async def connect(
        cls,
        url: str,
        database: str = "barograph",
        timeout_s: float = 10.0,
        client: Any | None = None,
        sealing: Sealing = PLAIN,
        keys: MongoSealKeys | None = None,
        frames_url: str | None = None,
        history: HistoryFrom = "primary",
        place: Place | None = None,
    ) -> MongoArchive:
        """Return an archive with its collections and indexes, or `StorageAway`.

        Over a `client` of `driver`, or its own; `sealed_archive` opens one with keys. Frames are inserted under the
        user of `frames_url` where that is another one; `history` says who is asked for frames and rollups, `place`
        where those of archived sessions are.
        """
        archive = cls(client or driver(url, timeout_s), database, timeout_s, sealing, keys, history, place)
        if frames_url is not None:
            archive._frames_client = driver(frames_url, timeout_s)
            archive._stored_frames = archive._frames_client[database].frames
        try:
            await archive.prepare()
        except BaseException:
            await archive.close()
            raise
        return archive

    @classmethod
    def unprepared(cls, url: str, database: str, timeout_s: float) -> MongoArchive:
        """Return an archive over whatever is there, for whoever only looks: nothing is made."""
        return cls(driver(url, timeout_s), database, timeout_s)

    @answered
    async def masters(self) -> list[str]:
        """Return the fingerprints of the master keys with which keys here are wrapped; nothing is written.

        `MasterKeyError` where something is sealed and there is no key.
        """
        found = sorted(await self._db[SEAL_KEYS].distinct("by", KEYS))
        if not found:
            await require_nothing_sealed(self._db)
        return found

    @answered
    async def look(self) -> Looked:
        """Return what the database is, and what may be done in it; nothing is written."""
        return await look(self._db)

    async def close(self) -> None:
        """Give back connections; a server that does not answer is not waited for."""
        await super().close()
        if self._frames_client is not None:
            await asyncio.to_thread(shut, self._frames_client)
        if self.seal_keys is not None:
            await asyncio.to_thread(self.seal_keys.close)

    async def _served_as(self, service: Service) -> None:
        await super()._served_as(service)
        if USERS in RIGHTS[service]:
            self._people.without_names()

    @property
    def sealing(self) -> Sealing:
        """What seals here, for the feed of the same database."""
        return self._sealing

    @property
    def database(self) -> Any:
        """The database, for what moves frames."""
        return self._db

    async def insert_blocks(self, documents: Sequence[Document]) -> None:
        """Store blocks that are documents already."""
        await self._stored_frames.insert_many(documents, ordered=False)

    def seal_stored(self, progress: Progress) -> SealStored:
        """Return what seals that which an earlier version stored readable."""
        return SealStored(self._db, self._sealing, progress)

    @property
    def grace_s(self) -> float:
        """Age from which a marked second may be recomputed and unmarked."""
        return self._marks.grace_s

    @answered
    async def backup_state(self) -> BackupState:
        """Return how old the newest backup is, and what became of those after it."""
        return state_in(await self._db.meta.find_one(STATE) or {})

    @answered
    async def append(self, batch: Sequence[tuple[Stream, Block]]) -> None:
        """Store blocks, their seconds marked dirty before; `barograph.store.marks` says why that suffices."""
        if not batch:
            return
        arrivals = arrivals_of(batch)
        touched = touched_of(arrivals)
        fresh = self._marks.older(touched, self.grace_s / 3)
        known = await self._look_up(touched, fresh)
        for arrival in arrivals:
            require_same(arrival.stream, known[arrival.stream].tag)
            check_storable(arrival, known[arrival.stream].info)
        await self._lengthen(arrivals, known)
        infos = {stream: item.info for stream, item in known.items()}
        metas = {stream: item.meta for stream, item in known.items()}
        packing = asyncio.to_thread(frames_documents, arrivals, infos, metas, self._sealing)
        _, documents = await asyncio.gather(self._mark(fresh), packing)
        try:
            await self._stored_frames.insert_many(documents, ordered=False)
            await self._mark(self._marks.older(touched, self.grace_s * 2 / 3))
        except BaseException:
            self._marks.owe(touched)
            raise

    async def _look_up(self, touched: Seconds, fresh: Seconds) -> dict[Stream, Known]:
        """What is known of streams, read anew when a second begins: an erased stream is noticed, and a new `k`."""
        asked = fresh.keys() | (touched.keys() - self._known.keys())
        found = await self._db.streams.find(of_streams(asked)).to_list(None) if asked else []
        read = {
            Stream(item["w"], item["s"]): Known(
                info_of(item, self._sealing),
                item.get("longest_us", 0),
                item.get("longest_n", 1),
                item.get("u"),
                int(item.get("g", 0)),
            )
            for item in found
        }
        for stream in asked - read.keys():
            self._forget(stream)
            await self._alive(stream.workout_id)
            raise NotFound(f"{stream}: expected a stream that was opened before its frames, but it is not stored")
        known = {stream: read.get(stream) or self._known[stream] for stream in touched}
        if len(self._known) > MOST_KNOWN:
            self._known.clear()
        self._known |= known
        return known

    async def _erase(self, workout: Document) -> None:
        for stream in [stream for stream in self._known if stream.workout_id == workout["_id"]]:
            self._forget(stream)
        await super()._erase(workout)
        await self._cold.clear(workout.get("uid", ""))

    def _forget(self, stream: Stream) -> None:
        self._known.pop(stream, None)
        self._marks.drop(stream)
        self._days.forget(stream)

    async def _lengthen(self, arrivals: Sequence[Arrival], known: Mapping[Stream, Known]) -> None:
        """Raise the stream's longest block before a longer one is stored: readers look back that far."""
        grown = []
        for stream, (longest_us, longest_n) in longest_of(arrivals, known).items():
            if (longest_us, longest_n) != (known[stream].longest_us, known[stream].longest_n):
                raised = {"longest_us": longest_us, "longest_n": longest_n}
                grown.append(UpdateOne(place(stream), {"$max": raised}))
                self._known[stream] = replace(known[stream], longest_us=longest_us, longest_n=longest_n)
        if grown:
            await self._db.streams.bulk_write(grown, ordered=False)

    async def _mark(self, wanted: Seconds) -> None:
        since, nonce = self._marks.now(), uuid.uuid4().hex
        changes = {"m": nonce, "since": int(since * 1e6)}
        tags = {stream: of for stream in wanted if (of := self._known[stream].tag if stream in self._known else None)}
        marking = [
            UpdateOne(
                row(stream, second), {"$set": changes | ({"u": tags[stream]} if stream in tags else {})}, upsert=True
            )
            for stream, seconds in wanted.items()
            for second in seconds
        ]
        if marking:
            await self._days.say(wanted, tags)
            await self._db.rollups.bulk_write(marking, ordered=False)
            self._marks.keep(wanted, since)

    @answered
    async def dirty(self, stream: Stream) -> list[Dirty]:
        """Return the seconds whose rollup is not to be trusted, in order."""
        where = {"_id.w": stream.workout_id, "_id.s": stream.stream, "m": {"$exists": True}}
        cursor = self._db.rollups.find(where, {"m": 1, "since": 1}).sort("_id.t", ASCENDING)
        return [dirty_of(item) for item in await cursor.to_list(None)]

    @answered
    async def dirty_streams(self, before_us: int, but: Collection[str] = ()) -> list[Stream]:
        """Return streams with a second that was marked before a moment."""
        marked = await self._due.marked(before_us, but)
        found = await self._db.streams.find(of_streams(marked), {"_id": 1}).to_list(None) if marked else []
        there = {item["_id"] for item in found}
        for stream in marked:
            if str(stream) not in there:  # a write that was under way when its workout was erased
                await self._db.rollups.delete_many(rows_of(stream))
        return sorted(stream for stream in marked if str(stream) in there)

    @answered
    async def mark_dirty(self, stream: Stream, seconds: Sequence[int]) -> None:
        """Mark seconds whose rows are to be made again."""
        await self._look_up({stream: seconds}, {stream: seconds})
        await self._mark({stream: seconds})

    @answered
    async def mark(self, stream: Stream, e: int, **marks: Any) -> None:
        """Raise the marks of an epoch; before it, mark the seconds that a write of unknown outcome touched."""
        if owed := self._marks.owed(stream):
            await self._look_up({stream: owed}, {stream: owed})
            await self._mark({stream: owed})
        try:
            await super().mark(stream, e, **marks)
        except NotFound:
            self._forget(stream)
            raise

    @answered
    async def put_rollups(self, stream: Stream, rollups: Sequence[Rollup], clean: Sequence[Dirty]) -> None:
        """Replace and unmark, in one step per second, where the mark is still the one given."""
        info = info_of(await self.stream_document(stream), self._sealing)
        rows = {rollup.second: rollup for rollup in rollups}
        self._marks.forget(stream, [item.second for item in clean])
        # Rows of a layout that is another now stay marked.
        stale = {second for second, row in rows.items() if len(row.mean) != len(info.columns)}
        fresh = [item for item in clean if item.second not in stale]
        changes = [cleaning(stream, item, rows.get(item.second), info, self._sealing) for item in fresh]
        if changes:
            await self._db.rollups.bulk_write(changes, ordered=False)

    @answered
    async def stored_rollups(
        self, of: Stream | StreamInfo, start_s: int | None = None, stop_s: int | None = None, *, maps: bool = True
    ) -> list[Rollup]:
        """Return rows of the closed range of seconds, in order, dirty ones included."""
        info, _ = await self._looked_at(of)
        stream = info.stream
        where = rows_of(stream, start_s, stop_s) | {"n": {"$exists": True}}
        async with self._history.find("rollups", where, None if maps else {"peak": 0, "map": 0}) as cursor:
            found = await cursor.sort("_id", ASCENDING).to_list(None)
        return [rollup_of(document, info, self._sealing) for document in found]
