"""What novel's ASCII exports (`.asc`) have in common: a header, and a table with one row per frame.

    file name:  …   date/time  25.04.23 10.49            day first; taken as UTC
    total time [secs]: 15.050  time per frame [secs]: 0.01000  scanning rate [Hz]: 100
    pressure values in  kPa
    time[secs]   1   2 …                                  numbers of the sensors
      0.01000  32.500 …

The total time says how far the recording goes, so a file that was cut between two rows is found out.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import numpy as np

from barograph.files.vendors.matrices import check_frames
from barograph.files.vendors.quantities import number, numbers, pressure_unit, seconds, since_1970_us
from barograph.files.vendors.text import UNIT_NAMES, Cursor, FileLines, Header
from barograph.frames import Floats, Ints

KEYS = ("file name", "date/time", "total time", "time per frame", "scanning rate", "pressure values in")
PART = re.compile(
    r"(file name|date/time|total times?|time per frame|scanning rate|pressure values in|sensor type|mat type)"
    r"(?:\s*\[\w+\])?:?\s+(.*?)"
    r"(?=\s+(?:date/time|time per frame|scanning rate)|\s*\Z)"
)
ASSUMED = "date/time is UTC, day first"
# What lies below the system's own threshold (10 or 15 kPa) is written as 0, and novel counts every cell above 0.
CONTACT_KPA = 0.0
SUMMARIES = ("MPP", "MVP")


@dataclass
class Table:
    """What the rows of frames hold but their cells: numbers of the `sensors`, times in µs, summaries if printed."""

    sensors: list[int]
    first: Decimal = Decimal(0)
    last: Decimal = Decimal(0)
    times: array[int] = field(default_factory=lambda: array("q"))
    summaries: dict[str, list[float]] = field(default_factory=dict)

    @property
    def times_us(self) -> Ints:
        """(n,) µs since the start."""
        return np.array(self.times, np.int64)

    def take(self, lines: Cursor, text: str, step: Decimal) -> None:
        """Keep the time of a row, which is one step after the one before, but for what its decimals round off."""
        time = _time(lines, text)
        if self.times and abs(time - self.last - step) > step / 100:
            raise lines.error(f"a frame {step} s after {self.last} s", text)
        self.first = self.first if self.times else time
        self.last = time
        self.times.append(int(time * 1_000_000))
        check_frames(lines.path, len(self.times))


def header(lines: Cursor) -> Header:
    """Return the values up to the line before the table; those that every export has have to be there."""
    found = Header(lines)
    while not lines.next_filled("a header line, or time[secs]").startswith("time[secs]"):
        for key, text in PART.findall(lines.line):
            found.add(key.replace("times", "time"), text)
    for key in KEYS:
        found.text(key)
    return found


def unit(found: Header) -> str:
    """Return the unit of all cells, as a Layout names it."""
    return found.convert("pressure values in", f"one of {UNIT_NAMES}", pressure_unit)


def step(found: Header) -> Decimal:
    """Return seconds from a frame to the next."""
    return found.convert("time per frame", "seconds above 0", seconds)


def start_us(found: Header) -> int:
    """Return µs since 1970 of the recording's start."""
    expected = "day.month.year hour.minute, as in 25.04.23 10.49"
    return found.convert("date/time", expected, lambda text: since_1970_us(datetime.strptime(text, "%d.%m.%y %H.%M")))


def begun(lines: Cursor) -> Table:
    """Return the table that begins with the line of sensor numbers, which was just read, without its rows."""
    _, *names = lines.line.split()
    if not names or not all(re.match(r"[1-9]\d{0,5}\Z", name) for name in names):
        raise lines.error("time[secs] and the numbers of the sensors", lines.line)
    return Table([int(name) for name in names])


def rows(lines: Cursor, found: Header, made: Table) -> Iterator[Floats]:
    """Yield (cells,) of every frame up to a blank line or the end; times and summaries go to the table."""
    apart, width = step(found), len(made.sensors)
    while not lines.at_end() and (line := lines.next("a row")):
        name, *values = line.split()
        row = _row(lines, f"the row of {name}", values, width)
        if name in SUMMARIES and name not in made.summaries:
            made.summaries[name] = row.tolist()
        elif made.summaries:
            raise lines.error("MPP and MVP after the last frame", lines.line.strip())
        else:
            made.take(lines, name, apart)
            yield row
    if not made.times:
        raise lines.error("a row for each frame", "none")


def again(path: Path) -> Iterator[Floats]:
    """Yield (cells,) of every frame from the file."""
    with FileLines(path) as lines:
        found = header(lines)
        yield from rows(lines, found, begun(lines))


def _row(lines: Cursor, which: str, values: list[str], width: int) -> Floats:
    if len(values) != width:
        raise lines.error(f"{which}: {width} values after the time", f"{len(values)} values")
    try:
        return numbers(values)
    except ValueError as error:
        raise lines.error(f"{which}: numbers with a decimal point", str(error)) from None


def _time(lines: Cursor, text: str) -> Decimal:
    try:
        number(text)
        return Decimal(text)
    except (ValueError, ArithmeticError):
        raise lines.error("the time of a frame in seconds", text) from None


def check_complete(lines: Cursor, found: Header, last: Decimal) -> None:
    """Check that the last row has the time that the header says is the total."""
    total = found.convert("total time", "seconds above 0", lambda text: seconds(text, 10**6))
    if abs(total - last) >= step(found) / 2:
        raise lines.error(f"rows up to the total time of {total} s", f"the last at {last} s")
