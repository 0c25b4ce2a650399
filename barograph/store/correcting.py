"""Masks as doors take them: checked against the sensor that they are of, and copied between sessions of an athlete."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from barograph.errors import InvalidData
from barograph.frames import Layout, Stream
from barograph.layout_values import choice, shown
from barograph.store.corrections import Corrections, Ground, MaskVersion, NewMask, labels_of
from barograph.store.ports import Archive
from barograph.store.records import StreamInfo, Workout

WALKED_OVER = ("plate", "mat")
FIELDS = ("stream", "side", "scope", "mark", "since_us", "ground", "labels", "reason")
MOST_TAKEN = 1 << 20  # cells of all masks that go with an export
_TEXTS = ("stream", "side", "scope", "reason")


def sensor_of(layout: Layout) -> str:
    """Return kind and cells of a sensor as a text that is the same where masks of one fit the other.

    Of a plate any place may be stepped on, so its kind and the size of its cells; else all of its cells.
    """
    pitch = "" if layout.pitch_mm is None else f", {layout.pitch_mm[0]:g} × {layout.pitch_mm[1]:g} mm"
    if layout.kind in WALKED_OVER:
        return f"{layout.kind}{pitch}"
    cells = layout.valid.tobytes() if layout.geometry is None else np.nan_to_num(layout.geometry.centres).tobytes()
    mark = hashlib.blake2b(cells, digest_size=4).hexdigest()
    return f"{layout.kind}, {layout.shape_text}{pitch} ({mark})"


async def add_mask(archive: Archive, workout_id: str, said: Mapping[str, Any], *, now_us: int) -> MaskVersion:
    """Keep masks, from JSON with the fields of `FIELDS`, where they fit the sensor of their stream."""
    for name in said:
        choice("mask", name, FIELDS)
    for name in _TEXTS:
        if not isinstance(said.get(name), str):
            raise InvalidData(f"{name}: expected a text, got {shown(said.get(name))}", field=name)
    info = await archive.stream_info(Stream(workout_id, said["stream"]))
    new = new_mask(info, said)
    return await archive.corrections.add_mask(workout_id, new, now_us=now_us)


def new_mask(info: StreamInfo, said: Mapping[str, Any]) -> NewMask:
    """Return masks that are to be kept of a stream, or say why they do not fit it."""
    if info.layout is None:
        raise InvalidData(f"stream: expected one with frames, got {info.stream.stream}", field="stream")
    try:
        ground = msgspec.convert(said.get("ground"), Ground | None)
    except msgspec.ValidationError as error:
        raise InvalidData(f"ground: expected places, rows, cols and more: {error}", field="ground") from error
    made = NewMask(
        stream=said["stream"], side=said["side"], scope=said["scope"], reason=said["reason"],
        sensor=sensor_of(info.layout), ground=ground, labels=labels_of(said.get("labels", [])),
        mark=said.get("mark", ""), since_us=said.get("since_us", 0),
    )  # fmt: skip
    _check(info, info.layout, made)
    return made


def _check(info: StreamInfo, layout: Layout, new: NewMask) -> None:
    if layout.kind in ("seat", "saddle"):
        raise InvalidData(f"stream: expected a sensor under a foot, got a {layout.kind}", field="stream")
    if (side := info.side) is not None and side != new.side:
        raise InvalidData(f"side: expected {side}, as the stream is, got {new.side}", field="side")
    plate = layout.kind in WALKED_OVER
    if new.scope == "print" and not plate:
        raise InvalidData("scope: expected session or athlete of an insole, which has one foot", field="scope")
    if new.ground is None or new.automatic:
        return
    wanted = "foot" if plate and new.scope != "print" else "cells"
    if new.ground.places != wanted:
        raise InvalidData(f"places: expected {wanted} for this scope, got {new.ground.places}", field="places")
    if wanted == "cells":
        _check_cells(layout, new, new.ground, whole=not plate)


def _check_cells(layout: Layout, new: NewMask, ground: Ground, *, whole: bool) -> None:
    """Refuse a box beyond the sensor, and cells of an insole that exist and have no mask, or do not exist and have."""
    if ground.row + ground.rows > layout.rows or ground.col + ground.cols > layout.cols:
        raise InvalidData(f"rows: expected a part of {layout.rows} x {layout.cols} cells, got more", field="rows")
    labels = np.zeros((layout.rows, layout.cols), np.uint8)
    box = np.frombuffer(new.labels, np.uint8).reshape(ground.rows, ground.cols)
    labels[ground.row : ground.row + ground.rows, ground.col : ground.col + ground.cols] = box
    if (labels[~layout.valid] > 0).any():
        raise InvalidData("labels: expected 0 where there is no cell", field="labels")
    if whole and (labels[layout.valid] == 0).any():
        n = int((labels[layout.valid] == 0).sum())
        raise InvalidData(f"labels: expected one mask for each cell, got {n} without", field="labels")


async def copy_masks(
    archive: Archive, workout_id: str, source: str, number: int | None = None, *, now_us: int
) -> list[MaskVersion]:
    """Copy masks from another session of the same athlete: one version, or of each foot what was last drawn there.

    A mask of one print stays: its print is not in another session. `InvalidData` where there is nothing to copy, the
    sessions are of two athletes, or no stream here has the same kind of sensor and cells.
    """
    here, there = await archive.workout(workout_id), await archive.workout(source)
    if here.uid == there.uid:
        raise InvalidData("from: expected another session, got this one", field="from")
    if not here.athlete_uid or here.athlete_uid != there.athlete_uid:
        raise InvalidData(f"from: expected a session of the same athlete, got {source}", field="from")
    found = await _chosen(archive, source, number)
    pairs = [(one, _fitting(here, one, source)) for one in found]
    return [
        await archive.corrections.add_mask(workout_id, _copied(one, stream, source), now_us=now_us)
        for one, stream in pairs
    ]


async def _chosen(archive: Archive, source: str, number: int | None) -> list[MaskVersion]:
    masks = (await archive.corrections.of(source)).masks
    if number is not None:
        masks = tuple(one for one in masks if one.number == number)
    usable = [one for one in masks if one.can_be_copied]
    if not usable:
        which = "masks" if number is None else f"a version {number} of masks"
        raise InvalidData(
            f"from: expected {which} by hand for all prints of {source}, not withdrawn, got none", field="from"
        )
    return list({(one.stream, one.side): one for one in usable}.values())


def _fitting(here: Workout, one: MaskVersion, source: str) -> str:
    """The name of the stream here that a mask fits, of several the one of the same name."""
    infos = [info for info in here.streams if info.layout and sensor_of(info.layout) == one.sensor]
    names = [info.stream.stream for info in infos if info.side in (None, one.side)]
    if not names:
        there = "; ".join(dict.fromkeys(sensor_of(info.layout) for info in here.streams if info.layout)) or "none"
        raise InvalidData(
            f"from: expected the same kind of sensor and cells as the {one.side} foot of {source} has "
            f"({one.sensor}), got {there}",
            field="from",
        )
    return one.stream if one.stream in names else names[0]


def _copied(one: MaskVersion, stream: str, source: str) -> NewMask:
    return NewMask(
        stream=stream, side=one.side, scope="session", reason=one.reason, sensor=one.sensor, ground=one.ground,
        labels=one.labels, copied_from=source,
    )  # fmt: skip


def taken_along(found: Corrections) -> dict[str, Any]:
    """Return what of corrections goes with an export: the newest masks of each kind that hold, and corrected prints.

    Masks for an athlete are those of the session there: an import changes no other session.
    """
    newest = {one.target: one for one in found.masks if not one.withdrawn_us}
    masks, cells = list[dict[str, Any]](), 0
    for one in reversed(newest.values()):
        cells += len(one.labels)
        if cells <= MOST_TAKEN:
            masks.append(one.to_dict())
    fixes = found.fixed.fixes if found.fixed else ()
    return {"masks": masks[::-1], "print_corrections": [one.to_dict() for one in fixes]}


def moved(mark: str, offset_us: int) -> str:
    """Return the mark of a print whose recording was placed at another time."""
    at, _, cell = mark.partition(":")
    return f"{int(at) + offset_us}:{cell}"
