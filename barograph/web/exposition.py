"""A registry of numbers that one application counts, and its text as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import Metric

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


class Registry(CollectorRegistry):
    """The metrics of one application, and of its process.

    Moments at which counters were made are left out: they double the answer, and nobody reads them.
    """

    def __init__(self) -> None:
        super().__init__()
        ProcessCollector(registry=self)

    def collect(self) -> Iterator[Metric]:
        """Return all metrics as they are now."""
        for family in super().collect():
            family.samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
            yield family

    def text(self) -> bytes:
        """Return all of it, as Prometheus reads it."""
        return generate_latest(self)
