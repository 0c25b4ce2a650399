"""What a text file that no reader knows means, as a person says it once: a TOML that fits every file of its kind.

version = 1
form = "frames"            # a line a frame; "blocks": lines of rows, a blank line between frames; "long": a line a
                           # cell; "text": a whole matrix as text in one column
separator = ","            # "," ";" "|" "tab" or "blanks"
decimal = "."
header_lines = 1           # lines before the data; the last of them names the columns
names_line = 1             # or this one, where units stand below the names
rows = 4
cols = 5
unit = "kPa"               # or raw
rate_hz = 50               # where no column is the time
missing = ["", "nan"]      # what stands where a cell has no value

[time]
column = "timestamp"       # a name, or a number from 1
unit = "s"                 # s, ms, us or iso

[force]
column = "Kraft"           # of a frame in N, which is kept beside ours (frames)

[cells]
first = "0_0"              # the column of the first cell (frames), of the matrix (text); the others follow
columns = ["0_0", "0_1"]   # or each of them, where other columns stand between
row = "row"                # of a long file: columns of row, column and value, and of the frame where there is one
col = "col"
value = "pressure_kpa"
frame = "frame"            # of a file of frames, too: numbers that are left out are said
from = 0                   # the number of the first row and column
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from barograph.errors import InvalidData
from barograph.file_versions import FIRST, version_of
from barograph.files.vendors.quantities import pressure_unit
from barograph.layout import MAX_CELLS

VERSION = 1  # of the text
FORMS = ("frames", "blocks", "long", "text")
SEPARATORS = {",": ",", ";": ";", "|": "|", "tab": "\t", "blanks": None}
TIME_UNITS = {"s": 1_000_000, "ms": 1000, "us": 1, "iso": 0}
MOST_BYTES = 1 << 16
MOST_HEADER_LINES, MOST_COLUMNS, MOST_HZ = 1000, 20_000, 100_000.0
Column = str | int


@dataclass(frozen=True, kw_only=True)
class FileMap:
    """What the columns and lines of a text file are; columns are names, or numbers from 1."""

    form: Literal["frames", "blocks", "long", "text"] = "frames"
    separator: str = ","
    decimal: Literal[".", ","] = "."
    header_lines: int = 0
    names_line: int | None = None
    rows: int = 1
    cols: int = 1
    unit: str = "raw"
    rate_hz: float | None = None
    missing: tuple[str, ...] = ("", "nan")
    time: Column | None = None
    time_unit: Literal["s", "ms", "us", "iso"] = "s"
    force: Column | None = None
    first: Column = 1
    columns: tuple[Column, ...] = ()
    row: Column = "row"
    col: Column = "col"
    value: Column = "value"
    frame: Column | None = None
    counted_from: int = 0

    def __post_init__(self) -> None:
        _one_of("form", self.form, FORMS)
        _one_of("separator", self.separator, tuple(SEPARATORS))
        _one_of("decimal", self.decimal, (".", ","))
        _one_of("time.unit", self.time_unit, tuple(TIME_UNITS))
        if self.decimal == self.separator:
            raise InvalidData("decimal: expected another sign than the separator", field="decimal")
        for name, most in (("header_lines", MOST_HEADER_LINES), ("rows", MAX_CELLS), ("cols", MAX_CELLS)):
            _whole(name, getattr(self, name), 0 if name == "header_lines" else 1, most)
        if self.rows * self.cols > MAX_CELLS:
            raise InvalidData(f"rows: expected at most {MAX_CELLS} cells, got {self.rows * self.cols}", field="rows")
        _whole("cells.from", self.counted_from, 0, 1)
        for name in ("time", "force", "first", "row", "col", "value", "frame"):
            _column(name, getattr(self, name))
        self._check_columns()
        if self.names_line is not None:
            _whole("names_line", self.names_line, 1, self.header_lines)
        if self.rate_hz is not None and not 0 < self.rate_hz <= MOST_HZ:
            raise InvalidData(f"rate_hz: expected frames per second above 0, got {self.rate_hz}", field="rate_hz")
        try:
            object.__setattr__(self, "unit", pressure_unit(self.unit))
        except KeyError:
            raise InvalidData(f"unit: expected a unit of pressure, or raw, got {self.unit!r}", field="unit") from None

    def _check_columns(self) -> None:
        for column in self.columns:
            _column("columns", column)
        if self.columns and len(self.columns) != self.rows * self.cols:
            expected = f"{self.rows * self.cols}, rows x cols"
            raise InvalidData(f"cells.columns: expected {expected}, got {len(self.columns)}", field="columns")
        if len(set(self.columns)) != len(self.columns):
            raise InvalidData("cells.columns: expected each column once", field="columns")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> FileMap:
        """Make it from the values of a TOML; an unknown or wrong one raises `InvalidData` with its name."""
        flat = {name: value for name, value in data.items() if name not in TABLES}
        for table in TABLES:
            inside = data.get(table, {})
            if not isinstance(inside, Mapping):
                raise InvalidData(f"{table}: expected a table [{table}], got {inside!r}", field=table)
            flat |= {NAMES.get((table, name), f"{table}.{name}"): value for name, value in inside.items()}
        if lacking := [name for name in ("form", "rows", "cols") if name not in flat]:
            raise InvalidData(f"{lacking[0]}: expected in the map, but it is not there", field=lacking[0])
        known = {item.name for item in fields(cls)}
        if unknown := sorted(flat.keys() - known):
            raise InvalidData(f"{unknown[0]}: no such entry of a map; expected {', '.join(sorted(known))}")
        if isinstance(flat.get("missing"), list):
            flat["missing"] = tuple(map(str, flat["missing"]))
        if isinstance(flat.get("columns"), list):
            flat["columns"] = tuple(flat["columns"])
        return cls(**flat)


TABLES = ("time", "force", "cells")
NAMES = {
    ("force", "column"): "force", ("cells", "columns"): "columns",
    ("time", "column"): "time", ("time", "unit"): "time_unit", ("cells", "first"): "first", ("cells", "row"): "row",
    ("cells", "col"): "col", ("cells", "value"): "value", ("cells", "frame"): "frame",
    ("cells", "from"): "counted_from",
}  # fmt: skip


def read_map(path: Path) -> FileMap:
    """Read a map; a wrong one raises `InvalidData` with file, entry and expectation."""
    if path.stat().st_size > MOST_BYTES:
        raise InvalidData(f"{path}: expected a map of at most {MOST_BYTES} bytes", field="map")
    try:
        return map_of(path.read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise InvalidData(f"{path}: expected TOML: {error}", field="map") from error
    except InvalidData as error:
        raise InvalidData(f"{path}: {error}", field=error.field) from error


def map_of(text: str) -> FileMap:
    """Return the map that a TOML is; a wrong one raises `InvalidData` with entry and expectation."""
    try:
        said = tomllib.loads(text)
        version_of(said.pop("version", FIRST), VERSION)
        return FileMap.from_dict(said)
    except tomllib.TOMLDecodeError as error:
        raise InvalidData(f"expected TOML: {error}", field="map") from error


def written(said: FileMap, doubts: Mapping[str, str]) -> str:
    """Return a map as TOML; `doubts` are entries that nobody knows yet, each with why, as lines to be filled in."""
    lines = [f"version = {VERSION}",
             f'form = "{said.form}"', f'separator = "{said.separator}"', f'decimal = "{said.decimal}"',
             f"header_lines = {said.header_lines}"]  # fmt: skip
    if said.names_line is not None:
        lines.append(f"names_line = {said.names_line}")
    for name in ("rows", "cols", "unit", "rate_hz"):
        value = getattr(said, name)
        if name in doubts:
            lines.append(f"# {name} =       # {doubts[name]}")
        elif value is not None:
            lines.append(f"{name} = {_toml(value)}")
    lines.append(f"missing = [{', '.join(map(_toml, said.missing))}]")
    if said.time is not None:
        lines += ["", "[time]", f"column = {_toml(said.time)}", f'unit = "{said.time_unit}"']
    if said.force is not None:
        lines += ["", "[force]", f"column = {_toml(said.force)}"]
    cells = _cells(said)
    if cells:
        lines += ["", "[cells]", *(f"{name} = {_toml(value)}" for name, value in cells.items())]
    return "\n".join(lines) + "\n"


def _cells(said: FileMap) -> dict[str, object]:
    frame = {} if said.frame is None else {"frame": said.frame}
    if said.form == "long":
        return {"row": said.row, "col": said.col, "value": said.value, "from": said.counted_from, **frame}
    if said.form == "frames" and said.columns:
        return {"columns": said.columns, **frame}
    return {"first": said.first, **frame} if said.form in ("frames", "text") else {}


def _toml(value: object) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return str(value)


def _one_of(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InvalidData(f"{name}: expected one of {' '.join(choices)}, got {value!r}", field=name)


def _whole(name: str, value: object, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InvalidData(f"{name}: expected a whole number from {least} to {most}, got {value!r}", field=name)


def _column(name: str, value: object) -> None:
    if value is None or (isinstance(value, str) and value) or (type(value) is int and 1 <= value <= MOST_COLUMNS):
        return
    raise InvalidData(f"{name}: expected the name of a column, or its number from 1, got {value!r}", field=name)
