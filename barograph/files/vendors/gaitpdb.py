"""Walks of the PhysioNet data set gaitpdb (`.txt`): 19 columns of numbers without titles, a tab between them.

    0.0000	199.1	87.34	…	662.2	748

Time in s, forces in N of 8 sensors under the left foot and of 8 under the right one, and the total of each foot, as the
data set's `format.txt` says. A file is known by its totals: they are the sums of their sensors. It has no date. Cells
lie as in the geometry `gaitpdb`, in the numbers of the data set.

`provenance["vendor"]`: the total of the foot, one entry per frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from barograph import geometries
from barograph.files import doubts
from barograph.files.parts import FileRecording
from barograph.files.vendors.matrices import Exactness, plain
from barograph.files.vendors.soles import Sole, recording_of, rows_of, time_us_of
from barograph.files.vendors.text import FileLines, decode
from barograph.frames import Floats, Layout, Recording

SENSORS = 8
TITLES = [
    "time", *(f"L{k}" for k in range(1, SENSORS + 1)), *(f"R{k}" for k in range(1, SENSORS + 1)), "total left",
    "total right",
]  # fmt: skip
WIDTH = len(TITLES)
ROUNDED_N = 0.02
FIRST_LINES = 20


def recognises(head: bytes) -> bool:
    """Return True for first bytes that are rows of 19 numbers, whose totals are the sums of their sensors."""
    lines = decode(head).replace("\r\n", "\n").split("\n")[:-1]
    found = [_totals_off(line) for line in lines[:FIRST_LINES] if line.strip()]
    return bool(found) and all(off is not None and off <= ROUNDED_N for off in found)


def _totals_off(line: str) -> float | None:
    """How far the totals of a line are from the sums, None for a line that is no row."""
    words = line.split("\t")
    row = plain(line, words) if len(words) == WIDTH else None
    if row is None:
        return None
    sums = row[1:-2].reshape(2, SENSORS).sum(axis=1)
    return float(np.abs(sums - row[-2:]).max())


def read(path: Path) -> list[Recording]:
    """Read both feet; a damaged file raises `FileFormatError` with file, line, column and expectation."""
    return [one.whole() for one in opened(path)]


def opened(path: Path) -> list[FileRecording]:
    """Return both feet, whose frames stay in the file until they are asked for; it is read once and checked."""
    soles = _soles()
    off_n = 0.0
    with FileLines(path) as lines:
        for words in rows_of(lines, WIDTH):
            time_us = time_us_of(lines, words[0], 0)
            for sole in soles:
                if sole.times and time_us <= sole.times[-1]:
                    raise lines.error(f"column 1: a time after {sole.times[-1] / 1e6:g} s", words[0])
                row = sole.take(lines, words, TITLES, time_us)
                total = _total(lines, sole, words)
                if row is not None and total is not None:
                    off_n = max(off_n, abs(float(row.sum()) - total))
        if not all(sole.times for sole in soles):
            raise lines.error("rows with forces of both feet", "none")
    off = [f"printed totals differ from the sum of the sensors by up to {off_n:.2f} N"] if off_n > ROUNDED_N else []
    return [_recording(path, which, off) for which in soles]


def _soles() -> list[Sole]:
    return [
        Sole(
            side,
            range(1 + SENSORS * k, 1 + SENSORS * (k + 1)),
            {f"total {side}": WIDTH - 2 + k},
            exactness=Exactness(tenths=True),
        )
        for k, side in enumerate(("left", "right"))
    ]


def _total(lines: FileLines, sole: Sole, words: Sequence[str]) -> float | None:
    """The total that is printed in a row."""
    (column,) = sole.beside.values()
    word = words[column]
    value = plain(word, [word]) if word else None
    if word and value is None:
        raise lines.error(f"column {column + 1}, {TITLES[column]}: a number with a decimal point", word)
    return None if value is None else float(value[0])


def _recording(path: Path, sole: Sole, off: list[str]) -> FileRecording:
    fields: dict[str, Any] = {"unit": "N", "side": sole.side, "dtype": sole.exact.dtype, "scale": sole.exact.scale}
    layout = Layout(**fields, **geometries.named("gaitpdb", sole.side).fields("N"))
    return recording_of(
        path,
        sole,
        layout,
        sole.times_us,
        lambda: _again(path, sole),
        {
            "format": "gaitpdb",
            "file": path.name,
            "assumed": f"{doubts.FROM_1970}: no date is there; cells lie as in geometry gaitpdb; {doubts.UNCOUNTED}",
            "doubts": off,
        },
    )


def _again(path: Path, sole: Sole) -> Iterator[Floats]:
    with FileLines(path) as lines:
        for words in rows_of(lines, WIDTH):
            row = sole.values(lines, words, TITLES)
            if row is not None:
                yield row
