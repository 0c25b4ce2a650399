"""NPZ files: `frames` (n, rows, cols), `times_us` (n,) and `layout` (JSON), opened by plain `np.load`.

Missing cells are NaN in float data; whole numbers have none but the mask's, which are 0.
"""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.lib import format as npy

from barograph.errors import FileFormatError
from barograph.files.encoding import WRONG, Counter, Sink, check_times, layout_of
from barograph.files.parts import FileRecording, part_frames
from barograph.frames import Frames, Gap, Ints, Layout, Recording
from barograph.times import whole_us

MEMBERS = ("frames", "times_us", "layout")
# How the first member of a workbook is called, or of another office document.
OFFICE = (b"[Content_Types]", b"_rels/", b"docProps/", b"xl/", b"word/", b"mimetype")


class NpzEncoder:
    """The bytes of an NPZ; times are kept to the end, 8 bytes a frame."""

    def __init__(
        self, layout: Layout, n: int, gaps: Sequence[Gap] = (), provenance: Mapping[str, Any] | None = None
    ) -> None:
        self._layout = layout
        self._counter = Counter(layout, n)
        self._times: list[Ints] = []
        self._sink = Sink()

    def begin(self) -> bytes:
        """The archive's first member and the head of its array."""
        file = cast("Any", self._sink)
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._member = self._zip.open(_member("frames"), "w", force_zip64=True)
        head = _head((self._counter.n, self._layout.rows, self._layout.cols), self._layout)
        npy.write_array_header_1_0(self._member, head)
        return self._sink.take()

    def add(self, times_us: Ints, frames: Frames) -> bytes:
        """Frames as they are, but for cells that do not exist."""
        self._counter.add(times_us, frames)
        self._times.append(times_us.astype("<i8"))
        self._member.write(np.ascontiguousarray(_without_masked(frames, self._layout)).data)
        return self._sink.take()

    def finish(self) -> bytes:
        """Times, layout and the archive's directory."""
        self._member.close()
        self._counter.finish()
        times_us = np.concatenate([np.zeros(0, "<i8"), *self._times])
        for name, array in (("times_us", times_us), ("layout", np.array(json.dumps(self._layout.to_dict())))):
            with self._zip.open(_member(name), "w") as member:
                npy.write_array(member, array, allow_pickle=False)
        self._zip.close()
        return self._sink.take()


def recognises(head: bytes) -> bool:
    """True for the first bytes of a zip archive that is no office document, as workbooks are zip archives too."""
    name = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    return head.startswith(b"PK\x03\x04") and not name.startswith(OFFICE)


def read(path: Path) -> list[Recording]:
    """Read the one stream of an exported file; one that is damaged or lacks a member raises `FileFormatError`."""
    return [opened(path).whole()]


def opened(path: Path) -> FileRecording:
    """The one stream of an exported file, whose frames stay there until they are asked for."""
    with _said(path), path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        missing = [name for name in MEMBERS if name not in archive]
        if missing:
            raise FileFormatError(f"{path}: expected the members {', '.join(MEMBERS)}, but {missing[0]} is not there")
        layout = layout_of(str(archive["layout"]))
        check_times(archive["times_us"])
        times_us = whole_us(archive["times_us"])
        return FileRecording(
            path=path,
            layout=layout,
            times_us=times_us,
            parts=lambda: _parts(path, layout, len(times_us)),
            provenance={"format": "npz", "file": path.name},
        )


@contextmanager
def _said(path: Path) -> Iterator[None]:
    """Whatever a damaged archive makes the libraries say becomes the one error, with the file's name."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (zipfile.BadZipFile, zlib.error, struct.error, *WRONG, EOFError, OSError, RuntimeError) as error:
        raise FileFormatError(f"{path}: expected an NPZ with {', '.join(MEMBERS)}, got: {error}") from error


def _parts(path: Path, layout: Layout, n: int) -> Iterator[Frames]:
    with _said(path), zipfile.ZipFile(path) as archive, archive.open("frames.npy") as member:
        shape, by_columns, dtype = _head_of(member)
        if dtype != layout.numpy_dtype:
            raise FileFormatError(f"{path}, frames: expected {layout.dtype}, as its layout says, got {dtype}")
        if shape != (n, layout.rows, layout.cols):
            wanted = f"({n}, {layout.rows}, {layout.cols}), as times and layout say"
            raise FileFormatError(f"{path}, frames: expected {wanted}, got {shape}")
        if by_columns:
            # As numpy keeps an array in Fortran's order: its first frame is complete when all of it was read.
            with path.open("rb") as file:
                yield np.load(file, allow_pickle=False)["frames"]
            return
        size = part_frames(layout)
        for start in range(0, n, size):
            many = min(size, n - start)
            data = member.read(many * layout.frame_bytes)
            yield np.frombuffer(data, layout.numpy_dtype).reshape(many, layout.rows, layout.cols)
        if member.read(1):
            raise ValueError("more bytes than the frames need")


def _head_of(member: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, order and dtype that an array begins with."""
    version = npy.read_magic(member)
    readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    if version not in readers:
        raise ValueError(f"an array of version {version}")
    shape, by_columns, dtype = readers[version](member)
    return tuple(shape), bool(by_columns), dtype


def _without_masked(frames: Frames, layout: Layout) -> Frames:
    if layout.mask is None:
        return frames
    missing = np.nan if frames.dtype.kind == "f" else 0
    return np.where(layout.valid, frames, missing).astype(layout.numpy_dtype, copy=False)


def _member(name: str) -> zipfile.ZipInfo:
    # A ZipInfo of its own has no clock time in it: the same frames give the same file.
    info = zipfile.ZipInfo(f"{name}.npy")
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _head(shape: tuple[int, ...], layout: Layout) -> dict[str, Any]:
    return {"descr": layout.numpy_dtype.str, "fortran_order": False, "shape": shape}
