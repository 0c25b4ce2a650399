"""The athlete's own page, and what becomes of what they ask to have erased."""

from __future__ import annotations

import asyncio
import io
import re
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from analytics import sim
from barograph.store.account_records import StoredShare
from barograph.store.audit import Event
from barograph.store.ports import About
from barograph.store.roster import Athlete, Consent
from dashboard.you import receipts, seen

sys.path.append(str(Path(__file__).parents[2]))  # what all tests share

from devices import Device

NOW = time.time_ns() // 1000
DAY_US = 86_400_000_000


@pytest.fixture
async def lab(visitor, add_user, memory_archive, memory_live):
    """Two athletes of two teams with a session each, and somebody of every role, signed in."""
    roster = memory_archive.roster
    track, field = [await roster.add_team(name, now_us=NOW) for name in ("Track", "Field")]
    consent = Consent("record and keep", "2026-01-02", form="sheet 3")
    ada = await roster.add(Athlete("Ada Example", teams=(track.uid,), consents=(consent,)), now_us=NOW)
    ben = await roster.add(Athlete("Ben Example", teams=(field.uid,)), now_us=NOW)
    for name, whose in (("walk-1", ada), ("walk-2", ada), ("hop-1", ben)):
        walk = sim.walk(2.0, start_us=NOW - DAY_US)["left"]
        sender = Device(memory_archive, memory_live, name, {"left": walk}, About(whose.name, "Walk"))
        await sender.open_streams()
        await sender.store_block("left", sender.frames("left", 0, len(walk)))
    await add_user("first@lab.example")
    for name, roles, more in (
        ("ada", ("athlete",), {"athlete": ada.uid}),
        ("ben", ("athlete",), {"athlete": ben.uid}),
        ("new", ("athlete",), {}),
        ("scientist", ("scientist",), {"teams": {track.uid}}),
        ("stranger", ("scientist",), {"teams": {field.uid}}),
        ("analyst", ("analyst",), {"granted": {track.uid}}),
        ("admin", ("admin",), {}),
    ):
        await add_user(f"{name}@lab.example", *roles, name=f"N. {name.title()}", **more)
    signed = {}
    for name in ("ada", "ben", "new", "scientist", "stranger", "analyst", "admin"):
        signed[name] = visitor()
        await signed[name].sign_in(f"{name}@lab.example")
    signed["owner"] = visitor()
    await signed["owner"].open_link()
    return signed


async def uid_of(archive, name: str) -> str:
    return (await archive.workout(name)).uid


async def asked(archive):
    return (await archive.accounts.erasures())[0]


async def require_receipt(lab, archive, path: str):
    """The receipt at a path: for those who may erase, without a name, with what is not reached, and as a file."""
    receipt = await archive.receipts.one(path.rpartition("/")[2])
    for who in ("admin", "scientist", "owner"):
        said = await lab[who].text(path)
        assert receipt.hash in said
        assert "What cannot be reached from here" in said
        assert "Ada" not in said
        assert receipt.uid[:8] in await lab[who].text("/erasures")
        assert (await (await lab[who].get(f"{path}/file")).get_json())["sha256"] == receipt.hash
    for who in ("analyst", "ben"):
        assert (await lab[who].get(path)).status_code == 404
        assert (await lab[who].get(f"{path}/file")).status_code == 404
    assert (await lab["admin"].get(f"{receipts.PATH}/unknown")).status_code == 404
    return receipt


async def test_an_athlete_reads_how_much_is_stored_and_who_may_see_it(lab):
    said = await lab["ada"].text("/you")
    assert "2 sessions" in said
    assert "400 frames" in said
    assert "3 people may see them" in said
    assert "you, and 2 people of your teams" in said
    assert re.search(r"Track\s+1\s+1", said), "a scientist and an analyst"
    assert "2 admins of the lab may look only with a reason" in said
    assert "walk-1" in said
    assert "hop-1" not in said
    assert "Ben Example" not in said
    assert "record and keep yes 2026-01-02" in said
    assert "You sign in by a password; 1 browser signed in." in said


async def test_an_athlete_reads_who_saw_their_data_and_why(lab, memory_archive):
    nothing = await lab["ada"].text("/you")
    assert "added your account" in nothing
    assert "looked at" not in nothing.partition("Who saw my data")[2].partition("Each session")[0]
    walk = await memory_archive.workout("walk-1")
    users = {one.email.partition("@")[0]: one.uid for one in await memory_archive.accounts.users()}
    for verb, kind, uid, who, how, why in (
        ("read", "workout", walk.uid, users["scientist"], "user", ""),
        ("export", "workout", walk.uid, users["scientist"], "token", ""),
        ("read", "athlete", walk.athlete_uid, users["admin"], "user", "a complaint <b>"),
        ("erase", "workout", "gone", "", "owner", ""),
        ("describe", "workout", walk.uid, "never", "user", ""),
    ):
        event = Event(verb=verb, kind=kind, uid=uid, athlete=walk.athlete_uid, who=who, how=how, reason=why)
        await memory_archive.audit.write(event, NOW)
    said = await lab["ada"].text("/you")
    assert "N. Scientist (scientist) looked at walk-1" in said
    assert "a program of N. Scientist (scientist) took raw data out of walk-1" in said
    assert "N. Admin (admin) looked at your record a complaint" in said
    assert "whoever runs this lab’s server erased a session that was erased" in said
    assert "an account that is not there any more changed walk-1" in said
    assert "N. Scientist" not in await lab["ben"].text("/you")
    for n in range(seen.PAGE_SIZE):
        await memory_archive.audit.write(replace(event, uid=f"later {n}"), NOW)
    newest = await lab["ada"].text("/you")
    assert "N. Scientist" not in newest.partition("Who saw my data")[2]
    (before,) = re.findall(r"/you\?before=(\d+)", await (await lab["ada"].get("/you")).get_data(as_text=True))
    assert "N. Scientist (scientist) looked at walk-1" in await lab["ada"].text(f"/you?before={before}")


async def test_an_athlete_takes_everything_along_and_nothing_of_others(lab, memory_archive):
    answer = await lab["ada"].get("/you/take-along")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].endswith("filename=a-0001.zip")
    with zipfile.ZipFile(io.BytesIO(await answer.get_data())) as file:
        assert file.testzip() is None
        names = file.namelist()
        assert names[0] == "athlete.json"
        assert {name for name in names if name.startswith("sessions/")} == {
            "sessions/walk-1.zip",
            "sessions/walk-2.zip",
        }
        assert b"Ben" not in file.read("athlete.json")
        assert b"record and keep" in file.read("tables/consents.csv")
    assert "you took along your record" in await lab["ada"].text("/you")
    for who in ("scientist", "analyst", "admin", "owner", "new"):
        assert (await lab[who].get("/you/take-along")).status_code == 404, who


async def test_nobody_else_has_the_page_and_an_account_without_a_record_is_told_so(lab):
    for who in ("scientist", "analyst", "admin", "owner"):
        assert (await lab[who].get("/you")).status_code == 404
    assert "not tied to an athlete yet" in await lab["new"].text("/you")
    assert (await lab["new"].post("/you/erase")).status_code == 404


async def test_own_links_are_listed_and_revoked_and_those_of_others_are_not(lab, memory_archive):
    users = {one.email.partition("@")[0]: one.uid for one in await memory_archive.accounts.users()}
    walk = await uid_of(memory_archive, "walk-1")
    links = [
        StoredShare(hash=name, user=users[by], name=name, view="live", workout=walk, made_us=NOW, until_us=NOW + DAY_US)
        for name, by in (("Track screen", "ada"), ("Report", "scientist"))
    ]
    for one in links:
        await memory_archive.accounts.add_key(one)
    said = await lab["ada"].text("/you")
    assert "Track screen walk-1, live you" in said
    assert "Report walk-1, live your lab" in said
    assert "2 links are open" in said
    assert "Keep it" in await lab["ada"].text(f"/you/links/{links[0].uid}")
    assert (await lab["ada"].get(f"/you/links/{links[1].uid}")).status_code == 404
    assert (await lab["ben"].post(f"/you/links/{links[0].uid}")).status_code == 404
    assert (await lab["ada"].post(f"/you/links/{links[0].uid}")).status_code == 303
    assert "Track screen" not in await lab["ada"].text("/you")
    assert "Nothing of yours" in await lab["ben"].text("/you")


async def test_a_scientist_of_the_team_erases_one_session_that_was_asked_for(lab, memory_archive):
    walk = await uid_of(memory_archive, "walk-1")
    assert "walk-1, 2 s" in await lab["ada"].text(f"/you/erase/{walk}")
    assert (await lab["ben"].post(f"/you/erase/{walk}")).status_code == 404
    for _ in range(2):
        assert (await lab["ada"].post(f"/you/erase/{walk}")).status_code == 303
    one = await asked(memory_archive)
    assert len(await memory_archive.accounts.erasures()) == 1
    assert "waits for an answer" in await lab["ada"].text("/you")
    assert "walk-1 of Ada Example" in await lab["scientist"].text("/erasures")
    strange = await lab["stranger"].text("/erasures")
    assert "Ada" not in strange
    assert "walk-1" not in strange
    for who in ("stranger", "analyst", "ada", "ben"):
        assert (await lab[who].post(f"/erasures/{one.uid}/erase")).status_code == 404, who
    assert "1 session with all frames" in await lab["scientist"].text(f"/erasures/{one.uid}/erase")
    answered = await lab["scientist"].post(f"/erasures/{one.uid}/erase")
    assert answered.status_code == 303
    assert (await require_receipt(lab, memory_archive, answered.headers["Location"])).what == "session"
    assert await memory_archive.erased(["walk-1", "walk-2"]) == {"walk-1"}
    done = await asked(memory_archive)
    users = {one.uid: one.email for one in await memory_archive.accounts.users()}
    assert (done.state, users[done.answered_by]) == ("done", "scientist@lab.example")
    assert "A session that is not stored any more erased" in await lab["ada"].text("/you")
    again = await lab["admin"].post(f"/erasures/{one.uid}/erase")
    assert again.status_code == 403
    assert "answered it meanwhile" in await again.get_data(as_text=True)


async def test_everything_is_erased_by_an_admin_and_not_by_a_scientist(lab, memory_archive):
    walk = await uid_of(memory_archive, "walk-2")
    await lab["ada"].post(f"/you/erase/{walk}")
    await lab["ada"].post("/you/erase")
    one = next(one for one in await memory_archive.accounts.erasures() if one.everything)
    assert "Everything of an athlete is erased by an admin." in await lab["scientist"].text("/erasures")
    assert (await lab["scientist"].post(f"/erasures/{one.uid}/erase")).status_code == 404
    shown = await lab["admin"].text("/erasures")
    assert "Everything of a-0001: 2 sessions" in shown, "an admin gives no reason here, and reads no name"
    assert "Ada Example" not in shown
    assert "2 requests of athletes" in await lab["admin"].text("/people")
    answered = await lab["admin"].post(f"/erasures/{one.uid}/erase")
    assert answered.status_code == 303
    receipt = await require_receipt(lab, memory_archive, answered.headers["Location"])
    assert (receipt.what, receipt.counts["sessions"], receipt.counts["accounts"]) == ("athlete", 2, 1)
    assert [one.workout_id for one in await memory_archive.workouts()] == ["hop-1"]
    assert [one.name for one in await memory_archive.roster.athletes()] == ["Ben Example"]
    assert {one.state for one in await memory_archive.accounts.erasures()} == {"done"}
    async with asyncio.timeout(10):  # the sign-in ends within a second
        while (await lab["ada"].get("/you")).status_code == 200:
            await asyncio.sleep(0.05)
    assert not any("ada@" in one.email for one in await memory_archive.accounts.users())
    assert "requests of athletes" not in await lab["admin"].text("/people")


async def test_an_admin_erases_an_athlete_from_their_page(lab, memory_archive):
    ada = next(one for one in await memory_archive.roster.athletes() if one.name == "Ada Example")
    path = f"/erasures/athletes/{ada.uid}"
    asks = await lab["admin"].text(path)
    assert "a-0001: sessions 2, streams 2, frames 400" in asks
    assert "Ada" not in asks
    assert "Ada Example · a-0001" in await lab["owner"].text(path)
    for who in ("scientist", "stranger", "analyst", "ada", "ben"):
        assert (await lab[who].get(path)).status_code == 404, who
        assert (await lab[who].post(path)).status_code == 404, who
    assert (await lab["admin"].get(f"/erasures/athletes/{'0' * 32}")).status_code == 404
    answered = await lab["admin"].post(path)
    assert answered.status_code == 303
    await require_receipt(lab, memory_archive, answered.headers["Location"])
    assert [one.name for one in await memory_archive.roster.athletes()] == ["Ben Example"]
    users = {one.uid: one.email for one in await memory_archive.accounts.users()}
    erased = [one for one in await memory_archive.audit.entries() if (one.verb, one.kind) == ("erase", "athlete")]
    assert [(users[one.who], one.uid) for one in erased] == [("admin@lab.example", ada.uid)]
    assert (await lab["admin"].post(path)).status_code == 404


async def test_an_erasure_that_takes_long_says_that_it_goes_on(lab, memory_archive, monkeypatch):
    ada = next(one for one in await memory_archive.roster.athletes() if one.name == "Ada Example")
    going = asyncio.Event()

    async def waits(*_given):
        await going.wait()

    monkeypatch.setattr(receipts, "PATIENCE_S", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(memory_archive.test_days, "forget", waits)
        path = (await lab["admin"].post(f"/erasures/athletes/{ada.uid}")).headers["Location"]
        assert "Erasing is under way" in await lab["admin"].text(path)
    going.set()
    while "Erasing is under way" in await lab["admin"].text(path):
        await asyncio.sleep(0)
    assert "What went" in await lab["admin"].text(path)


async def test_a_request_is_declined_with_a_reason_and_may_be_taken_back(lab, memory_archive):
    await lab["ada"].post("/you/erase")
    one = await asked(memory_archive)
    empty = await lab["admin"].post(f"/erasures/{one.uid}/decline", {"answer": " "})
    assert empty.status_code == 400
    assert "Say why: expected a sentence, which the athlete reads." in await empty.get_data(as_text=True)
    assert (await lab["scientist"].post(f"/erasures/{one.uid}/decline", {"answer": "no"})).status_code == 404
    await lab["admin"].post(f"/erasures/{one.uid}/decline", {"answer": "The law keeps it <until> May."})
    said = await (await lab["ada"].get("/you")).get_data(as_text=True)
    assert "The law keeps it &lt;until&gt; May." in said
    assert "declined" in said
    await lab["ada"].post("/you/erase")
    second = next(one for one in await memory_archive.accounts.erasures() if one.state == "open")
    assert (await lab["ben"].post(f"/you/requests/{second.uid}/withdraw")).status_code == 404
    assert (await lab["ada"].post(f"/you/requests/{second.uid}/withdraw")).status_code == 303
    assert (await memory_archive.accounts.erasure(second.uid)).state == "withdrawn"


async def test_forms_of_a_page_from_elsewhere_ask_for_nothing(lab, memory_archive):
    answer = await lab["ada"].post("/you/erase", Origin="http://elsewhere.example")
    assert answer.status_code == 403
    assert await memory_archive.accounts.erasures() == []
