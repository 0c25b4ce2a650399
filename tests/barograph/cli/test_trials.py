"""`barograph trials`: made of a part of a session, judged, listed with every change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from analytics import sim


def test_a_trial_is_made_judged_and_listed(command: Callable[..., Result], tmp_path: Path) -> None:
    sim.walk(3.0, rows=4, cols=2)["left"].save(tmp_path / "walk.npz")
    assert command("import", tmp_path / "walk.npz", "--workout", "run").exit_code == 0
    here = ("--data-dir", tmp_path)
    done = command("trials", "add", "run", "single-leg-stance", "--from", 0.5, "--to", 2, "--side", "left", *here)
    assert "trial 1: single-leg-stance, eyes open, left, 1.5 s, recorded" in done.output
    again = command("trials", "add", "run", "single-leg-stance", "--from", 1, "--to", 2, "--side", "left", *here)
    assert (again.exit_code, "expected a part without frames of trial 1" in again.output) == (1, True)
    assert (
        "side: expected one of"
        in command("trials", "add", "run", "single-leg-stance", "--from", 1, "--to", 2, *here).output
    )
    assert "reason: expected" in command("trials", "judge", "run", 1, "rejected", *here).output
    judged = command("trials", "judge", "run", 1, "rejected", "--reason", "fell", *here)
    assert "rejected (fell)" in judged.output
    listed = command("trials", "list", "run", *here).output
    assert all(word in listed for word in ("single-leg", "0.500", "2.000", "rejected", "fell"))
    changes = command("trials", "list", "run", "--changes", *here).output
    assert "made" in changes
    assert "state 'recorded'" in changes
    assert "no such trial" in command("trials", "judge", "run", 7, "accepted", *here).output
