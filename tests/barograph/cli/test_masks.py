"""`barograph masks`: listed, copied to another session of the athlete, taken back and brought back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from analytics import sim
from barograph.lab import connect
from barograph.servers.embedded import Servers


def test_masks_are_listed_copied_and_taken_back(
    command: Callable[..., Result], servers: Servers, database: str, tmp_path: Path
) -> None:
    foot = sim.walk(2.0, rows=4, cols=2)["left"]
    foot.save(tmp_path / "walk.npz")
    assert command("athlete", "add", "Ada").exit_code == 0
    for name in ("run", "next"):
        assert command("import", tmp_path / "walk.npz", "--workout", name, "--athlete", "Ada").exit_code == 0
    refused = command("masks", "copy", "run", "next")
    assert refused.exit_code == 1
    assert "from: expected masks by hand for all prints of run" in refused.output
    with connect(servers.mongo_url, database=database) as lab:
        lab.keep_masks("run", {
            "stream": "left", "side": "left", "scope": "session", "reason": "by palpation", "labels": [1] * 8,
            "ground": {"places": "cells", "rows": 4, "cols": 2},
        })  # fmt: skip
        lab.correct_prints("run", [])
    listed = command("masks", "list", "run").output
    assert all(word in listed for word in ("left", "session", "8", "kept", "palpation"))
    assert command("masks", "copy", "run", "next").output == "next, left, left foot: masks version 2 (by hand)\n"
    assert "masks version 2: withdrawn" in command("masks", "undo", "next", 2).output
    assert "masks version 2: kept" in command("masks", "undo", "next", 2, "--redo").output
    assert "prints version 1: withdrawn" in command("masks", "undo", "run", 1, "--prints").output
    assert "withdrawn" in command("masks", "list", "run", "--prints").output
    assert "no such version" in command("masks", "undo", "run", 9).output
