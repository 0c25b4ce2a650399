"""Archived sessions on a real MongoDB: every route says of them what it said before, and a sentence where it cannot."""

from __future__ import annotations

import io
import json
import re
import sys
import time
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from plotly.utils import PlotlyJSONEncoder

sys.path.append(str(Path(__file__).parents[1]))  # what all tests share

from devices import Device

from analytics import sim
from barograph import protocols
from barograph import settings as settings_module
from barograph.access.principals import Access
from barograph.store.ports import About, Marker
from barograph.store.roster import Athlete
from barograph.store.trials import NewTrial
from dashboard.app import create_app
from dashboard.compare import callbacks as compare
from dashboard.history import callbacks as history
from dashboard.reading.sources import Sources
from dashboard.session import callbacks as session
from dashboard.sessions import callbacks as sessions

HEADERS = {"Host": "127.0.0.1:8050"}
HERE = {"client": ("127.0.0.1", 4242)}
START = time.time_ns() // 1000 - 86_400_000_000
LEFT = "/data/walk-0/left"
PART = f"start_us={START}&stop_us={START + 3_000_000}"
AT = f"t_us={START + 2_000_000}"
ROUTES = (
    "/report/walk-0",
    "/report/athlete/{athlete}",
    "/thumb/walk-0",
    f"/data/walk-0/highest?{PART}",
    f"/data/walk-0/numbers?{AT}",
    f"{LEFT}/export?{PART}&format=csv",
    f"{LEFT}/export?{PART}&format=parquet",
    f"{LEFT}/frame?{AT}",
    f"{LEFT}/frames?{PART}&step_us=50000",
    f"{LEFT}/samples?{PART}",
)


NAMES = ("walk-0", "walk-1")
Ask = Callable[[str], Awaitable[tuple[int, bytes]]]


@pytest.fixture
def opened(tmp_path, mongo_archive, memory_live, stored):
    """Opens the dashboard as a process does that has read nothing yet."""

    async def another() -> Ask:
        settings = settings_module.load(data_dir=tmp_path, ingest_port=1)
        access = Access(settings, "dashboard")
        client = create_app(settings, mongo_archive, memory_live, access).test_client()
        link = access.new_link("http://127.0.0.1:8050").removeprefix("http://127.0.0.1:8050")
        assert (await client.post(link, headers=HEADERS, scope_base=HERE)).status_code == 303
        mongo_archive.cold.forget("")

        async def ask(path):
            answer = await client.get(path.format(athlete=stored), headers=HEADERS, scope_base=HERE)
            return answer.status_code, await answer.get_data()

        return ask

    return another


@pytest.fixture
async def stored(mongo_archive, memory_live) -> str:
    who = await mongo_archive.roster.add(Athlete("Ada Longname", short_id="a-0012"), now_us=START)
    for number in range(2):
        walk = sim.walk(4.0, start_us=START + number * 500_000)
        sender = Device(mongo_archive, memory_live, f"walk-{number}", dict(walk), About("Ada Longname", "Walk", 68.4))
        await sender.open_streams()
        for side, recording in walk.items():
            await sender.store_block(side, sender.frames(side, 0, len(recording)))
    await mongo_archive.add_marker("walk-0", Marker(START + 1_000_000, "turn"))
    trial = NewTrial(protocols.named("walk"), START, START + 3_000_000)
    await mongo_archive.trials.add("walk-0", trial, now_us=START)
    return who.uid


@pytest.fixture
def pages(tmp_path, mongo_archive, memory_live, stored) -> Callable[[], Sources]:
    """What pages are made from, in a process that has read nothing yet."""

    def fresh() -> Sources:
        mongo_archive.cold.forget("")
        return Sources(settings_module.load(data_dir=tmp_path, ingest_port=1), mongo_archive, memory_live)

    return fresh


def text_of(shown) -> str:
    return json.dumps(shown, cls=PlotlyJSONEncoder, ensure_ascii=False)


WHEN = re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?")


def without_when(data: bytes) -> list[bytes]:
    """What an answer has, or the files in it, without moments: that at which it was made is another each time."""
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            return [name.encode() + WHEN.sub(b"", file.read(name)) for name in file.namelist()]
    return [WHEN.sub(b"", data)]


async def test_every_route_says_of_archived_sessions_what_it_said_before(opened, mongo_archive):
    ask = await opened()
    before = {one: await ask(one) for one in ROUTES}
    assert {one: status for one, (status, _) in before.items() if status != 200} == {}
    for name in NAMES:
        await mongo_archive.cold.archive(name)
    ask = await opened()
    for one, (_, data) in before.items():
        status, after = await ask(one)
        assert status == 200, one
        assert without_when(after) == without_when(data), one


async def test_where_cold_storage_is_away_routes_say_so_and_others_go_on(opened, mongo_archive):
    await mongo_archive.cold.archive("walk-0")
    root = mongo_archive.cold.place.root
    root.rename(root.with_name("away"))
    ask = await opened()
    for one in ROUTES:
        status, data = await ask(one)
        assert (status, b"cold storage" in data) == (503, True), one
        if one.startswith("/data/"):
            assert (await ask(one.replace("walk-0", "walk-1")))[0] == 200, one
    assert (await ask("/data/walk-0"))[0] == 200


async def test_pages_of_archived_sessions_are_those_of_before_but_for_the_word(pages, stored, mongo_archive):
    async def all_of() -> dict[str, str]:
        sources = pages()
        shown = {"compare": await compare.body(sources, "?a=walk-0&b=walk-1", "")}
        shown["athlete"] = text_of(await history.show(sources, "Ada Longname", ""))
        shown["list"] = text_of(await sessions.show(sources, "", ""))
        shown["session"] = text_of(await session.show(sources, "walk-0", ""))
        return shown

    before = await all_of()
    for name in NAMES:
        await mongo_archive.cold.archive(name)
    after = await all_of()
    assert "archived on" in after["session"]
    word = re.compile(r', \{"props": \{"children": "archived on [^}]*\}, "type": "Span"[^}]*\}')
    for name, text in before.items():
        assert word.sub("", after[name]) == text, name
