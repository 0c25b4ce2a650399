"""Share links: made and stored, found by their secret's hash, and never more than whoever made them may share now.

    secret, stored = await shares.make(Wanted("Coach", "session", life_s=3600, workout=uid), by=user_uid)
    opened = await shares.open(secret)          # who comes by the link, and where it leads
    guest = await shares.guest(hash, "run-42")  # the same for each request of that browser

A link is for one workout by its `uid`, which is never used again, or for the wall of a team. Its secret is hashed with
the key that signs, so another key ends all of them; it is told once, when it is made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from barograph.access.keyring import Keyring, principal_of_user
from barograph.access.principals import MOST_SHARE_S, Principal, Share
from barograph.access.rights import Resource, decide, of_workout
from barograph.access.secrets import SHARE, new_secret, plausible
from barograph.access.sight import Sight
from barograph.errors import InvalidData, NotFound
from barograph.store.account_records import View
from barograph.store.accounts import Found, StoredShare
from barograph.store.ports import Archive, Workout
from barograph.store.scope import Scope

TITLES: dict[View, str] = {
    "athlete": "Athlete’s screen",
    "feedback": "Feedback",
    "live": "Live page",
    "session": "Session",
    "wall": "Wall",
}


@dataclass(frozen=True)
class Wanted:
    """A link that somebody wants: for the workout of a uid, or for the wall of a team."""

    name: str
    view: View
    life_s: int
    workout: str = ""
    team: str = ""
    raw: bool = False
    names: bool = False
    query: str = ""


@dataclass(frozen=True)
class Opened:
    """Who comes by a link, and what it was for."""

    guest: Principal
    stored: StoredShare


class Shares:
    """The share links of one archive, for one process; `archive` is the bare one."""

    def __init__(self, archive: Archive, keyring: Keyring, sight: Sight) -> None:
        self._archive, self._keyring, self._sight = archive, keyring, sight

    async def make(self, wanted: Wanted, *, by: str = "") -> tuple[str, StoredShare]:
        """Store a link that a user made, or the owner, who has no uid; its secret is nowhere else."""
        if not 0 < wanted.life_s <= MOST_SHARE_S:
            raise InvalidData(f"life_s: expected 1 to {MOST_SHARE_S} seconds, got {wanted.life_s}", field="life_s")
        secret, now_us = new_secret(SHARE), self._keyring.now_us()
        stored = StoredShare(
            hash=self._keyring.hash_of(secret),
            user=by,
            made_us=now_us,
            until_us=now_us + wanted.life_s * 1_000_000,
            name=wanted.name.strip() or TITLES[wanted.view],
            view=wanted.view,
            workout=wanted.workout,
            team=wanted.team,
            raw=wanted.raw,
            names=wanted.names,
            query=wanted.query,
            signer=self._keyring.signer,
        )
        await self._archive.accounts.add_key(stored)
        return secret, stored

    async def open(self, secret: str) -> Opened | None:
        """Return who comes by a link that is opened now, and count it; None where it opens nothing."""
        if not plausible(secret, SHARE):
            return None
        found = await self._keyring.share(self._keyring.hash_of(secret))
        if found is None or not isinstance(stored := found.key, StoredShare):
            return None
        workout = None if stored.team else await self._of(stored.workout)
        guest = await self._guest(found, stored, workout)
        if guest is None:
            return None
        await self._archive.accounts.use_key(stored.uid, self._keyring.now_us(), uses=1)
        return Opened(guest, stored)

    async def guest(self, hash: str, workout_id: str) -> Principal | None:
        """Return who comes by a link that was opened before, for the workout that then had this name."""
        found = await self._keyring.share(hash)
        if found is None or not isinstance(stored := found.key, StoredShare):
            return None
        return await self._guest(found, stored, None if stored.team else await self._named(workout_id))

    async def stands(self, who: Principal) -> bool:
        """Return whether a guest who was let in would be let in still."""
        share = who.share
        return share is None or not share.hash or await self.guest(share.hash, who.workout_id or "") is not None

    async def view(self, who: Principal) -> View | None:
        """Return the page that the link of a guest was made for; None where whoever it is came by none."""
        found = await self._keyring.share(who.share.hash) if who.share else None
        return found.key.view if found is not None and isinstance(found.key, StoredShare) else None

    def opens(self, stored: StoredShare) -> bool:
        """Return whether a link opens anything, as far as it says itself: with another key nothing finds it."""
        return stored.stands(self._keyring.now_us()) and stored.signer in ("", self._keyring.signer)

    async def of_workout(self, uid: str) -> list[StoredShare]:
        """Return the links of a workout that open still, the newest first."""
        return [one for one in await self._archive.accounts.shares() if one.workout == uid and self.opens(one)]

    async def _guest(self, found: Found, stored: StoredShare, workout: Workout | None) -> Principal | None:
        """Whoever comes by a link, if its maker may share still what it is for: rights end, and links with them."""
        if stored.team:
            what = Resource("team", stored.team, teams=frozenset({stored.team}))
        elif workout is not None and workout.uid == stored.workout:
            what = of_workout(workout, (await self._sight.people()).teams(workout.athlete_uid))
        else:
            return None
        maker = principal_of_user(found.user) if found.user is not None else None
        if maker is not None and not decide(maker, "share", what):
            return None
        raw = stored.raw and (maker is None or decide(maker, "export", what))
        share = Share(stored.until_us / 1e6, stored.workout, stored.team, raw, stored.names, stored.hash)
        guest = Principal("share link", kind="share", key=stored.uid, share=share)
        return replace(guest, workout_id=workout.workout_id) if workout else guest

    async def _named(self, workout_id: str) -> Workout | None:
        try:
            return await self._archive.workout(workout_id)
        except NotFound:
            return None

    async def _of(self, uid: str) -> Workout | None:
        found = await self._archive.workouts(limit=1, scope=Scope(workouts=frozenset({uid}), names=True))
        return found[0] if found else None
