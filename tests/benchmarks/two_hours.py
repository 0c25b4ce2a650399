"""All measures of two hours of two insoles at 100 Hz, as the worker of summaries makes them: seconds and memory.

    .venv/bin/python tests/benchmarks/two_hours.py [seconds]

The recording is a simulated minute over and over, written in bulk by this process. Another one, on one core, computes
what is kept of a session that has ended, as `barograph summaries` does. Printed are its processor time, and the largest
resident set that it ever had (`VmHWM` of its own address space, so that nothing of the importing process is in it):
before it reads anything, which is Python and the libraries, the most of all, and the difference, which the measures
take by themselves. The budget is 60 s of processor time, and 600 MB for the measures.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from bench_session import write

from barograph.access.acting import ITSELF, acting
from barograph.cli.one_core import compute_in_turn
from barograph.servers.embedded import temporary_servers
from barograph.store.summaries import SummariesState
from dashboard.reading.summarising import Summariser

sys.path.append(str(Path(__file__).parents[1]))  # what all tests share

from keyed import open_archive

TWO_HOURS_S, DATABASE = 7200, "session"


async def prepare(url: str, seconds: int) -> None:
    """Store the recording."""
    archive = await open_archive(url, DATABASE, 60.0)
    await write(archive, seconds)
    await archive.close()


async def summarise(url: str) -> SummariesState:
    """Compute what is kept of the session."""
    compute_in_turn()
    archive = await open_archive(url, DATABASE, 60.0)
    state = await Summariser(archive, lambda _: True).catch_up()
    await archive.close()
    return state


def measured(url: str) -> dict[str, float]:
    """Compute on one core; return seconds and MB of this process."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    before_s, begun = time.process_time(), time.perf_counter()
    before_mb = most_mb()
    state = asyncio.run(summarise(url))
    return {
        "sessions": state.current, "failed": state.failed, "processor s": round(time.process_time() - before_s, 1),
        "s": round(time.perf_counter() - begun, 1), "memory of libraries, MB": round(before_mb),
        "most memory, MB": round(most_mb()), "of the measures, MB": round(most_mb() - before_mb),
    }  # fmt: skip


def most_mb() -> float:
    """Return the most memory that this process ever had, in MB of 2^20 bytes; what its parent had does not count."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main() -> None:
    """Print what a child process measured, as JSON."""
    if sys.argv[1:2] == ["--measure"]:
        with acting(ITSELF):
            sys.stdout.write(json.dumps(measured(sys.argv[2])))
        return
    seconds = int(sys.argv[1]) if sys.argv[1:] else TWO_HOURS_S
    with temporary_servers() as running:
        begun = time.perf_counter()
        with acting(ITSELF):
            asyncio.run(prepare(running.mongo_url, seconds))
        imported_s = time.perf_counter() - begun
        code = [sys.executable, __file__, "--measure", running.mongo_url]
        done = subprocess.run(code, stdout=subprocess.PIPE, text=True, check=True)
    found = {"recorded s": seconds, "import s": round(imported_s, 1)} | json.loads(done.stdout)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
