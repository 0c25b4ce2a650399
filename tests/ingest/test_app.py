import asyncio
import json
import time

import httpx
import numpy as np
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from barograph import codec
from barograph.access.secrets import hashed
from barograph.frames import Layout, Recording, Stream
from barograph.store import accounts
from barograph.store.reading import read_recording
from ingest import settled, streams
from ingest.device.sender import Device, of_recording, send

MATRIX = [[0.0, 1.5, 2.0], [3.0, None, 5.0]]


async def recorded(archive, workout_id, stream="main"):
    return await read_recording(archive, Stream(workout_id, stream))


async def test_the_predecessors_client_gets_what_it_got_before_and_its_frames_are_stored(client, mongo_archive):
    await client.say(type="join_session", workout_id="run-1")
    joined = await client.hear()
    assert (joined["type"], joined["workout_id"], joined["status"]) == ("session_joined", "run-1", "joined")
    for index in range(5):
        await client.say(
            type="pressure_frame", workout_id="run-1", matrix=MATRIX, nodes=6, timestamp=1_700_000_000_000 + 250 * index
        )
        processed = await client.hear()
        assert processed["type"] == "frame_processed"
        assert (processed["workout_id"], processed["frame_count"]) == ("run-1", index + 1)
        assert processed["timestamp"] == 1_700_000_000_000 + 250 * index
        assert processed["stats"]["raw_sum"] == 11.5
        assert processed["stats"]["raw_peak"] == 5.0
    await client.say(type="leave_session", workout_id="run-1")
    ended = await client.hear()
    assert (ended["type"], ended["frame_count"], ended["duration_s"], ended["gaps"]) == ("session_ended", 5, 1.0, 0)
    kept = await recorded(mongo_archive, "run-1")
    np.testing.assert_array_equal(kept.frames, np.array([MATRIX] * 5, float))
    assert np.diff(kept.times_us).tolist() == [250_000] * 4


async def test_a_second_tab_that_only_watches_sees_every_frame(ingest, client):
    await client.say(type="join_session", workout_id="run-2")
    async with connect(ingest.ws_url, additional_headers=ingest.owner) as socket:
        watcher = type(client)(socket)
        await watcher.say(type="join_session", workout_id="run-2")
        await watcher.hear("session_joined")
        for index in range(3):
            await client.say(type="pressure_frame", workout_id="run-2", matrix=MATRIX, nodes=6, timestamp=index + 1e9)
        assert [(await watcher.hear())["frame_count"] for _ in range(3)] == [1, 2, 3]


WRONG = [
    ({"type": "pressure_frame", "matrix": MATRIX, "nodes": 6, "timestamp": 1}, "bad_field", "workout_id"),
    ({"type": "pressure_frame", "workout_id": "elsewhere", "matrix": MATRIX}, "not_joined", "workout_id"),
    ({"type": "pressure_frame", "workout_id": "w", "matrix": [[1, 2, 3], [4, 5]]}, "bad_field", "matrix"),
    ({"type": "pressure_frame", "workout_id": "w", "matrix": [[1, 2], [3, float("inf")]]}, "bad_field", "matrix"),
    ({"type": "pressure_frame", "workout_id": "w", "matrix": [[1, 2], [3, 4]]}, "shape_mismatch", "matrix"),
    ({"type": "pressure_frame", "workout_id": "w", "matrix": [[0] * 700] * 700}, "too_large", "matrix"),
    ({"type": "pressure_frame", "workout_id": "w", "matrix": MATRIX, "seq": 2**70}, "bad_field", "seq"),
    (
        {"type": "join_session", "workout_id": "w", "layout": {"rows": 10_000, "cols": 10_000}},
        "too_large",
        "layout.rows",
    ),
    ({"type": "join_session", "workout_id": "w", "layout": {"rows": 7, "cols": 7}}, "shape_mismatch", "layout"),
    ({"type": "join_session"}, "bad_field", "workout_id"),
    ({"type": "frames", "workout_id": "w", "epoch": "e", "seq": 0, "n": 1, "data": ""}, "not_joined", "epoch"),
    ({"type": "dance", "workout_id": "w"}, "unknown_event", "type"),
    ({"type": "marker", "workout_id": "w", "label": ""}, "bad_field", "label"),
    ("{broken", "bad_message", "message"),
    ("", "bad_message", "message"),
    (b"", "bad_message", "message"),
    (b"\x00\x01", "bad_message", "message"),
]


async def test_wrong_input_gets_an_error_that_names_the_field_and_the_session_goes_on(client, mongo_archive):
    await client.say(type="join_session", workout_id="w")
    await client.hear("session_joined")
    await client.say(type="pressure_frame", workout_id="w", matrix=MATRIX, nodes=6, timestamp=1e9)
    await client.hear("frame_processed")
    for index, (message, code, field) in enumerate(WRONG):
        await client.socket.send(message if isinstance(message, str | bytes) else json.dumps(message))
        error = await client.hear("error")
        assert (error["code"], error["field"]) == (code, field), (message, error)
        await client.say(type="pressure_frame", workout_id="w", matrix=MATRIX, nodes=6, timestamp=1e9 + index + 1)
        assert (await client.hear("frame_processed"))["frame_count"] == index + 2
    assert len(await recorded(mongo_archive, "w")) == len(WRONG) + 1


async def test_a_batch_is_acked_when_it_is_stored_and_a_repeat_changes_nothing(client, mongo_archive):
    layout = Layout(rows=4, cols=3, dtype="uint16")
    frames = np.arange(120, dtype="<u2").reshape(10, 4, 3)
    await client.say(type="join_session", workout_id="b", stream="left", epoch="e1", layout=layout.to_dict())
    joined = await client.hear("session_joined")
    assert (joined["next_seq"], joined["epoch"]) == (0, "e1")
    now_us = joined["server_time_us"]
    for encoding in ("raw", "zstd"):
        data = frames.tobytes() if encoding == "raw" else codec.compress(frames.tobytes())
        head = {
            "type": "frames", "workout_id": "b", "stream": "left", "epoch": "e1", "seq": 0, "n": 10,
            "t0_us": now_us, "dt_us": 10_000, "encoding": encoding,
        }  # fmt: skip
        await client.socket.send(codec.encode(head, data))
        ack = await client.hear("ack")
        assert (ack["next_seq"], ack["frame_count"], ack["missing"]) == (10, 10, [])
    kept = await recorded(mongo_archive, "b", "left")
    np.testing.assert_array_equal(kept.frames, frames)
    assert kept.times_us.tolist() == [now_us + 10_000 * index for index in range(10)]


HEAD = {"type": "frames", "workout_id": "b", "epoch": "e1", "n": 10, "dt_us": 10_000}


async def joined(client, layout, **about):
    await client.say(type="join_session", workout_id="b", epoch="e1", layout=layout.to_dict(), **about)
    return await client.hear("session_joined")


async def test_what_can_never_be_stored_is_nacked_kept_and_the_stream_goes_on(client, mongo_archive):
    now_us = (await joined(client, Layout(rows=4, cols=3, dtype="uint16")))["server_time_us"]
    poison = [
        ({}, bytes(100), "data"),
        ({"encoding": "zstd"}, codec.compress(bytes(10**7)), "data"),
        ({"encoding": "lzma"}, bytes(240), "encoding"),
        ({"times_us": [1, 2]}, bytes(240), "times_us"),
        ({"dt_us": -5}, bytes(240), "dt_us"),
    ]
    for index, (changes, data, field) in enumerate(poison):
        head = HEAD | {"seq": 10 * index, "t0_us": now_us} | changes
        await client.socket.send(codec.encode(head, data))
        nack = await client.hear("nack")
        assert (nack["seq"], nack["n"], nack["code"]) == (10 * index, 10, "bad_field")
        assert nack["message"].startswith(field)
        assert (await client.hear("ack"))["next_seq"] == 10 * (index + 1)
    await client.socket.send(codec.encode(HEAD | {"seq": 50, "t0_us": now_us}, bytes(240)))
    ack = await client.hear("ack")
    assert (ack["next_seq"], ack["frame_count"]) == (60, 10)
    assert [(item.seq, item.n) for item in await mongo_archive.rejected("b")] == [(10 * i, 10) for i in range(5)]
    assert (await recorded(mongo_archive, "b")).frames.shape == (10, 4, 3)


async def test_a_batch_that_names_no_frames_is_refused_by_name(client):
    await joined(client, Layout(rows=4, cols=3, dtype="uint16"))
    for changes, field in [({"n": 10**9}, "n"), ({"n": 0}, "n"), ({"seq": -1}, "seq"), ({"seq": 2**70}, "seq")]:
        await client.socket.send(codec.encode(HEAD | {"seq": 0, "t0_us": 0} | changes, bytes(240)))
        assert (await client.hear("error"))["field"] == field


async def test_a_number_of_another_frame_is_nacked_and_the_first_frame_stays(client, mongo_archive):
    now_us = (await joined(client, Layout(rows=4, cols=3, dtype="uint16")))["server_time_us"]
    for value, shift_us in [(1, 0), (2, 5)]:
        data = np.full((10, 4, 3), value, "<u2").tobytes()
        await client.socket.send(codec.encode(HEAD | {"seq": 0, "t0_us": now_us + shift_us}, data))
        heard = await client.hear("ack" if value == 1 else "nack")
    assert (heard["code"], heard["seq"], heard["n"]) == ("seq_reused", 0, 10)
    assert ((await recorded(mongo_archive, "b")).frames == 1).all()


async def test_a_declared_gap_moves_the_ack_and_is_kept(client, mongo_archive):
    now_us = (await joined(client, Layout(rows=4, cols=3, dtype="uint16")))["server_time_us"]
    await client.say(type="gap", workout_id="b", epoch="e1", seq=0, n=50, reason="spool full")
    assert (await client.hear("ack"))["next_seq"] == 50
    await client.socket.send(codec.encode(HEAD | {"seq": 60, "t0_us": now_us}, bytes(240)))
    ack = await client.hear("ack")
    assert (ack["next_seq"], ack["missing"]) == (50, [[50, 10]])
    (epoch,) = (await mongo_archive.stream_info(Stream("b"))).epochs
    assert [(item.seq, item.n, item.reason) for item in epoch.unstored] == [(0, 50, "declared: spool full")]


async def test_what_nobody_resends_becomes_a_gap_and_is_stored_when_it_comes(client, mongo_archive, monkeypatch):
    monkeypatch.setattr(settled, "RESEND_S", 0.2)
    monkeypatch.setattr(streams, "HOLES_EVERY_S", 0.1)
    now_us = (await joined(client, Layout(rows=4, cols=3, dtype="uint16")))["server_time_us"]
    await client.socket.send(codec.encode(HEAD | {"seq": 10, "t0_us": now_us}, bytes(240)))
    assert (await client.hear("ack"))["missing"] == [[0, 10]]
    assert (await client.hear("ack"))["next_seq"] == 20
    await client.socket.send(codec.encode(HEAD | {"seq": 0, "t0_us": now_us - 100_000}, bytes(240)))
    assert (await client.hear("ack"))["frame_count"] == 20
    assert len(await recorded(mongo_archive, "b")) == 20


async def test_a_newer_connection_takes_the_stream_and_the_older_one_is_told(ingest, client):
    layout = Layout(rows=4, cols=3, dtype="uint16")
    await joined(client, layout)
    async with connect(ingest.ws_url) as socket:
        newer = type(client)(socket)
        now_us = (await joined(newer, layout))["server_time_us"]
        assert (await client.hear("error"))["code"] == "replaced"
        await client.socket.send(codec.encode(HEAD | {"seq": 0, "t0_us": now_us}, bytes(240)))
        assert (await client.hear("error"))["code"] == "not_joined"
        await newer.socket.send(codec.encode(HEAD | {"seq": 0, "t0_us": now_us}, bytes(240)))
        assert (await newer.hear("ack"))["next_seq"] == 10


async def test_a_stream_that_moves_to_another_process_ends_in_the_first(client, other_ingest):
    layout = Layout(rows=4, cols=3, dtype="uint16")
    now_us = (await joined(client, layout))["server_time_us"]
    await client.socket.send(codec.encode(HEAD | {"seq": 0, "t0_us": now_us}, bytes(240)))
    await client.hear("ack")
    async with connect(other_ingest.ws_url) as socket:
        moved = type(client)(socket)
        assert (await joined(moved, layout))["next_seq"] == 10
        assert (await client.hear("error"))["code"] == "replaced"
        await moved.socket.send(codec.encode(HEAD | {"seq": 10, "t0_us": now_us + 100_000}, bytes(240)))
        assert (await moved.hear("ack"))["next_seq"] == 20


async def test_a_device_a_day_off_is_put_right_by_the_clock_exchange(client, mongo_archive):
    day_us = 86_400_000_000
    layout = Layout(rows=4, cols=3, dtype="uint16")
    for _ in range(4):
        await client.say(type="ping", t1_us=time.time_ns() // 1000 - day_us)
        await client.hear("pong")
    now_us = (await joined(client, layout))["server_time_us"]
    await client.socket.send(codec.encode(HEAD | {"seq": 0, "t0_us": now_us - day_us}, bytes(240)))
    await client.hear("ack")
    (epoch,) = (await mongo_archive.stream_info(Stream("b"))).epochs
    assert abs(epoch.clock.offset_us - day_us) <= epoch.clock.error_us + 1000
    assert not epoch.clock.suspect
    assert abs((await recorded(mongo_archive, "b")).times_us[0] - now_us) < 2_000_000


async def test_workouts_are_listed_with_rising_counts(ingest, client):
    async with httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner) as http:
        assert (await http.get("/api/workouts")).json() == {"workouts": []}
        await client.say(type="join_session", workout_id="run-3", athlete="A", mass_kg=70)
        await client.say(type="pressure_frame", workout_id="run-3", matrix=MATRIX, nodes=6, timestamp=1e9)
        await client.hear("frame_processed")
        await client.say(type="leave_session", workout_id="run-3")
        await client.hear("session_ended")
        (workout,) = (await http.get("/api/workouts")).json()["workouts"]
        assert (workout["workout_id"], workout["frame_count"], workout["state"]) == ("run-3", 1, "ended")
        assert (await http.get("/api/workouts/run-3")).json() == workout
        assert (workout["athlete"], workout["mass_kg"]) == ("A", 70.0)


async def test_http_errors_are_json_with_a_code(ingest):
    async with httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner) as http:
        for path, status, code in [("/api/workouts/none", 404, "not_found"), ("/nowhere", 404, "not_found")]:
            answer = await http.get(path)
            assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
        assert (await http.post("/healthz")).status_code == 405
        ready = {"status": "ready", "archive": "ready", "live": "ready", "cold": "ready", "disk": "ready"}
        assert (await http.get("/readyz")).json() == ready
        foreign = await http.get("/api/workouts", headers={"Origin": "https://elsewhere.example"})
        assert (foreign.status_code, foreign.json()["error"]["code"]) == (403, "forbidden")


async def test_what_was_accepted_is_stored_when_the_server_is_stopped(ingest, client, mongo_archive):
    await client.say(type="join_session", workout_id="stop")
    await client.hear("session_joined")
    for index in range(50):
        await client.say(type="pressure_frame", workout_id="stop", matrix=MATRIX, nodes=6, timestamp=1e9 + index)
    await client.hear("frame_processed")
    await ingest.stop()
    kept = await recorded(mongo_archive, "stop")
    heard = 1
    with pytest.raises(ConnectionClosed, match="1012"):
        while True:
            heard += (await client.hear())["type"] == "frame_processed"
    assert len(kept) >= heard


async def test_what_a_device_sent_before_it_hung_up_is_stored(ingest, mongo_archive):
    async with connect(ingest.ws_url) as socket:
        await socket.send(json.dumps({"type": "join_session", "workout_id": "hung"}))
        for index in range(40):
            frame = {"type": "pressure_frame", "workout_id": "hung", "matrix": MATRIX, "timestamp": 1e9 + index}
            await socket.send(json.dumps(frame))
    async with asyncio.timeout(20):
        while sum(workout.frames for workout in await mongo_archive.workouts()) < 40:
            await asyncio.sleep(0.05)
    assert len(await recorded(mongo_archive, "hung")) == 40


def simulated(n=500, dt_us=10_000):
    frames = np.random.default_rng(7).integers(0, 900, (n, 5, 4)).astype("<u2")
    return Recording(frames, np.arange(n, dtype=np.int64) * dt_us, Layout(rows=5, cols=4, dtype="uint16"))


async def test_the_sender_delivers_a_recording_cell_for_cell(ingest, mongo_archive):
    recording = simulated()
    progress = []
    (ended,) = await send(
        [of_recording("left", recording)], url=ingest.ws_url, workout_id="sent", paced=False,
        on_progress=lambda now: progress.append(now.acked),
    )  # fmt: skip
    assert (ended["frame_count"], ended["gaps"], progress[-1]) == (500, 0, 500)
    kept = await recorded(mongo_archive, "sent", "left")
    np.testing.assert_array_equal(kept.frames, recording.frames)
    assert (np.diff(kept.times_us) == 10_000).all()


async def test_the_sender_goes_on_after_the_server_was_away(mongo_archive, redis_live, tmp_path, ingest):
    recording = simulated(400, 5_000)
    device = Device(ingest.ws_url, "broken", of_recording("left", recording), 1_700_000_000_000_000)
    sending = asyncio.create_task(device.run())
    while device.progress.acked < 100:
        await asyncio.sleep(0.01)
    for socket in list(ingest.server.server_state.connections):
        socket.transport.abort()
    ended = await asyncio.wait_for(sending, 30)
    assert device.progress.connections >= 2
    assert (ended["frame_count"], ended["gaps"]) == (400, 0)
    np.testing.assert_array_equal((await recorded(mongo_archive, "broken", "left")).frames, recording.frames)


async def test_a_log_says_who_comes_and_goes_and_has_no_frame_and_no_token_in_it(client, mongo_archive, caplog):
    caplog.set_level("DEBUG", logger="barograph")
    secret, now_us = "bgd_s3cret", time.time_ns() // 1000
    main, until_us = frozenset({"main"}), now_us + 10**9
    device = accounts.Device(hash=hashed(secret), name="A", streams=main, made_us=now_us, until_us=until_us)
    await mongo_archive.accounts.add_key(device)
    await client.say(type="join_session", workout_id="logged", token="bgd_another-s3cret")
    assert (await client.hear("error"))["code"] == "forbidden"
    await client.say(type="join_session", workout_id="logged", token=secret)
    await client.say(type="pressure_frame", workout_id="logged", matrix=[[123.456]], nodes=1, timestamp=1e9)
    await client.hear("frame_processed")
    await client.say(type="leave_session", workout_id="logged")
    await client.hear("session_ended")
    said = {record.getMessage(): vars(record) for record in caplog.records}
    assert said["joined"]["workout"] == said["left"]["workout"] == "logged"
    assert said["left"]["frame_count"] == 1
    assert not any("s3cret" in str(fields) or "123.456" in str(fields) for fields in said.values())
