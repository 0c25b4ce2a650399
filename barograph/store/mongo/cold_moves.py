"""Moving frames of a session to cold storage, and back, beside whoever reads and writes.

MongoDB deletes blocks of a time series by their meta field alone, and a device may send something late at any moment.
So a session is fenced first: a number in its streams' documents goes up, and blocks that are stored from then on carry
it. Who inserts reads that document at least every third of the grace of marks (`barograph.store.marks`); after the
grace nothing is under way that does not carry the number. Then

1. all blocks before the fence are written to files, as they are stored; what was stored unsealed is sealed;
2. the files are read back, and every block is compared with MongoDB's: its fields, its statistics, its cells;
3. the files are named (`ready`): from now on readers know them;
4. ids of what MongoDB has before the fence are compared with those in the files once more, and then it is deleted.

Each step may be done again: whoever archives the session next goes on where the state says. Of two who do so at once
one wins each change of the state, and no file that is named is ever written again or removed but with its name.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from pymongo.errors import DuplicateKeyError

from barograph.errors import NotFound, Refused
from barograph.store.cold.places import Place
from barograph.store.cold.port import ColdFault, ColdState, MovedFrames, Progress, silent
from barograph.store.counts import counted, exact
from barograph.store.documents import SEALED, Document, owner_of
from barograph.store.mongo.calibrations import named
from barograph.store.mongo.cold import COLLECTION, READ, MongoCold, row_of
from barograph.store.mongo.cold_blocks import (
    before_fence,
    days_of,
    differ,
    equal,
    now_us,
    of_info,
    of_stream,
    tag_of,
    total,
)
from barograph.store.mongo.cold_returns import Return
from barograph.store.mongo.driver import answered
from barograph.store.mongo.rows import FENCE
from barograph.store.mongo.seal_stored import readable
from barograph.store.mongo.written import WrittenDays
from barograph.store.records import Keys, StreamInfo
from barograph.store.stream_documents import info_of

if TYPE_CHECKING:
    from barograph.store.cold.files import Row
    from barograph.store.mongo.archive import MongoArchive

AT_ONCE = 64
TRIES = 5


class ColdMoves:
    """The port of cold storage over MongoDB; `wait_s` is how long after a fence nothing before it lands any more."""

    def __init__(self, archive: MongoArchive, cold: MongoCold, wait_s: float) -> None:
        self._archive, self._cold, self.wait_s = archive, cold, wait_s
        self._db = archive.database

    @property
    def place(self) -> Place:
        """Where files are, or `FramesAway` where none is set here."""
        return self._cold.place

    def forget(self, start: str) -> None:
        """Forget what was read of files whose names begin so."""
        self._cold.forget(start)

    @property
    def _seals(self) -> bool:
        return self._archive.sealing.seals

    async def state(self) -> ColdState:
        """Return what is in cold storage."""
        return await self._cold.state()

    async def ping(self) -> None:
        """Return where cold storage answers, or nobody needs it."""
        await self._cold.ping()

    async def tidy(self) -> int:
        """Remove files of what was erased or brought back while the place did not answer."""
        return await self._cold.tidy()

    async def check(self, progress: Progress = silent) -> list[ColdFault]:
        """Read all files and compare their hashes."""
        return await self._cold.check(progress)

    # --- there

    @answered
    async def fence(self, workout_id: str) -> None:
        """Begin to archive each stream of a session that has blocks in MongoDB."""
        await self._begin()
        for stream in await self._streams(await self._there(workout_id)):
            await self._begun(stream)

    @answered
    async def archive(self, workout_id: str, progress: Progress = silent) -> MovedFrames:
        """Move the frames of a session to cold storage."""
        workout = await self._there(workout_id)
        await self._begin()
        if await self._any(workout["uid"], "back"):
            raise Refused("busy", f"{workout_id}: it is being brought back: `barograph archive back` goes on with that")
        moved, touched = MovedFrames(), False
        begun = [(stream, entry) for stream in await self._streams(workout) if (entry := await self._begun(stream))]
        for stream, entry in begun:
            moved, touched = total(moved, await self._move(stream, entry, progress)), True
        if "archived_us" not in workout:  # also where a process that moved all of it ended before it said so
            touched = touched or await self._db[COLLECTION].find_one({"o": workout["uid"], **READ}) is not None
        if touched:
            alive = {"_id": workout_id, "uid": workout["uid"], "erased_us": {"$exists": False}}
            await self._db.workouts.update_one(alive, {"$set": {"archived_us": now_us()}})
        return moved

    async def _begin(self) -> None:
        """See that files can be put in their place, which is made ready the first time."""
        before = await self._db[COLLECTION].find_one({"state": {"$ne": "copying"}}, {"_id": 1})
        await self._cold.place.begin(new=before is None)

    async def _there(self, workout_id: str) -> Document:
        found: Document | None = await self._db.workouts.find_one({"_id": workout_id, "erased_us": {"$exists": False}})
        if found is None or "uid" not in found:
            raise NotFound(f"{workout_id}: no such workout is stored")
        return found

    async def _streams(self, workout: Document) -> list[Document]:
        mine = {"w": workout["_id"], "o": workout["uid"], "layout": {"$exists": True}}
        found: list[Document] = await self._db.streams.find(mine).sort("s", 1).to_list(None)
        return found

    async def _begun(self, stream: Document) -> Document | None:
        """What is being moved of a stream, with its fence; begun now unless it was. None without blocks in MongoDB."""
        under_way = {"o": stream["o"], "s": stream["s"], "state": {"$in": ["copying", "ready", "deleting"]}}
        entry: Document | None = await self._db[COLLECTION].find_one(under_way)
        if entry is None:
            if await self._db.frames.find_one(of_stream(stream), {"_id": 1}) is None:
                return None
            entry = _new_entry(stream)
            try:
                await self._db[COLLECTION].insert_one(dict(entry))
            except DuplicateKeyError as error:
                entry = await self._db[COLLECTION].find_one(under_way)
                if entry is None:
                    raise Refused("busy", f"{stream['w']}: another process has just moved it: try again") from error
        if "fenced_us" not in entry:
            mine = {"_id": stream["_id"], "w": stream["w"], "o": stream["o"]}
            await self._db.streams.update_one(mine, {"$max": {FENCE: int(entry["g"]) + 1}})
            entry["fenced_us"] = now_us()
            await self._db[COLLECTION].update_one({"_id": entry["_id"]}, {"$set": {"fenced_us": entry["fenced_us"]}})
        return entry

    async def _move(self, stream: Document, entry: Document, progress: Progress) -> MovedFrames:
        if entry["state"] == "copying":
            entry = await self._copied(stream, entry, progress)
        await self._delete(stream, entry)
        return MovedFrames(int(entry["n"]), int(entry["frames"]), int(entry["size"]))

    async def _copied(self, stream: Document, entry: Document, progress: Progress) -> Document:
        """Write and compare files of all blocks before the fence, and name them."""
        for _ in range(TRIES):
            keys = await self._archive.hot_keys(before_fence(stream, entry))
            files = await self._write(stream, entry, keys, progress)
            await asyncio.sleep(max(0.0, self.wait_s - (now_us() - int(entry["fenced_us"])) / 1e6))
            if set((await self._archive.hot_keys(before_fence(stream, entry))).ids) == set(keys.ids):
                break
        else:
            raise Refused("busy", f"{stream['w']}: a device writes to it: archive it when it has ended")
        info = info_of(stream, self._archive.sealing)
        await self._compare(info, files, keys)
        size = sum(one["size"] for one in (*files[0], files[1]))
        said = {"files": files[0], "keys": files[1], "n": len(keys), "frames": int(keys.n.sum()), "size": size}
        await self._require_there(stream, entry)
        await self._settle(info, keys)
        if not await self._turn(entry, ("copying",), "ready", **said):
            raise Refused("busy", f"{stream['w']}: another process archives it, or it was erased")
        await self._require_there(stream, entry)
        await self._cold.remove_others(entry["o"], entry["_id"], {one["name"] for one in (*files[0], files[1])})
        return {**entry, **said, "state": "ready"}

    async def _write(
        self, stream: Document, entry: Document, keys: Keys, progress: Progress
    ) -> tuple[list[Document], Document]:
        """Write the blocks to new files, and return what is known of those, and of the file of keys.

        Each attempt has names of its own: nobody ever overwrites or removes what another one may have named.
        """
        from barograph.store.cold.files import PART_BYTES, blocks_file, keys_file

        start = f"{entry['o']}/{entry['_id']}-{secrets.token_hex(4)}-"
        about = {"workout": stream["o"], "stream": stream["s"]}
        parts: list[list[Row]] = []
        files: list[Document] = []
        waiting: list[Row] = []

        async def flush() -> None:
            data = await asyncio.to_thread(blocks_file, waiting, about)
            files.append(await self._put(f"{start}{len(files):05}.parquet", data))
            parts.append([row._replace(x=b"", stats=None) for row in waiting])
            waiting.clear()
            progress(sum(map(len, parts)), len(keys))

        async for rows in self._rows(stream, keys):
            waiting += rows
            if sum(row.size for row in waiting) >= PART_BYTES:
                await flush()
        if waiting:
            await flush()
        data = await asyncio.to_thread(keys_file, parts, about)
        return files, await self._put(f"{start}keys.parquet", data)

    async def _put(self, name: str, data: bytes) -> Document:
        await self._cold.place.put(name, data)
        digest = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
        return {"name": name, "size": len(data), "sha256": digest}

    async def _rows(self, stream: Document, keys: Keys) -> AsyncIterator[list[Row]]:
        """Give the blocks in the order of their numbers, sealed."""
        info, order = info_of(stream, self._archive.sealing), np.lexsort((keys.seq, keys.e)).tolist()
        for first in range(0, len(order), AT_ONCE):
            which = order[first : first + AT_ONCE]
            found = await self._archive.hot_documents(of_stream(stream), keys, which)
            if any(keys.ids[i] not in found for i in which):
                await self._there(stream["w"])  # `NotFound` where it was erased
                raise Refused("busy", f"{info.stream}: another process moves it")
            yield await asyncio.to_thread(self._sealed, info, [found[keys.ids[i]] for i in which])

    def _sealed(self, info: StreamInfo, documents: Sequence[Document]) -> list[Row]:
        def sealed(one: Document) -> Document:
            if not self._seals or SEALED in one["m"]:
                return one
            return {**one, **self._archive.sealing.seal("frames", owner_of(info), readable("frames", one))}

        return [row_of(sealed(one)) for one in documents]

    async def _compare(self, info: StreamInfo, files: tuple[list[Document], Document], keys: Keys) -> None:
        """Read the files back, and compare every key and every block with MongoDB's."""
        named = {"keys": files[1], "files": files[0]}
        cold = await self._cold.keys(named)
        if sorted(cold.keys.ids) != sorted(keys.ids):
            raise differ(files[1]["name"])
        place = {id_: i for i, id_ in enumerate(keys.ids)}
        for part, file in enumerate(files[0]):
            rows = await self._cold.rows(file)
            which = [place[row.id] for row in rows]
            hot = await self._archive.hot_documents(of_info(info), keys, which)
            there = [hot.get(row.id) for row in rows]
            same = await asyncio.to_thread(equal, self._archive.sealing, info, rows, there)
            if not same or {row.id for row in rows} != {cold.keys.ids[i] for i in np.flatnonzero(cold.part == part)}:
                raise differ(file["name"])

    async def _settle(self, info: StreamInfo, keys: Keys) -> None:
        """Count what is archived for good, so that nobody has to read files to know how many frames there are."""
        raised, changes = exact(info, keys), dict[str, Any]()
        for before, epoch in zip(info.epochs, raised.epochs, strict=True):
            here = keys.e == epoch.e
            if here.any():
                number = max(int((keys.seq + keys.n)[here].max()), counted(before)[0])
                place = f"epochs.{epoch.e}"
                changes |= {f"{place}.counted": [number, epoch.frames], f"{place}.frames": epoch.frames}
        if changes:
            mine = {**named(info.stream), "o": info.workout_uid}
            await self._db.streams.update_one(mine, {"$max": changes})

    async def _require_there(self, stream: Document, entry: Document) -> None:
        """Raise `NotFound`, and leave no file, where the workout was erased meanwhile."""
        alive = {"_id": stream["w"], "uid": stream["o"], "erased_us": {"$exists": False}}
        if await self._db.workouts.find_one(alive, {"_id": 1}) is None:
            await self._turn(entry, ("copying", "ready"), "gone")
            await self._cold.clear(stream["o"])
            raise NotFound(f"{stream['w']}: it was erased while it was archived")

    async def _delete(self, stream: Document, entry: Document) -> None:
        """Take from MongoDB what is in the files, once they have been looked at again."""
        kept = (await self._cold.keys(entry)).keys
        left = await self._archive.hot_keys(before_fence(stream, entry))
        if not set(left.ids) <= set(kept.ids):  # what is in the files stays readable there, and once more in MongoDB
            await self._turn(entry, ("ready", "deleting"), "archived", at_us=now_us())
            raise Refused("busy", f"{stream['w']}: more was stored of it meanwhile: archive it again")
        turned = await self._turn(entry, ("ready", "deleting"), "deleting")
        if not turned or await self._any(entry["o"], "back"):  # asked after the turn, as who brings back asks for it
            await self._turn(entry, ("deleting",), "ready")
            raise Refused("busy", f"{stream['w']}: it is being brought back, or was erased")
        if left.ids:
            touched = days_of(stream, left)
            await WrittenDays(self._db).say(touched, tag_of(stream))
            await self._db.frames.delete_many(before_fence(stream, entry))
            await WrittenDays(self._db).say(touched, tag_of(stream))
        await self._turn(entry, ("deleting",), "archived", at_us=now_us())

    async def _any(self, uid: str, state: str) -> bool:
        """Whether anything of a workout is in a state."""
        return await self._db[COLLECTION].find_one({"o": uid, "state": state}, {"_id": 1}) is not None

    async def _turn(self, entry: Document, before: Sequence[str], after: str, **said: Any) -> bool:
        """Change the state of what is moved; False where it is not one of those before any more."""
        where = {"_id": entry["_id"], "state": {"$in": [*before]}}
        done = await self._db[COLLECTION].update_one(where, {"$set": {"state": after, **said}})
        return bool(done.matched_count)

    # --- back

    @answered
    async def bring_back(self, workout_id: str, progress: Progress = silent) -> MovedFrames:
        """Move the frames of a session to MongoDB again."""
        workout, moved = await self._there(workout_id), MovedFrames()
        await self._db[COLLECTION].update_many({"o": workout["uid"], "state": "copying"}, {"$set": {"state": "gone"}})
        entries = await self._db[COLLECTION].find({"o": workout["uid"], **READ}).to_list(None)
        streams = {stream["s"]: stream for stream in await self._streams(workout)}
        for entry in entries:
            if entry["s"] not in streams:
                raise Refused("busy", f"{workout_id}: its stream {entry['s']} is not there: try again")
            one = Return(self._archive, self._cold, streams[entry["s"]], entry)
            moved = total(moved, await one.make(progress, self.wait_s))
        mine = {"_id": workout_id, "uid": workout["uid"]}
        await self._db.workouts.update_one(mine, {"$unset": {"archived_us": ""}})
        await self._cold.clear(workout["uid"])
        return moved


def _new_entry(stream: Document) -> Document:
    """What is to be moved up to the present fence of a stream: of two who begin at once both name the same."""
    tag = {"u": stream["u"]} if stream.get("u") else {}
    fence = int(stream.get(FENCE, 0))
    name = hashlib.sha256(f"{stream['o']}/{stream['s']}/{fence}".encode()).hexdigest()[:16]
    return {
        "_id": name, "w": stream["w"], "s": stream["s"], "o": stream["o"], **tag, "g": fence, "state": "copying",
        "at_us": now_us(),
    }  # fmt: skip
