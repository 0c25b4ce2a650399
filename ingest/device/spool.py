"""The spool of one stream: every frame is on the disk before it may be sent, and stays until the server settled it.

Rules
1. Frames are numbered from 0 within the epoch, whose name (a UUID) is made with the spool. What has a number is a
   batch, a declared gap, or settled and gone.
2. One commit a batch. Numbers, frames and how far the source was taken are written together, so that after a kill at
   any moment the spool is what it was after its last commit.
3. What is settled is deleted with the next commit. If that never comes, it is sent once more, and dropped there.
4. Frames that the disk did not take keep their numbers, and are written as a gap with the next commit that succeeds.
5. A new epoch is one commit too: what the server has is deleted, and what is left is numbered from 0.

Terms: spool (docs/glossary.md).
"""

from __future__ import annotations

import json
import sqlite3
import uuid
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from barograph.frames import Frames, Ints, Layout, Stream
from barograph.ranges import Ranges
from ingest.device.batches import Batch, Item, Lost, Payload, packed, sealed
from ingest.device.spoolfile import FULL, SpoolError, SpoolFile

GONE = "no longer on the device"
DAMAGED = "damaged in the spool"
DISK_FULL = "disk full"
ROW_BYTES = 256
UNDELETED_BYTES = 4 << 20

__all__ = ["DAMAGED", "DISK_FULL", "FULL", "GONE", "Batch", "Item", "Lost", "Spool", "Tally", "waiting"]


@dataclass
class Tally:
    """What became of frames since the spool was opened: stored, in declared gaps, refused for good."""

    acked: int = 0
    gaps: int = 0
    nacked: int = 0


class Spool:
    """One stream in a spool file. Every method may block on the disk; all are safe to use from several threads."""

    def __init__(self, file: SpoolFile, stream: Stream, layout: Layout, about: Mapping[str, Any] | None = None) -> None:
        self.file = file
        self.stream = stream
        self.layout = layout
        row = self._row() or self._made(about or {})
        self._id, kept, self.epoch, self.next, self._source, self.taken, self.start_us, said, self.ends = row
        if _of_sensor(json.loads(kept)) != _of_sensor(_plain(layout.to_dict())):
            raise SpoolError(f"{file.name}: {stream} is spooled with another layout: {kept[:200]}")
        self.about: dict[str, Any] = {**json.loads(said), **(about or {})}
        self.unwritten = 0
        self._why: dict[str, None] = {}  # reasons of those that are unwritten, each once
        self.tally = Tally()
        self._open_counts()

    def _row(self) -> Any:
        found = self.file.rows(
            "SELECT id, layout, epoch, next, source, taken, start_us, about, ends FROM streams"
            " WHERE workout_id = ? AND stream = ?",
            self.stream.workout_id,
            self.stream.stream,
        )
        return found[0] if found else None

    def _made(self, about: Mapping[str, Any]) -> Any:
        names = (self.stream.workout_id, self.stream.stream, json.dumps(self.layout.to_dict()), json.dumps(about))
        with self.file.writing() as db:
            db.execute(
                "INSERT INTO streams(workout_id, stream, layout, about, epoch) VALUES (?, ?, ?, ?, ?)",
                (*names, str(uuid.uuid4())),
            )
        return self._row()

    def _open_counts(self) -> None:
        ((first,),) = self.file.rows("SELECT min(seq) FROM items WHERE stream_id = ?", self._id)
        self.settled_to: int = self.next if first is None else first
        self._counted_to = self.settled_to
        self._declared = Ranges()
        self._undeleted_bytes = 0
        self._count_held()

    def _count_held(self) -> None:
        ((held,),) = self.file.rows(
            "SELECT coalesce(sum(n), 0) FROM items WHERE stream_id = ? AND reason IS NULL AND seq >= ?",
            self._id,
            self._counted_to,
        )
        self._held: int = held + self.file.dropped[self._id]

    @property
    def held(self) -> int:
        """Frames that wait to be settled."""
        return self._held - self.file.dropped[self._id]

    @property
    def done(self) -> bool:
        """Every number that was ever given is settled."""
        return self.settled_to >= self.next and not self.unwritten

    # --- the source

    def begin_source(self, identity: str, start_us: int) -> None:
        """Begin a source; one that was interrupted goes on at frame `taken`, from its own start."""
        if identity and identity == self._source:
            return
        with self.file.lock, self.file.writing() as db:
            db.execute(
                "UPDATE streams SET source = ?, taken = 0, start_us = ?, about = ? WHERE id = ?",
                (identity, start_us, json.dumps(self.about), self._id),
            )
            self._source, self.taken, self.start_us = identity, 0, start_us

    def finish_source(self) -> None:
        """Finish a source that was taken and settled to its end: the next one begins at its first frame."""
        with self.file.lock, self.file.writing() as db:
            db.execute("UPDATE streams SET source = '', taken = 0 WHERE id = ?", (self._id,))
            self._source, self.taken = "", 0

    # --- writing

    def append(self, times_us: Ints, frames: Frames) -> None:
        """Append frames of the layout under their numbers and commit them.

        `NoRoom` when the disk does not take them.
        """
        payload = packed(times_us, frames)
        size = sum(len(part) for part in payload[:2]) + ROW_BYTES
        with self.file.lock:
            seq = self.next + self.unwritten
            with self.file.writing(size) as db:
                self._write_unwritten(db)
                self._insert(db, seq, len(frames), payload, size)
                self._write_position(db, seq + len(frames), self.taken + self.unwritten + len(frames))
            self._advance(seq + len(frames))
            self._held += len(frames)

    def lose(self, n: int, reason: str = DISK_FULL) -> None:
        """Give up the next `n` frames, which are not here to be written: they keep their numbers and become a gap."""
        with self.file.lock:
            self.unwritten += n
            self._why[reason] = None

    def write_lost(self) -> None:
        """Commit the gap of frames that could not be written, or `NoRoom`."""
        with self.file.lock:
            if not self.unwritten:
                return
            stop = self.next + self.unwritten
            with self.file.writing(ROW_BYTES) as db:
                self._write_unwritten(db)
                self._write_position(db, stop, self.taken + self.unwritten)
            self._advance(stop)

    def _write_unwritten(self, db: sqlite3.Connection) -> None:
        if self.unwritten:
            self._insert_gap(db, Lost(self.next, self.unwritten, ", ".join(self._why)))

    def _write_position(self, db: sqlite3.Connection, stop: int, taken: int) -> None:
        db.execute("UPDATE streams SET next = ?, taken = ? WHERE id = ?", (stop, taken, self._id))

    def _advance(self, stop: int) -> None:
        self.taken += stop - self.next
        self.next, self.unwritten = stop, 0
        self._why.clear()

    def _insert(self, db: sqlite3.Connection, seq: int, n: int, payload: Payload, size: int) -> None:
        cursor = db.execute("INSERT INTO items(stream_id, seq, n, bytes) VALUES (?, ?, ?, ?)", (self._id, seq, n, size))
        db.execute(
            "INSERT INTO payloads(id, times, data, encoding, crc) VALUES (?, ?, ?, ?, ?)", (cursor.lastrowid, *payload)
        )

    def _insert_gap(self, db: sqlite3.Connection, lost: Lost) -> None:
        db.execute(
            "INSERT INTO items(stream_id, seq, n, reason) VALUES (?, ?, ?, ?)",
            (self._id, lost.seq, lost.n, lost.reason),
        )

    # --- reading

    def at(self, seq: int) -> Item | None:
        """Return what has the number `seq`: the batch or gap around it; None when it was never given."""
        with self.file.lock:
            if seq >= self.next:
                return None
            if (row := self._row_at(seq)) is None:
                ((after,),) = self.file.rows(
                    "SELECT min(seq) FROM items WHERE stream_id = ? AND seq > ?", self._id, seq
                )
                return Lost(seq, (self.next if after is None else after) - seq, GONE)
            item = self._item(row)
            return self._spoilt(row[0], item) if row[3] is None and isinstance(item, Lost) else item

    def _row_at(self, seq: int) -> Any:
        found = self.file.rows(
            "SELECT id, seq, n, reason FROM items WHERE stream_id = ? AND seq <= ? ORDER BY seq DESC LIMIT 1",
            self._id,
            seq,
        )
        return found[0] if found and found[0][1] + found[0][2] > seq else None

    def _item(self, row: Any) -> Item:
        row_id, seq, n, reason = row
        if reason is not None:
            return Lost(seq, n, reason)
        ((times, data, encoding, crc),) = self.file.rows(
            "SELECT times, data, encoding, crc FROM payloads WHERE id = ?", row_id
        )
        if zlib.crc32(data, zlib.crc32(times)) != crc:
            return Lost(seq, n, DAMAGED)
        return Batch(seq, n, np.frombuffer(times, "<i8"), data, encoding, self.layout.frame_bytes)

    def _spoilt(self, row_id: int, lost: Lost) -> Lost:
        with self.file.writing() as db:
            db.execute("UPDATE items SET reason = ?, bytes = 0 WHERE id = ?", (lost.reason, row_id))
            db.execute("DELETE FROM payloads WHERE id = ?", (row_id,))
        self._held -= lost.n
        return lost

    # --- settling

    def declare(self, lost: Lost) -> None:
        """Note that the server is told of a gap; what was sent before it became one may be stored all the same."""
        with self.file.lock:
            self._declared.add(lost.seq, lost.stop)

    def settle(self, epoch: str, to: int) -> None:
        """Count all numbers of the epoch below `to` as settled by the server: they need not be kept."""
        with self.file.lock:
            if epoch != self.epoch:
                return
            rows = self.file.rows(
                "SELECT seq, n, bytes, reason FROM items WHERE stream_id = ? AND seq >= ? AND seq + n <= ?"
                " AND seq < ? ORDER BY seq",
                self._id, self._counted_to, to, to,
            )  # fmt: skip
            self._held -= sum(n for _, n, _, reason in rows if reason is None)
            for seq, n, _, reason in rows:
                self._count(seq, seq + n, lost=reason is not None)
            self._counted_to = max([self._counted_to, *(seq + n for seq, n, _, _ in rows)])
            self.settled_to = max(self.settled_to, min(to, self.next))
            self.file.settle(self._id, self._counted_to)
            self._undeleted_bytes += sum(size for _, _, size, _ in rows)

    def _count(self, first: int, stop: int, *, lost: bool) -> None:
        gaps = stop - first - sum(b - a for a, b in self._declared.missing(first, stop)) if lost else 0
        self.tally.gaps += gaps
        self.tally.acked += stop - first - gaps

    @property
    def wants_flush(self) -> bool:
        """Whether so much is settled that it should not wait for the next commit to be deleted."""
        return self._undeleted_bytes > UNDELETED_BYTES

    def flush(self) -> None:
        """Delete what is settled."""
        with self.file.lock, self.file.writing():
            self._undeleted_bytes = 0

    def remove(self, epoch: str, first: int, stop: int) -> None:
        """Count and delete frames of the epoch that the server will never take."""
        with self.file.lock:
            if epoch != self.epoch:
                return
            with self.file.writing() as db:
                removed = self._cut_out(db, first, stop)
            self._count_held()
            self.tally.nacked += sum(item.n for item in removed if isinstance(item, Batch))

    def end_epoch(self) -> int:
        """Let the epoch end with what is numbered by now; return that number, the first that is for the next epoch.

        It is kept in the file, so that every later copy of it sends the same numbers under the old name: if one sent a
        frame under the old name and another under the new one, the server would store it twice.
        """
        with self.file.lock:
            if self.ends is None:
                with self.file.writing() as db:
                    db.execute("UPDATE streams SET ends = ? WHERE id = ?", (self.next, self._id))
                self.ends = self.next
            return int(self.ends)

    def begin_epoch(self, gone_to: int, kept: Ranges) -> None:
        """Renumber what is left from 0 under a new name: numbers below `gone_to` are settled, except those `kept`."""
        with self.file.lock:
            with self.file.writing() as db:
                gone = [item for span in kept.missing(0, gone_to) for item in self._cut_out(db, *span)]
                total = self._renumber(db)
                epoch = self._next_epoch()
                db.execute("UPDATE streams SET epoch = ?, next = ?, ends = NULL WHERE id = ?", (epoch, total, self._id))
            for item in gone:
                self._count(item.seq, item.stop, lost=isinstance(item, Lost))
            self.epoch, self.next, self.ends = epoch, total, None
            self._open_counts()

    def _next_epoch(self) -> str:
        """Made of the former name and the first frame, so that another copy of this spool makes the same one of it.

        Then the server sees that it has the frames of both already, instead of storing them under two names.
        """
        row = self._row_at(0)
        first = row and self._item(row)
        what = f"frame {first.times_us[0]}" if isinstance(first, Batch) else f"{first}"
        return str(uuid.uuid5(uuid.UUID(self.epoch), what))

    def _renumber(self, db: sqlite3.Connection) -> int:
        total, moved = 0, []
        for row_id, n in self.file.rows("SELECT id, n FROM items WHERE stream_id = ? ORDER BY seq", self._id):
            moved.append((total, row_id))
            total += n
        # In order and never upwards: no number is given before whoever had it has got its own.
        db.executemany("UPDATE items SET seq = ? WHERE id = ?", moved)
        return total

    def _cut_out(self, db: sqlite3.Connection, first: int, stop: int) -> list[Item]:
        """Delete numbers, and return what they were; batches and gaps that reach beyond them keep their other part."""
        out: list[Item] = []
        for row in self.file.rows(
            "SELECT id, seq, n, reason FROM items WHERE stream_id = ? AND seq < ? AND seq + n > ?",
            self._id, stop, first,
        ):  # fmt: skip
            item = self._item(row)
            db.execute("DELETE FROM payloads WHERE id = ?", row[:1])
            db.execute("DELETE FROM items WHERE id = ?", row[:1])
            for start, end in ((item.seq, min(first, item.stop)), (max(stop, item.seq), item.stop)):
                if start < end:
                    self._put_back(db, item.part(start, end))
            out.append(item.part(max(first, item.seq), min(stop, item.stop)))
        return out

    def _put_back(self, db: sqlite3.Connection, item: Item) -> None:
        if isinstance(item, Lost):
            self._insert_gap(db, item)
            return
        payload = sealed(item.times_us.tobytes(), item.data, item.encoding)
        self._insert(db, item.seq, item.n, payload, len(item.data) + 8 * item.n + ROW_BYTES)


def waiting(file: SpoolFile) -> list[Spool]:
    """Return the streams of a file in which something waits to be settled."""
    found = file.rows(
        "SELECT workout_id, stream, layout FROM streams WHERE id IN (SELECT stream_id FROM items) ORDER BY id"
    )
    return [
        Spool(file, Stream(workout_id, stream), Layout.from_dict(json.loads(layout)))
        for workout_id, stream, layout in found
    ]


def _of_sensor(layout: dict[str, Any]) -> dict[str, Any]:
    """A layout without its place, and its contact threshold, which spools of version 0.1 do not have."""
    return {name: value for name, value in layout.items() if name not in ("contact_kpa", "place")}


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))
