"""History read from secondaries: by them and not by the primary, and never less than the primary had."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from devices import Device
from keyed import MASTER
from pymongo import MongoClient

from analytics import sim
from barograph.errors import StorageAway
from barograph.frames import Stream
from barograph.servers.embedded import find_mongod
from barograph.store.master_key import KeyFile
from barograph.store.memory.archive import MemoryLive
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.history_reads import HistoryFrom
from barograph.store.mongo.sealed import sealed_archive
from barograph.store.reading import read

TIMEOUT_S = 10.0
STREAM = Stream("walk", "left")


class Members:
    """A primary, a secondary that answers, and one that is hidden: with it there is a majority without the second."""

    def __init__(self, ports: list[int]) -> None:
        hosts = [f"127.0.0.1:{port}" for port in ports]
        self.url = f"mongodb://{','.join(hosts)}/?replicaSet=three"
        self.primary, self.secondary, _ = self._each = [
            MongoClient[Any](host, directConnection=True, readPreference="secondaryPreferred") for host in hosts
        ]
        members = [{"_id": n, "host": host, "priority": int(n == 0), "hidden": n == 2} for n, host in enumerate(hosts)]
        straight = {"chainingAllowed": False}  # else the hidden one may follow the secondary that stands still
        configuration = {"_id": "three", "members": members, "settings": straight}
        self.primary.admin.command("replSetInitiate", configuration)

    async def wait(self) -> None:
        """Wait until the first is the primary, and the others follow it."""
        while {one["stateStr"] for one in self.primary.admin.command("replSetGetStatus")["members"]} != {
            "PRIMARY",
            "SECONDARY",
        }:
            await asyncio.sleep(0.1)

    def hold(self, mode: str) -> None:
        """Let the secondary stand still (`alwaysOn`), or go on (`off`)."""
        self.secondary.admin.command("configureFailPoint", "rsSyncApplyStop", mode=mode)

    def read_by(self, member: MongoClient[Any], database: str) -> int:
        """How often a member was asked for frames or rollups since it was profiled."""
        names = [f"{database}.{name}" for name in ("frames", "system.buckets.frames", "rollups")]
        where = {"ns": {"$in": names}, "command.find": {"$exists": True}} | {"appName": "barograph"}
        aggregated = {"ns": {"$in": names}, "command.aggregate": {"$exists": True}} | {"appName": "barograph"}
        return int(member[database]["system.profile"].count_documents({"$or": [where, aggregated]}))

    def close(self) -> None:
        for one in self._each:
            one.close()


@contextmanager
def started() -> Iterator[Members]:
    shm = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as room, ExitStack() as stack:
        listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
        ports = [one.getsockname()[1] for one in listeners]
        for one in listeners:
            one.close()
        for port in ports:
            (place := Path(room, str(port))).mkdir()
            command = [find_mongod(), "--replSet", "three", "--port", str(port), "--dbpath", str(place)]
            more = ["--bind_ip", "127.0.0.1", "--oplogSize", "64", "--wiredTigerCacheSizeGB", "0.25"]
            member = subprocess.Popen(
                [*command, *more, "--setParameter", "enableTestCommands=1"], stdout=subprocess.DEVNULL
            )
            stack.callback(member.wait, 30)
            stack.callback(member.kill)
        members = Members(ports)
        stack.callback(members.close)
        yield members


@pytest.fixture(scope="module")
def members() -> Iterator[Members]:
    """Three members of a replica set, for this module alone."""
    with started() as running:
        yield running


async def opened(members: Members, at: HistoryFrom) -> MongoArchive:
    return await sealed_archive(members.url, "lab", TIMEOUT_S, KeyFile(MASTER, may_make=False), history=at)


@pytest.fixture
async def archive(members: Members) -> AsyncIterator[MongoArchive]:
    await members.wait()
    made = await opened(members, "secondaries")
    yield made
    await made.close()


async def frames_of(archive: MongoArchive) -> int:
    info = await archive.stream_info(STREAM)
    return sum([len(block) async for block in read(archive, info)])


async def test_history_is_read_from_a_secondary_and_waits_for_it_where_it_lags(
    members: Members, archive: MongoArchive
) -> None:
    walk = sim.walk(4.0)
    device = Device(archive, MemoryLive(), STREAM.workout_id, {STREAM.stream: walk["left"]})
    await device.open_streams()
    await device.store_block(STREAM.stream, device.frames(STREAM.stream, 0, 100))
    info = await archive.stream_info(STREAM)  # what the catalogue says is the primary's
    for member in (members.primary, members.secondary):
        member["lab"].command("profile", 2)
    assert sum([len(block) async for block in read(archive, info)]) == 100
    await archive.stored_rollups(info)
    assert members.read_by(members.secondary, "lab") >= 3  # keys, blocks, rollups
    assert members.read_by(members.primary, "lab") == 0

    members.hold("alwaysOn")
    try:
        await device.store_block(STREAM.stream, device.frames(STREAM.stream, 100, 200))
        reading = asyncio.create_task(frames_of(archive))
        done, _ = await asyncio.wait([reading], timeout=1.5)
        assert not done, "it was answered by a secondary that had not come so far"
        of_primary = await opened(members, "primary")
        assert await frames_of(of_primary) == 200
        await of_primary.close()
    finally:
        members.hold("off")
    assert await reading == 200


async def test_a_secondary_that_does_not_come_so_far_in_time_is_an_archive_that_is_away(
    members: Members, archive: MongoArchive
) -> None:
    impatient = await sealed_archive(members.url, "lab", 2.0, KeyFile(MASTER, may_make=False), history="secondaries")
    members.hold("alwaysOn")
    try:
        await archive.open(Stream("other", "s"), epoch="e", numbered=True, now_us=1_790_000_000_000_000)
        with pytest.raises(StorageAway):
            await impatient.stored_rollups(await archive.stream_info(Stream("other", "s")))
    finally:
        members.hold("off")
        await impatient.close()
