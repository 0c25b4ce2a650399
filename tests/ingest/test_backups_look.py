"""The metrics say of which moment the last backup is, and how many failed since."""

from __future__ import annotations

import math
import re

import pytest

from barograph.errors import StorageAway
from barograph.store.backups import BackupState
from barograph.store.memory.archive import MemoryArchive
from ingest.looks import BackupsLook
from ingest.metrics import Metrics


def gauge(metrics: Metrics, name: str) -> float:
    found = re.search(rf"^barograph_backup_{name} (\S+)$", metrics.text().decode(), re.M)
    assert found is not None
    return float(found[1])


async def test_the_age_of_the_backup_and_failures_are_scraped(
    memory_archive: MemoryArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = Metrics()
    look = BackupsLook(memory_archive, metrics)
    await look.look()
    assert math.isnan(gauge(metrics, "seconds"))
    assert gauge(metrics, "failures") == 0

    async def state() -> BackupState:
        return BackupState(1_750_000_000_000_000, 4096, 1.5, 2, 1, "full")

    monkeypatch.setattr(memory_archive, "backup_state", state)
    await look.look()
    assert [gauge(metrics, name) for name in ("seconds", "bytes", "failures")] == [1.75e9, 4096, 2]

    async def away() -> BackupState:
        raise StorageAway("MongoDB is not there")

    monkeypatch.setattr(memory_archive, "backup_state", away)
    await look.look()
    assert math.isnan(gauge(metrics, "failures"))
