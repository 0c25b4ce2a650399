"""What connections of `/ws` make an ingest hold, in a process of its own, while its archive does not answer."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
from types import SimpleNamespace
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
import zstandard
from processes import Process
from websockets.asyncio.client import connect

from barograph import codec
from barograph.codec import MOST_BATCH_BYTES, MOST_BATCH_FRAMES
from barograph.frames import Layout
from barograph.web.websocket import INBOUND_BYTES
from ingest.commit import MAX_PENDING_BYTES

PATIENCE_S = 60
STUCK_S = 3.0
MESSAGE_BYTES = 9 << 20
SMALL, LARGE = Layout(rows=1, cols=1, dtype="uint8"), Layout(rows=64, cols=64, dtype="uint8")


class Gate:
    """The way to mongod; while it is shut nothing passes."""

    def __init__(self, port):
        self.port, self.open = port, asyncio.Event()
        self.open.set()

    async def carry(self, reader, writer):
        there, back = await asyncio.open_connection("127.0.0.1", self.port)
        await asyncio.gather(self._pour(reader, back), self._pour(there, writer))

    async def _pour(self, reader, writer):
        with contextlib.suppress(ConnectionError):  # either side hangs up when its process ends
            while data := await reader.read(1 << 16):
                await self.open.wait()
                writer.write(data)
                await writer.drain()
        writer.close()


@pytest.fixture
async def gate(servers):
    made = Gate(urlsplit(servers.mongo_url).port)
    server = await asyncio.start_server(made.carry, "127.0.0.1", 0)
    made.url = servers.mongo_url.replace(f":{made.port}", f":{server.sockets[0].getsockname()[1]}")
    yield made
    made.open.set()
    server.close()


@pytest.fixture
async def process(servers, gate, database, tmp_path):
    through = SimpleNamespace(mongo_url=gate.url, redis_url=servers.redis_url)
    free = {"max_frames_per_s": 1e9, "max_address_frames_per_s": 1e9}  # another bound, which hides this one
    one = Process(through, database, tmp_path, max_message_bytes=MESSAGE_BYTES, **free)
    await one.start()
    yield one
    gate.open.set()
    await one.end(signal.SIGTERM)


def batch(stream, seq, n, data, **more):
    head = {"type": "frames", "workout_id": "w", "stream": stream, "epoch": "e", "seq": seq, "n": n}
    return codec.encode(head | {"t0_us": 10**15 + seq * 1000, "dt_us": 1000} | more, data)


def large_ones(stream):
    """As many cells as a batch may have, one batch after the other."""
    n = MOST_BATCH_BYTES // LARGE.frame_bytes
    return (batch(stream, k * n, n, bytes(MOST_BATCH_BYTES)) for k in range(40))


def nearly_known(stream):
    """Large batches of which one frame is new each."""
    n = MOST_BATCH_BYTES // LARGE.frame_bytes
    return (batch(stream, k, n, bytes(MOST_BATCH_BYTES)) for k in range(40))


def many_frames(stream):
    """As many frames of one byte as a batch may have, packed to next to nothing."""
    data = zstandard.ZstdCompressor().compress(bytes(MOST_BATCH_FRAMES))
    return (batch(stream, k * MOST_BATCH_FRAMES, MOST_BATCH_FRAMES, data, encoding="zstd") for k in range(200))


def far_too_many(stream):
    """A few hundred bytes that say that they are millions of frames."""
    data = zstandard.ZstdCompressor().compress(bytes(MOST_BATCH_BYTES))
    return (batch(stream, 0, MOST_BATCH_BYTES, data, encoding="zstd") for _ in range(10))


async def joined(socket, stream, layout):
    about = {"type": "join_session", "workout_id": "w", "stream": stream, "epoch": "e", "layout": layout.to_dict()}
    await socket.send(json.dumps(about))
    assert json.loads(await asyncio.wait_for(socket.recv(), PATIENCE_S))["type"] == "session_joined"


async def pressed(url, stream, layout, batches, ready, shut):
    """Send all, or as much as the server takes."""
    heard = []
    async with connect(url, compression=None, max_size=None) as socket:
        await joined(socket, stream, layout)
        ready.release()
        await shut.wait()
        with contextlib.suppress(TimeoutError):  # it takes no more, as it should
            for message in batches:
                async with asyncio.timeout(STUCK_S):
                    await socket.send(message)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STUCK_S):
                while True:
                    heard.append(json.loads(await socket.recv()))
        socket.transport.abort()
    return heard


# Every hostile device: its layout, and what it sends; the last one is refused, and hears why.
DEVICES = [*[(LARGE, large_ones)] * 4, (LARGE, nearly_known), (SMALL, many_frames), (SMALL, far_too_many)]
MOST_MIB = (MAX_PENDING_BYTES + len(DEVICES) * (5 * MESSAGE_BYTES + 2 * INBOUND_BYTES)) / 2**20 + 64


@pytest.mark.timeout(300)
async def test_batches_stay_within_the_stated_memory_while_the_archive_is_away(process, gate):
    before_mib, ready, shut = process.peak_mb(), asyncio.Semaphore(0), asyncio.Event()
    sending = [
        asyncio.create_task(pressed(process.ws_url, f"s{i}", layout, batches(f"s{i}"), ready, shut))
        for i, (layout, batches) in enumerate(DEVICES)
    ]
    for _ in sending:
        await asyncio.wait_for(ready.acquire(), PATIENCE_S)
    gate.open.clear()
    shut.set()
    heard = await asyncio.gather(*sending)
    grown_mib = process.peak_mb() - before_mib
    print(f"{grown_mib:.0f} MiB of at most {MOST_MIB:.0f}")
    assert grown_mib < MOST_MIB
    assert {each["field"] for each in heard[-1]} == {"n"}
    gate.open.set()
    async with httpx.AsyncClient(base_url=process.url, timeout=PATIENCE_S) as http:
        assert (await http.get("/healthz")).status_code == 200
    async with connect(process.ws_url) as socket:
        await joined(socket, "good", SMALL)
        await socket.send(batch("good", 0, 1, np.zeros(1, np.uint8).tobytes()))
        async with asyncio.timeout(PATIENCE_S):
            while json.loads(await socket.recv()).get("next_seq") != 1:
                pass
