"""novel loadsol exports (`.txt`): forces of one to three areas of an insole, one insole or two, a tab row a time.

    loadapp_2024_01_17_14_48_48_148.loadflux        when it began, to the ms, no zone
    comment a comment
        PGV247-L::heel	PGV247-L::medial	PGV247-L::lateral	PGV247-L		PGV247-L::xAcc	…
    Time[secs]	Force[N]	Force[N]	Force[N]	Force[N]	Time[secs]	[g]	…
    0.000	107.500	…

Each insole has times of its own. The order of the areas is another on the right foot. A row that the radio lost has
areas of -1.000 and is no frame. Printed times skip a step and then repeat one, as rows come in step all the same: a row
within one step of its printed time has the time of its number. What stands in the last column, as the mark of the end,
is in `provenance["marks"]`.

`provenance["vendor"]`: the total and the values of the motion sensor by their names, one entry per frame.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from barograph import geometries
from barograph.errors import InvalidData
from barograph.files import doubts
from barograph.files.parts import FileRecording
from barograph.files.vendors.matrices import Exactness, plain
from barograph.files.vendors.quantities import since_1970_us
from barograph.files.vendors.soles import Sole, recording_of, rows_of, time_us_of
from barograph.files.vendors.text import FileLines, Header, decode
from barograph.frames import Floats, Ints, Layout, Recording
from barograph.geometry import Geometry

FIRST = re.compile(r"\Aloadapp_(\d{4}(?:_\d\d){5})_(\d{3})\b")
SENSOR = re.compile(r"(\S.*?)(?:::(\w+))?\Z")
TIME, FORCE = "Time[secs]", "Force[N]"
LOST = -1.0
ROUNDED_N = 0.01
MOST_MARKS = 1000
OF_FILES = "names of the columns of the file"


@dataclass
class Insole:
    """The columns of one sensor: its name, its time, its areas by name, and how its rows are read."""

    name: str
    time: int
    areas: dict[str, int] = field(default_factory=dict)
    total: int | None = None
    beside: dict[str, int] = field(default_factory=dict)
    off_n: float = 0.0

    @property
    def side(self) -> Any:
        """Of the body, by the end of the sensor's name."""
        return {"-L": "left", "-R": "right"}.get(self.name[-2:])

    def compare(self, row: Floats | None, words: Sequence[str]) -> None:
        """Compare the sum of the areas of a row with the total that is printed for it."""
        total = None if self.total is None or not self.areas else plain(words[self.total], [words[self.total]])
        if row is not None and total is not None:
            self.off_n = max(self.off_n, abs(float(row.sum() - total[0])))

    def sole(self) -> Sole:
        """Return what reads its rows; an insole that has a total alone has that as its one area."""
        cells = list(self.areas.values()) or [self.total or 0]
        beside = self.beside | ({} if self.total is None else {self.name: self.total})
        return Sole(self.side, cells, beside, missing=LOST, exactness=Exactness(tenths=True))


@dataclass
class Found:
    """What is known of a file: when it began, the names of its columns, its insoles, and marks by their time."""

    header: Header
    titles: list[str]
    insoles: list[Insole]
    marks: list[dict[str, Any]] = field(default_factory=list)


def recognises(head: bytes) -> bool:
    """Return True for the first bytes of a loadsol export."""
    return FIRST.match(decode(head)) is not None


def read(path: Path) -> list[Recording]:
    """Read every insole; a damaged file raises `FileFormatError` with file, line, column and expectation."""
    return [one.whole() for one in opened(path)]


def opened(path: Path) -> list[FileRecording]:
    """Return every insole that the file has frames of; these stay in it until they are asked for."""
    with FileLines(path) as lines:
        found = _begun(lines)
        soles = [insole.sole() for insole in found.insoles]
        clocks = [Clock() for _ in soles]
        for words in rows_of(lines, len(found.titles)):
            for insole, sole, clock in zip(found.insoles, soles, clocks, strict=True):
                clock.add(lines, words[insole.time], insole.time)
                insole.compare(sole.take(lines, words, found.titles, sole.rows), words)
            _mark(lines, found, words)
        if not any(sole.times for sole in soles):
            raise lines.error("a row with forces", "none")
    start_us = found.header.convert("began", "loadapp_year_month_day_hour_minute_second_ms", _start_us)
    return [
        _recording(path, found, number, sole, start_us + clock.times_us(path)[sole.times_us])
        for number, (sole, clock) in enumerate(zip(soles, clocks, strict=True))
        if sole.times
    ]


class Clock:
    """The printed times of all rows of one insole."""

    def __init__(self) -> None:
        self._printed = array("q")

    def add(self, lines: FileLines, word: str, column: int) -> None:
        """Take a row's time; one that goes back is an error."""
        time_us = time_us_of(lines, word, column)
        if self._printed and time_us < self._printed[-1]:
            raise lines.error(f"column {column + 1}: a time of {self._printed[-1] / 1e6:g} s or later", word)
        self._printed.append(time_us)

    def times_us(self, path: Path) -> Ints:
        """Return µs after the start of every row, rising."""
        printed = np.frombuffer(self._printed, np.int64)
        apart, often = np.unique(np.diff(printed), return_counts=True)
        often[apart == 0] = 0
        step = int(apart[often.argmax()]) if often.any() else 0
        # A longer pause begins a stretch of its own.
        breaks = np.flatnonzero(np.diff(printed) > 2 * step) + 1
        stretches = np.split(printed, breaks)
        times = np.concatenate([one[0] + step * np.arange(len(one)) for one in stretches])
        off = np.abs(times - printed)
        if off.max() > step or (np.diff(times) <= 0).any():
            row = int(off.argmax())
            raise InvalidData(
                f"{path}, row {row + 1} of the table: expected a time within {step / 1e6:g} s of "
                f"{times[row] / 1e6:g} s, one step a row, got {printed[row] / 1e6:g} s",
                field="times_us",
            )
        return np.asarray(times, np.int64)


def _mark(lines: FileLines, found: Found, words: Sequence[str]) -> None:
    """What somebody wrote beside a row, in a column without a title."""
    for title, word in zip(found.titles, words, strict=True):
        if word and not title and len(found.marks) < MOST_MARKS:
            found.marks.append({"time_s": time_us_of(lines, words[0], 0) / 1e6, "text": word[:200]})


def _start_us(text: str) -> int:
    return since_1970_us(datetime.strptime(f"{text}000", "%Y_%m_%d_%H_%M_%S_%f"))


def _begun(lines: FileLines) -> Found:
    """The four lines before the rows."""
    header = Header(lines)
    first = FIRST.match(lines.next("loadapp_ and when the recording began"))
    if first is None:
        raise lines.error("loadapp_year_month_day_hour_minute_second_ms", lines.line)
    header.add("began", f"{first[1]}_{first[2]}")
    if not lines.next("comment").startswith("comment"):
        raise lines.error("comment and a text", lines.line)
    header.add("comment", lines.line.removeprefix("comment"))
    lines.next("the names of the sensors")
    names = [word.strip() for word in lines.whole.split("\t")]
    lines.next("Time[secs] and the units of all columns")
    units = [word.strip() for word in lines.whole.split("\t")]
    width = max(len(names), len(units))
    names, units = (words + [""] * (width - len(words)) for words in (names, units))
    if units[0] != TIME:
        raise lines.error(f"{TIME}, then a unit for each of the names", lines.line)
    insoles = _insoles(lines, names, units)
    return Found(header, [name or unit for name, unit in zip(names, units, strict=True)], list(insoles.values()))


def _insoles(lines: FileLines, names: Sequence[str], units: Sequence[str]) -> Mapping[str, Insole]:
    """The sensors in their order; a column belongs to the sensor that it names, its time stands before it."""
    found: dict[str, Insole] = {}
    time = 0
    for column, (name, unit) in enumerate(zip(names, units, strict=True)):
        if unit == TIME:
            time = column
            continue
        sensor = SENSOR.match(name)
        if sensor is None:
            if unit:
                raise lines.error(f"column {column + 1}: a name above {unit}", "none", lines.number - 1)
            continue
        insole = found.setdefault(sensor[1], Insole(sensor[1], time))
        taken = insole.areas if unit == FORCE else insole.beside
        if sensor[2] is None and unit == FORCE and insole.total is None:
            insole.total = column
        elif sensor[2] is None or name in insole.beside or sensor[2] in insole.areas:
            raise lines.error(f"column {column + 1}: each name once, then :: and an area", name, lines.number - 1)
        else:
            taken[sensor[2] if unit == FORCE else f"{name}{unit}"] = column
    if bare := [name for name, one in found.items() if not one.areas and one.total is None]:
        raise lines.error(f"columns {FORCE} of {bare[0]}", "none")
    if not found:
        raise lines.error(f"columns {FORCE} of a sensor", "none")
    return found


def _recording(path: Path, found: Found, which: int, sole: Sole, times_us: Ints) -> FileRecording:
    insole = found.insoles[which]
    fields: dict[str, Any] = {"dtype": sole.exact.dtype, "scale": sole.exact.scale, "unit": "N", "side": insole.side}
    layout = Layout(rows=1, cols=len(sole.cells), kind="insole", geometry=_geometry(insole), **fields)
    return recording_of(
        path,
        sole,
        layout,
        times_us,
        lambda: _again(path, which),
        {
            "format": "novel-loadsol",
            "file": path.name,
            "header": found.header.texts(),
            "sensor": insole.name,
            "assumed": f"the beginning is UTC; rows come in step where printed times repeat; {doubts.UNCOUNTED}",
            "doubts": _off(insole),
            **({"marks": found.marks} if found.marks else {}),
        },
    )


def _geometry(insole: Insole) -> Geometry:
    """The insole that is known by these names, else the names alone: places are published of none."""
    names = tuple(insole.areas) or ("total",)
    for name in ("loadsol", "loadsol-1") if insole.side else ():
        known = geometries.named(name, insole.side).geometry
        if known is not None and known.names == names:
            return known
    return Geometry(places="none", names=names, source=OF_FILES)


def _off(insole: Insole) -> list[str]:
    return (
        [f"printed totals differ from the sum of the areas by up to {insole.off_n:.2f} N"]
        if insole.off_n > ROUNDED_N
        else []
    )


def _again(path: Path, which: int) -> Iterator[Floats]:
    with FileLines(path) as lines:
        found = _begun(lines)
        sole = found.insoles[which].sole()
        for words in rows_of(lines, len(found.titles)):
            row = sole.values(lines, words, found.titles)
            if row is not None:
                yield row
