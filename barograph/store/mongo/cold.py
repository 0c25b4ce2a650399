"""What MongoDB knows of cold storage, and reading it: one document of `archived` for each stream and time it was moved.

Its `state` is `copying` while files are written, which nobody reads; `ready` from the moment when all were compared,
`deleting` while blocks leave MongoDB, and `archived` when they have left; `back` while they are brought back; `gone`
when the files are to be removed, because they were brought back or erased. Files are named in `files` and `keys`, with
size and SHA-256; `g` is the fence up to which blocks were moved (`barograph.store.mongo.cold_moves`).
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from bson import ObjectId
from bson.datetime_ms import DatetimeMS
from numpy.typing import NDArray
from pymongo import ASCENDING

from barograph.errors import BarographError, FileFormatError, FramesAway
from barograph.settings import variable
from barograph.store.cold.cache import Recent
from barograph.store.cold.places import Place
from barograph.store.cold.port import ColdFault, ColdState, Progress
from barograph.store.documents import Document, joined, some_of
from barograph.store.mongo.driver import Index, aggregated, answered
from barograph.store.records import Keys, StreamInfo
from barograph.store.sealing import Sealing

if TYPE_CHECKING:
    from barograph.store.cold.files import ColdKeys, Row

COLLECTION = "archived"
INDEXES: tuple[Index, ...] = (
    (COLLECTION, [("o", ASCENDING), ("s", ASCENDING)], {}),
    (COLLECTION, [("state", ASCENDING)], {}),
)
READABLE = ("ready", "deleting", "archived", "back")
READ: Document = {"state": {"$in": [*READABLE]}}
KEYS_BYTES, BLOCKS_BYTES = 64 << 20, 64 << 20
Select = Callable[[Keys], NDArray[np.bool_]]
PING_S = 30.0
T = TypeVar("T")
log = logging.getLogger("barograph")


class MongoCold:
    """Reads blocks of archived streams, and sees that files of erased ones go."""

    def __init__(self, database: Any, sealing: Sealing, place: Place | None) -> None:
        self._db, self._sealing, self._place = database, sealing, place
        self._answered_s = -PING_S
        self._keys: Recent[ColdKeys] = Recent(KEYS_BYTES, lambda found: found.size)
        self._blocks: Recent[list[Row]] = Recent(BLOCKS_BYTES, lambda found: sum(row.size for row in found))

    @property
    def place(self) -> Place:
        """Where files are, or `FramesAway` where none is set here."""
        if self._place is None:
            raise FramesAway(f"cold storage is not set here: {variable('cold_storage')} says where it is")
        return self._place

    async def of(self, info: StreamInfo) -> list[Document]:
        """Return what is read of a stream's archived blocks, oldest first."""
        mine = {"o": info.workout_uid, "s": info.stream.stream, **READ}
        found: list[Document] = await self._db[COLLECTION].find(mine).sort("at_us", ASCENDING).to_list(None)
        return found

    async def beside(self, info: StreamInfo, hot: Callable[[], Awaitable[Keys]], chosen: Select) -> Keys:
        """Return the keys that MongoDB has, and those of archived blocks that are `chosen`."""
        before = await self.of(info)
        while True:
            keys = await hot()
            after = await self.of(info)
            if _same(before, after):
                try:
                    cold = [some_of(found, chosen(found)) for found in [(await self.keys(one)).keys for one in after]]
                except FramesAway:
                    if _same(after, before := await self.of(info)):
                        raise
                    continue  # they were brought back meanwhile
                return joined([keys, *_new(cold, set(keys.ids))]) if cold else keys
            before = after

    async def documents(self, info: StreamInfo, keys: Keys, which: Sequence[int]) -> dict[bytes, Document]:
        """Return those of the blocks at `which` indices that are in files, by id, as MongoDB had them."""
        wanted = {keys.ids[i] for i in which}
        e, seq = keys.e[[*which]], keys.seq[[*which]]
        found: dict[bytes, Document] = {}
        for entry in await self.of(info):
            cold = await self.keys(entry)
            near = np.isin(cold.keys.e, e) & (cold.keys.seq >= seq.min()) & (cold.keys.seq <= seq.max())
            parts = {int(cold.part[i]) for i in np.flatnonzero(near) if cold.keys.ids[i] in wanted}
            for part in sorted(parts):
                rows = await self.rows(entry["files"][part])
                found |= {row.id: document_of(row) for row in rows if row.id in wanted}
        return found

    async def keys(self, entry: Document) -> ColdKeys:
        """Return the keys of what was moved at once."""
        from barograph.store.cold.files import keys_in  # pyarrow: only who reads archived frames has to have it at hand

        async def read() -> ColdKeys:
            return await _parsed(keys_in, await self.fetched(entry["keys"]), entry["keys"]["name"])

        return await self._keys.get(entry["keys"]["name"], read)

    async def rows(self, file: Document) -> list[Row]:
        """Return the blocks in a file."""
        from barograph.store.cold.files import blocks_in

        async def read() -> list[Row]:
            return await _parsed(blocks_in, await self.fetched(file), file["name"])

        return await self._blocks.get(file["name"], read)

    async def fetched(self, file: Document) -> bytes:
        """Return a file whose hash is the one that is known of it; else `FramesAway`."""
        data = await self.place.get(file["name"])
        digest = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
        if digest != file["sha256"]:
            raise FramesAway(f"cold storage: {file['name']} in {self.place.said} is not as it was written: damaged")
        return data

    # --- what goes

    async def clear(self, uid: str) -> None:
        """Remove the files of an erased workout now if that can be done; `tidy` does it else."""
        if uid and await self._db[COLLECTION].find_one({"o": uid}, {"_id": 1}) is not None:
            try:
                await self.remove({"o": uid})
            except FramesAway as error:
                log.warning("files of an erased session are still in cold storage, as ciphertext: %s", error)

    async def remove(self, where: Document) -> int:
        """Remove the files of what is `gone`, then what names them; return how many of those."""
        gone = await self._db[COLLECTION].find({**where, "state": "gone"}, {"o": 1}).to_list(None)
        for one in gone:
            start = f"{one['o']}/{one['_id']}-"
            names = [name for name in await self.place.names(one["o"]) if name.startswith(start)]
            await self.place.remove(names)
            self.forget(start)
            await self._db[COLLECTION].delete_one({"_id": one["_id"], "state": "gone"})
        return len(gone)

    async def remove_others(self, folder: str, of: str, named: set[str]) -> None:
        """Remove files of attempts that did not end, of what was moved at once."""
        found = await self.place.names(folder)
        await self.place.remove([name for name in found if name.startswith(f"{folder}/{of}-") and name not in named])

    def forget(self, start: str) -> None:
        """Forget what was read of files whose names begin so."""
        self._keys.forget(start)
        self._blocks.forget(start)

    @answered
    async def tidy(self) -> int:
        """Remove files of what was erased, or brought back, while the place did not answer."""
        return await self.remove({})

    @answered
    async def state(self) -> ColdState:
        """Return what is in cold storage."""
        sums = {"frames": {"$sum": "$frames"}, "size": {"$sum": "$size"}, "of": {"$addToSet": "$o"}, "n": {"$sum": 1}}
        found = await aggregated(self._db[COLLECTION], [{"$group": {"_id": "$state", **sums}}])
        by = {one["_id"]: one for one in found}
        read = [by[one] for one in READABLE if one in by]
        away = await self._away() if by else ""
        unfinished = set().union(*(by[one]["of"] for one in ("copying", "ready", "deleting", "back") if one in by))
        return ColdState(
            place="" if self._place is None else self._place.said, away=away,
            sessions=len(set().union(*(one["of"] for one in read))),
            frames=sum(int(one["frames"]) for one in read), size=sum(int(one["size"]) for one in read),
            unfinished=len(unfinished), leaving=int(by.get("gone", {"n": 0})["n"]),
        )  # fmt: skip

    async def _away(self) -> str:
        """Why nothing that is archived can be read now, "" where it can be."""
        try:
            await self.place.begin(new=False)
        except FramesAway as error:
            return str(error)
        return ""

    async def ping(self) -> None:
        """Return where cold storage answers, or did so within `PING_S`, or nobody needs it; else `FramesAway`."""
        if self._place is not None and time.monotonic() - self._answered_s >= PING_S:
            used = await self._db[COLLECTION].find_one({}, {"_id": 1}) is not None
            if used:
                await self._place.begin(new=False)
                self._answered_s = time.monotonic()

    @answered
    async def check(self, progress: Progress) -> list[ColdFault]:
        """Read all files and compare their hashes; name those that are wrong, and those that nothing names."""
        entries = await self._db[COLLECTION].find(READ).to_list(None)
        there, faults = await self.place.names(), list[ColdFault]()
        files = [(one["w"], file) for one in entries for file in (*one["files"], one["keys"])]
        async for done, (workout_id, file) in _counted(files):
            try:
                await self.fetched(file)
            except BarographError as error:
                faults.append(ColdFault(workout_id, file["name"], str(error)))
            progress(done, len(files))
        mine = [f"{one['o']}/{one['_id']}-" for one in await self._db[COLLECTION].find({}, {"o": 1}).to_list(None)]
        stray = [name for name in there if not name.startswith(tuple(mine))]
        return faults + [ColdFault("", name, "no session of this database has it") for name in sorted(stray)]


async def _parsed(parse: Callable[[bytes, str], T], data: bytes, name: str) -> T:
    """What is in a file; one of a newer version cannot be read now, as one that is away."""
    try:
        return await asyncio.to_thread(parse, data, name)
    except FileFormatError as error:
        raise FramesAway(f"cold storage: {error}") from error


async def _counted(files: Sequence[Any]) -> AsyncIterator[tuple[int, Any]]:
    for done, one in enumerate(files, 1):
        yield done, one


def _same(before: Sequence[Document], after: Sequence[Document]) -> bool:
    return [one["_id"] for one in before] == [one["_id"] for one in after]


def _new(parts: Sequence[Keys], known: set[bytes]) -> list[Keys]:
    """Those keys that are not known: while it is moved a block is in both places, and counts once."""
    found = []
    for keys in parts:
        fresh = np.array([id_ not in known for id_ in keys.ids], bool)
        found.append(keys if fresh.all() else some_of(keys, fresh))
        known |= set(keys.ids)
    return found


def row_of(document: Document) -> Row:
    """Return a block of MongoDB as files have it."""
    from barograph.store.cold.files import Row

    e, seq, n, t, t1, r, z = (int(document[name]) for name in ("e", "seq", "n", "t", "t1", "r", "z"))
    stats, k = document.get("stats"), document.get("k")
    return Row(
        document["_id"].binary, e, seq, n, t, t1, r, bytes(document["dt"]), z, bytes(document["x"]),
        None if k is None else int(k), None if stats is None else bytes(stats),
    )  # fmt: skip


def document_of(row: Row) -> Document:
    """Return a block of a file as MongoDB had it, without its meta field."""
    found: Document = row._asdict()
    found |= {"_id": ObjectId(found.pop("id")), "t": DatetimeMS(row.t)}
    return {name: value for name, value in found.items() if value is not None}
