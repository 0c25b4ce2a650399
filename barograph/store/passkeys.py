"""Passkeys as they are stored, what is asked of them once, and the port to both, which is a part of the accounts.

A passkey's private key never leaves its owner's device; here are its public key and how often it was used, as the
device counts. A challenge is what a device signs: kept under its hash, for five minutes, and taken once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from barograph.bounds import check_text
from barograph.errors import InvalidData, Refused
from barograph.store.account_records import CLOCK_SLACK_US, NAME, TEXT, UID, new_uid

CHALLENGE_US = 300_000_000
CREDENTIAL, PUBLIC_KEY, SAID, COUNT = 1400, 2000, 4000, (1 << 32) - 1  # characters; what a device can count to


@dataclass(frozen=True, kw_only=True)
class Passkey:
    """A passkey of a user, found by its `credential`; `public_key` is COSE; both are base64url without padding."""

    uid: str = field(default_factory=new_uid)
    user: str
    name: str
    credential: str
    public_key: str
    count: int = 0
    made_us: int
    used_us: int | None = None

    def __post_init__(self) -> None:
        for name, most in (("uid", UID), ("user", UID), ("credential", CREDENTIAL), ("public_key", PUBLIC_KEY)):
            check_text(name, getattr(self, name), most, 1)
        check_text("name", self.name, NAME)
        if not 0 <= self.count <= COUNT:
            raise InvalidData(f"count: expected 0 to {COUNT}, got {self.count}", field="count")


@dataclass(frozen=True, kw_only=True)
class Challenge:
    """Something that is asked once, under its secret's `hash`: for which `purpose`, and what was `said` with it.

    `of` is the uid of the user or the invitation that it is about, "" where it is about nobody yet.
    """

    hash: str = field(repr=False)
    purpose: str
    said: str = ""
    of: str = ""
    until_us: int

    def __post_init__(self) -> None:
        check_text("hash", self.hash, TEXT, 1)
        check_text("purpose", self.purpose, TEXT, 1)
        check_text("said", self.said, SAID)
        check_text("of", self.of, UID)

    def stands(self, now_us: int) -> bool:
        """Return whether it can be answered; one from far ahead was made before the clock was set back."""
        return now_us < self.until_us <= now_us + CHALLENGE_US + CLOCK_SLACK_US


def passkey_taken() -> Refused:
    """Return the refusal of a passkey that is known already."""
    return Refused("passkey_taken", "passkey: expected one that is not in use here already", field="passkey")


class Passkeys(Protocol):
    """Passkeys, and what is asked once of those who sign in."""

    async def add_passkey(self, passkey: Passkey) -> None:
        """Keep a passkey, or refuse one whose credential is known (`passkey_taken`)."""
        ...

    async def passkeys(self, user: str | None = None) -> list[Passkey]:
        """Return passkeys, of a user or of all, the newest first."""
        ...

    async def passkey(self, credential: str) -> Passkey | None:
        """Return a passkey by its credential."""
        ...

    async def use_passkey(self, uid: str, count: int, now_us: int) -> bool:
        """Record a use; False, and nothing changes, unless the device counted on, or does not count at all (0)."""
        ...

    async def remove_passkey(self, uid: str) -> bool:
        """Forget a passkey; False when it was not there."""
        ...

    async def add_challenge(self, challenge: Challenge) -> None:
        """Keep what is asked."""
        ...

    async def take_challenge(self, hash: str, now_us: int) -> Challenge | None:
        """Take what was asked, once: None for the second who asks, and when it is over."""
        ...
