"""Whole stacks in processes of their own, on free ports and directories that go away."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parent))  # what these tests share is found beside them

from at_hand import VENDOR
from cables import ask, cable
from stacks import BAROGRAPH, PATIENCE_S, Stack

__all__ = ["ask", "cable"]


def run(*arguments: object, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [*BAROGRAPH, *(str(argument) for argument in arguments)]
    env = {**os.environ, **(environment or {})}
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False, env=env)


@pytest.fixture(scope="session")
def barograph() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a command to its end."""
    return run


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Stack]]:
    """Starts stacks; those that a test leaves running are ended after the module."""
    with ExitStack() as stack:

        def start(command: str, data_dir: Path | None = None, **more: Any) -> Stack:
            room = tmp_path_factory.mktemp("house")
            started = Stack(command, data_dir or room / "data", room / "said.txt", **more)
            stack.callback(started.clear)
            return started

        yield start


@pytest.fixture
def vendor() -> Callable[[str], Path]:
    """Path of a vendor's file; the test is skipped where the recordings are not."""

    def find(name: str) -> Path:
        if not (path := VENDOR / name).is_file():
            pytest.skip(f"no vendor data at {path}; set BAROGRAPH_VENDOR_DATA")
        return path

    return find
