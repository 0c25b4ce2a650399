"""Behind a named proxy each client has limits of its own, whatever it writes of itself; and nothing is said in vain."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from barograph.access.principals import Access
from barograph.cli.serving import Server, configuration
from barograph.settings import load
from barograph.web.entries import KEY, Entry
from dashboard.app import create_app

ONE, OTHER = "198.51.100.4", "198.51.100.5"


@pytest.fixture
def serving(tmp_path: Path, memory_archive: Any, memory_live: Any) -> Callable[..., Any]:
    """The dashboard on loopback, with settings."""

    @asynccontextmanager
    async def running(**given: Any) -> AsyncIterator[str]:
        settings = load(data_dir=tmp_path, ingest_port=1, **given)
        app = create_app(settings, memory_archive, memory_live, Access(settings, "dashboard"))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = Server(configuration(app, settings))
            task = asyncio.create_task(server.serve(sockets=[listener]))
            while not server.started:
                await asyncio.sleep(0.01)
                assert not task.done(), task.result()
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/healthz"
            server.should_exit = True
            await asyncio.wait_for(task, 30)

    return running


async def asked(url: str, **headers: str) -> int:
    async with httpx.AsyncClient(timeout=60) as client:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return (await client.get(url, headers=named)).status_code


@pytest.mark.parametrize(("proxies", "other"), [(("127.0.0.1",), 200), ((), 429)])
async def test_requests_are_counted_by_client_behind_a_named_proxy_alone(
    serving: Callable[..., Any], proxies: tuple[str, ...], other: int
) -> None:
    slow = {"max_address_requests_per_s": 1e-6}  # one request, and then none for days
    async with serving(trusted_proxies=proxies, **slow) as url:
        assert await asked(url, X_Forwarded_For=ONE) == 200
        for said in (ONE, f"{OTHER}, {ONE}", f"127.0.0.1, {ONE}"):
            assert await asked(url, X_Forwarded_For=said) == 429
        assert await asked(url, X_Forwarded_For=f"{ONE}, {OTHER}") == other


@pytest.mark.parametrize(("proxies", "third"), [(("127.0.0.1",), 200), ((), 429)])
async def test_connections_of_a_named_proxy_are_many_peoples(
    serving: Callable[..., Any], proxies: tuple[str, ...], third: int
) -> None:
    async with serving(trusted_proxies=proxies, max_address_sockets=2) as url, AsyncExitStack() as kept:
        clients = [await kept.enter_async_context(httpx.AsyncClient(timeout=60)) for _ in range(3)]
        assert [(await client.get(url)).status_code for client in clients] == [200, 200, third]


@pytest.mark.parametrize(("entry", "said"), [(Entry.MACHINE, True), (Entry.TLS, True), (Entry.LAN, False)])
async def test_what_browsers_heed_by_tls_alone_is_not_said_without(app: Any, entry: Entry, said: bool) -> None:
    answer = await app.test_client().get("/healthz", headers={"Host": "localhost"}, scope_base={KEY: entry})
    assert ("Cross-Origin-Opener-Policy" in answer.headers) is said
