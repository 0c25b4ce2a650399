"""Where sessions of a batch are computed: threads of this process, processes of this machine, or a Dask cluster.

A workplace takes sessions and gives futures; `settled` hands out so many at a time and gives back what became of each,
as it comes. Dask does what a cluster needs: it finds workers, and computes again what a lost one had. What it cannot
say is which session of a worker killed it. So a session whose workers died is suspect, not guilty: it is computed once
more, in a process of its own, when the others are through.

    handed out ──table or error──▶ settled
        └──its workers died──▶ suspect ──alone──▶ settled
        └──no scheduler, or no worker for `patience_s`──▶ settled: not computed
"""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import time
from collections.abc import Hashable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Any, Protocol

import pandas as pd

from analytics.sessions.alone import KILLED, Analysis, Failure, attempt, attempt_alone, attempt_packed
from barograph.errors import InvalidData, ServerAway
from barograph.extras import imports_for

MOST_AT_ONCE = 1024  # sessions that wait in a workplace: neither scheduler nor memory is busy with what is not due
LOOK_S = 1.0  # how often somebody looks whether there is still anybody to compute
CONNECT_S = 10.0

Found = pd.DataFrame | Failure
SUSPECT = Failure(KILLED, "its workers died one after the other, and others ran in them too")


class Workplace(Protocol):
    """Where sessions are computed."""

    def hand_out(self, session: Hashable, *, alone: bool) -> Future[Found]:
        """Begin a session, or let it wait for its turn; `alone` in a process of its own."""

    def gone(self) -> Failure | None:
        """Return why nothing that waits will ever be computed, if so."""

    def suspect(self, error: BaseException) -> bool:
        """Return whether this is what becomes of a session whose workers died."""


def settled(place: Workplace, sessions: Sequence[Hashable]) -> Iterator[tuple[Hashable, Found]]:
    """Give what became of each session as it comes, and of suspect ones after the others."""
    suspects = []
    for session, found in _each(place, sessions, alone=False):
        if found is SUSPECT:
            suspects.append(session)
        else:
            yield session, found
    yield from _each(place, suspects, alone=True)


def _each(place: Workplace, sessions: Iterable[Hashable], *, alone: bool) -> Iterator[tuple[Hashable, Found]]:
    due, done = iter(sessions), SimpleQueue[Future[Found]]()
    waiting: dict[Future[Found], Hashable] = {}

    def hand_out(most: int) -> None:
        for session in islice(due, most):
            future = place.hand_out(session, alone=alone)
            waiting[future] = session
            future.add_done_callback(done.put)

    hand_out(MOST_AT_ONCE)
    while waiting:
        try:
            future = done.get(timeout=LOOK_S)
        except Empty:
            gone = place.gone()
        else:
            if not _taken_back(future):
                session = waiting.pop(future)
                hand_out(1)
                yield session, _found(place, future)
                continue
            gone = place.gone() or Failure("CancelledError", "somebody cancelled it on the cluster")
        if gone is not None:
            yield from ((session, gone) for session in (*waiting.values(), *due))
            return


def _taken_back(future: Future[Found]) -> bool:
    return future.cancelled() or isinstance(future.exception(), CancelledError)


def _found(place: Workplace, future: Future[Found]) -> Found:
    error = future.exception()
    if error is None:
        return future.result()
    return SUSPECT if place.suspect(error) else Failure(type(error).__name__, str(error))


class _Threads:
    """Threads of this process: an analysis may be any function, and one that kills the process kills all."""

    def __init__(self, pool: Executor, analysis: Analysis) -> None:
        self._pool, self._analysis = pool, analysis

    def hand_out(self, session: Hashable, *, alone: bool) -> Future[Found]:
        return self._pool.submit(attempt, self._analysis, session)

    def gone(self) -> Failure | None:
        return None

    def suspect(self, error: BaseException) -> bool:
        return False


@contextmanager
def threads_here(analysis: Analysis, workers: int | None) -> Iterator[Workplace]:
    """Compute in threads of this process; who leaves early waits for none of them, and no more begin."""
    pool = ThreadPoolExecutor(workers or os.cpu_count() or 1, "batch")
    try:
        yield _Threads(pool, analysis)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class _Cluster:
    """Workers of a Dask cluster."""

    def __init__(self, client: Any, analysis: Analysis, patience_s: float) -> None:
        self._client, self._patience_s = client, patience_s
        self._killed = import_module("distributed").KilledWorker
        self._packed = _packed(analysis)
        self._seen_s = time.monotonic()
        # A worker without a nanny does not come back: no session may kill one.
        self._fragile = any(worker["nanny"] is None for worker in self._workers().values())

    def hand_out(self, session: Hashable, *, alone: bool) -> Future[Found]:
        one = attempt_alone if alone or self._fragile else attempt_packed
        asked = self._client.submit(one, self._packed, session, pure=False)
        bringing = self._client.gather(asked, asynchronous=True)
        return asyncio.run_coroutine_threadsafe(bringing, self._client.loop.asyncio_loop)

    def gone(self) -> Failure | None:
        if self._client.status != "running":
            return Failure("SchedulerLost", "the scheduler of the cluster went away before this session was computed")
        now_s = time.monotonic()
        if self._workers():
            self._seen_s = now_s
        if now_s - self._seen_s < self._patience_s:
            return None
        return Failure("NoWorkers", f"the cluster had no worker for {self._patience_s:g} s")

    def suspect(self, error: BaseException) -> bool:
        return isinstance(error, self._killed)

    def _workers(self) -> dict[str, Any]:
        workers: dict[str, Any] = self._client.scheduler_info(n_workers=-1)["workers"]
        return workers


def _packed(analysis: Analysis) -> bytes:
    """Return a function as bytes: what was written in a notebook or script whole, what is in a module by its name."""
    try:
        packed: bytes = import_module("cloudpickle").dumps(analysis)
    except (TypeError, pickle.PicklingError) as error:
        text = "analysis: expected a function that other processes can have, which opens files and labs by itself"
        raise InvalidData(f"{text}: {error}", field="analysis") from error
    return packed


@contextmanager
def _held(client: Any, analysis: Analysis, patience_s: float) -> Iterator[Workplace]:
    try:
        yield _Cluster(client, analysis, patience_s)
    finally:
        client.close()  # and the scheduler forgets what was asked


@contextmanager
def cluster_at(address: str, analysis: Analysis, patience_s: float) -> Iterator[Workplace]:
    """Compute on the workers of a scheduler at an address; who leaves early takes back what was not begun."""
    with imports_for("analytics.batch on a cluster"):
        distributed = import_module("distributed")
    try:
        client = distributed.Client(address, timeout=CONNECT_S, set_as_default=False)
    except OSError as error:
        raise ServerAway(f"cluster: no scheduler answers at {address} within {CONNECT_S:g} s: {error}") from error
    except ValueError as error:
        raise InvalidData(
            f"cluster: expected an address such as tcp://10.0.0.5:8786: {error}", field="cluster"
        ) from error
    with _held(client, analysis, patience_s) as place:
        yield place


@contextmanager
def processes_here(analysis: Analysis, workers: int | None, patience_s: float) -> Iterator[Workplace]:
    """Compute in processes of this machine, which end when this does; nobody but this process can reach them."""
    with imports_for("analytics.batch in processes"):
        dask, distributed = import_module("dask"), import_module("distributed")
    # One death is enough to suspect: each suspect gets a process of its own.
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        started = distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            security=True,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
        )
    with started, _held(distributed.Client(started, set_as_default=False), analysis, patience_s) as place:
        yield place
