"""The list of people: filters that stand in the address, the same as CSV, and whose record an account is."""

from __future__ import annotations

import csv
import io
import re

import pytest

from barograph.store.roster import Athlete

FIRST = "first@lab.example"


@pytest.fixture
async def lab(visitor, add_user, memory_archive):
    """Two teams with an athlete each, people of several roles, and three of them signed in."""
    roster = memory_archive.roster
    made = {}
    for name in ("Track", "Field"):
        team = made[name] = await roster.add_team(name, now_us=1)
        made[f"{name}er"] = await roster.add(Athlete(f"{name} Example", teams=(team.uid,)), now_us=1)
    await add_user(FIRST, name="First")
    await add_user("boss@lab.example", "admin", name="Boss")
    await add_user("s@lab.example", "scientist", name="=cmd|' /C calc'!A0", teams={made["Track"].uid})
    await add_user("a@lab.example", "analyst", name="Analyst", granted={made["Field"].uid})
    for name in ("boss", "s", "first"):
        made[name] = visitor()
        await made[name].sign_in(f"{name}@lab.example")
    return made


async def named(browser, search: str) -> set[str]:
    html = await (await browser.get(f"/people{search}")).get_data(as_text=True)
    return set(re.findall(r"[a-z]+@lab\.example", html.partition('class="desk-table"')[2].partition("</table>")[0]))


async def test_filters_stand_in_the_address(lab, memory_archive):
    everybody = {FIRST, "boss@lab.example", "s@lab.example", "a@lab.example"}
    assert await named(lab["boss"], "") == everybody
    assert await named(lab["boss"], "?role=analyst") == {FIRST, "a@lab.example"}
    assert await named(lab["boss"], f"?team={lab['Track'].uid}") == {"s@lab.example"}
    assert await named(lab["boss"], f"?team={lab['Field'].uid}") == {"a@lab.example"}
    assert await named(lab["boss"], "?find=BOSS") == {"boss@lab.example"}
    assert await named(lab["boss"], "?state=password") == everybody
    assert await named(lab["boss"], "?state=never") == {"a@lab.example"}
    assert await named(lab["boss"], "?role=analyst&find=nobody") == set()
    said = await lab["boss"].text("/people?role=analyst&find=nobody")
    assert "Nobody is like that." in said
    assert "0 of 4" in said
    uid = (await memory_archive.accounts.user_by_email("a@lab.example")).uid
    await lab["boss"].post(f"/people/{uid}/disable")
    assert await named(lab["boss"], "?state=disabled") == {"a@lab.example"}


@pytest.mark.parametrize("search", ["?role=king", "?team=<b>", "?state=%00"])
async def test_a_filter_that_is_none_is_said_and_left_out(lab, search):
    said = await lab["boss"].text(f"/people{search}")
    assert "expected" in said
    assert "everybody is shown" in said
    assert len(await named(lab["boss"], search)) == 4


async def test_the_list_is_exported_as_it_is_filtered_and_no_cell_is_a_formula(lab):
    answer = await lab["boss"].get("/people/list.csv?role=scientist")
    text = (await answer.get_data()).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["email"] for row in rows} == {FIRST, "s@lab.example"}
    row = next(row for row in rows if row["email"] == "s@lab.example")
    assert row["name"] == "'=cmd|' /C calc'!A0"
    assert (row["roles"], row["teams"], row["signs_in_by"], row["state"]) == (
        "scientist", "Track", "password", "enabled",
    )  # fmt: skip
    assert "attachment" in answer.headers["Content-Disposition"]
    assert (await lab["s"].get("/people/list.csv")).status_code == 404


async def test_an_invitation_of_an_athlete_names_the_record(lab, memory_archive):
    unsaid = await lab["boss"].post("/people/invite", {"roles": "athlete"})
    assert unsaid.status_code == 400
    assert "whose record it is" in await unsaid.get_data(as_text=True)
    other = await lab["boss"].post("/people/invite", {"roles": "analyst", "athlete": lab["Tracker"].uid})
    assert other.status_code == 400
    made = await lab["boss"].post("/people/invite", {"roles": "athlete", "athlete": lab["Tracker"].uid})
    assert made.status_code == 200
    (kept,) = await memory_archive.accounts.invitations()
    assert (kept.athlete, kept.roles) == (lab["Tracker"].uid, {"athlete"})
    chooser = (await (await lab["boss"].get("/people")).get_data(as_text=True)).partition('name="athlete"')[2]
    assert "Track Example" not in chooser, "an admin reads no names without a reason"
    assert lab["Tracker"].short_id in chooser


async def test_a_scientist_invites_athletes_of_own_teams_and_nobody_else(lab, memory_archive):
    page = await (await lab["s"].get("/people/invite")).get_data(as_text=True)
    assert "Track Example" in page
    assert "Field Example" not in page
    refused = (
        {"roles": "athlete", "athlete": lab["Fielder"].uid},
        {"roles": "athlete", "athlete": "nobody"},
        {"roles": "scientist", "athlete": lab["Tracker"].uid},
        {"roles": ["athlete", "admin"], "athlete": lab["Tracker"].uid},
        {"roles": "athlete", "athlete": lab["Tracker"].uid, "teams": lab["Track"].uid},
    )
    for form in refused:
        assert (await lab["s"].post("/people/invite", form)).status_code == 404, form
    assert await memory_archive.accounts.invitations() == []
    made = await lab["s"].post("/people/invite", {"roles": "athlete", "athlete": lab["Tracker"].uid})
    assert "not shown again" in await made.get_data(as_text=True)
    (kept,) = await memory_archive.accounts.invitations()
    assert (await lab["s"].post(f"/people/invitations/{kept.uid}/revoke")).status_code == 303
    await lab["boss"].post("/people/invite", {"roles": "analyst"})
    theirs = next(one for one in await memory_archive.accounts.invitations() if one.uid != kept.uid)
    assert (await lab["s"].post(f"/people/invitations/{theirs.uid}/revoke")).status_code == 404


async def test_an_account_is_given_its_record_and_the_list_says_whose_it_is(lab, add_user, memory_archive):
    user = await add_user("new@lab.example", "athlete", name="New")
    page = f"/people/{user.uid}"
    assert (await lab["first"].post(page, {"name": "New", "roles": "athlete"})).status_code == 400
    given = {"name": "New", "roles": "athlete", "athlete": lab["Tracker"].uid}
    assert (await lab["first"].post(page, given)).status_code == 303
    assert (await memory_archive.accounts.user(user.uid)).athlete == lab["Tracker"].uid
    assert f"own data, is {lab['Tracker'].short_id}" in await lab["first"].text("/people")
