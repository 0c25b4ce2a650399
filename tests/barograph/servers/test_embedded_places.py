"""Where the embedded servers keep their data: what is put aside, and which places are refused beforehand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from barograph.servers import embedded, programs
from barograph.servers.embedded import servers


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def start_refused(home: Path, match: str) -> str:
    """What is said when servers cannot be started on `home`."""
    with pytest.raises(embedded.DataDirectoryUnusable, match=match) as caught, servers(home):
        pytest.fail("they started")
    return str(caught.value)


def test_a_large_log_is_put_aside_at_the_next_start(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    (home / "mongod.log").write_text("much of the past\n")
    monkeypatch.setattr(programs, "LOG_LIMIT_BYTES", 10)
    with servers(home):
        assert (home / "mongod.log.1").read_text() == "much of the past\n"
        assert "much of the past" not in (home / "mongod.log").read_text()


def test_too_little_room_is_said_before_anything_is_started(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "ROOM_NEEDED_BYTES", 1 << 60)
    start_refused(home, r"has \d+ MiB of room left where mongod needs \d+")
    assert not (home / "mongod.log").exists()


@pytest.mark.parametrize(
    ("below", "reason"),
    [("file/home", "Not a directory"), ("x" * 300, "too long"), ("x/" * 2500, "too long"), ("a\0b", "null byte")],
)
def test_a_directory_that_cannot_be_used_is_named(tmp_path: Path, below: str, reason: str) -> None:
    (tmp_path / "file").write_text("in the way")
    said = start_refused(tmp_path / below, reason)
    assert str(tmp_path) in said
    assert len(said) < 400


def test_a_directory_without_permission_is_named(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    if os.access(tmp_path / "locked", os.W_OK):
        pytest.skip("this user may write everywhere")
    start_refused(tmp_path / "locked" / "home", "Permission denied")
