"""A request of a page reads the document of a workout with its streams once, and no stream's again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from barograph import settings as settings_module
from barograph.frames import Stream
from barograph.store.memory.archive import MemoryLive
from barograph.store.mongo.archive import MongoArchive
from barograph.store.ports import About, Archive
from dashboard.live import lookback_routes
from dashboard.reading.part_query import TABS
from dashboard.reading.sources import Sources
from dashboard.session import callbacks
from tests.dashboard.conftest import Athlete


class Counting:
    """An archive that counts which documents are asked for."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.asked: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._archive, name)

    async def workout(self, workout_id: str) -> Any:
        self.asked["workout"] += 1
        return await self._archive.workout(workout_id)

    async def stream_info(self, stream: Any) -> Any:
        self.asked[stream.stream] += 1
        return await self._archive.stream_info(stream)


@pytest.fixture
async def archive(remembered: Any) -> Counting:
    one = await remembered("walk", seconds_ago=60, about=About(athlete="A", mass_kg=75.0)).begin()
    for side in ("left", "right"):
        await one.store(side, one.block(side, 800))
    return Counting(one.archive)


@pytest.fixture
def pages(tmp_path: Any, archive: Counting, memory_live: Any) -> Sources:
    return Sources(settings_module.load(data_dir=tmp_path, ingest_port=1), archive, memory_live)  # type: ignore[arg-type]


@pytest.mark.parametrize("tab", TABS)
async def test_a_tab_reads_each_document_once(tab: str, pages: Sources, archive: Counting) -> None:
    await callbacks.tab(pages, "/session/walk", f"?tab={tab}")
    assert archive.asked == {"workout": 1}


async def pictured(pages: Sources) -> None:
    await pages.thumbs.get(await pages.archive.workout("walk"))


OF_A_PAGE: dict[str, Callable[[Sources], Awaitable[Any]]] = {
    "the page": lambda pages: callbacks.show(pages, "walk", ""),
    "the overview": lambda pages: callbacks.figure(pages, "/session/walk", {}, "dark"),
    "a part of it": lambda pages: callbacks.figure(pages, "/session/walk", {"a": "1", "b": "3"}, "dark"),
    "the gaps": lambda pages: callbacks.gaps(pages, "/session/walk"),
    "the picture of the list": pictured,
    "the last minutes": lambda pages: lookback_routes.glance(pages.archive, "walk", 0, 1 << 60),
}


@pytest.mark.parametrize("ask", OF_A_PAGE.values(), ids=OF_A_PAGE)
async def test_what_a_page_asks_for_reads_each_document_once(
    ask: Callable[[Sources], Awaitable[Any]], pages: Sources, archive: Counting
) -> None:
    await ask(pages)
    assert archive.asked == {"workout": 1}


async def test_no_stream_is_looked_up_again_in_the_database(mongo_archive: MongoArchive, tmp_path: Any) -> None:
    walk = Athlete(mongo_archive, MemoryLive(), "walk", About(athlete="A", mass_kg=75.0), seconds_ago=60)
    await walk.begin()
    for side in ("left", "right"):
        await walk.store(side, walk.block(side, 800))
    asked: Counter[str] = Counter()
    read = mongo_archive.stream_document

    async def counted(stream: Stream) -> Any:
        asked[stream.stream] += 1
        return await read(stream)

    mongo_archive.stream_document = counted  # type: ignore[method-assign]
    pages = Sources(settings_module.load(data_dir=tmp_path, ingest_port=1), mongo_archive, MemoryLive())
    for tab in TABS:
        await callbacks.tab(pages, "/session/walk", f"?tab={tab}")
    await callbacks.figure(pages, "/session/walk", {}, "dark")
    await callbacks.gaps(pages, "/session/walk")
    assert asked == {}
