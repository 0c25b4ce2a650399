"""What clients and server say to each other: one type per event, read from JSON text or from the binary form.

A message that cannot be taken raises `Refused` with a code, the field and the reason; the connection goes on.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

import msgspec
import numpy as np

from barograph import codec
from barograph.access.needs import needs
from barograph.bounds import FIRMWARE, REASON, TOKEN, check_range, check_text
from barograph.errors import BarographError, CodecError, Gone, InvalidData, NotFound, StorageAway
from barograph.errors import Refused as Refused
from barograph.frames import MAX_CELLS, Floats, Frames, Layout, check_name, check_new_name

CODES = (
    "bad_message", "unknown_event", "bad_field", "not_joined", "shape_mismatch", "too_large", "rate_limited",
    "replaced", "seq_reused", "too_many_gaps", "storage_full", "archive_away", "gone", "forbidden",
)  # fmt: skip


def refusal(error: BarographError) -> Refused:
    """Return what a client is told of an error of a handler."""
    match error:
        case Refused():
            return error
        case InvalidData():
            return Refused("bad_field", str(error), field=error.field)
        case Gone():
            said = f"workout_id: {error}; nothing more is taken of it, record under another name"
            return Refused("gone", said, field="workout_id")
        case NotFound():
            return Refused("not_joined", f"{error}; join again", field="workout_id")
        case StorageAway():
            return Refused("archive_away", "the archive does not answer; try again", retry_after_s=2.0)
    raise error


class Message(msgspec.Struct, tag_field="type", kw_only=True):
    """Every message of a client names its workout."""

    workout_id: str


@needs("write", "stream", instead=("read", "live"))
class JoinSession(Message, tag="join_session"):
    """Enter the workout's room; with `epoch`: take the stream and resume."""

    stream: str = "main"
    epoch: str | None = None
    layout: dict[str, Any] | None = None
    token: str | None = None
    device: str | None = None
    firmware: str | None = None
    reason: str | None = None
    spool: bool = False
    athlete: str | None = None
    kind: str | None = None
    mass_kg: float | None = None
    tags: list[str] = []
    times: Literal["device", "absolute"] | None = None
    time_unit: Literal["s", "ms", "us"] | None = None


@needs("write", "stream")
class PressureFrame(Message, tag="pressure_frame"):
    """One frame as JSON."""

    matrix: list[list[float | None]]
    nodes: int | list[Any] | None = None
    timestamp: float | str | None = None
    stream: str = "main"
    seq: int | None = None


@needs("write", "stream")
class FramesBatch(Message, tag="frames"):
    """Consecutive frames in the layout's dtype, little-endian."""

    epoch: str
    seq: int
    n: int
    stream: str = "main"
    times_us: list[int] | None = None
    t0_us: int | None = None
    dt_us: int | None = None
    encoding: str = "raw"
    data: bytes = b""

    def times(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Return (n,) int64 µs on the device's clock."""
        return codec.times_of({"times_us": self.times_us, "t0_us": self.t0_us, "dt_us": self.dt_us}, self.n)


@needs("write", "stream")
class DeclaredGap(Message, tag="gap"):
    """Frames that the device had to drop."""

    epoch: str
    seq: int
    n: int
    stream: str = "main"
    reason: str = ""


@needs("describe", "marker")
class MarkerMessage(Message, tag="marker"):
    """An annotation."""

    label: str
    timestamp: float | str | None = None


@needs("write", "stream")
class Status(Message, tag="status"):
    """What the device says of itself."""

    stream: str = "main"
    battery_pct: float | None = None
    signal_dbm: float | None = None
    spooled_frames: int | None = None


@needs("known")
class LeaveSession(Message, tag="leave_session"):
    """Stop sending, or watching."""

    stream: str | None = None


@needs("known")
class Ping(msgspec.Struct, tag_field="type", tag="ping", kw_only=True):
    """Clock exchange."""

    t1_us: int


ClientMessage = JoinSession | PressureFrame | FramesBatch | DeclaredGap | MarkerMessage | Status | LeaveSession | Ping
EVENTS = tuple(str(kind.__struct_config__.tag) for kind in ClientMessage.__args__)
Decoded = TypeVar("Decoded")
_decoder: msgspec.json.Decoder[ClientMessage] = msgspec.json.Decoder(ClientMessage)
MAX_EXPLAINED_BYTES = 1 << 20
STATUS = {"battery_pct": (0, 100), "signal_dbm": (-200, 100), "spooled_frames": (0, 1 << 53)}
MAX_CLOCK_US = 1 << 60  # what is added to it still fits 64 bits
_KINDS = {
    "str": "a text", "int": "a whole number", "float": "a number", "bool": "true or false", "array": "a list",
    "object": "an object",
}  # fmt: skip
SHOWN = 40
_PATH = re.compile(r"at `\$\.?([^`\[]*)")
_MISSING = re.compile(r"missing required field `([^`]+)`")


def parse(data: str | bytes) -> ClientMessage:
    """Return one message from JSON text or the binary form, its names checked, or `Refused`."""
    if isinstance(data, str):
        return _checked(decode(data, _decoder))
    try:
        text, payload = codec.split(data)
    except CodecError as error:
        raise Refused("bad_message", str(error), field=error.field) from error
    message = _checked(decode(text, _decoder))
    if isinstance(message, FramesBatch) and len(payload):
        message.data = payload  # type: ignore[assignment]  # a view: nothing is copied on the fast path
    return message


def decode(text: str | bytes | memoryview, decoder: msgspec.json.Decoder[Decoded]) -> Decoded:
    """Return what a decoder makes of JSON, or `Refused` with the field that is wrong."""
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as error:
        raise _refusal(str(error)) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        _refuse_constants(text)
        raise Refused("bad_message", f"expected one JSON object: {error}", field="message") from error


def _refuse_constants(text: str | bytes | memoryview) -> None:
    """NaN and Infinity are no JSON, but many libraries write them: say which field has them."""
    found: list[str] = []
    if len(text) > MAX_EXPLAINED_BYTES:
        return
    try:
        document = json.loads(text if isinstance(text, str) else bytes(text), parse_constant=found.append)
    except (ValueError, RecursionError):
        return
    if found and isinstance(document, dict):
        field = next((name for name, value in document.items() if _has_none(value)), "message")
        raise Refused(
            "bad_field", f"{field}: expected finite numbers, or null for a missing cell, got {found[0]}", field=field
        )


def _has_none(value: Any) -> bool:
    return value is None or (isinstance(value, list) and any(_has_none(item) for item in value))


def _refusal(reason: str) -> Refused:
    if "$.type" in reason or "`type`" in reason:
        came = re.search(r"Invalid value ('.*')", reason)
        got = f", got {came[1][:SHOWN]}" if came else ""
        return Refused("unknown_event", f"type: expected one of {', '.join(EVENTS)}{got}", field="type")
    missing, path = _MISSING.search(reason), _PATH.search(reason)
    if missing:
        return Refused("bad_field", f"{missing[1]}: expected, but it is not there", field=missing[1])
    place = reason.partition(" - at `$")[2].strip(".`") or "message"
    return Refused("bad_field", f"{place}: {_in_words(reason)}", field=(path[1] if path else "") or "message")


def _in_words(reason: str) -> str:
    """What a decoder expected and what came, in words and without the place, which stands before it."""
    text = reason.partition(" - at `$")[0]
    kinds = re.sub(r"`([^`]+)`", lambda found: " or ".join(_KINDS.get(one, one) for one in found[1].split(" | ")), text)
    return kinds[:1].lower() + kinds[1:]


def _checked(message: ClientMessage) -> ClientMessage:
    if isinstance(message, Ping):
        if abs(message.t1_us) > MAX_CLOCK_US:
            raise Refused("bad_field", f"t1_us: expected microseconds within {MAX_CLOCK_US}", field="t1_us")
        return message
    try:
        check_new_name("workout_id", message.workout_id)
        if (stream := getattr(message, "stream", None)) is not None:
            check_new_name("stream", stream)
        if (epoch := getattr(message, "epoch", None)) is not None:
            check_name("epoch", epoch)
        if isinstance(message, JoinSession):
            for name in ("token", "device", "firmware"):
                if (said := getattr(message, name)) is not None:
                    check_text(name, said, TOKEN if name == "token" else FIRMWARE)
        if isinstance(message, Status):
            _check_status(message)
        if isinstance(message, DeclaredGap):
            check_text("reason", message.reason, REASON)
    except InvalidData as error:
        raise Refused("bad_field", str(error), field=error.field) from error
    return message


def _check_status(message: Status) -> None:
    for name, (least, most) in STATUS.items():
        if (said := getattr(message, name)) is not None:
            check_range(name, said, least, most)


def layout_of(given: dict[str, Any]) -> Layout:
    """Return the layout of a join, or `Refused` naming its field."""
    try:
        return Layout.from_dict(given)
    except (InvalidData, TypeError) as error:
        name = getattr(error, "field", None)
        code = "too_large" if "too many" in str(error) else "bad_field"
        raise Refused(code, f"layout.{error}", field=f"layout.{name}" if name else "layout") from error


def matrix_of(matrix: list[list[float | None]]) -> Floats:
    """Return (rows, cols) float64, null as NaN; ragged, empty and too large ones are `Refused`."""
    rows, cols = len(matrix), len(matrix[0]) if matrix else 0
    if rows == 0 or cols == 0:
        raise Refused("bad_field", "matrix: expected at least one row and one column", field="matrix")
    if rows * cols > MAX_CELLS:
        raise Refused(
            "too_large", f"matrix: {rows} x {cols} cells are too many; at most {MAX_CELLS} a frame", field="matrix"
        )
    uneven = next((index for index, row in enumerate(matrix) if len(row) != cols), None)
    if uneven is not None:
        raise Refused(
            "bad_field",
            f"matrix: expected {cols} cells in every row, row {uneven} has {len(matrix[uneven])}",
            field="matrix",
        )
    return np.array(matrix, np.float64)


def mask_of(nodes: int | list[Any] | None, cells: int) -> tuple[int, ...] | None:
    """Return the mask that a list of `nodes` means, if it is one; a count must fit the matrix."""
    if nodes is None or isinstance(nodes, int):
        if nodes is not None and not 0 < nodes <= cells:
            raise Refused("bad_field", f"nodes: expected 1 to {cells} as in the matrix, got {nodes}", field="nodes")
        return None
    if len(nodes) != cells:
        raise Refused("bad_field", f"nodes: expected a number or {cells} entries, got {len(nodes)}", field="nodes")
    return tuple(int(bool(node)) for node in nodes)


def time_us_of(timestamp: float | str | None) -> int | None:
    """Return µs since 1970 of a number (seconds below 10¹¹, else milliseconds) or of ISO 8601.

    None when there is none.
    """
    if timestamp is None:
        return None
    if isinstance(timestamp, str):
        try:
            moment = datetime.fromisoformat(timestamp)
        except ValueError as error:
            raise Refused(
                "bad_field", f"timestamp: expected a number or ISO 8601, got {timestamp[:40]!r}", field="timestamp"
            ) from error
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return round(moment.timestamp() * 1e6)
    if not abs(timestamp) < 1e15:
        raise Refused("bad_field", f"timestamp: {timestamp} is no time", field="timestamp")
    return round(timestamp * (1e6 if abs(timestamp) < 1e11 else 1e3))


def as_layout(matrix: Floats, layout: Layout | None) -> Frames:
    """Return a JSON matrix as one frame in the layout's dtype; values that do not fit are `Refused`."""
    if layout is None or layout.numpy_dtype.kind == "f":
        dtype = layout.numpy_dtype if layout else np.dtype(np.float64)
        if (np.abs(matrix) > np.finfo(dtype).max).any():
            raise Refused("bad_field", f"matrix: expected numbers that fit {dtype.name}", field="matrix")
        return matrix[None].astype(dtype, copy=False)
    if matrix.shape == layout.valid.shape:
        matrix = np.where(layout.valid, matrix, 0.0)
    limit = np.iinfo(layout.numpy_dtype).max
    if not ((matrix >= 0) & (matrix <= limit) & (matrix == np.floor(matrix))).all():
        raise Refused("bad_field", f"matrix: expected whole numbers from 0 to {limit} ({layout.dtype})", field="matrix")
    return matrix[None].astype(layout.numpy_dtype)
