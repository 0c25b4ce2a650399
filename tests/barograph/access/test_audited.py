"""What the archive behind the doors writes into the audit log, and when nothing is shown because it cannot."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from barograph.access.acting import ITSELF, acting
from barograph.access.guarded import guarded, require
from barograph.access.principals import Principal, Share
from barograph.access.readings import MOST_REMEMBERED, ONE_ENTRY_S, Readings
from barograph.errors import AccessDenied, InvalidData, NotFound, StorageAway
from barograph.store.audit import Entry
from barograph.store.memory.archive import MemoryArchive
from barograph.store.ports import About, Archive
from barograph.store.roster import Athlete
from barograph.store.search import Query

NOW_US = 1_790_000_000_000_000
WHY = "asked by the athlete"
ADMIN = Principal("root", kind="user", uid="root", key="s1", roles=frozenset({"admin"}))
CURIOUS = replace(ADMIN, reason=WHY)


@pytest.fixture
async def stored() -> MemoryArchive:
    archive = MemoryArchive()
    for name in ("Track", "Field"):
        team = await archive.roster.add_team(name, now_us=NOW_US)
        await archive.roster.add(Athlete(f"Of {name}", teams=(team.uid,)), now_us=NOW_US)
        await archive.note(f"walk-{name}", now_us=NOW_US, about=About(f"Of {name}"))
    return archive


async def scientist(archive: Archive) -> Principal:
    (track,) = [one.uid for one in await archive.roster.teams() if one.name == "Track"]
    return Principal("s", kind="user", uid="sci", key="s2", roles=frozenset({"scientist"}), teams=frozenset({track}))


async def written(archive: Archive) -> list[tuple[str, str, str]]:
    return [(one.who, one.verb, one.kind) for one in await archive.audit.entries()]


async def test_a_reading_that_a_reason_alone_allows_is_one_entry_of_that_session(stored: MemoryArchive) -> None:
    seen, walk = guarded(stored), await stored.workout("walk-Track")
    with acting(ADMIN), pytest.raises(NotFound):
        await seen.workout("walk-Track")
    assert await written(stored) == []
    with acting(CURIOUS):
        await seen.workout("walk-Track")
        await seen.markers("walk-Track")
        assert len(await seen.workouts()) == 2
        await seen.search(Query())
        await seen.roster.athletes()
        await seen.roster.athlete(walk.athlete_uid)
    of = [("read", "workout"), ("list", "workout"), ("list", "athlete"), ("read", "athlete")]
    assert await written(stored) == [("root", *one) for one in of]
    entry: Entry = (await stored.audit.entries())[0]
    assert (entry.uid, entry.athlete, entry.reason, entry.how) == (walk.uid, walk.athlete_uid, WHY, "user")
    with acting(replace(CURIOUS, reason="another reason")):
        await seen.workout("walk-Track")
    assert len(await written(stored)) == 5


async def test_whoever_opens_changes_or_shares_what_is_of_another_leaves_an_entry_and_athletes_of_their_own_none(
    stored: MemoryArchive,
) -> None:
    seen, walk = guarded(stored), await stored.workout("walk-Track")
    athlete = replace(await scientist(stored), uid="ath", key="s3", roles=frozenset({"athlete"}), teams=frozenset())
    link = Principal("link", kind="share", key="l1", share=Share(until_s=2e12, uid=walk.uid))
    device = Principal("d", kind="device", uid="d1", streams=frozenset({"left"}))
    with acting(replace(athlete, athlete=walk.athlete_uid)):
        await seen.workout("walk-Track")
        await seen.roster.athlete(walk.athlete_uid)
    with acting(await scientist(stored)):
        assert len(await seen.workouts()) == 1
        await seen.workout("walk-Track")
        await seen.markers("walk-Track")
        await seen.roster.athlete(walk.athlete_uid)
        await seen.describe("walk-Track", About("Of Track", kind="run"))
        await require(seen, "share", "walk-Track")
    with acting(link):
        await seen.workout("walk-Track")
    with acting(device), pytest.raises(NotFound):
        await seen.workout("walk-Track")
    by_sci = [("read", "workout"), ("read", "athlete"), ("describe", "workout"), ("share", "workout")]
    assert await written(stored) == [*(("sci", *one) for one in by_sci), ("l1", "read", "workout")]
    assert {one.athlete for one in await stored.audit.entries()} == {walk.athlete_uid}


async def test_a_reason_is_written_where_it_opens_what_is_not_theirs_and_not_of_their_own(
    stored: MemoryArchive,
) -> None:
    seen, both = guarded(stored), replace(await scientist(stored), roles=frozenset({"scientist", "admin"}), reason=WHY)
    with acting(both):
        await seen.workout("walk-Track")
        await seen.workout("walk-Field")
        await seen.workouts()
    assert await written(stored) == [("sci", "read", "workout"), ("sci", "read", "workout"), ("sci", "list", "workout")]
    with acting(ITSELF):
        await seen.workouts()
    assert len(await written(stored)) == 3


async def test_raw_data_and_erasing_are_written_of_whoever_does_it(stored: MemoryArchive) -> None:
    seen, uid = guarded(stored), (await stored.workout("walk-Track")).uid
    with acting(await scientist(stored)):
        await require(seen, "export", "walk-Track")
        await require(seen, "export", "walk-Track")
        with pytest.raises(NotFound):
            await require(seen, "export", "walk-Field")
        await seen.delete("walk-Track")
    with acting(CURIOUS), pytest.raises(AccessDenied):
        await require(seen, "export", "walk-Field")
    with acting(ADMIN):
        await seen.delete("walk-Field")
    found = await stored.audit.entries()
    assert [(one.who, one.verb) for one in found] == [("sci", "export"), ("sci", "erase"), ("root", "erase")]
    assert (found[0].uid, found[1].uid) == (uid, uid)


async def test_nothing_is_read_erased_or_taken_out_that_cannot_be_written_down(
    stored: MemoryArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, who = guarded(stored), await scientist(stored)

    async def away(*_: Any) -> None:
        raise StorageAway("the log does not answer")

    monkeypatch.setattr(stored.audit, "write", away)
    with acting(CURIOUS):
        for work in (seen.workout("walk-Track"), seen.workouts(), seen.markers("walk-Track"), seen.roster.athletes()):
            with pytest.raises(StorageAway):
                await work
    with acting(who):
        for work in (require(seen, "export", "walk-Track"), seen.delete("walk-Track"), seen.workout("walk-Track")):
            with pytest.raises(StorageAway):
                await work
        assert len(await seen.workouts()) == 1, "what needs no entry goes on"
    monkeypatch.undo()
    with acting(CURIOUS):
        await seen.workout("walk-Track")
    assert await written(stored) == [("root", "read", "workout")], "what was refused is not taken for written"


async def test_the_same_reading_is_an_entry_again_after_a_quarter_of_an_hour(stored: MemoryArchive) -> None:
    times_s = iter((0.0, ONE_ENTRY_S - 1, ONE_ENTRY_S + 1, ONE_ENTRY_S + 2))
    readings = Readings(stored, lambda: next(times_s))
    for _ in range(3):
        await readings.note(CURIOUS, "read", "workout", "w")
    assert len(await written(stored)) == 2
    readings._written |= {(str(n),): 0.0 for n in range(MOST_REMEMBERED + 10)}
    await readings.note(CURIOUS, "read", "workout", "another")
    assert len(readings._written) <= MOST_REMEMBERED


async def test_a_taken_name_is_one_that_cannot_be_used_and_trying_it_is_written_down(stored: MemoryArchive) -> None:
    seen = guarded(stored)
    with acting(await scientist(stored)):
        with pytest.raises(InvalidData, match="workout_id: expected another name, 'walk-Field' cannot be used") as told:
            await seen.note("walk-Field", now_us=NOW_US, about=About(kind="run"))
        assert told.value.field == "workout_id"
        await seen.note("walk-Track", now_us=NOW_US, about=About(kind="run"))
        await seen.note("free", now_us=NOW_US, about=About(kind="run"))
    assert await written(stored) == [("sci", "try a name", "workout")]
    for role in ("analyst", "athlete", "admin"):
        with acting(Principal("x", kind="user", uid="x", roles=frozenset({role}))):
            said = []
            for name in ("walk-Field", "never"):
                with pytest.raises(AccessDenied) as denied:
                    await seen.note(name, now_us=NOW_US, about=About(kind="run"))
                said.append(str(denied.value).replace(name, ""))
            assert said[0] == said[1], role


async def test_the_log_is_read_by_whoever_administers(stored: MemoryArchive) -> None:
    seen = guarded(stored)
    for who in (ADMIN, ITSELF):
        with acting(who):
            assert seen.audit is stored.audit
    with acting(await scientist(stored)), pytest.raises(AccessDenied):
        assert seen.audit
