"""Cold storage as doors get it: how much there is, and moving it, for whoever administers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from barograph.access.acting import actor
from barograph.access.rights import Resource, decide
from barograph.errors import AccessDenied
from barograph.store.cold.port import ColdFault, ColdState, ColdStorage, MovedFrames, Progress, silent

if TYPE_CHECKING:
    from barograph.store.ports import Archive


class GuardedCold:
    """Cold storage over that of an archive; see `ColdStorage`."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    @property
    def _cold(self) -> ColdStorage:
        if not decide(actor(), "administer", Resource("system")):
            raise AccessDenied("cold storage: this account may not look at it, or move frames")
        return self._archive.cold

    async def fence(self, workout_id: str) -> None:
        """Let writers of a session tell what they store from now on from what is there."""
        await self._cold.fence(workout_id)

    async def archive(self, workout_id: str, progress: Progress = silent) -> MovedFrames:
        """Move the frames of a session to cold storage."""
        return await self._cold.archive(workout_id, progress)

    async def bring_back(self, workout_id: str, progress: Progress = silent) -> MovedFrames:
        """Move the frames of a session to MongoDB again."""
        return await self._cold.bring_back(workout_id, progress)

    async def state(self) -> ColdState:
        """Return what is in cold storage."""
        return await self._cold.state()

    async def ping(self) -> None:
        """Return where it answers, or nobody needs it; else raise `FramesAway`. Anybody may ask, as of the archive."""
        await self._archive.cold.ping()

    async def tidy(self) -> int:
        """Remove files of what was erased while the place did not answer."""
        return await self._cold.tidy()

    async def check(self, progress: Progress = silent) -> list[ColdFault]:
        """Read all files and compare them with what is known of them."""
        return await self._cold.check(progress)
