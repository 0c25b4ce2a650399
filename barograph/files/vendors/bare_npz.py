"""NPZ files with one array (frames, rows, cols) and nothing beside it, named `arr_0` as `numpy.savez` names it.

Walkways are published so: 720 x 240 cells a frame, the rest in a table beside it. The file has neither the rate nor the
size of a cell; both have to be given. Without a unit values are raw counts. float16 is stored as float32, which holds
every value; times count from 1970.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from barograph.errors import FileFormatError, InvalidData, NotSaid
from barograph.files import bounds, doubts, npz
from barograph.files.given import NOTHING, Given
from barograph.files.parts import FileRecording, part_frames
from barograph.frames import DTYPES, Frames, Layout, Recording

MEMBER = "arr_0.npy"
# The type that holds every value of a type.
STORED = {"float16": "float32", "bool": "uint8", **{name: name for name in DTYPES}}


def recognises(head: bytes) -> bool:
    """Return True for the first bytes of a zip archive that begins with `arr_0`."""
    name = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    return head.startswith(b"PK\x03\x04") and name == MEMBER.encode()


def read(path: Path) -> list[Recording]:
    """Raise `FileFormatError`: nothing is given that the file does not say."""
    return [one.whole() for one in opened(path)]


def opened(path: Path, given: Given = NOTHING) -> list[FileRecording]:
    """Return the one sensor; frames stay in the file until they are asked for."""
    with npz.damage_said(path), npz.open_archive(path) as archive, archive.open(MEMBER) as member:
        shape, by_columns, dtype = npz.head_of(member)
        if len(names := archive.namelist()) != 1:
            raise FileFormatError(f"{path}: expected arr_0 alone, got {', '.join(names[:5])}")
    if len(shape) != 3 or 0 in shape or dtype.name not in STORED or by_columns:
        order = ", one frame after the other (C order)" if by_columns else ""
        raise FileFormatError(
            f"{path}, arr_0: expected (frames, rows, cols) of one of {', '.join(STORED)}{order}, got {dtype} of shape "
            f"{shape}"
        )
    bounds.check(path, "frames", bounds.MOST_FRAMES, shape[0])
    rate_hz, pitch_mm = _asked(path, shape, given)
    fields: dict[str, Any] = {"dtype": STORED[dtype.name], "unit": given.unit or "raw", "pitch_mm": pitch_mm}
    try:
        layout = Layout(rows=shape[1], cols=shape[2], kind="plate", **fields)
    except InvalidData as error:
        raise FileFormatError(f"{path}, arr_0: expected a sensor that can be, got {error}") from error
    unit = "" if given.unit else "; values are raw counts: --unit says what they are"
    return [
        FileRecording(
            path=path,
            layout=layout,
            times_us=np.rint(np.arange(shape[0]) * (1e6 / rate_hz)).astype(np.int64),
            parts=lambda: _parts(path, layout, shape[0]),
            provenance={
                "format": "npz-array",
                "file": path.name,
                "assumed": f"{doubts.FROM_1970}: the file has no time; row 0 is the front and column 0 the left{unit}",
                **given.used("rate_hz", "pitch_mm", "unit"),
            },
        )
    ]


def _asked(path: Path, shape: tuple[int, ...], given: Given) -> tuple[float, tuple[float, float]]:
    """Rate and pitch, or an error that names the options for what is missing."""
    if given.rate_hz is not None and given.pitch_mm is not None:
        return given.rate_hz, given.pitch_mm
    asked = {"--rate (frames per second)": given.rate_hz, "--pitch (mm, as 5 or 5.08x7.62)": given.pitch_mm}
    missing = " and ".join(name for name, value in asked.items() if value is None)
    raise NotSaid(
        f"{path}: expected {missing} with barograph import, or rate= and pitch= of read_file, got an array of "
        f"{shape[0]} frames of {shape[1]} x {shape[2]} cells, which says neither",
        ("rate", "pitch", "unit"),
    )


def _parts(path: Path, layout: Layout, n: int) -> Iterator[Frames]:
    with npz.damage_said(path), npz.open_archive(path) as archive, archive.open(MEMBER) as member:
        shape, _, dtype = npz.head_of(member)
        if shape != (n, layout.rows, layout.cols):
            raise FileFormatError(f"{path}: expected {n} frames, as when it was opened, got shape {shape}")
        size, frame_bytes = part_frames(layout), layout.cells * dtype.itemsize
        for start in range(0, n, size):
            many = min(size, n - start)
            cells = np.frombuffer(member.read(many * frame_bytes), dtype).reshape(many, layout.rows, layout.cols)
            yield cells.astype(layout.numpy_dtype)
        if member.read(1):
            raise ValueError("more bytes than the frames need")
