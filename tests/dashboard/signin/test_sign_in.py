"""Signing in by password and out: what a browser gets, and what it never learns."""

from __future__ import annotations

import re

import pytest

from barograph.errors import StorageAway

EMAIL = "a.example@lab.example"


async def test_a_lab_without_users_asks_for_the_link_as_it_always_did(visitor):
    answer = await visitor().get("/")
    assert answer.status_code == 403
    assert "barograph link" in await answer.get_data(as_text=True)


async def test_where_somebody_has_an_account_a_person_is_led_to_sign_in_and_back(visitor, add_user):
    await add_user(EMAIL, name="A. Example")
    someone = visitor()
    sent = await someone.get("/account")
    assert (sent.status_code, sent.headers["Location"]) == (303, "/sign-in?next=%2Faccount")
    html = await (await someone.get(sent.headers["Location"])).get_data(as_text=True)
    onward = re.search(r'name="next" value="([^"]+)"', html).group(1)
    entered = await someone.sign_in(EMAIL, next=onward)
    assert (entered.status_code, entered.headers["Location"]) == (303, "/account")
    assert (await someone.get("/account")).status_code == 200


@pytest.mark.parametrize("path", ["/_dash-layout", "/data/walk"])
async def test_a_program_is_told_and_not_led(visitor, add_user, path):
    await add_user(EMAIL)
    assert (await visitor().get(path, Accept="application/json")).status_code == 403


async def test_the_cookie_of_a_session_is_random_and_only_its_hash_is_stored(visitor, add_user, memory_archive):
    user = await add_user(EMAIL)
    someone = visitor()
    entered = await someone.sign_in(EMAIL)
    cookie = entered.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    [session] = await memory_archive.accounts.sessions(user.uid)
    assert session.hash not in cookie
    assert session.address == "127.0.0.1"


async def test_nothing_says_which_half_was_wrong_and_the_password_does_not_come_back(visitor, add_user):
    await add_user(EMAIL)
    someone = visitor()
    wrong = await someone.sign_in(EMAIL, "not the password at all")
    unknown = await someone.sign_in("nobody@lab.example", "not the password at all")
    assert (wrong.status_code, unknown.status_code) == (403, 403)
    texts = [await answer.get_data(as_text=True) for answer in (wrong, unknown)]
    assert texts[0].replace(EMAIL, "") == texts[1].replace("nobody@lab.example", "")
    assert "9 more tries" in texts[0]
    assert "not the password" not in texts[0]
    assert not someone.cookies


async def test_after_too_many_tries_the_pause_is_said_and_the_right_password_waits_too(visitor, add_user):
    await add_user(EMAIL)
    someone = visitor()
    for _ in range(10):
        await someone.sign_in(EMAIL, "not the password at all")
    paused = await someone.sign_in(EMAIL)
    assert paused.status_code == 429
    assert int(paused.headers["Retry-After"]) > 0
    assert "min" in await paused.get_data(as_text=True)
    assert not someone.cookies


async def test_signing_out_ends_the_session_on_the_server_and_the_way_of_the_link(visitor, add_user, memory_archive):
    user = await add_user(EMAIL)
    someone = visitor()
    await someone.open_link()
    await someone.sign_in(EMAIL)
    left = await someone.post("/sign-out")
    assert (left.status_code, left.headers["Location"]) == (303, "/sign-in?out")
    assert not someone.cookies
    [session] = await memory_archive.accounts.sessions(user.uid)
    assert session.revoked_us is not None
    assert (await someone.get("/account")).status_code == 303


async def test_signing_in_again_ends_the_session_that_the_browser_had(visitor, add_user, memory_archive):
    user = await add_user(EMAIL)
    someone = visitor()
    await someone.sign_in(EMAIL)
    await someone.sign_in(EMAIL)
    sessions = await memory_archive.accounts.sessions(user.uid)
    assert [one.revoked_us is None for one in sessions].count(True) == 1


@pytest.mark.parametrize("onward", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/sign-in"])
async def test_nobody_is_led_elsewhere_after_signing_in(visitor, add_user, onward):
    await add_user(EMAIL)
    assert (await visitor().sign_in(EMAIL, next=onward)).headers["Location"] == "/"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:9999"])
@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
async def test_a_form_of_another_page_does_nothing(visitor, add_user, origin, path):
    await add_user(EMAIL)
    someone = visitor()
    await someone.sign_in(EMAIL)
    before = someone.cookies
    answer = await someone.post(path, {"email": EMAIL, "password": "x"}, Origin=origin)
    assert answer.status_code == 403
    assert someone.cookies == before


async def test_while_the_archive_is_away_nobody_gets_in_and_the_page_says_so(
    visitor, add_user, memory_archive, monkeypatch
):
    await add_user(EMAIL)
    known = visitor()
    await known.sign_in(EMAIL)

    async def away(*_given, **_named):
        raise StorageAway("the archive did not answer")

    for name in ("key", "count_attempts", "users"):
        monkeypatch.setattr(memory_archive.accounts, name, away)
    someone = visitor()
    answer = await someone.sign_in(EMAIL)
    assert answer.status_code == 503
    assert "Nobody can be signed in" in await answer.get_data(as_text=True)
    assert not someone.cookies
    assert (await someone.get("/sign-in")).status_code == 200


async def test_a_page_of_secrets_is_kept_by_nobody_and_tells_other_sites_nothing(visitor):
    answer = await visitor().get("/sign-in")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "unsafe" not in re.search(r"script-src ([^;]+)", answer.headers["Content-Security-Policy"]).group(1)
