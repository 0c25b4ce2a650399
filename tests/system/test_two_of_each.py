"""Two processes of each server over one archive: a device is paired across them, and what one ends the others close."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from keyed import open_archive
from pymongo import MongoClient
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from barograph.access import people
from barograph.access.passwords import Passwords
from barograph.store.mongo.archive import MongoArchive

sys.path.append(str(Path(__file__).parents[1] / "ingest"))

from processes import Process

ADMIN, MEMBER, PASSWORD = "a.example@lab.example", "b.sample@lab.example", "warm lamps over the track"
HOST = "localhost:8050"  # what a browser asks for; a balancer before the dashboards hands it on
CLOSED_S, PATIENCE_S = 3.0, 60
FRAME = {"type": "pressure_frame", "workout_id": "walk", "stream": "left", "matrix": [[1, 2], [3, 4]]}


class Browser:
    """One browser with its cookies, at whichever dashboard a balancer chooses."""

    def __init__(self, *dashboards: Process) -> None:
        self.dashboards = dashboards
        self.http = httpx.AsyncClient(headers={"Host": HOST, "Accept": "text/html"}, timeout=PATIENCE_S)

    async def get(self, at: int, path: str) -> httpx.Response:
        return await self.http.get(self.dashboards[at].url + path)

    async def post(self, at: int, path: str, **form: str) -> httpx.Response:
        answer = await self.http.post(self.dashboards[at].url + path, data=form, headers={"Origin": f"http://{HOST}"})
        assert answer.status_code in (200, 303), (path, answer.status_code, answer.text[-400:])
        return answer

    async def feed(self, at: int) -> ClientConnection:
        cookies = "; ".join(f"{one.name}={one.value}" for one in self.http.cookies.jar)
        there = {"host": "127.0.0.1", "port": self.dashboards[at].port}
        return await connect(f"ws://{HOST}/feed/walk", additional_headers={"Cookie": cookies}, **there)


class Lab:
    """Two ingests, two dashboards, an archive to look at, an admin and somebody else."""

    def __init__(self, archive: MongoArchive, ingests: list[Process], dashboards: list[Process]) -> None:
        self.archive, self.ingests, self.dashboards = archive, ingests, dashboards
        self.browsers: list[Browser] = []

    async def add(self, email: str, *roles: str) -> None:
        passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        now_us = time.time_ns() // 1000
        await people.add_user(
            self.archive.accounts, passwords, email=email, password=PASSWORD, roles=roles, now_us=now_us
        )
        passwords.close()

    async def browser(self, email: str) -> Browser:
        one = Browser(*self.dashboards)
        self.browsers.append(one)
        await one.post(0, "/sign-in", email=email, password=PASSWORD)
        return one

    async def paired(self, admin: Browser) -> str:
        """A device's token: the code of one process, asked for at a second, allowed at a third, taken at a fourth."""
        path = (await admin.post(0, "/devices/pair")).headers["Location"]
        code = code_on(await admin.get(0, path))
        await self.dashboards[0].end(signal.SIGKILL)
        assert code_on(await admin.get(1, path)) == code
        async with httpx.AsyncClient(timeout=PATIENCE_S) as device:
            said = {"code": code, "name": "insole", "streams": ["left"]}
            asked = await device.post(self.ingests[0].url + "/api/pairings", json=said)
            assert asked.status_code == 201, asked.text
            await self.dashboards[0].start()
            assert "One device asks" in (await admin.get(0, path)).text
            assert code_on(await admin.get(0, path)) == code, "a restart does no harm"
            uid = path.rpartition("=")[2]
            await admin.post(1, f"/devices/pairings/{uid}/allow", name="Insole", streams="left")
            claim = {"claim": asked.json()["claim"]}
            taken = await device.post(self.ingests[1].url + "/api/pairings/token", json=claim)
            assert taken.json()["state"] == "allowed"
            again = await device.post(self.ingests[0].url + "/api/pairings/token", json=claim)
            assert again.status_code == 404, "and once"
        return taken.json()["token"]


def code_on(page: httpx.Response) -> str:
    """The code that a page of devices shows."""
    assert page.status_code == 200
    found = re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}", page.text.partition('class="code"')[2])
    assert found is not None, page.text[-2000:]
    return found[0]


@pytest.fixture
async def lab(servers, database, tmp_path):
    archive = await open_archive(servers.mongo_url, database, 20.0)
    given = {"device_tokens": "required"}
    parts = [Process(servers, database, tmp_path, part=part, **given) for part in ["ingest", "dashboard"] * 2]
    made = Lab(archive, parts[0::2], parts[1::2])
    await asyncio.gather(*(one.start() for one in parts))
    try:
        yield made
    finally:
        await asyncio.gather(*(one.http.aclose() for one in made.browsers))
        await asyncio.gather(*(one.end(signal.SIGTERM) for one in parts))
        await archive.close()
        with MongoClient(servers.mongo_url) as client:
            client.drop_database(database)


async def sent_over_ws(ingest: Process, token: str) -> ClientConnection:
    """A socket that came with a token and has fed a frame."""
    socket = await connect(ingest.ws_url, additional_headers={"Authorization": f"Bearer {token}"})
    await socket.send(json.dumps({"type": "join_session", "workout_id": "walk", "stream": "left"}))
    await socket.send(json.dumps(FRAME))
    while json.loads(await socket.recv())["type"] != "frame_processed":
        pass
    return socket


async def joined_over_socketio(ingest: Process, token: str) -> ClientConnection:
    """The same by Socket.IO, its token in `auth`."""
    socket = await connect(ingest.ws_url.removesuffix("/ws") + "/socket.io/?EIO=4&transport=websocket")
    await socket.recv()
    await socket.send("40" + json.dumps({"token": token}))
    assert (await socket.recv()).startswith("40")
    await socket.send("42" + json.dumps(["join_session", {"workout_id": "walk", "stream": "left"}]))
    while "session_joined" not in await socket.recv():
        pass
    return socket


async def over_s(socket: ClientConnection, since_s: float) -> tuple[float, int]:
    """How long after a moment a socket was closed, and with which code."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if await socket.recv() == "2":
                    await socket.send("3")
    except ConnectionClosed as error:
        return time.monotonic() - since_s, error.rcvd.code if error.rcvd is not None else 0


async def refused_s(asks, since_s: float) -> float:
    """How long after a moment a request is refused that was answered before."""
    async with asyncio.timeout(PATIENCE_S):
        while (await asks()).status_code == 200:
            await asyncio.sleep(0.05)
    return time.monotonic() - since_s


@pytest.mark.timeout(300)  # five starts, where others work too
async def test_what_one_process_ends_every_other_closes_within_3_s(lab):
    await lab.add(ADMIN)
    await lab.add(MEMBER, "scientist")
    admin, member = await lab.browser(ADMIN), await lab.browser(MEMBER)
    token = await lab.paired(admin)
    async with AsyncExitStack() as open_:
        devices = [
            await open_.enter_async_context(await sent_over_ws(lab.ingests[0], token)),
            await open_.enter_async_context(await sent_over_ws(lab.ingests[1], token)),
            await open_.enter_async_context(await joined_over_socketio(lab.ingests[0], token)),
            await open_.enter_async_context(await joined_over_socketio(lab.ingests[1], token)),
        ]
        feeds = [await open_.enter_async_context(await member.feed(at)) for at in (0, 1)]
        for feed in feeds:
            await feed.recv()

        [device] = await lab.archive.accounts.devices()
        since_s = time.monotonic()
        await admin.post(1, f"/devices/{device.uid}/revoke")
        ended = await asyncio.gather(*(over_s(socket, since_s) for socket in devices))
        assert [code for _, code in ended[:2]] == [4403, 4403]
        assert max(after_s for after_s, _ in ended) < CLOSED_S, ended

        await revoke_a_users_token(lab, admin)

        [user] = [one for one in await lab.archive.accounts.users() if one.email == MEMBER]
        [session] = await lab.archive.accounts.sessions(user.uid)
        since_s = time.monotonic()
        await admin.post(0, f"/access/end/{session.uid}")
        ended = await asyncio.gather(*(over_s(feed, since_s) for feed in feeds))
        assert [code for _, code in ended] == [4401, 4401]
        assert max(after_s for after_s, _ in ended) < CLOSED_S, ended
        later_s = await asyncio.gather(*(refused_s(lambda at=at: member.get(at, "/account"), since_s) for at in (0, 1)))
        assert max(later_s) < CLOSED_S, later_s


async def revoke_a_users_token(lab: Lab, admin: Browser) -> None:
    """Both ingests refuse a program's token that one dashboard ended."""
    accounts = lab.archive.accounts
    [user] = [one for one in await accounts.users() if one.email == MEMBER]
    secret, key = await people.create_token(accounts, user, "notebook", days=1, now_us=time.time_ns() // 1000)
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {secret}"}, timeout=PATIENCE_S) as program:

        def asks(ingest: Process):
            return lambda: program.get(ingest.url + "/api/workouts")

        assert [(await asks(one)()).status_code for one in lab.ingests] == [200, 200]
        since_s = time.monotonic()
        await admin.post(1, f"/access/end/{key.uid}")
        later_s = await asyncio.gather(*(refused_s(asks(one), since_s) for one in lab.ingests))
        assert max(later_s) < CLOSED_S, later_s
