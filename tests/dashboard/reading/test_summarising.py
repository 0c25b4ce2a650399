"""The worker that keeps tables of sessions: the numbers of pages, anew when what they are made of changes."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from analytics import sim
from barograph.errors import StorageAway
from barograph.frames import Block, Recording, Stream
from barograph.store.calibration import calibrate
from barograph.store.summary_rows import unpacked
from dashboard.reading import program, summarising, summary_tables
from dashboard.reading.session_measures import PARTS, SessionMeasures, entry_of
from dashboard.reading.summarising import Summariser
from dashboard.reading.summary_tables import TABLES, Table

START_US = 1_750_000_000_000_000
NAMES = [one.name for one in TABLES]


@cache
def walk(seconds: float = 5.0) -> dict[str, Recording]:
    return sim.walk(seconds, start_us=START_US, rows=12, cols=6)


def worker(archive, **more) -> Summariser:
    return Summariser(archive, lambda _: True, **more)


async def standing(archive, *names: str) -> set[str]:
    """The names of sessions of which every table stands."""
    found = await worker(archive).look()
    return {one.workout_id for one in await archive.workouts()} - set(found)


async def test_pages_read_the_numbers_that_they_would_compute(pages, keep):
    long = {side: replace(one, times_us=START_US + 150_000 * np.arange(len(one))) for side, one in walk(24.0).items()}
    await keep("walk", walk(), athlete="A")
    await keep("long", long, athlete="A")  # longer than five minutes
    await keep("one foot", {"left": walk()["left"]})
    await keep("empty", {"left": walk()["left"].part(0, 0)})
    workouts = await pages.archive.workouts()
    computed = {(one.workout_id, part): await entry_of(pages.parts, one, part) for one in workouts for part in PARTS}
    state = await worker(pages.archive).catch_up()
    assert (state.ended, state.current, state.failed) == (4, 4, 0)
    reads = SessionMeasures(_Unread(pages.archive))
    for part in PARTS:
        for workout, entry in zip(workouts, await reads.entries(workouts, part), strict=True):
            assert repr(entry) == repr(replace(computed[workout.workout_id, part], workout=workout))
    assert computed["walk", ""].values
    assert computed["walk", ""].values != computed["one foot", ""].values


class _Unread:
    """Parts of sessions whose frames must not be read."""

    def __init__(self, archive) -> None:
        self.archive = archive


async def test_steps_are_those_of_the_gait_tab(pages, keep):
    await keep("walk", walk())
    await worker(pages.archive).catch_up()
    workout = await pages.archive.workout("walk")
    (kept,) = await pages.archive.summaries.stored([workout], ["steps"])
    rows = unpacked(kept.rows)
    feet = await summary_tables.SessionReading(pages.parts, workout).feet()
    steps = summary_tables.steps_of(feet)
    assert len(rows) == kept.n == len(steps) > 4
    for name in ("side", "contact_s", "max_total_force_n", "impulse_ns", "step_s", "cut", "average_loading_rate_n_s"):
        pd.testing.assert_series_equal(
            rows[name], steps[name].reset_index(drop=True), check_dtype=False, check_exact=True
        )
    assert (pd.to_datetime(rows["start_us"], unit="us", utc=True).to_numpy() == steps["start"].to_numpy()).all()


async def test_what_changes_is_computed_again_and_nothing_else(pages, keep, monkeypatch):
    archive = pages.archive
    await keep("walk", walk())
    await keep("other", walk())
    done: list[str] = []
    one = worker(archive)
    await one.catch_up()
    made = one._made

    async def noted(workout, tries):
        done.append(workout.workout_id)
        return await made(workout, tries)

    monkeypatch.setattr(one, "_made", noted)
    await one.catch_up()
    assert done == []
    left, stream = walk()["left"], Stream("walk", "left")
    late = Block(0, len(left), left.times_us[-1:] + 10_000, START_US * 2, np.array(left.frames[-1:]), None)
    await archive.append([(stream, late)])
    before = await pages.measures.entry(await archive.workout("walk"))
    assert await standing(archive) == {"other"}
    await one.catch_up()
    assert done == ["walk"]
    assert repr(await SessionMeasures(_Unread(archive)).entry(await archive.workout("walk"))) == repr(before)
    await calibrate(archive, stream, scale=0.2)
    assert await standing(archive) == {"other"}
    await one.catch_up()
    assert done == ["walk", "walk"]
    after = await SessionMeasures(_Unread(archive)).entry(await archive.workout("walk"))
    assert after.values["max_peak_kpa", "left"][0] != before.values["max_peak_kpa", "left"][0]
    assert after.values["max_peak_kpa", "right"] == before.values["max_peak_kpa", "right"]
    monkeypatch.setattr(summarising, "version", lambda: "another program")
    assert await standing(archive) == set()
    await one.catch_up()
    assert sorted(done[2:]) == ["other", "walk"]
    monkeypatch.setattr(summarising, "version", program.version)
    entry = await pages.measures.entry(await archive.workout("other"))  # of another program: computed as before
    assert entry.values == (await entry_of(pages.parts, entry.workout, "")).values


async def test_a_table_more_is_computed_for_all_and_one_that_fails_stops_nothing(pages, keep, monkeypatch, caplog):
    await keep("walk", walk())
    await keep("bad", {"left": walk()["left"]})
    await worker(pages.archive).catch_up()

    async def more(reading):
        if reading.workout.workout_id == "bad":
            raise ZeroDivisionError("no second foot")
        return pd.DataFrame({"n": [len(await reading.feet())]})

    monkeypatch.setattr(summarising, "TABLES", (*TABLES, Table("feet", "", more)))
    state = await worker(pages.archive).catch_up()
    assert (state.ended, state.current, state.failed, state.waiting) == (2, 1, 1, 0)
    assert (await pages.archive.summaries.state()).failed == 1
    (failed,) = await pages.archive.summaries.failed()
    assert (failed.workout_id, failed.table, failed.why) == ("bad", "feet", "ZeroDivisionError: no second foot")
    assert "no second foot" in caplog.text
    found = await pages.archive.summaries.stored(await pages.archive.workouts(), ["feet"])
    assert {one.workout_id: one.n for one in found} == {"walk": 1, "bad": 0}
    assert await worker(pages.archive).look() == []  # it is not tried again as long as nothing changes


async def test_a_worker_that_was_killed_is_replaced_and_its_session_computed(pages, keep, monkeypatch):
    await keep("walk", walk())
    killed, other = worker(pages.archive, lease_s=0.1), worker(pages.archive, lease_s=0.1)
    begun = asyncio.Event()

    async def slow(reading):
        begun.set()
        await asyncio.sleep(60.0)

    monkeypatch.setattr(summarising, "TABLES", (Table("slow", "", slow),))
    task = asyncio.create_task(killed.catch_up())
    await begun.wait()
    await asyncio.sleep(0.3)
    monkeypatch.setattr(summarising, "TABLES", TABLES)
    assert (await other.catch_up()).current == 0  # the other one is at it, and says so as long as it lives
    monkeypatch.setattr(pages.archive.summaries, "release", _nothing)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    monkeypatch.undo()
    await asyncio.sleep(0.15)
    assert (await other.catch_up()).current == 1
    assert await standing(pages.archive) == {"walk"}


async def _nothing(*_: object) -> None:
    pass


async def test_a_session_that_ends_its_worker_again_and_again_is_left_alone(pages, keep):
    await keep("walk", walk())
    await keep("other", walk())
    workout = await pages.archive.workout("walk")
    for n in range(summarising.MOST_TRIES):
        await pages.archive.summaries.take(workout, f"killed {n}", 0.0)
    state = await worker(pages.archive).catch_up()
    assert (state.current, state.failed) == (1, 1)
    assert "each ended meanwhile" in (await pages.archive.summaries.failed())[0].why
    assert await worker(pages.archive).look() == []


async def test_a_session_that_is_erased_while_it_is_computed_leaves_nothing(pages, keep, monkeypatch):
    await keep("walk", walk())
    await keep("other", walk())
    workout = await pages.archive.workout("walk")

    async def erased(reading):
        if reading.workout.workout_id == "walk":
            await pages.erase("walk")
        return pd.DataFrame({"n": [1]})

    monkeypatch.setattr(summarising, "TABLES", (Table("first", "", erased), *TABLES))
    state = await worker(pages.archive).catch_up()
    assert state.current == 1
    assert await pages.archive.summaries.stored([workout], ["first", *NAMES]) == []


async def test_a_session_that_goes_on_is_not_summarised(pages, keep):
    await keep("walk", walk())
    goes_on = Summariser(pages.archive, lambda one: one.workout_id != "walk")
    assert (await goes_on.catch_up()).ended == 0
    workout = await pages.archive.workout("walk")
    assert await pages.archive.summaries.stored([workout], NAMES) == []
    assert (await pages.measures.entry(workout)).values


async def test_an_archive_that_does_not_answer_is_asked_again(pages, keep, monkeypatch):
    await keep("walk", walk())
    monkeypatch.setattr(summarising, "LOOK_S", 0.01)
    workouts, asked = pages.archive.workouts, []

    async def away(**given):
        asked.append(given)
        if len(asked) < 3:
            raise StorageAway("MongoDB is not there")
        return await workouts(**given)

    monkeypatch.setattr(pages.archive, "workouts", away)
    monkeypatch.setattr(summarising, "ALL_S", 0.0)
    task = asyncio.create_task(worker(pages.archive).run())
    until = time.monotonic() + 20.0
    while (state := await pages.archive.summaries.state()) is None or not state.current:
        assert time.monotonic() < until
        await asyncio.sleep(0.02)
    task.cancel()


def test_the_program_is_all_that_computes():
    names = {name for name, _ in program.sources()}
    assert {
        "analytics/gait/steps.py", "analytics/__init__.py", "dashboard/reading/session_measures.py",
        "barograph/layout.py", "barograph/store/reading_rule.py", "barograph/curve.py",
    } <= names  # fmt: skip
    assert len(program.version()) == 32


def test_what_tables_hold_is_said_once_each():
    assert len(set(NAMES)) == len(NAMES)
    assert all(one.about.endswith(".") and one.name for one in TABLES)
