"""Invitations: looking uses nothing up, a form does, once, within 72 hours."""

from __future__ import annotations

import html as markup
import re

import pytest

from barograph.store.accounts import INVITATION_US

ADMIN, NEW = "a.example@lab.example", "j.muster@lab.example"
FORM = {"name": "J. Muster", "email": NEW, "password": "rain on the ash track"}


@pytest.fixture
async def admin(visitor, add_user):
    await add_user(ADMIN, name="A. Example")
    one = visitor()
    await one.sign_in(ADMIN)
    return one


async def invite(admin, **form) -> str:
    """The path of a new invitation."""
    answer = await admin.post("/people/invite", {"email": NEW, "roles": "scientist", **form})
    assert answer.status_code == 200
    link = re.search(r"http://[^<\"]+/invitation/[\w-]+", await answer.get_data(as_text=True)).group()
    return link[link.index("/invitation/") :]


async def test_looking_and_previews_of_links_use_nothing_up(visitor, admin):
    path = await invite(admin)
    preview = visitor()
    for _ in range(3):
        assert (await preview.head(path)).status_code == 200
        assert "A. Example invites you to Barograph" in await preview.text(path)
    assert not preview.cookies
    assert (await visitor().post(path, FORM)).status_code == 303


async def test_an_invitation_makes_one_user_as_it_said_who_is_signed_in(visitor, admin, memory_archive):
    team = await memory_archive.roster.add_team("Sprint", now_us=1)
    path = await invite(admin, teams=team.uid)
    someone = visitor()
    assert "as scientist of Sprint" in await someone.text(path)
    assert (await someone.post(path, FORM)).status_code == 303
    user = await memory_archive.accounts.user_by_email(NEW)
    assert (user.name, user.roles, user.teams) == ("J. Muster", {"scientist"}, {team.uid})
    assert "J. Muster" in await someone.text("/account")


async def test_of_two_who_open_it_one_gets_in_and_the_other_is_told(visitor, admin, memory_archive):
    path = await invite(admin, email="")
    assert (await visitor().post(path, FORM)).status_code == 303
    second = visitor()
    late = await second.post(path, FORM | {"email": "other@lab.example"})
    assert late.status_code == 410
    assert "It was used" in await late.get_data(as_text=True)
    assert (await second.get(path)).status_code == 410
    assert await memory_archive.accounts.user_by_email("other@lab.example") is None


async def test_an_address_that_somebody_has_is_refused_and_uses_nothing_up(visitor, admin, add_user):
    path = await invite(admin, email="")
    someone = visitor()
    taken = await someone.post(path, FORM | {"email": ADMIN.upper()})
    assert taken.status_code == 403
    assert "no user has" in await taken.get_data(as_text=True)
    assert (await someone.post(path, FORM)).status_code == 303


@pytest.mark.parametrize(
    ("change", "said"), [({"password": "short"}, "12 to 256"), ({"email": "no address"}, "expected an address")]
)
async def test_what_does_not_do_is_said_beside_what_was_typed_and_uses_nothing_up(visitor, admin, change, said):
    path = await invite(admin, email="")
    someone = visitor()
    answer = await someone.post(path, FORM | change)
    text = markup.unescape(await answer.get_data(as_text=True))
    assert answer.status_code == 400
    assert said in text.lower()
    assert 'value="J. Muster"' in text
    assert (await someone.post(path, FORM)).status_code == 303


async def test_after_72_hours_and_after_it_was_taken_back_it_opens_nothing(visitor, admin, app, memory_archive):
    first, second = await invite(admin, email=""), await invite(admin, email="")
    [newest, _] = await memory_archive.accounts.invitations()
    assert newest.until_us - newest.made_us == INVITATION_US
    await admin.post(f"/people/invitations/{newest.uid}/revoke")
    assert sorted([(await visitor().get(path)).status_code for path in (first, second)]) == [200, 410]
    keyring = app.extensions["barograph"]["keyring"]
    keyring._clock = lambda: newest.until_us / 1e6 + 1
    for path in (first, second):
        assert (await visitor().post(path, FORM)).status_code == 410


@pytest.mark.parametrize("secret", ["x", "bgi_" + "a" * 43, "%00", "bgi_" + "x" * 5000])
async def test_a_secret_of_nobodys_opens_nothing(visitor, admin, secret):
    assert (await visitor().get(f"/invitation/{secret}")).status_code == 410
    assert (await visitor().post(f"/invitation/{secret}", FORM)).status_code == 410
