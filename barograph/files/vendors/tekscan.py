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
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barograph.errors import InvalidData
from barograph.files.doubts import FROM_1970
from barograph.files.vendors.quantities import (
    MM2_PER_UNIT,
    MM_PER_UNIT,
    number,
    numbers,
    quantity,
    seconds,
    since_1970_us,
    smallest,
)
from barograph.files.vendors.text import Header, Lines, decode, read_bytes
from barograph.frames import Ints, Layout, Recording

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
SEMICOLONS = re.compile(r"(?m)^(?:[\dB,.+-]+;)+[\dB,.+-]*;*\s*$")
RAW_SUM = re.compile(r"Raw Sum=,*\s*(\d+)")


def recognises(head: bytes) -> bool:
    """Return True for the first bytes of a Tekscan ASCII export."""
    text = decode(head).lstrip()
    return text.startswith("DATA_TYPE ") or "\nASCII_DATA @@" in text


def read(path: Path) -> list[Recording]:
    """Read the one sensor of a file; a damaged one raises `FileFormatError` with file, line and expectation."""
    lines = Lines(path, without_spreadsheet(decode(read_bytes(path))), blank=",")
    header, comments = _header(lines)
    rows, cols = header.count("ROWS"), header.count("COLS")
    first, last = header.count("START_FRAME"), header.count("END_FRAME")
    layout = _layout(header, rows, cols)
    titles, cells = _frames(lines, first, last, rows, cols)
    frames = smallest(np.array(cells).reshape(-1, rows, cols))
    provenance = _provenance(header, comments, titles)
    start_us = _start_us(header, provenance)
    seen = ~np.isnan(frames).all(axis=0)
    mask = None if seen.all() else tuple(seen.ravel().astype(int).tolist())
    fields = {**layout, "dtype": frames.dtype.name, "mask": mask}
    times_us = start_us + _elapsed_us(header, titles)
    return [Recording(frames=frames, times_us=times_us, layout=Layout(**fields), provenance=provenance)]


def without_spreadsheet(text: str) -> str:
    """Return the file as it was before a spreadsheet saved it.

    No quotes round lines, no semicolons with decimal commas.
    """
    if SEMICOLONS.search(text):
        text = text.translate(str.maketrans(",;", ".,"))
    return "\n".join(_unquoted(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))


def _unquoted(line: str) -> str:
    return ",".join(next(csv.reader([line]), [])) if line.startswith('"') else line


def _header(lines: Lines) -> tuple[Header, list[str]]:
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


def _frames(
    lines: Lines, first: int, last: int, rows: int, cols: int
) -> tuple[list[re.Match[str]], list[NDArray[np.float64]]]:
    """The frame lines and the rows of all frames; every frame and row that the header promises has to be there."""
    if last < first:
        raise lines.error(f"END_FRAME of {first} or more, as START_FRAME is {first}", f"END_FRAME {last}")
    titles: list[re.Match[str]] = []
    cells: list[NDArray[np.float64]] = []
    for k in range(first, last + 1):
        title = lines.next_filled(f"Frame {k} of {last}")
        match = FRAME.match(title)
        if match is None or int(match[1]) != k:
            raise lines.error(f"Frame {k} of {last}", title)
        titles.append(match)
        cells.extend(_row(lines, f"row {row} of {rows} of frame {k}", cols) for row in range(1, rows + 1))
    end = lines.next_filled("@@ after the last frame")
    if end != "@@":
        raise lines.error(f"@@ after frame {last} of {last} and its {rows} rows", end)
    if not lines.rest_is_blank():
        raise lines.error("nothing after @@", "more lines")
    return titles, cells


def _row(lines: Lines, which: str, cols: int) -> NDArray[np.float64]:
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


def _elapsed_us(header: Header, titles: Sequence[re.Match[str]]) -> Ints:
    """(n,) µs from the start: exact, as decimals."""
    per_frame = header.convert("SECONDS_PER_FRAME", "seconds above 0", seconds)
    if all(title[2] is not None for title in titles):
        elapsed = [Decimal(title[2]) for title in titles]
    else:
        elapsed = [per_frame * k for k in range(len(titles))]
    return np.array([int((s * 1_000_000).to_integral_value()) for s in elapsed], np.int64)


def _provenance(header: Header, comments: Sequence[str], titles: Sequence[re.Match[str]]) -> dict[str, Any]:
    about: dict[str, Any] = {
        "format": "tekscan-ascii",
        "file": header.lines.path.name,
        "header": header.texts(),
        "comments": "\n".join(comments),
    }
    sums = [RAW_SUM.search(title[3] or "") for title in titles]
    if all(sums):
        about["vendor"] = {"Raw Sum": [int(found[1]) for found in sums if found]}
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
