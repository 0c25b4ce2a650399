"""The System page's numbers: what is drawn and told of the ingest and of this dashboard, each with its definition."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from barograph.frames import Floats
from dashboard.reading.ring import History
from dashboard.reading.vitals import OWN_CPU, OWN_MEMORY, OWN_VIEWERS, Vitals

HOUR_S = 3600.0
MIB, GIB = float(1 << 20), float(1 << 30)
WINDOW_S = 60.0


@dataclass(frozen=True)
class Quantity:
    """A line: values look by look, and what they are."""

    title: str
    short: str
    unit: str
    formula: str
    meaning: str
    values: Floats
    digits: int = 0

    @property
    def now(self) -> float:
        """The newest value; NaN when the last look had no answer."""
        return float(self.values[-1]) if len(self.values) else math.nan

    @property
    def mean(self) -> float:
        """Of all looks that had a value."""
        return float(np.nanmean(self.values)) if np.isfinite(self.values).any() else math.nan

    @property
    def highest(self) -> float:
        """Of all looks that had a value."""
        return float(np.nanmax(self.values)) if np.isfinite(self.values).any() else math.nan


Read = Callable[[History], Floats]


def _gauge(name: str, unit: float = 1.0) -> Read:
    return lambda history: history.series(name) / unit


def _age(name: str) -> Read:
    return lambda history: (history.times_us() / 1e6 - history.series(name)) / HOUR_S


def _rate(name: str, factor: float = 1.0) -> Read:
    return lambda history: history.rate(name) * factor


def _quantile(name: str, q: float, looks: int) -> Read:
    return lambda history: history.quantiles(name, q, looks) * 1000


# Name: title, label at the line's end, unit, formula, digits, what Prometheus calls it, how its values are read.
def _table(looks: int) -> dict[str, tuple[str, str, str, str, int, str, Read]]:
    ack, lag = "barograph_ack_seconds", "barograph_feed_lag_seconds"
    return {
        "received": ("Received", "received", "frames/s", "rate(barograph_frames_received_total)", 0,
                     "barograph_frames_received", _rate("barograph_frames_received_total")),
        "stored": ("Stored", "stored", "frames/s", "rate(barograph_frames_stored_total)", 0,
                   "barograph_frames_stored", _rate("barograph_frames_stored_total")),
        "ack50": ("Ack latency, median", "p50", "ms", f"quantile 0.5 of {ack}, last minute", 0, ack,
                  _quantile(ack, 0.5, looks)),
        "ack95": ("Ack latency, p95", "p95", "ms", f"quantile 0.95 of {ack}, last minute", 0, ack,
                  _quantile(ack, 0.95, looks)),
        "lag95": ("Feed lag, p95", "p95", "ms", f"quantile 0.95 of {lag}, last minute", 1, lag,
                  _quantile(lag, 0.95, looks)),
        "streams": ("Live streams", "streams", "", "barograph_live_streams", 0, "barograph_live_streams",
                    _gauge("barograph_live_streams")),
        "viewers": ("Viewers", "viewers", "", "open feed sockets of this dashboard", 0, "",
                    lambda history: history.series(*OWN_VIEWERS)),
        "listeners": ("Listeners", "listeners", "", "barograph_viewers", 0, "barograph_viewers",
                      _gauge("barograph_viewers")),
        "waiting": ("Waiting to be stored", "to store", "MiB", "barograph_archive_waiting_bytes", 2,
                    "barograph_archive_waiting_bytes", _gauge("barograph_archive_waiting_bytes", MIB)),
        "publishing": ("Waiting for the feed", "to feed", "MiB", "barograph_feed_waiting_bytes", 2,
                       "barograph_feed_waiting_bytes", _gauge("barograph_feed_waiting_bytes", MIB)),
        "events": ("Waiting for clients", "events", "events", "barograph_outbox_waiting_events", 0,
                   "barograph_outbox_waiting_events", _gauge("barograph_outbox_waiting_events")),
        "free": ("Free space", "free", "GiB", "barograph_archive_free_bytes", 1, "barograph_archive_free_bytes",
                 _gauge("barograph_archive_free_bytes", GIB)),
        "summaries": ("Sessions that wait for a summary", "to sum up", "", "barograph_summaries_waiting", 0,
                      "barograph_summaries_waiting", _gauge("barograph_summaries_waiting")),
        "summary_failures": ("Sessions whose summary failed", "failed", "", "barograph_summaries_failed", 0,
                             "barograph_summaries_failed", _gauge("barograph_summaries_failed")),
        "backup": ("Age of the backup", "backup", "h", "now - barograph_backup_seconds", 1, "barograph_backup_seconds",
                   _age("barograph_backup_seconds")),
        "backup_failures": ("Backups that failed since", "failed", "", "barograph_backup_failures", 0,
                            "barograph_backup_failures", _gauge("barograph_backup_failures")),
        "memory": ("Memory of the ingest", "ingest", "MiB", "process_resident_memory_bytes", 0,
                   "process_resident_memory_bytes", _gauge("process_resident_memory_bytes", MIB)),
        "own_memory": ("Memory of the dashboard", "pages", "MiB", "resident memory of this process", 0, "",
                       lambda history: history.series(*OWN_MEMORY) / MIB),
        "cpu": ("CPU of the ingest", "ingest", "% of a core", "100 · rate(process_cpu_seconds_total)", 0,
                "process_cpu_seconds", _rate("process_cpu_seconds_total", 100.0)),
        "own_cpu": ("CPU of the dashboard", "pages", "% of a core", "100 · rate(CPU seconds of this process)", 0,
                    "", lambda history: history.rate(*OWN_CPU) * 100),
    }  # fmt: skip


# What is said of what Prometheus does not know, or says too shortly for someone who is not at home there.
OWN_WORDS = {
    "viewers": "Pages and thumbnails that follow a workout in this dashboard",
    "listeners": "Connections to the ingest that take part in a workout and feed no stream",
    "own_memory": "Resident memory of the process that made this page",
    "own_cpu": "CPU time of the process that made this page",
}

# Charts: title, unit, the lines of each.
CHARTS = (
    ("Frames", "frames/s", ("received", "stored")),
    ("Ack latency", "ms", ("ack95", "ack50")),
    ("Streams and viewers", "", ("streams", "viewers", "listeners")),
    ("Waiting", "MiB", ("waiting", "publishing")),
    ("Feed lag", "ms", ("lag95",)),
    ("Free space", "GiB", ("free",)),
    ("Memory", "MiB", ("memory", "own_memory")),
    ("CPU", "% of a core", ("cpu", "own_cpu")),
)


def quantities(vitals: Vitals) -> dict[str, Quantity]:
    """Return every quantity over all that is known."""
    meanings: Mapping[str, str] = vitals.last.meanings if vitals.last else {}
    looks = max(1, round(WINDOW_S / vitals.every_s))
    return {
        name: Quantity(title, short, unit, formula, OWN_WORDS.get(name) or meanings.get(metric, ""),
                       read(vitals.history), digits)
        for name, (title, short, unit, formula, digits, metric, read) in _table(looks).items()
    }  # fmt: skip


@dataclass(frozen=True)
class Trouble:
    """Something counted that should not happen, or not often."""

    what: str
    code: str
    lately: float
    ever: float


COUNTED = (
    ("barograph_frames_nacked_total", "Frames refused for good"),
    ("barograph_gap_frames_total", "Frames that are missing for good"),
    ("barograph_errors_total", "Messages answered with an error"),
    ("barograph_frames_doubled_total", "Frames that came again and were dropped"),
    ("barograph_feed_dropped_messages_total", "Messages that viewers did not get live"),
    ("barograph_window_closures_total", "Times that devices were asked to wait"),
)


def troubles(vitals: Vitals) -> list[Trouble]:
    """Return what went wrong, by code; only what was counted at least once."""
    values = vitals.last.values if vitals.last else {}
    found = []
    for name, what in COUNTED:
        for key in [(name,), *((name, label) for label in vitals.history.labels(name))]:
            lately, ever = vitals.history.risen(*key), values.get(key, 0.0)
            if lately or ever:
                found.append(Trouble(what, key[1] if len(key) > 1 else "", lately, ever))
    return found
