"""What pages of browsers may do at the ingest, and the headers of every answer."""

import asyncio
import json
import time

import httpx
import pytest
from served import serving
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

LOCAL, SET, FOREIGN = "http://localhost:3000", "https://lab.example", "https://elsewhere.example"
FRAME = {"matrix": [[1, 2], [3, 4]], "nodes": 4, "timestamp": 1_700_000_000}
RUN = "/api/workouts/run"
TRIAL = {"protocol": "cmj", "start_us": 0, "stop_us": 1}
MASK = {"stream": "main", "side": "left", "scope": "session", "reason": "x"}
SERIES = {"timeSeriesData": [FRAME]}
HEADERS = {
    "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin",
}  # fmt: skip
READING = [
    ("GET", "/api/workouts", None), ("GET", RUN, None), ("GET", f"{RUN}/frames", None), ("GET", f"{RUN}/stats", None),
    ("GET", f"{RUN}/gaps", None), ("GET", f"{RUN}/export", None), ("GET", f"{RUN}/markers", None),
    ("GET", f"{RUN}/trials", None), ("GET", f"{RUN}/trials/changes", None),
    ("GET", "/api/protocols", None),
    ("GET", "/api/test-days", None), ("GET", f"{RUN}/masks", None), ("GET", f"{RUN}/print-corrections", None),
    ("HEAD", f"{RUN}/frames", None), ("GET", "/metrics", None),
]  # fmt: skip
CHANGING = [
    ("POST", f"{RUN}/markers", {"label": "x"}), ("POST", f"{RUN}/trials", TRIAL), ("PUT", f"{RUN}/trials/1", {}),
    ("POST", f"{RUN}/masks", MASK), ("POST", f"{RUN}/print-corrections", {"items": []}),
    ("POST", "/api/test-days", {"title": "x"}),
    ("POST", "/api/workouts", {"workout_id": "new"}),
    ("PUT", RUN, {"athlete": "Eve"}), ("PUT", RUN, {"tags": []}), ("DELETE", RUN, None),
]  # fmt: skip
PREDECESSORS = [("POST", f"{RUN}/frames", FRAME), ("PUT", RUN, SERIES)]


@pytest.fixture
async def http(mongo_archive, redis_live, tmp_path):
    async with (
        serving(mongo_archive, redis_live, tmp_path, allowed_origins=(SET,)) as ingest,
        httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner, timeout=30) as client,
    ):
        client.ws_url = ingest.ws_url
        await client.put(RUN, json={**SERIES, "athlete": "Ada", "tags": ["wet"]})
        yield client


async def test_a_page_of_this_machine_sends_frames_and_neither_reads_nor_changes_anything_else(http):
    for method, path, body in [*READING, *CHANGING]:
        for headers in ({"Origin": LOCAL}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "cross-site"}):
            refused = await http.request(method, path, json=body, headers=headers)
            assert refused.status_code == 403, (method, path, headers)
            assert method == "PUT" or "Access-Control-Allow-Origin" not in refused.headers
            assert method == "HEAD" or "BAROGRAPH_ALLOWED_ORIGINS" in refused.json()["error"]["message"]
        asked = {"Origin": LOCAL, "Access-Control-Request-Method": method}
        assert "Access-Control-Allow-Origin" not in (await http.options(path, headers=asked)).headers or method == "PUT"
    for method, path, body in PREDECESSORS:
        asked = {"Origin": LOCAL, "Access-Control-Request-Method": method}
        preflight = await http.options(path, headers=asked)
        assert preflight.headers["Access-Control-Allow-Origin"] == LOCAL
        assert preflight.headers["Access-Control-Allow-Methods"] == method
        sent = await http.request(method, path, json=body, headers={"Origin": LOCAL})
        assert (sent.status_code, sent.headers["Access-Control-Allow-Origin"]) == (200, LOCAL)
    told = (await http.get(RUN)).json()
    assert (told["athlete"], told["tags"], told["frame_count"]) == ("Ada", ["wet"], 2)


async def test_the_final_series_of_a_page_says_more_of_a_workout_but_unsays_and_reads_nothing(http):
    body = {**SERIES, "kind": "run", "athlete": None, "tags": []}
    sent = (await http.put(RUN, json=body, headers={"Origin": LOCAL})).json()
    assert (sent["received"], sent["athlete"], sent["tags"]) == (1, None, [])
    told = (await http.get(RUN)).json()
    assert (told["athlete"], told["tags"], told["kind"]) == ("Ada", ["wet"], "run")


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": SET}, {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "same-origin"}]
)
async def test_programs_pages_of_the_server_and_pages_that_were_set_may_do_all(http, headers):
    for method, path, body in [*READING, *PREDECESSORS, *CHANGING]:
        done = await http.request(method, path, json=body, headers=headers)
        assert done.status_code < 300, (method, path)
        assert done.headers.get("Access-Control-Allow-Origin") == headers.get("Origin")


async def test_a_page_of_the_server_itself_may_read(http):
    own = str(http.base_url).rstrip("/")
    assert (await http.get(RUN, headers={"Origin": own})).status_code == 200


async def test_a_link_to_a_whole_page_may_be_followed_but_not_framed(http):
    site = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert (await http.get(RUN, headers={**site, "Sec-Fetch-Dest": "document"})).status_code == 200
    assert (await http.get(RUN, headers={**site, "Sec-Fetch-Dest": "iframe"})).status_code == 403
    assert (await http.get("/docs", headers={**site, "Sec-Fetch-Dest": "iframe"})).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
async def test_what_a_page_sends_without_asking_first_stores_nothing(http, kind):
    for method, path, body in PREDECESSORS:
        headers = {"Origin": LOCAL} | ({"Content-Type": kind} if kind else {})
        refused = await http.request(method, path, content=json.dumps(body), headers=headers)
        assert refused.status_code == 415
    assert (await http.get(RUN)).json()["frame_count"] == 1


async def test_pages_from_elsewhere_may_do_nothing(http):
    for method, path, body in [*READING, *CHANGING, *PREDECESSORS, ("GET", "/healthz", None)]:
        for origin in (FOREIGN, "null", "http://localhost.elsewhere.example", "http://127.0.0.1@elsewhere.example"):
            refused = await http.request(method, path, json=body, headers={"Origin": origin})
            assert refused.status_code == 403
            assert "Access-Control-Allow-Origin" not in refused.headers


async def test_a_page_of_this_machine_hears_of_the_frames_of_others_by_a_token_alone_and_not_their_cells(http):
    by_token = {"Authorization": http.headers["Authorization"]}
    async with (
        connect(http.ws_url, origin=LOCAL, additional_headers=by_token) as page,
        connect(http.ws_url, origin=LOCAL) as other,
        connect(http.ws_url) as device,
    ):
        for each in (page, other, device):
            await each.send('{"type":"join_session","workout_id":"run"}')
            assert json.loads(await each.recv())["type"] == "session_joined"
        frame = {"type": "pressure_frame", "workout_id": "run", **FRAME, "timestamp": time.time()}
        await device.send(json.dumps(frame))
        assert json.loads(await device.recv())["type"] == "frame_processed"
        await other.send('{"type":"ping","t1_us":1}')
        assert json.loads(await other.recv())["type"] == "pong", "and nothing of the frame before it"
        heard = json.loads(await page.recv())
        assert set(heard) == {"type", "workout_id", "stream", "seq", "frame_count", "timestamp", "stats"}


async def test_every_answer_has_the_headers(http):
    poll = "/socket.io/?EIO=4&transport=polling"
    opened = json.loads((await http.get(poll)).text[1:])
    asked = [
        ("GET", "/healthz", {}), ("GET", "/docs", {}), ("GET", "/openapi.json", {}), ("GET", "/metrics", {}),
        ("GET", "/nowhere", {}), ("POST", "/healthz", {}), ("GET", RUN, {}), ("DELETE", "/api/workouts/x", {}),
        ("GET", f"{RUN}/export", {}), ("POST", f"{RUN}/frames", {}), ("OPTIONS", RUN, {}), ("GET", "/ws", {}),
        ("GET", RUN, {"Origin": FOREIGN}), ("GET", "/healthz", {"Host": "x.example"}), ("GET", poll, {}),
        ("GET", f"{poll}&j=0", {}), ("GET", f"{poll}&sid=x", {}), ("POST", f"{poll}&sid={opened['sid']}", {}),
        ("POST", f"{poll}&sid=x", {}), ("GET", poll, {"Origin": FOREIGN}), ("GET", f"{poll}&EIO=3", {}),
    ]  # fmt: skip
    for method, path, headers in asked:
        answer = await http.request(method, path, content="40" if method == "POST" else None, headers=headers)
        found = {name: answer.headers.get(name) for name in HEADERS}
        assert found == HEADERS, (method, path)
        for name in HEADERS:
            assert len(answer.headers.get_list(name)) == 1


async def test_pages_of_this_machine_may_read_what_socket_io_answers_by_long_polling(http):
    poll = "/socket.io/?EIO=4&transport=polling"
    opened = json.loads((await http.get(poll)).text[1:])
    for method, where, content in (("GET", poll, None), ("POST", f"{poll}&sid={opened['sid']}", "40")):
        answer = await http.request(method, where, content=content, headers={"Origin": LOCAL})
        assert answer.headers.get_list("Access-Control-Allow-Origin") == [LOCAL]
    asked = {"Origin": LOCAL, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-app"}
    preflight = await http.options(poll, headers=asked)
    assert preflight.headers["Access-Control-Allow-Headers"] == "x-app"


@pytest.mark.parametrize("asked", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n",
                                   b"GET /" + b"x" * (70 << 10)])  # fmt: skip
async def test_an_answer_to_what_is_no_request_has_the_headers_too(http, asked):
    reader, writer = await asyncio.open_connection("127.0.0.1", http.base_url.port)
    for first in range(0, len(asked), 40 << 10):  # a head that is too long comes in more than one piece
        writer.write(asked[first : first + (40 << 10)])
        await writer.drain()
        await asyncio.sleep(0.1)
    async with asyncio.timeout(10):
        answer = (await reader.read()).decode()
    writer.close()
    head = answer.partition("\r\n\r\n")[0].lower()
    assert head.startswith("http/1.1 400 bad request")
    for name, value in HEADERS.items():
        assert head.count(f"{name.lower()}: {value}") == 1


async def test_a_device_hears_how_large_a_message_may_be(mongo_archive, redis_live, tmp_path):
    async with serving(mongo_archive, redis_live, tmp_path, max_message_bytes=1 << 16) as ingest:
        for epoch in ({}, {"epoch": "one", "layout": {"rows": 2, "cols": 2, "dtype": "uint16", "unit": "raw"}}):
            async with connect(ingest.ws_url) as socket:
                await socket.send(json.dumps({"type": "join_session", "workout_id": "run", **epoch}))
                most = json.loads(await socket.recv())["max_message_bytes"]
                assert most == 1 << 16
                await socket.send(b"x" * (most + 1))
                with pytest.raises(ConnectionClosed) as closed:
                    await socket.recv()
                assert closed.value.rcvd.code == 1009
