"""Errors at the doors of the ingest say a name once: the field, then what was expected and what came."""

from __future__ import annotations

import json
import re

import httpx
from naming import repeated
from websockets.asyncio.client import connect

from barograph import codec

LAYOUTS = [
    {"rows": 0, "cols": 1}, {"rows": 1}, {"rows": 1, "cols": 1, "unit": "N"}, {"rows": 1, "cols": 1, "scale": "x"},
    {"rows": 1, "cols": 1, "kind": "shoe"}, {"rows": 1, "cols": 1, "mask": [1, 1]},
    {"rows": 1, "cols": 1, "dtype": "i4"},
    {"rows": 9999, "cols": 9999}, {"rows": 1, "cols": 1, "pitch_mm": 3}, {"rows": 1, "cols": 1, "side": "up"},
    {"rows": "a", "cols": 1}, {"rows": 1, "cols": 1, "tare": [None]}, {"rows": 1, "cols": 1, "cell_factors": "x"},
]  # fmt: skip
EVENTS = [
    {"type": "join_session"}, {"type": "join_session", "workout_id": ""}, {"type": "join_session", "workout_id": "a/b"},
    {"type": "join_session", "workout_id": "w", "stream": ".."}, {"type": "join_session", "workout_id": 3},
    {"type": "join_session", "workout_id": "w", "mass_kg": -1},
    {"type": "join_session", "workout_id": "w", "tags": [""]},
    {"type": "join_session", "workout_id": "w", "epoch": ""}, {"type": "nothing", "workout_id": "w"},
    {"type": "pressure_frame", "workout_id": "w", "matrix": [[1], [1, 2]]}, {"type": "marker", "workout_id": "w"},
    {"type": "pressure_frame", "workout_id": "other", "matrix": [[1]]},
    {"type": "gap", "workout_id": "w", "epoch": "e"},
    {"type": "pressure_frame", "workout_id": "w", "matrix": [[1]], "timestamp": "when"},
    {"type": "marker", "workout_id": "w", "label": ""}, {"type": "marker", "workout_id": "nobody", "label": "a"},
    *({"type": "join_session", "workout_id": "w", "epoch": "e", "layout": one} for one in LAYOUTS),
]  # fmt: skip
PATHS = [
    ("GET", "/api/workouts/nobody"), ("DELETE", "/api/workouts/nobody"), ("GET", "/api/workouts/nobody/frames"),
    ("GET", "/api/workouts/w/frames?stream=none"), ("GET", "/api/workouts/w/stats?stream=none"),
    ("GET", "/api/workouts/w/gaps?stream=none"), ("GET", "/api/workouts/w/export?format=xls"),
    ("GET", "/api/workouts/w/export?stream=none&format=csv"), ("GET", "/api/workouts/w/frames?cursor=zzz"),
    ("GET", "/api/workouts/w/frames?limit=x"), ("GET", "/api/workouts/w/frames?start=never"),
    ("GET", "/api/workouts/nobody/markers"), ("GET", "/api/workouts/.."), ("GET", "/api/workouts?skip=-1"),
]  # fmt: skip
BODIES = [
    ("/api/workouts", {"workout_id": ""}), ("/api/workouts", {"workout_id": "w"}), ("/api/workouts", {"mass_kg": "x"}),
    ("/api/workouts", {"tags": "x"}), ("/api/workouts/w/markers", {}), ("/api/workouts/w/markers", {"label": ""}),
    ("/api/workouts/w/markers", {"label": "a", "timestamp": "when"}), ("/api/workouts/w/frames", {}),
    ("/api/workouts/w/frames", {"matrix": [[1], [2, 3]], "timestamp": 1}), ("/api/workouts/w/frames", {"matrix": "x"}),
    ("/api/workouts/w/frames", {"frames": [{"matrix": [[1]], "timestamp": "when"}]}),
]  # fmt: skip

STRANGE = re.compile(r"`|\$|Input should|[Rr]equired field|Expected")  # words of a library, not of this one


def wrong(refused: list[str]) -> list[str]:
    return [text for text in refused if repeated(text) or STRANGE.search(text)]


async def test_over_the_websocket(ingest):
    said = []
    async with connect(ingest.ws_url) as socket:
        await socket.send('{"type":"join_session","workout_id":"w"}')
        await socket.recv()
        for event in EVENTS:
            await socket.send(json.dumps(event))
            said.append(json.loads(await socket.recv()))
        for junk in ("{", "[1]", "null", codec.encode({"type": "frames", "workout_id": "w"}, b"abc")):
            await socket.send(junk)
            said.append(json.loads(await socket.recv()))
    refused = [one["message"] for one in said if one["type"] == "error"]
    assert len(refused) > len(EVENTS) * 0.8
    assert wrong(refused) == []


async def test_over_http(ingest):
    async with httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner) as http:
        await http.post("/api/workouts", json={"workout_id": "w"})
        await http.post("/api/workouts/w/frames", json={"matrix": [[1, 2]], "timestamp": 1_790_000_000.0})
        answers = [await http.request(method, path) for method, path in PATHS]
        answers += [await http.post(path, json=body) for path, body in BODIES]
        layouts = ({"matrix": [[1]], "timestamp": 1, "stream": "s", "layout": one} for one in LAYOUTS)
        answers += [await http.post("/api/workouts/w/frames", json=body) for body in layouts]
        await http.delete("/api/workouts/w")
        answers += [await http.get("/api/workouts/w"), await http.get("/api/workouts/w/markers")]
    refused = [one.json()["error"]["message"] for one in answers if one.status_code >= 400]
    assert len(refused) > 25
    assert wrong(refused) == []


def test_a_name_that_is_said_again_is_found():
    for text in (
        "walk: walk: nothing",
        "layout.rows: rows: expected 1",
        "/a/b.csv: /a/b.csv, line 1: expected",
        "w/left: left: no",
    ):
        assert repeated(text), text
    for text in (
        "layout.rows: expected 1",
        "/a/b.csv, line 1: expected x, got 'y: y'",
        "workout_id: w: no such workout",
    ):
        assert not repeated(text), text
