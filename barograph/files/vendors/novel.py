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
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import numpy as np

from barograph.files.vendors.quantities import number, numbers, pressure_unit, seconds, since_1970_us
from barograph.files.vendors.text import UNIT_NAMES, Header, Lines
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


@dataclass(frozen=True)
class Table:
    """The rows of frames: `sensors` (cells,) their numbers, `times` exact, `cells` (n, cols), summaries if printed."""

    sensors: list[int]
    times: list[Decimal]
    cells: Floats
    summaries: dict[str, list[float]]

    @property
    def times_us(self) -> Ints:
        """(n,) µs since the start."""
        return np.array([int(time * 1_000_000) for time in self.times], np.int64)


def header(lines: Lines) -> Header:
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


def table(lines: Lines, found: Header) -> Table:
    """Return the frames, from the line of sensor numbers that was just read to the last row of numbers."""
    _, *names = lines.line.split()
    if not names or not all(re.match(r"[1-9]\d{0,5}\Z", name) for name in names):
        raise lines.error("time[secs] and the numbers of the sensors", lines.line)
    apart = step(found)
    times: list[Decimal] = []
    cells: list[Floats] = []
    summaries: dict[str, list[float]] = {}
    while not lines.at_end() and lines.next("a row"):
        name, *values = lines.line.split()
        row = _row(lines, f"the row of {name}", values, len(names))
        if name in SUMMARIES and name not in summaries:
            summaries[name] = row.tolist()
        elif summaries:
            raise lines.error("MPP and MVP after the last frame", lines.line.strip())
        else:
            times.append(_time(lines, name, times, apart))
            cells.append(row)
    if not times:
        raise lines.error("a row for each frame", "none")
    return Table([int(name) for name in names], times, np.array(cells), summaries)


def _row(lines: Lines, which: str, values: list[str], width: int) -> Floats:
    if len(values) != width:
        raise lines.error(f"{which}: {width} values after the time", f"{len(values)} values")
    try:
        return numbers(values)
    except ValueError as error:
        raise lines.error(f"{which}: numbers with a decimal point", str(error)) from None


def _time(lines: Lines, text: str, before: list[Decimal], step: Decimal) -> Decimal:
    """The time of a row, which is one step after the one before, but for what its decimals round off."""
    try:
        number(text)
        time = Decimal(text)
    except (ValueError, ArithmeticError):
        raise lines.error("the time of a frame in seconds", text) from None
    if before and abs(time - before[-1] - step) > step / 100:
        raise lines.error(f"a frame {step} s after {before[-1]} s", text)
    return time


def check_complete(lines: Lines, found: Header, last: Decimal) -> None:
    """Check that the last row has the time that the header says is the total."""
    total = found.convert("total time", "seconds above 0", lambda text: seconds(text, 10**6))
    if abs(total - last) >= step(found) / 2:
        raise lines.error(f"rows up to the total time of {total} s", f"the last at {last} s")
