"""A PROXY header names the client, of a proxy that is named alone; TLS and WebSockets go on behind it."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import shutil
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from balancer import balancer
from hypothesis import given
from hypothesis import strategies as st
from listening import listening
from quart import Quart, request, websocket
from websockets.asyncio.client import connect

from barograph.cli.serving import Server, configuration
from barograph.settings import load
from barograph.web.entries import entry_of
from barograph.web.forwarded import Proxies
from barograph.web.limits import AddressLimits
from barograph.web.proxied import MOST_BODY, SIGNATURE, NoHeader, client_of
from barograph.web.tls import certificate_of

PAIRS = Path(__file__).parents[2] / "fixtures" / "tls"
CLIENT, OTHER = "198.51.100.4", "2001:db8::4"
GET = b"GET / HTTP/1.1\r\nHost: lab.example\r\nConnection: close\r\n\r\n"


def line(client: str = CLIENT, port: int = 4711, kind: str = "TCP4", ours: str = "192.0.2.1") -> bytes:
    return f"PROXY {kind} {client} {ours} {port} 443\r\n".encode()


def binary(client: str = CLIENT, port: int = 4711, *, command: int = 0x21, more: bytes = b"") -> bytes:
    """A header of version 2, with whatever follows the addresses."""
    at = ipaddress.ip_address(client)
    body = at.packed + bytes(len(at.packed)) + struct.pack("!HH", port, 443) + more
    return SIGNATURE + struct.pack("!BBH", command, 0x11 if at.version == 4 else 0x21, len(body)) + body


async def read(data: bytes) -> tuple[Any, bytes]:
    """What a header says, and what is left of the data behind it."""
    left = bytearray(data)

    async def some(size: int) -> bytes:
        found = bytes(left[: max(1, size // 2)])  # the kernel gives what it has
        del left[: len(found)]
        return found

    return await client_of(some), bytes(left)


@pytest.mark.parametrize(
    ("header", "client"),
    [
        (line(), (CLIENT, 4711)),
        (line(OTHER, 1, "TCP6", "::1"), (OTHER, 1)),
        (b"PROXY UNKNOWN\r\n", None),
        (b"PROXY UNKNOWN ffff:f...f ffff:f...f 65535 65535\r\n", None),
        (binary(), (CLIENT, 4711)),
        (binary(OTHER, 65535), (OTHER, 65535)),
        (binary(more=b"\x04\x00\x03abc"), (CLIENT, 4711)),
        (binary(command=0x20), None),
        (SIGNATURE + b"\x20\x00\x00\x00", None),
        (SIGNATURE + b"\x21\x31" + struct.pack("!H", 216) + bytes(216), None),  # a socket of UNIX
    ],
)
async def test_a_header_names_the_client_and_nothing_behind_it_is_read(header: bytes, client: Any) -> None:
    assert await read(header + GET) == (client, GET)


@pytest.mark.parametrize(
    "data",
    [
        GET,
        b"",
        line()[:-1],
        line(port=65536),
        line("300.0.0.1"),
        line(OTHER),
        line(kind="TCP6"),
        line(kind="UDP4"),
        b"PROXY " + b"x" * 200,
        b"PROXY TCP4 198.51.100.4 192.0.2.1 -1 443\r\n",
        binary()[:20],
        SIGNATURE + b"\x11\x11\x00\x0c" + bytes(12),
        SIGNATURE + b"\x21\x11\x00\x04" + bytes(4),
        SIGNATURE + struct.pack("!BBH", 0x21, 0x11, MOST_BODY + 1) + bytes(MOST_BODY + 1),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40),  # TLS
    ],
)
async def test_what_is_no_header_is_refused(data: bytes) -> None:
    with pytest.raises(NoHeader):
        await read(data)


@given(st.binary(max_size=300), st.sampled_from([b"", b"PROXY TCP4 ", SIGNATURE, SIGNATURE + b"\x21\x11"]))
def test_any_bytes_are_a_header_or_refused(data: bytes, begin: bytes) -> None:
    try:
        found, _ = asyncio.run(read(begin + data))
    except NoHeader:
        return
    assert found is None or ipaddress.ip_address(found[0])


@pytest.fixture
def serving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A server that says who asks, on a socket that is taken for one that others reach."""
    for name in ("lab.crt", "lab.key"):
        shutil.copy(PAIRS / name.replace("lab", "first"), tmp_path / name)
        (tmp_path / name).chmod(0o600)

    @asynccontextmanager
    async def running(*, tls: bool = False, proxies: str = "127.0.0.1", **more: Any) -> AsyncIterator[int]:
        if tls:
            monkeypatch.setattr("barograph.cli.serving.is_loopback", lambda host: False)
            more |= {"lan_host": "192.0.2.7", "tls_cert": tmp_path / "lab.crt", "tls_key": tmp_path / "lab.key"}
        settings = load(data_dir=tmp_path, trusted_proxies=(proxies,), proxy_protocol=True, **more)
        app = said_by(Quart(__name__))
        app.extensions["barograph"] = {"limits": AddressLimits(settings)}
        certificate, proxies_named = certificate_of(settings), Proxies(settings.trusted_proxies)
        async with listening(Server(configuration(app, settings), certificate, 0.5, proxies_named)) as port:
            yield port

    return running


def said_by(app: Quart) -> Quart:
    @app.get("/")
    async def who() -> dict[str, Any]:
        return {"client": request.remote_addr, "entry": entry_of(request)}

    @app.get("/readyz")
    async def ready() -> str:
        return "ready"

    @app.websocket("/who")
    async def who_else() -> None:
        await websocket.send(json.dumps({"client": websocket.remote_addr, "entry": entry_of(websocket)}))

    return app


async def answered(port: int, header: bytes, *, tls: bool = False, source: str = "127.0.0.1") -> dict[str, Any] | None:
    """What the server says to a connection that begins with a header, None where it hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    try:
        writer.write(header)
        if tls:
            trusting = ssl.create_default_context(cafile=str(PAIRS / "first.crt"))
            await asyncio.wait_for(writer.start_tls(trusting, server_hostname="lab.example"), 20)
        writer.write(GET)
        said = await asyncio.wait_for(reader.read(), 20)
    except (ConnectionError, ssl.SSLError):
        return None
    finally:
        writer.close()
    return json.loads(said.rpartition(b"\r\n\r\n")[2]) if said else None


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("header", [line(), binary(), binary(more=bytes(100))], ids=["line", "binary", "longer"])
async def test_behind_a_named_proxy_the_client_is_whom_the_header_names(serving: Any, header: bytes, tls: bool) -> None:
    async with serving(tls=tls) as port:
        expected = {"client": CLIENT, "entry": "proxy" if tls else "lan"}
        assert await answered(port, header, tls=tls) == expected


async def test_who_asks_by_a_named_proxy_of_this_machine_is_no_program_of_this_machine(serving: Any) -> None:
    async with serving() as port:
        said = await answered(port, line("127.0.0.1"))
        assert said == {"client": "127.0.0.1", "entry": "lan"}
        assert (await answered(port, binary(command=0x20)))["entry"] == "lan"


async def test_a_named_proxy_that_sends_no_header_is_hung_up_on_and_nobody_else_needs_one(serving: Any) -> None:
    async with serving() as port:
        assert await answered(port, b"") is None
        assert await answered(port, b"PROXY ") is None
    async with serving(proxies="10.0.0.7") as port:
        assert await answered(port, b"") == {"client": "127.0.0.1", "entry": "machine"}


async def test_a_websocket_has_the_address_too(serving: Any) -> None:
    async with serving() as port:
        there = socket.create_connection(("127.0.0.1", port))
        there.sendall(binary())
        there.setblocking(False)
        async with connect(f"ws://lab.example:{port}/who", sock=there) as who:
            assert json.loads(await who.recv()) == {"client": CLIENT, "entry": "lan"}


async def test_haproxy_passes_tls_on_and_says_whose_a_connection_is(serving: Any, tmp_path: Path) -> None:
    async with serving(tls=True) as port:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            bind = f"127.0.0.1:{probe.getsockname()[1]}"
        there = f"127.0.0.1:{port}"
        places = {"INGEST_BIND": bind, "INGEST_1": there, "INGEST_2": there}
        with balancer(tmp_path / "haproxy.log", "haproxy-tcp.cfg", **places):
            for source in ("127.0.1.7", "127.0.1.8"):
                said = await answered(int(bind.rpartition(":")[2]), b"", tls=True, source=source)
                assert said == {"client": source, "entry": "proxy"}
            await asyncio.sleep(1.5)  # some questions whether it is ready later
            said = await answered(int(bind.rpartition(":")[2]), b"", tls=True, source="127.0.1.9")
            assert said == {"client": "127.0.1.9", "entry": "proxy"}, (tmp_path / "haproxy.log").read_text()


async def test_each_client_has_limits_of_its_own(serving: Any) -> None:
    async with serving(max_address_handshakes=2) as port:
        kept = [await asyncio.open_connection("127.0.0.1", port) for _ in range(4)]
        for _, writer in kept[:2]:
            writer.write(line())
        await asyncio.sleep(0.2)
        assert await answered(port, line()) is None
        assert await answered(port, line(OTHER, 1, "TCP6", "::1")) == {"client": OTHER, "entry": "lan"}
        for _, writer in kept:
            writer.close()
