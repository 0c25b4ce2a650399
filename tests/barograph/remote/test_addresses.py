"""Addresses, tokens and certificates of a Lab over HTTP, and servers that are away; a token is shown nowhere."""

from __future__ import annotations

import asyncio
import logging
import ssl
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import pytest

import barograph
from barograph.errors import AccessDenied, BarographError, ServerAway, SettingsError
from barograph.remote import client, forms

sys.path.append(str(Path(__file__).parent))

from false_answers import LAYOUT, OCTETS, STREAM, TOKEN, Answers, body, read, said, workout
from standing import listening

PAIRS = Path(__file__).parents[2] / "fixtures" / "tls"


def test_a_wrong_token_is_known_when_the_lab_is_made_and_is_never_shown(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    server = Answers(list=said(401, "unauthorized", "unknown token"))
    with listening(server) as at:
        with pytest.raises(AccessDenied, match="missing, wrong, expired or revoked") as raised:
            barograph.connect(at, token=TOKEN)
        monkeypatch.setenv("BAROGRAPH_TOKEN", TOKEN + "2")
        with pytest.raises(AccessDenied):
            barograph.connect(at)
    bearers = [line for head in server.heads for line in head.splitlines() if line.lower().startswith("authorization")]
    assert [line.partition(": ")[2] for line in bearers] == [f"Bearer {TOKEN}", f"Bearer {TOKEN}2"]
    shown = repr(raised.value) + caplog.text + "".join(head.splitlines()[0] for head in server.heads)
    assert TOKEN not in shown
    with listening(Answers()) as at, barograph.connect(at, token=TOKEN) as lab:
        assert repr(lab) == f"<Lab: {at}, open>"
        assert TOKEN not in repr(vars(lab._archive._client)) + repr(vars(lab._archive._client._http))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "echo",
    [
        said(401, TOKEN, f"unknown token {TOKEN}"),
        said(500, "x", f"Bearer {TOKEN}"),
        f"HTTP/1.1 200 OK\ncontent-type: {TOKEN}\ncontent-length: 0\n\n",
        f"HTTP/1.1 200 OK\ncontent-type: {OCTETS}\ncontent-encoding: {TOKEN}\ncontent-length: 0\n\n",
        f"HTTP/1.1 {TOKEN}\n\n",
        body(forms.framed({"type": TOKEN})),
        body(workout(created_us=TOKEN)),
        body(workout(streams=[{**STREAM, "layout": {**LAYOUT, "unit": TOKEN}}])),
    ],
    ids=["code", "500", "type", "encoding", "status", "kind", "time", "unit"],
)
def test_a_token_that_a_server_repeats_is_not_shown(echo: Any) -> None:
    with listening(Answers(list=echo)) as at, pytest.raises(BarographError) as raised:
        barograph.connect(at, token=TOKEN)
    shown = "".join(traceback.format_exception(raised.value))
    assert TOKEN not in shown
    assert "***" in shown or "illegal status line" in shown or "created_us" in shown


@pytest.mark.parametrize(
    ("url", "given", "match"),
    [
        ("http://lab.example", {"token": TOKEN}, "http://lab.example is not encrypted.*token_over_http=True"),
        ("http://user:secret-word@127.0.0.1:1", {}, "url: expected no user and password"),
        ("https://lab.example?token=secret-word", {}, "nothing behind '[?]'"),
        ("https://", {}, "url: expected an address such as https://lab.example"),
        ("https://lab.example:port", {}, "url: expected an address such as"),
        ("ftp://lab.example", {}, "url: expected https://… of a Barograph server, or mongodb://…, got|got 'ftp'"),
        ("mongodb://127.0.0.1:1", {"token": TOKEN}, "token: expected the address of a server beside it"),
        (None, {"token": TOKEN}, "token: expected the address of a server beside it"),
        ("https://lab.example", {"token": "two words"}, "token: expected 1 to 4096 printable ASCII"),
        ("https://lab.example", {"token": "line\nX-Admin: 1"}, "token: expected 1 to 4096 printable ASCII"),
        ("https://lab.example", {"token": ""}, "token: expected 1 to 4096 printable ASCII"),
    ],
)
def test_an_address_or_token_that_cannot_be_is_refused_before_anything_is_sent(
    url: str | None, given: dict[str, Any], match: str
) -> None:
    with pytest.raises(SettingsError, match=match) as raised:
        barograph.connect(url, **given)
    assert not any(secret in str(raised.value) for secret in (TOKEN, "secret-word", "two words", "X-Admin"))


def test_a_token_goes_over_plain_http_where_that_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(**given: Any) -> str:
        with pytest.raises(ServerAway) as raised:
            barograph.connect("http://lab.invalid", token=TOKEN, storage_timeout_s=2.0, **given)
        return str(raised.value)

    assert "GET http://lab.invalid/api/archive/workouts: there is no connection" in asked(token_over_http=True)
    monkeypatch.setenv("BAROGRAPH_TOKEN_OVER_HTTP", "1")
    assert "asked 5 times" in asked()


def test_a_server_that_is_not_there_is_away_after_some_tries() -> None:
    with pytest.raises(ServerAway, match=r"http://127\.0\.0\.1:1/.*there is no connection.*asked 5 times"):
        barograph.connect("http://127.0.0.1:1")


def test_a_server_that_says_nothing_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "TRIES", 2)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    with listening(silent) as at, pytest.raises(ServerAway, match="no answer in time"):
        barograph.connect(at, storage_timeout_s=0.2)


def test_a_message_that_trickles_ends_at_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "TRIES", 2)
    monkeypatch.setattr(client, "MESSAGE_S", 0.3)

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 200 OK\r\ncontent-type: {OCTETS}\r\ncontent-length: 4000\r\n\r\n".encode())
        writer.write((3000).to_bytes(8, "little"))
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    with listening(trickle) as at, pytest.raises(ServerAway, match="a message took longer"):
        barograph.connect(at)


def test_a_certificate_that_is_not_trusted_is_said_and_one_that_is_named_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And is asked for once: nothing gets better by waiting."""
    monkeypatch.setattr(client, "TRIES", 1_000_000)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(PAIRS / "first.crt", PAIRS / "first.key")
    server = Answers()
    with listening(server, tls) as at:
        with pytest.raises(ServerAway, match=r"certificate is not trusted: self.signed certificate; SSL_CERT_FILE"):
            barograph.connect(at, token=TOKEN)
        assert server.asked == []
        monkeypatch.setenv("SSL_CERT_FILE", str(PAIRS / "first.crt"))
        with barograph.connect(at, token=TOKEN) as lab:
            assert len(read(lab)) == 2


def test_a_server_that_says_when_is_asked_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MOST_WAIT_S", 1.0)
    answers = iter([said(429, "rate_limited", "slower", "retry-after: 1\n"), said(503, "archive_away")])
    server = Answers(one=lambda: next(answers, body(workout())))
    with listening(server) as at, barograph.connect(at) as lab:
        begun_s = time.monotonic()
        assert len(read(lab)) == 2
        assert time.monotonic() - begun_s >= 1.0
