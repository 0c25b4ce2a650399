"""Who a request comes from: a signed-in user, the owner of this machine by link, or whoever opened a shared link.

The guard asks for every request and every socket. What it found stands in `quart.g` for the page that is built; who is
signed in is that user, whatever other cookies their browser has.
"""

from __future__ import annotations

from typing import Any

from quart import g, has_app_context

from barograph.access.keyring import Keyring
from barograph.access.principals import Access, Principal
from barograph.access.signing_in import SigningIn
from barograph.store.accounts import Accounts

NAME = "principal"


class Visitors:
    """Knows who comes, for one process."""

    def __init__(self, access: Access, signing_in: SigningIn, keyring: Keyring, accounts: Accounts) -> None:
        self.access, self.signing_in, self.keyring, self.accounts = access, signing_in, keyring, accounts
        self._peopled = False

    async def principal(self, request: Any) -> Principal | None:
        """Return who this request comes from, or None; `StorageAway` where that cannot be known now."""
        secret = self.access.session_secret(request)
        known = await self.signing_in.session(secret) if secret else None
        return known or self.access.principal(request)

    async def has_users(self) -> bool:
        """Return whether somebody has an account here; users are never deleted."""
        self._peopled = self._peopled or bool(await self.accounts.users())
        return self._peopled


def remember(principal: Principal | None) -> None:
    """Note who the request that is answered now comes from."""
    setattr(g, NAME, principal)


def visitor() -> Principal | None:
    """Return who the request that is answered now comes from; None outside of one."""
    return getattr(g, NAME, None) if has_app_context() else None
