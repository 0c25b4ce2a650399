"""Tokens of devices at every door: good ones feed their streams, bad ones are refused, and nothing else stops."""

import asyncio
import json
import time

import numpy as np
import pytest
from labs import ELSEWHERE, FRAME, HERE, PATIENCE_S, fed, lab_of, through
from quart.testing.connections import WebsocketDisconnectError

from barograph import codec

LAYOUT = {"rows": 2, "cols": 2, "dtype": "uint16"}
DOORS = ["http", "final", "ws header", "ws join", "socketio header", "socketio auth", "socketio join"]
BAD = ["malformed", "another kind", "unknown", "revoked", "expired", "another stream"]


@pytest.mark.parametrize("scope", [HERE, ELSEWHERE], ids=["here", "elsewhere"])
@pytest.mark.parametrize("door", DOORS)
async def test_a_devices_token_feeds_its_stream_through_every_door(tmp_path, door, scope):
    async with lab_of(tmp_path, scope) as lab:
        token, _ = await lab.pair()
        assert await through(lab, door, token) == "stored"
        assert (await lab.archive.workout("w")).frames == 1
        assert (await lab.archive.accounts.devices())[0].used_us is not None


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("door", DOORS)
async def test_a_bad_token_is_refused_at_every_door_also_where_none_is_needed(tmp_path, door, kind):
    async with lab_of(tmp_path) as lab:
        refused = await through(lab, door, await lab.bad(kind))
        assert refused["code"] == "forbidden"
        assert ("feeds right, and not 'left'" in refused["message"]) is (kind == "another stream")
        assert ("ended on" in refused["message"]) is (kind == "expired")
        assert ("begins with bgd_" in refused["message"]) is (kind in ("malformed", "another kind"))
        assert await lab.archive.workouts(limit=10, skip=0) == [] or (await lab.archive.workout("w")).frames == 0
        async with lab.socket() as socket:
            assert await fed(socket) == "stored", "whoever brings no token is not affected"


@pytest.mark.parametrize("door", DOORS)
async def test_a_token_ends_on_its_date_by_the_clock_of_now_also_where_it_is_set_forward_or_back(tmp_path, door):
    async with lab_of(tmp_path) as lab:
        token, device = await lab.pair()
        moment = [device.until_us / 1e6 + 1]  # set forward
        lab.app.extensions["barograph"]["ingest"].tokens.keyring._clock = lambda: moment[0]
        assert "ended on" in (await through(lab, door, token))["message"]
        moment[0] = device.made_us / 1e6 - 86_400  # set back: a year-long token does not end by a clock that was wrong
        assert await through(lab, door, token) == "stored"


@pytest.mark.parametrize("door", DOORS)
async def test_a_token_that_is_replayed_from_elsewhere_does_no_more_than_its_device_and_ends_with_it(tmp_path, door):
    async with lab_of(tmp_path) as lab:
        token, device = await lab.pair()
        lab.scope, lab.host = ELSEWHERE, ELSEWHERE["server"][0]
        assert await through(lab, door, token) == "stored", "a token says nothing of where its device is"
        assert (await lab.ask("GET", "/api/workouts/w", token)).status_code == 403
        await lab.archive.accounts.revoke(device.uid, time.time_ns() // 1000)
        await asyncio.sleep(1.1)  # what was looked up is believed for a second
        refused = await through(lab, door, token)
        assert "opens nothing (any more)" in refused["message"], refused


async def test_unknown_and_revoked_look_the_same(tmp_path):
    async with lab_of(tmp_path) as lab:
        for door in DOORS:
            assert await through(lab, door, await lab.bad("unknown")) == await through(
                lab, door, await lab.bad("revoked")
            ), door


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("scope", "given"), [(ELSEWHERE, {}), (HERE, {"device_tokens": "required"})])
async def test_where_a_token_is_needed_nothing_is_stored_without_one(tmp_path, door, scope, given):
    async with lab_of(tmp_path, scope, **given) as lab:
        refused = await through(lab, door, None)
        assert (refused["code"], refused["field"]) == ("forbidden", "token")
        assert await lab.archive.workouts(limit=10, skip=0) == []


async def test_a_stream_that_was_not_joined_needs_the_same_token(tmp_path):
    async with lab_of(tmp_path) as lab:
        token, _ = await lab.pair(streams=("left", "heel"))
        async with lab.socket() as socket:
            await socket.say("join_session", stream="left", token=token)
            await socket.hear("session_joined")
            await socket.say("pressure_frame", **FRAME | {"stream": "right"})
            assert (await socket.hear("error"))["field"] == "stream"
            await socket.say("status", stream="right", battery_pct=3)
            assert (await socket.hear("error"))["field"] == "stream"
            await socket.say("pressure_frame", **FRAME | {"stream": "heel"})
            assert (await socket.hear("frame_processed"))["stream"] == "heel"


async def test_a_token_opens_the_streams_of_one_device_and_of_no_other(tmp_path):
    async with lab_of(tmp_path) as lab:
        (mine, device), (other, _) = await lab.pair(), await lab.pair("Insole 8, left")
        async with lab.socket(mine) as socket:
            await socket.say("join_session", stream="left", token=other)
            assert "expected that of 'Insole 7, left'" in (await socket.hear("error"))["message"]
            assert await fed(socket) == "stored", "the connection goes on"
        async with lab.socket() as socket:
            await socket.say("join_session", stream="left", token=other, device=device.uid)
            assert (await socket.hear("error"))["field"] == "device"


async def test_a_device_hears_of_its_own_streams_alone(tmp_path):
    async with lab_of(tmp_path) as lab:
        token, _ = await lab.pair()
        async with lab.socket() as device, lab.socket(lab.owner) as viewer:
            await device.say("join_session", stream="left", token=token)
            await device.hear("session_joined")
            await viewer.say("join_session")
            await viewer.hear("session_joined")
            await viewer.say("pressure_frame", **FRAME | {"stream": "right"})
            assert (await viewer.hear("frame_processed"))["stream"] == "right"
            await device.say("pressure_frame", **FRAME)
            assert (await device.hear())["stream"] == "left", "and nothing of the right one before it"
            assert (await viewer.hear("frame_processed"))["stream"] == "left"


@pytest.mark.parametrize("scope", [HERE, ELSEWHERE], ids=["here", "elsewhere"])
async def test_a_devices_token_reads_and_erases_nothing(tmp_path, scope):
    async with lab_of(tmp_path, scope) as lab:
        token, _ = await lab.pair()
        assert (await lab.send(token)).status_code == 200
        asked = [
            ("GET", "/api/workouts"), ("GET", "/api/workouts/w"), ("GET", "/api/workouts/w/frames?stream=left"),
            ("GET", "/api/workouts/w/export?stream=left"), ("GET", "/metrics"), ("DELETE", "/api/workouts/w"),
            ("POST", "/api/workouts"), ("PUT", "/api/workouts/w"),
        ]  # fmt: skip
        for method, path in asked:
            more = {} if method in ("GET", "DELETE") else {"json": {"tags": ["mine"]}}
            answer = await lab.ask(method, path, token, **more)
            assert answer.status_code == 403, (method, path)
            assert (await answer.get_json())["error"]["code"] == "forbidden"
        found = await lab.archive.workout("w")
        assert (found.frames, found.about.tags) == (1, ())
        assert (await lab.ask("GET", "/healthz")).status_code == 200


async def test_from_elsewhere_nothing_opens_without_a_token_but_that_it_lives(tmp_path):
    async with lab_of(tmp_path, ELSEWHERE) as lab:
        for path in ("/api/workouts", "/metrics", "/docs", "/openapi.json", "/nothing"):
            assert (await lab.ask("GET", path)).status_code == 403, path
        for path in ("/healthz", "/readyz"):
            assert (await lab.ask("GET", path)).status_code == 200


async def test_a_device_marks_where_it_feeds(tmp_path):
    async with lab_of(tmp_path, ELSEWHERE) as lab:
        (left, _), (right, _) = await lab.pair(), await lab.pair("right", ("right",))
        await lab.send(left)
        for token, status in ((right, 404), (left, 201), (None, 403)):
            answer = await lab.ask("POST", "/api/workouts/w/markers", token, json={"label": "lap"})
            assert answer.status_code == status
        assert [marker.label for marker in await lab.archive.markers("w")] == ["lap"]


@pytest.mark.parametrize("ending", ["revoked", "expired"])
async def test_a_token_that_ends_ends_what_an_open_socket_feeds_and_the_rest_goes_on(tmp_path, ending):
    async with lab_of(tmp_path) as lab:
        until_us = time.time_ns() // 1000 + 2_000_000 if ending == "expired" else None
        (one, device), (other, _) = await lab.pair(until_us=until_us), await lab.pair("right", ("right",))
        async with lab.socket() as socket:
            for stream, token in (("left", one), ("right", other)):
                await socket.say("join_session", stream=stream, token=token, epoch=f"{stream}-1", layout=LAYOUT)
                await socket.hear("session_joined")
            if ending == "revoked":
                await lab.archive.accounts.revoke(device.uid, time.time_ns() // 1000)
            asked_s = time.monotonic()
            assert (await socket.hear("error"))["code"] == "forbidden"
            assert time.monotonic() - asked_s < PATIENCE_S
            await socket.socket.send(batch("left", 0))
            assert (await socket.hear("error"))["code"] == "not_joined"
            await socket.say("join_session", stream="left", token=one, epoch="left-1", layout=LAYOUT)
            assert (await socket.hear("error"))["code"] == "forbidden"
            await socket.socket.send(batch("right", 0))
            assert (await socket.hear("ack"))["next_seq"] == 1, "another device's stream goes on"


def batch(stream, seq):
    head = {
        "type": "frames", "workout_id": "w", "stream": stream, "epoch": f"{stream}-1", "seq": seq, "n": 1,
        "t0_us": time.time_ns() // 1000, "dt_us": 1,
    }  # fmt: skip
    return codec.encode(head, np.arange(4, dtype="<u2").tobytes())


async def test_a_connection_that_came_by_a_revoked_token_is_closed_though_it_is_silent(tmp_path):
    async with lab_of(tmp_path) as lab:
        token, device = await lab.pair()
        async with lab.socket(token) as socket:
            assert await fed(socket) == "stored"
            await lab.archive.accounts.revoke(device.uid, time.time_ns() // 1000)
            assert (await socket.hear("error"))["code"] == "forbidden"
            with pytest.raises(WebsocketDisconnectError, match="4403"):
                await socket.hear()
        assert (await lab.archive.workout("w")).frames == 1, "what it had sent is stored"


async def test_a_revoked_token_does_not_finish_a_request_that_is_under_way(tmp_path):
    async with lab_of(tmp_path) as lab:
        token, device = await lab.pair()
        headers = lab.head(token) | {"Content-Type": "application/json"}
        async with lab.client.request(
            "/api/workouts/w/frames", method="POST", headers=headers, scope_base=dict(lab.scope)
        ) as upload:
            await upload.send(b"[" + json.dumps(FRAME).encode() + b",")
            while not (await lab.archive.workouts(limit=1, skip=0)):
                await asyncio.sleep(0.01)
            await lab.archive.accounts.revoke(device.uid, time.time_ns() // 1000)
            peers = lab.app.extensions["barograph"]["ingest"].tokens._holders
            async with asyncio.timeout(PATIENCE_S):
                while not any(peer.ended for peer in peers):
                    await asyncio.sleep(0.01)
            await upload.send(json.dumps(FRAME).encode() + b"]")
            await upload.send_complete()
        answer = await upload.as_response()
        said = json.loads(await answer.get_data())["error"]
        assert (answer.status_code, said["code"], said["index"]) == (403, "forbidden", 1)
        assert (await lab.archive.workout("w")).frames == 1


async def test_what_a_device_says_and_sends_is_written_down_for_its_page_and_nothing_else(tmp_path):
    async with lab_of(tmp_path) as lab:
        token, device = await lab.pair()
        async with lab.socket() as socket:
            await socket.say(
                "join_session", stream="left", token=token, epoch="left-1", layout=LAYOUT, firmware="2.4.1"
            )
            await socket.hear("session_joined")
            await socket.socket.send(batch("left", 0))
            await socket.hear("ack")
            await socket.say("status", stream="left", battery_pct=22, signal_dbm=-61)
            await socket.say("leave_session", stream="left")
            await socket.hear("session_ended")
        (found,) = await lab.archive.accounts.devices()
        async with asyncio.timeout(PATIENCE_S):
            while found.battery_pct is None:
                await asyncio.sleep(0.01)
                (found,) = await lab.archive.accounts.devices()
        assert (found.uid, found.frames, found.stream, found.description) == (device.uid, 1, "left", "2 × 2, counts")
        assert (found.battery_pct, found.signal_dbm, found.spooled_frames) == (22, -61, None)
        assert (found.firmware, found.workout) == ("2.4.1", "w")
        assert abs(found.offset_us) < 5_000_000


@pytest.mark.parametrize(
    ("field", "value"), [("battery_pct", 101), ("battery_pct", -1), ("signal_dbm", 101), ("spooled_frames", -1)]
)
async def test_what_no_device_can_say_of_itself_is_refused(tmp_path, field, value):
    async with lab_of(tmp_path) as lab, lab.socket() as socket:
        await socket.say("join_session")
        await socket.hear("session_joined")
        await socket.say("status", **{field: value})
        assert (await socket.hear("error"))["field"] == field
        await socket.say("status", **{field: 1 if field != "signal_dbm" else -60})
        await socket.say("ping", t1_us=1)
        assert (await socket.hear())["type"] == "pong"
