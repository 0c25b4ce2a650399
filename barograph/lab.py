"""The analyst's side: plain synchronous calls, in a notebook or a script.

A Lab owns one event loop in one thread of its own, because a notebook already runs a loop in the main one.

    with barograph.connect() as lab:
        left = lab.recording("run-42", "left", start=60, stop=120)

What is at an address of another machine, and behind which token, `barograph.opening` knows; every method is the same.
"""

from __future__ import annotations

import difflib
import threading
import time
import weakref
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import replace
from importlib import import_module
from types import TracebackType
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from barograph import times
from barograph.calibrating_lab import CalibratingLab
from barograph.corrections_lab import CorrectionsLab
from barograph.errors import InvalidData, NotFound
from barograph.files.parts import FileRecording
from barograph.frames import Layout, Recording, Stream
from barograph.loops import ask
from barograph.norms_lab import NormsLab
from barograph.opening import Source, opened
from barograph.store.aligning import aligned
from barograph.store.calibration import reference
from barograph.store.calibration_records import Made
from barograph.store.correcting import WALKED_OVER
from barograph.store.imports import Imported
from barograph.store.ports import Marker, Workout
from barograph.store.reading import plan, provenance, read_planned, read_recording
from barograph.store.records import chosen_stream, first_us
from barograph.store.roster_tables import athletes_table, measurements_table
from barograph.store.writing import Progress, changed
from barograph.summaries_lab import SummariesLab
from barograph.times import day_of, moment_after_us
from barograph.trials_lab import TrialsLab

T = TypeVar("T")
Moment = float | times.Moment

STATS_AT_ONCE = 4096
WORKOUTS_AT_ONCE = 500
NEAR = 5
STAYS: Any = object()  # of what is said of a workout: as it is


def connect(url: str | None = None, *, token: str | None = None, **settings: Any) -> Lab:
    """Return a Lab on what is at `url`: a Barograph server (`https://lab.example`), or a MongoDB (`mongodb://…`).

    Without an address it is the MongoDB that the settings name, else that of the data directory; servers that run
    there are used and left running, and when none run, they are started for as long as the Lab is open.

    A server is asked over HTTP, with a `token` (or `BAROGRAPH_TOKEN`) where it wants one: what that may not do raises
    `AccessDenied`. A token goes over plain `http://` to this machine alone, unless `token_over_http=True` says
    otherwise. `settings` are those of the environment under their plain names, e.g. `data_dir=`, `database=`.
    """
    return Lab(opened(url, token, **settings))


class Lab(CalibratingLab, NormsLab, SummariesLab, TrialsLab, CorrectionsLab):
    """What is stored, as arrays and tables; made by `connect`, closed by `with`, `close`, or the end of the program."""

    def __init__(self, source: Source) -> None:
        self._archive, self._writer, self._lister = source.reader, source.writer, source.summaries
        self._loop = source.loop
        self._at = source.at
        self._end = weakref.finalize(self, source.resources.close)  # a notebook often ends without saying so
        _OPEN.add(self)

    def __enter__(self) -> Lab:
        self._require_open()
        return self

    def __repr__(self) -> str:
        return f"<Lab: {self._at}, {'open' if self._end.alive else 'closed'}>"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back connections, and stop the servers that were started for this Lab."""
        self._end()

    def _require_open(self) -> None:
        if not self._end.alive:
            raise InvalidData("lab: expected an open Lab, but this one was closed; connect() makes another")

    def _run(self, question: Coroutine[Any, Any, T]) -> T:
        try:
            self._require_open()
        except InvalidData:
            question.close()
            raise
        try:
            return ask(self._loop, question)
        except (Exception, CancelledError) as error:
            if self._end.alive:
                raise
            raise InvalidData("lab: expected an open Lab, but another thread closed it while it was asked") from error

    def __getitem__(self, key: str | tuple[str, str]) -> Recording:
        """`lab["run-42"]` and `lab["run-42", "left"]`: as `recording`, with names that Tab completes in a notebook."""
        return self.recording(*(key if isinstance(key, tuple) else (key,)))

    def _ipython_key_completions_(self) -> list[str | tuple[str, str]]:
        """What Tab offers between the brackets: a workout of one stream by its name, of more each with its stream."""
        found: list[str | tuple[str, str]] = []
        for workout in self._run(self._all()):
            names = [info.stream.stream for info in workout.streams if info.layout]
            found += [workout.workout_id] if len(names) == 1 else [(workout.workout_id, name) for name in names]
        return found

    def workouts(self) -> pd.DataFrame:
        """Return one row per workout, newest first, index `workout_id`; times in UTC, `frames` as of the last ack.

        `date_unknown` is True for one of a file without a date, which has no `start` and `stop`.
        """
        table = pd.DataFrame([_described(workout) for workout in self._run(self._all())], columns=_DESCRIBED)
        for name in ("created", "start", "stop"):
            table[name] = pd.to_datetime(table[name].astype("Int64"), unit="us", utc=True)
        table["duration_s"] = (table["stop"] - table["start"]).dt.total_seconds()
        table.loc[table["date_unknown"], ["start", "stop"]] = pd.NaT
        return table.set_index("workout_id")

    def athletes(self) -> pd.DataFrame:
        """Return one row per athlete, index `uid`: name, age today, the newest mass, height and legs, teams.

        `athlete_uid` of `workouts` says whose each of them is.
        """
        roster = self._archive.roster
        teams = self._run(roster.teams())
        return athletes_table(self._run(roster.athletes()), teams, day_of(time.time_ns() // 1000))

    def measurements(self) -> pd.DataFrame:
        """Return one row per measurement of an athlete: mass, height and legs over time (UTC)."""
        return measurements_table(self._run(self._archive.roster.athletes()))

    async def _all(self) -> list[Workout]:
        found: list[Workout] = []
        while len(part := await self._archive.workouts(limit=WORKOUTS_AT_ONCE, skip=len(found))) == WORKOUTS_AT_ONCE:
            found += part
        return found + part

    def recording(
        self,
        workout: str,
        stream: str | None = None,
        start: Moment | None = None,
        stop: Moment | None = None,
        *,
        with_stats: bool = False,
    ) -> Recording:
        """Return one stream of a workout as arrays, or the part of it from `start` to `stop`, both included.

        Without the name of a stream it is `main`, or else the only one; `NotFound` lists those there are.
        A number is seconds since the workout's first frame, the same moment for all its streams; everything else
        that names a moment (datetime, Timestamp, datetime64, ISO 8601 text) is a time, in UTC where it has no zone.
        `with_stats` adds the table that was computed on arrival; rows that carry none of this version, as those of
        version 0.1 or of an older calibration, are computed now.
        """
        found = self._run(self._recording(workout, stream, start, stop, with_stats))
        return _completed(found) if with_stats else found

    def plates(self, workout: str, start: Moment | None = None, stop: Moment | None = None) -> dict[str, Recording]:
        """Return the plates and mats of a workout whose places are known, by name, as `analytics.surface` takes them.

        Of several that are one floor, `analytics.footprints(analytics.surface(lab.plates("hall-3"), grid=True))` has
        the prints of the page Footprints. `NotFound` where no plate has a place.
        """
        infos = self._run(self._workout(workout)).streams
        placed = [one.stream.stream for one in infos
                  if one.layout and one.layout.kind in WALKED_OVER and one.layout.place is not None]  # fmt: skip
        if not placed:
            raise NotFound(f"{workout}: expected plates with places, got none: say it by calibrate(…, place=…)")
        return {name: self.recording(workout, name, start, stop) for name in sorted(placed)}

    async def _recording(
        self, workout: str, stream: str | None, start: Moment | None, stop: Moment | None, with_stats: bool
    ) -> Recording:
        found = await self._workout(workout)
        name, zero_us = chosen_stream(found, stream).stream, first_us(found)
        start_us, stop_us = (moment_after_us(end, at, zero_us) for end, at in (("start", start), ("stop", stop)))
        return await read_recording(self._archive, name, start_us, stop_us, with_stats)

    def chunks(
        self, workout: str, stream: str | None = None, start: Moment | None = None, stop: Moment | None = None
    ) -> Iterator[Recording]:
        """Yield a recording part by part, for a session larger than memory.

        Only a few parts of some MiB are held at once.
        """
        found = self._run(self._workout(workout))
        name, zero_us = chosen_stream(found, stream).stream, first_us(found)
        start_us, stop_us = moment_after_us("start", start, zero_us), moment_after_us("stop", stop, zero_us)
        planned = self._run(plan(self._archive, name, start_us, stop_us))
        origin, blocks = self._run(provenance(self._archive, planned)), read_planned(self._archive, planned)
        try:
            while (block := self._run(anext(blocks, None))) is not None:
                yield Recording(block.frames, block.times_us, planned.layout, provenance=origin)
        finally:
            if self._end.alive:
                self._run(blocks.aclose())

    def aligned(
        self,
        workout: str,
        streams: Sequence[str] | None = None,
        start: Moment | None = None,
        stop: Moment | None = None,
        period_s: float | None = None,
    ) -> dict[str, Recording]:
        """Return streams of a workout, by default all, on one clock: frame i of each is nearest to the same moment.

        `barograph.store.aligning.aligned` says what becomes of gaps.
        """
        found = self._run(self._workout(workout))
        names = [info.stream.stream for info in found.streams if info.layout] if streams is None else streams
        return aligned({name: self.recording(workout, name, start, stop) for name in names}, period_s)

    def tare(self, workout: str, stream: str | None, start: Moment, stop: Moment) -> Layout:
        """Take each cell's median stored value from `start` to `stop`, when nothing was on it, as its zero."""
        unloaded = self.recording(workout, stream, start, stop)
        if not len(unloaded):
            raise InvalidData(f"tare: expected frames of {workout}/{stream} between {start} and {stop}, got none")
        made = Made("tare", f"{self._stream(workout, stream)} {start} to {stop}")
        return self.calibrate(workout, stream, made=made, tare=reference(unloaded))

    def markers(self, workout: str) -> pd.DataFrame:
        """Return the annotations of a workout in order, index `time` (UTC), one column `label`."""
        found = self._run(self._markers(workout))
        time = pd.to_datetime(pd.Series([marker.t_us for marker in found], dtype="int64"), unit="us", utc=True)
        return pd.DataFrame({"label": [marker.label for marker in found]}, index=pd.DatetimeIndex(time, name="time"))

    def mark(self, workout: str, label: str, at: Moment | None = None) -> None:
        """Keep an annotation of a moment of a workout, now if none is given; the same one twice is one.

        A number is seconds since the workout's first frame, as in `recording`.
        """
        found = self._run(self._workout(workout))
        t_us = moment_after_us("at", at, first_us(found))
        marker = Marker(time.time_ns() // 1000 if t_us is None else t_us, label)
        self._run(self._writer.mark(workout, marker))

    def describe(
        self,
        workout: str,
        *,
        athlete: str | None = STAYS,
        kind: str | None = STAYS,
        mass_kg: float | None = STAYS,
        tags: Sequence[str] | None = STAYS,
    ) -> None:
        """Say something of a workout; what is not given stays as it is, and None or () takes it away."""
        said = {"athlete": athlete, "kind": kind, "mass_kg": mass_kg, "tags": tags}
        changes = {name: value for name, value in said.items() if value is not STAYS}
        if isinstance(mass_kg, np.number):
            changes["mass_kg"] = mass_kg.item()
        if "tags" in changes:
            if isinstance(tags, str) or not isinstance(tags, Sequence | None):
                raise InvalidData(f"tags: expected a list of texts, got {str(tags)[:40]!r}", field="tags")
            changes["tags"] = tuple(tags or ())
        found = self._run(self._workout(workout))
        if changed(found.about, changes) != found.about:
            self._run(self._writer.describe(workout, changes))

    def import_recording(
        self,
        recording: Recording | FileRecording,
        *,
        workout: str,
        stream: str | None = None,
        start: times.Moment | None = None,
        progress: Progress | None = None,
    ) -> Imported:
        """Store a recording as a stream of a workout, by default that of its side, or `main`.

        It is named by its content: to import it again stores nothing, and goes on where an import was interrupted.
        The answer says how many `frames` it has, and how many of them are `stored` by this call. `start` is when one
        without a date began, which otherwise counts from 1970 with its date unknown. A recording that stays in its
        file (`barograph.files.open_file`) is passed on part by part.

        `progress(step, frames)` hears how many frames are done of each step: `read`, `sent` (to a server, and from the
        first again where it was cut off) and `stored`. It is called from other threads; what it raises ends the import.
        """
        start_us = None if start is None else times.moment_us("start", start, "a time")
        name = Stream(workout, stream or recording.layout.side or "main")
        return self._run(self._writer.import_recording(name, recording, start_us, progress))

    async def _markers(self, workout: str) -> Sequence[Any]:
        await self._workout(workout)
        return await self._archive.markers(workout)

    async def _workout(self, workout_id: str) -> Workout:
        """The workout, or `NotFound` with names that look alike, or else the newest."""
        try:
            return await self._archive.workout(workout_id)
        except NotFound as error:
            names = [workout.workout_id for workout in await self._all()]
            near = difflib.get_close_matches(workout_id, names, NEAR, cutoff=0.5) or names[:NEAR]
            instead = f"there is {', '.join(near)}" if near else "nothing is stored yet"
            raise NotFound(f"no workout {workout_id!r} is stored; {instead}") from error


_OPEN: weakref.WeakSet[Lab] = weakref.WeakSet()


def _close_open() -> None:
    """Close what a script left open when it ends."""
    for lab in list(_OPEN):
        lab.close()


# Not by atexit: closing takes threads, and by then Python starts none any more.
threading._register_atexit(_close_open)  # type: ignore[attr-defined]


_DESCRIBED = (
    "workout_id", "created", "athlete", "kind", "mass_kg", "tags", "streams", "frames", "start", "stop", "date_unknown",
    "athlete_uid",
)  # fmt: skip


def _described(workout: Workout) -> tuple[Any, ...]:
    about, streams = workout.about, workout.streams
    first = [info.first_us for info in streams if info.first_us is not None]
    last = [info.last_us for info in streams if info.last_us is not None]
    return (
        workout.workout_id, workout.created_us, about.athlete, about.kind, about.mass_kg, list(about.tags),
        [info.stream.stream for info in streams], workout.frames, min(first, default=None), max(last, default=None),
        any(info.date_unknown for info in workout.streams), workout.athlete_uid or None,
    )  # fmt: skip


def _completed(recording: Recording) -> Recording:
    """The recording with the basic set in every row of its table."""
    stats: Any = recording.stats
    lacking = np.flatnonzero(stats.isna().all(axis=1))
    if not len(lacking):
        return recording
    # What computes is above: only who asks for such a table loads it.
    analytics = import_module("analytics")
    columns = list(import_module("analytics.columns").arrival_columns(recording.layout))
    if list(stats.columns) != columns:
        lacking = np.arange(len(recording))
        stats = pd.DataFrame(np.float32(np.nan), index=stats.index, columns=columns)
    made = stats.to_numpy(np.float32, copy=True)
    for first in range(0, len(lacking), STATS_AT_ONCE):
        rows = lacking[first : first + STATS_AT_ONCE]
        made[rows] = analytics.arrival_stats(recording.frames[rows], recording.layout)
    return replace(recording, stats=pd.DataFrame(made, index=stats.index, columns=columns))
