"""The list of a roster: the same entries, sessions and order from the twins in memory and in MongoDB."""

from __future__ import annotations

from dataclasses import replace

import pytest

from barograph.errors import InvalidData
from barograph.frames import Stream
from barograph.store.ports import About, Archive
from barograph.store.roster import Age, Athlete, Consent, Measurement
from barograph.store.roster_list import (
    DAY_US,
    ROSTER_SORTS,
    RosterEntry,
    RosterQuery,
    SessionsOf,
    Standing,
    counted_roster,
    entry_of,
    listed,
)
from barograph.times import day_us

NOW_US = day_us("2026-11-19")
KEEP = "record and keep"


async def lab(archive: Archive) -> dict[str, str]:
    """Four athletes in two teams, of whom one was never tested; returns uids by name."""
    roster = archive.roster
    sprint, masters = [await roster.add_team(name, now_us=NOW_US) for name in ("Sprint", "Masters")]
    masses = tuple(Measurement("mass_kg", 60.0 + i, NOW_US - (20 - i) * DAY_US) for i in range(15))
    people = (
        Athlete("Zoë", sex="F", born="2002-05-14", teams=(sprint.uid, masters.uid), measurements=masses,
                consents=(Consent(KEEP, "2026-01-01", "2026-12-01"), Consent("video", "2026-01-01", state="declined"))),
        Athlete("ada", sex="F", age=Age(40.0, "2025-11-19"), teams=(sprint.uid,), aliases=("Insole 7",),
                measurements=(Measurement("height_cm", 171.0, NOW_US - DAY_US),
                              Measurement("mass_kg", 58.0, NOW_US - DAY_US)),
                consents=(Consent(KEEP, "2026-01-01"),)),
        Athlete("Ben", sex="M", teams=(masters.uid,), consents=(Consent(KEEP, "2025-01-01", "2026-01-01"),)),
        Athlete("Ada"),
    )  # fmt: skip
    made = [await roster.add(one, now_us=NOW_US) for one in people]
    for name, athlete, days in (("a", "Zoë", 2), ("b", "Zoë", 1), ("c", "Ben", 45)):
        await archive.note(name, now_us=NOW_US - days * DAY_US, about=About(athlete, f"kind {name}"))
    return {one.name: one.uid for one in made} | {"sprint": sprint.uid, "masters": masters.uid}


def names(found: list[RosterEntry]) -> list[str]:
    return [one.name for one in found]


async def test_entries_are_what_the_whole_records_say_in_order_of_names(archive: Archive) -> None:
    uids = await lab(archive)
    found = await archive.roster.entries()
    whole = [entry_of(one) for one in await archive.roster.athletes()]
    assert found == whole
    assert names(found) == ["ada", "Ada", "Ben", "Zoë"]
    zoe = found[-1]
    assert (zoe.mass_kg, zoe.height_cm, len(zoe.masses), zoe.masses[-1][1]) == (74.0, None, 12, 74.0)
    assert names(await archive.roster.entries({uids["masters"]})) == ["Ben", "Zoë"]
    assert await archive.roster.entries({"no such team"}) == []
    assert await archive.roster.entries(()) == []


async def test_a_session_is_as_old_as_its_first_frame_or_as_its_record(archive: Archive) -> None:
    uids = await lab(archive)
    assert await archive.roster.tested() == {
        uids["Zoë"]: SessionsOf(2, NOW_US - DAY_US, "b", "kind b"),
        uids["Ben"]: SessionsOf(1, NOW_US - 45 * DAY_US, "c", "kind c"),
    }
    stream = Stream("a", "left")  # recorded later than it was entered, or a file that was imported
    await archive.open(stream, epoch="x", numbered=True, now_us=NOW_US)
    await archive.mark(stream, 0, next_seq=1, frames=1, first_us=NOW_US - 5, last_us=NOW_US, now_us=NOW_US)
    now = await archive.roster.tested([uids["Zoë"], uids["Ada"]])
    assert now == {uids["Zoë"]: SessionsOf(2, NOW_US - 5, "a", "kind a")}
    await archive.delete("a")
    assert await archive.roster.tested([uids["Zoë"]]) == {uids["Zoë"]: SessionsOf(1, NOW_US - DAY_US, "b", "kind b")}
    assert await archive.roster.tested([]) == {}


@pytest.mark.parametrize(
    ("sort", "up", "down"),
    [
        ("name", "ada Ada Ben Zoë", "Zoë Ben Ada ada"),
        ("age", "Zoë ada Ada Ben", "ada Zoë Ada Ben"),
        ("mass", "ada Zoë Ada Ben", "Zoë ada Ada Ben"),
        ("height", "ada Ada Ben Zoë", "ada Ada Ben Zoë"),
        ("consent", "Ada Ben Zoë ada", "ada Zoë Ben Ada"),
        ("last", "Ben Zoë ada Ada", "Zoë Ben ada Ada"),
        ("sessions", "ada Ada Ben Zoë", "Zoë Ben ada Ada"),
        ("change", "ada Ada Ben Zoë", "ada Ada Ben Zoë"),
    ],
)  # fmt: skip
async def test_a_list_is_sorted_and_who_has_no_value_is_last(archive: Archive, sort: str, up: str, down: str) -> None:
    await lab(archive)
    entries, tested = await archive.roster.entries(), await archive.roster.tested()
    query = RosterQuery(NOW_US, sort=sort)
    assert names(listed(entries, query, tested)) == up.split()
    assert names(listed(entries, replace(query, descending=True), tested)) == down.split()


async def test_a_list_is_narrowed_and_its_counts_say_how_many_that_are(archive: Archive) -> None:
    uids = await lab(archive)
    entries, tested = await archive.roster.entries(), await archive.roster.tested()
    for given, found in (
        ({}, "ada Ada Ben Zoë"), ({"text": " AdA"}, "ada Ada"), ({"text": "insole"}, "ada"),
        ({"text": "a-0003"}, "Ben"),
        ({"team": uids["sprint"]}, "ada Zoë"), ({"show": "consent"}, "Ada Ben Zoë"),
        ({"show": "untested"}, "ada Ada Ben"), ({"show": "teamless"}, "Ada"), ({"text": "nobody"}, ""),
        ({"team": uids["masters"], "show": "consent", "text": "z"}, "Zoë"),
    ):  # fmt: skip
        assert names(listed(entries, RosterQuery(NOW_US, **given), tested)) == found.split(), given
    changes = {uids["Ben"]: 2.0, uids["Zoë"]: 0.4}
    for given, found in (({"show": "changed"}, "Ben"), ({"sort": "change", "descending": True}, "Ben Zoë ada Ada")):
        assert names(listed(entries, RosterQuery(NOW_US, **given), tested, changes)) == found.split(), given
    loads = {uids["ada"]: 5.0, uids["Ada"]: 7.0}
    assert names(listed(entries, RosterQuery(NOW_US, sort="load"), loads=loads)) == ["ada", "Ada", "Ben", "Zoë"]
    counts = counted_roster(entries, tested, NOW_US, changes)
    assert (counts.changed, counted_roster(entries, tested, NOW_US).changed) == (1, 0)
    sessions = await archive.roster.sessions()
    assert {one.kind for one in sessions[uids["Zoë"]]} == {"kind a", "kind b"}
    assert await archive.roster.sessions([uids["Ben"]]) == {uids["Ben"]: sessions[uids["Ben"]]}
    assert (counts.all, counts.consent, counts.untested, counts.teamless) == (4, 3, 3, 1)
    assert counts.teams == {uids["sprint"]: 2, uids["masters"]: 2}


async def test_without_names_nothing_is_found_sorted_or_said_by_one(archive: Archive) -> None:
    await lab(archive)
    query = RosterQuery(NOW_US, names=False)
    found = listed(await archive.roster.entries(), query)
    assert [(one.name, one.born) for one in found] == [
        ("a-0001", "2002"),
        ("a-0002", ""),
        ("a-0003", ""),
        ("a-0004", ""),
    ]
    for text in ("ada", "zo", "insole"):
        assert listed(await archive.roster.entries(), replace(query, text=text)) == []
    assert names(listed(found, replace(query, text="0003"))) == ["a-0003"]


@pytest.mark.parametrize(
    ("said", "day", "expected"),
    [
        ([], "2026-06-01", Standing("missing")),
        ([(KEEP, "2026-01-01", "2026-07-01", "given")], "2026-06-01", Standing("given", KEEP, "2026-07-01")),
        ([(KEEP, "2026-01-01", "2026-07-01", "given")], "2026-07-02", Standing("over", KEEP, "2026-07-01")),
        ([(KEEP, "2026-01-01", "", "given"), ("video", "2026-02-01", "", "declined")], "2026-06-01",
         Standing("given", KEEP)),
        ([("photo", "2026-01-01", "", "given"), ("video", "2026-02-01", "", "declined")], "2026-06-01",
         Standing("declined", "video")),
        ([(KEEP, "2026-01-01", "", "given"), (KEEP, "2026-05-01", "", "withdrawn")], "2026-06-01",
         Standing("withdrawn", KEEP)),
        ([(KEEP, "2026-06-02", "", "given")], "2026-06-01", Standing("missing")),
    ],
)  # fmt: skip
def test_what_counts_of_consents_is_what_was_said_about_recording(said: list, day: str, expected: Standing) -> None:
    given = tuple(Consent(what, since, until, state=state) for what, since, until, state in said)
    standing = RosterEntry("u", "a-0001", "A", consents=given).consent(day)
    assert standing == expected


def test_a_consent_is_asked_for_again_from_thirty_days_before_its_end() -> None:
    standing = Standing("given", KEEP, "2026-07-01")
    assert not standing.asks("2026-05-31")
    assert standing.asks("2026-06-01")
    assert not Standing("given", KEEP).asks("2026-06-01")
    assert Standing("withdrawn", KEEP).asks("2026-06-01")


@pytest.mark.parametrize(("name", "value"), [("sort", "rank"), ("show", "some"), ("text", "a\0"), ("team", "\0")])
def test_what_no_list_knows_is_refused_with_its_field(name: str, value: str) -> None:
    with pytest.raises(InvalidData, match=name):
        RosterQuery(NOW_US, **{name: value})
    assert set(ROSTER_SORTS) >= {"change", "name"}
