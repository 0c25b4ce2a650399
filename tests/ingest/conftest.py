"""The ingest over the real servers, for the tests of its doors."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

sys.path.append(str(Path(__file__).parent))  # what these tests share is found beside them
sys.path.append(str(Path(__file__).parents[1]))

import node
from served import Client, serving


@pytest.fixture
async def ingest(mongo_archive, redis_live, tmp_path):
    async with serving(mongo_archive, redis_live, tmp_path) as running:
        yield running


@pytest.fixture
async def client(ingest):
    async with connect(ingest.ws_url, additional_headers=ingest.owner) as socket:
        yield Client(socket)


@pytest.fixture
async def other_ingest(mongo_archive, redis_live, tmp_path):
    async with serving(mongo_archive, redis_live, tmp_path) as running:
        yield running


@pytest.fixture
async def peer():
    """A server in memory, for devices."""
    from peer import Peer, listening

    made = Peer()
    async with listening(made.serve) as made.url:
        yield made


@pytest.fixture(scope="session")
def client_of_npm():
    node.see_to_packages()
