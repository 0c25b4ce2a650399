"""Exports to pedCAD (`.apd`) of a step on a plate, by zebris and footscan, where they hold frames.

    [General]
    Source=<<footscan>>         or <<zebris>>
    Date=04/03/2026  Time=18.23.47  UnitDistance=mm  UnitPressure=N/cm2     one a line; day first, taken as UTC
    [Technical]
    SensCountX=7  SensCountY=4  LDistX=7.62  LDistY=5.08                    X along the plate: rows
    MinIdx=3  MaxIdx=7  TimeDiff=5.0  FootSide=R                            of files with frames alone
    [Data]                      the largest value of each cell over the step
    7.5	6.0	…                  SensCountX rows, -1 without load
    [Data3]                     a frame, up to [Data7]

A file without frames is a map, no recording, and refused as that. -1 is 0. Rows are flipped: row 0 is the front;
columns of zebris run to the left, as in its texts, and are reversed; those of footscan run to the right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from barograph.errors import FileFormatError, InvalidData
from barograph.files import bounds, doubts
from barograph.files.parts import FileRecording
from barograph.files.vendors.matrices import Exactness, Rows, check_cells, in_parts
from barograph.files.vendors.quantities import number, seconds, since_1970_us
from barograph.files.vendors.text import FileLines, Header, decode
from barograph.frames import Floats, Layout, Recording

SECTION = re.compile(r"\[(\w+)\]\Z")
KEY = re.compile(r"(\w+)=(.*)\Z")
DATA = "Data"
SOURCES = {"<<zebris>>": -1, "<<footscan>>": 1}
SIDES = {"L": "left", "R": "right"}
WHOLE = re.compile(r"\d{1,9}\Z")


@dataclass
class Found:
    """What is known of a file: its header with the keys that say who was measured, and its map."""

    header: Header
    personal: list[str] = field(default_factory=list)
    largest: Floats = field(default_factory=lambda: np.empty((0, 0)))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.header.count("SensCountX"), self.header.count("SensCountY")

    @property
    def indices(self) -> range:
        """Numbers of the frames."""
        first, last = (self.header.convert(key, "a whole number", _whole) for key in ("MinIdx", "MaxIdx"))
        bounds.check(self.header.lines.path, "frames", bounds.MOST_FRAMES, last - first + 1)
        if last < first:
            value = self.header.text("MaxIdx")
            raise self.header.lines.error(f"MaxIdx of {first} or more, as MinIdx is", value.text, value.line)
        return range(first, last + 1)


def recognises(head: bytes) -> bool:
    """Return True for the first bytes of an export to pedCAD."""
    text = decode(head).lstrip()
    return text.startswith("[General]") and "[Technical]" in text and "SensCountX=" in text


def read(path: Path) -> list[Recording]:
    """Read the step; a damaged file and a map raise `FileFormatError` with file, line and expectation."""
    return [one.whole() for one in opened(path)]


def opened(path: Path) -> list[FileRecording]:
    """Return the step, whose frames stay in the file until they are asked for; it is read once and checked."""
    exact = Exactness()
    with FileLines(path) as lines:
        found = _begun(lines)
        largest = np.zeros(found.shape)
        for cells in _frames(lines, found):
            exact.add(cells)
            np.maximum(largest, cells, out=largest)
        layout = _layout(found, exact)
        start_us, columns = _start_us(found.header), found.header.text("Source").text.strip("<>")
    step = found.header.convert("TimeDiff", "milliseconds above 0", seconds)
    differ = int((largest != found.largest).sum())
    return [
        FileRecording(
            path=path,
            layout=layout,
            times_us=start_us + np.array([int(step * k * 1000) for k in range(len(found.indices))], np.int64),
            parts=lambda: in_parts(layout, _again(path), lambda cells: cells),
            provenance={
                "format": "pedcad-apd",
                "file": path.name,
                "header": found.header.texts(found.personal),
                "frame_numbers": list(found.indices),
                "assumed": "Date and Time are UTC, day first, and the first frame's; the first row is the back, and "
                f"columns run as in texts of {columns}",
                **doubts.told([f"[Data] is not the largest value of all frames in {differ} cells"] if differ else []),
            },
        )
    ]


def _again(path: Path) -> Iterator[Floats]:
    with FileLines(path) as lines:
        yield from _frames(lines, _begun(lines))


def _begun(lines: FileLines) -> Found:
    """The header and the map; a file that ends there is refused."""
    found, section = Found(Header(lines)), ""
    while (line := lines.next_filled("a key and its value, or [Data]")) != f"[{DATA}]":
        if title := SECTION.match(line):
            section = title[1]
        elif pair := KEY.match(line):
            found.header.add(pair[1], pair[2])
            found.personal += [pair[1]] if section == "Customer" and pair[1] != "Sex" else []
        else:
            raise lines.error("a key and its value, as Source=<<zebris>>, or [Data]", line)
    check_cells(lines, *found.shape)
    found.header.convert("Source", f"one of {', '.join(SOURCES)}", lambda text: SOURCES[text])
    found.largest = _matrix(lines, Rows(lines), found, DATA)
    if "MinIdx" not in found.header.values and lines.rest_is_blank():
        cells, unit = found.largest, found.header.unit("UnitPressure")
        raise FileFormatError(
            f"{lines.path}, line {lines.number}: expected frames, as [Data0], after [Data], got a map, no recording: "
            f"the largest pressure of {cells.shape[0]} x {cells.shape[1]} cells over a step ({int((cells > 0).sum())} "
            f"loaded, sum {cells.sum():g}, peak {cells.max():g} {unit}); export the step with its frames"
        )
    return found


def _frames(lines: FileLines, found: Found) -> Iterator[Floats]:
    rows, indices = Rows(lines), found.indices
    for k in indices:
        expected = f"[{DATA}{k}], of frames {indices[0]} to {indices[-1]}"
        if (line := lines.next_filled(expected)) != f"[{DATA}{k}]":
            raise lines.error(expected, line)
        yield _matrix(lines, rows, found, f"{DATA}{k}")
    if not lines.rest_is_blank():
        raise lines.error(f"nothing after frame {indices[-1]}", lines.line)


def _matrix(lines: FileLines, rows: Rows, found: Found, name: str) -> Floats:
    """A matrix with row 0 at the front."""
    n, cols = found.shape
    cells = np.stack([rows.next(f"row {k} of {n} of [{name}]", cols) for k in range(1, n + 1)])
    cells[cells == -1] = 0
    if cells.min() < 0:
        raise lines.error(f"pressures of 0 or more in [{name}], or -1 without load", f"{cells.min():g}")
    return cells[::-1, :: SOURCES[found.header.text("Source").text]]


def _start_us(header: Header) -> int:
    """µs since 1970 of the first frame."""
    date, expected = header.text("Date").text, "a time, as 18.23.47, after a Date as 25/04/2017"
    return header.convert(
        "Time", expected, lambda text: since_1970_us(datetime.strptime(f"{date} {text}", "%d/%m/%Y %H.%M.%S"))
    )


def _whole(text: str) -> int:
    if not WHOLE.match(text):
        raise ValueError(text)
    return int(text)


def _mm(text: str) -> float:
    value = number(text)
    if not 0 < value < 1000:
        raise ValueError(text)
    return value


def _layout(found: Found, exact: Exactness) -> Layout:
    header, (rows, cols) = found.header, found.shape
    for key, unit in (("UnitDistance", "mm"), ("UnitTime", "ms")):
        if key in header.values and header.text(key).text != unit:
            raise header.lines.error(f"{key}={unit}", header.text(key).text, header.text(key).line)
    fields: dict[str, Any] = {
        "unit": header.unit("UnitPressure"),
        "dtype": exact.dtype,
        "kind": "plate",
        "y_axis": "up",
    }
    if "FootSide" in header.values:
        fields["side"] = header.convert("FootSide", "L or R", lambda text: SIDES[text])
    across, along = (header.convert(key, "a length above 0, in mm", _mm) for key in ("LDistY", "LDistX"))
    try:
        return Layout(rows=rows, cols=cols, pitch_mm=(across, along), **fields)
    except InvalidData as error:
        raise header.lines.error("a plate that can be", str(error), header.text("SensCountX").line) from error
