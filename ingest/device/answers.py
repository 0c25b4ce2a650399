"""What a server says, as a device reads it. Events and fields that nobody knows are ignored."""

from __future__ import annotations

from typing import Any

import msgspec

from barograph.errors import BarographError


class NotUnderstood(BarographError):
    """Something that is no event of the protocol; the message says what."""


class Answer(msgspec.Struct, tag_field="type", kw_only=True):
    """Any event that a device acts on."""


class Joined(Answer, tag="session_joined"):
    """The stream is ours, and goes on at `next_seq`."""

    next_seq: int
    window_frames: int
    window_bytes: int
    max_message_bytes: int | None = None


class Ack(Answer, tag="ack"):
    """All numbers below `next_seq` are settled; `missing` are ranges [seq, n] beyond that did not come."""

    stream: str
    epoch: str
    next_seq: int
    window_frames: int
    window_bytes: int
    missing: list[tuple[int, int]] = []


class Nack(Answer, tag="nack"):
    """Frames that are refused for good."""

    stream: str
    epoch: str
    seq: int
    n: int
    code: str
    message: str


class Pong(Answer, tag="pong"):
    """The answer to a ping."""

    t1_us: int


class Failure(Answer, tag="error"):
    """What was wrong with a message, or what the server lacks."""

    code: str
    message: str
    retryable: bool = False
    retry_after_s: float | None = None


class Ended(Answer, tag="session_ended"):
    """The session that was left."""


class Record(Answer, tag="record"):
    """A trial begins, at a test day; `duration_s` is None where *stop* ends it."""

    stream: str
    trial: int
    at_us: int
    duration_s: float | None = None


class Stop(Answer, tag="stop"):
    """That trial is over."""

    stream: str
    trial: int
    at_us: int


_KINDS: dict[str, type[Answer]] = {
    str(kind.__struct_config__.tag): kind for kind in (Joined, Ack, Nack, Pong, Failure, Ended, Record, Stop)
}


def read(text: str | bytes) -> tuple[Answer | None, dict[str, Any]]:
    """Return an event and its fields; None for an event that a device does not act on."""
    try:
        event = msgspec.json.decode(text)
        kind = _KINDS.get(event["type"])
        return (None if kind is None else msgspec.convert(event, kind)), event
    except (msgspec.MsgspecError, TypeError, KeyError, RecursionError, UnicodeError) as error:
        raise NotUnderstood(f"expected an event of the protocol, got {text[:80]!r}: {error}") from error
