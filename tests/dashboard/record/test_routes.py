"""Test days over HTTP: a trial from start to accepted, news as soon as there are any, and what goes wrong."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest

from barograph.access.principals import Access
from barograph.errors import StorageAway
from barograph.settings import load
from barograph.store.memory.archive import MemoryArchive, MemoryLive
from barograph.store.roster import Athlete, Consent
from dashboard.app import create_app
from dashboard.record.keeping import Keeper

HERE = {"client": ("127.0.0.1", 4242)}
GIVEN = Consent("record and keep", "2020-01-01")


class Page:
    """One who has opened the dashboard, and how they ask."""

    def __init__(self, archive: MemoryArchive, data_dir: Any) -> None:
        settings = load(data_dir=data_dir, ingest_port=1, max_address_requests_per_s=1_000_000)
        access = Access(settings, "dashboard")
        self.archive, self.app = archive, create_app(settings, archive, MemoryLive(), access)
        self.client = self.app.test_client()
        self.link = access.new_link("http://x").removeprefix("http://x")
        self.day: dict[str, Any] = {}

    async def ask(self, method: str, path: str, json: Any = None, status: int = 200) -> dict[str, Any]:
        headers = {"Host": "127.0.0.1:8050", "Origin": "http://127.0.0.1:8050"}
        answer = await self.client.open(path, method=method, json=json, headers=headers, scope_base=HERE)
        assert answer.status_code == status, await answer.get_data(as_text=True)
        return dict(await answer.get_json())

    async def do(self, command: str, status: int = 200, **more: Any) -> dict[str, Any]:
        said = await self.ask("POST", f"/record/days/{self.day['id']}/do", {"command": command, **more}, status)
        if status == 200:
            self.day = said
        return said

    async def erase(self, workout_id: str) -> None:
        assert await self.archive.delete(workout_id)

    @property
    def station(self) -> dict[str, Any]:
        return self.day["stations"][0]


@pytest.fixture
async def page(tmp_path) -> Page:
    archive = MemoryArchive()
    made = Page(archive, tmp_path)
    await made.client.post(made.link, headers={"Host": "127.0.0.1:8050"}, scope_base=HERE)
    ada = await archive.roster.add(Athlete("Ada", consents=(GIVEN,)), now_us=0)
    ben = await archive.roster.add(Athlete("Ben"), now_us=0)
    made.ada, made.ben = ada.uid, ben.uid
    await archive.note("device", now_us=0)
    made.day = await made.ask("POST", "/record/days", {"title": "Monday"}, 201)
    await made.do("add_athletes", athletes=[ada.uid, ben.uid])
    await made.do("choose_protocols", protocols=["walk"])
    await made.do("station_add", station="A")
    await made.do("station_link", station="A", workout_id="device")
    await made.do("next", station="A")
    return made


async def run(page: Page) -> None:
    """Start, as if the countdown had been a minute ago."""
    await page.do("start", station="A", key="start")

    def earlier(day: Any) -> Any:
        (one,) = day.stations
        return replace(day, stations=(replace(one, go_us=one.go_us - 60_000_000),))

    await page.archive.test_days.change(page.day["id"], earlier)


async def test_a_trial_goes_from_start_to_accepted_and_the_next_one_waits(page):
    ada = {"name": "Ada", "short_id": "a-0001", "locked": "", "mass_kg": None, "teams": []}
    assert page.day["people"][page.ada] == ada
    assert page.day["people"][page.ben]["locked"] == "no consent is written down"
    assert (page.station["athlete"], page.station["phase"]) == (page.ada, "setup")
    await run(page)
    seen = await page.ask("GET", f"/record/days/{page.day['id']}")
    assert seen["stations"][0]["phase"] == "running"
    assert abs(seen["now_us"] - time.time_ns() // 1000) < 10_000_000
    assert "a trial runs in it" in (await page.ask("DELETE", f"/record/days/{page.day['id']}", None, 409))["message"]
    await page.do("stop", station="A", at_us=seen["now_us"])
    assert "are being copied" in (await page.ask("DELETE", f"/record/days/{page.day['id']}", None, 409))["message"]
    first = page.day["parts"][0]
    assert (first["trial"], first["settled"], first["state"], first["stop_us"]) == (1, True, "recorded", seen["now_us"])
    await page.do("stop", station="A")
    assert [one["stop_us"] for one in page.day["parts"]] == [first["stop_us"]], "pressed twice"
    await page.do("judge", station="A", decision="accept", part=1, key="a")
    await page.do("judge", station="A", decision="accept", part=1, key="a")
    (trial,) = await page.archive.trials.of(first["workout_id"])
    assert (trial.state, trial.protocol) == ("accepted", "walk")
    assert page.day["progress"][page.ada][0]["accepted"] == 1
    listed = (await page.ask("GET", "/record/days"))["days"]
    assert [(one["title"], one["recorded"]) for one in listed] == [("Monday", 1)]
    assert (page.day["held"], page.day["held_s"]) == ([], 3600.0), "it was made long before the test day"


async def test_what_the_phase_does_not_allow_is_said_and_who_is_locked_is_not_recorded(page):
    said = await page.do("stop", station="A", status=409)
    assert said == {"message": "A: no trial runs here; stop is not possible now", "code": "phase", "field": None}
    await page.do("choose", station="A", athlete=page.ben, protocol=0)
    said = await page.do("start", station="A", status=409)
    assert said["message"] == "A: this athlete may not be recorded: no consent is written down"
    await page.do("next", station="A")
    assert page.station["athlete"] == page.ada, "who is locked is not next"
    for command, more, status in (("dance", {}, 400), ("start", {"station": "B"}, 404),
                                  ("add_athletes", {"athletes": ["nobody"]}, 404),
                                  ("station_link", {"station": "A", "workout_id": "never"}, 404),
                                  ("choose_protocols", {"protocols": ["never"]}, 400)):  # fmt: skip
        assert (await page.do(command, status=status, **more))["message"]
    await page.ask("POST", "/record/days", {"title": ""}, 400)
    await page.ask("POST", "/record/days", {}, 400)
    await page.ask("GET", "/record/days/never", None, 404)
    await page.ask("GET", f"/record/days/{page.day['id']}?since=x", None, 400)


async def test_a_protocol_that_is_deleted_while_in_use_is_recorded_and_judged_as_it_was(page, tmp_path):
    file = tmp_path / "protocols" / "mine.toml"
    file.parent.mkdir()
    file.write_text('title = "Mine"\ninstructions = "Go."\n')
    await page.do("choose_protocols", protocols=["mine"])
    await page.do("next", station="A")
    await run(page)
    file.unlink()
    await page.do("stop", station="A")
    await page.do("judge", station="A", decision="accept")
    (trial,) = await page.archive.trials.of(page.day["parts"][0]["workout_id"])
    assert (trial.title, trial.state) == ("Mine", "accepted")
    await page.do("choose_protocols", protocols=["walk", "mine"])
    assert [one["name"] for one in page.day["protocols"]] == ["walk", "mine"], "what was chosen before stays as it was"


async def test_two_scientists_start_the_same_athlete_and_one_trial_runs(page):
    await page.do("station_add", station="B")
    await page.do("station_link", station="B", workout_id="device", devices=["plate"], status=409)
    await page.archive.note("other", now_us=0)
    await page.do("station_link", station="B", workout_id="other")
    both = [page.do("start", station="A", key=key, status=status) for key, status in (("one", 200), ("two", 409))]
    await asyncio.gather(*both)
    said = await page.do("choose", station="B", athlete=page.ada, protocol=0, status=409)
    assert said["message"] == "B: this athlete is at A, where the countdown runs"
    assert [one["phase"] for one in page.day["stations"]] == ["countdown", "setup"]


async def test_news_come_as_soon_as_there_are_any(page):
    begun_s = time.monotonic()
    path = f"/record/days/{page.day['id']}?since={page.day['revision']}"
    waiting = asyncio.create_task(page.ask("GET", path))
    await asyncio.sleep(0)
    await page.do("pause", station="A")
    assert (await waiting)["stations"][0]["paused"] is True
    # What another process writes is seen as well.
    waiting = asyncio.create_task(page.ask("GET", path.partition("?")[0] + f"?since={page.day['revision']}"))
    await asyncio.sleep(0)
    await page.archive.test_days.change(page.day["id"], lambda one: replace(one, title="Tuesday"))
    assert (await waiting)["title"] == "Tuesday"
    assert time.monotonic() - begun_s < 8


async def test_an_archive_that_is_away_at_accept_loses_nothing(page, monkeypatch):
    await run(page)
    await page.do("stop", station="A")

    async def away(*given: object, **named: object) -> None:
        raise StorageAway("MongoDB gave no sure answer")

    with monkeypatch.context() as gone:
        gone.setattr(page.archive.test_days, "change", away)
        said = await page.do("judge", station="A", decision="accept", part=1, key="k", status=503)
        assert "send it again with the same key" in said["message"]
    with monkeypatch.context() as gone:  # the day was written, and the trial was not
        gone.setattr(page.archive.trials, "edit", away)
        await page.do("judge", station="A", decision="accept", part=1, key="k", status=503)
    await page.do("judge", station="A", decision="accept", part=1, key="k")
    assert [one["state"] for one in page.day["parts"]] == ["accepted"]
    assert [one.state for one in await page.archive.trials.of(page.day["parts"][0]["workout_id"])] == ["accepted"]


async def test_a_timed_trial_ends_though_nobody_looks(page):
    keeper = Keeper(page.archive, page.erase, 3600.0)
    assert await keeper.look() == 0
    await page.do("choose_protocols", protocols=["single-leg-stance"])
    await page.do("next", station="A")
    await run(page)
    assert await keeper.look() == 1
    assert await keeper.look() == 0
    day = await page.archive.test_days.one(page.day["id"])
    assert [(one.stop_us - one.start_us, one.trial) for one in day.parts] == [(20_000_000, 1)]
