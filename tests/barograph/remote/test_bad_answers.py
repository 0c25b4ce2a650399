"""Servers that lie or refuse, and what an analyst is told: a sentence, soon."""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import Any

import pytest

import barograph
from barograph import codec
from barograph.errors import (
    AccessDenied,
    BarographError,
    CodecError,
    InvalidData,
    NotFound,
    Refused,
    ServerAway,
    StorageAway,
)
from barograph.remote import client, forms

sys.path.append(str(Path(__file__).parent))

from false_answers import EPOCH, LAYOUT, OCTETS, STREAM, TOKEN, Answers, block, body, keys, numbers, read, said, workout
from standing import listening


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
