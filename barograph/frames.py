"""The plain values that cross every wall: `Layout`, `Stream`, `Block`, `Recording`.

All are frozen and validated when made; arrays inside them are read-only. Pressure cells are (rows, cols) with
row 0 at the front and column 0 at the left, seen from above with the toes (or the front) up. A sensor that is
wired otherwise is turned by whoever reads it, before the first Block is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barograph.errors import InvalidData
from barograph.layout import (
    CONTACT_FLOOR_N,
    CONTACT_KPA,
    DTYPES,
    KINDS,
    KPA_PER_UNIT,
    MAX_CELLS,
    MAX_FRAME_BYTES,
    Floats,
    Frames,
    Ints,
    Layout,
)

# Version of the statistics that blocks carry: whoever changes what a column of them means raises it.
STATS_VERSION = 2

__all__ = [
    "CONTACT_FLOOR_N", "CONTACT_KPA", "DTYPES", "KINDS", "KPA_PER_UNIT", "MAX_CELLS", "MAX_FRAME_BYTES",
    "STATS_VERSION",
    "Block", "Floats", "Frames", "Gap", "Ints", "Layout", "Recording", "Stream", "check_name", "read_only",
    "spans_us",
]  # fmt: skip


@dataclass(frozen=True, order=True)
class Stream:
    """One sensor in one workout."""

    workout_id: str
    stream: str = "main"

    def __post_init__(self) -> None:
        for name in ("workout_id", "stream"):
            check_name(name, getattr(self, name))

    def __str__(self) -> str:
        return f"{self.workout_id}/{self.stream}"


def check_name(name: str, value: object) -> str:
    """Return `value` if it can name a workout or a stream: 1 to 128 printable characters, no slash or edge blank."""
    if not isinstance(value, str) or not 1 <= len(value) <= 128:
        raise InvalidData(f"{name}: expected a text of 1 to 128 characters, got {str(value)[:40]!r}", field=name)
    if not value.isprintable() or "/" in value or value != value.strip():
        raise InvalidData(
            f"{name}: expected printable characters without '/' or blanks at the ends, got {value[:40]!r}", field=name
        )
    return value


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """A view of `array` that cannot be written through."""
    view = array.view()
    view.flags.writeable = False
    return view


def _check_frames(times_us: Ints, frames: Frames) -> None:
    if frames.ndim != 3:
        raise InvalidData(f"frames: expected (n, rows, cols), got shape {frames.shape}", field="frames")
    if times_us.shape != (len(frames),):
        raise InvalidData(f"times_us: expected ({len(frames)},), one a frame, got {times_us.shape}", field="times_us")
    if times_us.dtype.kind not in "iu":
        raise InvalidData(f"times_us: expected whole microseconds, got {times_us.dtype}", field="times_us")
    if frames.dtype.kind not in "uif":
        raise InvalidData(f"frames: expected numbers, got {frames.dtype}", field="frames")
    if frames.dtype.kind == "f" and np.isinf(frames).any():
        raise InvalidData(
            "frames: expected finite values or NaN for a missing cell, got an infinite one", field="frames"
        )


@dataclass(frozen=True, eq=False)
class Block:
    """Consecutive frames of one stream, `seq` … `seq` + n − 1 of epoch number `e`.

    `frames` is (n, rows, cols) in the layout's dtype; `times_us` (n,) int64 UTC; `received_us` the arrival;
    `stats` (n, columns) float32 or None, those of `analytics.columns.arrival_columns` for the layout; `k` the version
    of columns and calibration that they were made with, None for the one that the stream has when they are stored.
    """

    e: int
    seq: int
    times_us: Ints
    received_us: int
    frames: Frames
    stats: NDArray[np.float32] | None = None
    k: int | None = None

    def __post_init__(self) -> None:
        if self.e < 0 or self.seq < 0:
            raise InvalidData(f"seq: expected e and seq of 0 or more, got {self.e}, {self.seq}", field="seq")
        if len(self.frames) == 0:
            raise InvalidData("frames: expected at least one frame in a block", field="frames")
        _check_frames(self.times_us, self.frames)
        if self.stats is not None and (self.stats.ndim != 2 or len(self.stats) != len(self.frames)):
            raise InvalidData(f"stats: expected one row a frame, got shape {self.stats.shape}", field="stats")
        set_ = object.__setattr__
        set_(self, "times_us", read_only(self.times_us.astype(np.int64, copy=False)))
        set_(self, "frames", read_only(self.frames))
        if self.stats is not None:
            set_(self, "stats", read_only(self.stats.astype(np.float32, copy=False)))

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def stop(self) -> int:
        """The number after the last frame's."""
        return self.seq + len(self.frames)

    @property
    def nbytes(self) -> int:
        """Bytes of the raw frames."""
        return int(self.frames.nbytes)

    def part(self, start: int, stop: int) -> Block:
        """Frames `start` … `stop` − 1 of this block, counted from its own first."""
        if not 0 <= start < stop <= len(self):
            raise InvalidData(f"part: expected a range within {len(self)} frames, got {start} to {stop}", field="part")
        # What was checked once is not checked again: this runs for every 64 frames that arrive.
        part = object.__new__(Block)
        part.__dict__.update(
            self.__dict__,
            seq=self.seq + start,
            times_us=self.times_us[start:stop],
            frames=self.frames[start:stop],
            stats=None if self.stats is None else self.stats[start:stop],
        )
        return part


@dataclass(frozen=True)
class Gap:
    """Frames that are not stored: `n` numbers from `seq` of epoch `e`, between two times, and why if anyone said."""

    e: int
    seq: int
    n: int
    start_us: int
    stop_us: int
    reason: str = ""


def spans_us(gaps: Sequence[Gap]) -> Ints:
    """(g, 2) times around gaps; those over which time goes back are seen by that."""
    spans: Ints = np.array([(gap.start_us, gap.stop_us) for gap in gaps], np.int64).reshape(-1, 2)
    return np.asarray(spans[spans[:, 0] <= spans[:, 1]])


@dataclass(frozen=True, eq=False)
class Recording:
    """A whole stream or a part of it, as an analyst holds it.

    `frames` (n, rows, cols) as stored, `times_us` (n,) int64 UTC; `stats` the table computed on arrival, if it was
    asked for; `gaps` what is not stored; `provenance` where it comes from (plain JSON values).
    """

    frames: Frames
    times_us: Ints
    layout: Layout
    stats: Any | None = None
    gaps: tuple[Gap, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        frames, times_us = np.asarray(self.frames), np.asarray(self.times_us)
        _check_frames(times_us, frames)
        if frames.shape[1:] != (self.layout.rows, self.layout.cols):
            raise InvalidData(
                f"frames: expected cells of {self.layout.rows} x {self.layout.cols}, got {frames.shape[1:]}",
                field="frames",
            )
        set_(self, "frames", read_only(frames))
        set_(self, "times_us", read_only(times_us.astype(np.int64, copy=False)))

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def duration_s(self) -> float:
        """Seconds from the first to the last frame; 0 with fewer than two."""
        return float(self.times_us[-1] - self.times_us[0]) / 1e6 if len(self) > 1 else 0.0

    @property
    def missing_us(self) -> Ints:
        """(g, 2) times of the frames before and after each of `gaps` that lies between two frames."""
        spans = spans_us(self.gaps)
        if not len(self):
            return np.asarray(spans[:0])
        return np.asarray(spans[(spans[:, 1] > self.times_us.min()) & (spans[:, 0] < self.times_us.max())])

    @property
    def jumps(self) -> Ints:
        """(j,) frames whose time is earlier than that of the frame before: there the sender's clock was set back."""
        return np.flatnonzero(np.diff(self.times_us) < 0) + 1

    def values(self) -> Floats:
        """(n, rows, cols) in the layout's unit, missing and masked cells NaN."""
        out = self.layout.to_unit(self.frames)
        out[:, ~self.layout.valid] = np.nan
        return out

    def kpa(self) -> Floats:
        """(n, rows, cols) pressure in kPa, missing cells NaN; an uncalibrated recording raises `InvalidData`."""
        if not self.layout.calibrated:
            raise InvalidData("unit: expected a calibrated layout, got counts ('raw'); use values()", field="unit")
        return self.values() * KPA_PER_UNIT[self.layout.unit]

    def part(self, start: int, stop: int) -> Recording:
        """Frames `start` … `stop` − 1."""
        stats = None if self.stats is None else self.stats[start:stop]
        return replace(self, frames=self.frames[start:stop], times_us=self.times_us[start:stop], stats=stats)

    def between(self, start_us: int | None = None, stop_us: int | None = None) -> Recording:
        """The frames of the closed range of times (µs since 1970), in their order."""
        inside = np.ones(len(self), bool)
        if start_us is not None:
            inside &= self.times_us >= start_us
        if stop_us is not None:
            inside &= self.times_us <= stop_us
        at = np.flatnonzero(inside)
        if len(at) and at[-1] - at[0] + 1 == len(at):
            return self.part(int(at[0]), int(at[-1]) + 1)
        stats = None if self.stats is None else self.stats[inside]
        return replace(self, frames=self.frames[inside], times_us=self.times_us[inside], stats=stats)

    def to_parquet(self, path: Path | str) -> None:
        """Write the lossless exchange format; `barograph.read_file` reads it back bit for bit."""
        self._file("write")(path, self, "parquet")

    def to_xarray(self) -> Any:
        """As an `xarray.DataArray` (time, y, x) in the layout's unit, with times in UTC and places in mm or cells."""
        return self._file("to_xarray")(self)

    @staticmethod
    def _file(name: str) -> Any:
        # Files know their formats' libraries, which nobody pays for who only holds frames.
        return getattr(import_module("barograph.files"), name)

    def blocks(self, size: int) -> Iterator[tuple[int, Recording]]:
        """Cut into parts of at most `size` frames, each with the index of its first."""
        for start in range(0, len(self), size):
            yield start, self.part(start, min(start + size, len(self)))
