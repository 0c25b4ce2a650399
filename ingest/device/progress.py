"""How far a device is, and what is in its way, told to whoever shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ingest.device.spool import Tally


@dataclass
class Progress:
    """How far a stream is, in frames since its device was started, those that waited in its spool included.

    `sent` frames went out at least once; `acked` ones are stored; `gaps` were declared, `nacked` refused for good.
    """

    stream: str
    total: int | None
    workout_id: str = ""
    spooled: int = 0
    sent: int = 0
    acked: int = 0
    gaps: int = 0
    nacked: int = 0
    connections: int = 0
    trouble: str = ""

    @property
    def settled(self) -> int:
        """Frames that the device need not think of any more."""
        return self.acked + self.gaps + self.nacked


class Report:
    """Keeps a `Progress` and says when it changed."""

    def __init__(self, progress: Progress, tell: Callable[[Progress], None]) -> None:
        self.progress = progress
        self._tell = tell
        self._troubles: dict[str, str] = {}

    def add(self, *, total: int = 0, **counts: int) -> None:
        """Count."""
        if self.progress.total is not None:
            self.progress.total += total
        for name, count in counts.items():
            setattr(self.progress, name, getattr(self.progress, name) + count)
        self._tell(self.progress)

    def settled(self, tally: Tally) -> None:
        """Hear what became of frames so far."""
        at = self.progress
        at.acked, at.gaps, at.nacked = tally.acked, tally.gaps, tally.nacked
        self._tell(at)

    def trouble(self, part: str, message: str = "") -> None:
        """Hear what is wrong with the link, the disk, …; an empty message when it is well again."""
        if self._troubles.get(part, "") != message:
            self._troubles[part] = message
            self.progress.trouble = "; ".join(filter(None, self._troubles.values()))
            self._tell(self.progress)
