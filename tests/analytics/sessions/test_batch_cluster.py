"""A batch on a Dask cluster by address: a real scheduler, three real workers, and sessions that kill them.

What takes longer to see is in `tests/faults/test_batch.py`.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator

import psutil
import pytest
from dask_cluster import SAID, deadly, running, slow, table
from distributed import Client

from analytics.sessions import batch, workplaces
from barograph.errors import InvalidData, ServerAway

pytestmark = pytest.mark.timeout(300)  # seven processes that import all of it, however busy the machine is


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A cluster of three workers."""
    with running(tmp_path_factory.mktemp("dask"), "--nworkers 3") as (address, _), Client(address) as client:
        client.wait_for_workers(3, timeout=60)
        yield address


def test_a_session_that_kills_its_worker_is_its_own_failure_and_the_others_are_there(three: str) -> None:
    sessions = [*range(6), "reads where nothing is", "is wrong", "exits", *range(6, 12)]
    together, failed = batch.over(sessions, deadly, cluster=three)
    assert together["n"].tolist() == list(range(12))
    assert failed.index.tolist() == sessions[6:9]
    assert failed["error"].tolist() == ["KilledWorker", "LookupError", "SystemExit"]
    killing, *others = failed["message"]
    assert re.fullmatch(SAID["reads where nothing is"], killing)
    assert others == ["no such workout", "enough"]


def test_who_leaves_early_takes_back_what_was_not_begun(three: str) -> None:
    results = batch.each(range(200), slow, cluster=three)
    next(results)
    results.close()
    with Client(three, set_as_default=False) as client:
        deadline = time.monotonic() + 10
        while left := [task for tasks in client.processing().values() for task in tasks]:
            assert time.monotonic() < deadline, left
            time.sleep(0.1)


def test_of_a_worker_that_is_lost_nothing_is(three: str) -> None:
    done: list[int] = []
    for result in batch.each(range(12), slow, cluster=three):
        assert result.failure is None
        assert result.table is not None
        if not done:
            psutil.Process(int(result.table["pid"].iloc[0])).kill()
        done.append(int(result.table["n"].iloc[0]))
    assert sorted(done) == list(range(12))


def test_a_cluster_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workplaces, "CONNECT_S", 0.3)
    with pytest.raises(ServerAway, match=r"cluster: no scheduler answers at tcp://127.0.0.1:1 within 0.3 s"):
        batch.over([1], slow, cluster="tcp://127.0.0.1:1")


def test_an_analysis_that_cannot_be_sent_is_named(three: str) -> None:
    lock = threading.Lock()
    with pytest.raises(InvalidData, match=r"analysis: expected a function that other processes can have.*lock"):
        batch.over([1], lambda n: table(n * lock.locked()), cluster=three)
