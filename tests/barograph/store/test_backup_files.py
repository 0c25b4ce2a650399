"""A backup that is damaged, cut, of another program or newer is refused, with the file's name and what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import bson
import msgspec
import pytest
import zstandard

from barograph.errors import BackupError
from barograph.store.mongo.backup import manifest as manifests
from barograph.store.mongo.backup.files import Digest, Draft, documents, packed
from barograph.store.mongo.backup.manifest import Entry, Manifest, Unit
from barograph.store.mongo.backup.restoring import read_checked

DOCUMENTS = [{"_id": number, "x": b"\x00" * number, "a": bson.Int64(number)} for number in range(40)]


def written(root: Path, collection: str, stem: str) -> Entry:
    with Draft(root, stem, collection, 3) as file:
        for one in DOCUMENTS:
            file.add(one)
        return file.done()


@pytest.fixture
def backup(tmp_path: Path) -> Manifest:
    """A backup of one day and one collection in the test's directory."""
    files = tuple(written(tmp_path, name, f"days/2026-11-30/u.{name}") for name in ("frames", "rollups"))
    unit = Unit(
        uid="u", workout="run", day=20787, tag=None, written={"left": 1}, k={"left": 0}, settled=True, files=files
    )
    made = Manifest(
        lab="lab", database="barograph", program="barograph 0", schema=3, at_us=1, took_s=0.5, masters=(), keys=None,
        collections=(written(tmp_path, "workouts", "all/workouts"),), units=(unit,),
    )  # fmt: skip
    manifests.write(tmp_path, made)
    return made


def test_documents_come_back_as_they_were(backup: Manifest, tmp_path: Path) -> None:
    assert read_checked(tmp_path) == (backup, None)
    for entry in backup.entries:
        assert [bson.decode(one) for one in documents(tmp_path, entry)] == DOCUMENTS
        assert (tmp_path / entry.file).stat().st_mode & 0o777 == 0o600


def test_the_sum_of_hashes_knows_no_order_but_each_document() -> None:
    def total(given: list[dict[str, object]]) -> tuple[int, str]:
        digest = Digest()
        for one in given:
            digest.add(packed(one))
        return digest.documents, digest.text

    turned = [dict(reversed(one.items())) for one in reversed(DOCUMENTS)]
    assert total(turned) == total(DOCUMENTS)
    assert total([*DOCUMENTS[1:], {**DOCUMENTS[0], "a": 1}]) != total(DOCUMENTS)
    assert total([*DOCUMENTS, DOCUMENTS[0]]) != total(DOCUMENTS)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def _spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(("spoil", "said"), [
    (_cut, r"expected \d+ bytes, got \d+: it was cut or changed"), (_spoil, "its hash is not that of the manifest"),
    (Path.unlink, "and there is none"),
])  # fmt: skip
def test_a_spoilt_file_is_named(spoil: Callable[[Path], None], said: str, backup: Manifest, tmp_path: Path) -> None:
    for entry in backup.entries:
        path = tmp_path / entry.file
        whole = path.read_bytes()
        spoil(path)
        with pytest.raises(BackupError, match=f"{re.escape(str(path))}: .*{said}"):
            read_checked(tmp_path)
        path.write_bytes(whole)


def _held(tmp_path: Path, backup: Manifest, content: bytes) -> None:
    """Put other bytes in place of a file, with the right hash of them."""
    import hashlib

    (entry,) = backup.collections
    (tmp_path / entry.file).write_bytes(content)
    other = msgspec.structs.replace(entry, size=len(content), sha256=hashlib.sha256(content).hexdigest())
    manifests.write(tmp_path, msgspec.structs.replace(backup, collections=(other,)))


HEADER = {"format": "barograph-backup", "version": 1, "collection": "workouts", "schema": 3}


@pytest.mark.parametrize(("head", "said"), [
    ({**HEADER, "format": "dump"}, "expected a file of a backup of Barograph, got something else"),
    ({**HEADER, "version": 2}, "version 2 of the format; this Barograph knows 1 and older"),
    ({**HEADER, "collection": "users"}, "expected documents of workouts, got 'users'"),
])  # fmt: skip
def test_a_file_of_something_else_is_refused(
    head: dict[str, object], said: str, backup: Manifest, tmp_path: Path
) -> None:
    _held(tmp_path, backup, zstandard.compress(bson.encode(head)))
    with pytest.raises(BackupError, match=said):
        read_checked(tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", zstandard.compress(b"text, not documents")])
def test_a_file_that_is_no_documents_is_refused(content: bytes, backup: Manifest, tmp_path: Path) -> None:
    _held(tmp_path, backup, content)
    with pytest.raises(BackupError, match=re.escape(backup.collections[0].file)):
        read_checked(tmp_path)


def test_a_name_that_leads_out_of_the_backup_is_refused(backup: Manifest, tmp_path: Path) -> None:
    (entry,) = backup.collections
    for name in ("../../etc/passwd", "/etc/passwd"):
        other = msgspec.structs.replace(entry, file=name)
        manifests.write(tmp_path, msgspec.structs.replace(backup, collections=(other,)))
        with pytest.raises(BackupError, match="expected a name within the backup"):
            read_checked(tmp_path)


@pytest.mark.parametrize(("change", "said"), [
    ((b'"schema":', b'"schema":9'), "its hash is not the one that it names"),
    ((b'"version":1', b'"version":2'), "version 2 of the format; this Barograph knows 1 and older"),
    ((b"barograph-backup", b"other-backup"), "expected format 'barograph-backup', got 'other-backup'"),
    ((b'{"format"', b'{"forma'), "not a manifest of a backup"),
])  # fmt: skip
def test_a_manifest_that_is_not_ours_is_refused(
    change: tuple[bytes, bytes], said: str, backup: Manifest, tmp_path: Path
) -> None:
    path = tmp_path / manifests.MANIFEST
    path.write_bytes(path.read_bytes().replace(*change, 1))
    with pytest.raises(BackupError, match=f"{re.escape(str(path))}: .*{said}"):
        read_checked(tmp_path)


def test_a_backup_of_a_newer_program_is_refused(backup: Manifest, tmp_path: Path) -> None:
    manifests.write(tmp_path, msgspec.structs.replace(backup, schema=999, program="barograph 9"))
    with pytest.raises(BackupError, match=r"written by a newer Barograph \(barograph 9: its data have version 999"):
        read_checked(tmp_path)


def test_a_directory_without_a_backup_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="expected the manifest of a backup, and there is none"):
        read_checked(tmp_path)
