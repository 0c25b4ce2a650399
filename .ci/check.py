"""What must hold before a test is worth its time: style, import contracts, types, and the same for the browser's code.

    python .ci/check.py                   all of it
    python .ci/check.py --only ruff mypy  some of it

Two lanes run side by side, because mypy takes as long as all else. The first check that fails stops both, with its own
output and the command to run it by itself. Ends with 0 when all is well.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import node  # where node is, also for the tests

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent

CHECKS = {
    "ruff": "ruff check",
    "format": "ruff format --check",
    "imports": "lint-imports",
    "compose": "check-jsonschema --builtin-schema vendor.compose-spec compose.yaml",
    "eslint": "eslint --cache --cache-location build/eslint .",
    "tsc": "tsc --project tsconfig.json",
    "mypy": "mypy",
}
OF_NODE = {"eslint", "tsc"}
LANES = (("mypy",), tuple(name for name in CHECKS if name != "mypy"))


@dataclass
class Run:
    """Checks on their way: what runs now, so that it can be stopped, and what failed first."""

    failed: str | None = None
    running: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def lane(self, names: list[str]) -> None:
        """Run checks one after the other, until one fails here or elsewhere."""
        for name in names:
            with self.lock:
                if self.failed:
                    return
                process = self.running[name] = start(name)
            began = time.monotonic()
            output, _ = process.communicate()
            self.note(name, process.returncode, output, time.monotonic() - began)

    def note(self, name: str, code: int, output: str, seconds: float) -> None:
        """Say how a check went; the first that failed stops the others."""
        with self.lock:
            del self.running[name]
            if self.failed:
                return
            if code == 0:
                print(f"  {name:<8} {seconds:5.1f} s", flush=True)
                return
            self.failed = name
            print(
                f"{output.rstrip()}\n\n{name} failed. By itself: {shlex.join(command(name))}",
                file=sys.stderr,
                flush=True,
            )
            for other in self.running.values():
                other.terminate()


def command(name: str) -> list[str]:
    """Make the command of a check, with the programs of this environment."""
    program, *arguments = shlex.split(CHECKS[name])
    folder = ROOT / "node_modules/.bin" if name in OF_NODE else BIN
    return [str((folder / program).relative_to(ROOT) if folder.is_relative_to(ROOT) else folder / program), *arguments]


def start(name: str) -> subprocess.Popen[str]:
    """Start a check; what it says on either stream is kept together."""
    return subprocess.Popen(
        command(name), cwd=ROOT, env=node.environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def check(names: list[str]) -> int:
    """Run checks in their lanes; answers with the exit code."""
    if OF_NODE & set(names):
        try:
            node.see_to_packages()
        except node.Missing as error:
            print(error, file=sys.stderr)
            return 1
    run = Run()
    lanes = [threading.Thread(target=run.lane, args=([name for name in lane if name in names],)) for lane in LANES]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    return 1 if run.failed else 0


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=CHECKS, default=list(CHECKS), metavar="CHECK")
    return check(parser.parse_args(arguments).only)


if __name__ == "__main__":
    sys.exit(main())
