"""Write bills of materials (CycloneDX): of the images, by their locks and their Python, and of this environment.

    python .ci/sbom.py     build/sbom/ingest.cdx.json, build/sbom/image.cdx.json (dashboard and worker),
                           build/sbom/environment.cdx.json

A lock is for every Python and platform; an image has one, so that what the lock has for others is left out.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from packaging.markers import Marker

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build/sbom"
# The lock of each bill, as the Dockerfile installs it.
IMAGES = {"ingest": "locked-ingest.txt", "image": "locked-image.txt"}
ENTRY = re.compile(r"^([A-Za-z0-9._-]+==[^\s;]+)(?: ; ([^\\\n]+?))?((?: \\\n    --hash=\S+)+)\n", re.M)


def of_image(kind: str) -> str:
    """Return what of its lock an image of `IMAGES` installs: on Linux, under the Python of the Dockerfile."""
    found = re.search(r"^FROM python:((3\.\d+)\.\d+)", (ROOT / "Dockerfile").read_text("utf-8"), re.M)
    if found is None:
        sys.exit("Dockerfile: expected FROM python:3.X.Y")
    there = {"python_full_version": found[1], "python_version": found[2], "sys_platform": "linux"}
    entries = ENTRY.finditer((ROOT / IMAGES[kind]).read_text("utf-8"))
    return "".join(
        f"{name}{hashes}\n" for name, marker, hashes in map(re.Match.groups, entries)
        if marker is None or Marker(marker).evaluate(there)
    )  # fmt: skip


def main() -> None:
    """Write all of them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for kind, source, said in (
        ("ingest", ("requirements", "-"), "what the image of the ingest installs, with hashes"),
        ("image", ("requirements", "-"), "what the images of dashboard and worker install, with hashes"),
        ("environment", ("environment", sys.executable), "what is here, with licences and what depends on what"),
    ):
        path = FOLDER / f"{kind}.cdx.json"
        command = [
            Path(sys.executable).with_name("cyclonedx-py"), source[0], "--output-reproducible",
            "--pyproject", ROOT / "pyproject.toml", "--output-file", path, source[1],
        ]  # fmt: skip
        text = of_image(kind) if kind in IMAGES else ""
        subprocess.run(list(map(str, command)), input=text, text=True, check=True)
        print(f"{path.relative_to(ROOT)}: {said}")


if __name__ == "__main__":
    main()
