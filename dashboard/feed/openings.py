"""What opened the sockets of this process, and whether it still stands: asked once a second, in one question for all.

A session that was signed out, revoked or has ended, and one of somebody who was disabled, in whichever process, ends
its sockets here with the next question. While the archive does not answer nothing can have been revoked in it, so what
is open stays open until it answers.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from barograph.access.keyring import Keyring
from barograph.access.principals import Principal
from barograph.errors import StorageAway

log = logging.getLogger("barograph.dashboard")

EVERY_S = 1.0


class Openings:
    """The open sockets of one process, by the key that opened them."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._open: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._away = False

    @contextmanager
    def opened(self, who: Principal | None) -> Iterator[asyncio.Event]:
        """Yield what is set when the key of this principal stands no more, while a socket is open."""
        ended = asyncio.Event()
        key = stored_key(who)
        if key:
            self._open[key].add(ended)
        try:
            yield ended
        finally:
            if key:
                self._open[key].discard(ended)
                if not self._open[key]:
                    del self._open[key]

    async def run(self) -> None:
        """Look once a second until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            await self.look()

    async def look(self) -> None:
        """Ask which keys stand, and tell the sockets of the others."""
        keys = list(self._open)
        if not keys:
            return
        try:
            standing = await self._keyring.standing(keys)
        except StorageAway as error:
            if not self._away:
                log.warning("open feeds: whether they may stay open is not known now: %s", error)
            self._away = True
            return
        self._away = False
        for key in keys:
            if key not in standing:
                for ended in self._open.get(key, ()):
                    ended.set()


def stored_key(who: Principal | None) -> str:
    """Return the key of a principal that the archive knows."""
    return who.key if who is not None and who.kind in ("user", "token", "device", "share") else ""
