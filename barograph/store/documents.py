"""What may be stored, and how values become MongoDB documents and come back; no driver, no I/O.

A document of `frames` holds one Block: `t` its first moment floored to ms (BSON dates keep no more), `dt` the int64 µs
from there, `t1` and `r` exact µs, `x` the cells (`z` 1: zstd), `stats` float32 column after column with their
version `k`. A row of `rollups` holds one second; while `m` (a mark) is in it, it is not to be trusted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from barograph.bounds import ATHLETE, KIND, LABEL, MASS_KG, TAG, TAGS, readable
from barograph.codec import bytes_of, compress_all, decompress_all
from barograph.errors import InvalidData, NotFound
from barograph.frames import Block, Floats, Ints, Layout, Stream
from barograph.store.records import (
    About,
    Dirty,
    Keys,
    Marker,
    Rejected,
    Rollup,
    StreamInfo,
    Workout,
)
from barograph.store.sealing import Owner, Sealing

Document = dict[str, Any]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
END_S = 1 << 32  # the id of a bucket keeps 32 bits of seconds
KEY_FIELDS = ("t", "e", "seq", "n", "t1", "r", "dt")


class Arrival(NamedTuple):
    """A block on its way into the archive, its first and last moment, and the seconds in which its frames lie."""

    stream: Stream
    block: Block
    first_us: int
    last_us: int
    seconds: tuple[int, ...]


def arrivals_of(batch: Sequence[tuple[Stream, Block]]) -> list[Arrival]:
    """Return what is asked of every block's times more than once, worked out once; plain ints are faster for a few."""
    found = []
    for stream, block in batch:
        times: list[int] = block.times_us.tolist()
        first, last = min(times), max(times)
        inside = {time // 1_000_000 for time in times} if last // 1_000_000 > first // 1_000_000 else ()
        found.append(Arrival(stream, block, first, last, tuple(sorted(inside)) or (first // 1_000_000,)))
    return found


def check_storable(arrival: Arrival, info: StreamInfo) -> None:
    """Raise `NotFound` or `InvalidData` unless a block fits what is known of its stream."""
    stream, block, layout = arrival.stream, arrival.block, info.layout
    if layout is None:
        raise NotFound(f"{stream}: expected a stream with a layout before its frames, but it has none")
    if block.frames.shape[1:] != (layout.rows, layout.cols) or block.frames.dtype != layout.numpy_dtype:
        raise InvalidData(
            f"frames: expected {layout.rows} x {layout.cols} {layout.dtype} in {stream}, "
            f"got {block.frames.shape[1:]} {block.frames.dtype}",
            field="frames",
        )
    # Statistics of another version than the stream's have other columns, and nobody reads them.
    if block.stats is not None and block.k in (None, info.k) and block.stats.shape[1] != len(info.columns):
        raise InvalidData(
            f"stats: expected {len(info.columns)} columns in {stream}, got {block.stats.shape[1]}", field="stats"
        )
    if arrival.first_us < 0 or arrival.last_us >= END_S * 1_000_000:
        raise InvalidData(
            f"times_us: expected a time from 1970 to 2106 in {stream}, got {arrival.first_us} to {arrival.last_us} µs",
            field="times_us",
        )


def merged(old: About, new: About) -> About:
    """Return what is said of a workout after `new` was said; None and () leave what is there."""
    said = {name: value for name, value in vars(new).items() if value not in (None, ())}
    return replace(old, **said)


def date(t_ms: int) -> datetime:
    """Return a BSON date."""
    return EPOCH + timedelta(milliseconds=t_ms)


def tag_of(workout: Mapping[str, Any]) -> str | None:
    """Return what marks everything of a workout whose name had been erased before.

    None where the name alone says it.
    """
    return str(workout["uid"]) if workout.get("again") else None


def of_tag(tag: str | None, name: str = "u") -> Document:
    """Return what documents of a workout have, and those of others of its name have not."""
    return {name: {"$exists": False} if tag is None else tag}


def frames_documents(
    arrivals: Sequence[Arrival],
    infos: Mapping[Stream, StreamInfo],
    metas: Mapping[Stream, Document],
    sealing: Sealing,
) -> list[Document]:
    """Return blocks as measurements of the time series, their statistics of the streams' versions, sealed.

    `metas` has what the meta field holds beside the names of a stream.
    """
    raw = [bytes_of(arrival.block.frames) for arrival in arrivals]
    packed = compress_all(raw)
    found = []
    for arrival, cells, smaller in zip(arrivals, raw, packed, strict=True):
        info = infos[arrival.stream]
        document = _frames_document(arrival, cells, smaller, info.k, metas[arrival.stream])
        if sealing.seals:
            document["m"][SEALED] = 1
        found.append(sealing.seal("frames", owner_of(info), document))
    return found


SEALED = "v"  # beside the stream of a block that is sealed: what earlier versions stored is deleted without it


def owner_of(info: StreamInfo) -> Owner:
    """Return for whom what is stored of a stream is sealed."""
    return Owner("workout", info.workout_uid)


def _frames_document(arrival: Arrival, raw: memoryview, packed: bytes, k: int, meta: Document) -> Document:
    block, t_ms = arrival.block, arrival.first_us // 1000
    smaller = len(packed) < len(raw)
    document: Document = {
        "t": date(t_ms),
        "m": {"w": arrival.stream.workout_id, "s": arrival.stream.stream, **meta},
        "e": block.e,
        "seq": block.seq,
        "n": len(block),
        "t1": arrival.last_us,
        "r": block.received_us,
        "dt": (block.times_us - t_ms * 1000).astype("<i8", copy=False).tobytes(),
        "z": int(smaller),
        "x": packed if smaller else bytes(raw),
    }
    if block.stats is not None:
        document |= {"k": k if block.k is None else block.k, "stats": block.stats.T.astype("<f4", copy=False).tobytes()}
    return document


def keys_of(documents: Sequence[Mapping[str, Any]]) -> Keys:
    """Return the keys in documents of `frames`; their dates are milliseconds (`DatetimeMS`)."""

    def column(name: str) -> Ints:
        return np.fromiter((document[name] for document in documents), np.int64, len(documents))

    t_ms = np.fromiter((int(document["t"]) for document in documents), np.int64, len(documents))
    columns = {name: column(name) for name in ("e", "seq", "n", "t1", "r")}
    ids, dt = [document["_id"].binary for document in documents], b"".join(document["dt"] for document in documents)
    return keys_of_columns(ids, {**columns, "t": t_ms}, dt)


def keys_of_columns(ids: list[bytes], columns: Mapping[str, Ints], dt: bytes) -> Keys:
    """Return the keys of blocks whose fields are given as columns (blocks,), and `dt` of one after the other."""
    n, dt_us = columns["n"], np.frombuffer(dt, "<i8").astype(np.int64)
    lowest = np.minimum.reduceat(dt_us, np.cumsum(n) - n) if len(ids) else np.empty(0, np.int64)
    return Keys(
        ids=ids,
        e=columns["e"],
        seq=columns["seq"],
        n=n,
        t_us=columns["t"] * 1000 + lowest,
        t1_us=columns["t1"],
        r_us=columns["r"],
        dt_us=dt_us - np.repeat(lowest, n),
    )


def some_of(keys: Keys, chosen: NDArray[np.bool_]) -> Keys:
    """Return the keys where `chosen` (blocks,) is true."""
    fields = {name: getattr(keys, name)[chosen] for name in ("e", "seq", "n", "t_us", "t1_us", "r_us")}
    ids = [id_ for id_, one in zip(keys.ids, chosen.tolist(), strict=True) if one]
    return Keys(ids=ids, **fields, dt_us=keys.dt_us[np.repeat(chosen, keys.n)])


def joined(parts: Sequence[Keys]) -> Keys:
    """Return keys one after the other."""
    return Keys(
        ids=[id_ for part in parts for id_ in part.ids],
        **{
            name: np.concatenate([getattr(part, name) for part in parts] or [np.empty(0, np.int64)])
            for name in ("e", "seq", "n", "t_us", "t1_us", "r_us", "dt_us")
        },
    )


def blocks_of(found: Sequence[Mapping[str, Any]], info: StreamInfo, layout: Layout, sealing: Sealing) -> list[Block]:
    """Return the Blocks in documents of `frames`; statistics of another version than the stream's are left out."""
    documents = [sealing.open("frames", owner_of(info), document) for document in found]
    packed = [document for document in documents if document["z"]]
    sizes = [document["n"] * layout.frame_bytes for document in packed]
    unpacked = iter(decompress_all([document["x"] for document in packed], sizes))
    return [_block_of(item, next(unpacked) if item["z"] else item["x"], layout, info.k) for item in documents]


def stats_of(
    found: Sequence[Mapping[str, Any]], info: StreamInfo, sealing: Sealing
) -> list[NDArray[np.float32] | None]:
    """Return the statistics in documents of `frames`, (n, columns) each; None where they are of another version."""
    return [_stats_of(sealing.open("frames", owner_of(info), document), info.k) for document in found]


def _stats_of(document: Mapping[str, Any], k: int) -> NDArray[np.float32] | None:
    if document.get("k") != k or "stats" not in document:
        return None
    return np.frombuffer(document["stats"], "<f4").reshape(-1, document["n"]).T


def _block_of(document: Mapping[str, Any], raw: bytes | memoryview, layout: Layout, k: int) -> Block:
    n = document["n"]
    return Block(
        e=int(document["e"]),
        seq=int(document["seq"]),
        times_us=int(document["t"]) * 1000 + np.frombuffer(document["dt"], "<i8"),
        received_us=int(document["r"]),
        frames=np.frombuffer(raw, layout.numpy_dtype).reshape(n, layout.rows, layout.cols),
        stats=_stats_of(document, k),
    )


def _named(values: Floats, columns: Sequence[str]) -> dict[str, float]:
    """Numbers by column, without those that are not defined, so that any client can chart them."""
    return {name: value for name, value in zip(columns, values.tolist(), strict=True) if value == value}


def rollup_fields(rollup: Rollup, info: StreamInfo, sealing: Sealing) -> Document:
    """Return the fields of a row of `rollups` as they are stored, its id and mark apart."""
    fields = {
        "t": date(rollup.second * 1000),
        "n": rollup.n,
        "k": info.k,
        "min": _named(rollup.low, info.columns),
        "mean": _named(rollup.mean, info.columns),
        "max": _named(rollup.high, info.columns),
        "peak": rollup.peak.astype("<f4").tobytes(),
        "map": rollup.mean_map.astype("<f4").tobytes(),
    }
    return sealing.seal("rollups", owner_of(info), fields)


def rollup_of(stored: Mapping[str, Any], info: StreamInfo, sealing: Sealing) -> Rollup:
    """Return the Rollup in a row; maps that were not asked for are (0, 0)."""
    document = sealing.open("rollups", owner_of(info), stored)

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
        k=document.get("k"),
    )


def about_fields(about: About) -> Document:
    """Return what is said of a workout, as fields to set."""
    said = {name: value for name, value in vars(about).items() if value not in (None, ())}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in said.items()}


def plain_numbers(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return whole numbers as plain ints: the driver gives large ones a type of its own, unknown to some encoders."""
    return {
        name: int(value) if type(value) is not bool and isinstance(value, int) else value
        for name, value in fields.items()
    }


def rejected_of(document: Mapping[str, Any]) -> Rejected:
    """Return the Rejected in a document of `rejected`."""
    names = ("stream", "seq", "n", "code", "message", "t_us", "data")
    return Rejected(**plain_numbers({name: document[name] for name in names}))


def workout_of(document: Mapping[str, Any], streams: Sequence[StreamInfo]) -> Workout:
    """Return the Workout in a document of `workouts`."""
    return Workout(
        workout_id=document["_id"],
        created_us=int(document["created_us"]),
        about=_about_of(document),
        **plain_numbers({name: document.get(name) for name in ("left_us", "archived_us")}),
        streams=tuple(sorted(streams, key=lambda info: info.stream)),
        uid=document.get("uid", ""),
        athlete_uid=document.get("athlete_uid", ""),
        edits=int(document.get("edits", 0)),
    )


def _about_of(document: Mapping[str, Any]) -> About:
    """What is said of a workout; what was stored before there were bounds is cut to them."""
    mass_kg, tags = document.get("mass_kg"), [readable(tag, TAG) for tag in document.get("tags", ())[:TAGS]]
    return About(
        readable(document.get("athlete"), ATHLETE),
        readable(document.get("kind"), KIND),
        mass_kg if mass_kg is not None and 0 < mass_kg < MASS_KG else None,
        tuple(tag for tag in tags if tag),
    )


def dirty_of(document: Mapping[str, Any]) -> Dirty:
    """Return the mark in a row of `rollups`."""
    return Dirty(int(document["_id"]["t"]), document["m"], int(document["since"]))


def marker_of(document: Mapping[str, Any]) -> Marker:
    """Return the Marker in a document of `markers`."""
    label = document.get("label", document["_id"]["label"])  # version 0.1 had it in the id alone
    return Marker(int(document["_id"]["t_us"]), readable(label, LABEL) or " ")
