"""Where the gauges of the metrics read their values."""

from __future__ import annotations

from ingest.metrics import Metrics
from ingest.sessions import Ingest


def watch(metrics: Metrics, ingest: Ingest) -> None:
    """Let the gauges show this ingest."""
    committer, streams, rooms = ingest.committer, ingest.streams, ingest.rooms
    metrics.watch(
        archive_waiting_bytes=lambda: committer.pending_bytes,
        archive_inserts=lambda: committer.inserts,
        archive_free_bytes=lambda: streams.free_bytes,
        feed_waiting_bytes=lambda: ingest.publisher.waiting_bytes,
        outbox_waiting_events=lambda: sum(len(peer.outbox) for peer in rooms.peers()),
        windows_closed=lambda: streams.closed_windows,
        live_streams=lambda: streams.fed,
        rooms=lambda: len(rooms),
        viewers=lambda: sum(not peer.sessions for peer in rooms.peers()),
    )
