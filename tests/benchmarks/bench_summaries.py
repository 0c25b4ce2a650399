"""Ten thousand sessions: seconds to the list, a search, an athlete's history, trends of the roster, and all measures.

    .venv/bin/python tests/benchmarks/bench_summaries.py [sessions] [recorded]

The first of an athlete's sessions are simulated walks of 20 s, imported one by one; all others are copies of what is
stored of one of them beside its frames, which none of these pages reads; 200 of them are that athlete's. Pages
ask on sources that have computed nothing yet: of what was recorded without summaries, and of all with them.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil

from analytics import sim
from analytics.frames.arrival import ArrivalStatistics
from barograph import settings as settings_module
from barograph.access.acting import ITSELF, acting
from barograph.frames import Recording, Stream
from barograph.opening import SESSIONS_AT_ONCE
from barograph.servers.embedded import Servers, temporary_servers
from barograph.store import summarised
from barograph.store.imports import import_recording
from barograph.store.memory.archive import MemoryLive
from barograph.store.mongo.archive import MongoArchive
from barograph.store.records import About
from barograph.store.roster import Athlete
from barograph.store.search import Query
from barograph.store.summaries import basis
from barograph.store.summarised import frame_of
from barograph.store.summary_rows import packed, unpacked
from dashboard.athletes import roster_trend
from dashboard.history import callbacks as history
from dashboard.reading.sources import Sources
from dashboard.reading.summarising import Summariser
from dashboard.reading.summary_tables import TABLES
from dashboard.sessions import callbacks as sessions

DAY_US, START_US = 86_400_000_000, 1_600_000_000_000_000
ATHLETES, OWN = 1000, 200
AT_ONCE = 1000
NAMES = [one.name for one in TABLES]


def cpu_s() -> float:
    """Seconds of CPU of this process and of its servers: what it takes whatever else the machine does."""
    me = psutil.Process()
    return sum(sum(one.cpu_times()[:2]) for one in (me, *me.children(recursive=True)))


async def timed(make: Callable[[], Awaitable[Any]]) -> dict[str, float]:
    begun, cpu = time.perf_counter(), cpu_s()
    await make()
    return {"s": round(time.perf_counter() - begun, 2), "cpu_s": round(cpu_s() - cpu, 2)}


async def write(archive: MongoArchive, own: int) -> list[str]:
    """Import the athlete's sessions; returns the uids of all athletes, theirs first."""
    made = [await archive.roster.add(Athlete(f"Athlete {n}"), now_us=START_US) for n in range(ATHLETES)]
    walk = sim.walk(20.0, rows=32, cols=16)
    for n in range(own):
        for side, one in walk.items():
            shifted = START_US + n * DAY_US - int(one.times_us[0])
            moved = Recording(one.frames, one.times_us + shifted, one.layout)
            await import_recording(archive, Stream(f"own-{n}", side), moved, ArrivalStatistics(), now_us=START_US,
                                   about=About(athlete="Athlete 0", kind="walk"))  # fmt: skip
    return [one.uid for one in made]


async def copy(archive: MongoArchive, n: int, athletes: list[str]) -> None:
    """Store `n` sessions more: what is stored of the first one, its frames apart, under other names and athletes."""
    db = archive._db
    (workout,) = await db.workouts.find({"_id": "own-0"}).to_list(None)
    own = await archive.workout("own-0")
    of = [basis(dataclasses.replace(own, athlete_uid=uid)) for uid in athletes]
    streams = await db.streams.find({"w": "own-0"}).to_list(None)
    kept = await db.summaries.find({"w": "own-0"}).to_list(None)
    for first in range(0, n, AT_ONCE):
        new: dict[str, list[Any]] = {"workouts": [], "streams": [], "summaries": []}
        for i in range(first, min(first + AT_ONCE, n)):
            name, uid, owner = f"copy-{i}", uuid.uuid4().hex, 0 if i < OWN else i % len(athletes)
            said = {"_id": name, "uid": uid, "athlete": f"Athlete {owner}", "athlete_uid": athletes[owner]}
            new["workouts"].append({**workout, **said, "created_us": START_US + i * 3_600_000_000})
            new["streams"] += [{**one, "_id": f"{name}/{one['s']}", "w": name, "o": uid} for one in streams]
            for one in kept:
                new["summaries"].append({**one, "_id": {"o": uid, "t": one["_id"]["t"]}, "w": name, "of": of[owner]})
        for collection, documents in new.items():
            await db[collection].insert_many(documents, ordered=False)


async def date(archive: MongoArchive, athlete: str) -> None:
    """Give the copies that are the athlete's a day each, and their summaries what they are made of then."""
    db = archive._db
    for i in range(OWN):
        shift_us = (i + 1) * DAY_US
        async for one in db.streams.find({"w": f"copy-{i}"}):
            moved = {name: one[name] + shift_us for name in ("first_us", "last_us")}
            moved |= {f"epochs.0.{name}": one["epochs"][0][name] + shift_us for name in ("first_us", "last_us")}
            await db.streams.update_one({"_id": one["_id"]}, {"$set": moved})
    mine, _ = await archive.search(Query(athlete_uid=athlete, text="copy-"), limit=OWN)
    for workout, kept in [(one, await archive.summaries.stored([one], NAMES)) for one in mine]:
        for summary in kept:
            table = unpacked(summary.rows)
            table.attrs |= {"first_us": min(info.first_us or 0 for info in workout.streams)}
            said = {"of": basis(workout), "x": packed(table)}
            await db.summaries.update_one({"_id": {"o": workout.uid, "t": summary.table}}, {"$set": said})


async def pages(sources: Callable[[], Sources], athlete: str) -> dict[str, dict[str, float]]:
    """What pages over many sessions ask, each on sources that know nothing yet."""
    path = f"/athlete/{athlete}/history"
    return {
        "list": await timed(lambda: sessions.sessions(sources(), "")),
        "search": await timed(lambda: sources().archive.search(Query(text="copy-77"))),
        "history": await timed(lambda: history.drawn(sources(), path, "")),
        "history, last minutes": await timed(lambda: history.drawn(sources(), path, "?part=last")),
        "trend of a row of the roster": await timed(lambda: roster_trend.points_of(sources(), athlete, "cadence_spm")),
        "roster": await timed(lambda: sources().roster.overview(time.time_ns() // 1000)),
    }


async def tables(archive: MongoArchive) -> None:
    """Measures of the first sessions, as a Lab reads them."""
    found, _ = await summarised.summarised(archive, summarised.SummariesQuery(), 0, SESSIONS_AT_ONCE)
    frame_of(found, "session")


async def measure(servers: Servers, total: int, own: int) -> dict[str, Any]:
    archive = await MongoArchive.connect(servers.mongo_url, "summaries", 60.0)
    with tempfile.TemporaryDirectory(prefix="barograph-") as folder:
        settings = settings_module.load(data_dir=Path(folder), ingest_port=1)

        def sources() -> Sources:
            return Sources(settings, archive, MemoryLive())

        athletes = await write(archive, own)
        before = await pages(sources, athletes[0])
        worker = Summariser(archive, lambda _: True)
        made = await timed(worker.catch_up)
        await copy(archive, total - own, athletes)
        await date(archive, athletes[0])
        assert await archive.summaries.stored([await archive.workout(f"copy-{OWN}")], NAMES)
        looked = await timed(worker.look)
        after = await pages(sources, athletes[0])
        measures = await timed(lambda: tables(archive))
    await archive.close()
    return {
        "sessions": total, f"pages, {own} sessions, without summaries": before,
        f"pages, {total} sessions, with summaries": after, f"worker: {own} sessions": made,
        "worker: a look at all": looked, f"measures of {SESSIONS_AT_ONCE} sessions as a table": measures,
    }  # fmt: skip


if __name__ == "__main__":
    counts = [int(one) for one in sys.argv[1:]] + [10_000, 20][len(sys.argv) - 1 :]
    with temporary_servers() as running, acting(ITSELF):
        sys.stdout.write(json.dumps(asyncio.run(measure(running, *counts[:2])), indent=1) + "\n")
