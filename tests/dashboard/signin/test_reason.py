"""An admin sees what is not theirs after they stated why, each reading is written down, and nobody else is asked."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest

from barograph.errors import StorageAway
from barograph.store.audit import all_entries, verify
from barograph.store.ports import About
from barograph.store.roster import Athlete
from dashboard.page import visitors

WHY = "The athlete asked for a copy of the report"
READS = "/data/walk/progress"


@pytest.fixture
async def stage(memory_archive, add_user) -> AsyncIterator[None]:
    now_us = time.time_ns() // 1000
    await add_user("first@lab.example")  # who has all roles
    await add_user("admin@lab.example", "admin")
    await add_user("scientist@lab.example", "scientist")
    team = await memory_archive.roster.add_team("Track", now_us=now_us)
    await memory_archive.roster.add(Athlete("Ada Longname", teams=(team.uid,)), now_us=now_us)
    await memory_archive.note("walk", now_us=now_us, about=About("Ada Longname"))
    return


async def entries(archive, *verbs: str) -> list:
    found = [one async for one in all_entries(archive.audit)]
    return [one for one in found if one.verb in (verbs or ("read", "list", "export", "erase"))]


async def admin_of(visitor):
    browser = visitor()
    await browser.sign_in("admin@lab.example")
    return browser


async def test_an_admin_sees_a_session_that_is_not_theirs_with_a_reason_alone_and_it_is_written_down(
    stage, visitor, memory_archive
):
    browser = await admin_of(visitor)
    assert (await browser.get(READS)).status_code == 404
    assert await entries(memory_archive) == []
    assert "Why do you look at what is not yours?" in await browser.text("/reason")
    answer = await browser.post("/reason", {"reason": f"  {WHY} ", "next": "/session/walk"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/session/walk")
    for _ in range(3):
        assert (await browser.get(READS)).status_code == 200
    workout = await memory_archive.workout("walk")
    (admin,) = [one for one in await memory_archive.accounts.users() if one.email == "admin@lab.example"]
    (entry,) = await entries(memory_archive, "read")
    assert (entry.who, entry.how, entry.kind) == (admin.uid, "user", "workout")
    assert (entry.uid, entry.athlete, entry.reason) == (workout.uid, workout.athlete_uid, WHY)
    assert await verify(all_entries(memory_archive.audit)) is not None
    texts = [value for one in await entries(memory_archive, "read") for value in vars(one).values()]
    assert "walk" not in texts, "a session's name is not written"
    assert WHY in await browser.text("/reason")
    assert (await browser.get("/data/walk/left/export?format=csv&start_us=0&stop_us=1")).status_code == 403
    await browser.post("/reason/end")
    assert (await browser.get(READS)).status_code == 404


@pytest.mark.parametrize("reason", ["", "   ", "x", "why", "x" * 201, "two\x00"])
async def test_what_is_no_reason_opens_nothing_and_says_what_is_expected(stage, visitor, memory_archive, reason):
    browser = await admin_of(visitor)
    answer = await browser.post("/reason", {"reason": reason})
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in await answer.get_data(as_text=True)
    assert (await browser.get(READS)).status_code == 404
    assert await entries(memory_archive) == []


async def test_a_reason_is_of_one_session_of_one_admin_and_of_some_hours(stage, visitor, monkeypatch):
    browser, other = await admin_of(visitor), await admin_of(visitor)
    await browser.post("/reason", {"reason": WHY})
    (name,) = [one for one in browser.cookies if one.endswith("_reason")]
    value = next(one.value for one in browser.client.cookie_jar if one.name == name)
    other.client.set_cookie("127.0.0.1", name, value)
    assert (await other.get(READS)).status_code == 404, "another session of the same admin"
    assert (await browser.get(READS)).status_code == 200
    monkeypatch.setattr(visitors, "REASON_LIFE_S", -1)
    assert (await browser.get(READS)).status_code == 404, "it is over"


async def test_nobody_else_is_asked_for_a_reason(stage, visitor, access):
    scientist, owner, nobody = visitor(), visitor(), visitor()
    await scientist.sign_in("scientist@lab.example")
    await owner.open_link()
    for browser, status in ((scientist, 404), (owner, 404), (nobody, 303)):
        for answer in (await browser.get("/reason"), await browser.post("/reason", {"reason": WHY})):
            assert answer.status_code == status
            assert answer.headers.get("Location", "/sign-in").startswith("/sign-in")
        assert not [one for one in browser.cookies if one.endswith("_reason")]


async def test_a_reading_that_cannot_be_written_down_is_refused(stage, visitor, memory_archive, monkeypatch):
    browser = await admin_of(visitor)
    await browser.post("/reason", {"reason": WHY})

    async def away(*_: object) -> None:
        raise StorageAway("the log does not answer")

    monkeypatch.setattr(memory_archive.audit, "write", away)
    assert (await browser.get(READS)).status_code == 503
    monkeypatch.undo()
    assert (await browser.get(READS)).status_code == 200
    assert len(await entries(memory_archive, "read")) == 1


async def test_a_form_from_another_page_states_no_reason(stage, visitor):
    browser = await admin_of(visitor)
    answer = await browser.post("/reason", {"reason": WHY}, Origin="http://127.0.0.1:3000")
    assert answer.status_code == 403
    assert (await browser.get(READS)).status_code == 404
