"""Who may do what: the one place where a request gets its principal, and where that principal is allowed or not.

Without an account the ingest takes devices of this machine; the dashboard takes a browser that has opened a one-time
link, which is the owner's, and remembers it in a signed cookie. Both listen on loopback only, unless
`BAROGRAPH_TRUSTED_NETWORK=1` says that everyone who can reach them may use them. What a principal may is decided in
`barograph.access.rights`, and users sign in by `barograph.access.signing_in`.

A page from elsewhere that runs in a browser on this machine is "on this machine" too, so both doors also look at two
things that a page cannot choose: `Host` (another name is refused, against DNS rebinding) and `Origin`.

By which entry a request came in (`barograph.web.entries`) decides what it may bring: what reached this machine from
elsewhere without TLS opens share links at the dashboard (`barograph.access.shares`), and nobody is known by it at the
ingest, whose devices bring tokens (`barograph.access.devices`).

Terms: principal (docs/glossary.md).
"""

from __future__ import annotations

import math
import os
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, TypeAlias
from urllib.parse import urlsplit

from itsdangerous import BadSignature, URLSafeTimedSerializer

from barograph.access.cookies import Cookie, Cookies
from barograph.errors import SettingsError
from barograph.networks import address_of, is_loopback
from barograph.private import checked_secret, require_directory, require_secret
from barograph.settings import Settings
from barograph.store.account_records import Role
from barograph.web.entries import Entry, asked_of, entry_of, others_reach

Door = Literal["ingest", "dashboard"]
PrincipalKind: TypeAlias = Literal["nobody", "owner", "machine", "network", "user", "token", "device", "share"]

LINK_LIFE_S = 600
MOST_SHARE_S = 90 * 86400
AFTERWARDS_S = 86400
COOKIE_LIFE_S = 30 * 86400
EVERY_ORIGIN = "*"
SHARED_COOKIE = re.compile(r"(__Host-)?barograph_[0-9a-f]{8}_shared")
_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


class Fields(Protocol):
    """Headers or cookies, by name."""

    def get(self, key: str, /) -> str | None:
        """Return the value, or None."""
        ...


class Request(Protocol):
    """What is looked at; Quart's `Request` and `Websocket` are this."""

    @property
    def headers(self) -> Fields:
        """Headers, found whatever their case."""
        ...

    @property
    def cookies(self) -> Mapping[str, str]:
        """Cookies by name."""
        ...

    @property
    def remote_addr(self) -> str | None:
        """Address of the peer."""
        ...


@dataclass(frozen=True)
class Share:
    """What a stored share link opens until a moment: the workout of a `uid`, or the wall of a `team`.

    `raw` allows the raw frames of the workout, `names` says whose it is; `hash` is what the link is found by.
    """

    until_s: float
    uid: str = ""
    team: str = ""
    raw: bool = False
    names: bool = False
    hash: str = field(default="", repr=False, compare=False)

    @property
    def left_s(self) -> float:
        """Seconds until it is over."""
        return self.until_s - time.time()


@dataclass(frozen=True)
class Principal:
    """Who a request comes from, and all that decides what they may; without an account `name` says how they came in.

    With a `share` they came by a share link: to one workout, whose `workout_id` is here, or to a team's wall. `uid` is
    a user's or
    device's, `key` the uid of the session, token, device or share that opened the door, and may be revoked. `teams`
    are those whose scientist they are, `granted` those that they analyse, `athlete` who they are themselves,
    `streams` what a device may feed. `reason` is why an admin looks at what is not theirs.
    """

    name: str
    workout_id: str | None = None
    share: Share | None = None
    kind: PrincipalKind = "nobody"
    uid: str = ""
    key: str = ""
    roles: frozenset[Role] = frozenset()
    teams: frozenset[str] = frozenset()
    granted: frozenset[str] = frozenset()
    athlete: str = ""
    streams: frozenset[str] = frozenset()
    reason: str = ""


MACHINE = Principal("machine", kind="machine")  # a device of this machine that needs no token
NOBODY = Principal("nobody")


class Access:
    """The rules of one door of one process."""

    def __init__(self, settings: Settings, door: Door) -> None:
        self._door = door
        self._trusted, self._settings = settings.trusted_network, settings
        self._hosts = frozenset(name.strip("[]").lower() for name in (*_LOCAL_NAMES, *settings.allowed_hosts))
        self._origins = frozenset(origin.rstrip("/").lower() for origin in settings.allowed_origins)
        # The ingest signs nothing, and needs no key.
        self._signer = Signer(secret_key(settings)) if door == "dashboard" else None

    def principal(self, request: Request) -> Principal | None:
        """Return who this request comes from, or None: then it is to be refused."""
        if not self._admits(request):
            return None
        if self._trusted:
            return Principal("network", kind="network")
        entry = entry_of(request)
        if not _told_truly(request):
            return None
        if self._signer is None:
            return MACHINE if entry is Entry.MACHINE else None
        return self._signer.principal(request) if entry.may_sign_in else None

    def session_secret(self, request: Request) -> str | None:
        """Return the secret of a signed-in browser's session, where this request may bring one."""
        if not self._admits(request) or not self.may_sign_in(request):
            return None
        said = self._dashboard().cookies.said(request, "session", COOKIE_LIFE_S)
        return said if isinstance(said, str) else None

    def may_sign_in(self, request: Request) -> bool:
        """Return whether secrets of people may come the way that this request came."""
        return self._trusted or entry_of(request).may_sign_in

    def session_cookie(self, secret: str, request: Request) -> Cookie:
        """Return the cookie of a browser that signs in."""
        return self._dashboard().cookies.made(request, "session", secret, COOKIE_LIFE_S)

    @property
    def cookies(self) -> Cookies:
        """The cookies that this door gives."""
        return self._dashboard().cookies

    def cookies_of_people(self, request: Request) -> list[str]:
        """Return the names of the cookies that a browser gives up when it signs out."""
        return [self._dashboard().cookies.name_of(request, kind) for kind in ("session", "login")]

    def origin_allowed(self, origin: str) -> bool:
        """Return whether pages of this browser origin, which is not the server's own, may talk to this door (CORS)."""
        if self._door == "dashboard":
            return False
        scheme, name, _ = _origin(origin)
        if scheme in ("http", "https") and (name in _LOCAL_NAMES or EVERY_ORIGIN in self._origins):
            return True
        return origin.lower() in self._origins

    def origin_answer(self, origin: str) -> str:
        """Return what a page of an allowed origin is told: its own, or any, which never goes with cookies."""
        _, name, _ = _origin(origin)
        return origin if name in _LOCAL_NAMES or origin.lower() in self._origins else EVERY_ORIGIN

    def trusts(self, request: Request) -> bool:
        """Return whether a request may read history and change what is stored, as far as the page behind it goes.

        Programs send no `Origin`. Pages do, or their browser says in `Sec-Fetch-Site` that a page of another origin is
        behind the request: then the origin has to be this server's own, or one that the settings name. That somebody
        followed a link to a whole page is no page's doing.
        """
        headers, origin = request.headers, request.headers.get("Origin")
        if origin is not None:
            _, _, place = _origin(origin)
            return place == (headers.get("Host") or "").lower() or origin.lower() in self._origins
        if headers.get("Sec-Fetch-Site") in (None, "none", "same-origin"):
            return True
        return (headers.get("Sec-Fetch-Mode"), headers.get("Sec-Fetch-Dest")) == ("navigate", "document")

    def base_for_others(self, request: Request) -> str:
        """Return where others open what is shared: where this request came to, or what they reach of this machine."""
        return others_reach(self._settings, request)

    def base_for_people(self, request: Request) -> str:
        """Return where somebody else signs in, which is never unencrypted over a network."""
        return others_reach(self._settings, request, people=True)

    def new_link(self, base_url: str) -> str:
        """Return a fresh address that opens the dashboard at `base_url`, once, within ten minutes."""
        return f"{base_url.rstrip('/')}/login/{self._dashboard().new_token()}"

    def redeem(self, token: str, request: Request) -> Cookie | None:
        """Return the cookie that a token buys, or None when it is not ours, too old, or used."""
        return self._dashboard().redeem(token, request)

    def redeemable(self, token: str) -> bool:
        """Return whether a token is ours, young and unused; asking does not use it up."""
        return self._dashboard().name_of(token) is not None

    def share_cookie(self, hash: str, workout_id: str, left_s: float, request: Request) -> Cookie:
        """Return the cookie of a browser that opened a share link; it has what the link is found by, not the link.

        It outlives the link by a day, so that the page can say why nothing is there any more.
        """
        life_s = max(1, math.ceil(left_s)) + AFTERWARDS_S
        return self._dashboard().cookies.made(request, "shared", [hash, workout_id], life_s)

    def shared(self, request: Request) -> tuple[str, str] | None:
        """Return what the share link is found by that this browser opened, and the workout's name; None without."""
        if not self._admits(request) or not _told_truly(request):
            return None
        match self._dashboard().cookies.said(request, "shared", MOST_SHARE_S + AFTERWARDS_S):
            case [str(hash), str(workout_id)]:
                return hash, workout_id
            case _:  # none, or one of version 0.1, whose links were signed and not stored
                return None

    def brings_share(self, request: Request) -> bool:
        """Return whether a browser has opened a share link here, whatever has become of it or of the key."""
        return any(SHARED_COOKIE.fullmatch(name) for name in request.cookies)

    @property
    def cookie_name(self) -> str:
        """Name of the cookie that carries the login, without TLS."""
        return self._dashboard().cookies.name

    def _dashboard(self) -> Signer:
        if self._signer is None:
            raise SettingsError("links open the dashboard; the ingest has none to give")
        return self._signer

    def host_allowed(self, request: Request) -> bool:
        """Return whether a request was sent to a name that is ours: otherwise it may be DNS rebinding."""
        _, name, _ = _origin(f"http://{request.headers.get('Host') or ''}")
        if name is None or name in self._hosts:
            return name is not None
        # Bending a name needs a name: the address that was connected to is ours, and on a network that is trusted any.
        address = address_of(name)
        return address is not None and (self._trusted or address == address_of(asked_of(request)))

    def _admits(self, request: Request) -> bool:
        host = request.headers.get("Host") or ""
        return self.host_allowed(request) and self._from_here(request.headers.get("Origin"), host)

    def _from_here(self, origin: str | None, host: str) -> bool:
        if origin is None:  # not a page, or a plain link
            return True
        _, _, place = _origin(origin)
        return place == host.lower() or self.origin_allowed(origin)


class Signer:
    """Signs links and cookies with the secret key, and remembers which links were used.

    A link that was made before this object is refused: whether it was used is not known any more.
    """

    def __init__(self, key: str) -> None:
        self._links = URLSafeTimedSerializer(key, salt="barograph.link")
        self._started_s = int(time.time())
        self._used: dict[str, float] = {}
        self.cookies = Cookies(key)

    def new_token(self) -> str:
        """Return a token for one login."""
        return str(self._links.dumps(secrets.token_urlsafe(16)))

    def redeem(self, token: str, request: Request) -> Cookie | None:
        """Return a cookie for a token that is ours, young and unused, else None."""
        name = self.name_of(token)
        if name is None:
            return None
        self._used = {used: until for used, until in self._used.items() if until >= time.time()}
        self._used[name] = time.time() + LINK_LIFE_S + 1
        return self.cookies.made(request, "login", "link", COOKIE_LIFE_S)

    def name_of(self, token: str) -> str | None:
        """Return the name in a token that is ours, young and unused, else None."""
        try:
            name, made = self._links.loads(token, max_age=LINK_LIFE_S, return_timestamp=True)
        except BadSignature:
            return None
        return None if made.timestamp() < self._started_s or name in self._used else str(name)

    def principal(self, request: Request) -> Principal | None:
        """Return who the cookie of the login says, if it is ours and not too old."""
        said = self.cookies.said(request, "login", COOKIE_LIFE_S)
        return Principal(said, kind="owner") if isinstance(said, str) else None


def existing_key(settings: Settings) -> str:
    """Return the key that signs, "" where none was made yet."""
    path = settings.data_dir / "secret.key"
    there = settings.secret_key is not None or path.is_symlink() or path.exists()
    return secret_key(settings) if there else ""


def secret_key(settings: Settings) -> str:
    """Return the key that signs: the setting, else the data directory's own, made when it is first asked for."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    path = settings.data_dir / "secret.key"
    if not (path.is_symlink() or path.exists()):
        _make_secret(path)
    require_directory(path.parent)
    require_secret(path)
    return checked_secret(str(path), path.read_text("utf-8").strip(), "delete the file to get a new one")


def _make_secret(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link, not a rename: of two processes that start at once, one makes the key and both read the same.
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def _told_truly(request: Request) -> bool:
    """Whether what is said to come over loopback has an address of this machine."""
    return entry_of(request) is not Entry.MACHINE or is_loopback(request.remote_addr)


def _origin(url: str) -> tuple[str, str | None, str]:
    """Scheme, host name and "host:port" of a URL in lower case; nothing of what cannot be read."""
    try:
        parts = urlsplit(url.lower())
        return parts.scheme, parts.hostname, parts.netloc
    except ValueError:
        return "", None, ""
