"""What `barograph doctor` says of backups: how old the newest is, and what to do where it is too old or fails."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from barograph.cli.findings import Finding
from barograph.errors import BackupError
from barograph.settings import Settings, variable
from barograph.store.backups import BackupState
from barograph.store.mongo.backup import manifest
from barograph.store.mongo.migrations import MIGRATIONS
from barograph.texts import plural

OLD_S = 2 * 86400.0  # one of each day may have failed, and not the next
ROOM = 0.2  # of the size of the last one: what is copied anew lies beside what stood
LOOK = "is `barograph up` or `barograph backup --keep` running? `barograph backup` makes one now"


def backup_findings(chosen: Settings) -> Iterator[Finding]:
    """Say how old the backup in the directory of the settings is, and whether the next has room."""
    directory = chosen.backup_dir
    if directory is None:
        yield Finding("backup", f"none is kept; {variable('backup_dir')} keeps one each day")
        return
    place = next(path for path in (directory, *directory.parents) if path.is_dir())
    if not os.access(place, os.W_OK | os.X_OK):
        yield Finding("backup", f"{place} cannot be written", f"change its owner, or {variable('backup_dir')}")
    if not (directory / manifest.MANIFEST).is_file():
        yield Finding("backup", f"there is none in {directory} yet", LOOK)
        return
    try:
        found = manifest.read(directory, len(MIGRATIONS))
    except BackupError as error:
        yield Finding("backup", str(error), "make a new one in an empty directory")
        return
    age_s = time.time() - found.at_us / 1e6
    said = f"of {_ago(age_s)} ago, {found.size / 1e6:,.1f} MB in {directory}"
    yield Finding("backup", said, LOOK if age_s > OLD_S else "")
    yield from _room(place, found.size)
    yield from _keys(chosen, directory, found)


def failed_backups(state: BackupState) -> list[Finding]:
    """Return what is noted of backups that failed since the last whole one; nothing where none did."""
    if not state.failures:
        return []
    return [Finding("backups", f"{state.failures} failed since the last whole one: {state.why}", LOOK)]


def _room(place: Path, size: int) -> Iterator[Finding]:
    free = shutil.disk_usage(place).free
    if free < ROOM * size:
        yield Finding("backup's disk", f"{free >> 20:,} MiB free", f"make room on {place}: the next one may not fit")


def _keys(chosen: Settings, directory: Path, found: manifest.Manifest) -> Iterator[Finding]:
    place = chosen.backup_keys_dir or directory / manifest.KEYS
    if found.keys is not None and not (place / found.keys.file).is_file():
        remedy = f"correct {variable('backup_keys_dir')}"
        yield Finding("backup's keys", f"{place / found.keys.file} is not there", remedy)


def _ago(age_s: float) -> str:
    """An age in days and hours."""
    if age_s < 0:
        return "a time to come"
    hours = int(timedelta(seconds=age_s).total_seconds() // 3600)
    return f"{plural(hours // 24, 'day')} and {hours % 24} h" if hours >= 24 else f"{hours} h"
