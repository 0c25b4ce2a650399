"""Restores a backup into an empty instance, and compares what then stands there with what the backup holds.

All hashes are checked before anything is written. While it goes on, the document of the version says so, and nobody
opens the database; one that was interrupted is begun anew, over what it had written itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import bson
import msgspec
from bson.datetime_ms import DatetimeMS
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from barograph.errors import BackupError, StorageAway
from barograph.frames import Stream
from barograph.store.documents import Document, of_tag
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.backup import manifest as manifests
from barograph.store.mongo.backup.copying import Tell, silent
from barograph.store.mongo.backup.files import OPTIONS, Digest, check, documents, packed
from barograph.store.mongo.backup.manifest import KEYS, Entry, Manifest, Unit
from barograph.store.mongo.backup.source import BY_DAY, CAPPED
from barograph.store.mongo.backup.state import STATE
from barograph.store.mongo.driver import EXPIRING, driver, shut
from barograph.store.mongo.migrations import MIGRATIONS, RESTORING, SCHEMA
from barograph.store.mongo.rows import rows_of
from barograph.store.mongo.written import DAY_S

BATCH_BYTES, BATCH = 8 << 20, 1000
SOON_S = 300  # what MongoDB will have removed when it is compared


class Restored(msgspec.Struct, frozen=True):
    """What a restored instance has: documents by collection, whether they were compared, and without what it is."""

    manifest: Manifest
    documents: dict[str, int]
    compared: bool
    keys: bool


def read_checked(directory: Path, keys: Path | None = None, tell: Tell = silent) -> tuple[Manifest, Path | None]:
    """Return the manifest of a backup of which all hashes are right, and where its keys are, None where they are not.

    `BackupError` names the first file that is missing, damaged, of something else or newer.
    """
    manifest = manifests.read(directory, len(MIGRATIONS))
    apart = keys or directory / KEYS
    there = manifest.keys is not None and (keys is not None or any(apart.glob("*")))
    read = [(directory, one) for one in manifest.entries]
    if there and manifest.keys is not None:
        read.append((apart, manifest.keys))
    done, of = 0, sum(one.size for _, one in read)
    for root, entry in read:
        for size in check(root, entry):
            done += size
            tell("bytes checked", done, of)
        next(documents(root, entry), None)  # its first document says what it is of
    return manifest, apart if there else None


def restore(
    url: str,
    name: str,
    timeout_s: float,
    directory: Path,
    keys: Path | None = None,
    *,
    compare: bool = False,
    tell: Tell = silent,
) -> Restored:
    """Bring what a backup holds into an empty database; with `compare`, read all of it back and compare.

    `BackupError` where the backup cannot be relied on, the database is not empty, or what is read back is not the same.
    """
    manifest, apart = read_checked(directory, keys, tell)
    client = driver(url, timeout_s, MongoClient)
    try:
        _require_empty(client, name)
        _open(url, name, timeout_s)
        made = _Restorer(client[name], manifest, directory, apart, tell)
        counts = made.write()
        if compare:
            made.compare()
        client[name].meta.replace_one(SCHEMA, {**SCHEMA, "version": manifest.schema})
        _open(url, name, timeout_s)
    except PyMongoError as error:
        raise StorageAway(f"MongoDB did not answer while it was restored, which can be begun anew: {error}") from error
    finally:
        shut(client)
    return Restored(manifest, counts, compare, apart is not None)


def _require_empty(client: Any, name: str) -> None:
    """Take away what a restore that did not end has written; `BackupError` where there is anything else."""
    database = client[name]
    if RESTORING in (database.meta.find_one(SCHEMA) or {}):
        client.drop_database(name)
        return
    for one in database.list_collection_names():
        ours = {"_id": {"$nin": [SCHEMA["_id"], STATE["_id"]]}} if one == "meta" else {}
        if not one.startswith("system.") and database[one].find_one(ours, {"_id": 1}) is not None:
            raise BackupError(
                f"{name}: expected an empty database, and there are documents in {one}; restore into another one "
                "(BAROGRAPH_DATABASE, or --data-dir), nothing was changed here"
            )


def _open(url: str, name: str, timeout_s: float) -> None:
    """Make collections and indexes, and bring what is stored to this version."""

    async def opened() -> None:
        await (await MongoArchive.connect(url, name, timeout_s)).close()

    asyncio.run(opened())


class _Restorer:
    def __init__(self, database: Any, manifest: Manifest, root: Path, keys: Path | None, tell: Tell) -> None:
        self._db, self._manifest, self._root, self._tell = database, manifest, root, tell
        self._whole = [(root, one) for one in manifest.collections]
        if keys is not None and manifest.keys is not None:
            self._whole.append((keys, manifest.keys))
        self._expect: dict[str, Digest] = {}
        self._soon = DatetimeMS(int((time.time() + SOON_S) * 1000))

    def write(self) -> dict[str, int]:
        """Write all documents, and return how many each collection has."""
        self._db.meta.delete_many({})
        self._db.meta.insert_one({**SCHEMA, "version": 1 << 30, RESTORING: self._manifest.lab})
        files = [*self._whole, *((self._root, one) for unit in self._manifest.units for one in unit.files)]
        counts: dict[str, int] = {}
        for number, (root, entry) in enumerate(files, 1):
            digest = self._file(root, entry)
            if entry.collection not in BY_DAY:
                self._expect[entry.collection] = digest
            counts[entry.collection] = counts.get(entry.collection, 0) + digest.documents
            self._tell("files restored", number, len(files))
        return counts

    def _file(self, root: Path, entry: Entry) -> Digest:
        """Write the documents of a file, without those that are over."""
        read, written, batch, size = Digest(), Digest(), list[RawBSONDocument](), 0
        for data in documents(root, entry):
            read.add(data)
            if self._over(entry.collection, data):
                continue
            written.add(data)
            batch.append(RawBSONDocument(data))
            size += len(data)
            if size > BATCH_BYTES or len(batch) == BATCH:
                self._insert(entry.collection, batch)
                batch, size = [], 0
        self._insert(entry.collection, batch)
        if (read.documents, read.text) != (entry.documents, entry.digest):
            raise BackupError(
                f"{entry.file}: expected {entry.documents} documents as in the manifest, got {read.documents} others"
            )
        return written

    def _over(self, collection: str, data: bytes) -> bool:
        """Whether a document is not to be written: its time is over, or this restore writes it at its end."""
        if collection == "meta":
            return bool(bson.decode(data, OPTIONS)["_id"] == SCHEMA["_id"])
        if collection not in EXPIRING:
            return False
        over = bson.decode(data, OPTIONS).get("over")
        return isinstance(over, DatetimeMS) and over < self._soon

    def _insert(self, collection: str, batch: list[RawBSONDocument]) -> None:
        if batch:
            self._db[collection].insert_many(batch, ordered=collection in CAPPED)

    def compare(self) -> None:
        """Read all back, and raise `BackupError` naming the first collection or day that is not the same."""
        self._count()
        for collection, expected in self._expect.items():
            mine = {"_id": {"$ne": SCHEMA["_id"]}} if collection == "meta" else {}
            self._same(collection, expected.documents, expected.text, self._db[collection].find(mine))
        for number, unit in enumerate(self._manifest.units, 1):
            for entry in unit.files:
                where = f"{entry.collection} of {unit.workout} on day {unit.day}"
                self._same(where, entry.documents, entry.digest, self._stored(unit, entry.collection))
            self._tell("days compared", number, len(self._manifest.units))

    def _count(self) -> None:
        """Nothing may stand there that the backup does not have."""
        for collection in BY_DAY:
            files = (one for unit in self._manifest.units for one in unit.files if one.collection == collection)
            expected, found = sum(one.documents for one in files), self._db[collection].count_documents({})
            if found != expected:
                raise BackupError(f"{collection}: expected {expected} documents after the restore, got {found}")

    def _stored(self, unit: Unit, collection: str) -> Iterator[Document]:
        first_s, tag = unit.day * DAY_S, of_tag(unit.tag, "m.u" if collection == "frames" else "u")
        for stream in unit.written:
            if collection == "frames":
                day = {"$gte": DatetimeMS(first_s * 1000), "$lt": DatetimeMS((first_s + DAY_S) * 1000)}
                mine: Document = {"m.w": unit.workout, "m.s": stream, "t": day}
            else:
                mine = rows_of(Stream(unit.workout, stream), first_s, first_s + DAY_S - 1)
            yield from self._db[collection].find({**mine, **tag}, batch_size=500)

    def _same(self, what: str, documents: int, digest: str, found: Iterable[Document]) -> None:
        stored = Digest()
        for one in found:
            stored.add(packed(one))
        if stored.documents != documents:
            raise BackupError(f"{what}: expected {documents} documents after the restore, got {stored.documents}")
        if stored.text != digest:
            raise BackupError(f"{what}: what was restored is not what the backup holds, by the sum of its hashes")
