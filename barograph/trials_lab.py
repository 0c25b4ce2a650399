"""What a Lab does with trials: list them, make them of parts of a workout, move and judge them."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from barograph import times
from barograph.store.reader import Reader
from barograph.store.records import Workout, first_us
from barograph.store.trials import State, Trial
from barograph.store.writing import Writer

T = TypeVar("T")
Moment = float | times.Moment
_COLUMNS = (
    "number", "protocol", "title", "condition", "side", "start_us", "stop_us", "state", "reason", "made_us", "made_by",
    "changed_us", "changed_by",
)  # fmt: skip


class TrialsLab:
    """The part of a Lab that knows trials."""

    _archive: Reader
    _writer: Writer

    if TYPE_CHECKING:  # of the Lab itself

        def _run(self, question: Coroutine[Any, Any, T]) -> T: ...
        async def _workout(self, workout_id: str) -> Workout: ...

    def trials(self, workout: str) -> pd.DataFrame:
        """Return one row per trial of a workout in order of time, index `number`; rejected ones too.

        Columns: `protocol`, `title`, `condition`, `side`, `start`, `stop` (UTC), `duration_s`, `state`, `reason`,
        `counts` (False where it was rejected), `made`, `made_by`, `changed`, `changed_by`, and `start_us`, `stop_us`,
        by which `recording.between(row)` takes its frames. Of each criterion a column of its name says whether it was
        met, missing where it could not be told.
        """
        found = self._run(self._trials(workout))
        table = pd.DataFrame([[getattr(one, name) for name in _COLUMNS] for one in found], columns=list(_COLUMNS))
        for name, at in (("start", "start_us"), ("stop", "stop_us"), ("made", "made_us"), ("changed", "changed_us")):
            table[name] = pd.to_datetime(table[at].astype("int64"), unit="us", utc=True)
        table["duration_s"] = (table["stop"] - table["start"]).dt.total_seconds()
        table["counts"] = table["state"] != "rejected"
        for name in dict.fromkeys(each.criterion for one in found for each in one.quality):
            met = [next((each.met for each in one.quality if each.criterion == name), None) for one in found]
            table[name] = pd.array(met, dtype="boolean")
        return table.drop(columns=["made_us", "changed_us"]).set_index("number")

    def trial_changes(self, workout: str) -> pd.DataFrame:
        """Return one row per change of a workout's trials, the oldest first: `time`, `number`, `by` and `before`.

        `before` has the fields that changed as they were, nothing where the trial was made.
        """
        found = self._run(self._changes(workout))
        rows = [(one.at_us, one.number, one.by, dict(one.before)) for one in found]
        table = pd.DataFrame(rows, columns=["time", "number", "by", "before"])
        table["time"] = pd.to_datetime(table["time"].astype("int64"), unit="us", utc=True)
        return table

    def add_trial(self, workout: str, protocol: str, start: Moment, stop: Moment, **said: Any) -> Trial:
        """Make a trial of the part from `start` to `stop`, both included; the same one twice is one.

        `protocol` is a name (`barograph.protocols.names`); a number is seconds since the workout's first frame, as in
        `recording`. `said` may be `condition`, `side`, `state`, `reason` and `quality`. `InvalidData` where a trial of
        the same protocol, condition and side has a frame of it already.
        """
        ends = self._ends(workout, start=start, stop=stop)
        return self._run(self._writer.add_trial(workout, protocol, {**said, **ends}))

    def move_trial(self, workout: str, number: int, start: Moment | None = None, stop: Moment | None = None) -> Trial:
        """Give a trial other ends; what is not given stays, and what was found of its criteria goes."""
        return self._run(self._writer.edit_trial(workout, number, self._ends(workout, start=start, stop=stop)))

    def judge_trial(self, workout: str, number: int, state: State, reason: str = "") -> Trial:
        """Say of a trial that it is recorded, accepted, repeated, or rejected, for which a reason has to be given."""
        return self._run(self._writer.edit_trial(workout, number, {"state": state, "reason": reason}))

    def _ends(self, workout: str, **ends: Moment | None) -> dict[str, int]:
        zero = first_us(self._run(self._workout(workout)))
        found = {f"{name}_us": times.moment_after_us(name, at, zero) for name, at in ends.items()}
        return {name: at for name, at in found.items() if at is not None}

    async def _trials(self, workout: str) -> list[Trial]:
        await self._workout(workout)
        return await self._archive.trials.of(workout)

    async def _changes(self, workout: str) -> Any:
        await self._workout(workout)
        return await self._archive.trials.changes(workout)
