"""An ingest in memory, over ASGI, with paired devices: its doors as clients see them, without a server."""

import asyncio
import json
import time
from contextlib import asynccontextmanager

from quart.testing import WebsocketResponseError

from barograph import settings as settings_module
from barograph.access.principals import Access, secret_key
from barograph.access.proofs import Proofs
from barograph.access.secrets import DEVICE, hashed, new_secret
from barograph.store.accounts import Device
from barograph.store.memory.archive import MemoryArchive, MemoryLive
from ingest.app import create_app

HERE = {"client": ("127.0.0.1", 1), "server": ("127.0.0.1", 5001)}
ELSEWHERE = {"client": ("192.0.2.41", 1), "server": ("192.0.2.7", 5001)}
YEAR_US = 365 * 86_400_000_000
FRAME = {"matrix": [[1, 2], [3, 4]], "stream": "left"}
PATIENCE_S = 20


class Lab:
    """An ingest in memory with one device, and the ways in."""

    def __init__(self, tmp_path, scope, **given):
        settings = settings_module.load(data_dir=tmp_path, **{"device_tokens": "off", **given})
        self.archive, self.scope = MemoryArchive(), scope
        secret_key(settings)  # the dashboard makes one when it starts
        self.owner = Proofs(settings).owner_token()
        self.app = create_app(settings, self.archive, MemoryLive(), Access(settings, "ingest"))
        self.client = self.app.test_client()
        self.host = scope["server"][0]

    async def pair(self, name="Insole 7, left", streams=("left",), until_us=None):
        secret, now_us = new_secret(DEVICE), time.time_ns() // 1000
        until_us = now_us + YEAR_US if until_us is None else until_us
        device = Device(hash=hashed(secret), name=name, streams=frozenset(streams), made_us=now_us, until_us=until_us)
        await self.archive.accounts.add_key(device)
        return secret, device

    async def bad(self, kind):
        if kind == "malformed":
            return "x" * 40
        if kind == "another kind":
            return new_secret("bgs_")
        if kind == "unknown":
            return new_secret(DEVICE)
        secret, device = await self.pair(
            streams=("right",) if kind == "another stream" else ("left",),
            until_us=time.time_ns() // 1000 - 1 if kind == "expired" else None,
        )
        if kind == "revoked":
            await self.archive.accounts.revoke(device.uid, time.time_ns() // 1000)
        return secret

    def head(self, token=None):
        return {"Host": f"{self.host}:5001"} | ({} if token is None else {"Authorization": f"Bearer {token}"})

    async def ask(self, method, path, token=None, **more):
        return await self.client.open(
            path, method=method, headers=self.head(token), scope_base=dict(self.scope), **more
        )

    async def send(self, token=None, workout="w", frame=FRAME):
        return await self.ask("POST", f"/api/workouts/{workout}/frames", token, json=frame)

    @asynccontextmanager
    async def socket(self, token=None):
        async with self.client.websocket("/ws", headers=self.head(token), scope_base=dict(self.scope)) as socket:
            yield Socket(socket)

    async def polling(self, token=None):
        answer = await self.ask("GET", "/socket.io/?EIO=4&transport=polling", token)
        said = await answer.get_data(as_text=True)
        return Polling(self, json.loads(said[1:])["sid"], token) if answer.status_code == 200 else json.loads(said)


class Socket:
    """The messages of `/ws`."""

    def __init__(self, socket):
        self.socket = socket

    async def say(self, type, **fields):
        await self.socket.send(json.dumps({"type": type, "workout_id": "w", **fields}))

    async def hear(self, kind=None):
        async with asyncio.timeout(PATIENCE_S):
            while (event := json.loads(await self.socket.receive()))["type"] != kind and kind is not None:
                pass
            return event


class Polling:
    """The same by Socket.IO's long-polling."""

    def __init__(self, lab, sid, token):
        self.lab, self.token, self.path = lab, token, f"/socket.io/?EIO=4&transport=polling&sid={sid}"
        self.waiting = []

    async def post(self, packet):
        assert (await self.lab.ask("POST", self.path, self.token, data=packet)).status_code == 200

    async def say(self, type, **fields):
        await self.post("42" + json.dumps([type, {"workout_id": "w", **fields}]))

    async def packet(self):
        while not self.waiting:
            answer = await self.lab.ask("GET", self.path, self.token)
            self.waiting = (await answer.get_data(as_text=True)).split("\x1e")
        return self.waiting.pop(0)

    async def hear(self, kind=None):
        async with asyncio.timeout(PATIENCE_S):
            while True:
                name, payload = json.loads((await self.packet())[2:])
                if kind in (None, name):
                    return {"type": name, **payload}


@asynccontextmanager
async def lab_of(tmp_path, scope=HERE, **given):
    lab = Lab(tmp_path, scope, **given)
    async with lab.app.test_app():
        yield lab


async def through(lab, door, token):
    """Feed a frame of `left` through a door: what the server says of it."""
    if door in ("http", "final"):
        series = {"timeSeriesData": [{**FRAME, "timestamp": 1_700_000_000_000}]}
        final = (
            lab.ask("PUT", "/api/workouts/w?stream=left", token, json=series) if door == "final" else lab.send(token)
        )
        answer = await final
        said = await answer.get_json()
        if answer.status_code == 403:
            assert answer.headers["Content-Type"].startswith("application/json")
            return said["error"]
        assert answer.status_code == 200, said
        return "stored"
    if door == "ws header":
        try:
            async with lab.socket(token) as socket:
                return await fed(socket)
        except WebsocketResponseError as error:
            return (await error.response.get_json())["error"]
    if door == "ws join":
        async with lab.socket() as socket:
            return await fed(socket, token)
    tab = await lab.polling(token if door == "socketio header" else None)
    if isinstance(tab, dict):
        return tab["error"]
    auth = {"token": token} if door == "socketio auth" else {}
    await tab.post("40" + json.dumps(auth))
    told = await tab.packet()
    if told.startswith("44"):
        return json.loads(told[2:])["data"]
    assert told.startswith("40")
    return await fed(tab, token if door == "socketio join" else None)


async def fed(link, token=None):
    await link.say("join_session", stream="left", **({} if token is None else {"token": token}))
    joined = await link.hear()
    if joined["type"] == "error":
        return joined
    await link.say("pressure_frame", **FRAME)
    assert (await link.hear("frame_processed"))["frame_count"] == 1
    return "stored"
