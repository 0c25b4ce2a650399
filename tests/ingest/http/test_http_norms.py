"""Reference bands over HTTP and in a notebook: the same numbers, of summaries that hold and athletes of the roster."""

from __future__ import annotations

import asyncio
import json
from functools import cache

import httpx
import numpy as np
import pytest

from analytics import sim
from analytics.frames.arrival import ArrivalStatistics
from barograph import connect
from barograph.frames import Recording, Stream
from barograph.store.imports import import_recording
from barograph.store.ports import About
from barograph.store.roster import Athlete
from dashboard.reading.summarising import Summariser

START_US = 1_790_000_000_000_000
DAY_US = 86_400_000_000
N = 13
MEASURE = "mean:total_force_n.left"


@cache
def stood(seed: int, rows: int = 4) -> Recording:
    """A second of one sensor, cheap enough for a dozen people."""
    return sim.walk(1.0, start_us=START_US + seed * DAY_US, seed=seed, rows=rows, cols=3)["left"]


@pytest.fixture
async def lab(ingest, mongo_archive):
    """Thirteen women of the roster, one of whom has no date of birth and one another sensor beside; and a stranger."""
    athletes = [
        await mongo_archive.roster.add(
            Athlete(f"A{i}", sex="F", born="" if i == 3 else "2004-01-01", sport="rowing"), now_us=START_US
        )
        for i in range(N)
    ]
    kept = [(f"w{i}", athletes[i].name, stood(i)) for i in range(N)]
    kept += [("again", "A0", stood(40)), ("other sensor", "A1", stood(41, 6)), ("strange", "Nobody", stood(42))]
    for name, athlete, recording in kept:
        about = About(athlete=athlete, kind="walk", mass_kg=60.0)
        await import_recording(mongo_archive, Stream(name, "left"), recording, ArrivalStatistics(), now_us=START_US,
                               about=about)  # fmt: skip
    await Summariser(mongo_archive, lambda _: True).catch_up()
    async with httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner, timeout=30) as client:
        yield client, ingest


async def test_bands_over_http_are_those_of_a_notebook_and_what_cannot_be_asked_is_said(lab):
    http, ingest = lab
    await same_numbers(http, ingest)
    await without_a_date_of_birth(http)
    await refused(http)


async def same_numbers(http, ingest):
    asked = {"kind": "walk", "sensor": "insole 4 × 3", "sex": "F", "athlete": "A0"}
    said = (await http.get("/api/norms", params=asked)).json()
    assert (await http.post("/api/norms", json=asked)).json() == said
    assert (said["athletes"], said["sessions"], said["athlete_in_cohort"]) == (N - 1, N - 1, True)
    assert said["left_out"] == "1 session of no athlete of the roster"
    assert said["said"] == "athletes of this lab (women, walk, insole 4 × 3); not a diagnosis"

    def local():
        with connect(ingest.http_url, token=ingest.owner["Authorization"].removeprefix("Bearer ")) as there:
            asked_ = {name: value for name, value in asked.items() if name != "kind"}
            return there.norms("walk", **asked_), there.summaries(), there.athletes()

    bands, summaries, athletes = await asyncio.to_thread(local)
    for one in said["bands"]:
        row = bands.loc[one["measure"]]
        for name in ("p5", "p25", "p50", "p75", "value"):
            assert one[name] == (None if np.isnan(row[name]) else pytest.approx(row[name])), (one["measure"], name)
        assert (one["n_athletes"], one["why"] or "", one["place"]) == (row["n_athletes"], row["band_why"], row["place"])
    assert bands.attrs["cohort"]["athletes"] == N - 1
    mine = summaries[summaries["sensors"] == "insole 4 × 3"]
    values = [mine.loc[f"w{i}", MEASURE] for i in range(1, N)]
    assert bands.loc[MEASURE, "p50"] == pytest.approx(np.quantile(values, 0.5, method="weibull"))
    assert bands.loc[MEASURE, "value"] == pytest.approx(mine.loc[["w0", "again"], MEASURE].mean())
    assert np.isnan(bands.loc[MEASURE, "p5"]), "twelve are too few for the middle 90 %"
    assert athletes["sport"].eq("rowing").all()


async def without_a_date_of_birth(http):
    asked = {"kind": "walk", "sensor": "insole 4 × 3", "age": "18-25", "measure": MEASURE}
    said = (await http.get("/api/norms", params=asked)).json()
    assert said["athletes"] == N - 1
    assert said["left_out"].startswith("1 athlete, no date of birth")
    assert [one["measure"] for one in said["bands"]] == [MEASURE]
    few = (await http.get("/api/norms", params=asked | {"age": "51-"})).json()
    assert few["bands"][0]["why"] == "a band needs 11 athletes, here are 0"


async def refused(http):
    cases = (
        ({"kind": "walk"}, 400, "sensor: expected one of insole 4 × 3; insole 6 × 3"),
        ({}, 400, "kind"),
        ({"kind": "walk", "age": "young"}, 400, "age: expected years as 18-25"),
        ({"kind": "walk", "sensor": "insole 4 × 3", "athlete": "Unknown"}, 404, "expected one athlete"),
        ({"kind": "walk", "sensor": "insole 4 × 3", "measure": "height"}, 404, "no session of this kind"),
        ({"kind": "walk", "table": "steps"}, 400, "table: expected session"),
    )
    for params, status, text in cases:
        for answer in (await http.get("/api/norms", params=params), await http.post("/api/norms", json=params)):
            said = json.dumps(answer.json(), ensure_ascii=False)
            assert (answer.status_code, text in said) == (status, True), said
