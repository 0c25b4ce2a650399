"""Requests whose bodies stop, lie about their length, or come too early."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest
from served import serving

from barograph.frames import Stream
from barograph.store.reading import read_recording
from barograph.web import bodies

PATH = "/api/workouts/run/frames"
FRAME = json.dumps({"matrix": [[1, 2], [3, 4]], "timestamp": 1e12}).encode()
JSON = {"Content-Type": "application/json"}
PATIENCE_S = 20


async def said_to(ingest, length: int, body: bytes, *, then_close: bool = False) -> bytes:
    """All that the server answers to a POST of this length with this body, until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", ingest.port)
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    if then_close:
        writer.write_eof()
    said = await asyncio.wait_for(reader.read(), PATIENCE_S)
    writer.close()
    return said


def answer(said: bytes) -> tuple[int, dict]:
    head, _, body = said.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["error"]


async def frames_stored(archive) -> int:
    return len((await read_recording(archive, Stream("run", "main"))).frames)


async def test_a_body_that_stops_coming_is_answered_and_its_connection_closed(
    mongo_archive, redis_live, tmp_path, monkeypatch
):
    monkeypatch.setattr(bodies, "SILENCE_S", 0.3)
    async with serving(mongo_archive, redis_live, tmp_path) as ingest:
        status, error = answer(await said_to(ingest, len(FRAME), FRAME[:-5]))
        assert (status, error["code"]) == (408, "timeout")
        async with httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner) as http:
            assert (await http.post(PATH, content=FRAME, headers=JSON)).status_code == 200
    assert await frames_stored(mongo_archive) == 1


async def test_nothing_is_stored_of_a_body_whose_client_goes_before_it_is_whole(ingest, mongo_archive):
    assert await said_to(ingest, len(FRAME) + 1, FRAME, then_close=True) == b""
    async with httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner) as http:
        assert (await http.get(PATH)).status_code == 404
        assert (await http.post(PATH, content=FRAME, headers=JSON)).status_code == 200
    assert await frames_stored(mongo_archive) == 1


async def test_what_follows_a_body_longer_than_it_says_is_no_part_of_it_and_no_frame(ingest, mongo_archive):
    said = await said_to(ingest, len(FRAME) - 5, FRAME, then_close=True)
    assert said.startswith(b"HTTP/1.1 400 ")
    assert b" 200 " not in said
    async with httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner) as http:
        assert (await http.get(PATH)).status_code == 404


@pytest.mark.parametrize(
    ("setting", "value"), [("max_address_requests_per_s", 1), ("max_address_bytes_per_s", len(FRAME) // 2)]
)
async def test_a_request_that_comes_too_early_is_told_when_to_come_again(
    setting, value, mongo_archive, redis_live, tmp_path
):
    async with (
        serving(mongo_archive, redis_live, tmp_path, **{setting: value}) as ingest,
        httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner) as http,
    ):
        taken = 0
        while (got := await http.post(PATH, content=FRAME, headers=JSON)).status_code == 200:
            taken += 1
        error = got.json()["error"]
        assert (got.status_code, error["code"], error["field"]) == (429, "rate_limited", setting)
        await asyncio.sleep(int(got.headers["Retry-After"]))
        assert (await http.post(PATH, content=FRAME, headers=JSON)).status_code == 200
    assert await frames_stored(mongo_archive) == taken + 1
