"""The Retention page: rules are set after they were counted, by admins alone, who see numbers and no session."""

from __future__ import annotations

import time

import numpy as np
import pytest

from barograph.frames import Block, Layout, Stream
from barograph.store.audit import all_entries
from barograph.store.ports import About
from barograph.store.retention_rules import Outcome, Rule, Rules
from barograph.store.roster import Athlete

DAY_US = 86_400_000_000
NOW = time.time_ns() // 1000
PATHS = ("/retention", "/retention/check")


@pytest.fixture
async def admin(visitor, add_user):
    await add_user("a.example@lab.example", name="A. Example")
    one = visitor()
    await one.sign_in("a.example@lab.example")
    return one


@pytest.fixture
async def lab(memory_archive):
    """Three sessions of gait of 40 days ago, one of a team's athlete, and one of walking; the uid of the team."""
    team = await memory_archive.roster.add_team("Volley & Ball", now_us=1)
    await memory_archive.roster.add(Athlete("Planted Name", teams=(team.uid,)), now_us=1)
    for name, kind, athlete in (("g-1", "gait", None), ("g-2", "gait", None), ("g-3", "gait", "Planted Name"),
                                ("w-1", "walk", None)):  # fmt: skip
        stream, at_us = Stream(name, "left"), NOW - 40 * DAY_US
        await memory_archive.open(stream, epoch="e", numbered=True, now_us=at_us, about=About(athlete, kind))
        await memory_archive.fix_layout(stream, Layout(rows=1, cols=1, dtype="uint16"), ("total",), 1)
        block = Block(0, 0, np.array([at_us]), at_us, np.ones((1, 1, 1), "<u2"), np.ones((1, 1), "<f4"))
        await memory_archive.append([(stream, block)])
        await memory_archive.mark(stream, 0, next_seq=1, frames=1, first_us=at_us, last_us=at_us, now_us=at_us)
    return team.uid


def rule(days: int | str = 30, of: str = "gait", team: str = "", **more: str) -> dict[str, str]:
    return {"of": of, "team": team, "days": str(days), **more}


async def text_of(answer) -> str:
    return await answer.get_data(as_text=True)


async def rules_of(archive) -> tuple[Rule, ...]:
    return (await archive.retention.rules()).rules


async def test_without_a_rule_it_says_that_nothing_is_erased(admin):
    said = await admin.text("/retention")
    assert "There is no rule: nothing is erased." in said
    assert "It has not run yet" in said


async def test_a_rule_is_counted_first_and_then_set_with_an_entry_in_the_log(admin, lab, memory_archive):
    asked = await text_of(await admin.post("/retention/check", rule(kind="ignored")))
    assert "Sessions of kind gait: kept 30 days" in asked
    assert "0 sessions are over by the rules as they are, 3 with this change" in asked
    assert await rules_of(memory_archive) == ()
    answer = await admin.post("/retention", rule(revision="0"))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/retention?count")
    assert await rules_of(memory_archive) == (Rule("gait", days=30),)
    said = await admin.text("/retention?count")
    assert "gait any 30 days 3 0" in said
    assert "3 sessions are over now" in said
    (entry,) = [one async for one in all_entries(memory_archive.audit) if one.kind == "system"]
    assert (entry.verb, entry.how, bool(entry.who)) == ("change", "user", True)


async def test_a_rule_that_keeps_for_ever_takes_out_what_a_team_has_and_removing_it_counts_too(
    admin, lab, memory_archive
):
    await memory_archive.retention.put(Rules((Rule("gait", days=30),)))
    asked = await text_of(await admin.post("/retention/check", rule("", of="", team=lab, ever="yes")))
    assert "All sessions of Volley &amp; Ball: kept for ever" in asked
    assert "3 sessions are over by the rules as they are, 2 with this change" in asked
    await admin.post("/retention", rule("", of="", team=lab, ever="yes", revision="1"))
    assert set(await rules_of(memory_archive)) == {Rule("gait", days=30), Rule(team=lab)}
    asked = await text_of(await admin.post("/retention/check", {"act": "remove", "of": "", "team": lab}))
    assert "2 sessions are over by the rules as they are, 3 with this change" in asked
    await admin.post("/retention", {"act": "remove", "of": "", "team": lab, "revision": "2"})
    assert await rules_of(memory_archive) == (Rule("gait", days=30),)


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (rule(""), "a whole number"), (rule("x"), "a whole number"), (rule(0), "1 to 36500"),
        (rule(36_501), "1 to 36500"),
        (rule(of="x" * 101), "0 to 100 characters"), (rule(team="gone"), "a team of this lab"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_said_above_the_form_and_nothing_is_changed(admin, memory_archive, given, what):
    answer = await admin.post("/retention/check", given)
    assert answer.status_code == 400
    assert what in await text_of(answer)
    assert (await admin.post("/retention", {**given, "revision": "x"})).status_code == 400
    assert await rules_of(memory_archive) == ()


async def test_of_two_admins_the_second_is_told_that_the_rules_were_changed(admin, memory_archive):
    await memory_archive.retention.put(Rules((Rule(days=100),)))
    answer = await admin.post("/retention", rule(revision="0"))
    assert answer.status_code == 403
    assert "somebody else has changed the rules meanwhile" in await text_of(answer)
    assert await rules_of(memory_archive) == (Rule(days=100),)


async def test_no_name_of_a_session_or_athlete_is_on_it(admin, lab):
    for page in (await admin.text("/retention?count"), await text_of(await admin.post("/retention/check", rule(1)))):
        assert [name for name in ("g-1", "w-1", "Planted Name") if name in page] == []


async def test_the_last_night_is_told_and_one_that_did_not_end(admin, memory_archive):
    begun = Outcome("2026-11-30", NOW - DAY_US)
    await memory_archive.retention.claim(begun)
    assert "It did not end; the next night goes on." in await admin.text("/retention")
    await memory_archive.retention.note(Outcome("2026-11-30", NOW - DAY_US, NOW, erased=2, not_ended=1))
    assert "1 day ago : 2 sessions erased; 1 left, not ended" in await admin.text("/retention")


@pytest.mark.parametrize("role", ["scientist", "analyst", "athlete"])
async def test_to_whoever_does_not_administer_there_is_nothing(visitor, add_user, admin, memory_archive, role):
    await add_user("b.sample@lab.example", role)
    member = visitor()
    await member.sign_in("b.sample@lab.example")
    nowhere = await (await member.get("/nowhere")).get_data()
    answer = await member.get("/retention")
    assert (answer.status_code, await answer.get_data()) == (404, nowhere)
    for path in PATHS:
        assert (await member.post(path, rule(1, revision="0"))).status_code == 404
    assert await rules_of(memory_archive) == ()
