"""Moticon OpenGo exports (`.txt`): a pair of insoles of 16 cells, a tab row a time.

    # Start time: 27.09.2023 10:21:14.922      day first, no zone; or # Start timestamp: ms since 1970, in UTC
    # Sensor insoles: Left SN5968, Right SN9171
    # Size: 7
    # time	left pressure 1[N/cm²]	…	left total force[N]	left center of pressure X[-0.5...+0.5]	…
    0.00	6.50	…

The columns are the user's choice and are found by their names. One side's columns may be empty in a row: that frame is
missing. Cells lie as in the geometry of the size (`docs/geometries.md`); areas of a size without any there are solved
from the file's total force, where they follow from it.

`provenance["vendor"]`: the other columns by their titles, one entry per frame. Those that name no side are with both. A
centre of pressure of 0, 0 is none: the vendor has one from 50 N on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from barograph import geometries
from barograph.errors import InvalidData
from barograph.files import doubts
from barograph.files.parts import FileRecording
from barograph.files.vendors.moticon_areas import REMAINDER_N, Areas
from barograph.files.vendors.quantities import pressure_unit, since_1970_us
from barograph.files.vendors.soles import Sole, check_once, recording_of, rows_of, time_us_of
from barograph.files.vendors.text import UNIT_NAMES, FileLines, Header, decode
from barograph.frames import Floats, Layout, Recording

TITLES = re.compile(r"(?m)^# time\t.*\b(?:left|right) pressure \d+\[")
CELL = re.compile(r"(left|right) pressure ([1-9]\d?)\[(.+)\]\Z", re.IGNORECASE)
SIDE = re.compile(r"(left|right)\b", re.IGNORECASE)
FORCE = re.compile(r"(?:left|right) total force\[N\]\Z", re.IGNORECASE)
CENTRE = re.compile(r"(?:left|right) center of pressure [XY]\[", re.IGNORECASE)
LABEL = re.compile(r".*\blabel\[\]\Z", re.IGNORECASE)
KEY = re.compile(r"# ([^:\t]{1,60}):(.*)\Z")
CELLS = 16


@dataclass
class Found:
    """What is known of a file before its rows: header, titles, and of each side its columns and the cells' numbers."""

    header: Header
    titles: list[str]
    unit: str
    soles: dict[str, Sole]
    numbers: dict[str, list[int]]
    areas: dict[str, Areas] = field(default_factory=dict)


def recognises(head: bytes) -> bool:
    """Return True for the first bytes of an OpenGo export with pressures."""
    return TITLES.search(decode(head).replace("\r", "\n")) is not None


def read(path: Path) -> list[Recording]:
    """Read both insoles; a damaged file raises `FileFormatError` with file, line, column and expectation."""
    return [one.whole() for one in opened(path)]


def opened(path: Path) -> list[FileRecording]:
    """Return the insoles that the file has frames of; these stay in it until they are asked for."""
    with FileLines(path) as lines:
        found = _begun(lines)
        found.areas = {side: Areas() for side in found.soles}
        for words in rows_of(lines, len(found.titles)):
            _take(lines, found, words)
        if not any(sole.times for sole in found.soles.values()):
            raise lines.error("a row with pressures", "none")
        start_us, assumed = _start_us(found.header)
    solved = _solved(found)
    return [_recording(path, found, side, start_us, assumed, solved) for side in found.soles if found.soles[side].times]


def _take(lines: FileLines, found: Found, words: Sequence[str]) -> None:
    """A row: the same time for both insoles."""
    time_us = time_us_of(lines, words[0], 0)
    for side, sole in found.soles.items():
        if sole.times and time_us <= sole.times[-1]:
            raise lines.error(f"column 1: a time after {sole.times[-1] / 1e6:g} s", words[0])
        row = sole.take(lines, words, found.titles, time_us)
        if row is None:
            continue
        force = next((values[-1] for title, values in sole.results.items() if FORCE.match(title)), None)
        if len(next(iter(sole.results.values()), ())) == len(sole.times):
            found.areas[side].add(row, force)
        _forget_no_centre(sole)


def _forget_no_centre(sole: Sole) -> None:
    """A centre of 0, 0 is none."""
    centre = [values for title, values in sole.results.items() if CENTRE.match(title)]
    if len(centre) == 2 and all(values[-1] == 0.0 for values in centre):
        for values in centre:
            values[-1] = None


def _begun(lines: FileLines) -> Found:
    """The header, and the titles that end it."""
    header = Header(lines)
    while not (line := lines.next_filled("a line of the header, or # time and the titles")).startswith("# time\t"):
        said = KEY.match(line)
        if said is None:
            raise lines.error("a line # key: value, or # time and the titles of the columns", line)
        header.add(said[1], said[2])
    titles = [title.strip() for title in lines.whole.removeprefix("# ").split("\t")]
    check_once(lines, titles)
    columns: dict[str, dict[int, int]] = {}
    units = set()
    for column, title in enumerate(titles):
        if cell := CELL.match(title):
            columns.setdefault(cell[1].lower(), {})[int(cell[2])] = column
            units.add(cell[3])
    numbers = {side: sorted(cells) for side, cells in sorted(columns.items())}
    if any(cells[-1] > CELLS for cells in numbers.values()):
        raise lines.error(f"pressures 1 to {CELLS}", f"pressure {max(cells[-1] for cells in numbers.values())}")
    soles = {side: _sole(titles, side, [columns[side][n] for n in cells]) for side, cells in numbers.items()}
    return Found(header, titles, _unit(lines, units), soles, numbers)


def _unit(lines: FileLines, units: set[str]) -> str:
    try:
        (known,) = {pressure_unit(unit) for unit in units}
    except (KeyError, ValueError):
        raise lines.error(f"pressures in one of {UNIT_NAMES}", ", ".join(sorted(units)) or "no pressures") from None
    return known


def _sole(titles: Sequence[str], side: str, cells: Sequence[int]) -> Sole:
    beside = {}
    for column, title in enumerate(titles[1:], 1):
        of = SIDE.match(title)
        if not CELL.match(title) and (of is None or of[1].lower() == side):
            beside[title] = column
    return Sole(side, cells, beside, texts=[title for title in beside if LABEL.match(title)])


def _start_us(header: Header) -> tuple[int, str]:
    """µs since 1970 of time 0, and what is said of it."""
    if "Start timestamp" in header.values:
        return header.convert("Start timestamp", "ms since 1970", lambda text: _ms(text) * 1000), ""
    if "Start time" in header.values:
        expected = "day.month.year hour:minute:second, as in 27.09.2023 10:21:14.922"
        start = header.convert("Start time", expected, lambda text: datetime.strptime(text, "%d.%m.%Y %H:%M:%S.%f"))
        return since_1970_us(start), "Start time is UTC, day first"
    return 0, f"{doubts.FROM_1970}: the file has no start"


def _ms(text: str) -> int:
    if not re.match(r"\d{12,13}\Z", text):
        raise ValueError(text)
    return int(text)


def _size(found: Found) -> str:
    return found.header.values["Size"].text if "Size" in found.header.values else ""


def _solved(found: Found) -> tuple[float, ...] | None:
    """Areas of a size that has none by name, from the file's own force; both insoles are of one size."""
    whole = all(numbers == list(range(1, CELLS + 1)) for numbers in found.numbers.values())
    if f"moticon-opengo-{_size(found)}" in geometries.names() or found.unit != "N/cm2" or not whole:
        return None
    both = Areas()
    for areas in found.areas.values():
        both.extend(areas)
    return both.solved()


def _recording(
    path: Path, found: Found, side: str, start_us: int, assumed: str, solved: tuple[float, ...] | None
) -> FileRecording:
    sole = found.soles[side]
    name = f"moticon-opengo-{_size(found)}"
    known = geometries.named(name if name in geometries.names() else "moticon-opengo", side).of(found.numbers[side])
    said = _said(found, side, known, solved)
    fields: dict[str, Any] = {"unit": found.unit, "side": side, "dtype": sole.exact.dtype}
    fields |= known.fields(found.unit) | ({"cell_area_mm2": solved} if solved else {})
    try:
        layout = Layout(**fields)
    except InvalidData as error:
        raise found.header.lines.error("an insole that can be", str(error)) from error
    return recording_of(
        path,
        sole,
        layout,
        start_us + sole.times_us,
        lambda: _again(path, side),
        {
            "format": "moticon-opengo",
            "file": path.name,
            "header": found.header.texts(),
            "sensors": found.numbers[side],
            "assumed": "; ".join(text for text in (assumed, doubts.UNCOUNTED, said) if text),
            "doubts": _off(found, side, known),
        },
    )


def _said(found: Found, side: str, known: geometries.Known, solved: tuple[float, ...] | None) -> str:
    """What is said of places and areas."""
    said = f"cells lie as in geometry {known.name}"
    if known.area_mm2 is not None:
        return said
    size = f"of size {_size(found)}" if _size(found) else "of an insole whose size the file does not say"
    if solved is None:
        return (
            f"{said}; areas {size} are not known, and do not follow from its total force: there is no force from cells"
        )
    rows, off = found.areas[side].rows, found.areas[side].off_n(solved)
    return f"{said}; areas {size} are solved from total force in the file, with {off:.2f} N of remainder in {rows} rows"


def _off(found: Found, side: str, known: geometries.Known) -> list[str]:
    """Doubt that the insole is of the size that the file names: its printed force is another."""
    if known.area_mm2 is None or found.unit != "N/cm2" or known.cells != CELLS:
        return []
    off = found.areas[side].off_n(known.area_mm2)
    return [] if off <= REMAINDER_N else [f"total force differs from that of the cells by up to {off:.1f} N"]


def _again(path: Path, side: str) -> Iterator[Floats]:
    with FileLines(path) as lines:
        found = _begun(lines)
        for words in rows_of(lines, len(found.titles)):
            row = found.soles[side].values(lines, words, found.titles)
            if row is not None:
                yield row
