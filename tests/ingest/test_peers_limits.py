"""What a client's own library takes and no more: python-socketio as it is installed, and long-polling by hand."""

import asyncio
import json
import signal
from contextlib import asynccontextmanager

import httpx
import pytest
from processes import Process
from served import serving
from tabs import PATIENCE_S, frame, tab

from barograph.frames import Stream
from barograph.store.reading import read_recording
from ingest.receipts import Request
from ingest.socketio import polling
from ingest.socketio.polling import MOST_PACKETS, Events, Given, packets_of

POLL = "/socket.io/?EIO=4&transport=polling"
FRAMES = 2000


@pytest.mark.parametrize("transport", ["polling", "websocket"])
async def test_python_socketio_gets_every_answer_of_frames_sent_at_once(ingest, transport):
    token = ingest.owner["Authorization"].removeprefix("Bearer ")
    async with (
        tab(ingest.http_url, "p", transport, "python") as page,
        tab(ingest.http_url, "p", "polling", "python", token) as watcher,
    ):
        for each in (page, watcher):
            await each.hear("session_joined")
        for index in range(40):
            await page.frame("p", index)
        for each in (page, watcher):
            counts = [(await each.hear("frame_processed"))["frame_count"] for _ in range(40)]
            assert sorted(counts) == list(range(1, 41))


async def test_python_socketio_goes_on_under_a_flood_and_over_a_restart(servers, database, tmp_path, mongo_archive):
    process = Process(servers, database, tmp_path)
    await process.start()
    async with tab(process.url, "flood", "polling", "python") as page:
        await page.hear("session_joined")
        for index in range(FRAMES):
            await page.frame("flood", index)
        counts = [(await page.hear("frame_processed"))["frame_count"] for _ in range(FRAMES)]
        assert sorted(counts) == list(range(1, FRAMES + 1))
        await process.end(signal.SIGTERM)
        await page.hear("disconnect")
        await process.start()
        assert (await page.hear("session_joined"))["frame_count"] == FRAMES
        assert (await page.call("pressure_frame", **frame("flood", FRAMES)))["frame_count"] == FRAMES + 1
    await process.end(signal.SIGTERM)
    assert len(await read_recording(mongo_archive, Stream("flood"))) == FRAMES + 1


@asynccontextmanager
async def polled(ingest):
    """Long-polling by hand: a client, and its address."""
    async with httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner, timeout=PATIENCE_S) as http:
        opened = json.loads((await http.get(POLL)).text[1:])
        where = f"{POLL}&sid={opened['sid']}"
        assert (await http.post(where, content="40")).text == "OK"
        assert (await http.get(where)).text.startswith("40")
        yield http, where


def event(name, **payload):
    return f"42{json.dumps([name, payload])}"


async def answers(http, where, n):
    """The packets of answers until there are n events; none has more packets than python-engineio takes."""
    found = []
    async with asyncio.timeout(PATIENCE_S):
        while len(found) < n:
            packets = (await http.get(where)).text.split("\x1e")
            assert len(packets) <= 16
            found += [json.loads(packet[2:]) for packet in packets if packet.startswith("42")]
    return found


async def test_no_answer_has_more_packets_than_a_client_takes(ingest):
    async with polled(ingest) as (http, where):
        text = "\x1e".join([event("join_session", workout_id="x"), *(event("ping", t1_us=i) for i in range(100))])
        await http.post(where, content=text)
        heard = await answers(http, where, 101)
        assert [payload["t1_us"] for name, payload in heard if name == "pong"] == list(range(100))


async def test_a_body_of_very_many_packets_and_of_more_bytes_than_a_message_may_have_is_all_taken(
    mongo_archive, redis_live, tmp_path
):
    async with (
        serving(mongo_archive, redis_live, tmp_path, max_message_bytes=1 << 16) as ingest,
        polled(ingest) as (http, where),
    ):
        pings = [event("ping", t1_us=index, pad="x" * 40) for index in range(5000)]
        text = "\x1e".join([event("join_session", workout_id="x"), *pings])
        assert len(text) > 1 << 18
        posting = asyncio.create_task(http.post(where, content=text))
        heard = await answers(http, where, 5001)
        assert [payload["t1_us"] for name, payload in heard if name == "pong"] == list(range(5000))
        assert (await posting).text == "OK"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"9", 400, "bad_message"),
        (b"\x1e", 400, "bad_message"),
        (b"x", 400, "bad_message"),
        (b"4\xff", 400, "bad_message"),
        (b"42" + b"x" * (1 << 17), 413, "too_large"),
    ],
)
async def test_a_body_that_is_no_packets_gets_a_reason_and_its_session_ends(
    mongo_archive, redis_live, tmp_path, body, status, code
):
    async with (
        serving(mongo_archive, redis_live, tmp_path, max_message_bytes=1 << 16) as ingest,
        polled(ingest) as (http, where),
    ):
        refused = await http.post(where, content=body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)
        assert (await http.post(where, content=event("ping", t1_us=1))).json()["error"]["field"] == "sid"


# --- without a socket


async def test_one_answer_takes_so_many_packets_and_the_next_goes_on():
    given = Given()
    for number in range(40):
        await given.put(number)
    taken = []
    while not given.empty():
        one = [await given.get()]
        with pytest.raises(asyncio.QueueEmpty):
            while True:
                one.append(given.get_nowait())
        taken.append(one)
    assert [len(one) for one in taken] == [MOST_PACKETS, MOST_PACKETS, 40 - 2 * MOST_PACKETS]
    assert [number for one in taken for number in one] == list(range(40))


async def test_what_a_client_makes_the_library_answer_and_never_fetches_is_bounded():
    given = Given()
    for number in range(10_000):
        await given.put(number)
    assert given.qsize() == polling.MOST_GIVEN
    await given.put(None)  # the end is never lost
    assert given.qsize() == polling.MOST_GIVEN + 1


async def test_events_that_wait_are_bounded_in_number_and_in_bytes(monkeypatch):
    monkeypatch.setattr(polling, "MOST_EVENTS", 3)
    monkeypatch.setattr(polling, "MOST_BYTES", 10)
    events = Events()
    for _ in range(3):
        await events.put(Request("x"))
    assert events.full()
    assert len(await events.waiting()) == 3
    await events.put(Request("x" * 100))
    assert events.full()
    more = asyncio.create_task(events.put(Request("y")))
    await asyncio.sleep(0)
    assert not more.done()
    assert len(await events.waiting()) == 1
    await more
    assert not events.full()


async def test_packets_are_found_however_a_body_is_cut():
    whole = "\x1e".join(['42["a"]', "3", "", "bAAAA", '42["é"]']).encode()
    for step in range(1, len(whole) + 1):
        pieces = [whole[at : at + step] for at in range(0, len(whole), step)]

        async def receive(pieces=pieces):
            return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

        assert [text async for text in packets_of(receive, 100, 1.0)] == whole.decode().split("\x1e")
