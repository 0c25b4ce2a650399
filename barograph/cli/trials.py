"""What the commands under `barograph trials` print and change."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from barograph import protocols
from barograph.cli.sessions import ask, print_table
from barograph.errors import InvalidData
from barograph.settings import Settings
from barograph.store.mongo.archive import MongoArchive
from barograph.store.records import first_us
from barograph.store.trials import Trial, TrialChange, new_trial


def list_trials(data_dir: Path | None, workout_id: str) -> None:
    """Print one row per trial."""

    async def work(archive: MongoArchive, chosen: Settings) -> tuple[list[Trial], int]:
        zero_us = first_us(await archive.workout(workout_id)) or 0
        return await archive.trials.of(workout_id), zero_us

    found, zero_us = ask(data_dir, work)
    table = Table("trial", "protocol", "condition", "side", "from s", "to s", "state", "reason")
    for one in found:
        ends = [f"{(at - zero_us) / 1e6:.3f}" for at in (one.start_us, one.stop_us)]
        table.add_row(str(one.number), one.protocol, one.condition, one.side, *ends, one.state, one.reason)
    print_table(table)


def list_changes(data_dir: Path | None, workout_id: str) -> None:
    """Print one row per change of a session's trials."""

    async def work(archive: MongoArchive, chosen: Settings) -> list[TrialChange]:
        return await archive.trials.changes(workout_id)

    table = Table("when, UTC", "trial", "by", "before")
    for one in ask(data_dir, work):
        when = f"{datetime.fromtimestamp(one.at_us / 1e6, UTC):%Y-%m-%d %H:%M:%S}"
        before = ", ".join(f"{name} {value!r}" for name, value in one.before.items()) or "made"
        table.add_row(when, str(one.number), one.by or "owner", before)
    print_table(table)


def add_trial(
    data_dir: Path | None, workout_id: str, protocol: str, ends_s: tuple[float, float], said: Mapping[str, Any]
) -> None:
    """Make a trial of a part of a session."""

    async def work(archive: MongoArchive, chosen: Settings) -> Trial:
        zero_us = first_us(await archive.workout(workout_id))
        if zero_us is None:
            raise InvalidData(f"start_us: expected a session with frames, from which seconds count, got {workout_id}")
        ends = {name: zero_us + round(at * 1e6) for name, at in zip(("start_us", "stop_us"), ends_s, strict=True)}
        new = new_trial(protocols.named(protocol, chosen.data_dir), {**said, **ends})
        return await archive.trials.add(workout_id, new, now_us=time.time_ns() // 1000)

    _echo(ask(data_dir, work))


def judge_trial(data_dir: Path | None, workout_id: str, number: int, state: str, reason: str) -> None:
    """Say how a trial was judged."""

    async def work(archive: MongoArchive, chosen: Settings) -> Trial:
        fields = {"state": state, "reason": reason}
        return await archive.trials.edit(workout_id, number, fields, now_us=time.time_ns() // 1000)

    _echo(ask(data_dir, work))


def _echo(one: Trial) -> None:
    step = ", ".join(part for part in one.step if part)
    why = f" ({one.reason})" if one.reason else ""
    click.echo(f"trial {one.number}: {step}, {one.duration_s:g} s, {one.state}{why}")
