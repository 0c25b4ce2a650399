"""Who comes in by which door: a device, a user's program, the owner, or a device of this machine that needs no token.

Every request and every connection gets its principal here, from the token that it brings; what that may do is decided
for each route (`ingest.gate`) and each message (`ingest.decisions`). A token that is brought is always checked. From
this machine devices come without one only where `BAROGRAPH_DEVICE_TOKENS` is `off`, as `barograph demo` has it; they
send and hear what becomes of it, and read nothing. A connection may bring its token later, when it joins.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from barograph.access.devices import bearer_of, lacking
from barograph.access.keyring import as_principal
from barograph.access.principals import MACHINE, NOBODY, Access, Principal
from barograph.access.proofs import METRICS, Proofs
from barograph.access.reasons import reason_of
from barograph.errors import Refused
from barograph.settings import Settings
from barograph.store.accounts import Device
from barograph.web.entries import Entry, entry_of
from ingest.callers import Callers, of_callers
from ingest.peers import Peer
from ingest.tokens import Tokens

WORKOUT = "/api/workouts/<workout_id>"
FEEDS = {("POST", f"{WORKOUT}/frames"), ("PUT", WORKOUT)}
OF_PARTS = {("GET", METRICS)}
MARKS = {("POST", f"{WORKOUT}/markers")}
PROBES = {(method, path) for method in ("GET", "HEAD") for path in ("/healthz", "/readyz")}
OPEN = PROBES | {("POST", "/api/pairings"), ("POST", "/api/pairings/token")}
GUARDED = ("/api/", METRICS)
NOT_OURS = "this page or machine may not talk to the ingest"
NO_DEVICES = "Authorization: the token of a device sends frames and markers, and opens nothing else"
LACKS_RIGHT = (
    "Authorization: reading, erasing and all but sending needs a token; on the server’s machine "
    "`barograph token owner` prints one, and `barograph token create` makes one for a user’s program"
)


@dataclass(frozen=True)
class Entrant:
    """Somebody who may come in, and as whom.

    `local` is from this machine, `part` another server of this Barograph, `secret` the token of a user or the owner,
    which a connection looks at again; `encrypted` says that such a token may still come.
    """

    local: bool = True
    principal: Principal = MACHINE
    device: Device | None = None
    part: bool = False
    secret: str = field(default="", repr=False)
    encrypted: bool = True

    @property
    def feeds(self) -> bool:
        """True for devices, with a token or without: they send, and their work is done for them."""
        return self.principal.kind in ("device", "machine")


class Entrance:
    """Lets in, or refuses, whoever comes to the ingest."""

    def __init__(self, access: Access, settings: Settings, tokens: Tokens, callers: Callers, proofs: Proofs) -> None:
        self._access, self._tokens, self._callers, self._proofs = access, tokens, callers, proofs
        self._required = settings.device_tokens != "off"

    async def admit(self, request: Any) -> Entrant:
        """Return who comes in, or `forbidden`."""
        if self._proofs.scrapes(request):
            return Entrant(False, NOBODY, part=True)
        who = self._access.principal(request)
        local = who is not None
        if who is None:
            known = entry_of(request) is not Entry.MACHINE and self._access.host_allowed(request)
            if not known and not _probes(request):
                raise Refused("forbidden", NOT_OURS)
            who = NOBODY
        elif who.kind == "machine" and self._required:
            who = NOBODY
        token, encrypted = bearer_of(request.headers), local or self._access.may_sign_in(request)
        entrant = Entrant(local, who, None, self._proofs.proven(request), encrypted=encrypted)
        if token is None:
            return entrant
        if of_callers(token):
            caller = await self._callers.known(token, encrypted=encrypted, reason=reason_of(request.headers))
            return replace(entrant, principal=caller, secret=token)
        device = await self._tokens.device(token)
        return replace(entrant, principal=as_principal(device), device=device)


def _probes(request: Any) -> bool:
    """Whether whoever watches over servers asks how this one is: by any name, but not from another site's page."""
    return "Origin" not in request.headers and (request.method, request.path) in PROBES


def entered(peer: Peer, entrant: Entrant, tokens: Tokens) -> None:
    """Keep with a connection who it is, and what it brought."""
    peer.principal, peer.secret, peer.encrypted = entrant.principal, entrant.secret, entrant.encrypted
    if entrant.device is not None:
        tokens.came(peer, entrant.device)


def require_route(entrant: Entrant, request: Any) -> None:
    """Refuse a request of HTTP that a device, or whoever brings no token, may not make."""
    rule = None if request.url_rule is None else request.url_rule.rule
    asked = (request.method, rule)
    if request.method == "OPTIONS":  # a browser asks for its page, and shows no token
        if not entrant.local and rule not in {path for _, path in FEEDS | MARKS | OPEN}:
            raise Refused("forbidden", NOT_OURS)
        return
    if asked in OPEN or (entrant.part and asked in OF_PARTS):
        return
    if asked in FEEDS and not entrant.feeds:
        raise lacking()
    if asked in FEEDS | MARKS and entrant.feeds:
        return
    if not entrant.local:
        raise Refused("forbidden", NO_DEVICES if entrant.device else NOT_OURS)
    if not request.path.startswith(GUARDED):
        return
    if entrant.device is not None:
        raise Refused("forbidden", NO_DEVICES, field="Authorization")
    if asked not in OF_PARTS:
        raise Refused("forbidden", LACKS_RIGHT, field="Authorization")
