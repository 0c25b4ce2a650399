"""An hour of numbers: bounded, in order, with rates and quantiles that follow from it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.reading.ring import MOST_SERIES, History, quantile
from dashboard.reading.scrape import NoAnswer, read
from ingest.metrics import Metrics

SECOND = 1_000_000


def of(*values: float | None, most: int = 720) -> History:
    """A history of a counter, looked at once a second."""
    history = History(most)
    for i, value in enumerate(values):
        history.take(i * SECOND, None if value is None else {("c",): value})
    return history


@given(st.lists(st.none() | st.floats(0, 1e6), max_size=30), st.integers(1, 9))
def test_it_holds_the_last_looks_in_order_and_no_more(values, most):
    history = of(*values, most=most)
    last = values[-most:]
    assert len(history) == len(last)
    expected = [math.nan if value is None or all(v is None for v in values) else value for value in last]
    np.testing.assert_array_equal(history.series("c"), expected)
    np.testing.assert_array_equal(history.answered(), [value is not None for value in last])
    assert list(history.times_us()) == [i * SECOND for i in range(len(values))][-most:]


def test_a_rate_is_not_known_over_a_gap_or_a_restart():
    rates = of(0, 10, None, 40, 5, 8).rate("c")
    np.testing.assert_array_equal(rates, [np.nan, 10, np.nan, np.nan, np.nan, 3])


def test_a_counter_rises_across_gaps_and_begins_anew_with_its_process():
    assert of(5, 10, None, 40, 5, 8).risen("c") == 5 + 30 + 5 + 3


def test_a_label_that_comes_later_was_nothing_before():
    history = History()
    history.take(0, {("c",): 1})
    history.take(SECOND, None)
    history.take(2 * SECOND, {("c",): 1, ("errors", "late"): 4})
    np.testing.assert_array_equal(history.series("errors", "late"), [0, np.nan, 4])
    assert history.risen("errors", "late") == 4
    assert history.labels("errors") == ["late"]


def test_names_without_end_do_not_fill_the_memory():
    history = History(2)
    history.take(0, {("errors", str(i)): 1.0 for i in range(2 * MOST_SERIES)})
    assert len(history.labels("errors")) == MOST_SERIES


def test_a_quantile_from_buckets_is_within_its_bucket():
    values = np.random.default_rng(1).gamma(2.0, 0.03, 5000)
    edges = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.5, math.inf]
    counts = np.array([(values <= edge).sum() for edge in edges], float)
    for q in (0.05, 0.5, 0.95):
        true = float(np.quantile(values, q))
        after = next(i for i, edge in enumerate(edges) if true <= edge)
        low = edges[after - 1] if after else 0.0
        assert low <= quantile(edges, counts, q) <= edges[after]


def test_a_quantile_beyond_the_last_edge_is_that_edge_and_of_nothing_is_not_known():
    assert quantile([1.0, math.inf], np.array([0.0, 4.0]), 0.5) == 1.0
    assert math.isnan(quantile([1.0, math.inf], np.array([0.0, 0.0]), 0.5))


def test_quantiles_follow_what_was_counted_lately_in_the_metrics_of_the_ingest():
    metrics, history = Metrics(), History()
    for i, seconds in enumerate((0.02, 0.02, 0.02, 0.3, 0.3)):
        history.take(i * SECOND, read(metrics.text().decode())[0])
        for _ in range(10):
            metrics.ack_s.observe(seconds)
    history.take(5 * SECOND, read(metrics.text().decode())[0])
    found = history.quantiles("barograph_ack_seconds", 0.95, looks=2)
    assert math.isnan(found[0])
    assert 0.01 < found[2] <= 0.025
    assert 0.2 < found[5] <= 0.3


@pytest.mark.parametrize("text", ["", "<html>", "barograph_x{", "other_metric 1\n"])
def test_what_is_not_an_ingest_is_no_answer(text):
    with pytest.raises(NoAnswer):
        read(text)
