"""Where Prometheus and promtool are: on the PATH, or as `.ci/system_packages.py` unpacked them under build/."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

UNPACKED = Path(__file__).resolve().parents[1] / "build/prometheus/usr/bin"


def program(name: str) -> str:
    """Path of a program of Prometheus; a failure where it is not, as the test command sees to it."""
    found = shutil.which(name) or shutil.which(name, path=str(UNPACKED))
    if found is None:
        pytest.fail(f"no {name}: `python .ci/system_packages.py --only prometheus`, or Debian's package prometheus")
    return found
