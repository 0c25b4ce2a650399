"""`barograph athlete export A` and `barograph import`: an athlete's data in an empty instance, cell by cell."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from keyed import open_archive

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[2])]  # the commands' runner, what all tests share

from devices import Device
from test_account_commands import _archived, did, refused, run, stored  # noqa: F401  (fixtures)

from analytics import sim
from barograph.store.account_records import StoredShare
from barograph.store.memory.archive import MemoryLive
from barograph.store.mongo.archive import MongoArchive
from barograph.store.ports import About, Marker
from barograph.store.reading import read
from barograph.store.roster import Athlete, Consent, Measurement

NOW = time.time_ns() // 1000
START = NOW - 86_400_000_000


async def fill(archive: MongoArchive) -> None:
    """Two athletes; of the first two recorded sessions, one without frames, markers and a link."""
    team = await archive.roster.add_team("Track", now_us=NOW)
    consents = (
        Consent("record and keep", "2026-01-02", form="=sheet(3)"),
        Consent("publish", "2026-01-03", state="declined"),
    )
    measured = (Measurement("mass_kg", 68.4, START), Measurement("height_cm", 172.0, START))
    ada = await archive.roster.add(
        Athlete("Ada Longname", short_id="a-0012", teams=(team.uid,), consents=consents, measurements=measured,
                notes="=1+1", born="2002-05", aliases=("A12",)), now_us=NOW)  # fmt: skip
    await archive.roster.add(Athlete("Ben Other"), now_us=NOW)
    for name, whose in (("walk-1", "Ada Longname"), ("Walk-1", "Ada Longname"), ("hop-1", "Ben Other")):
        walk = sim.walk(4.0, start_us=START)
        sender = Device(archive, MemoryLive(), name, dict(walk), About(whose, "Walk", 68.4, ("outdoors",)))
        await sender.open_streams()
        for side, recording in walk.items():
            await sender.store_block(side, sender.frames(side, 0, len(recording)))
    await archive.note("empty", now_us=NOW, about=About("Ada Longname", "Talk"))
    await archive.add_marker("empty", Marker(START, "said"))
    await archive.add_marker("walk-1", Marker(START + 1_000_000, "=cmd|' /C calc'!A0"))
    uid = (await archive.workout("walk-1")).uid
    share = StoredShare(hash="h", user="u", name="+link", view="live", workout=uid, made_us=NOW, until_us=NOW * 2)
    await archive.accounts.add_key(share)
    assert (await archive.workout("walk-1")).athlete_uid == ada.uid


async def everything(archive: MongoArchive) -> dict[str, object]:
    found: dict[str, object] = {}
    for name in ("walk-1", "Walk-1", "empty"):
        workout = await archive.workout(name)
        found[name, "about"] = workout.about
        found[name, "markers"] = await archive.markers(name)
        for info in workout.streams:
            blocks = [block async for block in read(archive, info.stream)]
            times_us = np.concatenate([block.times_us for block in blocks])
            cells = np.concatenate([block.frames for block in blocks])
            found[name, info.stream.stream] = (info.layout, times_us, cells)
    (ada,) = [one for one in await archive.roster.athletes() if one.name == "Ada Longname"]
    full = await archive.roster.athlete(ada.uid)
    said = ("name", "short_id", "born", "consents", "measurements", "goals", "notes", "aliases")
    found["record"] = [getattr(full, name) for name in said]
    found["teams"] = [one.name for one in await archive.roster.teams() if one.uid in full.teams]
    found["theirs"] = {one.workout_id for one in await archive.workouts() if one.athlete_uid == ada.uid}
    return found


def stored_in(servers, database: str, work):
    async def asked():
        archive = await open_archive(servers.mongo_url, database, 20.0)
        try:
            return await work(archive)
        finally:
            await archive.close()

    return asyncio.run(asked())


def tables(path: Path) -> dict[str, bytes]:
    """Every table of every session in the file, and of the athlete what another instance has as well."""
    with zipfile.ZipFile(path) as file:
        found = {name: file.read(name) for name in file.namelist() if name.startswith("tables/")}
        for name in file.namelist():
            if name.startswith("sessions/"):
                with zipfile.ZipFile(io.BytesIO(file.read(name))) as session:
                    found |= {f"{name}/{one}": session.read(one) for one in session.namelist() if one.endswith(".csv")}
    return found


def test_what_is_taken_along_is_equal_in_an_empty_instance(
    stored,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    new_database: str,
    servers,
) -> None:
    stored(fill)
    before = stored(everything)
    out = tmp_path / "ada.zip"
    said = did("athlete", "export", "a-0012", "-o", str(out))
    assert "3 sessions of a-0012" in said
    with zipfile.ZipFile(out) as file:
        assert file.testzip() is None
        about = json.loads(file.read("athlete.json"))
        assert b"Ben Other" not in b"".join(file.read(name) for name in file.namelist() if not name.endswith(".zip"))
        assert about["athlete"]["name"] == "Ada Longname"
        assert "uid" not in about["athlete"]
        rows = list(csv.reader(io.StringIO(file.read("tables/consents.csv").decode("utf-8-sig"))))
        assert rows[1] == ["record and keep", "given", "2026-01-02", "", "", "'=sheet(3)"], "no cell is a formula"
        assert b"'+link" in file.read("tables/shares.csv")
        assert b"take along" in file.read("tables/received.csv")
    other = new_database
    monkeypatch.setenv("BAROGRAPH_DATABASE", other)
    assert "give no other option" in refused("import", str(out), "--workout", "x")
    assert "3 sessions of a-0012" in did("import", str(out))
    again = tmp_path / "again.zip"
    did("athlete", "export", "a-0012", "-o", str(again))
    after = stored_in(servers, other, everything)
    for key, value in before.items():
        if isinstance(value, tuple):
            assert value[0] == after[key][0], key
            np.testing.assert_array_equal(value[1], after[key][1])
            np.testing.assert_array_equal(value[2], after[key][2])
        else:
            assert value == after[key], key
    first, second = tables(out), tables(again)
    theirs = {"tables/shares.csv", "tables/received.csv", "tables/sessions.csv"}  # of the instance
    assert first.keys() == second.keys()
    assert {name for name in first if first[name] != second[name]} <= theirs
    assert sum(name.startswith("sessions/") for name in first) > 10
    assert "record; sessions are added" in run("import", str(out)).output
    assert stored_in(servers, other, everything)["theirs"] == {"walk-1", "Walk-1", "empty"}


def test_a_file_that_is_damaged_or_not_ours_is_said_in_a_sentence(tmp_path: Path) -> None:
    for name, text, said in (
        ("no-json", "nonsense", "athlete.json"),
        ("version", '{"barograph": "athlete 9", "athlete": {"name": "A"}}', "version 9 of its form"),
        ("other", '{"barograph": "session 1", "athlete": {"name": "A"}}', "expected 'athlete 1'"),
        ("field", '{"barograph": "athlete 1", "athlete": {"name": 3}}', "athlete.json"),
        ("bounds", '{"barograph": "athlete 1", "athlete": {"name": "A", "sex": "Q"}}', "sex"),
        ("lost", '{"barograph": "athlete 1", "athlete": {"name": "A"}, "sessions": [{"workout_id": "w", "file": "x"}]}',
         "expected x"),
    ):  # fmt: skip
        path = tmp_path / f"{name}.zip"
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("athlete.json", text)
        assert said in refused("import", str(path)), name
