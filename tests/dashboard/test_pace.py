"""A page that is slow at its work gets fewer messages, never older ones."""

from __future__ import annotations

from collections import deque

import pytest

from dashboard.pace import FREE_MESSAGES, KEPT, PATIENCE_S, Pace

TICK_S = 0.016
SPEAKS_AFTER = 6


def ages_of(each_s: float, way_s: float, *, seconds: float = 20.0) -> tuple[list[float], int]:
    """How old messages are when a page has handled them, which takes `each_s`, and how many were sent."""
    pace, waiting, words, ages = Pace(), deque[float](), deque[tuple[float, int]](), list[float]()
    busy_until, handled, sent = 0.0, 0, 0
    pace.handled(0, 0.0)
    for now in (i * TICK_S for i in range(int(seconds / TICK_S))):
        while waiting and max(busy_until, waiting[0] + way_s) + each_s <= now:
            begun = waiting.popleft()
            busy_until = max(busy_until, begun + way_s) + each_s
            handled += 1
            ages.append(busy_until - begun)
            if handled % SPEAKS_AFTER == 0:
                words.append((busy_until + way_s, handled))
        while words and words[0][0] <= now:
            pace.handled(words.popleft()[1], now)
        if not pace.ahead(now):
            pace.sent(now)
            waiting.append(now)
            sent += 1
    return ages, sent


@pytest.mark.parametrize("way_s", [0.001, 0.05, 0.4])
def test_a_page_that_keeps_up_gets_every_message_however_long_the_way(way_s):
    ages, sent = ages_of(0.001, way_s)
    assert sent == int(20 / TICK_S)
    assert max(ages) < way_s + 2 * TICK_S


@pytest.mark.parametrize("each_s", [0.03, 0.1, 0.5])
def test_a_slow_page_gets_fewer_messages_and_they_do_not_grow_old(each_s):
    ages, sent = ages_of(each_s, 0.01)
    assert sent < 20 / each_s + 60
    settled = ages[len(ages) // 2 :]
    assert max(settled) < PATIENCE_S + (FREE_MESSAGES + SPEAKS_AFTER) * each_s + 0.2


def test_a_client_that_says_nothing_is_sent_everything():
    pace = Pace()
    for i in range(10 * KEPT):
        assert not pace.ahead(i * TICK_S)
        pace.sent(i * TICK_S)


def test_what_a_page_has_not_said_yet_after_a_long_silence_holds_nothing_up():
    pace = Pace()
    for i in range(SPEAKS_AFTER):
        pace.sent(i * TICK_S)
    pace.handled(SPEAKS_AFTER, 0.11)
    for i in range(SPEAKS_AFTER - 1):
        pace.sent(1 + i * TICK_S)
    assert not pace.ahead(3600.0)


def test_a_count_that_cannot_be_changes_nothing():
    pace = Pace()
    for i in range(100):
        pace.sent(i * TICK_S)
    pace.handled(50, 1.6)
    assert pace.ahead(2.0)
    for count in (-5, 0, 50):
        pace.handled(count, 2.0)
        assert pace.ahead(2.0)
    pace.handled(10**12, 2.0)
    assert not pace.ahead(2.0)
