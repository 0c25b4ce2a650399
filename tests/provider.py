"""A small identity provider on loopback, which signs what it says, and can lie in every way that one can."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from quart import Quart, redirect, request

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

        @app.get("/authorize")
        async def ask():
            self.asked = dict(request.args)
            return (
                "<!doctype html><html lang=en><title>Provider</title><h1>Who are you?</h1><form method=post>"
                "<label>Address <input name=email></label><button>Go on</button></form>"
            )

        @app.post("/authorize")
        async def authorize():
            self.claims = {"email": (await request.form)["email"]}
            said = urlencode({"code": "code", "state": self.asked["state"]})
            return redirect(f"{self.asked['redirect_uri']}?{said}", 303)

        @app.get("/favicon.ico")
        async def icon():
            return "", 204

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


@asynccontextmanager
async def providing() -> AsyncIterator[Provider]:
    """Give a provider that answers as long as the context lasts."""
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
