"""Cookies of the dashboard, each bound to the `Host` under which it was given.

A browser keeps cookies by host name, not by port: what listens on another port of this machine is sent ours too. So a
cookie says under which name and port it was given, and opens nothing elsewhere; its name differs with each data
directory. Over TLS it is `Secure` and called `__Host-…`, which a browser takes from no other server of the domain and
never sends unencrypted; a cookie that came without TLS is not looked at there, nor the other way round.

Over loopback a cookie says, too, whose browser got it, where the kernel tells that: another user of this machine who
comes by it, as a server that it was sent to does, cannot use it.

What this protects, and what not: docs/security.md.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, Literal

from itsdangerous import BadSignature, URLSafeTimedSerializer

from barograph.web.entries import Entry, entry_of, secure
from barograph.web.owners import owner_of

Kind = Literal["login", "shared", "session", "openid", "reason"]
SUFFIXES: dict[Kind, str] = {
    "login": "",
    "shared": "_shared",
    "session": "_session",
    "openid": "_openid",
    "reason": "_reason",
}
PREFIX = "__Host-"


@dataclass(frozen=True)
class Cookie:
    """What an answer sets: `response.set_cookie(cookie.name, cookie.value, **cookie.options)`."""

    name: str
    value: str = field(repr=False)
    options: dict[str, Any]


class Cookies:
    """The cookies that one key signs."""

    def __init__(self, key: str) -> None:
        self.name = "barograph_" + hashlib.sha256(b"cookie name" + key.encode()).hexdigest()[:8]
        self._signers = {kind: URLSafeTimedSerializer(key, salt=f"barograph.cookie.{kind}") for kind in SUFFIXES}

    def made(self, request: Any, kind: Kind, said: Any, life_s: int) -> Cookie:
        """Return a cookie that says something, under the `Host` of this request, for so long."""
        options = {
            "max_age": life_s,
            "httponly": True,
            # Not Strict: a link followed from a mail or a chat must find its cookie after the redirect.
            "samesite": "Lax",
            "path": "/",
            "secure": secure(request),
        }
        value = self._signers[kind].dumps([_host(request), _owner(request), said])
        return Cookie(self.name_of(request, kind), str(value), options)

    def said(self, request: Any, kind: Kind, life_s: int) -> Any:
        """Return what this request's cookie says, if it is ours, not too old, and given to them under this `Host`."""
        value = request.cookies.get(self.name_of(request, kind))
        if value is None:
            return None
        try:
            host, owner, said = self._signers[kind].loads(value, max_age=life_s)
        except (BadSignature, ValueError, TypeError):  # another form was signed before this version
            return None
        return said if host == _host(request) and owner in (None, _owner(request)) else None

    def name_of(self, request: Any, kind: Kind) -> str:
        """Return the name of a cookie where this request came in."""
        return f"{PREFIX if secure(request) else ''}{self.name}{SUFFIXES[kind]}"


def _owner(request: Any) -> int | None:
    return owner_of(getattr(request, "scope", None) or {}) if entry_of(request) is Entry.MACHINE else None


def _host(request: Any) -> str:
    return str(request.headers.get("Host") or "").lower()
