"""What the log says of refused messages and of sessions that end with their connection."""

import asyncio
import logging

import httpx
import pytest
from websockets.asyncio.client import connect

from ingest import refusals
from ingest.messages import Refused
from ingest.refusals import Refusals

FRAME = {"type": "pressure_frame", "workout_id": "w", "matrix": [[1, 2], [3, 4]], "nodes": 4, "timestamp": 1e9}


@pytest.fixture
def lines(caplog):
    """The lines of the ingest with a message, as they come."""
    caplog.set_level(logging.INFO, "barograph.ingest")
    return lambda message: [record for record in caplog.records if record.getMessage() == message]


def refused(code="rate_limited"):
    return Refused(code, f"max_frames_per_s: too many, {code}", field="max_frames_per_s", retry_after_s=1.0)


def test_the_first_refusal_is_told_with_its_reason_and_the_rest_of_a_flood_in_one_line(lines):
    log = Refusals()
    for _ in range(10_000):
        log.note("sender", refused(), address="10.0.0.7", workouts=["w", "x"])
    (first,) = lines("refused")
    assert (first.code, first.field, first.address, first.workouts) == (
        "rate_limited", "max_frames_per_s", "10.0.0.7", ["w", "x"],
    )  # fmt: skip
    assert first.reason == "max_frames_per_s: too many, rate_limited"
    log.flush(1e12)
    assert [line.count for line in lines("refused")] == [1, 9_999]
    log.flush(2e12)
    assert len(lines("refused")) == 2


def test_another_code_and_another_sender_have_lines_of_their_own(lines):
    log = Refusals()
    log.note("a", refused(), address=None)
    log.note("a", refused("bad_field"), address=None)
    log.note("b", refused(), address=None)
    assert len(lines("refused")) == 3


def test_very_many_senders_get_so_many_lines_and_are_counted(lines, monkeypatch):
    monkeypatch.setattr(refusals, "MOST_SENDERS", 100)
    log = Refusals()
    for index in range(5_000):
        log.note(f"sender {index}", refused(), address=None)
    told = lines("refused")
    assert len(told) <= refusals.BURST_LINES + refusals.LINES_PER_S * 5
    assert len(log._told) <= 100


def test_a_long_reason_is_cut(lines):
    Refusals().note("a", Refused("bad_field", "x" * 100_000), address=None)
    assert len(lines("refused")[0].reason) == refusals.SHOWN


@pytest.mark.parametrize(
    ("reason", "logged"),
    [
        ("kind: expected a text, got 'Ann O\\'Neil'", "kind: expected a text, got …"),
        ("rows: expected 1 or more, got -3", "rows: expected 1 or more, got -3"),
        ("n: expected 1 to 9 frames, got 12 of Ann's; send fewer", "n: expected 1 to 9 frames, got 12; send fewer"),
        ("the stream's lease is another's; 'Ann' and \"Ann's\"", "the stream's lease is another's; '…' and \"…\""),
        ("timestamp: got Ann", "timestamp: got …"),
        ("label: 'Ann without an end", "label: '…'"),
    ],
)
def test_the_log_has_a_reason_without_what_had_come(lines, reason, logged):
    Refusals().note("a", Refused("bad_field", reason, field="label"), address=None)
    assert lines("refused")[0].reason == logged


def test_a_field_that_nobody_knows_is_not_named_in_the_log(lines):
    Refusals().note("a", Refused("bad_field", "Ann Lee: expected numbers", field="Ann Lee"), address=None)
    assert (lines("refused")[0].field, lines("refused")[0].reason) == ("…", "…: expected numbers")


async def test_the_log_counts_the_frames_of_a_session_whose_connection_is_lost(ingest, client, lines):
    await client.say(type="join_session", workout_id="w")
    for _ in range(5):
        await client.say(**FRAME)
    for _ in range(5):
        await client.hear("frame_processed")
    client.socket.transport.abort()
    async with asyncio.timeout(20):
        while not lines("session over"):
            await asyncio.sleep(0.02)
    (line,) = lines("session over")
    assert (line.workout, line.stream, line.frames, line.frame_count, line.gaps) == ("w", "main", 5, 5, 0)


async def test_the_log_counts_the_frames_of_a_session_that_is_left(ingest, client, lines):
    await client.say(type="join_session", workout_id="w")
    await client.say(**FRAME)
    await client.say(type="leave_session", workout_id="w")
    await client.hear("session_ended")
    (line,) = lines("left")
    assert (line.workout, line.frame_count) == ("w", 1)


async def test_the_log_names_what_was_refused_over_each_door(ingest, lines):
    async with connect(ingest.ws_url) as socket:
        await socket.send('{"type":"marker","workout_id":"w","label":"x"}')
        await socket.recv()
    assert [line.code for line in lines("refused")] == ["not_joined"]
    async with httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner) as http:
        assert (await http.post("/api/workouts/w/frames", json={"matrix": [[1], [2, 3]]})).status_code == 400
        assert (await http.get("/socket.io/?EIO=4&transport=polling&j=1")).status_code == 400
    assert [line.code for line in lines("refused")] == ["not_joined", "bad_field", "bad_message"]
