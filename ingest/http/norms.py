"""Reference bands of the lab's own cohorts, over HTTP."""

from __future__ import annotations

import asyncio
import math
from functools import partial
from typing import Any

import pandas as pd
from pydantic import BaseModel, Field
from quart import Quart
from quart_schema import validate_querystring

from barograph.access.needs import needs
from barograph.errors import NotFound
from barograph.norms_lab import bands_of
from barograph.store.cohorts import NormsQuery, gathered
from barograph.store.ports import Archive
from barograph.store.summarised import summarised
from ingest.http.operations import operation
from ingest.http.queries import NormsAsked, NormsBody
from ingest.http.workouts import load, read_object


class BandAnswer(BaseModel):
    """The reference band of a measure, in its unit; null where it is not known."""

    measure: str = Field(description="measure and sensor, as `lab.summaries` names columns")
    n_athletes: int
    p5: float | None = Field(description="lower end of the middle 90 %")
    p25: float | None = Field(description="lower end of the middle 50 %")
    p50: float | None = Field(description="median")
    p75: float | None
    p95: float | None
    p5_low: float | None = Field(description="lower end of the 90 % interval of p5")
    p5_high: float | None
    p95_low: float | None
    p95_high: float | None
    why: str | None = Field(description="why there is no band, or only its middle 50 %")
    value: float | None = Field(description="mean over the sessions of the athlete who is compared")
    place: str | None = Field(description="where that lies, in words; it is no diagnosis")


class NormsAnswer(BaseModel):
    """Reference bands of a cohort, of one value per athlete."""

    said: str = Field(description="whom the bands are of, in words")
    sensor: str
    athletes: int
    sessions: int
    left_out: str = Field(description="who is not in it for want of data; empty where nobody is")
    athlete_in_cohort: bool = Field(description="whether the athlete would belong to it; left out all the same")
    bands: list[BandAnswer]


NUMBERS = tuple(name for name in BandAnswer.model_fields if name.startswith("p") and name != "place")


def add_norms(app: Quart, archive: Archive) -> None:
    """Give the application its route for reference bands."""

    @app.get("/api/norms")
    @needs("read")
    @operation("Norms", NormsAnswer)
    @validate_querystring(NormsAsked)
    async def norms(query_args: NormsAsked) -> dict[str, Any]:
        """Percentiles of a cohort of this lab, one value per athlete; of athletes that may be read alone.

        They say what is usual among these athletes, and are no diagnosis.
        """
        return await _bands(archive, query_args)

    @app.post("/api/norms")
    @needs("read")
    @operation("Norms", NormsAnswer, takes=NormsBody)
    async def norms_asked_in_a_body() -> dict[str, Any]:
        """The same, asked in a body: an athlete's name stands in no address then, and in no log of one."""
        return await _bands(archive, load(NormsBody, await read_object()))


async def _bands(archive: Archive, asked: NormsAsked) -> dict[str, Any]:
    said = asked.model_dump(exclude={"measure"})
    found = await gathered(partial(summarised, archive), archive.roster, NormsQuery(**said))
    bands = await asyncio.to_thread(bands_of, found, compared=bool(asked.athlete))
    if asked.measure and asked.measure not in bands.index:
        raise NotFound(f"measure: no session of this kind and sensor has {asked.measure[:60]!r}")
    shown = bands.loc[[asked.measure]] if asked.measure else bands
    about: dict[str, Any] = bands.attrs["cohort"]
    return about | {"sensor": found.cohort.sensor, "bands": [_said(str(name), row) for name, row in shown.iterrows()]}


def _said(measure: str, row: pd.Series) -> dict[str, Any]:
    value = row.get("value", math.nan)
    return {
        "measure": measure, "n_athletes": int(row["n_athletes"]), "why": row["band_why"] or None,
        **{name: _known(row[name]) for name in NUMBERS}, "value": _known(value), "place": row.get("place"),
    }  # fmt: skip


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
