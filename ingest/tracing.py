"""Traces of frames by OpenTelemetry: where one spends its time from the socket to the ack, for a sample of messages.

Loaded only with `BAROGRAPH_TRACES_URL`: without it the ingest is made of its plain classes, and nothing here costs
anything. A trace follows the first frame of a message that is new:

    frames   from the socket until its ack waits for its connection
    ├─ receive   decoded, checked, numbered, statistics
    ├─ wait      in an open block, then for an insert
    ├─ commit    the insert into MongoDB, until it is in the journal; asked again where MongoDB was away
    ├─ feed      waiting for, and on its way to, the live feed, beside the others
    └─ ack       settled and told

Spans leave this machine, so they have ids and numbers alone: the connection as the log has it, the random `uid` of the
workout rather than its name, and of the stream its side, or a word that only this process makes of its name. What
errors say is no part of them.

Queue: at most `MOST_OPEN` traces are open; beyond that messages are not traced. The SDK keeps 2,048 spans that wait for
the receiver, and drops what comes beyond. Frames wait for neither.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import Span, StatusCode, set_span_in_context

from barograph import __version__, codec
from barograph.frames import Block, Stream
from barograph.logs import short_id
from barograph.settings import Settings
from barograph.store.ports import Archive, Live
from ingest.commit import Committer, Piece
from ingest.feed import Publisher
from ingest.metrics import Metrics
from ingest.peers import Peer
from ingest.receipts import Outcome, Request
from ingest.sessions import Ingest
from ingest.stream_session import Arrival, StreamSession

MOST_OPEN = 256
FORGOTTEN_NS = 60_000_000_000  # what is open so long is not waited for when there is no room
EXPORT_TIMEOUT_S = 3.0
NO_NAMES = ("left", "right", "main")

_received_ns: ContextVar[int] = ContextVar("received_ns", default=0)
_secret = secrets.token_bytes(16)


def stream_id(stream: Stream) -> str:
    """Return what a trace calls a stream: its side, or what this process alone makes of the name that it was given."""
    if stream.stream in NO_NAMES:
        return stream.stream
    return hashlib.blake2s(str(stream).encode(), key=_secret, digest_size=6).hexdigest()


@dataclass(eq=False)
class Trace:
    """One frame on its way; times are in nanoseconds since 1970."""

    root: Span
    stream: Stream
    e: int
    seq: int
    begun_ns: int
    taken_ns: int = 0
    fed: bool = False
    committed_ns: int = 0

    def of(self, block: Block) -> bool:
        """Return whether its frame is in a block of its stream."""
        return self.e == block.e and block.seq <= self.seq < block.stop


class Traces:
    """The open traces of a process, and where they go."""

    def __init__(self, settings: Settings) -> None:
        told = {"service.name": "barograph-ingest", "service.version": __version__}
        self._provider = TracerProvider(
            sampler=TraceIdRatioBased(settings.traces_ratio), resource=Resource.create(told), shutdown_on_exit=False
        )
        exporter = OTLPSpanExporter(f"{settings.traces_url}/v1/traces", timeout=EXPORT_TIMEOUT_S)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("barograph.ingest", __version__)
        self.open: list[Trace] = []

    async def stop(self) -> None:
        """Send what waits, or give it up; nothing is traced any more."""
        await asyncio.to_thread(self._provider.shutdown)

    def begin(self, peer: Peer, session: StreamSession, arrival: Arrival) -> Trace | None:
        """Begin the trace of a message's first frame, if it is one of the sample and there is room."""
        begun_ns = _received_ns.get() or arrival.received_us * 1000
        if len(self.open) >= MOST_OPEN:
            for old in [one for one in self.open if begun_ns - one.begun_ns > FORGOTTEN_NS]:
                self.end(old, "forgotten")
            if len(self.open) >= MOST_OPEN:
                return None
        root = self._tracer.start_span("frames", start_time=begun_ns)
        if not root.is_recording():
            return None
        seq, stream = session.next_number(arrival.seq), session.stream
        root.set_attributes({
            "barograph.connection": short_id(peer.name), "barograph.workout": stream.uid,
            "barograph.stream": stream_id(stream), "barograph.e": session.e, "barograph.seq": seq,
            "barograph.frames": len(arrival.frames),
        })  # fmt: skip
        trace = Trace(root, stream, session.e, seq, begun_ns)
        self.open.append(trace)
        return trace

    def span(self, trace: Trace, name: str, begun_ns: int, ended_ns: int, *, failed: str = "", **about: int) -> None:
        """Add a span, which is over, to a trace; `failed` is a kind of error."""
        span = self._tracer.start_span(name, set_span_in_context(trace.root), start_time=begun_ns)
        span.set_attributes({f"barograph.{key}": value for key, value in about.items()})
        if failed:
            span.set_status(StatusCode.ERROR, failed)
        span.end(ended_ns)

    def end(self, trace: Trace, failed: str = "") -> None:
        """End a trace, if it is open."""
        if trace in self.open:
            self.open.remove(trace)
            if failed:
                trace.root.set_status(StatusCode.ERROR, failed)
            trace.root.end(time.time_ns())

    def within(self, stream: Stream, block: Block) -> list[Trace]:
        """Return the open traces whose frames are in a block."""
        return [one for one in self.open if one.stream == stream and one.of(block)]


class TracedPublisher(Publisher):
    """A publisher that tells when a block came, and when it was published."""

    def __init__(self, live: Live, metrics: Metrics, traces: Traces) -> None:
        super().__init__(live, metrics)
        self._traces = traces
        self._unfed: list[Trace] = []

    def block(self, stream: Stream, block: Block) -> None:
        """Publish a block, which was taken this moment."""
        super().block(stream, block)
        now_ns = time.time_ns()
        for trace in self._traces.within(stream, block):
            if not trace.taken_ns:
                trace.taken_ns = now_ns
                self._traces.span(trace, "receive", trace.begun_ns, now_ns)
                self._unfed = [*self._unfed[-MOST_OPEN:], trace]

    async def _publish(self, batch: list[tuple[Stream, bytes, float]]) -> None:
        here = [trace for trace in self._unfed if any(_has(stream, message, trace) for stream, message, _ in batch)]
        skipped = self.dropped
        await super()._publish(batch)
        now_ns, failed = time.time_ns(), "" if skipped == self.dropped else "skipped"
        for trace in here:
            self._unfed.remove(trace)
            self._traces.span(trace, "feed", trace.taken_ns, now_ns, failed=failed, messages=len(batch))


def _has(stream: Stream, message: bytes, trace: Trace) -> bool:
    if stream != trace.stream:
        return False
    head, _ = codec.decode(message)
    return (
        head["type"] in ("frames", "backfilled") and head["e"] == trace.e and 0 <= trace.seq - head["seq"] < head["n"]
    )


class TracedCommitter(Committer):
    """A committer that tells when a block was inserted, and when its ack was told."""

    def __init__(self, archive: Archive, on_stored: Any, on_refused: Any, traces: Traces) -> None:
        super().__init__(archive, on_stored, on_refused)
        self._traces = traces

    async def _append(self, batch: Sequence[Piece]) -> None:
        begun_ns, failed = time.time_ns(), ""
        try:
            await super()._append(batch)
        except Exception as error:
            failed = type(error).__name__
            raise
        finally:
            now_ns = time.time_ns()
            for trace in self._here(batch):
                if not trace.committed_ns:
                    self._traces.span(trace, "wait", trace.taken_ns, begun_ns)
                trace.committed_ns = 0 if failed else now_ns
                frames = sum(len(block) for _, block in batch)
                about = {"blocks": len(batch), "insert_frames": frames}
                self._traces.span(trace, "commit", begun_ns, now_ns, failed=failed, **about)

    async def _insert(self, batch: list[Piece]) -> None:
        await super()._insert(batch)
        for trace in self._here(batch):
            if trace.committed_ns:
                self._traces.span(trace, "ack", trace.committed_ns, time.time_ns())
            self._traces.end(trace, "" if trace.committed_ns else "refused")

    def _here(self, batch: Sequence[Piece]) -> list[Trace]:
        if not self._traces.open:
            return []
        found = (self._traces.within(session.stream, block) for session, block in batch)
        return [trace for traces in found for trace in traces]


class TracedIngest(Ingest):
    """An ingest that traces a sample of what its doors bring."""

    def __init__(self, archive: Archive, publisher: TracedPublisher, traces: Traces, **options: Any) -> None:
        def committer(store: Archive, on_stored: Any, on_refused: Any) -> Committer:
            return TracedCommitter(store, on_stored, on_refused, traces)

        super().__init__(archive, publisher, committer=committer, **options)
        self._traces = traces

    async def drain(self) -> None:
        """Return when all that was accepted is stored, and its traces are sent or given up."""
        await super().drain()
        await self._traces.stop()

    async def receive(self, peer: Peer, waiting: Sequence[str | bytes | Request]) -> None:
        """Handle messages in their order, which came this moment."""
        _received_ns.set(time.time_ns())
        await super().receive(peer, waiting)

    async def take(self, peer: Peer, session: StreamSession, arrival: Arrival) -> Outcome:
        """Sort an arrival, and give on what is new."""
        if (trace := self._traces.begin(peer, session, arrival)) is None:
            return await super().take(peer, session, arrival)
        try:
            return await super().take(peer, session, arrival)
        except Exception as error:
            self._traces.end(trace, type(error).__name__)
            raise
        finally:
            if not trace.taken_ns:  # a repeat, or refused for good: no block has it
                self._traces.end(trace, "not new")
