"""Install what is locked, file by file by its hash, and Barograph from this folder; needs nothing but this Python.

python .ci/install.py                     packages of locked.txt, then this folder
python .ci/install.py --locked FILE       of another file, without this folder
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKED = ROOT / "locked.txt"
OTHERS = """\
Nothing was installed: under the versions above, the package registry serves other files than {name} was made of.
Somebody may have changed them: find out who, before you install them in any other way. Where the registry is a mirror
that builds files of its own, and you trust it, `make lock` on a machine that is set up makes {name} of its files."""
AWAY = """\
Packages could not be installed: is a package registry reachable, and has it these versions?
pip's own message is above."""


def pip(*arguments: str | Path) -> str | None:
    """Run pip's install, with its own messages; return them where it fails."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *map(str, arguments)]
    ran = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT)
    print(ran.stderr, end="", file=sys.stderr, flush=True)
    return ran.stderr if ran.returncode else None


def install(locked: Path) -> str | None:
    """Install what a file has; return what to say where that fails."""
    said = pip("--require-hashes", "--requirement", locked)
    if said is None:
        return None
    return OTHERS.format(name=locked.name) if "DO NOT MATCH THE HASHES" in said else AWAY


def main() -> int:
    """Install, or say why not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--locked", type=Path, help="what to install in place of locked.txt and this folder")
    other = parser.parse_args().locked
    failed = install(other.absolute() if other else LOCKED)
    if failed is None and other is None:
        # What builds it was in the locked file: no registry is asked.
        own = ("--no-deps", "--no-index", "--no-build-isolation", "--editable", ".")
        failed = None if pip(*own) is None else "Barograph itself could not be installed; pip's own message is above."
    if failed:
        print(failed, file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
