"""A better calibration for what is stored: raw stays raw, and whoever reads gets the new values.

Stored frames never change; the stream's layout does, and with it `k`, the version that statistics carry. Statistics of
an older version are computed anew by readers. Every second is marked twice: before, so that nobody trusts a row of the
old layout under the new one, and after, so that a row that was being made meanwhile is not kept.

Terms: calibration, tare (docs/glossary.md).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from barograph.curve import Curve
from barograph.errors import InvalidData, NotFound
from barograph.frames import KPA_PER_UNIT, PEAKS, TOTALS, Floats, Layout, Place, Recording, Stream, arrival_columns
from barograph.layout import FORCE_UNIT
from barograph.store.calibration_records import FIELDS, GIVEN, Made, new_record, restored
from barograph.store.placing import placed
from barograph.store.ports import Archive, StreamInfo
from barograph.store.rollups import all_seconds


async def calibrate(
    archive: Archive, stream: Stream, by: str = "", made: Made = GIVEN, /, **changes: Any
) -> StreamInfo:
    """Change any of `FIELDS` in the layout of a stream, and mark all that was made of it.

    `by` is the uid of the user who does it, "" for the owner of this machine; `made` says how. A record of it is kept,
    unless nothing is other than before.

    Wrong values raise `InvalidData`, a stream without frames `NotFound`; nothing is changed then.
    """
    old = (await archive.stream_info(stream)).layout
    layout, now_us = calibrated(old, stream, changes), time.time_ns() // 1000
    record = None if old is None or layout == old else new_record(old, layout, made, by, now_us)
    return await _give(archive, stream, layout, now_us=now_us, by=by, record=record)


async def undo(archive: Archive, stream: Stream, by: str = "", uid: str = "") -> StreamInfo:
    """Give a stream the calibration that it had before its newest one that was not undone.

    With a `uid` that is asked for by whoever has seen the records: where the newest is another one, nothing is undone.
    One that is undone already stays so.

    Raises
    ------
    InvalidData
        When there is nothing to undo, or a newer calibration holds.
    """
    info, records = await archive.stream_info(stream), await archive.calibrations(stream)
    if info.layout is None:
        raise NotFound(f"{stream}: nothing was ever recorded in this stream")
    if uid and any(one.uid == uid and one.undone_us is not None for one in records):
        return info
    newest = next((one for one in reversed(records) if one.undone_us is None), None)
    if newest is None or (uid and newest.uid != uid):
        expected = "a calibration that holds" if newest is None else "the newest calibration that holds"
        raise InvalidData(f"undo: expected {expected} of {stream}, got {uid or 'none'}", field="undo")
    layout = restored(info.layout, newest.before)
    return await _give(archive, stream, layout, now_us=time.time_ns() // 1000, by=by, undoes=newest.uid)


async def _give(archive: Archive, stream: Stream, layout: Layout, **about: Any) -> StreamInfo:
    columns = columns_of(await archive.stream_info(stream), layout)
    await archive.mark_dirty(stream, await all_seconds(archive, stream))
    info = await archive.calibrate(stream, layout, columns, **about)
    await archive.mark_dirty(stream, await all_seconds(archive, stream))
    return info


def calibrated(layout: Layout | None, stream: Stream, changes: dict[str, Any]) -> Layout:
    """Return the layout with other values; only those that a calibration may change.

    A new curve, as a `Curve` or as JSON, comes with scale 1 and offset 0 where they are not given with it. A geometry,
    by its name, as a `Geometry` or as JSON, comes with the areas that are known of it (`barograph.store.placing`). A
    place is a `Place` or JSON.
    """
    if layout is None:
        raise NotFound(f"{stream}: nothing was ever recorded in this stream")
    wrong = sorted(changes.keys() - set(FIELDS))
    if wrong or not changes:
        raise InvalidData(f"calibration: expected some of {', '.join(FIELDS)}, got {', '.join(wrong) or 'none'}")
    if changes.get("unit") == FORCE_UNIT and changes.get("geometry", layout.geometry) is None:
        units = ", ".join(("raw", *KPA_PER_UNIT))
        raise InvalidData(f"unit: expected one of {units}, got 'N', which areas of a geometry have", field="unit")
    if isinstance(changes.get("curve"), Mapping):
        changes = {**changes, "curve": Curve.from_dict(changes["curve"])}
    if isinstance(changes.get("place"), Mapping):
        changes = {**changes, "place": Place.from_dict(changes["place"])}
    if changes.get("curve") is not None:  # it makes the unit: a scale and an offset that were for a line go
        changes = {"scale": 1.0, "offset": 0.0, **changes}
    return replace(layout, **placed(layout, changes))


def reference(unloaded: Recording) -> Floats:
    """Return (rows, cols) each cell's median stored value while nothing was on it: its tare.

    What has no value has 0.
    """
    if not len(unloaded):
        raise InvalidData("tare: expected frames in that time, got none", field="tare")
    values = unloaded.frames.astype(np.float64)
    values[:, ~unloaded.layout.valid] = 0.0
    alive = ~np.isnan(values).all(axis=0)
    medians = np.zeros(values.shape[1:])
    medians[alive] = np.nanmedian(values[:, alive], axis=0)
    return medians


def columns_of(info: StreamInfo, layout: Layout) -> tuple[str, ...]:
    """Return names of the statistics of a stream under another layout: a geometry adds columns, or takes some away."""
    if info.layout is not None and info.columns == arrival_columns(info.layout):
        return arrival_columns(layout)
    return renamed(info.columns, layout)


def renamed(columns: Sequence[str], layout: Layout) -> tuple[str, ...]:
    """Return names of the basic set, whose units are those of the layout: counts never carry N or kPa."""
    total, peak, *_ = arrival_columns(layout)
    names = dict.fromkeys(TOTALS, total) | dict.fromkeys(PEAKS, peak)
    return tuple(names.get(name, name) for name in columns)
