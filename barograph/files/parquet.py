"""Parquet files: the lossless exchange format, one row per frame, every cell bit for bit.

Columns: `time`, a timestamp in µs, UTC; `frame`, fixed-size binary, the cells row-major, little-endian, in the layout's
dtype. The file's metadata has `barograph` (the version of this form), `layout`, `gaps` and `provenance` as JSON. With
pyarrow or DuckDB:

    table = pq.read_table("a.parquet")
    layout = json.loads(table.schema.metadata[b"layout"])
    frames = np.frombuffer(table["frame"].combine_chunks().buffers()[1], layout["dtype"])
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from barograph.errors import FileFormatError
from barograph.file_versions import FIRST, require_known
from barograph.files import bounds, parquet_sizes
from barograph.files.encoding import WRONG, Counter, Sink, about, gaps_of, layout_of
from barograph.files.parts import FileRecording, part_frames
from barograph.frames import Frames, Gap, Ints, Layout, Recording

VERSION = 1
GROUP_BYTES = 8 << 20
TIME = pa.timestamp("us", tz="UTC")
EXPECTED = "a Parquet file with the columns time and frame, and a layout in its metadata"


class ParquetEncoder:
    """The bytes of a Parquet file; frames are kept until they fill a row group of 8 MiB."""

    def __init__(
        self, layout: Layout, n: int, gaps: Sequence[Gap] = (), provenance: Mapping[str, Any] | None = None
    ) -> None:
        self._counter = Counter(layout, n)
        metadata = {"barograph": str(VERSION), **about(layout, gaps, provenance or {})}
        self._schema = pa.schema([("time", TIME), ("frame", pa.binary(layout.frame_bytes))], metadata)
        self._sink = Sink()
        self._times: list[Ints] = []
        self._frames: list[bytes] = []
        self._held = 0

    def begin(self) -> bytes:
        """Return the file's first bytes."""
        self._writer = pq.ParquetWriter(
            pa.PythonFile(cast("Any", self._sink), mode="w"),
            self._schema,
            compression="zstd",
            use_dictionary=False,
            write_statistics=["time"],
            write_page_checksum=True,
        )
        return self._sink.take()

    def add(self, times_us: Ints, frames: Frames) -> bytes:
        """Return a row group when there are frames enough for one."""
        self._counter.add(times_us, frames)
        self._times.append(times_us.astype("<i8"))
        self._frames.append(frames.tobytes())
        self._held += frames.nbytes
        if self._held >= GROUP_BYTES:
            self._write_group()
        return self._sink.take()

    def finish(self) -> Iterable[bytes]:
        """Return what is left, and the file's footer."""
        self._counter.finish()
        if self._times:
            self._write_group()
        self._writer.close()
        return (self._sink.take(),)

    def _write_group(self) -> None:
        times = pa.array(np.concatenate(self._times), pa.int64()).cast(TIME)
        size = self._counter.layout.frame_bytes
        cells = pa.py_buffer(b"".join(self._frames))
        frame = pa.Array.from_buffers(pa.binary(size), len(times), [None, cells])
        self._writer.write_table(pa.table([times, frame], schema=self._schema), row_group_size=len(times) or 1)
        self._times, self._frames, self._held = [], [], 0


def recognises(head: bytes) -> bool:
    """Return True for the first bytes of a Parquet file."""
    return head.startswith(b"PAR1")


def read(path: Path) -> list[Recording]:
    """Read the one stream of an exported file; one that is damaged or of another content raises `FileFormatError`."""
    return [opened(path).whole()]


def opened(path: Path) -> FileRecording:
    """Return the one stream of an exported file, whose frames stay there until they are asked for."""
    with _file(path) as file:
        schema = file.schema_arrow
        require_known(path, _text(schema, "barograph", str(FIRST)), VERSION)
        layout = _layout(path, schema)
        return FileRecording(
            path=path,
            layout=layout,
            times_us=_times(path, file),
            parts=lambda: _parts(path, layout),
            gaps=gaps_of(_text(schema, "gaps", "[]")),
            provenance={
                "format": "parquet",
                "file": path.name,
                "origin": bounds.parsed("provenance", _text(schema, "provenance", "{}")),
            },
        )


@contextmanager
def _file(path: Path) -> Iterator[Any]:
    """The file, and whatever its damage makes the libraries say as the one error, with its name."""
    try:
        parquet_sizes.check(path)
        with pq.ParquetFile(
            path,
            page_checksum_verification=True,
            buffer_size=1 << 20,
            thrift_string_size_limit=bounds.MOST_FOOTER_BYTES,
            thrift_container_size_limit=bounds.MOST_GROUPS,
        ) as file:
            yield file
    except FileNotFoundError:
        raise
    except (pa.ArrowException, *WRONG, OSError) as error:
        raise FileFormatError(f"{path}: expected {EXPECTED}, got: {error}") from error


def _times(path: Path, file: Any) -> Ints:
    times, rows = [np.empty(0, np.int64)], 0
    for group in range(file.metadata.num_row_groups):
        for batch in file.iter_batches(row_groups=[group], columns=["time"], batch_size=1 << 16, use_threads=False):
            rows += len(batch)
            bounds.check(path, "frames", bounds.MOST_FRAMES, rows)
            if batch["time"].null_count:
                raise ValueError("a missing time or frame")
            times.append(batch["time"].cast(pa.int64()).to_numpy())
    if rows != file.metadata.num_rows:
        raise ValueError(f"{rows} of {file.metadata.num_rows} frames")
    return np.concatenate(times)


def _parts(path: Path, layout: Layout) -> Iterator[Frames]:
    asked = {"batch_size": part_frames(layout), "columns": ["frame"], "use_threads": False}
    with _file(path) as file:
        # Asked for all row groups at once, the reader keeps those it has passed.
        for group in range(file.metadata.num_row_groups):
            for batch in file.iter_batches(row_groups=[group], **asked):
                yield _cells(batch["frame"]).view(layout.numpy_dtype).reshape(-1, layout.rows, layout.cols)


def _cells(frame: Any) -> Any:
    """The bytes of a column of frames."""
    if frame.null_count:
        raise ValueError("a missing time or frame")
    size, first = frame.type.byte_width, frame.offset
    return np.frombuffer(frame.buffers()[1], np.uint8)[first * size : (first + len(frame)) * size]


def _text(schema: Any, name: str, default: str) -> str:
    text: bytes = (schema.metadata or {}).get(name.encode(), default.encode())
    return text.decode()


def _layout(path: Path, schema: Any) -> Layout:
    text = _text(schema, "layout", "")
    if schema.names != ["time", "frame"] or not text:
        raise FileFormatError(f"{path}: expected {EXPECTED}, got the columns {', '.join(schema.names)}")
    layout = layout_of(text)
    for name, wanted in (("time", TIME), ("frame", pa.binary(layout.frame_bytes))):
        if schema.field(name).type != wanted:
            raise FileFormatError(f"{path}, column {name}: expected {wanted}, got {schema.field(name).type}")
    return layout
