"""Passkeys over HTTP, with a device in software: what signs in, once, and what never does."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2]))  # what all tests share

from authenticator import PRESENT, Authenticator

from barograph.access import people
from barograph.store.passkeys import CHALLENGE_US

HOST, EMAIL = "localhost:8050", "a.example@lab.example"
BEGIN, FINISH = "/sign-in/passkey/begin", "/sign-in/passkey/finish"


async def begin(browser, purpose: str, **more: str) -> dict:
    answer = await browser.json(BEGIN, {"purpose": purpose, **more})
    assert answer.status_code == 200, await answer.get_data(as_text=True)
    return await answer.get_json()


async def finish(browser, credential: object, **more: str):
    return await browser.json(FINISH, {"credential": credential, **more})


@pytest.fixture
async def member(visitor, add_user):
    await add_user(EMAIL, name="A. Example")
    one = visitor(HOST)
    await one.sign_in(EMAIL)
    return one


@pytest.fixture
async def device(member) -> Authenticator:
    """A device whose passkey is the member's."""
    one = Authenticator()
    made = await finish(member, one.make(await begin(member, "account")))
    assert (made.status_code, await made.get_json()) == (200, {"next": "/account"})
    return one


async def test_a_passkey_of_an_account_signs_in_and_leads_on(visitor, device, memory_archive):
    someone = visitor(HOST)
    entered = await finish(someone, device.use(await begin(someone, "sign-in")), next="/people")
    assert (entered.status_code, await entered.get_json()) == (200, {"next": "/people"})
    assert "A. Example" in await someone.text("/account")
    [passkey] = await memory_archive.accounts.passkeys()
    assert (passkey.count, passkey.used_us is not None) == (1, True)


async def test_an_answer_opens_once(visitor, device):
    first, second = visitor(HOST), visitor(HOST)
    signed = device.use(await begin(first, "sign-in"))
    assert (await finish(first, signed)).status_code == 200
    assert (await finish(second, signed)).status_code == 403
    assert not second.cookies


async def test_a_copy_whose_counter_did_not_go_on_is_refused(visitor, device):
    someone = visitor(HOST)
    assert (await finish(someone, device.use(await begin(someone, "sign-in")))).status_code == 200
    device.count = 0
    copied = visitor(HOST)
    assert (await finish(copied, device.use(await begin(copied, "sign-in")))).status_code == 403


async def test_a_challenge_of_one_name_is_worth_nothing_under_another(visitor, device):
    here, there = visitor(HOST), visitor("localhost:9000")
    assert (await finish(there, device.use(await begin(here, "sign-in")))).status_code == 403


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "http://localhost:9999"},
        {"origin": "https://evil.example"},
        {"name": "evil.example"},
        {"flags": PRESENT},
    ],
)
async def test_what_was_signed_elsewhere_or_without_verifying_somebody_is_refused(visitor, device, change):
    for name, value in change.items():
        setattr(device, name, value)
    someone = visitor(HOST)
    assert (await finish(someone, device.use(await begin(someone, "sign-in")))).status_code == 403
    assert not someone.cookies


async def test_the_passkey_of_nobody_and_that_of_somebody_disabled_look_the_same(
    visitor, add_user, device, memory_archive
):
    strange = Authenticator()
    someone = visitor(HOST)
    unknown = await finish(someone, strange.use(await begin(someone, "sign-in")))
    await add_user("b@lab.example", "admin")
    user = await memory_archive.accounts.user_by_email(EMAIL)
    await people.disable(memory_archive.accounts, user.uid, now_us=1)
    disabled = await finish(someone, device.use(await begin(someone, "sign-in")))
    assert (unknown.status_code, await unknown.get_json()) == (disabled.status_code, await disabled.get_json())
    assert unknown.status_code == 403


async def test_after_five_minutes_a_challenge_is_over(visitor, device, app):
    someone, keyring = visitor(HOST), app.extensions["barograph"]["keyring"]
    signed, now_s = device.use(await begin(someone, "sign-in")), keyring.now_us() / 1e6
    keyring._clock = lambda: now_s + CHALLENGE_US / 1e6 + 1
    assert (await finish(someone, signed)).status_code == 403


async def test_an_old_session_adds_no_passkey(member, app):
    keyring = app.extensions["barograph"]["keyring"]
    now_s = keyring.now_us() / 1e6
    keyring._clock = lambda: now_s + 3600
    answer = await member.json(BEGIN, {"purpose": "account"})
    assert answer.status_code == 403
    assert "sign out and in again" in (await answer.get_json())["message"].lower()


async def test_one_device_is_one_passkey(member, device):
    options = await begin(member, "account")
    assert [one["id"] for one in options["excludeCredentials"]] == [device.use(options)["id"]]
    assert (await finish(member, device.make(options))).status_code == 403


async def test_the_first_run_by_passkey_makes_the_first_user_without_a_password(visitor, memory_archive):
    owner, device = visitor(HOST), Authenticator()
    await owner.open_link()
    options = await begin(owner, "first-run", email=EMAIL, name="A. Example")
    assert await memory_archive.accounts.users() == []
    made = await finish(owner, device.make(options))
    assert await made.get_json() == {"next": "/first-run/lab"}
    [user] = await memory_archive.accounts.users()
    assert (user.roles, user.password_hash) == ({"admin", "scientist", "analyst", "athlete"}, "")
    assert "A. Example" in await owner.text("/account")
    [passkey] = await memory_archive.accounts.passkeys(user.uid)
    assert (await owner.post(f"/account/passkeys/{passkey.uid}/remove")).status_code == 403  # the only way in


async def test_an_invitation_is_accepted_by_passkey_once(visitor, member, memory_archive):
    answer = await member.post("/people/invite", {"roles": "analyst", "email": "j@lab.example"})
    secret = re.search(r"/invitation/(bgi_[\w-]+)", await answer.get_data(as_text=True)).group(1)
    first, second = visitor(HOST), visitor(HOST)
    asked = [await begin(one, "invitation", secret=secret, name="J") for one in (first, second)]
    made = [await finish(one, Authenticator().make(to)) for one, to in zip((first, second), asked, strict=True)]
    assert [one.status_code for one in made] == [200, 404]
    user = await memory_archive.accounts.user_by_email("j@lab.example")
    assert user.roles == {"analyst"}
    assert len(await memory_archive.accounts.passkeys()) == 1


@pytest.mark.parametrize(
    ("purpose", "status"), [("first-run", 404), ("account", 404), ("invitation", 404), ("king", 400), ("", 400)]
)
async def test_nobody_begins_what_is_not_theirs(visitor, purpose, status):
    answer = await visitor(HOST).json(BEGIN, {"purpose": purpose, "email": EMAIL, "secret": "bgi_x"})
    assert answer.status_code == status


@pytest.mark.parametrize("host", ["127.0.0.1:8050", "[::1]:8050"])
async def test_a_bare_address_has_no_passkeys(visitor, host):
    assert (await visitor(host).json(BEGIN, {"purpose": "sign-in"})).status_code == 400


@pytest.mark.parametrize(
    "credential",
    [None, {}, [], "x", {"response": {}}, {"response": {"clientDataJSON": "e30"}}, {"response": {"clientDataJSON": 7}},
     {"response": {"clientDataJSON": "\u2603"}}],
)  # fmt: skip
async def test_what_no_browser_sends_is_refused(visitor, credential):
    assert (await finish(visitor(HOST), credential)).status_code == 400


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("signature", "AA"),
        ("authenticatorData", "AA"),
        ("authenticatorData", 7),
        ("userHandle", 7),
        ("signature", None),
    ],
)
async def test_an_answer_that_is_broken_is_refused_and_signs_nobody_in(visitor, device, place, value):
    someone = visitor(HOST)
    signed = device.use(await begin(someone, "sign-in"))
    signed["response"][place] = value
    assert (await finish(someone, signed)).status_code in (400, 403)
    assert not someone.cookies


@pytest.mark.parametrize("value", ["AA", "gA", "ow", 7, None])
async def test_an_attestation_that_is_broken_makes_nothing(member, memory_archive, value):
    made = Authenticator().make(await begin(member, "account"))
    made["response"]["attestationObject"] = value
    assert (await finish(member, made)).status_code in (400, 403)
    assert await memory_archive.accounts.passkeys() == []


async def test_a_passkey_that_is_known_makes_no_second_user_and_uses_no_invitation_up(
    visitor, member, device, memory_archive
):
    answer = await member.post("/people/invite", {"roles": "analyst", "email": "j@lab.example"})
    secret = re.search(r"/invitation/(bgi_[\w-]+)", await answer.get_data(as_text=True)).group(1)
    someone = visitor(HOST)
    asked = {"secret": secret, "name": "J"}
    assert (await finish(someone, device.make(await begin(someone, "invitation", **asked)))).status_code == 403
    assert await memory_archive.accounts.user_by_email("j@lab.example") is None
    other = Authenticator()
    assert (await finish(someone, other.make(await begin(someone, "invitation", **asked)))).status_code == 200


async def test_who_signs_in_by_passkey_alone_may_set_a_password_soon_after_they_signed_in(visitor):
    owner, device = visitor(HOST), Authenticator()
    await owner.open_link()
    await finish(owner, device.make(await begin(owner, "first-run", email=EMAIL, name="A")))
    assert "A password too" in await owner.text("/account")
    assert (await owner.post("/account/password", {"new": "short"})).status_code == 400
    assert (await owner.post("/account/password", {"new": "warm lamps over the track"})).status_code == 303
    assert (await visitor(HOST).sign_in(EMAIL)).status_code == 303


async def test_an_old_session_sets_no_first_password(visitor, app):
    owner, keyring = visitor(HOST), app.extensions["barograph"]["keyring"]
    await owner.open_link()
    await finish(owner, Authenticator().make(await begin(owner, "first-run", email=EMAIL, name="A")))
    now_s = keyring.now_us() / 1e6
    keyring._clock = lambda: now_s + 3600
    late = await owner.post("/account/password", {"new": "warm lamps over the track"})
    assert late.status_code == 400
    assert "sign out and in again" in (await late.get_data(as_text=True)).lower()
