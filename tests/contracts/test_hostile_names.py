"""A name that is made is checked where it is made, and what it holds does not change what is stored under another."""

from __future__ import annotations

import pytest
from hostile import NAMES, NO_NAMES

from barograph.errors import InvalidData
from barograph.frames import Stream
from barograph.store.ports import About, Archive
from barograph.store.redis import key_of
from barograph.store.search import Query


async def test_what_is_no_name_is_not_made_whoever_asks(archive: Archive) -> None:
    for bad in NO_NAMES:
        with pytest.raises(InvalidData, match="workout_id: expected"):
            await archive.note(bad, now_us=1)
        with pytest.raises(InvalidData, match=r"(workout_id|stream): expected"):
            await archive.open(Stream("run", bad), epoch="one", numbered=True, now_us=1)
    assert await archive.workouts() == []


async def test_every_name_is_found_under_itself_alone(archive: Archive) -> None:
    for i, name in enumerate(NAMES):
        await archive.open(Stream(name, name), epoch="one", numbered=True, now_us=i + 1, about=About(athlete=name))
    for i, name in enumerate(NAMES):
        workout = await archive.workout(name)
        assert (workout.workout_id, workout.created_us, workout.about.athlete) == (name, i + 1, name)
        assert [info.stream.stream for info in workout.streams] == [name]
    await archive.delete("a*")
    assert {one.workout_id for one in await archive.workouts()} == {*NAMES} - {"a*"}
    found, _ = await archive.search(Query(athlete="$where"))
    assert [one.workout_id for one in found] == ["$where"]


def test_no_two_streams_share_a_key_of_the_feed() -> None:
    pairs = [(a, b) for a in (*NAMES, "a", "b", "a:b") for b in (*NAMES, "a", "b", "b:c")]
    keys = {key_of(Stream(a, b)) for a, b in pairs}
    assert len(keys) == len(set(pairs))
    assert all(key.count(":") == 3 for key in keys)
