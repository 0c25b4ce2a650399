"""What MongoDB's roster does beyond the contract: merges that were interrupted, or that meet."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from barograph import bounds
from barograph.errors import InvalidData, Refused
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.roster import MongoRoster
from barograph.store.ports import About
from barograph.store.roster import Athlete, Measurement

T0 = 1_700_000_000_000_000
STEPS = ("_replace", "_move")


class Killed(Exception):
    """The process ends here."""


@pytest.fixture
async def two(mongo_archive: MongoArchive) -> tuple[Athlete, Athlete]:
    """Two records of one person, with a measurement, a name and a workout each."""
    made = [
        await mongo_archive.roster.add(Athlete(name, measurements=(Measurement("mass_kg", mass, T0),)), now_us=T0)
        for name, mass in (("Ana", 60.0), ("Anna", 61.0))
    ]
    for name in ("Ana", "Anna"):
        await mongo_archive.note(f"run of {name}", now_us=T0, about=About(name))
    return made[0], made[1]


async def whole(archive: MongoArchive, kept: Athlete, other: Athlete) -> None:
    """Check that both records are one."""
    assert await archive.roster.athlete(other.uid) == await archive.roster.athlete(kept.uid)
    (both,) = await archive.roster.athletes()
    assert ([one.value for one in both.measurements], both.aliases, both.merged) == (
        [60.0, 61.0], ("Anna", "a-0002"), (other.uid,),
    )  # fmt: skip
    assert {one.athlete_uid for one in await archive.workouts()} == {kept.uid}
    assert await archive.roster.owner_of("Anna") == kept.uid


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("looked_at", ["the list", "the other", "again"])
async def test_a_merge_that_was_interrupted_is_ended_by_whoever_comes_across_it(
    mongo_archive: MongoArchive, two: tuple[Athlete, Athlete], monkeypatch: pytest.MonkeyPatch, step: str, after: bool,
    looked_at: str,
) -> None:  # fmt: skip
    kept, other = two
    does = getattr(MongoRoster, step)

    async def killed(self: MongoRoster, *arguments: Any) -> None:
        if after:
            await does(self, *arguments)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(MongoRoster, step, killed)
        with pytest.raises(Killed):
            await mongo_archive.roster.merge(kept.uid, other.uid, now_us=T0)
    if looked_at == "the list":
        await mongo_archive.roster.athletes()
    elif looked_at == "the other":
        await mongo_archive.roster.athlete(other.uid)
    else:
        await mongo_archive.roster.merge(kept.uid, other.uid, now_us=T0)
    await whole(mongo_archive, kept, other)


async def test_two_that_merge_the_same_at_once_make_one(
    mongo_archive: MongoArchive, two: tuple[Athlete, Athlete]
) -> None:
    kept, other = two
    answers = await asyncio.gather(
        *(mongo_archive.roster.merge(kept.uid, other.uid, now_us=T0) for _ in range(4)), return_exceptions=True
    )
    assert all(isinstance(one, Athlete | Refused) for one in answers), answers
    assert any(isinstance(one, Athlete) for one in answers)
    await whole(mongo_archive, kept, other)


async def test_two_that_are_merged_into_each_other_at_once_lose_nothing(
    mongo_archive: MongoArchive, two: tuple[Athlete, Athlete]
) -> None:
    ana, anna = two
    answers = await asyncio.gather(
        mongo_archive.roster.merge(ana.uid, anna.uid, now_us=T0),
        mongo_archive.roster.merge(anna.uid, ana.uid, now_us=T0),
        return_exceptions=True,
    )
    assert all(isinstance(one, Athlete | Refused | InvalidData) for one in answers), answers
    found = await mongo_archive.roster.athletes()
    assert sorted(each.value for one in found for each in one.measurements) == [60.0, 61.0]
    assert {one.athlete_uid for one in await mongo_archive.workouts()} <= {one.uid for one in found}


async def test_a_cycle_that_a_crash_left_is_opened_and_nothing_is_lost(
    mongo_archive: MongoArchive, two: tuple[Athlete, Athlete]
) -> None:
    ana, anna = two
    athletes = mongo_archive.roster._db.athletes
    for one, into in ((ana, anna), (anna, ana)):
        await athletes.update_one({"_id": one.uid}, {"$set": {"into": into.uid, "pending": True, "at_us": T0}})
    found = await mongo_archive.roster.athletes()
    assert sorted(each.value for one in found for each in one.measurements) == [60.0, 61.0]
    assert {(await mongo_archive.roster.athlete(one.uid)).uid for one in two} <= {one.uid for one in found}


async def test_a_merge_that_would_be_too_much_for_one_record_changes_nothing(
    mongo_archive: MongoArchive, two: tuple[Athlete, Athlete]
) -> None:
    kept, other = two
    kept = await mongo_archive.roster.put(replace(kept, notes="x" * bounds.NOTES), now_us=T0)
    other = await mongo_archive.roster.put(replace(other, notes="y"), now_us=T0)
    with pytest.raises(InvalidData, match="notes"):
        await mongo_archive.roster.merge(kept.uid, other.uid, now_us=T0)
    assert await mongo_archive.roster.athletes() == [kept, other]


async def test_a_claim_that_a_crash_left_behind_hinders_a_merge_for_a_minute_only(
    mongo_archive: MongoArchive, two: tuple[Athlete, Athlete]
) -> None:
    kept, other = two
    claim = {"id": "x", "uid": "somebody", "at_us": T0}
    await mongo_archive.roster._db.athletes.update_one({"_id": other.uid}, {"$set": {"absorbing": [claim]}})
    with pytest.raises(Refused, match="meanwhile"):
        await mongo_archive.roster.merge(kept.uid, other.uid, now_us=T0 + 59_000_000)
    await mongo_archive.roster.merge(kept.uid, other.uid, now_us=T0 + 61_000_000)
    await whole(mongo_archive, kept, other)
