"""Passkeys and challenges in this process's memory, as a part of the accounts there."""

from __future__ import annotations

from dataclasses import replace

from barograph.store.passkeys import Challenge, Passkey, passkey_taken
from barograph.texts import texts_checked


@texts_checked
class MemoryPasskeys:
    """The passkeys port over dictionaries."""

    def __init__(self) -> None:
        super().__init__()
        self._passkeys: dict[str, Passkey] = {}
        self._challenges: dict[str, Challenge] = {}

    async def add_passkey(self, passkey: Passkey) -> None:
        """Keep a passkey, or refuse one whose credential is known."""
        if await self.passkey(passkey.credential) is not None:
            raise passkey_taken()
        self._passkeys[passkey.uid] = passkey

    async def passkeys(self, user: str | None = None) -> list[Passkey]:
        """Return passkeys, of a user or of all, the newest first."""
        found = (one for one in self._passkeys.values() if user is None or one.user == user)
        return sorted(found, key=lambda one: (-one.made_us, one.uid))

    async def passkey(self, credential: str) -> Passkey | None:
        """Return a passkey by its credential."""
        return next((one for one in self._passkeys.values() if one.credential == credential), None)

    async def use_passkey(self, uid: str, count: int, now_us: int) -> bool:
        """Record a use, if the device counted on or does not count at all."""
        found = self._passkeys.get(uid)
        if found is None or not (count > found.count or count == found.count == 0):
            return False
        self._passkeys[uid] = replace(found, count=count, used_us=now_us)
        return True

    async def remove_passkey(self, uid: str) -> bool:
        """Forget a passkey."""
        return self._passkeys.pop(uid, None) is not None

    async def add_challenge(self, challenge: Challenge) -> None:
        """Keep what is asked."""
        self._challenges[challenge.hash] = challenge

    async def take_challenge(self, hash: str, now_us: int) -> Challenge | None:
        """Take what was asked, once."""
        found = self._challenges.pop(hash, None)
        self._challenges = {one.hash: one for one in self._challenges.values() if one.stands(now_us)}
        return found if found is not None and found.stands(now_us) else None
