"""MongoDB's users of the services, as `barograph users`, the doctor and whatever starts services make and show them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import httpx
import pytest
from click.testing import Result
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from barograph import settings
from barograph.cli.service_users import as_service
from barograph.servers.embedded import Servers, temporary_servers
from barograph.settings import Settings
from barograph.store.mongo.service_rights import SERVICES, Service, role_of
from barograph.store.mongo.service_users import ServiceUsers

Command = Callable[..., Result]
TIMES = 10 if os.environ.get("BAROGRAPH_FAULTS") else 2
PATIENCE_S = 60


@pytest.fixture
def addresses(servers: Servers, database: str, tmp_path: Path) -> Iterator[list[str]]:
    """Options that name a file of each service's address; their users go after the test."""
    options = []
    for service in SERVICES:
        url = f"mongodb://{role_of(service)}_{database}:secret@{servers.mongo_url.rpartition('@')[2]}"
        (tmp_path / service).write_text(url + "\n", "utf-8")
        options += ["--url-file", f"{service}={tmp_path / service}"]
    yield options
    with MongoClient[Any](servers.mongo_url) as client:
        for name in ("athletes_seen", "users_seen"):
            client[database].drop_collection(name)
        client[database].command("dropAllRolesFromDatabase")
        for user in client.admin.command("usersInfo")["users"]:
            if user["user"].endswith(database):
                client.admin.command("dropUser", user["user"])


def test_users_are_made_once_and_the_doctor_says_what_is_wrong(
    command: Command, addresses: list[str], servers: Servers, database: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for name in ("INGEST_PORT", "DASHBOARD_PORT", "MIN_FREE_BYTES"):
        monkeypatch.setenv(f"BAROGRAPH_{name}", "0")
    assert "none of services yet" in command("doctor", "--data-dir", tmp_path).output
    assert command("users", *addresses).output.split("\n")[:4] == [f"{one}: made" for one in SERVICES]
    assert command("users", *addresses).output.split("\n")[:4] == [f"{one}: as it should be" for one in SERVICES]
    well = command("doctor", "--data-dir", tmp_path)
    assert well.exit_code == 0, well.output
    assert well.output.count("as they should be") == len(SERVICES)
    with MongoClient[Any](servers.mongo_url) as client:
        more = [{"resource": {"db": database, "collection": "audit"}, "actions": ["remove"]}]
        client[database].command("grantPrivilegesToRole", role_of("dashboard"), privileges=more)
    ill = command("doctor", "--data-dir", tmp_path)
    assert ill.exit_code == 1
    assert "too much: remove audit" in ill.output
    monkeypatch.setenv("BAROGRAPH_MONGO_URL", (tmp_path / "dashboard").read_text().strip())
    itself = command("doctor", "--data-dir", tmp_path)
    assert "too much: remove audit" in itself.output, "a service looks at its own rights"
    refused = command("users", *addresses)
    assert refused.exit_code == 1
    assert "an administrator" in refused.output


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "expected the file of at least one service's address"),
        (["--url-file", "ingest"], "expected ingest, dashboard, summaries, frames and a file"),
        (["--url-file", "anybody=/dev/null"], "expected ingest, dashboard, summaries, frames and a file"),
        (["--url-file", "ingest=/nowhere"], "/nowhere cannot be read"),
        (["--url-file", "ingest=nobody.url"], "an address without user or password"),
    ],
)
def test_what_cannot_be_is_said_and_shows_no_address(
    given: list[str], said: str, command: Command, tmp_path: Path
) -> None:
    (tmp_path / "nobody.url").write_text("mongodb://127.0.0.1:1/", "utf-8")
    done = command("users", *given)
    assert done.exit_code == 1
    assert said in done.output
    assert "mongodb://127" not in done.output


def test_services_on_embedded_servers_come_as_users_of_their_own_in_old_data_directories_too() -> None:
    with temporary_servers() as running:
        chosen = settings.load(data_dir=running.data_dir)
        kept = running.data_dir / "instance.json"
        assert json.loads(kept.read_text())["services"] == {}
        first = _urls(as_service(chosen, "ingest"))
        assert kept.stat().st_mode & 0o777 == 0o600
        assert first["mongo_url"].startswith("mongodb://barograph_ingest:")
        assert "frames_mongo_url" not in first
        assert _urls(as_service(chosen, "ingest")) == first
        assert _urls(as_service(chosen, "dashboard"))["frames_mongo_url"].startswith("mongodb://barograph_frames:")
        # A data directory of an earlier version knows no services; passwords that were lost are made anew.
        said = json.loads(kept.read_text())
        del said["services"]
        kept.write_text(json.dumps(said))
        again = _urls(as_service(chosen, "ingest"))
        assert again["mongo_url"] != first["mongo_url"]
        with MongoClient[Any](again["mongo_url"]) as client:
            assert list(client.barograph.athletes_seen.find()) == []
            with pytest.raises(OperationFailure, match="not authorized"):
                client.barograph.athletes.find_one()
        assert running.mongo_url in (running.data_dir / "servers.json").read_text(), "the owner's commands go on"


def test_services_that_start_at_the_same_moment_on_a_new_directory_all_get_in() -> None:
    doors: tuple[Service, ...] = ("ingest", "dashboard", "summaries", "ingest", "dashboard")
    for _ in range(TIMES):
        with temporary_servers() as running, ThreadPoolExecutor(len(doors)) as at_once:
            chosen, together = settings.load(data_dir=running.data_dir), Barrier(len(doors))

            def started(door: Service, chosen: Settings = chosen, together: Barrier = together) -> dict[str, str]:
                together.wait()
                return _urls(as_service(chosen, door))

            for urls in list(at_once.map(started, doors)):
                for url in urls.values():
                    with MongoClient[Any](url) as client:
                        assert client.admin.command("connectionStatus")["authInfo"]["authenticatedUsers"]
            with ServiceUsers(running.mongo_url, chosen.database, 5.0) as users:
                assert set(users.differences().values()) == {""}


@pytest.mark.long
def test_ingest_and_dashboard_that_are_started_at_once_on_a_new_directory_both_answer() -> None:
    with temporary_servers() as running:
        ports = {door: free_port() for door in ("ingest", "dashboard")}
        environment = os.environ | {"BAROGRAPH_DATA_DIR": str(running.data_dir)}
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", "barograph", door, "--port", str(port)],
                env=environment, stderr=subprocess.PIPE, text=True,
            )
            for door, port in ports.items()
        ]  # fmt: skip
        try:
            for process, port in zip(processes, ports.values(), strict=True):
                assert _ready(process, port) == 200
        finally:
            for process in processes:
                process.terminate()
                process.communicate(timeout=PATIENCE_S)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _ready(process: subprocess.Popen[str], port: int) -> int:
    """The status of a server that has come up; its words where it ended."""
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s:
        assert process.poll() is None, process.communicate()[1]
        try:
            if (status := httpx.get(f"http://127.0.0.1:{port}/readyz").status_code) == 200:
                return status
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    return 0


def _urls(chosen: Settings) -> dict[str, str]:
    named = {name: getattr(chosen, name) for name in ("mongo_url", "frames_mongo_url")}
    return {name: url.get_secret_value() for name, url in named.items() if url is not None}


def test_addresses_that_are_given_are_used_as_they_are(servers: Servers, tmp_path: Path) -> None:
    given = settings.load(data_dir=tmp_path, mongo_url=servers.mongo_url, redis_url=servers.redis_url)
    assert as_service(given, "dashboard") is given


def test_passwords_are_changed_of_services_and_of_the_administrator(
    command: Command, addresses: list[str], servers: Servers, database: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    at = servers.mongo_url.rpartition("@")[2]
    root = f"root_{database}"
    with MongoClient[Any](servers.mongo_url) as client:
        client.admin.command("createUser", root, pwd="old", roles=["root"])
    own = tmp_path / "own.url"
    own.write_text(f"mongodb://{root}:new@{at}\n", "utf-8")
    monkeypatch.setenv("BAROGRAPH_MONGO_URL", f"mongodb://{root}:old@{at}")
    command("users", *addresses)
    for service in SERVICES:
        file = tmp_path / service
        file.write_text(file.read_text("utf-8").replace(":secret@", ":another@"), "utf-8")
    said = command("users", *addresses, "--own-url-file", own).output
    assert said.split("\n")[:5] == [
        *(f"{one}: corrected" for one in SERVICES),
        "administrator: has another password now",
    ]
    assert not opens(f"mongodb://{root}:old@{at}")
    assert opens(own.read_text("utf-8").strip())
    for service in SERVICES:
        url = (tmp_path / service).read_text("utf-8").strip()
        assert (opens(url), opens(url.replace(":another@", ":secret@"))) == (True, False)
    monkeypatch.setenv("BAROGRAPH_MONGO_URL", f"mongodb://{root}:new@{at}")
    own.write_text(f"mongodb://somebody:else@{at}", "utf-8")
    assert "expected an address of the same user" in command("users", *addresses, "--own-url-file", own).output


def opens(url: str) -> bool:
    with MongoClient[Any](url) as client:
        try:
            client.admin.command("ping")
        except OperationFailure:
            return False
    return True
