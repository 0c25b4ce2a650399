"""Where Prometheus and promtool are: on the PATH, or as `.ci/system_packages.py` unpacked them under build/."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

UNPACKED = Path(__file__).resolve().parents[1] / "build/prometheus/usr/bin"


def program(name: str) -> str:
    """Path of a program of Prometheus; the test is skipped where it is not."""
    found = shutil.which(name) or shutil.which(name, path=str(UNPACKED))
    if found is None:
        pytest.skip(f"no {name}: `python .ci/system_packages.py --only prometheus`, or Debian's package prometheus")
    return found
