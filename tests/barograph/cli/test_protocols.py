"""`barograph protocols`: the list with a lab's own ones, one as TOML, and what is said of a file."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from barograph import protocols
from barograph.cli import app


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["protocols", *map(str, arguments)], prog_name="barograph")


def test_the_list_has_all_protocols_and_says_which_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "protocols").mkdir()
    (tmp_path / "protocols/mine.toml").write_text('title = "Mine"\n', "utf-8")
    said = run("list", "--data-dir", tmp_path).output
    assert all(f"{name} " in said for name in protocols.NAMES)
    assert "Single-leg stance: 3 trials of 20 s x 2 sides" in said
    assert "instructions: expected a text, got none" in said


def test_what_is_shown_is_what_check_takes(tmp_path: Path) -> None:
    shown = run("show", "cmj", "--data-dir", tmp_path)
    (tmp_path / "loaded-jump.toml").write_text(shown.output, "utf-8")
    done = run("check", tmp_path / "loaded-jump.toml")
    assert done.exit_code == 0, done.output
    assert "Countermovement jump: 3 trials of 6 s, countdown of 3 s" in done.output
    assert "flight_seen: flights: at least 1, in the air below 20 N" in done.output


def test_what_is_wrong_is_said_and_ends_with_1(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('title = "M"\ninstructions = "Go."\nmeasures = ["heigth_m"]\n', "utf-8")
    done = run("check", file)
    assert (done.exit_code, "measures: expected columns of docs/reference.md, got 'heigth_m'" in done.output) == (
        1,
        True,
    )
    file.write_text('title = "M"\ninstructions = "Go."\ntrials = 0\n', "utf-8")
    done = run("check", file)
    assert (done.exit_code, "mine.toml: trials: expected 1 to 100, got 0" in done.output) == (1, True)
    assert "expected one of" in run("show", "cmjj", "--data-dir", tmp_path).output
