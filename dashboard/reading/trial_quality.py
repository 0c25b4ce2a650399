"""What the stored frames of a trial say of its quality criteria: of a running one, or of one that was made.

The tables are those of the session's tabs: jumps of the sensors that the Jump tab uses, stances of the Gait tab,
prints of the Footprints tab.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from analytics import bad_cells, stances
from analytics.gait.symmetry import whole
from analytics.sessions.trial_quality import Found, Recorded, found_of
from barograph.protocols import Protocol
from barograph.store.ports import StreamInfo, Workout
from barograph.store.trials import FOUND, Quality, Trial
from dashboard.reading.jumps import sensors_of
from dashboard.reading.overview import Span
from dashboard.reading.parts import Parts, key, layout_of
from dashboard.reading.prints import prints_between
from dashboard.reading.sides import in_order

LATE_US = 2_000_000  # until then a frame of a running trial may still be on its way
DEAD_FRAMES = 6000
NO_ROWS = pd.DataFrame(index=pd.DatetimeIndex([], tz="UTC").as_unit("us"))


async def found_between(
    parts: Parts, workout: Workout, protocol: Protocol, start_us: int, stop_us: int, *,
    devices: Collection[str] = (), running: bool = False,
) -> list[Found]:  # fmt: skip
    """Return what was found of each criterion of a protocol in a part of a session, in the protocol's order.

    `devices` are names of streams that must be in it, besides those that have frames then. Of a `running` trial
    `stop_us` is now, and what may still be on its way is not lost.
    """
    part = Span(start_us, max(start_us, stop_us))
    infos = _taking_part(workout, part, devices)
    made = await asyncio.gather(*(parts.stats(one, part) for one in infos))
    tables = {info.stream.stream: table for info, table in zip(infos, made, strict=True)}
    criteria = {one.name: one.limits for one in protocol.criteria}
    recorded = Recorded(
        start_us,
        max(start_us, stop_us - LATE_US) if running else part.last_us,
        {name: NO_ROWS for name in devices if name not in tables} | tables,
        [tables[one.stream.stream] for one in sensors_of(infos).infos],
        await _steps(parts, infos, tables, part) if "steps_whole" in criteria else None,
        await _dead(parts, infos, part) if "device_healthy" in criteria else {},
        protocol.duration_s,
    )
    return await asyncio.to_thread(found_of, criteria, recorded)


async def found_of_trial(parts: Parts, workout: Workout, trial: Trial) -> list[Found]:
    """Return what was found of each criterion of a trial, by the protocol as it was when the trial was made."""
    held = Protocol.from_dict(trial.protocol, trial.held)
    return await found_between(parts, workout, held, trial.start_us, trial.stop_us)


def quality(found: Sequence[Found], before: Sequence[Quality] = ()) -> tuple[Quality, ...]:
    """Return what was found as a trial keeps it; what cannot be told from frames stays as somebody else said it."""
    said = {one.criterion: one for one in before if one.met is not None}
    return tuple(
        said[one.criterion]
        if one.met is None and one.criterion in said
        else Quality(one.criterion, one.met, one.found[:FOUND])
        for one in found
    )


def plain(found: Sequence[Found]) -> list[dict[str, Any]]:
    """Return what was found as JSON: criterion, met, found in words, value, limit and their unit."""
    return [
        {"criterion": one.criterion, "met": one.met, "found": one.found, "value": one.value, "limit": one.limit,
         "unit": one.unit} for one in found
    ]  # fmt: skip


def _taking_part(workout: Workout, part: Span, devices: Collection[str]) -> list[StreamInfo]:
    """The streams that a part is recorded by: those with frames before its end and after its begin, and named ones."""

    def there(info: StreamInfo) -> bool:
        first, last = info.first_us, info.last_us
        return first is not None and last is not None and first <= part.last_us and last >= part.first_us

    return in_order(info for info in workout.streams if info.layout and (there(info) or info.stream.stream in devices))


async def _steps(
    parts: Parts, infos: Sequence[StreamInfo], tables: Mapping[str, pd.DataFrame], part: Span
) -> int | None:
    """Steps that neither begin nor end cut: stances of insoles, prints of plates and mats; None without either."""
    insoles = [tables[one.stream.stream] for one in infos if layout_of(one).kind == "insole"]
    found = [await asyncio.to_thread(_stances, table) for table in insoles if len(table)]
    for prints in await prints_between(parts, infos, part):
        found.append(int((~prints.table["cut"].astype(bool)).sum()))
    return sum(found) if found else None


def _stances(table: pd.DataFrame) -> int:
    return len(whole(stances(table)))


async def _dead(parts: Parts, infos: Sequence[StreamInfo], part: Span) -> dict[str, tuple[int, int]]:
    """Dead cells and all cells of each stream with frames, by the first minutes of the part."""
    found = {}
    for info in infos:
        make = partial(_dead_cells, parts, info, part)
        found[info.stream.stream] = await parts.cache.get(("dead cells", *key(info, part)), make)
    return {name: counts for name, counts in found.items() if counts is not None}


async def _dead_cells(parts: Parts, info: StreamInfo, part: Span) -> tuple[int, int] | None:
    recording = await parts.first_frames(info, DEAD_FRAMES, part)
    if not len(recording):
        return None
    bad = await asyncio.to_thread(bad_cells, recording)
    return int(bad["dead"].sum()), int(recording.layout.valid.sum())
