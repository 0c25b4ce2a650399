"""What is stored of people, and of everything else that opens a door. Times are µs since 1970, UTC.

Every record has a random `uid` that is never used again. Secrets are not here: `hash` is what their owner's secret is
found by (`barograph.access.secrets`). A user is never deleted, only disabled, so that what they did keeps its author.

Terms: role, session, token, invitation (docs/glossary.md).
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal, TypeAlias, get_args

from barograph.bounds import check_text
from barograph.errors import InvalidData

Role: TypeAlias = Literal["admin", "scientist", "analyst", "athlete"]
View: TypeAlias = Literal["athlete", "feedback", "live", "session", "wall"]
ROLES: tuple[Role, ...] = get_args(Role)
VIEWS: tuple[View, ...] = get_args(View)

SECOND_US = 1_000_000
INVITATION_US = 72 * 3600 * SECOND_US
IDLE_US = 12 * 3600 * SECOND_US
SESSION_US = 30 * 86_400 * SECOND_US
PAIRING_US = 300 * SECOND_US
# Clocks of two servers differ a little. A session from later than this was made before the clock was set back.
CLOCK_SLACK_US = 300 * SECOND_US

EMAIL, NAME, UID, TEXT, SECRET_HASH = 254, 200, 64, 200, 300  # characters
CHARGE_EVERY_US, MOST_CHARGES = 300 * SECOND_US, 288  # of a device's battery: a day of one that is never off
LONGEST = {"name": NAME, "query": 1000}
GONE = "erased"  # in place of a name that was erased
SET = 1000  # teams of a user, streams of a device
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


def new_uid() -> str:
    """Return an id that nothing has or had."""
    return uuid.uuid4().hex


def gone_email(uid: str) -> str:
    """Return what stands in place of the address of a user who was erased: no mailbox, and no other user's."""
    return f"{uid}@{GONE}.invalid"


def says_nothing(value: object) -> bool:
    """Return whether a field of a record says nothing of a person: it is empty, or who it was of was erased."""
    return value in (None, "", GONE) or (isinstance(value, str) and value.endswith(f"@{GONE}.invalid"))


def normal_email(email: object) -> str:
    """Return the one form of an e-mail address under which it is stored and looked for, or `InvalidData`.

    Trimmed, composed and without case, so that two ways to type an address are one user.
    """
    text = check_text("email", email, 4 * EMAIL).strip()
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    # A letter that is not seen (category Cf) would make a second address that looks like the first.
    unseen = any(unicodedata.category(letter)[0] == "C" for letter in text)
    if len(text) > EMAIL or unseen or not _ADDRESS.fullmatch(text):
        raise InvalidData(f"email: expected an address such as a.example@lab.example, got {text[:40]!r}", field="email")
    return text


@dataclass(frozen=True, kw_only=True)
class _Record:
    """Looks at what every record has, when it is made: plain texts, whole numbers and sets of texts, all bounded."""

    uid: str = field(default_factory=new_uid)

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, frozenset):
                check_set(one.name, value)
            elif one.type == "str":
                check_text(one.name, value, SECRET_HASH if "hash" in one.name else LONGEST.get(one.name, TEXT))
        check_text("uid", self.uid, UID, 1)


def check_set(name: str, values: frozenset[str]) -> None:
    """Refuse a set that is too large, or of something else than short texts; roles are some of four."""
    if len(values) > SET:
        raise InvalidData(f"{name}: expected at most {SET}, got {len(values)}", field=name)
    for value in values:
        check_text(name, value, TEXT, 1)
    if name == "roles" and not values <= set(ROLES):
        raise InvalidData(f"roles: expected some of {', '.join(ROLES)}, got {', '.join(sorted(values))}", field="roles")


@dataclass(frozen=True, kw_only=True)
class _Person(_Record):
    """What a user is, and what an invitation makes of whoever accepts it.

    `teams` are those whose scientist they are, `granted` those that they may analyse, `athlete` the uid of the athlete
    that they are.
    """

    email: str = ""
    name: str = ""
    roles: frozenset[Role] = frozenset()
    teams: frozenset[str] = frozenset()
    granted: frozenset[str] = frozenset()
    athlete: str = ""

    def __post_init__(self) -> None:
        if self.email:
            object.__setattr__(self, "email", normal_email(self.email))
        super().__post_init__()


@dataclass(frozen=True, kw_only=True)
class User(_Person):
    """Somebody who signs in; without a `password_hash` not by password."""

    password_hash: str = field(default="", repr=False)
    made_us: int
    disabled_us: int | None = None
    disabled_by: str = ""
    seen_us: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "email", normal_email(self.email))
        super().__post_init__()

    @property
    def enabled(self) -> bool:
        """True for who may come in."""
        return self.disabled_us is None

    @property
    def governs(self) -> bool:
        """True for an admin who may come in; of these at least one stays."""
        return self.enabled and "admin" in self.roles


@dataclass(frozen=True, kw_only=True)
class Invitation(_Person):
    """A link that makes one user, once; `user` is who it made. Without an `email` whoever accepts gives theirs."""

    hash: str = field(repr=False)
    by: str = ""
    made_us: int
    until_us: int
    used_us: int | None = None
    user: str = ""
    revoked_us: int | None = None

    def open(self, now_us: int) -> bool:
        """Return whether it can be accepted."""
        return self.used_us is None and self.revoked_us is None and now_us < self.until_us


@dataclass(frozen=True, kw_only=True)
class Key(_Record):
    """What opens a door until a date: a session, a token, a device's token or a share link.

    `user` is whose it is, or who made it; "" is the owner of this machine. `used_us` is when it was last used.
    """

    kind: ClassVar[str]
    ends_with_user: ClassVar[bool] = True

    hash: str = field(repr=False)
    user: str = ""
    made_us: int
    until_us: int
    revoked_us: int | None = None
    used_us: int | None = None

    def stands(self, now_us: int) -> bool:
        """Return whether it opens anything now, as far as it says itself; its user may have been disabled."""
        return self.revoked_us is None and now_us < self.until_us


@dataclass(frozen=True, kw_only=True)
class Session(Key):
    """A signed-in browser: 12 h idle, 30 days at most. `agent` and `address` are what it looked like when it began."""

    kind: ClassVar[str] = "session"

    agent: str = ""
    address: str = ""

    def stands(self, now_us: int) -> bool:
        """Return whether it opens anything now. A clock that was set back ends sessions and does not lengthen them."""
        seen_us = self.made_us if self.used_us is None else self.used_us
        return super().stands(now_us) and seen_us - CLOCK_SLACK_US <= now_us < seen_us + IDLE_US


@dataclass(frozen=True, kw_only=True)
class Token(Key):
    """A user's token, for programs: it may what its user may, but neither administer nor sign in."""

    kind: ClassVar[str] = "token"

    name: str


@dataclass(frozen=True, kw_only=True)
class Device(Key):
    """A device's token: `streams` are the streams that it may feed. It stays when whoever paired it leaves.

    The rest is what was last seen of the device, only what it said or showed: the workout (its id) and stream that it
    feeds, its sensor in words, its own clock less the server's, how many frames of it are stored.
    """

    kind: ClassVar[str] = "device"
    ends_with_user: ClassVar[bool] = False

    name: str
    streams: frozenset[str]
    description: str = ""
    firmware: str = ""
    seen_us: int | None = None
    workout: str = ""
    stream: str = ""
    battery_pct: float | None = None
    signal_dbm: float | None = None
    spooled_frames: int | None = None
    offset_us: int | None = None
    frames: int = 0


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was seen of a device a moment ago; None says nothing, and leaves what is known."""

    workout: str | None = None
    stream: str | None = None
    description: str | None = None
    firmware: str | None = None
    battery_pct: float | None = None
    signal_dbm: float | None = None
    spooled_frames: int | None = None
    offset_us: int | None = None

    def said(self) -> dict[str, Any]:
        """Return what it says."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True)
class Charge:
    """What a device said of its battery at a moment."""

    us: int
    pct: float


@dataclass(frozen=True, kw_only=True)
class StoredShare(Key):
    """A share link: one `workout` by its uid, or the wall of one `team`.

    `query` is how its page was set, `names` whether it says whose the data are, `raw` whether raw frames may be taken
    out. `signer` tells with which key its hash was made: with another one nothing finds it any more.
    """

    kind: ClassVar[str] = "share"

    name: str
    view: View
    workout: str = ""
    team: str = ""
    raw: bool = False
    names: bool = False
    query: str = ""
    signer: str = ""
    uses: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.view not in VIEWS:
            raise InvalidData(f"view: expected one of {', '.join(VIEWS)}, got {self.view[:40]!r}", field="view")
        wall = self.view == "wall"
        if bool(self.team) is not wall or bool(self.workout) is wall:
            raise InvalidData(
                "view: expected a team for the wall, and a workout for any other view, got "
                f"{self.view} with team {self.team!r} and workout {self.workout!r}",
                field="view",
            )
        if wall and self.raw:
            raise InvalidData("raw: expected no raw export from a wall, got true", field="raw")


KINDS: dict[str, type[Key]] = {one.kind: one for one in (Session, Token, Device, StoredShare)}


@dataclass(frozen=True, kw_only=True)
class AskingDevice:
    """What a device said of itself when it asked to be paired; nobody has checked it, and `address` is where from."""

    name: str
    streams: frozenset[str] = frozenset()
    description: str = ""
    firmware: str = ""
    address: str = ""

    def __post_init__(self) -> None:
        check_text("name", self.name, NAME, 1)
        check_set("streams", self.streams)
        for name in ("description", "firmware", "address"):
            check_text(name, getattr(self, name), TEXT)


@dataclass(frozen=True, kw_only=True)
class Pairing(_Record):
    """A code that is shown for five minutes, the device that asked with it, and what became of it.

    One device asks with the code (`hash`), and gets a secret of its own (`claim`) to come back with. Somebody allows
    it, under the `name` and `streams` that it gets, or refuses. Then it takes its token, once.
    """

    hash: str = field(repr=False)
    by: str = ""
    made_us: int
    until_us: int
    asking: AskingDevice | None = None
    asked_us: int | None = None
    claim_hash: str = field(default="", repr=False)
    name: str = ""
    streams: frozenset[str] = frozenset()
    answered_us: int | None = None
    allowed: bool = False
    taken_us: int | None = None

    def state(self, now_us: int) -> Literal["open", "asked", "allowed", "refused", "taken", "over"]:
        """Return how far it is."""
        if self.taken_us is not None:
            return "taken"
        if self.answered_us is not None and not self.allowed:
            return "refused"
        if now_us >= self.until_us:
            return "over"
        if self.answered_us is not None:
            return "allowed"
        return "open" if self.asked_us is None else "asked"
