"""The port to cold storage: frames of archived sessions, moved there and back, and what is known of it all.

`barograph.store.mongo.cold` answers with MongoDB and a place of files, `barograph.store.memory.cold` in this process's
memory. Whoever reads an archive does not ask here: keys, blocks and statistics of archived sessions come from the same
methods as those of others.

Terms: cold storage (docs/glossary.md).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

Progress = Callable[[int, int], None]  # blocks that are done, of so many


def silent(done: int, of: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class MovedFrames:
    """What was moved: blocks, frames, and bytes of files."""

    blocks: int = 0
    frames: int = 0
    size: int = 0


@dataclass(frozen=True)
class ColdState:
    """What is in cold storage: where it is ("" where none is set here), sessions, frames, bytes of files.

    `away` says why nothing of it can be read now, "" where it can be. `unfinished` sessions are being moved, or were
    and it did not end; files of `leaving` erased streams wait to be removed.
    """

    place: str = ""
    sessions: int = 0
    frames: int = 0
    size: int = 0
    unfinished: int = 0
    leaving: int = 0
    away: str = ""


@dataclass(frozen=True)
class ColdFault:
    """A file of cold storage that is not as it was written, of a session; no session where nothing names the file."""

    workout_id: str
    name: str
    why: str


class ColdStorage(Protocol):
    """Frames of archived sessions."""

    async def fence(self, workout_id: str) -> None:
        """Let writers of a session tell what they store from now on from what is there, before it is archived."""
        ...

    async def archive(self, workout_id: str, progress: Progress = ...) -> MovedFrames:
        """Move the frames of a session to cold storage; each is compared there before it leaves MongoDB.

        What was interrupted goes on. `FramesAway` where the place does not answer, `Refused` where a device writes or
        the session is being brought back, `NotFound`.
        """
        ...

    async def bring_back(self, workout_id: str, progress: Progress = ...) -> MovedFrames:
        """Move the frames of a session to MongoDB again, and remove its files; errors as of `archive`."""
        ...

    async def state(self) -> ColdState:
        """Return what is in cold storage."""
        ...

    async def ping(self) -> None:
        """Return where it answers, or nobody needs it; else raise `FramesAway`."""
        ...

    async def tidy(self) -> int:
        """Remove files of what was erased while the place did not answer; return of how many streams."""
        ...

    async def check(self, progress: Progress = ...) -> list[ColdFault]:
        """Read all files and compare them with what is known of them; return those that are not as they were."""
        ...
