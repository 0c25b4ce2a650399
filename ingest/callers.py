"""Whose a token is that is no device's: a user's program, or the owner's."""

from __future__ import annotations

from dataclasses import replace

from barograph.access.devices import forbidden
from barograph.access.keyring import Keyring
from barograph.access.principals import Principal
from barograph.access.proofs import OWNING, Proofs
from barograph.access.secrets import OWNER, TOKEN

NOTHING_OPENS = "this token opens nothing (any more), or not over a network without TLS"


class Callers:
    """Looks up such tokens for one process; without `proofs` there is no owner."""

    def __init__(self, keyring: Keyring, proofs: Proofs | None = None) -> None:
        self._keyring, self._proofs = keyring, proofs

    async def known(self, token: str, *, encrypted: bool, reason: str = "") -> Principal:
        """Return whose token it is, or say that it opens nothing; a `reason` is an admin's."""
        found = await self.standing(token) if encrypted else None
        if found is None:
            raise forbidden(NOTHING_OPENS)
        return found if found.kind == "owner" else replace(found, reason=reason)

    async def standing(self, token: str) -> Principal | None:
        """Return whose token it is, None where it opens nothing any more."""
        if token.startswith(OWNER):
            return OWNING if self._proofs is not None and self._proofs.owns(token) else None
        return await self._keyring.token(token)


def of_callers(token: object) -> bool:
    """Return whether a token says that it is a user's or the owner's."""
    return isinstance(token, str) and token.startswith((TOKEN, OWNER))
