"""The wheel on the Pythons that are here, with the newest and the lowest versions of what it asks for.

    python tests/system/matrix.py                                   every Python found, both ends
    python tests/system/matrix.py --python 3.13 --versions lowest   one of them

Each time: a fresh environment outside the source tree; the wheel alone, which reads files and computes and says what
`barograph demo` needs; the wheel with its servers and nothing that has to be compiled; `barograph demo` until it has
stored frames, asked over HTTP, and its end by Ctrl-C; all extras, each used; and what connections take of their peers,
under that Quart. It says which Pythons it found and which not, what core and extras take on the disk, and ends with 1
if one of those that were found fails, or one that was asked for by name is not there.
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
from dataclasses import dataclass, field
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

from rich.console import Console
from rich.table import Table
from sizes import EXTRAS, sizes
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
EVERYTHING = """
import importlib
import pandas as pd
import analytics
from analytics import sim
from barograph.extras import MODULES
for module in [one for extra, modules in MODULES.items() if extra != "docs" for one in modules]:
    importlib.import_module(module)
left = sim.walk(4.0)["left"]
assert left.to_xarray().sizes["time"] == len(left)
left.save("left.c3d")
table, failed = analytics.batch.over([1, 2], lambda n: pd.DataFrame({"n": [n]}))
assert table["n"].tolist() == [1, 2] and failed.empty
"""
CONNECTIONS = ROOT / "tests/barograph/web/test_connections.py"
USABLE = "import sys, ensurepip, venv; print('%d.%d' % sys.version_info[:2])"


@dataclass(frozen=True)
class Outcome:
    """One demo: its Python, which versions, seconds to install, seconds until frames were stored, and how it went.

    `mb` is what core and extras take on the disk (`sizes`), `quart` the version that served.
    """

    python: str
    versions: str
    mb: dict[str, float] = field(default_factory=dict)
    quart: str = ""
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
    """The lowest version of everything that the wheel and its extras ask for, as pins."""
    return [_pin(one) for one in asked_for(project) if not one.startswith("barograph[")]


def asked_for(project: Path = ROOT / "pyproject.toml") -> list[str]:
    """What the wheel and its extras for users ask for, each once; `embedded` has `server` in it."""
    about = tomllib.loads(project.read_text("utf-8"))["project"]
    extras = about["optional-dependencies"]
    return list(dict.fromkeys([*about["dependencies"], *(one for extra in EXTRAS for one in extras[extra])]))


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


def install(python: Path, built: Path, versions: str, extras: str = "") -> None:
    """Install the wheel, with nothing that has to be compiled."""
    pins = python.parent / "pins.txt"
    pins.write_text("".join(f"{pin}\n" for pin in (lowest() if versions == "lowest" else ())))
    asked = ("--only-binary", ":all:", "--constraint", pins, f"{built}{extras}")
    _run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *asked])


def require_everything(python: Path, room: Path) -> None:
    """Each extra is there, at the versions that were to be tried, and does what it is for."""
    room.mkdir()
    require_pinned(python, (python.parent / "pins.txt").read_text("utf-8").splitlines())
    _run([python, "-P", "-c", EVERYTHING], room)


def require_connections(python: Path, room: Path) -> None:
    """What connections take of their peers is bounded under this Quart too."""
    room.mkdir()
    _run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "pytest", "pytest-asyncio"])
    (room / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n")
    shutil.copy2(CONNECTIONS, room)
    _run([python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--noconftest", CONNECTIONS.name], room)


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
        said = (
            ran.stdout + ran.stderr
        ).splitlines()  # pip says on the one what is in conflict, on the other that it is
        lines = [line for line in said if line.strip() and not line.startswith("WARNING")]
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
            require_core(made, room / "core")
            install(made, built, versions, "[embedded]")
            install_s = time.monotonic() - started_s
            frames = stored(made, room / "demo")
            demo_s = time.monotonic() - started_s - install_s
            install(made, built, versions, f"[{','.join(EXTRAS)}]")
            require_everything(made, room / "everything")
            require_connections(made, room / "connections")
            (packages,) = (room / "env").glob("lib/python*/site-packages")
            (quart,) = (path.name.split("-")[1] for path in packages.glob("[Qq]uart-*.dist-info"))
            mb = sizes(packages)
        except (Failed, AssertionError) as error:
            return Outcome(version, versions, install_s=time.monotonic() - started_s, result=str(error))
        return Outcome(version, versions, mb, quart.removesuffix(".dist"), install_s, demo_s, frames)


def report(outcomes: Sequence[Outcome]) -> bool:
    """Print what each did, and what core and extras take on the disk; True when all went well."""
    table = Table("Python", "versions", "Quart", "s to install", "s of the demo", "frames", "result")
    on_disk = Table("MB with all they bring", *(f"{one.python} {one.versions}" for one in outcomes))
    for one in outcomes:
        seconds = (f"{one.install_s:.0f}", f"{one.demo_s:.0f}")
        table.add_row(one.python, one.versions, one.quart, *seconds, f"{one.frames:,}", one.result)
    for name in ("core", *EXTRAS, "everything"):
        on_disk.add_row(name, *(f"{one.mb[name]:.0f}" if one.mb else "" for one in outcomes))
    for each in (table, on_disk):
        Console(width=160).print(each)
    return all(one.result == "ok" for one in outcomes)


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
