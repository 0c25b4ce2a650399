"""Devices that are killed, or go on with another spool than their last, against the real ingest and archive."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import sys

import numpy as np
import pytest

from barograph import files
from barograph.frames import Layout, Recording, Stream
from barograph.store.reading import read_recording
from ingest.device.sender import Chunk, Device, Source, SpoolFile, Timing

LAYOUT = Layout(rows=64, cols=32, dtype="uint16")
START_US = 1_700_000_000_000_000
FRAME_BYTES = 64 * 32 * 2
QUICK = Timing(first_retry_s=0.05, most_retry_s=0.5)


def frames_of(names):
    """Noise that says in its first two cells whose frame it is."""
    cells = np.stack([np.random.default_rng(name).integers(0, 65536, (64, 32)) for name in names]).astype("<u2")
    cells[:, 0, 0], cells[:, 0, 1] = np.asarray(names) % 65536, np.asarray(names) // 65536
    return cells


def live(first, n, identity="", step_us=5_000):
    """A source of `n` frames with the names `first` …, each at a time of its own."""

    def chunks():
        for start in range(first, first + n, 10):
            names = range(start, min(start + 10, first + n))
            yield Chunk(step_us * np.array(names), frames_of(names))

    return Source("left", LAYOUT, chunks, n, identity=identity)


async def stored(archive, workout):
    """The names of all stored frames in the order in which they are read, cell by cell what was sent; and the gaps."""
    recording = await read_recording(archive, Stream(workout, "left"))
    names = (recording.frames[:, 0, :2].astype(int) @ [1, 65536]).tolist()
    np.testing.assert_array_equal(recording.frames, frames_of(names))
    return names, recording.gaps


async def epochs(archive, workout):
    (info,) = (await archive.workout(workout)).streams
    return len(info.epochs)


async def run(ingest, file, source, **more):
    device = Device(ingest.ws_url, "w", source, START_US, paced=False, file=file, timing=QUICK, **more)
    return await asyncio.wait_for(device.run(), 60), device.progress


async def killed_when(device, reached):
    """Run a device until something is reached, and stop it there."""
    running = asyncio.create_task(device.run())
    async with asyncio.timeout(60):
        while not (reached() or running.done()):
            await asyncio.sleep(0.005)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


LIFE = """
import asyncio, os, sys
sys.path.insert(0, os.path.dirname(sys.argv[1]))
from pathlib import Path
from test_sender_recovery import START_US, QUICK, live
from ingest.device.sender import Device, SpoolFile

def tell(at):
    os.write(1, f"{at.spooled} {at.acked} {at.total}\\n".encode())

with SpoolFile(Path(sys.argv[3])) as file:
    source = live(0, int(sys.argv[4]), "seeded")
    device = Device(sys.argv[2], "w", source, START_US, paced=False, file=file, timing=QUICK, on_progress=tell)
    asyncio.run(device.run())
"""


async def life(ingest, path, frames, until):
    """A device process; killed after `until` words about its progress, or at its end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LIFE, __file__, ingest.ws_url, str(path), str(frames), stdout=asyncio.subprocess.PIPE
    )
    words = []
    try:
        async with asyncio.timeout(60):
            while (until is None or len(words) < until) and (line := await process.stdout.readline()):
                words.append([int(word) for word in line.split()])
    finally:
        if process.returncode is None and until is not None:
            os.kill(process.pid, signal.SIGKILL)
        code = await process.wait()
    return words, code


async def test_a_device_killed_at_random_moments_delivers_every_frame_once(ingest, mongo_archive, tmp_path):
    rng, path, frames = random.Random(11), tmp_path / "a.spool", 5000
    in_flight = 0
    for _ in range(6):
        words, code = await life(ingest, path, frames, rng.randrange(5, 150))
        assert code == -signal.SIGKILL
        in_flight += words[-1][0] > words[-1][1]
    words, code = await life(ingest, path, frames, None)
    assert code == 0
    assert words[-1][1] == words[-1][2]
    names, gaps = await stored(mongo_archive, "w")
    assert names == list(range(frames))
    assert not gaps
    assert await epochs(mongo_archive, "w") == 1
    assert in_flight >= 2


async def test_an_old_copy_of_a_spool_loses_and_doubles_nothing(ingest, mongo_archive, tmp_path):
    path, old = tmp_path / "a.spool", tmp_path / "old.spool"
    with SpoolFile(path) as file:
        await run(ingest, file, live(0, 500))
    shutil.copy(path, old)
    with SpoolFile(path) as file:
        await run(ingest, file, live(1000, 300))
    with SpoolFile(old) as file:
        _, at = await run(ingest, file, live(2000, 200))
    names, gaps = await stored(mongo_archive, "w")
    assert names == [*range(500), *range(1000, 1300), *range(2000, 2200)]
    assert not gaps
    assert await epochs(mongo_archive, "w") == 2
    assert (at.acked, at.nacked) == (200, 0)


async def test_an_old_copy_that_numbered_other_frames_alike_keeps_them(ingest, mongo_archive, tmp_path):
    path, old = tmp_path / "a.spool", tmp_path / "old.spool"
    with SpoolFile(path) as file:
        await run(ingest, file, live(0, 100))
    shutil.copy(path, old)
    with SpoolFile(path) as file:
        await run(ingest, file, live(1000, 100, step_us=7_000))
    with SpoolFile(old) as file:
        alone = Device("ws://127.0.0.1:9/ws", "w", live(2000, 300), START_US, paced=False, file=file, timing=QUICK)
        await killed_when(alone, lambda: alone.progress.spooled == 300)
    with SpoolFile(old) as file:
        _, at = await run(ingest, file, live(3000, 50))
    names, _ = await stored(mongo_archive, "w")
    assert sorted(names) == [*range(100), *range(1000, 1100), *range(2000, 2300), *range(3000, 3050)]
    assert await epochs(mongo_archive, "w") == 2
    assert (at.acked, at.nacked, at.gaps) == (350, 0, 0)


async def test_a_device_that_lost_its_spool_begins_an_epoch_of_its_own(ingest, mongo_archive, tmp_path):
    for number in range(2):
        with SpoolFile(tmp_path / f"{number}.spool") as file:
            await run(ingest, file, live(1000 * number, 200))
    names, _ = await stored(mongo_archive, "w")
    assert names == [*range(200), *range(1000, 1200)]
    assert await epochs(mongo_archive, "w") == 2


async def test_what_a_full_spool_dropped_is_a_gap_with_its_reason(ingest, mongo_archive, tmp_path):
    with SpoolFile(tmp_path / "a.spool", 1 << 20) as file:
        source = live(0, 600, step_us=100)
        device = Device("ws://127.0.0.1:9/ws", "w", source, START_US, paced=True, file=file, timing=QUICK)
        running = asyncio.create_task(device.run())
        async with asyncio.timeout(60):
            while device.progress.spooled < 600:
                await asyncio.sleep(0.01)
        device.url = ingest.ws_url
        ended = await asyncio.wait_for(running, 60)
    names, (gap,) = await stored(mongo_archive, "w")
    assert (gap.e, gap.seq, gap.n) == (0, 0, device.progress.gaps)
    assert "spool full" in gap.reason
    assert names == list(range(gap.n, 600))
    assert (device.progress.acked, ended["gaps"]) == (600 - gap.n, 1)


# --- the command


@pytest.fixture
def walk(tmp_path):
    """A recording of 12 s in a file."""
    recording = Recording(frames_of(range(600)), np.arange(600, dtype=np.int64) * 20_000, LAYOUT)
    files.write(tmp_path / "walk.npz", recording)
    return tmp_path / "walk.npz"


async def barograph(*arguments, until=None):
    """What a command answers; with `until`, it is interrupted as soon as that is true."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "barograph", *(str(argument) for argument in arguments),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(120):
            while until is not None and process.returncode is None and not await until():
                await asyncio.sleep(0.05)
            if until is not None and process.returncode is None:
                process.send_signal(signal.SIGINT)
            said, trouble = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, said.decode(), trouble.decode()


def spooled_bytes(path):
    """What a spool takes on the disk; it is its process's alone while that runs."""
    return sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*"))


async def test_an_interrupted_command_says_how_to_go_on_and_does(ingest, mongo_archive, walk, tmp_path):
    spool = tmp_path / "walk.spool"
    options = ("--workout", "w", "--stream", "left", "--url", ingest.ws_url, "--spool", spool)

    async def some_are_stored():
        workouts = await mongo_archive.workouts()
        return any(info.frames > 10 for workout in workouts for info in workout.streams)

    code, _, trouble = await barograph("send", walk, *options, until=some_are_stored)
    assert code == 1, trouble
    assert f"wait in {spool}" in trouble
    assert f"barograph send --spool {spool}" in trouble
    code, said, trouble = await barograph("send", walk, *options, "--speed", "max")
    assert code == 0, trouble
    assert said.startswith("w/left: 600 frames stored (")
    assert (await stored(mongo_archive, "w"))[0] == list(range(600))


async def test_a_spool_can_be_finished_alone(ingest, mongo_archive, walk, tmp_path):
    spool = tmp_path / "walk.spool"
    options = ("--workout", "w", "--stream", "left", "--spool", spool)

    async def some_wait():
        return spooled_bytes(spool) > 256 * FRAME_BYTES  # noise, and what its journal holds twice

    _, _, trouble = await barograph("send", walk, *options, "--url", "ws://127.0.0.1:9/ws", until=some_wait)
    assert "0 left frames are stored" in trouble
    code, said, trouble = await barograph("send", "--spool", spool, "--url", ingest.ws_url)
    assert code == 0, trouble
    names, gaps = await stored(mongo_archive, "w")
    assert names == list(range(len(names)))
    assert len(names) > 10
    assert not gaps
    assert said == f"w/left: {len(names):,} frames stored ({len(names)} sent, {len(names)} acked, 0 in declared gaps)\n"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--spool", "no-such.spool"), "nothing waits in it"),
        ((), "expected a SOURCE"),
        (("--spool", "a.spool", "--workout", "w"), "--spool FILE alone"),
        (("sim:walk",), "--workout"),
        (("sim:walk", "--workout", "w", "--spool", __file__), "another kind of file"),
    ],
)
async def test_a_spool_that_cannot_be_sent_is_refused_with_a_sentence(arguments, expected):
    code, _, trouble = await barograph("send", *arguments)
    assert code in (1, 2)
    assert expected in trouble
    assert "Traceback" not in trouble


async def test_a_command_whose_frames_were_refused_for_good_says_so_and_fails(peer, tmp_path):
    peer.poison = lambda seq, time_us: seq == 7
    cells = np.ones((20, 5, 4), "<u2")
    file = tmp_path / "left.npz"
    files.write(file, Recording(cells, START_US + 10_000 * np.arange(20), Layout(rows=5, cols=4, dtype="uint16")))
    options = ("--workout", "w", "--stream", "left", "--url", peer.url, "--speed", "max")
    code, said, trouble = await barograph("send", file, *options)
    assert "19 acked" in said
    assert (code, "frames that were refused for good and are not stored: 1;" in trouble) == (1, True)
