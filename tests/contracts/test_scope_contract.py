"""What somebody may see is filtered in the store: lists, counts and known values have nothing else in them."""

from __future__ import annotations

import pytest

from barograph.errors import InvalidData
from barograph.store.ports import About, Archive
from barograph.store.roster import Athlete
from barograph.store.scope import EVERYTHING, Scope
from barograph.store.search import SORTS, Query, chosen

T0 = 1_700_000_000_000_000
SAID = (
    ("w1", "Ana", "walk", "rehab"),
    ("w2", "Bo", "run", "season"),
    ("w3", None, "run", "x"),
    ("w4", "Ana", "run", "y"),
)


@pytest.fixture
async def uids(archive: Archive) -> dict[str, str]:
    """Four workouts, and what their athletes and one of them are called inside."""
    athletes = {name: (await archive.roster.add(Athlete(name), now_us=T0)).uid for name in ("Ana", "Bo")}
    for i, (name, athlete, kind, tag) in enumerate(SAID):
        await archive.note(name, now_us=T0 + i, about=About(athlete, kind, None, (tag,)))
    return {**athletes, "w3": (await archive.workout("w3")).uid}


async def seen(archive: Archive, scope: Scope | None, **asked: object) -> list[str]:
    """Return what is found, and check that counts and the other lists say the same."""
    query = Query(scope=scope, **asked)  # type: ignore[arg-type]
    found, total = await archive.search(query)
    names = [one.workout_id for one in found]
    everything = await archive.workouts()
    assert (total, names) == (len(names), [one.workout_id for one in chosen(everything, query)])
    if not asked:
        assert [one.workout_id for one in await archive.workouts(scope=scope or EVERYTHING)] == names
    return names


async def test_a_scope_is_of_athletes_and_of_workouts(archive: Archive, uids: dict[str, str]) -> None:
    assert await seen(archive, None) == await seen(archive, EVERYTHING) == ["w4", "w3", "w2", "w1"]
    assert await seen(archive, Scope()) == []
    ana = frozenset({uids["Ana"]})
    assert await seen(archive, Scope(athletes=ana, names=True)) == ["w4", "w1"]
    assert await seen(archive, Scope(athletes=ana, workouts=frozenset({uids["w3"]}), names=True)) == ["w4", "w3", "w1"]
    assert await seen(archive, Scope(athletes=frozenset({""}))) == ["w3"], "those of nobody"
    assert await archive.workouts(scope=Scope(athletes=ana), limit=1, skip=1) == [
        Scope().shown(await archive.workout("w1"))
    ]
    assert (await archive.search(Query(scope=Scope(athletes=ana)), limit=1))[1] == 2


async def test_a_scope_narrows_what_is_asked_for(archive: Archive, uids: dict[str, str]) -> None:
    scope = Scope(athletes=frozenset({uids["Ana"]}), names=True)
    assert await seen(archive, scope, text="run") == ["w4"]
    assert await seen(archive, scope, text="Bo") == []
    assert await seen(archive, scope, athlete="Ana", kind="walk") == ["w1"]
    assert await seen(archive, scope, tag="season") == []
    assert await seen(archive, scope, athlete_uid=uids["Bo"]) == []
    assert await seen(archive, None, athlete_uid=uids["Bo"]) == ["w2"]


async def test_hidden_names_are_neither_shown_nor_to_be_found_out(archive: Archive, uids: dict[str, str]) -> None:
    hidden = Scope(everything=True)
    assert {one.about.athlete for one in await archive.workouts(scope=hidden)} == {None}
    assert {one.about.athlete for one in (await archive.search(Query(scope=hidden)))[0]} == {None}
    assert await seen(archive, hidden, text="Ana") == []
    assert await seen(archive, hidden, athlete="Ana") == []
    assert await seen(archive, hidden, text="run") == ["w4", "w3", "w2"]
    assert await seen(archive, hidden, athlete_uid=uids["Ana"]) == ["w4", "w1"]
    for sort in SORTS:
        for descending in (True, False):
            assert len(await seen(archive, hidden, sort=sort, descending=descending)) == 4


async def test_known_values_are_those_of_what_may_be_seen(archive: Archive, uids: dict[str, str]) -> None:
    ana = frozenset({uids["Ana"]})
    known = await archive.known_values(Scope(athletes=ana, names=True))
    assert (known.athletes, known.kinds, known.tags) == (("Ana",), ("run", "walk"), ("rehab", "y"))
    assert (await archive.known_values(Scope(athletes=ana))).athletes == ()
    assert (await archive.known_values(Scope())).tags == ()
    assert (await archive.known_values()).athletes == ("Ana", "Bo")


@pytest.mark.parametrize("bad", [{"$ne": None}, 1, None, b"x"])
def test_a_scope_is_of_texts(bad: object) -> None:
    with pytest.raises((InvalidData, TypeError)):
        Scope(athletes=frozenset([bad]))  # type: ignore[list-item]
    with pytest.raises(InvalidData):
        Query(athlete_uid=bad)  # type: ignore[arg-type]
