"""Who a request comes from: a signed-in user, the owner of this machine by link, or whoever opened a share link.

The guard asks for every request and every socket. What it found stands in `quart.g` for the page that is built; who is
signed in is that user, whatever other cookies their browser has.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from dataclasses import replace
from typing import Any

from quart import g, has_app_context

from barograph.access.keyring import Keyring
from barograph.access.principals import Access, Principal
from barograph.access.rights import Kind, Verb, possible
from barograph.access.shares import Shares
from barograph.access.signing_in import SigningIn
from barograph.errors import StorageAway
from barograph.store.accounts import Accounts

NAME, LAB = "principal", "lab"
LAB_EVERY_S = 5.0
REASON_LIFE_S = 4 * 3600
log = logging.getLogger("barograph")


class Visitors:
    """Knows who comes, for one process."""

    def __init__(
        self, access: Access, signing_in: SigningIn, keyring: Keyring, accounts: Accounts, shares: Shares
    ) -> None:
        self.access, self.signing_in, self.keyring, self.accounts = access, signing_in, keyring, accounts
        self.shares = shares
        self._peopled = False
        self.lab = ""
        self._answered_s = math.nan

    async def principal(self, request: Any) -> Principal | None:
        """Return who this request comes from, or None; `StorageAway` where that cannot be known now."""
        secret = self.access.session_secret(request)
        known = await self.signing_in.session(secret) if secret else None
        if known is not None and "admin" in known.roles:
            known = replace(known, reason=self._reason(request, known))
        known = known or self.access.principal(request)
        if known is not None or (shared := self.access.shared(request)) is None:
            return known
        return await self.shares.guest(*shared)

    def _reason(self, request: Any, who: Principal) -> str:
        """The reason that an admin stated in this session, as long as it holds."""
        said = self.access.cookies.said(request, "reason", REASON_LIFE_S)
        return str(said[1]) if isinstance(said, list) and len(said) == 2 and said[0] == who.key else ""

    async def has_users(self) -> bool:
        """Return whether somebody has an account here; users are never deleted."""
        self._peopled = self._peopled or bool(await self.accounts.users())
        return self._peopled

    async def name_lab(self, name: str) -> None:
        """Give the lab a name; other processes hear of it within seconds."""
        await self.accounts.name_lab(name)
        self.lab = await self.accounts.lab()

    @property
    def archive_age_s(self) -> float:
        """Seconds since the archive said what the lab is called; NaN before it ever did."""
        return time.monotonic() - self._answered_s

    async def look_at_lab(self) -> None:
        """Ask what the lab is called, every few seconds until cancelled; no request waits for it."""
        while True:
            try:
                self.lab = await self.accounts.lab()
                self._answered_s = time.monotonic()
            except StorageAway:
                log.debug("lab: the archive does not answer; the name that is known stays")
            await asyncio.sleep(LAB_EVERY_S)


def remember(principal: Principal | None) -> None:
    """Note who the request that is answered now comes from."""
    setattr(g, NAME, principal)


def remember_lab(name: str) -> None:
    """Note what the lab is called, for the page that is built."""
    setattr(g, LAB, name)


def lab() -> str:
    """Return what the lab is called, "" where nobody said."""
    return str(getattr(g, LAB, "")) if has_app_context() else ""


def visitor() -> Principal | None:
    """Return who the request that is answered now comes from; None outside of one."""
    return getattr(g, NAME, None) if has_app_context() else None


def may(verb: Verb, kind: Kind = "workout") -> bool:
    """Return whether whoever looks may do this to anything, so that a page offers it; outside of a request, yes."""
    who = visitor()
    return who is None or possible(who, verb, kind)


def is_guest() -> bool:
    """Return whether whoever looks came by a share link: there is one session for them, and nothing to change."""
    who = visitor()
    return who is not None and who.kind == "share"
