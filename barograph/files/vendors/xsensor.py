"""XSENSOR CSV exports: one or more sensors, in foot files the left and the right insole.

    File:,"…"
    Units:,mmHg
    Threshold:,51.72
    FRAME,1464
    Date, 2022 Aug 16
    Time, 08:21:17.982                 taken as UTC
    SENSOR,HX210…-LF S0073             -LF and -RF are the left and the right foot
    Rows,31  Columns,11  Sensel Width (cm),0.86  …       one a line, among them the vendor's statistics
    SENSELS
    0,0,…                              Rows lines of Columns values
    GROUP,1                            a region: Name, Cells, statistics, and its cells in no order that is told

Lines may end in commas, and lines of nothing else stand between the others. Row 0 is the toes, seen from above.

The file does not say which cells of the matrix exist, only how large all of them are together ("Total Area"). A cell
has the area that the regions' totals and numbers of cells give, which is finer than the printed width and height;
their quotient is the number of cells. Those that were ever loaded exist, also when only their mirror image in the
other foot was; the few that are then missing are taken where most neighbours exist. `provenance["assumed"]` says so.

`provenance["vendor"]`: the statistics under the titles that the file prints, as "Peak Pressure (mmHg)";
`provenance["vendor_regions"]`: the same for every region of this sensor, by its name, with its number of "Cells".
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barograph.errors import FileFormatError, InvalidData
from barograph.files import doubts
from barograph.files.parts import FileRecording
from barograph.files.vendors.matrices import Exactness, check_frames, in_parts
from barograph.files.vendors.quantities import (
    MM2_PER_UNIT,
    MM_PER_UNIT,
    number,
    numbers,
    quantity,
    since_1970_us,
)
from barograph.files.vendors.soles import MOST_RESULTS
from barograph.files.vendors.text import Cursor, FileLines, Header, decode
from barograph.files.vendors.xsensor_forms import SUMMARY, Turned, is_turned
from barograph.frames import Floats, Layout, Recording

SIDES = {"LF": "left", "RF": "right"}
SIDE = re.compile(r"-(LF|RF)\b")
SIZE = re.compile(r"Sensel (Width|Height) \((\w+)\)\Z")
TOTAL_AREA = re.compile(r"Total Area \((\S+)\)\Z")
# A date of numbers alone begins with the year: any other order would be a guess.
DATES = ("%Y %b %d", "%Y %B %d", "%Y-%m-%d", "%Y/%m/%d", "%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y", "%b %d, %Y",
         "%B %d, %Y", "%d-%b-%Y", "%d. %b %Y")  # fmt: skip
HEAD = 4096  # characters within which a summary shows that it is one
HEAD_BYTES = 1 << 20  # and a file whether it has keys with colons or decimal commas
ABOUT = ("Rows", "Columns", "Name", "Cells", "Sensel Width", "Sensel Height")
CLOCKS = ("%H:%M:%S.%f", "%H:%M:%S")


@dataclass
class Part:
    """A sensor or a region over all frames: what stands beside its cells, and which of them were ever loaded."""

    name: str
    first: Header
    n: int = 0
    results: dict[str, list[float | None]] = field(default_factory=dict)
    exact: Exactness = field(default_factory=Exactness)
    loaded: NDArray[np.bool_] | None = None

    def take(self, row: Header) -> None:
        """Keep the vendor's numbers of the next frame, which has the titles of the first."""
        before, now = self.first.values.keys(), row.values.keys()
        if before != now:
            less, more = ", ".join(before - now), ", ".join(now - before)
            raise row.lines.error(f"the titles that {self.name} had before", f"without: {less}; more: {more}")
        self.n += 1
        for title in (title for title in now if title.partition(" (")[0] not in ABOUT):
            value = _statistic(row, title)
            if self.n <= MOST_RESULTS:
                self.results.setdefault(title, []).append(value)

    def look(self, cells: Floats) -> None:
        """Look at the cells of a frame, for the first time."""
        self.exact.add(cells)
        loaded = cells != 0
        self.loaded = loaded if self.loaded is None else self.loaded | loaded


@dataclass
class Movie:
    """All that is in a file but the cells; `once` has what a form repeats in every frame."""

    lines: FileLines
    header: Header
    once: dict[str, str]
    numbers: list[int] = field(default_factory=list)
    times_us: array[int] = field(default_factory=lambda: array("q"))
    sensors: dict[str, Part] = field(default_factory=dict)
    regions: dict[str, Part] = field(default_factory=dict)


def recognises(head: bytes) -> bool:
    """Return True for the first bytes of an XSENSOR export."""
    text = decode(head).lstrip()
    if not re.match(r"File:[, ]", text):
        return False
    plain = text.replace("\r", "\n")
    return "\nUnits:" in plain or is_turned(plain) or SUMMARY.search(plain) is not None


def read(path: Path) -> list[Recording]:
    """Read every sensor; a damaged file raises `FileFormatError` with file, line and expectation."""
    return [one.whole() for one in opened(path)]


def opened(path: Path) -> list[FileRecording]:
    """Return every sensor, whose frames stay in the file until they are asked for; it is read once and checked."""
    with path.open("rb") as file:
        head = decode(file.read(HEAD_BYTES))
    if SUMMARY.search(head[:HEAD]):
        raise FileFormatError(
            f"{path}, line 2: expected the cells of every frame, got a summary of frames without cells; export again "
            "with the sensels"
        )
    form = is_turned(head)
    with _movie(path, form) as movie:
        for part, cells in _frames(movie):
            part.look(cells)
        for key, text in movie.once.items():
            if key not in movie.header.values:
                movie.header.add(key, text)
        return [_recording(movie, part, form=form) for part in movie.sensors.values()]


@contextmanager
def _movie(path: Path, form: bool) -> Iterator[Movie]:
    """The file, opened at its first frame; `form` says that its lines have to be turned."""
    once: dict[str, str] = {}
    with FileLines(path, blank=",", turned=Turned(once) if form else str) as lines:
        yield Movie(lines, _header(lines), once)


def _again(path: Path, form: bool, name: str) -> Iterator[Floats]:
    with _movie(path, form) as movie:
        yield from (cells for part, cells in _frames(movie) if part.name == name)


def _frames(movie: Movie) -> Iterator[tuple[Part, Floats]]:
    """The cells of every sensor of every frame."""
    lines = movie.lines
    _begin_frame(movie)
    while not lines.rest_is_blank():
        what, _, name = lines.line.partition(",")
        if what == "SENSOR":
            yield _sensor(movie, name.strip())
        elif what == "GROUP":
            _add_region(movie)
        elif what == "FRAME":
            _check_frame(movie)
            _begin_frame(movie)
        else:
            raise lines.error("SENSOR, GROUP or FRAME", lines.line)
    _check_frame(movie)


def _header(lines: FileLines) -> Header:
    header = Header(lines)
    while (line := lines.next_filled("a header line, or FRAME")).partition(",")[0] != "FRAME":
        key, _, text = line.partition(",")
        if not key.endswith(":"):
            raise lines.error("a key that ends in a colon, or FRAME", line)
        header.add(key[:-1], text.strip().strip('"'))
    return header


def _begin_frame(movie: Movie) -> None:
    """The number and time of a frame, from the line FRAME on, which was just read."""
    lines = movie.lines
    text = lines.line.partition(",")[2].strip()
    if not re.match(r"\d{1,9}\Z", text) or (movie.numbers and int(text) <= movie.numbers[-1]):
        raise lines.error("FRAME and a number higher than the one before", lines.line)
    date, clock = (_titled(lines, title) for title in ("Date", "Time"))
    movie.numbers.append(int(text))
    check_frames(lines.path, len(movie.numbers))
    movie.times_us.append(moment_us(lines, date, clock))


def _titled(lines: FileLines, title: str) -> str:
    key, _, text = lines.next_filled(title).partition(",")
    if key != title:
        raise lines.error(title, lines.line)
    return text.strip()


def moment_us(lines: Cursor, date: str, clock: str) -> int:
    """Return µs since 1970 of a date and a time, taken as UTC."""
    for form in CLOCKS:
        for days in DATES:
            try:
                return since_1970_us(datetime.strptime(f"{date} {clock}", f"{days} {form}"))
            except ValueError:
                continue
    raise lines.error("Date and Time, as in 2022 Aug 16 and 08:21:17.982", f"{date} {clock}")


def _check_frame(movie: Movie) -> None:
    """Every sensor and region is once in every frame."""
    n = len(movie.numbers)
    for kind, parts in (("SENSOR", movie.sensors), ("GROUP", movie.regions)):
        for part in parts.values():
            if part.n != n:
                came = f"it {part.n} times in {n} frames"
                raise movie.lines.error(f"{kind} {part.name} once in frame {movie.numbers[-1]} and all others", came)
    if not movie.sensors:
        raise movie.lines.error(f"a SENSOR in frame {movie.numbers[-1]}", "none")


def _sensor(movie: Movie, name: str) -> tuple[Part, Floats]:
    lines, row = movie.lines, _titles(movie.lines)
    part = movie.sensors.setdefault(name, Part(name, row))
    part.take(row)
    _pitch_mm(row)
    rows, cols = row.count("Rows"), row.count("Columns")
    before = (part.first.count("Rows"), part.first.count("Columns"))
    if before != (rows, cols):
        raise lines.error(f"{before[0]} x {before[1]} cells of {name}, as before", f"{rows} x {cols}")
    return part, np.array([_row(lines, f"row {k} of {rows} of {name}", cols) for k in range(1, rows + 1)])


def _row(lines: FileLines, which: str, cols: int) -> Floats:
    values = lines.next_filled(which).split(",")
    if len(values) != cols:
        raise lines.error(f"{which}: {cols} values", f"{len(values)} values")
    return _numbers(lines, which, values)


def _numbers(lines: FileLines, which: str, values: list[str]) -> Floats:
    try:
        return numbers([text.strip() for text in values])
    except ValueError as error:
        raise lines.error(f"{which}: numbers with a decimal point", str(error)) from None


def _add_region(movie: Movie) -> None:
    lines = movie.lines
    row = _titles(lines)
    name = row.text("Name").text
    movie.regions.setdefault(name, Part(name, row)).take(row)
    left = row.count("Cells")
    while left > 0:
        values = lines.next_filled(f"{left} more cells of {name}").split(",")
        _numbers(lines, f"cells of {name}", values)
        left -= len(values)
    if left < 0:
        raise lines.error(f"{row.count('Cells')} cells of {name}", f"{row.count('Cells') - left}")


def _titles(lines: FileLines) -> Header:
    """Titles and values up to SENSELS."""
    row = Header(lines)
    while (line := lines.next_filled("a title and its value, or SENSELS")) != "SENSELS":
        if row.values and re.match(r"[-+.\d]", line):
            lines.back()  # a form without the line SENSELS
            break
        title, _, text = line.partition(",")
        if not title[:1].isalpha() or title in ("FRAME", "SENSOR", "GROUP"):
            raise lines.error("a title and its value, or SENSELS", line)
        row.add(title, text)
    return row


def _statistic(row: Header, title: str) -> float | None:
    return row.convert(title, "a number", number) if row.text(title).text else None


def _recording(movie: Movie, part: Part, *, form: bool) -> FileRecording:
    path, side, n = movie.lines.path, _side(part.name), part.n
    of_sensor = [r for r in movie.regions.values() if side is None or r.name.lower().startswith(side)]
    area_mm2, exist = _areas(part, of_sensor)
    layout = _layout(movie, part, part.exact.dtype, area_mm2, _mask(side, exist, part.name, movie.sensors))
    kept = {"vendor_kept": f"results of the first {MOST_RESULTS} of {n} frames", "frames": n}
    return FileRecording(
        path=path,
        layout=layout,
        times_us=np.array(movie.times_us, np.int64),
        parts=lambda: in_parts(layout, _again(path, form, part.name), part.exact.stored),
        provenance={
            "format": "xsensor",
            "file": path.name,
            "sensor": part.name,
            "header": movie.header.texts(),
            "frame_numbers": movie.numbers,
            "assumed": "Date and Time are UTC; the cells that exist are those ever loaded and their neighbours, "
            f"as many as the total area holds; {doubts.UNCOUNTED}",
            **doubts.told(doubts.between(movie.numbers, "FRAME")),
            "vendor": part.results,
            **(kept if n > MOST_RESULTS else {}),
            "vendor_regions": {r.name: {"Cells": r.first.count("Cells"), **r.results} for r in of_sensor},
        },
    )


def _side(name: str) -> Any:
    found = SIDE.search(name)
    return None if found is None else SIDES[found[1]]


def _pitch_mm(row: Header) -> tuple[float, float]:
    """Width and height of a cell."""
    sizes = {found[1]: title for title in row.values if (found := SIZE.match(title))}
    for what in ("Width", "Height"):
        if what not in sizes:
            raise row.lines.error(f"Sensel {what} (cm) of every sensor", "none")
    return _size(row, sizes["Width"]), _size(row, sizes["Height"])


def _size(row: Header, title: str) -> float:
    unit = title.partition("(")[2].rstrip(")")
    return row.convert(title, "a length above 0", lambda text: quantity(f"{text} {unit}", MM_PER_UNIT))


def _total_mm2(row: Header) -> float | None:
    """The printed area of all cells, if there is one."""
    title = next((title for title in row.values if TOTAL_AREA.match(title)), "")
    unit = title.partition("(")[2].rstrip(")")
    if not title:
        return None
    return row.convert(title, "an area above 0", lambda text: quantity(f"{text} {unit}", MM2_PER_UNIT))


def _areas(part: Part, regions: list[Part]) -> tuple[float, int | None]:
    """The area of a cell in mm², and how many cells there are, if the file says it."""
    row = part.first
    width, height = _pitch_mm(row)
    total, parts = _total_mm2(row), [(_total_mm2(region.first), region.first.count("Cells")) for region in regions]
    if total is None:
        return round(width * height, 9), None
    about = width * height
    if parts and all(area is not None for area, _ in parts):
        about = sum(area or 0.0 for area, _ in parts) / sum(n for _, n in parts)
    n = max(1, round(total / about))
    return total / n, n


def _mask(side: str | None, exist: int | None, name: str, sensors: Mapping[str, Part]) -> NDArray[np.bool_] | None:
    """Which cells exist; None where the file leaves that open, or all do."""
    ever = {other: part.loaded for other, part in sensors.items() if part.loaded is not None}
    loaded = {_side(other): cells for other, cells in ever.items() if _side(other)}
    known = ever[name]
    turned = side == "right"
    if side is not None:
        # Worked out for a left foot, so that the other's is its mirror image.
        shapes = [found[:, ::-1] if foot == "right" else found for foot, found in loaded.items()]
        known = np.logical_or.reduce([shape for shape in shapes if shape.shape == known.shape], axis=0)
    if exist is None or not known.sum() <= exist < known.size:
        return None
    for _ in range(exist - int(known.sum())):
        known = _with_likeliest(known)
    return known[:, ::-1] if turned else known


def _with_likeliest(known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """One cell more: the one with most neighbours, of those the first."""
    around = np.pad(known.astype(int), 1)
    rows, cols = known.shape
    n = sum(around[1 + r : 1 + r + rows, 1 + c : 1 + c + cols] for r in (-1, 0, 1) for c in (-1, 0, 1))
    out = known.copy()
    out.flat[int(np.argmax(np.where(known, -1, n)))] = True
    return out


def _layout(movie: Movie, part: Part, dtype: Any, area_mm2: float, mask: NDArray[np.bool_] | None) -> Layout:
    row, side = part.first, _side(part.name)
    try:
        return Layout(
            rows=row.count("Rows"),
            cols=row.count("Columns"),
            dtype=dtype,
            unit=movie.header.unit("Units"),
            pitch_mm=_pitch_mm(row),
            cell_area_mm2=area_mm2,
            mask=None if mask is None else tuple(mask.ravel().astype(int).tolist()),
            kind="mat" if side is None else "insole",
            side=side,
            y_axis="down" if side is None else "up",
            contact_kpa=movie.header.contact_kpa("Threshold"),
        )
    except InvalidData as error:
        raise movie.lines.error("a sensor that can be", str(error), row.text("Rows").line) from error
