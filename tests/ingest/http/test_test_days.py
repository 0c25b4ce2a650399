"""Test days over the ingest's HTTP: the same rules, and what goes wrong as its errors are."""

from __future__ import annotations

import httpx
import pytest
from served import serving

from barograph.store.roster import Athlete, Consent


@pytest.fixture
async def http(memory_archive, memory_live, tmp_path):
    async with (
        serving(memory_archive, memory_live, tmp_path) as ingest,
        httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner, timeout=30) as client,
    ):
        client.archive = memory_archive
        await client.post("/api/workouts", json={"workout_id": "device"})
        yield client


async def test_a_trial_is_recorded_and_what_the_phase_does_not_allow_is_said(http: httpx.AsyncClient) -> None:
    ada = await http.archive.roster.add(Athlete("Ada", consents=(Consent("video", "2020-01-01"),)), now_us=0)
    made = await http.post("/api/test-days", json={"title": "Monday"})
    assert made.status_code == 201
    path = f"/api/test-days/{made.json()['id']}"

    async def do(name: str, status: int = 200, **more: object) -> dict:
        answer = await http.post(f"{path}/commands", json={"command": name, **more})
        assert answer.status_code == status, answer.text
        return answer.json()

    await do("add_athletes", athletes=[ada.uid])
    await do("choose_protocols", protocols=["walk"])
    await do("station_add", station="A")
    await do("station_link", station="A", workout_id="device")
    assert (await do("next", station="A"))["stations"][0]["athlete"] == ada.uid
    started = await do("start", station="A", key="one")
    again = await do("start", station="A", key="one")
    assert again | {"now_us": 0} == started | {"now_us": 0}
    refused = (await do("start", 409, station="A", key="two"))["error"]
    assert (refused["code"], refused["message"]) == ("phase", "A: the countdown runs; start is not possible now")
    assert (await do("dance", 400))["error"]["field"] == "command"
    assert (await do("start", 404, station="B"))["error"]["message"].startswith("station: no station 'B'")
    await do("stop", station="A")
    shown = (await http.get(path)).json()
    assert (shown["stations"][0]["phase"], shown["parts"]) == ("setup", []), "a countdown leaves no trial"
    assert shown["people"][ada.uid]["name"] == "Ada"
    assert [one["wanted"] for one in shown["progress"][ada.uid]]
    listed = (await http.get("/api/test-days")).json()["test_days"]
    assert [(one["title"], one["athletes"]["waiting"]) for one in listed] == [("Monday", 1)]
    assert (await http.delete(path)).json() == {"id": made.json()["id"], "removed": True}
    assert (await http.get(path)).status_code == 404
