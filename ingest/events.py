"""What the server says, one type per event. The events are plain dictionaries, which a test holds to these types."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

CLOSE_CODES = {
    1009: "a message is larger than max_message_bytes",
    1011: "a fault of the server, or a connection that did not answer its pings",
    1012: "the server restarts, or another process has room: connect anew",
    4400: "bad message after bad message",
    4403: "the token that the connection came with was revoked, or ended",
    4408: "idle: nothing was joined, or the client does not read",
    4429: "too many: connections of one address, or messages that came too early one after the other",
}


class Event(msgspec.Struct, tag_field="type", kw_only=True, forbid_unknown_fields=True):
    """Every event has a `type`."""


class SessionJoined(Event, tag="session_joined"):
    """The room is entered; with an epoch, the stream is this connection's and goes on at `next_seq`."""

    workout_id: str
    status: Literal["joined"]
    stream: str
    epoch: str | None
    frame_count: int
    next_seq: int
    window_frames: int
    window_bytes: int
    max_message_bytes: int
    server_time_us: int


class FrameProcessed(Event, tag="frame_processed"):
    """A frame is stored."""

    workout_id: str
    stream: str
    seq: int
    frame_count: int
    timestamp: float | str
    stats: dict[str, float | None]


class Ack(Event, tag="ack"):
    """All numbers below `next_seq` are settled; `missing` are ranges [seq, n] beyond that did not come."""

    workout_id: str
    stream: str
    epoch: str
    next_seq: int
    frame_count: int
    window_frames: int
    window_bytes: int
    missing: list[tuple[int, int]]


class Nack(Event, tag="nack"):
    """Frames that can never be stored; they are kept aside."""

    workout_id: str
    stream: str
    epoch: str
    seq: int
    n: int
    code: str
    message: str


class SessionEnded(Event, tag="session_ended"):
    """The session that was left."""

    workout_id: str
    frame_count: int
    duration_s: float
    gaps: int


class Pong(Event, tag="pong"):
    """The answer to a ping, with the server's clock."""

    t1_us: int
    t2_us: int
    t3_us: int


class Record(Event, tag="record"):
    """A trial begins at `at_us`; for paired devices of a test day's station."""

    workout_id: str
    stream: str
    athlete: str
    trial: int
    at_us: int
    duration_s: float | msgspec.UnsetType = msgspec.UNSET


class Stop(Event, tag="stop"):
    """The trial is over; of what comes later nothing is a part of it."""

    workout_id: str
    stream: str
    trial: int
    at_us: int


class Error(Event, tag="error"):
    """What was wrong with a message, or what the server lacks; the connection goes on."""

    code: str
    message: str
    field: str | None
    retryable: bool
    retry_after_s: float | None
    workout_id: str | msgspec.UnsetType = msgspec.UNSET


ServerEvent = SessionJoined | FrameProcessed | Ack | Nack | SessionEnded | Pong | Record | Stop | Error


def name_of(kind: Any) -> str:
    """Return the event's name."""
    return str(kind.__struct_config__.tag)
