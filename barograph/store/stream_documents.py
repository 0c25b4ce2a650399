"""Documents of `streams`, and what of them is sealed: words that a device said, which nobody looks for.

A geometry has names of cells, a source and how sure it is; a gap has the reason that a device gave. All else is counted
and searched in MongoDB: the kind and size of a sensor, numbers, times.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import msgspec

from barograph.frames import Layout, Stream
from barograph.store.documents import Document, plain_numbers
from barograph.store.records import Clock, Epoch, Final, Moved, StreamInfo, Unstored
from barograph.store.sealing import Owner, Sealing

MOST_KNOWN, MOST_KNOWN_BYTES = 256, 64 << 10  # layouts that are remembered, and how large one may be


def stream_owner(document: Mapping[str, Any]) -> Owner:
    """Return for whom what belongs to a stream is sealed."""
    return Owner("workout", document.get("o", ""))


def layout_fields(layout: Layout, owner: Owner, sealing: Sealing) -> Document:
    """Return a layout as it is stored."""
    said = layout.to_dict()
    return sealing.seal("layouts", owner, said) if owner.uid and "geometry" in said else said


def unstored_fields(items: Iterable[Unstored], owner: Owner, sealing: Sealing) -> list[Document]:
    """Return numbers that were not stored, and why, as they are stored."""
    plain = [asdict(item) for item in items]
    return [sealing.seal("unstored", owner, one) if owner.uid and one["reason"] else one for one in plain]


def readable_in(document: Mapping[str, Any]) -> dict[str, tuple[str, Document]]:
    """Return what a device said that stands readable in a document of `streams`.

    By its place there: under what it is sealed, and the field with its value.
    """
    found, layout = {}, document.get("layout") or {}
    if isinstance(layout.get("geometry"), Mapping):
        found["layout.geometry"] = "layouts", {"geometry": layout["geometry"]}
    for e, epoch in enumerate(document.get("epochs", ())):
        for n, item in enumerate(epoch.get("unstored", ())):
            if isinstance(item["reason"], str) and item["reason"]:
                found[f"epochs.{e}.unstored.{n}.reason"] = "unstored", {"reason": item["reason"]}
    return found


def unstored_of(items: Iterable[Mapping[str, Any]], owner: Owner, sealing: Sealing) -> tuple[Unstored, ...]:
    """Return what `unstored_fields` made fields of."""
    return tuple(Unstored(**plain_numbers(sealing.open("unstored", owner, one))) for one in items)


def info_of(document: Mapping[str, Any], sealing: Sealing) -> StreamInfo:
    """Return the StreamInfo in a document of `streams`."""
    owner, layout, final = stream_owner(document), document.get("layout"), document.get("final")
    return StreamInfo(
        stream=Stream(document["w"], document["s"], document.get("u", "")),
        layout=None if layout is None else layout_of(sealing.open("layouts", owner, layout)),
        columns=tuple(document.get("columns", ())),
        k=document.get("k", 0),
        epochs=tuple(_epoch_of(e, item, owner, sealing) for e, item in enumerate(document.get("epochs", ()))),
        **plain_numbers(
            {name: document.get(name) for name in ("first_us", "last_us", "last_received_us", "calibrated_us")}
        ),
        calibrated_by=document.get("calibrated_by", ""),
        spool=document.get("spool", False),
        final=None if final is None else Final(final["uid"], int(final["n"])),
        longest_us=document.get("longest_us", 0),
        longest_n=document.get("longest_n", 1),
        workout_uid=document.get("o", ""),
    )


def layout_of(document: Mapping[str, Any]) -> Layout:
    """Return the layout in a document of `streams`; most are of a few sensors, and are checked once."""
    packed = msgspec.msgpack.encode(document, enc_hook=int)
    return _known_layout(packed) if len(packed) <= MOST_KNOWN_BYTES else Layout.from_dict(document)


@lru_cache(MOST_KNOWN)
def _known_layout(packed: bytes) -> Layout:
    return Layout.from_dict(msgspec.msgpack.decode(packed))


def _epoch_of(e: int, item: Mapping[str, Any], owner: Owner, sealing: Sealing) -> Epoch:
    clock, counted = item.get("clock"), item.get("counted")
    fields = {name: value for name, value in item.items() if name not in ("clock", "unstored", "counted")}
    return Epoch(
        e,
        **plain_numbers(fields),
        clock=None if clock is None else _clock_of(clock),
        unstored=unstored_of(item.get("unstored", ()), owner, sealing),
        counted=None if counted is None else (int(counted[0]), int(counted[1])),
    )


def _clock_of(item: Mapping[str, Any]) -> Clock:
    moved = tuple(Moved(**plain_numbers(one)) for one in item.get("moved", ()))
    return Clock(**{**plain_numbers(item), "moved": moved})
