"""`analytics.batch` on 2,000 synthetic sessions beside a plain loop over them: in threads, and in processes.

    .venv/bin/python tests/benchmarks/bench_batch.py [sessions]

Each session is five seconds of one insole, of which balance is computed; it is a second of a walk over and over, so
that the work is that of the analysis. All ways run one after the other in this run, and their tables are compared. What
is told of processes has their start in it. Without another core there is nothing to be won: cores are in the row.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from analytics import balance, batch, frame_stats, sim
from barograph import Recording

SESSIONS, REPEATS = 2000, 5


@cache
def walk(seed: int) -> Recording:
    """Return a second of a walk, over and over."""
    one = sim.walk(1.0, seed=seed)["left"]
    times_us = one.times_us[0] + 10_000 * np.arange(REPEATS * len(one))
    return Recording(frames=np.tile(one.frames, (REPEATS, 1, 1)), times_us=times_us, layout=one.layout)


def analysed(session: int) -> pd.DataFrame:
    """Return the measures of a session."""
    stats = frame_stats(walk(session % 4))
    return balance(stats).assign(session_mean_n=stats["total_force_n"].mean(), n=session)


def loop(sessions: range) -> pd.DataFrame:
    """Compute one session after the other."""
    return pd.concat([analysed(one) for one in sessions], keys=sessions, names=["session"])


def rows(sessions: int = SESSIONS) -> list[dict[str, Any]]:
    """Rows for `make bench`."""
    every, cores = range(sessions), len(os.sched_getaffinity(0))
    ways: dict[str, Callable[[], pd.DataFrame]] = {
        "loop": lambda: loop(every),
        f"{cores} threads": lambda: batch.over(every, analysed).table,
        f"{cores} processes, their start included": lambda: batch.over(every, analysed, processes=True).table,
    }
    seconds, tables = {}, {}
    for name, way in ways.items():
        begun = time.perf_counter()
        tables[name] = way()
        seconds[name] = time.perf_counter() - begun
        pd.testing.assert_frame_equal(tables[name], tables["loop"])
    plain = seconds.pop("loop")
    peer = f"a plain loop: {sessions / plain:,.0f} sessions/s"
    return [
        {"row": f"batch of {sessions:,} sessions, {name}", "value": sessions / took, "unit": "sessions/s", "peer": peer,
         "ratio": plain / took}
        for name, took in seconds.items()
    ]  # fmt: skip


if __name__ == "__main__":
    sys.stdout.write(json.dumps(rows(*map(int, sys.argv[1:2])), indent=1) + "\n")
