"""Write what set-up and image install: each package by version, with the hashes of all its files, for every Python.

    python .ci/lock.py                     all of them (`LOCKS`), by pyproject.toml and constraints.txt
    python .ci/lock.py --only IMAGE.txt    one of them

uv asks the registry for what depends on what and for hashes; what is not in constraints.txt gets its newest version.
It asks the registry that its own settings name (UV_DEFAULT_INDEX where that is a mirror) and reads none of pip's, so
that files that lie on one machine are not taken for the registry's.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROJECT, CONSTRAINTS = ROOT / "pyproject.toml", ROOT / "constraints.txt"
# What the pages need, or whoever signs in to them, and the ingest does not: 150 MB.
OF_PAGES = (
    "authlib", "dash", "dash-ag-grid", "dash-mantine-components", "joserfc", "plotly", "segno", "tsdownsample",
    "webauthn",
)  # fmt: skip
# What each file has, beside what Barograph itself asks for and what builds it.
LOCKS = {
    "locked.txt": ("embedded", "exports", "dev", "docs", "notebooks", "batch", "serial", "lsl", "telemetry"),
    "locked-image.txt": ("server", "exports"),
    "locked-ingest.txt": ("server", "exports", "telemetry", *(f"-{name}" for name in OF_PAGES)),
}


def asked(extras: Iterable[str]) -> list[str]:
    """Return what Barograph, its builder and some extras ask for, without packages that are named with a minus.

    An extra that is in another is taken apart.
    """
    told = tomllib.loads(PROJECT.read_text("utf-8"))
    optional = told["project"]["optional-dependencies"]
    found = [*told["build-system"]["requires"], *told["project"]["dependencies"]]
    waiting, left_out = [], set[str]()
    for one in extras:
        left_out.add(one[1:]) if one.startswith("-") else waiting.append(one)
    while waiting:
        for one in optional[waiting.pop()]:
            if inner := re.fullmatch(r"barograph\[(\w+)\]", one):
                waiting.append(inner[1])
            else:
                found.append(one)
    return sorted({one for one in found if re.split(r"[\[<>=;! ]", one)[0] not in left_out})


def made_of(extras: Iterable[str]) -> str:
    """Return what stands for what a lock is made of: it is stale where that is another one."""
    text = "\n".join([*asked(extras), CONSTRAINTS.read_text("utf-8")])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def lock(name: str) -> str:
    """Return the text of a locked file; ends the program with uv's own words where it finds no answer."""
    extras = LOCKS[name]
    command = [
        Path(sys.executable).with_name("uv"), "pip", "compile", "-", "--quiet", "--universal",
        "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate", "--constraints", CONSTRAINTS,
    ]  # fmt: skip
    asking = "\n".join(asked(extras))
    ran = subprocess.run(list(map(str, command)), input=asking, capture_output=True, text=True, check=False, cwd=ROOT)
    if ran.returncode:
        sys.exit(f"{name}: {ran.stderr.strip() or 'uv ended without a word'}")
    head = f"# Written by `make lock`, never by hand; made of {made_of(extras)}: pyproject.toml and constraints.txt.\n"
    return head + ran.stdout


def main() -> None:
    """Write the files, and say how many packages each has."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=LOCKS, action="append", help="this file alone; may be repeated")
    for name in parser.parse_args().only or LOCKS:
        text = lock(name)
        (ROOT / name).write_text(text, "utf-8")
        print(f"{name}: {len(re.findall('^[^# ].*==', text, re.M))} packages, {text.count('--hash')} files")


if __name__ == "__main__":
    main()
