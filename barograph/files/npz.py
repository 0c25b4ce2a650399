"""NPZ files: `frames` (n, rows, cols), `times_us` (n,) and `layout` (JSON), opened by plain `np.load`.

Gaps and provenance are JSON texts too, in members that a file need not have; `barograph` is the version of this form.
Missing cells are NaN in float data; whole numbers have none but the mask's, which are 0.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.lib import format as npy

from barograph.errors import FileFormatError
from barograph.file_versions import FIRST, require_known
from barograph.files import bounds
from barograph.files.encoding import WRONG, Counter, Sink, about, check_times, gaps_of, layout_of
from barograph.files.parts import FileRecording, part_frames
from barograph.files.unknown import MOST_LETTERS, WORKBOOK
from barograph.frames import Frames, Gap, Ints, Layout, Recording
from barograph.times import whole_us

MEMBERS = ("frames", "times_us", "layout")
BESIDE = ("gaps", "provenance")
FORM, VERSION = "barograph", 1
# Other methods unpack all that is read at once, however much that is.
UNPACKED_IN_PARTS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
PIECE_BYTES = 1 << 20
MOST_SHOWN = 3  # members of an archive of other files
# How the first member of a workbook is called, or of another office document.
OFFICE = (b"[Content_Types]", b"_rels/", b"docProps/", b"xl/", b"word/", b"mimetype")


class NpzEncoder:
    """The bytes of an NPZ; times are kept to the end, 8 bytes a frame."""

    def __init__(
        self, layout: Layout, n: int, gaps: Sequence[Gap] = (), provenance: Mapping[str, Any] | None = None
    ) -> None:
        self._layout, self._said = layout, about(layout, gaps, provenance or {})
        self._counter = Counter(layout, n)
        self._times: list[Ints] = []
        self._sink = Sink()

    def begin(self) -> bytes:
        """Return the archive's first member and the head of its array."""
        file = cast("Any", self._sink)
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._member = self._zip.open(_member("frames"), "w", force_zip64=True)
        head = _head((self._counter.n, self._layout.rows, self._layout.cols), self._layout)
        npy.write_array_header_1_0(self._member, head)
        return self._sink.take()

    def add(self, times_us: Ints, frames: Frames) -> bytes:
        """Write frames as they are, but for cells that do not exist."""
        self._counter.add(times_us, frames)
        self._times.append(times_us.astype("<i8"))
        self._member.write(np.ascontiguousarray(_without_masked(frames, self._layout)).data)
        return self._sink.take()

    def finish(self) -> Iterable[bytes]:
        """Return times, layout and the archive's directory."""
        self._member.close()
        self._counter.finish()
        times_us = np.concatenate([np.zeros(0, "<i8"), *self._times])
        said = {"layout": np.array(self._said["layout"])}
        said |= {name: np.array(self._said[name].encode("ascii")) for name in BESIDE}
        said[FORM] = np.array(str(VERSION).encode("ascii"))
        for name, array in (("times_us", times_us), *said.items()):
            with self._zip.open(_member(name), "w") as member:
                npy.write_array(member, array, allow_pickle=False)
        self._zip.close()
        return (self._sink.take(),)


def recognises(head: bytes) -> bool:
    """Return True for the first bytes of a zip archive that is no office document; workbooks are zip archives."""
    name = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    return head.startswith(b"PK\x03\x04") and not name.startswith(OFFICE)


def read(path: Path) -> list[Recording]:
    """Read the one stream of an exported file; one that is damaged or lacks a member raises `FileFormatError`."""
    return [opened(path).whole()]


def opened(path: Path) -> FileRecording:
    """Return the one stream of an exported file, whose frames stay there until they are asked for."""
    with damage_said(path), open_archive(path) as archive:
        names = set(archive.namelist())
        if not any(name.endswith(".npy") for name in names):
            raise FileFormatError(f"{path}: expected an NPZ with {', '.join(MEMBERS)}, got {_packed(names)}")
        missing = [name for name in MEMBERS if f"{name}.npy" not in names]
        if missing:
            raise FileFormatError(f"{path}: expected the members {', '.join(MEMBERS)}, but {missing[0]} is not there")
        require_known(path, _text(path, archive, FORM) if f"{FORM}.npy" in names else FIRST, VERSION)
        layout = layout_of(_text(path, archive, "layout"))
        gaps, origin = (_text(path, archive, one) if f"{one}.npy" in names else "" for one in BESIDE)
        times_us = _times(path, archive)
        return FileRecording(
            path=path,
            layout=layout,
            times_us=times_us,
            parts=lambda: _parts(path, layout, len(times_us)),
            gaps=gaps_of(gaps or "[]"),
            provenance={
                "format": "npz",
                "file": path.name,
                **({"origin": bounds.parsed("provenance", origin)} if origin else {}),
            },
        )


def _packed(names: Collection[str]) -> str:
    """A zip archive of other files, in plain words."""
    if any(name.encode().startswith(OFFICE) for name in names):
        return WORKBOOK
    shown = ", ".join(sorted(names)[:MOST_SHOWN])
    return f"a zip archive of other files ({shown[:MOST_LETTERS]}); unpack it and import what is in it"


class _BoundedFile(io.FileIO):
    """A file that is never read in larger pieces than a zip archive of ours needs, whatever its directory says."""

    def read(self, size: int | None = -1, /) -> bytes:
        """As any file's, or `ValueError`."""
        most = bounds.MOST_DIRECTORY_BYTES
        if size is None or size < 0:
            size = most  # the archive's last record, of 64 KiB at most
        if size > most:
            raise ValueError(f"a list of members of {size} bytes, of which at most {most} are read")
        return super().read(size) or b""


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open the archive; only what unpacks to as many bytes as are asked for is taken."""
    with _BoundedFile(path, "r") as file, zipfile.ZipFile(file) as archive:
        wrong = [one for one in archive.infolist() if one.compress_type not in UNPACKED_IN_PARTS]
        if wrong:
            raise ValueError(f"a member packed by method {wrong[0].compress_type}, where stored or deflated is read")
        yield archive


def _text(path: Path, archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(f"{name}.npy") as member:
        shape, _, dtype = head_of(member)
        if shape or dtype.kind not in "US":
            raise FileFormatError(f"{path}, {name}: expected one text, got {dtype} of shape {shape}")
        bounds.check(path, f"bytes of {name}", bounds.MOST_JSON_BYTES, dtype.itemsize)
        text = np.frombuffer(_exactly(member, dtype.itemsize), dtype)[0] if dtype.itemsize else ""
        return text.decode("ascii") if isinstance(text, bytes) else str(text)


def _times(path: Path, archive: zipfile.ZipFile) -> Ints:
    with archive.open("times_us.npy") as member:
        shape, _, dtype = head_of(member)
        check_times(np.lib.stride_tricks.as_strided(np.empty(1, dtype), shape, [0] * len(shape)))
        bounds.check(path, "frames", bounds.MOST_FRAMES, shape[0])
        return whole_us(np.frombuffer(_exactly(member, shape[0] * dtype.itemsize), dtype))


def _exactly(member: Any, size: int) -> bytearray:
    """So many bytes, which have to be all that is left; fewer or more raise `ValueError`."""
    data = bytearray()
    while len(data) < size and (piece := member.read(min(size - len(data), PIECE_BYTES))):
        data += piece
    if len(data) < size or member.read(1):
        raise ValueError(f"{member.name} of another size than the {size} bytes that its head says")
    return data


@contextmanager
def damage_said(path: Path) -> Iterator[None]:
    """Turn whatever a damaged archive makes the libraries say into the one error, with the file's name."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (zipfile.BadZipFile, zlib.error, struct.error, *WRONG, EOFError, OSError, RuntimeError) as error:
        raise FileFormatError(f"{path}: expected an NPZ with {', '.join(MEMBERS)}, got: {error}") from error


def _parts(path: Path, layout: Layout, n: int) -> Iterator[Frames]:
    with damage_said(path), open_archive(path) as archive, archive.open("frames.npy") as member:
        shape, by_columns, dtype = head_of(member)
        if dtype != layout.numpy_dtype:
            raise FileFormatError(f"{path}, frames: expected {layout.dtype}, as its layout says, got {dtype}")
        if shape != (n, layout.rows, layout.cols):
            wanted = f"({n}, {layout.rows}, {layout.cols}), as times and layout say"
            raise FileFormatError(f"{path}, frames: expected {wanted}, got {shape}")
        if by_columns:
            # As numpy keeps an array in Fortran's order: its first frame is complete when all of it was read.
            size = n * layout.frame_bytes
            bounds.check(path, "bytes of frames in Fortran's order", bounds.MOST_BY_COLUMNS_BYTES, size)
            yield np.frombuffer(_exactly(member, size), dtype).reshape(shape, order="F")
            return
        size = part_frames(layout)
        for start in range(0, n, size):
            many = min(size, n - start)
            data = member.read(many * layout.frame_bytes)
            yield np.frombuffer(data, layout.numpy_dtype).reshape(many, layout.rows, layout.cols)
        if member.read(1):
            raise ValueError("more bytes than the frames need")


def head_of(member: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Return shape, order and dtype that an array begins with."""
    magic = member.read(npy.MAGIC_LEN)
    version = npy.read_magic(io.BytesIO(magic))
    readers = {(1, 0): (2, npy.read_array_header_1_0), (2, 0): (4, npy.read_array_header_2_0)}
    if version not in readers:
        raise ValueError(f"an array of version {version}")
    width, reader = readers[version]
    length = member.read(width)
    size = int.from_bytes(length, "little")
    if size > bounds.MOST_ARRAY_HEAD_BYTES:
        raise ValueError(f"the head of an array of {size} bytes, where {bounds.MOST_ARRAY_HEAD_BYTES} are enough")
    shape, by_columns, dtype = reader(io.BytesIO(length + member.read(size)))
    if dtype.hasobject:
        raise ValueError("an array of Python objects (allow_pickle), which are never read")
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
