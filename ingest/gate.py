"""For whom a request of HTTP is answered, and whether what its route needs is theirs to ask.

Whoever is on this machine may do what they could; the token of a user opens what that user may, here and elsewhere, and
never more. What a device may feed was decided by its token (`ingest.entrance`); its frames are taken for it.
"""

from __future__ import annotations

from typing import Any, cast

from quart import Quart

from barograph.access.acting import act_as
from barograph.access.devices import bearer_of
from barograph.access.keyring import Keyring
from barograph.access.needs import Routes
from barograph.access.principals import Access, Principal
from barograph.access.rights import Verb
from barograph.access.secrets import TOKEN
from barograph.access.sight import Sight
from barograph.errors import AccessDenied
from barograph.store.ports import Archive
from ingest.entrance import Entrance, Entrant, require_route

NOTHING_OPENS = "Authorization: this token opens nothing (any more), or not over a network without TLS"
MACHINE = Principal("machine", kind="machine")


class Gate:
    """Lets a request in, for one application."""

    def __init__(self, app: Quart, access: Access, archive: Archive, entrance: Entrance, keyring: Keyring) -> None:
        self.routes = Routes(app)
        self._access, self._entrance, self._sight = access, entrance, Sight(archive)
        self._keyring = keyring

    async def admit(self, asked: Any) -> Entrant:
        """Return who comes in with a request, for whom it is answered from here on; or refuse it."""
        token = bearer_of(asked.headers)
        verb: Any = "read" if asked.method in ("GET", "HEAD") else "write"
        entrant = await self._entrance.admit(asked, verb, asked.path, users=True)
        if token is not None and token.startswith(TOKEN):
            user = await self._keyring.token(token)
            if user is None or not (entrant.local or self._access.may_sign_in(asked)):
                raise AccessDenied(NOTHING_OPENS)
            act_as(user)
        else:
            require_route(entrant, asked)
            act_as(self._access.principal(asked) or MACHINE)
        if asked.url_rule is not None and entrant.device is None:
            await self._require(asked)
        return entrant

    async def _require(self, asked: Any) -> None:
        need, workout_id = self.routes.need(asked.url_rule), (asked.view_args or {}).get("workout_id")
        if need is None or need.verb in ("person", "closed"):
            raise AccessDenied("this is open to nobody here")
        if need.verb in ("open", "known"):
            return
        verb = cast(Verb, need.verb)
        if workout_id is not None and not need.makes:
            await self._sight.require(verb, workout_id, need.kind)
        elif workout_id is not None:
            await self._sight.require_new(workout_id, verb)
        elif verb != "read" and not self._sight.possible(verb, need.kind):
            raise AccessDenied(f"this account may not {verb} a {need.kind}")
