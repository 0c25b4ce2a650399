"""An athlete is erased while a device streams and a viewer watches, killed in the middle: then nobody finds anything.

With `BAROGRAPH_ERASURES=10` (`make faults`) at ten moments, and each second one is gone on with by the servers alone.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import zstandard
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from harness.ingests import free_port
from keyed import VARIABLE
from planted import FRAMES, NEEDLES, PEOPLE, T0, plant, plant_people
from pymongo import MongoClient
from redis import Redis
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from barograph import codec
from barograph import settings as settings_module
from barograph.access.principals import Access
from barograph.access.proofs import Proofs
from barograph.errors import NotFound
from barograph.frames import Block, Layout, Stream
from barograph.servers import embedded
from barograph.store.master_key import KeyFile
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.backup.copying import back_up
from barograph.store.mongo.sealed import sealed_archive
from barograph.store.ports import About
from barograph.store.redis import RedisLive
from barograph.store.roster import Athlete

MOMENTS = int(os.environ.get("BAROGRAPH_ERASURES", "1"))
PATIENCE_S, SERVERS_PATIENCE_S = 60, 150
MATRIX = np.random.default_rng(5).integers(1, 60_000, (16, 16)).astype("<u2")
LAYOUT = Layout(rows=16, cols=16, dtype="uint16")
OTHER = Stream("other-run", "left")
GONE_TEXT, ERASED = "gone", 4410
CONTROL = {"what is not sealed": b"found where it is not sealed"}
RAW = CodecOptions(document_class=RawBSONDocument)


@dataclass
class Room:
    """A data directory with servers, an ingest and a dashboard, each as a user of MongoDB of its own."""

    home: Path
    said: Path
    servers: embedded.Servers
    ports: dict[str, int] = field(default_factory=dict)
    parts: list[subprocess.Popen] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        ours = {"BAROGRAPH_DATA_DIR": str(self.home), "BAROGRAPH_DEVICE_TOKENS": "off"}
        return {name: value for name, value in os.environ.items() if name != VARIABLE} | ours

    def start(self, *arguments: str) -> subprocess.Popen:
        """Start a command; what it says is a log that is searched, too."""
        with (self.said / f"{arguments[0]}-{len(self.parts)}.log").open("ab") as log:
            command = [sys.executable, "-m", "barograph", *arguments]
            started = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.parts.append(started)
        return started

    async def serve(self, part: str) -> None:
        port = self.ports[part] = free_port()
        process = self.start(part, "--port", str(port))
        async with asyncio.timeout(PATIENCE_S), httpx.AsyncClient() as http:
            while True:
                assert process.poll() is None, self.last_words(part)
                try:
                    await http.get(f"http://127.0.0.1:{port}/healthz")
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
                else:
                    return

    def last_words(self, part: str) -> str:
        return "".join(path.read_text()[-3000:] for path in self.said.glob(f"{part}-*.log"))

    async def archive(self) -> MongoArchive:
        service = KeyFile(self.home / "master.key", may_make=True)
        return await sealed_archive(self.servers.mongo_url, "barograph", 20.0, service)

    def stop(self) -> None:
        for one in self.parts:
            if one.poll() is None:
                one.send_signal(signal.SIGTERM)
        for one in self.parts:
            one.wait(40)

    @property
    def stored(self) -> Any:
        return MongoClient[dict[str, Any]](self.servers.mongo_url)


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    monkeypatch.delenv(VARIABLE, raising=False)
    (tmp_path / "said").mkdir()
    with embedded.servers(tmp_path / "lab") as running:
        made = Room(tmp_path / "lab", tmp_path / "said", running)
        try:
            yield made
        finally:
            made.stop()


async def fill(room: Room) -> tuple[Athlete, Athlete]:
    """Plant an athlete, and somebody else with a session of their own."""
    archive = await room.archive()
    live = await RedisLive.connect(room.servers.redis_url, sealing=archive.sealing)
    try:
        planted = await plant(archive, live)
        await plant_people(archive, planted.uid, (await archive.workout("run")).uid)
        other = await archive.roster.add(Athlete("Other Person", notes="kept"), now_us=T0)
        await archive.open(OTHER, epoch="two", numbered=True, now_us=T0, about=About("Other Person", "gait"))
        await archive.fix_layout(OTHER, Layout(rows=8, cols=4, dtype="float32"), ("total",), 1)
        times_us = T0 + 10_000 * np.arange(20)
        await archive.append([(OTHER, Block(0, 0, times_us, T0, FRAMES + 1, np.ones((20, 1), "<f4")))])
        return planted, other
    finally:
        await archive.close()
        await live.close()


async def of_other(room: Room, other: Athlete) -> Any:
    """All that is stored of somebody else, bit for bit."""
    archive = await room.archive()
    try:
        keys = await archive.keys(OTHER)
        blocks = await archive.load(OTHER, keys, range(len(keys)))
        frames = [(one.frames.tobytes(), one.times_us.tobytes(), one.seq) for one in blocks]
        return frames, await archive.workout("other-run"), await archive.roster.athlete(other.uid)
    finally:
        await archive.close()


class Sending:
    """A device that streams a matrix for the athlete until it hears that the session is gone."""

    def __init__(self, room: Room) -> None:
        self.url = f"ws://127.0.0.1:{room.ports['ingest']}/ws"
        self.names = {"workout_id": "streamed", "stream": "left", "epoch": str(uuid.uuid4())}
        self.stored, self.frames = asyncio.Event(), np.repeat(MATRIX[None], 10, 0).tobytes()

    async def run(self) -> None:
        async with connect(self.url) as socket:
            join = {"type": "join_session", **self.names, "layout": LAYOUT.to_dict(), "athlete": "Planted Name"}
            await socket.send(json.dumps(join))
            sending = asyncio.create_task(self._send(socket))
            try:
                await self._hear(socket)
            finally:
                sending.cancel()

    async def _send(self, socket: ClientConnection) -> None:
        for n in range(1 << 20):
            head = {"type": "frames", **self.names, "seq": 10 * n, "n": 10, "t0_us": time.time_ns() // 1000,
                    "dt_us": 1000}  # fmt: skip
            await socket.send(codec.encode(head, self.frames))
            await asyncio.sleep(0.01)

    async def _hear(self, socket: ClientConnection) -> None:
        async for text in socket:
            event = json.loads(text)
            if event["type"] == "ack":
                self.stored.set()
            if event.get("code") == GONE_TEXT:
                return


@asynccontextmanager
async def browser(room: Room) -> AsyncIterator[ClientConnection]:
    """The live feed of the session in a browser that opened the owner's link."""
    settings = settings_module.load(data_dir=room.home)
    host = f"localhost:{room.ports['dashboard']}"
    there = {"host": "127.0.0.1", "port": room.ports["dashboard"]}
    link = Access(settings, "dashboard").new_link(f"http://127.0.0.1:{room.ports['dashboard']}")
    async with httpx.AsyncClient(headers={"Host": host}) as http:
        await http.post(link, headers={"Origin": f"http://{host}"})
        cookies = "; ".join(f"{one.name}={one.value}" for one in http.cookies.jar)
        async with connect(f"ws://{host}/feed/streamed", additional_headers={"Cookie": cookies}, **there) as socket:
            yield socket


async def hears_that_it_is_gone(socket: ClientConnection) -> None:
    while json.loads(await socket.recv()).get("code") != GONE_TEXT:
        pass


async def closed(socket: ClientConnection) -> int:
    try:
        while True:
            await socket.recv()
    except ConnectionClosed as error:
        return error.rcvd.code if error.rcvd else 0


async def killed_while_it_erases(room: Room, moment: float) -> None:
    """Erase by the command, and kill it so many seconds after it has begun."""
    erasing = room.start("athlete", "erase", "a-0001", "--yes")
    with room.stored as client:
        async with asyncio.timeout(PATIENCE_S):
            while not client.barograph.departures.count_documents({}) and not client.barograph.receipts.count_documents(
                {"what": "athlete"}
            ):
                assert erasing.poll() in (None, 0), room.last_words("athlete")
                await asyncio.sleep(0.002)
    await asyncio.sleep(moment)
    erasing.kill()
    await asyncio.to_thread(erasing.wait)


async def gone_on_with(room: Room, *, by_servers: bool) -> dict[str, Any]:
    """Let the rest be done, by the command or by the servers that run; return the receipt."""
    if not by_servers:
        again = room.start("athlete", "erase")
        assert await asyncio.to_thread(again.wait, PATIENCE_S) == 0, room.last_words("athlete")
    with room.stored as client:
        database = client.barograph
        async with asyncio.timeout(SERVERS_PATIENCE_S):
            while not database.receipts.count_documents({"what": "athlete"}) or (
                by_servers and database.departures.count_documents({})
            ):
                await asyncio.sleep(0.2)
        (receipt,) = database.receipts.find({"what": "athlete"})
    return receipt


async def sweep(room: Room) -> None:
    """What the servers do half a minute later."""
    archive = await room.archive()
    live = await RedisLive.connect(room.servers.redis_url, sealing=archive.sealing)
    try:
        await live.forget(await archive.sweep(1 << 60))
        await archive.departures.sweep(1 << 60)
    finally:
        await archive.close()
        await live.close()


def needles() -> dict[str, bytes]:
    """What is looked for: texts, matrices and what was made of them, each raw, packed and in base64."""
    plain = {name: one for name, one in {**NEEDLES, **PEOPLE}.items() if "Nobody" not in name}
    plain |= {"a streamed matrix": MATRIX.tobytes(), "a block": np.repeat(MATRIX[None], 10, 0).tobytes()}
    packed = {f"{name}, zstd": codec.compress(one) for name, one in plain.items() if len(one) > 64}
    both = plain | packed
    return both | {f"{name}, base64": base64.b64encode(one)[4:-4] for name, one in both.items() if len(one) > 16}


def in_files(folder: Path, looked_for: dict[str, bytes]) -> list[str]:
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for path in [path for path in files if path.suffix == ".zst"]:
        files[path] += zstandard.ZstdDecompressor().decompressobj().decompress(files[path])
    return [f"{name} in {path.name}" for path, held in files.items() for name, one in looked_for.items() if one in held]


def in_stores(room: Room, looked_for: dict[str, bytes]) -> list[str]:
    """What is found in all documents, those of the oplog included, and in Redis."""
    found = []
    with room.stored as client:
        ours = set(client.barograph.list_collection_names(filter={"type": "collection"})) - {"system.views"}
        for place, names in ((client.barograph, ours), (client.local, {"oplog.rs"})):
            for collection in names:
                for document in place.get_collection(collection, RAW).find():
                    found += [f"{name} in {collection}" for name, one in looked_for.items() if one in document.raw]
    with Redis.from_url(room.servers.redis_url) as redis:
        for key in redis.scan_iter():
            held = key + (redis.dump(key) or b"") + repr(redis.xrange(key)).encode()
            found += [f"{name} in Redis" for name, one in looked_for.items() if one in held]
            assert b"streamed" not in key
            assert b":run" not in key
    return sorted(set(found))


@pytest.mark.parametrize("number", range(MOMENTS))
async def test_an_athlete_is_erased_and_killed_in_the_middle_and_nobody_finds_anything(
    room: Room, tmp_path: Path, number: int
) -> None:
    planted, other = await fill(room)
    before, master = await of_other(room, other), json.loads((room.home / "master.key").read_text())
    for part in ("ingest", "dashboard"):  # one after the other, as `up` does: the first makes MongoDB's users
        await room.serve(part)
    async with AsyncExitStack() as open_:
        device = Sending(room)
        streaming = asyncio.create_task(device.run())
        await asyncio.wait_for(device.stored.wait(), PATIENCE_S)
        owner = {"Authorization": f"Bearer {Proofs(settings_module.load(data_dir=room.home)).owner_token()}"}
        viewer = await open_.enter_async_context(connect(device.url, additional_headers=owner))
        await viewer.send(json.dumps({"type": "join_session", "workout_id": "streamed"}))
        seeing = asyncio.create_task(hears_that_it_is_gone(viewer))
        watching = asyncio.create_task(closed(await open_.enter_async_context(browser(room))))
        await asyncio.to_thread(
            back_up, room.servers.mongo_url, "barograph", 20.0, tmp_path / "backup", None, program="a test"
        )
        moment = random.Random(number).uniform(0.0, 1.2)
        await killed_while_it_erases(room, moment)
        receipt = await gone_on_with(room, by_servers=MOMENTS > 2 and number % 2 == 1)
        await asyncio.wait_for(streaming, PATIENCE_S)
        assert await asyncio.wait_for(watching, PATIENCE_S) == ERASED
        await asyncio.wait_for(seeing, PATIENCE_S)
    assert [one.poll() for one in room.parts[:2]] == [None, None], "no server ended"
    room.stop()
    await sweep(room)
    assert receipt["master_key"] == "replaced"
    assert receipt["counts"]["sessions"] == 3
    await require_nothing(room, tmp_path, planted, master)
    assert await of_other(room, other) == before


async def require_nothing(room: Room, tmp_path: Path, planted: Athlete, master: dict[str, Any]) -> None:
    """Nothing is found in what is stored, in files, logs or the backup, and nothing opens the backup."""
    archive = await room.archive()
    try:
        assert [one.name for one in await archive.roster.athletes()] == ["Other Person"]
        for name in ("run", "walk", "streamed"):
            with pytest.raises(NotFound):
                await archive.workout(name)
    finally:
        await archive.close()
    looked_for = needles()
    assert in_stores(room, looked_for) == []
    with room.stored as client:
        database = client.barograph
        database.plain.insert_one({"x": CONTROL["what is not sealed"]})
        for name in database.list_collection_names(filter={"type": "collection"}):
            if name not in ("audit", "seal_keys", "erasures", "system.views"):
                assert [one for one in database[name].find() if planted.uid in repr(one)] == [], name
        client.admin.command("fsync")
    old = master["keys"][master["current"]].encode()
    everywhere = {**looked_for, "the old master key": old, "its bytes": base64.b64decode(old)}
    for folder in (room.home, room.said, tmp_path / "backup"):
        assert in_files(folder, everywhere) == []
    assert in_stores(room, CONTROL) == ["what is not sealed in oplog.rs", "what is not sealed in plain"]
    assert in_files(room.home, CONTROL), "the journal is packed, or this looks elsewhere"
    assert in_files(tmp_path / "backup", {"a session": b"streamed"}), "the backup is packed otherwise"
    backed = zstandard.ZstdDecompressor()
    (keys,) = (tmp_path / "backup" / "keys").glob("*.zst")
    wrapped = backed.decompressobj().decompress(keys.read_bytes())
    assert planted.uid.encode() in wrapped, "the backup has the key, wrapped by a master key that is nowhere"
    assert not KeyFile(room.home / "master.key", may_make=False).knows(master["current"])
