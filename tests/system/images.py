"""`make images`: the steps of the Dockerfile without a container engine, and the services of compose.yaml out of them.

    python tests/system/images.py [--keep DIR]

Each stage becomes a directory: Debian's own Python by debootstrap in the place of the Python image, RUN in it by
chroot. Then, in a network and a mount namespace of their own, the services start as compose.yaml says: as its user
with no right left, on a tree that cannot be written to, with /tmp in memory and secrets from `make secrets`, beside a
real mongod and Valkey; the simulated athlete of the profile `demo` sends, and frames have to be stored. Says how large
each image's environment is. Needs Linux, root, debootstrap, and a package registry. Takes five to ten minutes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dockerfile import Stage, stages

ROOT = Path(__file__).resolve().parents[2]
SUITE, BASE_PACKAGES = "bookworm", "python3,python3-venv,python-is-python3,ca-certificates"
# What pip may need of this machine, which a build has from its engine: names of hosts, certificates, where to ask.
OF_MACHINE = ("/etc/resolv.conf", "/etc/hosts")
PIP = ("PIP_CERT", "SSL_CERT_FILE", "PIP_INDEX_URL", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "PIP_DEFAULT_TIMEOUT")
TARGETS = ("ingest", "dashboard", "worker")


def sh(*command: object, **how: object) -> str:
    """Run a command, and end with its own words where it fails."""
    ran = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, **how)  # type: ignore[call-overload]
    if ran.returncode:
        sys.exit(f"{' '.join(map(str, command))[:200]}\n{ran.stdout[-1500:]}\n{ran.stderr[-3000:]}")
    return str(ran.stdout)


class Images:
    """Directories of stages, made in the order in which they are needed."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._stages = stages((ROOT / "Dockerfile").read_text("utf-8"))

    def tree(self, name: str) -> Path:
        """Return the directory of a stage, made with all that it begins with."""
        tree = self.home / name
        if tree.exists():
            return tree
        stage = self._stages[name]
        parent = self.tree(stage.parent) if stage.parent in self._stages else self._base()
        print(f"stage {name}", flush=True)
        sh("cp", "-a", parent, tree)
        self._steps(tree, stage)
        return tree

    def told(self, name: str) -> dict[str, str]:
        """Return what stages say last of a word: USER, WORKDIR, ENTRYPOINT, CMD."""
        stage = self._stages[name]
        before = self.told(stage.parent) if stage.parent in self._stages else {}
        return before | dict(stage.steps)

    def _base(self) -> Path:
        base = self.home / "base"
        if not base.exists():
            print(f"debootstrap of Debian {SUITE}", flush=True)
            sh("debootstrap", "--variant=minbase", f"--include={BASE_PACKAGES}", SUITE, base)
            for place in ("run/secrets", "usr/local/share/ca-certificates"):
                (base / place).mkdir(parents=True, exist_ok=True)
        return base

    def _steps(self, tree: Path, stage: Stage) -> None:
        where = self.told(stage.parent).get("WORKDIR", "/") if stage.parent in self._stages else "/"
        for word, rest in stage.steps:
            if word == "RUN":
                self._run(tree, rest, where)
            elif word == "COPY":
                self._copy(tree, rest, where)
            elif word == "WORKDIR":
                where = rest
                (tree / where.lstrip("/")).mkdir(parents=True, exist_ok=True)

    def _run(self, tree: Path, command: str, where: str) -> None:
        own = {name: os.environ[name] for name in PIP if name in os.environ}
        for path in (*OF_MACHINE, *(own[name] for name in ("PIP_CERT", "SSL_CERT_FILE") if name in own)):
            (tree / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, tree / path.lstrip("/"))
        environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", **own}
        told = [f"{name}={value}" for name, value in environment.items()]
        inside = f'mount --rbind /dev {tree}/dev && mount -t proc proc {tree}/proc && exec chroot {tree} "$@"'
        sh("unshare", "--mount", "--pid", "--fork", "sh", "-ec", inside, "sh",
           "env", "-i", *told, "sh", "-ec", f"cd {where} && {command}")  # fmt: skip

    def _copy(self, tree: Path, rest: str, where: str) -> None:
        source = ROOT
        if rest.startswith("--from="):
            of, _, rest = rest.removeprefix("--from=").partition(" ")
            source = self.tree(of)
        *files, to = rest.split()
        target = tree / (to if to.startswith("/") else f"{where}/{to}").lstrip("/")
        for name in files:
            found = source / name.lstrip("/")
            if found.is_dir():
                shutil.copytree(found, target, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(found, target)


def megabytes(tree: Path) -> int:
    """Return what lies in a directory, in MB."""
    return int(sh("du", "-s", "--block-size=1000000", tree).split()[0])


def main() -> None:
    """Build, say sizes, and run in namespaces of their own."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--keep", type=Path, help="keep what is built in this directory, and use what is there")
    keep = parser.parse_args().keep
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("debootstrap") is None:
        sys.exit("make images: expected Linux, root, and Debian's package debootstrap")
    with tempfile.TemporaryDirectory(prefix="barograph-images-") as folder:
        images, begun = Images((keep or Path(folder)).resolve()), time.monotonic()
        images.home.mkdir(parents=True, exist_ok=True)
        for target in TARGETS:
            tree = images.tree(target)
            packages = len(list(tree.glob("opt/barograph/lib/python3*/site-packages/*.dist-info")))
            print(
                f"{target}: {megabytes(tree / 'opt/barograph')} MB in /opt/barograph, {packages} packages", flush=True
            )
        print(f"built in {time.monotonic() - begun:.0f} s", flush=True)
        inside = [sys.executable, str(Path(__file__).with_name("images_run.py")), str(images.home)]
        sys.exit(subprocess.run(["unshare", "--net", "--mount", *inside], check=False).returncode)


if __name__ == "__main__":
    main()
