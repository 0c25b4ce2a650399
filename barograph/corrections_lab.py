"""What a Lab does with masks and prints that were corrected by hand: list, copy, withdraw and keep versions of them."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from barograph.store.corrections import Corrections, MaskVersion, PrintsVersion
from barograph.store.reader import Reader
from barograph.store.records import Workout
from barograph.store.writing import Writer

T = TypeVar("T")
_COLUMNS = (
    "number", "stream", "side", "scope", "mark", "reason", "n_cells", "made_us", "made_by", "withdrawn_us",
    "copied_from", "workout_id",
)  # fmt: skip


class CorrectionsLab:
    """The part of a Lab that knows what was corrected by hand."""

    _archive: Reader
    _writer: Writer

    if TYPE_CHECKING:  # of the Lab itself

        def _run(self, question: Coroutine[Any, Any, T]) -> T: ...
        async def _workout(self, workout_id: str) -> Workout: ...

    def masks(self, workout: str) -> pd.DataFrame:
        """Return one row per version of masks by hand of a workout, index `number` from 2 on.

        Columns: `stream`, `side`, `scope` (print, session, athlete), `mark` of a print, `reason`, `n_cells` (0 where
        what is found is used again), `made` (UTC), `made_by`, `holds` (False where it was withdrawn), `copied_from`,
        and `workout_id` of another session of the athlete, whose masks hold here too; those come last.
        """
        found = self._run(self._corrections(workout))
        rows = [[getattr(one, name) for name in _COLUMNS] for one in (*found.masks, *found.of_athlete)]
        table = pd.DataFrame(rows, columns=list(_COLUMNS))
        table["made"] = pd.to_datetime(table["made_us"].astype("int64"), unit="us", utc=True)
        table["holds"] = table["withdrawn_us"].astype("int64") == 0
        return table.drop(columns=["made_us", "withdrawn_us"]).set_index("number")

    def mask(self, workout: str, number: int) -> MaskVersion:
        """Return one version of masks with its cells: `labels` are numbers of masks, row by row of its `ground`."""
        return self._run(self._corrections(workout)).version(number)

    def keep_masks(self, workout: str, fields: Mapping[str, Any]) -> MaskVersion:
        """Keep masks as a new version; `fields` are those of the HTTP API (docs/protocol.md)."""
        return self._run(self._writer.add_masks(workout, fields))

    def copy_masks(self, workout: str, source: str, number: int | None = None) -> list[MaskVersion]:
        """Copy masks to a workout from another one of the same athlete: a version, or the last ones of each foot.

        `InvalidData` where no stream has the same kind of sensor and cells.
        """
        return self._run(self._writer.copy_masks(workout, source, number))

    def withdraw_masks(self, workout: str, number: int, withdrawn: bool = True) -> MaskVersion:
        """Withdraw a version of masks, or bring it back; nothing is deleted."""
        return self._run(self._writer.withdraw_masks(workout, number, withdrawn))

    def print_corrections(self, workout: str, stream: str) -> list[dict[str, Any]]:
        """Return the corrections of prints of a stream that hold, as `analytics.footprints` takes them."""
        fixed = self._run(self._corrections(workout)).fixed
        return [one.said() for one in fixed.fixes if one.stream == stream] if fixed else []

    def correct_prints(self, workout: str, items: Sequence[Mapping[str, Any]], reason: str = "") -> PrintsVersion:
        """Keep all corrections of prints of a workout as a new version; each item has its `stream`."""
        return self._run(self._writer.correct_prints(workout, items, reason))

    def withdraw_prints(self, workout: str, number: int, withdrawn: bool = True) -> PrintsVersion:
        """Withdraw a version of corrected prints, or bring it back."""
        return self._run(self._writer.withdraw_prints(workout, number, withdrawn))

    async def _corrections(self, workout: str) -> Corrections:
        await self._workout(workout)
        return await self._archive.corrections.of(workout)
