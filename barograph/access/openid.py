"""OpenID Connect: users sign in at the identity provider that the settings name, if they have an account here.

The code flow with PKCE, state and nonce, each 256 random bits, kept here for five minutes and taken once; the browser
that comes back has to be the one that left. Of signatures the algorithms below are taken and no others, whatever a
token says. A user is the one whose address the provider says it has verified; nobody is made here, and a password stays
possible. `docs/decisions/0061-openid-connect.md` says why.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from barograph.access.keyring import Keyring
from barograph.access.remembered import Remembered
from barograph.access.secrets import hashed, new_secret
from barograph.errors import InvalidData, Refused
from barograph.settings import Settings
from barograph.store.accounts import Accounts, User
from barograph.store.passkeys import CHALLENGE_US, Challenge

ALGORITHMS = ("RS256", "PS256", "ES256")
PURPOSE = "openid"
TIMEOUT_S, LEEWAY_S, KNOWN_S = 10.0, 120, 600.0
MOST_BYTES = 1 << 18
STRANGE = "sign-in: the identity provider did not answer as expected"
OVER = "sign-in: this took more than five minutes, or began in another browser; try again"
NOBODY = (
    "sign-in: the identity provider knows you, but nobody here has your verified address; ask an admin to invite you"
)


@dataclass(frozen=True)
class Leaving:
    """Where a browser is sent, and what it has to bring back, which its cookie keeps."""

    url: str
    state: str


class OpenId:
    """The identity provider of the settings, as one process knows it."""

    def __init__(self, settings: Settings, accounts: Accounts, keyring: Keyring) -> None:
        self._accounts, self._keyring = accounts, keyring
        self._issuer = settings.oidc_issuer or ""
        self._client, self._secret = settings.oidc_client_id or "", settings.oidc_client_secret
        self._known: Remembered[str, tuple[dict[str, Any], KeySet]] = Remembered(KNOWN_S, 1)

    @property
    def name(self) -> str:
        """The provider's host, "" where none is named."""
        return urlsplit(self._issuer).hostname or ""

    async def leave(self, back: str, onward: str) -> Leaving:
        """Begin to sign in: `back` is the address that the provider sends the browser to."""
        about, _ = await self._provider()
        state, nonce, verifier = new_secret(), new_secret(), new_secret()
        said = {"nonce": nonce, "verifier": verifier, "back": back, "onward": onward}
        until_us = self._keyring.now_us() + CHALLENGE_US
        await self._accounts.add_challenge(
            Challenge(hash=hashed(state), purpose=PURPOSE, said=json.dumps(said), until_us=until_us)
        )
        asked = {
            "response_type": "code", "scope": "openid email", "client_id": self._client, "redirect_uri": back,
            "state": state, "nonce": nonce, "code_challenge_method": "S256",
            "code_challenge": create_s256_code_challenge(verifier),
        }  # fmt: skip
        address = str(about["authorization_endpoint"])
        return Leaving(f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}", state)

    async def come_back(self, state: str, code: str) -> tuple[User, str]:
        """Return who came back and where they wanted to go, or refuse; the state is used up whatever comes of it."""
        found = await self._accounts.take_challenge(hashed(state), self._keyring.now_us())
        if found is None or found.purpose != PURPOSE:
            raise Refused("not_signed_in", OVER)
        said = json.loads(found.said)
        claims = await self._claims(code, said)
        if claims.get("email_verified") is not True or not isinstance(claims.get("email"), str):
            raise Refused("not_signed_in", NOBODY)
        try:
            user = await self._accounts.user_by_email(claims["email"])
        except InvalidData as error:
            raise Refused("not_signed_in", NOBODY) from error
        if user is None or not user.enabled:
            raise Refused("not_signed_in", NOBODY)
        return user, str(said["onward"])

    async def _claims(self, code: str, said: dict[str, str]) -> dict[str, Any]:
        about, keys = await self._provider()
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": said["back"],
            "code_verifier": said["verifier"], "client_id": self._client,
        }  # fmt: skip
        secret = self._secret.get_secret_value() if self._secret else ""
        answer = await _asked("POST", str(about["token_endpoint"]), data=form, auth=(self._client, secret))
        try:
            token = jwt.decode(str(answer["id_token"]), keys, algorithms=list(ALGORITHMS))
            rules = {
                "iss": {"essential": True, "value": self._issuer},
                "aud": {"essential": True, "value": self._client},
            }
            asked = {"nonce": said["nonce"], "client_id": self._client}
            claims = CodeIDToken(token.claims, token.header, rules, asked)
            claims.validate(now=self._keyring.now_us() // 1_000_000, leeway=LEEWAY_S)
        except (JoseError, AuthlibBaseError, ValueError, KeyError, TypeError) as error:
            raise Refused("not_signed_in", STRANGE) from error
        return dict(token.claims)

    async def _provider(self) -> tuple[dict[str, Any], KeySet]:
        """What the provider says of itself, and its keys; asked again every ten minutes."""
        if (known := self._known.get(self._issuer)) is not None:
            return known
        asked_s = self._known.now_s()
        about = await _asked("GET", f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        places = [about.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        if about.get("issuer") != self._issuer or not all(_safe(one) for one in places):
            raise Refused("not_signed_in", STRANGE)
        try:
            keys = KeySet.import_key_set(await _asked("GET", str(about["jwks_uri"])))  # type: ignore[arg-type]
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise Refused("not_signed_in", STRANGE) from error
        return self._known.keep(self._issuer, (about, keys), asked_s)


def _safe(address: object) -> bool:
    parts = urlsplit(address) if isinstance(address, str) else None
    local = parts is not None and parts.hostname in ("localhost", "127.0.0.1", "::1")
    return (
        parts is not None and bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and local))
    )


async def _asked(method: str, address: str, **more: Any) -> dict[str, Any]:
    """An answer in JSON; redirects are not followed, and nothing large is read."""
    try:
        async with (
            httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client,
            client.stream(method, address, **more) as response,
        ):
            body = b""
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > MOST_BYTES:
                    raise Refused("not_signed_in", STRANGE)
            content = json.loads(body) if response.status_code == httpx.codes.OK else None
    except (httpx.HTTPError, ValueError, RecursionError) as error:
        raise Refused("not_signed_in", STRANGE) from error
    if not isinstance(content, dict):
        raise Refused("not_signed_in", STRANGE)
    return content
