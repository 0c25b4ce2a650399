"""The pages of people and of what opens a door: who may look, what they change, and what looks the same to others."""

from __future__ import annotations

import re
import time

import pytest

ADMIN, MEMBER = "a.example@lab.example", "b.sample@lab.example"
ADMINS_PAGES = ("/people", "/access", "/people/{uid}", "/people/{uid}/disable", "/access/everyone")


@pytest.fixture
async def admin(visitor, add_user):
    await add_user(ADMIN, name="A. Example")
    one = visitor()
    await one.sign_in(ADMIN)
    return one


@pytest.fixture
async def member(visitor, add_user, admin):
    await add_user(MEMBER, "scientist", name="<b>B. Sample</b>")
    one = visitor()
    await one.sign_in(MEMBER)
    return one


@pytest.fixture
async def users(memory_archive, member):
    return {user.email: user for user in await memory_archive.accounts.users()}


async def test_people_are_listed_with_what_they_are_and_the_table_of_rights(admin, member):
    html = await (await admin.get("/people")).get_data(as_text=True)
    assert "&lt;b&gt;B. Sample&lt;/b&gt;" in html
    assert "<b>B. Sample</b>" not in html.replace("<b>&lt;", "")
    assert "What each role may do" in html


@pytest.mark.parametrize("path", ADMINS_PAGES)
async def test_to_whoever_does_not_administer_these_pages_are_nothing(member, admin, users, path):
    path = path.format(uid=users[ADMIN].uid)
    assert (await admin.get(path)).status_code == 200
    hidden, nowhere = await member.get(path), await member.get("/people/nobody")
    assert (hidden.status_code, nowhere.status_code) == (404, 404)
    assert await hidden.get_data() == await nowhere.get_data()


@pytest.mark.parametrize("path", ["/people/{uid}/disable", "/people/{uid}", "/people/invite", "/access/everyone"])
async def test_nobody_changes_by_a_form_what_they_may_not(member, users, memory_archive, path):
    answer = await member.post(path.format(uid=users[ADMIN].uid), {"roles": "athlete", "email": "x@y.example"})
    assert answer.status_code == 404
    user = await memory_archive.accounts.user(users[ADMIN].uid)
    assert (user.enabled, len(user.roles)) == (True, 4)
    assert await memory_archive.accounts.invitations() == []


async def test_disabling_somebody_ends_what_they_had_and_enabling_lets_them_sign_in_again(admin, member, users):
    uid = users[MEMBER].uid
    assert (await member.get("/account")).status_code == 200
    asked = await admin.text(f"/people/{uid}/disable")
    assert "within 3 seconds" in asked
    assert (await admin.post(f"/people/{uid}/disable")).status_code == 303
    assert (await member.get("/account")).status_code == 303
    assert (await member.sign_in(MEMBER)).status_code == 403
    await admin.post(f"/people/{uid}/enable")
    assert (await member.sign_in(MEMBER)).status_code == 303


@pytest.mark.parametrize(("path", "form"), [("/disable", {}), ("", {"name": "A", "roles": "scientist"})])
async def test_the_last_admin_stays(admin, users, memory_archive, path, form):
    answer = await admin.post(f"/people/{users[ADMIN].uid}{path}", form)
    assert answer.status_code == 400
    assert "another admin" in await answer.get_data(as_text=True)
    assert (await memory_archive.accounts.user(users[ADMIN].uid)).governs


async def test_roles_and_teams_change_at_once(admin, member, users, memory_archive):
    team = await memory_archive.roster.add_team("Sprint", now_us=1)
    changed = await admin.post(
        f"/people/{users[MEMBER].uid}", {"name": "B", "roles": ["admin", "analyst"], "granted": team.uid}
    )
    assert changed.status_code == 303
    user = await memory_archive.accounts.user(users[MEMBER].uid)
    assert (user.roles, user.granted, user.teams) == ({"admin", "analyst"}, {team.uid}, set())
    assert (await member.get("/people")).status_code == 200


@pytest.mark.parametrize("form", [{"roles": "king"}, {}, {"roles": "analyst", "granted": "no such team"}])
async def test_what_is_no_role_and_no_team_is_refused(admin, users, form):
    for path in (f"/people/{users[MEMBER].uid}", "/people/invite"):
        assert (await admin.post(path, form)).status_code == 400


async def test_a_session_that_an_admin_ends_is_over_at_once(admin, member, users, memory_archive):
    [session] = await memory_archive.accounts.sessions(users[MEMBER].uid)
    page = await (await admin.get("/access")).get_data(as_text=True)
    assert f"/access/end/{session.uid}" in page
    asked = await (await admin.get(f"/access/end/{session.uid}")).get_data(as_text=True)
    assert re.search(r"<a [^>]*autofocus[^>]*>Keep it</a>", asked)
    assert (await member.get("/account")).status_code == 200
    await admin.post(f"/access/end/{session.uid}")
    assert (await member.get("/account")).status_code == 303
    assert (await admin.get(f"/access/end/{session.uid}")).status_code == 404


async def test_signing_everyone_out_spares_this_browser(admin, member):
    await admin.post("/access/everyone")
    assert (await member.get("/account")).status_code == 303
    assert (await admin.get("/access")).status_code == 200


async def test_one_ends_ones_own_sessions_and_tokens_and_nobody_elses(admin, member, users, memory_archive):
    made = await member.post("/account/tokens", {"name": "notebook", "days": "9"})
    secret = re.search(r"bgt_[\w-]+", await made.get_data(as_text=True)).group()
    assert secret not in await (await member.get("/account")).get_data(as_text=True)
    [token] = await memory_archive.accounts.tokens(users[MEMBER].uid)
    [of_admin] = await memory_archive.accounts.sessions(users[ADMIN].uid)
    assert (await member.post(f"/account/end/{of_admin.uid}")).status_code == 404
    assert (await member.post(f"/account/end/{token.uid}")).status_code == 303
    [token] = await memory_archive.accounts.tokens(users[MEMBER].uid)
    assert token.revoked_us is not None
    assert (await admin.get("/access")).status_code == 200


async def test_a_new_password_ends_the_other_browsers_and_wants_the_old_one(visitor, member, users):
    other = visitor()
    await other.sign_in(MEMBER)
    new = "a colder lamp by the river"
    wrong = await member.post("/account/password", {"old": "not mine at all", "new": new})
    assert wrong.status_code == 400
    assert (await other.get("/account")).status_code == 200
    assert (await member.post("/account/password", {"old": "warm lamps over the track", "new": new})).status_code == 303
    assert (await other.get("/account")).status_code == 303
    assert (await member.get("/account")).status_code == 200
    assert (await visitor().sign_in(MEMBER, new)).status_code == 303


async def test_signing_out_everywhere_ends_all_of_ones_browsers(visitor, member):
    other = visitor()
    await other.sign_in(MEMBER)
    await member.post("/account/sign-out-everywhere")
    for browser in (member, other):
        assert (await browser.get("/account")).status_code == 303


@pytest.mark.parametrize("days", ["0", "367", "x", "", "-1", "99999"])
async def test_a_token_lasts_whole_days_up_to_a_year(member, memory_archive, days):
    assert (await member.post("/account/tokens", {"name": "notebook", "days": days})).status_code == 400
    assert await memory_archive.accounts.tokens() == []


async def test_a_clock_that_is_set_back_ends_sessions(member, app):
    keyring = app.extensions["barograph"]["keyring"]
    keyring._clock = lambda: time.time() - 3600
    keyring._known.forget(lambda _known: True)
    assert (await member.get("/account")).status_code == 303


async def test_two_users_with_one_address_are_refused(admin, member):
    answer = await admin.post("/people/invite", {"email": MEMBER.upper(), "roles": "analyst"})
    assert answer.status_code == 400
    assert "no user has" in await answer.get_data(as_text=True)
