"""Rows of one moment: the nearest one, and none that is too far away."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analytics.base.matching import nearest, period_us

TIMES = st.lists(st.integers(0, 400), max_size=40).map(lambda us: np.array(sorted(us), np.int64))


@given(TIMES, TIMES)
def test_each_row_meets_the_nearest_or_nothing(us: np.ndarray, other: np.ndarray) -> None:
    found = nearest(us, other)
    reach = 0.75 * max(period_us(us), period_us(other))
    for at, row in zip(us, found, strict=True):
        away = np.abs(other - at)
        if not len(other) or away.min() > reach:
            assert row == -1
        else:
            assert abs(other[row] - at) == away.min()


def test_a_period_is_the_median_step_without_repeats() -> None:
    assert period_us(np.array([0, 0, 10, 20, 20, 30])) == 10.0
    assert period_us(np.array([5, 5])) == 0.0
