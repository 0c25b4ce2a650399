"""What the pages of signing in are made from, and what goes wrong with them as pages in plain words."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from math import ceil
from typing import Any, ParamSpec

from quart import Response, redirect, request
from quart.typing import ResponseTypes

from barograph.access.passwords import Passwords
from barograph.access.principals import Principal
from barograph.access.rights import Resource, Verb, decide
from barograph.access.signing_in import SignedIn
from barograph.errors import InvalidData, NotFound, Refused, StorageAway
from barograph.settings import Settings
from barograph.store.accounts import Accounts, User
from barograph.store.ports import Archive
from dashboard.drawing.markup import tag
from dashboard.page.visitors import Visitors, visitor
from dashboard.signin.document import answer, notice

P = ParamSpec("P")
FRESH_US = 900_000_000
AWAY = (
    "The archive does not answer",
    "Nobody can be signed in, and nothing was changed. Devices that keep a spool send later what they record.",
    "Try again in a moment.",
)
NOTHING = ("Nothing here", "The address is not complete, what was here is over, or it is not for you.")


@dataclass(frozen=True)
class Desk:
    """What these pages need of one process."""

    settings: Settings
    archive: Archive
    visitors: Visitors
    passwords: Passwords

    @property
    def accounts(self) -> Accounts:
        """What is stored of people."""
        return self.archive.accounts

    def now_us(self) -> int:
        """Return the time, as it is stored."""
        return self.visitors.keyring.now_us()

    def enter(self, signed: SignedIn, path: str) -> Response:
        """Return the answer that signs a browser in and leads on; the cookie of a link that it had goes."""
        response: Any = redirect(path, 303)
        self.leave(response)
        cookie = self.visitors.access.session_cookie(signed.secret, request)
        response.set_cookie(cookie.name, cookie.value, **cookie.options)
        return response  # type: ignore[no-any-return]

    def leave(self, response: Any) -> None:
        """Take the cookies of people out of a browser."""
        for name in self.visitors.access.cookies_of_people(request):
            if name in request.cookies:
                secure = name.startswith("__Host-")
                response.delete_cookie(name, path="/", httponly=True, samesite="Lax", secure=secure)


def whoever(verb: Verb = "account", kind: Any = "user") -> Principal:
    """Return who asks, if they may do this at all; else `NotFound`: unknown and forbidden look the same."""
    who = visitor()
    if who is None or not decide(who, verb, Resource(kind, owner=who.uid)):
        raise NotFound(NOTHING[1])
    return who


async def user_of(desk: Desk, who: Principal) -> User:
    """Return the user who asks; the owner of this machine has no account."""
    if who.kind != "user":
        raise NotFound(NOTHING[1])
    return await desk.accounts.user(who.uid)


async def fresh_user(desk: Desk) -> User:
    """Return the user who asks, if they signed in a few minutes ago; who did not makes no lasting way in."""
    who = await desk.visitors.principal(request)
    if who is None or who.kind != "user":
        raise NotFound(NOTHING[1])
    made_us = next((one.made_us for one in await desk.accounts.sessions(who.uid) if one.uid == who.key), 0)
    if desk.now_us() - made_us > FRESH_US:
        raise Refused("sign_in_again", "session: sign out and in again first; this browser signed in a while ago")
    return await desk.accounts.user(who.uid)


def shown(handler: Callable[P, Awaitable[ResponseTypes]]) -> Callable[P, Awaitable[ResponseTypes]]:
    """Answer with a page whatever goes wrong: whoever asks is a person."""

    @wraps(handler)
    async def made(*given: P.args, **named: P.kwargs) -> ResponseTypes:
        try:
            return await handler(*given, **named)
        except StorageAway:
            return answer(notice(*AWAY), 503)
        except NotFound:
            return nowhere()
        except (InvalidData, Refused) as error:
            return refused(error)

    return made


def nowhere() -> Response:
    """Return what stands at an address that there is not, or that is not for whoever asks: they look the same."""
    way = tag("p", tag("a", "All sessions", href="/", class_="button"))
    return answer(notice(*NOTHING, who=visitor(), more=way), 404)


def refused(error: InvalidData | Refused) -> Response:
    """Return a page that says why something was not taken."""
    status = 400 if isinstance(error, InvalidData) else 429 if error.retry_after_s else 403
    response = answer(notice("That was not taken", f"{error}.", who=visitor()), status)
    if isinstance(error, Refused) and error.retry_after_s:
        response.headers["Retry-After"] = str(ceil(error.retry_after_s))
    return response


def monotonic() -> float:
    """Return the clock of limits, s."""
    return time.monotonic()
