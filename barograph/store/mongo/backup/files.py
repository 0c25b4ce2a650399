"""Files of a backup: BSON documents one after the other, compressed with zstd, a description first.

Any tool for BSON reads them. A file is written beside its place, brought to the disk, and named by what it holds, so
that none is ever changed: a name that a manifest has stands for the same bytes always.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any

import bson
import zstandard
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.errors import BSONError

from barograph.errors import BackupError
from barograph.store.documents import Document
from barograph.store.mongo.backup.manifest import FORMAT, VERSION, Entry

OPTIONS: CodecOptions[Document] = CodecOptions(datetime_conversion=DatetimeConversion.DATETIME_MS)
CHUNK = 1 << 20
MOST_DOCUMENT = (16 << 20) + (16 << 10)  # MongoDB's own bound
SUM = 1 << 128


class Digest:
    """A number of documents and the sum of their hashes: the same for the same documents in any order."""

    def __init__(self) -> None:
        self.documents, self._sum = 0, 0

    def add(self, packed: bytes) -> None:
        """Count a document, packed by `packed`."""
        self.documents += 1
        self._sum = (self._sum + int.from_bytes(hashlib.blake2b(packed, digest_size=16).digest())) % SUM

    @property
    def text(self) -> str:
        """The sum, in hexadecimal."""
        return f"{self._sum:032x}"


def packed(document: Mapping[str, Any]) -> bytes:
    """Return a document as BSON, its id first and then its fields by name: MongoDB may give them in any order."""
    fields = sorted(document.items(), key=lambda item: (item[0] != "_id", item[0]))
    return bson.encode(dict(fields), codec_options=OPTIONS)


class Draft:
    """A file that is being written; `done` gives it its name, and what was begun and not done is removed."""

    def __init__(self, root: Path, stem: str, collection: str, schema: int) -> None:
        self._root, self._stem, self._collection = root, stem, collection
        self._part = root / f"{stem}.{secrets.token_hex(4)}.part"
        self._hash, self._digest, self._size = hashlib.sha256(), Digest(), 0
        self._header = {"format": FORMAT, "version": VERSION, "collection": collection, "schema": schema}

    def __enter__(self) -> Draft:
        self._part.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = os.fdopen(os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._zstd = zstandard.ZstdCompressor(level=3, write_checksum=True).compressobj()
        self._write(self._zstd.compress(bson.encode(self._header)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._part.unlink(missing_ok=True)

    def _write(self, data: bytes) -> None:
        self._hash.update(data)
        self._size += len(data)
        self._file.write(data)

    def add(self, document: Mapping[str, Any]) -> None:
        """Write one more document."""
        data = packed(document)
        self._digest.add(data)
        self._write(self._zstd.compress(data))

    def done(self) -> Entry:
        """Bring the file to the disk under its name."""
        self._write(self._zstd.flush())
        self._file.flush()
        os.fsync(self._file.fileno())
        sha256 = self._hash.hexdigest()
        name = f"{self._stem}-{sha256[:16]}.bson.zst"
        self._part.replace(self._root / name)
        directory = os.open(self._part.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
        return Entry(
            file=name, collection=self._collection, size=self._size, sha256=sha256,
            documents=self._digest.documents, digest=self._digest.text,
        )  # fmt: skip


def place_of(root: Path, entry: Entry) -> Path:
    """Return where a file is; `BackupError` for a name that leads out of the backup."""
    parts = PurePosixPath(entry.file)
    if parts.is_absolute() or ".." in parts.parts:
        raise BackupError(f"{entry.file}: expected a name within the backup")
    return root / parts


def check(root: Path, entry: Entry) -> Iterator[int]:
    """Read a file whole and give the bytes of each part; `BackupError` unless its size and hash are as named."""
    path = place_of(root, entry)
    if not path.is_file():
        raise BackupError(f"{path}: expected a file of {entry.size} bytes, and there is none")
    found, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            found.update(chunk)
            size += len(chunk)
            yield len(chunk)
    if size != entry.size:
        raise BackupError(f"{path}: expected {entry.size} bytes, got {size}: it was cut or changed")
    if found.hexdigest() != entry.sha256:
        raise BackupError(f"{path}: its hash is not that of the manifest: it was damaged or changed")


def documents(root: Path, entry: Entry) -> Iterator[bytes]:
    """Give the documents of a file, packed; `BackupError` where it is not what the manifest says."""
    path = place_of(root, entry)
    try:
        with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
            pieces = _pieces(stream, path)
            _require(bson.decode(next(pieces)), entry, path)
            yield from pieces
    except (OSError, StopIteration, zstandard.ZstdError, BSONError) as error:
        raise BackupError(f"{path}: cannot be read: {error}") from error


def _pieces(stream: zstandard.ZstdDecompressionReader, path: Path) -> Iterator[bytes]:
    while head := stream.read(4):
        size = int.from_bytes(head, "little")
        rest = stream.read(size - 4) if 5 <= size <= MOST_DOCUMENT else b""
        if len(rest) != size - 4:
            raise BackupError(f"{path}: ends within a document, or holds something else than documents")
        yield head + rest


def _require(header: Document, entry: Entry, path: Path) -> None:
    if header.get("format") != FORMAT:
        raise BackupError(f"{path}: expected a file of a backup of Barograph, got something else")
    if header.get("version", 0) > VERSION:
        raise BackupError(
            f"{path}: version {header['version']} of the format; this Barograph knows {VERSION} and older"
        )
    if header.get("collection") != entry.collection:
        raise BackupError(f"{path}: expected documents of {entry.collection}, got {header.get('collection')!r:.40}")
