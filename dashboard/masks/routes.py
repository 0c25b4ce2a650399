"""What the page of masks asks: what is drawn, and what masks carry that somebody draws. Neither changes anything."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
import numpy as np
from quart import Quart, Response, request
from quart.typing import ResponseTypes

from analytics.frames.heading import FRONT
from analytics.regions.step_cells import Labels
from barograph.access.needs import needs
from barograph.errors import InvalidData, NotFound
from barograph.frames import check_name
from barograph.store.corrections import labels_of
from barograph.store.ports import Workout
from barograph.store.search import Query
from dashboard.drawing import units, words
from dashboard.masks.facts import divided, facts, line_of, rows
from dashboard.masks.insole import of_insole
from dashboard.masks.plate import of_plate
from dashboard.masks.subject import Subject, automatic
from dashboard.page.answers import json_text
from dashboard.page.typed_callbacks import Name, decoded
from dashboard.page.visitors import may
from dashboard.reading import overview
from dashboard.reading.context import Context
from dashboard.reading.part_query import read
from dashboard.reading.parts import layout_of
from dashboard.reading.prints import WALKED_OVER
from dashboard.reading.sources import Sources

MOST_SESSIONS = 20
MOST_MARK = 40
Finite = Annotated[float, msgspec.Meta(gt=-1e6, lt=1e6)]


class AxisQuery(msgspec.Struct, forbid_unknown_fields=True):
    """A foot's axis that somebody draws: of which foot, and two places in the picture, heel and second toe."""

    stream: Name
    side: Name
    heel: tuple[Finite, Finite]
    toe: tuple[Finite, Finite]
    mark: str = ""


class MaskQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Masks that somebody is drawing: of which foot, and the number of the mask of each cell."""

    stream: Name
    side: Name
    labels: list[Any]
    mark: str = ""


def register(app: Quart, sources: Sources) -> None:
    """Add the routes to an application."""

    @app.get("/data/<workout_id>/mask-ground")
    @needs("read")
    async def mask_ground(workout_id: str) -> ResponseTypes:
        context = await context_of(sources, workout_id, request.query_string.decode("ascii", "replace"))
        stream, side, mark = (request.args.get(name, "") for name in ("stream", "side", "mark"))
        found = await _subject(sources, context, stream, side, mark)
        said = await asyncio.to_thread(facts, found, context.workout, _above(context, found), context.whole.first_us)
        return _json(said | {"may": may("describe"), "sessions": await _sessions(sources, context.workout)})

    @app.post("/data/<workout_id>/mask-numbers")
    @needs("read")
    async def mask_numbers(workout_id: str) -> ResponseTypes:
        asked = decoded("masks", await request.get_json(silent=True), MaskQuery)
        context = await context_of(sources, workout_id, request.query_string.decode("ascii", "replace"))
        return _json({"rows": await numbers(sources, context, asked)})

    @app.post("/data/<workout_id>/mask-division")
    @needs("read")
    async def mask_division(workout_id: str) -> ResponseTypes:
        """Divide a foot anew along an axis that is drawn."""
        asked = decoded("line", await request.get_json(silent=True), AxisQuery)
        context = await context_of(sources, workout_id, request.query_string.decode("ascii", "replace"))
        found = await _subject(sources, context, asked.stream, asked.side, asked.mark)
        line = line_of((asked.heel, asked.toe), found.layout)
        made = await asyncio.to_thread(automatic, found.layout, found.peak, found.side, context.query.p0, FRONT, line)
        return _json(divided(found.layout, *made))


async def numbers(sources: Sources, context: Context, asked: MaskQuery) -> Mapping[str, list[float | None]]:
    """Return what masks carry that somebody draws, by their numbers."""
    found = await _subject(sources, context, asked.stream, asked.side, asked.mark)
    return await asyncio.to_thread(rows, found, _labels(asked.labels, found), _above(context, found))


async def context_of(sources: Sources, workout_id: str, search: str) -> Context:
    """Return the part of a session that the address of the page names, as the session's page takes it."""
    workout = await sources.archive.workout(check_name("workout_id", workout_id))
    whole = overview.span(workout, overview.piece_of(search))
    if whole is None:
        raise NotFound(f"{workout.workout_id}: nothing is stored of it")
    return Context(sources.parts, workout, whole, read(search, whole.length_s), units.of_address(search))


async def _subject(sources: Sources, context: Context, stream: str, side: str, mark: str) -> Subject:
    if len(mark) > MOST_MARK:
        raise InvalidData(f"mark: expected the mark of a print, got {mark[:MOST_MARK]!r}", field="mark")
    info = next((one for one in context.infos if one.stream.stream == stream), None)
    if info is None:
        raise NotFound(f"{stream}: no such stream is in this session")
    held = await sources.archive.corrections.of(context.workout.workout_id)
    if layout_of(info).kind in WALKED_OVER:
        return await of_plate(context, info, side, mark, held)
    return await of_insole(context, info, held)


def _above(context: Context, found: Subject) -> float:
    """p0 of the address, else the layout's."""
    return found.layout.loaded_above if context.query.p0 is None else context.query.p0


def _labels(plain: list[Any], found: Subject) -> Labels:
    """Labels of the drawing, which has as many cells."""
    labels = np.frombuffer(labels_of(plain), np.uint8).astype(np.int64)
    if len(labels) != found.loaded.size:
        raise InvalidData(f"labels: expected {found.loaded.size} numbers, got {len(labels)}", field="labels")
    return labels.reshape(found.loaded.shape)


async def _sessions(sources: Sources, workout: Workout) -> list[dict[str, str]]:
    """Other sessions of the athlete with masks that can be copied, the newest first: from these masks are copied."""
    if not workout.athlete_uid:
        return []
    found, _ = await sources.archive.search(Query(athlete_uid=workout.athlete_uid), limit=MOST_SESSIONS + 1)
    others = [one for one in found if one.uid != workout.uid]
    held = await asyncio.gather(*(sources.archive.corrections.of(one.workout_id) for one in others))
    return [
        {"id": one.workout_id, "title": f"{words.date(one.created_us)}, {one.workout_id}"}
        for one, corrections in zip(others, held, strict=True)
        if any(mask.can_be_copied for mask in corrections.masks)
    ]


def _json(said: dict[str, Any]) -> Response:
    return Response(json_text(said), content_type="application/json")
