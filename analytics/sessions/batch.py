"""One analysis over many sessions, on Dask: local threads by default, a cluster by address.

`over` calls a function once a session and gathers its tables under the sessions' names. A session that fails is
reported and does not stop the others.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from barograph.errors import InvalidData
from barograph.extras import imports_for

MOST_AT_ONCE = 1024


class Outcome(NamedTuple):
    """What became of a batch: `table` of all sessions that worked, `failed` with a row for each that did not."""

    table: pd.DataFrame
    failed: pd.DataFrame


def over(
    sessions: Iterable[Hashable],
    analysis: Callable[[Any], pd.DataFrame],
    *,
    cluster: str | None = None,
    workers: int | None = None,
) -> Outcome:
    """Run an analysis on each session.

    Parameters
    ----------
    sessions : names, or whatever the analysis takes
        Each once; a repeated one is computed once.
    analysis : function of one session
        Gives a DataFrame. It opens what it needs itself: on a cluster it runs in other processes, on other machines,
        and there must be able to reach the archive and import the same packages.
    cluster : address, optional
        Of a Dask scheduler, such as `tcp://10.0.0.5:8786`; without one, threads of this process.
    workers : int, optional
        How many threads; by default one a processor. Not for a cluster, which has its own.

    Returns
    -------
    Outcome with `table`, the tables under one another with `session` as the first level of the index, and `failed`,
    index `session`, columns `error` (its kind) and `message`.

    Raises
    ------
    ValueError
        When there are no sessions, or `workers` comes with a cluster.

    Notes
    -----
    Units and parameters in the tables' `attrs` are kept where all tables agree. Work is handed out 1,024 sessions at a
    time, so that a list of any length keeps neither scheduler nor memory busy with what is not due.

    Examples
    --------
    >>> import pandas as pd
    >>> table, failed = over([1, 2], lambda n: pd.DataFrame({"n": [n]}))
    >>> table["n"].tolist()
    [1, 2]
    """
    wanted = _wanted(sessions)
    if not callable(analysis):
        raise InvalidData(f"analysis: expected a function of one session, got {type(analysis).__name__}")
    if cluster is not None and workers is not None:
        raise InvalidData("workers: a cluster has its own; expected none beside an address", field="workers")
    tables: dict[Hashable, pd.DataFrame] = {}
    wrong: list[tuple[Hashable, str, str]] = []
    with _scheduler(cluster) as options:
        for start in range(0, len(wanted), MOST_AT_ONCE):
            part = wanted[start : start + MOST_AT_ONCE]
            for session, found in zip(part, _computed(part, analysis, options, workers), strict=True):
                if isinstance(found, Failure):
                    wrong.append((session, found.error, found.message))
                else:
                    tables[session] = found
    together = _gathered(_alike(tables, wrong))
    index = pd.Index([session for session, *_ in wrong], name="session", tupleize_cols=False)
    return Outcome(together, pd.DataFrame([why for _, *why in wrong], index=index, columns=["error", "message"]))


def _wanted(sessions: Iterable[Hashable]) -> list[Hashable]:
    if isinstance(sessions, str | bytes) or not isinstance(sessions, Iterable):
        raise InvalidData(f"sessions: expected a list of them, got {type(sessions).__name__}", field="sessions")
    try:
        wanted = list(dict.fromkeys(sessions))
    except TypeError as error:
        raise InvalidData(f"sessions: expected names, numbers or tuples of them: {error}", field="sessions") from error
    if not wanted:
        raise InvalidData("sessions: expected one or more, got none", field="sessions")
    return wanted


class Failure(NamedTuple):
    """Why a session has no table, in words, so that it can travel."""

    error: str
    message: str


def _attempt(analysis: Callable[[Any], pd.DataFrame], session: Any) -> pd.DataFrame | Failure:
    try:
        table = analysis(session)
    except Exception as error:  # noqa: BLE001 - whatever a session's analysis raises is its own, and reported
        return Failure(type(error).__name__, str(error))
    if not isinstance(table, pd.DataFrame):
        return Failure("TypeError", f"expected a DataFrame from the analysis, got {type(table).__name__}")
    return table


def _computed(
    part: list[Hashable], analysis: Callable[[Any], pd.DataFrame], options: dict[str, Any], workers: int | None
) -> Iterable[pd.DataFrame | Failure]:
    with imports_for("analytics.batch"):
        dask: Any = import_module("dask")
    tasks = [dask.delayed(_attempt, pure=False)(analysis, session) for session in part]
    threads = {} if workers is None else {"num_workers": workers}
    found: Iterable[pd.DataFrame | Failure] = dask.compute(*tasks, **options, **threads)
    return found


def _scheduler(cluster: str | None) -> AbstractContextManager[dict[str, Any]]:
    """Where to compute, as options of `dask.compute`."""
    if cluster is None:
        return nullcontext({"scheduler": "threads"})
    return _Cluster(cluster)


class _Cluster(AbstractContextManager[dict[str, Any]]):
    """A client of a cluster, closed in the end."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._client: Any = None

    def __enter__(self) -> dict[str, Any]:
        with imports_for("analytics.batch on a cluster"):
            distributed = import_module("distributed")
        self._client = distributed.Client(self._address, set_as_default=False)
        return {"scheduler": self._client}

    def __exit__(self, *_: object) -> None:
        self._client.close()


def _alike(
    tables: dict[Hashable, pd.DataFrame], wrong: list[tuple[Hashable, str, str]]
) -> dict[Hashable, pd.DataFrame]:
    """The tables whose index has as many levels as the first one's; the others, which do not go under it, are wrong."""
    first = next(iter(tables.values()), pd.DataFrame())
    for session, table in tables.items():
        if table.index.nlevels != first.index.nlevels:
            said = f"expected an index of {first.index.nlevels} levels, as of the first session, got"
            wrong.append((session, "InvalidData", f"{said} {table.index.nlevels}"))
    return {session: table for session, table in tables.items() if table.index.nlevels == first.index.nlevels}


def _gathered(tables: dict[Hashable, pd.DataFrame]) -> pd.DataFrame:
    if not tables:
        return pd.DataFrame()
    # Under numbers first: pandas would take a session that is a tuple for several levels.
    bare = [table.copy() for table in tables.values()]
    for table in bare:
        table.attrs = {}
    together = pd.concat(bare, keys=range(len(bare)), names=["session"])
    names = pd.Index(list(tables), tupleize_cols=False)
    together.index = together.index.set_levels([names], level=[0])  # type: ignore[attr-defined]
    first, *others = (table.attrs for table in tables.values())
    together.attrs = {key: value for key, value in first.items() if all(_equal(one.get(key), value) for one in others)}
    return together


def _equal(one: Any, other: Any) -> bool:
    """Equality of whatever an analysis keeps in its attrs, arrays included."""
    try:
        return bool(np.all(one == other))
    except ValueError:
        return False
