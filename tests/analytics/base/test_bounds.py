"""Parameters have bounds, from the data where the data have some, and an error says them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics import balance, cop_velocity, spectrum
from analytics.base import bounds
from analytics.base.filters import lowpass
from analytics.streaming.live_window import LiveWindow
from barograph.errors import InvalidData

Table = Callable[..., pd.DataFrame]


@pytest.mark.parametrize("measure", [balance, spectrum, cop_velocity, "lowpass"])
def test_a_cutoff_at_or_above_half_the_sampling_rate_is_refused_with_that_rate(measure: Any, table: Table) -> None:
    t = np.arange(400) / 100
    stats = table(cop_x_mm=np.sin(t), cop_y_mm=np.cos(t))
    call = measure
    if measure == "lowpass":
        us = np.asarray(stats.index.as_unit("us").asi8)

        def call(given: pd.DataFrame, cutoff_hz: float) -> Any:
            return lowpass(given.to_numpy(), us, cutoff_hz=cutoff_hz)

    said = r"cutoff_hz: expected above 0 and below 50 Hz, half the sampling rate of 100 Hz, got 60"
    with pytest.raises(InvalidData, match=said):
        call(stats, cutoff_hz=60.0)
    with pytest.raises(InvalidData, match="got 50"):
        call(stats, cutoff_hz=50.0)
    for nonsense in (np.nan, np.inf, 0.0, -3.0):
        with pytest.raises(InvalidData, match="cutoff_hz: expected"):
            call(stats, cutoff_hz=nonsense)
    call(stats, cutoff_hz=49.0)


def test_the_usual_cutoff_gives_way_to_slow_sampling_and_the_result_says_so(table: Table) -> None:
    t = np.arange(60) / 15
    stats = table(t, cop_x_mm=np.sin(t), cop_y_mm=np.cos(t))
    plain, usual = cop_velocity(stats, cutoff_hz=None), cop_velocity(stats)
    pd.testing.assert_frame_equal(usual, plain)
    assert usual.attrs["cutoff_hz"] is None
    assert spectrum(stats).attrs["cutoff_hz"] is None
    with pytest.raises(InvalidData, match=r"below 7.5 Hz, half the sampling rate of 15 Hz, got 10"):
        cop_velocity(stats, cutoff_hz=10.0)


def test_an_error_says_both_bounds_and_the_unit() -> None:
    assert bounds.number("share", 0.5, above=0, below=1) == 0.5
    with pytest.raises(InvalidData, match="share: expected a number between 0 and 1, got 1"):
        bounds.number("share", 1, above=0, below=1)
    with pytest.raises(InvalidData, match="span: expected a number of 0 or more and at most 3 s, got 4"):
        bounds.number("span", 4, least=0, most=3, unit="s")
    with pytest.raises(InvalidData, match=r"n: expected a whole number of 1 or more and at most 5, got 2\.5"):
        bounds.whole("n", 2.5, 1, 5)
    assert bounds.whole("n", np.int64(3), 1) == 3
    for nonsense in (True, None, "3", np.inf):
        with pytest.raises(InvalidData, match="n: expected a whole number of 1 or more"):
            bounds.whole("n", nonsense, 1)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: LiveWindow(np.nan), "window_s"),
        (lambda: LiveWindow(np.inf), "window_s"),
        (lambda: LiveWindow(5.0, most_rows=0), "most_rows"),
    ],
)
def test_a_window_of_rows_has_bounds(make: Callable[[], Any], name: str) -> None:
    with pytest.raises(InvalidData, match=f"{name}: expected"):
        make()
