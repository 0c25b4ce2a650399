"""What the log says of who comes and goes: by name, by connection, and of a crowd in few lines."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.asyncio.client import connect

from barograph.logs import about_connection, log_to
from ingest import attendance, refusals
from ingest.attendance import LINES, SPAN_S, Attendance
from ingest.messages import Refused
from ingest.refusals import Refusals

DEVICES = 512
LAYOUT = {"rows": 1, "cols": 2, "dtype": "float32"}


@contextmanager
def logged() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Let all lines of this process be read as they are written."""
    root, before = logging.getLogger(), (list(logging.getLogger().handlers), logging.getLogger().level)
    log_to(out := io.StringIO(), "info")
    try:
        yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    finally:
        logging.captureWarnings(False)
        root.handlers[:], root.level = before


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    caplog.set_level(logging.INFO, "barograph.ingest")
    return lambda message: [record for record in caplog.records if record.getMessage() == message]


def test_the_first_of_a_crowd_are_named_and_the_rest_are_counted(lines: Any) -> None:
    log = Attendance()
    for number in range(DEVICES):
        log.note("joined", workout=f"walk-{number}")
        log.note("connected", address="10.0.0.7")
    assert [line.workout for line in lines("joined")] == [f"walk-{number}" for number in range(LINES)]
    log.flush(time.monotonic() + SPAN_S)
    *_, last = lines("joined")
    assert (last.count, last.reason) == (DEVICES - LINES, attendance.BEYOND)
    assert len(lines("joined")) + len(lines("connected")) == 2 * (LINES + 1)
    log.note("joined", workout="later")
    assert lines("joined")[-1].workout == "later"


def test_an_event_is_told_again_after_its_time_and_says_what_was_not_told(lines: Any, monkeypatch: Any) -> None:
    log, now_s = Attendance(), 100.0
    monkeypatch.setattr(attendance.time, "monotonic", lambda: now_s)
    for _ in range(LINES + 3):
        log.note("joined", workout="w")
    now_s += SPAN_S
    log.note("joined", workout="next")
    counted, named = lines("joined")[-2:]
    assert (counted.count, named.workout) == (3, "next")


async def test_a_line_that_counts_has_no_connection_and_one_of_a_sender_has_its_own(monkeypatch: Any) -> None:
    monkeypatch.setattr(refusals, "MOST_SENDERS", 1)
    crowd, refused, now_s = Attendance(), Refusals(), time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now_s)

    async def serve(name: str) -> None:
        about_connection(name)
        for _ in range(LINES + 3):
            crowd.note("joined", workout=name)
        for _ in range(3):
            refused.note(name, Refused("rate_limited", "max_frames_per_s: too many"), address=None)
        refused._beyond = 7

    with logged() as lines:
        await asyncio.create_task(serve("first"))
        now_s += SPAN_S
        await asyncio.create_task(serve("second"))  # writes what was counted of the first
        refused.flush(now_s + SPAN_S)
    counted = [line for line in lines() if line["event"] == "joined" and "count" in line]
    assert [("connection" in line, line["count"]) for line in counted] == [(False, 3)]
    told = [(line.get("connection"), line["count"]) for line in lines() if line["event"] == "refused"]
    assert told == [("first", 1), ("second", 1), (None, 7), ("first", 2), ("second", 2), (None, 7)]


async def test_every_line_about_a_connection_says_which_workout_and_stream(ingest: Any) -> None:
    found: dict[str, dict[str, Any]] = {}
    with logged() as lines:
        for name in ("one", "two"):
            async with connect(ingest.ws_url, additional_headers=ingest.owner) as socket:
                names = {"workout_id": name, "stream": "left", "epoch": "e"}
                await socket.send(json.dumps({"type": "join_session", **names, "layout": LAYOUT}))
                await asyncio.wait_for(socket.recv(), 20)
        while [line["event"] for line in lines()].count("session over") < 2:
            await asyncio.sleep(0.02)
    for line in lines():
        if "connection" in line:
            found.setdefault(line["connection"], {})[line["event"]] = line
    assert len(found) == 2
    for said in found.values():
        assert {"connected", "joined", "disconnected", "session over"} <= said.keys()
        assert said["joined"]["workout"] == said["session over"]["workout"]
        assert said["joined"]["stream"] == said["session over"]["stream"] == "left"
    assert {said["joined"]["workout"] for said in found.values()} == {"one", "two"}
