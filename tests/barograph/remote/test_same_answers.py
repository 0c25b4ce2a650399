"""Every method of a Lab, asked of a MongoDB and of the ingest over it: the same answers, bit for bit, and errors."""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from keyed import open_archive
from pymongo import MongoClient

import barograph
from analytics import batch, frame_stats, sim
from analytics.frames.arrival import ArrivalStatistics
from barograph.curve import Curve
from barograph.errors import BarographError, InvalidData, NotFound
from barograph.fits import known_mass
from barograph.frames import Block, Layout, Place, Recording, Stream
from barograph.geometry import Geometry
from barograph.lab import Lab
from barograph.loops import ask, running_loop
from barograph.servers.embedded import Servers
from barograph.store.goals import Goal
from barograph.store.imports import import_recording
from barograph.store.mongo.archive import MongoArchive
from barograph.store.ports import About, Marker
from barograph.store.roster import Age, Athlete, Consent, Involved, Measurement
from dashboard.reading.summarising import Summariser

sys.path.append(str(Path(__file__).parent))

from standing import ingest_at, owners_token

T0 = 1_700_000_000_123_457
START = datetime(2023, 11, 14, 22, 13, 20, 123_457, UTC)
LAYOUT = Layout(rows=3, cols=2, dtype="uint16", unit="kPa", kind="insole", side="left", tare=(1.0,) * 6)
FRAMES = np.random.default_rng(7).integers(0, 4000, (300, 3, 2)).astype("<u2")
WALK = sim.walk(3.0, rows=16, cols=8)
PLACED = Geometry(places="mm", x=tuple(range(128)), y=tuple(range(0, 256, 2)), name="a line")
UNDATED = Recording(FRAMES[:50], 10_000 * np.arange(50), LAYOUT)
PLATE = sim.walk(3.0, rows=16, cols=8)["left"]
PLATE = replace(PLATE, layout=replace(PLATE.layout, kind="plate", side=None, place=Place(x_mm=100.0)))


class Pair(NamedTuple):
    local: Lab
    remote: Lab


async def _record(archive: MongoArchive, name: Stream, numbered: bool = True, e: int = 0) -> None:
    """Blocks of 7 frames out of order, some twice and different, one lost, one of an older version."""
    await archive.open(name, epoch=f"epoch-{e}", numbered=numbered, now_us=T0, about=About("Ada", mass_kg=61.5))
    await archive.fix_layout(name, LAYOUT, ("total",), 3)
    times_us = T0 + e * 1_234 + 10_000 * np.arange(300)
    stats = FRAMES.reshape(300, 6).sum(axis=1, keepdims=True).astype("f4")
    order = np.random.default_rng(e).permutation(range(0, 300, 7)).tolist()
    for place, start in enumerate([*order, 14, 21, 35]):
        part = slice(start, min(start + 7, 300))
        if start == 70:
            continue
        block = Block(
            e, start, times_us[part], T0 + place, FRAMES[part] + place % 2, stats[part], 2 if start == 84 else 3
        )
        await archive.append([(name, block)])
    stop_us = int(times_us[-1])
    await archive.mark(name, e, next_seq=300, frames=293, first_us=int(times_us[0]), last_us=stop_us, now_us=T0)


async def _fill(url: str, database: str) -> None:
    archive = await open_archive(url, database, 20.0)
    await _record(archive, Stream("run-42", "left"))
    await _record(archive, Stream("run-42", "right"))
    await _record(archive, Stream("phones", "main"), numbered=False)
    await _record(archive, Stream("phones", "main"), numbered=False, e=1)
    source = {"file": "walk.asf", "sha256": "0" * 64, "header": {"Subject": "Ä. O'Neil"}}
    for side, one in WALK.items():
        now_us = time.time_ns() // 1000
        await import_recording(archive, Stream("walk", side), one, ArrivalStatistics(), now_us=now_us, source=source)
    await import_recording(archive, Stream("undated", "left"), UNDATED, ArrivalStatistics(), now_us=T0)
    await import_recording(archive, Stream("hall", "near"), PLATE, ArrivalStatistics(), now_us=T0)
    await archive.note("empty ü?#%", now_us=T0 - 1, about=About(tags=("a", "b")))
    team = await archive.roster.add_team("Sprint", now_us=T0)
    measured = (
        Measurement("mass_kg", 68.4, T0),
        Measurement("mass_kg", 67.0, T0 - 1),
        Measurement("height_cm", 172.0, T0),
    )
    involved, consents = (Involved("left", "2020-01-01"),), (Consent("video", "2020-01-01", state="declined"),)
    goals = (Goal("contact", "both", "unit", 600.0, 700.0, "2020-01-01", rest_s=30),)
    ada = Athlete(
        "Ä. O'Neil",
        born="2002",
        teams=(team.uid,),
        measurements=measured,
        involved=involved,
        consents=consents,
        goals=goals,
    )
    made = await archive.roster.add(ada, now_us=T0)
    await archive.roster.add(Athlete("Bo", age=Age(24.5, "2020-01-01")), now_us=T0)
    await archive.roster.assign(["run-42"], made.uid)
    for t_us, label in ((T0 + 70, "turn"), (T0 + 50, "start")):
        await archive.add_marker("run-42", Marker(t_us, label))
    await Summariser(archive, lambda one: one.workout_id != "phones").catch_up()
    await archive.close()


@pytest.fixture(scope="module")
def pair(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    database, folder = f"test_{uuid.uuid4().hex[:16]}", tmp_path_factory.mktemp("remote")
    with running_loop() as loop:
        ask(loop, _fill(servers.mongo_url, database))
    try:
        with (
            ingest_at(servers.mongo_url, database, folder) as address,
            barograph.connect(servers.mongo_url, database=database) as local,
            barograph.connect(address, token=owners_token(folder)) as remote,
        ):
            yield Pair(local, remote)
    finally:
        with MongoClient[dict[str, object]](servers.mongo_url) as client:
            client.drop_database(database)


def _walk_of(lab: Lab) -> pd.DataFrame:
    return batch.over(["walk"], lambda name: frame_stats(lab.recording(name, "left")), workers=1).table


def _told(table: pd.DataFrame) -> Any:
    return table, sorted(table.attrs["missing"].items()), table.attrs["versions"]


def _said_of(lab: Lab, name: str) -> pd.DataFrame:
    return lab.workouts().loc[[name], ["athlete", "kind", "mass_kg", "tags"]].reset_index(drop=True)


READ: dict[str, Callable[[Lab], Any]] = {
    "workouts": lambda lab: lab.workouts(),
    "athletes": lambda lab: lab.athletes(),
    "measurements": lambda lab: lab.measurements(),
    "recording": lambda lab: lab.recording("run-42", "left"),
    "recording, a part in seconds": lambda lab: lab.recording("run-42", "right", 0.455, 1.2),
    "recording, a part in time": lambda lab: lab.recording("run-42", "left", START + timedelta(seconds=0.5)),
    "recording, with its table": lambda lab: lab.recording("run-42", "left", with_stats=True),
    "recording, imported": lambda lab: lab.recording("walk", "left", with_stats=True),
    "recording, numbered by the server": lambda lab: lab.recording("phones"),
    "recording, a part numbered by the server": lambda lab: lab.recording("phones", start=1, stop=2),
    "recording, without a date": lambda lab: lab.recording("undated"),
    "recording, outside of what there is": lambda lab: lab.recording("run-42", "left", 1000, 2000),
    "recording, no such workout": lambda lab: lab.recording("run42"),
    "recording, no such stream": lambda lab: lab.recording("run-42", "both"),
    "recording, at no time": lambda lab: lab.recording("run-42", "left", "soon"),
    "__getitem__": lambda lab: (lab["run-42", "left"], lab["phones"]),
    "_ipython_key_completions_": lambda lab: sorted(map(str, lab._ipython_key_completions_())),
    "chunks": lambda lab: list(lab.chunks("run-42", "left")),
    "chunks, a part": lambda lab: list(lab.chunks("walk", "right", 0.5, 2)),
    "aligned": lambda lab: lab.aligned("run-42"),
    "aligned, on a period": lambda lab: lab.aligned("walk", ["left", "right"], 0.5, 1, 0.02),
    "markers": lambda lab: lab.markers("run-42"),
    "markers, of none": lambda lab: lab.markers("empty ü?#%"),
    "markers, no such workout": lambda lab: lab.markers("nothing like it"),
    "trials": lambda lab: lab.trials("run-42"),
    "masks": lambda lab: lab.masks("run-42"),
    "masks, no such workout": lambda lab: lab.masks("nothing like it"),
    "print corrections": lambda lab: lab.print_corrections("run-42", "left"),
    "trials, no such workout": lambda lab: lab.trials("nothing like it"),
    "plates": lambda lab: lab.plates("hall", stop=2.0),
    "plates, no such place": lambda lab: lab.plates("run-42"),
    "over": _walk_of,
    "summaries": lambda lab: _told(lab.summaries()),
    "summaries, with their spread": lambda lab: _told(lab.summaries("Ä. O'Neil", spread=True)),
    "summaries, of steps since a day": lambda lab: _told(lab.summaries(since="2020-01-01", table="steps")),
    "summaries, of nobody": lambda lab: _told(lab.summaries("nobody", table="session last")),
    "summaries, at no time": lambda lab: lab.summaries(since="soon"),
    "summaries, of no such table": lambda lab: lab.summaries(table=""),
}  # fmt: skip
WRITE: dict[str, Callable[[Lab, str], Any]] = {
    "import_recording": lambda lab, name: (
        lab.import_recording(WALK["left"], workout=name),
        lab.import_recording(WALK["left"], workout=name),
        lab.import_recording(lab.recording("walk", "left"), workout=name, stream="again"),
        lab.recording(name, "left", with_stats=True),
        lab.recording(name, "again"),
        list(lab.chunks(name, "left")),
    ),
    "import_recording, without a date": lambda lab, name: (
        lab.import_recording(UNDATED, workout=name),
        lab.import_recording(UNDATED, workout=name, stream="placed", start="2024-05-01 10:00"),
        lab.recording(name, "left"),
        lab.recording(name, "placed"),
    ),
    "import_recording, of another sensor": lambda lab, name: (
        lab.import_recording(WALK["left"], workout=name),
        lab.import_recording(UNDATED, workout=name),
    ),
    "import_recording, of nothing": lambda lab, name: lab.import_recording(UNDATED[:0], workout=name),
    "import_recording, under no name": lambda lab, name: lab.import_recording(UNDATED, workout=".."),
    "mark": lambda lab, name: (
        lab.import_recording(WALK["left"], workout=name),
        lab.mark(name, "jump", at=1.25),
        lab.mark(name, "jump", at=1.25),
        lab.mark(name, "Ä", at="2024-05-01T10:00:00.000001"),
        lab.markers(name),
    ),
    "mark, without a date": lambda lab, name: (
        lab.import_recording(UNDATED, workout=name),
        lab.mark(name, "early", at=0.01),
        lab.markers(name),
    ),
    "mark, no such workout": lambda lab, name: lab.mark("nothing like it", "x"),
    "mark, too long": lambda lab, name: (lab.import_recording(UNDATED, workout=name), lab.mark(name, "x" * 300)),
    "trials": lambda lab, name: (
        lab.import_recording(WALK["left"], workout=name),
        lab.trials(name),
        lab.add_trial(name, "walk", 0.5, 1.5).number,
        lab.add_trial(name, "single-leg-stance", 0.5, 1.5, side="left").number,
        lab.judge_trial(name, 2, "rejected", "fell").reason,
        lab.move_trial(name, 1, stop=2).duration_s,
        lab.trials(name).drop(columns=["made", "changed"]),
        lab.trial_changes(name).drop(columns="time"),
    ),
    "masks": lambda lab, name: (
        lab.import_recording(WALK["left"], workout=name),
        lab.keep_masks(name, {"stream": "left", "side": "left", "scope": "session", "reason": "as found"}).number,
        lab.withdraw_masks(name, 2).reason,
        lab.mask(name, 2).automatic,
        lab.correct_prints(name, [{"stream": "left", "do": "remove", "mark": "1:2:3"}], "none").number,
        lab.print_corrections(name, "left"),
        lab.withdraw_prints(name, 1, withdrawn=False).number,
        lab.masks(name).drop(columns="made"),
    ),
    "copy_masks, of nothing": lambda lab, name: (
        lab.import_recording(WALK["left"], workout=name),
        lab.copy_masks(name, "run-42"),
    ),
    "add_trial, of a part that another one has": lambda lab, name: (
        lab.import_recording(WALK["left"], workout=name),
        lab.add_trial(name, "walk", 0.5, 1.5),
        lab.add_trial(name, "walk", 1, 2),
    ),
    "add_trial, by no such protocol": lambda lab, name: (
        lab.import_recording(WALK["left"], workout=name),
        lab.add_trial(name, "wlk", 1, 2),
    ),
    "describe": lambda lab, name: (
        lab.import_recording(UNDATED, workout=name),
        lab.describe(name, athlete="Ø. Ny", mass_kg=np.float64(70.5), tags=["a", "b"]),
        lab.describe(name, kind="run"),
        lab.describe(name, athlete=None),
        _said_of(lab, name),
        lab.describe(name, tags=()),
        _said_of(lab, name),
    ),
    "describe, what cannot be": lambda lab, name: (
        lab.import_recording(UNDATED, workout=name),
        lab.describe(name, mass_kg=-1),
    ),
    "describe, no such workout": lambda lab, name: lab.describe("nothing like it", kind="run"),
    "calibrate": lambda lab, name: (
        lab.import_recording(WALK["left"], workout=name),
        lab.calibrate(name, scale=np.float32(0.5), cell_factors=np.full((16, 8), 2.0), contact_kpa=7),
        lab.recording(name, with_stats=True),
    ),
    "calibrate, a curve": lambda lab, name: (
        lab.import_recording(WALK["left"], workout=name),
        lab.calibrate(name, unit="kPa", curve=Curve(kind="power", numbers=((0.5, 1.2),))),
        lab.recording(name, with_stats=True),
    ),
    "calibrate, a geometry": lambda lab, name: (
        lab.import_recording(WALK["left"], workout=name),
        lab.calibrate(name, geometry=PLACED, cell_area_mm2=np.full((16, 8), 25.0)),
        lab.recording(name, with_stats=True),
        lab.calibrate(name, geometry=None),
        lab.recording(name, with_stats=True),
        lab.undo_calibration(name),
    ),
    "calibrate, a place": lambda lab, name: (
        lab.import_recording(WALK["left"], workout=name),
        lab.import_recording(WALK["right"], workout=name),
        lab.calibrate(name, "left", place=Place(x_mm=3.0)),
        lab.calibrate(name, "left", place={"y_mm": 4}),
        lab.place_feet(name, 200, 7),
        lab.recording(name, "right", with_stats=True),
        lab.place_feet(name, None),
    ),
    "calibrate, no place": lambda lab, name: (
        lab.import_recording(WALK["left"], workout=name),
        lab.calibrate(name, place={"x_mm": "left"}),
    ),
    "place feet of one sensor": lambda lab, name: (
        lab.import_recording(WALK["left"], workout=name),
        lab.place_feet(name, 200),
    ),
    "calibrate, a geometry of other cells": lambda lab, name: (
        lab.import_recording(WALK["left"], workout=name),
        lab.calibrate(name, geometry="pedar-x"),
    ),
    "calibrate by a mass, list and undo": lambda lab, name: (
        lab.import_recording(WALK["left"], workout=name),
        lab.calibrate_by(name, None, known_mass(lab.recording(name), 75.0), "here, 75 kg"),
        lab.calibrate(name, tare=np.ones((16, 8))),
        lab.calibrations(name).drop(columns=["time", "uid"]),
        lab.undo_calibration(name),
        lab.undo_calibration(name),
        lab.calibrations(name)["undone"].notna().tolist(),
        lab.undo_calibration(name),
    ),
    "calibrate, what cannot be": lambda lab, name: (
        lab.import_recording(WALK["left"], workout=name),
        lab.calibrate(name, stream=None, color="red"),
    ),
    "tare": lambda lab, name: (
        lab.import_recording(WALK["left"], workout=name),
        lab.tare(name, None, 0.0, 0.1),
        lab.recording(name, with_stats=True),
    ),
}  # fmt: skip


def _outcome(question: Callable[[], Any]) -> Any:
    try:
        return question()
    except BarographError as error:
        return error


def _same(one: Any, other: Any) -> None:
    assert type(one) is type(other), (one, other)
    match one:
        case BarographError():
            assert str(one) == str(other)
            assert getattr(one, "field", None) == getattr(other, "field", None)
        case Recording():
            assert one.equals(other)
            assert one.frames.dtype == other.frames.dtype
            assert (one.gaps, one.provenance) == (other.gaps, other.provenance)
            _same(one.stats, other.stats)
        case pd.DataFrame():
            pd.testing.assert_frame_equal(one, other, check_exact=True)
        case dict():
            assert list(one) == list(other)
            for name in one:
                _same(one[name], other[name])
        case list() | tuple():
            assert len(one) == len(other)
            for left, right in zip(one, other, strict=True):
                _same(left, right)
        case _:
            assert one == other


@pytest.mark.parametrize("name", READ)
def test_what_is_read_is_the_same(pair: Pair, name: str) -> None:
    local, remote = (_outcome(lambda lab=lab: READ[name](lab)) for lab in pair)
    _same(local, remote)
    assert isinstance(local, BarographError) is ("no such" in name or "no time" in name)


@pytest.mark.parametrize("name", WRITE)
def test_what_is_written_is_the_same(pair: Pair, name: str) -> None:
    """Under two names of one length, so that all else is equal."""
    outcomes = []
    for place, lab in enumerate(pair):
        workout = f"written {place} {uuid.uuid4().hex[:8]}"
        outcomes.append((workout, _outcome(lambda lab=lab, workout=workout: WRITE[name](lab, workout))))
    (first, local), (second, remote) = outcomes
    _same(_renamed(local, first), _renamed(remote, second))


def _renamed(outcome: Any, name: str) -> Any:
    """An outcome without the name of its workout."""
    match outcome:
        case BarographError():
            return type(outcome)(str(outcome).replace(name, "it"))
        case Recording():
            said = {key: "it" if value == name else value for key, value in outcome.provenance.items()}
            return Recording(outcome.frames, outcome.times_us, outcome.layout, outcome.stats, outcome.gaps, said)
        case tuple() if not hasattr(outcome, "_fields"):
            return tuple(_renamed(one, name) for one in outcome)
        case list():
            return [_renamed(one, name) for one in outcome]
    return getattr(outcome, "stored", outcome)


def test_every_public_method_is_asked_of_both() -> None:
    public = {name for name in vars(Lab) if not name.startswith("_")} - {"close"}
    assert public <= {name.partition(",")[0] for name in (*READ, *WRITE)}


def test_an_import_by_either_way_is_the_others_too(pair: Pair) -> None:
    name = f"both {uuid.uuid4().hex[:8]}"
    first = pair.remote.import_recording(WALK["right"], workout=name)
    second = pair.local.import_recording(WALK["right"], workout=name)
    third = pair.remote.import_recording(WALK["right"], workout=name)
    assert [one.stored for one in (first, second, third)] == [len(WALK["right"]), 0, 0]
    assert pair.local.recording(name, "right").equals(WALK["right"])


def test_an_import_says_how_far_it_is(pair: Pair) -> None:
    name, n = f"progress {uuid.uuid4().hex[:8]}", len(WALK["left"])
    for lab, workout, steps in (
        (pair.remote, name, ["read", "sent", "stored"]),
        (pair.local, f"{name} here", ["read", "stored"]),
        (pair.remote, name, ["read", "stored"]),
    ):
        heard: list[tuple[str, int]] = []
        lab.import_recording(WALK["left"], workout=workout, progress=lambda *said, heard=heard: heard.append(said))
        assert list(dict.fromkeys(step for step, _ in heard)) == steps
        for step in steps:
            counts = [frames for one, frames in heard if one == step]
            assert counts == sorted(counts)
            assert counts[-1] == n

    def stop(step: str, frames: int) -> None:
        raise KeyError(step)

    for lab in pair:
        with pytest.raises(KeyError, match="read"):
            lab.import_recording(WALK["left"], workout=f"{name} not", progress=stop)
        with pytest.raises(NotFound):
            lab.markers(f"{name} not")


def test_a_part_carries_where_it_comes_from(pair: Pair) -> None:
    for lab in pair:
        part = next(iter(lab.chunks("walk", "left")))
        assert part.provenance["imported"][0]["header"] == {"Subject": "Ä. O'Neil"}
        assert part.provenance == lab.recording("walk", "left").provenance


def test_rows_of_seconds_are_the_same(pair: Pair) -> None:
    for maps in (True, False):
        local, remote = (lab._run(lab._archive.stored_rollups(Stream("walk", "left"), maps=maps)) for lab in pair)
        assert len(local) == len(remote) > 2
        for one, other in zip(local, remote, strict=True):
            assert (one.second, one.n, one.k) == (other.second, other.n, other.k)
            for field in ("low", "mean", "high", "peak", "mean_map"):
                np.testing.assert_array_equal(getattr(one, field), getattr(other, field))


def test_a_workout_that_was_erased_is_not_taken_for_a_later_one_of_its_name(pair: Pair) -> None:
    name, archive = f"erased {uuid.uuid4().hex[:8]}", pair.local._archive
    for _ in range(2):
        pair.local.import_recording(WALK["left"], workout=name)
        info = pair.remote._run(pair.remote._archive.stream_info(Stream(name, "left")))
        pair.local._run(archive.delete(name))  # type: ignore[attr-defined]
    pair.local.import_recording(WALK["left"], workout=name)
    with pytest.raises(NotFound, match="another one has its name now"):
        pair.remote._run(pair.remote._archive.keys(info))


def test_a_range_that_is_too_long_is_refused_before_it_is_in_memory(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("barograph.remote.archive.MOST_FRAMES", 100)
    with pytest.raises(InvalidData, match="expected at most 100 frames at once; ask for a part"):
        pair.remote.recording("walk", "left")
    assert len(pair.remote.recording("walk", "left", 0, 0.5)) == 51
