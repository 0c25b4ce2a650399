"""Frames in the body of a request: JSON, one or a list, or messages of the binary form. Read while they arrive."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from quart import Request
from werkzeug.exceptions import UnsupportedMediaType

from barograph.errors import InvalidData
from barograph.frames import check_name, check_new_name
from barograph.settings import Settings
from barograph.web.bodies import pieces
from ingest import messages as m
from ingest.http.elements import Elements
from ingest.http.history import LENGTH_BYTES
from ingest.http.visits import FrameMessage
from ingest.limits import Limits
from ingest.messages import Refused

BINARY = "application/octet-stream"
JSON = "application/json"


class PostedFrame(msgspec.Struct):
    """One frame as JSON; `epoch` and `seq` come together or not at all."""

    matrix: list[list[float | None]]
    nodes: int | list[Any] | None = None
    timestamp: float | str | None = None
    stream: str = "main"
    seq: int | None = None
    epoch: str | None = None


class Bodies:
    """What the bodies of frames may cost, and reading them."""

    def __init__(self, settings: Settings, limits: Limits) -> None:
        self._most_message, self._most_bytes = settings.max_message_bytes, settings.max_upload_bytes
        self._limits = limits

    async def frames(self, request: Request, workout_id: str) -> AsyncIterator[tuple[str | None, FrameMessage]]:
        """Yield messages with the epochs that they are for."""
        check_new_name("workout_id", workout_id)
        binary = request.mimetype == BINARY
        found = self._binary(request, workout_id) if binary else self._json(request, workout_id)
        async for epoch, message in found:
            frames = message.n if isinstance(message, m.FramesBatch) else 1
            self._limits.spend(request.remote_addr, "frames", max(1, frames), time.monotonic())
            self._limits.spend_stream((workout_id, message.stream), max(1, frames), time.monotonic())
            yield epoch, message

    async def series(self, request: Request, name: str) -> AsyncIterator[PostedFrame | bytes]:
        """Yield the frames of an array in an object, and last the object without them."""
        require_json(request)
        found = Elements(name, self._most_message)
        async for piece in self._pieces(request):
            for text in found.feed(piece):
                yield posted(text)
        yield found.end()

    async def file(self, request: Request) -> AsyncIterator[bytes]:
        """Yield a body that is a file, as it comes."""
        if request.mimetype != BINARY:
            raise UnsupportedMediaType(f"Content-Type: expected {BINARY}, got {request.mimetype[:80]!r}")
        async for piece in self._pieces(request):
            yield piece

    async def _pieces(self, request: Request) -> AsyncIterator[bytes]:
        counted = request.content_length is not None  # at the door
        async for piece in pieces(request, self._most_bytes):
            if not counted:
                self._limits.spend(request.remote_addr, "bytes", len(piece), time.monotonic())
            yield piece

    async def _json(self, request: Request, workout_id: str) -> AsyncIterator[tuple[str | None, FrameMessage]]:
        require_json(request)
        found, listed, count = Elements("frames", self._most_message), None, 0
        async for piece in self._pieces(request):
            if listed is None and (start := piece.lstrip()):
                listed = start.startswith(b"[")
                # A list is the array of an object that has nothing else; a frame is an array of one.
                found.feed(b'{"frames":' if listed else b'{"frames":[')
            if listed is None:
                continue
            for text in found.feed(piece):
                count += 1
                yield _message(posted(text), workout_id)
        for text in found.feed(b"}" if listed else b"]}"):
            count += 1
            yield _message(posted(text), workout_id)
        rest = m.decode(found.end(), _rest_decoder) if listed is not None else None
        if rest != {"frames": []} or (not listed and count != 1):
            raise Refused("bad_message", "body: expected a frame, or a list of frames", field="body")

    async def _binary(self, request: Request, workout_id: str) -> AsyncIterator[tuple[str | None, FrameMessage]]:
        waiting = bytearray()
        async for piece in self._pieces(request):
            waiting += piece
            while len(waiting) >= LENGTH_BYTES:
                length = int.from_bytes(waiting[:LENGTH_BYTES], "little")
                if length > self._most_message:
                    said = f"body: expected messages of at most {self._most_message} bytes, got one of {length}"
                    raise Refused("too_large", said, field="body")
                end = LENGTH_BYTES + length
                if len(waiting) < end:
                    break
                message = bytes(waiting[LENGTH_BYTES:end])
                del waiting[:end]
                yield _taken(m.parse(message), workout_id)
        if waiting:
            raise Refused("bad_message", "body: it ends in the middle of a message", field="body")


def require_json(request: Request) -> None:
    """Refuse a body that does not say that it is JSON."""
    if request.mimetype != JSON:
        raise UnsupportedMediaType(f"Content-Type: expected {JSON} or {BINARY}, got {request.mimetype[:80]!r}")


def posted(text: bytes) -> PostedFrame:
    """Return a frame from its JSON, or `Refused`."""
    return m.decode(text, _decoder)


_decoder = msgspec.json.Decoder(PostedFrame)
_rest_decoder = msgspec.json.Decoder(dict[str, Any])


def _message(frame: PostedFrame, workout_id: str) -> tuple[str | None, FrameMessage]:
    try:
        check_new_name("stream", frame.stream)
        if frame.epoch is not None:
            check_name("epoch", frame.epoch)
    except InvalidData as error:
        raise Refused("bad_field", str(error), field=error.field) from error
    _require_both(frame.epoch, frame.seq)
    return frame.epoch, m.PressureFrame(
        workout_id=workout_id, matrix=frame.matrix, nodes=frame.nodes, timestamp=frame.timestamp,
        stream=frame.stream, seq=frame.seq,
    )  # fmt: skip


def _require_both(epoch: str | None, seq: int | None) -> None:
    if (epoch is None) != (seq is None):
        lacking, given = ("epoch", "seq") if epoch is None else ("seq", "epoch")
        raise Refused(
            "bad_field", f"{lacking}: expected beside {given}: a number names a frame of an epoch", field=lacking
        )


def _taken(message: m.ClientMessage, workout_id: str) -> tuple[str | None, FrameMessage]:
    if not isinstance(message, FrameMessage):
        raise Refused("unknown_event", "type: expected join_session, frames, pressure_frame or gap", field="type")
    if message.workout_id != workout_id:
        said = f"workout_id: expected {workout_id!r} as in the address, got {message.workout_id!r}"
        raise Refused("bad_field", said, field="workout_id")
    if isinstance(message, m.PressureFrame):
        _require_both(None, message.seq)
        return None, message
    return message.epoch, message
