"""NPZ files: `frames` (n, rows, cols), `times_us` (n,) and `layout` (JSON), opened by plain `np.load`.

Missing cells are NaN in float data; whole numbers have none but the mask's, which are 0.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.lib import format as npy

from barograph.errors import FileFormatError
from barograph.files.encoding import Counter, Sink
from barograph.frames import Frames, Gap, Ints, Layout, Recording

MEMBERS = ("frames", "times_us", "layout")


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
