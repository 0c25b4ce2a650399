"""A whole session as one ZIP: `session.json`, which says what it holds, frames as Parquet, and tables as CSV.

It is written as it comes. Parquet files are packed already and are stored as they are, so that who reads them again
(`barograph import`) takes no more than the archive's own size.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import tempfile
import weakref
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, cast

from barograph.cells import cell
from barograph.errors import FileFormatError
from barograph.file_versions import FIRST, require_known
from barograph.files import bounds, npz, parquet
from barograph.files.encoding import Sink, plain
from barograph.files.parts import FileRecording

SUFFIX, MEDIA_TYPE = ".zip", "application/zip"
ABOUT = "session.json"
FORM, VERSION = "session", 1
FRAMES_SUFFIX = ".parquet"
TABLES = "tables/"
MOST_STREAMS = 256
PIECE_BYTES = 1 << 20
# What names of files may not have on one system or another.
NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\x00-\x1f]')


class Bundle:
    """The bytes of a ZIP, which begins with what it holds, as JSON; whoever writes takes them as they come."""

    def __init__(self, about: Mapping[str, Any], name: str = ABOUT, version: str = f"{FORM} {VERSION}") -> None:
        self._sink = Sink()
        self._zip = zipfile.ZipFile(cast("Any", self._sink), "w", zipfile.ZIP_DEFLATED)
        self._member: IO[bytes] | None = None
        self.open(name)
        said = {"barograph": version, **about}
        self.write(json.dumps(said, ensure_ascii=False, indent=1, default=plain).encode())

    def open(self, name: str, *, packed: bool = False) -> None:
        """Begin a file; one that is `packed` already is stored as it is."""
        self._close()
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        self._member = self._zip.open(info, "w", force_zip64=True)

    def write(self, data: bytes) -> None:
        """Add to the file."""
        cast("IO[bytes]", self._member).write(data)

    def begin(self, name: str, columns: Sequence[str]) -> None:
        """Begin a table, as CSV."""
        self.open(f"{TABLES}{file_name(name)}.csv")
        self.write(b"\xef\xbb\xbf")  # by which spreadsheets know UTF-8
        self.add([columns])

    def add(self, rows: Iterable[Sequence[object]]) -> None:
        """Add rows to the table; what is missing is an empty cell."""
        out = io.StringIO(newline="")
        csv.writer(out).writerows([_cell(value) for value in row] for row in rows)
        self.write(out.getvalue().encode())

    def take(self) -> bytes:
        """Return what was written since the last time."""
        return self._sink.take()

    def finish(self) -> bytes:
        """Return the rest."""
        self.close()
        return self._sink.take()

    def close(self) -> None:
        """End it, whether all of it came or not."""
        self._close()
        self._zip.close()

    def _close(self) -> None:
        if self._member is not None:
            self._member.close()


def _cell(value: object) -> object:
    if value is None or (isinstance(value, float) and value != value):
        return ""
    return cell(value) if isinstance(value, str) else value


def file_name(name: str) -> str:
    """Return a name that every system takes for a file."""
    made = NOT_IN_NAMES.sub("_", name).rstrip(". ")
    return f"_{made}" if made[:1] in ("", ".") else made


def file_names(streams: Iterable[str]) -> dict[str, str]:
    """Return a name for the frames of each stream, no two alike where case does not count."""
    found: dict[str, str] = {}
    for stream in streams:
        made, number = file_name(stream), 2
        while made.lower() in {one.lower() for one in found.values()}:
            made, number = f"{file_name(stream)}-{number}", number + 1
        found[stream] = made
    return {stream: f"{made}{FRAMES_SUFFIX}" for stream, made in found.items()}


def recognises(head: bytes) -> bool:
    """Return True for the first bytes of a session as a ZIP."""
    return head.startswith(b"PK\x03\x04") and head[30 : 30 + len(ABOUT)] == ABOUT.encode()


def read(path: Path) -> list[Any]:
    """Read the streams of a session; what is wrong with one raises `FileFormatError`."""
    return [one.whole() for one in opened(path)]


def opened(path: Path) -> list[FileRecording]:
    """Return the streams of a session: their files are unpacked beside, and removed when nobody has them any more."""
    holder = _Holder()
    _about(path)
    with _damage_said(path), npz.open_archive(path) as archive:
        members = [one for one in archive.infolist() if one.filename.endswith(FRAMES_SUFFIX)]
        bounds.check(path, "streams in a session", MOST_STREAMS, len(members))
        if not members:
            raise FileFormatError(f"{path}: expected a session with files of frames ({FRAMES_SUFFIX}), got none")
        return [_opened(path, archive, one, holder, place) for place, one in enumerate(members)]


def markers(path: Path) -> list[tuple[int, str]]:
    """Return time (µs, UTC) and label of each marker of a session; none of another file."""
    return [(one.get("t_us"), one.get("label")) for one in _listed(path, "markers", "t_us and label")]


def trials(path: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return protocols and trials of a session as JSON has them; none of another file."""
    return _listed(path, "protocols", "title and others"), _listed(path, "trials", "protocol, start_us and stop_us")


def corrections(path: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return masks and corrections of prints of a session as JSON has them; none of another file."""
    return _listed(path, "masks", "stream, side and labels"), _listed(path, "print_corrections", "stream, do and mark")


def _listed(path: Path, name: str, fields: str) -> list[Any]:
    with path.open("rb") as file:
        if not recognises(file.read(64)):
            return []
    found = _about(path).get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise FileFormatError(f"{path}, {ABOUT}: expected a list of {name}, each with {fields}")
    return found


def _about(path: Path) -> dict[str, Any]:
    """What a session says of itself; one of a newer version raises `FileFormatError`."""
    with _damage_said(path), npz.open_archive(path) as archive, archive.open(ABOUT) as member:
        text = member.read(bounds.MOST_JSON_BYTES + 1)
        bounds.check(path, f"bytes of {ABOUT}", bounds.MOST_JSON_BYTES, len(text))
        said = bounds.parsed(ABOUT, text.decode("utf-8"))
    if not isinstance(said, dict):
        raise FileFormatError(f"{path}, {ABOUT}: expected an object, got something else")
    require_known(path, said.get("barograph", FIRST), VERSION)
    return said


def _opened(
    path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, holder: _Holder, place: int
) -> FileRecording:
    if member.compress_type != zipfile.ZIP_STORED:
        raise FileFormatError(f"{path}, {member.filename}: expected a file that is stored, got a packed one")
    out = holder.folder / f"{place}{FRAMES_SUFFIX}"
    with archive.open(member) as inside, out.open("wb") as file:
        shutil.copyfileobj(inside, file, PIECE_BYTES)
    found = parquet.opened(out)

    def parts() -> Any:
        _ = holder  # the folder stays while somebody reads
        return found.parts()

    return replace(found, path=path, parts=parts, provenance={**found.provenance, "file": path.name})


class _Holder:
    """A folder for as long as this is there."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="barograph-"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)


@contextmanager
def _damage_said(path: Path) -> Any:
    try:
        yield
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, RuntimeError, NotImplementedError) as error:
        if isinstance(error, FileFormatError):
            raise
        raise FileFormatError(f"{path}: expected a session as a ZIP, got: {error}") from error
