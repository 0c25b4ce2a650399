"""Errors at the doors of the dashboard say a name once: uploads, addresses, pages."""

from __future__ import annotations

import asyncio
import json
import re

import pytest
from naming import repeated

from analytics import sim
from dashboard.compare import callbacks as compare
from dashboard.session import callbacks as session
from dashboard.session.report_routes import make

HERE = {"headers": {"Host": "127.0.0.1:8050"}, "scope_base": {"client": ("127.0.0.1", 4242)}}
FILES = {
    "empty.csv": b"", "words.csv": b"hello\n", "sheet.xlsx": b"PK\x03\x04" + bytes(60),
    "a.npz": b"PK\x05\x06" + bytes(18), "cut.csv": b"# barograph csv 1\n# layout: {}\n",
    "a.parquet": b"PAR1" + bytes(20), "a.asf": b"DATA_TYPE MOVIE\nROWS x\n",
    "list.csv": b"# barograph csv 1\n# layout: []\n# gaps: []\n# provenance: {}\ntime_us\n",
}  # fmt: skip
ADDRESSES = [
    "/data/nobody", "/data/walk/none/frame?t_us=1", "/data/walk/left/frame?t_us=x", "/data/nobody/numbers?t_us=1",
    "/data/walk/glance?start_us=5&stop_us=1", "/data/walk/none/export?format=csv&start_us=0&stop_us=1",
    "/data/walk/left/export?format=xls&start_us=0&stop_us=1", "/data/walk/left/export?format=csv&start_us=x&stop_us=1",
    "/report/nobody", "/report/walk?from=a&to=b", "/compare/report?a=walk&b=nobody", "/athlete/nobody",
]  # fmt: skip


@pytest.fixture
async def client(app, access, keep):
    await keep("walk", sim.walk(2.0))
    known = app.test_client()
    token = access.new_link("http://127.0.0.1:8050").rpartition("/")[2]
    await known.post(f"/login/{token}", **HERE)
    return known


@pytest.mark.parametrize("name", FILES)
async def test_a_dropped_file_is_named_once(client, name):
    answer = await client.post(f"/import?name={name}", data=FILES[name], **HERE)
    said = json.loads((await answer.get_data()).decode().splitlines()[-1])
    text = said.get("error") or said["message"]
    assert repeated(text) == []
    assert text.count(name) <= 1, text


async def test_an_address_that_is_wrong_is_answered_with_its_field_once(client):
    found = {}
    for path in ADDRESSES:
        answer = await client.get(path, **HERE)
        text = (await answer.get_data()).decode()
        if answer.status_code >= 400 and answer.content_type.startswith("application/json"):
            found[path] = json.loads(text)["message"]
        elif answer.status_code >= 400:
            found[path] = re.sub(r"<[^>]*>", " ", text.partition("<body>")[2])
    assert len(found) >= 6
    assert {path: text for path, text in found.items() if repeated(text)} == {}


@pytest.mark.parametrize("search", ["?from=a&to=b", "?tab=gait&on=-1&off=x", "?tab=maps&cell=left:99:99", "?tab=none"])
async def test_a_page_says_what_is_wrong_in_its_address_with_its_field_once(pages, keep, search):
    await keep("walk", sim.walk(2.0))
    body, _ = await session.tab(pages, "/session/walk", search)
    markup = str(body)
    said = re.findall(r"(?:^|>)([^<>]*: expected [^<>]*)<", markup)
    assert [text for text in said if repeated(text)] == []


async def test_what_cannot_be_made_is_refused_with_its_name_once(pages, keep):
    await keep("walk", sim.walk(2.0))
    calls = [
        lambda: session.find(pages, "/session/nobody"),
        lambda: make(pages.parts, "nobody"),
        lambda: make(pages.parts, "walk", "?from=a&to=b"),
        lambda: make(pages.parts, "walk", "?on=-1"),
        lambda: compare.body(pages, "?a=walk&b=nobody"),
    ]
    texts = [str(one) for one in await asyncio.gather(*(call() for call in calls), return_exceptions=True)]
    assert [text for text in texts if repeated(text[:500])] == []
    assert any("nobody: no such workout" in text for text in texts)
