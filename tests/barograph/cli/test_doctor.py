"""`barograph doctor`: it writes nothing, and knows versions with a weakness."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil
import pytest
from click.testing import CliRunner
from pymongo import MongoClient

from barograph.cli import app
from barograph.cli.looking import versioned
from barograph.networks import is_local
from barograph.servers.embedded import Servers


@pytest.fixture
def asked(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAROGRAPH_MONGO_URL", servers.mongo_url)
    monkeypatch.setenv("BAROGRAPH_REDIS_URL", servers.redis_url)
    for name in ("INGEST_PORT", "DASHBOARD_PORT", "MIN_FREE_BYTES"):
        monkeypatch.setenv(f"BAROGRAPH_{name}", "0")


def test_a_mistyped_database_is_named_and_not_made(
    asked: None, servers: Servers, database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        client[database].workouts.insert_one({"_id": "run"})
        before = {name: client[name].list_collection_names() for name in client.list_database_names()}
        monkeypatch.setenv("BAROGRAPH_DATABASE", f"{database}x")
        done = CliRunner().invoke(app, ["doctor", "--data-dir", str(tmp_path / "data")])
        after = {name: client[name].list_collection_names() for name in client.list_database_names()}
        client[database].workouts.delete_one({"_id": "run"})
    assert done.exit_code == 1
    assert f"{database}x is not there yet" in done.output
    assert f"is {database} meant? BAROGRAPH_DATABASE" in done.output
    assert f"{database}x" not in after
    assert sorted(after.get(database, [])) == sorted(before[database])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("hangs", "part"), [("mongod_pid", "MongoDB"), ("redis_pid", "Redis")])
def test_a_server_of_ours_that_hangs_is_named_and_not_said_to_be_not_running(
    hangs: str, part: str, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAROGRAPH_STORAGE_TIMEOUT_S", "1")
    server = psutil.Process(getattr(servers, hangs))
    server.suspend()
    try:
        done = CliRunner().invoke(app, ["doctor", "--data-dir", str(servers.data_dir)])
    finally:
        server.resume()
    assert done.exit_code == 1
    assert "not running" not in done.output
    assert "Topology" not in done.output
    (row,) = [line for line in done.output.splitlines() if f"│ {part} " in line and "✗" in line]
    assert f"where process {server.pid} hangs, end it" in " ".join(done.output.split())
    assert "no answer" in row or "no sure answer" in row or "did not answer" in row


@pytest.mark.parametrize(
    ("product", "version", "said"),
    [
        ("MongoDB", "5.0.31", "needs 6.0 or later"),
        ("MongoDB", "6.0.5", "CVE-2025-14847, mended in 6.0.27"),
        ("MongoDB", "7.3.4", "CVE-2025-14847, mended in 8.0.17"),
        ("MongoDB", "8.2.2", "CVE-2025-14847, mended in 8.2.3"),
        ("MongoDB", "8.0.17", ""),
        ("MongoDB", "9.0.0", ""),
        ("Redis", "6.0.16", "needs 6.2 or later"),
        ("Redis", "7.0.15", "CVE-2025-49844, mended in 7.2.11"),
        ("Redis", "8.2.1", "CVE-2025-49844, mended in 8.2.2"),
        ("Redis", "8.4.0", ""),
        ("Valkey", "8.1.3", "CVE-2025-49844, mended in 8.1.4"),
        ("Valkey", "9.1.2", ""),
    ],
)
def test_a_version_with_a_weakness_is_a_fault_where_others_reach_it(product: str, version: str, said: str) -> None:
    far = versioned(product, product, version, "redis://:a@db.example:6379/0")
    assert said in far.remedy
    assert bool(far.remedy) is bool(said)
    near = versioned(product, product, version, "redis://:a@127.0.0.1:6379/0")
    assert bool(near.remedy) is said.startswith("needs")
    assert "CVE" not in said or said in near.found


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("mongodb://u:p%40@127.0.0.1:27017/?replicaSet=a", True),
        ("mongodb://[::1]:27017", True),
        ("redis://localhost", True),
        ("mongodb://127.0.0.1:1,db.example:2/x", False),
        ("mongodb+srv://lab.example", False),
        ("redis://:127.0.0.1@db.example:6379", False),
    ],
)
def test_a_url_is_local_when_each_of_its_hosts_is(url: str, local: bool) -> None:
    assert is_local(url) is local
