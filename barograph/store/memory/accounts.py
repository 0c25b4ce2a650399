"""Accounts in this process's memory: what the port means, in the fewest lines.

Nothing waits, so every method is atomic within its event loop.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from barograph.bounds import check_text
from barograph.errors import NotFound
from barograph.store.account_records import CHARGE_EVERY_US, GONE, MOST_CHARGES, NAME, gone_email
from barograph.store.accounts import (
    ALLOWED_US,
    CLOCK_SLACK_US,
    AskingDevice,
    Attempts,
    Change,
    Charge,
    Device,
    Found,
    Invitation,
    Key,
    Pairing,
    Seen,
    Session,
    StoredShare,
    Token,
    User,
    email_taken,
    last_admin,
    normal_email,
)
from barograph.store.memory.erasure_requests import MemoryErasureRequests
from barograph.store.memory.passkeys import MemoryPasskeys
from barograph.texts import require_text, texts_checked

SIGNED_IN = (Session.kind, Token.kind)
K = TypeVar("K", bound=Key)


@texts_checked
class MemoryAccounts(MemoryPasskeys, MemoryErasureRequests):
    """The accounts port over dictionaries."""

    def __init__(self) -> None:
        super().__init__()
        self._users: dict[str, User] = {}
        self._invitations: dict[str, Invitation] = {}
        self._keys: dict[str, Key] = {}
        self._pairings: dict[str, Pairing] = {}
        self._charges: dict[str, list[Charge]] = {}
        self._attempts: dict[str, Attempts] = {}

    def _require_free(self, user: User) -> None:
        if any(one.email == user.email and one.uid != user.uid for one in self._users.values()):
            raise email_taken(user.email)

    async def add_user(self, user: User) -> None:
        """Keep a new user, or refuse one whose address is another's."""
        self._require_free(user)
        self._users[user.uid] = user

    async def user(self, uid: str) -> User:
        """Return one user, or `NotFound`."""
        if uid not in self._users:
            raise NotFound(f"{uid}: no such user")
        return self._users[uid]

    async def user_by_email(self, email: str) -> User | None:
        """Return the user with an address, however it is typed."""
        wanted = normal_email(email)
        return next((user for user in self._users.values() if user.email == wanted), None)

    async def users(self) -> list[User]:
        """Return all users, by address."""
        return sorted(self._users.values(), key=lambda user: user.email)

    async def change_user(self, uid: str, change: Change, now_us: int) -> User:
        """Change a user; refuse an address that is another's, and to lose the last admin."""
        user = await self.user(uid)
        changed = change.applied(user, now_us)
        self._require_free(changed)
        others = any(one.governs for one in self._users.values() if one.uid != uid)
        if user.governs and not changed.governs and not others:
            raise last_admin(user)
        self._users[uid] = changed
        return changed

    def move_athlete(self, gone: Collection[str], kept: str) -> None:
        """Let who signs in as an athlete who was merged into another sign in as that one."""
        self._users = {
            uid: replace(one, athlete=kept) if one.athlete in gone else one for uid, one in self._users.items()
        }
        self._invitations = {
            uid: replace(one, athlete=kept) if one.athlete in gone else one for uid, one in self._invitations.items()
        }
        self.move_erasures(gone, kept)

    def count_of_athlete(self, uids: Collection[str], workouts: Collection[str]) -> dict[str, int]:
        """Return how many sign-ins, invitations, requests and links there are of an athlete and these workouts."""
        return {
            "accounts": sum(one.athlete in uids for one in self._users.values()),
            "invitations": sum(one.athlete in uids for one in self._invitations.values()),
            "requests": self.count_erasures(uids),
            "links": len(self._links(workouts)),
        }

    def _links(self, workouts: Collection[str]) -> list[StoredShare]:
        return [one for one in self._keys.values() if isinstance(one, StoredShare) and one.workout in workouts]

    def forget_athlete(self, uids: Collection[str], workouts: Collection[str], now_us: int) -> None:
        """Take an athlete out of all accounts: a sign-in that is theirs alone ends, links to these workouts end."""
        for user in [one for one in self._users.values() if one.athlete in uids]:
            if others := user.roles - {"athlete"}:
                self._users[user.uid] = replace(user, athlete="", roles=others)
                continue
            self._users[user.uid] = User(
                uid=user.uid, email=gone_email(user.uid), name=GONE, roles=user.roles, made_us=user.made_us,
                disabled_us=now_us,
            )  # fmt: skip
            self._end([one for one in self._keys.values() if one.user == user.uid], now_us)
        for one in [one for one in self._invitations.values() if one.athlete in uids]:
            ended = one.revoked_us or (None if one.used_us else now_us)
            self._invitations[one.uid] = replace(one, athlete="", email="", name=GONE, revoked_us=ended)
        self._end(self._links(workouts), now_us)
        self.close_erasures(uids, now_us)

    def _end(self, keys: Iterable[Key], now_us: int) -> None:
        for one in keys:
            self._keys[one.uid] = replace(one, revoked_us=one.revoked_us or now_us)
            if isinstance(found := self._keys[one.uid], StoredShare):
                self._keys[one.uid] = replace(found, name=GONE, query="")

    async def set_password(self, uid: str, password_hash: str, *, instead_of: str | None = None) -> bool:
        """Keep another hash of a user's password."""
        user = await self.user(uid)
        if instead_of is not None and user.password_hash != instead_of:
            return False
        self._users[uid] = replace(user, password_hash=password_hash)
        return True

    async def see_user(self, uid: str, now_us: int) -> None:
        """Raise when a user was seen last."""
        if user := self._users.get(uid):
            self._users[uid] = replace(user, seen_us=max(now_us, user.seen_us or 0))

    async def add_invitation(self, invitation: Invitation) -> None:
        """Keep an invitation."""
        self._invitations[invitation.uid] = invitation

    async def invitations(self) -> list[Invitation]:
        """Return all invitations, the newest first."""
        return sorted(self._invitations.values(), key=lambda one: (-one.made_us, one.uid))

    async def invitation(self, hash: str) -> Invitation | None:
        """Return an invitation by its secret's hash."""
        return next((one for one in self._invitations.values() if one.hash == hash), None)

    async def use_invitation(self, hash: str, user: str, now_us: int) -> Invitation:
        """Use an invitation up for the user that it is to make."""
        found = await self.invitation(hash)
        if found is None or not found.open(now_us):
            raise NotFound("this invitation is not there, was used, or is over")
        self._invitations[found.uid] = replace(found, used_us=now_us, user=user)
        return self._invitations[found.uid]

    async def release_invitation(self, uid: str, user: str) -> None:
        """Let an invitation be used again, where it was used for this user."""
        if (found := self._invitations.get(uid)) and found.user == user:
            self._invitations[uid] = replace(found, used_us=None, user="")

    async def add_key(self, key: Key) -> None:
        """Keep a session, a token, a device or a share."""
        self._keys[key.uid] = key

    async def key(self, hash: str) -> Found | None:
        """Return a key by its secret's hash, with its user."""
        found = next((key for key in self._keys.values() if key.hash == hash), None)
        return None if found is None else Found(found, self._users.get(found.user))

    def _of(self, kind: type[K], user: str | None) -> list[K]:
        wanted = None if user is None else require_text("user", user)
        found = [key for key in self._keys.values() if isinstance(key, kind) and wanted in (None, key.user)]
        return sorted(found, key=lambda key: (-key.made_us, key.uid))

    async def sessions(self, user: str | None = None) -> list[Session]:
        """Return sessions, of a user or of all, the newest first."""
        return self._of(Session, user)

    async def tokens(self, user: str | None = None) -> list[Token]:
        """Return tokens of users likewise."""
        return self._of(Token, user)

    async def devices(self) -> list[Device]:
        """Return devices likewise."""
        return self._of(Device, None)

    async def shares(self, user: str | None = None) -> list[StoredShare]:
        """Return shares likewise."""
        return self._of(StoredShare, user)

    async def use_key(self, uid: str, now_us: int, *, uses: int = 0) -> None:
        """Raise when a key was used last, and count uses of a share."""
        if key := self._keys.get(uid):
            key = replace(key, used_us=max(now_us, key.used_us or 0))
            self._keys[uid] = replace(key, uses=key.uses + uses) if isinstance(key, StoredShare) else key

    async def see_device(self, uid: str, seen: Seen, now_us: int, *, frames: int = 0) -> None:
        """Keep what was seen of a device, and count frames of it that were stored."""
        if isinstance(key := self._keys.get(uid), Device):
            seen_us = max(now_us, key.seen_us or 0)
            self._keys[uid] = replace(key, seen_us=seen_us, frames=key.frames + frames, **seen.said())
            if seen.battery_pct is not None:
                known = [one for one in self._charges.get(uid, []) if one.us <= now_us]
                if not known or now_us - known[-1].us >= CHARGE_EVERY_US:
                    known = [*known, Charge(now_us, seen.battery_pct)][-MOST_CHARGES:]
                self._charges[uid] = known

    async def charges(self, uid: str) -> list[Charge]:
        """Return what a device said of its battery, in order of time."""
        return list(self._charges.get(uid, ()))

    async def rename_device(self, uid: str, name: str) -> bool:
        """Give a device another name."""
        if isinstance(key := self._keys.get(uid), Device):
            self._keys[uid] = replace(key, name=check_text("name", name, NAME, 1))
            return True
        return False

    async def revoke(self, uid: str, now_us: int) -> bool:
        """End a key, or an invitation that was not used."""
        if (key := self._keys.get(uid)) and key.revoked_us is None:
            self._keys[uid] = replace(key, revoked_us=now_us)
            return True
        if (invitation := self._invitations.get(uid)) and invitation.revoked_us is invitation.used_us is None:
            self._invitations[uid] = replace(invitation, revoked_us=now_us)
            return True
        return False

    async def revoke_all(self, user: str, now_us: int, *, kinds: Collection[str] = SIGNED_IN, spare: str = "") -> int:
        """End all keys of a user of these kinds but one."""
        mine = [key.uid for key in self._keys.values() if key.user == user and key.kind in kinds and key.uid != spare]
        return sum([await self.revoke(uid, now_us) for uid in mine])

    async def standing(self, uids: Collection[str], now_us: int) -> set[str]:
        """Return those of these keys that open something now."""
        found = [Found(key, self._users.get(key.user)) for uid in uids if (key := self._keys.get(uid))]
        return {one.key.uid for one in found if one.stands(now_us)}

    async def add_pairing(self, pairing: Pairing) -> None:
        """Keep a code that is shown."""
        self._pairings[pairing.uid] = pairing

    async def pairing(self, uid: str) -> Pairing:
        """Return how far a pairing is, or `NotFound`."""
        if uid not in self._pairings:
            raise NotFound(f"{uid}: no such pairing")
        return self._pairings[uid]

    async def pairing_by_claim(self, claim_hash: str) -> Pairing | None:
        """Return the pairing that a device asks after with its own secret."""
        return next((one for one in self._pairings.values() if claim_hash and one.claim_hash == claim_hash), None)

    def _keep_pairing(self, pairing: Pairing) -> Pairing:
        self._pairings[pairing.uid] = pairing
        return pairing

    async def ask_pairing(self, hash: str, asking: AskingDevice, claim_hash: str, now_us: int) -> Pairing:
        """Record the device that asks with a code, once."""
        found = next((one for one in self._pairings.values() if one.hash == hash), None)
        if found is None or found.state(now_us) != "open":
            raise NotFound("this code is not there, was used, or is over")
        return self._keep_pairing(replace(found, asking=asking, asked_us=now_us, claim_hash=claim_hash))

    async def answer_pairing(
        self, uid: str, now_us: int, *, allowed: bool, name: str = "", streams: frozenset[str] = frozenset()
    ) -> Pairing:
        """Allow the device that asked, or refuse it, once."""
        found = await self.pairing(uid)
        if found.state(now_us) != "asked":
            raise NotFound(f"{uid}: no device waits for an answer")
        until_us = max(found.until_us, now_us + ALLOWED_US)
        return self._keep_pairing(
            replace(found, answered_us=now_us, allowed=allowed, name=name, streams=streams, until_us=until_us)
        )

    async def take_pairing(self, claim_hash: str, now_us: int) -> Pairing:
        """Let the device take what was allowed, once."""
        found = await self.pairing_by_claim(claim_hash)
        if found is None or found.state(now_us) != "allowed":
            raise NotFound("no token waits for this device")
        return self._keep_pairing(replace(found, taken_us=now_us))

    async def count_attempts(self, names: Sequence[str], now_us: int, window_us: int) -> list[Attempts]:
        """Count one more attempt under each name."""
        self._attempts = {name: one for name, one in self._attempts.items() if now_us < one.until_us}
        for name in names:
            old = self._attempts.get(name)
            goes_on = old is not None and now_us < old.until_us <= now_us + window_us + CLOCK_SLACK_US
            self._attempts[name] = (
                replace(old, n=old.n + 1) if old is not None and goes_on else Attempts(1, now_us + window_us)
            )
        return [self._attempts[name] for name in names]

    async def forget_attempts(self, names: Sequence[str]) -> None:
        """Count from nothing under these names."""
        for name in names:
            self._attempts.pop(name, None)
