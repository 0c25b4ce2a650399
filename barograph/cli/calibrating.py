"""`barograph calibrate`: a better calibration for a stream that is stored."""

from __future__ import annotations

from typing import Any

import click

from barograph.cli.exporting import archive_url
from barograph.frames import Layout
from barograph.lab import Lab, connect
from barograph.settings import Settings
from barograph.store.calibration import reference


def calibrate_stream(
    settings: Settings,
    workout: str,
    stream: str | None,
    *,
    tare: tuple[float, float] | None,
    no_tare: bool,
    **said: str | float | None,
) -> None:
    """Change what was given of unit, scale, offset, contact threshold and tare at once, and say what holds now."""
    if tare is not None and no_tare:
        raise click.UsageError("give --tare or --no-tare, not both")
    changes: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    if tare is None and not no_tare and not changes:
        raise click.UsageError("give at least one of --unit, --scale, --offset, --contact-kpa, --tare, --no-tare")
    with archive_url(settings) as url, connect(url, database=settings.database) as lab:
        if tare is not None or no_tare:
            changes["tare"] = _tare(lab, workout, stream, tare)
        layout = lab.calibrate(workout, stream, **changes)
    click.echo(f"{workout}{'' if stream is None else f'/{stream}'}: {_said(layout)}")


def _tare(lab: Lab, workout: str, stream: str | None, seconds: tuple[float, float] | None) -> Any:
    return None if seconds is None else reference(lab.recording(workout, stream, *seconds))


def _said(layout: Layout) -> str:
    tared = "no tare" if layout.tare is None else f"a tare of up to {max(layout.tare):g} counts"
    factors = "" if layout.cell_factors is None else ", a factor for each cell"
    loaded = f"loaded above {layout.loaded_above:g} {'kPa' if layout.calibrated else 'counts'}"
    return f"unit {layout.unit}, scale {layout.scale:g}, offset {layout.offset:g}, {tared}{factors}, {loaded}"
