"""What is noted of backups in the database that they are of: its name among instances, and how the last ones went."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any

from barograph.store.backups import MOST_WHY, BackupState

STATE = {"_id": "backup"}


def lab_of(meta: Any) -> str:
    """Return what tells this instance's backups from those of others, made at the first one."""
    meta.update_one(STATE, {"$setOnInsert": {"lab": uuid.uuid4().hex}}, upsert=True)
    return str(meta.find_one(STATE)["lab"])


def note_whole(meta: Any, at_us: int, size: int, took_s: float) -> None:
    """Note a backup that is whole."""
    said = {"at_us": at_us, "size": size, "took_s": took_s, "failures": 0}
    meta.update_one(STATE, {"$set": said, "$unset": {"why": "", "failed_us": ""}})


def note_failure(meta: Any, why: str) -> None:
    """Note one that failed, and why."""
    said = {"why": why[:MOST_WHY], "failed_us": time.time_ns() // 1000}
    meta.update_one(
        STATE, {"$set": said, "$inc": {"failures": 1}, "$setOnInsert": {"lab": uuid.uuid4().hex}}, upsert=True
    )


def state_in(document: Mapping[str, Any]) -> BackupState:
    """Return the state in the document of backups."""
    numbers = {name: int(document.get(name, 0)) for name in ("at_us", "size", "failures", "failed_us")}
    return BackupState(**numbers, took_s=float(document.get("took_s", 0.0)), why=str(document.get("why", "")))
