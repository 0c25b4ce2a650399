"""The application's door and its routes, over memory, through Quart's own test client."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
from quart import Quart
from quart.testing.connections import WebsocketDisconnectError, WebsocketResponseError

from barograph import codec
from barograph.errors import StorageAway

HERE = {"client": ("127.0.0.1", 4242)}
ELSEWHERE = {"client": ("192.0.2.7", 4242)}


class Browser:
    """A client on this machine that keeps its cookie."""

    def __init__(self, app: Quart) -> None:
        self.client = app.test_client()

    async def get(self, path: str, *, scope=HERE, **headers: str):
        return await self.client.get(path, headers={"Host": "127.0.0.1:8050", **headers}, scope_base=scope)

    async def post(self, path: str, content: dict, **headers: str):
        return await self.client.post(
            path, json=content, headers={"Host": "127.0.0.1:8050", **headers}, scope_base=HERE
        )


@pytest.fixture
async def browser(app, access) -> Browser:
    """One that has opened its link."""
    known = Browser(app)
    token = access.new_link("http://127.0.0.1:8050").rpartition("/")[2]
    answer = await known.post(f"/login/{token}", {})
    assert answer.status_code == 303
    return known


PLACES = ["/", "/live/walk", "/session/walk", "/_dash-layout", "/_dash-dependencies", "/assets/core/main.mjs",
          "/data/walk", "/data/walk/left/frame?t_us=1", "/nothing"]  # fmt: skip


@pytest.mark.parametrize("path", PLACES)
async def test_without_the_link_every_address_is_refused_in_plain_words(app, path):
    answer = await Browser(app).get(path)
    assert answer.status_code == 403
    text = (await answer.get_data(as_text=True)).replace("\n", " ")
    assert "Open the link that Barograph printed" in text
    assert "barograph link" in text
    assert "Traceback" not in text


async def test_without_the_link_callbacks_are_refused(app):
    assert (await Browser(app).post("/_dash-update-component", {})).status_code == 403


@pytest.mark.parametrize("path", ["/feed/walk", "/_dash-ws-callback"])
async def test_without_the_link_sockets_are_refused(app, path):
    with pytest.raises(WebsocketResponseError) as refused:
        async with app.test_client().websocket(path, headers={"Host": "127.0.0.1:8050"}, scope_base=HERE) as socket:
            await socket.receive()
    assert refused.value.response.status_code == 403


async def test_a_cookie_is_worth_nothing_from_another_machine_or_under_another_name(browser):
    assert (await browser.get("/", scope=ELSEWHERE)).status_code == 403
    assert (await browser.get("/", Host="rebound.example:8050")).status_code == 403
    assert (await browser.get("/", Origin="https://elsewhere.example")).status_code == 403
    assert (await browser.get("/")).status_code == 200


async def test_a_page_loads_nothing_from_elsewhere_and_says_so_to_the_browser(browser):
    answer = await browser.get("/")
    html = await answer.get_data(as_text=True)
    loaded = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert loaded
    assert [address for address in loaded if not address.startswith("/") or address.startswith("//")] == []
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    script = re.search(r"script-src ([^;]+)", policy).group(1)
    assert "unsafe" not in script
    assert "http" not in script
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_modules_are_asked_for_anew_so_that_no_page_mixes_two_versions(browser):
    assert (await browser.get("/assets/live/live.mjs")).headers["Cache-Control"] == "no-cache"
    assert (await browser.get("/")).headers["Cache-Control"] == "no-store"


async def test_a_library_without_a_version_in_its_address_is_sent_once(browser):
    plotly = "/_dash-component-suites/plotly/package_data/plotly.min.js"
    first = await browser.get(plotly)
    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "no-cache"
    again = await browser.get(plotly, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, await again.get_data()) == (304, b"")
    other = await browser.get(plotly, **{"If-None-Match": '"of another version"'})
    assert len(await other.get_data()) == len(await first.get_data()) > 1_000_000
    absent = await browser.get("/_dash-component-suites/plotly/package_data/none.js")
    assert absent.headers["Cache-Control"] == "no-store"


async def test_only_the_entry_module_is_loaded_by_dash(browser):
    html = await (await browser.get("/")).get_data(as_text=True)
    assert re.findall(r'src="(/assets/[a-z/]+\.m?js)', html) == [
        "/assets/core/scheme.js", "/assets/core/reach.js", "/assets/core/remembered.js",
        "/assets/sessions/grid.js", "/assets/core/main.mjs",
    ]  # fmt: skip


async def test_the_frame_of_a_moment_is_the_newest_at_that_moment(browser, remembered):
    walk = await remembered(seconds_ago=60).begin()
    await walk.send("left", 200)
    recording = walk.recordings["left"]
    t_us = int(recording.times_us[120])
    answer = await browser.get(f"/data/walk/left/frame?t_us={t_us + 4_000}")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    head, block = codec.decode_block(await answer.get_data())
    assert (head["type"], block.seq, int(block.times_us[0])) == ("frames", 120, t_us)
    np.testing.assert_array_equal(block.frames[0], recording.frames[120])
    assert block.stats.shape == (1, 10)


async def test_a_moment_in_a_gap_has_no_frame(browser, remembered):
    walk = await remembered(seconds_ago=60).begin("left")
    await walk.send("left", 10)
    late = int(walk.recordings["left"].times_us[9]) + 5_000_000
    answer = await browser.get(f"/data/walk/left/frame?t_us={late}")
    assert (answer.status_code, await answer.get_data()) == (204, b"")


async def test_samples_hold_every_frame_of_the_span(browser, remembered):
    walk = await remembered(seconds_ago=60).begin("left")
    await walk.send("left", 150)
    await walk.send("left", 50, skip=30)
    times = walk.recordings["left"].times_us
    answer = await browser.get(f"/data/walk/left/samples?start_us={times[100]}&stop_us={times[199]}")
    data = await answer.get_data()
    numbers = []
    while data:
        head, payload = codec.decode(data)
        numbers += range(head["seq"], head["seq"] + head["n"])
        size = head["n"] * head["stats"] * 4
        data = bytes(payload[size + -size % 8 :])
    assert numbers == [*range(100, 150), *range(180, 200)]


async def test_sensors_are_told_with_their_layouts(browser, remembered):
    walk = await remembered().begin()
    told = await (await browser.get("/data/walk")).get_json()
    assert [one["stream"] for one in told["streams"]] == ["left", "right"]
    layout = walk.recordings["left"].layout
    stored = layout.to_dict() | {"loaded_above": 10.0, "area_cm2": float(layout.area_cm2[0, 0])}
    assert told["streams"][0]["layout"] == json.loads(json.dumps(stored))


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("/data/nobody", 404, "nobody"),
        ("/data/nobody/left/frame?t_us=1", 404, "nobody"),
        ("/data/walk/left/frame", 400, "t_us"),
        ("/data/walk/left/frame?t_us=now", 400, "t_us"),
        ("/data/walk/left/frame?t_us=99999999999999999999999", 400, "t_us"),
        ("/data/walk/left/frame?t_us=%C2%B2", 400, "t_us"),
        ("/data/walk/left/samples?start_us=5&stop_us=1", 400, "stop_us"),
        ("/data/walk/left/samples?start_us=0&stop_us=900000000000", 400, "stop_us"),
    ],
)
async def test_wrong_questions_get_a_sentence(browser, remembered, path, status, word):
    await remembered().begin("left")
    answer = await browser.get(path)
    assert answer.status_code == status
    assert word in (await answer.get_json())["message"]


@asynccontextmanager
async def serving(app: Quart) -> AsyncIterator[None]:
    async with app.test_app():
        yield


async def test_a_socket_gets_layouts_and_frames_and_answers_pings(app, browser, remembered):
    walk = await remembered().begin("left")
    await walk.send("left", 20)
    async with (
        serving(app),
        asyncio.timeout(10),
        browser.client.websocket("/feed/walk", headers={"Host": "127.0.0.1:8050"}, scope_base=HERE) as socket,
    ):
        await socket.send('{"type": "ping", "t1_us": 77}')
        await socket.send("nonsense")
        await socket.send(b"\xff")
        seen: dict[str, dict] = {}
        while not {"layout", "state", "frames", "pong"} <= seen.keys():
            message = await socket.receive()
            texts, blocks = ([message], []) if isinstance(message, str) else ([], codec.in_turn(message))
            for head in (*map(json.loads, texts), *(codec.decode(block)[0] for block in blocks)):
                seen[head["type"]] = head
    assert seen["pong"]["t1_us"] == 77
    assert seen["layout"]["columns"][0] == "total_force_n"


@pytest.mark.parametrize("query", ["rate_hz=fast", "rate_hz=0", "rate_hz=1000", "rate_hz=nan"])
async def test_a_wrong_rate_is_refused(app, browser, query):
    async with serving(app):
        with pytest.raises(WebsocketDisconnectError, match="4400"):
            async with (
                asyncio.timeout(10),
                browser.client.websocket(
                    f"/feed/walk?{query}", headers={"Host": "127.0.0.1:8050"}, scope_base=HERE
                ) as socket,
            ):
                await socket.receive()


async def test_an_asset_is_sent_again_only_when_it_changed(browser):
    first = await browser.get("/assets/live/live.mjs")
    assert first.headers["Content-Type"] == "text/javascript; charset=utf-8"
    again = await browser.get("/assets/live/live.mjs", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, await again.get_data()) == (304, b"")
    assert (await browser.get("/assets/nothing.mjs")).status_code == 404
    assert (await browser.get("/assets/..%2Fapp.py")).status_code == 404


@pytest.mark.parametrize(
    ("path", "status", "why"),
    [
        ("/report/never", 404, "never"),
        ("/report/%00", 400, "workout_id"),
        ("/compare/report?a=never&b=other", 404, "never"),
    ],
)
async def test_a_report_that_cannot_be_is_a_page_that_says_why(browser, path, status, why):
    answer = await browser.get(path)
    assert answer.status_code == status
    assert answer.content_type.startswith("text/html")
    text = await answer.get_data(as_text=True)
    assert "There is no report here" in text
    assert why in text
    assert 'href="/"' in text


async def test_a_report_without_its_archive_says_that_it_is_away(browser, memory_archive, monkeypatch):
    async def away(workout_id: str) -> None:
        raise StorageAway("MongoDB does not answer")

    monkeypatch.setattr(memory_archive, "workout", away)
    answer = await browser.get("/report/walk")
    assert answer.status_code == 503
    assert "MongoDB does not answer" in await answer.get_data(as_text=True)


async def test_a_page_opens_no_socket_that_the_door_refuses(browser):
    text = await (await browser.get("/")).get_data(as_text=True)
    config = json.loads(re.search(r'<script id="_dash-config"[^>]*>(.*?)</script>', text)[1])
    assert "websocket" not in config
