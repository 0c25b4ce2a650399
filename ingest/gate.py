"""For whom a request of HTTP is answered, and whether what its route needs is theirs to ask.

The token of a user opens what that user may, here and elsewhere, and never more; the owner's opens everything. What a
device may feed is decided when its frames come (`ingest.decisions`); they are stored for it.
"""

from __future__ import annotations

from typing import Any, cast

from quart import Quart

from barograph.access.acting import ITSELF, act_as
from barograph.access.needs import Routes
from barograph.access.rights import Verb
from barograph.access.sight import Sight
from barograph.errors import AccessDenied
from barograph.store.ports import Archive
from ingest.entrance import Entrance, Entrant, require_route

WITH_TOKENS = ("token", "owner", "network")


class Gate:
    """Lets a request in, for one application."""

    def __init__(self, app: Quart, archive: Archive, entrance: Entrance) -> None:
        self.routes = Routes(app)
        self._entrance, self._sight = entrance, Sight(archive)

    async def admit(self, asked: Any) -> Entrant:
        """Return who comes in with a request, for whom it is answered from here on; or refuse it."""
        entrant = await self._entrance.admit(asked)
        if entrant.principal.kind in WITH_TOKENS:
            act_as(entrant.principal)
            if asked.url_rule is not None:
                await self._require(asked)
            return entrant
        require_route(entrant, asked)
        # The routes that are left take frames and markers, or tell of the process: the rest is not theirs.
        act_as(ITSELF if entrant.feeds else entrant.principal)
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
