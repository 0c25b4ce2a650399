"""The description of a frame that a sensor sends: a TOML file, checked, each field with its place in the frame.

docs/clients/wired.md says what may stand in it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from barograph.errors import InvalidData
from barograph.frames import Layout
from ingest.device.live import checksums

# What a sensor may send, and the narrowest type of a layout that holds every value of it.
STORED = {
    "uint8": "uint8", "uint16": "uint16", "int16": "float32", "uint32": "float64", "int32": "float64",
    "float32": "float32", "float64": "float64",
}  # fmt: skip
COUNTERS = {"uint8": 8, "uint16": 16, "uint32": 32, "uint64": 64}
UNITS_US = {"us": 1.0, "ms": 1000.0, "s": 1_000_000.0}
COUNTED = ("frame", "rest", "cells")
FIELDS = ("header", "length", "sequence", "time", "skip", "cells", "checksum")
# What one UDP datagram holds, and six seconds at 115200 baud.
MOST_FRAME_BYTES = 65_507
MOST_HEADER_BYTES = 16
MOST_FILE_BYTES = 1 << 20
DEFAULT_BAUD, MOST_BAUD = 115_200, 100_000_000
TOP = (
    "format", "rows", "cols", "dtype", "byte_order", "cell_order", "frame", "header", "checksum", "checksum_from",
    "length_counts", "time_unit", "separator", "baud", "layout",
)  # fmt: skip


@dataclass(frozen=True)
class Field:
    """One part of a frame: `nbytes` bytes from `start`; `kind` is the type of a number."""

    name: str
    start: int
    nbytes: int
    kind: str = ""

    @property
    def stop(self) -> int:
        """The byte after its last."""
        return self.start + self.nbytes

    @property
    def bits(self) -> int:
        """The width of a counter."""
        return COUNTERS[self.kind]


@dataclass(frozen=True, kw_only=True)
class Description:
    """A frame as it is sent. Of text, fields have no places: a line is numbers in their order."""

    layout: Layout
    fields: tuple[Field, ...]
    dtype: str
    text: bool = False
    little: bool = True
    by_columns: bool = False
    header: bytes = b""
    checksum: str = "none"
    checksum_from: str = "header"
    length_counts: str = "rest"
    time_unit: str = "us"
    separator: str = ","
    baud: int = DEFAULT_BAUD

    def field(self, name: str) -> Field | None:
        """Return a part of the frame, or None."""
        return next((field for field in self.fields if field.name == name), None)

    @cached_property
    def nbytes(self) -> int:
        """Bytes of a frame; 0 for text, whose lines have any length."""
        return 0 if self.text else self.fields[-1].stop

    @cached_property
    def cell_type(self) -> np.dtype[Any]:
        """The numpy type of a cell as it is sent."""
        return np.dtype(self.dtype).newbyteorder("<" if self.little else ">")

    @cached_property
    def checked_from(self) -> int:
        """The first byte that the checksum is over."""
        return len(self.header) if self.checksum_from == "body" else 0

    @cached_property
    def expected_length(self) -> int | None:
        """What the length field must say; None without one."""
        if (length := self.field("length")) is None:
            return None
        counted = {"frame": self.nbytes, "rest": self.nbytes - length.stop, "cells": self._cells.nbytes}
        return counted[self.length_counts]

    @property
    def _cells(self) -> Field:
        return next(field for field in self.fields if field.name == "cells")


def read_description(path: Path) -> Description:
    """Read a description from a TOML file; `InvalidData` names the file, the key and what was expected."""
    try:
        with path.open("rb") as file:
            text = file.read(MOST_FILE_BYTES)
        return described(tomllib.loads(text.decode("utf-8")))
    except OSError as error:
        raise InvalidData(f"{path}: cannot be read: {error.strerror}", field="frame") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidData(f"{path}: expected TOML in UTF-8: {error}", field="frame") from error
    except InvalidData as error:
        raise InvalidData(f"{path}: {error}", field=error.field) from error


def described(given: Mapping[str, Any]) -> Description:
    """Return a description from the values of a TOML file."""
    if unknown := sorted(set(given) - set(TOP)):
        raise _wrong(unknown[0], f"one of the keys {', '.join(TOP)}", "another key")
    text = _one_of(given, "format", ("binary", "text"), "binary") == "text"
    dtype = _one_of(given, "dtype", tuple(STORED), None)
    layout = _layout(given, dtype)
    header = _header(given, text=text)
    checksum = _one_of(given, "checksum", checksums.NAMES, "none")
    fields = _fields(given, layout.cells * np.dtype(dtype).itemsize, header, checksum, text=text)
    made = Description(
        layout=layout,
        fields=fields,
        dtype=dtype,
        text=text,
        little=_one_of(given, "byte_order", ("little", "big"), "little") == "little",
        by_columns=_one_of(given, "cell_order", ("rows", "columns"), "rows") == "columns",
        header=header,
        checksum=checksum,
        checksum_from=_one_of(given, "checksum_from", ("header", "body"), "header"),
        length_counts=_one_of(given, "length_counts", COUNTED, "rest"),
        time_unit=_one_of(given, "time_unit", tuple(UNITS_US), "us"),
        separator=_separator(given),
        baud=_whole(given, "baud", MOST_BAUD, DEFAULT_BAUD),
    )
    _check(made)
    return made


def _layout(given: Mapping[str, Any], dtype: str) -> Layout:
    more = given.get("layout", {})
    if not isinstance(more, Mapping):
        raise _wrong("layout", "a table [layout]", more)
    for name in ("rows", "cols"):
        if name not in given:
            raise _wrong(name, "a whole number of 1 or more", "nothing")
    if twice := sorted({"rows", "cols", "dtype"} & set(more)):
        raise _wrong(f"layout.{twice[0]}", "it beside the table, as the frame has it", more[twice[0]])
    return Layout.from_dict({**more, "rows": given["rows"], "cols": given["cols"], "dtype": STORED[dtype]})


def _header(given: Mapping[str, Any], *, text: bool) -> bytes:
    value = given.get("header", "")
    try:
        header = bytes.fromhex(value) if isinstance(value, str) else None
    except ValueError:
        header = None
    if header is None or len(header) > MOST_HEADER_BYTES or (text and header):
        expected = "none in text" if text else f'1 to {MOST_HEADER_BYTES} bytes in hexadecimal, as "AA 55"'
        raise _wrong("header", expected, value)
    return header


def _fields(
    given: Mapping[str, Any], cells_bytes: int, header: bytes, checksum: str, *, text: bool
) -> tuple[Field, ...]:
    """The parts of a frame in their order; without `frame`: header, cells, checksum."""
    parts = given.get("frame")
    if parts is None:
        parts = ["header"] * bool(header) + ["cells"] + ["checksum"] * (checksum != "none")
    if not isinstance(parts, list) or not parts or not all(isinstance(part, str) for part in parts):
        raise _wrong("frame", 'a list of parts, as ["header", "sequence:uint8", "cells"]', parts)
    start, out = 0, []
    sizes = {"header": len(header), "cells": cells_bytes, "checksum": checksums.BYTES[checksum]}
    for part in parts:
        name, _, kind = part.partition(":")
        if name not in FIELDS or (text and name in ("header", "length")):
            raise _wrong("frame", f"parts out of {', '.join(FIELDS)}; in text no header or length", part)
        nbytes = sizes.get(name) if not kind else _size(name, kind, part)
        if nbytes is None:
            if not text:
                raise _wrong("frame", f"{name} with its type or bytes, as {name}:uint16 or skip:2", part)
            kind, nbytes = "uint64", 8
        out.append(Field(name, start, nbytes, kind))
        start += nbytes
    return tuple(out)


def _size(name: str, kind: str, part: str) -> int | None:
    if name in ("length", "sequence", "time") and kind in COUNTERS:
        return COUNTERS[kind] // 8
    if name == "skip" and kind.isascii() and kind.isdigit() and 0 < int(kind[:9]) <= MOST_FRAME_BYTES:
        return int(kind)
    expected = f"{', '.join(COUNTERS)} after length, sequence, time; a number of bytes after skip; nothing elsewhere"
    raise _wrong("frame", expected, part)


def _check(made: Description) -> None:
    names = [field.name for field in made.fields if field.name != "skip"]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise _wrong("frame", f"{twice[0]} once", f"{names.count(twice[0])} times")
    if "cells" not in names:
        raise _wrong("frame", "cells among its parts", ", ".join(names))
    if bool(made.header) != ("header" in names) or "header" in names[1:] or (made.header and made.fields[0].start):
        raise _wrong("frame", "header as its first part, if and only if `header` says its bytes", ", ".join(names))
    if made.header and made.fields[0].name != "header":
        raise _wrong("frame", "header as its first part", made.fields[0].name)
    if (made.checksum != "none") != ("checksum" in names) or "checksum" in names[:-1]:
        raise _wrong("frame", "checksum as its last part, if and only if `checksum` names one", ", ".join(names))
    if made.nbytes > MOST_FRAME_BYTES:
        raise _wrong("frame", f"at most {MOST_FRAME_BYTES} bytes", f"{made.nbytes} bytes")
    length = made.field("length")
    if length is not None and made.expected_length is not None and made.expected_length >> length.bits:
        raise _wrong("frame", f"a length that holds {made.expected_length}", f"length:{length.kind}")


def _separator(given: Mapping[str, Any]) -> str:
    value = given.get("separator", ",")
    if not isinstance(value, str) or len(value) != 1 or value in "0123456789.+-eE\r\n":
        raise _wrong("separator", 'one character that stands in no number, as "," or " "', value)
    return value


def _whole(given: Mapping[str, Any], name: str, most: int, default: int) -> int:
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= most:
        raise _wrong(name, f"a whole number from 1 to {most}", value)
    return value


def _one_of(given: Mapping[str, Any], name: str, choices: tuple[str, ...], default: str | None) -> str:
    value = given.get(name, default)
    if not isinstance(value, str) or value not in choices:
        raise _wrong(name, f"one of {', '.join(choices)}", "nothing" if value is None else value)
    return value


def _wrong(field: str, expected: str, got: object) -> InvalidData:
    shown = got if isinstance(got, str) else repr(got)
    return InvalidData(f"{field}: expected {expected}, got {shown[:60]}", field=field)
