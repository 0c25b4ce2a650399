"""Devices behind one HAProxy, with the example of `deploy/haproxy`: a killed ingest, and streams that spread again."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from balancer import balancer, checked, reading, streams_at, token_of
from keyed import open_archive
from pymongo import MongoClient

sys.path.append(str(Path(__file__).parents[1] / "ingest"))
sys.path.append(str(Path(__file__).parents[1] / "faults"))

from harness.audit import audit
from harness.device import Device, Log
from harness.rollups import Seconds
from processes import Process, free_port

DEVICES, ADDRESSES, MOST = 32, 4, 10  # more than MOST come by the balancer, which is one address
PATIENCE_S = 60.0


async def until(true: Callable[[], Awaitable[bool]], what: str) -> float:
    """Wait until something is so; how many seconds that took."""
    begun_s = time.monotonic()
    while not await true():
        assert time.monotonic() - begun_s < PATIENCE_S, what
        await asyncio.sleep(0.05)
    return time.monotonic() - begun_s


class Lab:
    """Two ingests behind a balancer, and devices at several addresses before it."""

    def __init__(self, ingests: list[Process], url: str, token: str) -> None:
        self.ingests = ingests
        self.devices = [
            Device(
                lambda: url, Log(f"walk-{index}", "left"), random.Random(index), rate=20.0, batches=(1, 10),
                token=token, source=f"127.0.1.{1 + index % ADDRESSES}",
            )
            for index in range(DEVICES)
        ]  # fmt: skip
        self.tasks = [asyncio.create_task(device.run()) for device in self.devices]

    async def loads(self) -> list[int]:
        return list(await asyncio.gather(*(streams_at(one.url, one.owner) for one in self.ingests)))

    async def acked(self, more: int) -> float:
        """Wait until each device has so many frames more confirmed."""
        wanted = [device.log.acked + more for device in self.devices]

        async def there() -> bool:
            return all(device.log.acked >= n for device, n in zip(self.devices, wanted, strict=True))

        return await until(there, "frames are stored")


@pytest.fixture
async def lab(servers, database, tmp_path):
    archive = await open_archive(servers.mongo_url, database, 20.0)
    given = {"trusted_proxies": '["127.0.0.1"]', "spread_streams": 1, "max_address_sockets": MOST}
    ingests = [Process(servers, database, tmp_path, **given) for _ in range(2)]
    await asyncio.gather(*(one.start() for one in ingests))
    bind = f"127.0.0.1:{free_port()}"
    places = {
        f"{part}_{n}": f"127.0.0.1:{one.port}" for part in ("INGEST", "DASHBOARD") for n, one in enumerate(ingests, 1)
    }
    places |= {"INGEST_BIND": bind, "DASHBOARD_BIND": f"127.0.0.1:{free_port()}"}
    async with AsyncExitStack() as open_:
        open_.enter_context(balancer(tmp_path / "haproxy.log", **places))
        made = Lab(ingests, f"ws://{bind}/ws", await token_of(archive, "left"))
        yield made
        for task in made.tasks:
            task.cancel()
        await asyncio.gather(*made.tasks, return_exceptions=True)
    await asyncio.gather(*(one.end(signal.SIGTERM) for one in ingests))
    await archive.close()
    with MongoClient(servers.mongo_url) as client:
        client.drop_database(database)


def test_the_example_is_valid_as_it_stands():
    assert checked("haproxy.cfg").startswith("0 ")


@pytest.mark.timeout(240)  # three starts of a process, where others work too
@pytest.mark.long
async def test_a_killed_ingest_costs_no_frame_and_streams_spread_over_it_when_it_is_back(lab):
    await lab.acked(10)
    begun = await lab.loads()
    assert sum(begun) == DEVICES
    assert min(begun) >= DEVICES // 4
    await lab.ingests[0].end(signal.SIGKILL)
    gap_s = await lab.acked(10)
    await lab.ingests[0].start()

    async def spread() -> bool:
        return min(await lab.loads()) >= DEVICES // 6

    back_s = await until(spread, "streams spread again")
    await lab.acked(10)
    print(f"all devices had acks again {gap_s:.1f} s after a kill, and were spread {back_s:.1f} s after the start")
    for device in lab.devices:
        device.finishing = True

    async def done() -> bool:
        return all(task.done() for task in lab.tasks)

    await until(done, "all is confirmed")
    async with reading(lab.ingests[0].url, lab.ingests[0].owner) as http:
        found = await audit(http, [device.log for device in lab.devices], random.Random(1), Seconds())
    assert (found.clean, found.notes) == (True, [])
    assert found.read == sum(device.log.made for device in lab.devices)
    assert {text.split(":")[0] for device in lab.devices for text in device.heard} <= {"replaced"}
