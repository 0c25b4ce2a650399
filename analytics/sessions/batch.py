"""One analysis over many sessions: in threads, in processes of this machine, or on a Dask cluster by its address.

`over` calls a function once a session and gathers its tables under the sessions' names; `each` gives them one by one,
as they come. A session that fails is reported and does not stop the others, also one that kills the process in which it
is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Iterable, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analytics.sessions.alone import Failure
from analytics.sessions.workplaces import Workplace, cluster_at, processes_here, settled, threads_here
from barograph.errors import InvalidData
from barograph.extras import imports_for

PATIENCE_S = 60.0


class Outcome(NamedTuple):
    """What became of a batch: `table` of all sessions that worked, `failed` with a row for each that did not."""

    table: pd.DataFrame
    failed: pd.DataFrame


class Result(NamedTuple):
    """What became of one session: its `table`, or None and the `failure`, which has `error` and `message`."""

    session: Hashable
    table: pd.DataFrame | None
    failure: Failure | None


def over(
    sessions: Iterable[Hashable],
    analysis: Callable[[Any], pd.DataFrame],
    *,
    cluster: str | None = None,
    processes: bool = False,
    workers: int | None = None,
    progress: bool = False,
    patience_s: float = PATIENCE_S,
) -> Outcome:
    """Run an analysis on each session, and gather the tables.

    Parameters
    ----------
    sessions : names, or whatever the analysis takes
        Each once; a repeated one is computed once.
    analysis : function of one session
        Gives a DataFrame. To processes and to a cluster it is sent: it opens what it needs by itself, must be able to
        reach the archive and import the same packages there, and may be called more than once for a session.
    cluster : address, optional
        Of a Dask scheduler, such as `tcp://10.0.0.5:8786`; without one, this machine.
    processes : bool, optional
        Processes instead of threads of this one: they compute side by side whatever the analysis does, and one that is
        killed takes nothing along. Their start takes some seconds; a script needs `if __name__ == "__main__":`.
    workers : int, optional
        How many threads or processes; by default one a processor. Not for a cluster, which has its own.
    progress : bool, optional
        A bar on standard error with sessions done, failed, and the time that is left.
    patience_s : float, optional
        How long (s) to wait for a cluster that has no worker, before what is not computed is reported as failed.

    Returns
    -------
    Outcome with `table`, the tables under one another with `session` as the first level of the index, and `failed`,
    index `session`, columns `error` (its kind) and `message`; both in the order of the sessions.

    Raises
    ------
    InvalidData
        When there are no sessions, `workers` or `processes` come with a cluster, or an analysis cannot be sent.
    ServerAway
        When no scheduler answers at the address.
    NotInstalled
        When processes, a cluster or the bar are asked for without `pip install "barograph[batch]"`.

    Notes
    -----
    Units and parameters in the tables' `attrs` are kept where all tables agree. Work is handed out 1,024 sessions at a
    time, so that a list of any length keeps neither scheduler nor memory busy with what is not due.

    A session whose worker died is computed once more, alone in a process of its own: if that dies too, the session has
    the error `KilledWorker`, and its message says of what, with the line of the analysis where Python knows it. Threads
    have no such protection. Of a lost worker's sessions nothing is lost; what a lost scheduler had not given back
    fails with `SchedulerLost`, and `over(failed.index, …)` goes on.

    Examples
    --------
    >>> import pandas as pd
    >>> table, failed = over([1, 2], lambda n: pd.DataFrame({"n": [n]}))
    >>> table["n"].tolist()
    [1, 2]
    """
    wanted = _wanted(sessions)
    found: dict[Hashable, Result] = {}
    options: dict[str, Any] = {"cluster": cluster, "processes": processes, "workers": workers}
    with closing(each(wanted, analysis, **options, progress=progress, patience_s=patience_s)) as results:
        for result in results:
            found[result.session] = result
    return _outcome([found[session] for session in wanted])


def each(
    sessions: Iterable[Hashable],
    analysis: Callable[[Any], pd.DataFrame],
    *,
    cluster: str | None = None,
    processes: bool = False,
    workers: int | None = None,
    progress: bool = False,
    patience_s: float = PATIENCE_S,
) -> Generator[Result, None, None]:
    """Run an analysis on each session, and give what became of each as it comes.

    Parameters are those of `over`, and so are errors. Leaving the loop early, also by Ctrl-C, ends the batch: no
    further session begins, processes end at once, and threads and workers of a cluster when theirs is done.

    Returns
    -------
    Iterator of `Result` with `session`, `table` and `failure`, one of which is None; in the order in which they come.

    Examples
    --------
    >>> import pandas as pd
    >>> for session, table, failure in each(["a"], lambda name: pd.DataFrame({"name": [name]})):
    ...     print(session, len(table), failure)
    a 1 None
    """
    wanted = _wanted(sessions)
    if not callable(analysis):
        raise InvalidData(f"analysis: expected a function of one session, got {type(analysis).__name__}")
    if cluster is not None and workers is not None:
        raise InvalidData("workers: a cluster has its own; expected none beside an address", field="workers")
    if cluster is not None and processes:
        raise InvalidData("processes: a cluster has its own; expected none beside an address", field="processes")
    if workers is not None and workers < 1:
        raise InvalidData(f"workers: expected one or more, got {workers}", field="workers")
    if cluster is not None:
        place = cluster_at(cluster, analysis, patience_s)
    elif processes:
        place = processes_here(analysis, workers, patience_s)
    else:
        place = threads_here(analysis, workers)
    return _results(place, wanted, _bar(len(wanted)) if progress else None)


def _results(
    workplace: AbstractContextManager[Workplace], wanted: Sequence[Hashable], bar: Any
) -> Generator[Result, None, None]:
    failed = 0
    with bar or nullcontext(), workplace as place:
        for session, found in settled(place, wanted):
            result = Result(session, None, found) if isinstance(found, Failure) else Result(session, found, None)
            failed += result.table is None
            if bar is not None:
                bar.set_postfix(failed=failed, refresh=False)
                bar.update()
            yield result


def _bar(total: int) -> Any:
    with imports_for("the bar of analytics.batch"):
        return import_module("tqdm").tqdm(total=total, unit=" sessions")


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


def _outcome(results: Sequence[Result]) -> Outcome:
    """Put tables that have as many levels as the first one's under one another; the others have failed too."""
    first = next((result.table for result in results if result.table is not None), pd.DataFrame())
    tables: dict[Hashable, pd.DataFrame] = {}
    wrong: list[tuple[Hashable, Failure]] = []
    for session, table, failure in results:
        if table is None:
            wrong.append((session, failure or Failure("", "")))
        elif table.index.nlevels == first.index.nlevels:
            tables[session] = table
        else:
            said = f"expected an index of {first.index.nlevels} levels, as of the first session, got"
            wrong.append((session, Failure("InvalidData", f"{said} {table.index.nlevels}")))
    index = pd.Index([session for session, _ in wrong], name="session", tupleize_cols=False)
    failed = pd.DataFrame([why for _, why in wrong], index=index, columns=["error", "message"])
    return Outcome(_gathered(tables), failed)


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
