"""A device and its spool against a server in memory: resumed, full, killed, and put back from a copy."""

from __future__ import annotations

import asyncio
import random
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from peer import QUICK, SHORT, START_US, Chaos, device, live, sent, until

from barograph.frames import Layout
from ingest.device.sender import Chunk, Device, Source, SpoolFile, send


async def interrupted(peer, path, source, acked, **more):
    """Send until so much is acked, and stop the device there."""
    with SpoolFile(path) as file:
        one = device(peer, source, file=file, **more)
        running = asyncio.create_task(one.run())
        await until(lambda: one.progress.acked >= acked or running.done())
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def copied(path, to):
    """The spool of a device that does not run, saved elsewhere."""
    shutil.copy(path, to)
    return to


async def resumed(peer, path, source, **more):
    with SpoolFile(path) as file:
        one = device(peer, source, file=file, **more)
        return await sent(one), one.progress


async def test_an_interrupted_source_goes_on_where_it_stopped(peer, tmp_path):
    peer.window_frames = 30
    path = tmp_path / "a.spool"
    for acked in (20, 20, 60):
        await interrupted(peer, path, live(0, 400, identity="walk"), acked)
    _, at = await resumed(peer, path, live(0, 400, identity="walk"))
    assert peer.names() == list(range(400))
    assert len(peer.epochs) == 1
    assert at.acked == at.total
    assert at.acked < 400


async def test_what_waits_in_a_spool_is_sent_before_what_comes(peer, tmp_path):
    path = tmp_path / "a.spool"
    peer.window_frames = 0
    with SpoolFile(path) as file:
        one = device(peer, live(0, 50), file=file)
        running = asyncio.create_task(one.run())
        await until(lambda: one.progress.spooled == 50)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    peer.window_frames = 4096
    _, at = await resumed(peer, path, live(50, 50))
    assert (peer.names(), at.total, at.acked, len(peer.epochs)) == (list(range(100)), 100, 100, 1)


async def test_what_waits_in_a_spool_can_be_sent_alone(peer, tmp_path):
    peer.window_frames = 20
    path = tmp_path / "a.spool"
    await interrupted(peer, path, live(0, 300, identity="walk"), 50, about={"athlete": "A"})
    with SpoolFile(path) as file:
        ended = await asyncio.wait_for(send([], url=peer.url, workout_id="", paced=False, file=file), 30)
    assert [(event["workout_id"], event["stream"]) for event in ended] == [("w", "left")]
    assert {join["athlete"] for join in peer.of("join_session")} == {"A"}
    sent_alone = peer.names()
    assert sent_alone == list(range(len(sent_alone)))
    _, at = await resumed(peer, path, live(0, 300, identity="walk"))
    assert (peer.names(), at.acked) == (list(range(300)), 300 - len(sent_alone))


async def test_a_device_without_its_spool_begins_an_epoch_of_its_own(peer, tmp_path):
    await interrupted(peer, tmp_path / "a.spool", live(0, 1000), 100)
    before = len(peer.names())
    await resumed(peer, tmp_path / "b.spool", live(1000, 100))
    assert len(peer.epochs) == 2
    assert peer.names()[before:] == list(range(1000, 1100))


async def test_an_old_copy_of_a_spool_begins_a_new_epoch_and_nothing_is_lost_or_doubled(peer, tmp_path):
    """The copy has frames that the server got later from the original; then it records others."""
    path = tmp_path / "a.spool"
    peer.window_frames = 20
    await interrupted(peer, path, live(0, 200), 60)
    waits = copied(path, tmp_path / "old.spool")
    peer.window_frames = 4096
    with SpoolFile(path) as file:
        await send([], url=peer.url, workout_id="", paced=False, file=file)
    await resumed(peer, path, live(1000, 100))
    stored = len(peer.names())
    _, at = await resumed(peer, waits, live(2000, 50))
    assert len(peer.epochs) == 2
    assert peer.names()[stored:] == list(range(2000, 2050))
    assert len(set(peer.names())) == len(peer.names())
    assert at.acked == at.total


async def alone(path, source):
    """Record all of a source without a server."""
    with SpoolFile(path) as file:
        one = Device("ws://127.0.0.1:9/ws", "w", source, START_US, paced=False, file=file, timing=QUICK)
        running = asyncio.create_task(one.run())
        await until(lambda: one.progress.spooled == source.frames)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_copies_that_carry_the_same_frames_over_carry_them_once(peer, tmp_path):
    path, old, older = (tmp_path / f"{name}.spool" for name in ("a", "old", "older"))
    await resumed(peer, path, live(0, 40))
    copied(path, old)
    await resumed(peer, path, live(1000, 40))
    await alone(old, live(2000, 100))
    copied(old, older)
    await resumed(peer, old, live(3000, 30))
    await resumed(peer, older, live(4000, 30))
    names = [*range(40), *range(1000, 1040), *range(2000, 2100), *range(3000, 3030), *range(4000, 4030)]
    assert sorted(peer.names()) == names
    assert len(peer.epochs) == 3


async def test_an_old_copy_that_recorded_alone_keeps_what_it_recorded(peer, tmp_path):
    """Both used the same numbers: the server refuses those of the copy, which go on in a new epoch."""
    path = tmp_path / "a.spool"
    await resumed(peer, path, live(0, 40))
    waits = copied(path, tmp_path / "old.spool")
    await resumed(peer, path, live(1000, 40))  # numbers 40 … 79
    await alone(waits, live(2000, 100))  # numbers 40 … 139
    _, at = await resumed(peer, waits, live(3000, 30))
    names = peer.names()
    assert sorted(names) == [*range(40), *range(1000, 1040), *range(2000, 2100), *range(3000, 3030)]
    assert len(peer.epochs) == 2
    assert at.acked == 130


async def test_a_server_that_lost_what_it_had_acked_is_told_what_the_device_has_no_more(peer, tmp_path):
    path = tmp_path / "a.spool"
    await resumed(peer, path, live(0, 50))
    (slots,) = peer.epochs.values()
    for seq in range(20, 50):
        del slots[seq]
    _, at = await resumed(peer, path, live(50, 10))
    assert peer.gaps() == [(0, seq, "no longer on the device") for seq in range(20, 50)]
    assert peer.names() == [*range(20), *range(50, 60)]
    assert (at.acked, at.total) == (10, 10)


async def test_a_spool_that_is_full_drops_its_oldest_frames_and_declares_them(peer, tmp_path):
    layout, rng = Layout(rows=64, cols=64, dtype="uint16"), np.random.default_rng(4)
    noise = [rng.integers(0, 65536, (5, 64, 64)).astype("<u2") for _ in range(80)]

    def chunks():
        for number, frames in enumerate(noise):
            yield Chunk(np.arange(5 * number, 5 * number + 5) * 100, frames)

    source = Source("left", layout, chunks, 400)
    declared, frames = [], []

    def before(message):
        if message["type"] == "frames":
            frames.append((message["seq"], message["seq"] + message["n"]))
            peer.epochs[message["epoch"]].update(dict.fromkeys(range(*frames[-1]), "a frame"))
        elif message["type"] == "gap":
            declared.append((message["seq"], message["seq"] + message["n"], message["reason"]))
        return [peer.ack(message["epoch"])] if message["type"] == "frames" else None

    peer.before = before
    with SpoolFile(tmp_path / "a.spool", 1 << 20) as file:
        one = Device("ws://127.0.0.1:9/ws", "w", source, START_US, paced=True, file=file, timing=QUICK)
        running = asyncio.create_task(one.run())
        await until(lambda: one.progress.spooled == 400)
        one.url = peer.url
        await asyncio.wait_for(running, 30)
    ((first, stop, reason),) = declared
    assert (first, reason) == (0, "spool full")
    assert frames[0][0] == stop
    assert frames[-1][1] == 400
    assert all(before[1] == after[0] for before, after in pairwise(frames))
    assert (one.progress.gaps, one.progress.acked) == (stop, 400 - stop)


async def test_a_source_that_can_wait_never_fills_the_spool(peer, tmp_path):
    peer.window_frames = 0
    with SpoolFile(tmp_path / "a.spool", 1 << 20) as file:
        one = device(peer, live(0, 10_000, size=50), file=file)
        running = asyncio.create_task(one.run())
        await until(lambda: one.progress.spooled > 5000 or file.used_bytes() > 500_000)
        peer.window_frames = 1 << 20
        await peer.say(peer.ack(next(iter(peer.epochs))))
        await asyncio.wait_for(running, 60)
        assert not file.dropped
    assert one.progress.acked == 10_000


def as_killed(file, to):
    """What a kill between two commits would leave."""
    with file.lock:
        shutil.copy(file.path, to)
        shutil.copy(f"{file.path}-wal", f"{to}-wal")
    return to


@pytest.mark.parametrize("seed", range(5))
async def test_through_any_faults_and_kills_every_frame_is_stored_once(peer, tmp_path, seed):
    rng = random.Random(seed)
    peer.before = Chaos(peer, rng)
    path = tmp_path / "0.spool"
    for number in range(1, 5):
        with SpoolFile(path) as file:
            one = device(peer, live(0, 400, identity="walk"), file=file, timing=SHORT)
            running = asyncio.create_task(one.run())
            goal = rng.randrange(1, 150)
            await until(lambda: one.progress.acked >= goal or running.done())  # noqa: B023
            path = as_killed(file, tmp_path / f"{number}.spool")
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    await resumed(peer, path, live(0, 400, identity="walk"), timing=SHORT)
    assert sorted(peer.names()) == list(range(400))
    assert len(peer.epochs) == 1


def revived(path, to):
    """A copy of what a kill left."""
    for end in ("", "-wal"):
        if Path(f"{path}{end}").exists():
            shutil.copy(f"{path}{end}", f"{to}{end}")
    return to


def taken(path, to):
    """How many frames of its last source a killed spool has."""
    with SpoolFile(revived(path, to)) as file:
        return file.rows("SELECT taken FROM streams")[0][0]


@pytest.mark.parametrize("seed", range(8))
async def test_with_whatever_copy_of_its_spool_a_device_goes_on_nothing_of_it_is_lost_or_doubled(peer, tmp_path, seed):
    """Each run records new frames, some without a server; then the device has what the kill left, or an older copy."""
    rng = random.Random(seed)
    peer.before = Chaos(peer, rng)
    copies = [(tmp_path / "none.spool", [])]
    for number in range(1, 8):
        path, recorded = rng.choice(copies[-3:])
        source = live(1000 * number, rng.randrange(20, 150))
        url = rng.choice([peer.url, peer.url, "ws://127.0.0.1:9/ws"])
        with SpoolFile(revived(path, tmp_path / f"{number}-run.spool")) as file:
            one = Device(url, "w", source, START_US, paced=False, file=file, timing=SHORT)
            running = asyncio.create_task(one.run())
            goal = rng.randrange(1, source.frames)
            counted = "acked" if url == peer.url else "spooled"
            await until(lambda: one.progress.spooled)  # noqa: B023
            goal += one.progress.total - source.frames if counted == "spooled" else 0
            await until(lambda: running.done() or getattr(one.progress, counted) >= goal)  # noqa: B023
            left = as_killed(file, tmp_path / f"{number}-left.spool")
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        names = range(1000 * number, 1000 * number + taken(left, tmp_path / f"{number}-seen.spool"))
        copies.append((left, [*recorded, *names]))
    path, recorded = rng.choice(copies[-3:])
    await resumed(peer, revived(path, tmp_path / "last.spool"), live(9000, 30), timing=SHORT)
    names = peer.names()
    assert len(set(names)) == len(names)
    assert set(names) >= {*recorded, *range(9000, 9030)}


async def test_a_gap_whose_reason_the_server_has_no_room_for_does_not_stop_the_device(peer, tmp_path):
    path = tmp_path / "a.spool"
    await resumed(peer, path, live(0, 50))
    ((epoch, slots),) = peer.epochs.items()
    for seq in range(20, 50):
        del slots[seq]

    def before(message):
        if message["type"] == "gap":
            slots.update(dict.fromkeys(range(20, 50), "not_resent"))
            error = {"type": "error", "code": "too_many_gaps", "message": "1024 gaps", "retryable": False}
            return [error, peer.ack(epoch)]
        return None

    peer.before = before
    _, at = await resumed(peer, path, live(50, 10))
    assert (at.acked, at.connections) == (10, 1)
    assert peer.names() == [*range(20), *range(50, 60)]
