"""What may be stored, and how values become MongoDB documents and come back; no driver, no I/O.

A document of `frames` holds one Block: `t` its first moment floored to ms (BSON dates keep no more), `dt` the int64 µs
from there, `t1` and `r` exact µs, `x` the cells (`z` 1: zstd), `stats` float32 column after column with their
version `k`. A row of `rollups` holds one second; while `m` (a mark) is in it, it is not to be trusted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barograph.codec import compress, decompress
from barograph.errors import InvalidData, NotFound
from barograph.frames import Block, Floats, Ints, Layout, Stream
from barograph.records import (
    About,
    Clock,
    Dirty,
    Epoch,
    Keys,
    Marker,
    Rejected,
    Rollup,
    StreamInfo,
    Unstored,
    Workout,
)

Document = dict[str, Any]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
END_S = 1 << 32  # the id of a bucket keeps 32 bits of seconds
KEY_FIELDS = ("t", "e", "seq", "n", "t1", "r", "dt")


def check_storable(stream: Stream, info: StreamInfo, block: Block) -> None:
    """Raise `NotFound` or `InvalidData` unless `block` fits what is known of its stream."""
    layout = info.layout
    if layout is None:
        raise NotFound(f"{stream}: expected a stream with a layout before its frames, but it has none")
    cells = (layout.rows, layout.cols)
    if block.frames.shape[1:] != cells or block.frames.dtype != layout.numpy_dtype:
        raise InvalidData(
            f"frames: expected {layout.rows} x {layout.cols} {layout.dtype} in {stream}, "
            f"got {block.frames.shape[1:]} {block.frames.dtype}",
            field="frames",
        )
    if block.stats is not None and block.stats.shape[1] != len(info.columns):
        raise InvalidData(
            f"stats: expected {len(info.columns)} columns in {stream}, got {block.stats.shape[1]}", field="stats"
        )
    check_times(stream, block)


def check_times(stream: Stream, block: Block) -> None:
    """Raise `InvalidData` for a time outside 1970 … 2106."""
    first, last = int(block.times_us.min()), int(block.times_us.max())
    if first < 0 or last >= END_S * 1_000_000:
        raise InvalidData(
            f"times_us: expected a time from 1970 to 2106 in {stream}, got {first} to {last} µs", field="times_us"
        )


def seconds_of(block: Block) -> list[int]:
    """The seconds in which the frames of a block lie."""
    whole: list[int] = np.unique(block.times_us // 1_000_000).tolist()
    return whole


def merged(old: About, new: About) -> About:
    """What is said of a workout after `new` was said; None and () leave what is there."""
    said = {name: value for name, value in vars(new).items() if value not in (None, ())}
    return replace(old, **said)


def date(t_ms: int) -> datetime:
    """A BSON date."""
    return EPOCH + timedelta(milliseconds=t_ms)


def frames_document(stream: Stream, block: Block, k: int) -> Document:
    """One Block as a measurement of the time series."""
    t_ms = int(block.times_us.min()) // 1000
    raw = np.ascontiguousarray(block.frames).reshape(-1).view(np.uint8).data
    packed = compress(raw)
    smaller = len(packed) < len(raw)
    document: Document = {
        "t": date(t_ms),
        "m": {"w": stream.workout_id, "s": stream.stream},
        "e": block.e,
        "seq": block.seq,
        "n": len(block),
        "t1": int(block.times_us.max()),
        "r": block.received_us,
        "dt": (block.times_us - t_ms * 1000).astype("<i8").tobytes(),
        "z": int(smaller),
        "x": packed if smaller else bytes(raw),
    }
    if block.stats is not None:
        document |= {"k": k, "stats": np.ascontiguousarray(block.stats.T, "<f4").tobytes()}
    return document


def keys_of(documents: Sequence[Mapping[str, Any]]) -> Keys:
    """The keys in documents of `frames`; their dates are milliseconds (`DatetimeMS`)."""

    def column(name: str) -> Ints:
        return np.fromiter((document[name] for document in documents), np.int64, len(documents))

    n = column("n")
    dt_us = np.frombuffer(b"".join(document["dt"] for document in documents), "<i8").astype(np.int64)
    lowest = np.minimum.reduceat(dt_us, np.cumsum(n) - n) if len(documents) else np.empty(0, np.int64)
    t_ms = np.fromiter((int(document["t"]) for document in documents), np.int64, len(documents))
    return Keys(
        ids=[document["_id"].binary for document in documents],
        e=column("e"),
        seq=column("seq"),
        n=n,
        t_us=t_ms * 1000 + lowest,
        t1_us=column("t1"),
        r_us=column("r"),
        dt_us=dt_us - np.repeat(lowest, n),
    )


def joined(parts: Sequence[Keys]) -> Keys:
    """Keys one after the other."""
    return Keys(
        ids=[id_ for part in parts for id_ in part.ids],
        **{
            name: np.concatenate([getattr(part, name) for part in parts] or [np.empty(0, np.int64)])
            for name in ("e", "seq", "n", "t_us", "t1_us", "r_us", "dt_us")
        },
    )


def block_of(document: Mapping[str, Any], layout: Layout, k: int) -> Block:
    """The Block in a document of `frames`; statistics of another version than `k` are left out."""
    n = document["n"]
    raw = decompress(document["x"], n * layout.frame_bytes) if document["z"] else document["x"]
    stats: NDArray[np.float32] | None = None
    if document.get("k") == k and "stats" in document:
        stats = np.frombuffer(document["stats"], "<f4").reshape(-1, n).T
    return Block(
        e=int(document["e"]),
        seq=int(document["seq"]),
        times_us=int(document["t"]) * 1000 + np.frombuffer(document["dt"], "<i8"),
        received_us=int(document["r"]),
        frames=np.frombuffer(raw, layout.numpy_dtype).reshape(n, layout.rows, layout.cols),
        stats=stats,
    )


def _named(values: Floats, columns: Sequence[str]) -> dict[str, float]:
    """Numbers by column, without those that are not defined, so that any client can chart them."""
    return {name: value for name, value in zip(columns, values.tolist(), strict=True) if value == value}


def rollup_fields(rollup: Rollup, info: StreamInfo) -> Document:
    """The fields of a row of `rollups`, its id and mark apart."""
    return {
        "t": date(rollup.second * 1000),
        "n": rollup.n,
        "k": info.k,
        "min": _named(rollup.low, info.columns),
        "mean": _named(rollup.mean, info.columns),
        "max": _named(rollup.high, info.columns),
        "peak": rollup.peak.astype("<f4").tobytes(),
        "map": rollup.mean_map.astype("<f4").tobytes(),
    }


def rollup_of(document: Mapping[str, Any], info: StreamInfo) -> Rollup:
    """The Rollup in a row; maps that were not asked for are (0, 0)."""

    def numbers(name: str) -> Floats:
        return np.array([document[name].get(column, np.nan) for column in info.columns], np.float64)

    def cells(name: str) -> NDArray[np.float32]:
        if name not in document or info.layout is None:
            return np.empty((0, 0), np.float32)
        return np.frombuffer(document[name], "<f4").reshape(info.layout.rows, info.layout.cols)

    return Rollup(
        second=int(document["_id"]["t"]),
        n=int(document["n"]),
        low=numbers("min"),
        mean=numbers("mean"),
        high=numbers("max"),
        peak=cells("peak"),
        mean_map=cells("map"),
    )


def about_fields(about: About) -> Document:
    """What is said of a workout, as fields to set."""
    said = {name: value for name, value in vars(about).items() if value not in (None, ())}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in said.items()}


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Whole numbers as plain ints: the driver gives large ones as a type of its own, which not every encoder knows."""
    return {
        name: int(value) if type(value) is not bool and isinstance(value, int) else value
        for name, value in fields.items()
    }


def _epoch_of(e: int, item: Mapping[str, Any]) -> Epoch:
    clock, unstored = item.get("clock"), item.get("unstored", ())
    fields = {name: value for name, value in item.items() if name not in ("clock", "unstored")}
    return Epoch(
        e,
        **_plain(fields),
        clock=None if clock is None else Clock(**_plain(clock)),
        unstored=tuple(Unstored(**_plain(one)) for one in unstored),
    )


def rejected_of(document: Mapping[str, Any]) -> Rejected:
    """The Rejected in a document of `rejected`."""
    names = ("stream", "seq", "n", "code", "message", "t_us", "data")
    return Rejected(**_plain({name: document[name] for name in names}))


def info_of(document: Mapping[str, Any]) -> StreamInfo:
    """The StreamInfo in a document of `streams`."""
    layout = document.get("layout")
    return StreamInfo(
        stream=Stream(document["w"], document["s"]),
        layout=None if layout is None else Layout.from_dict(layout),
        columns=tuple(document.get("columns", ())),
        k=document.get("k", 0),
        epochs=tuple(_epoch_of(e, item) for e, item in enumerate(document.get("epochs", ()))),
        **_plain({name: document.get(name) for name in ("first_us", "last_us", "last_received_us")}),
        spool=document.get("spool", False),
    )


def workout_of(document: Mapping[str, Any], streams: Sequence[StreamInfo]) -> Workout:
    """The Workout in a document of `workouts`."""
    return Workout(
        workout_id=document["_id"],
        created_us=int(document["created_us"]),
        about=About(
            document.get("athlete"), document.get("kind"), document.get("mass_kg"), tuple(document.get("tags", ()))
        ),
        **_plain({"left_us": document.get("left_us")}),
        streams=tuple(sorted(streams, key=lambda info: info.stream)),
    )


def dirty_of(document: Mapping[str, Any]) -> Dirty:
    """The mark in a row of `rollups`."""
    return Dirty(int(document["_id"]["t"]), document["m"], int(document["since"]))


def marker_of(document: Mapping[str, Any]) -> Marker:
    """The Marker in a document of `markers`."""
    return Marker(int(document["_id"]["t_us"]), document["_id"]["label"])
