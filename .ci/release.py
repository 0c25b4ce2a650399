"""Build what would be published, sdist and wheel, into build/release, and check it; nothing is published.

    python .ci/release.py

Both are built from what git has, in a directory of their own, and the wheel from the sdist, as an installer would. They
hold what `tests/system/test_release.py` pins: the packages, what they load, the notebooks, the licence; no tests, no
settings of a laboratory. `twine check` reads their metadata, whose long description is the README.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "build/release"
BUILD = "import sys, setuptools.build_meta as backend; print(getattr(backend, 'build_' + sys.argv[1])(sys.argv[2]))"


def built(kind: str, source: Path, target: Path) -> Path:
    """Build an sdist or a wheel with the setuptools that is installed."""
    ran = subprocess.run(
        [sys.executable, "-c", BUILD, kind, str(target)], cwd=source, capture_output=True, text=True, check=False
    )
    if ran.returncode:
        sys.exit(f"{kind}: {ran.stderr[-2000:]}")
    return target / ran.stdout.splitlines()[-1]


def release(target: Path) -> list[Path]:
    """Build both into an empty directory."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="barograph-release-") as folder:
        source = Path(folder) / "source"
        source.mkdir()
        command = ["/usr/bin/env", "git", "ls-files", "-z"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        for name in filter(None, listed.stdout.split("\0")):
            place = source / name
            place.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).is_dir():  # a link to a directory: what is in it comes along
                shutil.copytree(ROOT / name, place)
            elif (ROOT / name).exists():
                shutil.copy2(ROOT / name, place)
        sdist = built("sdist", source, target)
        with tarfile.open(sdist) as archive:
            archive.extractall(folder, filter="data")
        return [sdist, built("wheel", Path(folder) / sdist.name.removesuffix(".tar.gz"), target)]


def main() -> None:
    """Build, check, and say what there is."""
    files = release(TARGET)
    subprocess.run([sys.executable, "-m", "twine", "check", "--strict", *map(str, files)], check=True)
    for file in files:
        print(f"{file.relative_to(ROOT)}: {file.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
