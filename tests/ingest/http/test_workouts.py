"""Workouts, their final series and markers over HTTP, wrong bodies, and what the API says of itself."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

import httpx
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from processes import status_of_an_endless_post

from barograph.frames import Stream
from barograph.store.reading import read_recording
from ingest.events import CLOSE_CODES, ServerEvent, name_of
from ingest.http.elements import Elements
from ingest.messages import CODES, ClientMessage

PROTOCOL = (Path(__file__).resolve().parents[3] / "docs/protocol.md").read_text("utf-8")
T0_MS = 1_700_000_000_000
RUN = "/api/workouts/run"
JSON = {"Content-Type": "application/json"}


def frame(index: int, cell: float = 1.0) -> dict:
    return {"matrix": [[index, cell], [None, 7.5]], "nodes": 4, "timestamp": T0_MS + 10 * index}


@pytest.fixture
async def http(ingest):
    async with httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner, timeout=30) as client:
        yield client


async def cells(archive):
    return (await read_recording(archive, Stream("run", "main"))).frames[:, 0].tolist()


async def test_a_workout_is_made_once_said_anew_and_erased(http):
    made = await http.post(
        "/api/workouts", json={"workout_id": "run", "athlete": "A", "tags": ["wet"], "mass_kg": 61.5}
    )
    assert (made.status_code, made.headers["Location"], made.json()["tags"]) == (201, RUN, ["wet"])
    assert (await http.post("/api/workouts", json={"workout_id": "run"})).json()["error"]["code"] == "exists"
    said = (await http.put(RUN, json={"athlete": None, "tags": [], "kind": "walk"})).json()
    assert (said["athlete"], said["tags"], said["kind"], said["mass_kg"]) == (None, [], "walk", 61.5)
    said = (await http.delete(RUN)).json()
    receipt = (await http.get(f"/api/receipts/{said.pop('receipt_id')}")).json()
    assert said == {"workout_id": "run", "deleted": True}
    assert (receipt["what"], receipt["counts"]["sessions"]) == ("session", 1)
    assert (await http.get(RUN)).status_code == (await http.delete(RUN)).status_code == 404
    assert (await http.post("/api/workouts", json={})).json()["workout_id"].startswith("workout-")


async def test_a_final_series_stores_what_is_missing_and_nothing_when_it_is_repeated(http, client, mongo_archive):
    await client.say(type="join_session", workout_id="run")
    for index in (0, 1, 3):  # long ago, so the server puts them at their arrival
        await client.say(type="pressure_frame", workout_id="run", **frame(index))
        await client.hear("frame_processed")
    series = {"timeSeriesData": [*map(frame, range(6)), frame(5), frame(5, 2.0)], "kind": "run"}
    first, again = [(await http.put(RUN, json=series)).json() for _ in range(2)]
    assert (first["received"], first["stored"], first["kind"]) == (8, 5, "run")
    assert (again["received"], again["stored"]) == (8, 0)
    assert sorted(await cells(mongo_archive)) == [[0, 1], [1, 1], [2, 1], [3, 1], [4, 1], [5, 1], [5, 1], [5, 2]]


async def test_a_final_series_of_an_unknown_workout_is_stored_at_its_times(http, mongo_archive):
    body = json.dumps({"timeSeriesData": [frame(index) for index in range(2500)][::-1]}).encode()
    answer = await http.put(RUN, content=gzip.compress(body), headers={**JSON, "Content-Encoding": "gzip"})
    assert answer.json()["stored"] == 2500
    kept = await read_recording(mongo_archive, Stream("run", "main"))
    assert kept.times_us[0] == T0_MS * 1000
    np.testing.assert_array_equal(kept.frames[:, 0, 0], np.arange(2500))


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (json.dumps({"timeSeriesData": [frame(0), {**frame(1), "timestamp": None}]}), 400, "timestamp"),
        (json.dumps({"timeSeriesData": [frame(0), {**frame(1), "matrix": [[1]], "nodes": 1}]}), 409, "matrix"),
        (json.dumps({"timeSeriesData": [frame(0)]})[:-3], 400, "body"),
        (json.dumps({"timeSeriesData": 7}), 400, "timeSeriesData"),
        (json.dumps({"timeSeriesData": [frame(0)], "mass_kg": -1}), 400, "mass_kg"),
        ('{"timeSeriesData": [' + "[" * 10_000, 400, "body"),
        ('{"mass_kg": NaN}', 400, None),
    ],
)
async def test_nothing_is_stored_of_a_series_that_is_wrong(body, status, field, http):
    answer = await http.put(RUN, content=body, headers=JSON)
    assert answer.status_code == status
    assert field in (None, answer.json()["error"]["field"])
    assert (await http.get(RUN)).status_code == 404


async def test_markers_are_kept_in_order(http):
    assert (await http.post(f"{RUN}/markers", json={"label": "x"})).status_code == 404
    await http.post("/api/workouts", json={"workout_id": "run"})
    for label, moment in (("late", T0_MS + 5), ("early", T0_MS), ("late", T0_MS + 5)):
        assert (await http.post(f"{RUN}/markers", json={"label": label, "timestamp": moment})).status_code == 201
    found = (await http.get(f"{RUN}/markers")).json()["markers"]
    assert [(each["label"], each["timestamp"]) for each in found] == [("early", T0_MS), ("late", T0_MS + 5)]


BOMB = gzip.compress(b"[") + gzip.compress(b" " * (64 << 20), 1) * 9  # 576 MiB of blanks
WRONG = [
    (b"", JSON, 400), (b"[{}]", JSON, 400), (b"{broken", JSON, 400), (b'{"matrix": [[NaN]]}', JSON, 400),
    (b"[" * 10_000, JSON, 400), (b'{"matrix":[[1]]},{"matrix":[[1]]}', JSON, 400),
    (b"{}", {"Content-Type": "text/html"}, 415), (b"{}", {**JSON, "Content-Encoding": "br"}, 415),
    (b"plain", {**JSON, "Content-Encoding": "gzip"}, 400),
    (gzip.compress(b"[]")[:-4], {**JSON, "Content-Encoding": "gzip"}, 400),
    (BOMB, {**JSON, "Content-Encoding": "gzip"}, 413),
    (b"\xff" * 8, {"Content-Type": "application/octet-stream"}, 413),
    (b"\x09" + bytes(9), {"Content-Type": "application/octet-stream"}, 400),
    (b'{"matrix": [[1]], "seq": 0}', JSON, 400), (b'{"matrix": [[1]], "epoch": "e"}', JSON, 400),
]  # fmt: skip


@pytest.mark.parametrize(("body", "headers", "status"), WRONG, ids=range(len(WRONG)))
async def test_a_wrong_body_gets_a_documented_error(body, headers, status, http):
    answer = await http.post(f"{RUN}/frames", content=body, headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"]["code"] in PROTOCOL
    assert (await http.get("/healthz")).status_code == 200


async def test_a_body_without_end_is_refused(http, ingest):
    port = urlsplit(ingest.http_url).port
    assert await asyncio.to_thread(status_of_an_endless_post, port, f"{RUN}/frames", b"[") == 413
    assert (await http.get("/healthz")).status_code == 200


@pytest.mark.parametrize("name", ["a%00b", "a%0Ab", "%20", "a%2Fb", "x" * 10_240, "%E2%80%AEabc"])
async def test_a_name_that_cannot_be_one_is_refused(name, http):
    for answer in (
        await http.put(f"/api/workouts/{name}", json={}),
        await http.post(f"/api/workouts/{name}/frames", json=frame(0)),
    ):
        assert answer.status_code in (400, 404)
        assert answer.json()["error"]["code"] in ("bad_field", "not_found")


@pytest.mark.parametrize("name", ["$where", "a.b", "..c", "ä🦶"])
async def test_a_name_that_looks_odd_is_a_name(name, http):
    assert (await http.post("/api/workouts", json={"workout_id": name})).status_code == 201
    assert (await http.put(f"/api/workouts/{name}", json={"timeSeriesData": [frame(0)]})).json()["stored"] == 1


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda kids: st.lists(kids) | st.dictionaries(st.text(), kids),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), values, max_size=3), st.lists(values, max_size=5), st.integers(1, 30))
def test_an_array_comes_apart_in_the_same_way_wherever_the_text_is_cut(others, frames, step):
    document = {**others, "frames": frames, "after": others}
    text = json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")
    subject = Elements("frames", 1 << 20)
    found = [each for start in range(0, len(text), step) for each in subject.feed(text[start : start + step])]
    assert [json.loads(each) for each in found] == frames
    assert json.loads(subject.end()) == {**document, "frames": []}


async def test_the_page_about_the_protocol_lists_every_path_of_the_api_and_no_other(http):
    paths = (await http.get("/openapi.json")).json()["paths"]
    there = {
        f"{method.upper()} {path.replace('{workout_id}', '{id}')}" for path, said in paths.items() for method in said
    }
    listed = set(re.findall(r"^\| `((?:GET|PUT|POST|DELETE) /[^`]*)`", PROTOCOL, re.M))
    assert listed - {"GET /openapi.json", "GET /asyncapi.json", "GET /docs"} == there


async def test_the_documents_need_no_network_and_name_every_status(http):
    page = await http.get("/docs")
    assert "http" not in re.sub(r"\s+", "", page.text).replace("HTTP", "").partition("<body>")[0]
    assert re.findall(r'(?:src|href)="(?![/#])[^"]*"', page.text) == []
    statuses = {
        status
        for said in (await http.get("/openapi.json")).json()["paths"].values()
        for one in said.values()
        for status in one["responses"]
    }
    assert statuses - {"200", "201"} == set(re.findall(r"^\| (\d{3}) \|", PROTOCOL, re.M))


def fields_of(kind) -> set[str]:
    return {field.encode_name for field in msgspec.structs.fields(kind)}


async def test_the_page_about_the_protocol_has_every_event_field_and_code_and_no_other(http):
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+)", PROTOCOL, re.M))
    for kind in (*get_args(ClientMessage), *get_args(ServerEvent)):
        named = set(re.findall(r"`(\w+)`", rows.pop(name_of(kind)))) & fields_of(kind)
        assert fields_of(kind) - named - {"workout_id"} == set(), name_of(kind)
    assert set(CODES) <= set(rows)
    errors = PROTOCOL.partition("\n## Errors")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", errors, re.M)) == set(CODES)
    assert {int(code) for code in re.findall(r"\b(1\d{3}|4\d{3})\b", errors)} - {1024} == set(CLOSE_CODES)
    said = (await http.get("/asyncapi.json")).json()
    assert set(said["components"]["messages"]) == {
        name_of(kind) for kind in (*get_args(ClientMessage), *get_args(ServerEvent))
    }


async def test_events_are_what_their_types_say(client):
    layout = {"rows": 2, "cols": 2, "dtype": "float64"}
    await client.say(type="ping", t1_us=1)
    await client.say(type="join_session", workout_id="run", stream="a", epoch="e", layout=layout)
    await client.say(type="join_session", workout_id="run")
    await client.say(type="pressure_frame", workout_id="run", **frame(0))
    await client.say(
        type="frames", workout_id="run", stream="a", epoch="e", seq=0, n=1, t0_us=1, data="AAAAAAAA8H8" + "A" * 32 + "="
    )
    await client.say(type="dance")
    heard = set()
    while heard < {"pong", "session_joined", "frame_processed", "nack", "ack", "error"}:
        heard.add(name_of(msgspec.convert(await client.hear(), ServerEvent)))
    await client.say(type="leave_session", workout_id="run")
    while name_of(msgspec.convert(await client.hear(), ServerEvent)) != "session_ended":
        pass


async def test_a_page_of_this_machine_may_put_its_series_and_one_from_elsewhere_may_not(http):
    here, there = {"Origin": "http://localhost:3000"}, {"Origin": "https://elsewhere.example"}
    asked = await http.options(RUN, headers={**here, "Access-Control-Request-Method": "PUT"})
    assert asked.status_code == 200
    assert "PUT" in asked.headers["Access-Control-Allow-Methods"]
    sent = await http.put(RUN, json={"timeSeriesData": [], "kind": "run"}, headers=here)
    assert sent.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    refused = await http.put(RUN, json={"timeSeriesData": []}, headers=there)
    assert refused.status_code == 403
    assert "Access-Control-Allow-Origin" not in refused.headers
