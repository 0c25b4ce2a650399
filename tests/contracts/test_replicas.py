"""`barograph replicas`: a set of real mongods that ask for passwords, made and made larger."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from barograph.cli import app
from barograph.servers.embedded import find_mongod

MOST_S = 20.0
OLD_KEY, NEW_KEY = "a2V5IG9mIHRoZSBzZXQ=", "bmV3IGtleSBvZiBpdA=="


class Mongods:
    """Processes on ports of their own, which ask for passwords and were never of a set."""

    def __init__(self, room: Path, stack: ExitStack) -> None:
        self._room, self._stack = room, stack
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.key(OLD_KEY)

    def key(self, text: str) -> None:
        """Write what is in the set's key file from now on; who runs has read another."""
        (path := self._room / "keyfile").unlink(missing_ok=True)
        path.write_text(text)
        path.chmod(0o400)

    def start(self, *, root: bool = False) -> str:
        """Start one, with a user root where it shall be the first; its host and port."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        (self._room / str(port)).mkdir()
        if root:
            process = self._run(port)
            with MongoClient[dict[str, Any]]("127.0.0.1", port, directConnection=True) as client:
                client.admin.command("createUser", "root", pwd="of root", roles=["root"])
            process.terminate()
            process.wait()
        host = f"127.0.0.1:{port}"
        self._running[host] = self._run(port, "--replSet", "barograph")
        self._stack.callback(lambda: self._end(self._running[host]))
        return host

    def restart(self, host: str) -> None:
        """End one well, and start it anew: it reads its key file again."""
        self._running[host].terminate()
        self._running[host].wait()
        self._running[host] = self._run(int(host.rpartition(":")[2]), "--replSet", "barograph")

    def _run(self, port: int, *more: str) -> subprocess.Popen[bytes]:
        command = [find_mongod(), "--port", str(port), "--dbpath", self._room / str(port), "--bind_ip", "127.0.0.1"]
        keys = ["--keyFile", self._room / "keyfile", "--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "16"]
        return subprocess.Popen([*command, *keys, *more], stdout=subprocess.DEVNULL)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()


@pytest.fixture
def mongods(tmp_path: Path) -> Iterator[Mongods]:
    """Mongods of a test."""
    with ExitStack() as stack:
        yield Mongods(tmp_path, stack)


def run(url: str, *arguments: str) -> Any:
    return CliRunner().invoke(
        app, ["replicas", *arguments], env={"BAROGRAPH_MONGO_URL": url, "BAROGRAPH_STORAGE_TIMEOUT_S": "2"}
    )


def test_a_set_is_made_of_one_and_given_others(mongods: Mongods) -> None:
    first = mongods.start(root=True)
    url = f"mongodb://root:of%20root@{first}/?authSource=admin&replicaSet=barograph"
    assert run(url, first).output == f"{first}: a replica set of its own now, barograph\n"
    assert run(url, first).output == "", "it is made once"
    with MongoClient[dict[str, Any]](url, w="majority") as client:
        client.lab.frames.insert_one({"_id": 1})
        second = mongods.start()
        made = run(url, first, second)
        assert made.output == f"{second}: a member now, and has all that is stored\n", made.output
        assert run(url, first, second).output == f"{second}: is a member already\n"
        states = {one["name"]: one["stateStr"] for one in client.admin.command("replSetGetStatus")["members"]}
        assert states == {first: "PRIMARY", second: "SECONDARY"}
        version = ".".join(client.server_info()["version"].split(".")[:2])
        before = {"6.0": "5.0", "7.0": "6.0", "8.0": "7.0"}[version]
        client.admin.command(
            {"setFeatureCompatibilityVersion": before, **({"confirm": True} if version >= "7" else {})}
        )
        updated = run(url, first, second, "--commit-version")
        assert f"{version}: is in use now, in the place of {before}\n" in updated.output
        found = client.admin.command({"getParameter": 1, "featureCompatibilityVersion": 1})
        assert found["featureCompatibilityVersion"]["version"] == version
        assert f"{version}: is in use already\n" in run(url, first, second, "--commit-version").output
    with MongoClient[dict[str, Any]](f"{url}&readPreference=secondary") as client:
        assert client.lab.frames.count_documents({}) == 1


@pytest.mark.long
def test_the_key_file_is_changed_one_member_after_the_other(mongods: Mongods) -> None:
    """As docs/deployment.md says: both keys, then the new one alone; the set goes on at each step."""
    hosts = [mongods.start(root=True), mongods.start()]
    url = f"mongodb://root:of%20root@{hosts[0]},{hosts[1]}/?authSource=admin&replicaSet=barograph"
    assert "has all that is stored" in run(f"mongodb://root:of%20root@{hosts[0]}/?authSource=admin", *hosts).output
    written = 0
    with MongoClient[dict[str, Any]](url, w="majority", wtimeoutMS=int(MOST_S * 1000)) as client:
        for text in (f"- {OLD_KEY}\n- {NEW_KEY}\n", NEW_KEY):
            mongods.key(text)
            for host in hosts:
                mongods.restart(host)
                together(client)
                client.lab.frames.insert_one({"_id": written})  # on both members
                written += 1
        assert client.lab.frames.count_documents({}) == written == 4


def together(client: MongoClient[dict[str, Any]]) -> None:
    """Wait until both members talk to each other again; each looks at the other with the key of the set."""
    until_s = time.monotonic() + 3 * MOST_S
    states: list[str] = []
    while sorted(states) != ["PRIMARY", "SECONDARY"]:
        assert time.monotonic() < until_s, f"{states}: expected a primary and a secondary"
        time.sleep(0.2)
        try:
            states = [one["stateStr"] for one in client.admin.command("replSetGetStatus")["members"]]
        except PyMongoError as error:
            states = [type(error).__name__]


def test_who_may_not_change_it_or_reaches_nobody_hears_that(mongods: Mongods) -> None:
    host = mongods.start(root=True)
    refused = run(f"mongodb://{host}/", host)
    assert "expected the address of an administrator" in refused.output
    began = time.monotonic()
    away = run("mongodb://127.0.0.1:1/", "127.0.0.1:1", "--patience", "1")
    assert "127.0.0.1:1: no answer" in away.output
    assert time.monotonic() - began < MOST_S
