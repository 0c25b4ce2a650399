"""A page that is slow at its work gets fewer messages, never older ones."""

from __future__ import annotations

from collections import deque

import pytest

from dashboard.feed.pace import LEAST, MOST, PATIENCE_S, SPEAKS_AFTER, Pace

TICK_S = 0.012


def ages_of(each_s: float, way_s: float, *, seconds: float = 60.0) -> tuple[list[tuple[float, float]], int]:
    """When a page has handled messages, each of which takes it `each_s`, and how old they were; how many were sent."""
    pace, waiting, words, ages = Pace(), deque[float](), deque[tuple[float, int]](), list[tuple[float, float]]()
    busy_until, handled, sent = 0.0, 0, 0
    pace.handled(0, 0.0)
    for now in (i * TICK_S for i in range(int(seconds / TICK_S))):
        while waiting and max(busy_until, waiting[0] + way_s) + each_s <= now:
            begun = waiting.popleft()
            busy_until = max(busy_until, begun + way_s) + each_s
            handled += 1
            ages.append((busy_until, busy_until - begun))
            if handled % SPEAKS_AFTER == 0:
                words.append((busy_until + way_s, handled))
        while words and words[0][0] <= now:
            pace.handled(words.popleft()[1], now)
        if not pace.full:
            pace.sent(now)
            waiting.append(now)
            sent += 1
    return ages, sent


@pytest.mark.parametrize("way_s", [0.001, 0.05, 0.5, 2.0])
def test_a_page_that_keeps_up_gets_every_message_however_long_the_way(way_s):
    ages, sent = ages_of(0.001, way_s)
    until_known = 12 * way_s  # twice as many with every answer
    assert sent >= (60 - until_known) / TICK_S - 1
    assert max(age for _, age in ages) < way_s + 2 * TICK_S


@pytest.mark.parametrize("each_s", [0.02, 0.1, 0.5])
@pytest.mark.parametrize("way_s", [0.001, 0.2])
def test_a_slow_page_gets_fewer_messages_and_they_do_not_grow_old(each_s, way_s):
    ages, sent = ages_of(each_s, way_s)
    assert sent <= 60 / each_s + 40
    assert sent > 60 / (each_s + 2 * way_s / LEAST) / 2, "but no fewer than it can take"
    settled = [age for when, age in ages if when > 20]
    assert max(settled) < 2 * (way_s + PATIENCE_S + 2 * LEAST * each_s)


def test_a_page_that_becomes_slow_is_waited_for_at_once():
    pace = Pace()
    pace.handled(0, 0.0)
    for i in range(1000):
        pace.sent(i * TICK_S)
        if i % SPEAKS_AFTER == 0:
            pace.handled(i, i * TICK_S)
    more = 0
    while not pace.full:
        pace.sent(12 + more * TICK_S)
        more += 1
    assert more < 40


def test_a_client_that_says_nothing_is_sent_everything():
    pace = Pace()
    for i in range(10 * MOST):
        assert not pace.full
        pace.sent(i * TICK_S)


def test_the_last_messages_that_a_page_has_not_spoken_of_hold_nothing_up():
    pace = Pace()
    pace.handled(0, 0.0)
    for i in range(SPEAKS_AFTER - 1):
        pace.sent(i * TICK_S)
        assert not pace.full


def test_a_count_that_cannot_be_changes_nothing():
    pace = Pace()
    pace.handled(0, 0.0)
    while not pace.full:
        pace.sent(0.0)
    for count in (-5, 0):
        pace.handled(count, 2.0)
        assert pace.full
    pace.handled(10**12, 2.0)
    assert not pace.full
