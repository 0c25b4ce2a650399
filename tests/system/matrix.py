"""The wheel on the Pythons that are here, with the newest and the lowest versions of what it asks for.

    python tests/system/matrix.py                                   every Python found, both ends
    python tests/system/matrix.py --python 3.13 --versions lowest   one of them

Each time: a fresh environment outside the source tree, the wheel with its servers and nothing that has to be compiled,
`barograph demo` until it has stored frames, asked over HTTP, and its end by Ctrl-C. Ends with 1 when one of them fails.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

from rich.console import Console
from rich.table import Table
from stacks import Stack

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.11", "3.12", "3.13")
ENDS = ("newest", "lowest")
FRAMES = 200
SOURCES = ("barograph", "analytics", "ingest", "dashboard", "pyproject.toml", "README.md", "LICENSE")
USABLE = "import sys, ensurepip, venv; print('%d.%d' % sys.version_info[:2])"


@dataclass(frozen=True)
class Outcome:
    """One demo: its Python, which versions, seconds to install, seconds until frames were stored, and how it went."""

    python: str
    versions: str
    install_s: float = 0.0
    demo_s: float = 0.0
    frames: int = 0
    result: str = "ok"


class Failed(Exception):
    """A step that did not work; the message is the program's own."""


def pythons(wanted: Iterable[str] = PYTHONS) -> dict[str, Path]:
    """A Python of each version that really runs and can make an environment: on PATH, of pyenv, or this one."""
    return {version: found for version in wanted if (found := next(_usable(version), None)) is not None}


def _usable(version: str) -> Iterator[Path]:
    for path in _candidates(version):
        ran = subprocess.run([path, "-c", USABLE], capture_output=True, text=True, check=False)
        if ran.stdout.strip() == version:
            yield path


def _candidates(version: str) -> Iterator[Path]:
    if version == "{}.{}".format(*sys.version_info):
        yield Path(sys.executable)
    if on_path := shutil.which(f"python{version}"):
        yield Path(on_path)
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(root.glob(f"versions/{version}*/bin/python{version}"), reverse=True)


def lowest(project: Path = ROOT / "pyproject.toml") -> list[str]:
    """The lowest version of everything that the wheel and its servers ask for, as pins."""
    about = tomllib.loads(project.read_text("utf-8"))["project"]
    asked = (*about["dependencies"], *about["optional-dependencies"]["embedded"])
    return [_pin(one) for one in asked]


def _pin(requirement: str) -> str:
    found = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?>=([0-9.]+)", requirement)
    if found is None:
        raise Failed(f"{requirement}: expected a lower bound")
    return f"{found[1]}=={found[2]}"


def wheel(room: Path, *options: str) -> Path:
    """The wheel, built from a copy, so that the source tree stays as it is."""
    copy = room / "source"
    copy.mkdir()
    for name in SOURCES:
        source = ROOT / name
        shutil.copytree(source, copy / name) if source.is_dir() else shutil.copy2(source, copy / name)
    _run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", *options, "--wheel-dir", room, copy])
    return next(room.glob("barograph-*.whl"))


def environment(python: Path, room: Path) -> Path:
    """A fresh environment; its Python."""
    _run([python, "-m", "venv", room])
    return room / "bin" / "python"


def install(python: Path, built: Path, versions: str) -> None:
    """Install the wheel with its servers, with nothing that has to be compiled."""
    pins = python.parent / "pins.txt"
    pins.write_text("".join(f"{pin}\n" for pin in (lowest() if versions == "lowest" else ())))
    asked = ("--only-binary", ":all:", "--constraint", pins, f"{built}[embedded]")
    _run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *asked])
    require_pinned(python, pins.read_text("utf-8").splitlines())


def require_pinned(python: Path, pins: Sequence[str]) -> None:
    """What was to be tried is what is there."""
    names = "import sys\nfrom importlib.metadata import version\nfor name in sys.argv[1:]: print(version(name))"
    ran = subprocess.run(
        [python, "-c", names, *(pin.partition("==")[0] for pin in pins)], capture_output=True, text=True, check=True
    )
    for pin, there in zip(pins, ran.stdout.split(), strict=True):
        if _trimmed(there) != _trimmed(pin.partition("==")[2]):
            raise Failed(f"{pin} was to be tried, but {there} is installed")


def _trimmed(version: str) -> str:
    """A version without zeros at its end: 8.2.0 is 8.2."""
    return re.sub(r"(\.0)+$", "", version)


def _run(command: Sequence[object]) -> None:
    ran = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, cwd="/")
    if ran.returncode:
        lines = [line for line in ran.stderr.splitlines() if line.strip() and not line.startswith("WARNING")]
        raise Failed(f"{Path(str(command[0])).name} {command[2]}: {' '.join(lines)[-600:]}")


@contextmanager
def demo(python: Path, room: Path) -> Iterator[Stack]:
    """`barograph demo` of an environment, in an empty directory."""
    room.mkdir()
    clean = {"PYTHONPATH": "", "PYTHONHOME": "", "VIRTUAL_ENV": str(python.parent.parent)}
    program = (str(python.parent / "barograph"),)
    stack = Stack("demo", room / "data", room / "said.txt", program=program, environment=clean, folder=room)
    try:
        yield stack
    finally:
        stack.clear()


def stored(python: Path, room: Path) -> int:
    """Frames that its demo has stored by the time that it ends, and it ends well."""
    with demo(python, room) as stack:
        frames = sum(stack.walked(FRAMES).values())
        code = stack.end()
    if code:
        raise Failed(f"the demo ended with {code}: {stack.said[-400:]}")
    return frames


def tried(version: str, python: Path, built: Path, versions: str) -> Outcome:
    """One cell of the table."""
    with tempfile.TemporaryDirectory(prefix="barograph-matrix-") as folder:
        room, started_s = Path(folder), time.monotonic()
        try:
            made = environment(python, room / "env")
            install(made, built, versions)
            install_s = time.monotonic() - started_s
            frames = stored(made, room / "demo")
        except (Failed, AssertionError) as error:
            return Outcome(version, versions, time.monotonic() - started_s, result=str(error))
        return Outcome(version, versions, install_s, time.monotonic() - started_s - install_s, frames)


def report(outcomes: Iterable[Outcome]) -> bool:
    """Print the table; True when all went well."""
    table = Table("Python", "versions", "seconds to install", "seconds of the demo", "frames stored", "result")
    well = True
    for one in outcomes:
        well = well and one.result == "ok"
        table.add_row(
            one.python, one.versions, f"{one.install_s:.0f}", f"{one.demo_s:.0f}", f"{one.frames:,}", one.result
        )
    Console(width=160).print(table)
    return well


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", action="append", choices=PYTHONS, help="this one alone; may be repeated")
    parser.add_argument("--versions", choices=ENDS, action="append", help="this end alone")
    chosen = parser.parse_args()
    found = pythons(chosen.python or PYTHONS)
    if missing := sorted(set(chosen.python or PYTHONS) - found.keys()):
        print(f"not tried, because no such Python was found: {', '.join(missing)}", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="barograph-wheel-") as folder:
        built = wheel(Path(folder))
        outcomes = [
            tried(version, path, built, end) for version, path in found.items() for end in chosen.versions or ENDS
        ]
    sys.exit(0 if report(outcomes) and outcomes else 1)


if __name__ == "__main__":
    main()
