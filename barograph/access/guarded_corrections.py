"""Corrections as doors get them: whoever may read a workout reads them, whoever may describe it makes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from barograph.access.acting import actor
from barograph.store.corrections import Corrections, CorrectionsPort, MaskVersion, NewMask, PrintFix, PrintsVersion

if TYPE_CHECKING:
    from barograph.access.sight import Sight


class GuardedCorrections:
    """Corrections over others; see `CorrectionsPort`. Whoever makes them is noted as who they are."""

    def __init__(self, corrections: CorrectionsPort, sight: Sight) -> None:
        self._corrections, self._sight = corrections, sight

    async def of(self, workout_id: str) -> Corrections:
        """Return what was corrected of a workout that may be seen; another session is named where it may be seen."""
        await self._sight.require("read", workout_id)
        found = await self._corrections.of(workout_id)
        seen = {one.workout_id: await self._sight.sees(one.workout_id) for one in found.of_athlete}
        named = (one if seen[one.workout_id] else replace(one, workout_id="") for one in found.of_athlete)
        return replace(found, of_athlete=tuple(named))

    async def add_mask(self, workout_id: str, new: NewMask, *, now_us: int, by: str = "") -> MaskVersion:
        """Keep masks of a workout that may be described; of its athlete, who may be described, for all sessions."""
        await self._sight.require("describe", workout_id)
        if new.scope == "athlete":
            await self._sight.require("describe", workout_id, "athlete")
        return await self._corrections.add_mask(workout_id, new, now_us=now_us, by=actor().uid)

    async def withdraw_mask(
        self, workout_id: str, number: int, *, withdrawn: bool = True, now_us: int, by: str = ""
    ) -> MaskVersion:
        """Withdraw a version of masks, or bring it back; the workout may be described."""
        await self._sight.require("describe", workout_id)
        return await self._corrections.withdraw_mask(
            workout_id, number, withdrawn=withdrawn, now_us=now_us, by=actor().uid
        )

    async def add_prints(
        self, workout_id: str, fixes: Sequence[PrintFix], reason: str = "", *, now_us: int, by: str = ""
    ) -> PrintsVersion:
        """Keep all corrections of prints of a workout that may be described."""
        await self._sight.require("describe", workout_id)
        return await self._corrections.add_prints(workout_id, fixes, reason, now_us=now_us, by=actor().uid)

    async def withdraw_prints(
        self, workout_id: str, number: int, *, withdrawn: bool = True, now_us: int, by: str = ""
    ) -> PrintsVersion:
        """Withdraw a version of corrected prints, or bring it back; the workout may be described."""
        await self._sight.require("describe", workout_id)
        return await self._corrections.withdraw_prints(
            workout_id, number, withdrawn=withdrawn, now_us=now_us, by=actor().uid
        )
