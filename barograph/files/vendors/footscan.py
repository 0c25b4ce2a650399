"""footscan text exports, also under the name `.xls`: a plate, the entire one or the rectangle of one foot.

    Entire Plate Roll Offfor measurement: …      these lines may be missing
    Patient name: …
    Measurement done on 21-7-2014
    Scanning speed;  for the left foot: 126.00 Hertz, for the right foot: 126.00 Hertz
    Right foot data                              of "Dynamic Roll off" alone, with the rectangle, in cells:
    Rectangle bottom                             each name on a line, its number on the next
    6.0
    Frame 44 (349.21 ms)                         in Dutch: Beeld
    0.0	0.0	…                                a row of cells, the first is the bottom of the plate

A blank line ends a frame. Cells are forces in N; a stored cell is a whole number of 0.1 N or 0.01 N where all cells
are. They are turned into N/cm² by the plate's cells of 5.08 x 7.62 mm, which the file does not print. Rows are flipped,
so that row 0 is the top of the plate; the walk may go either way. Positions in mm count from the lower left corner of
what is in the file, to the right and up; `provenance["window"]` is where on the plate that lies.

The file has no time of day: times count from 1970. It prints no results, so there is no `provenance["vendor"]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from barograph.errors import InvalidData
from barograph.files import doubts
from barograph.files.parts import FileRecording
from barograph.files.vendors.matrices import Exactness, Rows, check_cells, check_frames, in_parts
from barograph.files.vendors.quantities import number
from barograph.files.vendors.text import FileLines, Header, decode
from barograph.frames import Floats, Layout, Recording

# Across and along the plate.
PITCH_MM = (5.08, 7.62)
AREA_CM2 = PITCH_MM[0] * PITCH_MM[1] / 100
FRAME = re.compile(r"(Frame|Beeld) (\d{1,9}) \((\d{1,12}(?:[.,]\d{1,9})?) ms\)\Z")

TITLE = re.compile(r"(Entire Plate Roll Off|Dynamic Roll off)\s?for measurement:", re.IGNORECASE)
KEYS = ("Patient name:", "Measurement done on", "Scanning speed;")
PERSONAL = ("Patient name",)
SIDE = re.compile(r"(Left|Right) foot data\Z")
RECTANGLE = ("Rectangle bottom", "Rectangle left", "Rectangle width", "Rectangle height")
FRAME_EXPECTED = "Frame and its number, as in Frame 44 (349.21 ms)"
ASSUMED = (
    f"{doubts.FROM_1970}: the file has no time of day; cells are {PITCH_MM[0]} x {PITCH_MM[1]} mm, as those of the "
    f"plate; {doubts.UNCOUNTED}"
)


@dataclass
class Found:
    """What is known of a file once it was read: its header, and of each frame number and time."""

    header: Header
    rows: int = 0
    cols: int = 0
    numbers: list[int] = field(default_factory=list)
    times: list[Decimal] = field(default_factory=list)


def recognises(head: bytes) -> bool:
    """Return True for the first bytes of a footscan export."""
    text = decode(head).lstrip()
    first = text.split("\n", 1)[0].rstrip()
    return TITLE.match(text) is not None or FRAME.match(first) is not None


def read(path: Path) -> list[Recording]:
    """Read the plate; a damaged file raises `FileFormatError` with file, line, column and expectation."""
    return [one.whole() for one in opened(path)]


def opened(path: Path) -> list[FileRecording]:
    """Return the plate, whose frames stay in the file until they are asked for; it is read once and checked."""
    exact = Exactness(tenths=True)
    with FileLines(path) as lines:
        found = Found(_header(lines))
        for cells in _frames(lines, found):
            exact.add(cells)
        layout = _layout(found, exact)
        _check_rectangle(found)
    return [
        FileRecording(
            path=path,
            layout=layout,
            times_us=np.array([int(time * 1000) for time in found.times], np.int64),
            parts=lambda: in_parts(layout, _again(path), exact.stored),
            provenance={
                "format": "footscan",
                "file": path.name,
                "header": found.header.texts(PERSONAL),
                "frame_numbers": found.numbers,
                "window": _window(found),
                "assumed": ASSUMED,
                **doubts.told(doubts.between(found.numbers, "Frame")),
            },
        )
    ]


def _again(path: Path) -> Iterator[Floats]:
    with FileLines(path) as lines:
        yield from _frames(lines, Found(_header(lines)))


def _header(lines: FileLines) -> Header:
    """All up to the first frame."""
    header = Header(lines)
    while True:
        line = lines.next_filled(FRAME_EXPECTED)
        if FRAME.match(line):
            lines.back()
            return header
        key = next((key for key in KEYS if line.startswith(key)), None)
        if title := TITLE.match(line):
            header.add(title[1], line[title.end() :])
        elif key:
            header.add(key.rstrip(":;"), line.removeprefix(key))
        elif side := SIDE.match(line):
            header.add("foot", side[1].lower())
        elif line in RECTANGLE:
            header.add(line, lines.next_filled(f"the number of {line}"))
        elif not line.endswith("rectangle position"):
            raise lines.error(f"a line of the header, or {FRAME_EXPECTED}", line)


def _frames(lines: FileLines, found: Found) -> Iterator[Floats]:
    """Every frame, with row 0 at the top of the plate."""
    rows = Rows(lines)
    while not lines.rest_is_blank():
        _begin(lines, found)
        check_frames(lines.path, len(found.numbers))
        yield _cells(lines, rows, found)


def _begin(lines: FileLines, found: Found) -> None:
    """The number and time of a frame, from the line that was just read."""
    title = FRAME.match(lines.line)
    if title is None:
        raise lines.error(FRAME_EXPECTED, lines.line)
    n, time = int(title[2]), Decimal(title[3].replace(",", "."))
    if found.numbers and n <= found.numbers[-1]:
        raise lines.error(f"a frame with a number above {found.numbers[-1]}, that of the one before", lines.line)
    if found.times and time <= found.times[-1]:
        raise lines.error(f"a frame later than the {found.times[-1]} ms of the one before", lines.line)
    found.numbers.append(n)
    found.times.append(time)


def _cells(lines: FileLines, rows: Rows, found: Found) -> Floats:
    """The rows of a frame up to a blank line, of which there are as many as in the first."""
    name = f"frame {found.numbers[-1]}"
    cells: list[Floats] = []
    while not lines.at_end() and (line := lines.next("a row")) and not FRAME.match(line):
        check_cells(lines, len(cells) + 1, found.cols)
        cells.append(rows.of(line, f"row {len(cells) + 1} of {name}", found.cols or None))
        found.cols = found.cols or len(cells[0])
    if cells and FRAME.match(lines.line):
        lines.back()
    found.rows = found.rows or len(cells)
    if not cells or len(cells) != found.rows:
        expected = f"{found.rows} rows of {name}, as in the first frame" if found.rows else f"rows of {name}"
        raise lines.error(expected, f"{len(cells)} rows")
    return np.stack(cells[::-1])


def _window(found: Found) -> dict[str, Any]:
    """Where on the plate the cells lie, in cells, as far as the file says it."""
    values = found.header.values
    return {name.split()[1]: found.header.convert(name, "a number", number) for name in RECTANGLE if name in values}


def _check_rectangle(found: Found) -> None:
    for name, n in (("width", found.cols), ("height", found.rows)):
        if _window(found).get(name, n) != n:
            value = found.header.text(f"Rectangle {name}")
            raise found.header.lines.error(f"Rectangle {name} of {n} cells, as frames have", value.text, value.line)


def _layout(found: Found, exact: Exactness) -> Layout:
    dtype: Any = exact.dtype
    side: Any = found.header.text("foot").text if "foot" in found.header.values else None
    fields: dict[str, Any] = {"scale": exact.scale / AREA_CM2, "unit": "N/cm2", "pitch_mm": PITCH_MM}
    try:
        return Layout(rows=found.rows, cols=found.cols, dtype=dtype, side=side, kind="plate", y_axis="up", **fields)
    except InvalidData as error:
        raise found.header.lines.error("a plate that can be", str(error)) from error
