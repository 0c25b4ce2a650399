"""The second door: npm's socket.io-client 4, used as the predecessor's front end used it."""

import asyncio
import base64
import json
import signal
from contextlib import asynccontextmanager

import httpx
import numpy as np
import pytest
from processes import Process
from served import serving
from tabs import MATRIX, PATIENCE_S, tab
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from barograph.frames import Layout, Stream
from barograph.store.reading import read_recording
from ingest.socketio import server


@pytest.mark.usefixtures("client_of_npm")
@pytest.mark.parametrize("transports", ["default", "polling", "websocket,polling"])
async def test_the_predecessors_front_end_gets_what_it_got_before(ingest, mongo_archive, transports):
    async with tab(ingest.http_url, "run-1", transports) as page:
        assert (await page.hear("connect"))["transport"] in (transports.partition(",")[0], "websocket")
        joined = await page.hear("session_joined")
        assert (joined["workout_id"], joined["status"]) == ("run-1", "joined")
        for index in range(30):  # in one go: the way of polling sends many at once
            await page.frame("run-1", index)
        for index in range(30):
            said = await page.hear("frame_processed")
            assert set(said) == {"workout_id", "stream", "seq", "frame_count", "timestamp", "stats"}
            assert (said["frame_count"], said["timestamp"]) == (index + 1, 1_700_000_000_000 + 250 * index)
            assert said["stats"]["raw_sum"] == 11.5
        await page.emit("leave_session", workout_id="run-1")
        ended = await page.hear("session_ended")
        assert (ended["frame_count"], ended["gaps"]) == (30, 0)
    kept = await read_recording(mongo_archive, Stream("run-1"))
    np.testing.assert_array_equal(kept.frames, np.array([MATRIX] * 30, float))


@pytest.mark.usefixtures("client_of_npm")
async def test_a_second_tab_that_only_watches_sees_every_frame_by_any_door(ingest, client):
    token = ingest.owner["Authorization"].removeprefix("Bearer ")  # what whoever reads shows, also in `demo`
    seeing = tab(ingest.http_url, "run-2", "polling", token=token)
    async with tab(ingest.http_url, "run-2") as page, seeing as watcher:
        await client.say(type="join_session", workout_id="run-2", token=token)
        for each in (page, watcher):
            await each.hear("session_joined")
        await client.hear("session_joined")
        for index in range(10):
            await page.frame("run-2", index)
        for each in (page, watcher):
            assert [(await each.hear("frame_processed"))["frame_count"] for _ in range(10)] == list(range(1, 11))
        assert [(await client.hear("frame_processed"))["frame_count"] for _ in range(10)] == list(range(1, 11))


@pytest.mark.usefixtures("client_of_npm")
async def test_frames_are_told_to_the_room_of_their_workout_alone(ingest):
    async with tab(ingest.http_url, "here", "websocket") as page, tab(ingest.http_url, "there", "websocket") as other:
        await page.hear("session_joined")
        await other.hear("session_joined")
        await page.frame("here", 0)
        await page.hear("frame_processed")
        await other.frame("there", 1)
        assert (await other.hear("frame_processed"))["workout_id"] == "there"


@pytest.mark.usefixtures("client_of_npm")
async def test_wrong_events_get_errors_and_the_connection_goes_on(ingest):
    async with tab(ingest.http_url, "w") as page:
        await page.hear("session_joined")
        await page.emit("dance", workout_id="w")
        assert (await page.hear("error"))["code"] == "unknown_event"
        await page.emit("connect_", workout_id="w")
        assert (await page.hear("error"))["code"] == "unknown_event"
        await page.emit("pressure_frame", workout_id="w", matrix=[[1, 2], [3]])
        error = await page.hear("error")
        assert (error["code"], error["field"], error["retryable"]) == ("bad_field", "matrix", False)
        await page.frame("elsewhere", 0)
        assert (await page.hear("error"))["code"] == "not_joined"
        await page.frame("w", 0)
        assert (await page.hear("frame_processed"))["frame_count"] == 1


@pytest.mark.usefixtures("client_of_npm")
async def test_a_batch_with_binary_data_is_acked_after_the_journal(ingest, mongo_archive):
    layout, frames = Layout(rows=4, cols=3, dtype="uint16"), np.arange(120, dtype="<u2").reshape(10, 4, 3)
    async with tab(ingest.http_url, "b") as page:
        await page.hear("session_joined")
        await page.emit("ping", t1_us=5)
        assert (await page.hear("pong"))["t1_us"] == 5
        await page.emit("join_session", workout_id="b", epoch="e", layout=layout.to_dict())
        start_us = (await page.hear("session_joined"))["server_time_us"]
        data = base64.b64encode(frames.tobytes()).decode()
        batch = {"workout_id": "b", "epoch": "e", "seq": 0, "n": 10, "t0_us": start_us, "dt_us": 10_000, "data": data}
        await page.emit("frames", **batch)
        assert (await page.hear("ack"))["next_seq"] == 10
    np.testing.assert_array_equal((await read_recording(mongo_archive, Stream("b"))).frames, frames)


@pytest.fixture
async def process(servers, database, tmp_path):
    one = Process(servers, database, tmp_path)
    await one.start()
    yield one
    await one.end(signal.SIGTERM)


@pytest.mark.usefixtures("client_of_npm")
@pytest.mark.parametrize("transports", ["default", "polling"])
async def test_an_ingest_that_is_killed_and_started_again_is_gone_back_to(process, mongo_archive, transports):
    async with tab(process.url, "again", transports) as page:
        await page.hear("session_joined")
        for index in range(5):
            await page.frame("again", index)
        for _ in range(5):
            await page.hear("frame_processed")
        async with asyncio.timeout(PATIENCE_S):  # the mark of a stream follows its frames by half a second
            while (await mongo_archive.workout("again")).frames < 5:
                await asyncio.sleep(0.05)
        await process.end(signal.SIGKILL)
        await page.hear("disconnect")
        for index in range(5, 10):  # kept by the client until it is connected, and sent before it says that it is
            await page.frame("again", index)
        await process.start()
        assert (await page.hear("session_joined"))["frame_count"] == 5
        assert [(await page.hear("frame_processed"))["frame_count"] for _ in range(5)] == list(range(6, 11))
        await page.frame("again", 10)
        assert (await page.hear("frame_processed"))["frame_count"] == 11
    assert len(await read_recording(mongo_archive, Stream("again"))) == 11


@pytest.mark.usefixtures("client_of_npm")
async def test_what_was_told_to_be_stored_is_stored_when_the_ingest_is_stopped(process, mongo_archive):
    async with tab(process.url, "stop", "polling") as polling, tab(process.url, "stop", "websocket") as page:
        for each in (polling, page):
            await each.hear("session_joined")
        for index in range(200):
            await (polling if index % 2 else page).frame("stop", index)
        await page.hear("frame_processed")
        await process.end(signal.SIGTERM)
        assert process.running.returncode == 0
        told = 1
        async with asyncio.timeout(PATIENCE_S):
            while (heard := json.loads(await page.process.stdout.readline()))["event"] != "disconnect":
                told += heard["event"] == "frame_processed"
    assert len(await read_recording(mongo_archive, Stream("stop"))) >= told


# --- beneath the client


SOCKET = "/socket.io/?EIO=4&transport=websocket"


@asynccontextmanager
async def bare(ingest, **options):
    """A WebSocket that is connected to Socket.IO's main namespace."""
    async with connect(ingest.ws_url.removesuffix("/ws") + SOCKET, **options) as socket:
        assert (await socket.recv())[0] == "0"
        await socket.send("40")
        assert (await socket.recv())[:2] == "40"
        yield socket


async def heard(socket, event):
    async with asyncio.timeout(PATIENCE_S):
        while True:
            text = await socket.recv()
            if text == "2":
                await socket.send("3")
            elif text.startswith(f'42["{event}"'):
                return json.loads(text[2:])[1]


async def test_pages_of_this_machine_may_come_and_others_may_not(ingest):
    async with httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner) as http:
        where = "/socket.io/?EIO=4&transport=polling"
        ours = await http.get(where, headers={"Origin": "http://localhost:3000"})
        assert (ours.status_code, ours.headers["Access-Control-Allow-Origin"]) == (200, "http://localhost:3000")
        foreign = await http.get(where, headers={"Origin": "https://elsewhere.example"})
        assert (foreign.status_code, foreign.json()["error"]["code"]) == (403, "forbidden")
        bent = await http.get(where, headers={"Host": "elsewhere.example"})
        assert bent.status_code == 403
        assert (await http.get(where + "&j=0")).status_code == 400
    with pytest.raises(InvalidStatus, match="403"):
        async with bare(ingest, origin="https://elsewhere.example"):
            pass


BROKEN = [
    "4", "42", "42[", '42["a"', "429", '42["disconnect"]', '42["connect",{}]', '42["*",{}]', "42[1,2]", '42["ping"]',
    '42["ping",5]', '42["ping",null]', '42["ping",{"t1_us":"x"}]', '42["join_session",[]]', "44{}", '43["x"]',
    '42["marker",{"workout_id":"w","label":NaN}]', '42["marker",' + "[" * 10_000,
    '452-["frames",{}]', '4519999999999-["frames",{}]', '45["frames",{}]', b"\x00binary for JSON",
]  # fmt: skip


@pytest.mark.parametrize("packet", BROKEN, ids=lambda packet: str(packet)[:30])
async def test_a_broken_packet_gets_an_error_and_the_connection_goes_on(ingest, packet):
    async with bare(ingest) as socket:
        await socket.send(packet)
        error = await heard(socket, "error")
        assert error["code"] in ("bad_message", "unknown_event", "bad_field")
        await socket.send('42["ping",{"t1_us":7}]')
        assert (await heard(socket, "pong"))["t1_us"] == 7


@pytest.mark.parametrize("packet", ["", "x", "9", "\u0661"])
async def test_what_is_no_packet_at_all_ends_the_connection_with_a_code(ingest, packet):
    async with bare(ingest) as socket:
        await socket.send(packet)
        with pytest.raises(ConnectionClosedError, match="4400"):
            await socket.recv()


async def test_nan_in_a_frame_is_named(ingest):
    async with bare(ingest) as socket:
        await socket.send('42["join_session",{"workout_id":"w"}]')
        await heard(socket, "session_joined")
        await socket.send('42["pressure_frame",{"workout_id":"w","matrix":[[NaN]]}]')
        assert (await heard(socket, "error"))["field"] == "matrix"


async def test_a_frame_before_any_join_waits_for_it_and_is_refused_when_none_comes(ingest, monkeypatch):
    monkeypatch.setattr(server, "EARLY_S", 0.3)
    frame = '42["pressure_frame",{"workout_id":"w","matrix":[[1,2]],"timestamp":1e9}]'
    async with bare(ingest) as socket:
        await socket.send(frame)
        assert (await heard(socket, "error"))["code"] == "not_joined"
        monkeypatch.setattr(server, "EARLY_S", 20)
        for text in (frame, frame, '42["join_session",{"workout_id":"w"}]'):
            await socket.send(text)
        await heard(socket, "session_joined")
        assert [(await heard(socket, "frame_processed"))["frame_count"] for _ in range(2)] == [1, 2]


async def test_one_address_may_open_so_many(mongo_archive, redis_live, tmp_path):
    async with serving(mongo_archive, redis_live, tmp_path, max_address_sockets=2) as ingest:
        async with bare(ingest), bare(ingest):
            with pytest.raises(InvalidStatus, match="429"):
                async with bare(ingest):
                    pass
            async with httpx.AsyncClient() as http:
                refused = await http.get(f"{ingest.http_url}/socket.io/?EIO=4&transport=polling")
                assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limited")
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    async with bare(ingest):
                        break
                except InvalidStatus as refused:  # until the two are gone
                    if refused.response.status_code != 429:
                        raise
                    await asyncio.sleep(0.05)
