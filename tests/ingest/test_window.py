"""How much a device may have under way, against a server that is simulated: it stores so many frames a second."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.window import (
    FIRST_FRAMES,
    GROWTH,
    IDLE_S,
    LATE_S,
    LEAST_BYTES,
    LEAST_FRAMES,
    MOST_BYTES,
    MOST_FRAMES,
    ROUND_S,
    Window,
)  # fmt: skip

TICK_S = 0.01
COMMIT_S = 0.02
CELLS = 1024  # bytes of a frame


def simulate(per_s, devices, batch, seconds, wants_per_s=1e9, network_s=0.0):
    """Latencies of messages from their sending to their ack, with when they were sent; and the windows at the end.

    Devices send what their windows let them, and `wants_per_s` at most; the server stores in the order of arrival.
    """
    windows = [Window(0.0) for _ in range(devices)]
    sent, acked = np.zeros(devices), np.zeros(devices)
    waiting, acks, latencies, room = deque(), deque(), [], 0.0
    for tick in range(int(seconds / TICK_S)):
        now_s = tick * TICK_S
        while acks and acks[0][0] <= now_s:
            _, device, stop, at_s = acks.popleft()
            acked[device] = stop
            latencies.append((at_s, now_s - at_s))
        for device, window in enumerate(windows):
            while sent[device] + batch - acked[device] <= window.frames and sent[device] + batch <= wants_per_s * now_s:
                sent[device] += batch
                waiting.append((device, sent[device], now_s))
        room = min(room, 0.0) + per_s * TICK_S
        while waiting and room > 0 and waiting[0][2] + network_s / 2 <= now_s:
            device, stop, at_s = waiting.popleft()
            room -= batch
            arrived_s = at_s + network_s / 2
            windows[device].took(batch, batch * CELLS, max(0.0, now_s - arrived_s))
            windows[device].settled(batch, batch * CELLS, COMMIT_S, now_s + COMMIT_S)
            acks.append((now_s + COMMIT_S + network_s / 2, device, stop, at_s))
    return np.array(latencies), windows


@given(per_s=st.integers(20_000, 150_000), devices=st.integers(2, 40), batch=st.sampled_from([1, 10, 50, 64]))
def test_acks_of_devices_that_send_all_they_may_come_soon(per_s, devices, batch):
    latencies, _ = simulate(per_s, devices, max(batch, 10), 4.0)
    steady = latencies[latencies[:, 0] > 1.5, 1]
    least_s = devices * max(LEAST_FRAMES, 2 * batch) / per_s  # what the narrowest windows hold
    assert np.percentile(steady, 95) <= max(0.3, 1.5 * least_s)


@given(per_s=st.integers(20_000, 150_000), devices=st.integers(1, 40))
def test_and_nothing_of_what_the_server_can_store_is_lost_by_it(per_s, devices):
    latencies, _ = simulate(per_s, devices, 50, 4.0)
    stored_per_s = 50 * np.count_nonzero(latencies[:, 0] > 1.5) / 2.5
    alone = MOST_FRAMES / (COMMIT_S + TICK_S)  # what the widest window of one lets it send
    assert stored_per_s >= 0.8 * min(per_s, devices * alone)


def test_a_spool_over_a_slow_network_has_the_widest_window():
    latencies, (window,) = simulate(50_000, 1, 50, 6.0, network_s=0.5)
    assert window.frames == MOST_FRAMES
    at_s = latencies[:, 0]
    assert 50 * np.count_nonzero((at_s > 3) & (at_s < 5)) / 2 > 0.8 * MOST_FRAMES / 0.55


def test_devices_of_100_hz_keep_their_window():
    latencies, windows = simulate(50_000, 40, 10, 4.0, wants_per_s=100)
    assert {window.frames for window in windows} == {FIRST_FRAMES}
    assert latencies[:, 1].max() < 0.1


@given(
    st.lists(
        st.tuples(st.integers(1, 70_000), st.integers(1, 9 << 20), st.floats(0, 60), st.floats(0, 60)), max_size=60
    )
)
def test_whatever_comes_the_window_takes_two_of_the_largest_messages_and_has_its_bounds(steps):
    window, now_s, largest, largest_bytes = Window(0.0), 0.0, 0, 0
    for frames, nbytes, late_s, pause_s in steps:
        now_s += pause_s
        largest, largest_bytes = max(largest, frames), max(largest_bytes, nbytes)
        window.took(frames, nbytes, late_s)
        window.settled(frames, nbytes, late_s, now_s)
        window.settled(frames, nbytes, late_s, now_s + ROUND_S)
        assert min(MOST_FRAMES, max(LEAST_FRAMES, 2 * largest)) <= window.frames <= MOST_FRAMES
        assert min(MOST_BYTES, max(LEAST_BYTES, 2 * largest_bytes)) <= window.bytes <= MOST_BYTES


def test_it_shrinks_to_what_was_settled_and_grows_by_half_while_more_is_sent():
    window = Window(0.0)
    window.settled(400, 400 * CELLS, LATE_S * 2, 0.4)
    assert (window.frames, window.bytes) == (200, LEAST_BYTES)
    window.settled(10, 10 * CELLS, 0.01, 0.4 + 2 * ROUND_S)
    assert window.frames == 200
    window.settled(50, 50 * CELLS, 0.01, 0.4 + 4 * ROUND_S)
    assert (window.frames, window.bytes) == (int(GROWTH * 200), int(GROWTH * LEAST_BYTES))


@pytest.mark.parametrize(("now_s", "opened"), [(IDLE_S - 0.1, False), (IDLE_S + 0.1, True)])
def test_a_window_in_which_nothing_is_sent_opens_once(now_s, opened):
    window = Window(0.0)
    assert window.opened_after_silence(now_s) is opened
    assert (window.frames == MOST_FRAMES) is opened
    assert not window.opened_after_silence(now_s + 0.01)
