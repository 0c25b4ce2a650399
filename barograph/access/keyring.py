"""From a secret to a principal: sessions, tokens and devices, looked up by hash; and share links as they are stored.

A process remembers for at most a second what it looked up, so that a page of thirty requests asks the archive once, and
what is revoked anywhere opens nothing a second later. Nothing is remembered of secrets that open nothing. While the
archive is away, nobody gets in: `StorageAway` goes out.

Whoever holds sockets open asks once a second which of their keys still stand (`standing`), and closes the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import replace

from barograph.access.principals import Principal
from barograph.access.remembered import MOMENT_S, MOST, Remembered
from barograph.access.secrets import DEVICE, SESSION, TOKEN, hashed, plausible
from barograph.store.accounts import Accounts, Device, Found, Session, StoredShare, Token, User

USED_EVERY_US = 60_000_000  # a use is written down once a minute


class Keyring:
    """Looks up secrets for one process; `key` is the one that signs (`principals.secret_key`), "" where none is."""

    def __init__(
        self,
        accounts: Accounts,
        key: str = "",
        *,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
        most: int = MOST,
    ) -> None:
        self._accounts, self._key, self._clock = accounts, key, clock
        self._known: Remembered[str, Found] = Remembered(MOMENT_S, most, steady)

    def now_us(self) -> int:
        """Return the time, as it is stored."""
        return int(self._clock() * 1e6)

    @property
    def key(self) -> str:
        """The key that signs, which all dashboards of a lab have in common."""
        return self._key

    def hash_of(self, secret: str) -> str:
        """Return what a secret is found by: sessions and share links go with the key, tokens and devices without."""
        keyless = secret.startswith((TOKEN, DEVICE))
        return hashed(secret, "" if keyless else self._key)

    @property
    def signer(self) -> str:
        """Which key this is, told without telling it: a share of another key opens nothing here."""
        return hashed("barograph signer", self._key)[:16]

    async def session(self, secret: str | None) -> Principal | None:
        """Return who a cookie signed in, or None."""
        return await self._principal(secret, SESSION, Session)

    async def token(self, secret: str | None) -> Principal | None:
        """Return whose token this is, or None."""
        return await self._principal(secret, TOKEN, Token)

    async def device(self, secret: str | None) -> Principal | None:
        """Return the device whose token this is, or None."""
        return await self._principal(secret, DEVICE, Device)

    async def share(self, hash: str) -> Found | None:
        """Return the share link with this hash if it stands, and note its use."""
        found = await self._look_up(hash)
        if found is None or not isinstance(found.key, StoredShare) or not found.stands(self.now_us()):
            return None
        await self.note_use(found)
        return found

    async def bearer(self, secret: str | None) -> Principal | None:
        """Return who a token of either kind stands for: a user's program, or a device."""
        return await self.device(secret) if plausible(secret, DEVICE) else await self.token(secret)

    async def standing(self, keys: Collection[str]) -> set[str]:
        """Return which of these keys (`Principal.key`) still open something, in one question."""
        return await self._accounts.standing(keys, self.now_us())

    async def revoke(self, uid: str) -> bool:
        """Revoke a session, token, device, share or invitation: here at once, in other processes within a second."""
        ended = await self._accounts.revoke(uid, self.now_us())
        self._known.forget(lambda found: found.key.uid == uid)
        return ended

    async def revoke_all(self, user: str, *, kinds: Collection[str] = ("session", "token"), spare: str = "") -> int:
        """Revoke all sessions and tokens of a user but one, and say how many."""
        ended = await self._accounts.revoke_all(user, self.now_us(), kinds=kinds, spare=spare)
        self.forget_user(user)
        return ended

    def forget_user(self, user: str) -> None:
        """Forget what was looked up of a user, who was changed."""
        self._known.forget(lambda found: found.key.user == user)

    async def _principal(self, secret: str | None, prefix: str, kind: type) -> Principal | None:
        found = await self._standing(secret, prefix, kind)
        if found is None:
            return None
        await self.note_use(found)
        return principal_of(found)

    async def _standing(self, secret: str | None, prefix: str, kind: type) -> Found | None:
        found = await self.found(secret, prefix, kind)
        return found if found is not None and found.stands(self.now_us()) else None

    async def found(self, secret: object, prefix: str, kind: type) -> Found | None:
        """Return the key behind a secret, whether it stands or not; one of another kind is no key here."""
        if not isinstance(secret, str) or not plausible(secret, prefix):
            return None
        found = await self._look_up(self.hash_of(secret))
        return found if found is not None and isinstance(found.key, kind) else None

    async def _look_up(self, hash: str) -> Found | None:
        if (known := self._known.get(hash)) is not None:
            return known
        asked_s = self._known.now_s()
        found = await self._accounts.key(hash)
        return None if found is None else self._known.keep(hash, found, asked_s)

    async def note_use(self, found: Found) -> None:
        """Write down that a key was used, once a minute."""
        now_us, key = self.now_us(), found.key
        if key.used_us is not None and now_us - key.used_us < USED_EVERY_US:
            return
        # Remembered first: the other requests of this page need not write it down too.
        self._known.amend(key.hash, Found(replace(key, used_us=now_us), found.user))
        await self._accounts.use_key(key.uid, now_us)
        if isinstance(key, Session):
            await self._accounts.see_user(key.user, now_us)


def principal_of(found: Found) -> Principal | None:
    """Return the principal that a key stands for."""
    match found.key:
        case Session() | Token() if found.user is not None:
            return _user(found.user, found.key)
        case Device() as device:
            return as_principal(device)
        case _:
            return None


def as_principal(device: Device) -> Principal:
    """Return who a device is to whatever decides."""
    return Principal(device.name, kind="device", uid=device.uid, key=device.uid, streams=device.streams)


def _user(user: User, key: Session | Token) -> Principal:
    return replace(principal_of_user(user), kind="token" if isinstance(key, Token) else "user", key=key.uid)


def principal_of_user(user: User) -> Principal:
    """Return what a user may, without a key that opened a door."""
    return Principal(
        user.name or user.email,
        kind="user",
        uid=user.uid,
        roles=user.roles,
        teams=user.teams,
        granted=user.granted,
        athlete=user.athlete,
    )
