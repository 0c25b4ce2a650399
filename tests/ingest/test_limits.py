"""What a connection, a stream and an address may ask for, without any socket or clock."""

from contextlib import nullcontext

import pytest

from barograph import settings as settings_module
from barograph.frames import Stream
from ingest.limits import Bucket, Buckets, Limits, Meter
from ingest.messages import Refused
from ingest.outbox import Outbox
from ingest.peers import Peer

JOIN = '{"type":"join_session","workout_id":"w"}'


def limits(tmp_path, **given):
    return Limits(settings_module.load(data_dir=tmp_path, **given))


def test_a_bucket_lets_through_its_burst_and_then_its_rate():
    bucket = Bucket(rate=10, burst=20, now_s=0)
    assert [bucket.take(1, 0) for _ in range(20)] == [0.0] * 20
    assert bucket.take(1, 0) == pytest.approx(0.1)
    passed = sum(bucket.take(1, at / 1000) == 0.0 for at in range(10_000))
    assert 99 <= passed <= 101


def test_a_message_larger_than_the_burst_is_let_through_once_and_is_paid_for():
    bucket = Bucket(rate=10, burst=20, now_s=0)
    assert bucket.take(500, 0) == 0.0
    wait_s = bucket.take(1, 1)
    assert wait_s == pytest.approx(47.1)
    assert bucket.take(1, 1 + wait_s) == 0.0


def test_a_refused_message_that_waits_as_told_is_taken():
    bucket = Bucket(rate=7, burst=3, now_s=0)
    now_s = 0.0
    for _ in range(100):
        wait_s = bucket.take(1, now_s)
        if wait_s:
            assert bucket.take(1, now_s + wait_s) == 0.0
            now_s += wait_s


def test_the_table_of_buckets_is_bounded_and_forgets_those_that_owe_nothing_first():
    table = Buckets(rate=1, burst=2, most=10)
    for _ in range(3):
        table.take("greedy", 1, 0)
    for index in range(9):
        table.take(index, 1, 0.1 * index)
    for index in range(1000):
        table.take(f"other {index}", 1, 2.0)
        assert len(table) <= 10
    assert Buckets(rate=1, burst=2, most=10).take("new", 1, 0) == 0.0


def test_an_address_may_open_so_many_and_gets_them_back(tmp_path):
    some = limits(tmp_path, max_address_sockets=2)
    assert [some.opened("a"), some.opened("a"), some.opened("a"), some.opened("b")] == [True, True, False, True]
    some.closed("a")
    assert some.opened("a")


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("max_joins_per_minute", 3, JOIN),
        ("max_address_joins_per_minute", 3, JOIN),
        ("max_frames_per_s", 2, '{"type":"ping","t1_us":1}'),
        ("max_address_frames_per_s", 2, '{"type":"ping","t1_us":1}'),
        ("max_bytes_per_s", 20, '{"type":"ping","t1_us":1}'),
        ("max_address_bytes_per_s", 20, '{"type":"ping","t1_us":1}'),
    ],
)
def test_what_is_over_a_limit_is_refused_by_the_name_of_its_setting(tmp_path, setting, value, message):
    peer = Peer(Outbox(), Meter(limits(tmp_path, **{setting: value}), "a", 0.0))
    with pytest.raises(Refused, match=setting) as caught:
        for _ in range(10):
            peer.read(message)
    said = caught.value.event()
    assert (said["code"], said["field"], said["retryable"]) == ("rate_limited", setting, True)
    assert 0 < said["retry_after_s"] <= 60


def test_a_stream_is_counted_over_all_its_connections_and_only_by_those_that_feed_it(tmp_path):
    some = limits(tmp_path, max_frames_per_s=10)
    feeding, lying = (Meter(some, "a", 0.0) for _ in range(2))
    lying.sent(1, 0.0)  # a message for a stream that this connection does not feed counts for the connection alone
    feeding.sent(19, 0.0, Stream("w"))
    Meter(some, "a", 0.0).sent(5, 0.0, Stream("w"))
    with pytest.raises(Refused, match="one stream"):
        Meter(some, "a", 0.0).sent(1, 0.0, Stream("w"))


def test_bad_message_after_bad_message_ends_a_connection_and_a_good_one_begins_the_count_anew(tmp_path):
    some = limits(tmp_path, max_bad_messages=3)
    peer = Peer(Outbox(), Meter(some, "a", 0.0))
    for message in ["{", "{", JOIN, "{", "{"]:
        with nullcontext() if message == JOIN else pytest.raises(Refused, match="expected one JSON object"):
            peer.read(message)
        assert peer.ending is None
    with pytest.raises(Refused):
        peer.read("{")
    assert peer.ending == (4400, "bad message after bad message")


def test_whoever_goes_on_beyond_a_limit_is_closed_with_its_own_code(tmp_path):
    peer = Peer(Outbox(), Meter(limits(tmp_path, max_bad_messages=3, max_joins_per_minute=1), "a", 0.0))
    for _ in range(2):  # a burst of two minutes
        peer.read(JOIN)
    for _ in range(3):
        assert peer.ending is None
        with pytest.raises(Refused, match="max_joins_per_minute"):
            peer.read(JOIN)
    assert peer.ending == (4429, "too many")
