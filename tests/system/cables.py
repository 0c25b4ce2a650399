"""Two machines with a cable between them, as network namespaces, and what asks from one of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from stacks import PATIENCE_S

LAB, PHONE = "10.77.0.1", "10.77.0.2"
Ask = Callable[..., list[dict[str, Any]]]


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, timeout=PATIENCE_S)


@pytest.fixture(scope="module")
def cable() -> Iterator[dict[str, str]]:
    """Two machines with a cable between them: the names of their namespaces."""
    if os.geteuid() or shutil.which("ip") is None:
        pytest.skip("network namespaces are root's, by the command ip")
    end = uuid.uuid4().hex[:8]
    names = {LAB: f"lab-{end}", PHONE: f"phone-{end}"}
    try:
        for name in names.values():
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        ip("link", "add", f"l{end}", "netns", names[LAB], "type", "veth", "peer", f"p{end}", "netns", names[PHONE])
        for address, card in ((LAB, f"l{end}"), (PHONE, f"p{end}")):
            ip("-n", names[address], "address", "add", f"{address}/24", "dev", card)
            ip("-n", names[address], "link", "set", card, "up")
        yield names
    finally:
        for name in names.values():
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


@pytest.fixture(scope="module")
def ask(cable: dict[str, str]) -> Ask:
    """Asks from one of the two machines."""

    def asked(at: str, *steps: list[Any], environment: dict[str, str] | None = None) -> list[dict[str, Any]]:
        program = [sys.executable, str(Path(__file__).with_name("asking.py"))]
        done = subprocess.run(
            ["ip", "netns", "exec", cable[at], *program],
            input=json.dumps(steps), capture_output=True, text=True, timeout=PATIENCE_S, check=False,
            env={**os.environ, **(environment or {})},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found

    return asked
