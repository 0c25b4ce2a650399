"""The sender of `docs/clients` in Chromium: nothing is lost by a cut, a closed tab, a killed server."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import sys
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

sys.path.append(str(Path(__file__).parents[1] / "ingest"))
from processes import Process

CLIENTS = Path(__file__).parents[2] / "docs/clients"
PATIENCE_MS = 60_000
OPEN = """async (url) => {
  const { Sender } = await import("./sender.mjs");
  const layout = { rows: 2, cols: 2, dtype: "uint16" };
  window.sender = await Sender.open({ url, workout: "page", layout });
  return sender.unacked;
}"""
ADD = "async (n) => { for (let i = 0; i < n; i++) await sender.add(Uint16Array.of(sender.added, 1, 2, 3)); }"
SAMPLE = f"""() => {{
  const add = {ADD};
  window.sampling = setInterval(() => add(1), 20);
}}"""
OLD_COPY = """async (next) => {
  sender.close();
  const opening = indexedDB.open("barograph:page/main");
  await new Promise((resolve) => (opening.onsuccess = resolve));
  const store = opening.result.transaction("about", "readwrite").objectStore("about");
  const getting = store.get("epoch");
  await new Promise((resolve) => (getting.onsuccess = resolve));
  const putting = store.put({ ...getting.result, next }, "epoch");
  await new Promise((resolve) => (putting.onsuccess = resolve));
  opening.result.close();
}"""


# What the predecessor's page does: starts a workout, streams, shows the numbers, and completes it.
PAGE = """<!doctype html><title>A device</title><p id="state"></p><p id="numbers"></p>
<script type="module">
  import * as ws from "./websocket.mjs";
  window.start = async (url, id) => {
    window.lines = [];
    const log = console.log;
    console.log = (...said) => { lines.push(said[0]); log(...said); };
    ws.connectWebSocket({ url });
    await ws.joinSession(id);
    ws.onFrameProcessed(({ stats, frame_count }) => {
      numbers.textContent = `${frame_count} frames, peak ${stats.raw_peak}`;
    });
    window.series = [];
    window.sampling = setInterval(() => {
      const frame = { timestamp: Date.now(), matrix: [[series.length, 1], [2, null]], nodes: 4 };
      series.push(frame);
      ws.sendPressureFrame(id, frame.matrix, frame.nodes, frame.timestamp);
    }, 25);
  };
  window.complete = async (http, id) => {
    clearInterval(sampling);
    await ws.leaveSession(id);
    await ws.disconnectWebSocket();
    const body = JSON.stringify({ status: "completed", timeSeriesData: series });
    const done = await fetch(`${http}/api/workouts/${id}`, { method: "PUT", headers: { "Content-Type": "application/json" }, body });
    state.textContent = `completed: ${done.status}`;
  };
</script>
"""  # noqa: E501 - as a page has it


class Way:
    """A way to the ingest that can be cut."""

    def __init__(self):
        self.to, self.ends, self.refused = None, set(), 0

    def cut(self):
        self.to = None
        for writer in self.ends:
            writer.transport.abort()

    async def serve(self, reader, writer):
        self.ends.add(writer)
        try:
            if self.to is not None:
                there, back = await asyncio.open_connection("127.0.0.1", self.to)
                self.ends.add(back)
                await asyncio.gather(_pump(reader, back), _pump(there, writer))
                self.ends.discard(back)
        except ConnectionRefusedError:  # the tab hears of it by its own connection, which ends; the test by the count
            self.refused += 1
        finally:
            self.ends.discard(writer)
            writer.transport.abort()


async def _pump(reader, writer):
    with contextlib.suppress(ConnectionError):  # a way that was cut, or whose server was killed, has ended
        while data := await reader.read(1 << 16):
            writer.write(data)
    writer.transport.abort()


@pytest_asyncio.fixture(loop_scope="session")
async def way():
    made = Way()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws"
    yield made
    made.cut()
    server.close()


@pytest_asyncio.fixture(loop_scope="session")
async def process(servers, database, tmp_path):
    one = Process(servers, database, tmp_path)
    await one.start()
    yield one
    await one.end(signal.SIGTERM)


async def _site(reader, writer):
    """Answers any path with a page, or with the sender. Chromium lets only what is really from here connect to here."""
    if request := await reader.readline():  # nothing comes on connections that are opened in advance
        path = request.split()[1]
        module = path.endswith(b".mjs")
        body = (CLIENTS / Path(path.decode()).name).read_bytes() if module else PAGE.encode()
        kind = "text/javascript" if module else "text/html"
        head = f"HTTP/1.0 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
    writer.close()


@pytest_asyncio.fixture(loop_scope="session")
async def tab(chromium):
    """Opens tabs of one browser, which keeps their spool from tab to tab."""
    context = await chromium.new_context()
    server = await asyncio.start_server(_site, "127.0.0.1", 0)

    async def opened():
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        await page.goto(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        return page

    yield opened
    await context.close()
    server.close()


async def _more(page, what, n=20):
    """Wait until something has grown by so many."""
    least = await page.evaluate(what) + n
    await page.wait_for_function(f"{what} >= {least}")


async def _stored(process):
    async with httpx.AsyncClient(base_url=process.url, headers=process.owner, timeout=60) as http:
        page = (await http.get("/api/workouts/page/frames", params={"limit": 50_000})).json()
        gaps = (await http.get("/api/workouts/page/gaps")).json()["gaps"]
    assert (page["next_cursor"], gaps) == (None, [])
    return [(frame["e"], frame["seq"], int(frame["matrix"][0][0])) for frame in page["frames"]]


ACKED = "sender.added - sender.unacked"


@pytest.mark.timeout(300)
async def test_cuts_a_closed_tab_and_a_killed_server_lose_and_double_nothing(tab, way, process):
    way.to = process.port
    page = await tab()
    await page.evaluate(OPEN, way.url)
    await page.evaluate(SAMPLE)
    await _more(page, ACKED)
    way.cut()
    await _more(page, "sender.unacked")
    way.to = process.port
    await _more(page, ACKED, 40)
    assert way.refused == 0
    await process.end(signal.SIGKILL)
    await _more(page, "sender.unacked")
    await process.start()
    await _more(page, ACKED, 40)
    way.cut()
    await _more(page, "sender.unacked")
    await page.close()  # while it samples
    page = await tab()
    assert await page.evaluate(OPEN, way.url) >= 20
    await page.evaluate(SAMPLE)
    way.to = process.port
    await _more(page, ACKED, 40)
    await page.evaluate("clearInterval(sampling)")
    await page.wait_for_function("sender.unacked === 0")
    added = await page.evaluate("sender.added")
    assert await _stored(process) == [(0, seq, seq) for seq in range(added)]


async def test_an_old_copy_of_a_spool_begins_a_new_epoch(tab, way, process):
    way.to = process.port
    page = await tab()
    await page.evaluate(OPEN, way.url)
    await page.evaluate(ADD, 20)
    await page.wait_for_function("sender.unacked === 0")
    await page.evaluate(OLD_COPY, 10)
    await page.evaluate(OPEN, way.url)
    await page.evaluate(ADD, 15)
    await page.wait_for_function("sender.unacked === 0")
    expected = [(0, seq, seq) for seq in range(20)] + [(1, seq, 10 + seq) for seq in range(15)]
    assert await _stored(process) == expected
    assert way.refused == 0


async def test_no_message_is_larger_than_the_server_takes(tab, way, servers, database, tmp_path):
    """Fifty frames of 3200 bytes are a batch by themselves; this server takes 64 KiB, and closes on more."""
    process = Process(servers, database, tmp_path, max_message_bytes=1 << 16)
    await process.start()
    try:
        page = await tab()
        await page.evaluate(OPEN.replace("rows: 2, cols: 2", "rows: 40, cols: 40"), way.url)
        await page.evaluate(
            "async () => { for (let i = 0; i < 120; i++) await sender.add(new Uint16Array(1600).fill(sender.added)); }"
        )
        way.to = process.port
        await page.wait_for_function("sender.unacked === 0")
        assert await page.evaluate("[sender.refused, sender.stopped]") == [0, None]
        assert await _stored(process) == [(0, seq, seq) for seq in range(120)]
        assert way.refused == 0
    finally:
        await process.end(signal.SIGTERM)


async def test_a_page_of_the_predecessors_shape_loses_and_doubles_nothing(tab, way, process):
    way.to = process.port
    page = await tab()
    await page.evaluate("([url, id]) => start(url, id)", [way.url, "page"])
    await page.wait_for_function("() => parseInt(numbers.textContent) >= 20")
    way.cut()
    await page.wait_for_function("() => lines.includes('WebSocket disconnected')")
    before = await page.evaluate("series.length")
    way.to = process.port
    await page.wait_for_function(f"() => parseInt(numbers.textContent) >= {before}")
    await page.evaluate("([http, id]) => complete(http, id)", [process.url, "page"])
    assert await page.inner_text("#state") == "completed: 200"
    n = await page.evaluate("series.length")
    assert await page.inner_text("#numbers") == f"{n} frames, peak {n - 1}"
    assert await _stored(process) == [(0, seq, seq) for seq in range(n)], (
        "each once, and none again by the final update"
    )
    lines = await page.evaluate("lines")
    assert re.fullmatch(r"WebSocket connected: [0-9a-f-]{36}", lines[0])
    assert lines[1] == "Joined WebSocket session for workout: page"
    # What was stored when the way was cut, before the page could hear of it, is not told again.
    assert 20 <= lines.count("Received stats from WebSocket:") <= n
