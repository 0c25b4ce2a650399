"""Stappone insoles (`.csv`): raw counts of 12 cells, a line a time and insole.

    sole_id,timestamp,accel_x,…,pressure_01,…,pressure_12,corrupt
    2,1772612345000,7264,…,151,…,261,0

`sole_id` 1 is the left insole, 2 the right one; `timestamp` is ms since 1970. Counts have an offset: without a tare and
a calibration they are no pressure. A line that is marked corrupt is no frame. Cells lie as in the geometry `stappone`.

`provenance["vendor"]`: the other columns by their titles, one entry per frame.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from barograph import geometries
from barograph.files import doubts
from barograph.files.parts import FileRecording
from barograph.files.vendors.matrices import Exactness
from barograph.files.vendors.soles import Sole, check_once, recording_of, rows_of
from barograph.files.vendors.text import FileLines, decode
from barograph.frames import Floats, Ints, Layout, Recording

FIRST = "sole_id,timestamp,"
CELL = re.compile(r"pressure_(\d\d)\Z")
CELLS = 12
SIDES = {"1": "left", "2": "right"}
# ms of dates from 2001 to 2106.
TIMES_MS = range(10**12, 4_294_967_296_000)


@dataclass
class Found:
    """The columns of a file, and its insoles by `sole_id`."""

    titles: list[str]
    corrupt: int | None
    cells: list[int]
    soles: dict[str, Sole]
    times: dict[str, array[int]] = field(default_factory=dict)  # of all lines, corrupt ones too


def recognises(head: bytes) -> bool:
    """Return True for the first bytes of a file with Stappone's columns."""
    first = decode(head).replace("\r", "\n").partition("\n")[0]
    return first.startswith(FIRST) and "pressure_01" in first


def read(path: Path) -> list[Recording]:
    """Read every insole; a damaged file raises `FileFormatError` with file, line, column and expectation."""
    return [one.whole() for one in opened(path)]


def opened(path: Path) -> list[FileRecording]:
    """Return the insoles that the file has frames of; these stay in it until they are asked for."""
    with FileLines(path) as lines:
        found = _begun(lines)
        for words in rows_of(lines, len(found.titles), ","):
            sole, time_us = _sole_of(lines, found, words), _time_us(lines, words[1])
            before = found.times.setdefault(words[0], array("q"))
            if before and time_us <= before[-1]:
                raise lines.error(f"column 2, timestamp: more than {before[-1] // 1000} ms", words[1])
            before.append(time_us)
            sole.take(lines, words, found.titles, time_us, lost=_is_corrupt(lines, found, words))
        there = {sole_id: sole for sole_id, sole in sorted(found.soles.items()) if sole.times}
        if not there:
            raise lines.error("a line with counts", "none")
    pauses = {sole_id: _pauses(np.frombuffer(times, np.int64)) for sole_id, times in found.times.items()}
    return [_recording(path, sole_id, sole, pauses[sole_id]) for sole_id, sole in there.items()]


def _begun(lines: FileLines) -> Found:
    lines.next("the titles of the columns")
    titles = [title.strip() for title in lines.line.split(",")]
    check_once(lines, titles)
    numbers = {int(cell[1]): column for column, title in enumerate(titles) if (cell := CELL.match(title))}
    if sorted(numbers) != list(range(1, CELLS + 1)):
        raise lines.error(f"columns pressure_01 to pressure_{CELLS}", f"{len(numbers)} such columns")
    cells = [numbers[number] for number in sorted(numbers)]
    return Found(titles, titles.index("corrupt") if "corrupt" in titles else None, cells, {})


def _sole_of(lines: FileLines, found: Found, words: Sequence[str]) -> Sole:
    if words[0] not in SIDES:
        raise lines.error("column 1, sole_id: 1 (left) or 2 (right)", words[0])
    if words[0] not in found.soles:
        taken = {0, 1, found.corrupt, *found.cells}
        beside = {title: column for column, title in enumerate(found.titles) if column not in taken}
        found.soles[words[0]] = Sole(SIDES[words[0]], found.cells, beside, exactness=Exactness(whole=True))
    return found.soles[words[0]]


def _time_us(lines: FileLines, word: str) -> int:
    if not re.match(r"\d{1,15}\Z", word) or int(word) not in TIMES_MS:
        raise lines.error("column 2, timestamp: ms since 1970", word)
    return int(word) * 1000


def _is_corrupt(lines: FileLines, found: Found, words: Sequence[str]) -> bool:
    word = "0" if found.corrupt is None else words[found.corrupt]
    if word not in ("0", "1"):
        raise lines.error(f"column {(found.corrupt or 0) + 1}, corrupt: 0 or 1", word)
    return word == "1"


def _pauses(times_us: Ints) -> list[str]:
    """Doubts where a step is longer than the usual one by a half or more."""
    steps, often = np.unique(np.diff(times_us), return_counts=True)
    usual = int(steps[often.argmax()]) if len(steps) else 0
    at: list[int] = np.flatnonzero(np.diff(times_us) >= 1.5 * max(usual, 1)).tolist()
    return [f"frames between {times_us[k] // 1000} and {times_us[k + 1] // 1000} ms are not in the file" for k in at]


def _recording(path: Path, sole_id: str, sole: Sole, pauses: list[str]) -> FileRecording:
    times_us = sole.times_us
    fields: dict[str, Any] = {"unit": "raw", "side": sole.side, "dtype": sole.exact.dtype}
    layout = Layout(**fields, **geometries.named("stappone", sole.side).fields("raw"))
    known = "cells lie as in geometry stappone, which is traced; counts have an offset: a tare takes it off"
    return recording_of(
        path,
        sole,
        layout,
        times_us,
        lambda: _again(path, sole_id),
        {
            "format": "stappone",
            "file": path.name,
            "sole_id": int(sole_id),
            "assumed": f"{known}; {doubts.UNCOUNTED}",
            "doubts": pauses,
        },
    )


def _again(path: Path, sole_id: str) -> Iterator[Floats]:
    with FileLines(path) as lines:
        found = _begun(lines)
        for words in rows_of(lines, len(found.titles), ","):
            sole = _sole_of(lines, found, words)
            if words[0] == sole_id and not _is_corrupt(lines, found, words):
                row = sole.values(lines, words, found.titles)
                if row is not None:
                    yield row
