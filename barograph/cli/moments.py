"""Times as people write them after `--start`, and as the first frame's of a file that is sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from barograph.frames import Recording
from barograph.store.imports import undated
from barograph.times import dated

OWN = "own"


def moment_us(text: str) -> int:
    """Return a time as people write it, ISO 8601, UTC where it has no zone, in µs."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(
            f"expected a time like 2026-11-19T14:06, got {text!r}", param_hint="--start"
        ) from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1e6)


def begun_us(path: Path, recordings: Sequence[Recording], start: str | None) -> list[int | None]:
    """Return the date of each recording's first frame that is to be kept; None for one that is sent as if it were now.

    Recordings of one file keep their distances. A file with dates keeps them, whatever the time that is asked for.
    """
    if start is None:
        return [None] * len(recordings)
    asked_us = None if start == OWN else moment_us(start)
    if asked_us is not None and not dated(asked_us):
        raise click.BadParameter(f"expected a time from the year 2000 on, got {start!r}", param_hint="--start")
    if not undated(recordings):
        if asked_us is not None:
            click.echo(f"{path}: has a date of its own; the time of --start is not used", err=True)
        return [int(one.times_us[0]) if len(one) else None for one in recordings]
    if asked_us is None:
        raise click.BadParameter(
            f"{path} has no date; expected the time when it began, like 2026-11-19T14:06, got {OWN!r}",
            param_hint="--start",
        )
    origin_us = min(int(one.times_us.min()) for one in recordings if len(one))
    return [int(one.times_us[0]) - origin_us + asked_us if len(one) else None for one in recordings]
