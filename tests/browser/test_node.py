"""The browser's pure modules under node's own test runner."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "modules"
FILES = sorted(FOLDER.glob("*.test.mjs"))


def node() -> str:
    """The one of this environment, else the one on the PATH."""
    found = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
    assert found, "the tests of the browser's modules need node; `make setup` installs it"
    return found


@pytest.mark.parametrize("file", FILES, ids=[file.name.removesuffix(".test.mjs") for file in FILES])
def test_modules_hold_their_laws(file: Path) -> None:
    done = subprocess.run([node(), "--test", str(file)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
