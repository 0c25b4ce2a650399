"""OpenID Connect against a small identity provider on loopback, which can lie in every way that one can."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest
from argon2 import PasswordHasher
from joserfc.jwk import OctKey, RSAKey
from provider import CLIENT, EMAIL, SECRET, Provider, providing
from pydantic import SecretStr
from quart import Quart

from barograph.access import people
from barograph.access.passwords import Passwords
from dashboard.app import create_app

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with providing() as one:
        yield one


@pytest.fixture
def app(settings, access, memory_archive, memory_live, monkeypatch, provider) -> Quart:
    monkeypatch.setattr("dashboard.app.Passwords", lambda: Passwords(CHEAP))
    named = {"oidc_issuer": provider.url, "oidc_client_id": CLIENT, "oidc_client_secret": SecretStr(SECRET)}
    return create_app(settings.model_copy(update=named), memory_archive, memory_live, access)


async def leave(browser, provider: Provider, onward: str = "/account") -> str:
    """Go to the provider, and return where it sends the browser back to."""
    left = await browser.get(f"/sign-in/openid?next={onward}")
    assert left.status_code == 303, await left.get_data(as_text=True)
    parts = urlsplit(left.headers["Location"])
    assert left.headers["Location"].startswith(f"{provider.url}/authorize?")
    provider.asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert provider.asked["code_challenge_method"] == "S256"
    return f"{urlsplit(provider.asked['redirect_uri']).path}?code=code&state={provider.asked['state']}"


async def test_whoever_has_an_account_signs_in_at_the_provider_and_is_led_on(visitor, add_user, provider):
    await add_user(EMAIL, name="A. Example")
    someone = visitor()
    assert "Sign in at 127.0.0.1" in await someone.text("/sign-in")
    back = await someone.get(await leave(someone, provider))
    assert (back.status_code, back.headers["Location"]) == (303, "/account")
    assert "A. Example" in await someone.text("/account")


async def test_it_opens_once_and_in_the_browser_that_left(visitor, add_user, provider):
    await add_user(EMAIL)
    someone, other = visitor(), visitor()
    path = await leave(someone, provider)
    assert (await other.get(path)).status_code == 403
    assert (await someone.get(path)).status_code == 303
    again = visitor()
    again.client.cookie_jar = someone.client.cookie_jar
    assert (await again.get(path)).status_code == 403


LIES = {
    "another nonce": {"claims": {"nonce": "other"}},
    "no nonce": {"claims": {"nonce": None}},
    "another audience": {"claims": {"aud": "elsewhere"}},
    "another issuer": {"claims": {"iss": "https://evil.example"}},
    "over": {"claims": {"exp": 1, "iat": 0}},
    "an address that nobody verified": {"claims": {"email_verified": False}},
    "verified as a text": {"claims": {"email_verified": "true"}},
    "no address": {"claims": {"email": None}},
    "the address of nobody": {"claims": {"email": "nobody@lab.example"}},
    "what is no address": {"claims": {"email": "nobody"}},
    "another key": {"sign_with": RSAKey.generate_key(2048, {"kid": "one"})},
    "an algorithm that was not pinned": {"header": {"alg": "RS512", "kid": "one"}},
    "the secret as a key": {"header": {"alg": "HS256"}, "sign_with": OctKey.import_key(SECRET)},
}


@pytest.mark.parametrize("lie", LIES)
async def test_what_the_provider_may_not_say_signs_nobody_in(visitor, add_user, provider, lie):
    await add_user(EMAIL)
    someone = visitor()
    path = await leave(someone, provider)
    for name, value in LIES[lie].items():
        setattr(provider, name, value)
    assert (await someone.get(path)).status_code == 403
    assert not any("session" in name for name in someone.cookies)


async def test_a_provider_that_says_another_name_or_nothing_is_left_alone(visitor, provider):
    provider.issuer = "https://evil.example"
    answer = await visitor().get("/sign-in/openid")
    assert answer.status_code == 502
    assert "did not answer as expected" in await answer.get_data(as_text=True)


async def test_the_disabled_do_not_come_in_this_way(visitor, add_user, memory_archive, provider):
    await add_user("b@lab.example")
    user = await add_user(EMAIL, "scientist")
    await people.disable(memory_archive.accounts, user.uid, now_us=1)
    someone = visitor()
    assert (await someone.get(await leave(someone, provider))).status_code == 403
