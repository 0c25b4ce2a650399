"""The wheel on the Pythons that are here, with the newest and the lowest versions of what it asks for.

    python tests/system/matrix.py                                   every Python found, both ends
    python tests/system/matrix.py --python 3.13 --versions lowest   one of them

Each time: a fresh environment outside the source tree; the wheel alone, which reads files and computes and says what
`barograph demo` needs; the wheel with its servers and nothing that has to be compiled; `barograph demo` until it has
stored frames, asked over HTTP, and its end by Ctrl-C. It says which Pythons it found and which not, and ends with 1 if
one of those that were found fails, or one that was asked for by name is not there.
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
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
ENDS = ("newest", "lowest")
FRAMES = 200
SOURCES = ("barograph", "analytics", "ingest", "dashboard", "pyproject.toml", "README.md", "LICENSE")
CORE = """
import importlib.util, sys
import analytics, barograph
from analytics import sim
sim.walk(4.0)["left"].save("left.parquet")
(left,) = barograph.read_file("left.parquet")
assert len(analytics.stances(analytics.frame_stats(left))) > 2
there = [name for name in ("dash", "motor", "quart", "redis") if importlib.util.find_spec(name)]
sys.exit(f"the core brings {there}" if there else 0)
"""
USABLE = "import sys, ensurepip, venv; print('%d.%d' % sys.version_info[:2])"


@dataclass(frozen=True)
class Outcome:
    """One demo: its Python, which versions, seconds to install, seconds until frames were stored, and how it went.

    `core_mb` is what the wheel alone takes on the disk with what it brings, `all_mb` that with servers.
    """

    python: str
    versions: str
    core_mb: float = 0.0
    all_mb: float = 0.0
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
    return [_pin(one) for one in asked_for(project) if not one.startswith("barograph[")]


def asked_for(project: Path = ROOT / "pyproject.toml") -> list[str]:
    """What the wheel and its servers ask for; `embedded` has `server` in it."""
    about = tomllib.loads(project.read_text("utf-8"))["project"]
    extras = about["optional-dependencies"]
    return [*about["dependencies"], *extras["server"], *extras["embedded"]]


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


def install(python: Path, built: Path, versions: str, extras: str = "") -> float:
    """Install the wheel, with nothing that has to be compiled; the MB that all packages take then."""
    pins = python.parent / "pins.txt"
    pins.write_text("".join(f"{pin}\n" for pin in (lowest() if versions == "lowest" else ())))
    asked = ("--only-binary", ":all:", "--constraint", pins, f"{built}{extras}")
    _run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *asked])
    if extras:
        require_pinned(python, pins.read_text("utf-8").splitlines())
    (packages,) = python.parents[1].glob("lib/python*/site-packages")
    return sum(path.lstat().st_size for path in packages.rglob("*") if path.suffix != ".pyc") / 1e6


def require_core(python: Path, room: Path) -> None:
    """The wheel alone reads files and computes, and says what the demo needs."""
    room.mkdir()
    _run([python, "-P", "-c", CORE], room)
    command = [python.parent / "barograph", "demo", "--no-browser"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=room)
    if ran.returncode != 1 or not ran.stderr.endswith('pip install "barograph[server]"\n'):
        raise Failed(f"barograph demo of the wheel alone ended with {ran.returncode}: {ran.stderr[-400:]}")


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


def _run(command: Sequence[object], room: Path = Path("/")) -> None:
    ran = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, cwd=room)
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
            core_mb = install(made, built, versions)
            require_core(made, room / "core")
            all_mb = install(made, built, versions, "[embedded]")
            install_s = time.monotonic() - started_s
            frames = stored(made, room / "demo")
        except (Failed, AssertionError) as error:
            return Outcome(version, versions, install_s=time.monotonic() - started_s, result=str(error))
        demo_s = time.monotonic() - started_s - install_s
        return Outcome(version, versions, core_mb, all_mb, install_s, demo_s, frames)


def report(outcomes: Iterable[Outcome]) -> bool:
    """Print the table; True when all went well."""
    table = Table(
        "Python", "versions", "MB of the core", "MB of all", "s to install", "s of the demo", "frames", "result"
    )
    well = True
    for one in outcomes:
        well = well and one.result == "ok"
        sizes = (f"{one.core_mb:.0f}", f"{one.all_mb:.0f}", f"{one.install_s:.0f}", f"{one.demo_s:.0f}")
        table.add_row(one.python, one.versions, *sizes, f"{one.frames:,}", one.result)
    Console(width=160).print(table)
    return well


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", action="append", choices=PYTHONS, help="this one alone; may be repeated")
    parser.add_argument("--versions", choices=ENDS, action="append", help="this end alone")
    chosen = parser.parse_args()
    wanted = chosen.python or PYTHONS
    found = pythons(wanted)
    for version in wanted:
        print(f"Python {version}: {found.get(version, 'not found, so not tried')}", flush=True)
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="barograph-wheel-") as folder:
        built = wheel(Path(folder))
        for version, path in found.items():
            for end in chosen.versions or ENDS:
                outcomes.append(tried(version, path, built, end))
                print(f"Python {version}, {end}: {outcomes[-1].result}", flush=True)
    missing = chosen.python and len(found) < len(set(chosen.python))
    sys.exit(0 if report(outcomes) and outcomes and not missing else 1)


if __name__ == "__main__":
    main()
