"""Masks and corrected prints of workouts of another machine, by the ingest's HTTP API."""

from __future__ import annotations

from typing import Any

from barograph.errors import CodecError
from barograph.remote.client import Client, path_of
from barograph.store.corrections import Corrections, MaskVersion, mask_of, prints_of


class RemoteCorrections:
    """Reads corrections of one server."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def of(self, workout_id: str) -> Corrections:
        """Return what was corrected of a workout, masks with their cells; of other sessions without them."""
        said = await self._client.json("GET", path_of("api", "workouts", workout_id, "masks"))
        heads = self._list(said, "masks")
        masks = [await self._mask(workout_id, mask_of(one).number) for one in heads]
        others = [mask_of(one) for one in self._list(said, "of_athlete")]
        said = await self._client.json("GET", path_of("api", "workouts", workout_id, "print-corrections"))
        prints = [prints_of(one) for one in self._list(said, "prints")]
        return Corrections(tuple(masks), tuple(others), tuple(prints))

    async def _mask(self, workout_id: str, number: int) -> MaskVersion:
        return mask_of(await self._client.json("GET", path_of("api", "workouts", workout_id, "masks", str(number))))

    def _list(self, said: Any, name: str) -> list[Any]:
        found = said.get(name) if isinstance(said, dict) else None
        if not isinstance(found, list):
            raise CodecError(f"{name}: expected a list from {self._client.address}, got {type(found).__name__}")
        return found
