"""A server that dies in the middle of an answer, once or always."""

from __future__ import annotations

import asyncio
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

import barograph
from analytics import sim
from barograph.errors import ServerAway
from barograph.lab import Lab
from barograph.remote import client
from barograph.servers.embedded import Servers

sys.path.append(str(Path(__file__).parent))

from standing import Cutting, ingest_at, listening, owners_token

WALK = sim.walk(20.0, rows=32, cols=16)["left"]


@pytest.fixture(scope="module")
def server(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of an ingest with one walk, and the token of its owner."""
    database, folder = f"test_{uuid.uuid4().hex[:16]}", tmp_path_factory.mktemp("remote")
    try:
        with ingest_at(servers.mongo_url, database, folder) as at:
            token = owners_token(folder)
            with barograph.connect(at, token=token) as lab:
                lab.import_recording(WALK, workout="walk")
            yield at, token
    finally:
        with MongoClient[dict[str, object]](servers.mongo_url) as mongo:
            mongo.drop_database(database)


QUESTIONS: dict[str, Callable[[Lab], Any]] = {
    "recording": lambda lab: lab.recording("walk", "left", with_stats=True),
    "part": lambda lab: lab.recording("walk", "left", 1, 19),
    "workouts": lambda lab: lab.workouts(),
    "markers": lambda lab: lab.markers("walk"),
    "import": lambda lab: lab.import_recording(WALK, workout="walk", stream="again"),
}


@pytest.mark.parametrize("after", [700, 40_000])
@pytest.mark.parametrize("name", QUESTIONS)
def test_an_answer_that_breaks_off_is_resumed(server: tuple[str, str], name: str, after: int) -> None:
    """Several times one after the other, more often than a question that brings nothing new may be asked."""
    address, token = server
    cutting = Cutting(address, after, 3 if after == 700 else 12)
    with (
        listening(cutting) as at,
        barograph.connect(at, token=token) as lab,
        barograph.connect(address, token=token) as whole,
    ):
        found, expected = QUESTIONS[name](lab), QUESTIONS[name](whole)
    if name in ("recording", "part"):
        assert found.equals(expected)
        assert cutting.cut >= 3
    if name == "import":
        assert len(WALK) == found.frames


async def test_what_is_sent_may_take_longer_than_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a slow line: each piece that goes out begins the time of the next message anew."""
    monkeypatch.setattr(client, "MESSAGE_S", 7200.0)

    async def parts() -> AsyncIterator[bytes]:
        yield b""
        yield bytes(range(256)) * 1000

    pace, pieces = client._Pace(), list[bytes]()
    async with asyncio.timeout(3600) as pace.bound:
        until_s = pace.bound.when() or 0.0
        async for piece in pace.over(parts()):
            pieces.append(piece)
            assert (pace.bound.when() or 0.0) > until_s
    assert b"".join(pieces) == bytes(range(256)) * 1000
    assert max(map(len, pieces)) == client.SENT_BYTES


def test_a_server_that_always_dies_is_given_up(server: tuple[str, str]) -> None:
    address, token = server
    cutting = Cutting(address, 1 << 20, 0)
    with listening(cutting) as at, barograph.connect(at, token=token) as lab:
        cutting.after, cutting.times = 400, 1 << 30
        with pytest.raises(ServerAway, match=r"the connection was lost.*asked 5 times"):
            lab.recording("walk", "left")
