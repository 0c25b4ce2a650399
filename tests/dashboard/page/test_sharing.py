"""A shared link: one workout, to look at, for a while; and nothing else."""

from __future__ import annotations

import asyncio
import re
import secrets
import time

import pytest
from itsdangerous import URLSafeTimedSerializer
from quart.testing.connections import WebsocketResponseError

from barograph import settings as settings_module
from barograph.access.principals import Access
from barograph.errors import InvalidData
from dashboard.app import create_app
from dashboard.page import sharing

HERE = {"client": ("127.0.0.1", 4242)}
HEADERS = {"Host": "127.0.0.1:8050"}
BASE = "http://127.0.0.1:8050"


class Browser:
    def __init__(self, app) -> None:
        self.client = app.test_client()

    async def get(self, path: str):
        return await self.client.get(path, headers=HEADERS, scope_base=HERE)

    async def post(self, path: str, content: dict):
        return await self.client.post(path, json=content, headers=HEADERS, scope_base=HERE)


@pytest.fixture
async def owner(app, access):
    someone = Browser(app)
    await someone.post(f"/login/{access.new_link('http://127.0.0.1:8050').rpartition('/')[2]}", {})
    return someone


ASKED = {"view": "athlete", "query": "main=balance&low=47", "life_s": 3600}


@pytest.fixture
async def guest(app, owner, remembered):
    walk = await remembered().begin()
    await walk.send("left", 10)
    await remembered("other").begin()
    made = await (await owner.post("/data/walk/share", ASKED)).get_json()
    someone = Browser(app)
    opened = await someone.get(made["address"].removeprefix("http://127.0.0.1:8050"))
    assert (opened.status_code, opened.headers["Location"]) == (302, "/athlete/walk?main=balance&low=47")
    assert "HttpOnly" in opened.headers["Set-Cookie"]
    assert re.search(r"Max-Age=(90000|89999)", opened.headers["Set-Cookie"])  # a day longer, to say that it is over
    return someone


async def test_a_link_comes_with_its_qr_code(owner):
    made = await (await owner.post("/data/walk/share", ASKED)).get_json()
    assert made["qr"].startswith("data:image/svg+xml")
    assert made["life_s"] == 3600


OPEN = ["/athlete/walk", "/live/walk", "/session/walk", "/data/walk", "/data/walk/glance?start_us=0&stop_us=1",
        "/assets/core/main.mjs",
        "/_dash-layout", "/_dash-dependencies"]  # fmt: skip
CLOSED = [
    "/",
    "/session/other",
    "/report/walk",
    "/athlete/walk/history",
    "/live/other",
    "/athlete/other",
    "/data/other",
    "/data/other/glance",
    "/nothing",
]


async def test_a_guest_reads_what_was_shared_and_sees_nothing_else(guest):
    for path in OPEN:
        assert (await guest.get(path)).status_code == 200, path
    for path in CLOSED:
        answer = await guest.get(path)
        assert answer.status_code == 403, path
        assert "one session only" in await answer.get_data(as_text=True)


async def test_a_guest_changes_nothing(guest, memory_archive):
    for path in ("/data/walk/markers", "/data/walk/share", "/data/other/share"):
        answer = await guest.post(path, ASKED | {"t_us": time.time_ns() // 1000, "label": "mine"})
        assert answer.status_code == 403, path
    assert await memory_archive.markers("walk") == []


async def test_a_guest_may_not_listen_to_another_workout(app, guest):
    with pytest.raises(WebsocketResponseError):
        async with guest.client.websocket("/feed/other", headers=HEADERS, scope_base=HERE) as socket:
            await socket.receive()
    async with guest.client.websocket("/feed/walk", headers=HEADERS, scope_base=HERE) as socket:
        assert await socket.receive()


def asks(output: str, path: str, *others: dict) -> dict:
    first = {"id": "address", "property": "pathname", "value": path}
    return {"output": output, "inputs": [*others, first, {"id": "again", "property": "data"}]}


REFUSED = [
    asks("page.children", "/"),
    asks("page.children", "/live/other"),
    asks("page.children", "/session/other"),
    asks("home-body.children", "/live/walk"),
    asks("..live-number.children...nav-live.href..", "/live/walk"),
    asks("page.children", "/live/walk", {"id": "x", "property": "value", "value": "/"}),
    {"output": "page.children", "inputs": []},
    {"output": "page.children", "inputs": "text"},
    {},
]


async def test_a_guest_gets_one_page_from_dash_and_no_other(guest):
    for content in REFUSED:
        answer = await guest.post("/_dash-update-component", content)
        assert answer.status_code == 204, content
        assert await answer.get_data() == b""


async def test_a_link_ends_and_its_page_says_so(app, owner, guest):
    made = await (await owner.post("/data/walk/share", ASKED | {"life_s": 1})).get_json()
    path = made["address"].removeprefix(BASE)
    while (await Browser(app).get(path)).status_code == 302:
        await asyncio.sleep(0.05)
    for link in (path, "/share/nonsense", "/share/bgs_" + "x" * 43, "/share/a.b.c", "/share/%00", f"/share/{signed()}"):
        answer = await Browser(app).get(link)
        assert answer.status_code == 403
        assert "does not open any more" in await answer.get_data(as_text=True)
    assert (await guest.get("/athlete/walk")).status_code == 200  # another link of the same session


def signed() -> str:
    """A link as version 0.1 made them: signed, and stored nowhere."""
    return URLSafeTimedSerializer("k" * 40, salt="barograph.share").dumps(["walk", "/athlete/walk", 1 << 40, "uid"])


async def test_a_revoked_link_opens_nothing_and_the_page_it_opened_says_so(owner, guest, memory_archive):
    [link] = (await (await owner.get("/data/walk/shares")).get_json())["links"]
    assert (link["view"], link["uses"], link["by"], link["revocable"]) == ("athlete", 1, "this machine’s owner", True)
    assert (await owner.post("/data/walk/shares/nothing/revoke", {})).status_code == 404
    assert (await owner.post(f"/data/other/shares/{link['uid']}/revoke", {})).status_code == 404, "of another session"
    said = await (await owner.post(f"/data/walk/shares/{link['uid']}/revoke", {})).get_json()
    assert said == {"links": []}
    for path in ("/athlete/walk", "/live/walk", "/session/walk"):
        answer = await guest.get(path)
        assert answer.status_code == 403
        assert "does not open any more" in await answer.get_data(as_text=True)
    assert (await guest.get("/")).status_code == 403
    assert len(await memory_archive.accounts.shares()) == 1, "it is kept, as who made it is"


async def test_raw_frames_go_out_only_where_that_was_ticked(app, owner, guest):
    path = "/data/walk/left/export?start_us=0&stop_us=99999999999999999&format=csv"
    whole = "/data/walk/export?start_us=0&stop_us=99999999999999999&format=zip"
    assert [(await guest.get(one)).status_code for one in (path, whole)] == [403, 403]
    made = await (await owner.post("/data/walk/share", ASKED | {"view": "session", "raw": True})).get_json()
    other = Browser(app)
    opened = await other.get(made["address"].removeprefix(BASE))
    assert opened.headers["Location"] == "/session/walk?main=balance&low=47"
    assert [(await other.get(one)).status_code for one in (path, whole)] == [200, 200]
    for one in (path, whole):
        assert (await other.get(one.replace("walk", "other"))).status_code == 403


async def test_a_link_is_told_once_and_stored_as_a_hash(owner, guest, memory_archive):
    made = await (await owner.post("/data/walk/share", ASKED)).get_json()
    secret = made["address"].rpartition("/")[2]
    said = await (await owner.get("/data/walk/shares")).get_data(as_text=True)
    assert secret not in said
    stored = repr([vars(one) for one in await memory_archive.accounts.shares()])
    assert secret not in stored


async def test_another_secret_key_ends_every_link(app, owner, guest, settings, memory_archive, memory_live):
    made = await (await owner.post("/data/walk/share", ASKED)).get_json()
    turned = settings_module.load(data_dir=settings.data_dir, ingest_port=1, secret_key=secrets.token_hex(32))
    there = Browser(create_app(turned, memory_archive, memory_live, Access(turned, "dashboard")))
    answer = await there.get(made["address"].removeprefix(BASE))
    assert answer.status_code == 403
    assert "older version" in await answer.get_data(as_text=True)
    there.client.cookie_jar = guest.client.cookie_jar
    assert "older version" in await (await there.get("/athlete/walk")).get_data(as_text=True)


async def test_whoever_owns_the_dashboard_keeps_all_of_it_after_opening_a_shared_link(owner):
    made = await (await owner.post("/data/walk/share", ASKED)).get_json()
    await owner.get(made["address"].removeprefix("http://127.0.0.1:8050"))
    assert (await owner.get("/")).status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"view": "wall"}, "view"), ({"view": None}, "view"), ({"name": 5}, "name"), ({"name": "x" * 201}, "name"),
        ({"raw": 1}, "raw"), ({"names": "yes"}, "names"), ({"query": "é"}, "query"),
        ({"query": "x" * 1001}, "query"), ({"query": 5}, "query"),
        ({"life_s": "1"}, "life_s"), ({"life_s": True}, "life_s"),
    ],
)  # fmt: skip
def test_a_wish_that_cannot_be_is_refused_with_its_field(change, field):
    with pytest.raises(InvalidData) as refused:
        sharing.asked(ASKED | change)
    assert refused.value.field == field


async def test_a_link_lives_90_days_at_most(owner):
    for life_s in (0, -1, 90 * 86400 + 1):
        answer = await owner.post("/data/walk/share", ASKED | {"life_s": life_s})
        assert answer.status_code == 400
        assert "life_s" in (await answer.get_json())["message"]
