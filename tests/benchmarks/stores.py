"""The stores that the ingest is measured beside, from Debian, as their own documentation runs them: empty, on loopback.

Both keep what they confirmed: PostgreSQL with `fsync` and `synchronous_commit` as they come, InfluxDB with a WAL that
is written through before each answer.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from stack import free_port

PATIENCE_S = 60
DATABASE = "frames"
TABLE = "CREATE TABLE frames (t timestamptz NOT NULL, stream int4 NOT NULL, seq int8 NOT NULL, x bytea NOT NULL)"
INFLUX = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  wal-fsync-delay = "0s"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
[logging]
  level = "error"
"""


class NotInstalled(RuntimeError):
    """A store is not on this machine, and could not be had from Debian."""


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL with an empty table `frames`: yield what psql connects to it with."""
    programs = _postgresql_programs()
    with _folder() as folder:
        data, port = folder / "data", free_port()
        as_user: list[str] = []
        if os.geteuid() == 0:  # it refuses to run as root
            as_user = ["runuser", "-u", "postgres", "--"]
            shutil.chown(folder, "postgres")
        _run([*as_user, str(programs / "initdb"), "-D", str(data), "-U", "bench", "-A", "trust", "-E", "UTF8"])
        command = ["-D", str(data), "-k", str(folder), "-p", str(port), "-c", "listen_addresses="]
        server = subprocess.Popen(
            [*as_user, str(programs / "postgres"), *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            url = f"host={folder} port={port} user=bench dbname=postgres"
            ready = [programs / "pg_isready", "-q", "-d", url]
            _wait(lambda: not subprocess.run(ready, check=False).returncode)
            _run(["psql", "-q", "-d", url, "-c", TABLE])
            yield url
        finally:
            _run([*as_user, str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"])
            server.wait(PATIENCE_S)


@contextmanager
def influxdb() -> Iterator[str]:
    """An InfluxDB with an empty database: yield the address to write to."""
    program = shutil.which("influxd") or _installed("influxdb", "influxd")
    with _folder() as folder:
        port = free_port()
        settings = folder / "influxdb.conf"
        settings.write_text(INFLUX.format(folder=folder, port=port, rpc=free_port()))
        server = subprocess.Popen(
            [program, "-config", settings], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(lambda: _answers(f"{address}/ping"))
            made = urllib.request.Request(f"{address}/query?q=CREATE+DATABASE+{DATABASE}", method="POST")
            urllib.request.urlopen(made, timeout=PATIENCE_S).close()
            yield f"{address}/write?db={DATABASE}&precision=u"
        finally:
            server.terminate()
            server.wait(PATIENCE_S)


def _postgresql_programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        _installed("postgresql", "psql")
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise NotInstalled("expected PostgreSQL's initdb under /usr/lib/postgresql: install Debian's postgresql")
    return found[-1].parent


def _installed(package: str, program: str) -> str:
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise NotInstalled(f"expected {program} on PATH: install Debian's {package}")
    _run(["apt-get", "install", "-y", "-q", "--no-install-recommends", package])
    found = shutil.which(program)
    if found is None:
        raise NotInstalled(f"Debian's {package} brought no {program}")
    return found


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="barograph-bench-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-500:]}")


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=2).close()
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False
    return True


def _wait(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not ready():
        if time.monotonic() > deadline:
            raise RuntimeError("a store does not answer")
        time.sleep(0.1)
