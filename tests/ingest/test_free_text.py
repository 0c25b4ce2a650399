"""What a device says as free text: a name in each field of each message, by every door, is in no log and no metric.

Nor is it in the documents of frames, in keys of the live feed, or in an address that is handed out.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import time

import bson
import httpx
import msgspec
import pytest
from pymongo import MongoClient
from redis import Redis
from served import serving
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from barograph import codec
from barograph.access.secrets import DEVICE, hashed, new_secret
from barograph.frames import Stream
from barograph.logs import TALKATIVE, log_to
from barograph.store.accounts import Device
from ingest import refusals
from ingest.messages import ClientMessage, Ping

NAME = "Planted Name"
NEEDLES = (NAME, NAME.lower(), "Planted%20Name", "Planted_Name", "Planted\\u0020Name")
NAMES = ("workout_id", "stream", "epoch")  # names of sessions, streams and epochs are ids, and stand in the log
IDS = {"workout_id": "w", "stream": "left", "epoch": "e"}
GEOMETRY = {
    "places": "mm", "x": [0, 10], "y": [0, 0], "names": [NAME, NAME], "name": NAME, "source": NAME, "confidence": NAME,
}  # fmt: skip
LAYOUT = {"rows": 1, "cols": 2, "dtype": "float64", "unit": "kPa", "geometry": GEOMETRY, "notes": NAME, NAME: NAME}
FRAME = {"matrix": [[1.0, 2.0]], "timestamp": 1_700_000_000.0}
GOOD = [
    {
        "type": "join_session", **IDS, "layout": LAYOUT, "device": NAME, "firmware": NAME, "athlete": NAME,
        "kind": NAME, "tags": [NAME], NAME: NAME,
    },
    {"type": "pressure_frame", "workout_id": "w", "stream": "left", "seq": 0, **FRAME, NAME: NAME},
    {"type": "gap", **IDS, "seq": 1, "n": 1, "reason": NAME},
    {"type": "marker", "workout_id": "w", "label": NAME},
    {"type": "status", "workout_id": "w", "stream": "left", "battery_pct": 50.0, "note": NAME},
    {"type": "leave_session", "workout_id": "w", "stream": "left", "reason": NAME},
]  # fmt: skip
WRONG = (NAME, f"{NAME}\0", f"it's {NAME}'s \"own\" \\ {NAME}", f"{NAME}/{NAME}", [NAME], {NAME: NAME}, float("nan"))


def wrong_messages() -> list[str]:
    """Each field of each message with a name where none belongs; what is no message, with the name in it."""
    found = []
    for kind in ClientMessage.__args__:
        base = {
            "type": kind.__struct_config__.tag,
            **IDS,
            "layout": {"rows": 1, "cols": 2},
            "label": "x",
            "seq": 0,
            "n": 1,
        }
        for field in msgspec.structs.fields(kind):
            wrong = [value for value in WRONG if field.name not in NAMES or not isinstance(value, str) or "\0" in value]
            found += [{**base, **({} if kind is Ping else FRAME), field.name: value} for value in wrong]
    layouts = [{**LAYOUT, name: value} for name in (*LAYOUT, "side", "mask", "place", "curve") for value in WRONG[:-1]]
    layouts += [{**LAYOUT, "geometry": {**GEOMETRY, name: value}} for name in GEOMETRY for value in WRONG[:-1]]
    found += [{"type": "join_session", **IDS, "layout": each} for each in layouts]
    found += [{"type": NAME, "workout_id": "w"}, {"type": [NAME]}, {NAME: float("nan"), "type": "ping", "t1_us": 1}]
    return [*map(json.dumps, found), NAME, json.dumps(NAME), json.dumps([NAME]), f'{{"{NAME}": {NAME}}}']


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def log(monkeypatch):
    """All that is logged, at the level that tells most: for machines, and for people."""
    monkeypatch.setattr(refusals, "BURST_LINES", 1e9)
    monkeypatch.setattr(refusals, "PAUSE_S", -1.0)  # each refusal has a line
    root, levels = logging.getLogger(), {name: logging.getLogger(name).level for name in ("uvicorn", *TALKATIVE)}
    handlers, level = list(root.handlers), root.level
    streams = io.StringIO(), Terminal()
    log_to(streams[0], "debug")
    (structured,) = root.handlers
    log_to(streams[1], "debug")
    root.addHandler(structured)
    yield streams
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


async def by_websocket(running, token: str) -> list[str]:
    """Say all of it, in text and in the binary form; what was answered."""
    heard = []
    async with connect(running.ws_url, user_agent_header=NAME, additional_headers={"X-Device": NAME}) as socket:
        for message in GOOD:
            await socket.send(json.dumps({**message, **({"token": token} if "layout" in message else {})}))
        await socket.send('{"type": "ping", "t1_us": 1}')
        while not heard or '"pong"' not in heard[-1]:
            heard.append(await socket.recv())
        await socket.close(1000, NAME)
    async with connect(running.ws_url) as socket:
        await socket.send('{"type": "join_session", "workout_id": "w"}')
        for text in wrong_messages():
            await socket.send(text)
            await socket.send(_binary(text))
        await socket.send('{"type": "ping", "t1_us": 1}')
        heard.append("")
        while '"pong"' not in heard[-1]:
            heard.append(str(await asyncio.wait_for(socket.recv(), 20)))
    return heard


def _binary(text: str) -> bytes:
    try:
        return codec.encode(json.loads(text), NAME.encode())
    except (TypeError, ValueError):
        return NAME.encode()


async def by_socket_io(running) -> list[str]:
    """The same as events of Socket.IO, all that is right on one connection."""
    heard = []
    url = running.ws_url.replace("/ws", "/socket.io/?EIO=4&transport=websocket")
    odd = ["42" + NAME, f'42["{NAME}",{{}}]', f'40{{"token":"{NAME}"}}', f"41{NAME}", NAME]
    right, wrong = [json.dumps(one) for one in GOOD], wrong_messages()
    for packets in (list(map(_event, right)), list(map(_event, wrong)), *([packet] for packet in odd)):
        async with connect(url) as socket:
            await socket.recv()
            await socket.send("40")
            while not str(await socket.recv()).startswith("40"):
                pass
            try:
                for packet in ('42["join_session",{"workout_id":"w"}]', *packets, '42["ping",{"t1_us":1}]'):
                    await socket.send(packet)
                heard.append("")
                while '"pong"' not in heard[-1]:
                    heard.append(str(await asyncio.wait_for(socket.recv(), 20)))
            except ConnectionClosed:
                continue
    return heard


def _event(text: str) -> str:
    try:
        message = json.loads(text)
    except ValueError:
        return f"42{text}"
    if not isinstance(message, dict):
        return "42" + json.dumps(["marker", message])
    return "42" + json.dumps([message.pop("type", NAME), message])


async def by_http(running) -> list[httpx.Response]:
    """The same as bodies, parameters, headers and addresses."""
    answers = []
    headers = {**running.owner, "User-Agent": NAME, "X-Device": NAME}
    body = {"workout_id": "h", "athlete": NAME, "kind": NAME, "tags": [NAME]}
    frames, markers = "/api/workouts/h/frames", "/api/workouts/h/markers"
    async with httpx.AsyncClient(base_url=running.http_url, headers=headers) as http:
        answers.append(await http.post("/api/workouts", json=body))
        answers.append(await http.post(markers, json={"label": NAME, "timestamp": 1_700_000_000}))
        answers.append(await http.post(frames, json=FRAME))
        for value in (WRONG[1], WRONG[2], WRONG[5]):
            for path in ("/api/workouts", frames, markers, "/api/pairings", "/api/test-days", "/api/workouts/h/trials"):
                for field in ("athlete", "mass_kg", "tags", "label", "timestamp", "matrix", "name", NAME):
                    answers.append(await http.post(path, json={**body, **FRAME, field: value}))
                answers.append(await http.post(path, content=NAME))
                answers.append(await http.post(path, json={"workout_id": f"{NAME}\0"}))
            answers.append(await http.put("/api/workouts/h", json={**body, "mass_kg": value}))
        for name in ("stream", "start", "limit", "order", "format", NAME):
            for path in ("/api/workouts", "/api/workouts/h/stats", "/api/workouts/h/export", frames, f"/api/{NAME}"):
                answers.append(await http.get(path, params={name: f"{NAME}\0"}))
        answers.append(await http.put(f"/api/workouts/{NAME}%00", json=body))
        answers.append(await http.get(f"/socket.io/?EIO={NAME}&transport={NAME}"))
        answers.append(await http.get("/api/workouts", headers={"Authorization": f"Bearer {NAME}", "Origin": NAME}))
    return answers


async def test_a_name_in_any_field_is_in_no_log_metric_frame_key_or_address(
    log, mongo_archive, redis_live, servers, database, tmp_path
):
    token, now_us = new_secret(DEVICE), time.time_ns() // 1000
    device = Device(
        hash=hashed(token), name=NAME, streams=frozenset({"left"}), made_us=now_us, until_us=now_us + 10**12
    )
    await mongo_archive.accounts.add_key(device)
    limits = {"max_address_joins_per_minute": 1e9, "max_address_sockets": 10_000, "max_bad_messages": 100_000}
    async with serving(mongo_archive, redis_live, tmp_path, **limits) as running:
        heard = [*await by_websocket(running, token), *await by_socket_io(running)]
        answers = await by_http(running)
        async with httpx.AsyncClient(base_url=running.http_url) as http:
            metrics = (await http.get("/metrics", headers=running.owner)).text
        with Redis.from_url(servers.redis_url) as client:
            keys = [key.decode() for key in client.keys("*")]
    assert any(NAME in text for text in heard), "what is wrong with a message is told to whoever sent it"
    assert sum('"error"' in text for text in heard) > 200
    assert sum(answer.status_code == 400 for answer in answers) > 50
    structured, plain = (stream.getvalue() for stream in log)
    assert structured.count('"event": "refused"') > 200
    assert plain.count("refused") > 200
    assert keys
    assert "barograph_errors_total" in metrics
    addresses = "\n".join(str(answer.headers.get(name)) for answer in answers for name in ("Location", "Link"))
    said = {"log": structured, "plain log": plain, "metrics": metrics, "keys": "\n".join(keys), "addresses": addresses}
    assert {(where, line[:300]) for where, text in said.items() for line in text.splitlines() if any_in(line)} == set()
    with MongoClient(servers.mongo_url) as client:
        frames = list(client[database].frames.find())
    assert frames
    assert {frame["m"]["w"] for frame in frames} >= {"w", "h"}
    assert [frame for frame in frames if any(needle.encode() in bson.encode(frame) for needle in NEEDLES)] == []
    assert readable(servers.mongo_url, database) == set()


# Sessions are found by these in MongoDB: what a device says as kind or tag is no secret (docs/security.md).
SEARCHED = {"workouts.kind", "workouts.tags"}


def readable(url: str, database: str) -> set[tuple[str, str]]:
    """Where in MongoDB a name that a device said can be read: the field, and what begins there."""
    found = set()

    def look(at: str, value: object) -> None:
        if isinstance(value, dict):
            for name, one in value.items():
                look(f"{at}.{name}", one)
                look(f"{at} has a field", name)
        elif isinstance(value, list):
            for one in value:
                look(at, one)
        elif at not in SEARCHED and any(needle in said(value) for needle in NEEDLES):
            found.add((at, said(value)[:80]))

    with MongoClient(url, datetime_conversion="DATETIME_MS") as client:
        for name in client[database].list_collection_names(filter={"type": {"$in": ["collection", "timeseries"]}}):
            if not name.startswith("system."):
                for document in client[database][name].find():
                    look(name, document)
    return found


def said(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def any_in(text: str) -> bool:
    return any(needle in text for needle in NEEDLES)


async def test_what_a_device_says_is_kept_for_who_may_read_it_and_readable_in_no_document(
    mongo_archive, redis_live, servers, database, tmp_path
):
    token, now_us = new_secret(DEVICE), time.time_ns() // 1000
    device = Device(
        hash=hashed(token), name=NAME, streams=frozenset({"left"}), made_us=now_us, until_us=now_us + 10**12
    )
    await mongo_archive.accounts.add_key(device)
    layout = {name: value for name, value in LAYOUT.items() if name not in ("notes", NAME)}
    joined = {"type": "join_session", **IDS, "layout": layout, "device": device.uid, "firmware": NAME, "athlete": NAME,
              "token": token}  # fmt: skip
    gap = {"type": "gap", **IDS, "seq": 10, "n": 5, "reason": NAME}
    marker = {"type": "marker", "workout_id": "w", "label": NAME}
    wrong = {**GOOD[1], "seq": 20, "matrix": [[1.0, 2.0, 3.0]]}
    async with serving(mongo_archive, redis_live, tmp_path) as running:
        async with connect(running.ws_url) as socket:
            for message in (joined, {**GOOD[1], "seq": 0}, gap, marker, wrong, {"type": "ping", "t1_us": 1}):
                await socket.send(json.dumps(message))
            while '"pong"' not in await socket.recv():
                pass
        async with asyncio.timeout(20):
            while not (info := await mongo_archive.stream_info(Stream("w", "left"))).frames or (
                not (await mongo_archive.accounts.devices())[0].firmware
            ):
                await asyncio.sleep(0.05)
    assert info.layout.geometry.names == (NAME, NAME)
    assert info.layout.geometry.source == NAME
    assert [one.reason for one in info.epochs[0].unstored if one.seq == 10] == [f"declared: {NAME}"]
    assert [one.label for one in await mongo_archive.markers("w")] == [NAME]
    assert [(one.name, one.firmware) for one in await mongo_archive.accounts.devices()] == [(NAME, NAME)]
    assert (await mongo_archive.workout("w")).about.athlete == NAME
    assert readable(servers.mongo_url, database) == set()
