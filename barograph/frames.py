"""The plain values that cross every wall: `Layout`, `Stream`, `Block`, `Recording`.

All are frozen and validated when made; arrays inside them are read-only. Pressure cells are (rows, cols) with
row 0 at the front and column 0 at the left, seen from above with the toes (or the front) up. A sensor that is
wired otherwise is turned by whoever reads it, before the first Block is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from barograph.errors import InvalidData

DTYPES: dict[str, np.dtype[Any]] = {
    name: np.dtype(name).newbyteorder("<") for name in ("uint8", "uint16", "float32", "float64")
}
KINDS = ("insole", "plate", "mat", "seat", "saddle")
KPA_PER_UNIT = {"kPa": 1.0, "N/cm2": 10.0, "mmHg": 0.133322387, "psi": 6.894757}
MAX_CELLS = 1 << 18
MAX_FRAME_BYTES = 2 << 20
CONTACT_FLOOR_N = 20.0

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Frames = NDArray[Any]


def _number(name: str, value: object, *, positive: bool = False) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise InvalidData(f"{name}: expected a finite number, got {value!r}", field=name)
    if positive and value <= 0:
        raise InvalidData(f"{name}: expected a number above 0, got {value!r}", field=name)
    return float(value)


def _pair(name: str, value: object, *, positive: bool = False) -> tuple[float, float]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise InvalidData(f"{name}: expected [x, y], got {value!r}", field=name)
    return _number(name, value[0], positive=positive), _number(name, value[1], positive=positive)


def _choice(name: str, value: object, choices: Sequence[str]) -> None:
    if value not in choices:
        raise InvalidData(f"{name}: expected one of {', '.join(choices)}, got {value!r}", field=name)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What a sensor is: its shape, its unit and where its cells lie.

    `scale` and `offset` turn a stored value into `unit` (value · scale + offset). `pitch_mm` is [x, y].
    `x_axis` and `y_axis` say where mm grow, seen from above with the front up. `mask` is 1 where a cell exists.
    """

    rows: int
    cols: int
    dtype: Literal["uint8", "uint16", "float32", "float64"] = "float64"
    unit: str = "raw"
    scale: float = 1.0
    offset: float = 0.0
    pitch_mm: tuple[float, float] | None = None
    cell_area_mm2: float | tuple[float, ...] | None = None
    mask: tuple[int, ...] | None = None
    origin_mm: tuple[float, float] = (0.0, 0.0)
    x_axis: Literal["right", "left"] = "right"
    y_axis: Literal["down", "up"] = "down"
    kind: Literal["insole", "plate", "mat", "seat", "saddle"] = "mat"
    side: Literal["left", "right"] | None = None
    cop_floor_n: float | None = None

    def __post_init__(self) -> None:
        self._check_shape()
        _choice("dtype", self.dtype, tuple(DTYPES))
        _choice("unit", self.unit, ("raw", *KPA_PER_UNIT))
        _choice("x_axis", self.x_axis, ("right", "left"))
        _choice("y_axis", self.y_axis, ("down", "up"))
        _choice("kind", self.kind, KINDS)
        if self.side is not None:
            _choice("side", self.side, ("left", "right"))
        set_ = object.__setattr__
        set_(self, "scale", _number("scale", self.scale))
        set_(self, "offset", _number("offset", self.offset))
        set_(self, "origin_mm", _pair("origin_mm", self.origin_mm))
        if self.scale == 0:
            raise InvalidData("scale: expected a number other than 0, got 0", field="scale")
        if self.pitch_mm is not None:
            set_(self, "pitch_mm", _pair("pitch_mm", self.pitch_mm, positive=True))
        if self.cop_floor_n is not None:
            set_(self, "cop_floor_n", _number("cop_floor_n", self.cop_floor_n))
        set_(self, "cell_area_mm2", self._checked_area())
        set_(self, "mask", self._checked_mask())

    def _check_shape(self) -> None:
        for name in ("rows", "cols"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InvalidData(f"{name}: expected a whole number of 1 or more, got {value!r}", field=name)
        if self.rows * self.cols > MAX_CELLS:
            raise InvalidData(
                f"rows: {self.rows} x {self.cols} cells are too many; at most {MAX_CELLS} cells a frame", field="rows"
            )

    def _checked_area(self) -> float | tuple[float, ...] | None:
        area = self.cell_area_mm2
        if area is None or isinstance(area, int | float):
            return None if area is None else _number("cell_area_mm2", area, positive=True)
        if not isinstance(area, Sequence) or isinstance(area, str) or len(area) != self.cells:
            raise InvalidData(
                f"cell_area_mm2: expected a number or {self.cells} numbers, row-major, got {str(area)[:60]}",
                field="cell_area_mm2",
            )
        return tuple(_number("cell_area_mm2", value, positive=True) for value in area)

    def _checked_mask(self) -> tuple[int, ...] | None:
        if self.mask is None:
            return None
        if not isinstance(self.mask, Sequence) or isinstance(self.mask, str) or len(self.mask) != self.cells:
            raise InvalidData(f"mask: expected {self.cells} entries of 0 or 1, row-major", field="mask")
        if not set(self.mask) <= {0, 1}:
            raise InvalidData("mask: expected only 0 and 1", field="mask")
        return tuple(int(value) for value in self.mask)

    @property
    def cells(self) -> int:
        """Number of cells in the matrix, missing ones included."""
        return self.rows * self.cols

    @property
    def numpy_dtype(self) -> np.dtype[Any]:
        """The little-endian numpy type of a stored cell."""
        return DTYPES[self.dtype]

    @property
    def frame_bytes(self) -> int:
        """Bytes of one raw frame."""
        return self.cells * self.numpy_dtype.itemsize

    @property
    def calibrated(self) -> bool:
        """True when values are a pressure; raw streams never carry N or kPa."""
        return self.unit != "raw"

    @property
    def floor_n(self) -> float:
        """Total force below which the centre of pressure is missing."""
        return CONTACT_FLOOR_N if self.cop_floor_n is None else self.cop_floor_n

    @cached_property
    def valid(self) -> NDArray[np.bool_]:
        """(rows, cols) True where a cell exists."""
        if self.mask is None:
            return np.ones((self.rows, self.cols), bool)
        return np.asarray(self.mask, bool).reshape(self.rows, self.cols)

    @cached_property
    def x(self) -> Floats:
        """(cols,) centres of the columns: mm with a pitch, else cells."""
        return self._centres(self.cols, 0, self.x_axis == "left")

    @cached_property
    def y(self) -> Floats:
        """(rows,) centres of the rows: mm with a pitch, else cells."""
        return self._centres(self.rows, 1, self.y_axis == "up")

    def _centres(self, n: int, axis: int, flipped: bool) -> Floats:
        index = np.arange(n, dtype=np.float64)
        index = index[::-1] if flipped else index
        if self.pitch_mm is None:
            return index
        return self.origin_mm[axis] + (index + 0.5) * self.pitch_mm[axis]

    @cached_property
    def area_cm2(self) -> Floats | None:
        """(rows, cols) area of each cell in cm², or None when neither area nor pitch is known."""
        if self.cell_area_mm2 is not None:
            area = np.asarray(self.cell_area_mm2, np.float64) / 100.0
            return np.broadcast_to(area.reshape(-1, self.cols) if area.ndim else area, (self.rows, self.cols))
        if self.pitch_mm is not None:
            return np.full((self.rows, self.cols), self.pitch_mm[0] * self.pitch_mm[1] / 100.0)
        return None

    def to_dict(self) -> dict[str, Any]:
        """The fields that differ from their defaults, as JSON values."""
        out: dict[str, Any] = {"rows": self.rows, "cols": self.cols, "dtype": self.dtype, "unit": self.unit}
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name not in out and value != item.default:
                out[item.name] = list(value) if isinstance(value, tuple) else value
        return out

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Layout:
        """Make a Layout from JSON values; unknown fields are ignored, wrong ones raise `InvalidData`."""
        known = {item.name for item in fields(cls)}
        missing = {"rows", "cols"} - data.keys()
        if missing:
            name = sorted(missing)[0]
            raise InvalidData(f"{name}: expected in the layout, but it is not there", field=name)
        chosen: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in data.items() if name in known
        }
        return cls(**chosen)


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
    if frames.dtype.kind == "f" and np.isinf(frames).any():
        raise InvalidData(
            "frames: expected finite values or NaN for a missing cell, got an infinite one", field="frames"
        )


@dataclass(frozen=True, eq=False)
class Block:
    """Consecutive frames of one stream, `seq` … `seq` + n − 1 of epoch number `e`.

    `frames` is (n, rows, cols) in the layout's dtype; `times_us` (n,) int64 UTC; `received_us` the arrival;
    `stats` (n, k) float32 or None, its columns those of `analytics.columns.ARRIVAL` for the layout.
    """

    e: int
    seq: int
    times_us: Ints
    received_us: int
    frames: Frames
    stats: NDArray[np.float32] | None = None

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

    def values(self) -> Floats:
        """(n, rows, cols) in the layout's unit, missing and masked cells NaN."""
        out = self.frames.astype(np.float64)
        if self.layout.scale != 1.0 or self.layout.offset != 0.0:
            out = out * self.layout.scale + self.layout.offset
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

    def blocks(self, size: int) -> Iterator[tuple[int, Recording]]:
        """Cut into parts of at most `size` frames, each with the index of its first."""
        for start in range(0, len(self), size):
            yield start, self.part(start, min(start + size, len(self)))
