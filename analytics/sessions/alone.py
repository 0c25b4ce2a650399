"""A session in a process of its own: whatever it does to that process, the one that waits for it goes on and says why.

A worker of a cluster runs many sessions, and one that kills it takes the others along. Which one it was is only sure
of a session that was alone. The process is Python anew, which costs a second or two, so only sessions that are suspect
get one. It ends with the worker that waits for it, and may take the memory that the worker may.
"""

from __future__ import annotations

import faulthandler
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Hashable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pandas as pd

KILLED = "KilledWorker"  # the word of Dask for a task whose workers die
ORDER, ANSWER, FAULT = "order", "answer", "fault"

Analysis = Callable[[Any], pd.DataFrame]


class Failure(NamedTuple):
    """Why a session has no table, in words, so that it can travel: kind of the error, and what it says."""

    error: str
    message: str


def attempt(analysis: Analysis, session: Hashable) -> pd.DataFrame | Failure:
    """Return the table of a session, or why there is none."""
    try:
        table = analysis(session)
    except MemoryError as error:
        return Failure("MemoryError", str(error) or "there was no memory left")
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a session's analysis raises is its own, and reported
        return Failure(type(error).__name__, str(error))
    if not isinstance(table, pd.DataFrame):
        return Failure("TypeError", f"expected a DataFrame from the analysis, got {type(table).__name__}")
    return table


def attempt_packed(packed: bytes, session: Hashable) -> pd.DataFrame | Failure:
    """Return the table of a session in this process, which got the analysis as bytes."""
    return attempt(pickle.loads(packed), session)  # noqa: S301 - a cluster runs what whoever asks it sends


def attempt_alone(packed: bytes, session: Hashable) -> pd.DataFrame | Failure:
    """Return the table of a session from a process of its own; one that dies is a failure that says of what."""
    with TemporaryDirectory(prefix="barograph-batch-") as name:
        folder = Path(name)
        (folder / ORDER).write_bytes(pickle.dumps((packed, session, _memory_limit())))
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        command = [sys.executable, "-c", f"from {__name__} import main; main({name!r})"]
        with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE) as child:  # noqa: S603 - this Python
            status = child.wait()  # its standard input stays open as long as there is somebody to wait
        answer = folder / ANSWER
        if answer.exists():
            found: pd.DataFrame | Failure = pickle.loads(answer.read_bytes())  # noqa: S301 - of the process above
            return found
        return Failure(KILLED, _death(status, (folder / FAULT).read_text("utf-8", "replace")))


def _death(status: int, fault: str) -> str:
    """Say of what a process died: `fault` is what Python wrote about it with its last breath."""
    place = next((line.strip() for line in fault.splitlines() if line.startswith("  File ")), "")
    at = f", at {place}" if place else ""
    if status >= 0:
        return f"the session ended its process with status {status}{at}"
    name = signal.Signals(-status).name
    why = "; for want of memory, as a rule" if -status == signal.SIGKILL else ""
    return f"the session killed its process by signal {-status} ({name}, {signal.strsignal(-status)}){why}{at}"


def _memory_limit() -> int | None:
    """Return the memory in bytes that the worker may take in which this runs; None where nobody says."""
    distributed = sys.modules.get("distributed")
    try:
        limit: int | None = distributed.get_worker().memory_manager.memory_limit if distributed else None
    except ValueError:  # not in a worker
        return None
    return limit or None


def _limit_memory(limit: int | None) -> None:
    """Let this process fail to get more memory, rather than take that of others."""
    if limit is not None and sys.platform != "win32":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (limit if most < 0 else min(limit, most), most))


def _end_with_parent() -> None:
    """End this process when nobody waits for it any more."""
    while os.read(0, 1):  # `sys.stdin` would have a lock that nobody gets who wants to end
        pass
    os._exit(1)


def main(name: str) -> None:
    """Compute the one session that a folder has the order for, and leave the answer there."""
    folder = Path(name)
    with (folder / FAULT).open("w", encoding="utf-8") as fault:
        faulthandler.enable(fault, all_threads=False)
        threading.Thread(target=_end_with_parent, daemon=True, name="batch-parent").start()
        packed, session, limit = pickle.loads((folder / ORDER).read_bytes())  # noqa: S301 - of the process that waits
        _limit_memory(limit)
        found = attempt_packed(packed, session)
        part = folder / f"{ANSWER}.part"
        part.write_bytes(pickle.dumps(found))
        part.rename(folder / ANSWER)
