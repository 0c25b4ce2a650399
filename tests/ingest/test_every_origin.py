"""Where tokens are required nothing rests on the origin: every page may ask, and none is let in by that."""

import time

import httpx
import pytest
from served import serving

from barograph.access.secrets import DEVICE, hashed, new_secret
from barograph.store.accounts import Device

FRAME = {"matrix": [[1, 2], [3, 4]], "nodes": 4, "timestamp": 1_700_000_000, "stream": "left"}
FRAMES, ANYWHERE = "/api/workouts/run/frames", "https://anywhere.example"


@pytest.fixture
async def http(mongo_archive, redis_live, tmp_path):
    given = {"device_tokens": "required", "allowed_origins": ("*", "https://lab.example")}
    async with (
        serving(mongo_archive, redis_live, tmp_path, **given) as ingest,
        httpx.AsyncClient(base_url=ingest.http_url, timeout=30) as client,
    ):
        yield client


@pytest.fixture
async def token(mongo_archive):
    secret, now_us = new_secret(DEVICE), time.time_ns() // 1000
    made = Device(
        hash=hashed(secret), name="x", streams=frozenset({"left"}), made_us=now_us, until_us=now_us + 3_600_000_000
    )
    await mongo_archive.accounts.add_key(made)
    return {"Authorization": f"Bearer {secret}"}


async def test_a_page_from_anywhere_sends_with_a_token_and_is_refused_without(http, token):
    asked = {"Origin": ANYWHERE, "Access-Control-Request-Method": "POST"}
    preflight = (await http.options(FRAMES, headers=asked)).headers
    assert preflight["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in preflight["Access-Control-Allow-Headers"]
    sent = await http.post(FRAMES, json=FRAME, headers={**token, "Origin": ANYWHERE})
    assert (sent.status_code, sent.headers["Access-Control-Allow-Origin"]) == (200, "*")
    assert "Access-Control-Allow-Credentials" not in sent.headers
    refused = await http.post(FRAMES, json=FRAME, headers={"Origin": ANYWHERE})
    assert (refused.status_code, refused.json()["error"]["field"]) == (403, "token")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("path", ["/api/workouts", "/api/workouts/run", "/api/archive/workouts", "/metrics"])
async def test_a_page_from_anywhere_reads_and_erases_nothing(http, token, method, path):
    for headers in ({}, token):
        answer = await http.request(method, path, headers={"Origin": ANYWHERE, **headers})
        assert answer.status_code in (403, 404, 405), answer.text
        assert answer.status_code == 403 or method == "DELETE"


async def test_socket_io_tells_every_page_the_same_and_a_named_one_its_own(http):
    for origin, answer, credentials in ((ANYWHERE, "*", []), ("https://lab.example", "https://lab.example", ["true"])):
        opened = await http.get("/socket.io/?EIO=4&transport=polling", headers={"Origin": origin})
        assert opened.status_code == 200
        assert opened.headers.get_list("Access-Control-Allow-Origin") == [answer]
        assert opened.headers.get_list("Access-Control-Allow-Credentials") == credentials
