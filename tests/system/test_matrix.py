"""The wheel in an environment of its own: what `make matrix` does for every Python, here for the one that runs this."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import matrix
import pytest
from sizes import sizes

SUPPORTED = re.findall(r"Python :: (3\.\d+)", (matrix.ROOT / "pyproject.toml").read_text("utf-8"))


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


@pytest.mark.parametrize("python", SUPPORTED)
@pytest.mark.parametrize("end", matrix.ENDS)
@pytest.mark.long
def test_both_ends_go_together_on_every_python_from_wheels_alone(python: str, end: str, tmp_path: Path) -> None:
    """The registry is asked, as by `make matrix`, and nothing is installed: seconds, where that takes minutes."""
    (tmp_path / "pins").write_text("\n".join(matrix.lowest() if end == "lowest" else []))
    command = [
        Path(sys.executable).with_name("uv"), "pip", "compile", "-", "--quiet", "--only-binary", ":all:",
        "--python-version", python, "--python-platform", "x86_64-manylinux_2_28", "--constraints", tmp_path / "pins",
    ]  # fmt: skip
    asked = "\n".join(one for one in matrix.asked_for() if not one.startswith("barograph["))
    ran = subprocess.run([str(word) for word in command], input=asked, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    if end == "lowest":
        found = dict(line.split("==") for line in ran.stdout.splitlines() if "==" in line)
        pins = dict(pin.split("==") for pin in matrix.lowest())
        assert {name for name, version in pins.items() if numbers(found[name]) != numbers(version)} == set()


def test_sizes_are_of_what_each_extra_brings(tmp_path: Path) -> None:
    packages = tmp_path / "lib/python3.13/site-packages"
    needs = {
        "barograph": ("small", 'big[more]; extra == "server"', 'barograph[server]; extra == "embedded"',
                      *(f'unasked; extra == "{extra}"' for extra in ("dev",))),
        "small": ('old; python_version < "3.13"',), "big": ('most>=2; extra == "more"',), "most": ("small",),
    }  # fmt: skip
    for n, (name, wanted) in enumerate(needs.items()):
        about = packages / f"{name}-1.0.dist-info"
        about.mkdir(parents=True)
        lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0", *(f"Requires-Dist: {one}" for one in wanted)]
        (about / "METADATA").write_text("\n".join(lines))
        (packages / f"{name}.py").write_bytes(bytes(10**n * 1_000_000))
        (about / "RECORD").write_text(f"{name}.py,,\n{name}.cpython-313.pyc,,\n")
        (packages / f"{name}.cpython-313.pyc").write_bytes(bytes(5_000_000))
    found = sizes(packages)
    assert (found["core"], found["batch"]) == (11, 11)
    assert found["server"] == found["embedded"] == found["everything"] == 1111


def numbers(version: str) -> list[int]:
    """A version for comparing: zeros at its end say nothing."""
    return [int(part) for part in re.sub(r"(\.0)+$", "", version).replace("post", "").split(".")]
