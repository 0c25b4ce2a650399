"""What a Lab reads of tables that were computed once: measures and steps of many sessions as one DataFrame."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from barograph import times
from barograph.store.summarised import Lister, SummariesQuery, Summarised, frame_of

T = TypeVar("T")
DAY_US = 86_400_000_000


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
        (`….n`), and `sensors`, their kind. It is of the session's whole up to five minutes, else of its middle minute;
        `session whole`, `session first`, `session middle` and `session last` are of other parts, `session trials` of
        the trials that count of the test that has most. `trials` has one row per trial that is not rejected, with the
        same columns of measures; `attrs["rejected"]` has the numbers of the others, by workout. Another table has its
        rows one below the other, of the whole session: `steps` one per step, `jumps` per jump, `prints` per footprint,
        `walk` per step over a plate, `running` per contact, `balance` per sensor with the net of both feet, `one leg`,
        `seats` per seat. Columns are those of docs/reference.md; in `session` measures of these have a prefix
        (`jump:height_m`).

        `athlete` is a uid, a short id or a name; `since` a time, in UTC where it has no zone. Sessions that have no
        table that holds are left out: `attrs["missing"]` says why, by workout.
        """
        since_us = 0 if since is None else times.moment_us("since", since)
        asked = SummariesQuery(table, athlete or "", since_us)
        return frame_of(self._run(self._listed(asked)), table, spread=spread)

    def test_day(self, day: times.Moment, athlete: str | None = None) -> pd.DataFrame:
        """Return one row per athlete and test of the day that begins at `day` (UTC without a zone), by its trials.

        Index `athlete`, `protocol`, `condition`, `side`; `n` trials that are not rejected, and the mean and the SD
        (`….sd`) of each measure, as `summaries(table="trials")` has them. `attrs["rejected"]` has the numbers of the
        trials that are left out, by workout.
        """
        since_us = times.moment_us("day", day)
        table = self.summaries(athlete, day, "trials")
        rows = table[table["start"] < pd.Timestamp(since_us + DAY_US, unit="us", tz="UTC")]
        if "protocol" not in rows:
            return pd.DataFrame(columns=["n"])
        keys = ["athlete", "protocol", "condition", "side"]
        grouped = rows.fillna({"athlete": "", "condition": ""}).groupby(keys, sort=False)
        numbers = [name for name in rows.select_dtypes("float") if name not in ("mass_kg", "duration_s")]
        made = pd.concat(
            [grouped.size().rename("n"), grouped[numbers].mean(), grouped[numbers].std().add_suffix(".sd")], axis=1
        )
        made.attrs["rejected"] = table.attrs.get("rejected", {})
        return made

    async def _listed(self, asked: SummariesQuery) -> list[Summarised]:
        found: list[Summarised] = []
        after: int | None = 0
        while after is not None:
            page, after = await self._lister(asked, after)
            found += page
        return found
