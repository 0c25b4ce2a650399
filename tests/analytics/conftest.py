"""Where the vendors' recordings are, and tables to measure."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

VENDOR = Path(os.environ.get("BAROGRAPH_VENDOR_DATA", Path(__file__).parents[3] / "shared" / "data" / "vendor"))


@pytest.fixture
def vendor() -> Callable[[str], Path]:
    """Path of a vendor's recording; the test is skipped where it is not."""

    def find(name: str) -> Path:
        path = VENDOR / name
        if not path.exists():
            pytest.skip(f"no vendor data at {path}; set BAROGRAPH_VENDOR_DATA")
        return path

    return find


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
