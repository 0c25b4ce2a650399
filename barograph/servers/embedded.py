"""Embedded servers: a mongod and a redis-server of our own on a data directory, for a laptop, the demo and the tests.

In the data directory, all of it for the owner alone (0600, directories 0700):

    mongo/ redis/         what the servers keep; Redis keeps nothing, it is a derived feed
    instance.json         generated passwords, of the services' users too, and the ports, used again while they are free
    keyfile               without it mongod would ask nobody for a password
    servers.json          what runs now: for other commands, and to end what a killed starter left behind
    lock borrowers.lock   held with flock, so that the kernel lets go of them however their holder ends
    *.log *.log.1         what the servers say

The errors are in `barograph.servers.programs`, the servers' configuration in `barograph.servers.instance`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import msgspec
import psutil

from barograph.errors import SettingsError
from barograph.private import require_directory
from barograph.servers.instance import (
    VERSION,
    Instance,
    answers,
    bring_up,
    load,
    mongod_options,
    read,
    redis_configuration,
    write,
)
from barograph.servers.programs import (
    MONGOD,
    REDIS_SERVER,
    Child,
    DataDirectoryInUse,
    DataDirectoryUnusable,
    EmbeddedError,
    PortTaken,
    ServerFailed,
    ServerMissing,
    find,
    locked,
    spawn,
    stop,
    unusable_said,
    warn_of_ended,
)

__all__ = [
    "DataDirectoryInUse",
    "DataDirectoryUnusable",
    "EmbeddedError",
    "RunningServers",
    "ServerFailed",
    "ServerMissing",
    "Servers",
    "borrowed",
    "find_mongod",
    "find_redis_server",
    "kept_servers",
    "running",
    "servers",
    "temporary_servers",
]

ROOM_NEEDED_BYTES = 64 << 20  # a new directory takes 20 MB, and a mongod that runs out of room cannot start again
ORPHAN_PATIENCE_S = 10.0
BORROW_PATIENCE_S = 30.0  # for an instance that is starting or stopping to get there
PORT_TRIES = 3


@dataclass(frozen=True, slots=True)
class Servers:
    """What runs. The URLs hold passwords and are left out when this is printed."""

    mongo_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    data_dir: Path
    mongod_pid: int
    redis_pid: int


class _Process(msgspec.Struct, frozen=True):
    """A process: its number, and when it started, counted from the boot, because wall clocks get set."""

    pid: int
    started_s: float


class _Record(msgspec.Struct, frozen=True):
    """What servers.json says."""

    mongo_url: str
    redis_url: str
    mongod: _Process
    redis: _Process
    version: int = VERSION


def find_mongod() -> Path:
    """Return the mongod on PATH, else the packaged one, or `ServerMissing`."""
    return find(MONGOD)


def find_redis_server() -> Path:
    """Return the redis-server on PATH, else the packaged one, or `ServerMissing`."""
    return find(REDIS_SERVER)


class RunningServers:
    """Both servers as long as their context lasts; one that ended by itself can be started again, where it was."""

    def __init__(self, home: Path, instance: Instance, starts: Mapping[str, Callable[[], Child]]) -> None:
        self._home, self._instance, self.starts = home, instance, starts
        self.children: list[Child] = []

    def start(self) -> None:
        """Start both; they answer then."""
        for start in self.starts.values():
            self.children.append(start())
        self._bring_up()

    def again(self, name: str) -> None:
        """Start one again, on its port and with its data; it answers then, or an `EmbeddedError` says why not."""
        self.children[list(self.starts).index(name)] = self.starts[name]()
        self._bring_up()

    def ended(self) -> dict[str, int]:
        """Return the code of each that is not running, by name."""
        codes = {name: self.child(name).process.poll() for name in self.starts}
        return {name: code for name, code in codes.items() if code is not None}

    def child(self, name: str) -> Child:
        """Return the process of the moment."""
        return self.children[list(self.starts).index(name)]

    def _bring_up(self) -> None:
        # Written before they answer, so that they can be ended whatever happens to us from here on.
        with unusable_said(self._home):
            write(self._home / "servers.json", self._record())
        bring_up(self.children, self._instance)

    def _record(self) -> _Record:
        mongod, redis = (_noted(child.process.pid) for child in self.children)
        return _Record(self._instance.mongo_url, self._instance.redis_url, mongod, redis)

    @property
    def servers(self) -> Servers:
        """What runs."""
        return _as_servers(self._home, self._record())


@contextmanager
def servers(data_dir: Path) -> Iterator[Servers]:
    """Run both servers on `data_dir`, answering, as long as the context lasts; one instance at a time may have it."""
    with kept_servers(data_dir) as kept:
        yield kept.servers


@contextmanager
def kept_servers(data_dir: Path) -> Iterator[RunningServers]:
    """Run both servers for whoever starts them again when they end."""
    if sys.platform == "win32":
        raise ServerMissing("embedded servers need Linux or macOS: name running servers by their URLs")
    programs = find_mongod(), find_redis_server()
    home = _made(data_dir)
    _require_room(home)
    # The keeper's one thread starts the servers and lives as long as they may: see `barograph.servers.programs`.
    with _held(home), ThreadPoolExecutor(1, "embedded-servers") as keeper, ExitStack() as stack:
        _end_orphans(home)
        stack.callback((home / "servers.json").unlink, missing_ok=True)
        yield _started(home, programs, keeper, stack)


def running(data_dir: Path) -> Servers | None:
    """Return the servers that run on `data_dir`, if they really do: alive, ours, and answering to their passwords."""
    home, record = _noted_servers(data_dir)
    if record is None or len(_alive(home, record)) < 2 or not answers(record.mongo_url, record.redis_url):
        return None
    return _as_servers(home, record)


def alive(data_dir: Path) -> Servers | None:
    """Return the servers on `data_dir` if one of them lives, whether they answer or not."""
    home, record = _noted_servers(data_dir)
    return _as_servers(home, record) if record is not None and _alive(home, record) else None


def _noted_servers(data_dir: Path) -> tuple[Path, _Record | None]:
    with unusable_said(data_dir):
        home = data_dir.expanduser().resolve()
        record = read(home / "servers.json", _Record)
    if record is not None:
        _require_safe(data_dir)
    return home, record


@contextmanager
def borrowed(data_dir: Path) -> Iterator[Servers]:
    """Provide the servers that run on `data_dir`; else run its own, until the last who borrows them is done."""
    with ExitStack() as stack:
        yield _found_or_started(_made(data_dir), stack)


@contextmanager
def temporary_servers(within: Path | None = None) -> Iterator[Servers]:
    """Run servers on a new directory, in `within`, that goes when they stop: for tests and benchmarks."""
    with tempfile.TemporaryDirectory(prefix="barograph-", dir=within) as directory, servers(Path(directory)) as started:
        yield started


def _started(
    home: Path, programs: tuple[Path, Path], keeper: Executor, stack: ExitStack, tries: int = PORT_TRIES
) -> RunningServers:
    with ExitStack() as undo:
        try:
            kept = _launched(home, programs, keeper, undo)
        except PortTaken:
            if tries == 1:
                raise
        else:
            stack.enter_context(undo.pop_all())
            return kept
    return _started(home, programs, keeper, stack, tries - 1)


def _launched(home: Path, programs: tuple[Path, Path], keeper: Executor, undo: ExitStack) -> RunningServers:
    instance = load(home)
    mongod, redis_server = (str(program) for program in programs)
    mongo, redis = [mongod, *mongod_options(home, instance)], [redis_server, "-"]
    # "-": the configuration comes on standard input, so that the password is neither in `ps` nor in a file.
    told = redis_configuration(instance)
    log, port = home / "mongod.log", instance.mongo_port
    starts = {
        "mongod": partial(spawn, keeper, mongo, port=port, room=home / "mongo", log=log),
        "redis": partial(
            spawn, keeper, redis, port=instance.redis_port, room=home / "redis", log=home / "redis.log", told=told
        ),
    }
    kept = RunningServers(home, instance, starts)
    undo.callback(stop, kept.children)
    kept.start()
    undo.callback(warn_of_ended, kept.children)
    return kept


def _noted(pid: int) -> _Process:
    return _Process(pid, psutil.Process(pid).create_time() - psutil.boot_time())


def _as_servers(home: Path, record: _Record) -> Servers:
    return Servers(record.mongo_url, record.redis_url, home, record.mongod.pid, record.redis.pid)


def _alive(home: Path, record: _Record) -> list[psutil.Process]:
    """Those of the recorded processes that live and are ours: number, start and working directory agree."""
    found = []
    for noted, room in ((record.mongod, home / "mongo"), (record.redis, home / "redis")):
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):  # gone, or another user's
            process = psutil.Process(noted.pid)
            same_start = abs(_noted(noted.pid).started_s - noted.started_s) < 2  # the boot time is known to the second
            if same_start and process.status() != psutil.STATUS_ZOMBIE and process.cwd() == str(room):
                found.append(process)
    return found


def _end_orphans(home: Path) -> None:
    """End the servers of a starter that was killed: its lock is free, so nobody uses them any more."""
    with unusable_said(home):
        record = read(home / "servers.json", _Record)
    orphans = _alive(home, record) if record else []
    for end in (psutil.Process.terminate, psutil.Process.kill):
        for orphan in orphans:
            with contextlib.suppress(psutil.NoSuchProcess):  # it ended meanwhile, which is the aim
                end(orphan)
        deadline_s = time.monotonic() + ORPHAN_PATIENCE_S
        while not all(map(_has_ended, orphans)) and time.monotonic() < deadline_s:
            time.sleep(0.01)


def _has_ended(orphan: psutil.Process) -> bool:
    # It may stay a zombie as long as process 1 likes; but a zombie with threads left still holds its files.
    try:
        return orphan.status() == psutil.STATUS_ZOMBIE and orphan.num_threads() == 1
    except psutil.NoSuchProcess:
        return True


def _found_or_started(home: Path, stack: ExitStack) -> Servers:
    deadline_s = time.monotonic() + BORROW_PATIENCE_S
    while True:
        with ExitStack() as attempt:
            try:
                found = _shared(home, attempt) or _lent(home, attempt)
            except DataDirectoryInUse:
                # Somebody is just starting or stopping: ask again.
                if time.monotonic() > deadline_s:
                    raise
            else:
                stack.enter_context(attempt.pop_all())
                return found
        time.sleep(0.05)


def _shared(home: Path, stack: ExitStack) -> Servers | None:
    """The servers that run; whoever started them for itself alone waits for the lock that is held with this stack."""
    with ExitStack() as attempt:
        attempt.enter_context(locked(home / "borrowers.lock", exclusive=False))
        if found := running(home):
            stack.enter_context(attempt.pop_all())
        return found


def _lent(home: Path, stack: ExitStack) -> Servers:
    """Servers of our own; on the way out others may finish with them, and nobody begins while they stop."""
    lock = stack.enter_context(ExitStack())
    started = stack.enter_context(servers(home))
    stack.callback(lambda: lock.enter_context(locked(home / "borrowers.lock", exclusive=True)))
    return started


@contextmanager
def _held(home: Path) -> Iterator[None]:
    with ExitStack() as stack:
        try:
            descriptor = stack.enter_context(locked(home / "lock", exclusive=True, wait=False))
        except BlockingIOError as error:
            holder = (home / "lock").read_text() or "just starting"
            raise DataDirectoryInUse(
                f"the data directory {home} is in use by another instance (process {holder}): "
                "stop that one, or give another directory"
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield


def _made(data_dir: Path) -> Path:
    with unusable_said(data_dir):
        home = data_dir.expanduser().resolve()
        for room in (home, home / "mongo", home / "redis"):
            room.mkdir(mode=0o700, parents=True, exist_ok=True)
    _require_safe(data_dir)
    return home


def _require_safe(data_dir: Path) -> None:
    try:
        require_directory(data_dir.expanduser())
    except SettingsError as error:
        raise DataDirectoryUnusable(str(error)) from error


def _require_room(home: Path) -> None:
    with unusable_said(home):
        free_bytes = shutil.disk_usage(home).free
    if free_bytes < ROOM_NEEDED_BYTES:
        raise DataDirectoryUnusable(
            f"the data directory {home} has {free_bytes >> 20} MiB of room left where mongod needs "
            f"{ROOM_NEEDED_BYTES >> 20}: make room, or give another directory"
        )
