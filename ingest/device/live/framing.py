"""From what comes over a line to whole frames: what is none is counted, said, and never taken for one.

Rules
1. A frame begins with its header. Bytes before one are skipped and counted.
2. Length and checksum have to be right. A frame with a checksum of one byte, or without one, is taken when the next
   header follows it directly, or when the line falls silent after its last byte: of half a frame, what follows is
   something else. It keeps the time at which its last byte came.
3. After a frame that is none, the next header is looked for from its second byte on, so that a whole frame that began
   within it is found.
4. Sequence numbers say how many frames are missing; a repeat, or one that is late, is dropped. One that goes far back
   is a sensor that began anew.
5. Memory is bounded by one frame and one reading of the line.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Protocol

import numpy as np

from barograph.frames import DTYPES, Frames
from ingest.device.live import checksums
from ingest.device.live.description import UNITS_US, Description, Field
from ingest.device.live.source import Measured

LATE = 8  # a number that is so far back is late, or a repeat
MOST_LOST = 100_000  # numbers that jump further are a sensor that began anew


class Faults:
    """What came and was no frame, counted by what it was, and the last of it in words."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.last = ""

    def add(self, what: str, n: int = 1, said: str = "") -> None:
        """Count something."""
        self.counts[what] += n
        self.last = said or self.last

    def told(self) -> str:
        """Return the counts, and the last in words; empty when there was nothing."""
        counted = ", ".join(f"{n} {what}" for what, n in self.counts.items() if n)
        return f"{counted} (last: {self.last})" if counted and self.last else counted


class Decoder(Protocol):
    """Makes frames of what comes."""

    def feed(self, data: bytes, now_us: int) -> list[Measured]:
        """Take bytes that came at a moment, and return the frames that are whole now."""
        raise NotImplementedError

    def silent(self, now_us: int) -> list[Measured]:
        """Return what is a frame because nothing follows it."""
        raise NotImplementedError

    def cut(self) -> None:
        """Drop what is left: the line was cut, or the datagram has ended."""


class Numbers:
    """What sequence numbers and the sensor's clock say of the frames of one line."""

    def __init__(self, description: Description, faults: Faults) -> None:
        self._faults = faults
        self._unit_us = UNITS_US[description.time_unit]
        self._sequence, self._time = description.field("sequence"), description.field("time")
        self._last: int | None = None
        self._ticks: int | None = None
        self._device = 0

    def measured(self, cells: Frames, sequence: int | None, time: int | None, arrived_us: int) -> list[Measured]:
        """Return the frame with what its numbers say, or nothing for a repeat."""
        lost = 0
        if sequence is not None and self._sequence is not None:
            missing = self._missing(sequence, 1 << self._sequence.bits)
            if missing is None:
                return []
            lost = missing
        device_us = None if time is None or self._time is None else self._passed_us(time, 1 << self._time.bits)
        return [Measured(cells, device_us, lost, arrived_us)]

    def _missing(self, sequence: int, numbers: int) -> int | None:
        """How many frames are missing before this one; None for one that is late or a repeat."""
        last, self._last = self._last, sequence
        if last is None:
            return 0
        ahead = (sequence - last) % numbers
        behind = (last - sequence) % numbers
        if behind <= min(LATE, numbers // 4):
            self._last = last
            self._faults.add("frames repeated or late")
            return None
        if ahead > min(MOST_LOST, numbers // 2):
            self._faults.add("restarts of the sensor", said=f"sequence {sequence} after {last}")
            return 0
        if ahead > 1:
            self._faults.add("frames missing by their numbers", ahead - 1)
        return ahead - 1

    def _passed_us(self, ticks: int, numbers: int) -> int:
        last, self._ticks = self._ticks, ticks
        if last is None or 0 < (last - ticks) % numbers < numbers // 2:
            self._device = ticks if last is None else min(ticks, self._device - 1)  # it went back: it begins anew
        else:
            self._device += (ticks - last) % numbers
        return round(self._device * self._unit_us)


class BinaryDecoder:
    """Frames of a fixed number of bytes."""

    def __init__(self, description: Description, faults: Faults, *, whole: bool) -> None:
        self._described = description
        self._faults = faults
        self._numbers = Numbers(description, faults)
        self._buffer = bytearray()
        self._start = 0  # how many bytes came before the buffer's first
        self._came: deque[tuple[int, int]] = deque()  # how many bytes had come, and when
        self._whole = whole
        self._aligned = whole  # the buffer begins where a frame has to begin

    def feed(self, data: bytes, now_us: int) -> list[Measured]:
        """Take bytes, and return the frames that are whole now."""
        if not data:  # an empty datagram: nothing is kept of it
            return []
        self._buffer += data
        self._came.append((self._start + len(self._buffer), now_us))
        return self._frames(silent=False)

    def silent(self, now_us: int) -> list[Measured]:
        """Return a whole frame that nothing follows."""
        return self._frames(silent=True)

    def cut(self) -> None:
        """Drop what is left of a line that was cut."""
        if self._buffer and self._aligned:
            self._faults.add("broken frames", said=f"{len(self._buffer)} of {self._described.nbytes} bytes")
        self._skip(len(self._buffer))
        self._aligned = self._whole

    def _frames(self, *, silent: bool) -> list[Measured]:
        size, out = self._described.nbytes, list[Measured]()
        while len(self._buffer) >= size:
            self._seek()
            if len(self._buffer) < size:
                break
            wrong = self._wrong(bytes(self._buffer[:size]), silent=silent)
            if wrong is None:
                break  # to be said when more came
            if wrong:
                if self._aligned:
                    self._faults.add("broken frames")
                self._faults.last = wrong
                self._skip(1 if self._described.header else size)
                continue
            out += self._taken(bytes(self._buffer[:size]))
            self._drop(size)
            self._aligned = True
        return out

    def _seek(self) -> None:
        """Skip to the next header, or to where one may have begun."""
        header = self._described.header
        at = self._buffer.find(header)
        if at < 0:
            begun = next(n for n in range(len(header) - 1, -1, -1) if self._buffer.endswith(header[:n]))
            at = len(self._buffer) - begun
        if at:
            self._faults.last = f"{self._buffer[: len(header)].hex(' ')} instead of the header"
            self._skip(at)

    def _wrong(self, frame: bytes, *, silent: bool) -> str | None:
        """What is wrong with a frame; "" when nothing is, None when it is not known yet."""
        given = self._described
        length = given.field("length")
        if length is not None and (said := self._number(frame, length)) != given.expected_length:
            return f"length {said} instead of {given.expected_length}"
        if (check := given.field("checksum")) is not None:
            made = checksums.checksum(given.checksum, frame[given.checked_from : check.start])
            if (said := self._number(frame, check)) != made:
                digits = 2 * check.nbytes
                return f"checksum {said:0{digits}X} instead of {made:0{digits}X}"
        if not given.header or given.checksum not in checksums.WEAK:
            return ""
        follows = bytes(self._buffer[given.nbytes : given.nbytes + len(given.header)])
        if not given.header.startswith(follows):
            return f"followed by {follows.hex(' ')} instead of the header"
        return "" if silent or len(follows) == len(given.header) else None

    def _number(self, frame: bytes, field: Field) -> int:
        return int.from_bytes(frame[field.start : field.stop], "little" if self._described.little else "big")

    def _taken(self, frame: bytes) -> list[Measured]:
        given = self._described
        cells = next(field for field in given.fields if field.name == "cells")
        values = np.frombuffer(frame, given.cell_type, offset=cells.start, count=given.layout.cells)
        sequence, time = (
            None if field is None else self._number(frame, field)
            for field in (given.field("sequence"), given.field("time"))
        )
        while self._came[0][0] < self._start + given.nbytes:
            self._came.popleft()
        return frame_of(given, self._numbers, self._faults, values, sequence, time, self._came[0][1])

    def _skip(self, n: int) -> None:
        if n:
            self._faults.add("bytes skipped", n)
            self._drop(n)
            self._aligned = False

    def _drop(self, n: int) -> None:
        del self._buffer[:n]
        self._start += n
        while self._came and self._came[0][0] <= self._start:
            self._came.popleft()


def frame_of(
    given: Description,
    numbers: Numbers,
    faults: Faults,
    values: Frames,
    sequence: int | None,
    time: int | None,
    arrived_us: int,
) -> list[Measured]:
    """Return the frame as the layout has it, or nothing for one that is none after all."""
    if values.dtype.kind == "f" and np.isinf(values).any():
        faults.add("broken frames", said="a cell is infinite")
        return []
    layout = given.layout
    shape = (layout.cols, layout.rows) if given.by_columns else (layout.rows, layout.cols)
    cells = values.reshape(shape).astype(DTYPES[layout.dtype])
    return numbers.measured(cells.T if given.by_columns else cells, sequence, time, arrived_us)
