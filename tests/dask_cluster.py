"""A Dask cluster of real processes on loopback, and analyses that do harm."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cloudpickle
import pandas as pd

# What the tests send is sent whole, as from a notebook: workers cannot import this file.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

DEADLY = ("reads where nothing is", "leaves", "wants all memory")
SEGV = r"signal 11 \(SIGSEGV, Segmentation fault\)"
SAID = {
    "reads where nothing is": rf"the session killed its process by {SEGV}, at File .* in string_at",
    "leaves": "the session ended its process with status 3",
    "wants all memory": ".+",
}


@contextmanager
def running(
    folder: Path, *workers: str, allowed_failures: int = 0
) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler, and workers with these options each: its address, and the processes, the scheduler first."""
    file = folder / "scheduler.json"
    environment = {**os.environ, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(allowed_failures)}
    dask = [sys.executable, "-m", "dask"]
    local = ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(file)]
    commands = [[*dask, "scheduler", "--port", "0", *local]]
    commands += [
        [*dask, "worker", "--nthreads", "1", "--local-directory", str(folder), *local, *more.split()]
        for more in workers
    ]
    with (folder / "log").open("wb") as log:
        started = [
            subprocess.Popen(one, env=environment, stdout=log, stderr=log, start_new_session=True) for one in commands
        ]
    try:
        while not file.exists() or not file.read_text("utf-8").endswith("}"):
            assert started[0].poll() is None, (folder / "log").read_text("utf-8")
            time.sleep(0.05)
        yield json.loads(file.read_text("utf-8"))["address"], started
    finally:
        for one in started:  # with nannies and workers, which are of its group
            os.killpg(one.pid, signal.SIGKILL)
            one.wait(20)


def table(n: int) -> pd.DataFrame:
    return pd.DataFrame({"n": [n], "pid": [os.getpid()]})


def deadly(session: int | str) -> pd.DataFrame:
    if session == "reads where nothing is":
        ctypes.string_at(0)
    if session == "leaves":
        os._exit(3)
    if session == "wants all memory":
        held = []
        while True:
            held.append(bytes(range(256)) * (16 << 12))
            time.sleep(0.01)
    if session == "is wrong":
        raise LookupError("no such workout")
    if session == "exits":
        sys.exit("enough")
    time.sleep(0.05)
    return table(int(session))


def slow(session: int) -> pd.DataFrame:
    time.sleep(0.5)
    return table(session)
