"""How the times that a client writes become times of the server. No socket, no database.

Rules
 1. A number is seconds or milliseconds since 1970 when it is a date so: from the year 2000 to a day from now. Any other
    number is of a counter that begins somewhere, as one of the milliseconds since a device was switched on.
 2. What a client says beforehand counts: `time_unit`, and `times`: "absolute" when its times are dates to be kept,
    however old they are; "device" when they are those of a clock that may be off.
 3. The offset between a device's clock and the server's is fixed once an epoch, in the archive, so that a frame that is
    written twice has the same time. It comes from the clock exchange; without one it is 0, unless the clocks differ by
    more than `CLOCK_TOLERANCE_US`: then a first arrival fixes it, and the clock is `suspect`, or `relative` where it
    has no date. Steps between frames stay what the device says.
 4. The unit of a counter is known from its first step: less than 0.2 can only be seconds, 60 and more milliseconds;
    between them it is seconds when the frame came at least half as long after the first as that would be, else
    milliseconds. So is that of a date that is not believed. A first frame is placed by its arrival in any unit.
 5. An offset never puts a frame more than the tolerance into the future, and a counter that goes back has begun anew:
    from that frame on the offset is another one, kept with the epoch under the frame's number.
 6. A time that cannot be, before 2000 or a day ahead, is replaced by the arrival; of absolute times it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from barograph.frames import Ints
from barograph.store.records import Clock, Moved
from barograph.times import EARLIEST_US
from ingest.messages import Refused

CLOCK_TOLERANCE_US = 5_000_000
DAY_US = 86_400_000_000
BACK_US = 1_000_000
MOST_MOVED = 256
UNITS_US = {"s": 1e6, "ms": 1e3, "us": 1.0}
MS_ONLY, S_ONLY = 60.0, 0.2  # steps of a counter
WILD_US = 1 << 60

Kind = Literal["device", "absolute", "auto"]
Unit = Literal["s", "ms", "us"]


@dataclass(frozen=True)
class Reading:
    """What a client said of its times: "auto" is absolute for dates that are more than a day old."""

    times: Kind = "device"
    unit: Unit | None = None


def date_us(number: float, now_us: int, unit: Unit | None = None) -> int | None:
    """Return the date that a number is in seconds or milliseconds, or in the unit that was said.

    None when it is none.
    """
    for tick_us in (UNITS_US[unit],) if unit else (1e6, 1e3):
        t_us = number * tick_us
        if EARLIEST_US <= t_us <= now_us + DAY_US:
            return round(t_us)
    return None


def tick_of(step: float, elapsed_us: float) -> float:
    """Return µs of a counter's unit, from a step of it and the time in which that came (rule 4)."""
    step = abs(step)
    if step < S_ONLY or (step < MS_ONLY and elapsed_us >= 0.5 * step * 1e6):
        return 1e6
    return 1e3


class DeviceTimes:
    """The times of one epoch."""

    def __init__(self, clock: Clock | None) -> None:
        self.clock = clock
        self.reading = Reading()
        last = clock.moved[-1].tick_us if clock and clock.moved else clock.tick_us if clock else 0
        self._tick_us: float | None = float(last) if last else None
        self._guess_us = 1e3
        self._first: tuple[float, int] | None = None
        self._newest_us: int | None = None
        self._offset_us: int | None = None  # that of a unit that has just become known

    @property
    def absolute(self) -> bool:
        """Whether the client said that its times are dates to be kept."""
        return self.reading.times == "absolute"

    # --- numbers

    def device_us(self, number: float, received_us: int, exchanged: Clock | None) -> int:
        """Return the device's time of a number of JSON, in µs, or `Refused`."""
        if not abs(number) < 1e15:
            raise Refused("bad_field", f"timestamp: {number} is no time", field="timestamp")
        date = date_us(number, received_us, self.reading.unit)
        if self.reading.times != "device" and date is not None:
            return date
        if self.absolute:
            said = "timestamp: expected a date from the year 2000 to a day from now, as times are absolute"
            raise Refused("bad_field", f"{said}, got {number:g}", field="timestamp")
        return round(number * self._tick(number, received_us, date, exchanged))

    def _tick(self, number: float, received_us: int, date: int | None, exchanged: Clock | None) -> float:
        if self.reading.unit is not None:
            return UNITS_US[self.reading.unit]
        if self._tick_us is not None:
            return self._tick_us
        believed = date is not None and abs(received_us - date) <= CLOCK_TOLERANCE_US
        guess = (date / number) if date is not None and number else 1e3
        if believed and self._first is None:
            self._tick_us = 1e6 if guess > 1e4 else 1e3
        elif exchanged is not None:
            off = exchanged.offset_us - received_us
            self._tick_us = min((1e3, 1e6), key=lambda tick_us: abs(number * tick_us + off))
        elif self._first is None or number == self._first[0]:
            self._first = self._first or (number, received_us)
            self._guess_us = 1e6 if guess > 1e4 else 1e3
            return self._guess_us
        else:
            self._decide(number, received_us, self._first)
        return self._tick_us or self._guess_us

    def _decide(self, number: float, received_us: int, first: tuple[float, int]) -> None:
        tick_us = self._tick_us = tick_of(number - first[0], received_us - first[1])
        if tick_us != self._guess_us:
            self._offset_us = first[1] - round(first[0] * tick_us)

    def counted_us(self, number: float, now_us: int) -> int | None:
        """Return the server's time of a number of this epoch's counter, when it has one and that can be."""
        clock = self.clock
        if clock is None or not (clock.relative or clock.suspect) or not (tick_us := self._tick_us or clock.tick_us):
            return None
        t_us = round(number * tick_us) + clock.last_offset_us
        return t_us if EARLIEST_US <= t_us <= now_us + CLOCK_TOLERANCE_US else None

    # --- clocks

    def proposed(self, exchanged: Clock | None, device_us: int, now_us: int) -> Clock:
        """Return the clock to fix when a frame of `device_us` arrives at `now_us` and none is fixed yet (rule 3)."""
        behind_us, tick_us = now_us - device_us, round(self._tick_us or (self._guess_us if self._first else 0))
        date = EARLIEST_US <= device_us <= now_us + DAY_US
        if self.absolute or (self.reading.times == "auto" and date and behind_us > DAY_US):
            return Clock(0, tick_us=tick_us)
        if exchanged is not None:
            return exchanged if not tick_us else Clock(exchanged.offset_us, exchanged.error_us, tick_us=tick_us)
        if abs(behind_us) <= CLOCK_TOLERANCE_US:
            return Clock(0, tick_us=tick_us)
        return Clock(behind_us, suspect=date, relative=not date, tick_us=tick_us)

    def moved(self, seq: int, times_us: Ints, received_us: int) -> Moved | None:
        """Return the offset that holds from one of these frames on, when that of before holds no more (rule 5)."""
        clock = self.clock
        if clock is None or self.absolute or not (clock.offset_us or clock.relative) or len(clock.moved) >= MOST_MOVED:
            return None
        tick_us, offset_us = round(self._tick_us or clock.tick_us), self._offset_us
        if offset_us is not None:
            self._offset_us = None
            return Moved(seq, offset_us, tick_us)
        latest_us = received_us + CLOCK_TOLERANCE_US - clock.last_offset_us
        if not clock.relative and _within(times_us, -WILD_US, min(latest_us, WILD_US)):
            return None
        known = np.abs(times_us) <= WILD_US
        ahead = known & (np.where(known, times_us, 0) + clock.last_offset_us > received_us + CLOCK_TOLERANCE_US)
        if clock.relative:
            before = times_us[:1] if self._newest_us is None else np.array([self._newest_us])
            ahead |= known & (np.diff(np.where(known, times_us, before[0]), prepend=before) < -BACK_US)
        if not ahead.any():
            return None
        return Moved(seq + int(np.argmax(ahead)), received_us - int(times_us[known][-1]), tick_us)

    def placed(self, times_us: Ints) -> None:
        """Note that these frames, which follow all before them, have been taken."""
        if abs(last_us := int(times_us[-1])) <= WILD_US:
            self._newest_us = last_us
            return
        known = times_us[np.abs(times_us) <= WILD_US]
        self._newest_us = int(known[-1]) if len(known) else self._newest_us

    def server_us(self, seq: int, times_us: Ints, received_us: int) -> tuple[Ints, NDArray[np.bool_]]:
        """Return (n,) server times of frames from number `seq` on.

        And where the arrival stands for a time that cannot be.
        """
        if (one_us := self._offset_from(seq)) is not None:
            earliest_us, latest_us = EARLIEST_US - one_us, received_us + DAY_US - one_us
            if _within(times_us, max(earliest_us, -WILD_US), min(latest_us, WILD_US)):  # as nearly always
                return times_us + one_us, np.zeros(len(times_us), np.bool_)
        offset_us = self._offsets_us(np.arange(seq, seq + len(times_us)))
        # An offset that leaves the range of int64 would wrap around into a time that looks good.
        wild = np.abs(times_us) > WILD_US
        out = np.where(wild, 0, times_us) + offset_us
        wild |= (out < EARLIEST_US) | (out > received_us + DAY_US)
        return np.where(wild, received_us, out), wild

    def _offset_from(self, seq: int) -> int | None:
        """The offset of all frames from number `seq` on, if that is one."""
        if (clock := self.clock) is None:
            return 0
        return clock.last_offset_us if not clock.moved or seq >= clock.moved[-1].seq else None

    def _offsets_us(self, numbers: Ints) -> Ints:
        clock = self.clock or Clock(0)
        starts = np.array([one.seq for one in clock.moved], np.int64)
        offsets = np.array([clock.offset_us, *(one.offset_us for one in clock.moved)], np.int64)
        return np.asarray(offsets[np.searchsorted(starts, numbers, side="right")])


def _within(times_us: Ints, least_us: int, most_us: int) -> bool:
    return least_us <= int(np.minimum.reduce(times_us)) and int(np.maximum.reduce(times_us)) <= most_us
