"""Faults of a replica set of three: the primary is killed, a minority stops, a member is lost for good and replaced."""

from __future__ import annotations

import asyncio
import signal

from harness.faults_processes import STOPPED_S, feed
from harness.members import Members
from harness.scene import Broken, Fault, Scene
from harness.servers import Server

KILLS = 10
ACKS_GO_ON_S = 5.0
ELECTION_MS, SOON_MS = 10_000, 2_000  # MongoDB's own, and one for whoever has members close together


def of(scene: Scene) -> Members:
    found = scene.stack.servers
    if not isinstance(found, Members):
        raise TypeError(f"expected a replica set of three, got {type(found).__name__}")
    return found


async def killed(scene: Scene, times: int) -> None:
    """The primary, under load; it comes back as a secondary, and the next one is killed when it has what it missed."""
    feed(scene)
    for _ in range(times):
        await scene.warm(min(device.log.acked for device in scene.devices) + 100)
        primary = await of(scene).primary()
        await scene.strike(lambda primary=primary: primary.signal(signal.SIGKILL))
        await scene.recover()
        scene.note_silence()
        await primary.start()
        await of(scene).whole()


async def killed_once(scene: Scene) -> None:
    await killed(scene, 1)


async def killed_ten_times(scene: Scene) -> None:
    await killed(scene, KILLS)


async def minority_stopped(scene: Scene) -> None:
    """One of three answers nobody: a secondary, and acks go on; the primary, and another one takes its place."""
    feed(scene)
    await scene.warm()
    secondary = await of(scene).secondary()
    await scene.strike(lambda: secondary.signal(signal.SIGSTOP))
    await _acked_all_the_same(scene, "acks while a secondary stands still")
    await asyncio.sleep(STOPPED_S)
    await _goes_on(scene, secondary)
    primary = await of(scene).primary()
    await scene.strike(lambda: primary.signal(signal.SIGSTOP))
    await scene.recover()
    scene.note_silence()
    await _goes_on(scene, primary)
    await of(scene).whole()


async def _acked_all_the_same(scene: Scene, what: str) -> None:
    """Every device has an ack soon, as nobody has to be elected."""
    await scene.until(lambda: None not in scene.first_acks_s(), what, ACKS_GO_ON_S)
    scene.note_silence()


async def _goes_on(scene: Scene, server: Server) -> None:
    """It goes on with what it had in its hands, also where it still takes itself for the primary."""
    await server.signal(signal.SIGCONT)
    acked = min(device.log.acked for device in scene.devices)
    await scene.until(lambda: min(device.log.acked for device in scene.devices) > acked + 100, "acks after it went on")


async def majority_stopped(scene: Scene) -> None:
    """Two of three answer nobody: nothing is acked, and nothing of it is lost."""
    feed(scene)
    await scene.warm()
    primary, secondary = await of(scene).primary(), await of(scene).secondary()

    async def blow() -> None:
        await asyncio.gather(*(each.signal(signal.SIGSTOP) for each in (primary, secondary)))

    await scene.strike(blow)
    await asyncio.sleep(2.0)
    acked = [device.log.acked for device in scene.devices]
    await asyncio.sleep(STOPPED_S)
    if acked != (later := [device.log.acked for device in scene.devices]):
        raise Broken(f"acks without a majority: {acked} became {later}")
    for each in (primary, secondary):
        await each.signal(signal.SIGCONT)
    await scene.recover()
    scene.note_silence()
    await of(scene).whole()


async def member_lost(scene: Scene) -> None:
    """A secondary is killed, its disk gone; a new one has it all, as the next kill of the primary needs it."""
    feed(scene)
    await scene.warm()
    lost = await of(scene).secondary()
    await scene.strike(lambda: lost.signal(signal.SIGKILL))
    await _acked_all_the_same(scene, "acks while a member is lost")
    await of(scene).replace(lost)
    await scene.warm(min(device.log.acked for device in scene.devices) + 100)
    primary = await of(scene).primary()
    await scene.strike(lambda: primary.signal(signal.SIGKILL))
    await scene.recover()  # by the two that are left, of which one is new
    scene.note_silence()
    await primary.start()
    await of(scene).whole()


FAULTS = [
    Fault("replica-kill", killed_once, election_ms=SOON_MS),
    Fault("replica-kill-ten", killed_ten_times, election_ms=ELECTION_MS),
    Fault("replica-minority-stop", minority_stopped, election_ms=ELECTION_MS),
    Fault("replica-majority-stop", majority_stopped, election_ms=ELECTION_MS),
    Fault("replica-member-lost", member_lost, election_ms=ELECTION_MS),
]
