"""The port by which an analyst changes what is stored, and its implementation over an archive of this machine.

`barograph.remote.writing` does the same over the ingest's HTTP API. Each call may be repeated: it changes nothing then.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, Protocol

from barograph import protocols
from barograph.files.parts import Frameful
from barograph.frames import Stream
from barograph.store.calibration import calibrate, undo
from barograph.store.calibration_records import GIVEN, Made
from barograph.store.correcting import add_mask, copy_masks
from barograph.store.corrections import MaskVersion, PrintsVersion, fixes_of
from barograph.store.imports import Imported, Statistics, import_recording, placement
from barograph.store.ports import Archive
from barograph.store.records import About, Marker, StreamInfo
from barograph.store.trials import Trial, new_trial

Step = Literal["read", "sent", "stored"]  # in this order, each over all frames; nothing is sent to an archive of here
Progress = Callable[[Step, int], Any]  # called from other threads


def counting(progress: Progress | None, step: Step) -> Callable[[int], Any] | None:
    """Return what hears of so many frames more, and says how many there are by now; None where nobody wants to know."""
    if progress is None:
        return None
    done = 0

    def more(frames: int) -> None:
        nonlocal done
        done += frames
        progress(step, done)

    return more


class Writer(Protocol):
    """What may be changed of workouts that are stored, and a recording added."""

    async def mark(self, workout_id: str, marker: Marker) -> None:
        """Keep an annotation; the same one twice is one."""
        ...

    async def describe(self, workout_id: str, changes: Mapping[str, Any]) -> None:
        """Change what is said of a workout: fields of `About`; None and () unsay."""
        ...

    async def add_trial(self, workout_id: str, protocol: str, fields: Mapping[str, Any]) -> Trial:
        """Make a trial by a protocol of this name, of plain values as `new_trial` takes them; the same twice is one."""
        ...

    async def edit_trial(self, workout_id: str, number: int, fields: Mapping[str, Any]) -> Trial:
        """Change a trial: move, name or judge it."""
        ...

    async def add_masks(self, workout_id: str, fields: Mapping[str, Any]) -> MaskVersion:
        """Keep masks as a new version, of plain values as `correcting.add_mask` takes them."""
        ...

    async def copy_masks(self, workout_id: str, source: str, number: int | None = None) -> list[MaskVersion]:
        """Copy masks from another session of the athlete."""
        ...

    async def withdraw_masks(self, workout_id: str, number: int, withdrawn: bool = True) -> MaskVersion:
        """Withdraw a version of masks, or bring it back."""
        ...

    async def correct_prints(
        self, workout_id: str, items: Sequence[Mapping[str, Any]], reason: str = ""
    ) -> PrintsVersion:
        """Keep all corrections of prints as a new version."""
        ...

    async def withdraw_prints(self, workout_id: str, number: int, withdrawn: bool = True) -> PrintsVersion:
        """Withdraw a version of corrected prints, or bring it back."""
        ...

    async def calibrate(self, stream: Stream, changes: Mapping[str, Any], made: Made = GIVEN) -> StreamInfo:
        """Change the calibration of a stream; `made` says how it was found."""
        ...

    async def undo_calibration(self, stream: Stream, uid: str) -> StreamInfo:
        """Take back the newest calibration of a stream that holds, whose record has this uid."""
        ...

    async def import_recording(
        self, stream: Stream, recording: Frameful, start_us: int | None = None, progress: Progress | None = None
    ) -> Imported:
        """Store what of a recording is not stored yet; `start_us` is when one without a date began.

        `progress` hears of each step how many frames are done.
        """
        ...


def changed(about: About, changes: Mapping[str, Any]) -> About:
    """Return what is said of a workout, with some of it said anew; None and () unsay."""
    if "tags" in changes:
        changes = {**changes, "tags": tuple(changes["tags"] or ())}
    return replace(about, **changes)


class ArchiveWriter:
    """The port over an archive; `statistics` are made when there is something to import."""

    def __init__(self, archive: Archive, statistics: Callable[[], Statistics], data_dir: Path | None = None) -> None:
        self._archive, self._statistics, self._data_dir = archive, statistics, data_dir

    async def mark(self, workout_id: str, marker: Marker) -> None:
        """Keep an annotation; the same one twice is one."""
        await self._archive.add_marker(workout_id, marker)

    async def add_trial(self, workout_id: str, protocol: str, fields: Mapping[str, Any]) -> Trial:
        """Make a trial by a protocol of this name, a lab's own ones in the data directory too."""
        new = new_trial(protocols.named(protocol, self._data_dir), fields)
        return await self._archive.trials.add(workout_id, new, now_us=time.time_ns() // 1000)

    async def edit_trial(self, workout_id: str, number: int, fields: Mapping[str, Any]) -> Trial:
        """Change a trial: move, name or judge it."""
        return await self._archive.trials.edit(workout_id, number, fields, now_us=time.time_ns() // 1000)

    async def add_masks(self, workout_id: str, fields: Mapping[str, Any]) -> MaskVersion:
        """Keep masks as a new version, of plain values as `correcting.add_mask` takes them."""
        return await add_mask(self._archive, workout_id, fields, now_us=time.time_ns() // 1000)

    async def copy_masks(self, workout_id: str, source: str, number: int | None = None) -> list[MaskVersion]:
        """Copy masks from another session of the athlete."""
        return await copy_masks(self._archive, workout_id, source, number, now_us=time.time_ns() // 1000)

    async def withdraw_masks(self, workout_id: str, number: int, withdrawn: bool = True) -> MaskVersion:
        """Withdraw a version of masks, or bring it back."""
        return await self._archive.corrections.withdraw_mask(
            workout_id, number, withdrawn=withdrawn, now_us=time.time_ns() // 1000
        )

    async def correct_prints(
        self, workout_id: str, items: Sequence[Mapping[str, Any]], reason: str = ""
    ) -> PrintsVersion:
        """Keep all corrections of prints as a new version."""
        fixes = fixes_of([dict(one) for one in items])
        now_us = time.time_ns() // 1000
        return await self._archive.corrections.add_prints(workout_id, fixes, reason, now_us=now_us)

    async def withdraw_prints(self, workout_id: str, number: int, withdrawn: bool = True) -> PrintsVersion:
        """Withdraw a version of corrected prints, or bring it back."""
        return await self._archive.corrections.withdraw_prints(
            workout_id, number, withdrawn=withdrawn, now_us=time.time_ns() // 1000
        )

    async def describe(self, workout_id: str, changes: Mapping[str, Any]) -> None:
        """Change what is said of a workout: fields of `About`; None and () unsay."""
        about = (await self._archive.workout(workout_id)).about
        await self._archive.describe(workout_id, changed(about, changes))

    async def calibrate(self, stream: Stream, changes: Mapping[str, Any], made: Made = GIVEN) -> StreamInfo:
        """Change the calibration of a stream; `made` says how it was found."""
        return await calibrate(self._archive, stream, "", made, **changes)

    async def undo_calibration(self, stream: Stream, uid: str) -> StreamInfo:
        """Take back the newest calibration of a stream that holds, whose record has this uid."""
        return await undo(self._archive, stream, "", uid)

    async def import_recording(
        self, stream: Stream, recording: Frameful, start_us: int | None = None, progress: Progress | None = None
    ) -> Imported:
        """Store what of a recording is not stored yet; `start_us` is when one without a date began."""
        statistics = await asyncio.to_thread(self._statistics)
        now_us = time.time_ns() // 1000
        placed = await placement(self._archive, stream.workout_id, [recording], start_us, now_us=now_us)
        return await import_recording(
            self._archive, stream, recording, statistics, now_us=now_us, placed=placed,
            progress=counting(progress, "stored"), read=counting(progress, "read"),
        )  # fmt: skip
