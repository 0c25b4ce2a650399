"""Real servers for the tests: one mongod and one redis-server a run, an empty database a test."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_timeout
from hypothesis import settings as hypothesis_settings
from pymongo import AsyncMongoClient, MongoClient
from pymongo.errors import ConnectionFailure
from redis import Redis

from barograph.servers.embedded import Servers, temporary_servers
from barograph.store.cold.places import Directory
from barograph.store.memory.archive import MemoryArchive, MemoryLive
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.catalog import driver
from barograph.store.ports import Archive, Live
from barograph.store.redis import RedisLive
from barograph.store.sealing import Sealed

sys.path.append(str(Path(__file__).parent))  # what all tests share is found here

from at_hand import METRICS, SENSORS, VENDOR
from databases import Databases, new_name
from keyed import open_archive
from sealed import NotingSealer, unsealed
from targeted import Untargeted
from valkey_cluster import ValkeyCluster, valkey_cluster

# Machines are noisy: a slow example is not a wrong one. Each run draws other examples, so fewer of them do.
hypothesis_settings.register_profile("barograph", deadline=None, max_examples=25)
# A mutant is looked at a thousand times: few examples, the same for each.
hypothesis_settings.register_profile("mutants", deadline=None, max_examples=20, derandomize=True, database=None)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "barograph"))

# Files are given to processes as they become free. Those that keep both cores busy are spread over the run, among the
# many that wait for a database; the longest come first, so that none is left over at the end.
BUSY = ("faults", "browser", "system", "notebooks")
LONGEST = ("test_faults", "test_crawl", "test_record", "test_bad_days", "test_supervisor", "test_transfer")
SPREAD = 0.85


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let workers ask about reruns without delay.

    pytest-rerunfailures tells the first process two things after each test, in two packets; the second waited 40 ms for
    the kernel's answer to the first, which was 400 s of ten thousand tests.
    """
    asked = getattr(getattr(config, "failures_db", None), "sock", None)
    if asked is not None:
        asked.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


LAST_LINES = 25
_troubles: list[str] = []  # of the machinery, not of a test: what ended a process of the run


def pytest_internalerror(excrepr: object) -> None:
    """Keep what ended this process of the run."""
    _troubles.append(str(excrepr))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand over to the first process what ended this one."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["troubles"] = _troubles


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what ended another process."""
    _troubles.extend(getattr(node, "workeroutput", {}).get("troubles", ()))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say last what ended the run, where it is seen: with several processes it stands thousands of lines further up."""
    if _troubles and not hasattr(config, "workeroutput"):
        last_lines = _troubles[0].splitlines()[-LAST_LINES:]
        sys.stderr.write("\n".join(("", "The run ended early. The end of why:", *last_lines, "")))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give a test that is run again the time of the first attempt: pytest-timeout stops counting when that fails."""
    settings = pytest_timeout._get_item_settings(item)  # it has no public name for what holds for a test
    if getattr(item, "execution_count", 1) > 1 and settings.timeout and not settings.func_only:
        item.config.hook.pytest_timeout_cancel_timer(item=item)
        item.config.hook.pytest_timeout_set_timer(item=item, settings=settings)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the files that keep both cores busy among the others, each in its order, and leave out what is long."""
    files = list(dict.fromkeys(item.path for item in items))
    busy = sorted((one for one in files if set(BUSY) & set(one.parts)), key=lambda one: one.stem not in LONGEST)
    others = [one for one in files if one not in set(busy)]
    place = {one: SPREAD * i / len(busy) for i, one in enumerate(busy)}
    place |= {one: i / len(others) for i, one in enumerate(others)}
    items.sort(key=lambda item: place[item.path])
    if "BAROGRAPH_LONG" not in os.environ:
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="`make long` runs it"))


IN_MEMORY = Path("/dev/shm")
ROOM_BYTES = 4 << 30  # of the files of one run's databases, several times over


def _place_of_files() -> Path | None:
    """Return where files of databases lie: in memory where there is room, as no test here ends the machine's power.

    A new database is a dozen collections, and mongod waits for the disk with each: preparing one took 0.3 s in place of
    0.8 while the machine was busy. What tells of lost power or of a full disk has servers of its own (`tests/faults`).
    """
    roomy = IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free >= ROOM_BYTES
    return IN_MEMORY if roomy and os.access(IN_MEMORY, os.W_OK) else None


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """A mongod and a redis-server of this run alone."""
    with temporary_servers(_place_of_files()) as running:
        _close_what_is_dropped(running.mongo_url)
        yield running


def _close_what_is_dropped(mongo_url: str) -> None:
    """Let mongod delete dropped collections soon.

    It keeps the files of each open as long as somebody may read the past, 300 s, and until the next checkpoint, every
    60 s: a run of many hundred databases had 20,000 files open, all that a process may have, and mongod ended.
    """
    with MongoClient[dict[str, object]](mongo_url) as client:
        client.admin.command("setParameter", 1, minSnapshotHistoryWindowInSeconds=0, syncdelay=10)


@pytest.fixture(scope="session")
def databases(servers: Servers) -> Iterator[Databases]:
    """The databases of this run's mongod."""
    made = Databases(servers.mongo_url)
    yield made
    made.close()


@pytest.fixture
def database(databases: Databases, request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of a database without documents; it may have the collections already.

    Without its mongod no later test can pass: the run ends then, which else takes 20 s a test to find out.
    """
    try:
        name = databases.take()
        yield name
        databases.give_back(name)
    except ConnectionFailure as error:
        request.session.shouldfail = f"the mongod of this run does not answer any more: {error}"
        raise


@pytest.fixture
def new_database(databases: Databases) -> Iterator[str]:
    """The name of a database that is not there, and is dropped after the test."""
    name = new_name()
    yield name
    databases.client.drop_database(name)


@pytest.fixture
def cold_place(tmp_path_factory: pytest.TempPathFactory) -> Directory:
    """An empty directory for frames of archived sessions."""
    root = tmp_path_factory.mktemp("cold") / "frames"
    root.mkdir()
    return Directory(root)


@pytest.fixture
async def mongo_archive(servers: Servers, database: str, cold_place: Directory) -> AsyncIterator[MongoArchive]:
    """An archive on an empty database of the real MongoDB, sealed as the servers have it."""
    archive = await open_archive(servers.mongo_url, database, place=cold_place)
    archive.cold.wait_s = 0.0  # no test here has a write under way that it does not know of
    yield archive
    await archive.close()


@pytest.fixture
async def pymongo_archive(servers: Servers, database: str, cold_place: Directory) -> AsyncIterator[MongoArchive]:
    """The same over PyMongo's own asynchronous client, which motor gives way to, with all that can be sealed sealed.

    After each test nothing may stand in its database that was to be sealed, and no question was asked of every shard.
    """
    listening, sealing = Untargeted(), Sealed(NotingSealer())
    client = driver(servers.mongo_url, 20.0, partial(AsyncMongoClient, event_listeners=[listening]))
    archive = await MongoArchive.connect(servers.mongo_url, database, 20.0, client, sealing, place=cold_place)
    archive.cold.wait_s = 0.0
    yield archive
    await archive.close()
    assert unsealed(servers.mongo_url, database) == []
    assert listening.found == []


@pytest.fixture
def memory_archive() -> MemoryArchive:
    """An archive in memory."""
    return MemoryArchive()


@pytest.fixture(params=["memory_archive", "mongo_archive", "pymongo_archive"])
def archive(request: pytest.FixtureRequest) -> Archive:
    """Each archive in turn."""
    found: Archive = request.getfixturevalue(request.param)
    return found


@pytest.fixture
async def redis_live(servers: Servers) -> AsyncIterator[RedisLive]:
    """A feed on the real Redis, emptied before and after."""
    with Redis.from_url(servers.redis_url) as client:
        client.flushdb()
        live = await RedisLive.connect(servers.redis_url, 5.0)
        yield live
        await live.close()
        client.flushdb()


@pytest.fixture(scope="session")
def feed_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyCluster]:
    """Three masters that share the slots, each with its replica."""
    with valkey_cluster(tmp_path_factory.mktemp("cluster")) as made:
        yield made


@pytest.fixture
async def cluster_live(feed_cluster: ValkeyCluster) -> AsyncIterator[RedisLive]:
    """A feed on a cluster that is whole and empty."""
    feed_cluster.heal()
    feed_cluster.flush()
    live = await RedisLive.connect(feed_cluster.url, 5.0)
    yield live
    await live.close()


@pytest.fixture
def memory_live() -> MemoryLive:
    """A feed in memory."""
    return MemoryLive()


@pytest.fixture(params=["memory_live", "redis_live"])
def live(request: pytest.FixtureRequest) -> Live:
    """Each feed in turn."""
    found: Live = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def vendor() -> Callable[[str], Path]:
    """Path of a vendor's recording; the test is skipped where it is not."""
    return lambda name: _recorded(VENDOR / name)


@pytest.fixture
def sensors() -> Callable[[str], Path]:
    """Path of a recording in the folder `sensors` beside the vendors'; the test is skipped where it is not."""
    return lambda name: _recorded(SENSORS / name)


@pytest.fixture(scope="session")
def metrics() -> Callable[[str], Path]:
    """Path of a file of reference numbers, `jumps/expected.json`; the test is skipped where it is not."""
    return lambda name: _recorded(METRICS / name)


def _recorded(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"no recording at {path}; set BAROGRAPH_VENDOR_DATA")
    return path
