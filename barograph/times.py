"""Times as people and libraries write them, as whole µs since 1970; a time without a zone is UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol

import numpy as np

from barograph.errors import InvalidData
from barograph.layout import Ints

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LARGEST_US = 1 << 62
MOST_S = 1e12  # further from a workout than anything that is stored
Moment = str | date | np.datetime64  # a date may be a datetime, a datetime a Timestamp


class Part(Protocol):
    """What has ends, both included, in µs since 1970: a trial, or a row of `lab.trials`."""

    @property
    def start_us(self) -> int:
        """Return the first moment."""
        ...

    @property
    def stop_us(self) -> int:
        """Return the last moment."""
        ...


def whole_us(times: Any, name: str = "times_us") -> Ints:
    """Return (n,) int64 µs of whole numbers of µs, of datetime64 (a DatetimeIndex too), or of datetimes.

    What is finer than a µs is cut off. Missing times, and those that 64 bits do not hold, raise `InvalidData`.
    """
    if getattr(getattr(times, "dtype", None), "tz", None) is not None:
        times = times.to_numpy("M8[ns]")
    given = np.asarray(times)
    if given.dtype.kind == "M":
        return _of_datetimes(given, name)
    if given.dtype.kind == "O" and given.size and all(isinstance(item, date) for item in given.flat):
        return np.array([_of_date(item, name) for item in given.flat], np.int64).reshape(given.shape)
    if given.size == 0:
        given = given.astype(np.int64)
    if given.dtype.kind not in "iu":
        raise InvalidData(f"{name}: expected whole microseconds, got {_kind(given)}", field=name)
    if given.dtype.kind == "u" and (given > np.iinfo(np.int64).max).any():
        raise InvalidData(f"{name}: expected microseconds that fit 64 bits, got {given.max()}", field=name)
    return given.astype(np.int64, copy=False)


def _kind(given: np.ndarray[Any, Any]) -> str:
    if given.dtype.kind == "f":
        return f"{given.dtype}; np.rint(seconds * 1e6).astype(np.int64) makes them"
    return str(given.dtype) if given.dtype.kind != "O" else f"{type(given.flat[0]).__name__} among them"


def _of_datetimes(given: np.ndarray[Any, Any], name: str) -> Ints:
    missing = np.isnat(given)
    if missing.any():
        raise InvalidData(f"{name}: expected a time for every frame, got NaT at {int(missing.argmax())}", field=name)
    us = given.astype("M8[us]")
    # A coarser unit that does not come back has overflown; a finer one is cut off.
    if np.datetime_data(given.dtype)[0] in ("Y", "M", "W", "D", "h", "m", "s", "ms") and (
        (us.astype(given.dtype) != given).any() or (np.abs(us.astype(np.int64)) > LARGEST_US).any()
    ):
        raise InvalidData(f"{name}: expected times that fit 64 bits of microseconds, got {given.max()}", field=name)
    return us.astype(np.int64)


def _of_date(item: date, name: str) -> int:
    if item != item:  # pandas' NaT calls itself a datetime
        raise InvalidData(f"{name}: expected a time, got NaT", field=name)
    moment = item if isinstance(item, datetime) else datetime.combine(item, time())
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int((moment - EPOCH) // timedelta(microseconds=1))


def moment_us(name: str, at: Any, expected: str = "a time") -> int:
    """Return µs since 1970 of a datetime, date, Timestamp, datetime64 or a text that names one; else `InvalidData`."""
    import pandas as pd  # nobody else here needs it, and it takes a moment

    try:
        time: Any = pd.NaT if isinstance(at, bool | int | float) else pd.Timestamp(at)
    except (ValueError, TypeError, OverflowError):
        time = pd.NaT
    if pd.isna(time):
        raise InvalidData(f"{name}: expected {expected}, got {str(at)[:40]!r}", field=name)
    return int(time.asm8.astype("datetime64[us]").astype(np.int64))


def moment_after_us(name: str, at: float | Moment | None, zero_us: int | None) -> int | None:
    """Return a moment as µs since 1970, None for none; numbers count seconds from `zero_us`."""
    if at is None:
        return None
    if isinstance(at, int | float | np.integer | np.floating) and not isinstance(at, bool):
        if not np.isfinite(at) or zero_us is None:
            raise InvalidData(f"{name}: expected seconds since the workout's first frame, got {at!r}", field=name)
        return zero_us + round(float(np.clip(at, -MOST_S, MOST_S)) * 1e6)
    return moment_us(name, at, "a time or seconds since the start")


def ends_of(start: Any, stop: Any) -> tuple[Any, Any]:
    """Return the ends of a part in place of a start that is one; others as they are."""
    return (start.start_us, start.stop_us) if stop is None and hasattr(start, "stop_us") else (start, stop)


EARLIEST_US = 946_684_800_000_000  # 2000-01-01: no sensor that this program reads has recorded before


def dated(t_us: int) -> bool:
    """Return whether a time is a date; times of a file without one count from 1970."""
    return t_us >= EARLIEST_US


def day_of(t_us: int) -> str:
    """Return the calendar day of a time, in UTC, as 2026-05-14."""
    return (EPOCH + timedelta(microseconds=t_us)).date().isoformat()


def day_us(day: str) -> int:
    """Return the moment at which a calendar day as 2026-05-14 begins in UTC."""
    return _of_date(date.fromisoformat(day), "day")
