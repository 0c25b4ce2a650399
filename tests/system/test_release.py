"""What would be published: the contents of sdist and wheel, their metadata, and the examples within."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_string
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner

import barograph
from barograph.cli import app

ROOT = Path(__file__).resolve().parents[2]
NOT_SHIPPED = {"barograph/examples", "dashboard/browser.d.ts"}  # a link to the notebooks; types for who edits
PACKAGES = ("analytics", "barograph", "dashboard", "ingest")
SUFFIXES = {
    "analytics": {".py", ".typed"},
    "barograph": {".py", ".typed", ".toml", ".ipynb"},
    "dashboard": {".py", ".css", ".js", ".mjs", ".svg"},
    "ingest": {".py"},
}


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    if subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, check=False).returncode:
        pytest.skip("not a git checkout")
    spec = importlib.util.spec_from_file_location("release", ROOT / ".ci/release.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    files: list[Path] = module.release(tmp_path_factory.mktemp("release") / "built")
    return files


def test_sdist_and_wheel_hold_the_packages_and_nothing_else(released: list[Path]) -> None:
    sdist, wheel = released
    head = f"barograph-{barograph.__version__}"
    assert sdist.name == f"{head}.tar.gz"
    assert wheel.name == f"{head}-py3-none-any.whl"
    with tarfile.open(sdist) as archive:
        inside = {name.removeprefix(f"{head}/") for name in archive.getnames() if not archive.getmember(name).isdir()}
    with zipfile.ZipFile(wheel) as archive:
        installed = set(archive.namelist())
    about = {name for name in installed if name.startswith(f"{head}.dist-info/")}
    of_wheel = installed - about
    assert {name.partition("/")[0] for name in of_wheel} == set(PACKAGES)
    for package, suffixes in SUFFIXES.items():
        assert {Path(name).suffix for name in of_wheel if name.startswith(f"{package}/")} <= suffixes
    tracked = subprocess.run(["git", "ls-files", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=True)
    notebooks = {f"barograph/examples/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert of_wheel == (set(tracked.stdout.split()) - NOT_SHIPPED) | notebooks
    made = {"PKG-INFO", "setup.cfg", "pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"}
    assert {name for name in inside - of_wheel if not name.startswith("barograph.egg-info/")} == made
    assert of_wheel <= inside


def test_the_metadata_say_what_it_is_and_name_no_registry(released: list[Path]) -> None:
    with zipfile.ZipFile(released[1]) as archive:
        text = archive.read(f"barograph-{barograph.__version__}.dist-info/METADATA").decode()
    found = message_from_string(text)
    said = [found[name] for name in ("Name", "License-Expression", "Requires-Python")]
    assert said == ["barograph", "Apache-2.0", ">=3.11"]
    assert found["Summary"]
    assert "Programming Language :: Python :: 3.13" in found.get_all("Classifier", [])
    assert {"server", "embedded", "notebooks", "batch"} <= set(found.get_all("Provides-Extra", []))
    assert [one for one in found.get_all("Requires-Dist", []) if "://" in one or "@" in one] == []


def test_twine_has_nothing_to_say(released: list[Path]) -> None:
    subprocess.run([sys.executable, "-m", "twine", "check", "--strict", *map(str, released)], check=True)


def test_examples_are_written_once_and_can_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "examples"
    done = CliRunner().invoke(app, ["examples", str(folder)])
    assert done.exit_code == 0, done.output
    written, ours = ([path.name for path in one.glob("*.ipynb")] for one in (folder, ROOT / "notebooks"))
    assert sorted(written) == sorted(ours)
    for path in folder.glob("*.ipynb"):
        nbformat.validate(nbformat.read(path, as_version=4))
    recordings = sorted({*folder.iterdir()} - {*folder.glob("*.ipynb")})
    assert [path.name for path in recordings] == [
        "stand-left.csv", "stand-right.csv", "walk-left.parquet", "walk-right.parquet",
    ]  # fmt: skip
    for path in recordings:
        (foot,) = barograph.read_file(path)
        assert foot.layout.side == path.stem.rpartition("-")[2]
        assert len(foot) > 1000
    (folder / "walk-left.parquet").write_bytes(b"mine")
    for path in folder.glob("*.ipynb"):
        path.unlink()
    again = CliRunner().invoke(app, ["examples", str(folder)])
    assert again.exit_code == 1
    assert "walk-left.parquet is there" in again.output
    assert (folder / "walk-left.parquet").read_bytes() == b"mine"
    assert not list(folder.glob("*.ipynb"))
