"""Many sessions: each analysed once, wherever it runs, and one that fails does not stop the others."""

from __future__ import annotations

import warnings

import pandas as pd
import pytest

from analytics import batch, frame_stats, sim


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


def test_a_cluster_by_address_gives_the_same() -> None:
    from distributed import LocalCluster

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None) as cluster:
            check(batch.over([1, 13, 2, 3], largest_force, cluster=cluster.scheduler_address))


def test_what_is_no_table_is_a_failure_of_that_session() -> None:
    table, failed = batch.over(["a"], lambda name: name.upper())  # type: ignore[arg-type,return-value]
    assert table.empty
    assert failed.loc["a", "message"] == "expected a DataFrame from the analysis, got str"


def test_an_order_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="sessions: expected one or more"):
        batch.over([], largest_force)
    with pytest.raises(ValueError, match="workers: a cluster has its own"):
        batch.over([1], largest_force, cluster="tcp://127.0.0.1:1", workers=2)
