"""What the dashboard counts of itself, for Prometheus, and who may: this machine, our servers, a Prometheus.

Counters move once a request or a callback. Gauges are asked for at the scrape, by functions that `watch` is given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prometheus_client import Counter, Gauge, Histogram
from quart import Quart, Response, request

from barograph.access.needs import needs
from barograph.access.principals import Access
from barograph.access.proofs import METRICS, Proofs
from barograph.web.entries import Entry, entry_of
from barograph.web.exposition import CONTENT_TYPE, Registry

CALLBACK_S = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30)
OF_NO_ROUTE = "none"
GAUGES = {
    "viewers": "Live feeds that are watched",
    "sockets": "Open sockets of pages, walls and feedback",
    "archive_age_seconds": "Since the archive answered last, in seconds; asked every five; NaN: not yet",
    "ingest_age_seconds": "Since the ingest answered last, in seconds; asked every five; NaN: not yet",
}
CACHES = {
    "cache_bytes": "What kept results hold, by cache",
    "cache_results": "Kept results, by cache",
}


class Metrics:
    """The registry of one dashboard, and what is in it."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.requests = Counter(
            "barograph_dashboard_requests",
            "Requests that were answered, by route and status",
            ("route", "status"),
            registry=self.registry,
        )
        self.callback_s = Histogram(
            "barograph_dashboard_callback_seconds",
            "How long callbacks of pages took, by callback",
            ("callback",),
            buckets=CALLBACK_S,
            registry=self.registry,
        )
        self._gauges = {name: self._gauge(name, said) for name, said in GAUGES.items()}
        self._caches = {name: self._gauge(name, said, "cache") for name, said in CACHES.items()}

    def _gauge(self, name: str, said: str, *labels: str) -> Gauge:
        return Gauge(f"barograph_dashboard_{name}", said, labels, registry=self.registry)

    def watch(self, **readings: Callable[[], float]) -> None:
        """Give gauges, by their names without `barograph_dashboard_`, the functions that know their values."""
        for name, read in readings.items():
            self._gauges[name].set_function(read)

    def watch_cache(self, cache: str, nbytes: Callable[[], float], results: Callable[[], float]) -> None:
        """Give the gauges of a cache the functions that know how much it holds."""
        self._caches["cache_bytes"].labels(cache).set_function(nbytes)
        self._caches["cache_results"].labels(cache).set_function(results)

    def called(self, callback: str, took_s: float) -> None:
        """Count a callback that has ended."""
        self.callback_s.labels(callback).observe(took_s)


class Scrapers:
    """Knows who may read the metrics."""

    def __init__(self, access: Access, proofs: Proofs) -> None:
        self._access, self._proofs = access, proofs

    def admit(self, asked: Any) -> bool:
        """Return whether a request may read them: from this machine, of a server of ours, or with their token."""
        here = entry_of(asked) is Entry.MACHINE and self._access.host_allowed(asked) and self._access.trusts(asked)
        return here or self._proofs.proven(asked) or self._proofs.scrapes(asked)


def register(app: Quart, metrics: Metrics) -> None:
    """Give the application `/metrics`, whose readers the door knows, and count what it answers."""

    @app.get(METRICS)
    @needs("known")
    async def scrape() -> Response:
        """Counters, gauges and histograms, as Prometheus reads them."""
        return Response(metrics.registry.text(), content_type=CONTENT_TYPE)

    @app.after_request
    async def count(response: Response) -> Response:
        rule = request.url_rule
        metrics.requests.labels(OF_NO_ROUTE if rule is None else rule.rule, response.status_code).inc()
        return response
