"""Batches whose sessions, workers and schedulers die, and whose owner has had enough: `make faults`.

Each begins a cluster of its own, or processes; `tests/analytics/sessions/test_batch_cluster.py` has what is quick.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from dask_cluster import DEADLY, SAID, deadly, running, slow
from distributed import Client

from analytics.sessions import batch

pytestmark = [
    pytest.mark.skipif("BAROGRAPH_FAULTS" not in os.environ, reason="minutes: make faults"),
    pytest.mark.timeout(300),
]


def check(outcome: batch.Outcome) -> None:
    assert outcome.table["n"].tolist() == list(range(24))
    assert outcome.failed.index.tolist() == list(DEADLY)
    assert outcome.failed["error"].tolist() == ["KilledWorker", "KilledWorker", "MemoryError"]
    for session in DEADLY:
        assert re.fullmatch(SAID[session], outcome.failed.loc[session, "message"])


def test_sessions_that_kill_workers_of_a_cluster_as_dask_sets_it_up(tmp_path: Path) -> None:
    options = "--nworkers 3 --memory-limit 600MB"
    with running(tmp_path, options, allowed_failures=3) as (address, _), Client(address) as client:
        client.wait_for_workers(3, timeout=60)
        check(batch.over([*range(12), *DEADLY, *range(12, 24)], deadly, cluster=address))


def test_sessions_that_kill_processes_of_this_machine(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(KILLING)
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "24 tables", "KilledWorker the session ended its process with status 3",
        "KilledWorker the session killed its process by signal 6 (SIGABRT, Aborted)",
    ]  # fmt: skip


KILLING = """
import os, signal, time
import pandas as pd
from analytics import batch

def deadly(session):
    if session == "leaves":
        os._exit(3)
    if session == "aborts":
        signal.signal(signal.SIGABRT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGABRT)
        time.sleep(10)
    return pd.DataFrame({"n": [session]})

if __name__ == "__main__":
    table, failed = batch.over([*range(12), "leaves", "aborts", *range(12, 24)], deadly, processes=True, workers=2)
    print(len(table), "tables")
    for error, message in failed.itertuples(index=False):
        print(error, message)
"""


def test_a_session_kills_no_worker_that_nobody_would_start_again(tmp_path: Path) -> None:
    with running(tmp_path, "--no-nanny", allowed_failures=3) as (address, _), Client(address) as client:
        client.wait_for_workers(1, timeout=60)
        before = client.scheduler_info()["workers"].keys()
        together, failed = batch.over([1, "leaves", 2], deadly, cluster=address)
        assert client.scheduler_info()["workers"].keys() == before
    assert together["n"].tolist() == [1, 2]
    assert failed.loc["leaves"].tolist() == ["KilledWorker", "the session ended its process with status 3"]


def test_what_a_lost_scheduler_did_not_give_back_is_named_and_the_rest_is_kept(tmp_path: Path) -> None:
    with running(tmp_path, "--nworkers 2") as (address, started):
        results = batch.each(range(8), slow, cluster=address)
        assert next(results).failure is None
        started[0].kill()
        begun = time.monotonic()
        rest = list(results)
        assert time.monotonic() - begun < 10
    assert len(rest) == 7
    lost = [result.failure.error for result in rest if result.failure is not None]
    assert lost == ["SchedulerLost"] * len(lost)
    assert len(lost) >= 5


def test_a_cluster_without_workers_is_waited_for_and_no_longer(tmp_path: Path) -> None:
    with running(tmp_path) as (address, _):
        failed = batch.over([1, 2], slow, cluster=address, patience_s=1.5).failed
    assert failed["error"].tolist() == ["NoWorkers"] * 2
    assert failed["message"].iloc[0] == "the cluster had no worker for 1.5 s"


SCRIPT = """
import sys, time
import pandas as pd
from analytics import batch

LOG = sys.argv[2]

def slow(session):
    with open(LOG, "a") as log:
        log.write("begun\\n")
    time.sleep(0.4)
    return pd.DataFrame({"n": [session]})

if __name__ == "__main__":
    options = {"processes": {"processes": True}, "threads": {}}.get(sys.argv[1], {"cluster": sys.argv[1]})
    for n, result in enumerate(batch.each(range(1000), slow, **options)):
        print(n, flush=True)
"""


@pytest.mark.parametrize("where", ["threads", "processes", "cluster"])
def test_ctrl_c_ends_it(where: str, tmp_path: Path) -> None:
    if where != "cluster":
        interrupted(where, tmp_path)
        return
    with running(tmp_path, "--nworkers 2") as (address, _), Client(address) as client:
        client.wait_for_workers(2, timeout=60)
        interrupted(address, tmp_path)
        assert [task for tasks in client.processing().values() for task in tasks] == []


def interrupted(where: str, folder: Path) -> None:
    """Begin a script, interrupt it as a terminal does, and look at what it leaves."""
    (folder / "script.py").write_text(SCRIPT)
    log = folder / "begun"
    command = [sys.executable, str(folder / "script.py"), where, str(log)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as script:
        assert script.stdout is not None
        assert script.stdout.readline() == "0\n"
        os.killpg(script.pid, signal.SIGINT)
        begun = time.monotonic()
        _, errors = script.communicate(timeout=20)
        took_s = time.monotonic() - begun
    assert script.returncode in (1, -signal.SIGINT)
    assert errors.splitlines()[-1] == "KeyboardInterrupt", errors
    assert took_s < 10
    sessions = log.read_text().count("begun")
    time.sleep(0.6)
    assert log.read_text().count("begun") == sessions < 30, "no further session begins"
    left = [one for one in psutil.process_iter(["cmdline"]) if str(log) in (one.info["cmdline"] or [])]
    assert left == []
