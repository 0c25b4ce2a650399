"""How the archive talks to MongoDB, and its catalogue: who, when, layouts, epochs and marks.

With `barograph.store.mongo.archive` the only place that knows the drivers. Writes are acknowledged by a majority and
its journals, reads see only what a majority has: what is read here may be acked. A call that got no sure answer raises
`StorageAway`: whether it wrote is unknown, and a late write may land after anyone asked.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from typing import Any

import pymongo
from bson.datetime_ms import DatetimeMS
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError, OperationFailure

from barograph.errors import AccessDenied, Gone, NotFound, SettingsError, StorageAway
from barograph.frames import STATS_VERSION, Layout, Stream, check_new_name
from barograph.store.calibration_records import CalibrationRecord
from barograph.store.documents import Document, about_fields, of_tag, tag_of
from barograph.store.mongo.calibrations import MongoCalibrations, named
from barograph.store.mongo.cold import INDEXES as COLD_INDEXES
from barograph.store.mongo.departures import INDEXES as DEPARTURE_INDEXES
from barograph.store.mongo.driver import (
    GOODBYE_S,
    INDEXES,
    NAMESPACE_EXISTS,
    OPEN_TRIES,
    REJECTED_BYTES,
    UNPACKED,
    answered,
    between,
    driver,
    make_indexes,
    shut,
)
from barograph.store.mongo.finals import MongoFinals
from barograph.store.mongo.migrations import MIGRATIONS, migrate, require_current, require_known
from barograph.store.mongo.origins import MongoOrigins
from barograph.store.mongo.roster import INDEXES as ROSTER_INDEXES
from barograph.store.mongo.rows import of_streams, place, require_same
from barograph.store.mongo.service_rights import ATHLETES, RIGHTS, Service
from barograph.store.mongo.service_users import compared, signed_in
from barograph.store.mongo.workouts import MongoWorkouts
from barograph.store.records import UNSAID, About, Clock, Epoch, Moved, Server, StreamInfo, Unstored
from barograph.store.sealing import Owner
from barograph.store.stream_documents import layout_fields, stream_owner, unstored_fields, unstored_of
from barograph.texts import texts_checked

__all__ = ["MongoCatalog", "answered", "between", "driver"]


@texts_checked
class MongoCatalog(MongoWorkouts, MongoFinals, MongoOrigins, MongoCalibrations):
    """The catalogue port over MongoDB."""

    @answered
    async def prepare(self) -> None:
        """Make collections and indexes that are not there, and bring what is stored to this version.

        Any number of processes may do it at once. A service under a user of its own takes what an owner has prepared.
        With rights to read alone nothing is made, and what is stored has to be of this version.
        """
        version = await require_known(self._db)
        service, _ = await signed_in(self._db)
        if service is not None:
            require_current(self._db.name, version)
            await self._served_as(service)
            return
        try:
            await self._make()
        except AccessDenied as error:
            if not await self._is_current():
                raise SettingsError(
                    f"database: {self._db.name} has to be made, or brought to this version, by an account of MongoDB "
                    "that may write; the one that is used here may not"
                ) from error

    async def _is_current(self) -> bool:
        """Whether there is nothing left to be made."""
        return await require_known(self._db) == len(MIGRATIONS)

    @answered
    async def _make(self) -> None:
        series = {"timeField": "t", "metaField": "m", "granularity": "seconds"}
        await self._make_collection("frames", timeseries=series, storageEngine=UNPACKED)
        await self._make_collection("rejected", capped=True, size=REJECTED_BYTES)
        await make_indexes(self._db, (*INDEXES, *ROSTER_INDEXES, *DEPARTURE_INDEXES, *COLD_INDEXES))
        await migrate(self._db)

    async def _served_as(self, service: Service) -> None:
        """Read what this service may read."""
        if ATHLETES in RIGHTS[service]:
            self.roster.without_names()

    @answered
    async def service_rights(self) -> tuple[Service | None, str]:
        """Return the service that this connection is for, and what it may too much or too little; None for an owner."""
        service, held = await signed_in(self._db)
        return service, "" if service is None else compared(service, held, self._db.name)

    async def _make_collection(self, name: str, **options: Any) -> None:
        try:
            await self._db.create_collection(name, check_exists=False, **options)
        except OperationFailure as error:
            if error.code != NAMESPACE_EXISTS:
                raise

    @answered
    async def ping(self) -> None:
        """Answer, or raise `StorageAway`."""
        await self._db.command("ping")

    @answered
    async def server(self) -> Server:
        """Return what MongoDB says of itself."""
        hello = await self._db.command("hello")
        build = await self._db.command("buildInfo")
        return Server(
            build["version"], hello.get("setName", ""), int(DatetimeMS(hello["localTime"])) * 1000,
            router=hello.get("msg") == "isdbgrid",
        )  # fmt: skip

    async def close(self) -> None:
        """Give back connections; a server that does not answer is not waited for."""
        if inspect.iscoroutinefunction(self._client.close):
            with pymongo.timeout(GOODBYE_S):
                await self._client.close()
        else:
            await asyncio.to_thread(shut, self._client)

    @answered
    async def open(
        self,
        stream: Stream,
        *,
        epoch: str,
        numbered: bool,
        now_us: int,
        about: About = UNSAID,
        spool: bool = False,
        lease: str = "",
    ) -> tuple[StreamInfo, Epoch]:
        """Enter a stream. An epoch's number is its place in the document's list, which only ever grows at its end."""
        check_new_name("stream", stream.stream)
        await self._check_room(stream, epoch)
        workout = await self._say(stream.workout_id, now_us, {"$set": about_fields(about)}, renew=not lease)
        if lease:
            await self._require_new(workout, epoch)
        entry = {"epoch": epoch, "numbered": numbered, "next_seq": 0, "frames": 0, "lease": lease}
        lately = await self._written_lately([stream.workout_id])
        for _ in range(OPEN_TRIES):
            (info,) = await self._exact([await self._enter(stream, entry, spool, workout)], lately)
            if found := next((item for item in info.epochs if item.epoch == epoch), None):
                await self._require_still(stream, workout)
                return replace(info, stream=Stream(stream.workout_id, stream.stream, workout["uid"])), found
            await self._require_still(stream, workout)
            await self._db.streams.delete_one({**place(stream), "u": {"$ne": tag_of(workout)}})
        raise StorageAway(f"{stream}: others entered this stream at the same moment {OPEN_TRIES} times over")

    async def _require_still(self, stream: Stream, workout: Document) -> None:
        """Raise `Gone`, and leave no stream behind, when the workout was erased while it was entered."""
        alive = {"_id": workout["_id"], "uid": workout["uid"], "erased_us": {"$exists": False}}
        if await self._db.workouts.find_one(alive, {"_id": 1}) is None:
            await self._db.streams.delete_one({**place(stream), **of_tag(tag_of(workout))})
            raise Gone(f"{stream.workout_id}: this workout was erased")

    async def _enter(self, stream: Stream, entry: Document, spool: bool, workout: Document) -> Document:
        names = {"s": stream.stream, "o": workout["uid"]}
        raised = {"$max": {"spool": spool}}
        mine = {**place(stream), **of_tag(tag_of(workout))}
        try:
            document: Document = await self._db.streams.find_one_and_update(
                {**mine, "epochs.epoch": {"$ne": entry["epoch"]}},
                {"$push": {"epochs": entry}, "$setOnInsert": names, **raised},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        except DuplicateKeyError:  # the epoch is there already, or another process has just made the document
            taken = {"$set": {"epochs.$.lease": entry["lease"]}} if entry["lease"] else {}
            document = await self._db.streams.find_one_and_update(
                {**mine, "epochs.epoch": entry["epoch"]},
                {**raised, **taken},
                return_document=ReturnDocument.AFTER,
            ) or {"w": stream.workout_id, **names}
        return document

    @answered
    async def fix_layout(self, stream: Stream, layout: Layout, columns: Sequence[str], k: int) -> StreamInfo:
        """Give the stream its layout unless it has one."""
        if (owner := await self._owner(stream)) is not None:
            said = layout_fields(layout, owner, self._sealing)
            fields = {"layout": said, "columns": list(columns), "k": k, "v": STATS_VERSION}
            await self._db.streams.update_one({**named(stream), "layout": {"$exists": False}}, {"$set": fields})
        return await self._written(stream)

    async def _owner(self, stream: Stream) -> Owner | None:
        """For whom what belongs to a stream is sealed; None where it is not there."""
        document = await self._db.streams.find_one(named(stream), {"o": 1})
        return None if document is None else stream_owner(document)

    async def _written(self, stream: Stream) -> StreamInfo:
        """What a writer reads back: `Gone` where its workout was erased, as distinct from never made."""
        try:
            return await self.stream_info(stream)
        except NotFound:
            await self._require_kept(stream)
            raise

    async def _require_kept(self, stream: Stream) -> None:
        """Raise `Gone` when the workout of a stream was erased, also where another one has its name now."""
        require_same(stream, tag_of(await self._alive(stream.workout_id)))

    @answered
    async def calibrate(
        self,
        stream: Stream,
        layout: Layout,
        columns: Sequence[str],
        *,
        now_us: int,
        by: str = "",
        record: CalibrationRecord | None = None,
        undoes: str = "",
    ) -> StreamInfo:
        """Give a stream that has a layout another one and a higher `k`."""
        if record is not None:
            await self._keep(stream, record)
        where, owner = {**named(stream), "layout": {"$exists": True}}, await self._owner(stream)
        said = None if owner is None else layout_fields(layout, owner, self._sealing)
        given = {"layout": said, "columns": list(columns), "calibrated_us": now_us, "calibrated_by": by}
        changes = {"$set": given, "$inc": {"k": 1}}
        if owner is None or (await self._db.streams.update_one(where, changes)).matched_count == 0:
            raise NotFound(f"{stream}: nothing was ever recorded in this stream")
        if undoes:
            await self._undone(stream, undoes, now_us, by)
        return await self.stream_info(stream)

    @answered
    async def mark(
        self,
        stream: Stream,
        e: int,
        *,
        next_seq: int,
        frames: int,
        first_us: int,
        last_us: int,
        now_us: int,
        lease: str = "",
        below: int | None = None,
    ) -> None:
        """Raise the marks of an epoch, if the lease is this one."""
        place, counted = f"epochs.{e}", [next_seq, frames if below is None else below]
        high: Document = {f"{place}.next_seq": next_seq, f"{place}.frames": frames, f"{place}.last_us": last_us}
        high[f"{place}.counted"] = counted
        low = {"first_us": first_us, f"{place}.first_us": first_us}
        raised = {"$max": {**high, "last_us": last_us, "last_received_us": now_us}, "$min": low}
        await self._leased_update(stream, e, lease, raised)

    async def _leased_update(self, stream: Stream, e: int, lease: str, update: Document) -> bool:
        """Change a stream's document if an epoch's lease is this one; `NotFound` without such an epoch."""
        place = f"epochs.{e}"
        result = await self._db.streams.update_one({**named(stream), f"{place}.lease": lease}, update)
        if result.matched_count:
            return True
        if await self._db.streams.find_one({**named(stream), place: {"$exists": True}}) is None:
            await self._require_kept(stream)
            raise NotFound(f"{stream}: no such stream is stored, or it has no epoch {e}")
        return False

    @answered
    async def fix_clock(self, stream: Stream, e: int, clock: Clock) -> Clock:
        """Give the epoch its clock unless it has one."""
        place = f"epochs.{e}.clock"
        unset = {**named(stream), f"epochs.{e}": {"$exists": True}, place: {"$exists": False}}
        await self._db.streams.update_one(unset, {"$set": {place: asdict(clock)}})
        epochs = (await self._written(stream)).epochs
        return (epochs[e].clock if e < len(epochs) else None) or clock

    @answered
    async def move_clock(self, stream: Stream, e: int, moved: Moved) -> Clock:
        """Add an offset that holds from a number on."""
        place = f"epochs.{e}.clock"
        pushed = {f"{place}.moved": {"$each": [asdict(moved)], "$sort": {"seq": 1}}}
        await self._db.streams.update_one({**named(stream), place: {"$exists": True}}, {"$push": pushed})
        return (await self._written(stream)).epochs[e].clock or Clock(0)

    @answered
    async def settle(self, stream: Stream, e: int, unstored: Sequence[Unstored], *, lease: str) -> bool:
        """Record numbers that are settled without being stored, if the lease is this one."""
        known = await self._db.streams.find_one(named(stream), {"o": 1, "epochs.unstored": 1}) or {}
        owner, epochs = stream_owner(known), known.get("epochs", ())
        there = set(unstored_of(epochs[e].get("unstored", ()), owner, self._sealing)) if e < len(epochs) else set()
        fresh = unstored_fields((item for item in unstored if item not in there), owner, self._sealing)
        # Without anything new it is asked all the same whose the lease is.
        return await self._leased_update(stream, e, lease, {"$push": {f"epochs.{e}.unstored": {"$each": fresh}}})

    @answered
    async def leased(self, lease: str, streams: Collection[Stream]) -> set[tuple[Stream, int]]:
        """Return the epochs of these streams whose lease is this one."""
        where, fields = {**of_streams(streams), "epochs.lease": lease}, {"w": 1, "s": 1, "epochs.lease": 1}
        found = await self._db.streams.find(where, fields).to_list(None)
        return {
            (Stream(document["w"], document["s"]), e)
            for document in found
            for e, epoch in enumerate(document["epochs"])
            if epoch.get("lease") == lease
        }

    @answered
    async def free_bytes(self) -> int | None:
        """Return room on the disk that mongod writes to."""
        stats = await self._db.command("dbStats")
        total, used = stats.get("fsTotalSize"), stats.get("fsUsedSize")
        return None if total is None or used is None else int(total - used)

    async def stream_document(self, stream: Stream) -> Document:
        """Return the document of a stream, or `NotFound`."""
        document: Document | None = await self._db.streams.find_one(named(stream))
        if document is None:
            raise NotFound(f"{stream}: no such stream is stored")
        return document

    @answered
    async def stream_info(self, stream: Stream) -> StreamInfo:
        """Return one stream, or `NotFound`."""
        lately = await self._written_lately([stream.workout_id])
        return (await self._exact([await self.stream_document(stream)], lately))[0]

    @answered
    async def recount(self, stream: Stream) -> None:
        """Raise the marks of a stream to what is stored."""
        await self._recount(stream, await self.stream_document(stream))
