"""Files that are dropped on the page: read as any known format, and stored as `barograph import` stores them.

A file goes to disk as it comes. The answer is a line of JSON for each part that is stored, and a last one that says
what became of it, so that the page can show how far it is.
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

from quart import Quart, Response, request
from quart.typing import ResponseTypes
from werkzeug.exceptions import RequestEntityTooLarge

from analytics.frames.arrival import ArrivalStatistics
from barograph import files, geometries
from barograph.access.needs import needs
from barograph.errors import BarographError, InvalidData, NotSaid
from barograph.files.doubts import other_geometries, remarks
from barograph.files.given import NOTHING, Given, given
from barograph.files.mapping import map_of
from barograph.files.naming import stream_names
from barograph.files.parts import Frameful
from barograph.frames import Stream, check_name, check_new_name
from barograph.store.imports import Placement, import_recording, placement
from barograph.store.ports import About, Archive
from barograph.store.records import stretches
from barograph.web.bodies import pieces
from dashboard.page.answers import json_text, moment
from dashboard.sessions.questions import question, which_geometry
from dashboard.sessions.told import told_of_files

LEAST_COMMON = 4
# Each may take the memory that barograph.files.bounds states; further ones wait.
MOST_AT_ONCE = 2
MOST_NAMES = 200
MOST_NAME_BYTES = 200
UNKNOWN = "unknown"  # the answer that nobody knows the geometry


def register(app: Quart, archive: Archive, most_bytes: int) -> None:
    """Add the route to an application; `most_bytes` is the largest file."""

    turns = asyncio.Semaphore(MOST_AT_ONCE)

    @app.post("/import")
    @needs("import")
    async def take() -> ResponseTypes:
        asked = told_of_files()
        names = asked.getlist("name")
        if not 0 < len(names) <= MOST_NAMES:
            raise InvalidData(
                f"name: expected the file’s name, and at most {MOST_NAMES} names in all, got {len(names)}", field="name"
            )
        start_us = moment("start_us", asked) if asked.get("start_us") else None
        asks, athlete = asked.get("ask") == "1", About(athlete=asked.get("athlete", "").strip()).athlete
        said, placed = _answers(asked), bool(asked.get("geometry"))
        folder = tempfile.TemporaryDirectory(prefix="barograph-")
        try:
            path = Path(folder.name) / file_name(names[0])
            await _arrived(path, most_bytes)
        except RequestEntityTooLarge:
            folder.cleanup()
            text = f"file: expected at most {most_bytes >> 20} MiB, got more; barograph import takes larger files"
            return Response(json_text({"message": text, "field": "file"}), 413, content_type="application/json")
        except BaseException:
            folder.cleanup()
            raise
        told = _told(
            folder,
            stored(
                archive, path, workout_name(names), start_us, asks=asks, asks_geometry=asks and not placed,
                athlete=athlete, said=said,
            ),
        )  # fmt: skip
        response = Response(_in_turn(turns, told), content_type="application/x-ndjson")
        response.timeout = None  # as long as storing takes
        return response

    @app.post("/import/athlete")
    @needs("describe")
    async def name() -> ResponseTypes:
        asked = told_of_files()
        workout = check_name("workout_id", asked.get("workout", ""))
        await named(archive, workout, About(athlete=asked.get("athlete", "").strip()).athlete)
        return Response(status=204)


def _answers(args: Mapping[str, str]) -> Given:
    """What a person answered of a file that does not say it; a geometry is a name, never a path of this machine."""
    geometry = None if args.get("geometry") == UNKNOWN else args.get("geometry") or None
    if geometry is not None and geometry not in geometries.names():
        raise InvalidData(f"geometry: expected one of {', '.join(geometries.names())}", field="geometry")
    try:
        rate = float(args["rate"]) if args.get("rate") else None
    except ValueError:
        raise InvalidData(f"rate: expected frames per second, got {args['rate'][:40]!r}", field="rate") from None
    found = given(rate, args.get("pitch") or None, args.get("unit") or None, args.get("side") or None, geometry)
    return replace(found, file_map=map_of(args["map"])) if args.get("map") else found


async def named(archive: Archive, workout_id: str, athlete: str | None) -> None:
    """Say whose a session is; the rest of what is said of it stays."""
    about = (await archive.workout(workout_id)).about
    if about.athlete != athlete:
        await archive.describe(workout_id, replace(about, athlete=athlete))


def file_name(name: str) -> str:
    """Return a name for the copy of a file, whatever the browser calls it: never a path.

    And short enough for any disk.
    """
    plain = "".join(letter if letter.isprintable() and letter not in "/\\" else "-" for letter in name)
    ending = plain.encode()[-MOST_NAME_BYTES:].decode("utf-8", "ignore").strip()
    return "file" if ending in ("", ".", "..") else ending


def workout_name(names: Sequence[str]) -> str:
    """Return a name for files that were dropped together: what their names have in common, else the first one's."""
    stems = [Path(file_name(name)).stem for name in names] or ["import"]
    alike = itertools.takewhile(lambda letters: len(set(letters)) == 1, zip(*stems, strict=False))
    common = "".join(letters[0] for letters in alike).rstrip(" -_.")
    chosen = common if len(common) >= LEAST_COMMON else stems[0]
    plain = "".join(letter if letter.isprintable() and letter != "/" else "-" for letter in chosen).strip()
    short = plain[:128].strip()
    return check_new_name("workout_id", "import" if short in ("", ".", "..") else short)


async def _arrived(path: Path, most_bytes: int) -> None:
    """The body of the request, as a file."""
    with path.open("wb") as file:
        async for part in pieces(request, most_bytes):
            await asyncio.to_thread(file.write, part)


async def _in_turn(turns: asyncio.Semaphore, lines: AsyncGenerator[str]) -> AsyncGenerator[str]:
    """The lines about a file, begun when it has its turn."""
    async with aclosing(lines), turns:
        async for line in lines:
            yield line


async def _told(folder: tempfile.TemporaryDirectory[str], told: AsyncGenerator[dict[str, Any]]) -> AsyncGenerator[str]:
    """Lines about a file until it is stored; the file is gone afterwards, also when nobody listens any more."""
    with folder:
        async with aclosing(told) as lines:
            async for line in lines:
                yield json_text(line) + "\n"


async def stored(
    archive: Archive,
    path: Path,
    workout: str,
    start_us: int | None = None,
    *,
    asks: bool = False,
    asks_geometry: bool = False,
    athlete: str | None = None,
    said: Given = NOTHING,
) -> AsyncGenerator[dict[str, Any]]:
    """Store a file; `done` of `frames` as it goes on, at last what is `stored` of it and where, or why nothing is.

    `start_us` is when a file without a date began; with `asks` such a file is not stored before that is known, and the
    last line says that it is `undated`; of one that does not say what it takes to read it, what it `asks`. With
    `asks_geometry` it asks of cells in a row, whose number is that of known geometries, which of these they have.
    """
    try:
        recordings = await asyncio.to_thread(files.open_file, path, said)
        frames = sum(len(one) for one in recordings)
        if asks_geometry and (which := await asyncio.to_thread(which_geometry, recordings)):
            yield which
            return
        when = await placement(archive, workout, recordings, start_us, now_us=time.time_ns() // 1000)
        if asks and not when.known:
            yield {"undated": True, "frames": frames, "workout": workout}
            return
        source = await asyncio.to_thread(files.source_of, path)
        yield {"done": 0, "frames": frames}
        new, done, names = 0, 0, stream_names(path, recordings)
        for name, one in zip(names, recordings, strict=True):
            steps: asyncio.Queue[int] = asyncio.Queue()
            task = asyncio.create_task(
                _store(archive, Stream(workout, name), one, steps, when, source), name="import a recording"
            )
            async with aclosing(_steps(task, steps)) as settled:
                async for n in settled:
                    done += n
                    yield {"done": done, "frames": frames}
            new += task.result()
        if athlete:
            await named(archive, workout, athlete)
        there = await archive.workout(workout)
        parts = stretches(there)
        date = when.placed or ("" if when.known else "date unknown")
        layouts = {info.stream.stream: info.layout for info in there.streams}
        doubtful = remarks(names, (one.provenance for one in recordings))
        doubtful += other_geometries(names, (one.layout for one in recordings), map(layouts.get, names))
        more = {"date": date, "apart": len(parts) > 1, "remarks": doubtful}
        yield {
            "stored": new,
            "frames": frames,
            "workout": workout,
            **{name: value for name, value in more.items() if value},
        }
    except NotSaid as error:
        asked = await asyncio.to_thread(question, path, error.asks, said)
        yield {"error": str(error).replace(f"{path.parent}/", ""), **asked}
    except (BarographError, OSError) as error:
        yield {"error": str(error).replace(f"{path.parent}/", "")}


async def _steps(task: asyncio.Task[int], steps: asyncio.Queue[int]) -> AsyncGenerator[int]:
    """What the task says it has settled, until it ends; it ends with whoever listens."""
    try:
        while not task.done():
            waiting = asyncio.create_task(steps.get())
            await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                yield waiting.result()
            else:
                waiting.cancel()
    finally:
        if not task.done():
            task.cancel()


async def _store(
    archive: Archive,
    stream: Stream,
    recording: Frameful,
    steps: asyncio.Queue[int],
    placed: Placement,
    source: Mapping[str, Any],
) -> int:
    now_us = time.time_ns() // 1000
    done = await import_recording(
        archive,
        stream,
        recording,
        ArrivalStatistics(),
        now_us=now_us,
        progress=steps.put_nowait,
        placed=placed,
        source=source,
    )
    return done.stored
