"""The wheel in an environment of its own: what `make matrix` does for every Python, here for the one that runs this."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import zipfile
from pathlib import Path

import matrix
import pytest


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # Without isolation: the setuptools that is installed builds it, and no registry is asked.
    return matrix.wheel(tmp_path_factory.mktemp("wheel"), "--no-build-isolation", "--no-index")


@pytest.fixture
def fresh(built: Path, tmp_path: Path) -> Path:
    """The Python of a fresh environment with the wheel; what it asks for is borrowed from the one that runs this."""
    python = matrix.environment(Path(sys.executable), tmp_path / "env")
    (packages,) = (tmp_path / "env").glob("lib/python*/site-packages")
    borrowed = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "borrowed.pth").write_text("".join(f"{path}\n" for path in borrowed))
    command = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--ignore-installed", built]
    subprocess.run([str(word) for word in command], check=True)
    return python


def test_the_wheel_runs_the_demo_from_an_environment_of_its_own(fresh: Path, tmp_path: Path) -> None:
    where = "import barograph, dashboard; print(barograph.__file__, dashboard.__file__)"
    said = subprocess.run([fresh, "-c", where], capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    assert [path.startswith(str(tmp_path / "env")) for path in said.split()] == [True, True]
    assert matrix.stored(fresh, tmp_path / "demo") >= 2 * matrix.FRAMES


def test_the_wheel_holds_the_packages_and_what_pages_load(built: Path) -> None:
    with zipfile.ZipFile(built) as archive:
        names = set(archive.namelist())
    for folder in ("barograph", "analytics", "ingest", "dashboard"):
        sources = {str(path.relative_to(matrix.ROOT)) for path in (matrix.ROOT / folder).rglob("*.py")}
        assert sources <= names
    assets = {path.relative_to(matrix.ROOT).as_posix() for path in (matrix.ROOT / "dashboard/assets").rglob("*.*")}
    assert assets <= names


def test_this_python_is_found_and_one_that_does_not_run_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = "{}.{}".format(*sys.version_info)
    (tmp_path / "python3.99").write_text("#!/bin/sh\necho 3.99\nexit 127\n")
    (tmp_path / "python3.98").write_text("#!/bin/sh\necho 'pyenv: python3.98: command not found' >&2\nexit 127\n")
    for shim in tmp_path.iterdir():
        shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert set(matrix.pythons((ours, "3.98", "3.97"))) == {ours}


def test_another_version_than_was_to_be_tried_is_a_failure() -> None:
    there = importlib.metadata.version("numpy")
    matrix.require_pinned(Path(sys.executable), [f"numpy=={there}.0.0"])
    with pytest.raises(matrix.Failed, match=r"numpy==0\.1 was to be tried, but"):
        matrix.require_pinned(Path(sys.executable), ["numpy==0.1"])


def test_every_dependency_has_a_lower_bound_that_is_tried_and_a_pin_within_its_bounds() -> None:
    low = dict(pin.split("==") for pin in matrix.lowest())
    asked = matrix.asked_for()
    assert len(low) == len(asked) - asked.count("barograph[server]") == len(asked) - 1
    pins = dict(
        line.partition(";")[0].lower().replace("_", "-").split("==")
        for line in (matrix.ROOT / "constraints.txt").read_text("utf-8").splitlines()
        if "==" in line
    )
    assert [name for name, bound in low.items() if numbers(pins[name.lower()]) < numbers(bound)] == []


def numbers(version: str) -> list[int]:
    return [int(part) for part in version.replace("post", "").split(".")]
