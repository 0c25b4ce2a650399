"""`barograph send`: recordings and simulated athletes as devices, with a progress bar."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

import barograph
from analytics import sim
from barograph import settings
from barograph.errors import InvalidData
from ingest import sender

SIMULATION = "sim:"
SIMULATED_ABOUT = {"athlete": "simulated", "mass_kg": sim.Athlete().mass_kg}
BLOCK_FRAMES = 10

_log = logging.getLogger("barograph.send")


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:,.0f} frames/s")


def send_source(
    *, source: str, workout: str, stream: str | None, url: str | None, speed: str, seconds: float | None
) -> None:
    """Send a file or a simulation to the end, and say what was stored."""
    url = url or f"ws://{(chosen := settings.load()).address(chosen.ingest_port)}/ws"
    about: dict[str, Any] = {}
    if source.startswith(SIMULATION):
        sources, about = simulated(source.removeprefix(SIMULATION), stream, seconds), SIMULATED_ABOUT
    elif seconds is not None:
        raise click.UsageError("--seconds is for simulations; a file has its own length")
    else:
        sources = recorded(Path(source), stream)
    # As Ctrl-C, so that SIGTERM ends the sockets properly too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with _Bars(sources) as bars:
        sending = sender.send(
            sources, url=url, workout_id=workout, paced=speed != "max", about=about, on_progress=bars.show
        )
        try:
            ended = asyncio.run(sending)
        except KeyboardInterrupt:
            raise SystemExit(f"stopped: {bars.acked()} frames are stored") from None
    for one, event in zip(sources, ended, strict=True):
        click.echo(f"{workout}/{one.stream}: {event['frame_count']} frames stored")


def recorded(path: Path, stream: str | None) -> list[sender.Source]:
    """The recordings of a file as sources; a name for the stream can be given when there is one recording."""
    if not path.is_file():
        raise click.UsageError(
            f"{path}: expected a file, or one of {', '.join(SIMULATION + kind for kind in sim.KINDS)}"
        )
    recordings = barograph.read_file(path)
    if len(recordings) == 1:
        return [sender.of_recording(stream or recordings[0].layout.side or "main", recordings[0])]
    if stream is not None:
        raise click.UsageError(f"--stream names one stream, and {path} holds {len(recordings)}")
    names = [recording.layout.side or f"sensor-{number}" for number, recording in enumerate(recordings, 1)]
    if len(set(names)) < len(names):
        raise InvalidData(f"{path}: two of its recordings would have the same stream's name: {', '.join(names)}")
    return [sender.of_recording(name, recording) for name, recording in zip(names, recordings, strict=True)]


def simulated(kind: str, stream: str | None, seconds: float | None) -> list[sender.Source]:
    """Two insoles, or the one named, as sources; without `seconds` they go on for ever."""
    if kind not in sim.KINDS:
        raise click.UsageError(f"sim:{kind}: expected one of {', '.join(SIMULATION + each for each in sim.KINDS)}")
    if stream is not None and stream not in sim.SIDES:
        raise click.UsageError(f"--stream {stream}: a simulated athlete has {' and '.join(sim.SIDES)}")
    frames = None if seconds is None else max(1, round(seconds * sim.Athlete().rate_hz))
    sides = [side for side in sim.SIDES if stream in (None, side)]
    return [_simulated_foot(kind, side, frames) for side in sides]


def _simulated_foot(kind: sim.Kind, side: str, frames: int | None) -> sender.Source:
    def chunks() -> Iterator[sender.Chunk]:
        made = 0
        for name, offsets_us, cells in sim.stream(kind, BLOCK_FRAMES):
            if name == side:
                rest = None if frames is None else frames - made
                yield sender.Chunk(offsets_us[:rest], cells[:rest])
                made += len(cells)
            if frames is not None and made >= frames:
                return

    duration_us = 0 if frames is None else round((frames - 1) * 1e6 / sim.Athlete().rate_hz)
    return sender.Source(side, sim.layouts()[side], chunks, frames, duration_us)


class _Bars:
    """A bar a stream on a terminal; elsewhere only trouble is told."""

    def __init__(self, sources: list[sender.Source]) -> None:
        console = Console(stderr=True)
        self._trouble: dict[str, str] = {}
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f} of {task.fields[whole]} acked, {task.fields[sent]:,} sent"),
            _Rate(),
            TimeElapsedColumn(),
            TextColumn("[red]{task.fields[trouble]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._bars = {
            one.stream: self._progress.add_task(
                one.stream, total=one.frames, sent=0, trouble="", whole=f"{one.frames:,}" if one.frames else "endless"
            )
            for one in sources
        }

    def __enter__(self) -> _Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def acked(self) -> str:
        """How many frames of each stream the server has confirmed."""
        return ", ".join(f"{task.completed:,.0f} {task.description}" for task in self._progress.tasks)

    def show(self, at: sender.Progress) -> None:
        """Move the bar of a stream."""
        self._progress.update(self._bars[at.stream], completed=at.acked, sent=at.sent, trouble=at.trouble)
        if at.trouble != self._trouble.get(at.stream, ""):
            self._trouble[at.stream] = at.trouble
            if self._progress.disable:
                _log.warning("%s: %s", at.stream, at.trouble or "connected again")
