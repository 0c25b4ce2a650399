"""The checks before the tests: the first that fails stops all of them in words, and wrong JavaScript fails."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check", ROOT / ".ci/check.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["check"] = module
    spec.loader.exec_module(module)
    module.node.see_to_packages()
    return module


def given(script: ModuleType, monkeypatch: pytest.MonkeyPatch, **programs: str) -> None:
    """Let checks be other programs of Python's."""
    monkeypatch.setattr(script, "CHECKS", {name: f'python -c "{text}"' for name, text in programs.items()})


def test_the_first_check_that_fails_stops_the_others_and_says_how_to_run_it(script, monkeypatch, capfd) -> None:
    given(script, monkeypatch, mypy="import time; time.sleep(60)", ruff="print('line 3'); exit(7)", format="exit(9)")
    began = time.monotonic()
    assert script.check(["mypy", "ruff", "format"]) == 1
    assert time.monotonic() - began < 30
    said = capfd.readouterr().err
    assert said.startswith("line 3\n\nruff failed. By itself: ")
    assert "mypy" not in said
    assert "format" not in said


def test_checks_that_hold_say_how_long_they_took(script, monkeypatch, capfd) -> None:
    given(script, monkeypatch, mypy="pass", ruff="pass")
    assert script.check(["mypy", "ruff"]) == 0
    assert sorted(line.split()[0] for line in capfd.readouterr().out.splitlines()) == ["mypy", "ruff"]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ("document.querySelector('a').remove();", "possibly 'null'"),
        ("export const far = (/** @type {number} */ x) => x.length;", "'length' does not exist"),
        ("export class Sensor { read() { return this.scale; } }", "'scale' does not exist"),
        ("Math.max(...document.title.splat(''));", "'splat' does not exist"),
    ],
)
def test_types_of_the_browsers_code_are_checked(script, tmp_path: Path, wrong: str, error: str) -> None:
    (tmp_path / "wrong.mjs").write_text(wrong)
    project = {"extends": str(ROOT / "tsconfig.json"), "include": [str(tmp_path / "wrong.mjs")]}
    (tmp_path / "tsconfig.json").write_text(json.dumps(project))
    command = [str(ROOT / "node_modules/.bin/tsc"), "--project", str(tmp_path)]
    ran = subprocess.run(command, env=script.node.environment(), capture_output=True, text=True, check=False)
    assert ran.returncode != 0
    assert error in ran.stdout


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ("const unused = 3;", "no-unused-vars"),
        ("nowhere();", "no-undef"),
        ("let once = 1; window.once = once;", "prefer-const"),
        ("if (window.name == null) window.stop();", "eqeqeq"),
    ],
)
def test_style_of_the_browsers_code_is_checked(script, wrong: str, rule: str) -> None:
    command = [str(ROOT / "node_modules/.bin/eslint"), "--stdin", "--stdin-filename", "dashboard/assets/wrong.mjs"]
    ran = subprocess.run(
        command, cwd=ROOT, env=script.node.environment(), input=wrong, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1, ran.stderr
    assert rule in ran.stdout
