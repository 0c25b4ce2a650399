"""A backup is due when the newest is older than the last time that the clock showed the hour."""

from __future__ import annotations

from datetime import datetime

import pytest

from barograph.cli.keeping_backups import is_due
from barograph.store.backups import BackupState


def at(text: str) -> float:
    return datetime.fromisoformat(text).astimezone().timestamp()


@pytest.mark.parametrize(("last", "now", "due"), [
    ("2026-11-29 03:10", "2026-11-30 02:59", False), ("2026-11-29 03:10", "2026-11-30 03:00", True),
    ("2026-11-29 02:59", "2026-11-30 02:00", True), ("2026-11-30 03:00", "2026-11-30 23:59", False),
])  # fmt: skip
def test_it_is_due_once_a_day_after_its_hour(last: str, now: str, due: bool) -> None:
    assert is_due(BackupState(at_us=round(at(last) * 1e6)), 3, at(now)) is due


def test_without_any_it_is_due_at_once() -> None:
    assert is_due(BackupState(), 3, at("2026-11-30 12:00"))
