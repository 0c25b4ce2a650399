"""The catalogue of an archive in this process's memory: what `Catalog` means, in the fewest lines."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from barograph import bounds
from barograph.bounds import check_count
from barograph.errors import Gone, NotFound
from barograph.frames import Layout, Stream, check_new_name
from barograph.store.calibration_records import MOST_RECORDS, CalibrationRecord
from barograph.store.counts import exact
from barograph.store.documents import merged
from barograph.store.memory.roster import MemoryRoster
from barograph.store.memory.shelves import Shelf, exact_info, keys_of_stored, least, most
from barograph.store.records import (
    UNSAID,
    About,
    Clock,
    Epoch,
    Final,
    FinalPart,
    Marker,
    Moved,
    Rejected,
    StreamInfo,
    Unstored,
    Workout,
)
from barograph.store.scope import EVERYTHING, Scope
from barograph.store.search import KnownValues, Query, chosen, known_values_of
from barograph.texts import texts_checked

REJECTED_BYTES = 64 << 20


@texts_checked
class MemoryCatalog:
    """The catalogue port over dictionaries."""

    def __init__(self) -> None:
        self._workouts: dict[str, Workout] = {}
        self.roster = MemoryRoster(self._workouts)
        self.roster.begun = self._begun_us
        self._shelves: dict[Stream, Shelf] = {}
        self._markers: dict[str, set[tuple[int, str]]] = {}
        self._rejected: deque[tuple[str, Rejected]] = deque()
        self._finals: dict[str, tuple[Stream, list[FinalPart]]] = {}
        self._erased: set[str] = set()
        self._epochs_erased: dict[str, set[str]] = {}
        self._unswept: list[Stream] = []

    def _shelf(self, stream: Stream) -> Shelf:
        shelf = self._shelves.get(stream)
        if shelf is None:
            raise NotFound(f"{stream}: no such stream is stored")
        if stream.uid and stream.uid != shelf.info.stream.uid:
            raise Gone(f"{stream.workout_id}: this workout was erased; another one has its name now")
        return shelf

    def _written(self, stream: Stream) -> Shelf:
        """The shelf for a writer: `Gone` where its workout was erased, as distinct from never made."""
        if stream not in self._shelves:
            self._require_alive(stream.workout_id)
        return self._shelf(stream)

    def _require_alive(self, workout_id: str) -> None:
        if workout_id in self._erased:
            raise Gone(f"{workout_id}: this workout was erased")

    def _say(self, workout_id: str, now_us: int, about: About, renew: bool = False) -> Workout:
        check_new_name("workout_id", workout_id)
        if renew:
            self._erased.discard(workout_id)
        self._require_alive(workout_id)
        known = self._workouts.get(workout_id) or Workout(workout_id, now_us, uid=uuid.uuid4().hex)
        self._workouts[workout_id] = self.roster.described(known, merged(known.about, about))
        return self._workouts[workout_id]

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
        """Enter a stream; see `Catalog.open`."""
        check_new_name("stream", stream.stream)
        if lease and epoch in self._epochs_erased.get(stream.workout_id, ()):
            raise Gone(f"{stream.workout_id}: the workout that this epoch belongs to was erased")
        self._check_room(stream, epoch)
        uid = self._say(stream.workout_id, now_us, about, renew=not lease).uid
        named = Stream(stream.workout_id, stream.stream, uid)
        shelf = self._shelves.setdefault(named, Shelf(StreamInfo(named, None)))
        found = next((item for item in shelf.info.epochs if item.epoch == epoch), None)
        if found is None:
            found = Epoch(len(shelf.info.epochs), epoch, numbered)
            shelf.info = replace(shelf.info, epochs=(*shelf.info.epochs, found))
        shelf.info = replace(shelf.info, spool=shelf.info.spool or spool)
        if lease:
            self._change(stream, found.e, lease=lease)
        info = exact_info(shelf)
        return info, info.epochs[found.e]

    def _check_room(self, stream: Stream, epoch: str) -> None:
        """Refuse a stream or an epoch more than there may be."""
        if stream not in self._shelves:
            mine = [one for one in self._shelves if one.workout_id == stream.workout_id]
            check_count("stream", "streams in a workout", len(mine), bounds.STREAMS)
        elif epoch not in {one.epoch for one in self._shelves[stream].info.epochs}:
            check_count("epoch", "epochs in a stream", len(self._shelves[stream].info.epochs), bounds.EPOCHS)

    def _epoch(self, stream: Stream, e: int) -> Epoch:
        epochs = self._written(stream).info.epochs
        if e >= len(epochs):
            raise NotFound(f"{stream}: expected an epoch below {len(epochs)}, got {e}")
        return epochs[e]

    def _change(self, stream: Stream, e: int, **changes: Any) -> Epoch:
        shelf = self._shelf(stream)
        epochs = list(shelf.info.epochs)
        epochs[e] = replace(self._epoch(stream, e), **changes)
        shelf.info = replace(shelf.info, epochs=tuple(epochs))
        return epochs[e]

    async def fix_layout(self, stream: Stream, layout: Layout, columns: Sequence[str], k: int) -> StreamInfo:
        """Give the stream its layout unless it has one."""
        shelf = self._written(stream)
        if shelf.info.layout is None:
            shelf.info = replace(shelf.info, layout=layout, columns=tuple(columns), k=k)
        return shelf.info

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
        shelf = self._shelf(stream)
        if shelf.info.layout is None:
            raise NotFound(f"{stream}: nothing was ever recorded in this stream")
        shelf.info = replace(shelf.info, layout=layout, columns=tuple(columns), k=shelf.info.k + 1)
        shelf.info = replace(shelf.info, calibrated_us=now_us, calibrated_by=by)
        kept = [*shelf.calibrations, *([] if record is None else [record])][-MOST_RECORDS:]
        shelf.calibrations = [
            replace(one, undone_us=now_us, undone_by=by) if one.uid == undoes and one.undone_us is None else one
            for one in kept
        ]
        return shelf.info

    async def calibrations(self, stream: Stream) -> list[CalibrationRecord]:
        """Return what is kept of calibrations, oldest first."""
        return list(self._shelf(stream).calibrations)

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
        shelf, old = self._written(stream), self._epoch(stream, e)
        if old.lease != lease:
            return
        first, last = least(old.first_us, first_us), most(old.last_us, last_us)
        marks = {"next_seq": max(old.next_seq, next_seq), "frames": max(old.frames, frames)}
        counted = max(old.counted or (0, 0), (next_seq, frames if below is None else below))
        self._change(stream, e, **marks, first_us=first, last_us=last, counted=counted)
        shelf.info = replace(
            shelf.info,
            first_us=least(shelf.info.first_us, first_us),
            last_us=most(shelf.info.last_us, last_us),
            last_received_us=most(shelf.info.last_received_us, now_us),
        )

    async def fix_clock(self, stream: Stream, e: int, clock: Clock) -> Clock:
        """Give the epoch its clock unless it has one."""
        return self._epoch(stream, e).clock or self._change(stream, e, clock=clock).clock or clock

    async def move_clock(self, stream: Stream, e: int, moved: Moved) -> Clock:
        """Add an offset that holds from a number on."""
        clock = self._epoch(stream, e).clock or Clock(0)
        moves = tuple(sorted((*clock.moved, moved), key=lambda one: one.seq))
        return self._change(stream, e, clock=replace(clock, moved=moves)).clock or clock

    async def settle(self, stream: Stream, e: int, unstored: Sequence[Unstored], *, lease: str) -> bool:
        """Record numbers that are settled without being stored, if the lease is this one."""
        epoch = self._epoch(stream, e)
        if epoch.lease != lease:
            return False
        new = [item for item in unstored if item not in epoch.unstored]
        self._change(stream, e, unstored=(*epoch.unstored, *new))
        return True

    async def reject(self, stream: Stream, e: int, rejected: Rejected) -> None:
        """Keep what was refused for good; the oldest go first."""
        self._epoch(stream, e)
        self._rejected.append((stream.workout_id, rejected))
        while sum(len(item.data) for _, item in self._rejected) > REJECTED_BYTES:
            self._rejected.popleft()

    async def rejected(self, workout_id: str) -> list[Rejected]:
        """Return what is kept of what was refused, oldest first."""
        return [item for name, item in self._rejected if name == workout_id]

    async def leased(self, lease: str, streams: Collection[Stream]) -> set[tuple[Stream, int]]:
        """Return the epochs of these streams whose lease is this one."""
        return {
            (stream, epoch.e)
            for stream in self._shelves.keys() & set(streams)
            for epoch in self._shelves[stream].info.epochs
            if epoch.lease == lease
        }

    async def free_bytes(self) -> int | None:
        """Return None: memory has no disk to fill."""
        return None

    async def stream_info(self, stream: Stream) -> StreamInfo:
        """Return one stream, or `NotFound`."""
        return exact_info(self._shelf(stream))

    async def recount(self, stream: Stream) -> None:
        """Raise the marks of a stream to what is stored."""
        shelf = self._shelf(stream)
        shelf.info = exact(shelf.info, keys_of_stored([*shelf.cold, *shelf.blocks]))

    async def note(
        self,
        workout_id: str,
        *,
        now_us: int,
        about: About = UNSAID,
        left: bool | None = None,
        renew: bool = False,
    ) -> Workout:
        """Make the workout if it is new, add what is said of it, and say whether it was left."""
        workout = self._say(workout_id, now_us, about, renew)
        if left is not None:
            self._workouts[workout_id] = replace(workout, left_us=now_us if left else None)
        return await self.workout(workout_id)

    async def describe(self, workout_id: str, about: About) -> Workout:
        """Replace all that is said of a workout, or `NotFound`."""
        known = await self.workout(workout_id)
        self._workouts[workout_id] = replace(self.roster.described(known, about), streams=())
        return await self.workout(workout_id)

    async def add_final(self, stream: Stream, uid: str, part: FinalPart) -> None:
        """Keep a part of a series that is not the stream's yet."""
        self._finals.setdefault(uid, (stream, []))[1].append(part)

    async def set_final(self, stream: Stream, final: Final) -> None:
        """Make a series whose parts are kept the stream's; the one before it goes."""
        shelf = self._shelf(stream)
        self._finals = {uid: one for uid, one in self._finals.items() if one[0] != stream or uid == final.uid}
        shelf.info = replace(shelf.info, final=final)

    async def final_part(self, uid: str, place: int) -> FinalPart:
        """Return the part of a series that holds a place, or `NotFound`."""
        for part in self._finals[uid][1] if uid in self._finals else ():
            if part.first <= place < part.first + part.n:
                return part
        raise NotFound("cursor: this series was replaced or erased; begin again")

    async def keep_origin(self, stream: Stream, e: int, text: str) -> None:
        """Keep where an epoch comes from, unless that is known."""
        self._shelf(stream).origins.setdefault(e, text)

    async def origins(self, stream: Stream) -> dict[int, str]:
        """Return where each epoch comes from, of those that say it."""
        return dict(sorted(self._shelf(stream).origins.items()))

    async def workouts(self, *, limit: int = 100, skip: int = 0, scope: Scope = EVERYTHING) -> list[Workout]:
        """Return the newest first, of those that may be seen."""
        newest = sorted(self._workouts.values(), key=lambda item: (item.created_us, item.workout_id), reverse=True)
        seen = [item.workout_id for item in newest if scope.covers(item)]
        return [scope.shown(await self.workout(name)) for name in seen[skip : skip + limit]]

    async def search(self, query: Query, *, limit: int = 100, skip: int = 0) -> tuple[list[Workout], int]:
        """Return the sessions that match, in the order asked for, and how many there are in all."""
        found = chosen([await self.workout(name) for name in self._workouts], query)
        return [(query.scope or EVERYTHING).shown(one) for one in found[skip : skip + limit]], len(found)

    async def known_values(self, scope: Scope = EVERYTHING) -> KnownValues:
        """Return athletes, kinds and tags of all sessions that may be seen."""
        found = [scope.shown(one).about for one in self._workouts.values() if scope.covers(one)]
        tags = (tag for about in found for tag in about.tags)
        return known_values_of((about.athlete for about in found), (about.kind for about in found), tags)

    def _begun_us(self, workout_id: str) -> int | None:
        mine = (shelf.info for stream, shelf in self._shelves.items() if stream.workout_id == workout_id)
        return min((info.first_us for info in mine if info.first_us is not None), default=None)

    async def workout(self, workout_id: str) -> Workout:
        """Return one workout, or `NotFound`."""
        if workout_id not in self._workouts:
            raise NotFound(f"{workout_id}: no such workout is stored")
        mine = sorted(stream for stream in self._shelves if stream.workout_id == workout_id)
        return replace(self._workouts[workout_id], streams=tuple(exact_info(self._shelves[stream]) for stream in mine))

    async def delete(self, workout_id: str) -> bool:
        """Erase a workout and all that belongs to it."""
        known = self._workouts.pop(workout_id, None)
        if known is not None:
            self._erased.add(workout_id)
        self._markers.pop(workout_id, None)
        self._finals = {uid: one for uid, one in self._finals.items() if one[0].workout_id != workout_id}
        self._rejected = deque(item for item in self._rejected if item[0] != workout_id)
        for stream in [stream for stream in self._shelves if stream.workout_id == workout_id]:
            epochs = (one.epoch for one in self._shelves[stream].info.epochs if one.numbered)
            self._epochs_erased.setdefault(workout_id, set()).update(epochs)
            self._unswept.append(stream)
            del self._shelves[stream]
        return known is not None

    async def erased(self, workout_ids: Collection[str]) -> set[str]:
        """Return those of these that were erased, and are not there again."""
        return self._erased & set(workout_ids)

    async def uids(self, workout_ids: Collection[str]) -> dict[str, str]:
        """Return the `uid` of each of these that is stored."""
        return {one: self._workouts[one].uid for one in workout_ids if one in self._workouts}

    async def sweep(self, before_us: int) -> list[Stream]:
        """Return the streams that went since it was asked last; nothing lands late in memory."""
        swept, self._unswept = self._unswept, []
        return [stream for stream in swept if stream.workout_id in self._erased]

    async def add_marker(self, workout_id: str, marker: Marker) -> None:
        """Keep an annotation; the same one twice is one."""
        self._require_alive(workout_id)
        if workout_id not in self._workouts:
            raise NotFound(f"{workout_id}: no such workout is stored")
        there = self._markers.setdefault(workout_id, set())
        if (marker.t_us, marker.label) not in there:
            check_count("label", "markers in a workout", len(there), bounds.MARKERS)
        there.add((marker.t_us, marker.label))

    async def markers(self, workout_id: str) -> list[Marker]:
        """Return annotations in order of time."""
        return [Marker(*item) for item in sorted(self._markers.get(workout_id, ()))]
