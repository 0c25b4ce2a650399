"""What a connection sends next: laws of the window, of resends and of patience, without a socket or a clock."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.device.answers import Ack, Joined, NotUnderstood, read
from ingest.device.delivery import FIRST_LIMIT_BYTES, RESEND_S, Delivery, Ledger, Link
from ingest.device.spool import Batch, Lost

CELL = 100  # bytes of a frame


def batch(seq, n):
    return Batch(seq, n, np.arange(n), bytes(n * CELL), "raw", CELL)


def ack(next_seq, missing=(), frames=1000, nbytes=1 << 20):
    return Ack(
        stream="left", epoch="e", next_seq=next_seq, window_frames=frames, window_bytes=nbytes, missing=list(missing)
    )


def delivery(next_seq=0, first=0, *, ledger=None, link=None, frames=1000, nbytes=1 << 20):
    joined = Joined(next_seq=next_seq, window_frames=frames, window_bytes=nbytes)
    return Delivery(ledger or Ledger(0), link or Link(10.0), joined, first)


def send(one, item, now_s=0.0):
    part = one.fitting(item)
    if part is not None:
        one.sent(part, now_s)
    return part


def test_a_missing_range_is_sent_again_once_an_ack_and_not_within_a_second():
    one = delivery()
    for seq in range(0, 100, 10):
        send(one, batch(seq, 10), now_s=0.0)
    one.ack(ack(20, [(20, 10), (50, 5)]), 0.1)
    assert one.resend(0.1) is None
    one.ping(1, 0.1)
    assert one.wait_s(0.1) == pytest.approx(RESEND_S - 0.1)
    assert one.resend(1.1) == 20
    one.sent(batch(20, 10), 1.1)
    assert one.resend(1.1) == 50
    one.sent(batch(50, 10).part(50, 55), 1.1)
    assert one.resend(5.0) is None  # the same ack asks once
    one.ack(ack(20, [(20, 10)]), 5.0)
    assert one.resend(5.0) == 20
    one.ack(ack(100), 5.0)
    assert one.resend(9.0) is None


def test_only_what_this_connection_has_sent_can_be_missing_on_it():
    one = delivery()
    send(one, batch(0, 10))
    one.ack(ack(0, [(0, 500)]), 2.0)
    assert one.resend(2.0) == 0
    one.sent(batch(0, 10), 2.0)
    assert one.resend(9.0) is None


@given(
    steps=st.lists(
        st.tuples(st.integers(1, 60), st.floats(0, 1), st.integers(0, 80), st.integers(0, 8000)), max_size=30
    )
)
def test_no_more_than_the_window_is_ever_unsettled(steps):
    one, seq, settled = delivery(frames=50, nbytes=5000), 0, 0
    window_frames, window_bytes = 50, 5000
    for n, share, frames, nbytes in steps:
        if (part := send(one, batch(seq, n))) is not None:
            assert part.seq == seq
            assert part.stop - settled <= max(1, window_frames)
            assert (part.stop - settled) * CELL <= max(CELL, window_bytes)
            assert min(window_frames, window_bytes) > 0
            seq = part.stop
        else:
            full = seq - settled + n > window_frames or (seq - settled + n) * CELL > window_bytes
            assert full or min(window_frames, window_bytes) == 0
        settled += round(share * (seq - settled))
        window_frames, window_bytes = frames, nbytes
        one.ack(ack(settled, frames=frames, nbytes=nbytes), 0.0)


def test_a_number_is_done_when_it_is_settled_and_was_looked_at():
    one = delivery()
    send(one, batch(0, 10))
    assert one.wants_ping(0.0)
    one.ping(1, 0.0)
    send(one, batch(10, 10))
    one.ack(ack(20), 0.1)
    assert one.done_to == 0
    one.pong(2)
    assert one.done_to == 0
    one.pong(1)
    assert one.done_to == 10
    assert one.wants_ping(0.1)  # nothing but that is waited for
    one.ping(3, 0.1)
    assert not one.wants_ping(9.0)
    one.pong(3)
    assert (one.done_to, one.expects) == (20, False)


def test_what_a_join_calls_settled_is_compared_without_taking_room_in_the_window():
    ledger = Ledger(sent_to=80)
    ledger.joined(60, 80, repeats=False)
    one = delivery(60, first=20, ledger=ledger, frames=10)
    for seq in (20, 40):
        assert send(one, batch(seq, 20)).n == 20
    assert send(one, batch(60, 20)).stop == 70
    assert send(one, batch(60, 20)) is None
    one.ping(1, 0.0)
    one.pong(1)
    assert (one.done_to, ledger.over) == (60, False)


def test_reused_numbers_end_the_epoch_once_all_that_was_sent_is_done():
    ledger = Ledger(sent_to=30)
    one = delivery(10, first=0, ledger=ledger)
    send(one, batch(0, 10))
    send(one, batch(10, 10))
    one.reused(4, 10)
    assert (ledger.over, one.epoch_over, ledger.kept_from()) == (True, False, 4)
    assert one.sends_new  # what an earlier process may have sent has to be settled here
    send(one, batch(20, 10))
    assert not one.sends_new
    one.ping(1, 0.0)
    one.ack(ack(30), 0.1)
    assert not one.epoch_over
    one.pong(1)
    assert one.epoch_over


@pytest.mark.parametrize(("repeats", "over"), [(False, True), (True, False)])
def test_a_server_beyond_all_numbers_ends_the_epoch_unless_the_source_gives_the_same_again(repeats, over):
    ledger = Ledger(sent_to=30)
    ledger.joined(50, 30, repeats=repeats)
    one = delivery(50, first=30, ledger=ledger)
    assert (ledger.over, one.epoch_over, one.sends_new) == (over, over, not over)


def test_gaps_take_no_room_and_are_cut_at_what_was_said():
    one = delivery(frames=10)
    assert send(one, Lost(0, 5000, "spool full")).n == 5000
    assert send(one, Lost(0, 6000, "spool full")) == Lost(5000, 1000, "spool full")
    assert send(one, batch(6000, 10)) is None
    one.ack(ack(6000, frames=10), 0.0)
    assert send(one, batch(6000, 10)).n == 10


def test_a_slow_link_is_given_less_and_more_time():
    link = Link(10.0)
    one = delivery(link=link, frames=10_000)
    limit = FIRST_LIMIT_BYTES // CELL
    assert send(one, batch(0, limit)).n == limit
    assert send(one, batch(limit, 10)) is None
    one.ack(ack(limit // 2), 0.5)  # nothing is whole yet
    assert link.limit_bytes == FIRST_LIMIT_BYTES
    link.heard(3.0, 0)  # the way itself is long, and nothing waits on it
    link.heard(3.5, FIRST_LIMIT_BYTES)
    assert (link.limit_bytes, link.patience_s) == (2 * FIRST_LIMIT_BYTES, 14.0)
    link.heard(12.0, FIRST_LIMIT_BYTES)
    assert (link.limit_bytes, link.patience_s) == (FIRST_LIMIT_BYTES, 48.0)
    link.heard(0.1, 0)
    assert link.limit_bytes == FIRST_LIMIT_BYTES  # it was not the limit that held it back
    for _ in range(20):
        link.silent()
    assert link.patience_s == 600.0


@pytest.mark.parametrize("said", ["", "null", "[]", "{}", '{"type": 7}', '{"type": "ack"}', "\x00", '{"type": "pong"}'])
def test_what_is_no_event_is_named(said):
    if said == '{"type": 7}':
        assert read(said) == (None, {"type": 7})
        return
    with pytest.raises(NotUnderstood, match="expected an event of the protocol"):
        read(said)
