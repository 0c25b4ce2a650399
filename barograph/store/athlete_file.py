"""All that is stored of an athlete as one ZIP: `athlete.json`, a session's ZIP for each session, and tables as CSV.

    athlete.json            the record, its teams, and the sessions in the order of the file
    sessions/NAME.zip       `barograph.files.bundle`, stored as it is
    tables/*.csv            measurements, consents, goals, shares, who received what, sessions

Sessions are unpacked one at a time, so that reading takes no more room than the largest of them.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from barograph.errors import BarographError, FileFormatError
from barograph.file_versions import FIRST, require_known
from barograph.files import bounds, npz
from barograph.files.bundle import PIECE_BYTES
from barograph.store.records import UNSAID, About, Marker
from barograph.store.roster import Athlete

ABOUT = "athlete.json"
FORM, NEWEST = "athlete", 1
VERSION = f"{FORM} {NEWEST}"
SESSIONS = "sessions/"
OF_HERE = (
    "uid",
    "merged",
    "teams",
    "created_us",
    "changed_us",
    "revision",
)  # of a record: what means nothing elsewhere


@dataclass(frozen=True)
class TakenSession:
    """A session of the file; `file` is its ZIP, "" where no frame of it is stored, and then its markers stand here."""

    workout_id: str
    about: About = UNSAID
    file: str = ""
    markers: tuple[Marker, ...] = ()


@dataclass(frozen=True)
class Taken:
    """What `athlete.json` says; of the record without what means nothing elsewhere (`OF_HERE`)."""

    barograph: str
    athlete: Athlete
    teams: tuple[str, ...] = ()
    sessions: tuple[TakenSession, ...] = ()


def plain(taken: Taken) -> dict[str, Any]:
    """Return it as JSON has it."""
    made: dict[str, Any] = msgspec.to_builtins(taken)
    made["athlete"] = {name: value for name, value in made["athlete"].items() if name not in OF_HERE}
    return made


def recognises(path: Path) -> bool:
    """Return True for a file that begins as one of these does; False too where it cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except OSError:
        return False
    return head.startswith(b"PK\x03\x04") and head[30 : 30 + len(ABOUT)] == ABOUT.encode()


def read(path: Path) -> Taken:
    """Return what `athlete.json` says, or `FileFormatError`."""
    with _opened(path) as archive, archive.open(ABOUT) as member:
        text = member.read(bounds.MOST_JSON_BYTES + 1)
        bounds.check(path, f"bytes of {ABOUT}", bounds.MOST_JSON_BYTES, len(text))
    try:
        said = bounds.parsed(ABOUT, text.decode("utf-8"))
        if isinstance(said, dict):  # before its fields, which may be others
            require_known(path, said.get("barograph", FIRST), NEWEST)
        taken = msgspec.convert(said, Taken)
    except FileFormatError:
        raise
    except (ValueError, BarographError) as error:
        raise FileFormatError(f"{path}, {ABOUT}: {error}") from error
    if not taken.barograph.startswith(f"{FORM} "):
        raise FileFormatError(f"{path}, {ABOUT}: expected {VERSION!r}, got {taken.barograph[:40]!r}")
    return taken


@contextmanager
def unpacked(path: Path, session: TakenSession) -> Iterator[Path]:
    """Provide the ZIP of one session, beside, as long as the context lasts."""
    with tempfile.TemporaryDirectory(prefix="barograph-") as folder:
        out = Path(folder) / Path(session.file).name
        with _opened(path) as archive:
            if session.file not in archive.namelist():
                raise FileFormatError(f"{path}: expected {session.file}, as {ABOUT} says, got none")
            if archive.getinfo(session.file).compress_type != zipfile.ZIP_STORED:
                raise FileFormatError(f"{path}, {session.file}: expected a file that is stored, got a packed one")
            with archive.open(session.file) as inside, out.open("wb") as file:
                shutil.copyfileobj(inside, file, PIECE_BYTES)
        yield out


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with npz.open_archive(path) as archive:
            yield archive
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, KeyError) as error:
        if isinstance(error, BarographError):
            raise
        raise FileFormatError(f"{path}: expected all of an athlete as a ZIP, got: {error}") from error
