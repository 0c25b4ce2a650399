"""PUT of a workout: what is said of it, and the series that the predecessor's clients send when it is over."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from weakref import WeakValueDictionary

import msgspec
from quart import Quart, g, request
from quart_schema import validate_querystring
from werkzeug.exceptions import Forbidden

from barograph.access.devices import bearer_of, require_stream
from barograph.access.needs import needs
from barograph.errors import BarographError
from barograph.frames import Stream, check_new_name
from barograph.settings import Settings
from barograph.store.ports import UNSAID, Archive, Workout
from barograph.store.writing import changed
from ingest import messages as m
from ingest.clock import now_us
from ingest.device_times import Reading
from ingest.http.answers import Description, FinalSeries, PutAnswer
from ingest.http.cors import REFUSED, trusted
from ingest.http.finals import keep
from ingest.http.operations import operation
from ingest.http.posted import Bodies, PostedFrame
from ingest.http.queries import StreamQuery, TimesQuery
from ingest.http.series import Series, open_series, store_missing
from ingest.http.visits import Misplaced
from ingest.http.workouts import WORKOUT, describe, load
from ingest.messages import Refused
from ingest.sessions import Ingest

SERIES = "timeSeriesData"
AT_ONCE = 16
_decoder = msgspec.json.Decoder(dict[str, Any])


def add_final(app: Quart, settings: Settings, archive: Archive, ingest: Ingest, bodies: Bodies) -> None:
    """Give the application its route for what is said at the end."""
    locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @app.put(WORKOUT)
    @needs("import", makes=True)
    @operation("Workouts", PutAnswer, takes=FinalSeries, errors=(409, 410, 507))
    @validate_querystring(StreamQuery)
    async def put_workout(workout_id: str, query_args: StreamQuery) -> dict[str, Any]:
        """Say something of a workout, and store what is missing of its frames; it is made if it is new.

        Fields that are given replace what was said, null and [] unsay it. The frames are compared with what is stored
        of the stream, as a multiset of times and cells; nothing is stored of a body that is wrong. To do it again
        changes nothing.
        """
        stream = Stream(check_new_name("workout_id", workout_id), query_args.stream)
        lock = locks.setdefault(workout_id, asyncio.Lock())
        device = g.entrant.device
        if device is not None:
            require_stream(device, stream.stream)
        with await open_series(ingest, stream) as series:
            rest, mine = await _collect(bodies, series), trusted() and not g.entrant.feeds
            series.reading = times_of(rest)
            fields = load(Description, rest).model_dump(include=set(rest))
            if SERIES not in rest and not mine:
                raise Forbidden(REFUSED)
            if len(series) and ingest.committer.pressed:
                raise Refused("archive_away", "the archive is away or far behind; try again", retry_after_s=2.0)
            if device is not None:
                await ingest.tokens.device(bearer_of(request.headers))  # it may have been revoked meanwhile
            async with lock:
                stored = await store_missing(ingest, series, settings.storage_timeout_s)
                if len(series):
                    await keep(archive, await archive.stream_info(stream), series.notes, series.names())
            workout = await _say(archive, workout_id, fields, replacing=mine)
            known = workout if mine else replace(workout, about=UNSAID)
            return {**describe(known, settings.idle_timeout_s), "received": len(series), "stored": stored}


async def _collect(bodies: Bodies, series: Series) -> dict[str, Any]:
    """Put the frames of the body aside, and return the rest of it."""
    rest: dict[str, Any] = {}
    async for part in bodies.series(request, SERIES):
        if not isinstance(part, PostedFrame):
            rest = m.decode(part, _decoder)
            continue
        try:
            series.add(part.matrix, part.nodes, part.timestamp)
        except BarographError as error:
            raise Misplaced(len(series)) from error
        if len(series) % AT_ONCE == 0:
            await asyncio.sleep(0)
    if rest.get(SERIES, []) != []:
        raise Refused("bad_field", f"{SERIES}: expected a list of frames", field=SERIES)
    return rest


def times_of(rest: dict[str, Any]) -> Reading:
    """Return what a body says of its times, which is taken out of it."""
    said = load(TimesQuery, {name: rest.pop(name) for name in ("times", "time_unit") if name in rest})
    return Reading(said.times or "absolute", said.time_unit)


async def _say(archive: Archive, workout_id: str, fields: dict[str, Any], *, replacing: bool) -> Workout:
    """Replace what is said of a workout; or only say more, as a join does."""
    if not replacing:
        return await archive.note(workout_id, now_us=now_us(), about=changed(UNSAID, fields))
    workout = await archive.note(workout_id, now_us=now_us())
    return await archive.describe(workout_id, changed(workout.about, fields)) if fields else workout
