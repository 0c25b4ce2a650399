"""Servers that lie, die, refuse or are none, and what an analyst is told: a sentence, soon, and never the token."""

from __future__ import annotations

import asyncio
import logging
import struct
import sys
import traceback
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from pymongo import MongoClient

import barograph
from analytics import sim
from barograph import codec
from barograph.errors import (
    AccessDenied,
    BarographError,
    CodecError,
    InvalidData,
    NotFound,
    Refused,
    ServerAway,
    SettingsError,
    StorageAway,
)
from barograph.lab import Lab
from barograph.remote import client, forms
from barograph.servers.embedded import Servers

sys.path.append(str(Path(__file__).parent))

from standing import Cutting, ingest_at, listening

TOKEN = "bgt_a-secret-that-nobody-may-see"
WALK = sim.walk(20.0, rows=32, cols=16)["left"]
OCTETS = "application/octet-stream"
LAYOUT = {"rows": 2, "cols": 2, "dtype": "uint8"}
EPOCH = {"e": 0, "epoch": "one", "numbered": True, "next_seq": 2, "frames": 2, "first_us": 10, "last_us": 20}
STREAM = {"stream": {"workout_id": "run", "stream": "main"}, "layout": LAYOUT, "epochs": [EPOCH], "first_us": 10,
          "last_us": 20}  # fmt: skip
RUN = {"workout_id": "run", "created_us": 5, "streams": [STREAM]}


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a hundredth as long between two tries."""
    monkeypatch.setattr(client, "FIRST_WAIT_S", 0.002)
    monkeypatch.setattr(client, "MOST_WAIT_S", 0.1)


@pytest.fixture(scope="module")
def address(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An ingest with one walk."""
    database = f"test_{uuid.uuid4().hex[:16]}"
    try:
        with ingest_at(servers.mongo_url, database, tmp_path_factory.mktemp("remote")) as at:
            with barograph.connect(at) as lab:
                lab.import_recording(WALK, workout="walk")
            yield at
    finally:
        with MongoClient[dict[str, object]](servers.mongo_url) as mongo:
            mongo.drop_database(database)


def body(*messages: bytes, ended: bool = True) -> bytes:
    return b"".join(messages) + (forms.end() if ended else b"")


def workout(**changes: Any) -> bytes:
    return forms.framed({"type": "workout"}, msgspec.json.encode({**RUN, **changes}))


def keys(payload: bytes | None = None, **changes: Any) -> bytes:
    """The key of one block of two frames."""
    columns = np.array([0, 0, 2, 10, 20, 30, 0, 10], "<i8").tobytes()
    header = {"type": "keys", "blocks": 1, "frames": 2, "id_bytes": 1, "next": 100, "encoding": "zstd"}
    return forms.framed({**header, **changes}, codec.compress(b"i" + columns if payload is None else payload))


def numbers(*column: int) -> bytes:
    return b"i" + np.array(column, "<i8").tobytes()


def block(payload: bytes = bytes(8), **changes: Any) -> bytes:
    header = {"type": "block", "id": "69", "e": 0, "seq": 0, "n": 2, "encoding": "raw", "bytes": 8, "k": 0, "stats": 0}
    return forms.framed({**header, **changes}, payload)


class Answers:
    """A server that answers each path with something, in the bytes of HTTP."""

    def __init__(self, **answers: Any) -> None:
        self.answers = {"list": body(workout()), "one": body(workout()), "keys": body(keys()), "blocks": body(block()),
                        "origins": body(), **answers}  # fmt: skip
        self.asked: list[str] = []
        self.heads: list[str] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := (await reader.readuntil(b"\r\n\r\n")).decode():
            path = head.split(" ")[1].partition("?")[0]
            place = {"/api/archive/workouts": "list", "/api/archive/workouts/run": "one"}.get(path)
            self.asked.append(place or path.rpartition("/")[2])
            self.heads.append(head)
            answer = self.answers[self.asked[-1]]
            await self.write(writer, answer() if callable(answer) else answer)

    async def write(self, writer: asyncio.StreamWriter, answer: Any) -> None:
        if isinstance(answer, str):
            writer.write(answer.replace("\n", "\r\n").encode())
        else:
            writer.write(f"HTTP/1.1 200 OK\r\ncontent-type: {OCTETS}\r\ncontent-length: {len(answer)}\r\n\r\n".encode())
            writer.write(answer)
        await writer.drain()


def said(status: int, code: str = "", message: str = "", head: str = "") -> str:
    text = msgspec.json.encode({"error": {"code": code, "message": message, "field": None}}).decode()
    return f"HTTP/1.1 {status} No\n{head}content-type: application/json\ncontent-length: {len(text)}\n\n{text}"


def read(lab: Lab) -> Any:
    return lab.recording("run", with_stats=True)


def test_answers_of_this_test_are_good_ones() -> None:
    with listening(Answers()) as at, barograph.connect(at) as lab:
        found = read(lab)
        assert (found.times_us.tolist(), found.frames.tolist()) == ([10, 20], [[[0, 0], [0, 0]]] * 2)


HOSTILE: dict[str, tuple[str, Any]] = {
    "a message without end": ("one", (1 << 62).to_bytes(8, "little") + bytes(64)),
    "a message of 33 MiB": ("one", (33 << 20).to_bytes(8, "little") + bytes(64)),
    "a header of 4 GiB": ("one", (12).to_bytes(8, "little") + struct.pack("<I", (1 << 32) - 1) + bytes(8)),
    "a header that is no JSON": ("one", (8).to_bytes(8, "little") + struct.pack("<I", 4) + b"\xff\xfe{}"),
    "a header that is a list": ("one", (8).to_bytes(8, "little") + struct.pack("<I", 4) + b"[1] "),
    "a header of a million brackets": (
        "one", (200_004).to_bytes(8, "little") + struct.pack("<I", 200_000) + b"[" * 200_000,
    ),
    "a type that is a number": ("one", forms.framed({"type": 7})),
    "a type of tomorrow": ("one", body(forms.framed({"type": "poem"}))),
    "bytes after the end": ("one", body(workout()) + b"more"),
    "JSON that is none": ("one", body(forms.framed({"type": "workout"}, b"{"))),
    "JSON of a million brackets": ("one", body(forms.framed({"type": "workout"}, b"[" * 1_000_000))),
    "a workout that is a list": ("one", body(forms.framed({"type": "workout"}, b"[]"))),
    "another workout": ("one", body(workout(workout_id="walk", streams=[]))),
    "streams of another workout": ("one", body(workout(streams=[{**STREAM, "stream": {"workout_id": "walk"}}]))),
    "streams that are a text": ("one", body(workout(streams="all"))),
    "a time that is a text": ("one", body(workout(created_us="now"))),
    "a layout of 2⁶⁰ cells": ("one", body(workout(streams=[{**STREAM, "layout": {**LAYOUT, "rows": 1 << 59}}]))),
    "a layout that is a number": ("one", body(workout(streams=[{**STREAM, "layout": 3}]))),
    "epochs out of order": ("one", body(workout(streams=[{**STREAM, "epochs": [{**EPOCH, "e": 4}]}]))),
    "no workout": ("one", body()),
    "more keys than follow": ("keys", body(keys(frames=3))),
    "a thousand million keys": ("keys", body(keys(blocks=1 << 30))),
    "as many keys as a message may say": ("keys", body(keys(blocks=1 << 24, frames=1 << 24))),
    "a negative number of keys": ("keys", body(keys(blocks=-1))),
    "ids of 2³⁰ bytes": ("keys", body(keys(id_bytes=1 << 30))),
    "a bomb": ("keys", body(keys(bytes(32 << 20)))),
    "an encoding of tomorrow": ("keys", body(keys(encoding="brotli"))),
    "numbers below 0": ("keys", body(keys(numbers(0, -1, 2, 10, 20, 30, 0, 10)))),
    "counts that do not add up": ("keys", body(keys(numbers(0, 0, 1, 10, 20, 30, 0, 10)))),
    "times after all times": ("keys", body(keys(numbers(0, 0, 2, 1 << 60, 20, 30, 0, 10)))),
    "offsets that run over": ("keys", body(keys(numbers(0, 0, 2, 10, 20, 30, 0, (1 << 63) - 1)))),
    "keys that go back": ("keys", body(keys(next=9), keys(next=3))),
    "another block's numbers": ("blocks", body(block(seq=5))),
    "frames cut short": ("blocks", body(block(bytes(8), bytes=4))),
    "a block that is no zstd": ("blocks", body(block(b"12345678", encoding="zstd"))),
    "a block that is a bomb": ("blocks", body(block(codec.compress(bytes(16 << 20)), encoding="zstd", bytes=600))),
    "an id that is no id": ("blocks", body(block(id="zz"))),
    "statistics that do not follow": ("blocks", body(block(stats=9))),
    "blocks that are not there": ("blocks", body()),
    "an origin that is no JSON": ("origins", body(forms.framed({"type": "origin", "e": 0}, b"NaN,"))),
    "an origin that is a number": ("origins", body(forms.framed({"type": "origin", "e": 0}, b"12"))),
    "an origin of many brackets": ("origins", body(forms.framed({"type": "origin", "e": 0}, b"[" * 200_000))),
    "a page of a proxy": ("one", "HTTP/1.1 200 OK\ncontent-type: text/html\ncontent-length: 6\n\n<html>"),
    "an answer that is packed": (
        "one", f"HTTP/1.1 200 OK\ncontent-type: {OCTETS}\ncontent-encoding: gzip\ncontent-length: 4\n\nabcd",
    ),
    "another address": ("one", "HTTP/1.1 302 Found\nlocation: http://127.0.0.1:1/\ncontent-length: 0\n\n"),
    "no HTTP at all": ("one", "SSH-2.0-OpenSSH_9.9\n\n"),
    "a head without end": ("one", "HTTP/1.1 200 OK\n" + "x: y\n" * 100_000),
    "an error of a megabyte": ("one", f"HTTP/1.1 403 No\ncontent-length: {1 << 20}\n\n" + "x" * (1 << 20)),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_an_answer_that_cannot_be_is_an_error_in_a_sentence(name: str) -> None:
    place, answer = HOSTILE[name]
    server = Answers(**{place: answer})
    with listening(server) as at, barograph.connect(at, token=TOKEN) as lab:
        with pytest.raises(BarographError) as raised:
            read(lab)
        assert TOKEN not in repr(raised.value)
        assert len(str(raised.value)) <= 1100
        assert len(server.asked) <= 3 + client.TRIES


def test_what_is_endless_ends() -> None:
    """Keys, workouts and origins that a server goes on to send: a bound is reached, not the end of memory."""
    again = body(*[forms.framed({"type": "origin", "e": e}, b"{}") for e in range(10_002)])
    with (
        listening(Answers(origins=again)) as at,
        barograph.connect(at) as lab,
        pytest.raises(CodecError, match="origin: expected at most 10000, got more"),
    ):
        read(lab)
    with (
        listening(Answers(list=body(*[workout()] * 101))) as at,
        barograph.connect(at) as lab,
        pytest.raises(InvalidData, match="workouts: expected at most"),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("barograph.remote.archive.MOST_WORKOUTS", 2000)
        lab.workouts()


@pytest.mark.parametrize(
    ("answer", "kind", "match"),
    [
        (said(401, "unauthorized", "unknown token"), AccessDenied, r"server said 401 unauthorized: unknown token"),
        (said(403, "forbidden"), AccessDenied, "403 forbidden; this token may not do that"),
        (said(404, "not_found", "no such workout"), NotFound, "no workout 'run' is stored; there is run"),
        (said(410, "gone", "it was erased"), NotFound, "no workout 'run' is stored; there is run"),
        (said(400, "bad_field", "stream: expected a name"), InvalidData, r"\Astream: expected a name\Z"),
        (said(413, "too_large", "too much"), Refused, "said 413 too_large: too much"),
        (said(429, "rate_limited", "slower"), Refused, "said 429 rate_limited: slower"),
        (said(503, "archive_away", "MongoDB is away"), StorageAway, "503 archive_away: MongoDB is away; asked 5 times"),
        ("HTTP/1.1 502 Bad Gateway\ncontent-length: 0\n\n", ServerAway, r"GET http://127.0.0.1:\d+/api/archive/workouts/run"),
        (said(500, "\x1b[31m" + "x" * 999, "y\n" * 5000), ServerAway, "the server said 500"),
    ],
    ids=["401", "403", "404", "410", "400", "413", "429", "503", "502", "500"],
)  # fmt: skip
def test_what_a_server_refuses_is_said(answer: str, kind: type[BarographError], match: str) -> None:
    with listening(Answers(one=answer)) as at, barograph.connect(at) as lab:
        with pytest.raises(kind, match=match) as raised:
            read(lab)
        assert all(letter.isprintable() for letter in str(raised.value))


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


QUESTIONS: dict[str, Callable[[Lab], Any]] = {
    "recording": lambda lab: lab.recording("walk", "left", with_stats=True),
    "part": lambda lab: lab.recording("walk", "left", 1, 19),
    "workouts": lambda lab: lab.workouts(),
    "markers": lambda lab: lab.markers("walk"),
    "import": lambda lab: lab.import_recording(WALK, workout="walk", stream="again"),
}


@pytest.mark.parametrize("after", [700, 40_000])
@pytest.mark.parametrize("name", QUESTIONS)
def test_an_answer_that_breaks_off_is_resumed(address: str, name: str, after: int) -> None:
    """Several times one after the other, more often than a question that brings nothing new may be asked."""
    cutting = Cutting(address, after, 3 if after == 700 else 12)
    with listening(cutting) as at, barograph.connect(at) as lab, barograph.connect(address) as whole:
        found, expected = QUESTIONS[name](lab), QUESTIONS[name](whole)
    if name in ("recording", "part"):
        assert found.equals(expected)
        assert cutting.cut >= 3
    if name == "import":
        assert len(WALK) == found.frames


async def test_what_is_sent_may_take_longer_than_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a slow line: each piece that goes out begins the time of the next message anew."""
    monkeypatch.setattr(client, "MESSAGE_S", 7200.0)

    async def parts() -> AsyncIterator[bytes]:
        yield b""
        yield bytes(range(256)) * 1000

    pace, pieces = client._Pace(), list[bytes]()
    async with asyncio.timeout(3600) as pace.bound:
        until_s = pace.bound.when() or 0.0
        async for piece in pace.over(parts()):
            pieces.append(piece)
            assert (pace.bound.when() or 0.0) > until_s
    assert b"".join(pieces) == bytes(range(256)) * 1000
    assert max(map(len, pieces)) == client.SENT_BYTES


def test_a_server_that_always_dies_is_given_up(address: str) -> None:
    cutting = Cutting(address, 1 << 20, 0)
    with listening(cutting) as at, barograph.connect(at) as lab:
        cutting.after, cutting.times = 400, 1 << 30
        with pytest.raises(ServerAway, match=r"the connection was lost.*asked 5 times"):
            lab.recording("walk", "left")
