"""What is seen of devices that came by a token, for their page: written down every few seconds, and when they go.

Only what a device said or showed: battery, signal and spool of `status`, firmware and layout of the join, its clock's
offset where that was measured or believed, and how many of its frames were stored.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from weakref import WeakKeyDictionary

from barograph.errors import StorageAway
from barograph.frames import Layout, Stream
from barograph.store.account_records import Seen
from barograph.store.ports import Archive
from ingest.clock import now_us
from ingest.peers import Peer
from ingest.stream_session import StreamSession
from ingest.tokens import Tokens

log = logging.getLogger("barograph.ingest")

NOTE_EVERY_S = 5.0


class Sightings:
    """Writes down what devices say and do."""

    def __init__(self, archive: Archive, tokens: Tokens) -> None:
        self._archive, self._tokens = archive, tokens
        self._noted: WeakKeyDictionary[StreamSession, int] = WeakKeyDictionary()
        self._said: WeakKeyDictionary[Peer, dict[Stream, dict[str, Any]]] = WeakKeyDictionary()

    def fed(self, peer: Peer, session: StreamSession) -> None:
        """Count from here what a connection feeds."""
        if peer.devices:
            self._noted.setdefault(session, session.stored.total)

    def said(self, peer: Peer, stream: Stream, **fields: Any) -> None:
        """Keep what a device says of itself until it is written down."""
        if peer.devices:
            given = {name: value for name, value in fields.items() if value is not None}
            self._said.setdefault(peer, {}).setdefault(stream, {}).update(given)

    async def note(self, peer: Peer, sessions: list[StreamSession]) -> None:
        """Write down what is known of the devices of a connection."""
        said = self._said.pop(peer, {})
        for session in sessions:
            if (device := peer.devices.get(session.stream)) is None:
                continue
            stored = session.stored.total
            frames = stored - self._noted.get(session, stored)
            self._noted[session] = stored
            seen = Seen(**self._of(session) | said.pop(session.stream, {}))
            await self._archive.accounts.see_device(device.uid, seen, now_us(), frames=max(0, frames))
        for stream, rest in said.items():  # it takes part, and feeds nothing yet
            if (device := peer.devices.get(stream)) is not None:
                await self._archive.accounts.see_device(device.uid, Seen(**rest), now_us())

    def _of(self, session: StreamSession) -> dict[str, Any]:
        clock, layout = session.clock, session.book.layout
        dated = clock is not None and not (clock.relative or clock.suspect)
        return {
            "workout": session.stream.workout_id,
            "stream": session.stream.stream,
            "description": None if layout is None else in_words(layout),
            "offset_us": -clock.last_offset_us if dated and clock is not None else None,
        }

    async def run(self) -> None:
        """Write down what is seen, until cancelled."""
        while True:
            await asyncio.sleep(NOTE_EVERY_S)
            for peer in self._tokens.holders():
                try:
                    await self.note(peer, list(peer.sessions.values()))
                except StorageAway as error:
                    log.debug("what devices say is not written down: %s", error)


def in_words(layout: Layout) -> str:
    """Return a sensor as a person reads it: 60 × 21, kPa."""
    return f"{layout.shape_text}, {'counts' if layout.unit == 'raw' else layout.unit}"
