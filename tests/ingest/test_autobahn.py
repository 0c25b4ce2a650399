"""The Autobahn cases against `/ws`, and against an echo behind the very same connection, where a case waits for one."""

import pytest
from kosoku import FailureError, run_fuzzingclient
from quart import websocket
from served import serving
from websockets.asyncio.client import connect

from barograph.store.memory.archive import MemoryArchive, MemoryLive
from barograph.web.websocket import Disconnected, receive_waiting

DEFLATE = ["12.*", "13.*"]  # compression is off on purpose; zstd stands in
# A close frame between fragments: the library `websockets` answers 1002, where Autobahn wants 1000.
NOT_OURS = {"7.1.5"}


async def echo():
    await websocket.accept()
    try:
        while True:
            for message in await receive_waiting():
                await websocket.send(message)
    except Disconnected:
        return


async def results_of(url, cases=None):
    """Every case's result."""
    try:
        return await run_fuzzingclient(url, cases, exclude_cases=DEFLATE, concurrency=8)
    except FailureError as error:
        return error.results


def waits_for_an_echo(result):
    """Whether every way to pass has a message come back."""
    return all(any(event[0] == "message" for event in events) for events in result.expected.values())


@pytest.fixture
async def bare_ingest(tmp_path):
    async with serving(MemoryArchive(), MemoryLive(), tmp_path, max_message_bytes=17 << 20) as running:
        running.app.websocket("/echo")(echo)
        yield running


async def test_the_autobahn_cases_find_no_failure_of_ours(bare_ingest):
    results = await results_of(bare_ingest.ws_url.replace("/ws", "/echo"))
    assert len(results) > 250
    failed = {result.case_id: result.result for result in results if not result.passed}
    assert failed.keys() - NOT_OURS == set(), failed


async def test_the_door_itself_fails_only_where_a_case_waits_for_an_echo(bare_ingest):
    results = await results_of(bare_ingest.ws_url, ["2.*", "3.*", "4.*", "5.1", "5.2", "7.*"])
    judged = [result for result in results if not waits_for_an_echo(result)]
    assert len(judged) > 50
    failed = {result.case_id: result.result for result in judged if not result.passed}
    assert failed.keys() - NOT_OURS == set(), failed


async def test_no_compression_is_agreed_on(bare_ingest):
    async with connect(bare_ingest.ws_url, compression="deflate") as socket:
        assert socket.response.headers.get("Sec-WebSocket-Extensions") is None
