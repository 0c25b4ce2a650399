"""Tables of sessions over HTTP: page by page, as they were computed, without what does not hold."""

from __future__ import annotations

from functools import cache

import httpx
import numpy as np
import pytest
from pydantic import SecretStr

from analytics import sim
from analytics.frames.arrival import ArrivalStatistics
from barograph.frames import Recording, Stream
from barograph.remote.client import Client
from barograph.remote.summaries import RemoteSummaries
from barograph.store import summarised
from barograph.store.calibration import calibrate
from barograph.store.imports import import_recording
from barograph.store.ports import About
from barograph.store.summarised import SummariesQuery
from dashboard.reading.parts import Parts
from dashboard.reading.session_measures import entry_of
from dashboard.reading.summarising import Summariser

DAY_US = 86_400_000_000
START_US = 1_750_000_000_000_000


@cache
def walk(day: int) -> dict[str, Recording]:
    return sim.walk(3.0, start_us=START_US + day * DAY_US, rows=12, cols=6)


@pytest.fixture
async def http(ingest, mongo_archive):
    """The API over three sessions of one athlete and one of another, with their tables."""
    for day, (name, athlete) in enumerate((("first", "A"), ("second", "A"), ("third", "A"), ("other", "B"))):
        for side, one in walk(day).items():
            await import_recording(mongo_archive, Stream(name, side), one, ArrivalStatistics(), now_us=START_US,
                                   about=About(athlete=athlete))  # fmt: skip
    await Summariser(mongo_archive, lambda _: True).catch_up()
    async with httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner, timeout=30) as client:
        yield client


async def test_a_page_of_tables_goes_on_where_it_ended(http, monkeypatch):
    whole = (await http.get("/api/summaries", params={"athlete": "A"})).json()
    assert [one["workout_id"] for one in whole["sessions"]] == ["first", "second", "third"]
    assert (whole["next_skip"], whole["table"]) == (None, "session")
    part = (await http.get("/api/summaries", params={"athlete": "A", "limit": 2})).json()
    assert part["next_skip"] == 2
    rest = (await http.get("/api/summaries", params={"athlete": "A", "limit": 2, "skip": 2})).json()
    assert part["sessions"] + rest["sessions"] == whole["sessions"]
    assert rest["next_skip"] is None
    monkeypatch.setattr(summarised, "MOST_ROWS", 1)
    one = (await http.get("/api/summaries", params={"athlete": "A"})).json()
    assert (len(one["sessions"]), one["next_skip"]) == (1, 1)


async def test_numbers_are_those_of_the_pages(http, mongo_archive):
    (one,) = (await http.get("/api/summaries", params={"athlete": "B"})).json()["sessions"]
    columns = {column["name"]: column["values"] for column in one["columns"]}
    entry = await entry_of(Parts(mongo_archive), await mongo_archive.workout("other"), "")
    rows = zip(columns["measure"], columns["sensor"], columns["mean"], columns["sd"], columns["n"], strict=True)
    found = {(name, where): (mean, np.nan if sd is None else sd, n) for name, where, mean, sd, n in rows}
    assert repr(found) == repr(dict(entry.values))
    assert one["about"]["length_s"] == entry.length_s
    steps = (await http.get("/api/summaries", params={"athlete": "B", "table": "steps"})).json()["sessions"][0]
    assert {"side", "contact_s", "start_us"} <= {column["name"] for column in steps["columns"]}


async def test_what_has_changed_is_left_out_and_said(http, mongo_archive):
    await calibrate(mongo_archive, Stream("other", "left"), scale=0.2)
    await mongo_archive.note("new", now_us=START_US + 9 * DAY_US, about=About(athlete="B"))
    changed, new = (await http.get("/api/summaries", params={"athlete": "B"})).json()["sessions"]
    assert changed["why"] == summarised.CHANGED
    assert new["why"] == summarised.NOT_YET
    assert changed["columns"] == new["columns"] == []
    later = await http.get("/api/summaries", params={"since": (START_US + DAY_US) / 1e6})
    assert [one["workout_id"] for one in later.json()["sessions"]] == ["second", "third", "other", "new"]
    assert (await http.get("/api/summaries", params={"table": "nothing like it"})).json()["sessions"][0]["why"]


async def test_an_athlete_asked_for_in_a_body_has_the_same_answer_and_stands_in_no_address(http, ingest):
    asked = {"athlete": "A", "limit": 2}
    there = await http.get("/api/summaries", params=asked)
    assert (await http.post("/api/summaries", json=asked)).json() == there.json()
    client = Client(ingest.http_url, SecretStr(ingest.owner["Authorization"].removeprefix("Bearer ")), 30)
    sent: list[httpx.Request] = []
    client._http.event_hooks = {"request": [async_append(sent)]}
    try:
        for athlete in ("A", "0" * 32, ""):
            await RemoteSummaries(client)(SummariesQuery(athlete=athlete), 0)
    finally:
        await client.close()
    assert [(one.method, one.url.params.get("athlete")) for one in sent] == [
        ("POST", None), ("GET", "0" * 32), ("GET", None),
    ]  # fmt: skip


def async_append(sent: list[httpx.Request]):
    async def append(request: httpx.Request) -> None:
        sent.append(request)

    return append


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"limit": 0}, "limit"), ({"limit": 201}, "limit"), ({"skip": -1}, "skip"), ({"since": "soon"}, "since"),
     ({"table": ""}, "table"), ({"athlete": "x" * 201}, "athlete")],
)  # fmt: skip
async def test_a_wrong_parameter_is_named(ingest, wrong, field):
    async with httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner, timeout=30) as client:
        answers = [await client.get("/api/summaries", params=wrong), await client.post("/api/summaries", json=wrong)]
    assert [(one.status_code, one.json()["error"]["field"]) for one in answers] == [(400, field)] * 2
