"""What a Lab reads of tables that were computed once: measures and steps of many sessions as one DataFrame."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from barograph import times
from barograph.store.summarised import Lister, SummariesQuery, Summarised, frame_of

T = TypeVar("T")


class SummariesLab:
    """The part of a Lab that reads summaries."""

    _lister: Lister

    if TYPE_CHECKING:  # of the Lab itself

        def _run(self, question: Coroutine[Any, Any, T]) -> T: ...

    def summaries(
        self,
        athlete: str | None = None,
        since: times.Moment | None = None,
        table: str = "session",
        *,
        spread: bool = False,
    ) -> pd.DataFrame:
        """Return tables of sessions that have ended, oldest first, as they were computed once; index `workout_id`.

        `session` has one row per session: whose and when, and each measure as pages show it in a column named by
        measure and sensor (`max_total_force_n.left`, N; `cadence_spm`), with `spread` also its SD (`….sd`) and number
        (`….n`). It is of the session's whole up to five minutes, else of its middle minute; `session whole`,
        `session first`, `session middle` and `session last` are of other parts. Another table has its rows one below
        the other: `steps` one per step of the whole session. Columns are those of docs/reference.md.

        `athlete` is a uid, a short id or a name; `since` a time, in UTC where it has no zone. Sessions that have no
        table that holds are left out: `attrs["missing"]` says why, by workout.
        """
        since_us = 0 if since is None else times.moment_us("since", since)
        asked = SummariesQuery(table, athlete or "", since_us)
        return frame_of(self._run(self._listed(asked)), table, spread=spread)

    async def _listed(self, asked: SummariesQuery) -> list[Summarised]:
        found: list[Summarised] = []
        after: int | None = 0
        while after is not None:
            page, after = await self._lister(asked, after)
            found += page
        return found
