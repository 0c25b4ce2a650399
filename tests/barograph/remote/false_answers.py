"""A server whose answers a test makes up, and messages that are wrong in one way."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import numpy as np

from barograph import codec
from barograph.lab import Lab
from barograph.remote import forms

TOKEN = "bgt_a-secret-that-nobody-may-see"
OCTETS = "application/octet-stream"
LAYOUT = {"rows": 2, "cols": 2, "dtype": "uint8"}
EPOCH = {"e": 0, "epoch": "one", "numbered": True, "next_seq": 2, "frames": 2, "first_us": 10, "last_us": 20}
STREAM = {"stream": {"workout_id": "run", "stream": "main"}, "layout": LAYOUT, "epochs": [EPOCH], "first_us": 10,
          "last_us": 20}  # fmt: skip
RUN = {"workout_id": "run", "created_us": 5, "streams": [STREAM]}


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
