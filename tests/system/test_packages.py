"""What a fresh machine lacks is installed, or named; with programs of this test on an otherwise empty PATH."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "system_packages.py"

MONGOD = """
if [ -e "$(dirname "$0")/installed-{package}" ]; then exit 0; fi
echo "mongod: error while loading shared libraries: {library}: cannot open shared object file" >&2; exit 127
"""
APT_GET = """
here="$(dirname "$0")"; echo "$@" >> "$here/asked"
if [ "$1" = install ]; then
  for package; do :; done
  for made in "installed-$package" "$package"; do : > "$here/$made"; chmod +x "$here/$made"; done
fi
"""
BROKEN_APT_GET = "echo 'E: no network here' >&2; exit 100"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "dirname").symlink_to("/usr/bin/dirname")
    (tmp_path / "chmod").symlink_to("/bin/chmod")
    return tmp_path


def program(path: Path, name: str, text: str = "exit 0") -> None:
    (path / name).write_text(f"#!/bin/sh\n{text}\n")
    (path / name).chmod(0o755)


def see_to(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # As root or not: `sudo -n` of this test runs what it is given.
    program(path, "sudo", 'shift; exec "$@"')
    environment = {**os.environ, "PATH": str(path)}
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], env=environment, capture_output=True, text=True, check=False
    )


def elsewhere(path: Path) -> Path:
    """The script in a checkout where nothing was unpacked yet, with no programs but those of this test."""
    copied = path / "checkout/.ci" / SCRIPT.name
    copied.parent.mkdir(parents=True)
    copied.write_text(SCRIPT.read_text("utf-8").replace(':/usr/sbin"', '"'), "utf-8")
    return copied


def test_what_is_there_is_left_alone(path: Path) -> None:
    for name in (
        "mongod",
        "chromium-headless-shell",
        "prometheus",
        "promtool",
        "nginx",
        "systemd-analyze",
        "redis-check-rdb",
    ):
        program(path, name)
    program(path, "apt-get", APT_GET)
    done = see_to(path)
    assert (done.returncode, done.stderr) == (0, "")
    assert not (path / "asked").exists()


@pytest.mark.parametrize(("library", "package"), [("libcurl.so.4", "libcurl4"), ("libcrypto.so.3", "libssl3")])
def test_a_library_that_mongod_lacks_is_installed(library: str, package: str, path: Path) -> None:
    program(path, "mongod", MONGOD.format(library=library, package=package))
    program(path, "apt-get", APT_GET)
    done = see_to(path, "--only", "libraries")
    assert done.returncode == 0, done.stderr
    assert f"--no-install-recommends {package}" in (path / "asked").read_text()


def test_a_library_that_nobody_knows_is_named(path: Path) -> None:
    program(path, "mongod", MONGOD.format(library="libfoo.so.9", package="foo"))
    done = see_to(path, "--only", "libraries")
    assert done.returncode == 1
    assert "libfoo.so.9" in done.stderr


def test_a_browser_is_installed_where_there_is_none(path: Path) -> None:
    program(path, "apt-get", APT_GET)
    done = see_to(path, "--only", "browser")
    assert done.returncode == 0, done.stderr
    assert "--no-install-recommends chromium-headless-shell" in (path / "asked").read_text()


def test_root_gets_the_smaller_browser_beside_another(path: Path) -> None:
    program(path, "google-chrome")
    program(path, "apt-get", APT_GET)
    done = see_to(path, "--only", "browser")
    assert done.returncode == 0, done.stderr
    assert (path / "chromium-headless-shell").exists() == (os.geteuid() == 0)


def test_another_browser_does_where_the_smaller_is_not_to_be_had(path: Path) -> None:
    program(path, "google-chrome")
    program(path, "apt-get", BROKEN_APT_GET)
    done = see_to(path, "--only", "browser")
    assert done.returncode == 0, done.stderr
    if os.geteuid() == 0:
        assert "google-chrome will do" in done.stderr


def test_where_the_smaller_browser_is_not_to_be_had_the_whole_is_installed(path: Path) -> None:
    program(path, "apt-get", f'case "$*" in *headless-shell) echo "E: unknown" >&2; exit 100;; esac\n{APT_GET}')
    done = see_to(path, "--only", "browser")
    assert done.returncode == 0, done.stderr
    assert (path / "chromium").exists()
    assert "E: unknown" in done.stderr


@pytest.mark.parametrize(("apt_get", "said", "only", "named"), [
    (None, "no apt-get", "browser", "chromium"), (BROKEN_APT_GET, "E: no network here", "browser", "chromium"),
    (None, "no apt-get", "prometheus", "promtool"), (BROKEN_APT_GET, "E: no network here", "prometheus", "promtool"),
    (None, "no apt-get", "balancer", "haproxy"), (None, "no apt-get", "servers", "nginx"),
    (None, "no apt-get", "redis", "redis-tools"),
])  # fmt: skip
def test_what_cannot_be_installed_is_named(
    apt_get: str | None, said: str, only: str, named: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "SCRIPT", elsewhere(path))
    if apt_get:
        program(path, "apt-get", apt_get)
    done = see_to(path, "--only", only)
    assert done.returncode == 1
    assert said in done.stderr
    assert named in done.stderr
    assert "Traceback" not in done.stderr
