"""Casts that lose nothing: an array in another type has the same values, or the cast is refused.

And what arrays of blocks and recordings have to be.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from barograph.errors import InvalidData
from barograph.layout import DTYPES, Floats, Frames, Ints, Layout

STORED = frozenset(DTYPES.values())
LARGEST_WHOLE = 1 << 62  # beyond it a float may turn into another integer without notice


def as_stored(frames: Any, layout: Layout) -> Frames:
    """Cast frames (n, rows, cols) to the layout's dtype, each value as it was; else `InvalidData` names the first.

    A masked cell of a numpy masked array is NaN. Where the layout's mask has no cell, NaN becomes the 0 that whole
    numbers have there.
    """
    values, dtype = _array(frames), layout.numpy_dtype
    _check_numbers(values)
    if values.shape[1:] != layout.valid.shape or values.ndim != 3:
        raise InvalidData(_misshapen(values, layout), field="frames")
    if np.ma.isMaskedArray(frames) and (hidden := np.ma.getmaskarray(frames)).any():
        values = np.where(hidden, np.nan, values)
    if values.dtype == dtype:
        return values
    if dtype.kind == "u" and values.dtype.kind == "f":
        values = np.where(~layout.valid & np.isnan(values), 0, values)
    return _exact(values, dtype)


def _array(frames: Any) -> NDArray[Any]:
    try:
        return np.asarray(frames.filled(0) if np.ma.isMaskedArray(frames) else frames)
    except ValueError:
        raise InvalidData("frames: expected (n, rows, cols), got rows of different lengths", field="frames") from None


def _misshapen(values: NDArray[Any], layout: Layout) -> str:
    if values.ndim == 3:
        return f"frames: expected cells of {layout.rows} x {layout.cols}, got {values.shape[1:]}"
    one = "; frames[None] makes one frame of it" if values.shape == layout.valid.shape else ""
    return f"frames: expected (n, rows, cols), got shape {values.shape}{one}"


def _check_numbers(values: NDArray[Any]) -> None:
    if values.dtype.kind not in "uif":
        raise InvalidData(f"frames: expected numbers, got {values.dtype}", field="frames")
    check_finite(values)


def check_finite(values: NDArray[Any]) -> None:
    """Refuse infinite values; NaN is a missing cell."""
    if values.dtype.kind == "f" and (infinite := np.isinf(values)).any():
        raise InvalidData(
            f"frames: expected finite values or NaN for a missing cell, got an infinite one at {_place(infinite)}",
            field="frames",
        )


def _exact(values: NDArray[Any], dtype: np.dtype[Any]) -> Frames:
    cast, changed = _cast(values, dtype)
    if not changed.any():
        return cast
    at = tuple(int(i) for i in np.argwhere(changed)[0])
    raise InvalidData(
        f"frames: expected {_range(dtype)}, got {values[at]} at {list(at)}{_instead(values, dtype)}", field="frames"
    )


def _cast(values: NDArray[Any], dtype: np.dtype[Any]) -> tuple[Frames, NDArray[np.bool_]]:
    """The cast array, and where it has another value."""
    with np.errstate(invalid="ignore", over="ignore"):
        cast = values.astype(dtype)
        changed = cast != values
        if values.dtype.kind == "f":
            changed &= ~(np.isnan(values) & np.isnan(cast))
        elif dtype.kind == "f":
            # numpy compares whole numbers with floats as floats, so the way back has to be gone.
            changed |= (cast.astype(values.dtype) != values) | (values > LARGEST_WHOLE) | (values < -LARGEST_WHOLE)
    return cast, changed


def _range(dtype: np.dtype[Any]) -> str:
    if dtype.kind == "u":
        return f"whole numbers from 0 to {np.iinfo(dtype).max} ({dtype.name}, as the layout says)"
    return f"values that {dtype.name}, the layout's dtype, holds exactly"


def _instead(values: NDArray[Any], dtype: np.dtype[Any]) -> str:
    """The type that would hold all of the values, as what to do."""
    fits = next((name for name, other in DTYPES.items() if not _cast(values, other)[1].any()), None)
    rounds = f'; frames.astype("{dtype.name}") rounds them' if dtype.kind == "f" and fits == "float64" else ""
    return "" if fits is None else f'; layout.with_dtype("{fits}") holds them all{rounds}'


def _place(where: NDArray[np.bool_]) -> list[int]:
    return [int(i) for i in np.argwhere(where)[0]]


def narrow(values: Floats) -> NDArray[np.float32]:
    """Return statistics as float32, NaN where a value is beyond it."""
    with np.errstate(over="ignore"):
        small = values.astype(np.float32)
    small[np.isinf(small)] = np.nan
    return small


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Return a view of `array` that cannot be written through."""
    view = array.view()
    view.flags.writeable = False
    return view


def check_times(times_us: Ints, frames: Frames) -> None:
    """Refuse times that are not one a frame."""
    if times_us.shape != (len(frames),):
        raise InvalidData(f"times_us: expected ({len(frames)},), one a frame, got {times_us.shape}", field="times_us")


def block_frames(given: Any) -> Frames:
    """Return frames in one of the dtypes that are stored; a Block knows no layout to cast them for."""
    frames = np.asarray(given)
    if frames.ndim != 3:
        raise InvalidData(f"frames: expected (n, rows, cols), got shape {frames.shape}", field="frames")
    if len(frames) == 0:
        raise InvalidData("frames: expected at least one frame in a block", field="frames")
    if frames.dtype not in STORED:
        if (name := frames.dtype.name) not in DTYPES:
            raise InvalidData(f"frames: expected one of {', '.join(DTYPES)}, got {frames.dtype}", field="frames")
        frames = frames.astype(DTYPES[name])
    check_finite(frames)
    return frames


def block_stats(given: Any, n: int) -> NDArray[np.float32]:
    """Return statistics as float32; anything but a row of numbers for each of `n` frames is refused."""
    stats = np.asarray(given)
    if stats.ndim != 2 or len(stats) != n or stats.dtype.kind != "f":
        raise InvalidData(f"stats: expected one row of numbers a frame, got {stats.dtype} {stats.shape}", field="stats")
    return stats if stats.dtype == np.float32 else narrow(stats)


def numbers_of(key: Any, n: int) -> Ints:
    """Return frame numbers of an array of numbers, or of n bools."""
    which = np.asarray(key)
    if which.dtype == bool and which.shape == (n,):
        return np.flatnonzero(which)
    if which.ndim != 1 or (which.dtype.kind not in "iu" and which.size) or ((which < -n) | (which >= n)).any():
        raise InvalidData(f"index: expected frame numbers below {n}, a slice, or {n} bools, got {key!r}", field="index")
    return which.astype(np.int64)
