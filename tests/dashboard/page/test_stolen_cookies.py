"""A cookie that a browser sent to somebody else's server on another port opens nothing for them."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from barograph.access.principals import Access
from barograph.access.shares import Shares, Wanted
from barograph.cli.serving import Server, configuration
from barograph.web.owners import owner_of

NOBODY = 65534
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the kernel says whose a connection is on Linux alone"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user for a moment"),
]


def socket_of(user: int) -> socket.socket:
    """A socket that another user's program made."""
    os.seteuid(user)
    try:
        return socket.socket()
    finally:
        os.seteuid(0)


@pytest.fixture
async def port(app: Any, settings: Any, memory_archive: Any) -> AsyncIterator[int]:
    """The dashboard on loopback, with a session."""
    await memory_archive.note("walk", now_us=time.time_ns() // 1000)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(configuration(app, settings))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
            assert not task.done(), task.result()
        yield listener.getsockname()[1]
        server.should_exit = True
        await asyncio.wait_for(task, 30)


@pytest.fixture
async def asked(port: int) -> Callable[..., Any]:
    """Asks the dashboard by hand, as a user and under a host name."""

    async def ask(user: int, cookie: str, line: str = "GET /sessions", host: str = "", body: bytes = b"") -> int:
        theirs = socket_of(user)
        theirs.setblocking(False)
        await asyncio.get_running_loop().sock_connect(theirs, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=theirs)
        head = (
            f"{line} HTTP/1.1\r\nHost: {host or f'127.0.0.1:{port}'}\r\nCookie: {cookie}\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = await asyncio.wait_for(reader.read(), 60)
        writer.close()
        await writer.wait_closed()
        return int(answer.split(b" ", 2)[1])

    return ask


async def given_away(browser: httpx.AsyncClient) -> str:
    """What a browser that knows the dashboard sends to a server of somebody else's on another port."""
    heard: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        heard.set_result(next((line for line in lines if line.lower().startswith("cookie:")), ""))
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as theirs:
        await browser.get(f"http://127.0.0.1:{theirs.sockets[0].getsockname()[1]}/")
        return (await heard).partition(":")[2].strip()


@pytest.mark.parametrize("kind", ["login", "shared"])
async def test_a_stolen_cookie_opens_nothing_for_another_user(
    kind: str, port: int, access: Access, asked: Callable[..., Any], app: Any, memory_archive: Any
) -> None:
    here = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(follow_redirects=True, timeout=60) as browser:
        if kind == "login":
            opened = await browser.post(access.new_link(here))
        else:
            workout = await memory_archive.workout("walk")
            shares: Shares = app.extensions["barograph"]["shares"]
            secret, _ = await shares.make(Wanted("Coach", "athlete", 600, workout.uid))
            opened = await browser.get(f"{here}/share/{secret}")
        assert opened.status_code == 200
        stolen = await given_away(browser)
    assert "barograph_" in stolen
    page = "GET /athlete/walk"
    assert await asked(0, stolen, page) == 200  # the same user: their programs could read the data directory too
    tried = [
        await asked(NOBODY, stolen, page),
        await asked(NOBODY, stolen, "GET /"),
        await asked(NOBODY, stolen, "POST /data/walk/share", body=b'{"view":"athlete","query":"","life_s":60}'),
        await asked(NOBODY, stolen, "POST /_dash-update-component", body=b"{}"),
        await asked(0, stolen, page, host=f"localhost:{port}"),
        await asked(0, stolen, page, host="127.0.0.1"),
    ]
    assert tried == [403] * len(tried)


def test_whose_a_connection_is_and_that_a_let_go_one_is_nobodys() -> None:
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.create_server((host, 0), family=family) as listener:
            for user in (0, NOBODY):
                os.seteuid(user)
                theirs = socket.socket(family)
                os.seteuid(0)
                theirs.connect(listener.getsockname()[:2])
                ours, _ = listener.accept()
                scope = {"client": theirs.getsockname()[:2], "server": ours.getsockname()[:2]}
                assert owner_of(scope) == user
                theirs.close()
                assert owner_of(scope) is None
                ours.close()
    for scope in ({}, {"client": None, "server": None}, {"client": ("<local>", 1), "server": ("localhost", 2)}):
        assert owner_of(scope) is None
