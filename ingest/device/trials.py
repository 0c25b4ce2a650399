"""What a device is told of trials at a test day, and whether it takes frames in between alone. No socket, no clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from ingest.device.answers import Record, Stop

AGAIN_S = 2.0  # within it a server says `record` again to who came back during a trial


class Trials:
    """Hears of trials of one stream, and tells whoever shows them.

    With `alone`, frames are wanted between `record` and `stop` only. `stop` may have been said while there was no
    connection: a trial of which nothing is heard within `AGAIN_S` of the next one is over.
    """

    def __init__(self, stream: str, tell: Callable[[str], None], *, alone: bool = False) -> None:
        self._stream, self._tell, self._alone = stream, tell, alone
        self._trial: int | None = None
        self._until_s: float | None = None

    def joined(self, now_s: float) -> None:
        """Begin another connection."""
        if self._trial is not None:
            self._until_s = now_s + AGAIN_S

    def heard(self, event: Record | Stop) -> None:
        """Take what the server says, and tell it once."""
        again = isinstance(event, Record) and event.trial == self._trial
        if isinstance(event, Record):
            self._trial, self._until_s = event.trial, None
        elif event.trial == self._trial:
            self._trial = None
        if not again:
            self._tell(f"{self._stream}: {in_words(event)}")

    def wanted(self, now_s: float) -> bool:
        """Return whether frames that come now are to be sent."""
        if self._until_s is not None and now_s >= self._until_s:
            self._trial = self._until_s = None
        return not self._alone or self._trial is not None


def in_words(event: Record | Stop) -> str:
    """Return what was told, as a line."""
    at = datetime.fromtimestamp(event.at_us / 1e6, UTC).strftime("%H:%M:%S UTC")
    if isinstance(event, Stop):
        return f"trial {event.trial} was over at {at}"
    lasts = "" if event.duration_s is None else f" and lasts {event.duration_s:g} s"
    return f"trial {event.trial} begins at {at}{lasts}"
