"""Athletes who are being erased: what is noted of them, and the port to the steps, each of which may be done again.

Terms: departure (docs/glossary.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from barograph.frames import Stream
from barograph.store.receipts import Receipt


@dataclass(frozen=True)
class Departure:
    """An athlete who is being erased, by all uids that stand for them; `receipt` is the number of the receipt."""

    uid: str
    uids: tuple[str, ...]
    receipt: str
    at_us: int


@dataclass(frozen=True)
class Leaving:
    """A session that goes with its athlete."""

    workout_id: str
    uid: str


class Departures(Protocol):
    """Athletes who are being erased; each step may be done again."""

    async def counts(self, uid: str) -> Mapping[str, int]:
        """Return how much there is of an athlete, or `NotFound`; nothing is changed.

        `waiting` are sessions that no athlete has and that were said to be of this name: they are not erased.
        """
        ...

    async def begin(self, uid: str, now_us: int) -> Departure:
        """Note that an athlete is to be erased, or return what was noted; `NotFound`, and `Refused` while it merges."""
        ...

    async def known(self, text: str) -> Departure | None:
        """Return what was noted of an athlete, by uid or short id, until nothing can land late any more; else None."""
        ...

    async def waiting(self, before_us: int) -> list[Departure]:
        """Return those that were noted before a moment and have no receipt yet, the oldest first."""
        ...

    async def record(self, one: Departure, now_us: int) -> bool:
        """Take record, sign-ins, invitations and links; False for a service that may not, so another one has to."""
        ...

    async def sessions(self, one: Departure) -> list[Leaving]:
        """Return the sessions that are there yet, or that are erased in part."""
        ...

    async def erase(self, session: Leaving) -> list[Stream]:
        """Erase a session, and return its streams."""
        ...

    async def finish(self, one: Departure) -> Receipt:
        """Destroy keys, replace the master key where that is to be done, and keep the receipt; or return it."""
        ...

    async def close(self, one: Departure, now_us: int) -> None:
        """Note that all is done, but for what may land late."""
        ...

    async def sweep(self, before_us: int) -> None:
        """Erase what landed late of those whose receipt is older than a moment, and forget whose it was."""
        ...
