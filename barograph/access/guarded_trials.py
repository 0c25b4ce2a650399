"""Trials as doors get them: whoever may read a workout reads its trials, whoever may describe it changes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from barograph.access.acting import actor
from barograph.store.trials import NewTrial, Trial, TrialChange, Trials

if TYPE_CHECKING:
    from barograph.access.sight import Sight


class GuardedTrials:
    """Trials over others; see `Trials`. Whoever changes them is noted as who they are, whatever a caller says."""

    def __init__(self, trials: Trials, sight: Sight) -> None:
        self._trials, self._sight = trials, sight

    async def of(self, workout_id: str) -> list[Trial]:
        """Return the trials of a workout that may be seen."""
        await self._sight.require("read", workout_id)
        return await self._trials.of(workout_id)

    async def changes(self, workout_id: str) -> list[TrialChange]:
        """Return every change of its trials."""
        await self._sight.require("read", workout_id)
        return await self._trials.changes(workout_id)

    async def add(self, workout_id: str, new: NewTrial, *, now_us: int, by: str = "") -> Trial:
        """Make a trial of a workout that may be described."""
        await self._sight.require("describe", workout_id)
        return await self._trials.add(workout_id, new, now_us=now_us, by=actor().uid)

    async def edit(
        self, workout_id: str, number: int, fields: Mapping[str, Any], *, now_us: int, by: str = ""
    ) -> Trial:
        """Change a trial: move, name or judge it; the workout may be described."""
        await self._sight.require("describe", workout_id)
        return await self._trials.edit(workout_id, number, fields, now_us=now_us, by=actor().uid)
