"""Tables of sessions of another machine, as `/api/summaries` gives them.

An athlete is asked for in a body, as the name of one is better in no address. A uid is no name: it
stands in the address, so that older servers, which take no body, answer too.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from barograph.errors import CodecError
from barograph.remote.client import Client, path_of
from barograph.store.summarised import UID, SummariesQuery, Summarised

PATH = path_of("api", "summaries")


class _Column(msgspec.Struct):
    name: str
    type: str
    values: list[Any]


class _Session(msgspec.Struct):
    workout_id: str
    athlete: str | None
    athlete_uid: str
    kind: str | None
    mass_kg: float | None
    start_us: int
    computed_us: int | None
    version: str
    why: str | None
    about: dict[str, Any]
    columns: list[_Column]
    sensors: str = ""


class _Page(msgspec.Struct):
    sessions: list[_Session]
    next_skip: int | None


class RemoteSummaries:
    """Gives pages of summaries of one server."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def __call__(self, query: SummariesQuery, skip: int) -> tuple[list[Summarised], int | None]:
        """Return a page, and where the next one begins."""
        asked: dict[str, str | int] = {"table": query.table, "skip": skip}
        asked |= {"kind": query.kind} if query.kind else {}
        if query.since_us:
            asked["since"] = pd.Timestamp(query.since_us, unit="us", tz="UTC").isoformat()
        asked |= {"athlete": query.athlete} if query.athlete else {}
        named = query.athlete and not UID.fullmatch(query.athlete)
        said = await (self._client.json("POST", PATH, asked) if named else self._client.json("GET", PATH, params=asked))
        try:
            page = msgspec.convert(said, _Page)
            found = [_summarised(one) for one in page.sessions]
        except (msgspec.ValidationError, ValueError, TypeError, KeyError) as error:
            raise CodecError(f"summaries: expected tables from {self._client.address}: {error}") from error
        if page.next_skip is not None and page.next_skip <= skip:
            raise CodecError(f"next_skip: expected to go on from {skip}, got {page.next_skip}", field="next_skip")
        return found, page.next_skip


def _summarised(one: _Session) -> Summarised:
    said = (one.workout_id, one.athlete, one.athlete_uid, one.kind, one.mass_kg, one.start_us)
    if one.why:
        return Summarised(*said, one.why, one.version, one.computed_us, sensors=one.sensors)
    table = pd.DataFrame({column.name: _values(column) for column in one.columns})
    table.attrs.update(one.about)
    return Summarised(*said, "", one.version, one.computed_us, table, one.sensors)


def _values(column: _Column) -> Any:
    if column.type == "float":
        return np.array([math.nan if value is None else value for value in column.values], np.float64)
    if column.type in ("int", "bool"):
        return np.array(column.values, {"int": np.int64, "bool": np.bool_}[column.type])
    return pd.array(column.values, dtype="object")
