"""novel emed exports (`.lst`): a pressure plate, one page per frame, form feeds between pages.

            Page 1
    File: …    Matrix: 64x95           columns x rows of the whole plate
    Sensor area: 0.25 cm²  Time/picture:10.0 ms
    Sensor size: 0.500x0.500 cm
    Pict-No.: 1  Force[N]=…
        26  27 …  47  Force            numbers of the plate's columns
    30  0.00 …        0.00             a row of the plate, last its force
    Force  0.00 …    39.63             force of every column, and of the frame

Only the active window of the plate is in the file, the same on all pages; `provenance["window"]` says where on the
plate it lies. Positions in mm count from the centre of its first cell, to the right and down. Pages of summaries (MVP,
MPP) have no Pict-No and are skipped. The file has no date: times count from 1970.

`provenance["vendor"]`, in N as printed: "Force" of the frame, "Force of rows" and "Force of columns".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from barograph.errors import InvalidData
from barograph.files import doubts
from barograph.files.parts import FileRecording
from barograph.files.vendors import novel
from barograph.files.vendors.matrices import Exactness, check_frames, in_parts
from barograph.files.vendors.quantities import MM2_PER_UNIT, MM_PER_UNIT, count, numbers, quantity, seconds
from barograph.files.vendors.soles import MOST_VALUES
from barograph.files.vendors.text import FileLines, Header, decode
from barograph.frames import Floats, Layout, Recording

PAGE = re.compile(r"Page\s+\d+\Z")
PICTURE = re.compile(r"Pict-No\.:\s*(\d{1,9})\b")
SUMMARY = re.compile(r"\bM[VP]P\b")
KEYS = ("File", "Matrix", "Sensor area", "Time/picture", "Sensor size")
EXPECTED = f"a page with {', '.join(KEYS[1:])} and Pict-No.:, or one of MVP or MPP"
MATRIX = re.compile(r"(\d{1,4})\s*x\s*(\d{1,4})\Z")
PARTS = re.compile(rf"({'|'.join(KEYS)}):([^\t]*)")


@dataclass(frozen=True)
class Window:
    """The plate's columns and rows that a page shows, by number, both ends included."""

    rows: tuple[int, int]
    cols: tuple[int, int]

    def __str__(self) -> str:
        return f"rows {self.rows[0]} to {self.rows[1]} and columns {self.cols[0]} to {self.cols[1]}"


@dataclass(frozen=True)
class Page:
    """One frame as it is printed: its table with the forces of rows and columns at the edges."""

    number: int
    header: Header
    window: Window
    table: Floats


def recognises(head: bytes) -> bool:
    """Return True for the first bytes of an emed export."""
    text = decode(head)
    return "Matrix:" in text and "Time/picture:" in text and "Page" in text.partition("Matrix:")[0]


def read(path: Path) -> list[Recording]:
    """Read the plate's frames; a damaged file raises `FileFormatError` with file, line and expectation."""
    return [one.whole() for one in opened(path)]


def opened(path: Path) -> list[FileRecording]:
    """Return the plate, whose frames stay in the file until they are asked for; it is read once and checked."""
    exact, forces, first, n = Exactness(), list[Forces](), None, 0
    with FileLines(path) as lines:
        for page in _pages(lines):
            first, n = first or page, n + 1
            exact.add(page.table[:-1, :-1])
            check_frames(path, n)
            if (n - 1) * sum(page.table.shape) < MOST_VALUES:
                forces.append(_forces(page.table))
        if first is None:
            raise lines.error(EXPECTED, "the end of the file")
        lines.check_last_number()
        layout = _layout(lines, first, exact.dtype)
    step = first.header.convert("Time/picture", "milliseconds, as in 10.0 ms", lambda text: seconds(_ms(text)))
    return [
        FileRecording(
            path=path,
            layout=layout,
            times_us=np.arange(n) * int(step * 1000),
            parts=lambda: in_parts(layout, _again(path), exact.stored),
            provenance={
                "format": "novel-emed",
                "file": path.name,
                "header": first.header.texts(),
                **doubts.told([f"Pict-No. 1 to {first.number - 1} are not in the file"] if first.number > 1 else []),
                "window": {"first_row": first.window.rows[0], "first_col": first.window.cols[0]},
                "assumed": f"{doubts.FROM_1970}: the file has no time; {doubts.UNCOUNTED}",
                **_vendor(forces, n),
            },
        )
    ]


def _again(path: Path) -> Iterator[Floats]:
    with FileLines(path) as lines:
        for page in _pages(lines):
            yield page.table[:-1, :-1]


Forces = tuple[float, list[float], list[float]]


def _forces(table: Floats) -> Forces:
    """What the vendor prints of a frame: its force, those of its rows and of its columns."""
    return float(table[-1, -1]), table[:-1, -1].tolist(), table[-1, :-1].tolist()


def _vendor(forces: Sequence[Forces], n: int) -> dict[str, Any]:
    titles = ("Force", "Force of rows", "Force of columns")
    kept = {"vendor_kept": f"results of the first {len(forces)} of {n} frames", "frames": n} if n > len(forces) else {}
    return {"vendor": {title: [one[i] for one in forces] for i, title in enumerate(titles)}, **kept}


def _pages(lines: FileLines) -> Iterator[Page]:
    """Every page with a frame, in order; each has what the first has."""
    before: Page | None = None
    while not lines.rest_is_blank():
        page = _page(lines)
        if page is None:
            continue
        if before is not None:
            _check_follows(lines, page, before)
        before = page
        yield page


def _check_follows(lines: FileLines, page: Page, before: Page) -> None:
    if page.number != before.number + 1:
        raise lines.error(f"Pict-No. {before.number + 1} after {before.number}", f"Pict-No. {page.number}")
    if page.window != before.window:
        raise lines.error(f"{before.window}, as on the pages before", str(page.window))
    for key in KEYS:
        if page.header.text(key).text != before.header.text(key).text:
            value = page.header.text(key)
            raise lines.error(f"{key}: {before.header.text(key).text}, as before", value.text, value.line)


def _page(lines: FileLines) -> Page | None:
    """The page that begins at the line just read, or None for a summary, whose lines are passed over."""
    if not PAGE.match(lines.line.strip()):
        raise lines.error("Page n at the top of a page", lines.line.strip())
    header, summary = Header(lines), False
    while True:
        line = lines.next_filled(EXPECTED).strip(" \t\f")
        summary = summary or bool(SUMMARY.search(line))
        for key, text in PARTS.findall(line):
            header.add(key, text)
        if found := PICTURE.search(line):
            for key in KEYS:
                header.text(key)
            return Page(int(found[1]), header, *_table(lines, header, found[1]))
        if summary:
            _pass_over(lines)
            return None
        if PAGE.match(line) or line.startswith("Force\t"):
            raise lines.error(EXPECTED, line)


def _pass_over(lines: FileLines) -> None:
    """Go on to the line before the next page, or to the end."""
    while not lines.rest_is_blank():
        if PAGE.match(lines.line.strip()):
            lines.back()
            return


def _table(lines: FileLines, header: Header, picture: str) -> tuple[Window, Floats]:
    """The window and the numbers, edges of forces included."""
    width, height = header.convert("Matrix", "columns x rows, as in 64x95", _matrix)
    cols = _numbers_of_columns(lines, width)
    rows: list[int] = []
    table: list[Floats] = []
    while True:
        which = f"row {rows[-1] + 1}, or Force" if rows else "the first row"
        name, *values = lines.next_filled(f"{which}, of Pict-No. {picture}").split("\t")
        if len(values) != len(cols) + 1:
            raise lines.error(f"{which}: {len(cols)} values and their force", f"{len(values)} values")
        try:
            table.append(numbers([text.strip() for text in values]))
        except ValueError as error:
            raise lines.error(f"{which}: numbers with a decimal point", str(error)) from None
        if name.strip() == "Force" and rows:
            return Window((rows[0], rows[-1]), (cols[0], cols[-1])), np.array(table)
        rows.append(_row_number(lines, name.strip(), rows, height, which))


def _row_number(lines: FileLines, name: str, before: list[int], height: int, which: str) -> int:
    good = re.match(r"[1-9]\d{0,3}\Z", name) and int(name) <= height and (not before or int(name) == before[-1] + 1)
    if not good:
        raise lines.error(f"{which}, of {height} on the plate", name)
    return int(name)


def _numbers_of_columns(lines: FileLines, width: int) -> list[int]:
    expected = f"the numbers of consecutive columns, of {width} on the plate, then Force"
    *names, last = lines.next_filled(expected).split()
    try:
        cols = [count(name) for name in names]
    except ValueError:
        raise lines.error(expected, lines.line) from None
    if last != "Force" or not cols or cols != list(range(cols[0], cols[0] + len(cols))) or cols[-1] > width:
        raise lines.error(expected, lines.line.strip())
    return cols


def _matrix(text: str) -> tuple[int, int]:
    found = MATRIX.match(text)
    if found is None:
        raise ValueError(text)
    return count(found[1]), count(found[2])


def _ms(text: str) -> str:
    amount, unit = text.split()
    if unit != "ms":
        raise ValueError(text)
    return amount


def _size(text: str) -> tuple[float, float]:
    """`0.500x0.500 cm` in mm, across and along."""
    across, along = text.split()[0].split("x")
    unit = text.split()[1]
    return quantity(f"{across} {unit}", MM_PER_UNIT), quantity(f"{along} {unit}", MM_PER_UNIT)


def _layout(lines: FileLines, page: Page, dtype: str) -> Layout:
    header = page.header
    pitch_mm = header.convert("Sensor size", "width x height and a unit, as in 0.500x0.500 cm", _size)
    area = header.convert(
        "Sensor area", "a number and a unit, as in 0.25 cm²", lambda text: quantity(text, MM2_PER_UNIT)
    )
    rows, cols = (last - first + 1 for first, last in (page.window.rows, page.window.cols))
    fields: dict[str, Any] = {"rows": rows, "cols": cols, "dtype": dtype, "unit": "kPa", "kind": "plate"}
    fields["contact_kpa"] = novel.CONTACT_KPA
    try:
        return Layout(**fields, pitch_mm=pitch_mm, cell_area_mm2=area, origin_mm=(-pitch_mm[0] / 2, -pitch_mm[1] / 2))
    except InvalidData as error:
        raise lines.error("a plate that can be", str(error), header.text("Matrix").line) from error
