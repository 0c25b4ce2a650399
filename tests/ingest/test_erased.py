"""A workout is erased while clients stream into it: it stays erased, whoever sends, through whichever door."""

from __future__ import annotations

import asyncio
import json
import time
import uuid

import httpx
import numpy as np
import pytest
from tabs import tab
from websockets.asyncio.client import connect

from barograph import codec
from barograph.frames import Layout, Stream
from barograph.store import departing
from barograph.store.roster import Athlete
from ingest import erasures
from ingest.device import sender
from ingest.device.connection import SendRefused
from ingest.device.spoolfile import SpoolFile

LAYOUT = Layout(rows=4, cols=4, dtype="uint16")
MATRIX = [[1, 2], [3, 4]]
PATIENCE_S = 20


@pytest.fixture
async def http(ingest):
    async with httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner, timeout=PATIENCE_S) as client:
        yield client


async def gone(socket) -> dict:
    """The error that says so."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            event = json.loads(await socket.recv())
            if event.get("code") == "gone":
                return event


async def erased(http, archive, live, workout_id: str = "run") -> None:
    assert (await http.get(f"/api/workouts/{workout_id}")).status_code == 404
    listed = (await http.get("/api/workouts")).json()["workouts"]
    assert workout_id not in [each["workout_id"] for each in listed]
    assert await archive.dirty_streams(1 << 60) == []
    for name in ("left", "main"):
        assert await live.recent(Stream(workout_id, name), 3600) == []


class Device:
    """Streams batches as fast as it can, and reads what it is told."""

    def __init__(self, url: str, epoch: str) -> None:
        self.url, self.names = url, {"workout_id": "run", "stream": "left", "epoch": epoch}
        self.sent = asyncio.Event()

    async def run(self) -> dict:
        async with connect(self.url) as socket:
            await socket.send(json.dumps({"type": "join_session", **self.names, "layout": LAYOUT.to_dict()}))
            sending = asyncio.create_task(self._send(socket))
            try:
                return await gone(socket)
            finally:
                sending.cancel()

    async def _send(self, socket) -> None:
        frames = np.ones((20, 4, 4), "<u2").tobytes()
        for n in range(1 << 20):
            head = {
                "type": "frames",
                **self.names,
                "seq": 20 * n,
                "n": 20,
                "t0_us": time.time_ns() // 1000,
                "dt_us": 100,
            }
            await socket.send(codec.encode(head, frames))
            await asyncio.sleep(0.005)
            if n == 20:
                self.sent.set()


async def test_devices_at_full_speed_at_two_processes_hear_it_and_nothing_comes_back(
    ingest, other_ingest, http, mongo_archive, redis_live
):
    devices = [Device(one.ws_url, str(uuid.uuid4())) for one in (ingest, other_ingest)]
    running = [asyncio.create_task(device.run()) for device in devices]
    for device in devices:
        await asyncio.wait_for(device.sent.wait(), PATIENCE_S)
    assert (await http.delete("/api/workouts/run")).json()["deleted"] is True
    told = await asyncio.wait_for(asyncio.gather(*running), PATIENCE_S)
    assert {each["retryable"] for each in told} == {False}
    assert all("erased" in each["message"] for each in told)
    for device in devices:  # resumed, at the other one too
        for one in (ingest, other_ingest):
            device.url = one.ws_url
            await asyncio.wait_for(device.run(), PATIENCE_S)
    await asyncio.sleep(1.5)  # what was under way has landed
    await erased(http, mongo_archive, redis_live)
    assert (await http.delete("/api/workouts/run")).status_code == 404


async def test_a_client_of_the_predecessor_and_a_viewer_hear_it(ingest, http, mongo_archive, redis_live):
    async with connect(ingest.ws_url) as client, connect(ingest.ws_url, additional_headers=ingest.owner) as viewer:
        for socket in (client, viewer):
            await socket.send(json.dumps({"type": "join_session", "workout_id": "run"}))
            assert json.loads(await socket.recv())["type"] == "session_joined"
        frame = {"type": "pressure_frame", "workout_id": "run", "matrix": MATRIX, "nodes": 4}
        for _ in range(10):
            await client.send(json.dumps(frame))
        while json.loads(await client.recv())["type"] != "frame_processed":
            pass
        await http.delete("/api/workouts/run")
        for socket in (client, viewer):
            assert (await gone(socket))["workout_id"] == "run"
        await client.send(json.dumps(frame))
        await gone(client)
        for message in ({"type": "join_session", "workout_id": "run"}, frame,
                        {"type": "marker", "workout_id": "run", "label": "late"}):  # fmt: skip
            await client.send(json.dumps(message))
            await gone(client)
        await client.send(json.dumps({"type": "join_session", "workout_id": "another"}))
        while json.loads(await client.recv())["type"] != "session_joined":
            pass
    await erased(http, mongo_archive, redis_live)


async def test_socket_io_and_http_are_told_too(ingest, http, mongo_archive, redis_live):
    body = {"matrix": MATRIX, "nodes": 4, "timestamp": time.time()}
    assert (await http.post("/api/workouts/run/frames", json=body)).status_code == 200
    async with tab(ingest.http_url, "run", "polling", "python") as page:
        await page.hear("session_joined")
        assert (await page.call("pressure_frame", workout_id="run", **body))["ok"]
        await http.delete("/api/workouts/run")
        for event, more in (("pressure_frame", body), ("join_session", {}), ("pressure_frame", body)):
            answer = await page.call(event, workout_id="run", **more)
            assert (answer["ok"], answer["code"]) == (False, "gone")
    numbered = {**body, "seq": 0, "epoch": "e"}
    answers = [
        await http.post("/api/workouts/run/frames", json=body),
        await http.post("/api/workouts/run/frames", json=[numbered]),
        await http.put("/api/workouts/run", json={"timeSeriesData": [body]}),
        await http.put("/api/workouts/run", json={"athlete": "A"}),
    ]
    assert [(each.status_code, each.json()["error"]["code"]) for each in answers] == [(410, "gone")] * 4
    await erased(http, mongo_archive, redis_live)


async def test_a_person_uses_the_name_again_and_the_old_device_stays_out(ingest, http, mongo_archive, redis_live):
    device = Device(ingest.ws_url, "old")
    running = asyncio.create_task(device.run())
    await asyncio.wait_for(device.sent.wait(), PATIENCE_S)
    await http.delete("/api/workouts/run")
    made = await http.post("/api/workouts", json={"workout_id": "run", "athlete": "B"})
    assert (made.status_code, made.json()["frame_count"], made.json()["streams"]) == (201, 0, [])
    await asyncio.wait_for(running, PATIENCE_S)
    assert (await asyncio.wait_for(device.run(), PATIENCE_S))["code"] == "gone"
    await asyncio.sleep(1.5)
    workout = (await http.get("/api/workouts/run")).json()
    assert (workout["athlete"], workout["frame_count"], workout["streams"]) == ("B", 0, [])
    body = {"matrix": MATRIX, "nodes": 4, "timestamp": time.time(), "stream": "new"}
    assert (await http.post("/api/workouts/run/frames", json=body)).status_code == 200
    assert (await http.get("/api/workouts/run")).json()["frame_count"] == 1


async def test_a_sender_stops_with_a_sentence_and_its_spool_keeps_what_was_not_sent(ingest, http, tmp_path):
    def chunks():
        offset_us = np.int64(0)
        while True:
            yield sender.Chunk(offset_us + np.arange(10) * 10_000, np.ones((10, 4, 4), "<u2"))
            offset_us += 100_000

    with SpoolFile(tmp_path / "spool", 64 << 20) as file:
        source = sender.Source("left", LAYOUT, chunks, None, 0)
        sending = asyncio.create_task(sender.send([source], url=ingest.ws_url, workout_id="run", file=file))
        async with asyncio.timeout(PATIENCE_S):
            while (await http.get("/api/workouts/run")).status_code != 200:
                await asyncio.sleep(0.05)
        await http.delete("/api/workouts/run")
        with pytest.raises(SendRefused, match=r"run: this workout was erased.*spool on disk keeps"):
            await asyncio.wait_for(sending, PATIENCE_S)
        with pytest.raises(SendRefused, match="erased"):
            await sender.send([], url=ingest.ws_url, workout_id="", file=file)
    assert (await http.get("/api/workouts/run")).status_code == 404


async def test_what_lands_late_is_swept_and_the_feed_with_it(ingest, http, mongo_archive, redis_live, monkeypatch):
    monkeypatch.setattr(erasures, "SWEEP_EVERY_S", 0.2)
    monkeypatch.setattr(erasures, "SWEPT_AFTER_S", 0.0)
    monkeypatch.setattr(type(mongo_archive), "grace_s", 0.0)
    await http.post("/api/workouts/run/frames", json={"matrix": MATRIX, "nodes": 4, "timestamp": time.time()})
    await http.delete("/api/workouts/run")
    await redis_live.publish([(Stream("run", "main"), b"late")])
    async with asyncio.timeout(PATIENCE_S):
        while await redis_live.recent(Stream("run", "main"), 3600):
            await asyncio.sleep(0.05)


async def of_athlete(archive, http, name: str = "B. Runner"):
    athlete = await archive.roster.add(Athlete(name), now_us=time.time_ns() // 1000)
    assert (await http.post("/api/workouts", json={"workout_id": "run", "athlete": name})).status_code == 201
    assert (await http.post("/api/workouts", json={"workout_id": "other", "athlete": "C"})).status_code == 201
    return athlete


async def test_an_athlete_is_erased_while_a_device_streams(ingest, other_ingest, http, mongo_archive, redis_live):
    athlete = await of_athlete(mongo_archive, http)
    device = Device(other_ingest.ws_url, str(uuid.uuid4()))
    running = asyncio.create_task(device.run())
    await asyncio.wait_for(device.sent.wait(), PATIENCE_S)
    assert (await http.delete("/api/athletes/a-9999")).status_code == 404
    said = (await http.delete(f"/api/athletes/{athlete.short_id}")).json()
    assert (said["state"], said["receipt"]["what"], said["receipt"]["counts"]["sessions"]) == ("done", "athlete", 1)
    assert said["receipt"]["counts"]["frames"] > 0
    assert (await http.get(f"/api/receipts/{said['receipt_id']}")).json() == said["receipt"]
    told = await asyncio.wait_for(running, PATIENCE_S)
    assert "erased" in told["message"]
    await asyncio.sleep(1.5)  # what was under way has landed
    await erased(http, mongo_archive, redis_live)
    assert await mongo_archive.roster.athletes() == []
    assert (await http.get("/api/workouts/other")).status_code == 200
    for name in (athlete.uid, athlete.short_id):
        again = await http.delete(f"/api/athletes/{name}")
        assert (again.status_code, again.json()) == (200, said), "asked again it says what it did"
    await mongo_archive.departures.sweep(1 << 60)
    assert (await http.delete(f"/api/athletes/{athlete.uid}")).status_code == 404, "nothing says any more who it was"


async def test_an_ingest_that_may_not_change_the_roster_leaves_the_rest_and_sweeps(
    ingest, http, mongo_archive, redis_live, monkeypatch
):
    athlete = await of_athlete(mongo_archive, http)
    monkeypatch.setattr(mongo_archive.roster, "names", False)
    said = (await http.delete(f"/api/athletes/{athlete.uid}")).json()
    assert (said["state"], said["receipt"]) == ("under way", None)
    assert (await http.delete(f"/api/athletes/{athlete.uid}")).json() == said, "asked again it goes on"
    assert (await http.get("/api/workouts/run")).status_code == 404
    assert (await http.get(f"/api/receipts/{said['receipt_id']}")).status_code == 404
    monkeypatch.setattr(mongo_archive.roster, "names", True)
    monkeypatch.setattr(erasures, "SWEEP_EVERY_S", 0.2)
    monkeypatch.setattr(departing, "AFTER_S", 0.0)
    async with asyncio.timeout(PATIENCE_S):
        while (answer := await http.get(f"/api/receipts/{said['receipt_id']}")).status_code == 404:
            await asyncio.sleep(0.05)
    assert answer.json()["counts"]["sessions"] == 1
    assert await mongo_archive.roster.athletes() == []
