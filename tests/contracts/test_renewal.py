"""What an earlier version computed is computed anew, wherever it is asked for, and stored again by the ingest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from keyed import open_archive
from pymongo import MongoClient

from analytics import arrival_stats
from analytics.columns import ARRIVAL_VERSION, arrival_columns
from barograph.frames import Block, Layout, Stream
from barograph.servers.embedded import Servers
from barograph.store.mongo.archive import MongoArchive
from barograph.store.ports import Archive
from barograph.store.reading import read_recording
from barograph.store.rollups import overview, refresh

RUN = Stream("run", "left")
T0 = 1_700_000_000_000_000
LATER_US = T0 * 2
# Of each frame two cells are above 10 kPa, four above 0.
FRAMES = np.tile([[0.0, 3.0, 15.0], [6.0, 0.0, 25.0]], (40, 1, 1))
LAYOUT = Layout(rows=2, cols=3, unit="kPa", pitch_mm=(10.0, 10.0), kind="insole")
COLUMNS = arrival_columns(LAYOUT)
AREA = COLUMNS.index("contact_area_cm2")


async def as_version_1(archive: Archive) -> None:
    """Store frames with statistics that count every cell above 0, and their rollups."""
    old = replace(LAYOUT, contact_kpa=0.0)
    stats = arrival_stats(FRAMES, old)
    assert stats[0, AREA] == 4
    await archive.open(RUN, epoch="one", numbered=True, now_us=T0)
    await archive.fix_layout(RUN, LAYOUT, COLUMNS, 1)
    await archive.append([(RUN, Block(0, 0, T0 + 100_000 * np.arange(40), T0, FRAMES, stats, 1))])
    await refresh(archive, RUN, now_us=LATER_US, grace_s=0.0)
    assert (await overview(archive, RUN)).high[:, AREA].tolist() == [4.0] * 4


async def test_rollups_of_another_version_of_statistics_are_computed_anew(archive: Archive) -> None:
    await as_version_1(archive)
    await archive.calibrate(RUN, LAYOUT, COLUMNS, now_us=0)  # a new version, and nobody has marked anything
    assert await archive.dirty(RUN) == []
    seen = await overview(archive, RUN, compute=arrival_stats)
    assert [seen.high[:, AREA].tolist(), seen.low[:, AREA].tolist()] == [[2.0] * 4] * 2
    assert await archive.renew() is None


@pytest.fixture
async def upgraded(servers: Servers, database: str, mongo_archive: MongoArchive) -> Any:
    """An archive that version 0.1 wrote into, opened by this version."""
    await as_version_1(mongo_archive)
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        client[database].streams.update_many({}, {"$unset": {"v": ""}})
    archive = await open_archive(servers.mongo_url, database, 20.0)
    yield archive
    await archive.close()


async def test_nobody_reads_statistics_of_version_1_once_the_archive_was_opened(upgraded: MongoArchive) -> None:
    assert (await upgraded.stream_info(RUN)).k == 2
    assert (await read_recording(upgraded, RUN, with_stats=True)).stats.isna().all(axis=None)
    seen = await overview(upgraded, RUN, compute=arrival_stats)
    assert seen.high[:, AREA].tolist() == [2.0] * 4


async def test_rollups_of_version_1_are_marked_and_made_again_once(
    upgraded: MongoArchive, servers: Servers, database: str
) -> None:
    assert await upgraded.dirty(RUN) == []
    assert await upgraded.renew() == RUN
    assert await upgraded.renew() is None
    assert len(await upgraded.dirty(RUN)) == 4
    await refresh(upgraded, RUN, now_us=LATER_US, grace_s=0.0, compute=arrival_stats)
    assert [row.k for row in await upgraded.stored_rollups(RUN)] == [2] * 4
    assert (await overview(upgraded, RUN)).high[:, AREA].tolist() == [2.0] * 4
    again = await open_archive(servers.mongo_url, database, 20.0)
    assert (await again.stream_info(RUN)).k == 2
    assert await again.renew() is None
    await again.close()


async def test_a_stream_of_this_version_stays_as_it_is(
    mongo_archive: MongoArchive, servers: Servers, database: str
) -> None:
    await mongo_archive.open(RUN, epoch="one", numbered=True, now_us=T0)
    await mongo_archive.fix_layout(RUN, LAYOUT, COLUMNS, ARRIVAL_VERSION)
    again = await open_archive(servers.mongo_url, database, 20.0)
    assert (await again.stream_info(RUN)).k == ARRIVAL_VERSION
    assert await again.renew() is None
    await again.close()
