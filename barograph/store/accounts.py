"""The port to accounts: users, what opens a door for them, and how often somebody tried to get in.

`barograph.store.mongo.accounts` answers with MongoDB, `barograph.store.memory.accounts` in this process's memory; one
contract suite runs over both. Times are µs since 1970, UTC, and are given: a store has no clock of its own.

A secret is looked for by its hash. What was not found, has ended, was revoked or is of somebody who was disabled looks
the same from outside: `NotFound`, or None.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from barograph.errors import Refused
from barograph.store.account_records import (
    CLOCK_SLACK_US,
    IDLE_US,
    INVITATION_US,
    PAIRING_US,
    ROLES,
    SESSION_US,
    AskingDevice,
    Charge,
    Device,
    Invitation,
    Key,
    Pairing,
    Role,
    Seen,
    Session,
    StoredShare,
    Token,
    User,
    View,
    new_uid,
    normal_email,
)
from barograph.store.erasure_requests import ErasureRequests, LabNames
from barograph.store.passkeys import Passkeys

__all__ = [
    "CLOCK_SLACK_US",
    "IDLE_US",
    "INVITATION_US",
    "PAIRING_US",
    "ROLES",
    "SESSION_US",
    "Accounts",
    "AskingDevice",
    "Attempts",
    "Change",
    "Charge",
    "Device",
    "Found",
    "Invitation",
    "Key",
    "Pairing",
    "Role",
    "Seen",
    "Session",
    "StoredShare",
    "Token",
    "User",
    "View",
    "email_taken",
    "last_admin",
    "new_uid",
    "normal_email",
]

ALLOWED_US = 60_000_000  # a device that was allowed at the last moment still has this long to take its token


@dataclass(frozen=True, kw_only=True)
class Change:
    """What becomes different about a user; None leaves what is stored as it is."""

    email: str | None = None
    name: str | None = None
    roles: frozenset[Role] | None = None
    teams: frozenset[str] | None = None
    granted: frozenset[str] | None = None
    athlete: str | None = None
    disabled: bool | None = None
    by: str = ""

    def applied(self, user: User, now_us: int) -> User:
        """Return the user as they are afterwards."""
        given: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("email", "name", "roles", "teams", "granted", "athlete")
            if getattr(self, name) is not None
        }
        if self.disabled is not None and self.disabled is user.enabled:
            given |= {"disabled_us": now_us if self.disabled else None, "disabled_by": self.by if self.disabled else ""}
        return replace(user, **given)


@dataclass(frozen=True)
class Found:
    """A key, and the user whose it is; None where the owner of this machine made it."""

    key: Key
    user: User | None = None

    def stands(self, now_us: int) -> bool:
        """Return whether it opens anything now: it stands itself, and its user was not disabled."""
        if not self.key.stands(now_us):
            return False
        if not self.key.ends_with_user or not self.key.user:
            return True
        return self.user is not None and self.user.enabled


@dataclass(frozen=True)
class Attempts:
    """How often something was tried since a window of time began that ends at `until_us`."""

    n: int
    until_us: int


def email_taken(email: str) -> Refused:
    """Return the refusal of a second user with one address."""
    return Refused("email_taken", f"email: expected an address that no user has, got {email!r}", field="email")


def last_admin(user: User) -> Refused:
    """Return the refusal to leave nobody who can administer."""
    return Refused(
        "last_admin",
        f"{user.email}: expected another admin who may come in before this one is disabled or loses the role",
        field="roles",
    )


class People(Protocol):
    """Users, and the invitations that make them."""

    async def add_user(self, user: User) -> None:
        """Keep a new user, or refuse one whose address is another's (`email_taken`), of two at once one too."""
        ...

    async def user(self, uid: str) -> User:
        """Return one user, or `NotFound`."""
        ...

    async def user_by_email(self, email: str) -> User | None:
        """Return the user with an address, however it is typed; None without one."""
        ...

    async def users(self) -> list[User]:
        """Return all users, by address."""
        ...

    async def change_user(self, uid: str, change: Change, now_us: int) -> User:
        """Change a user, or `NotFound`; refuse an address that is another's, and to lose the last admin.

        Of two admins who disable each other at once at least one is refused.
        """
        ...

    async def set_password(self, uid: str, password_hash: str, *, instead_of: str | None = None) -> bool:
        """Keep another hash of a user's password, or `NotFound`.

        With `instead_of`, only where that one is stored still: False, and nothing changes, where it is not.
        """
        ...

    async def see_user(self, uid: str, now_us: int) -> None:
        """Raise when a user was seen last; nothing happens without them."""
        ...

    async def add_invitation(self, invitation: Invitation) -> None:
        """Keep an invitation."""
        ...

    async def invitations(self) -> list[Invitation]:
        """Return all invitations, the newest first."""
        ...

    async def invitation(self, hash: str) -> Invitation | None:
        """Return an invitation by its secret's hash; looking uses nothing up."""
        ...

    async def use_invitation(self, hash: str, user: str, now_us: int) -> Invitation:
        """Use an invitation up for the user that it is to make, or `NotFound`; of two at once one gets it."""
        ...

    async def release_invitation(self, uid: str, user: str) -> None:
        """Let an invitation be used again, where it was used for this user: they could not be made."""
        ...


class Keys(Protocol):
    """Sessions, tokens, devices and shares, which all are found by a hash, end at a date, and can be revoked."""

    async def add_key(self, key: Key) -> None:
        """Keep a session, a token, a device or a share."""
        ...

    async def key(self, hash: str) -> Found | None:
        """Return a key by its secret's hash, whether it stands or not, with its user, in one question."""
        ...

    async def sessions(self, user: str | None = None) -> list[Session]:
        """Return sessions, of a user or of all, the newest first, whether they stand or not."""
        ...

    async def tokens(self, user: str | None = None) -> list[Token]:
        """Return tokens of users likewise."""
        ...

    async def devices(self) -> list[Device]:
        """Return devices likewise."""
        ...

    async def shares(self, user: str | None = None) -> list[StoredShare]:
        """Return shares likewise."""
        ...

    async def use_key(self, uid: str, now_us: int, *, uses: int = 0) -> None:
        """Raise when a key was used last, and count uses of a share; nothing happens without it."""
        ...

    async def see_device(self, uid: str, seen: Seen, now_us: int, *, frames: int = 0) -> None:
        """Keep what was seen of a device, and count frames of it that were stored; nothing happens without it."""
        ...

    async def charges(self, uid: str) -> list[Charge]:
        """Return what a device said of its battery, in order of time: one of five minutes, the newest 288.

        `see_device` keeps them. What lies ahead of its newest word was said before a clock was set back, and goes.
        """
        ...

    async def rename_device(self, uid: str, name: str) -> bool:
        """Give a device another name; False when there is none."""
        ...

    async def revoke(self, uid: str, now_us: int) -> bool:
        """End a key, or an invitation that was not used; False when there was nothing to end."""
        ...

    async def revoke_all(self, user: str, now_us: int, *, kinds: Collection[str] = ..., spare: str = "") -> int:
        """End all keys of a user of these kinds (sessions and tokens) but one, and say how many."""
        ...

    async def standing(self, uids: Collection[str], now_us: int) -> set[str]:
        """Return those of these keys that open something now, in one question."""
        ...


class Doors(Protocol):
    """Devices that ask to come in, and attempts to sign in."""

    async def add_pairing(self, pairing: Pairing) -> None:
        """Keep a code that is shown."""
        ...

    async def pairing(self, uid: str) -> Pairing:
        """Return how far a pairing is, or `NotFound`."""
        ...

    async def pairing_by_claim(self, claim_hash: str) -> Pairing | None:
        """Return the pairing that a device asks after with its own secret."""
        ...

    async def ask_pairing(self, hash: str, asking: AskingDevice, claim_hash: str, now_us: int) -> Pairing:
        """Record the device that asks with a code, once: the second that asks, and a code that is over, `NotFound`."""
        ...

    async def answer_pairing(
        self, uid: str, now_us: int, *, allowed: bool, name: str = "", streams: frozenset[str] = ...
    ) -> Pairing:
        """Allow the device that asked, as `name` and for `streams`, or refuse it, once; `NotFound` when it is over."""
        ...

    async def take_pairing(self, claim_hash: str, now_us: int) -> Pairing:
        """Let the device take what was allowed, once, or `NotFound`."""
        ...

    async def count_attempts(self, names: Sequence[str], now_us: int, window_us: int) -> list[Attempts]:
        """Count one more attempt under each name, and say how many there are: all processes count together.

        A window begins with its first attempt. One that lies further ahead than a window is long, and than clocks of
        two servers differ, was begun before the clock was set back, and begins anew.
        """
        ...

    async def forget_attempts(self, names: Sequence[str]) -> None:
        """Count from nothing under these names."""
        ...


class Accounts(People, Keys, Doors, Passkeys, ErasureRequests, LabNames, Protocol):
    """All that is stored of who may come in."""
