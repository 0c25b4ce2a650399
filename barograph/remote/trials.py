"""Trials of workouts of another machine, by the ingest's HTTP API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from barograph.errors import CodecError
from barograph.remote.client import Client, path_of
from barograph.store.trials import Trial, TrialChange, trial_of


class RemoteTrials:
    """Reads trials of one server; of a protocol as it was they have the title alone."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def of(self, workout_id: str) -> list[Trial]:
        """Return the trials of a workout in order of time."""
        said = await self._client.json("GET", path_of("api", "workouts", workout_id, "trials"))
        return [told(one) for one in self._list(said, "trials")]

    async def changes(self, workout_id: str) -> list[TrialChange]:
        """Return every change of its trials, the oldest first."""
        said = await self._client.json("GET", path_of("api", "workouts", workout_id, "trials", "changes"))
        try:
            return msgspec.convert(self._list(said, "changes"), list[TrialChange])
        except msgspec.ValidationError as error:
            raise CodecError(f"changes: expected changes from {self._client.address}: {error}") from error

    def _list(self, said: Any, name: str) -> list[Any]:
        found = said.get(name) if isinstance(said, dict) else None
        if not isinstance(found, list):
            raise CodecError(f"{name}: expected a list from {self._client.address}, got {type(found).__name__}")
        return found


def told(said: Any) -> Trial:
    """Return a trial as an answer has it; `CodecError` for anything else."""
    if not isinstance(said, Mapping):
        raise CodecError(f"trial: expected a trial, got {type(said).__name__}", field="trial")
    return trial_of({**said, "held": {"title": said.get("title", "")}})
