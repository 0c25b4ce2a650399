"""TLS: the certificate of the moment for new handshakes, none of the old kind, and a key that is nobody else's."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from listening import listening
from quart import Quart, websocket
from websockets.asyncio.client import connect

from barograph.cli.serving import Server, configuration
from barograph.errors import SettingsError
from barograph.settings import load
from barograph.web.tls import Certificate, day_of

PAIRS = Path(__file__).parents[2] / "fixtures" / "tls"


def put(room: Path, name: str, *, key: str | None = None) -> Certificate | None:
    """Put a pair where it is looked for."""
    for source, target in ((f"{name}.crt", "lab.crt"), (f"{key or name}.key", "lab.key")):
        fresh = room / f"{target}.new"
        shutil.copy(PAIRS / source, fresh)
        fresh.chmod(0o600)
        fresh.replace(room / target)
    return None


@pytest.fixture
def room(tmp_path: Path) -> Path:
    made = tmp_path / "tls"
    made.mkdir(mode=0o700)
    put(made, "first")
    return made


def certificate(room: Path) -> Certificate:
    return Certificate(room / "lab.crt", room / "lab.key")


def subject(server: Certificate, *, newest: ssl.TLSVersion | None = None) -> str:
    """Shake hands in memory: the name in the certificate that a client gets."""
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for name in ("first", "second"):
        asking.load_verify_locations(PAIRS / f"{name}.crt")
    if newest is not None:
        asking.set_ciphers("DEFAULT:@SECLEVEL=0")  # it would speak the old one
        asking.minimum_version, asking.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, newest
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = asking.wrap_bio(down, up, server_hostname="lab.example")
    served = server.context.wrap_bio(up, down, server_side=True)
    for one in (client, served) * 3:
        try:
            one.do_handshake()
        except ssl.SSLWantReadError:
            continue
    found: Any = client.getpeercert()
    return str(found["subject"][0][0][1])


def test_a_new_pair_is_for_the_next_handshake(room: Path) -> None:
    used = certificate(room)
    assert subject(used) == "first.lab.example"
    assert not used.renew()
    put(room, "second")
    assert used.renew()
    assert subject(used) == "second.lab.example"


def test_half_a_pair_changes_nothing_and_is_looked_at_again(room: Path, caplog: pytest.LogCaptureFixture) -> None:
    used = certificate(room)
    put(room, "second", key="first")
    assert not used.renew()
    assert "stays in use" in caplog.text
    assert subject(used) == "first.lab.example"
    (room / "lab.key").unlink()
    assert not used.renew()
    assert subject(used) == "first.lab.example"
    put(room, "second")
    assert used.renew()
    assert subject(used) == "second.lab.example"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated", "ignore:ssl.TLSVersion.TLSv1 is deprecated")
def test_nothing_older_than_tls_1_2_is_spoken(room: Path) -> None:
    assert subject(certificate(room), newest=ssl.TLSVersion.TLSv1_2) == "first.lab.example"
    with pytest.raises(ssl.SSLError):
        subject(certificate(room), newest=ssl.TLSVersion.TLSv1_1)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_is_refused(mode: int, room: Path) -> None:
    (room / "lab.key").chmod(mode)
    with pytest.raises(SettingsError, match=r"lab\.key.*"):
        certificate(room)


def test_a_key_by_a_link_is_looked_at_where_it_is(room: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (room / "lab.key").rename(elsewhere / "real.key")
    (room / "lab.key").symlink_to(elsewhere / "real.key")
    assert subject(certificate(room)) == "first.lab.example"
    (elsewhere / "real.key").chmod(0o644)
    with pytest.raises(SettingsError, match="only its owner can read"):
        certificate(room)
    (elsewhere / "real.key").chmod(0o600)
    elsewhere.chmod(0o777)
    with pytest.raises(SettingsError, match="others may write it"):
        certificate(room)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_somebody_elses_key_is_refused(room: Path) -> None:
    os.chown(room / "lab.key", 65534, -1)
    with pytest.raises(SettingsError, match="belongs to user 65534"):
        certificate(room)


def test_what_is_no_pair_is_said_at_the_start(room: Path) -> None:
    put(room, "first", key="second")
    with pytest.raises(SettingsError, match=r"BAROGRAPH_TLS_CERT.*KEY_VALUES_MISMATCH"):
        certificate(room)
    put(room, "first", key="locked")
    with pytest.raises(SettingsError, match="BAROGRAPH_TLS_KEY: expected a key without a password"):
        certificate(room)
    (room / "lab.crt").write_text("no certificate")
    with pytest.raises(SettingsError, match="BAROGRAPH_TLS_CERT"):
        certificate(room)
    (room / "lab.crt").unlink()
    with pytest.raises(SettingsError, match="No such file"):
        certificate(room)


def test_the_end_of_a_certificate_is_known_and_said_in_time(
    room: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = certificate(room)
    end_s = used.end_s()
    assert end_s is not None
    assert day_of(end_s).startswith("2126-")
    used.warn()
    assert caplog.text == ""
    for days in (13, -400):
        monkeypatch.setattr(time, "time", lambda days=days: end_s - days * 86400)
        caplog.clear()
        used.warn()
        assert f"on {day_of(end_s)}: get a new one" in caplog.text
        assert used.end_s() == end_s


@pytest.fixture
async def port(room: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """A server with TLS, on a socket that is taken for one that others reach."""
    monkeypatch.setattr("barograph.cli.serving.is_loopback", lambda host: False)
    app = Quart(__name__)

    @app.get("/")
    async def home() -> str:
        return "here"

    @app.websocket("/echo")
    async def echo() -> None:
        while True:
            await websocket.send(await websocket.receive())

    settings = load(data_dir=room, lan_host="192.0.2.7", tls_cert=room / "lab.crt", tls_key=room / "lab.key")
    async with listening(Server(configuration(app, settings), certificate(room), 0.3)) as port:
        yield port


async def test_an_open_connection_goes_on_while_the_certificate_changes(room: Path, port: int) -> None:
    trusting = ssl.create_default_context(cafile=str(PAIRS / "first.crt"))
    trusting.load_verify_locations(PAIRS / "second.crt")

    async def name() -> str:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname="lab.example")
        found: Any = writer.get_extra_info("peercert")
        writer.write(b"GET / HTTP/1.1\r\nHost: lab.example\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        assert answer.endswith(b"here"), answer
        assert b"strict-transport-security" in answer
        writer.close()
        return str(found["subject"][0][0][1])

    async with connect(f"wss://127.0.0.1:{port}/echo", ssl=trusting, server_hostname="lab.example") as open_:
        assert await name() == "first.lab.example"
        put(room, "second")
        async with asyncio.timeout(60):
            while await name() != "second.lab.example":
                await asyncio.sleep(0.05)
        await open_.send("still there")
        assert await open_.recv() == "still there"


async def test_whoever_begins_no_tls_is_let_go(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    assert await asyncio.wait_for(reader.read(), 60) == b""  # after 0.3 s, not a minute
    writer.close()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: lab.example\r\n\r\n")
    assert b"here" not in await asyncio.wait_for(reader.read(), 60)
    writer.close()
