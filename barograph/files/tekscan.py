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

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from barograph.errors import InvalidData
from barograph.files.text import Lines, decode
from barograph.frames import Frames, Ints, Layout, Recording

MM_PER_UNIT = {"mm": 1.0, "millimeter": 1.0, "cm": 10.0, "centimeter": 10.0, "in": 25.4, "inch": 25.4}
MM2_PER_UNIT = {"mm2": 1.0, "cm2": 100.0, "in2": 645.16}
UNITS = {"kpa": "kPa", "raw": "raw", "psi": "psi", "mmhg": "mmHg", "n/cm2": "N/cm2"}
AFTER_COMMENTS = ("START_FRAME", "END_FRAME", "UNITS", "MIRROR_ROW", "MIRROR_COL", "MAP_INDEX", "SUBMAP", "ASCII_DATA")
# Tried in this order; a date that is no month first can only be day first.
TIME_FORMATS = {
    "%A, %d %B %Y": "UTC",
    "%A, %B %d, %Y": "UTC",
    "%m/%d/%Y": "UTC, month first",
    "%d/%m/%Y": "UTC, day first",
}
CLOCK_FORMATS = ("%I:%M:%S %p", "%I:%M:%S.%f %p", "%H:%M:%S", "%H:%M:%S.%f")
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\Z")
FRAME = re.compile(r"Frame (\d{1,9})(?:,\s*(\d+(?:\.\d+)?)?\s*,(.*))?\Z")
RAW_SUM = re.compile(r"Raw Sum=,*\s*(\d+)")


class Value(NamedTuple):
    """A header value and the line it stands on."""

    text: str
    line: int


@dataclass
class Header:
    """What a file says before its data."""

    lines: Lines
    values: dict[str, Value] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)

    def text(self, key: str) -> Value:
        """A value that has to be there."""
        if key not in self.values:
            raise self.lines.error(f"{key} in the header", "the start of the data")
        return self.values[key]

    def convert(self, key: str, expected: str, conversion: Callable[[str], Any]) -> Any:
        """A value through a conversion; what it cannot take is an error at the value's line."""
        value = self.text(key)
        try:
            return conversion(value.text)
        except (ValueError, KeyError, ArithmeticError):
            raise self.lines.error(f"{key} with {expected}", value.text, value.line) from None

    def count(self, key: str) -> int:
        """A whole number of 1 or more."""
        return int(self.convert(key, "a whole number of 1 or more", _count))


def recognises(head: bytes) -> bool:
    """True for the first bytes of a Tekscan ASCII export."""
    text = decode(head).lstrip()
    return text.startswith("DATA_TYPE ") or "\nASCII_DATA @@" in text


def read(path: Path) -> Recording:
    """Read one file; a damaged one raises `FileFormatError` with file, line and expectation."""
    lines = Lines(path, decode(path.read_bytes()))
    header = _header(lines)
    rows, cols = header.count("ROWS"), header.count("COLS")
    first, last = header.count("START_FRAME"), header.count("END_FRAME")
    layout = _layout(header, rows, cols)
    titles, cells = _frames(lines, first, last, rows, cols)
    frames = _smallest(np.array(cells).reshape(-1, rows, cols))
    provenance = _provenance(header, titles)
    start_us = _start_us(header, provenance)
    seen = ~np.isnan(frames).all(axis=0)
    mask = None if seen.all() else tuple(seen.ravel().astype(int).tolist())
    fields = {**layout, "dtype": frames.dtype.name, "mask": mask}
    return Recording(
        frames=frames, times_us=start_us + _elapsed_us(header, titles), layout=Layout(**fields), provenance=provenance
    )


def _header(lines: Lines) -> Header:
    header = Header(lines)
    commenting = False
    while not (line := lines.next_filled("a header line or ASCII_DATA")).startswith("ASCII_DATA"):
        key, _, text = line.partition(" ")
        commenting = commenting and key not in AFTER_COMMENTS
        if commenting:
            header.comments.append(line)
        elif key.rstrip(":") == "COMMENTS":
            commenting = True
            header.comments.extend([text] if text else [])
        else:
            _add(header, key, text)
    return header


def _add(header: Header, key: str, text: str) -> None:
    if key in header.values:
        raise header.lines.error(f"{key} once, as on line {header.values[key].line}", f"{key} {text}")
    if not re.match(r"[A-Za-z][A-Za-z0-9_]*\Z", key):
        raise header.lines.error("KEY value, or ASCII_DATA", f"{key} {text}")
    header.values[key] = Value(text.strip(), header.lines.number)


def _layout(header: Header, rows: int, cols: int) -> dict[str, Any]:
    """The fields of the layout, but for dtype and mask, which the cells decide."""
    insole = "SENSOR_TYPE" in header.values and header.text("SENSOR_TYPE").text.upper().startswith("FSCAN")
    fields: dict[str, Any] = {"rows": rows, "cols": cols, "kind": "insole" if insole else "mat"}
    fields["unit"] = header.convert("UNITS", f"one of {', '.join(UNITS.values())}", lambda text: UNITS[text.lower()])
    fields["y_axis"] = "up" if insole else "down"
    if "ROW_SPACING" in header.values or "COL_SPACING" in header.values:
        expected = "a number above 0 and a unit (mm, cm, in)"
        fields["pitch_mm"] = tuple(
            header.convert(key, expected, lambda text: _quantity(text, MM_PER_UNIT))
            for key in ("COL_SPACING", "ROW_SPACING")
        )
    if "SENSEL_AREA" in header.values:
        expected = "a number above 0 and a unit (mm2, cm2, in2)"
        fields["cell_area_mm2"] = header.convert("SENSEL_AREA", expected, lambda text: _quantity(text, MM2_PER_UNIT))
    try:
        Layout(**fields)
    except InvalidData as error:
        raise header.lines.error("a sensor that can be", str(error), header.text("ROWS").line) from error
    return fields


def _count(text: str) -> int:
    if not re.match(r"[1-9][0-9]{0,8}\Z", text):
        raise ValueError(text)
    return int(text)


def _quantity(text: str, units: dict[str, float]) -> float:
    number, unit = text.split()
    unit = unit.lower().replace("²", "2").replace("metre", "meter")
    factor = units[unit] if unit in units else units[unit.removesuffix("s").removesuffix("e")]
    value = round(_number(number) * factor, 9)
    if not 0 < value < 1e6:
        raise ValueError(text)
    return value


def _number(text: str) -> float:
    if not NUMBER.match(text):
        raise ValueError(text)
    return float(text)


def _frames(
    lines: Lines, first: int, last: int, rows: int, cols: int
) -> tuple[list[re.Match[str]], list[NDArray[np.float64]]]:
    """The frame lines and the rows of all frames; every frame and row that the header promises has to be there."""
    if last < first:
        raise lines.error(f"END_FRAME of {first} or more, as START_FRAME is {first}", f"END_FRAME {last}")
    titles: list[re.Match[str]] = []
    cells: list[NDArray[np.float64]] = []
    for number in range(first, last + 1):
        title = lines.next_filled(f"Frame {number} of {last}")
        match = FRAME.match(title)
        if match is None or int(match[1]) != number:
            raise lines.error(f"Frame {number} of {last}", title)
        titles.append(match)
        cells.extend(_row(lines, f"row {row} of {rows} of frame {number}", cols) for row in range(1, rows + 1))
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
        row = np.array([np.nan if text == "B" else _number(text) for text in values])
    except ValueError as error:
        raise lines.error(f"{which}: numbers, or B where there is no sensor", str(error)) from None
    if np.isinf(row).any():
        raise lines.error(f"{which}: finite numbers", line)
    return row


def _smallest(cells: NDArray[np.float64]) -> Frames:
    """As float32 where every value survives it, else as they are."""
    with np.errstate(over="ignore"):
        small = cells.astype("<f4")
    return small if np.array_equal(small, cells, equal_nan=True) else cells


def _elapsed_us(header: Header, titles: Sequence[re.Match[str]]) -> Ints:
    """(n,) µs from the start: exact, as decimals."""
    per_frame = header.convert("SECONDS_PER_FRAME", "seconds above 0", _seconds)
    if all(title[2] is not None for title in titles):
        seconds = [Decimal(title[2]) for title in titles]
    else:
        seconds = [per_frame * k for k in range(len(titles))]
    return np.array([int((s * 1_000_000).to_integral_value()) for s in seconds], np.int64)


def _seconds(text: str) -> Decimal:
    _number(text)
    value = Decimal(text)
    if not 0 < value <= 86_400:
        raise ValueError(text)
    return value


def _provenance(header: Header, titles: Sequence[re.Match[str]]) -> dict[str, Any]:
    about: dict[str, Any] = {
        "format": "tekscan-ascii",
        "file": header.lines.path.name,
        "header": {key: value.text for key, value in header.values.items()},
        "comments": "\n".join(header.comments),
    }
    sums = [RAW_SUM.search(title[3] or "") for title in titles]
    if all(sums):
        about["vendor_raw_sum"] = [int(found[1]) for found in sums if found]
    return about


def _start_us(header: Header, provenance: dict[str, Any]) -> int:
    """µs since 1970 of the header's TIME, 0 without one that can be read; what was assumed goes to `provenance`."""
    text = header.values["TIME"].text if "TIME" in header.values else ""
    text = re.sub(r"\s*([ap])\.?\s?m\.?\Z", lambda match: f" {match[1]}m".upper(), text, flags=re.IGNORECASE)
    for date, assumed in TIME_FORMATS.items():
        for clock in CLOCK_FORMATS:
            try:
                start = datetime.strptime(text, f"{date} {clock}").replace(tzinfo=UTC)
            except ValueError:
                continue
            provenance["assumed"] = f"TIME is {assumed}"
            return (start - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    provenance["assumed"] = "times count from 1970: the file has no TIME that can be read"
    return 0
