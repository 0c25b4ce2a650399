"""Pieces of one length are filtered at once, and are what they are by themselves."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analytics.base.filters import lowpass
from analytics.base.times import Times, runs
from barograph.frames import Floats, Ints

PIECES = st.lists(st.tuples(st.sampled_from([1, 2, 5, 40, 41]), st.sampled_from([5000, 10_000, 0])), max_size=12)


def walked(pieces: list[tuple[int, int]], jitter: bool) -> tuple[Floats, Ints]:
    """Two columns in pieces of so many rows, so far apart, with a missing row between each two; and times."""
    rng = np.random.default_rng(len(pieces))
    values, steps = [np.full((1, 2), np.nan)], [np.array([10_000])]
    for n, step_us in pieces:
        values += [rng.normal(size=(n, 2)), np.full((1, 2), np.nan)]
        steps.append(np.full(n + 1, step_us) + (rng.integers(0, 900, n + 1) if jitter else 0))
    return np.concatenate(values), np.cumsum(np.concatenate(steps)).astype(np.int64)


@given(PIECES, st.booleans())
def test_what_is_filtered_at_once_is_what_each_piece_is_by_itself(pieces: list[tuple[int, int]], jitter: bool) -> None:
    values, us = walked(pieces, jitter)
    times = Times.of(us)
    found = lowpass(values, times, cutoff_hz=10.0)
    assert np.array_equal(np.isnan(found), np.isnan(values))
    for first, after in runs(~np.isnan(values[:, 0]), times):
        alone = np.full(values.shape, np.nan)
        alone[first:after] = values[first:after]
        np.testing.assert_array_equal(found[first:after], lowpass(alone, times, cutoff_hz=10.0)[first:after])
