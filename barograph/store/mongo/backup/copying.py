"""Makes a backup while the ingest runs: days that changed, then all else at one moment, then what was being written.

The order is what makes it consistent. Days that nobody writes to are copied first, which may take hours. Then all other
collections are read as they were at one moment, and after it the days that have changed since, or are being written to.
So every frame that was acknowledged before that moment is in the backup; of days under way the rollups are left to be
made again. Nothing of the backup before is overwritten: the new manifest replaces the old one at the end.

Terms: backup (docs/glossary.md).
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
from pymongo.errors import OperationFailure, PyMongoError

from barograph.errors import BackupError, BarographError, StorageAway
from barograph.private import require_directory, write_private
from barograph.store.backups import BackupState
from barograph.store.documents import Document
from barograph.store.mongo.backup import manifest as manifests
from barograph.store.mongo.backup.files import Draft, place_of
from barograph.store.mongo.backup.manifest import DRAFT, KEYS, MANIFEST, Entry, Manifest, Unit
from barograph.store.mongo.backup.source import COLD, KEYS_OF, Database, Day, stream_name, too_old
from barograph.store.mongo.backup.state import STATE, lab_of, note_failure, note_whole, state_in
from barograph.store.mongo.cold import READABLE
from barograph.store.mongo.migrations import MIGRATIONS

TRIES = 5
NOW = 1 << 62  # later than anything: a day that is being written to
LOCK = "lock"
Tell = Callable[[str, int, int], None]  # what is done, of so many, and how many are


def silent(step: str, done: int, of: int) -> None:
    """Tell nobody."""


class Report(msgspec.Struct, frozen=True):
    """What a backup has done: days copied and kept, files removed, and the manifest that stands now."""

    manifest: Manifest
    copied: int
    kept: int
    removed: int


def back_up(
    url: str, name: str, timeout_s: float, directory: Path, keys: Path | None = None, tell: Tell = silent,
    program: str = "barograph",
) -> Report:  # fmt: skip
    """Bring the backup in a directory to what is stored now; keys of sealed documents go to `keys` (`DIR/keys`).

    `program` is noted as what made it.

    `BackupError` where the directory holds something else, or another instance's backup, or one is being made.
    """
    database = Database(url, name, timeout_s)
    try:
        with _held(directory):
            report = _Copier(database, directory, keys or directory / KEYS, tell, program).run()
        note_whole(database.db.meta, report.manifest.at_us, report.manifest.size, report.manifest.took_s)
        return report
    except (BarographError, OSError) as error:
        note_failure(database.db.meta, str(error))
        raise
    except PyMongoError as error:
        raise StorageAway(f"MongoDB did not answer while it was backed up: {error}") from error
    finally:
        database.close()


def state_of(url: str, name: str, timeout_s: float) -> BackupState:
    """Return how old the newest backup of a database is, or `StorageAway`."""
    database = Database(url, name, timeout_s)
    try:
        return state_in(database.db.meta.find_one(STATE) or {})
    except PyMongoError as error:
        raise StorageAway(f"MongoDB did not answer when it was asked for its backups: {error}") from error
    finally:
        database.close()


@contextmanager
def _held(directory: Path) -> Iterator[None]:
    """Let one process at a time work on a directory that is empty, or holds a backup."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    require_directory(directory)
    others = {one.name for one in directory.iterdir()} - {LOCK}
    if others and not others & {MANIFEST, DRAFT}:
        raise BackupError(f"{directory}: expected an empty directory or a backup, got {', '.join(sorted(others)[:3])}")
    with (directory / LOCK).open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError(f"{directory}: another process is making a backup here") from error
        yield


@dataclass
class _Moment:
    """What was copied of one moment: files, the master keys that keys need, and streams with how many epochs."""

    at_us: int
    entries: list[Entry] = field(default_factory=list)
    keys: Entry | None = None
    masters: set[str] = field(default_factory=set)
    streams: dict[str, int] = field(default_factory=dict)

    def seen(self, name: str, documents: Iterator[Document]) -> Iterator[Document]:
        """Give the documents on, and note what is asked of some."""
        for one in documents:
            if name == KEYS_OF and "by" in one:
                self.masters.add(one["by"])
            if name == "streams":
                self.streams[stream_name(one)] = len(one.get("epochs", ()))
            yield one


class _Copier:
    def __init__(self, database: Database, root: Path, keys: Path, tell: Tell, program: str) -> None:
        self._of, self._root, self._keys, self._tell, self._program = database, root, keys, tell, program
        self._schema = len(MIGRATIONS)
        self._units: dict[tuple[str, int], Unit] = {}
        self._copied: set[tuple[str, int]] = set()

    def run(self) -> Report:
        started = time.monotonic()
        lab = lab_of(self._of.db.meta)
        self._recall(lab)
        with (self._root / DRAFT).open("ab") as self._draft:
            self._copy([day for day in self._of.days() if self._of.quiet(day)])
            moment, units = self._consistent()
        made = Manifest(
            lab=lab, database=self._of.db.name, program=self._program, schema=self._schema,
            at_us=moment.at_us, took_s=round(time.monotonic() - started, 3), masters=tuple(sorted(moment.masters)),
            keys=moment.keys, collections=tuple(moment.entries), units=tuple(units),
        )  # fmt: skip
        manifests.write(self._root, made)
        (self._root / DRAFT).unlink()
        removed = self._sweep(made)
        copied = sum((unit.uid, unit.day) in self._copied for unit in units)
        return Report(made, copied, len(units) - copied, removed)

    def _consistent(self) -> tuple[_Moment, list[Unit]]:
        """Copy a moment, and the days that have changed up to it; once more where a workout was erased meanwhile."""
        for _ in range(TRIES):
            moment = self._moment()
            before = _readable(self._of.archived())
            days = self._of.days(moment.streams)
            self._copy(days)
            archived = self._of.archived()
            if before <= _readable(archived) and {day.uid for day in days} <= self._of.alive([day.uid for day in days]):
                moment.entries.append(self._collection(self._root, f"all/{COLD}", COLD, iter(archived)))
                return moment, [self._units[day.uid, day.day] for day in days]
        raise StorageAway(
            f"workouts were erased or brought back each of {TRIES} times that a moment was copied; try again"
        )

    def _recall(self, lab: str) -> None:
        """Know the days of the backup before, and those that one which did not end has copied."""
        draft = self._root / DRAFT
        if (self._root / MANIFEST).exists():
            before = manifests.read(self._root, self._schema)
            if before.lab != lab:
                raise BackupError(f"{self._root}: this is the backup of another instance; name another directory")
            self._units = {(unit.uid, unit.day): unit for unit in before.units if self._there(unit)}
        if draft.exists():
            whole = draft.read_bytes().rpartition(b"\n")[0]  # what a process that was killed had begun to write goes
            write_private(draft, whole + b"\n" if whole else b"")
            for line in whole.splitlines():
                unit = manifests.decoded(line, Unit, draft)
                if self._there(unit):
                    self._units[unit.uid, unit.day] = unit

    def _there(self, unit: Unit) -> bool:
        places = [(place_of(self._root, one), one.size) for one in unit.files]
        return all(path.is_file() and path.stat().st_size == size for path, size in places)

    def _copy(self, days: list[Day]) -> None:
        """Copy those of the days that have changed since they were copied."""
        waiting = [day for day in days if not day.same(self._units.get((day.uid, day.day)))]
        self._tell("days", len(days) - len(waiting), len(days))
        for number, day in enumerate(waiting, 1):
            unit = self._unit(day)
            self._units[day.uid, day.day] = unit
            self._copied.add((day.uid, day.day))
            self._draft.write(msgspec.json.encode(unit) + b"\n")
            self._draft.flush()
            self._tell("days", len(days) - len(waiting) + number, len(days))

    def _unit(self, day: Day) -> Unit:
        """Copy a day: as it stands where nobody writes to it, else its frames, and rollups that are to be made."""
        stem = f"days/{time.strftime('%Y-%m-%d', time.gmtime(day.day * 86_400))}/{day.uid}"
        files: tuple[Entry, ...] = ()
        quiet = self._of.quiet(day)
        settled = quiet and self._of.unmarked(day)
        with self._file(f"{stem}.frames", "frames") as frames, self._file(f"{stem}.rollups", "rollups") as rollups:
            if quiet:
                for one in self._of.rollups(day):
                    rollups.add(one)
            for one in self._of.frames(day):
                frames.add(one)
            if quiet and self._of.same_now(day):
                files = frames.done(), rollups.done()
            elif not quiet:
                for one in self._of.rows_to_make(day):
                    rollups.add(one)
                files = frames.done(), rollups.done()
        if not files:  # somebody has begun to write to it
            return self._unit(replace(day, at_s=NOW))
        return Unit(
            uid=day.uid, workout=day.workout, day=day.day, tag=day.tag, written=day.written, k=day.k, settled=settled,
            files=files,
        )  # fmt: skip

    def _file(self, stem: str, collection: str) -> Draft:
        return Draft(self._root, stem, collection, self._schema)

    def _moment(self) -> _Moment:
        """Copy all other collections as they were at one moment."""
        for _ in range(TRIES):
            moment = _Moment(self._of.now_us())
            try:
                self._collections(moment)
            except OperationFailure as error:
                if not too_old(error):
                    raise
            else:
                return moment
        raise StorageAway(f"MongoDB did not keep a moment long enough to copy it, {TRIES} times; try again")

    def _collections(self, moment: _Moment) -> None:
        names = self._of.collections()
        with self._of.moment() as read:
            for number, name in enumerate(names, 1):
                if name == KEYS_OF:
                    moment.keys = self._collection(self._keys, name, name, moment.seen(name, read(name)))
                else:
                    entry = self._collection(self._root, f"all/{name}", name, moment.seen(name, read(name)))
                    moment.entries.append(entry)
                self._tell("collections", number, len(names))

    def _collection(self, root: Path, stem: str, name: str, documents: Iterator[Document]) -> Entry:
        with Draft(root, stem, name, self._schema) as file:
            for one in documents:
                file.add(one)
            return file.done()

    def _sweep(self, made: Manifest) -> int:
        """Remove what the manifest does not name: what was replaced, erased, or left by a process that was killed."""
        named = {place_of(self._root, one) for one in made.entries}
        if made.keys is not None:
            named.add(place_of(self._keys, made.keys))
        found = [*self._root.glob("days/*/*"), *self._root.glob("all/*"), *self._keys.glob(f"{KEYS_OF}*")]
        gone = [path for path in found if path not in named]
        for path in gone:
            path.unlink()
        for path in self._root.glob("days/*"):
            if not any(path.iterdir()):
                path.rmdir()
        return len(gone)


def _readable(archived: list[Document]) -> set[str]:
    """What names files that are read."""
    return {one["_id"] for one in archived if one.get("state") in READABLE}
