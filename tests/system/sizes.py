"""What Barograph takes on the disk, alone and with each extra, and with all that they bring.

    python tests/system/sizes.py SITE_PACKAGES     of an environment into which all extras were installed

Packages are counted by what each says that it needs, so that one environment answers for every extra. Bytecode, which
Python makes as it runs, is not counted, and neither are pip and what else nobody asked for.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

OWN = "barograph"
ROOT = Path(__file__).resolve().parents[2]
EXTRAS = tuple(  # those for users, as `pyproject.toml` has them
    name for name in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    if name not in ("dev", "docs")
)  # fmt: skip


def sizes(packages: Path) -> dict[str, float]:
    """Return MB by what was asked for: `core`, an extra, which has the core in it, or `everything`."""
    there = {canonicalize_name(one.name): one for one in distributions(path=[str(packages)])}
    asked = {"core": (), **{extra: (extra,) for extra in EXTRAS}, "everything": EXTRAS}
    python = _python(packages)
    mb = {name: _bytes(one) / 1e6 for name, one in there.items()}
    return {said: sum(mb[name] for name in brought(there, extras, python)) for said, extras in asked.items()}


def brought(there: Mapping[str, Distribution], extras: Iterable[str], python: Mapping[str, str]) -> set[str]:
    """Return the packages that Barograph brings with some extras; `KeyError` of one that is not there."""
    waiting, seen = [(OWN, extra) for extra in ("", *extras)], set[tuple[str, str]]()
    while waiting:
        if (one := waiting.pop()) in seen:
            continue
        seen.add(one)
        for needed in map(Requirement, there[one[0]].requires or ()):
            if needed.marker is None or needed.marker.evaluate({**python, "extra": one[1]}):
                waiting += [(canonicalize_name(needed.name), extra) for extra in ("", *needed.extras)]
    return {name for name, _ in seen}


def _python(packages: Path) -> dict[str, str]:
    """The Python whose packages these are, for markers."""
    found = re.search(r"python(3\.\d+)", packages.parent.name)
    if found is None:
        raise SystemExit(f"{packages}: expected a folder lib/python3.X/site-packages")
    return {"python_version": found[1], "python_full_version": f"{found[1]}.99"}


def _bytes(one: Distribution) -> int:
    paths = [Path(str(one.locate_file(file))) for file in one.files or ()]
    return sum(path.lstat().st_size for path in paths if path.suffix != ".pyc" and path.exists())


if __name__ == "__main__":
    for said, mb in sizes(Path(sys.argv[1])).items():
        print(f"{said:<11} {mb:6.0f} MB")
