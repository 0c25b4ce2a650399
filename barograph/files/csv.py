"""CSV files of our own: one row per frame, for whatever reads nothing else.

    # barograph csv 1
    # layout: {"rows": 2, …}              JSON, as are the next two
    # gaps: […]
    # provenance: {…}
    # frames: 300                         so that a file that was cut between two lines is found out
    # cells: kPa = 0.1 × cell             the unit of the cells, or how they become one; of a raw sensor: counts
    time_us,r0c0,r0c1,…                   µs since 1970, UTC; then the cells row-major, as stored
    1487287582000000,0,1.5,,3

A missing cell (NaN) is empty. Numbers are written with as many digits as it takes to read the same value again.
Values are as stored: `scale` and `offset` of the layout turn them into its unit, as the line `cells` says. The heads of
the columns have no unit, so that they are the same in every file and stay short.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv

from barograph.errors import FileFormatError
from barograph.file_versions import require_known
from barograph.files import bounds
from barograph.files.encoding import WRONG, Counter, about, gaps_of, layout_of, one_cell
from barograph.files.parts import FileRecording
from barograph.frames import DTYPES, Frames, Gap, Ints, Layout, Recording
from barograph.stored_as import stored_as

FORM, VERSION = "# barograph csv ", 1
FIRST = f"{FORM}{VERSION}"
SAID = ("layout", "gaps", "provenance")
# Neither of the two is in the files of earlier versions, which are read without them.
FRAMES = "# frames: "
CELLS = "# cells: "
MOST_HEAD_LINES = 1 + len(SAID) + 1 + 1 + 1
# JSON with its name, and what stands around it.
MOST_HEAD_BYTES = bounds.MOST_JSON_BYTES + 64
WHOLE = re.compile(r"-?\d{1,19}\Z")


class CsvEncoder:
    """The bytes of a CSV file."""

    def __init__(
        self, layout: Layout, n: int, gaps: Sequence[Gap] = (), provenance: Mapping[str, Any] | None = None
    ) -> None:
        self._counter = Counter(layout, n)
        self._said = about(layout, gaps, provenance or {})
        self._names = _names(layout)
        self._cells = f"{CELLS}{stored_as(layout)}"

    def begin(self) -> bytes:
        """Return the lines before the frames."""
        said = [f"# {name}: {one_cell(self._said[name])}" for name in SAID]
        return "\n".join([FIRST, *said, f"{FRAMES}{self._counter.n}", self._cells, ",".join(self._names), ""]).encode()

    def add(self, times_us: Ints, frames: Frames) -> bytes:
        """Return a line for each frame."""
        self._counter.add(times_us, frames)
        cells = np.ascontiguousarray(frames.reshape(len(frames), -1).T)
        columns = [pa.array(column, from_pandas=True) for column in cells]
        table = pa.table([pa.array(times_us), *columns], names=self._names)
        out = io.BytesIO()
        csv.write_csv(table, out, csv.WriteOptions(include_header=False, quoting_style="none"))
        return out.getvalue()

    def finish(self) -> Iterable[bytes]:
        """Return nothing more: nothing follows the frames."""
        self._counter.finish()
        return ()


def _names(layout: Layout) -> list[str]:
    return ["time_us", *(f"r{row}c{col}" for row in range(layout.rows) for col in range(layout.cols))]


def recognises(head: bytes) -> bool:
    """Return True for the first bytes of an exported file."""
    return head.removeprefix(b"\xef\xbb\xbf").startswith(FORM.encode())


@dataclass(frozen=True)
class Head:
    """What a file says before its frames: `lines` of it, and `frames` if it says how many there are."""

    path: Path
    lines: int
    layout: Layout
    gaps: tuple[Gap, ...]
    provenance: Any
    frames: int | None

    @property
    def whole(self) -> bool:
        """True when cells are whole numbers, of which none is missing."""
        return self.layout.numpy_dtype.kind == "u"

    @property
    def names(self) -> list[str]:
        """Of the columns."""
        return _names(self.layout)


def read(path: Path) -> list[Recording]:
    """Read the one stream of an exported file; a damaged one raises `FileFormatError` with line and expectation."""
    return [opened(path).whole()]


def opened(path: Path) -> FileRecording:
    """Return the one stream of an exported file, whose frames stay there until they are asked for."""
    head = _head(path)
    times_us = _times(head)
    _check_end(head, len(times_us))
    return FileRecording(
        path=path,
        layout=head.layout,
        times_us=times_us,
        parts=lambda: _parts(head),
        gaps=head.gaps,
        provenance={"format": "csv", "file": path.name, "origin": head.provenance},
    )


def _head(path: Path) -> Head:
    """The lines before the frames; what is wrong with one raises `FileFormatError`."""
    with path.open("rb") as file:
        raw = [file.readline(MOST_HEAD_BYTES + 1) for _ in range(MOST_HEAD_LINES)]
    bounds.check(path, "bytes in a line before the frames", MOST_HEAD_BYTES, max(map(len, raw)))
    lines = [line.decode("utf-8", "replace").strip() for line in raw]
    del raw
    require_known(path, lines[0].partition(FORM)[2].partition(",")[0].strip('"; '), VERSION)
    said = _said(path, lines)
    at, frames = 1 + len(SAID), None
    if lines[at].startswith(FRAMES):
        text = lines[at].removeprefix(FRAMES)
        if not re.match(r"\d{1,18}\Z", text):
            raise _error(path, at + 1, f"{FRAMES}and how many there are", lines[at])
        at, frames = at + 1, int(text)
    if lines[at].startswith(CELLS):
        if lines[at] != (cells := f"{CELLS}{stored_as(said['layout'])}"):
            raise _error(path, at + 1, f"{cells}, as its layout says", lines[at])
        at += 1
    bounds.check(path, "cells in a CSV; Parquet takes more", bounds.MOST_CSV_CELLS, said["layout"].cells)
    names = _names(said["layout"])
    if lines[at] != ",".join(names):
        raise _error(path, at + 1, f"time_us and {len(names) - 1} cells, r0c0 to {names[-1]}", lines[at])
    return Head(path, at + 1, said["layout"], said["gaps"], said["provenance"], frames)


def _said(path: Path, lines: Sequence[str]) -> dict[str, Any]:
    """Layout, gaps and provenance of the first lines."""
    found = {}
    for number, name in enumerate(SAID, 2):
        try:
            found[name] = _read(name, lines[number - 1])
        except WRONG as error:
            raise _error(path, number, f"# {name}: and JSON", str(error)) from error
    return found


def _read(name: str, line: str) -> Any:
    mark = f"# {name}: "
    if not line.startswith(mark):
        raise ValueError(line)
    text = line.removeprefix(mark)
    if name == "layout":
        return layout_of(text)
    return gaps_of(text) if name == "gaps" else bounds.parsed(name, text)


def _batches(head: Head, chosen: list[str]) -> Iterator[Any]:
    """Rows as they are read, of the chosen columns; where that fails, lines are looked at one by one to say which."""
    layout, names = head.layout, head.names
    types = {"time_us": pa.int64(), **dict.fromkeys(names[1:], pa.from_numpy_dtype(layout.numpy_dtype))}
    try:
        with csv.open_csv(
            head.path,
            csv.ReadOptions(skip_rows=head.lines, column_names=names, block_size=_most_line(layout), use_threads=False),
            csv.ParseOptions(quote_char=False, newlines_in_values=False, ignore_empty_lines=True),
            csv.ConvertOptions(
                column_types=types,
                include_columns=chosen,
                null_values=[""],
                strings_can_be_null=False,
                check_utf8=False,
            ),
        ) as rows:
            for batch in rows:
                if any(batch.column(name).null_count for name in chosen if name == "time_us" or head.whole):
                    raise _found_wrong(head, ValueError("a missing value"))
                yield batch
    except pa.ArrowInvalid as error:
        if "Empty CSV file" not in str(error):
            raise _found_wrong(head, error) from error


def _times(head: Head) -> Ints:
    times, rows = [np.empty(0, np.int64)], 0
    for batch in _batches(head, ["time_us"]):
        rows += batch.num_rows
        bounds.check(head.path, "frames", bounds.MOST_FRAMES, rows)
        times.append(batch.column(0).to_numpy())
    return np.concatenate(times)


def _parts(head: Head) -> Iterator[Frames]:
    for batch in _batches(head, head.names[1:]):
        frames = np.empty((batch.num_rows, head.layout.cells), head.layout.numpy_dtype)
        for i, column in enumerate(batch.columns):
            frames[:, i] = column.to_numpy(zero_copy_only=False)
        if not head.whole and np.isinf(frames).any():
            raise _found_wrong(head, ValueError("an infinite value"))
        yield frames.reshape(-1, head.layout.rows, head.layout.cols)


def _check_end(head: Head, rows: int) -> None:
    """All the frames that were announced are there, and the last line is whole."""
    if head.frames is not None and rows != head.frames:
        more = "more lines" if rows > head.frames else "the end of the file"
        raise _error(head.path, head.lines + min(rows, head.frames) + 1, f"{head.frames} frames", more)
    with head.path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) not in b"\r\n":
            raise _error(head.path, head.lines + max(rows, 1), "a line end after the last frame", "the end of the file")


def _found_wrong(head: Head, error: Exception) -> FileFormatError:
    """The error of the first line that is not what it should be."""
    path, layout = head.path, head.layout
    with path.open("rb") as file:
        for number, raw in enumerate(iter(lambda: file.readline(MOST_HEAD_BYTES), b""), 1):
            if number <= head.lines or not raw.strip():
                continue
            bounds.check(path, f"bytes in a line, as in line {number}", _most_line(layout), len(raw))
            time_us, *values = raw.decode("utf-8", "replace").rstrip("\r\n").split(",")
            if len(values) != layout.cells:
                return _error(path, number, f"a time and {layout.cells} cells", f"{len(values)} cells")
            for value in (time_us, *values):
                if not _is_value(value, "i8" if value is time_us else layout.dtype):
                    what = "whole µs since 1970" if value is time_us else f"cells of {layout.dtype}"
                    return _error(path, number, f"{what}, with a decimal point if any", value)
    return FileFormatError(f"{path}: expected one row per frame, got: {error}")


def _most_line(layout: Layout) -> int:
    """Of the bytes of a frame."""
    return max(1 << 20, 64 * (layout.cells + 1))


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
