"""Tekscan ASCII exports, F-Scan (`.asf`) and I-Scan (`.csv`): a movie of one sensor.

    KEY value              header, in any order; COMMENTS: is followed by free lines
    ASCII_DATA @@
    Frame 1                I-Scan: Frame 1, 0.1,, 12/2/2019 6:21:52.44PM,,,Raw Sum=,,307
    0,0,B,…                ROWS lines of COLS values; B where there is no sensor; a blank line between frames
    @@

Cells stay in the order of the file: in F-Scan files row 0 is the toes, and a left foot is seen from above.
The header's TIME has no time zone and is taken as UTC, and a date like 12/2/2019 as month first; both are noted in
`provenance["assumed"]`. Without a TIME that can be read, times count from 1970. Frames that carry their own elapsed
seconds have those; else they lie SECONDS_PER_FRAME apart.
"""

from __future__ import annotations

import csv
import re
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barograph.errors import InvalidData
from barograph.files.doubts import FROM_1970
from barograph.files.parts import FileRecording
from barograph.files.vendors.matrices import Exactness, check_frames, in_parts
from barograph.files.vendors.quantities import (
    MM2_PER_UNIT,
    MM_PER_UNIT,
    number,
    numbers,
    quantity,
    seconds,
    since_1970_us,
)
from barograph.files.vendors.soles import MOST_RESULTS
from barograph.files.vendors.text import FileLines, Header, decode
from barograph.frames import Floats, Ints, Layout, Recording

AFTER_COMMENTS = ("START_FRAME", "END_FRAME", "UNITS", "MIRROR_ROW", "MIRROR_COL", "MAP_INDEX", "SUBMAP", "ASCII_DATA")
# Tried in this order; a date that is no month first can only be day first.
TIME_FORMATS = {
    "%A, %d %B %Y": "UTC",
    "%A, %B %d, %Y": "UTC",
    "%m/%d/%Y": "UTC, month first",
    "%d/%m/%Y": "UTC, day first",
}
CLOCK_FORMATS = ("%I:%M:%S %p", "%I:%M:%S.%f %p", "%H:%M:%S", "%H:%M:%S.%f")
FRAME = re.compile(r"Frame (\d{1,9})(?:,\s*(\d+(?:\.\d+)?)?\s*,(.*))?\Z")
SEMICOLONS = re.compile(r"(?:[\dB,.+-]+;)+[\dB,.+-]*;*\s*\Z")
COMMAS = re.compile(r"\"?[\dB.+-]+(?:,[\dB.+-]+)+,*\"?\s*\Z")
POINTS = str.maketrans(",;", ".,")
RAW_SUM = re.compile(r"Raw Sum=,*\s*(\d+)")


def recognises(head: bytes) -> bool:
    """Return True for the first bytes of a Tekscan ASCII export."""
    text = decode(head).lstrip()
    return text.startswith("DATA_TYPE ") or "\nASCII_DATA @@" in text


def read(path: Path) -> list[Recording]:
    """Read the one sensor of a file; a damaged one raises `FileFormatError` with file, line and expectation."""
    return [one.whole() for one in opened(path)]


def opened(path: Path) -> list[FileRecording]:
    """Return the one sensor, whose frames stay in the file until they are asked for; it is read once and checked."""
    exact, sheet = Exactness(), _sheet(path)
    with FileLines(path, blank=",", turned=sheet) as lines:
        header, comments = _header(lines)
        fields = _layout(header, header.count("ROWS"), header.count("COLS"))
        titles, seen = Titles(), np.zeros((fields["rows"], fields["cols"]), bool)
        for cells in _frames(lines, header, titles):
            exact.add(cells)
            seen |= ~np.isnan(cells)
    provenance = _provenance(header, comments, titles)
    start_us = _start_us(header, provenance)
    mask = None if seen.all() else tuple(seen.ravel().astype(int).tolist())
    layout = Layout(**{**fields, "dtype": exact.dtype, "mask": mask})
    return [
        FileRecording(
            path=path,
            layout=layout,
            times_us=start_us + _elapsed_us(header, titles),
            parts=lambda: in_parts(layout, _again(path, sheet), exact.stored),
            provenance=provenance,
        )
    ]


def _again(path: Path, sheet: Callable[[str], str]) -> Iterator[Floats]:
    with FileLines(path, blank=",", turned=sheet) as lines:
        yield from _frames(lines, _header(lines)[0], Titles())


@dataclass
class Titles:
    """What stands in the lines of frames: elapsed seconds in µs where all have them, and the printed raw sums."""

    n: int = 0
    elapsed_us: array[int] = field(default_factory=lambda: array("q"))
    sums: array[int] = field(default_factory=lambda: array("q"))
    summed: bool = True

    def take(self, match: re.Match[str]) -> None:
        """Keep what the line of the next frame says."""
        self.n += 1
        if match[2] is not None:
            self.elapsed_us.append(int((Decimal(match[2]) * 1_000_000).to_integral_value()))
        found = RAW_SUM.search(match[3] or "")
        self.summed = self.summed and found is not None
        if found and self.summed and len(self.sums) < MOST_RESULTS:
            self.sums.append(int(found[1]))


def _sheet(path: Path) -> Callable[[str], str]:
    """Return what makes a line as it was before a spreadsheet saved the file.

    No quotes round lines, no semicolons with decimal commas; the first row of cells shows which.
    """
    with FileLines(path) as lines:
        while not lines.at_end():
            lines.next("a line")
            if SEMICOLONS.match(lines.whole):
                return lambda text: _unquoted(text.translate(POINTS))
            if COMMAS.match(lines.whole):
                return _unquoted
    return _unquoted


def _unquoted(line: str) -> str:
    return ",".join(next(csv.reader([line]), [])) if line.startswith('"') else line


def _header(lines: FileLines) -> tuple[Header, list[str]]:
    """The values before the data, and the free lines after COMMENTS."""
    header, comments = Header(lines), list[str]()
    commenting = False
    while not (line := lines.next_filled("a header line or ASCII_DATA")).startswith("ASCII_DATA"):
        key, _, text = line.partition(" ")
        commenting = commenting and key not in AFTER_COMMENTS
        if commenting:
            comments.append(line)
        elif key.rstrip(":") == "COMMENTS":
            commenting = True
            comments.extend([text] if text else [])
        elif re.match(r"[A-Za-z][A-Za-z0-9_]*\Z", key):
            header.add(key, text)
        else:
            raise lines.error("KEY value, or ASCII_DATA", line)
    return header, comments


def _layout(header: Header, rows: int, cols: int) -> dict[str, Any]:
    """The fields of the layout, but for dtype and mask, which the cells decide."""
    insole = "SENSOR_TYPE" in header.values and header.text("SENSOR_TYPE").text.upper().startswith("FSCAN")
    fields: dict[str, Any] = {"rows": rows, "cols": cols, "kind": "insole" if insole else "mat"}
    fields["unit"] = header.unit("UNITS")
    fields["contact_kpa"] = header.contact_kpa("NOISE_THRESHOLD")
    fields["y_axis"] = "up" if insole else "down"
    if "ROW_SPACING" in header.values or "COL_SPACING" in header.values:
        expected = "a number above 0 and a unit (mm, cm, in)"
        fields["pitch_mm"] = tuple(
            header.convert(key, expected, lambda text: quantity(text, MM_PER_UNIT))
            for key in ("COL_SPACING", "ROW_SPACING")
        )
    if "SENSEL_AREA" in header.values:
        expected = "a number above 0 and a unit (mm2, cm2, in2)"
        fields["cell_area_mm2"] = header.convert("SENSEL_AREA", expected, lambda text: quantity(text, MM2_PER_UNIT))
    try:
        Layout(**fields)
    except InvalidData as error:
        raise header.lines.error("a sensor that can be", str(error), header.text("ROWS").line) from error
    return fields


def _frames(lines: FileLines, header: Header, titles: Titles) -> Iterator[Floats]:
    """Every frame (rows, cols); each that the header promises has to be there, with each of its rows."""
    first, last = header.count("START_FRAME"), header.count("END_FRAME")
    rows, cols = header.count("ROWS"), header.count("COLS")
    if last < first:
        raise lines.error(f"END_FRAME of {first} or more, as START_FRAME is {first}", f"END_FRAME {last}")
    for k in range(first, last + 1):
        title = lines.next_filled(f"Frame {k} of {last}")
        match = FRAME.match(title)
        if match is None or int(match[1]) != k:
            raise lines.error(f"Frame {k} of {last}", title)
        titles.take(match)
        check_frames(lines.path, titles.n)
        yield np.stack([_row(lines, f"row {row} of {rows} of frame {k}", cols) for row in range(1, rows + 1)])
    end = lines.next_filled("@@ after the last frame")
    if end != "@@":
        raise lines.error(f"@@ after frame {last} of {last} and its {rows} rows", end)
    if not lines.rest_is_blank():
        raise lines.error("nothing after @@", "more lines")


def _row(lines: FileLines, which: str, cols: int) -> NDArray[np.float64]:
    line = lines.next(which)
    values = [text.strip() for text in line.split(",")]
    if len(values) != cols:
        raise lines.error(f"{which}: {cols} values", f"{len(values) if line else 0} values")
    try:
        row = numbers(values) if "B" not in values else _partial(values)
    except ValueError as error:
        raise lines.error(f"{which}: finite numbers, or B where there is no sensor", str(error)) from None
    return row


def _partial(values: Sequence[str]) -> NDArray[np.float64]:
    return np.array([np.nan if text == "B" else number(text) for text in values])


def _elapsed_us(header: Header, titles: Titles) -> Ints:
    """(n,) µs from the start: exact, as decimals."""
    per_frame = header.convert("SECONDS_PER_FRAME", "seconds above 0", seconds)
    if len(titles.elapsed_us) == titles.n:
        return np.array(titles.elapsed_us, np.int64)
    return np.array([int((per_frame * k * 1_000_000).to_integral_value()) for k in range(titles.n)], np.int64)


def _provenance(header: Header, comments: Sequence[str], titles: Titles) -> dict[str, Any]:
    about: dict[str, Any] = {
        "format": "tekscan-ascii",
        "file": header.lines.path.name,
        "header": header.texts(),
        "comments": "\n".join(comments),
    }
    if titles.summed:
        about["vendor"] = {"Raw Sum": titles.sums.tolist()}
        if titles.n > MOST_RESULTS:
            about |= {"vendor_kept": f"results of the first {MOST_RESULTS} of {titles.n} frames", "frames": titles.n}
    return about


def _start_us(header: Header, provenance: dict[str, Any]) -> int:
    """µs since 1970 of the header's TIME, 0 without one that can be read; what was assumed goes to `provenance`."""
    text = header.values["TIME"].text if "TIME" in header.values else ""
    text = re.sub(r"\s*([ap])\.?\s?m\.?\Z", lambda match: f" {match[1]}m".upper(), text, flags=re.IGNORECASE)
    for date, assumed in TIME_FORMATS.items():
        for clock in CLOCK_FORMATS:
            try:
                start = datetime.strptime(text, f"{date} {clock}")
            except ValueError:
                continue
            provenance["assumed"] = f"TIME is {assumed}"
            return since_1970_us(start)
    provenance["assumed"] = f"{FROM_1970}: the file has no TIME that can be read"
    return 0
