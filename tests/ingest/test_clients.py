"""What `docs/clients` says a client has to do is what the ingest takes."""

import asyncio
import re
from pathlib import Path

import numpy as np
from served import serving

from barograph.frames import Stream
from barograph.store.reading import read_recording

PAGE = (Path(__file__).parents[2] / "docs/clients/small.md").read_text("utf-8")


def device_of_the_page():
    (code,) = re.findall(r"```python\n(.+?)```", PAGE, re.S)
    space = {}
    exec(compile(code, "small.md", "exec"), space)
    return space["Device"]


async def test_the_device_of_the_page_loses_nothing_over_a_restart(mongo_archive, redis_live, tmp_path):
    frames = np.arange(400 * 12, dtype="<u2").reshape(400, 4, 3)
    given = iter(frames)
    sent = 0
    async with serving(mongo_archive, redis_live, tmp_path) as first:
        device = device_of_the_page()(first.ws_url, "page", 4, 3)

        async def sample():
            nonlocal sent
            for cells in given:
                device.add(cells.tobytes())
                sent += 1
                await asyncio.sleep(0.002)

        sampling = asyncio.create_task(sample())
        running = asyncio.create_task(device.run(lambda: sent == len(frames)))
        async with asyncio.timeout(30):
            while device.first < 50:
                await asyncio.sleep(0.01)
    async with serving(mongo_archive, redis_live, tmp_path) as second:
        device.url = second.ws_url
        await asyncio.wait_for(asyncio.gather(sampling, running), 60)
    kept = await read_recording(mongo_archive, Stream("page"))
    np.testing.assert_array_equal(kept.frames, frames)
    assert not kept.gaps
