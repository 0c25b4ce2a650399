"""A worker computes one thing after the other: seen in a process of its own, for the rest of which it holds."""

from __future__ import annotations

import json
import subprocess
import sys

CHILD = """
import asyncio, json, threading
from threadpoolctl import threadpool_info
from barograph.cli.one_core import compute_in_turn

running, most = threading.Semaphore(0), []

def one():
    running.release()
    most.append(running._value)
    threading.Event().wait(0.02)
    running.acquire()
    return threading.current_thread().name

async def several(in_turn):
    if in_turn:
        compute_in_turn()
    return await asyncio.gather(*(asyncio.to_thread(one) for _ in range(4)))

asyncio.run(several(False))
side_by_side, most[:] = max(most), []
names = asyncio.run(several(True))
blas = [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]
print(json.dumps([side_by_side, max(most), sorted(set(names)), blas]))
"""


def test_what_is_computed_side_by_side_is_computed_in_turn():
    done = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    side_by_side, in_turn, names, blas = json.loads(done.stdout)
    assert side_by_side > 1
    assert in_turn == 1
    assert set(names) == {"measures_0"}
    assert set(blas) <= {1}
