"""The embedded servers, on real ones: what they promise, and what they survive."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import psutil
import pymongo
import pytest
import redis
from pymongo.errors import OperationFailure
from redis.backoff import NoBackoff
from redis.retry import Retry

from barograph.private import write_private
from barograph.servers import embedded
from barograph.servers.embedded import Servers, borrowed, running, servers

HOLDER = """
import sys
from pathlib import Path
import pymongo
from barograph.servers.embedded import servers

with servers(Path(sys.argv[1])) as up, pymongo.MongoClient(up.mongo_url, w="majority", journal=True) as client:
    print(up.mongod_pid, up.redis_pid, flush=True)
    for number in range(100_000):
        client.kept.numbers.insert_one({"_id": number})
        print(number, flush=True)
"""


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with servers(tmp_path_factory.mktemp("embedded") / "home") as started:
        yield started


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def mongo(url: str, **options: Any) -> pymongo.MongoClient[dict[str, Any]]:
    options |= {"w": "majority", "journal": True, "readConcernLevel": "majority", "timeoutMS": 20_000}
    return pymongo.MongoClient(url, **options)


def mongo_without_login(up: Servers, **options: Any) -> pymongo.MongoClient[dict[str, Any]]:
    return mongo(f"mongodb://127.0.0.1:{port_of(up.mongo_url)}/?directConnection=true", **options)


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port
    return port


def start_refused(home: Path, error: type[embedded.EmbeddedError], match: str) -> str:
    """What is said when servers cannot be started on `home`."""
    with pytest.raises(error, match=match) as caught, servers(home):
        pytest.fail("they started")
    return str(caught.value)


def keep(url: str, number: int) -> None:
    with mongo(url) as client:
        assert client.kept.numbers.insert_one({"_id": number}).acknowledged


def kept(url: str) -> set[int]:
    with mongo(url) as client:
        return {document["_id"] for document in client.kept.numbers.find()}


def is_gone(pid: int) -> bool:
    """True when a process and all its threads ended; without its starter it may then stay a zombie for long."""
    try:
        process = psutil.Process(pid)
        return process.status() == psutil.STATUS_ZOMBIE and process.num_threads() == 1
    except psutil.NoSuchProcess:
        return True


def keeper_threads() -> int:
    return sum(thread.name.startswith("embedded-servers") for thread in threading.enumerate())


def wait_until_gone(*pids: int) -> None:
    deadline_s = time.monotonic() + 30
    while not all(map(is_gone, pids)):
        assert time.monotonic() < deadline_s, f"still there: {[pid for pid in pids if not is_gone(pid)]}"
        time.sleep(0.02)


@contextmanager
def held_elsewhere(home: Path) -> Iterator[tuple[int, int, int, IO[str]]]:
    """Another process that holds servers on `home` and writes numbers, each printed once it is acknowledged."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(home)], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as holder:
        assert holder.stdout
        try:
            mongod, redis_server = (psutil.Process(int(pid)) for pid in holder.stdout.readline().split())
            yield holder.pid, mongod.pid, redis_server.pid, holder.stdout
        finally:
            holder.kill()
    for left in (mongod, redis_server):
        with suppress(psutil.NoSuchProcess):
            left.kill()
    wait_until_gone(mongod.pid, redis_server.pid)


def test_a_majority_write_is_acknowledged_and_read_back(up: Servers) -> None:
    keep(up.mongo_url, 1)
    assert 1 in kept(up.mongo_url)


@pytest.mark.parametrize("login", [{}, {"username": "barograph", "password": "wrong"}])
def test_mongod_refuses_whoever_has_no_password(up: Servers, login: dict[str, str]) -> None:
    with mongo_without_login(up, **login) as client, pytest.raises(OperationFailure) as refused:
        client.kept.numbers.insert_one({})
    assert refused.value.code in (13, 18)  # unauthorized, authentication failed


def test_the_localhost_exception_is_over(up: Servers) -> None:
    with mongo_without_login(up) as client, pytest.raises(OperationFailure, match="requires authentication"):
        client.admin.command("createUser", "intruder", pwd="x", roles=["root"])


@pytest.mark.parametrize("password", [None, "wrong"])
def test_redis_refuses_whoever_has_no_password(up: Servers, password: str | None) -> None:
    feed = redis.Redis("127.0.0.1", port_of(up.redis_url), password=password, retry=Retry(NoBackoff(), 0))
    with feed, pytest.raises(redis.AuthenticationError):
        feed.ping()


def test_both_listen_on_loopback_only(up: Servers) -> None:
    for pid in (up.mongod_pid, up.redis_pid):
        listening = [at for at in psutil.Process(pid).net_connections("inet") if at.status == psutil.CONN_LISTEN]
        assert {at.laddr.ip for at in listening} == {"127.0.0.1"}
        assert not [at for at in psutil.Process(pid).net_connections("unix") if at.laddr]


def test_wire_compression_is_off(up: Servers) -> None:
    with mongo(up.mongo_url) as client:
        hello = client.admin.command("hello", compression=["zlib", "snappy", "zstd"])
    assert not hello.get("compression")


def test_files_are_the_owners_alone(up: Servers) -> None:
    assert not [path for path in up.data_dir.rglob("*") if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert stat.S_IMODE((up.data_dir / "servers.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((up.data_dir / "keyfile").stat().st_mode) == 0o600


def test_no_secret_is_on_a_command_line_in_an_environment_in_a_log_or_in_print(up: Servers) -> None:
    instance = json.loads((up.data_dir / "instance.json").read_text())
    hidden = [instance["mongo_password"], instance["redis_password"], (up.data_dir / "keyfile").read_text()]
    seen = [log.read_text() for log in up.data_dir.glob("*.log")]
    assert len(seen) == 2
    for process in map(psutil.Process, (up.mongod_pid, up.redis_pid)):
        seen += [*process.cmdline(), *process.environ().values()]
    seen += [repr(up), str(up)]
    assert not [secret for secret in hidden for text in seen if secret in text]


def test_a_second_instance_is_refused_and_told_who_has_the_directory(up: Servers) -> None:
    start_refused(up.data_dir, embedded.DataDirectoryInUse, rf"in use by another instance \(process {os.getpid()}\)")
    assert running(up.data_dir) == up


def test_another_process_finds_what_runs(up: Servers) -> None:
    ask = "import sys, pathlib, barograph.servers.embedded as e; print(e.running(pathlib.Path(sys.argv[1])))"
    told = subprocess.run([sys.executable, "-c", ask, up.data_dir], capture_output=True, text=True, check=True).stdout
    assert told.strip() == repr(up)


def test_nothing_runs_where_nothing_ever_ran(home: Path) -> None:
    assert running(home) is None


def test_running_does_not_trust_a_file_about_other_processes(up: Servers, home: Path) -> None:
    (home / "mongo").mkdir(parents=True)
    (home / "redis").mkdir()
    write_private(home / "servers.json", (up.data_dir / "servers.json").read_bytes())
    assert running(home) is None
    (home / "servers.json").chmod(0o644)
    with pytest.raises(embedded.DataDirectoryUnusable, match=r"servers\.json: expected a file .*, got mode 644"):
        running(home)


def test_a_borrower_uses_what_runs_and_leaves_it_running(up: Servers) -> None:
    with borrowed(up.data_dir) as lent:
        assert lent == up
    assert running(up.data_dir) == up


def test_a_full_redis_forgets_old_streams_and_takes_new_entries(up: Servers) -> None:
    with redis.Redis.from_url(up.redis_url) as feed:
        before = feed.config_get("maxmemory")["maxmemory"]
        assert int(before) == 512 << 20
        feed.config_set("maxmemory", 8 << 20)
        try:
            for number in range(64):
                feed.xadd(f"stream-{number}", {"frames": bytes(1 << 20)})
                feed.xadd("live", {"n": number})
            assert feed.xrevrange("live", count=1)[0][1] == {b"n": b"63"}
            assert 0 < len(feed.keys("stream-*")) < 64
        finally:
            feed.config_set("maxmemory", before)
            feed.flushall()


def test_a_full_redis_refuses_no_entry_of_many_large_streams(up: Servers) -> None:
    with redis.Redis.from_url(up.redis_url) as feed:
        feed.config_set("maxmemory", 32 << 20)
        try:
            for number in range(120):
                adding = feed.pipeline(transaction=False)
                for stream in range(24):
                    adding.xadd(f"stream-{number // 40}-{stream % 8}", {"frames": bytes(50_000)})
                assert len(adding.execute()) == 24
        finally:
            feed.config_set("maxmemory", 512 << 20)
            feed.flushall()


def test_data_and_ports_survive_a_clean_restart_and_nothing_stays_behind(home: Path) -> None:
    keepers = keeper_threads()
    with servers(home) as first:
        keep(first.mongo_url, 7)
    assert not psutil.pid_exists(first.mongod_pid)
    assert not psutil.pid_exists(first.redis_pid)
    assert keeper_threads() == keepers
    assert running(home) is None
    with servers(home) as second:
        assert (second.mongo_url, second.redis_url) == (first.mongo_url, first.redis_url)
        assert kept(second.mongo_url) == {7}


def test_servers_stop_when_the_body_fails(home: Path) -> None:
    with pytest.raises(ZeroDivisionError), servers(home) as started:
        raise ZeroDivisionError
    assert not psutil.pid_exists(started.mongod_pid)
    assert not psutil.pid_exists(started.redis_pid)
    assert not (home / "servers.json").exists()


def test_acknowledged_writes_survive_a_kill_of_mongod(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    with servers(home) as first:
        for number in range(20):
            keep(first.mongo_url, number)
        os.kill(first.mongod_pid, signal.SIGKILL)
        wait_until_gone(first.mongod_pid)
        assert running(home) is None
    assert "mongod had ended by itself with code -9" in caplog.text
    with servers(home) as second:
        assert kept(second.mongo_url) == set(range(20))


def test_acknowledged_writes_survive_a_kill_of_everything(home: Path) -> None:
    with held_elsewhere(home) as (holder, mongod_pid, redis_pid, numbers):
        acknowledged = {int(numbers.readline()) for _ in range(100)}
        for pid in (holder, mongod_pid, redis_pid):
            os.kill(pid, signal.SIGKILL)
    assert (home / "servers.json").exists()
    assert running(home) is None
    with servers(home) as up:
        assert acknowledged <= kept(up.mongo_url)


def test_an_interrupt_of_the_whole_group_stops_the_servers_in_order(home: Path) -> None:
    with held_elsewhere(home) as (holder, mongod_pid, redis_pid, numbers):
        numbers.readline()
        os.killpg(holder, signal.SIGINT)  # what Ctrl-C in a terminal does
        numbers.read()
        wait_until_gone(holder, mongod_pid, redis_pid)
    assert not (home / "servers.json").exists()
    assert '"msg":"Shutting down","attr":{"exitCode":0}' in (home / "mongod.log").read_text()
    assert "bye bye" in (home / "redis.log").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_servers_do_not_outlive_a_killed_starter(home: Path) -> None:
    with held_elsewhere(home) as (holder, mongod_pid, redis_pid, _):
        start_refused(home, embedded.DataDirectoryInUse, rf"\(process {holder}\)")
        os.kill(holder, signal.SIGKILL)
        wait_until_gone(mongod_pid, redis_pid)


def test_a_server_that_outlived_its_starter_is_ended_at_the_next_start(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with held_elsewhere(home) as (holder, mongod_pid, _, numbers):
        acknowledged = int(numbers.readline())
        os.kill(mongod_pid, signal.SIGSTOP)  # so that it cannot hear that its starter has died
        os.kill(holder, signal.SIGKILL)
        wait_until_gone(holder)
        assert not is_gone(mongod_pid)
        monkeypatch.setattr(embedded, "ORPHAN_PATIENCE_S", 0.5)
        with servers(home) as up:
            assert is_gone(mongod_pid)
            assert acknowledged in kept(up.mongo_url)


def test_servers_outlive_the_thread_that_asked_for_them(home: Path) -> None:
    context = servers(home)
    asking = threading.Thread(target=context.__enter__)
    asking.start()
    asking.join()
    try:
        found = running(home)
        assert found
        keep(found.mongo_url, 1)
        assert running(home) == found
    finally:
        context.__exit__(None, None, None)


def test_a_taken_port_makes_the_replica_set_move(home: Path) -> None:
    with servers(home) as first:
        keep(first.mongo_url, 3)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        instance = json.loads((home / "instance.json").read_text())
        instance["mongo_port"] = instance["redis_port"] = taken.getsockname()[1]
        (home / "instance.json").write_text(json.dumps(instance))
        with servers(home) as second:
            assert len({port_of(first.mongo_url), port_of(second.mongo_url), taken.getsockname()[1]}) == 3
            assert kept(second.mongo_url) == {3}
            keep(second.mongo_url, 4)


def test_a_lost_password_file_is_named_and_the_data_stay(home: Path) -> None:
    with servers(home) as first:
        keep(first.mongo_url, 5)
    right = (home / "instance.json").read_bytes()
    for wrong, said in ((None, r"does not know the password in instance\.json"), ("{", "is not what Barograph wrote")):
        (home / "instance.json").unlink()
        if wrong:
            write_private(home / "instance.json", wrong.encode())
        start_refused(home, embedded.DataDirectoryUnusable, said)
    # Whose secrets others may read is refused before its content counts.
    (home / "instance.json").chmod(0o644)
    start_refused(home, embedded.DataDirectoryUnusable, r"instance\.json: expected a file .*, got mode 644")
    write_private(home / "instance.json", right)
    with servers(home) as again:
        assert kept(again.mongo_url) == {5}


def test_a_borrower_starts_its_own_and_waits_for_others_before_it_stops_them(home: Path) -> None:
    started, leave = threading.Event(), threading.Event()

    def first() -> None:
        with borrowed(home):
            started.set()
            leave.wait()

    lender = threading.Thread(target=first)
    lender.start()
    assert started.wait(60)
    with borrowed(home) as lent:
        leave.set()
        lender.join(timeout=1.5)
        assert lender.is_alive()
        keep(lent.mongo_url, 1)
    lender.join()
    assert running(home) is None
    assert not psutil.pid_exists(lent.mongod_pid)
