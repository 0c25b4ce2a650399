"""The file behind spools: SQLite in WAL mode, every commit flushed to the disk before it counts.

Rules
1. One process per file: the lock is taken when the file is opened and held until it is closed.
2. A file holds the frames of several streams and is bounded in bytes. When it is full its oldest frames make room, a
   sixteenth of it at once, and become gaps that are declared: a device goes on recording, and gaps stay few.
3. Pages of what was deleted are used again, so the file never grows beyond its bound and one batch; when all is
   settled it is made small as it is closed.
4. A disk that takes nothing raises `NoRoom`, the transaction is undone, and the next one may succeed. The file does
   not grow when less than `RESERVE_BYTES` are free: a log that holds pages for which the file has no place could not
   be emptied, and then not even what is settled could be deleted. So a full disk still takes what fits in the file.

SpoolError     a file that cannot be a spool: damaged, foreign, in use, not to be opened
└── NoRoom     the disk takes nothing now
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from barograph.errors import BarographError

DEFAULT_BYTES = 256 << 20
LEAST_BYTES = 1 << 20
FREED_SHARE = 16
RESERVE_BYTES = 2 << 20
LOW_BYTES = 64 << 20
MOST_PAGES = 1 << 30
FULL = "spool full"
APPLICATION_ID = 0x42505352
VERSION = 2

_SCHEMA = """
CREATE TABLE streams(
  id INTEGER PRIMARY KEY, workout_id TEXT NOT NULL, stream TEXT NOT NULL, layout TEXT NOT NULL, about TEXT NOT NULL,
  epoch TEXT NOT NULL, next INTEGER NOT NULL DEFAULT 0,
  source TEXT NOT NULL DEFAULT '', taken INTEGER NOT NULL DEFAULT 0, start_us INTEGER NOT NULL DEFAULT 0,
  ends INTEGER,
  UNIQUE(workout_id, stream));
CREATE TABLE items(
  id INTEGER PRIMARY KEY, stream_id INTEGER NOT NULL, seq INTEGER NOT NULL, n INTEGER NOT NULL,
  bytes INTEGER NOT NULL DEFAULT 0, reason TEXT, UNIQUE(stream_id, seq));
CREATE TABLE payloads(
  id INTEGER PRIMARY KEY, times BLOB NOT NULL, data BLOB NOT NULL, encoding TEXT NOT NULL, crc INTEGER NOT NULL);
"""


class SpoolError(BarographError):
    """A file that cannot be used as a spool; the message names it and says why."""


class NoRoom(SpoolError):
    """The disk under the spool takes nothing now."""


class SpoolFile:
    """One spool file, or one in memory without a path. Safe to use from several threads."""

    def __init__(self, path: Path | None = None, max_bytes: int = DEFAULT_BYTES) -> None:
        if max_bytes < LEAST_BYTES:
            raise SpoolError(f"a spool of {max_bytes} bytes is too small: expected {LEAST_BYTES} or more")
        self.path = path
        self.max_bytes = max_bytes
        self.dropped: Counter[int] = Counter()  # frames that made room, by stream, since the file was opened
        self.lock = threading.RLock()
        self._limited = False
        self._settled: dict[int, int] = {}  # by stream: numbers below are settled, and go with the next transaction
        self._db = _connect(path)
        try:
            with self._errors_told():
                _prepare(self._db, self.name)
        except BaseException:
            self._db.close()
            raise

    @property
    def name(self) -> str:
        """What to call it in a message."""
        return str(self.path or "the spool in memory")

    def __enter__(self) -> SpoolFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go; one in which nothing waits is made small first."""
        with self.lock:
            try:
                if self.path is not None and not self.rows("SELECT 1 FROM items LIMIT 1"):
                    self._shrink()
            finally:
                self._db.close()

    def _shrink(self) -> None:
        try:
            with self._errors_told():
                self._db.execute("VACUUM")
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except NoRoom:
            return  # it stays as large as it is, which harms nothing

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Begin a transaction: all of it is on the disk when the context ends, or nothing is."""
        with self.lock, self._errors_told():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def rows(self, query: str, *values: Any) -> list[Any]:
        """Return the rows that a query finds."""
        with self.lock, self._errors_told():
            return self._db.execute(query, values).fetchall()

    def settle(self, stream_id: int, to: int) -> None:
        """Let numbers of a stream below `to` go: they go with the next transaction that writes."""
        with self.lock:
            self._settled[stream_id] = max(to, self._settled.get(stream_id, 0))

    @contextmanager
    def writing(self, need_bytes: int = 0) -> Iterator[sqlite3.Connection]:
        """Begin a transaction in which what is settled goes first.

        And then the oldest if `need_bytes` more do not fit.
        """
        with self.lock:
            free_bytes = self._free_bytes()
            self._limit_growth(free_bytes < RESERVE_BYTES)
            with self.transaction() as db:
                for stream_id, to in self._settled.items():
                    self._delete_below(stream_id, to)
                gone = self._make_room(need_bytes)
                yield db
            self._settled.clear()
            self.dropped.update(gone)
            if free_bytes < LOW_BYTES:
                self._checkpoint()

    def _free_bytes(self) -> int:
        if self.path is None:
            return sys.maxsize
        return shutil.disk_usage(self.path.absolute().parent).free

    def _limit_growth(self, limited: bool) -> None:
        if limited or self._limited:
            ((pages,),) = self.rows("PRAGMA page_count")
            self.rows(f"PRAGMA max_page_count = {pages if limited else MOST_PAGES}")
            self._limited = limited

    def _checkpoint(self) -> None:
        """Give the pages in the log their place in the file while there is one."""
        try:
            self.rows("PRAGMA wal_checkpoint(PASSIVE)")
        except NoRoom:
            return  # they stay in the log, and what was committed is safe there

    def _delete_below(self, stream_id: int, to: int) -> None:
        self.rows(
            "DELETE FROM payloads WHERE id IN (SELECT id FROM items WHERE stream_id = ? AND seq < ? AND seq + n <= ?)",
            stream_id, to, to,
        )  # fmt: skip
        self.rows("DELETE FROM items WHERE stream_id = ? AND seq < ? AND seq + n <= ?", stream_id, to, to)

    def used_bytes(self) -> int:
        """Return bytes of the file's pages that hold something."""
        ((used_bytes,),) = self.rows(
            "SELECT (page_count - freelist_count) * page_size"
            " FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
        )
        return int(used_bytes)

    def _make_room(self, need_bytes: int) -> Counter[int]:
        """Let the oldest frames go until so much more fits; how many, by stream."""
        gone: Counter[int] = Counter()
        used_bytes = self.used_bytes()
        if used_bytes + need_bytes <= self.max_bytes:
            return gone
        target_bytes = self.max_bytes - self.max_bytes // FREED_SHARE - need_bytes
        while used_bytes > target_bytes and (oldest := self._oldest(used_bytes - target_bytes)):
            for row_id, stream_id, n in oldest:
                gone[stream_id] += n
                self.rows("UPDATE items SET reason = ?, bytes = 0 WHERE id = ?", FULL, row_id)
                self.rows("DELETE FROM payloads WHERE id = ?", row_id)
            for stream_id in {stream_id for _, stream_id, _ in oldest}:
                self._join_gaps(stream_id)
            used_bytes = self.used_bytes()
        return gone

    def _oldest(self, wanted_bytes: int) -> list[tuple[int, int, int]]:
        chosen: list[tuple[int, int, int]] = []
        for row_id, stream_id, n, size in self._db.execute(
            "SELECT id, stream_id, n, bytes FROM items WHERE reason IS NULL ORDER BY id"
        ):
            chosen.append((row_id, stream_id, n))
            wanted_bytes -= size
            if wanted_bytes <= 0:
                break
        return chosen

    def _join_gaps(self, stream_id: int) -> None:
        """Gaps of a full spool that touch become one."""
        first: tuple[int, int, int] | None = None
        for row_id, seq, n in self.rows(
            "SELECT id, seq, n FROM items WHERE stream_id = ? AND reason = ? ORDER BY seq", stream_id, FULL
        ):
            if first is None or first[1] + first[2] != seq:
                first = (row_id, seq, n)
                continue
            first = (first[0], first[1], first[2] + n)
            self.rows("DELETE FROM items WHERE id = ?", row_id)
            self.rows("UPDATE items SET n = ? WHERE id = ?", first[2], first[0])

    @contextmanager
    def _errors_told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise _told(error, self.name) from error


def _connect(path: Path | None) -> sqlite3.Connection:
    try:
        if path is not None and not path.exists():
            # Made here, so that only its owner may read what an athlete's feet did.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        return sqlite3.connect(path or ":memory:", timeout=0, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.DatabaseError) as error:
        raise SpoolError(f"{path}: cannot be opened as a spool: {error}") from error


def _prepare(db: sqlite3.Connection, name: str) -> None:
    db.execute(
        "PRAGMA locking_mode = EXCLUSIVE"
    )  # before WAL: then there is no shared memory, and one process per file
    ((application_id,),) = db.execute("PRAGMA application_id").fetchall()
    ((version,),) = db.execute("PRAGMA user_version").fetchall()
    ((tables,),) = db.execute("SELECT count(*) FROM sqlite_master").fetchall()
    if tables and application_id != APPLICATION_ID:
        raise SpoolError(f"{name}: expected a spool, this is another program's database")
    if version > VERSION:
        raise SpoolError(f"{name}: written by a later version (spool format {version}, known is {VERSION})")
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "temp_store = MEMORY", "secure_delete = OFF"):
        db.execute(f"PRAGMA {pragma}").fetchall()
    if not tables:
        db.executescript(
            f"BEGIN; {_SCHEMA} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION}; COMMIT;"
        )
    elif version < VERSION:
        db.executescript(f"BEGIN; ALTER TABLE streams ADD ends INTEGER; PRAGMA user_version = {VERSION}; COMMIT;")
    ((found,),) = db.execute("PRAGMA quick_check(1)").fetchall()
    if found != "ok":
        raise SpoolError(f"{name}: the spool is damaged: {found}")
    db.execute("BEGIN IMMEDIATE")  # takes the lock now, not with the first frame
    db.execute("COMMIT")


def _told(error: sqlite3.DatabaseError, name: str) -> SpoolError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY):
        return NoRoom(f"{name}: the disk takes nothing: {error}")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return SpoolError(f"{name}: the spool is in use by another process")
    if code == sqlite3.SQLITE_NOTADB:
        return SpoolError(f"{name}: expected a spool, this is another kind of file")
    if code == sqlite3.SQLITE_CORRUPT:
        return SpoolError(f"{name}: the spool is damaged: {error}")
    return SpoolError(f"{name}: {error}")
