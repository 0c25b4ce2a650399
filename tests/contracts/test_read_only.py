"""An account of MongoDB that may read alone, and whoever only looks: everything is read, and nothing is made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from pymongo import MongoClient

import barograph
from barograph.errors import AccessDenied, SettingsError
from barograph.frames import Layout
from barograph.servers.embedded import Servers
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.migrations import MIGRATIONS, SCHEMA

LAYOUT = Layout(rows=8, cols=4, dtype="uint16")


def recording() -> barograph.Recording:
    times_us = 1_700_000_000_000_000 + 10_000 * np.arange(250)
    return barograph.Recording(np.full((250, 8, 4), 3, "<u2"), times_us, LAYOUT)


@pytest.fixture
def reader(servers: Servers, database: str) -> Iterator[str]:
    """URL of an account that may read the database and nothing else."""
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        client.admin.command("createUser", f"reads_{database}", pwd="reads", roles=[{"role": "read", "db": database}])
        at = urlsplit(servers.mongo_url)
        yield f"mongodb://reads_{database}:reads@{at.hostname}:{at.port}/?authSource=admin"
        client.admin.command("dropUser", f"reads_{database}")


def test_a_lab_reads_with_rights_to_read_alone_and_says_what_it_may_not(
    servers: Servers, reader: str, database: str
) -> None:
    with barograph.connect(servers.mongo_url, database=database) as lab:
        lab.import_recording(recording(), workout="run", stream="left")
    with barograph.connect(reader, database=database) as lab:
        assert list(lab.workouts().index) == ["run"]
        assert (lab.recording("run", "left").frames == recording().frames).all()
        with pytest.raises(AccessDenied, match="has no right to"):
            lab.describe("run", tags=["wet"])
        assert lab.workouts().loc["run", "tags"] in ([], ())


@pytest.mark.parametrize("version", [None, len(MIGRATIONS) - 1])
def test_what_is_not_made_yet_or_older_is_refused_with_a_sentence(
    version: int | None, servers: Servers, reader: str, database: str
) -> None:
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        before = client[database].meta.find_one(SCHEMA)
        client[database].meta.delete_one(SCHEMA)
        if version is not None:
            client[database].meta.insert_one({**SCHEMA, "version": version})
        with pytest.raises(SettingsError, match="by an account of MongoDB that may write"):
            barograph.connect(reader, database=database)
        client[database].meta.delete_one(SCHEMA)
        if before is not None:
            client[database].meta.insert_one(before)


async def test_a_look_makes_nothing_and_says_what_is_there(servers: Servers, reader: str, database: str) -> None:
    await (await MongoArchive.connect(servers.mongo_url, database, 20.0)).close()
    there = [(servers.mongo_url, f"{database}x"), (servers.mongo_url, database), (reader, database)]
    found = []
    for url, name in there:
        archive = MongoArchive.unprepared(url, name, 20.0)
        try:
            found.append(await archive.look())
        finally:
            await archive.close()
    assert [(one.there, one.writes) for one in found] == [(False, True), (True, True), (True, False)]
    assert found[1].version == found[1].newest == len(MIGRATIONS)
    assert database in found[0].others
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        assert f"{database}x" not in client.list_database_names()
