"""NPZ files: `frames` (n, rows, cols), `times_us` (n,) and `layout` (JSON), opened by plain `np.load`.

Missing cells are NaN in float data; whole numbers have none but the mask's, which are 0. Frames are written as they
come, so a session never has to fit in memory; their number has to be known before.
"""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.lib import format as npy

from barograph.errors import FileFormatError, InvalidData
from barograph.frames import Frames, Ints, Layout, Recording

MEMBERS = ("frames", "times_us", "layout")


class NpzWriter:
    """Writes one stream, block by block; use as a context manager.

    The file appears under its name when all `n` frames are in it; after an error, or with fewer frames, there is none.
    """

    def __init__(self, path: Path | str, layout: Layout, n: int) -> None:
        self.path = Path(path)
        self.layout = layout
        self.n = n
        self.written = 0
        self._times: list[Ints] = []
        self._part = self.path.with_name(f".{self.path.name}.part")

    def __enter__(self) -> NpzWriter:
        """Start a part file beside the target."""
        self._zip = zipfile.ZipFile(self._part, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._member = self._zip.open(_member("frames"), "w", force_zip64=True)
        npy.write_array_header_1_0(self._member, _head((self.n, self.layout.rows, self.layout.cols), self.layout))
        return self

    def write(self, times_us: Ints, frames: Frames) -> None:
        """Append frames (m, rows, cols) in the layout's dtype and their times (m,)."""
        if frames.shape != (len(times_us), self.layout.rows, self.layout.cols):
            raise InvalidData(
                f"frames: expected ({len(times_us)}, {self.layout.rows}, {self.layout.cols}), got {frames.shape}",
                field="frames",
            )
        if frames.dtype != self.layout.numpy_dtype:
            raise InvalidData(f"frames: expected {self.layout.dtype}, got {frames.dtype}", field="frames")
        self.written += len(frames)
        self._times.append(times_us.astype("<i8"))
        self._member.write(np.ascontiguousarray(_without_masked(frames, self.layout)).data)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the file, or remove the part of it after an error."""
        try:
            self._member.close()
            if kind is None:
                self._finish()
        finally:
            self._abandon()

    def _finish(self) -> None:
        if self.written != self.n:
            raise InvalidData(f"frames: expected {self.n}, as announced, got {self.written}", field="frames")
        times_us = np.concatenate([np.zeros(0, "<i8"), *self._times])
        for name, array in (("times_us", times_us), ("layout", np.array(json.dumps(self.layout.to_dict())))):
            with self._zip.open(_member(name), "w") as member:
                npy.write_array(member, array, allow_pickle=False)
        self._zip.close()
        os.replace(self._part, self.path)

    def _abandon(self) -> None:
        """Close and remove the part file; there is nothing left to do after `_finish`."""
        try:
            self._zip.close()
        finally:
            self._part.unlink(missing_ok=True)


def write(path: Path | str, recording: Recording) -> None:
    """Write a recording; parts of it at a time, so that nothing is copied whole."""
    with NpzWriter(path, recording.layout, len(recording)) as writer:
        for _, part in recording.blocks(1024):
            writer.write(part.times_us, part.frames.astype(recording.layout.numpy_dtype, copy=False))


def recognises(head: bytes) -> bool:
    """True for the first bytes of a zip archive."""
    return head.startswith(b"PK\x03\x04")


def read(path: Path) -> list[Recording]:
    """Read the one stream of an exported file; one that is damaged or lacks a member raises `FileFormatError`."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return [_recording(path, archive)]
    except (zipfile.BadZipFile, ValueError, EOFError, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise FileFormatError(f"{path}: expected an NPZ with {', '.join(MEMBERS)}, got: {error}") from error


def _recording(path: Path, archive: Any) -> Recording:
    missing = [name for name in MEMBERS if name not in archive]
    if missing:
        raise FileFormatError(f"{path}: expected the members {', '.join(MEMBERS)}, but {missing[0]} is not there")
    layout = Layout.from_dict(json.loads(str(archive["layout"])))
    frames = archive["frames"]
    if frames.dtype != layout.numpy_dtype:
        raise FileFormatError(f"{path}, frames: expected {layout.dtype}, as its layout says, got {frames.dtype}")
    provenance = {"format": "npz", "file": path.name}
    return Recording(frames=frames, times_us=archive["times_us"], layout=layout, provenance=provenance)


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
