"""The roster of a large lab: a thousand athletes with measurements, consents and sessions, sorted on the server.

What is measured is what one press on a head costs: the rows that the grid asks for, as they are sent. By name or change
sessions are looked up of those rows alone; by the newest session those of all, once in ten seconds. A change of a
measure needs the kept numbers of all sessions: with nothing remembered, as after a start, they are read first.

    python -m tests.benchmarks.bench_roster
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from barograph import settings as settings_module
from barograph.access.acting import acting
from barograph.access.guarded import guarded
from barograph.access.principals import Principal
from barograph.servers.embedded import temporary_servers
from barograph.store.memory.archive import MemoryLive
from barograph.store.mongo.archive import MongoArchive
from barograph.store.roster import Athlete, Consent, Measurement
from barograph.store.roster_rules import athlete_document
from barograph.store.summary_rows import packed
from dashboard.athletes.roster_callbacks import rows
from dashboard.athletes.roster_query import read
from dashboard.reading.program import version
from dashboard.reading.roster import RosterReading
from dashboard.reading.series import OF_LISTS
from dashboard.reading.sources import Sources

ATHLETES, SESSIONS, MEASURED = 1000, 20, 40
NOW_US = time.time_ns() // 1000
DAY_US = 86_400_000_000
OWNER = Principal("here", kind="owner")
TIMES = 7


def kept(name: str, uid: str, begun_us: int, random: np.random.Generator) -> list[dict[str, Any]]:
    """Return tables of a session as the worker keeps them, of some sixty numbers."""
    names = [*OF_LISTS, *(f"max:column_{n}" for n in range(25))]
    rows = [(one, where, random.normal(100, 3), 1.0, 9) for one in names for where in ("", "left")]
    session = pd.DataFrame(rows, columns=["measure", "sensor", "mean", "sd", "n"])
    session.attrs = {"first_us": begun_us}
    load = pd.DataFrame({"sensor": ["left", "right"], "steps": [500.0, 499.0], "impulse_bw_s": [200.0, 199.0]})
    said = {"w": name, "of": "", "version": version(), "at_us": begun_us, "took_s": 0.1}
    return [{"_id": {"o": uid, "t": table}, **said, "n": len(one), "x": packed(one)}
            for table, one in (("session", session), ("load", load))]  # fmt: skip


async def fill(archive: MongoArchive) -> None:
    """Store a lab as it would be after years."""
    database = archive._db
    athletes, workouts, streams, summaries, random = [], [], [], [], np.random.default_rng(1)
    for i in range(ATHLETES):
        masses = tuple(Measurement("mass_kg", 60.0 + i % 30, NOW_US - j * DAY_US) for j in range(1, MEASURED + 1))
        one = Athlete(f"Athlete {i}", uuid.uuid4().hex, f"a-{i:04d}", sex="F", born="1998-02-03", measurements=masses,
                      consents=(Consent("record and keep", "2026-01-01", "2027-01-01"),), revision=1)  # fmt: skip
        athletes.append(athlete_document(one))
        for j in range(SESSIONS):
            name, begun_us, session = f"run-{i}-{j}", NOW_US - (i + j * 7) % 400 * DAY_US, uuid.uuid4().hex
            summaries += kept(name, session, begun_us, random)
            workouts.append({"_id": name, "uid": session, "athlete": one.name, "athlete_uid": one.uid,
                             "athlete_key": one.name.casefold(), "kind": "walk", "created_us": begun_us})  # fmt: skip
            streams += [{"_id": f"{name}/{side}", "w": name, "s": side, "first_us": begun_us, "epochs": []}
                        for side in ("left", "right")]  # fmt: skip
    for collection, documents in ((database.athletes, athletes), (database.workouts, workouts),
                                  (database.streams, streams), (database.summaries, summaries)):  # fmt: skip
        await collection.insert_many(documents)


async def measure(url: str, folder: Path) -> dict[str, float]:
    """Return milliseconds of each order, the median of some, and of reading whole records."""
    archive = await MongoArchive.connect(url, "roster", 60.0)
    await fill(archive)
    sources = Sources(settings_module.load(data_dir=folder, ingest_port=1), guarded(archive), MemoryLive())
    found: dict[str, float] = {}
    with acting(OWNER):
        for sort in ("name", "change", "change&measure=cadence_spm", "load&load=steps", "mass", "last"):
            for cold in (True, False):
                took = []
                for _ in range(TIMES):
                    if cold:
                        sources.__dict__["roster"] = RosterReading(sources.archive)
                    begun = time.perf_counter()
                    part, total = await rows(sources, read(f"?sort={sort}&down=1", NOW_US), 0, 100)
                    json.dumps(part)
                    took.append((time.perf_counter() - begun) * 1e3)
                    assert total == ATHLETES
                found[f"{sort}, {'nothing' if cold else 'sessions'} remembered"] = statistics.median(took)
        for name, read_all in (("whole records", archive.roster.athletes), ("the list alone", archive.roster.entries)):
            begun = time.perf_counter()
            await read_all()
            found[name] = (time.perf_counter() - begun) * 1e3
    await archive.close()
    return found


def main() -> None:
    """Print the figures."""
    with temporary_servers() as servers, tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(measure(servers.mongo_url, Path(folder)))
    for name, ms in found.items():
        sys.stdout.write(f"{name:<48}{ms:8.0f} ms\n")


if __name__ == "__main__":
    main()
