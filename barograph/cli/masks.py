"""What the commands under `barograph masks` print and change."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.table import Table

from barograph.cli.sessions import ask, print_table
from barograph.settings import Settings
from barograph.store import correcting
from barograph.store.corrections import Corrections, MaskVersion, PrintsVersion
from barograph.store.mongo.archive import MongoArchive


def list_masks(data_dir: Path | None, workout_id: str) -> None:
    """Print one row per version of masks, those of other sessions of the athlete last."""
    found = _corrections(data_dir, workout_id)
    table = Table("version", "stream", "foot", "for", "cells", "made, UTC", "by", "state", "reason")
    for one in (*found.masks, *found.of_athlete):
        cells = "as found" if one.automatic else str(one.n_cells)
        number = f"{one.number} of {one.workout_id}" if one.workout_id else str(one.number)
        said = [one.stream, one.side, one.mark or one.scope, cells, _when(one.made_us), one.made_by or "owner"]
        table.add_row(number, *said, _state(one), one.reason)
    print_table(table)


def list_prints(data_dir: Path | None, workout_id: str) -> None:
    """Print one row per version of corrected prints."""
    table = Table("version", "corrections", "made, UTC", "by", "state", "reason")
    for one in _corrections(data_dir, workout_id).prints:
        made = _when(one.made_us), one.made_by or "owner"
        table.add_row(str(one.number), str(len(one.fixes)), *made, _state(one), one.reason)
    print_table(table)


def copy_masks(data_dir: Path | None, workout_id: str, source: str, number: int | None) -> None:
    """Copy masks to a session from another one."""

    async def work(archive: MongoArchive, chosen: Settings) -> list[MaskVersion]:
        return await correcting.copy_masks(archive, workout_id, source, number, now_us=_now_us())

    for one in ask(data_dir, work):
        click.echo(f"{workout_id}, {one.stream}, {one.side} foot: {one.name}")


def withdraw(data_dir: Path | None, workout_id: str, number: int, *, prints: bool, withdrawn: bool) -> None:
    """Take a version back, or bring it back."""

    async def work(archive: MongoArchive, chosen: Settings) -> MaskVersion | PrintsVersion:
        port = archive.corrections
        if prints:
            return await port.withdraw_prints(workout_id, number, withdrawn=withdrawn, now_us=_now_us())
        return await port.withdraw_mask(workout_id, number, withdrawn=withdrawn, now_us=_now_us())

    click.echo(f"{'prints' if prints else 'masks'} version {number}: {_state(ask(data_dir, work))}")


def _corrections(data_dir: Path | None, workout_id: str) -> Corrections:
    async def work(archive: MongoArchive, chosen: Settings) -> Corrections:
        return await archive.corrections.of(workout_id)

    return ask(data_dir, work)


def _state(one: MaskVersion | PrintsVersion) -> str:
    return f"withdrawn {_when(one.withdrawn_us)}" if one.withdrawn_us else "kept"


def _when(at_us: int) -> str:
    return f"{datetime.fromtimestamp(at_us / 1e6, UTC):%Y-%m-%d %H:%M:%S}"


def _now_us() -> int:
    return time.time_ns() // 1000
