"""The plain values that cross every wall: `Layout`, `Stream`, `Block`, `Recording`.

All are frozen and validated when made; arrays inside them are read-only. Pressure cells are (rows, cols) with
row 0 at the front and column 0 at the left, seen from above with the toes (or the front) up. A sensor wired
otherwise is turned before the first Block is made. Terms: block, recording, stream (docs/glossary.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barograph.arrival import PEAKS, TOTALS, arrival_columns
from barograph.casting import as_stored, block_frames, block_stats, check_times, narrow, numbers_of, read_only
from barograph.errors import InvalidData
from barograph.geometry import Geometry
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
from barograph.place import Place
from barograph.texts import plural
from barograph.times import Moment, Part, ends_of, moment_us, whole_us

# Version of the statistics that blocks carry: whoever changes what a column of them means raises it.
STATS_VERSION = 2

__all__ = [
    "CONTACT_FLOOR_N", "CONTACT_KPA", "DTYPES", "KINDS", "KPA_PER_UNIT", "MAX_CELLS", "MAX_FRAME_BYTES", "PEAKS",
    "STATS_VERSION", "TOTALS", "Block", "Floats", "Frames", "Gap", "Geometry", "Ints", "Layout", "Place", "Recording",
    "Stream", "arrival_columns", "check_name", "check_new_name", "narrow", "read_only", "spans_us",
]  # fmt: skip


@dataclass(frozen=True, order=True)
class Stream:
    """One sensor in one workout.

    `uid` names the workout itself where it is known, for its name may be used again once it was erased; two streams
    are the same by their names.
    """

    workout_id: str
    stream: str = "main"
    uid: str = field(default="", compare=False, repr=False)

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


def check_new_name(name: str, value: object) -> str:
    """Check the name of what is made, as `check_name` does: no `.` and no `..` either, which paths take for others.

    What earlier versions stored under such a name is still read.
    """
    if value in (".", ".."):
        raise InvalidData(f"{name}: expected a name other than '.' and '..', got {value!r}", field=name)
    return check_name(name, value)


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not 0 <= value < 1 << 62:
        raise InvalidData(f"{name}: expected a whole number of 0 or more that fits 62 bits, got {value!r}", field=name)
    return int(value)


def _restored(state: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a value that comes from a pickle or a copy, its arrays read-only again."""
    return {name: read_only(value) if isinstance(value, np.ndarray) else value for name, value in state.items()}


@dataclass(frozen=True, eq=False, repr=False)
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
        set_ = object.__setattr__
        for name, field_name in (("e", "seq"), ("seq", "seq"), ("received_us", "received_us")):
            set_(self, name, _count(field_name, getattr(self, name)))
        frames, times_us = block_frames(self.frames), whole_us(self.times_us)
        check_times(times_us, frames)
        set_(self, "times_us", read_only(times_us))
        set_(self, "frames", read_only(frames))
        if self.stats is not None:
            set_(self, "stats", read_only(block_stats(self.stats, len(frames))))

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.__dict__.update(_restored(state))

    def __repr__(self) -> str:
        n, rows, cols = self.frames.shape
        return f"Block({n} frames of {rows} x {cols} {self.frames.dtype.name}, e={self.e}, seq={self.seq})"

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
        """Return frames `start` … `stop` − 1 of this block, counted from its own first."""
        if not 0 <= start < stop <= len(self):
            raise InvalidData(f"part: expected a range within {len(self)} frames, got {start} to {stop}", field="part")
        return self._changed(
            seq=self.seq + start,
            times_us=self.times_us[start:stop],
            frames=self.frames[start:stop],
            stats=None if self.stats is None else self.stats[start:stop],
        )

    def with_more(self, later: Sequence[Block], received_us: int) -> Block:
        """Return this block and those that follow it as one; statistics are in all of them or in none."""
        blocks = (self, *later)
        stats = [block.stats for block in blocks if block.stats is not None]
        return self._changed(
            received_us=received_us,
            times_us=read_only(np.concatenate([block.times_us for block in blocks])),
            frames=read_only(np.concatenate([block.frames for block in blocks])),
            stats=read_only(np.concatenate(stats)) if stats else None,
        )

    def _changed(self, **fields: Any) -> Block:
        """What was checked once is not checked again: this runs for every 64 frames that arrive."""
        block = object.__new__(Block)
        block.__dict__.update(self.__dict__, **fields)
        return block


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
    """Return (g, 2) times around gaps; those over which time goes back are seen by that."""
    spans: Ints = np.array([(gap.start_us, gap.stop_us) for gap in gaps], np.int64).reshape(-1, 2)
    return np.asarray(spans[spans[:, 0] <= spans[:, 1]])


@dataclass(frozen=True, eq=False, repr=False)
class Recording:
    """A whole stream or a part of it, as an analyst holds it.

    `frames` (n, rows, cols) in the layout's dtype; `times_us` (n,) int64 UTC; `stats` the table computed on arrival, if
    it was asked for; `gaps` what is not stored; `provenance` where it comes from (plain JSON values).

    It may be made of other arrays: frames whose values all survive in the layout's dtype (else `InvalidData` says which
    does not, and what to do), with masked cells of a masked array as NaN; times as datetime64, a DatetimeIndex or
    datetimes. `recording[5]`, `recording[10:20]` and `recording["2024-05-01 10:00":"2024-05-01 10:01"]` are Recordings
    of one frame, of ten, and of the closed range of times.
    """

    frames: Frames
    times_us: Ints
    layout: Layout
    stats: Any | None = None
    gaps: tuple[Gap, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.layout, Layout):
            raise InvalidData(f"layout: expected a Layout, got {type(self.layout).__name__}", field="layout")
        frames, times_us = as_stored(self.frames, self.layout), whole_us(self.times_us)
        check_times(times_us, frames)
        if self.stats is not None and len(self.stats) != len(frames):
            raise InvalidData(f"stats: expected {len(frames)} rows, one a frame, got {len(self.stats)}", field="stats")
        set_ = object.__setattr__
        set_(self, "frames", read_only(frames))
        set_(self, "times_us", read_only(times_us))
        set_(self, "gaps", tuple(self.gaps))

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.__dict__.update(_restored(state))

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, key: Any) -> Recording:
        """One frame, a slice by number or by time, or the frames that an array of numbers or of bools chooses."""
        if isinstance(key, int | np.integer) and not isinstance(key, bool):
            if not -len(self) <= key < len(self):
                raise IndexError(f"frame {key}: expected {-len(self)} to {len(self) - 1}")
            return self._taken(slice(int(key) % len(self), int(key) % len(self) + 1))
        if not isinstance(key, slice):
            return self._taken(numbers_of(key, len(self)))
        if all(end is None or isinstance(end, int | np.integer) for end in (key.start, key.stop)):
            return self._taken(key)
        if key.step is not None:
            raise InvalidData("slice: expected no step between two times", field="slice")
        return self.between(*(_time_of(end) for end in (key.start, key.stop)))

    def __iter__(self) -> Iterator[Recording]:
        """Each frame as a Recording of its own."""
        return (part for _, part in self.blocks(1))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """As `values()`: in the layout's unit, missing cells NaN."""
        return self.values() if dtype is None else self.values().astype(dtype)

    def __repr__(self) -> str:
        return f"Recording({', '.join(described(self))})"

    def _repr_html_(self) -> str:
        """A notebook's view: what the text says, a line each."""
        rows = "".join(f"<tr><td style='text-align:left'>{escape(text)}</td></tr>" for text in described(self))
        return f"<table><thead><tr><th style='text-align:left'>Recording</th></tr></thead><tbody>{rows}</tbody></table>"

    def equals(self, other: object) -> bool:
        """Return True for a Recording with the same layout, times and cells, missing ones included."""
        return (
            isinstance(other, Recording)
            and self.layout == other.layout
            and np.array_equal(self.times_us, other.times_us)
            and np.array_equal(self.frames, other.frames, equal_nan=self.frames.dtype.kind == "f")
        )

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
        """Return (n, rows, cols) in the layout's unit, missing and masked cells NaN."""
        out = self.layout.to_unit(self.frames)
        out[:, ~self.layout.valid] = np.nan
        return out

    def kpa(self) -> Floats:
        """Return (n, rows, cols) pressure in kPa, missing cells NaN; counts and forces raise `InvalidData`."""
        if self.layout.quantity != "pressure":
            raise InvalidData(f"unit: expected pressures, got {self.layout.unit!r}; use values()", field="unit")
        return self.values() * KPA_PER_UNIT[self.layout.unit]

    def part(self, start: int, stop: int) -> Recording:
        """Return frames `start` … `stop` − 1."""
        return self._taken(slice(start, stop))

    def between(self, start_us: int | Moment | Part | None = None, stop_us: int | Moment | None = None) -> Recording:
        """Return the frames of the closed range of times, or of a part as a trial is one, in their order.

        A number is µs since 1970; a datetime, Timestamp, datetime64 or ISO 8601 text is UTC where it has no zone.
        """
        start_us, stop_us = ends_of(start_us, stop_us)
        inside = np.ones(len(self), bool)
        if start_us is not None:
            inside &= self.times_us >= _us("start_us", start_us)
        if stop_us is not None:
            inside &= self.times_us <= _us("stop_us", stop_us)
        at = np.flatnonzero(inside)
        whole = bool(len(at)) and at[-1] - at[0] + 1 == len(at)
        return self._taken(slice(int(at[0]), int(at[-1]) + 1) if whole else at)

    def _taken(self, which: slice | Ints) -> Recording:
        stats = getattr(self.stats, "iloc", self.stats)
        return replace(
            self,
            frames=self.frames[which],
            times_us=self.times_us[which],
            stats=None if stats is None else stats[which],
        )

    def to_parquet(self, path: Path | str) -> None:
        """Write the lossless exchange format; `barograph.read_file` reads it back bit for bit."""
        self._file("write")(path, self, "parquet")

    def save(self, path: Path | str) -> None:
        """Write a file of the format that its suffix names: `.parquet`, `.npz`, `.csv`, `.mat`, `.c3d` or `.mot`.

        The first three are read again by `barograph.read_file`. What a format does not hold, as gaps in a C3D, raises
        `InvalidData` with the reason; nothing is written then.
        """
        self._file("write")(path, self)

    def to_xarray(self) -> Any:
        """Return an `xarray.DataArray` (time, y, x) in the layout's unit, times in UTC, places in mm or cells."""
        return self._file("to_xarray")(self)

    @staticmethod
    def _file(name: str) -> Any:
        # Files know their formats' libraries, which nobody pays for who only holds frames.
        return getattr(import_module("barograph.files"), name)

    def blocks(self, size: int) -> Iterator[tuple[int, Recording]]:
        """Cut into parts of at most `size` frames, each with the index of its first."""
        for start in range(0, len(self), size):
            yield start, self.part(start, min(start + size, len(self)))


def described(recording: Recording) -> Iterator[str]:
    """Yield what a recording is, in a few words each: its size, sensor, time and what is missing."""
    layout, times = recording.layout, recording.times_us.astype("M8[us]")
    frames = "frame" if len(recording) == 1 else "frames"
    yield f"{len(recording)} {frames} of {layout.rows} x {layout.cols} {layout.dtype} {layout.unit}"
    yield f"{layout.kind} {layout.side}" if layout.side else layout.kind
    if len(recording):
        yield f"{times[0].astype('M8[ms]')}Z"
    if recording.duration_s > 0:
        yield f"{recording.duration_s:.6g} s at {(len(recording) - 1) / recording.duration_s:.4g} Hz"
    if recording.gaps:
        yield plural(len(recording.gaps), "gap")


def _time_of(end: Any) -> Any:
    if isinstance(end, float | np.floating):
        said = f"slice: expected frame numbers or times, got {end!r}; between() takes µs since 1970"
        raise InvalidData(said, field="slice")
    return end


def _us(name: str, at: Any) -> Any:
    return at if isinstance(at, int | float | np.number) and not isinstance(at, bool) else moment_us(name, at)
