"""Streams spread over ingest processes: who is asked to connect anew, and when nobody is."""

from __future__ import annotations

import asyncio
import json
import uuid

import pytest
from served import Client, serving
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from barograph.store.memory.archive import MemoryArchive, MemoryLive
from ingest import relay, spreading
from ingest.spreading import LEAST, REST_S, TURN_UP_S, Plan

LAYOUT = {"rows": 2, "cols": 2, "dtype": "uint16"}


def played(plan: Plan, mine: int, others: dict[str, int], *, follows: bool = True, looks: int = 60) -> list[int]:
    """Who is moved at each look, where those that are moved turn up at the emptiest other, or come back."""
    moved = []
    for look in range(looks):
        number = plan.due(mine, others, look * 2.0)
        moved.append(number)
        if follows and others:
            mine -= number
            others[min(others, key=others.get)] += number
    return moved


def test_a_thousand_come_back_to_a_process_that_was_started_again_within_a_minute():
    others = {"new": 0}
    moved = played(Plan(), 2000, others, looks=30)
    assert 850 <= others["new"] <= 1000
    assert sum(moved) == others["new"]
    assert max(moved) <= 200


def test_three_processes_are_brought_near_the_mean():
    others = {"a": 0, "b": 900}
    played(Plan(), 900, others)
    assert others["a"] >= 200


@pytest.mark.parametrize(
    ("mine", "others"), [(1000, {"a": 950}), (10, {"a": 10}), (3, {"a": 0}), (0, {"a": 9}), (9, {})]
)
def test_who_is_near_the_mean_or_alone_asks_nobody(mine, others):
    assert sum(played(Plan(), mine, others)) == 0


def test_nobody_is_asked_while_more_connect_here():
    plan = Plan()
    assert [plan.due(mine, {"ended a moment ago": 100}, look * 2.0) for look, mine in enumerate((150, 180, 200))] == [
        0,
        0,
        0,
    ]
    assert plan.due(200, {"ended a moment ago": 100}, 8.0) > 0


def test_where_they_do_not_turn_up_the_balancer_does_not_spread_and_nobody_is_asked_for_long():
    moved = played(Plan(), 100, {"a": 0}, follows=False, looks=300)
    asked = [look * 2.0 for look, number in enumerate(moved) if number]
    assert asked[0] <= 2.0
    assert max(at for at in asked if at < REST_S) <= TURN_UP_S + 4.0
    assert sum(moved) < 100 * (TURN_UP_S / 2) * 0.2


class Device(Client):
    """A device that has a spool, or has none."""

    async def join(self, workout_id, *, spool):
        join = {"type": "join_session", "workout_id": workout_id, "epoch": str(uuid.uuid4()), "layout": LAYOUT}
        await self.say(**join, spool=spool)
        await self.hear("session_joined")


async def test_devices_with_a_spool_are_asked_to_connect_anew_and_no_others(tmp_path, monkeypatch):
    for module in (relay, spreading):
        monkeypatch.setattr(module, "ANNOUNCE_S", 0.05)
    monkeypatch.setattr(spreading, "EVERY_S", 0.05)
    archive, live = MemoryArchive(), MemoryLive()
    async with (
        serving(archive, live, tmp_path, spread_streams=True) as full,
        serving(archive, live, tmp_path, spread_streams=True) as empty,
    ):
        sockets = [await connect(full.ws_url) for _ in range(12)]
        for index, socket in enumerate(sockets):
            await Device(socket).join(f"walk-{index}", spool=index >= 4)
        closed: dict[int, int] = {}
        async with asyncio.timeout(20):
            while len(closed) < 12 // 2 - LEAST:
                for index, socket in enumerate(sockets):
                    if index not in closed and (code := await code_of(socket)) is not None:
                        closed[index] = code
                        sockets.append(await connect(empty.ws_url))  # where a balancer sends it
                        await Device(sockets[-1]).join(f"walk-{index}", spool=True)
        assert set(closed.values()) == {1012}
        assert min(closed) >= 4
        for socket in sockets:
            await socket.close()


async def code_of(socket):
    try:
        async with asyncio.timeout(0.02):
            while True:
                json.loads(await socket.recv())
    except TimeoutError:
        return None
    except ConnectionClosed as error:
        return error.rcvd.code
