"""What the tests and the embedded mongod need from the system: found, or installed from Debian, or named.

    python .ci/system_packages.py                   libraries of mongod, Chromium, HAProxy, nginx, Prometheus, Redis
    python .ci/system_packages.py --only libraries  the first alone

Ends with 0 when all is there. Needs nothing but Python, and the environment into which Barograph is installed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from barograph.servers.embedded import ServerMissing, find_mongod

# A page costs Chromium without a window a third less processor time than the whole one, and Debian has it apart.
SHELL = "chromium-headless-shell"
BROWSERS = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Unpacked and not installed, because its package starts a server; tests/promtools.py finds it here.
PROMETHEUS = Path(__file__).resolve().parents[1] / "build/prometheus"
PATH = os.environ.get("PATH", os.defpath) + ":/usr/sbin"  # where Debian has servers
LIBRARIES = {"libcurl.so.4": "libcurl4", "libssl.so.3": "libssl3", "libcrypto.so.3": "libssl3"}


class Missing(Exception):
    """Something that is not there and could not be installed; the message names it and how to get it."""


def see_to_libraries() -> None:
    """Have what mongod is linked to; asked of the loader itself, one library after the other."""
    for _ in range(len(LIBRARIES) + 1):
        library = missing_library()
        if library is None:
            return
        package = LIBRARIES.get(library)
        if package is None:
            raise Missing(f"mongod needs the library {library}; install the package of this system that has it")
        install(package, f"mongod needs the library {library}")
    raise Missing(f"mongod still lacks {library}, although {package} is installed")


def missing_library() -> str | None:
    """Name of the first library that mongod does not find, or None when it starts."""
    try:
        command = [str(find_mongod()), "--version"]
    except ServerMissing as error:
        raise Missing(str(error)) from error
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode == 0:
        return None
    if named := re.search(r"error while loading shared libraries: ([^:\s]+)", ran.stderr):
        return named[1]
    raise Missing(f"`{' '.join(command)}` ended with code {ran.returncode}: {ran.stderr.strip()[-300:]}")


def see_to_browser() -> None:
    """Have a Chromium on PATH: the one without a window where it is there or can be had, else the whole.

    Where another is there already, only a root user's machine gets one more package without being asked.
    """
    found = next((name for name in BROWSERS if shutil.which(name)), None)
    if found == SHELL or (found and os.geteuid() != 0):
        return
    why = f"the browser tests need one of {', '.join(BROWSERS)} on PATH"
    try:
        install(SHELL, f"{found} takes a third longer" if found else why)
    except Missing as error:
        print(f"{error}; {f'{found} will do' if found else 'trying another package'}", file=sys.stderr)
        if not found:
            install("chromium", why)
    if not any(map(shutil.which, BROWSERS)):
        raise Missing(why)


def see_to_prometheus() -> None:
    """Have Prometheus and promtool, with which the alerts are tried."""
    if all(shutil.which(name) or (PROMETHEUS / "usr/bin" / name).is_file() for name in ("prometheus", "promtool")):
        return
    why = "the tests of the alerts need prometheus and promtool on PATH"
    if shutil.which("apt-get") is None:
        raise Missing(f"{why}: install them (there is no apt-get here that could)")
    print(f"{why}: unpacking Debian's package", file=sys.stderr)
    PROMETHEUS.mkdir(parents=True, exist_ok=True)
    for command in (["apt-get", "update", "-q"], ["apt-get", "download", "-q", "prometheus"]):
        ran = subprocess.run(command, cwd=PROMETHEUS, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise Missing(f"{why}: `apt-get download prometheus` did not succeed ({_last_line(ran.stderr)})")
    for package in PROMETHEUS.glob("prometheus_*.deb"):
        command = ["dpkg", "--extract", package.name, "."]
        subprocess.run(command, cwd=PROMETHEUS, check=True)
        package.unlink()


def see_to_balancer() -> None:
    """Have HAProxy, with which the example of `deploy/haproxy` is tried."""
    if shutil.which("haproxy", path=PATH) is None:
        install("haproxy", "the tests of the balancer need haproxy")


def see_to_servers() -> None:
    """Have nginx and systemd-analyze, with which the examples of `deploy` are tried."""
    for program, package in (("nginx", "nginx-light"), ("systemd-analyze", "systemd")):
        if shutil.which(program, path=PATH) is None:
            install(package, f"the tests of deploy need {program}")


def see_to_redis() -> None:
    """Have a Redis that knows TLS: the packaged Valkey does not. Debian's server is one program with its checks."""
    if shutil.which("redis-check-rdb", path=PATH) is None:
        install("redis-tools", "the tests of the feed by TLS need Redis, of redis-tools")


def install(package: str, why: str) -> None:
    """Install a Debian package, or say what is missing and why it could not be installed."""
    if shutil.which("apt-get") is None:
        raise Missing(f"{why}: install it (there is no apt-get here that could)")
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if prefix and shutil.which("sudo") is None:
        raise Missing(f"{why}: as root, `apt-get install {package}`")
    print(f"{why}: installing {package}", file=sys.stderr)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", package]):
        ran = subprocess.run(
            [*prefix, "apt-get", *arguments], env=environment, capture_output=True, text=True, check=False
        )
    if ran.returncode:
        raise Missing(f"{why}: `apt-get install {package}` did not succeed ({_last_line(ran.stderr)})")


def _last_line(said: str) -> str:
    return (said.strip().splitlines() or ["it said nothing"])[-1]


ALL = {
    "libraries": see_to_libraries, "browser": see_to_browser, "prometheus": see_to_prometheus,
    "balancer": see_to_balancer, "servers": see_to_servers, "redis": see_to_redis,
}  # fmt: skip


def main() -> int:
    """See to what is asked for, and say what is missing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", choices=list(ALL))
    only = parser.parse_args().only
    try:
        for see_to in ALL.values() if only is None else [ALL[only]]:
            see_to()
    except Missing as error:
        print(f"Missing: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
