"""What `barograph doctor` says of backups."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from barograph.cli import app
from barograph.cli.backup_age import backup_findings, failed_backups
from barograph.settings import load
from barograph.store.backups import BackupState
from barograph.store.mongo.backup.manifest import MANIFEST, Entry, Manifest, write

DAY_S = 86_400


def kept(directory: Path, age_s: float, **more: Any) -> None:
    """A backup of an age, of nothing."""
    at_us = int((time.time() - age_s) * 1e6)
    said = {"lab": "a", "database": "barograph", "program": "barograph", "schema": 0, "took_s": 1.0, "masters": ()}
    directory.mkdir(exist_ok=True)
    write(directory, Manifest(**{**said, "at_us": at_us, "keys": None, "collections": (), "units": (), **more}))


def said(tmp_path: Path, **given: Any) -> list[tuple[str, str, bool]]:
    chosen = load(data_dir=tmp_path / "data", **{"backup_dir": tmp_path / "backup", **given})
    return [(one.part, one.found, bool(one.remedy)) for one in backup_findings(chosen)]


def test_no_backup_is_said_and_is_a_fault_where_one_is_to_be_kept(tmp_path: Path) -> None:
    assert [one[1:] for one in said(tmp_path, backup_dir=None)] == [
        ("none is kept; BAROGRAPH_BACKUP_DIR keeps one each day", False)
    ]
    ((_, found, wrong),) = said(tmp_path)
    assert (found, wrong) == (f"there is none in {tmp_path / 'backup'} yet", True)


@pytest.mark.parametrize(
    ("age_s", "found", "wrong"),
    [
        (3 * 3600 + 60, "of 3 h ago, 0.0 MB", False),
        (DAY_S + 7260, "of 1 day and 2 h ago", False),
        (3 * DAY_S + 60, "of 3 days and 0 h ago", True),
    ],
)
def test_a_backup_is_a_fault_when_it_is_older_than_two_days(
    age_s: float, found: str, wrong: bool, tmp_path: Path
) -> None:
    kept(tmp_path / "backup", age_s)
    ((_, told, fault),) = said(tmp_path)
    assert told.startswith(found)
    assert fault is wrong


def test_a_damaged_one_one_without_its_keys_and_one_without_room_are_faults(tmp_path: Path) -> None:
    keys = Entry(file="seal_keys-1.bson.zst", collection="seal_keys", size=1, sha256="", documents=1, digest="")
    kept(tmp_path / "backup", 60, keys=keys)
    assert [(part, fault) for part, _, fault in said(tmp_path)] == [("backup", False), ("backup's keys", True)]
    (tmp_path / "apart").mkdir()
    (tmp_path / "apart" / keys.file).touch()
    assert len(said(tmp_path, backup_keys_dir=tmp_path / "apart")) == 1
    huge = Entry(file="all/a", collection="a", size=1 << 60, sha256="", documents=1, digest="")
    kept(tmp_path / "backup", 60, collections=(huge,))
    assert [(part, fault) for part, _, fault in said(tmp_path)] == [("backup", False), ("backup's disk", True)]
    (tmp_path / "backup" / MANIFEST).write_text("{")
    ((_, found, fault),) = said(tmp_path)
    assert "not a manifest of a backup" in found
    assert fault


def test_what_failed_since_is_told_with_its_reason() -> None:
    assert failed_backups(BackupState()) == []
    (found,) = failed_backups(BackupState(failures=2, why="no space left on device"))
    assert found.found == "2 failed since the last whole one: no space left on device"
    assert "barograph backup" in found.remedy


def test_doctor_tells_it_and_ends_with_one_where_it_is_too_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAROGRAPH_BACKUP_DIR", str(tmp_path / "backup"))
    for name in ("INGEST_PORT", "DASHBOARD_PORT", "MIN_FREE_BYTES"):
        monkeypatch.setenv(f"BAROGRAPH_{name}", "0")
    kept(tmp_path / "backup", 5 * DAY_S)
    done = CliRunner().invoke(app, ["doctor", "--data-dir", str(tmp_path / "data")])
    assert "of 5 days and 0 h ago" in done.output
    assert "barograph backup --keep" in done.output
    assert done.exit_code == 1
