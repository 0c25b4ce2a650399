"""OpenID Connect against a small identity provider on loopback, which can lie in every way that one can."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest
import uvicorn
from argon2 import PasswordHasher
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from pydantic import SecretStr
from quart import Quart, request

from barograph.access import people
from barograph.access.passwords import Passwords
from dashboard.app import create_app

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
EMAIL, CLIENT, SECRET = "a.example@lab.example", "lab", "a secret of the lab and its provider"


@dataclass
class Provider:
    """An identity provider: what it says, and the keys that it signs with."""

    url: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    claims: dict = field(default_factory=dict)
    header: dict = field(default_factory=lambda: {"alg": "RS256", "kid": "one"})
    sign_with: object = None
    issuer: str = ""
    asked: dict = field(default_factory=dict)

    def app(self) -> Quart:
        app = Quart("provider")

        @app.get("/.well-known/openid-configuration")
        async def about():
            return {"issuer": self.issuer or self.url, "authorization_endpoint": f"{self.url}/authorize",
                    "token_endpoint": f"{self.url}/token", "jwks_uri": f"{self.url}/keys"}  # fmt: skip

        @app.get("/keys")
        async def keys():
            return {"keys": [self.key.as_dict(private=False)]}

        @app.post("/token")
        async def token():
            return await self.token(await request.form)

        return app

    async def token(self, form):
        """Exchange the code, once, for whoever has the verifier and the secret."""
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        known = request.authorization and (request.authorization.username, request.authorization.password)
        if known != (CLIENT, SECRET) or form["code"] != "code" or challenge != self.asked["code_challenge"]:
            return {"error": "invalid_grant"}, 400
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "sub": "7", "iat": now, "exp": now + 60, "nonce": self.asked["nonce"],
                  "email": EMAIL, "email_verified": True, **self.claims}  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        signed = jwt.encode(self.header, claims, self.sign_with or self.key, algorithms=["RS256", "HS256", "RS512"])
        return {"access_token": "x", "token_type": "Bearer", "id_token": signed}


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    one = Provider()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    one.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(one.app(), log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    yield one
    server.should_exit = True
    await task


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
