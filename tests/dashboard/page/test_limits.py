"""What an address may ask of the dashboard: connections, requests, links tried in vain, feeds of one shared link."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn

from barograph import settings as settings_module
from barograph.access.principals import Access
from barograph.cli.serving import configuration
from dashboard.app import create_app
from dashboard.page.limits import Limits

HEADERS = {"Host": "127.0.0.1:8050"}
HERE = {"client": ("127.0.0.1", 4242)}
NEIGHBOUR = {"client": ("127.0.0.2", 4242)}


@pytest.fixture
def made(tmp_path, memory_archive, memory_live):
    """Makes the application and its door with some settings."""

    def make(**given):
        settings = settings_module.load(data_dir=tmp_path, ingest_port=1, **given)
        access = Access(settings, "dashboard")
        return create_app(settings, memory_archive, memory_live, access), access, settings

    return make


@asynccontextmanager
async def served(app, settings) -> AsyncIterator[int]:
    config = configuration(app, settings)
    config.port = 0
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
        assert not task.done(), task.result()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await asyncio.wait_for(task, 20)


async def test_connections_that_ask_nothing_or_drip_their_head_are_closed(made):
    app, _, settings = made(handshake_timeout_s=0.5, max_address_handshakes=20)
    async with served(app, settings) as port, asyncio.timeout(20):
        opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(30)]
        for _, writer in opened[:20]:
            writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
        ends = await asyncio.gather(*(reader.read() for reader, _ in opened), return_exceptions=True)
        for _, writer in opened:
            writer.close()
        assert [end for end in ends if end not in (b"",) and not isinstance(end, OSError)] == []
        async with httpx.AsyncClient() as browser:
            assert (await browser.get(f"http://127.0.0.1:{port}/")).status_code == 403


async def test_a_body_that_goes_on_after_its_answer_ends_in_time(made):
    app, _, settings = made(handshake_timeout_s=0.5)
    async with served(app, settings) as port, asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /import?name=a HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n\r\n")
        assert b"403" in await reader.readuntil(b"\r\n\r\n")

        async def drip() -> None:
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.05)

        with pytest.raises(ConnectionError):
            await drip()
        writer.close()


async def test_an_address_may_have_so_many_connections_and_gets_them_back(made):
    app, _, settings = made(max_address_sockets=3)
    async with served(app, settings) as port, asyncio.timeout(20):
        first = f"GET /assets/core/mark.svg HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(4)]
        lines = []
        for reader, writer in opened:
            writer.write(first)
            lines.append((await reader.readline())[9:12])
        assert lines == [b"200", b"200", b"200", b"429"]
        opened[0][1].close()
        await asyncio.sleep(0.1)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(first)
        assert (await reader.readline())[9:12] == b"200"
        for _, each in [*opened, (reader, writer)]:
            each.close()


async def test_an_address_may_ask_so_often_and_is_told_when_it_may_again(made):
    app, _, _ = made(max_address_requests_per_s=5)
    client = app.test_client()
    answers = [await client.get("/assets/core/mark.svg", headers=HEADERS, scope_base=HERE) for _ in range(14)]
    refused = sum(answer.status_code == 429 for answer in answers)
    assert 2 <= refused <= 4  # two seconds' worth, and what came back meanwhile
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert "max_address_requests_per_s" in (await answers[-1].get_json())["message"]
    assert (await client.get("/assets/core/mark.svg", headers=HEADERS, scope_base=NEIGHBOUR)).status_code == 200


@pytest.mark.parametrize(("method", "path"), [("POST", "/login/x"), ("GET", "/login/x"), ("GET", "/share/x")])
async def test_links_tried_in_vain_are_counted_by_address(made, method, path):
    app, access, _ = made(max_address_refused_links_per_minute=4)
    client = app.test_client()

    async def tried(asked: str, **scope) -> int:
        answer = await client.open(asked, method=method, headers=HEADERS, scope_base=scope or HERE)
        if answer.status_code == 429:
            assert int(answer.headers["Retry-After"]) >= 1
            assert "Too many links" in await answer.get_data(as_text=True)
        return answer.status_code

    assert [await tried(f"{path}{n}") for n in range(8)][5:] == [429] * 3
    good = access.new_link("http://127.0.0.1:8050").removeprefix("http://127.0.0.1:8050")
    assert (await client.post(good, headers=HEADERS, scope_base=HERE)).status_code == 429
    assert (await client.post(good, headers=HEADERS, scope_base=NEIGHBOUR)).status_code == 303


async def test_links_that_open_are_not_counted(made):
    app, access, _ = made(max_address_refused_links_per_minute=2)
    client = app.test_client()
    for _ in range(5):
        good = access.new_link("http://127.0.0.1:8050").removeprefix("http://127.0.0.1:8050")
        assert (await client.post(good, headers=HEADERS, scope_base=HERE)).status_code == 303


async def test_a_body_that_is_no_upload_is_small(made):
    app, access, _ = made()
    client = app.test_client()
    good = access.new_link("http://127.0.0.1:8050").removeprefix("http://127.0.0.1:8050")
    await client.post(good, headers=HEADERS, scope_base=HERE)
    for path in ("/_dash-update-component", "/data/walk/markers", "/data/walk/share", "/login"):
        kind = {"Content-Type": "application/json"}
        answer = await client.post(path, headers=HEADERS | kind, data=b" " * (2 << 20), scope_base=HERE)
        assert answer.status_code == 413, path


def test_feeds_are_counted_by_address_and_by_shared_link(tmp_path):
    limits = Limits(settings_module.load(data_dir=tmp_path, max_address_sockets=3, max_share_sockets=2))
    assert [limits.open_feed("a", "link") for _ in range(2)] == [None, None]
    over = limits.open_feed("b", "link")
    assert over is not None
    assert over.field == "max_share_sockets"
    assert limits.open_feed("a", "another") is None
    full = limits.open_feed("a", None)
    assert full is not None
    assert full.field == "max_address_sockets"
    limits.close_feed("a", "link")
    assert limits.open_feed("b", "link") is None
