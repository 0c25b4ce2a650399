"""CSV files of our own: one row a frame, for whatever reads nothing else.

    # barograph csv 1
    # layout: {"rows": 2, …}              JSON, as are the next two
    # gaps: […]
    # provenance: {…}
    time_us,r0c0,r0c1,…                   µs since 1970, UTC; then the cells row-major, as stored
    1487287582000000,0,1.5,,3

A missing cell (NaN) is empty. Numbers are written with as many digits as it takes to read the same value again.
Values are as stored: `scale` and `offset` of the layout turn them into its unit.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv

from barograph.errors import FileFormatError, InvalidData
from barograph.files.encoding import Counter, about, gaps_of
from barograph.frames import DTYPES, Frames, Gap, Ints, Layout, Recording

FIRST = "# barograph csv 1"
SAID = ("layout", "gaps", "provenance")
HEAD_LINES = 1 + len(SAID) + 1
WHOLE = re.compile(r"-?\d{1,19}\Z")


class CsvEncoder:
    """The bytes of a CSV file."""

    def __init__(
        self, layout: Layout, n: int, gaps: Sequence[Gap] = (), provenance: Mapping[str, Any] | None = None
    ) -> None:
        self._counter = Counter(layout, n)
        self._said = about(layout, gaps, provenance or {})
        self._names = _names(layout)

    def begin(self) -> bytes:
        """The lines before the frames."""
        said = [f"# {name}: {self._said[name]}" for name in SAID]
        return "\n".join([FIRST, *said, ",".join(self._names), ""]).encode()

    def add(self, times_us: Ints, frames: Frames) -> bytes:
        """A line for each frame."""
        self._counter.add(times_us, frames)
        cells = np.ascontiguousarray(frames.reshape(len(frames), -1).T)
        columns = [pa.array(column, from_pandas=True) for column in cells]
        table = pa.table([pa.array(times_us), *columns], names=self._names)
        out = io.BytesIO()
        csv.write_csv(table, out, csv.WriteOptions(include_header=False, quoting_style="none"))
        return out.getvalue()

    def finish(self) -> bytes:
        """Nothing follows the frames."""
        self._counter.finish()
        return b""


def _names(layout: Layout) -> list[str]:
    return ["time_us", *(f"r{row}c{col}" for row in range(layout.rows) for col in range(layout.cols))]


def recognises(head: bytes) -> bool:
    """True for the first bytes of an exported file."""
    return head.removeprefix(b"\xef\xbb\xbf").startswith(FIRST.encode())


def read(path: Path) -> list[Recording]:
    """Read the one stream of an exported file; a damaged one raises `FileFormatError` with line and expectation."""
    with path.open("rb") as file:
        lines = [file.readline() for _ in range(HEAD_LINES)]
    said = _said(path, lines)
    layout, names = said["layout"], _names(said["layout"])
    if lines[-1].decode("utf-8", "replace").strip() != ",".join(names):
        expected = f"time_us and {layout.cells} cells, r0c0 to {names[-1]}"
        raise _error(path, HEAD_LINES, expected, lines[-1].decode("utf-8", "replace").strip())
    table = _table(path, layout, names)
    frames = np.empty((len(table), layout.cells), layout.numpy_dtype)
    for i, name in enumerate(names[1:]):
        frames[:, i] = table[name].to_numpy()
    return [
        Recording(
            frames=frames.reshape(-1, layout.rows, layout.cols),
            times_us=table["time_us"].to_numpy(),
            layout=layout,
            gaps=said["gaps"],
            provenance={"format": "csv", "file": path.name, "origin": said["provenance"]},
        )
    ]


def _said(path: Path, lines: Sequence[bytes]) -> dict[str, Any]:
    """Layout, gaps and provenance of the first lines."""
    found = {}
    for number, name in enumerate(SAID, 2):
        line = lines[number - 1].decode("utf-8", "replace").strip()
        try:
            found[name] = _read(name, line)
        except (ValueError, TypeError, InvalidData) as error:
            raise _error(path, number, f"# {name}: and JSON", str(error)) from error
    return found


def _read(name: str, line: str) -> Any:
    mark = f"# {name}: "
    if not line.startswith(mark):
        raise ValueError(line)
    text = line.removeprefix(mark)
    if name == "layout":
        return Layout.from_dict(json.loads(text))
    return gaps_of(text) if name == "gaps" else json.loads(text)


def _table(path: Path, layout: Layout, names: list[str]) -> Any:
    """All rows at once; where that fails, they are looked at one by one, to say which is wrong."""
    cell = pa.from_numpy_dtype(layout.numpy_dtype)
    types = {"time_us": pa.int64(), **dict.fromkeys(names[1:], cell)}
    whole = layout.numpy_dtype.kind == "u"
    size = 1 << 20
    try:
        found = csv.read_csv(
            path,
            csv.ReadOptions(skip_rows=HEAD_LINES, column_names=names, block_size=max(size, 64 * len(names))),
            csv.ParseOptions(quote_char=False, newlines_in_values=False, ignore_empty_lines=True),
            csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=False, check_utf8=False),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV file" in str(error):
            return pa.table([pa.array([], kind) for kind in types.values()], names=names)
        raise _found_wrong(path, layout, error) from error
    columns = found.columns if whole else found.columns[:1]
    if any(column.null_count for column in columns) or not _finite(found.columns[1:], whole):
        raise _found_wrong(path, layout, ValueError("a missing or infinite value"))
    return found


def _finite(columns: Sequence[Any], whole: bool) -> bool:
    return whole or not any(np.isinf(column.to_numpy()).any() for column in columns)


def _found_wrong(path: Path, layout: Layout, error: Exception) -> FileFormatError:
    """The error of the first line that is not what it should be."""
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            if number <= HEAD_LINES or not raw.strip():
                continue
            time_us, *values = raw.decode("utf-8", "replace").rstrip("\r\n").split(",")
            if len(values) != layout.cells:
                return _error(path, number, f"a time and {layout.cells} cells", f"{len(values)} cells")
            for value in (time_us, *values):
                if not _is_value(value, "i8" if value is time_us else layout.dtype):
                    what = "whole µs since 1970" if value is time_us else f"cells of {layout.dtype}"
                    return _error(path, number, f"{what}, with a decimal point if any", value)
    return FileFormatError(f"{path}: expected one row a frame, got: {error}")


def _is_value(text: str, dtype: str) -> bool:
    if dtype == "i8":
        return bool(WHOLE.match(text))
    kind = DTYPES[dtype]
    if kind.kind == "u":
        return bool(WHOLE.match(text)) and 0 <= int(text) <= np.iinfo(kind).max
    try:
        return not text or bool(np.isfinite(float(text)))
    except ValueError:
        return False


def _error(path: Path, line: int, expected: str, got: str) -> FileFormatError:
    return FileFormatError(f"{path}, line {line}: expected {expected}, got {got[:60]!r}")
