"""`barograph archive`: rules are set and shown, sessions are listed, moved, exported, checked and brought back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from archived import FRAMES, RUN, recorded
from click.testing import Result
from keyed import open_archive

from barograph.cli.cold_findings import archived_found, cold_findings
from barograph.files import read_file
from barograph.servers.embedded import Servers
from barograph.settings import load
from barograph.store.cold.port import ColdState
from barograph.store.mongo import cold_moves

Command = Callable[..., Result]


@pytest.fixture
def cold(servers: Servers, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A session, and a place of cold storage that the settings name; no writer is waited for."""

    async def record() -> None:
        archive = await open_archive(servers.mongo_url, database)
        await recorded(archive)
        await archive.close()

    asyncio.run(record())
    (tmp_path / "cold").mkdir()
    monkeypatch.setenv("BAROGRAPH_COLD_STORAGE", str(tmp_path / "cold"))
    made = cold_moves.ColdMoves.__init__
    at_once: Any = lambda self, archive, cold, _wait_s: made(self, archive, cold, 0.0)  # noqa: E731
    monkeypatch.setattr(cold_moves.ColdMoves, "__init__", at_once)
    return tmp_path / "cold"


def test_sessions_are_archived_by_rule_read_checked_and_brought_back(command: Command, cold: Path) -> None:
    shown = command("archive", "show").output
    assert "There is no rule" in shown
    assert f"Cold storage: {cold}. 0 sessions" in shown
    assert "To be archived now: 1 session, 40 frames" in command("archive", "set", "--days", "30").output
    dry = command("archive", "run", "--dry-run").output
    assert "run" in dry
    assert list(cold.iterdir()) == []
    before = command("export", RUN.workout_id, "--stream", "left", "--format", "npz", "-o", cold.parent / "a.npz")
    assert before.exit_code == 0
    moved = command("archive", "run", "--yes")
    assert moved.output.strip().endswith("1 session archived"), moved.output
    assert len(list(cold.glob("*/*.parquet"))) == 4
    assert "To be archived now: 0 sessions" in command("archive", "run").output
    shown = command("archive", "show").output
    assert "after 30 days" in shown
    assert "1 session, 40 frames" in shown
    exported = command("export", RUN.workout_id, "--stream", "left", "--format", "npz", "-o", cold.parent / "b.npz")
    assert exported.exit_code == 0, exported.output
    (a,), (b,) = (read_file(cold.parent / name) for name in ("a.npz", "b.npz"))
    assert len(b) == FRAMES
    assert np.array_equal(a.frames, b.frames, equal_nan=True)
    assert "files that are not as they were written: 0." in command("archive", "check").output
    assert "archived sessions" in command("doctor").output
    back = command("archive", "back", "run")
    assert "run: back in MongoDB with 40 frames." in back.output, back.output
    assert list(cold.glob("*/*.parquet")) == []
    assert "0 rules are left" in command("archive", "remove").output
    told = command("audit", "show").output
    assert "archive" in told
    assert "bring back" in told


def test_what_cannot_be_is_said(command: Command, cold: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "give --days or --never" in command("archive", "set").output
    assert "give --days or --never" in command("archive", "set", "--days", "3", "--never").output
    assert "there is no team 'Nobody'" in command("archive", "set", "--team", "Nobody", "--days", "3").output
    assert "no such workout is stored" in command("archive", "run", "walk").output
    monkeypatch.delenv("BAROGRAPH_COLD_STORAGE")
    refused = command("archive", "run", "run", "--yes")
    assert "cold storage is not set here: BAROGRAPH_COLD_STORAGE" in refused.output
    assert refused.exit_code == 1
    monkeypatch.setenv("BAROGRAPH_COLD_STORAGE", str(cold))
    command("archive", "run", "run", "--yes")
    next(cold.glob("*/*00000.parquet")).write_bytes(b"spoilt")
    checked = command("archive", "check")
    assert "damaged" in checked.output
    assert checked.exit_code == 1


def test_the_doctor_says_whether_the_place_can_be_used(tmp_path: Path) -> None:
    def found(place: Path | None) -> tuple[str, str]:
        (one,) = cold_findings(load(cold_storage=None if place is None else str(place)))
        return one.found, one.remedy

    assert "none is set" in found(None)[0]
    assert "see that its disk is mounted" in found(tmp_path / "nothing")[0]
    assert "BAROGRAPH_COLD_STORAGE" in found(tmp_path / "nothing")[1]
    said, remedy = found(tmp_path)
    assert "empty yet" in said
    assert remedy == ""
    assert list(tmp_path.iterdir()) == [], "a look writes nothing"
    (tmp_path / "letter").write_text("of somebody")
    assert "something else" in found(tmp_path)[0]
    chosen = load()
    assert archived_found(chosen, ColdState()) == []
    (lacking,) = archived_found(chosen, ColdState(sessions=1))
    assert "without it nobody reads them" in lacking.remedy
    (leaving,) = archived_found(load(cold_storage=str(tmp_path)), ColdState(leaving=2))
    assert "archive check" in leaving.remedy
