"""The highest and the mean load of the last seconds, of streams of any kind."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from analytics import recent_load, rolling
from analytics.streaming.live import LiveRolling
from barograph.errors import InvalidData

Table = Callable[..., pd.DataFrame]


def shaken(table: Table, seed: int, n: int = 900) -> pd.DataFrame:
    """Uneven times with gaps, and missing values."""
    rng = np.random.default_rng(seed)
    seconds = np.cumsum(rng.choice([0.004, 0.01, 0.031, 0.9], n, p=[0.3, 0.5, 0.17, 0.03]))
    force, peak, area = rng.uniform(0, 900, (3, n))
    force[rng.random(n) < 0.1] = np.nan
    return table(seconds, total_force_n=force, peak_kpa=peak, contact_area_cm2=area)


def test_the_highest_values_are_those_of_rolling_live_and_in_batch(table: Table) -> None:
    whole, live = shaken(table, 1), LiveRolling("5s")
    for last in range(100, 900, 100):
        rolled = live.update(whole.iloc[last - 100 : last]).iloc[-1]
        found = recent_load({"plate": whole.iloc[:last]}).loc["plate"]
        for name in whole:
            assert found[f"max_{name}"] == rolled[f"max_{name}"]
            assert found[f"max_{name}"] == rolling(whole.iloc[:last], "5s")[f"max_{name}"].iloc[-1]


def test_all_streams_end_at_the_newest_row_of_all(table: Table) -> None:
    early, late = np.arange(0, 3, 0.01), np.arange(0, 7, 0.01)
    found = recent_load({"a": table(early, raw_sum=300 - early), "b": table(late, raw_sum=late)}, highest_s=5.0)
    assert found["max_raw_sum"].tolist() == pytest.approx([300 - 2.0, 6.99], abs=0.02)
    assert np.isnan(recent_load({"a": table(early, raw_sum=early), "b": table(late, raw_sum=late)}, highest_s=2.0)
                    .loc["a", "max_raw_sum"])  # fmt: skip


@pytest.mark.parametrize("shift", [0.0, 0.17, 0.31, 0.55, 0.8])
def test_the_share_of_an_even_walk_does_not_depend_on_where_it_is_cut(table: Table, shift: float) -> None:
    seconds = np.arange(0, 12 + shift, 0.01)
    step = np.sin(2 * np.pi * seconds / 1.09)
    feet = {
        "left": table(seconds, total_force_n=np.maximum(700 * step, 0)),
        "right": table(seconds, total_force_n=np.maximum(-700 * step, 0)),
    }
    found = recent_load(feet)
    assert found["load_share_pct"].tolist() == pytest.approx([50.0, 50.0], abs=0.35)
    assert found.loc["left", "hann_total_force_n"] == pytest.approx(700 / np.pi, rel=0.01)


def test_weights_are_those_of_a_hann_window_over_the_rows_that_have_a_value(table: Table) -> None:
    rng = np.random.default_rng(3)
    seconds = np.sort(rng.uniform(0, 30, 500))
    half = rng.uniform(0, 100, 500)
    half[rng.random(500) < 0.2] = np.nan
    found = recent_load({"plate": table(seconds, load_left_pct=half)}).loc["plate"]
    seconds = np.rint(seconds * 1e6) / 1e6
    inside = (seconds > seconds[-1] - 10) & ~np.isnan(half)
    w = 1 - np.cos(2 * np.pi * (seconds[inside] - (seconds[-1] - 10)) / 10)
    assert found["hann_load_left_pct"] == pytest.approx((w * half[inside]).sum() / w.sum(), rel=1e-6)


def test_of_too_few_seconds_there_is_no_mean_and_of_a_missing_stream_no_share(table: Table) -> None:
    short = table(np.arange(0, 3.9, 0.01), total_force_n=np.full(390, 500.0))
    assert np.isnan(recent_load({"plate": short}).loc["plate", "hann_total_force_n"])
    assert recent_load({"plate": short}, least_s=3.8).loc["plate", "hann_total_force_n"] == pytest.approx(500.0)
    long = table(np.arange(0, 8, 0.01), total_force_n=np.full(800, 500.0))
    assert recent_load({"left": long, "right": long})["load_share_pct"].tolist() == pytest.approx([50.0, 50.0])
    assert recent_load({"left": long, "right": long.iloc[:0]})["load_share_pct"].isna().all()
    lone = table(np.array([0.0, 8.0]), total_force_n=[500.0, 600.0])
    assert np.isnan(recent_load({"plate": lone}).loc["plate", "hann_total_force_n"]), "both rows weigh nothing"


def test_windows_of_nothing_and_no_streams_are_refused(table: Table) -> None:
    with pytest.raises(InvalidData, match="streams: expected one table or more"):
        recent_load({})
    for asked in ("highest_s", "mean_s", "least_s"):
        with pytest.raises(InvalidData, match="windows longer than 0 s"):
            recent_load({"a": table(raw_sum=[1.0])}, **{asked: 0.0})
