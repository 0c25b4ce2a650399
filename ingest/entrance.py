"""Who comes in by which door, and whether they have to bring a device's token.

From this machine everybody may come, and needs a token only where `BAROGRAPH_DEVICE_TOKENS` says so. From elsewhere
devices come, with a token: it comes with the connection, or later, when they join. A token that comes with a request is
always checked. Over HTTP it opens what a device does, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from barograph.access.devices import bearer_of, lacking
from barograph.access.principals import Access, Verb
from barograph.access.proofs import Proofs
from barograph.access.secrets import TOKEN
from barograph.errors import Refused
from barograph.settings import Settings
from barograph.store.accounts import Device
from barograph.web.entries import Entry, entry_of
from ingest.peers import Peer
from ingest.tokens import Tokens

WORKOUT = "/api/workouts/<workout_id>"
FEEDS = {("POST", f"{WORKOUT}/frames"), ("PUT", WORKOUT)}
OF_PARTS = {("GET", "/metrics"), ("GET", "/readyz")}
MARKS = {("POST", f"{WORKOUT}/markers")}
OPEN = {("GET", "/healthz"), ("HEAD", "/healthz"), ("POST", "/api/pairings"), ("POST", "/api/pairings/token")}
GUARDED = ("/api/", "/metrics")
NOT_OURS = "this page or machine may not talk to the ingest"
NO_DEVICES = "Authorization: the token of a device sends frames and markers, and opens nothing else"


@dataclass(frozen=True)
class Entrant:
    """Somebody who may come in: with the token of a device, or without one.

    `local` is from this machine, `part` another server of this Barograph.
    """

    local: bool = True
    needs_token: bool = False
    device: Device | None = None
    part: bool = False


class Entrance:
    """Lets in, or refuses, whoever comes to the ingest."""

    def __init__(self, access: Access, settings: Settings, tokens: Tokens) -> None:
        self._access, self._tokens = access, tokens
        self._proofs = Proofs(settings)
        self._required = settings.device_tokens == "required"

    async def admit(self, request: Any, verb: Verb, path: str, *, users: bool = False) -> Entrant:
        """Return who comes in, or `forbidden`; with `users` the token of a user is none of a device, and is let be."""
        who, local = self._access.principal(request), True
        if not self._access.allowed(who, verb, path):
            local = False
            if entry_of(request) is Entry.MACHINE or not self._access.host_allowed(request):
                raise Refused("forbidden", NOT_OURS)
        token = bearer_of(request.headers)
        if users and token is not None and token.startswith(TOKEN):
            token = None
        device = None if token is None else await self._tokens.device(token)
        return Entrant(local, self._required or not local, device, self._proofs.proven(request))


def entered(peer: Peer, entrant: Entrant, tokens: Tokens) -> None:
    """Keep with a connection what it has to bring, and what it brought."""
    peer.needs_token = entrant.needs_token
    if entrant.device is not None:
        tokens.came(peer, entrant.device)


def require_route(entrant: Entrant, request: Any) -> None:
    """Refuse a request of HTTP that whoever came in may not make."""
    rule = None if request.url_rule is None else request.url_rule.rule
    asked = (request.method, rule)
    feeds = asked in FEEDS
    if request.method == "OPTIONS":  # a browser asks for its page, and shows no token
        if not entrant.local and rule not in {path for _, path in FEEDS | MARKS | OPEN}:
            raise Refused("forbidden", NOT_OURS)
        return
    if entrant.part and asked in OF_PARTS:
        return
    if feeds and entrant.needs_token and entrant.device is None:
        raise lacking()
    if feeds or asked in OPEN or (asked in MARKS and (entrant.local or entrant.device is not None)):
        return
    if not entrant.local:
        raise Refused("forbidden", NO_DEVICES if entrant.device else NOT_OURS)
    if entrant.device is not None and request.path.startswith(GUARDED):
        raise Refused("forbidden", NO_DEVICES, field="Authorization")
