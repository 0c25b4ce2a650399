"""The systemd unit of `deploy/systemd`, as systemd itself reads it; nothing is started by it."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from barograph.cli import app

UNIT = Path(__file__).parents[2] / "deploy" / "systemd" / "barograph.service"
MOST_EXPOSED = 20  # tenths, of 100: systemd calls up to 2.0 "OK"


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze")
    assert program, "no systemd-analyze: `python .ci/system_packages.py --only servers`"
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, with a program that is there."""
    (program := tmp_path / "barograph").write_text("#!/bin/sh\n")
    program.chmod(0o755)
    text = UNIT.read_text("utf-8")
    assert text.count("/opt/barograph/bin/barograph up") == 1
    made = tmp_path / "barograph.service"
    made.write_text(text.replace("/opt/barograph/bin/barograph up", f"{program} up"), "utf-8")
    return made


def test_systemd_has_nothing_to_say_of_it(unit: Path) -> None:
    said = analyze("verify", "--man=no", "--recursive-errors=no", str(unit))
    assert (said.returncode, said.stdout + said.stderr) == (0, "")
    unit.write_text(unit.read_text("utf-8").replace("KillMode=mixed", "KillMode=most"), "utf-8")
    assert "kill mode" in analyze("verify", "--man=no", "--recursive-errors=no", str(unit)).stderr


def test_it_exposes_little(unit: Path) -> None:
    said = analyze("security", "--offline=yes", f"--threshold={MOST_EXPOSED}", str(unit))
    assert said.returncode == 0, said.stdout + said.stderr


def test_it_starts_a_command_that_there_is() -> None:
    command = re.search(r"^ExecStart=/opt/barograph/bin/barograph (.+)$", UNIT.read_text("utf-8"), re.M)
    assert command
    shown = CliRunner().invoke(app, [*shlex.split(command[1]), "--help"])
    assert shown.exit_code == 0
    assert "--no-browser" in shown.output
