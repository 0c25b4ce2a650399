"""Many sessions: each analysed once, wherever it runs, and one that fails does not stop the others."""

from __future__ import annotations

import threading

import pandas as pd
import pytest

from analytics import frame_stats, sim
from analytics.sessions import batch, workplaces
from barograph.errors import InvalidData


def largest_force(seed: int) -> pd.DataFrame:
    if seed == 13:
        raise LookupError("no workout 13 is stored")
    stats = frame_stats(sim.walk(1.0, seed=seed)["left"])
    table = pd.DataFrame({"total_force_n": [stats["total_force_n"].max()]}, index=["left"])
    table.attrs = {"units": {"total_force_n": "N"}, "seed": seed}
    return table


def check(outcome: batch.Outcome) -> None:
    table, failed = outcome
    assert table.index.names[0] == "session"
    assert table.index.get_level_values(0).tolist() == [1, 2, 3]
    for seed in (1, 2, 3):
        assert table.loc[(seed, "left"), "total_force_n"] == largest_force(seed)["total_force_n"].iloc[0]
    assert table.attrs == {"units": {"total_force_n": "N"}}
    assert failed.index.tolist() == [13]
    assert failed.loc[13].tolist() == ["LookupError", "no workout 13 is stored"]


def test_sessions_that_fail_are_reported_and_the_others_are_there() -> None:
    check(batch.over([1, 13, 2, 3, 2], largest_force, workers=2))


def test_what_is_no_table_is_a_failure_of_that_session() -> None:
    table, failed = batch.over(["a"], lambda name: name.upper())  # type: ignore[arg-type,return-value]
    assert table.empty
    assert failed.loc["a", "message"] == "expected a DataFrame from the analysis, got str"


def test_an_order_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="sessions: expected one or more"):
        batch.over([], largest_force)
    with pytest.raises(ValueError, match="processes: a cluster has its own"):
        batch.over([1], largest_force, cluster="tcp://127.0.0.1:1", processes=True)
    with pytest.raises(ValueError, match="workers: expected one or more, got 0"):
        batch.over([1], largest_force, workers=0)
    with pytest.raises(ValueError, match="workers: a cluster has its own"):
        batch.over([1], largest_force, cluster="tcp://127.0.0.1:1", workers=2)


def one_row(session: object) -> pd.DataFrame:
    return pd.DataFrame({"n": [1, 2]}, index=["left", "right"])


def test_sessions_may_be_tuples_and_of_several_kinds() -> None:
    sessions = [("run-1", "left"), ("run-2", "left"), "run-3", 4, ("run-1",)]
    table, failed = batch.over(sessions, one_row)
    assert table.index.nlevels == 2
    assert table.index.get_level_values("session").tolist() == [name for name in sessions for _ in range(2)]
    assert table["n"].tolist() == [1, 2] * 5
    assert failed.empty


def test_tuples_that_fail_keep_their_names() -> None:
    def broken(session: tuple[str, str]) -> pd.DataFrame:
        raise LookupError(session[0])

    failed = batch.over([("a", "b"), ("c", "d")], broken).failed
    assert failed.index.tolist() == [("a", "b"), ("c", "d")]
    assert failed["message"].tolist() == ["a", "c"]


def test_a_table_that_does_not_go_under_the_others_costs_none_of_them() -> None:
    def uneven(session: int) -> pd.DataFrame:
        table = one_row(session)
        table.attrs = {"mean": pd.Series([1.0, session]).to_numpy()}
        return table if session else table.set_index("n", append=True)

    table, failed = batch.over([1, 0, 2], uneven)
    assert table.index.get_level_values(0).tolist() == [1, 1, 2, 2]
    assert table.attrs == {}
    assert failed.loc[0, "message"] == "expected an index of 1 levels, as of the first session, got 2"


def test_arguments_in_the_wrong_order_are_named() -> None:
    for sessions, said in (
        ("abc", "got str"),
        (3, "got int"),
        ([["a"]], "names, numbers or tuples"),
        (one_row, "got func"),
    ):
        with pytest.raises(InvalidData, match=f"sessions: expected .*{said}"):
            batch.over(sessions, one_row)  # type: ignore[arg-type]
    with pytest.raises(InvalidData, match="analysis: expected a function of one session, got list"):
        batch.over([1], [1])  # type: ignore[arg-type]


def test_results_come_as_they_are_done() -> None:
    go_on = threading.Event()

    def waits(session: str) -> pd.DataFrame:
        if session == "slow":
            assert go_on.wait(20)
        return one_row(session)

    results = batch.each(["slow", "quick"], waits, workers=2)
    first = next(results)
    assert (first.session, first.failure) == ("quick", None)
    go_on.set()
    assert [result.session for result in results] == ["slow"]


def test_who_leaves_early_begins_no_further_session() -> None:
    begun, go_on = [], threading.Event()

    def waits(session: int) -> pd.DataFrame:
        begun.append(session)
        assert session == 0 or go_on.wait(20)
        return one_row(session)

    results = batch.each(range(100), waits, workers=1)
    next(results)
    results.close()
    go_on.set()
    assert len(begun) <= 2


def test_a_bar_says_how_many_are_done_and_failed(capsys: pytest.CaptureFixture[str]) -> None:
    batch.over([1, 13, 2], largest_force, progress=True)
    shown = capsys.readouterr().err.split("\r")[-1]
    assert "3/3" in shown
    assert "failed=1" in shown


def test_more_sessions_than_are_handed_out_at_once_come_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workplaces, "MOST_AT_ONCE", 4)
    table, _ = batch.over(range(30), one_row, workers=3)
    assert table.index.get_level_values("session").unique().tolist() == list(range(30))


def test_what_leaves_or_has_no_memory_is_a_failure_of_its_session() -> None:
    def leaves(session: int) -> pd.DataFrame:
        raise SystemExit("enough") if session else MemoryError

    assert batch.over([0, 1], leaves).failed.to_numpy().tolist() == [
        ["MemoryError", "there was no memory left"],
        ["SystemExit", "enough"],
    ]
