"""An archived session as analysts have it: by MongoDB and by the ingest, in a batch, edited, fed late, taken along."""

from __future__ import annotations

import asyncio
import io
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from keyed import open_archive

import barograph
from analytics import arrival_stats, batch, frame_stats, sim
from analytics.frames.arrival import ArrivalStatistics
from analytics.sessions.export_tables import ExportTables
from barograph.errors import BarographError, FramesAway, NotFound
from barograph.frames import Block, Stream
from barograph.lab import Lab
from barograph.loops import ask, running_loop
from barograph.servers.embedded import Servers
from barograph.store.cold.places import Directory
from barograph.store.imports import import_recording
from barograph.store.mongo.archive import MongoArchive
from barograph.store.ports import About, Marker
from barograph.store.reading import plan, read_recording
from barograph.store.rollups import overview
from barograph.store.roster import Athlete
from barograph.store.take_along import prepare
from dashboard.reading.export_rows import done_tables
from dashboard.reading.summarising import Summariser

sys.path.append(str(Path(__file__).parent))

from standing import ingest_at, owners_token

START = time.time_ns() // 1000 - 86_400_000_000
WALK = sim.walk(3.0, rows=16, cols=8, start_us=START)
HALF = len(WALK["left"]) // 2
LEFT = Stream("walk-0", "left")


async def stored(archive: MongoArchive) -> str:
    """Two sessions of one athlete, the worker's tables of them, and the uid of the athlete."""
    ada = await archive.roster.add(Athlete("Ada Longname", short_id="a-0012"), now_us=START)
    for name in ("walk-0", "walk-1"):
        for side, one in WALK.items():
            part = one.part(0, HALF) if name == "walk-0" else one
            about = About("Ada Longname", "Walk", 68.4)
            await import_recording(archive, Stream(name, side), part, ArrivalStatistics(), now_us=START, about=about)
        await archive.add_marker(name, Marker(START + 1_000_000, "turn"))
    return ada.uid


@pytest.fixture
async def ada(mongo_archive: MongoArchive) -> str:
    """The uid of the athlete whose two sessions are stored."""
    return await stored(mongo_archive)


def _peaks(lab: Lab, name: str) -> pd.DataFrame:
    return frame_stats(lab.recording(name, "left")).max().to_frame().T


def _seen(lab: Lab) -> dict[str, Any]:
    one = lab.recording("walk-0", "left")
    return {
        "cells": one.frames.tobytes(), "times": one.times_us.tolist(), "workouts": lab.workouts(),
        "batch": batch.over(["walk-0", "walk-1"], lambda name: _peaks(lab, name), workers=1).table,
    }  # fmt: skip


def _same(before: dict[str, Any], after: dict[str, Any]) -> None:
    for name, value in before.items():
        if isinstance(value, pd.DataFrame):
            pd.testing.assert_frame_equal(after[name], value)
        else:
            assert after[name] == value, name


@contextmanager
def _labs(url: str, database: str, place: Directory, folder: Path) -> Iterator[list[Lab]]:
    with (
        ingest_at(url, database, folder, place=place) as address,
        barograph.connect(url, database=database, cold_storage=str(place.root)) as local,
        barograph.connect(address, token=owners_token(folder)) as remote,
    ):
        yield [local, remote]


def test_labs_and_batches_have_archived_sessions_as_before(
    servers: Servers, database: str, cold_place: Directory, tmp_path: Path
) -> None:
    with running_loop() as loop:
        archive = ask(loop, open_archive(servers.mongo_url, database, place=cold_place))
        archive.cold.wait_s = 0.0
        ask(loop, stored(archive))
        with _labs(servers.mongo_url, database, cold_place, tmp_path) as labs:
            before = [_seen(lab) for lab in labs]
        for name in ("walk-0", "walk-1"):
            assert ask(loop, archive.cold.archive(name)).frames
        with _labs(servers.mongo_url, database, cold_place, tmp_path) as labs:
            for lab, seen in zip(labs, before, strict=True):
                _same(seen, _seen(lab))
            archive.cold.forget("")
        cold_place.root.rename(cold_place.root.with_name("away"))
        with _labs(servers.mongo_url, database, cold_place, tmp_path) as labs:
            for lab in labs:
                begun_s = time.monotonic()
                with pytest.raises(BarographError, match="cold storage"):
                    lab.recording("walk-0", "left")
                failed = batch.over(["walk-0"], lambda name, lab=lab: _peaks(lab, name), workers=1).failed  # type: ignore[misc]
                assert "cold storage" in failed.loc["walk-0", "message"]
                assert len(lab.workouts()) == 2
                assert time.monotonic() - begun_s < 30
        ask(loop, archive.close())


async def test_edits_of_an_archived_session_leave_its_frames_and_late_ones_are_added(
    mongo_archive: MongoArchive, ada: str
) -> None:
    await mongo_archive.cold.archive("walk-0")
    before = await read_recording(mongo_archive, LEFT)
    await mongo_archive.describe("walk-0", About("Ada Longname", "Run", 71.0, ("rain",)))
    await mongo_archive.add_marker("walk-0", Marker(START + 1_200_000, "stop"))
    workout = await mongo_archive.workout("walk-0")
    assert (workout.about.kind, workout.about.mass_kg, workout.about.tags) == ("Run", 71.0, ("rain",))
    assert workout.archived_us is not None
    assert workout.athlete_uid == ada
    assert [one.label for one in await mongo_archive.markers("walk-0")] == ["turn", "stop"]
    assert np.array_equal((await read_recording(mongo_archive, LEFT)).frames, before.frames, equal_nan=True)
    made = await Summariser(mongo_archive, lambda one: True).catch_up()
    assert (made.ended, made.failed) == (2, 0)
    late = WALK["left"].part(HALF, len(WALK["left"]))
    stats = arrival_stats(late.frames, late.layout)
    now_us = time.time_ns() // 1000
    await mongo_archive.append([(LEFT, Block(0, HALF, late.times_us, now_us, np.array(late.frames), stats))])
    await mongo_archive.mark(
        LEFT, 0, next_seq=len(WALK["left"]), frames=len(WALK["left"]), first_us=START,
        last_us=int(late.times_us[-1]), now_us=now_us,
    )  # fmt: skip
    after = await read_recording(mongo_archive, LEFT)
    assert after.frames[: len(before)].tobytes() == before.frames.tobytes()
    assert after.frames.tobytes() == np.asarray(WALK["left"].frames).tobytes()
    assert (await mongo_archive.stream_info(LEFT)).frames == len(WALK["left"])
    assert int((await overview(mongo_archive, LEFT)).n.sum()) == len(WALK["left"])
    assert (await Summariser(mongo_archive, lambda one: True).catch_up()).failed == 0
    await mongo_archive.cold.archive("walk-0")
    assert (await plan(mongo_archive, LEFT)).frames == len(WALK["left"])


async def test_what_is_taken_along_has_archived_sessions_and_an_erased_athlete_leaves_no_file(
    mongo_archive: MongoArchive, ada: str, cold_place: Directory
) -> None:
    async def taken() -> dict[str, bytes]:
        athlete = await mongo_archive.roster.athlete(ada)
        along = await prepare(mongo_archive, athlete, ExportTables(), done_tables)
        data = b"".join([part async for part in along.parts()])
        found: dict[str, bytes] = {}
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            for name in file.namelist():
                inner = file.read(name)
                if name.endswith(".zip"):
                    with zipfile.ZipFile(io.BytesIO(inner)) as session:
                        found |= {f"{name}/{one}": session.read(one) for one in session.namelist()}
        return {name: data for name, data in found.items() if name.endswith((".parquet", ".csv"))}

    before = await taken()
    assert before
    for name in ("walk-0", "walk-1"):
        await mongo_archive.cold.archive(name)
    mongo_archive.cold.forget("")
    assert await taken() == before
    assert len(list(cold_place.root.glob("*/*"))) == 8
    departure = await mongo_archive.departures.begin(ada, START + 1)
    for leaving in await mongo_archive.departures.sessions(departure):
        await mongo_archive.departures.erase(leaving)
    assert list(cold_place.root.glob("*/*")) == []
    with pytest.raises(NotFound):
        await mongo_archive.workout("walk-0")


async def test_summaries_wait_for_cold_storage_and_none_is_called_failed(
    mongo_archive: MongoArchive, ada: str, cold_place: Directory
) -> None:
    await mongo_archive.cold.archive("walk-0")
    mongo_archive.cold.forget("")
    away = cold_place.root.rename(cold_place.root.with_name("away"))
    worker = Summariser(mongo_archive, lambda one: True)
    for _ in range(8):  # more often than a worker that ends may try
        assert (await worker.catch_up()).failed == 0
    with pytest.raises(FramesAway):
        await read_recording(mongo_archive, LEFT)
    away.rename(cold_place.root)
    await asyncio.sleep(0)
    assert ((await worker.catch_up()).current, worker.state.failed) == (2, 0)
