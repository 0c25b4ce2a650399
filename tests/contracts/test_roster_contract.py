"""What every roster does, in memory and in MongoDB: athletes, teams, whose workouts are, and merging."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from barograph.errors import InvalidData, NotFound, Refused
from barograph.frames import Stream
from barograph.store.account_records import User
from barograph.store.erasure_requests import ErasureRequest
from barograph.store.goals import Goal
from barograph.store.ports import About, Archive
from barograph.store.roster import Age, Athlete, Consent, Involved, Measurement, Team, change
from barograph.store.scope import Scope

T0 = 1_700_000_000_000_000
DAY = 86_400_000_000
FULL = Athlete(
    name="Zoë van der Berg", sex="F", born="2002-05-14", dominant="right", sport="rowing", shoe="EU 40",
    notes="line one\nline two",
    involved=(Involved("left", "2023-05-14", what="knee"),),
    measurements=(Measurement("mass_kg", 68.4, T0, "scale"), Measurement("height_cm", 172.0, T0 - DAY)),
    consents=(Consent("record and keep", "2023-05-12", "2027-06-30", "A. Example", form="form 3"),),
    goals=(Goal("weight", "left", "kg", 15.0, 25.0, "2023-05-14", "2027-01-15", "A. Example", sets=3, steps=20),),
    aliases=("insole 7",),
)  # fmt: skip


async def recorded(archive: Archive, workout_id: str, text: str | None, at: int = 0) -> str:
    """Return whose a workout is that a device says is of somebody."""
    await archive.open(
        Stream(workout_id, "main"), epoch="e", numbered=True, now_us=T0 + at, about=About(text), lease="x"
    )
    return (await archive.workout(workout_id)).athlete_uid


async def test_an_athlete_comes_back_as_it_went_with_ids_of_its_own(archive: Archive) -> None:
    team = await archive.roster.add_team("Return to run", now_us=T0)
    made = await archive.roster.add(replace(FULL, teams=(team.uid,)), now_us=T0)
    assert made == replace(
        FULL, teams=(team.uid,), uid=made.uid, short_id="a-0001", created_us=T0, changed_us=T0, revision=1
    )
    assert len(made.uid) == 32
    assert await archive.roster.athlete(made.uid) == made
    assert await archive.roster.athletes() == [made]
    second = await archive.roster.add(Athlete("Zoë van der Berg", age=Age(24.5, "2026-01-01")), now_us=T0)
    assert (second.short_id, second.age) == ("a-0002", Age(24.5, "2026-01-01"))


async def test_athletes_are_in_the_order_of_their_names_in_every_script(archive: Archive) -> None:
    for name in ("zoë", "Ana", "رياضي", "Bo"):
        await archive.roster.add(Athlete(name), now_us=T0)
    assert [one.name for one in await archive.roster.athletes()] == ["Ana", "Bo", "zoë", "رياضي"]


async def test_a_short_id_is_one_athletes_and_new_ones_go_around_it(archive: Archive) -> None:
    taken = await archive.roster.add(Athlete("A", short_id="a-0001"), now_us=T0)
    assert (await archive.roster.add(Athlete("B"), now_us=T0)).short_id == "a-0002"
    with pytest.raises(Refused, match="short_id"):
        await archive.roster.add(Athlete("C", short_id="a-0001"), now_us=T0)
    with pytest.raises(Refused, match="short_id"):
        await archive.roster.put(replace(taken, short_id="a-0002"), now_us=T0)
    assert (await archive.roster.put(replace(taken, short_id="code.7"), now_us=T0)).short_id == "code.7"


async def test_whoever_changes_an_older_revision_is_refused_and_a_change_is_made_on_the_newest(
    archive: Archive,
) -> None:
    made = await archive.roster.add(FULL, now_us=T0)
    changed = await archive.roster.put(replace(made, name="Zoe"), now_us=T0 + 1)
    assert (changed.revision, changed.changed_us, changed.created_us) == (2, T0 + 1, T0)
    with pytest.raises(Refused, match="meanwhile"):
        await archive.roster.put(replace(made, sex="X"), now_us=T0 + 2)

    def weighed(value: float) -> Any:
        return lambda one: replace(one, measurements=(*one.measurements, Measurement("mass_kg", value, T0 + 1)))

    await asyncio.gather(*(change(archive.roster, made.uid, weighed(60.0 + i), now_us=T0) for i in range(5)))
    now = await archive.roster.athlete(made.uid)
    assert sorted(one.value for one in now.measurements if one.t_us > T0) == [60.0, 61.0, 62.0, 63.0, 64.0]
    assert now.name == "Zoe"


async def test_teams_have_one_name_each_and_leave_their_athletes(archive: Archive) -> None:
    roster = archive.roster
    sprint, masters = [await roster.add_team(name, now_us=T0) for name in ("Sprint", "Masters")]
    for name in ("sprint", " SPRINT "):
        with pytest.raises(Refused, match="team"):
            await roster.add_team(name, now_us=T0)
    with pytest.raises(Refused, match="team"):
        await roster.put_team(replace(masters, name="sprint"))
    renamed = await roster.put_team(replace(masters, name="Masters 50+", notes="on Mondays"))
    assert await roster.teams() == [renamed, sprint]
    one = await roster.add(Athlete("A", teams=(sprint.uid, masters.uid)), now_us=T0)
    await roster.remove_team(sprint.uid)
    assert (await roster.athlete(one.uid)).teams == (masters.uid,)
    assert await roster.teams() == [renamed]
    for question in (roster.remove_team(sprint.uid), roster.put_team(sprint)):
        with pytest.raises(NotFound, match="team"):
            await question


async def test_what_cannot_be_is_refused_with_its_field(archive: Archive) -> None:
    for bad, field in (
        (Athlete("A", teams=("nowhere",)), "teams"),
        (Athlete("A", born="2100"), "born"),
        (Athlete("A", measurements=(Measurement("mass_kg", 70, T0 + 9 * DAY),)), "mass_kg"),
    ):
        with pytest.raises(InvalidData, match=field) as refused:
            await archive.roster.add(bad, now_us=T0)
        assert refused.value.field == field
    with pytest.raises(NotFound):
        await archive.roster.put(replace(FULL, uid="nobody"), now_us=T0)
    assert await archive.roster.athletes() == []


@pytest.mark.parametrize("said", ["Zoë van der Berg", "  zoe\u0308 VAN\u00a0der\tberg", "A-0001", "Insole  7"])
async def test_a_text_that_is_one_athlete_in_any_spelling_is_that_athletes_workout(archive: Archive, said: str) -> None:
    made = await archive.roster.add(FULL, now_us=T0)
    said = said.replace("\t", " ")
    assert await recorded(archive, "run", said) == made.uid
    assert (await archive.workout("run")).about.athlete == said, "what was said stays as it was said"
    assert await archive.roster.proposals() == []


async def test_a_text_that_is_nobody_or_several_waits_for_a_person_and_makes_no_athlete(archive: Archive) -> None:
    twins = [await archive.roster.add(Athlete("Kim"), now_us=T0) for _ in range(2)]
    texts = {"one": "A 12", "two": "a  12", "three": "Kim", "none": None, "blank": "  "}
    for at, (name, text) in enumerate(texts.items()):
        assert await recorded(archive, name, text, at) == ""
    kim, a12 = await archive.roster.proposals()
    assert (kim.text, kim.count, kim.workouts, set(kim.candidates)) == (
        "Kim",
        1,
        ("three",),
        {one.uid for one in twins},
    )
    assert (a12.text, a12.count, a12.workouts, a12.candidates) == ("a  12", 2, ("two", "one"), ())
    assert (a12.first_us, a12.last_us, a12.dismissed) == (T0, T0 + 1, False)
    assert len(await archive.roster.athletes()) == 2


async def test_a_person_confirms_a_text_once_and_for_all(archive: Archive) -> None:
    await recorded(archive, "one", "A 12")
    await recorded(archive, "two", "a 12")
    made = await archive.roster.add(Athlete("Zoë"), now_us=T0)
    assert await archive.roster.confirm("A 12", made.uid, now_us=T0 + 1) == 2
    assert {(await archive.workout(name)).athlete_uid for name in ("one", "two")} == {made.uid}
    assert (await archive.roster.athlete(made.uid)).aliases == ("A 12",)
    assert await recorded(archive, "three", "A 12") == made.uid
    assert await archive.roster.proposals() == []
    assert await archive.roster.confirm("A 12", made.uid, now_us=T0 + 1) == 0
    with pytest.raises(NotFound):
        await archive.roster.confirm("A 12", "nobody", now_us=T0)


async def test_a_text_that_was_dismissed_asks_no_more_until_it_is_confirmed(archive: Archive) -> None:
    await recorded(archive, "one", "test")
    await archive.roster.dismiss(" TEST", now_us=T0)
    assert await recorded(archive, "two", "Test") == ""
    assert await archive.roster.proposals() == []
    (one,) = await archive.roster.proposals(dismissed=True)
    assert (one.text, one.count, one.dismissed) == ("Test", 2, True)
    made = await archive.roster.add(Athlete("Zoë"), now_us=T0)
    assert await archive.roster.confirm("test", made.uid, now_us=T0) == 2
    assert await archive.roster.proposals(dismissed=True) == []
    with pytest.raises(InvalidData, match="text"):
        await archive.roster.dismiss("  ", now_us=T0)


async def test_whose_a_workout_is_changes_with_its_text_and_stays_without(archive: Archive) -> None:
    ana, bo = [await archive.roster.add(Athlete(name), now_us=T0) for name in ("Ana", "Bo")]
    assert await recorded(archive, "run", "Ana") == ana.uid
    assert await archive.roster.assign(["run", "nowhere"], bo.uid) == 1
    assert await recorded(archive, "run", " ana") == bo.uid, "a person said so, and the text is the same"
    assert (await archive.note("run", now_us=T0, about=About(tags=("x",)))).athlete_uid == bo.uid
    assert (await archive.describe("run", About("ANA", "walk"))).athlete_uid == bo.uid
    assert (await archive.describe("run", About("Bo"))).athlete_uid == bo.uid
    assert (await archive.describe("run", About("Cy"))).athlete_uid == ""
    assert (await archive.describe("run", About("Ana"))).athlete_uid == ana.uid
    assert (await archive.describe("run", About())).athlete_uid == ""
    assert await archive.roster.assign(["run"], ana.uid) == 1
    assert (await archive.describe("run", About(kind="walk"))).athlete_uid == ana.uid
    assert await archive.roster.assign(["run"], "") == 1
    assert (await archive.workout("run")).athlete_uid == ""


async def test_an_erased_workout_takes_its_text_and_its_owner_with_it(archive: Archive) -> None:
    await recorded(archive, "run", "A 12")
    await archive.delete("run")
    assert await archive.roster.proposals() == []
    made = await archive.roster.add(Athlete("A 12"), now_us=T0)
    assert (await archive.note("run", now_us=T0, renew=True)).athlete_uid == ""
    assert await archive.roster.assign(["run"], made.uid) == 1


async def test_an_athlete_goes_when_no_workout_belongs_to_it(archive: Archive) -> None:
    made = await archive.roster.add(Athlete("Ana"), now_us=T0)
    await recorded(archive, "run", "Ana")
    with pytest.raises(Refused, match="1 session"):
        await archive.roster.remove(made.uid)
    await archive.delete("run")
    await archive.roster.remove(made.uid)
    for question in (archive.roster.remove(made.uid), archive.roster.athlete(made.uid)):
        with pytest.raises(NotFound):
            await question
    assert (await archive.roster.add(Athlete("Bo"), now_us=T0)).short_id == "a-0002", "an id stands for one person"


async def test_two_records_of_one_person_become_one_and_nothing_is_lost(archive: Archive) -> None:
    roster = archive.roster
    sprint, masters = [await roster.add_team(name, now_us=T0) for name in ("Sprint", "Masters")]
    kept = await roster.add(replace(FULL, teams=(sprint.uid,)), now_us=T0)
    other = await roster.add(
        Athlete(
            "Z. Berg", sex="X", born="2003", dominant="right", teams=(masters.uid, sprint.uid), notes="flat feet",
            measurements=(Measurement("mass_kg", 70.0, T0 + 5), FULL.measurements[1]),
            consents=(Consent("video", "2023-06-01", state="declined"),), aliases=("seat 2",),
        ),
        now_us=T0,
    )  # fmt: skip
    for name, text in (("one", FULL.name), ("two", "Z. Berg"), ("three", "seat 2")):
        assert await recorded(archive, name, text)
    both = await roster.merge(kept.uid, other.uid, now_us=T0 + 9)
    assert both == await roster.athlete(kept.uid) == await roster.athlete(other.uid)
    assert await roster.athletes() == [both]
    assert (both.name, both.sex, both.born, both.dominant) == (FULL.name, "F", "2002-05-14", "right")
    assert both.teams == (sprint.uid, masters.uid)
    assert [one.value for one in both.measurements] == [172.0, 68.4, 70.0]
    assert [one.what for one in both.consents] == ["record and keep", "video"]
    assert both.aliases == ("insole 7", "Z. Berg", "a-0002", "seat 2")
    assert both.notes == (
        "line one\nline two\n\nflat feet\n\n"
        "2023-11-14: merged with Z. Berg (a-0002), of whom was known: sex X; born 2003"
    )
    assert both.uids == (kept.uid, other.uid)
    assert {(await archive.workout(name)).athlete_uid for name in ("one", "two", "three")} == {kept.uid}
    assert [await recorded(archive, name, name) for name in ("z. berg", "A-0002", "seat 2")] == [kept.uid] * 3
    assert await roster.merge(kept.uid, other.uid, now_us=T0 + 10) == both, "to do it again changes nothing"
    with pytest.raises(Refused, match="short_id"):
        await roster.add(Athlete("C", short_id="a-0002"), now_us=T0)


async def test_who_signs_in_as_an_athlete_who_was_merged_is_the_one_who_stayed(archive: Archive) -> None:
    kept, other = [await archive.roster.add(Athlete(name), now_us=T0) for name in "AB"]
    for uid, whose in (("u1", other.uid), ("u2", kept.uid), ("u3", "")):
        await archive.accounts.add_user(User(uid=uid, email=f"{uid}@example.org", athlete=whose, made_us=T0))
    asked = await archive.accounts.ask_erasure(ErasureRequest(athlete=other.uid, by="u1", made_us=T0))
    await archive.roster.merge(kept.uid, other.uid, now_us=T0)
    assert [(await archive.accounts.user(uid)).athlete for uid in ("u1", "u2", "u3")] == [kept.uid, kept.uid, ""]
    assert await archive.accounts.erasures(kept.uid) == [replace(asked, athlete=kept.uid)]


async def test_a_brief_roster_is_without_what_grows(archive: Archive) -> None:
    made = await archive.roster.add(FULL, now_us=T0)
    assert await archive.roster.athletes(brief=True) == [
        replace(made, measurements=(), involved=(), consents=(), goals=(), notes="")
    ]


async def test_a_merge_of_one_with_itself_or_nobody_is_refused_and_a_chain_still_resolves(archive: Archive) -> None:
    a, b, c = [await archive.roster.add(Athlete(name), now_us=T0) for name in "ABC"]
    with pytest.raises(InvalidData, match="other"):
        await archive.roster.merge(a.uid, a.uid, now_us=T0)
    for pair in ((a.uid, "nobody"), ("nobody", a.uid)):
        with pytest.raises(NotFound):
            await archive.roster.merge(*pair, now_us=T0)
    await archive.roster.merge(b.uid, c.uid, now_us=T0)
    await archive.roster.merge(a.uid, b.uid, now_us=T0)
    for uid in (a.uid, b.uid, c.uid):
        assert (await archive.roster.athlete(uid)).name == "A"
    assert (await archive.roster.athlete(c.uid)).uids == (a.uid, b.uid, c.uid)
    assert await archive.roster.athletes(Scope(athletes=frozenset({c.uid}), names=True)) == [
        await archive.roster.athlete(a.uid)
    ]


async def test_whoever_may_not_see_names_sees_short_ids(archive: Archive) -> None:
    made = await archive.roster.add(FULL, now_us=T0)
    await archive.roster.add(Athlete("Bo"), now_us=T0)
    (shown,) = await archive.roster.athletes(Scope(athletes=frozenset({made.uid})))
    assert (shown.name, shown.aliases, shown.notes, shown.born) == ("a-0001", (), "", "2002")
    assert await archive.roster.athletes(Scope()) == []
    assert len(await archive.roster.athletes(Scope(everything=True))) == 2


CALLS: dict[str, Any] = {
    "athlete": lambda roster, bad: roster.athlete(bad),
    "remove": lambda roster, bad: roster.remove(bad),
    "remove_team": lambda roster, bad: roster.remove_team(bad),
    "put_team": lambda roster, bad: roster.put_team(Team(bad, "Sprint")),
    "put": lambda roster, bad: roster.put(replace(FULL, uid=bad), now_us=1),
    "match": lambda roster, bad: roster.match(bad),
    "confirm": lambda roster, bad: roster.confirm(bad, "x", now_us=1),
    "dismiss": lambda roster, bad: roster.dismiss(bad, now_us=1),
    "assign": lambda roster, bad: roster.assign([bad], ""),
    "assign, whose": lambda roster, bad: roster.assign(["run"], bad),
    "merge": lambda roster, bad: roster.merge(bad, "x", now_us=1),
    "merge, the other": lambda roster, bad: roster.merge("x", bad, now_us=1),
}


@pytest.mark.parametrize("name", CALLS)
async def test_an_id_or_a_text_that_is_none_is_refused(archive: Archive, name: str) -> None:
    for bad in ({"$ne": None}, ["run"], None, 1, b"run", "\ud800"):
        with pytest.raises(InvalidData, match="expected a text"):
            await CALLS[name](archive.roster, bad)
