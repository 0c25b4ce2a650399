"""What a process counts of itself, for Prometheus. Each application has a registry of its own; nothing is global.

Counters move once a block, a message or an insert, never once a frame. Gauges are asked for at the scrape, by functions
that `watch` is given, and cost nothing in between.
"""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import Counter, Gauge, Histogram

from barograph.frames import Block
from barograph.web.exposition import Registry
from ingest.messages import CODES

ACK_S = (0.01, 0.025, 0.05, 0.075, 0.1, 0.125, 0.15, 0.2, 0.3, 0.5, 1, 2.5, 5, 10, 30)
LAG_S = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5)
BLOCK_FRAMES = (1, 2, 5, 10, 20, 40, 64)
BLOCK_BYTES = (1 << 10, 4 << 10, 16 << 10, 64 << 10, 128 << 10, 512 << 10, 2 << 20)
REASONS = ("declared", "not_resent", "rejected")
DOORS = ("ws", "socketio")

GAUGES = {
    "barograph_archive_waiting_bytes": "Frames that were taken and are not in the archive's journal yet, in bytes",
    "barograph_archive_inserts": "Inserts under way to the archive",
    "barograph_archive_free_bytes": "Free space on the archive's disk; NaN while it is not known",
    "barograph_feed_waiting_bytes": "What waits to be published to the live feed, in bytes",
    "barograph_outbox_waiting_events": "Events that wait to be sent to clients",
    "barograph_windows_closed": "1 while devices are asked to wait: the archive is away, far behind or nearly full",
    "barograph_live_streams": "Streams that a connection feeds",
    "barograph_rooms": "Workouts that somebody takes part in",
    "barograph_summaries_current": "Sessions that have ended and of which all tables are kept and hold",
    "barograph_summaries_waiting": "Sessions that have ended and of which a table is still to be computed",
    "barograph_summaries_failed": "Sessions of which a table could not be computed",
    "barograph_summaries_seen_seconds": "When the worker of the summaries was heard last, in seconds since 1970",
    "barograph_backup_seconds": "Moment of which the last whole backup is, in seconds since 1970; NaN: there was none",
    "barograph_backup_bytes": "Size of the last whole backup",
    "barograph_backup_failures": "Backups that failed since the last whole one",
    "barograph_viewers": "Connections that take part in a workout and feed no stream",
}


class Metrics:
    """The registry of one ingest, and what is in it."""

    def __init__(self) -> None:
        self.registry = Registry()
        self._gauges = {name: Gauge(name, said, registry=self.registry) for name, said in GAUGES.items()}
        self._add_counters()
        self._add_histograms()

    def _add_counters(self) -> None:
        def counter(name: str, said: str, label: str = "", values: tuple[str, ...] = ()) -> Counter:
            # Every value of a label is there from the start, at 0: Prometheus sees no increase in a series that begins
            # with its first event.
            made = Counter(f"barograph_{name}", said, [label] if label else [], registry=self.registry)
            for value in values:
                made.labels(value)
            return made

        self.received = counter("frames_received", "Frames that came in by any door, repeats included")
        self.stored = counter("frames_stored", "Frames that are in the archive's journal")
        self.doubled = counter("frames_doubled", "Frames that came again and were dropped")
        self.nacked = counter("frames_nacked", "Frames refused for good, by code", "code", CODES)
        self.gaps = counter(
            "gap_frames", "Numbers settled without a frame: declared, not_resent or rejected", "reason", REASONS
        )
        self.refused = counter("errors", "Messages answered with an error, by code", "code", CODES)
        self.closures = counter("window_closures", "Times that windows were closed")
        self.feed_dropped = counter("feed_dropped_messages", "Messages that viewers did not get live")
        self.accepted = counter("connections_accepted", "Connections, by door", "door", DOORS)

    def _add_histograms(self) -> None:
        def histogram(name: str, said: str, buckets: tuple[float, ...]) -> Histogram:
            return Histogram(f"barograph_{name}", said, buckets=buckets, registry=self.registry)

        self.ack_s = histogram("ack_seconds", "From a block's first frame to its place in the journal", ACK_S)
        self.block_frames = histogram("block_frames", "Frames per stored block", BLOCK_FRAMES)
        self.block_bytes = histogram("block_bytes", "Bytes of frames per stored block, before packing", BLOCK_BYTES)
        self.feed_lag_s = histogram("feed_lag_seconds", "How long a message waited to be published", LAG_S)

    def block(self, block: Block, now_us: int) -> None:
        """Count a block that is stored."""
        self.stored.inc(len(block))
        self.ack_s.observe(max(0, now_us - block.received_us) / 1e6)
        self.block_frames.observe(len(block))
        self.block_bytes.observe(block.nbytes)

    def watch(self, **readings: Callable[[], float]) -> None:
        """Give gauges, by their names without `barograph_`, the functions that know their values."""
        for name, read in readings.items():
            self._gauges[f"barograph_{name}"].set_function(read)

    def text(self) -> bytes:
        """Return all of it, as Prometheus reads it."""
        return self.registry.text()
