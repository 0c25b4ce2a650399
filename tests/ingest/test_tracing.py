"""Traces of frames, as a real receiver of OpenTelemetry's protocol gets them: whole, without names, and at no cost."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import numpy as np
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from served import Client, serving
from websockets.asyncio.client import connect

from barograph import codec
from barograph import settings as settings_module
from barograph.errors import LiveAway, SettingsError
from barograph.frames import Layout
from barograph.logs import short_id
from ingest import tracing

LAYOUT = Layout(rows=4, cols=3, dtype="uint16")
NAME, STREAM, EPOCH = "workout of a person", "a word of theirs", "said by a device"
PARTS = ("receive", "wait", "commit", "feed", "ack")


@contextmanager
def receiver() -> Iterator[tuple[str, list[ExportTraceServiceRequest]]]:
    """An OTLP receiver over HTTP: its address, and what it was given."""
    given: list[ExportTraceServiceRequest] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == "/v1/traces"
            given.append(ExportTraceServiceRequest.FromString(body))
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", given
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def spans(given: list[ExportTraceServiceRequest]) -> list[Span]:
    return [
        span
        for one in given
        for resource in one.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def attributes(span: Span) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}


async def send(running: Any, stream: str, batches: int) -> str:
    """Send batches of ten frames, wait for the ack of each, and return what the log calls the connection."""
    async with connect(running.ws_url, additional_headers=running.owner) as socket:
        client = Client(socket)
        names = {"workout_id": NAME, "stream": stream, "epoch": EPOCH}
        await client.say(type="join_session", layout=LAYOUT.to_dict(), athlete="Somebody", **names)
        now_us = (await client.hear("session_joined"))["server_time_us"]
        streams = running.app.extensions["barograph"]["ingest"].streams
        (peer,) = [streams.feeder(one) for one in streams.in_workout(NAME) if one.stream.stream == stream]
        for n in range(batches):
            times = {"t0_us": now_us + 100_000 * n, "dt_us": 10_000, "seq": 10 * n, "n": 10, "encoding": "raw"}
            head = {"type": "frames", **names, **times}
            await socket.send(codec.encode(head, np.full((10, 4, 3), n, "<u2").tobytes()))
            while (await client.hear("ack"))["next_seq"] < 10 * n + 10:
                pass
        return short_id(peer.name)


async def test_a_frame_is_traced_from_the_socket_to_its_ack(mongo_archive, redis_live, tmp_path):
    with receiver() as (url, given):
        before_ns = time.time_ns()
        async with serving(mongo_archive, redis_live, tmp_path, traces_url=url, traces_ratio=1.0) as running:
            connection = await send(running, STREAM, 3)
            await send(running, "left", 1)
            uid = (await mongo_archive.uids([NAME]))[NAME]
        found = spans(given)
        raw = b"".join(one.SerializeToString() for one in given)
    roots = sorted((span for span in found if span.name == "frames"), key=lambda span: span.start_time_unix_nano)
    assert len(roots) == 4
    for n, root in enumerate(roots[:3]):
        assert attributes(root) == {
            "barograph.connection": connection, "barograph.workout": uid,
            "barograph.stream": attributes(roots[0])["barograph.stream"],
            "barograph.e": 0, "barograph.seq": 10 * n, "barograph.frames": 10,
        }  # fmt: skip
        parts = {span.name: span for span in found if span.trace_id == root.trace_id and span is not root}
        assert set(parts) == set(PARTS)
        assert {span.parent_span_id for span in parts.values()} == {root.span_id}
        edges = [
            before_ns, root.start_time_unix_nano, parts["receive"].start_time_unix_nano,
            parts["receive"].end_time_unix_nano, parts["wait"].start_time_unix_nano, parts["wait"].end_time_unix_nano,
            parts["commit"].start_time_unix_nano, parts["commit"].end_time_unix_nano,
            parts["ack"].start_time_unix_nano, parts["ack"].end_time_unix_nano, root.end_time_unix_nano,
        ]  # fmt: skip
        assert edges == sorted(edges)
        assert parts["feed"].end_time_unix_nano > parts["feed"].start_time_unix_nano >= edges[3]
        assert attributes(parts["commit"])["barograph.insert_frames"] >= 10
        assert parts["wait"].end_time_unix_nano - parts["wait"].start_time_unix_nano > 50e6, "a block waits for 100 ms"
        assert not any(span.status.code for span in (root, *parts.values()))
    assert attributes(roots[3])["barograph.stream"] == "left"
    for said in (NAME, STREAM, EPOCH, "Somebody", "127.0.0.1"):
        assert said.encode() not in raw


async def test_repeats_end_at_once_and_what_is_not_new_is_no_fault_of_the_archive(mongo_archive, redis_live, tmp_path):
    with receiver() as (url, given):
        async with serving(mongo_archive, redis_live, tmp_path, traces_url=url, traces_ratio=1.0) as running:
            await send(running, "left", 1)
            await send(running, "left", 1)
            assert running.app.extensions["barograph"]["ingest"]._traces.open == []
        roots = [span for span in spans(given) if span.name == "frames"]
    assert [span.status.message for span in roots] == ["", "not new"]


async def test_a_share_of_the_messages_is_traced(mongo_archive, redis_live, tmp_path):
    with receiver() as (url, given):
        async with serving(mongo_archive, redis_live, tmp_path, traces_url=url, traces_ratio=1e-9) as running:
            await send(running, "left", 3)
        assert spans(given) == []


async def test_a_receiver_that_is_away_costs_no_frame(mongo_archive, redis_live, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(tracing, "EXPORT_TIMEOUT_S", 0.5)
    given = {"traces_url": "http://127.0.0.1:9", "traces_ratio": 1.0}
    async with serving(mongo_archive, redis_live, tmp_path, **given) as running:
        await send(running, "left", 3)
        begun_s = time.monotonic()
    assert time.monotonic() - begun_s < 8
    assert any(record.name.startswith("opentelemetry") for record in caplog.records), "the log says that it is away"


async def test_a_feed_that_is_away_is_seen_in_the_trace(mongo_archive, redis_live, tmp_path, monkeypatch):
    async def away(messages: Any) -> None:
        raise LiveAway("no feed")

    with receiver() as (url, given):
        async with serving(mongo_archive, redis_live, tmp_path, traces_url=url, traces_ratio=1.0) as running:
            monkeypatch.setattr(redis_live, "publish", away)
            await send(running, "left", 1)
            publisher = running.app.extensions["barograph"]["ingest"].publisher
            async with asyncio.timeout(20):
                while publisher._unfed:
                    await asyncio.sleep(0.1)
        feeds = [span.status.message for span in spans(given) if span.name == "feed"]
    assert feeds == ["skipped"]


async def test_open_traces_are_few(mongo_archive, redis_live, tmp_path, monkeypatch):
    monkeypatch.setattr(tracing, "MOST_OPEN", 0)
    with receiver() as (url, given):
        async with serving(mongo_archive, redis_live, tmp_path, traces_url=url, traces_ratio=1.0) as running:
            await send(running, "left", 2)
        assert spans(given) == []


def test_without_the_setting_none_of_it_is_loaded() -> None:
    code = "import sys, ingest.app; print('ingest.sessions' in sys.modules, 'ingest.tracing' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True False\n"


@pytest.mark.parametrize("url", ["127.0.0.1:4318", "grpc://127.0.0.1:4317"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match=r"BAROGRAPH_TRACES_URL.*expected an address"):
        settings_module.load(traces_url=url)
