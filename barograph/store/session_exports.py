"""A whole session as one file: a ZIP of frames and tables, a workbook of tables, or the forces of all streams.

    export = await session_exports.prepare(archive, "run-42", "zip", ExportTables(), kept_tables)
    async for part in export.parts(): …

Memory holds a few chunks of frames, and two numbers a frame, of which steps are found.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd

from barograph.errors import InvalidData, NotFound
from barograph.files import bundle, workbook
from barograph.files.encoding import FrameTable
from barograph.frames import PEAKS, TOTALS, Floats, Ints, Layout
from barograph.store import together
from barograph.store.correcting import taken_along
from barograph.store.corrections import NOTHING, Corrections
from barograph.store.exports import Export, disposition, turn
from barograph.store.ports import Archive
from barograph.store.reading import Plan, plan, read_planned
from barograph.store.records import Marker, Workout, chosen_stream
from barograph.store.session_tables import OF_JUMPS, DoneTables, PartAsked, rows_of
from barograph.store.trials import Trial, shared

FORMATS = {
    "zip": (bundle.SUFFIX, bundle.MEDIA_TYPE), "xlsx": (workbook.SUFFIX, workbook.MEDIA_TYPE), **together.FORMATS,
}  # fmt: skip
NEEDED = {*TOTALS, *PEAKS}  # of the numbers of a frame, to find steps
Progress = Callable[[int], Any]


class Table(NamedTuple):
    """A small table."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[object]]


class Signal(NamedTuple):
    """Of one stream: its layout, times (n,), columns by name, and (g, 2) times around what is missing."""

    layout: Layout
    times_us: Ints
    columns: Mapping[str, Floats]
    missing_us: Ints


class SessionTables(FrameTable, Protocol):
    """What is computed of a session; whoever composes the rooms has it."""

    def events(
        self, signals: Mapping[str, Signal], zero_us: int
    ) -> Iterable[tuple[str, Sequence[str], Iterable[Sequence[object]]]]:
        """Return tables of steps and gait, with times in s after a moment: name, columns, rows."""
        ...

    def meanings(self, columns: Iterable[str]) -> Iterable[Sequence[str]]:
        """Return name, unit, meaning, formula and source of each column that has them."""
        ...


class Writer(Protocol):
    """What tables are written to."""

    def begin(self, name: str, columns: Sequence[str]) -> None:
        """Begin a table."""
        ...

    def add(self, rows: Iterable[Sequence[object]]) -> None:
        """Add rows to it."""
        ...


@dataclass(frozen=True)
class SessionExport:
    """What is to be written: the streams of a session, whole or a part of each, with tables and markers."""

    archive: Archive
    workout: Workout
    plans: Mapping[str, Plan]
    markers: Sequence[Marker]
    format: str
    tables: SessionTables
    done: DoneTables
    asked: PartAsked
    trials: Sequence[Trial] = ()
    corrections: Corrections = NOTHING

    @property
    def frames(self) -> int:
        """How many frames are read: each once for its numbers, and in a ZIP once for itself."""
        return self.stored * (2 if self.format == "zip" else 1)

    @property
    def stored(self) -> int:
        """Number of frames."""
        return sum(one.frames for one in self.plans.values())

    @property
    def media_type(self) -> str:
        """What an HTTP answer calls it."""
        return FORMATS[self.format][1]

    @property
    def filename(self) -> str:
        """A name for the file: workout, and the format's ending."""
        return f"{self.workout.workout_id}{FORMATS[self.format][0]}"

    @property
    def disposition(self) -> str:
        """Return the header that gives a download this name."""
        return disposition(self.filename)

    @cached_property
    def zero_us(self) -> int:
        """The moment from which tables count: the first frame of all."""
        return min(int(one.times_us.min()) for one in self.plans.values())

    async def parts(self, progress: Progress = lambda n: None) -> AsyncGenerator[bytes, None]:
        """Yield the bytes of the file; `progress` hears how many frames each chunk had."""
        if self.format in together.FORMATS:
            made = together.parts(self.archive, self.plans, self.format, self.workout.workout_id, progress)
        else:
            made = self._zip(progress) if self.format == "zip" else self._workbook(progress)
        async with aclosing(made) as parts:
            async for part in parts:
                yield part

    async def _workbook(self, progress: Progress) -> AsyncGenerator[bytes, None]:
        with closing(workbook.Workbook()) as book:
            async with turn(), aclosing(self._write(book, progress)) as written:
                async for _ in written:
                    pass
            rest = book.finish()
            while part := await asyncio.to_thread(next, rest, b""):
                yield part

    async def _zip(self, progress: Progress) -> AsyncGenerator[bytes, None]:
        names = bundle.file_names(self.plans)
        with closing(bundle.Bundle(self._about(names))) as out:
            for stream, planned in self.plans.items():
                out.open(names[stream], packed=True)
                async with aclosing(Export(self.archive, planned, "parquet").parts(progress)) as parts:
                    async for part in parts:
                        await asyncio.to_thread(out.write, part)
                        yield out.take()
            async with aclosing(self._write(out, progress)) as written:
                async for _ in written:
                    if part := out.take():
                        yield part
            yield out.finish()

    def _about(self, names: Mapping[str, str]) -> dict[str, Any]:
        about = self.workout.about
        said = {"athlete": about.athlete, "kind": about.kind, "mass_kg": about.mass_kg, "tags": list(about.tags)}
        held, trials = shared(self.trials)
        return {
            "workout_id": self.workout.workout_id,
            **{name: value for name, value in said.items() if value not in (None, [])},
            "streams": [
                {"stream": stream, "file": names[stream], "frames": one.frames} for stream, one in self.plans.items()
            ],
            "markers": [{"t_us": one.t_us, "label": one.label} for one in self.markers],
            "protocols": held,
            "trials": trials,
            **taken_along(self.corrections),
        }

    async def _write(self, out: Writer, progress: Progress) -> AsyncGenerator[None, None]:
        """Write every table; after each part of one it is somebody else's turn."""
        known = dict.fromkeys(name for one in self.plans.values() for name in self.tables.units(one.layout))
        done = await self.done(self.archive, self.asked)
        _put(out, self._session(done.why))
        _put(out, self._streams())
        signals = {}
        for stream, planned in self.plans.items():
            kept: list[Floats] = []
            async with aclosing(self._frames(out, stream, planned, kept, progress)) as parts:
                async for _ in parts:
                    yield
            signals[stream] = _signal(self.tables, planned, kept)
        for table in await asyncio.to_thread(self._events, signals, done.tables):
            _put(out, table)
            known |= dict.fromkeys(table.columns)
        _put(out, Table("markers", ("time_s", "label"), [(self._s(one.t_us), one.label) for one in self.markers]))
        _put(out, self._trials())
        _put(out, self._gaps())
        _put(out, Table("columns", ("column", "unit", "meaning", "formula", "source"), self.tables.meanings(known)))
        yield

    def _events(self, signals: Mapping[str, Signal], done: Mapping[str, pd.DataFrame]) -> list[Table]:
        """Tables of steps, gait and jumps from the frames, and those of what was done, which stand in their place."""
        instead = {*done, *(OF_JUMPS if "jumps" in done else ())}
        found = {one[0]: Table(*one) for one in self.tables.events(signals, self.zero_us) if one[0] not in instead}
        found |= {name: Table(name, *rows_of(table, self.zero_us)) for name, table in done.items()}
        first = [name for name in ("steps", "gait") if name in found]
        return [found[name] for name in dict.fromkeys([*first, *found])]

    async def _frames(
        self, out: Writer, stream: str, planned: Plan, kept: list[Floats], progress: Progress
    ) -> AsyncGenerator[None, None]:
        """Write the numbers of every frame, and keep those of which steps are found."""
        names = list(self.tables.units(planned.layout))
        keep = [at for at, name in enumerate(names) if name in NEEDED]
        out.begin(stream, ("time_s", *names))

        def add(times_us: Ints, frames: Any) -> None:
            values = self.tables.compute(times_us, frames, planned.layout)
            kept.append(values[:, keep])
            out.add(np.column_stack([(times_us - self.zero_us) / 1e6, values]).tolist())

        async with aclosing(read_planned(self.archive, planned)) as blocks:
            async for block in blocks:
                await asyncio.to_thread(add, block.times_us, block.frames)
                progress(len(block))
                yield

    def _s(self, t_us: int) -> float:
        return (t_us - self.zero_us) / 1e6

    def _session(self, why: Mapping[str, str]) -> Table:
        said = [("workout", self.workout.workout_id), ("time 0, UTC", _utc(self.zero_us))]
        about = self.workout.about
        names = ("athlete", "kind", "mass_kg")
        known = [(name, value) for name in names if (value := getattr(about, name)) is not None]
        lacking = [(f"no table {title}", text) for title, text in why.items()]
        return Table("session", ("what", "value"), [*said, *known, *(("tag", one) for one in about.tags), *lacking])

    def _streams(self) -> Table:
        columns = ("stream", "kind", "side", "rows", "cols", "unit", "places", "frames", "first_s", "last_s", "gaps")
        rows = []
        for stream, one in self.plans.items():
            layout, times_us = one.layout, one.times_us
            rows.append((
                stream, layout.kind, layout.side, layout.rows, layout.cols, layout.unit, layout.places, one.frames,
                self._s(int(times_us.min())), self._s(int(times_us.max())), len(one.gaps),
            ))  # fmt: skip
        return Table("streams", columns, rows)

    def _trials(self) -> Table:
        columns = ("number", "protocol", "condition", "side", "first_s", "last_s", "state", "reason", "quality")
        rows = []
        for one in self.trials:
            quality = "; ".join(f"{each.criterion}: {each.found or each.met}" for each in one.quality)
            ends = self._s(one.start_us), self._s(one.stop_us)
            rows.append((one.number, one.protocol, one.condition, one.side, *ends, one.state, one.reason, quality))
        return Table("trials", columns, rows)

    def _gaps(self) -> Table:
        columns = ("stream", "after_s", "until_s", "frames", "reason")
        rows = [
            (stream, self._s(gap.start_us), self._s(gap.stop_us), gap.n, gap.reason)
            for stream, one in self.plans.items() for gap in one.gaps
        ]  # fmt: skip
        return Table("gaps", columns, rows)


async def prepare(
    archive: Archive,
    workout_id: str,
    name: str,
    tables: SessionTables,
    done: DoneTables,
    start_us: int | None = None,
    stop_us: int | None = None,
    streams: Sequence[str] = (),
) -> SessionExport:
    """Plan the export of a session, or of the closed range, with all streams or those that are named.

    `done` gives the tables of what was done. A format that is not written, or that does not hold as many frames,
    raises `InvalidData`; a session without frames there, or a stream that it has not, raises `NotFound`.
    """
    if name not in FORMATS:
        raise InvalidData(f"format: expected one of {', '.join(FORMATS)}, got {name[:40]!r}", field="format")
    workout = await archive.workout(workout_id)
    infos = [chosen_stream(workout, one) for one in streams] or list(workout.streams)
    found = {info.stream.stream: await plan(archive, info, start_us, stop_us) for info in infos if info.layout}
    plans = {stream: one for stream, one in found.items() if one.frames}
    if not plans:
        raise NotFound(
            f"{workout_id}: expected frames to export, got none{'' if start_us is None else ' in that part'}"
        )
    if name == "xlsx":
        workbook.check(max(one.frames for one in plans.values()))
    if name in together.FORMATS:
        await asyncio.to_thread(together.check, plans, name)
    low, high = start_us or 0, (1 << 62) if stop_us is None else stop_us
    markers = [one for one in await archive.markers(workout_id) if low <= one.t_us <= high]
    trials = [one for one in await archive.trials.of(workout_id) if one.stop_us >= low and one.start_us <= high]
    corrections = await archive.corrections.of(workout_id)
    asked = PartAsked(workout, tuple(plans), start_us, stop_us)
    return SessionExport(archive, workout, plans, markers, name, tables, done, asked, trials, corrections)


def _signal(tables: FrameTable, planned: Plan, kept: Sequence[Floats]) -> Signal:
    names = [name for name in tables.units(planned.layout) if name in NEEDED]
    values = np.concatenate([np.zeros((0, len(names))), *kept])
    columns = {name: values[:, at] for at, name in enumerate(names)}
    return Signal(planned.layout, planned.times_us, columns, planned.missing_us)


def _put(out: Writer, table: Table) -> None:
    out.begin(table.name, table.columns)
    out.add(table.rows)


def _utc(t_us: int) -> str:
    return f"{np.datetime_as_string(np.datetime64(t_us, 'us'))}Z"
