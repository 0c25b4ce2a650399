"""Trials and protocols over HTTP: made, moved, judged, with what is wrong named."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from served import serving

from barograph import protocols

RUN = "/api/workouts/run"
T0 = 1_767_225_600_000_000
JUMP = {"protocol": "cmj", "start_us": T0, "stop_us": T0 + 6_000_000}


@pytest.fixture
async def http(memory_archive, memory_live, tmp_path):
    (tmp_path / "protocols").mkdir()
    (tmp_path / "protocols/mine.toml").write_text('title = "Mine"\ninstructions = "Go."\nsides = ["left", "right"]\n')
    (tmp_path / "protocols/bad.toml").write_text("title = 5\n")
    async with (
        serving(memory_archive, memory_live, tmp_path) as ingest,
        httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner, timeout=30) as client,
    ):
        await client.post("/api/workouts", json={"workout_id": "run"})
        yield client


async def test_a_trial_is_made_judged_and_read_with_its_protocol_and_changes(http: httpx.AsyncClient) -> None:
    made = await http.post(f"{RUN}/trials", json=JUMP)
    assert made.status_code == 201
    assert (made.json()["number"], made.json()["condition"], made.json()["state"]) == (1, "hands on hips", "recorded")
    assert (await http.post(f"{RUN}/trials", json=JUMP)).json() == made.json()
    found = {"criterion": "flight_seen", "met": False, "found": "no flight"}
    said = {"state": "rejected", "reason": "no jump", "quality": [found]}
    judged = (await http.put(f"{RUN}/trials/1", json=said)).json()
    assert {name: judged[name] for name in said} == said
    assert (await http.get(f"{RUN}/trials")).json() == {"trials": [judged]}
    whole = (await http.get(f"{RUN}/trials/1")).json()
    assert whole["held"] == protocols.named("cmj").to_dict()
    changes = (await http.get(f"{RUN}/trials/changes")).json()["changes"]
    assert [one["before"] for one in changes] == [{}, {"state": "recorded", "reason": "", "quality": []}]


async def test_a_labs_own_protocol_is_listed_and_used_and_a_wrong_one_named(http: httpx.AsyncClient) -> None:
    listed = (await http.get("/api/protocols")).json()
    assert listed["protocols"]["cmj"] == protocols.named("cmj").to_dict()
    assert listed["protocols"]["mine"]["title"] == "Mine"
    assert "instructions: expected a text" in listed["wrong"]["bad"]
    made = await http.post(f"{RUN}/trials", json=JUMP | {"protocol": "mine", "side": "left"})
    assert (made.json()["title"], made.json()["side"]) == ("Mine", "left")
    answer = await http.post(f"{RUN}/trials", json=JUMP | {"protocol": "bad"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("said", "status", "field"),
    [
        ({}, 400, "start_us"),
        ({**JUMP, "protocol": "cmjj"}, 400, "protocol"),
        ({**JUMP, "protocol": "mine"}, 400, "side"),
        ({**JUMP, "stop_us": T0 - 1}, 400, "stop_us"),
        ({**JUMP, "stop_us": 1 << 70}, 400, "stop_us"),
        ({**JUMP, "start_us": "soon"}, 400, "start_us"),
        ({**JUMP, "condition": "barefoot"}, 400, "condition"),
        ({**JUMP, "state": "rejected"}, 400, "reason"),
        ({**JUMP, "state": "good"}, 400, "state"),
        ({**JUMP, "quality": [{"criterion": "luck"}]}, 400, "quality"),
        ({**JUMP, "stat": "accepted"}, 400, "stat"),
        ({**JUMP, "start_us": T0 + 1}, 400, "start_us"),
    ],
)
async def test_what_is_wrong_is_named_and_makes_nothing(
    said: dict[str, Any], status: int, field: str, http: httpx.AsyncClient
) -> None:
    before = (await http.post(f"{RUN}/trials", json=JUMP)).json()
    answer = await http.post(f"{RUN}/trials", json=said)
    assert (answer.status_code, answer.json()["error"]["field"]) == (status, field)
    assert (await http.get(f"{RUN}/trials")).json() == {"trials": [before]}


async def test_what_is_not_there_is_404(http: httpx.AsyncClient) -> None:
    for method, path, said in (
        ("GET", "/api/workouts/other/trials", None),
        ("GET", "/api/workouts/other/trials/changes", None),
        ("POST", "/api/workouts/other/trials", JUMP),
        ("GET", f"{RUN}/trials/1", None),
        ("PUT", f"{RUN}/trials/1", {"state": "accepted"}),
        ("PUT", f"{RUN}/trials/99999999999999999999", {"state": "accepted"}),
    ):
        assert (await http.request(method, path, json=said)).status_code == 404, path
