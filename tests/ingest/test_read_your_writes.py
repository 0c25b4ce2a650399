"""Whatever was acknowledged is counted, on every reading surface, through every door, at once."""

import asyncio
import signal
import subprocess
import sys
import time

import httpx
import pytest
from processes import Process
from tabs import MATRIX, frame, tab

import barograph
from barograph import codec
from barograph.frames import Layout
from barograph.store.search import Query
from ingest import streams

LAYOUT = Layout(rows=4, cols=3, dtype="uint16")


@pytest.fixture(autouse=True)
def _no_marks_in_time(monkeypatch):
    """Marks come an hour late: what is counted does not depend on them."""
    monkeypatch.setattr(streams, "MARK_EVERY_S", 3600.0)


async def counts(ingest, archive, workout_id):
    """What every surface says of a workout with one stream."""
    async with httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner, timeout=30) as http:
        listed = (await http.get("/api/workouts")).json()["workouts"]
        at = f"/api/workouts/{workout_id}"
        one = (await http.get(at)).json()
        frames = (await http.get(f"{at}/frames")).json()["frames"]
        stats = (await http.get(f"{at}/stats")).json()["rows"]
        csv = (await http.get(f"{at}/export?format=csv")).text
    found, _ = await archive.search(Query())
    stream = one["streams"][0]
    assert stream["first_us"] <= stream["last_us"]
    assert one["state"] == "live"
    return {
        next(each["frame_count"] for each in listed if each["workout_id"] == workout_id), one["frame_count"],
        stream["frame_count"], len(frames), len(stats), next(w.frames for w in found if w.workout_id == workout_id),
        sum(line[:1].isdigit() for line in csv.splitlines()),
    }  # fmt: skip


async def test_frames_of_a_websocket_are_counted_when_they_are_told(ingest, client, mongo_archive):
    await client.say(type="join_session", workout_id="w")
    for index in range(200):
        at = {"nodes": 6, "timestamp": time.time() * 1000 - 200 + index}
        await client.say(type="pressure_frame", workout_id="w", matrix=MATRIX, **at)
    for _ in range(200):
        await client.hear("frame_processed")
    assert await counts(ingest, mongo_archive, "w") == {200}


async def test_a_batch_is_counted_when_it_is_acked(ingest, client, mongo_archive):
    await client.say(type="join_session", workout_id="b", epoch="e", layout=LAYOUT.to_dict())
    start_us = (await client.hear("session_joined"))["server_time_us"]
    head = {"type": "frames", "workout_id": "b", "epoch": "e", "seq": 0, "n": 50, "t0_us": start_us, "dt_us": 1000}
    await client.socket.send(codec.encode(head, bytes(50 * 24)))
    while (await client.hear("ack"))["next_seq"] < 50:
        pass
    assert await counts(ingest, mongo_archive, "b") == {50}


@pytest.mark.usefixtures("client_of_npm")
async def test_frames_of_socket_io_are_counted_when_they_are_acknowledged(ingest, mongo_archive):
    async with tab(ingest.http_url, "s") as page:
        await page.hear("session_joined")
        for index in range(3):
            at = {"timestamp": time.time() * 1000}
            said = await page.call("pressure_frame", **(frame("s", index) | at))
            assert said["frame_count"] == index + 1
        assert await counts(ingest, mongo_archive, "s") == {3}


async def test_frames_of_http_are_counted_when_they_are_answered(ingest, mongo_archive):
    now_s = time.time()
    frames = [{"matrix": MATRIX, "nodes": 6, "timestamp": now_s - 1 + index / 100} for index in range(30)]
    async with httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner, timeout=30) as http:
        assert (await http.post("/api/workouts/p/frames", json=frames)).status_code == 200
        assert await counts(ingest, mongo_archive, "p") == {30}
        series = frames + [{"matrix": MATRIX, "nodes": 6, "timestamp": now_s + index / 100} for index in range(10)]
        put = (await http.put("/api/workouts/p", json={"timeSeriesData": series})).json()
        assert (put["stored"], put["frame_count"]) == (10, 40)
        assert await counts(ingest, mongo_archive, "p") == {40}


async def test_a_frame_that_was_given_up_and_comes_late_is_counted_when_it_is_acked(ingest, client, mongo_archive):
    await client.say(type="join_session", workout_id="l", epoch="e", layout=LAYOUT.to_dict())
    start_us = (await client.hear("session_joined"))["server_time_us"]
    head = {"type": "frames", "workout_id": "l", "epoch": "e", "n": 5, "dt_us": 1000}
    for seq in (0, 10):
        await client.socket.send(codec.encode(head | {"seq": seq, "t0_us": start_us + 1000 * seq}, bytes(5 * 24)))
    await client.say(type="gap", workout_id="l", epoch="e", seq=5, n=5, reason="lost")
    while (await client.hear("ack"))["next_seq"] < 15:
        pass
    (session,) = ingest.app.extensions["barograph"]["ingest"].streams.in_workout("l")
    await ingest.app.extensions["barograph"]["ingest"].streams._write_mark(session)
    await client.socket.send(codec.encode(head | {"seq": 5, "t0_us": start_us + 5000}, bytes(5 * 24)))
    while (await client.hear("ack"))["frame_count"] < 15:
        pass
    assert await counts(ingest, mongo_archive, "l") == {15}


async def test_what_a_killed_process_acknowledged_is_counted_by_every_other(servers, database, tmp_path):
    process = Process(servers, database, tmp_path)
    await process.start()
    async with httpx.AsyncClient(base_url=process.url, timeout=30) as http:
        frames = [{"matrix": MATRIX, "nodes": 6, "timestamp": time.time()} for _ in range(7)]
        await http.post("/api/workouts/k/frames", json=frames)
        await process.end(signal.SIGKILL)
    command = [sys.executable, "-m", "barograph", "sessions", "show", "k"]
    shown = await asyncio.to_thread(
        subprocess.run, command, env=process.environment, capture_output=True, text=True, check=True
    )
    assert "frames: 7" in shown.stdout
    lab = await asyncio.to_thread(barograph.connect, servers.mongo_url, database=database)
    try:
        assert (await asyncio.to_thread(lab.workouts)).loc["k", "frames"] == 7
        assert len(await asyncio.to_thread(lab.recording, "k")) == 7
    finally:
        await asyncio.to_thread(lab.close)
