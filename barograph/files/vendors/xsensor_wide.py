"""XSENSOR exports with one line per frame: titles in line 1, or in line 2 after `File:`.

    File:,"…"
    Frame,Date,Time,Insole,Units,Est. Load (lbf),COP Row,COP Column,S_1_2,…,Insole,Units,…,S_1_1,…
    101, 2026 Mar 04, 08:21:17.982,Left,psi,11.79,2.57,2.11,15.20,…

`S_<row>_<column>` count from 1, row 1 is the toes; only cells that exist have a title. A second insole repeats the
titles. An empty cell is missing. The file has no size of a cell: with none given there is no force. Times are UTC.

`provenance["vendor"]`: the other columns with numbers, by their titles, one entry per frame.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from barograph.errors import InvalidData
from barograph.files import doubts
from barograph.files.given import NOTHING, Given
from barograph.files.parts import FileRecording
from barograph.files.vendors.matrices import Exactness, check_cells, check_frames, decimals, in_parts, plain
from barograph.files.vendors.quantities import decimal_comma, number, pressure_unit
from barograph.files.vendors.text import UNIT_NAMES, FileLines, Header, decode
from barograph.files.vendors.xsensor import moment_us
from barograph.frames import Floats, Ints, Layout, Recording

TITLES = re.compile(r"(?m)^\"?Frame\"?,\"?Date\"?,\"?Time\"?,.*\bS_\d+_\d+\b")
CELL = re.compile(r"S_([1-9]\d{0,3})_([1-9]\d{0,3})\Z")
FIRST = ["Frame", "Date", "Time"]
BEGINS = ("Insole", "Sensor")
TEXTS = ("Insole", "Sensor", "Units", "Threshold", "Frame Notes", "Rows", "Columns")
SIDES = {"left": "left", "right": "right", "lf": "left", "rf": "right"}
MOST_RESULTS = 100_000  # frames whose vendor's results are held


@dataclass
class Sensor:
    """The columns of one sensor: cells by row and column from 0, and what stands beside them in the first frame."""

    titles: dict[str, int] = field(default_factory=dict)
    columns: list[int] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    results: dict[str, list[float | None]] = field(default_factory=dict)

    @cached_property
    def places_by_axis(self) -> tuple[Ints, Ints]:
        """Rows and columns of all cells."""
        rows, cols = np.array(self.places, np.int64).T
        return rows, cols

    @property
    def side(self) -> Any:
        """Of the body."""
        return SIDES.get(self.texts.get("Insole", "").lower())


@dataclass
class Found:
    """What is known of a file: its sensors, and of each frame number and time."""

    header: Header
    width: int
    sensors: list[Sensor]
    numbers: list[int] = field(default_factory=list)
    times_us: list[int] = field(default_factory=list)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns that hold the cells of every sensor."""
        rows, cols = zip(*(place for sensor in self.sensors for place in sensor.places), strict=True)
        return 1 + max(rows), 1 + max(cols)


def recognises(head: bytes) -> bool:
    """Return True for the first bytes of an export with one line per frame."""
    return TITLES.search(decode(head).replace("\r", "\n")) is not None


def read(path: Path) -> list[Recording]:
    """Read every sensor; a damaged file raises `FileFormatError` with file, line, column and expectation."""
    return [one.whole() for one in opened(path)]


def opened(path: Path, given: Given = NOTHING) -> list[FileRecording]:
    """Return every sensor; frames stay in the file until they are asked for; it is read once and checked."""
    with FileLines(path) as lines:
        found = _begun(lines)
        exact = [Exactness() for _ in found.sensors]
        for cells in _frames(lines, found):
            for sensor, values in zip(exact, cells, strict=True):
                sensor.add(values)
        if not found.numbers:
            raise lines.error("a line for each frame", "none")
        layouts = [_layout(found, *one, given) for one in zip(found.sensors, exact, strict=True)]
    return [_recording(path, found, k, layout, given) for k, layout in enumerate(layouts)]


def _recording(path: Path, found: Found, k: int, layout: Layout, given: Given) -> FileRecording:
    sensor, n = found.sensors[k], len(found.numbers)
    whole = "" if layout.pitch_mm else "; the size of a cell is not known, so there is no force: --pitch says it"
    kept = (
        {"vendor_kept": f"results of the first {MOST_RESULTS} of {n} frames", "frames": n} if n > MOST_RESULTS else {}
    )
    return FileRecording(
        path=path,
        layout=layout,
        times_us=np.array(found.times_us, np.int64),
        parts=lambda: in_parts(layout, _again(path, k), lambda cells: cells),
        provenance={
            "format": "xsensor-wide",
            "file": path.name,
            "header": {**found.header.texts(), **sensor.texts},
            "frame_numbers": found.numbers,
            "assumed": f"Date and Time are UTC; {doubts.UNCOUNTED}{whole}",
            **doubts.told(doubts.between(found.numbers, "Frame")),
            **given.used("pitch_mm"),
            "vendor": sensor.results,
            **kept,
        },
    )


def _again(path: Path, k: int) -> Iterator[Floats]:
    with FileLines(path) as lines:
        for cells in _frames(lines, _begun(lines)):
            yield cells[k]


def _begun(lines: FileLines) -> Found:
    """The header and the titles."""
    header = Header(lines)
    while (values := _values(lines.next_filled("the titles of the columns")))[:3] != FIRST:
        if not values[0].endswith(":"):
            raise lines.error("a key that ends in a colon, or the titles Frame,Date,Time,…", lines.line)
        header.add(values[0][:-1], ",".join(values[1:]))
    sensors: list[Sensor] = []
    for column, title in enumerate(values[3:], 3):
        if not sensors or title in BEGINS:
            sensors.append(Sensor())
        _add_title(lines, sensors[-1], column, title)
    if not sensors:
        raise lines.error("columns S_row_column after the time", lines.line)
    if bare := [k for k, sensor in enumerate(sensors, 1) if not sensor.places]:
        raise lines.error(f"columns S_row_column of sensor {bare[0]}", "none")
    found = Found(header, len(values), sensors)
    check_cells(lines, *found.shape)
    return found


def _add_title(lines: FileLines, sensor: Sensor, column: int, title: str) -> None:
    if title in sensor.titles:
        raise lines.error(f"column {column + 1}: each title once for a sensor", title)
    sensor.titles[title] = column
    if place := CELL.match(title):
        sensor.columns.append(column)
        sensor.places.append((int(place[1]) - 1, int(place[2]) - 1))
    elif title not in TEXTS:
        sensor.results[title] = []


def _values(line: str) -> list[str]:
    """The columns of a line, without quotes."""
    parts = next(csv.reader([line], skipinitialspace=True), [""]) if '"' in line else line.split(",")
    return [part.strip() for part in parts]


def _frames(lines: FileLines, found: Found) -> Iterator[list[Floats]]:
    """Every frame: the cells of every sensor."""
    shape = found.shape
    while not lines.rest_is_blank():
        values = _values(lines.line)
        if len(values) != found.width:
            raise lines.error(f"{found.width} columns, as the titles have", f"{len(values)} columns")
        if lines.is_cut and decimals(values[-1]) < max(
            decimals(values[column]) for column in found.sensors[-1].columns
        ):
            raise lines.error("as many decimals in the last value, or a line end after it", values[-1])
        _begin(lines, found, values)
        yield [_cells(lines, sensor, values, shape) for sensor in found.sensors]
        for sensor in found.sensors:
            _add_beside(lines, sensor, values, len(found.numbers))


def _begin(lines: FileLines, found: Found, values: Sequence[str]) -> None:
    n = values[0]
    if not re.match(r"\d{1,9}\Z", n) or (found.numbers and int(n) <= found.numbers[-1]):
        raise lines.error("column 1: a frame's number, higher than the one before", n)
    time_us = moment_us(lines, values[1], values[2])
    if found.times_us and time_us <= found.times_us[-1]:
        raise lines.error("column 3: a time later than that of the frame before; export with milliseconds", values[2])
    found.numbers.append(int(n))
    found.times_us.append(time_us)
    check_frames(lines.path, len(found.numbers))


def _cells(lines: FileLines, sensor: Sensor, values: Sequence[str], shape: tuple[int, int]) -> Floats:
    cells = np.full(shape, np.nan)
    texts = [values[column] for column in sensor.columns]
    row = plain(" ".join(texts), texts)
    if row is None:
        row = np.array([_number(lines, text, k) for text, k in zip(texts, sensor.columns, strict=True)])
    cells[sensor.places_by_axis] = row
    return cells


def _number(lines: FileLines, text: str, column: int) -> float:
    try:
        return number(decimal_comma(text)) if text else np.nan
    except ValueError:
        raise lines.error(f"column {column + 1}: a number with a decimal point, or nothing", text) from None


def _add_beside(lines: FileLines, sensor: Sensor, values: Sequence[str], n: int) -> None:
    """What stands beside the cells: texts are the same in every frame."""
    for title in TEXTS:
        column = sensor.titles.get(title)
        if column is None or title == "Frame Notes":
            continue
        if sensor.texts.setdefault(title, values[column]) != values[column]:
            raise lines.error(f"column {column + 1}: {title} {sensor.texts[title]}, as before", values[column])
    if n <= MOST_RESULTS:
        for title, results in sensor.results.items():
            value = _number(lines, values[sensor.titles[title]], sensor.titles[title])
            results.append(None if np.isnan(value) else value)


def _layout(found: Found, sensor: Sensor, exact: Exactness, given: Given) -> Layout:
    lines, (rows, cols) = found.header.lines, found.shape
    mask = np.zeros((rows, cols), int)
    mask[sensor.places_by_axis] = 1
    unit = sensor.texts.get("Units", found.header.values["Units"].text if "Units" in found.header.values else "")
    try:
        known = pressure_unit(unit)
    except KeyError:
        raise lines.error(f"Units with one of {UNIT_NAMES}", unit) from None
    fields: dict[str, Any] = {"dtype": exact.dtype, "unit": known, "pitch_mm": given.pitch_mm}
    fields |= {"mask": None if mask.all() else tuple(mask.ravel().tolist()), "side": sensor.side}
    fields |= {"kind": "mat" if sensor.side is None else "insole", "y_axis": "down" if sensor.side is None else "up"}
    fields["contact_kpa"] = 0.0 if sensor.texts.get("Threshold") else None
    try:
        return Layout(rows=rows, cols=cols, **fields)
    except InvalidData as error:
        raise lines.error("a sensor that can be", str(error)) from error
