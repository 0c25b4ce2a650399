"""The port that reading stands on: the part of an archive that also one of another machine has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from barograph.frames import Block, Stream
from barograph.store.calibration_records import CalibrationRecord
from barograph.store.corrections import CorrectionReader
from barograph.store.records import Keys, Marker, Rollup, StreamInfo, Workout
from barograph.store.roster_port import RosterReader
from barograph.store.trials import TrialReader


class Reader(Protocol):
    """What reading asks of an archive, wherever it is: that of another machine answers this much over HTTP."""

    @property
    def roster(self) -> RosterReader:
        """Athletes and teams."""
        ...

    @property
    def trials(self) -> TrialReader:
        """Trials of workouts."""
        ...

    @property
    def corrections(self) -> CorrectionReader:
        """Masks and prints that were corrected by hand."""
        ...

    async def workouts(self, *, limit: int = ..., skip: int = ...) -> list[Workout]:
        """Return the newest first."""
        ...

    async def workout(self, workout_id: str) -> Workout:
        """Return one workout, or `NotFound`."""
        ...

    async def stream_info(self, stream: Stream) -> StreamInfo:
        """Return one stream with all frames that were acknowledged counted, or `NotFound`."""
        ...

    async def markers(self, workout_id: str) -> list[Marker]:
        """Return annotations in order of time."""
        ...

    async def origins(self, stream: Stream) -> dict[int, str]:
        """Return where the epochs of a stream come from, in their order, of those that say it; or `NotFound`."""
        ...

    async def calibrations(self, stream: Stream) -> list[CalibrationRecord]:
        """Return the records that are kept of a stream's calibrations, oldest first; or `NotFound`."""
        ...

    async def keys(self, of: Stream | StreamInfo, start_us: int | None = None, stop_us: int | None = None) -> Keys:
        """Return keys of all blocks that touch the closed range."""
        ...

    async def keys_by_number(self, of: Stream | StreamInfo, e: int, start: int, stop: int) -> Keys:
        """Return keys of all blocks of epoch `e` with a frame in `start` … `stop` − 1."""
        ...

    async def load(self, of: Stream | StreamInfo, keys: Keys, which: Sequence[int]) -> list[Block]:
        """Return the blocks at `which` indices of `keys`, in that order; statistics of an old version are left out."""
        ...

    async def stored_rollups(
        self, of: Stream | StreamInfo, start_s: int | None = None, stop_s: int | None = None, *, maps: bool = True
    ) -> list[Rollup]:
        """Return rows of the closed range of seconds, in order, dirty ones included."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...
