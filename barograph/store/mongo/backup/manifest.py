"""What a backup says of itself: its files with hashes and counts, what they were read of, and when.

`manifest.json` is replaced in one step when all files that it names are there, so a directory holds one whole backup,
always. `draft.jsonl` lists the days that an unfinished one has copied, one a line, for the next to go on with.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TypeVar

import msgspec

from barograph.errors import BackupError
from barograph.private import write_private

FORMAT, VERSION = "barograph-backup", 1
MANIFEST, DRAFT, KEYS = "manifest.json", "draft.jsonl", "keys"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A file: documents of one collection, their number, and the sum of their hashes, whatever their order."""

    file: str
    collection: str
    size: int
    sha256: str
    documents: int
    digest: str


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """Frames and rollups of a day (since 1970, UTC) of a workout, with the state of `written` that they were read in.

    A `settled` one was not being written to; while `written` and `k` of its streams are the same, it need not be read
    again.
    """

    uid: str
    workout: str
    day: int
    tag: str | None
    written: dict[str, int]
    k: dict[str, int]
    settled: bool
    files: tuple[Entry, ...]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A backup. All that was acknowledged before `at_us` is in it; `masters` are those that its keys need."""

    lab: str
    database: str
    program: str
    schema: int
    at_us: int
    took_s: float
    masters: tuple[str, ...]
    keys: Entry | None
    collections: tuple[Entry, ...]
    units: tuple[Unit, ...]

    @property
    def entries(self) -> list[Entry]:
        """All files but that of the keys."""
        return [*self.collections, *(one for unit in self.units for one in unit.files)]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(one.size for one in self.entries) + (self.keys.size if self.keys else 0)


class _Envelope(msgspec.Struct):
    format: str
    version: int
    sha256: str = ""
    body: msgspec.Raw = msgspec.Raw(b"{}")


def write(directory: Path, manifest: Manifest) -> None:
    """Replace the manifest of a directory, in one step."""
    body = msgspec.json.encode(manifest)
    envelope = _Envelope(FORMAT, VERSION, hashlib.sha256(body).hexdigest(), msgspec.Raw(body))
    write_private(directory / MANIFEST, msgspec.json.encode(envelope))


def read(directory: Path, newest_schema: int) -> Manifest:
    """Return the manifest of a directory; `BackupError` where there is none, or one that cannot be relied on."""
    path = directory / MANIFEST
    if not path.is_file():
        unfinished = " (one was begun; `barograph backup` goes on)" if (directory / DRAFT).exists() else ""
        raise BackupError(f"{path}: expected the manifest of a backup, and there is none{unfinished}")
    try:
        envelope = msgspec.json.decode(path.read_bytes(), type=_Envelope)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise BackupError(f"{path}: not a manifest of a backup of Barograph, or a damaged one: {error}") from error
    if envelope.format != FORMAT:
        raise BackupError(f"{path}: expected format {FORMAT!r}, got {envelope.format[:40]!r}: another program's")
    if envelope.version > VERSION:
        raise BackupError(f"{path}: version {envelope.version} of the format; this Barograph knows {VERSION} and older")
    if hashlib.sha256(bytes(envelope.body)).hexdigest() != envelope.sha256:
        raise BackupError(f"{path}: its hash is not the one that it names: it was changed or damaged")
    manifest = decoded(bytes(envelope.body), Manifest, path)
    if manifest.schema > newest_schema:
        raise BackupError(
            f"{path}: written by a newer Barograph ({manifest.program}: its data have version {manifest.schema}, this "
            f"one knows {newest_schema} and older); install that one"
        )
    return manifest


Kind = TypeVar("Kind")


def decoded(text: bytes, kind: type[Kind], path: Path) -> Kind:
    """Return what JSON holds, or `BackupError`."""
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise BackupError(f"{path}: not what a manifest of this version holds: {error}") from error
