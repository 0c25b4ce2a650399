"""`barograph migrate` says what waits and writes nothing, does it, and has nothing left to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pymongo import MongoClient

from barograph.cli import app
from barograph.servers.embedded import Servers
from barograph.store.mongo.migrations import MIGRATIONS, SCHEMA


@pytest.fixture
def run(servers: Servers, new_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("BAROGRAPH_MONGO_URL", servers.mongo_url)
    monkeypatch.setenv("BAROGRAPH_DATABASE", new_database)
    tmp_path.chmod(0o700)
    monkeypatch.setenv("BAROGRAPH_DATA_DIR", str(tmp_path))

    def migrate(*options: str) -> Result:
        return CliRunner().invoke(app, ["migrate", *options])

    return migrate


def test_what_an_older_version_stored_is_brought_to_this_one(run: Any, servers: Servers, new_database: str) -> None:
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        db = client[new_database]
        db.workouts.insert_one({"_id": "walk", "created_us": 1, "athlete": "A12"})
        dry = run("--dry-run")
        assert f"what is stored has version 0; {len(MIGRATIONS)} steps wait" in dry.output
        assert "1. Make an athlete of each text that version 0.1 stored as one" in dry.output
        assert db.list_collection_names() == ["workouts"], "nothing was written"
        assert f"brought from version 0 to {len(MIGRATIONS)}" in run().output
        assert db.workouts.find_one()["athlete_uid"] == db.athletes.find_one()["_id"]  # type: ignore[index]
        assert "which is this one's" in run().output
        db.meta.update_one(SCHEMA, {"$set": {"version": 999}})
        newer = run()
        assert newer.exit_code == 1
        assert "written by a newer Barograph (its data have version 999" in newer.output
