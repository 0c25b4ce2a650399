"""Tables to measure."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from analytics.frames import basic_set, gradient, shape
from analytics.frames.frame_stats import _columns, _neighbours


@pytest.fixture(autouse=True)
def _nothing_is_kept_of_layouts() -> None:
    """What a layout makes is worked out anew: a test does not hang on those that ran before it in this process."""
    for kept in (basic_set.weights, gradient._edges_of_layout, shape._grid, _columns, _neighbours):
        kept.cache_clear()


@pytest.fixture
def table() -> Callable[..., pd.DataFrame]:
    """Makes a per-frame table of given columns at given seconds, by default 100 rows a second."""

    def make(seconds: np.ndarray | None = None, **columns: np.ndarray | list[float]) -> pd.DataFrame:
        n = len(next(iter(columns.values())))
        seconds = np.arange(n) / 100.0 if seconds is None else np.asarray(seconds)
        us = 1_735_722_000_000_000 + np.rint(seconds * 1e6).astype(np.int64)
        index = pd.DatetimeIndex(us.astype("M8[us]"), tz="UTC", name="time")
        return pd.DataFrame({name: np.asarray(column, float) for name, column in columns.items()}, index=index)

    return make
