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
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barograph.errors import FileFormatError, InvalidData
from barograph.files import doubts
from barograph.files.vendors.quantities import (
    MM2_PER_UNIT,
    MM_PER_UNIT,
    number,
    numbers,
    quantity,
    since_1970_us,
    smallest,
)
from barograph.files.vendors.text import Cursor, Header, Lines, decode, read_bytes
from barograph.files.vendors.xsensor_forms import SUMMARY, is_turned, turned
from barograph.frames import Floats, Layout, Recording

SIDES = {"LF": "left", "RF": "right"}
SIDE = re.compile(r"-(LF|RF)\b")
SIZE = re.compile(r"Sensel (Width|Height) \((\w+)\)\Z")
TOTAL_AREA = re.compile(r"Total Area \((\S+)\)\Z")
# A date of numbers alone begins with the year: any other order would be a guess.
DATES = ("%Y %b %d", "%Y %B %d", "%Y-%m-%d", "%Y/%m/%d", "%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y", "%b %d, %Y",
         "%B %d, %Y", "%d-%b-%Y", "%d. %b %Y")  # fmt: skip
HEAD = 4096  # characters within which a file shows what form it has
ABOUT = ("Rows", "Columns", "Name", "Cells", "Sensel Width", "Sensel Height")
CLOCKS = ("%H:%M:%S.%f", "%H:%M:%S")


@dataclass
class Part:
    """A sensor or a region over all frames: what stands beside its cells, frame by frame."""

    name: str
    rows: list[Header] = field(default_factory=list)
    cells: list[Floats] = field(default_factory=list)

    def statistics(self) -> dict[str, list[float | None]]:
        """Return the vendor's numbers by title, one entry per frame."""
        titles = [title for title in self.rows[0].values if title.partition(" (")[0] not in ABOUT]
        return {title: [_statistic(row, title) for row in self.rows] for title in titles}


@dataclass
class Movie:
    """All that is in a file."""

    lines: Lines
    header: Header
    numbers: list[int] = field(default_factory=list)
    times_us: list[int] = field(default_factory=list)
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
    text = decode(read_bytes(path))
    if SUMMARY.search(text[:HEAD]):
        raise FileFormatError(
            f"{path}, line 2: expected the cells of every frame, got a summary of frames without cells; export again "
            "with the sensels"
        )
    once: dict[str, str] = {}
    if is_turned(text):
        form = turned(text)
        text, once = form.text, form.once
    movie = _movie(Lines(path, text, blank=","), once)
    cells = {name: np.stack(part.cells) for name, part in movie.sensors.items()}
    return [_recording(movie, part, cells) for part in movie.sensors.values()]


def _movie(lines: Lines, once: dict[str, str]) -> Movie:
    movie = Movie(lines, _header(lines))
    for key, text in once.items():
        if key not in movie.header.values:
            movie.header.add(key, text)
    _begin_frame(movie)
    while not lines.rest_is_blank():
        what, _, name = lines.line.partition(",")
        if what == "SENSOR":
            _add_sensor(movie, name.strip())
        elif what == "GROUP":
            _add_region(movie)
        elif what == "FRAME":
            _check_frame(movie)
            _begin_frame(movie)
        else:
            raise lines.error("SENSOR, GROUP or FRAME", lines.line)
    _check_frame(movie)
    return movie


def _header(lines: Lines) -> Header:
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
    movie.times_us.append(moment_us(lines, date, clock))


def _titled(lines: Lines, title: str) -> str:
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
            if len(part.rows) != n:
                came = f"it {len(part.rows)} times in {n} frames"
                raise movie.lines.error(f"{kind} {part.name} once in frame {movie.numbers[-1]} and all others", came)
    if not movie.sensors:
        raise movie.lines.error(f"a SENSOR in frame {movie.numbers[-1]}", "none")


def _add_sensor(movie: Movie, name: str) -> None:
    lines, part = movie.lines, movie.sensors.setdefault(name, Part(name))
    row = _titles(lines)
    _add_titles(part, row)
    _pitch_mm(row)
    rows, cols = row.count("Rows"), row.count("Columns")
    if part.cells and part.cells[0].shape != (rows, cols):
        raise lines.error(
            f"{part.cells[0].shape[0]} x {part.cells[0].shape[1]} cells of {name}, as before", f"{rows} x {cols}"
        )
    cells = [_row(lines, f"row {k} of {rows} of {name}", cols) for k in range(1, rows + 1)]
    part.cells.append(np.array(cells))


def _row(lines: Lines, which: str, cols: int) -> Floats:
    values = lines.next_filled(which).split(",")
    if len(values) != cols:
        raise lines.error(f"{which}: {cols} values", f"{len(values)} values")
    return _numbers(lines, which, values)


def _numbers(lines: Lines, which: str, values: list[str]) -> Floats:
    try:
        return numbers([text.strip() for text in values])
    except ValueError as error:
        raise lines.error(f"{which}: numbers with a decimal point", str(error)) from None


def _add_region(movie: Movie) -> None:
    lines = movie.lines
    row = _titles(lines)
    name = row.text("Name").text
    known = movie.regions.setdefault(name, Part(name))
    _add_titles(known, row)
    left = row.count("Cells")
    while left > 0:
        values = lines.next_filled(f"{left} more cells of {name}").split(",")
        _numbers(lines, f"cells of {name}", values)
        left -= len(values)
    if left < 0:
        raise lines.error(f"{row.count('Cells')} cells of {name}", f"{row.count('Cells') - left}")


def _titles(lines: Lines) -> Header:
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


def _add_titles(part: Part, row: Header) -> None:
    """The same titles in every frame."""
    part.rows.append(row)
    before, now = part.rows[0].values.keys(), row.values.keys()
    if before != now:
        less, more = ", ".join(before - now), ", ".join(now - before)
        raise row.lines.error(f"the titles that {part.name} had before", f"without: {less}; more: {more}")


def _statistic(row: Header, title: str) -> float | None:
    return row.convert(title, "a number", number) if row.text(title).text else None


def _recording(movie: Movie, part: Part, cells: dict[str, Floats]) -> Recording:
    side = _side(part.name)
    frames = smallest(cells[part.name])
    of_sensor = [r for r in movie.regions.values() if side is None or r.name.lower().startswith(side)]
    area_mm2, exist = _areas(part, of_sensor)
    return Recording(
        frames=frames,
        times_us=np.array(movie.times_us, np.int64),
        layout=_layout(movie, part, frames.dtype.name, area_mm2, _mask(side, exist, part.name, cells)),
        provenance={
            "format": "xsensor",
            "file": movie.lines.path.name,
            "sensor": part.name,
            "header": movie.header.texts(),
            "frame_numbers": movie.numbers,
            "assumed": "Date and Time are UTC; the cells that exist are those ever loaded and their neighbours, "
            f"as many as the total area holds; {doubts.UNCOUNTED}",
            **doubts.told(doubts.between(movie.numbers, "FRAME")),
            "vendor": part.statistics(),
            "vendor_regions": {r.name: {"Cells": r.rows[0].count("Cells"), **r.statistics()} for r in of_sensor},
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
    row = part.rows[0]
    width, height = _pitch_mm(row)
    total, parts = _total_mm2(row), [(_total_mm2(region.rows[0]), region.rows[0].count("Cells")) for region in regions]
    if total is None:
        return round(width * height, 9), None
    about = width * height
    if parts and all(area is not None for area, _ in parts):
        about = sum(area or 0.0 for area, _ in parts) / sum(n for _, n in parts)
    n = max(1, round(total / about))
    return total / n, n


def _mask(side: str | None, exist: int | None, name: str, cells: dict[str, Floats]) -> NDArray[np.bool_] | None:
    """Which cells exist; None where the file leaves that open, or all do."""
    loaded = {_side(other): (values != 0).any(axis=0) for other, values in cells.items() if _side(other)}
    known: NDArray[np.bool_] = np.any(cells[name] != 0, axis=0)
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
    row, side = part.rows[0], _side(part.name)
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
