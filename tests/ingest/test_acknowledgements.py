"""Socket.IO's own acknowledgements, of every event: after the journal, with the result, in order, bounded."""

import asyncio
import base64
import json
import os
import signal
import time

import numpy as np
import pytest
from tabs import MATRIX, frame, tab

from barograph.frames import Layout, Stream
from barograph.ranges import Ranges
from barograph.store.reading import read_recording
from ingest import receipts
from ingest.messages import Refused
from ingest.outbox import Outbox
from ingest.receipts import Outcome, Receipts, Waiters, answer

CLIENTS = [("npm", "default"), ("npm", "polling"), ("python", "polling"), ("python", "websocket")]
LAYOUT = Layout(rows=4, cols=3, dtype="uint16")
CELLS = np.arange(120, dtype="<u2").reshape(10, 4, 3)

pytestmark = pytest.mark.usefixtures("client_of_npm")


async def receipts_of(page, kind, n):
    """The next n, in the order of the questions where the client's own threads change it."""
    told = [await page.hear("receipt") for _ in range(n)]
    return sorted(told, key=lambda one: one["id"]) if kind == "python" else told


@pytest.mark.parametrize(("kind", "transports"), CLIENTS)
async def test_every_event_is_acknowledged_with_its_result_in_order(ingest, mongo_archive, kind, transports):
    async with tab(ingest.http_url, "a", transports, kind) as page:
        await page.hear("session_joined")
        joined = await page.call("join_session", workout_id="a", kind="walk")
        assert (joined["ok"], joined["status"], joined["frame_count"]) == (True, "joined", 0)
        asked = [await page.ask("pressure_frame", **frame("a", index)) for index in range(40)]
        told = await receipts_of(page, kind, len(asked))
        assert [one["id"] for one in told] == asked
        assert [one["result"] for one in told] == [
            {"ok": True, "seq": index, "n": 1, "frame_count": index + 1} for index in range(40)
        ]
        marked = await page.call("marker", workout_id="a", label="second lap", timestamp=1_700_000_000)
        assert marked == {"ok": True, "label": "second lap", "t_us": 1_700_000_000_000_000}
        assert (await page.call("status", workout_id="a", battery_pct=80))["ok"]
        assert (await page.call("ping", t1_us=5))["t1_us"] == 5
        ended = await page.call("leave_session", workout_id="a")
        assert (ended["ok"], ended["frame_count"], ended["gaps"]) == (True, 40, 0)
    assert len(await read_recording(mongo_archive, Stream("a"))) == 40


@pytest.mark.parametrize(("kind", "transports"), CLIENTS)
async def test_times_that_count_from_a_start_keep_their_steps(ingest, mongo_archive, kind, transports):
    async with tab(ingest.http_url, "c", transports, kind) as page:
        await page.hear("session_joined")
        assert (await page.call("join_session", workout_id="c"))["ok"]
        for index in range(30):
            await page.ask("pressure_frame", **{**frame("c", index), "timestamp": 3000 + 100 * index})
        told = await receipts_of(page, kind, 30)
        assert [one["result"]["frame_count"] for one in told] == list(range(1, 31))
    found = await read_recording(mongo_archive, Stream("c"))
    assert np.diff(found.times_us).tolist() == [100_000] * 29
    assert abs(int(found.times_us[0]) / 1e6 - time.time()) < 120, "placed by its arrival, not in 1970 and not ahead"
    assert (await mongo_archive.stream_info(Stream("c"))).clock_relative


WRONG = [
    ("pressure_frame", {"workout_id": "w", "matrix": [[1, 2], [3]]}, "bad_field", "matrix"),
    ("pressure_frame", {"workout_id": "elsewhere", "matrix": MATRIX}, "not_joined", "workout_id"),
    ("pressure_frame", {"workout_id": "w", "matrix": [[1, 2], [3, 4]], "nodes": 9}, "bad_field", "nodes"),
    ("pressure_frame", {"matrix": MATRIX}, "bad_field", "workout_id"),
    ("join_session", {"workout_id": "a/b"}, "bad_field", "workout_id"),
    ("leave_session", {"workout_id": "elsewhere"}, "not_joined", "workout_id"),
    ("marker", {"workout_id": "w", "label": ""}, "bad_field", "label"),
    ("frames", {"workout_id": "w", "epoch": "e", "seq": 0, "n": 1}, "not_joined", "epoch"),
    ("gap", {"workout_id": "w", "epoch": "e", "seq": 0, "n": 1}, "not_joined", "epoch"),
    ("dance", {"workout_id": "w"}, "unknown_event", "type"),
]


@pytest.mark.parametrize(("kind", "transports"), [CLIENTS[0], CLIENTS[2]])
async def test_what_is_refused_is_acknowledged_with_the_error(ingest, kind, transports):
    async with tab(ingest.http_url, "w", transports, kind) as page:
        await page.hear("session_joined")
        for event, payload, code, field in WRONG:
            refused = await page.call(event, **payload)
            assert (refused["ok"], refused["code"], refused["field"]) == (False, code, field), event
            assert refused["message"]
            assert refused["retryable"] is False


@pytest.mark.parametrize(("kind", "transports"), [CLIENTS[0], CLIENTS[3]])
async def test_a_batch_is_acknowledged_when_all_of_it_is_settled_and_says_what_was_refused(ingest, kind, transports):
    layout = Layout(rows=4, cols=3, dtype="float32")
    async with tab(ingest.http_url, "b", transports, kind) as page:
        await page.hear("session_joined")
        start_us = (await page.call("join_session", workout_id="b", epoch="e", layout=layout.to_dict()))[
            "server_time_us"
        ]
        cells = CELLS.astype("<f4")
        cells[4:6] = np.inf

        async def batch(seq, frames):
            data = base64.b64encode(frames.tobytes()).decode()
            times = {"t0_us": start_us + seq * 1000, "dt_us": 1000}
            return await page.call("frames", workout_id="b", epoch="e", seq=seq, n=len(frames), data=data, **times)

        partly = await batch(0, cells)
        assert (partly["ok"], partly["code"], partly["field"]) == (False, "bad_field", "data")
        assert partly["refused"] == [[4, 2]]
        assert await batch(10, cells[:4]) == {"ok": True, "seq": 10, "n": 4, "frame_count": 12}
        assert await batch(10, cells[:4]) == {"ok": True, "seq": 10, "n": 4, "frame_count": 12}  # again
        gap = await page.call("gap", workout_id="b", epoch="e", seq=14, n=3, reason="spool full")
        assert gap == {"ok": True, "seq": 14, "n": 3, "frame_count": 12}
        start_us += 1
        reused = await batch(10, cells[:4])
        assert (reused["ok"], reused["code"], reused["refused"]) == (False, "seq_reused", [[10, 4]])


@pytest.mark.parametrize(("kind", "transports"), [CLIENTS[0], CLIENTS[2]])
async def test_no_acknowledgement_comes_while_the_archive_is_stopped(ingest, mongo_archive, servers, kind, transports):
    async with tab(ingest.http_url, "s", transports, kind) as page:
        await page.hear("session_joined")
        await page.call("pressure_frame", **frame("s", 0))
        os.kill(servers.mongod_pid, signal.SIGSTOP)
        try:
            asked = [await page.ask("pressure_frame", **frame("s", index)) for index in range(1, 30)]
            asked.append(await page.ask("marker", workout_id="s", label="late"))
            asked.append(await page.ask("leave_session", workout_id="s"))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1.5):
                    await page.hear("receipt")
        finally:
            os.kill(servers.mongod_pid, signal.SIGCONT)
        told = await receipts_of(page, kind, len(asked))
        assert [one["id"] for one in told] == asked
        assert all(one["result"]["ok"] for one in told)
        assert told[-1]["result"]["frame_count"] == 30
    assert len(await read_recording(mongo_archive, Stream("s"))) == 30


async def test_a_frame_of_an_erased_workout_is_acknowledged_as_not_stored(ingest, mongo_archive):
    async with tab(ingest.http_url, "gone") as page:
        await page.hear("session_joined")
        await page.call("pressure_frame", **frame("gone", 0))
        await mongo_archive.delete("gone")
        refused = {"ok": True}
        async with asyncio.timeout(60):
            while refused["ok"]:  # until a second begins, of which nothing is known yet
                at = {"timestamp": time.time() * 1000}
                refused = await page.call("pressure_frame", workout_id="gone", matrix=MATRIX, **at)
        assert (refused["code"], refused["field"]) == ("gone", "workout_id")


# --- without a socket


async def test_answers_go_out_in_the_order_of_the_messages_and_so_many_are_open(monkeypatch):
    monkeypatch.setattr(receipts, "MAX_OPEN", 3)
    box = Outbox()
    open_ = Receipts(box)
    first, second, third = [await open_.ask(id_) for id_ in range(3)]
    waiting = asyncio.create_task(open_.ask(3))
    third.give({"ok": True})
    second.give({"ok": True})
    await asyncio.sleep(0)
    assert (len(box), len(open_), waiting.done()) == (0, 3, False)
    first.give({"ok": False})
    assert [event["id"] for event in await box.next()] == [0, 1, 2]
    assert (await waiting).id == 3


async def test_a_message_whose_frames_are_on_their_way_is_answered_when_the_last_of_them_is_stored():
    pending, waiters, told = Ranges([(5, 15)]), Waiters(), []
    waiters.add(5, 15, told.append)
    waiters.add(8, 9, told.append)
    pending.remove(5, 10)
    waiters.stored(5, 10, pending, 100)
    assert told == [104]  # the frame 8 was the fourth of that block
    pending.remove(10, 15)
    waiters.stored(10, 15, pending, 105)
    assert told == [104, 110]
    waiters.stored(10, 15, pending, 105)
    assert len(told) == 2


async def test_frames_that_are_lost_to_another_connection_are_answered_with_that():
    waiters, box = Waiters(), Outbox()
    receipt = await Receipts(box).ask(7)
    answer(receipt, Outcome(waiters.add, 0, 3))
    waiters.lost(Refused("replaced", "taken", field="epoch"))
    (event,) = await box.next()
    assert json.loads(json.dumps(event["result"])) == {
        "ok": False, "code": "replaced", "message": "taken", "field": "epoch", "retryable": False,
        "retry_after_s": None,
    }  # fmt: skip
