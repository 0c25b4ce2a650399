"""`barograph backup --keep`: a backup each day at an hour, and once more a while after one that failed."""

from __future__ import annotations

import logging
import signal
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

from barograph.cli.backups import PROGRAM
from barograph.cli.storage_urls import archive_url
from barograph.errors import BarographError, SettingsError
from barograph.logs import log_to_stderr
from barograph.settings import Settings, load, variable
from barograph.store.backups import BackupState
from barograph.store.mongo.backup.copying import back_up, state_of

LOOK_EVERY_S = 30.0
AGAIN_S = 900.0

log = logging.getLogger("barograph.backup")


def keep_backups(data_dir: Path | None, directory: Path | None, keys: Path | None) -> None:
    """Bring the backup up to date each day until a signal ends it; what was under way goes on at the next start."""
    settings = load(data_dir=data_dir, backup_dir=directory, backup_keys_dir=keys)
    if settings.backup_dir is None:
        raise SettingsError(f"{variable('backup_dir')}: expected the directory of the backup, got none")
    log_to_stderr(settings.log_level)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _raise_ended)
    try:
        with archive_url(settings) as url:
            while not ended.wait(LOOK_EVERY_S if _done(settings, url) else AGAIN_S):
                continue
    except KeyboardInterrupt:
        log.info("backups: ended by a signal; what was under way goes on at the next start")


def _raise_ended(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _done(settings: Settings, url: str) -> bool:
    """Make a backup if one is due; False where it failed."""
    directory = settings.backup_dir or Path()
    try:
        if not is_due(state_of(url, settings.database, settings.storage_timeout_s), settings.backup_hour, time.time()):
            return True
        report = back_up(
            url, settings.database, settings.storage_timeout_s, directory, settings.backup_keys_dir, program=PROGRAM
        )
    except (BarographError, OSError) as error:
        log.warning("the backup in %s failed, and is tried again in %.0f min: %s", directory, AGAIN_S / 60, error)
        return False
    made = report.manifest
    log.info(
        "the backup in %s is whole: %d days copied, %d unchanged, %.0f MB, %.0f s",
        directory, report.copied, report.kept, made.size / 1e6, made.took_s,
    )  # fmt: skip
    return True


def is_due(state: BackupState, hour: int, now_s: float) -> bool:
    """Return whether the newest backup is older than the last time that the clock of this machine showed an hour."""
    now = datetime.fromtimestamp(now_s).astimezone()
    due = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    if due > now:
        due -= timedelta(days=1)
    return state.at_us / 1e6 < due.timestamp()
