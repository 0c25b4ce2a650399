"""Bad input by name, over all doors of an ingest in a process of its own, with its memory, beside a good stream."""

import asyncio
import contextlib
import gzip
import itertools
import json
import signal
import socket
import struct
import time
import uuid
import zlib
from collections import Counter
from contextlib import asynccontextmanager
from urllib.parse import quote

import httpx
import pytest
from processes import Process, status_of_an_endless_post
from pymongo import MongoClient
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from barograph import codec
from barograph.frames import Layout

LAYOUT = Layout(rows=4, cols=3, dtype="uint16")
HEAD = {"type": "frames", "stream": "main", "epoch": "e", "n": 10, "dt_us": 10_000}
GROWTH_MB = 128
PATIENCE_S = 30


@asynccontextmanager
async def good_stream(url, workout):
    """A device of 100 Hz; all of it is acked, and nothing is refused, whatever goes on."""
    async with connect(url, compression=None) as device:
        stop = asyncio.Event()
        await device.send(
            json.dumps({"type": "join_session", "workout_id": workout, "epoch": "e", "layout": LAYOUT.to_dict()})
        )
        assert json.loads(await device.recv())["type"] == "session_joined"

        async def send():
            seq = 0
            while not stop.is_set() or seq < 100:
                await device.send(
                    codec.encode(
                        HEAD | {"workout_id": workout, "seq": seq, "t0_us": time.time_ns() // 1000}, bytes(240)
                    )
                )
                seq, ack = seq + 10, {"next_seq": 0}
                while ack["next_seq"] < seq:
                    ack = json.loads(await asyncio.wait_for(device.recv(), PATIENCE_S))
                    assert ack["type"] == "ack", ack
            return seq

        task = asyncio.create_task(send())
        yield
        stop.set()
        await asyncio.wait_for(task, PATIENCE_S)


@pytest.fixture(scope="module")
def running(servers, tmp_path_factory):
    """The one ingest of these tests; it lives through all of them, and ends in order."""
    database = f"test_{uuid.uuid4().hex[:16]}"
    one = Process(
        servers, database, tmp_path_factory.mktemp("ingest"), handshake_timeout_s=5, silent_timeout_s=5,
        max_message_bytes=1 << 20, max_address_sockets=40, max_address_handshakes=500, max_joins_per_minute=300,
        max_bad_messages=100_000,
    )  # fmt: skip
    asyncio.run(one.start())
    yield one
    asyncio.run(one.end(signal.SIGTERM))
    assert one.running.returncode == 0
    with MongoClient(servers.mongo_url) as client:
        client.drop_database(database)


@pytest.fixture
async def process(running):
    workout, before_mb = f"good-{uuid.uuid4().hex[:8]}", running.memory_mb()
    async with good_stream(running.ws_url, workout):
        yield running
    grown_mb = running.memory_mb() - before_mb
    print(f"memory of the process: {before_mb:.0f} MiB, and {grown_mb:.0f} MiB more")
    assert grown_mb < GROWTH_MB
    async with httpx.AsyncClient(base_url=running.url, headers=running.owner) as http:
        assert (await http.get(f"/api/workouts/{workout}/gaps")).json() == {"gaps": []}


class Ws:
    """`/ws` for these tests: an event, and what comes back."""

    def __init__(self, socket):
        self.socket = socket

    async def say(self, event, text):
        await self.socket.send(f'{{"type":"{event}",{text[1:]}' if text != "{}" else f'{{"type":"{event}"}}')

    async def heard(self):
        return json.loads(await asyncio.wait_for(self.socket.recv(), PATIENCE_S))


class Sio:
    """Socket.IO for these tests."""

    def __init__(self, socket):
        self.socket = socket

    async def say(self, event, text):
        await self.socket.send(f'42["{event}",{text}]')

    async def heard(self):
        while True:
            text = await asyncio.wait_for(self.socket.recv(), PATIENCE_S)
            if text == "2":
                await self.socket.send("3")
            else:
                event, payload = json.loads(text[2:])
                return {"type": event, **payload}


@asynccontextmanager
async def door(process, kind):
    if kind == "ws":
        async with connect(process.ws_url) as socket:
            yield Ws(socket)
        return
    async with connect(process.ws_url.replace("/ws", "/socket.io/?EIO=4&transport=websocket")) as socket:
        await socket.recv()
        await socket.send("40")
        await socket.recv()
        yield Sio(socket)


async def answers(client, token):
    """All that was said since the last time; a ping with a number of its own shows that all was handled."""
    await client.say("ping", f'{{"t1_us":{token}}}')
    out = []
    while (event := await client.heard()) != event | {"type": "pong", "t1_us": token}:
        out.append(event)
    return out


GOOD = {
    "join_session": {"workout_id": "bad", "stream": "s", "epoch": "e2", "layout": {"rows": 2, "cols": 2}, "tags": []},
    "pressure_frame": {"workout_id": "bad", "matrix": [[1, 2], [3, 4]], "nodes": 4, "timestamp": 1e9, "stream": "j"},
    "frames": {"workout_id": "bad", "stream": "s", "epoch": "e2", "seq": 0, "n": 1, "t0_us": 0, "dt_us": 1},
    "gap": {"workout_id": "bad", "stream": "s", "epoch": "e2", "seq": 5, "n": 1, "reason": "r"},
    "marker": {"workout_id": "bad", "label": "x", "timestamp": 1e9},
    "status": {"workout_id": "bad", "stream": "s", "battery_pct": 5, "signal_dbm": 1, "spooled_frames": 1},
    "ping": {"t1_us": 1},
    "leave_session": {"workout_id": "elsewhere", "stream": "s"},
}
WRONG = [
    "null", "true", '"x"', "-1", "1.5", "[]", "{}", "[[]]", str(2**70), "1e999", "NaN", "Infinity", '"\\ud800"',
    '"a\\u0000b"', '"a\\nb"', '"' + "x" * 10_000 + '"', "[" * 10_000 + "]" * 10_000,
]  # fmt: skip
MAY_COME = {"error", "nack", "ack", "session_joined", "session_ended", "frame_processed", "pong"}


@pytest.mark.parametrize("kind", ["ws", "sio"])
async def test_a_wrong_type_in_every_field_of_every_event(process, kind):
    async with door(process, kind) as client:
        await client.say("join_session", '{"workout_id":"bad"}')
        token, refused = itertools.count(1000), 0
        for event, good in GOOD.items():
            for field, wrong in itertools.product(good, WRONG):
                fields = {name: json.dumps(value) for name, value in good.items()} | {field: wrong}
                await client.say(event, "{" + ",".join(f'"{name}":{text}' for name, text in fields.items()) + "}")
            said = await answers(client, next(token))
            assert {each["type"] for each in said} <= MAY_COME
            refused += sum(each["type"] in ("error", "nack") for each in said)
            assert {each["code"] for each in said if each["type"] == "error"} <= {
                "bad_field", "bad_message", "not_joined", "shape_mismatch", "too_large", "seq_reused", "too_many_gaps",
            }  # fmt: skip
        assert refused > 400
        await client.say("pressure_frame", '{"workout_id":"bad","stream":"last","matrix":[[1]],"timestamp":1e9}')
        assert "frame_processed" in [(await client.heard())["type"] for _ in range(1)]


IDS = {
    "$where": True, "a.b": True, "_id": True, "{}": True, "ä ö": True, "x" * 128: True, "../..": False, "a/b": False,
    "a\0b": False, "a\nb": False, "x" * 10_240: False, "\u202eabc": False, " a": False, "": False, "\ud800": False,
}  # fmt: skip


@pytest.mark.parametrize("kind", ["ws", "sio"])
async def test_names_of_all_kinds(process, kind):
    async with door(process, kind) as client, httpx.AsyncClient(base_url=process.url, headers=process.owner) as http:
        for name, good in IDS.items():
            text = json.dumps(name)
            await client.say("join_session", f'{{"workout_id":{text}}}')
            await client.say("pressure_frame", f'{{"workout_id":{text},"matrix":[[1]],"timestamp":1e9}}')
            first, second = await client.heard(), await client.heard()
            if not good:
                assert first["code"] in ("bad_field", "bad_message"), name
                assert second["type"] == "error"
            else:
                assert (first["type"], second["type"]) == ("session_joined", "frame_processed"), name
                kept = (await http.get(f"/api/workouts/{quote(name, safe='')}/frames")).json()["frames"]
                assert [frame["matrix"] for frame in kept] == [[[1.0]]] * len(kept)
                assert kept


MATRICES = {
    "[]": "bad_field", "[[]]": "bad_field", "[[1],[2,3]]": "bad_field", "[[1,2],[]]": "bad_field", "[1]": "bad_field",
    '[["1"]]': "bad_field", "[[[1]]]": "bad_field", json.dumps([[0] * 520] * 520): "too_large",
    "[[1e999]]": "bad_field", f"[[{2**70}]]": None, '"abc"': "bad_field",
}  # fmt: skip


@pytest.mark.parametrize("kind", ["ws", "sio"])
async def test_matrices_and_nodes_of_all_kinds(process, kind):
    async with door(process, kind) as client:
        await client.say("join_session", '{"workout_id":"m"}')
        await client.heard()
        for index, (matrix, code) in enumerate(MATRICES.items()):
            frame = f'{{"workout_id":"m","stream":"{index}","matrix":{matrix},"timestamp":1e9}}'
            await client.say("pressure_frame", frame)
            said = await client.heard()
            assert (said.get("code"), said["type"]) == (code, "error" if code else "frame_processed"), matrix[:40]
        for nodes in (5, 0, -1, [1], [1] * 5, [], {}, "4"):
            frame = {"workout_id": "m", "matrix": [[1, 2], [3, 4]], "nodes": nodes, "timestamp": 1e9}
            await client.say("pressure_frame", json.dumps(frame))
            said = await client.heard()
            assert (said["code"], said["field"]) == ("bad_field", "nodes")


@pytest.mark.parametrize("kind", ["ws", "sio"])
async def test_ten_thousand_by_ten_thousand_cells_are_more_than_a_message_may_have(process, kind):
    async with door(process, kind) as client:
        row = "[" + ",".join(["0"] * 10_000) + "]"
        with pytest.raises(ConnectionClosed, match="1009"):
            await client.say("pressure_frame", '{"workout_id":"m","matrix":[' + ",".join([row] * 200) + "]}")
            await client.heard()


def frame(opcode, data, *, fin=True, rsv1=False):
    """A WebSocket frame of a client, masked with zeros."""
    size = struct.pack("!B", 0x80 | len(data)) if len(data) < 126 else struct.pack("!BQ", 0xFF, len(data))
    return bytes([fin << 7 | rsv1 << 6 | opcode]) + size + bytes(4) + data


@asynccontextmanager
async def raw(process, path="/ws"):
    """A WebSocket whose bytes the test writes itself."""
    reader, writer = await asyncio.open_connection("127.0.0.1", process.port)
    host = f"127.0.0.1:{process.port}"
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
    )
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    yield reader, writer
    writer.transport.abort()


async def closed_with(reader):
    """The code of the close frame at the end of what the server says."""
    said = await asyncio.wait_for(reader.read(), PATIENCE_S)
    (code,) = struct.unpack("!H", said[said.rindex(b"\x88") + 2 :][:2])
    return code


async def test_a_message_in_fragments_of_a_byte_is_one_message_and_costs_no_more(process):
    async with raw(process) as (reader, writer):
        text = json.dumps({"type": "ping", "t1_us": 5, "pad": "x" * 20_000}).encode()
        pieces = [frame(1, text[:1], fin=False), *(frame(0, bytes([byte]), fin=False) for byte in text[1:-1])]
        writer.write(b"".join([*pieces, frame(0, text[-1:])]))
        assert b'"t1_us":5' in await asyncio.wait_for(reader.readuntil(b"}"), PATIENCE_S)


async def test_a_message_without_end_is_cut_off_where_messages_end(process):
    async with raw(process) as (reader, writer):
        writer.write(frame(2, bytes(1 << 10), fin=False))
        for _ in range(1023):
            writer.write(frame(0, bytes(1 << 10), fin=False))
        writer.write(frame(0, bytes(1), fin=False))
        assert await closed_with(reader) == 1009


@pytest.mark.parametrize("path", ["/ws", "/socket.io/?EIO=4&transport=websocket"])
async def test_a_compressed_bomb_is_no_message_where_compression_was_not_agreed_on(process, path):
    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = bomb.compress(bytes(64 << 20)) + bomb.flush()
    async with raw(process, path) as (reader, writer):
        writer.write(frame(2, data, rsv1=True))
        assert await closed_with(reader) == 1002


@pytest.mark.parametrize("kind", ["ws", "sio"])
async def test_joins_without_end_are_refused_by_name_and_take_nothing_from_others(process, kind):
    async with door(process, kind) as client:
        for index in range(3000):
            await client.say("join_session", f'{{"workout_id":"many-{index}"}}')
        said = await answers(client, 77)
        kinds = [(each["type"], each.get("field")) for each in said]
        assert kinds.count(("session_joined", None)) <= 600
        assert kinds.count(("error", "max_joins_per_minute")) >= 2400
        late = next(each for each in said if each["type"] == "error")
        assert (late["code"], late["retryable"]) == ("rate_limited", True)
        assert late["retry_after_s"] > 0


async def test_a_thousand_silent_connections_are_bounded_and_go(process):
    silent = [socket.socket() for _ in range(1000)]
    for each in silent:
        each.setblocking(False)
        each.connect_ex(("127.0.0.1", process.port))
    await asyncio.sleep(0.5)
    async with httpx.AsyncClient() as http:
        while True:  # for as long as the address has too many that ask nothing, nobody else of it gets in
            try:
                assert (await http.get(f"{process.url}/healthz")).status_code == 200
                break
            except httpx.TransportError:
                await asyncio.sleep(0.1)
    async with asyncio.timeout(PATIENCE_S):
        for each in silent:
            with each:
                while True:
                    try:
                        assert each.recv(1) == b""
                        break
                    except BlockingIOError:
                        await asyncio.sleep(0.05)
                    except ConnectionError:
                        break


async def test_an_address_with_too_many_sockets_gets_no_more_and_silent_ones_are_closed(process):
    async def one():
        try:
            async with connect(process.ws_url) as socket:
                await socket.wait_closed()
                return socket.close_code
        except (InvalidHandshake, OSError) as error:
            return repr(error)[:100]

    codes = await asyncio.wait_for(asyncio.gather(*(one() for _ in range(60))), PATIENCE_S)
    assert set(codes) == {4408, 4429}, Counter(codes)


async def test_bodies_without_end_of_wrong_length_and_that_unpack_to_more_than_they_are(process):
    async with httpx.AsyncClient(base_url=process.url, headers=process.owner, timeout=PATIENCE_S) as http:
        opened = (await http.get("/socket.io/?EIO=4&transport=polling")).text
        paths = ["/api/workouts", f"/socket.io/?EIO=4&transport=polling&sid={json.loads(opened[1:])['sid']}"]

        for path in paths:
            assert await asyncio.to_thread(status_of_an_endless_post, process.port, path) in (400, 403, 404, 405, 413)
            bomb = gzip.compress(bytes(64 << 20))
            answer = await http.post(path, content=bomb, headers={"Content-Encoding": "gzip"})
            assert 200 <= answer.status_code < 500
    for head in (b"Content-Length: 10\r\n\r\nabc", b"Content-Length: -5\r\n\r\n", b"X: " + b"y" * (1 << 20)):
        reader, writer = await asyncio.open_connection("127.0.0.1", process.port)
        writer.write(f"POST {paths[1]} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode() + head)
        said = b""
        with contextlib.suppress(ConnectionResetError):
            said = await asyncio.wait_for(reader.read(), PATIENCE_S)
        assert said == b"" or said.startswith(b"HTTP/1.1 4")
        writer.transport.abort()
    assert process.running.poll() is None
