"""`barograph record`: a test day from the command line, its state in the archive between commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from click.testing import Result


def test_a_test_day_goes_on_from_one_command_to_the_next(command: Callable[..., Result], tmp_path: Path) -> None:
    here = ("--data-dir", tmp_path)
    assert command("athlete", "add", "Ada Longname", *here).exit_code == 0
    assert "no athlete 'Ben'" in command("record", "new", "Monday", "--athlete", "Ben", *here).output
    wanted = ("--athlete", "Ada Longname", "--protocol", "walk", "--station", "A", "--by-test")
    made = command("record", "new", "Monday", *wanted, *here)
    assert ": Monday, 1 athlete, 1 station" in made.output
    assert "station A: setup, nobody is chosen, no device" in command("record", "next", "A", *here).output
    listed = command("record", "list", *here).output
    assert all(word in listed for word in ("Monday", "walk"))
    shown = command("record", "show", "--day", made.output.split()[2][:6], *here).output
    assert all(word in shown for word in ("Ada Longname", "waiting", "no consent"))
    assert "no trial runs here" in command("record", "stop", "A", *here).output
    assert "no such workout" in command("record", "link", "A", "never", *here).output
    assert "no test day 'zzz'" in command("record", "start", "A", "--day", "zzz", *here).output
