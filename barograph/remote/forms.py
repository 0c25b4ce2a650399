"""What an archive holds, as messages of the binary form: both ends of the HTTP API speak by these functions.

An answer is a run of messages (`barograph.codec`), each after its length: u64, little-endian. Each is of bounded size,
so that neither end ever holds more than one of them. Payloads are unpacked to the size that their header's counts ask
for, and to no more; what does not fit is a `CodecError`.

- `workout`: a Workout with its streams, as JSON in the payload;
- `keys`: keys of so many blocks, column after column, as zstd; `next` is where an answer that breaks off is resumed;
- `block`: the frames of one block, whose times and numbers are in its key, and its statistics;
- `rollups`: rows of seconds, column after column, as zstd;
- `team`, `athlete`: a record of the roster, as JSON in the payload;
- `origin`: where an epoch comes from, as JSON in the payload;
- `calibration`: the record of a calibration, as JSON in the payload;
- `end`: nothing is missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, TypeVar

import msgspec
import numpy as np

from barograph.codec import MAX_PAYLOAD_BYTES, Header, compress, decode, encode, unpack, whole
from barograph.errors import CodecError, InvalidData
from barograph.frames import Block, Ints, Layout, Stream
from barograph.store.calibration_records import CalibrationRecord
from barograph.store.documents import END_S
from barograph.store.records import Keys, Rollup, StreamInfo, Workout
from barograph.store.roster import Athlete, Team

T = TypeVar("T")

LENGTH_BYTES = 8
MOST_MESSAGE = 32 << 20
MOST_COUNT = 1 << 24
MOST_ID_BYTES = 64
MOST_COLUMNS = 256
KEY_FRAMES = 1 << 17  # in one message; a block is never cut
ROLLUP_BYTES = 4 << 20
MAPPED = ("peak", "mean_map")
COLUMNS = ("e", "seq", "n", "t_us", "t1_us", "r_us")
END_US = END_S * 1_000_000

END: Header = {"type": "end"}


def framed(header: Mapping[str, Any], *payload: bytes) -> bytes:
    """Return a message after its length, as it stands in an answer."""
    message = encode(header, *payload)
    return len(message).to_bytes(LENGTH_BYTES, "little") + message


def end() -> bytes:
    """Return the message that says that nothing is missing."""
    return framed(END)


def unframed(message: bytes | bytearray | memoryview) -> tuple[Header, memoryview]:
    """Return header and payload of a message, whose header has a type."""
    header, payload = decode(bytes(message))
    if not isinstance(header.get("type"), str):
        raise CodecError("type: expected in every message", field="type")
    return header, payload


def require_type(header: Header, kind: str) -> None:
    """Refuse a message of another type."""
    if header["type"] != kind:
        raise CodecError(f"type: expected {kind}, got {header['type'][:40]!r}", field="type")


# --- workouts and streams


def workout_message(workout: Workout) -> bytes:
    """Return a workout and all that is known of its streams."""
    plain = msgspec.to_builtins(replace(workout, streams=()))
    plain["streams"] = [_plain_info(info) for info in workout.streams]
    return framed({"type": "workout"}, msgspec.json.encode(plain))


def workout_of(header: Header, payload: memoryview) -> Workout:
    """Return the workout in a message."""
    require_type(header, "workout")
    plain = _object(payload)
    streams = plain.pop("streams", ())
    if not isinstance(streams, list):
        raise CodecError("streams: expected a list", field="streams")
    workout, infos = _converted(plain, Workout), tuple(_info_of(item) for item in streams)
    if any(info.stream.workout_id != workout.workout_id for info in infos):
        raise CodecError(f"streams: expected those of {workout.workout_id!r}", field="streams")
    return replace(workout, streams=tuple(sorted(infos, key=lambda info: info.stream)))


def roster_message(record: Athlete | Team) -> bytes:
    """Return an athlete or a team."""
    kind = "athlete" if isinstance(record, Athlete) else "team"
    return framed({"type": kind}, msgspec.json.encode(msgspec.to_builtins(record)))


def roster_record_of(header: Header, payload: memoryview) -> Athlete | Team:
    """Return the athlete or the team in a message."""
    if header["type"] == "team":
        return _converted(_object(payload), Team)
    require_type(header, "athlete")
    return _converted(_object(payload), Athlete)


def stream_message(info: StreamInfo) -> bytes:
    """Return all that is known of one stream."""
    return framed({"type": "stream"}, msgspec.json.encode(_plain_info(info)))


def stream_info_of(header: Header, payload: memoryview) -> StreamInfo:
    """Return the stream in a message."""
    require_type(header, "stream")
    return _info_of(_object(payload))


def _plain_info(info: StreamInfo) -> dict[str, Any]:
    """A stream as JSON values; a layout says of itself what it is."""
    plain: dict[str, Any] = msgspec.to_builtins(replace(info, layout=None, calibrated_by=""))  # who is of no user's use
    return plain | {"layout": None if info.layout is None else info.layout.to_dict()}


def _info_of(plain: Any) -> StreamInfo:
    if not isinstance(plain, dict):
        raise CodecError("stream: expected an object", field="stream")
    layout = plain.get("layout")
    info = _converted({**plain, "layout": None}, StreamInfo)
    if [epoch.e for epoch in info.epochs] != list(range(len(info.epochs))):
        raise CodecError("epochs: expected in their order", field="epochs")
    try:
        return info if layout is None else replace(info, layout=Layout.from_dict(layout))
    except (InvalidData, TypeError, OverflowError) as error:
        raise CodecError(f"layout: {error}", field="layout") from error


def _object(payload: memoryview) -> dict[str, Any]:
    try:
        plain = msgspec.json.decode(bytes(payload).rstrip(b"\0"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CodecError(f"payload: expected JSON: {error}", field="payload") from error
    if not isinstance(plain, dict):
        raise CodecError("payload: expected a JSON object", field="payload")
    return plain


def _converted(plain: Any, kind: type[T]) -> T:
    try:
        return msgspec.convert(plain, kind)
    except (msgspec.ValidationError, InvalidData) as error:
        raise CodecError(f"payload: expected a {kind.__name__}: {error}", field="payload") from error


# --- keys


def key_messages(keys: Keys, resumed: int) -> Iterator[bytes]:
    """Yield keys as messages; after the last of them an answer is resumed from `resumed`."""
    parts = list(_key_parts(keys))
    for number, part in enumerate(parts):
        yield _key_message(keys, part, resumed if number == len(parts) - 1 else None)


def _key_parts(keys: Keys) -> Iterator[slice]:
    """Keys in parts of a bounded number of frames, or of one block."""
    start = frames = 0
    for i, n in enumerate(keys.n.tolist()):
        if frames and frames + n > KEY_FRAMES:
            yield slice(start, i)
            start, frames = i, 0
        frames += n
    if start < len(keys):
        yield slice(start, len(keys))


def _key_message(keys: Keys, part: slice, resumed: int | None) -> bytes:
    ids = [id_.to_bytes(8, "big") if isinstance(id_, int) else bytes(id_) for id_ in keys.ids[part]]
    first, n = keys.first, keys.n
    dt_us = keys.dt_us[first[part.start] : first[part.stop - 1] + n[part.stop - 1]]
    columns = (np.ascontiguousarray(getattr(keys, name)[part], "<i8").tobytes() for name in COLUMNS)
    payload = b"".join((*ids, *columns, np.ascontiguousarray(dt_us, "<i8").tobytes()))
    header = {
        "type": "keys", "blocks": len(ids), "frames": len(dt_us), "id_bytes": len(ids[0]), "next": resumed,
        "encoding": "zstd",
    }  # fmt: skip
    return framed(header, compress(payload))


def keys_of(header: Header, payload: memoryview) -> tuple[Keys, int | None]:
    """Return keys, and where to resume after them unless more of the same part follow."""
    require_type(header, "keys")
    blocks, frames = whole(header, "blocks", 1, MOST_COUNT), whole(header, "frames", 1, MOST_COUNT)
    size = whole(header, "id_bytes", 1, MOST_ID_BYTES)
    resumed = None if header.get("next") is None else whole(header, "next", 0, 1 << 62)
    told = blocks * size + 8 * (len(COLUMNS) * blocks + frames)
    if told > MOST_MESSAGE:
        raise CodecError(f"frames: expected keys of at most {MOST_MESSAGE} bytes, got {told}", field="frames")
    raw = memoryview(unpack(payload, told, str(header.get("encoding"))))
    ids = [bytes(raw[i * size : (i + 1) * size]) for i in range(blocks)]
    numbers = np.frombuffer(raw, np.uint8)[blocks * size :].copy().view("<i8").astype(np.int64)
    columns = numbers[: len(COLUMNS) * blocks].reshape(len(COLUMNS), blocks)
    found = Keys(ids, **dict(zip(COLUMNS, columns, strict=True)), dt_us=numbers[len(COLUMNS) * blocks :])
    _check_keys(found)
    return found, resumed


def _check_keys(keys: Keys) -> None:
    """Keys that can be: counts that agree, times that an archive holds."""
    small = {"e": 1 << 31, "seq": 1 << 53, "n": MOST_COUNT, "t_us": END_US, "t1_us": END_US, "r_us": 1 << 62}
    for name, below in small.items():
        column = getattr(keys, name)
        if (column < 0).any() or (column >= below).any():
            raise CodecError(f"{name}: expected whole numbers from 0 to {below - 1}", field=name)
    if (keys.n < 1).any() or keys.n.sum() != len(keys.dt_us):
        raise CodecError(f"n: expected numbers of frames that add up to {len(keys.dt_us)}", field="n")
    if (keys.dt_us < 0).any() or (keys.dt_us >= END_US).any() or (keys.times_us >= END_US).any():
        raise CodecError(f"dt_us: expected times below {END_US} µs", field="dt_us")


# --- blocks


def block_message(block: Block, id_: bytes | int, k: int) -> bytes:
    """Return frames of a block, and its statistics, which are of version `k`."""
    raw = np.ascontiguousarray(block.frames).tobytes()
    packed = compress(raw)
    smaller = len(packed) < len(raw)
    columns = 0 if block.stats is None else block.stats.shape[1]
    stats = b"" if block.stats is None else np.ascontiguousarray(block.stats, "<f4").tobytes()
    header = {
        "type": "block", "id": (id_.to_bytes(8, "big") if isinstance(id_, int) else bytes(id_)).hex(),
        "e": block.e, "seq": block.seq, "n": len(block), "encoding": "zstd" if smaller else "raw",
        "bytes": len(packed) if smaller else len(raw), "k": k, "stats": columns,
    }  # fmt: skip
    return framed(header, packed if smaller else raw, stats)


def block_id(header: Header) -> bytes:
    """Return the id of the block in a message."""
    require_type(header, "block")
    try:
        return bytes.fromhex(header["id"])
    except (KeyError, TypeError, ValueError) as error:
        raise CodecError("id: expected hexadecimal digits", field="id") from error


def block_of(header: Header, payload: memoryview, keys: Keys, i: int, times_us: Ints, info: StreamInfo) -> Block:
    """Return the block at index `i` of keys; statistics of another version than the stream's are left out."""
    layout = info.layout
    if layout is None:
        raise CodecError(f"block: expected none, for {info.stream} has no layout", field="type")
    n, e, seq = int(keys.n[i]), int(keys.e[i]), int(keys.seq[i])
    if (header.get("n"), header.get("e"), header.get("seq")) != (n, e, seq):
        raise CodecError(f"n: expected the {n} frames from {seq} of epoch {e}, as its key says", field="n")
    size, packed = n * layout.frame_bytes, whole(header, "bytes", 1, MOST_MESSAGE)
    if size > MAX_PAYLOAD_BYTES:
        raise CodecError(f"n: expected at most {MAX_PAYLOAD_BYTES} bytes of frames, got {size}", field="n")
    raw = unpack(payload[:packed], size, str(header.get("encoding")))
    k = whole(header, "stats", 0, MOST_COLUMNS)
    said = unpack(payload[packed + -packed % 8 :], 4 * n * k, "raw")
    current = k > 0 and k == len(info.columns) and header.get("k") == info.k
    return Block(
        e=e,
        seq=seq,
        times_us=times_us,
        received_us=int(keys.r_us[i]),
        frames=np.frombuffer(raw, layout.numpy_dtype).reshape(n, layout.rows, layout.cols),
        stats=np.frombuffer(said, "<f4").reshape(n, k) if current else None,
    )


# --- rows of seconds


def rollup_messages(rows: Sequence[Rollup]) -> Iterator[bytes]:
    """Yield rows of seconds in messages of some MiB; those of another layout may have other columns."""
    for _, alike in groupby(rows, key=lambda row: len(row.mean)):
        yield from _alike(list(alike))


def _alike(rows: Sequence[Rollup]) -> Iterator[bytes]:
    size = 1 + (rows[0].peak.nbytes + rows[0].mean_map.nbytes + rows[0].mean.nbytes * 3 if rows else 0)
    step = max(1, ROLLUP_BYTES // size)
    for start in range(0, len(rows), step):
        yield _rollup_message(rows[start : start + step])


def _rollup_message(rows: Sequence[Rollup]) -> bytes:
    whole_numbers = np.array([(row.second, row.n, -1 if row.k is None else row.k) for row in rows], "<i8")
    numbers = np.array([(row.low, row.mean, row.high) for row in rows], "<f8")
    maps = np.array([[getattr(row, name) for name in MAPPED] for row in rows], "<f4")
    payload = whole_numbers.tobytes() + numbers.tobytes() + maps.tobytes()
    shape = list(maps.shape[2:])
    header = {"type": "rollups", "n": len(rows), "stats": numbers.shape[2], "shape": shape, "encoding": "zstd"}
    return framed(header, compress(payload))


def rollups_of(header: Header, payload: memoryview) -> list[Rollup]:
    """Return the rows in a message."""
    require_type(header, "rollups")
    n, k = whole(header, "n", 1, MOST_COUNT), whole(header, "stats", 0, MOST_COLUMNS)
    shape = header.get("shape")
    if not isinstance(shape, list) or len(shape) != 2:
        raise CodecError("shape: expected rows and columns of the maps", field="shape")
    rows, cols = (whole({"shape": one}, "shape", 0, 1 << 18) for one in shape)
    sizes = 8 * 3 * n, 8 * 3 * n * k, 4 * 2 * n * rows * cols
    if sum(sizes) > MOST_MESSAGE:
        raise CodecError(f"n: expected rows of at most {MOST_MESSAGE} bytes, got {sum(sizes)}", field="n")
    raw = unpack(payload, sum(sizes), str(header.get("encoding")))
    whole_numbers = np.frombuffer(raw, "<i8", 3 * n).reshape(n, 3).tolist()
    numbers = np.frombuffer(raw, "<f8", 3 * n * k, sizes[0]).reshape(n, 3, k)
    maps = np.frombuffer(raw, "<f4", 2 * n * rows * cols, sizes[0] + sizes[1]).reshape(n, 2, rows, cols)
    return [
        Rollup(second, count, low, mean, high, peak, mean_map, None if version < 0 else version)
        for (second, count, version), (low, mean, high), (peak, mean_map) in zip(
            whole_numbers, numbers, maps, strict=True
        )
    ]


# --- where epochs come from


def origin_message(e: int, text: str) -> bytes:
    """Return where an epoch comes from."""
    return framed({"type": "origin", "e": e}, text.encode())


def origin_of(header: Header, payload: memoryview) -> tuple[int, str]:
    """Return an epoch's number, and where it comes from."""
    require_type(header, "origin")
    try:
        text = bytes(payload).rstrip(b"\0").decode()
        good = isinstance(json.loads(text), dict)
    except (ValueError, RecursionError) as error:
        raise CodecError(f"origin: expected JSON: {error}", field="origin") from error
    if not good:
        raise CodecError("origin: expected a JSON object", field="origin")
    return whole(header, "e", 0, 1 << 31), text


def calibration_message(record: CalibrationRecord) -> bytes:
    """Return the record of a calibration, without the layout that was before."""
    plain = msgspec.to_builtins(replace(record, before={}))
    return framed({"type": "calibration"}, msgspec.json.encode(plain))


def calibration_of(header: Header, payload: memoryview) -> CalibrationRecord:
    """Return the record of a calibration."""
    require_type(header, "calibration")
    return _converted(_object(payload), CalibrationRecord)


def named(stream: Stream) -> dict[str, str]:
    """Return what names a stream in an address, beside its workout."""
    return {"stream": stream.stream, **({"uid": stream.uid} if stream.uid else {})}


def between(keys: Keys, inside: Any) -> Keys:
    """Return the keys of the chosen blocks."""
    which: Ints = np.flatnonzero(inside)
    frames = np.repeat(inside, keys.n)
    columns = {name: getattr(keys, name)[which] for name in COLUMNS}
    return Keys([keys.ids[i] for i in which.tolist()], **columns, dt_us=keys.dt_us[frames])
