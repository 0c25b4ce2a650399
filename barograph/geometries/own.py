"""A geometry of one's own from a CSV, one line a cell.

    # version: 1
    # side: left                                 side, kind, name, source and confidence, if they are known
    # source: measured with a ruler
    cell,name,x_mm,y_mm,area_mm2,polygon_mm
    1,heel,31.3,13.3,126,36.7 18.9;24.1 18.9;29.5 7.9

`cell` numbers the cells from 1 in the order of the values in a frame. `name`, `area_mm2` and `polygon_mm` (corners, x
and y with a blank between them, then a semicolon) may be left out or empty. `x_rel` and `y_rel` instead of mm are parts
of a length and a width that are not known. x grows to the right, y to the front, seen from above.
"""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from barograph.errors import FileFormatError, InvalidData
from barograph.file_versions import require_known
from barograph.geometries.catalogue import Known
from barograph.geometry import Geometry
from barograph.layout_values import choice

VERSION = 1
COLUMNS = ("cell", "name", "x_mm", "y_mm", "x_rel", "y_rel", "area_mm2", "polygon_mm")
ABOUT = ("side", "name", "source", "confidence", "kind", "sole_mm2")
KINDS = ("insole", "plate", "mat", "seat", "saddle")
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\Z")
MOST_BYTES, MOST_CELLS = 4 << 20, 20_000


@dataclass(frozen=True)
class Cell:
    """One line: the cell's number, its place, and what else is known of it."""

    line: int
    number: int
    name: str
    x: float
    y: float
    area_mm2: float | None
    polygon: tuple[float, ...]


@dataclass(frozen=True)
class Table:
    """The lines of a CSV, in their order, and what stands before them."""

    path: Path
    places: str
    cells: list[Cell]
    about: dict[str, str] = field(default_factory=dict)

    def geometry(self) -> Geometry:
        """Return the cells as a geometry, by their numbers."""
        cells = sorted(self.cells, key=lambda cell: cell.number)
        names = tuple(cell.name or f"cell {cell.number}" for cell in cells) if any(c.name for c in cells) else ()
        try:
            return Geometry(
                places="mm" if self.places == "mm" else "relative",
                x=tuple(cell.x for cell in cells),
                y=tuple(cell.y for cell in cells),
                polygons=tuple(cell.polygon for cell in cells) if any(cell.polygon for cell in cells) else (),
                names=names,
                name=self.about.get("name", self.path.stem),
                source=self.about.get("source", f"a table of one's own, {self.path.name}"),
                confidence=self.about.get("confidence", ""),
                sole_mm2=float(self.about["sole_mm2"]) if "sole_mm2" in self.about else None,
            )
        except InvalidData as error:
            raise FileFormatError(f"{self.path}: {error}") from error

    def areas(self) -> tuple[float, ...] | None:
        """Return the areas of all cells by their numbers, None where one has none."""
        cells = sorted(self.cells, key=lambda cell: cell.number)
        areas = [cell.area_mm2 for cell in cells if cell.area_mm2 is not None]
        return tuple(areas) if len(areas) == len(cells) else None


def taken(path: Path) -> Known:
    """Return a geometry that can be used; numbers that are not 1 to n, each once, raise `FileFormatError`."""
    return known_of(read(path))


def known_of(table: Table) -> Known:
    """Return the geometry of a table that was read; numbers that are not 1 to n, each once, raise `FileFormatError`."""
    path = table.path
    if wrong := wrong_numbers(table):
        line, text = wrong[0]
        raise FileFormatError(f"{path}{'' if line is None else f', line {line}'}: {text}")
    n = len(table.cells)
    return Known(
        name=table.about.get("name", path.stem),
        title=f"{n} cells of {path.name}",
        quantity=None,
        kind=table.about.get("kind", ""),
        cells=n,
        source=table.about.get("source", path.name),
        confidence=table.about.get("confidence", ""),
        side=table.about.get("side"),
        geometry=table.geometry(),
        area_mm2=table.areas(),
        cols=n,
    )


def wrong_numbers(table: Table) -> list[tuple[int | None, str]]:
    """Return what is wrong with the numbers of cells: line, None for the whole, and text."""
    found: list[tuple[int | None, str]] = []
    first: dict[int, int] = {}
    for cell in table.cells:
        if cell.number in first:
            said = f"expected each cell once, got cell {cell.number} again, which is on line {first[cell.number]}"
            found.append((cell.line, said))
        first.setdefault(cell.number, cell.line)
    if missing := sorted(set(range(1, max(first) + 1)) - first.keys()):
        listed = ", ".join(map(str, missing[:10])) + (", …" if len(missing) > 10 else "")
        found.append((None, f"expected cells 1 to {max(first)}, got none with number {listed}"))
    return found


def read(path: Path) -> Table:
    """Read a table; what is wrong raises `FileFormatError` with line and column."""
    if path.stat().st_size > MOST_BYTES:
        raise FileFormatError(f"{path}: expected at most {MOST_BYTES} bytes of a geometry, got {path.stat().st_size}")
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{path}: expected UTF-8, got byte {error.object[error.start]:#04x}") from error
    return parsed(path, text)


def parsed(path: Path, text: str) -> Table:
    """Read the text of a table; `path` is what it is called where something is wrong."""
    about: dict[str, str] = {}
    titles: list[str] = []
    cells: list[Cell] = []
    for line, words in _lines(path, text, about):
        if not titles:
            titles = _titles(path, line, words)
            continue
        if len(words) != len(titles):
            raise _error(path, line, f"{len(titles)} columns, as the titles have", f"{len(words)}")
        cells.append(_cell(path, line, titles, words))
        if len(cells) > MOST_CELLS:
            raise _error(path, line, f"at most {MOST_CELLS} cells", "more")
    if not cells:
        raise FileFormatError(
            f"{path}: expected titles and a line for each cell, got {'titles alone' if titles else 'none'}"
        )
    return Table(path, "mm" if "x_mm" in titles else "relative", cells, about)


def _lines(path: Path, text: str, about: dict[str, str]) -> Iterator[tuple[int, list[str]]]:
    """Lines of values with their numbers; what lines with # say is put into `about`."""
    for line, content in enumerate(text.splitlines(), 1):
        if content.startswith("#"):
            _add_about(path, line, content, about)
        elif content.strip():
            yield line, [word.strip() for word in next(csv.reader([content]))]


def _add_about(path: Path, line: int, content: str, about: dict[str, str]) -> None:
    key, colon, value = (part.strip() for part in content.lstrip("#").partition(":"))
    if key == "version":
        require_known(path, value, VERSION)
    if not colon or key not in ABOUT:
        return
    if key == "sole_mm2" and not (NUMBER.match(value) and 0.0 < float(value) < math.inf):
        raise _error(path, line, "an area above 0, as '# sole_mm2: 21500'", value)
    allowed = {"side": ("left", "right"), "kind": KINDS}.get(key)
    try:
        about[key] = value if allowed is None else choice(key, value, allowed)
    except InvalidData as error:
        raise FileFormatError(f"{path}, line {line}: {error}") from error


def _titles(path: Path, line: int, words: Sequence[str]) -> list[str]:
    titles = [word.lower() for word in words]
    if unknown := [title for title, n in Counter(titles).items() if title not in COLUMNS or n > 1]:
        raise _error(path, line, f"each of {', '.join(COLUMNS)} at most once, with commas between them", unknown[0])
    pairs = [pair for pair in (("x_mm", "y_mm"), ("x_rel", "y_rel")) if set(pair) <= set(titles)]
    if "cell" not in titles or len(pairs) != 1:
        raise _error(path, line, "titles cell, x_mm and y_mm, or cell, x_rel and y_rel", ", ".join(titles))
    return titles


def _cell(path: Path, line: int, titles: Sequence[str], words: Sequence[str]) -> Cell:
    said = dict(zip(titles, words, strict=True))

    def number(title: str) -> float:
        word = said[title]
        value = float(word) if NUMBER.match(word) else math.nan
        if not math.isfinite(value):
            raise _error(
                path, line, f"a number with a decimal point in column {titles.index(title) + 1}, {title}", word
            )
        return value

    if not re.match(r"[1-9]\d{0,5}\Z", said["cell"]):
        raise _error(path, line, f"a cell's number from 1 on in column {titles.index('cell') + 1}, cell", said["cell"])
    unit = "mm" if "x_mm" in said else "rel"
    area = number("area_mm2") if said.get("area_mm2") else None
    if area is not None and area <= 0:
        raise _error(
            path, line, f"an area above 0 in column {titles.index('area_mm2') + 1}, area_mm2", said["area_mm2"]
        )
    polygon = _polygon(path, line, titles.index("polygon_mm") + 1, said["polygon_mm"]) if said.get("polygon_mm") else ()
    return Cell(line, int(said["cell"]), said.get("name", ""), number(f"x_{unit}"), number(f"y_{unit}"), area, polygon)


def _polygon(path: Path, line: int, column: int, text: str) -> tuple[float, ...]:
    corners = [corner.split() for corner in text.split(";") if corner.strip()]
    flat = [word for corner in corners for word in corner]
    if len(corners) < 3 or any(len(corner) != 2 for corner in corners) or not all(map(NUMBER.match, flat)):
        raise _error(path, line, f"3 or more corners as 'x y;x y;x y' in column {column}, polygon_mm", text)
    return tuple(map(float, flat))


def _error(path: Path, line: int, expected: str, got: str) -> FileFormatError:
    return FileFormatError(f"{path}, line {line}: expected {expected}, got {got[:60]!r}")
