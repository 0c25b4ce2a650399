"""The same bounds at every door: what is beyond is refused with its field, and the connection goes on."""

import json

import httpx
import pytest
from tabs import tab
from websockets.asyncio.client import connect

from barograph import codec
from barograph.frames import Stream

SAID = [
    ("athlete", {"athlete": "x" * 201}), ("athlete", {"athlete": "x" * 1_000_000}), ("athlete", {"athlete": "a\0b"}),
    ("kind", {"kind": "x" * 101}), ("tags", {"tags": ["x" * 101]}), ("tags", {"tags": ["x"] * 101}),
    ("tags", {"tags": [""]}), ("mass_kg", {"mass_kg": -1}), ("mass_kg", {"mass_kg": 5000}),
]  # fmt: skip
TEXTS = [
    ("join_session", "token", {"token": "x" * 1001}), ("join_session", "stream", {"stream": "x" * 129}),
    ("join_session", "epoch", {"epoch": "x" * 129}), ("marker", "label", {"label": "x" * 201}),
    ("join_session", "layout.unit", {"layout": {"rows": 1, "cols": 1, "unit": "x" * 500_000}}),
    ("gap", "reason", {"epoch": "e", "seq": 0, "n": 1, "reason": "x" * 201}),
]  # fmt: skip
EVENTS = [*(("join_session", field, more) for field, more in SAID), *TEXTS]
ANSWER_BYTES = 2000


async def is_clean(archive):
    about = (await archive.workout("w")).about
    return (about.athlete, about.kind, about.mass_kg, about.tags) == (None, None, None, ())


@pytest.mark.parametrize("binary", [False, True])
async def test_texts_over_the_websocket(ingest, mongo_archive, binary):
    async with connect(ingest.ws_url) as socket:
        await socket.send('{"type":"join_session","workout_id":"w"}')
        await socket.recv()
        for event, field, more in EVENTS:
            if binary and len(json.dumps(more)) > codec.MAX_HEADER_BYTES:
                continue
            message = {"type": event, "workout_id": "w", **more}
            await socket.send(codec.encode(message, b"") if binary else json.dumps(message))
            text = await socket.recv()
            refused = json.loads(text)
            assert (refused["type"], refused["code"], refused["field"]) == ("error", "bad_field", field), event
            assert len(text) < ANSWER_BYTES
        await socket.send('{"type":"%s","workout_id":"w"}' % ("x" * 500_000))
        text = await socket.recv()
        assert (json.loads(text)["code"], len(text) < ANSWER_BYTES) == ("unknown_event", True)
    assert await is_clean(mongo_archive)


@pytest.mark.usefixtures("client_of_npm")
async def test_texts_over_socket_io(ingest, mongo_archive):
    async with tab(ingest.http_url, "w") as page:
        await page.hear("session_joined")
        for event, field, more in EVENTS:
            refused = await page.call(event, workout_id="w", **more)
            assert (refused["ok"], refused["field"]) == (False, field), event
            assert len(json.dumps(refused)) < ANSWER_BYTES
        assert (await page.call("join_session", workout_id="w"))["ok"]
    assert await is_clean(mongo_archive)


async def test_texts_over_http(ingest, mongo_archive):
    async with httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner) as http:
        await http.post("/api/workouts", json={"workout_id": "w"})
        for field, more in SAID:
            for method, path in (("POST", "/api/workouts"), ("PUT", "/api/workouts/w")):
                refused = await http.request(method, path, json=more)
                assert (refused.status_code, refused.json()["error"]["field"]) == (400, field)
                assert len(refused.content) < ANSWER_BYTES
        for label in ("x" * 201, "", "a\0b"):
            refused = await http.post("/api/workouts/w/markers", json={"label": label})
            assert (refused.status_code, refused.json()["error"]["field"]) == (400, "label")
        frame = {"matrix": [[1]], "timestamp": "x" * 500_000}
        refused = await http.post("/api/workouts/w/frames", json=frame)
        assert (refused.status_code, len(refused.content) < ANSWER_BYTES) == (400, True)
        listed = await http.get("/api/workouts")
        assert len(listed.content) < ANSWER_BYTES
    assert await is_clean(mongo_archive)


async def test_a_stream_too_many_is_refused_by_name_and_those_that_are_there_go_on(ingest, client, monkeypatch):
    monkeypatch.setattr("barograph.bounds.STREAMS", 2)
    await client.say(type="join_session", workout_id="w")
    await client.hear("session_joined")
    frame = {"type": "pressure_frame", "workout_id": "w", "matrix": [[1, 2]], "timestamp": 1e9}
    for stream in ("a", "b", "a"):
        await client.say(**frame, stream=stream)
        assert (await client.hear())["type"] == "frame_processed"
    await client.say(**frame, stream="c")
    refused = await client.hear()
    assert (refused["code"], refused["field"]) == ("bad_field", "stream")
    await client.say(**frame, stream="b")
    assert (await client.hear())["frame_count"] == 2


async def test_gaps_of_a_stream_are_bounded_over_all_its_epochs(ingest, client, mongo_archive, monkeypatch):
    monkeypatch.setattr("ingest.streams.GAPS", 5)
    for epoch in ("a", "b"):
        layout = {"rows": 1, "cols": 1, "dtype": "uint16"}
        await client.say(type="join_session", workout_id="w", epoch=epoch, layout=layout)
        await client.hear("session_joined")
        for index in range(3):
            await client.say(type="gap", workout_id="w", epoch=epoch, seq=10 * index, n=1)
            said = await client.hear()
            assert said["type"] == ("error" if (epoch, index) == ("b", 2) else "ack")
    assert (said["code"], said["field"]) == ("too_many_gaps", "seq")
    info = await mongo_archive.stream_info(Stream("w"))
    assert sum(len(epoch.unstored) for epoch in info.epochs) == 5
