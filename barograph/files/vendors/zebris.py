"""zebris FDM text exports: a plate, in a treadmill too.

    Person	…                        keys and values with a tab between them
    Creation date	23/05/2008 12:23:17  taken as UTC, day first, and as the recording's start
    Exercises	{                     a table up to }
    Count	1472                      lines of the table that follows
    Time,ms	Position,m	Li Kraft,N	…    titles differ; whole ms
    0	0.011	0.0	…                   a missing number is NaN
    Platform {
    Columns	128    Lines	56    Cell width,mm	8.47    Units	N/cm^2    Frame count	1472       one a line
    Frame 97 {
    Time, ms	960.00
    Center of force	(x73,y30)        in cells, counted from 1
        x1	x2	…
    y1	0.00	0.00	…
    }

x points forward and y to the left, so a frame is transposed, then rows and columns are reversed: row 0 is the front.
The printed sizes of a cell are rounded: those near 8.46591 mm, as other files of the same plates have it, are that.
On a treadmill positions are those on the plate, and the belt moves the feet by `Position,m`.

`provenance["vendor"]`: "Center of force" as [x, y], and the table by its titles, both one entry per frame.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from barograph.errors import InvalidData
from barograph.files import doubts
from barograph.files.parts import FileRecording
from barograph.files.vendors.matrices import Exactness, Rows, check_cells, check_frames, in_parts
from barograph.files.vendors.quantities import decimal_comma, number, since_1970_us
from barograph.files.vendors.text import FileLines, Header, decode
from barograph.frames import Floats, Layout, Recording

APPLICATION = re.compile(r"(?m)^(?:Application\t(?:trplatf|statplat)\b|Platform \{)")
FRAME = re.compile(r"Frame (\d{1,9}) \{\Z")
TIME = re.compile(r"Time, ?ms\t(\d{1,12}(?:[.,]\d{1,9})?)\Z")
CENTER = re.compile(r"\(x(\d{1,6}),\s?y(\d{1,6})\)\Z")
PERSONAL = ("Person", "Born", "Code")
DATES = {"%d/%m/%Y": "day first", "%d.%m.%Y": "day first", "%m/%d/%Y": "month first", "%Y-%m-%d": "year first"}
PITCH_MM, PRINTED_WITHIN_MM = 8.46591, 0.05
BELT = "Position,m"
PLATFORM = "Platform {"
MOST_BLOCK_LINES = 1000


@dataclass
class Table:
    """The vendor's results: titles without that of the time, and a row of numbers per time in ms."""

    titles: list[str] = field(default_factory=list)
    times: list[Decimal] = field(default_factory=list)
    rows: list[list[float | None]] = field(default_factory=list)


@dataclass
class Found:
    """What is known of a file once it was read."""

    header: Header
    table: Table
    numbers: list[int] = field(default_factory=list)
    times: list[Decimal] = field(default_factory=list)
    centers: list[list[int] | None] = field(default_factory=list)


def recognises(head: bytes) -> bool:
    """Return True for the first bytes of a zebris FDM export."""
    return APPLICATION.search(decode(head).replace("\r", "\n")) is not None


def read(path: Path) -> list[Recording]:
    """Read the plate; a damaged file raises `FileFormatError` with file, line, column and expectation."""
    return [one.whole() for one in opened(path)]


def opened(path: Path) -> list[FileRecording]:
    """Return the plate, whose frames stay in the file until they are asked for; it is read once and checked."""
    exact = Exactness()
    with FileLines(path) as lines:
        found = _begun(lines)
        for cells in _frames(lines, found):
            exact.add(cells)
        layout = _layout(found, exact)
        start_us, assumed = _start_us(found)
    times_us = start_us + np.array([int(time * 1000) for time in found.times], np.int64)
    return [
        FileRecording(
            path=path,
            layout=layout,
            times_us=times_us,
            parts=lambda: in_parts(layout, _again(path), exact.stored),
            provenance={
                "format": "zebris-fdm",
                "file": path.name,
                "header": found.header.texts(PERSONAL),
                "frame_numbers": found.numbers,
                "assumed": assumed,
                **doubts.told(doubts.between(found.numbers, "Frame")),
                "vendor": _vendor(found),
            },
        )
    ]


def _again(path: Path) -> Iterator[Floats]:
    with FileLines(path) as lines:
        yield from _frames(lines, _begun(lines))


def _begun(lines: FileLines) -> Found:
    """All before the first frame."""
    found = Found(Header(lines), Table())
    while (line := lines.next_filled(f"a line of the header, or {PLATFORM}")) != PLATFORM:
        key, _, text = line.partition("\t")
        if key == "Time,ms":
            _read_table(lines, found, line.split("\t")[1:])
        elif text == "{":
            found.header.add(key, "; ".join(_up_to_brace(lines, key)))
        elif re.match(r"\w[\w ,.-]*\Z", key):
            found.header.add(key, text)
        else:
            raise lines.error(f"a key, a tab and its value, or {PLATFORM}", line)
    while not FRAME.match(line := lines.next_filled("a line of the platform, or Frame n {")):
        key, tab, text = line.partition("\t")
        if not tab:
            raise lines.error("a key of the platform, a tab and its value, or Frame n {", line)
        found.header.add(key if key not in found.header.values else f"Platform {key}", text)
    lines.back()
    check_cells(lines, found.header.count("Lines"), found.header.count("Columns"))
    return found


def _up_to_brace(lines: FileLines, key: str) -> Iterator[str]:
    first = lines.number
    while (line := lines.next(f"}} after {key}")) != "}":
        if lines.number - first > MOST_BLOCK_LINES:
            raise lines.error(f"}} after {key}, within {MOST_BLOCK_LINES} lines", line)
        yield line.replace("\t", " ")


def _read_table(lines: FileLines, found: Found, titles: list[str]) -> None:
    """The vendor's results, up to a blank line after the last."""
    table = found.table
    table.titles = titles
    line = lines.next_filled("a row of the table")
    if not line[0].isdigit():
        found.header.add(line.split("\t")[0], "")
        line = lines.next_filled("a row of the table")
    while line:
        time, *values = line.split("\t")
        if len(values) != len(titles):
            raise lines.error(f"{len(titles) + 1} values of the table", f"{len(values) + 1} values")
        table.times.append(_later(lines, time, table.times))
        check_frames(lines.path, len(table.times))
        table.rows.append([_value(lines, text, title) for text, title in zip(values, titles, strict=True)])
        line = "" if lines.at_end() else lines.next("a row of the table")
    if "Count" in found.header.values and (n := found.header.count("Count")) != len(table.rows):
        raise lines.error(f"{n} rows of the table, as Count says", f"{len(table.rows)} rows")


def _later(lines: FileLines, text: str, before: list[Decimal]) -> Decimal:
    try:
        number(text)
    except ValueError:
        raise lines.error("column 1: a time in ms", text) from None
    time = Decimal(text)
    if before and time <= before[-1]:
        raise lines.error(f"a time later than the {before[-1]} ms of the one before", text)
    return time


def _value(lines: FileLines, text: str, title: str) -> float | None:
    if text in ("", "NaN", "-"):
        return None
    try:
        return number(decimal_comma(text))
    except ValueError:
        raise lines.error(f"column {title}: a number with a decimal point, or NaN", text) from None


def _frames(lines: FileLines, found: Found) -> Iterator[Floats]:
    """Every frame, with row 0 at the front."""
    rows, n = Rows(lines), found.header.count("Frame count")
    while not lines.rest_is_blank():
        if lines.line == "}" and len(found.numbers) == n:
            continue  # the end of the platform
        if len(found.numbers) == n:
            raise lines.error(f"nothing after frame {n} of {n}", lines.line)
        _begin(lines, found)
        check_frames(lines.path, len(found.numbers))
        yield _cells(lines, rows, found)
    if len(found.numbers) != n:
        raise lines.error(f"{n} frames, as Frame count says", f"{len(found.numbers)} frames")


def _begin(lines: FileLines, found: Found) -> None:
    """What stands before the cells of a frame, from the line that was just read."""
    title = FRAME.match(lines.line)
    if title is None or (found.numbers and int(title[1]) <= found.numbers[-1]):
        before = f" with a number above {found.numbers[-1]}" if found.numbers else ""
        raise lines.error(f"Frame n {{{before}", lines.line)
    found.numbers.append(int(title[1]))
    time: Decimal | None = None
    center: re.Match[str] | None = None
    name = f"frame {title[1]}"
    while not (line := lines.next_filled(f"Time, ms and the cells of {name}")).startswith("\t") and line != "x1":
        if match := TIME.match(line):
            time = _later(lines, match[1].replace(",", "."), found.times)
        elif line.startswith("Center of force"):
            center = CENTER.search(line)
        elif not re.match(r"Exercise ?\d*", line):
            raise lines.error(f"Time, Center of force or the cells of {name}", line)
    if time is None:
        raise lines.error(f"Time, ms of {name} before its cells", line.strip())
    found.times.append(time)
    found.centers.append(None if center is None else [int(center[1]), int(center[2])])
    cols = found.header.count("Columns")
    if line.split() != [f"x{k}" for k in range(1, cols + 1)]:
        raise lines.error(f"x1 to x{cols}, the columns of {name}", line.strip())


def _cells(lines: FileLines, rows: Rows, found: Found) -> Floats:
    cols, n = found.header.count("Columns"), found.header.count("Lines")
    name, cells = f"frame {found.numbers[-1]}", list[Floats]()
    for k in range(1, n + 1):
        which = f"line y{k} of {name}"
        label, _, text = lines.next(f"{which}: {cols} values").partition("\t")
        if label != f"y{k}":
            raise lines.error(f"{which}: {cols} values", lines.line)
        cells.append(rows.of(text, which, cols))
    if (line := lines.next(f"}} after the {n} lines of {name}")) != "}":
        raise lines.error(f"}} after the {n} lines of {name}", line)
    return np.stack(cells).T[::-1, ::-1]


def _vendor(found: Found) -> Mapping[str, Any]:
    """The table by titles and the centres, one entry per frame; the table's times are whole ms."""
    table = found.table
    near = len(table.times) == len(found.times) and all(
        abs(one - other) <= 1 for one, other in zip(table.times, found.times, strict=True)
    )
    row_of = {int(time): k for k, time in enumerate(table.times)}
    at = [k if near else row_of.get(round(time)) for k, time in enumerate(found.times)]
    results = {
        title: [None if k is None else table.rows[k][column] for k in at] for column, title in enumerate(table.titles)
    }
    return {"Center of force": found.centers, **results}


def _start_us(found: Found) -> tuple[int, str]:
    """µs since 1970 of the recording's start, 0 without one that can be read; and what was assumed."""
    values = found.header.values
    text = values["Creation date"].text if "Creation date" in values else ""
    assumed = []
    if _pitch_mm(found.header) == (PITCH_MM, PITCH_MM):
        assumed.append(f"cells are {PITCH_MM} mm wide and long, which the file prints rounded")
    if BELT in found.table.titles:
        assumed.append("positions are those on the plate, not on the belt")
    for form, order in DATES.items():
        try:
            start = datetime.strptime(text, f"{form} %H:%M:%S")
        except ValueError:
            continue
        return since_1970_us(start), "; ".join([f"Creation date is UTC, {order}, and the recording's start", *assumed])
    return 0, "; ".join([f"{doubts.FROM_1970}: the file has no Creation date that can be read", *assumed])


def _pitch_mm(header: Header) -> tuple[float, float]:
    """Across and along the plate: y and x of the vendor."""
    expected = "a size above 0, in mm"
    height, width = (header.convert(f"Cell {what},mm", expected, _size) for what in ("height", "width"))
    rounded = all(abs(size - PITCH_MM) < PRINTED_WITHIN_MM for size in (height, width))
    return (PITCH_MM, PITCH_MM) if rounded else (height, width)


def _size(text: str) -> float:
    value = number(decimal_comma(text))
    if not 0 < value < 1000:
        raise ValueError(text)
    return value


def _layout(found: Found, exact: Exactness) -> Layout:
    header, dtype = found.header, exact.dtype
    fields: dict[str, Any] = {"rows": header.count("Columns"), "cols": header.count("Lines"), "dtype": dtype}
    fields["unit"] = header.unit("Units")
    try:
        return Layout(**fields, pitch_mm=_pitch_mm(header), kind="plate", y_axis="up")
    except InvalidData as error:
        raise header.lines.error("a plate that can be", str(error), header.text("Columns").line) from error
