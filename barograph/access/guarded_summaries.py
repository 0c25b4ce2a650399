"""Summaries as doors get them: tables of sessions that may be seen; whoever writes them works for the whole archive."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from barograph.errors import AccessDenied, NotFound
from barograph.store.records import StreamInfo, Workout
from barograph.store.summaries import Summaries, SummariesState, Summary

if TYPE_CHECKING:
    from barograph.access.sight import Sight


class GuardedSummaries:
    """Summaries over others; see `Summaries`."""

    def __init__(self, summaries: Summaries, sight: Sight) -> None:
        self._summaries, self._sight = summaries, sight

    async def stored(self, workouts: Sequence[Workout], tables: Collection[str], *, rows: bool = True) -> list[Summary]:
        """Return what is kept of sessions that may be seen."""
        scope = await self._sight.scope()
        seen = [one for one in workouts if scope.covers(one)]
        return await self._summaries.stored(seen, tables, rows=rows)

    async def of_stream(self, info: StreamInfo, name: str) -> Summary | None:
        """Return what is kept of the session of a stream, where that may be seen."""
        await self._sight.require("read", info.stream.workout_id)
        return await self._summaries.of_stream(info, name)

    async def failed(self) -> list[Summary]:
        """Return tables that could not be computed, of sessions that may be seen."""
        return [one for one in await self._summaries.failed() if await self._sight.sees(one.workout_id)]

    async def state(self) -> SummariesState | None:
        """Return what the worker said last, for whoever may see something."""
        if not self._sight.possible("read"):
            raise NotFound("summaries: this account may not see them")
        return await self._summaries.state()

    async def since(self, table: str, at_us: int = 0) -> list[Summary]:
        """Return one table of all sessions, for work of this process itself."""
        self._require("since")
        return await self._summaries.since(table, at_us)

    async def take(self, workout: Workout, lease: str, for_s: float) -> int:
        """Take or renew the lease of a session."""
        self._require("take")
        return await self._summaries.take(workout, lease, for_s)

    async def release(self, workout: Workout, lease: str) -> None:
        """Give a lease back."""
        self._require("release")
        await self._summaries.release(workout, lease)

    async def keep(self, workout: Workout, made: Sequence[Summary], lease: str, instead_of: str = "") -> bool:
        """Replace tables of a session."""
        self._require("keep")
        return await self._summaries.keep(workout, made, lease, instead_of)

    async def tell(self, state: SummariesState) -> None:
        """Say how far the worker is."""
        self._require("tell")
        await self._summaries.tell(state)

    def _require(self, name: str) -> None:
        if not self._sight.unlimited("import"):
            raise AccessDenied(f"{name}: this account may not do that to the whole archive")
