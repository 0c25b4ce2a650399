"""The metrics say how far the worker of the summaries is."""

from __future__ import annotations

import math
import re

import pytest

from barograph.errors import StorageAway
from barograph.store.memory.archive import MemoryArchive
from barograph.store.summaries import SummariesState
from ingest.looks import SummariesLook
from ingest.metrics import Metrics


def gauge(metrics: Metrics, name: str) -> float:
    found = re.search(rf"^barograph_summaries_{name} (\S+)$", metrics.text().decode(), re.M)
    assert found is not None
    return float(found[1])


async def test_what_the_worker_said_is_scraped_until_the_archive_does_not_answer(
    memory_archive: MemoryArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = Metrics()
    look = SummariesLook(memory_archive, metrics)
    await look.look()
    assert math.isnan(gauge(metrics, "waiting"))
    await memory_archive.summaries.tell(SummariesState(1_750_000_000_000_000, 10, 4, 1))
    await look.look()
    found = [gauge(metrics, name) for name in ("current", "waiting", "failed", "seen_seconds")]
    assert found == [4, 5, 1, 1.75e9]

    async def away() -> None:
        raise StorageAway("MongoDB is not there")

    monkeypatch.setattr(memory_archive.summaries, "state", away)
    await look.look()
    assert math.isnan(gauge(metrics, "waiting"))
