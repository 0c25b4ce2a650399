"""Another package of one of our names: whoever imports Barograph, its command and the doctor hear of it."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from barograph.foreign import MARK, PACKAGES, foreign

ROOT = Path(__file__).resolve().parents[2]


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(folder), str(ROOT)))}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, cwd=folder, env=environment
    )


def test_our_packages_are_ours() -> None:
    assert foreign() is None
    for package in PACKAGES:
        spec = find_spec(package)
        assert spec is not None
        assert MARK in Path(str(spec.origin)).read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "place"), [("analytics", "analytics.py"), ("dashboard", "dashboard/__init__.py"), ("ingest", "ingest.py")]
)
def test_another_package_of_that_name_is_told_with_its_place(name: str, place: str, tmp_path: Path) -> None:
    path = tmp_path / place
    path.parent.mkdir(exist_ok=True)
    path.write_text("version = 3\n")
    imported = run(tmp_path, "-c", "import barograph")
    assert imported.returncode == 0
    assert f"RuntimeWarning: the package '{name}' is not Barograph's, but comes from {path}." in imported.stderr
    for command in (["--version"], ["doctor"]):
        done = run(tmp_path, "-m", "barograph", *command)
        assert done.returncode == 1
        assert f"Error: the package '{name}' is not Barograph's, but comes from {path}." in done.stderr
        assert "Traceback" not in done.stderr


def test_whoever_installed_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "analytics").mkdir()
    (tmp_path / "analytics/__init__.py").write_text("version = 3\n")
    about = tmp_path / "analytics_python-1.4.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: analytics-python\nVersion: 1.4\n")
    (about / "top_level.txt").write_text("analytics\n")
    (about / "RECORD").write_text("analytics/__init__.py,,\n")
    said = run(tmp_path, "-c", "import barograph").stderr
    (tmp_path / "analytics/__init__.py").unlink()  # ours was installed over it since
    (tmp_path / "analytics").rmdir()
    done = run(tmp_path, "-m", "barograph", "doctor", "--data-dir", str(tmp_path / "data"))
    (row,) = [line for line in done.stdout.splitlines() if "analytics-python" in line]
    assert "✗" in row
    assert "removing the other removes ours" in row
    assert "It was installed by analytics-python: uninstall that, then pip install --force-reinstall" in said
