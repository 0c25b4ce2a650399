"""Finding sessions: memory and MongoDB answer the same, and say what all of it is."""

from __future__ import annotations

import pytest

from barograph.errors import NotFound
from barograph.frames import Layout, Stream
from barograph.store.mongo import workouts as mongo_workouts
from barograph.store.ports import About, Archive
from barograph.store.records import Unstored
from barograph.store.search import SORTS, Query, chosen, gap_seconds

T0 = 1_700_000_000_000_000
HOUR = 3_600_000_000
SESSIONS = (
    ("walk-1", About("Athlete 12", "Treadmill walk", 75.0, ("rehab", "block 2")), 1, 0),
    ("walk-2", About("Athlete 12", "Treadmill walk", None, ("season",)), 2, 2),
    ("stand", About("رياضي", "Quiet standing", None, ("balance",)), 1, 1),
    ("a.b*(c", About(None, None, None, ()), 2, 0),
)


@pytest.fixture
async def stored(archive: Archive) -> Archive:
    for i, (name, about, streams, gaps) in enumerate(SESSIONS):
        start = T0 + i * HOUR
        await archive.note(name, now_us=start, about=about)
        for side in ("left", "right")[:streams]:
            stream = Stream(name, side)
            await archive.open(stream, epoch="one", numbered=True, now_us=start, lease="x")
            kind = "plate" if name == "stand" else "mat"
            await archive.fix_layout(stream, Layout(rows=2, cols=2, kind=kind), ("raw_sum",), 1)
            await archive.mark(stream, 0, next_seq=100, frames=100 - i, first_us=start, last_us=start + (9 - i) * 1000,
                               now_us=start, lease="x")  # fmt: skip
        for n in range(gaps):
            await archive.settle(Stream(name, "left"), 0, [Unstored(10 * n, 2, "spool_full")], lease="x")
    return archive


async def names(archive: Archive, **asked: object) -> list[str]:
    found, _ = await archive.search(Query(**asked))
    return [one.workout_id for one in found]


async def test_every_session_is_found_newest_first(stored):
    assert await names(stored) == ["a.b*(c", "stand", "walk-2", "walk-1"]


async def test_a_text_is_looked_for_in_names_and_tags_without_case_and_as_it_is(stored):
    assert await names(stored, text="WALK") == ["walk-2", "walk-1"]
    assert await names(stored, text="rehab") == ["walk-1"]
    assert await names(stored, text="رياضي") == ["stand"]
    assert await names(stored, text="b*(") == ["a.b*(c"]
    assert await names(stored, text=".*") == []


async def test_filters_narrow_together(stored):
    assert await names(stored, athlete="Athlete 12", tag="season") == ["walk-2"]
    assert await names(stored, kind="Quiet standing") == ["stand"]
    assert await names(stored, gaps=True) == ["stand", "walk-2"]
    assert await names(stored, since_us=T0 + 2 * HOUR) == ["a.b*(c", "stand"]
    assert await names(stored, layout="plate") == ["stand"]
    assert await names(stored, layout="mat") == ["a.b*(c", "walk-2", "walk-1"]


async def test_what_was_said_of_sessions_is_listed_once_and_in_order(stored):
    said = await stored.known_values()
    assert said.athletes == ("Athlete 12", "رياضي")
    assert said.kinds == ("Quiet standing", "Treadmill walk")
    assert said.tags == ("balance", "block 2", "rehab", "season")


async def test_a_gap_has_a_time_by_the_rate_of_its_epoch(stored):
    workout = await stored.workout("walk-2")
    assert gap_seconds(workout) == pytest.approx(2 * 3 * 8000 / 99 / 1e6)
    assert gap_seconds(await stored.workout("walk-1")) == 0.0


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("descending", [True, False])
async def test_every_column_sorts_as_in_memory(stored, sort, descending):
    everything = await stored.workouts()
    query = Query(sort=sort, descending=descending)
    found, total = await stored.search(query)
    assert total == 4
    assert [one.workout_id for one in found] == [one.workout_id for one in chosen(everything, query)]


async def test_pages_are_cut_out_of_the_whole(stored):
    found, total = await stored.search(Query(), limit=2, skip=1)
    assert ([one.workout_id for one in found], total) == (["stand", "walk-2"], 4)
    assert await stored.search(Query(text="nothing")) == ([], 0)


async def test_what_is_said_of_a_session_can_be_said_anew_and_taken_back(stored):
    one = await stored.describe("walk-1", About("Athlete 13", None, None, ("x",)))
    assert one.about == About("Athlete 13", None, None, ("x",))
    assert (await stored.describe("walk-1", About())).about == About()
    assert one.frames == 100
    with pytest.raises(NotFound):
        await stored.describe("nobody", About())


async def test_a_text_that_very_many_sessions_say_is_found_in_all_of_them(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(5):
        await archive.note(f"run-{n}", now_us=1_700_000_000_000_000 + n, about=About(kind="walk"))
    asked = [Query(text="run"), Query(text="run-3"), Query(text="run", sort="athlete"), Query(text="RUN", sort="kind")]
    before = [await archive.search(one, limit=2, skip=1) for one in asked]
    assert [total for _, total in before] == [5, 1, 5, 5]
    monkeypatch.setattr(mongo_workouts, "MOST_NAMED", 2)
    assert [await archive.search(one, limit=2, skip=1) for one in asked] == before
