import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barograph.frames import Layout, Stream
from barograph.ranges import Ranges
from barograph.store.records import Clock, Epoch, Keys
from ingest.messages import Refused
from ingest.settled import MAX_RANGES, StreamBook
from ingest.stream_session import Arrival, StreamSession

LAYOUT = Layout(rows=2, cols=3, dtype="uint16")
NOW_US = 1_700_000_000_000_000


def session(layout=LAYOUT, stored=(), numbered=True):
    book = StreamBook(Stream("w", "left"), layout, {})
    return StreamSession(book, Epoch(0, "epoch", numbered), Ranges(stored))


def arrival(seq, n=4, *, t_us=None, received_us=NOW_US, dtype="<u2", shape=(2, 3)):
    frames = np.arange(n * shape[0] * shape[1], dtype=dtype).reshape(n, *shape)
    t_us = NOW_US + 10_000 * min(seq or 0, 1 << 20) if t_us is None else t_us
    return Arrival(seq, t_us + 10_000 * np.arange(n, dtype=np.int64), frames, received_us)


def take(subject, arrived, exchanged=None):
    if subject.clock is None:
        subject.clock = subject.proposed_clock(exchanged, int(arrived.times_us[-1]), arrived.received_us)
    return subject.take(arrived).blocks


def settle(subject, blocks):
    for block in blocks:
        subject.settle(block)


def test_a_frame_is_acked_after_it_is_stored_and_not_before():
    subject = session()
    blocks = take(subject, arrival(0))
    assert subject.ack()["next_seq"] == 0
    settle(subject, blocks)
    assert subject.ack() | {"window_frames": 0, "window_bytes": 0} == {
        "type": "ack", "workout_id": "w", "stream": "left", "epoch": "epoch", "next_seq": 4, "frame_count": 4,
        "window_frames": 0, "window_bytes": 0, "missing": [],
    }  # fmt: skip


def test_a_repeat_is_dropped_and_counted_whether_stored_or_on_its_way():
    subject = session()
    first = take(subject, arrival(0))
    assert take(subject, arrival(0)) == []
    settle(subject, first)
    assert [(block.seq, len(block)) for block in take(subject, arrival(2))] == [(4, 2)]
    assert subject.duplicates == 4 + 2


def test_a_hole_is_named_and_a_late_frame_fills_it():
    subject = session()
    settle(subject, take(subject, arrival(0)))
    settle(subject, take(subject, arrival(8)))
    assert (subject.next_seq, subject.missing(), subject.gaps()) == (4, [[4, 4]], 1)
    settle(subject, take(subject, arrival(4)))
    assert (subject.next_seq, subject.missing(), subject.gaps()) == (12, [], 0)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 8), st.booleans()), max_size=30))
def test_every_number_is_taken_once_whatever_comes(steps):
    subject, taken, waiting = session(), [], []
    for seq, n, store in steps:
        waiting += take(subject, arrival(seq, n))
        if store:
            settle(subject, waiting)
            taken += [number for block in waiting for number in range(block.seq, block.stop)]
            waiting = []
    sent = {number for seq, n, _ in steps for number in range(seq, seq + n)}
    left = {number for block in waiting for number in range(block.seq, block.stop)}
    assert len(taken) == len(set(taken))
    assert set(taken) | left == sent
    assert subject.next_seq == next(n for n in range(100) if n not in taken)
    assert subject.book.frame_count == len(taken)


def test_a_session_resumes_where_the_archive_is():
    subject = session(stored=[(0, 10), (12, 14)])
    assert subject.joined(NOW_US)["next_seq"] == 10
    assert subject.joined(NOW_US)["frame_count"] == 12
    assert subject.missing() == [[10, 2]]


def test_frames_without_numbers_are_counted_on_arrival():
    subject = session(numbered=False)
    assert [block.seq for _ in range(3) for block in take(subject, arrival(None, 1))] == [0, 1, 2]


def test_a_clock_within_five_seconds_is_believed():
    subject = session()
    (block,) = take(subject, arrival(0, t_us=NOW_US - 4_000_000))
    assert block.times_us[0] == NOW_US - 4_000_000
    assert not subject.clock.suspect


def test_a_clock_that_is_off_is_suspect_and_its_offset_stays():
    subject = session()
    (first,) = take(subject, arrival(0, t_us=NOW_US - 10**12))
    (second,) = take(subject, arrival(4, t_us=NOW_US - 10**12 + 40_000, received_us=NOW_US + 90_000))
    assert subject.clock.suspect
    assert first.times_us[-1] == NOW_US
    assert np.diff(np.concatenate([first.times_us, second.times_us])).tolist() == [10_000] * 7


def test_an_exchanged_clock_is_believed_however_far_off():
    subject = session()
    (block,) = take(subject, arrival(0, t_us=NOW_US - 10**12), Clock(10**12 + 7, 40))
    assert block.times_us[0] == NOW_US + 7
    assert not subject.clock.suspect


@pytest.mark.parametrize("t_us", [-315_619_200_000_000, 4_102_444_800_000_000, 1 << 61, -(1 << 61)])
def test_a_time_that_cannot_be_is_replaced_by_the_arrival(t_us):
    subject = session()
    subject.clock = Clock(0)
    (block,) = take(subject, arrival(0, t_us=t_us))
    assert (block.times_us == NOW_US).all()


def test_another_shape_is_refused_and_the_session_goes_on():
    subject = session()
    with pytest.raises(Refused, match="expected 2 x 3 cells as before, got 4 x 4") as caught:
        take(subject, arrival(0, shape=(4, 4)))
    assert (caught.value.code, caught.value.field) == ("shape_mismatch", "matrix")
    assert len(take(subject, arrival(0))) == 1


def test_a_frame_with_infinite_cells_is_poison_and_its_neighbours_are_taken():
    subject = session(Layout(rows=2, cols=3))
    bad = arrival(0, dtype="<f8")
    bad.frames[1, 0, 0] = np.inf
    subject.clock = Clock(0)
    taken = subject.take(bad)
    assert taken.poison == [(1, 2)]
    assert [(block.seq, len(block)) for block in taken.blocks] == [(0, 1), (2, 2)]
    settle(subject, taken.blocks)
    assert subject.next_seq == 1
    subject.settle_unstored(1, 1)
    assert (subject.next_seq, subject.gaps()) == (4, 1)


def test_a_number_that_comes_with_another_time_is_reused_and_no_repeat():
    subject = session()
    take(subject, arrival(0))
    taken = subject.take(arrival(2, 2))
    assert (taken.reused, subject.duplicates) == ([], 2)
    taken = subject.take(arrival(0, t_us=NOW_US + 1))
    assert (taken.reused, taken.blocks, subject.duplicates) == ([(0, 4)], [], 2)


def test_a_repeat_older_than_memory_is_judged_by_the_archive():
    subject = session(stored=[(0, 4)])
    subject.clock = Clock(0)
    (unsure,) = subject.take(arrival(0)).unsure
    one = np.array([1])
    stored = {"ids": [1], "e": one * 0, "seq": one * 0, "n": one * 4, "t1_us": one, "r_us": one}
    offsets = 10_000 * np.arange(4)
    assert subject.judge(unsure, Keys(**stored, t_us=one * NOW_US, dt_us=offsets)) == []
    offsets = offsets + np.array([0, 0, 1, 1])
    assert subject.judge(unsure, Keys(**stored, t_us=one * NOW_US, dt_us=offsets)) == [(2, 4)]


def test_a_declared_gap_settles_what_is_not_stored_and_a_late_frame_is_still_stored():
    subject = session()
    settle(subject, take(subject, arrival(0)))
    assert subject.declared(2, 6) == [(4, 8)]
    subject.settle_unstored(4, 4)
    assert (subject.next_seq, subject.gaps()) == (8, 1)
    settle(subject, take(subject, arrival(4)))
    assert (subject.next_seq, subject.gaps(), subject.book.frame_count) == (8, 0, 8)


def test_a_hole_is_overdue_after_ten_seconds_of_a_connection():
    subject = session()
    settle(subject, take(subject, arrival(0)))
    settle(subject, take(subject, arrival(8)))
    assert subject.overdue(NOW_US) == []
    settle(subject, take(subject, arrival(6, 1)))
    assert subject.overdue(NOW_US + 9_999_999) == []
    assert subject.overdue(NOW_US + 10_000_000) == [(4, 6), (7, 8)]
    subject.forget_holes()
    assert subject.overdue(NOW_US + 10_000_000) == []


def test_the_ranges_of_an_epoch_are_bounded_and_filling_one_is_always_possible():
    subject = session(stored=[(2 * i, 2 * i + 1) for i in range(MAX_RANGES)])
    subject.clock = Clock(0)
    with pytest.raises(Refused, match="one range more") as caught:
        subject.take(arrival(10**6, 1))
    assert (caught.value.code, caught.value.retry_after_s) == ("too_many_gaps", 1.0)
    assert len(take(subject, arrival(1, 1))) == 1


@pytest.mark.parametrize("seq", [-1, 2**53, 2**70])
def test_a_number_beyond_its_range_is_refused(seq):
    with pytest.raises(Refused, match="seq"):
        take(session(), arrival(seq))


def test_frame_processed_counts_up_and_carries_the_statistics_by_name():
    subject = session()
    (block,) = take(subject, arrival(0, 2))
    before = subject.book.frame_count
    subject.settle(block)
    events = subject.processed(block, before, {0: "as sent"})
    assert [event["frame_count"] for event in events] == [1, 2]
    assert [event["timestamp"] for event in events] == ["as sent", (NOW_US + 10_000) / 1000]
    assert [event["stats"]["raw_sum"] for event in events] == [15, 51]
    assert not any("_n" in name or "kpa" in name for name in events[0]["stats"])
