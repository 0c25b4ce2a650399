"""`barograph send`: recordings, simulated athletes and live sources as devices, with a progress bar."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import signal
from collections.abc import Coroutine, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

import barograph
from analytics import sim
from barograph import settings
from barograph.access.secrets import DEVICE
from barograph.cli import live_sources, pairing
from barograph.cli.moments import begun_us
from barograph.files.naming import stream_names
from barograph.frames import Recording
from barograph.texts import plural
from ingest.device import sender
from ingest.device.spool import waiting
from ingest.device.spoolfile import SpoolFile

SIMULATION = "sim:"
SIMULATED_ABOUT = {"athlete": "Simulated athlete", "mass_kg": sim.Athlete().mass_kg}
SIMULATED_KINDS = {"walk": "Walking", "run": "Running", "stand": "Quiet standing",
                   "jump": "Countermovement jump", "drop": "Drop jump"}  # fmt: skip
BLOCK_FRAMES = 10

Ended = list[dict[str, Any]]  # the `session_ended` events

_log = logging.getLogger("barograph.send")


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:,.0f} frames/s")


def send_source(
    *,
    source: str | None,
    workout: str | None,
    stream: str | None,
    start: str | None,
    url: str | None,
    speed: str,
    seconds: float | None,
    frame: Path | None,
    check: bool,
    spool: Path | None,
    spool_mib: int,
    pair: str | None,
    token_file: Path | None,
    data_dir: Path | None,
    when_told: bool = False,
    **athlete: Any,
) -> None:
    """Send a source to its end, after what waits in the spool, and say what was stored."""
    if check:
        live_sources.check(source, frame)
        return
    chosen = settings.load(data_dir=data_dir)
    url = url or f"ws://{chosen.address(chosen.ingest_port)}/ws"
    if pair is not None and source is None and spool is None:
        pairing.pair(url, pair, [stream or "main"], chosen, token_file)
        return
    asked = {name: value for name, value in athlete.items() if value is not None}
    given = Given(source, workout, stream, start, seconds, frame, spool, asked, paced=speed != "max")
    sources, about = _chosen(given)
    if pair is not None:
        streams = [one.stream for one in sources] or [stream or "main"]
        pairing.pair(url, pair, streams, chosen, token_file, _words(sources))
    token = pairing.token_for(chosen, token_file, url)
    if when_told:
        require_told(sources, token)
    # As Ctrl-C, so that SIGTERM ends the sockets properly too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with nullcontext() if spool is None else SpoolFile(spool, spool_mib << 20) as file, _Bars() as bars:
        sending = sender.send(
            sources,
            url=url,
            workout_id=workout or "",
            paced=given.paced,
            about=about,
            on_progress=bars.show,
            file=file,
            token=token,
            on_told=bars.say,
            when_told=when_told,
        )
        try:
            ended = asyncio.run(_until_stopped(sending, sources))
        except KeyboardInterrupt:
            raise SystemExit(f"stopped: {bars.acked()} frames are stored{_left(file)}") from None
    _say(ended, sources, bars)


def require_told(sources: list[sender.Source], token: sender.Token) -> None:
    """Refuse what would send nothing for ever, or leave out parts of a file."""
    if not sources or any(source.identity for source in sources):
        raise click.UsageError("--when-told: expected a simulation or a live source; a file is sent as a whole")
    if not (isinstance(token, str) and token.startswith(DEVICE)):
        raise click.UsageError("--when-told: only a paired device is told of trials; pair it with --pair CODE")


@dataclass(frozen=True)
class Given:
    """What the command line says of the source."""

    source: str | None
    workout: str | None
    stream: str | None
    start: str | None
    seconds: float | None
    frame: Path | None
    spool: Path | None
    athlete: dict[str, Any]
    paced: bool


async def _until_stopped(sending: Coroutine[Any, Any, Ended], sources: list[sender.Source]) -> Ended:
    """What was sent; the first interrupt ends sources that are live, and what they gave is still sent."""
    lives = [source.live for source in sources if source.live is not None]
    if lives:
        loop = asyncio.get_running_loop()

        def stop() -> None:
            for each in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(each)
            for one in lives:
                one.stop()

        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, stop)
    return await sending


def _say(ended: Ended, sources: list[sender.Source], bars: _Bars) -> None:
    for event in ended:
        at = bars.shown(event["workout_id"], event["stream"])
        refused = f", {at.nacked} refused for good" if at.nacked else ""
        counts = f"{at.sent} sent, {at.acked} acked, {at.gaps} in declared gaps{refused}"
        click.echo(f"{at.workout_id}/{at.stream}: {plural(event['frame_count'], 'frame')} stored ({counts})")
    for source in sources:
        if source.live is not None and (told := source.live.told()):
            click.echo(f"{source.stream}: {told}")
    if refused_frames := sum(bars.shown(event["workout_id"], event["stream"]).nacked for event in ended):
        raise click.ClickException(
            f"frames that were refused for good and are not stored: {refused_frames:,}; the lines above say why"
        )


def _chosen(given: Given) -> tuple[list[sender.Source], dict[str, Any]]:
    """What to send, and what to say of it."""
    source, spool = given.source, given.spool
    if source is None:
        if spool is None or given.workout or given.stream or given.start or given.seconds or given.frame:
            raise click.UsageError("expected a SOURCE with --workout, or --spool FILE alone to send what waits in it")
        if not spool.is_file():
            raise click.UsageError(f"--spool {spool}: there is no such file, so nothing waits in it")
        return [], {}
    if given.workout is None:
        raise click.UsageError("--workout: expected the workout that the frames of SOURCE belong to")
    if given.athlete and not source.startswith(SIMULATION):
        name = next(iter(given.athlete)).replace("_", "-")
        raise click.UsageError(f"--{name} is for simulations, as {SIMULATION}walk")
    if given.frame is not None and not live_sources.is_live(source):
        raise click.UsageError("--frame is for serial: and udp:; a file has its own format")
    if live_sources.is_live(source):
        if given.start is not None or not given.paced:
            raise click.UsageError("--start and --speed are for files; a live source is measured now")
        return [live_sources.live_source(source, given.stream, given.seconds, given.frame)], {}
    if source.startswith(SIMULATION):
        if given.start is not None:
            raise click.UsageError("--start is for files; a simulation is measured now")
        kind = source.removeprefix(SIMULATION)
        sources = simulated(kind, given.stream, given.seconds, **given.athlete)
        mass_kg = given.athlete.get("mass_kg", SIMULATED_ABOUT["mass_kg"])
        return sources, SIMULATED_ABOUT | {"mass_kg": mass_kg, "kind": SIMULATED_KINDS[kind]}
    if given.seconds is not None:
        raise click.UsageError("--seconds is for simulations and live sources; a file has its own length")
    return recorded(Path(source), given.stream, given.start), {}


def _words(sources: list[sender.Source]) -> str:
    """The sensor of a source, as a person reads it."""
    layouts = {f"{one.layout.shape_text}, {one.layout.unit}" for one in sources}
    return "; ".join(sorted(layouts))[:200]


def _left(file: SpoolFile | None) -> str:
    """How many frames wait in a spool, and how to go on."""
    if file is None:
        return ""
    frames = sum(spool.held for spool in waiting(file))
    return (
        f"; {frames} wait in {file.name}. The same command sends them and goes on where a file stopped; "
        f"barograph send --spool {file.name} sends them alone"
    )


def recorded(path: Path, stream: str | None, start: str | None = None) -> list[sender.Source]:
    """Return the recordings of a file as sources, named as `stream_names` says and dated as `begun_us` does."""
    if not path.is_file():
        raise click.UsageError(
            f"{path}: expected a file, one of {', '.join(SIMULATION + kind for kind in sim.KINDS)}, "
            f"or {', '.join(live_sources.KINDS)} …"
        )
    recordings = barograph.read_file(path)
    names = stream_names(path, recordings, stream)
    begun = begun_us(path, recordings, start)
    return [_recording(path, *one) for one in zip(names, recordings, begun, strict=True)]


def _recording(path: Path, stream: str, recording: Recording, began_us: int | None) -> sender.Source:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    dates = "" if began_us is None else f" from {began_us}"
    return sender.of_recording(stream, recording, f"{path.name} {stream} {digest}{dates}", began_us)


def simulated(kind: str, stream: str | None, seconds: float | None, **athlete: Any) -> list[sender.Source]:
    """Return two sensors, or the one named, as sources; without `seconds` they go on for ever.

    `athlete` are fields of `sim.Athlete`.
    """
    if kind not in sim.KINDS:
        raise click.UsageError(f"sim:{kind}: expected one of {', '.join(SIMULATION + each for each in sim.KINDS)}")
    if stream is not None and stream not in sim.SIDES:
        raise click.UsageError(f"--stream {stream}: a simulated athlete has {' and '.join(sim.SIDES)}")
    rate_hz = sim.Athlete(**athlete).rate_hz
    frames = None if seconds is None else max(1, round(seconds * rate_hz))
    sides = [side for side in sim.SIDES if stream in (None, side)]
    return [_simulated_foot(kind, side, frames, rate_hz, athlete) for side in sides]


def _simulated_foot(
    kind: sim.Kind, side: str, frames: int | None, rate_hz: float, athlete: dict[str, Any]
) -> sender.Source:
    def chunks() -> Iterator[sender.Chunk]:
        made = 0
        for _, offsets_us, cells in sim.stream(kind, BLOCK_FRAMES, sides=(side,), **athlete):
            rest = None if frames is None else frames - made
            yield sender.Chunk(offsets_us[:rest], cells[:rest])
            made += len(cells)
            if frames is not None and made >= frames:
                return

    duration_us = 0 if frames is None else round((frames - 1) * 1e6 / rate_hz)
    return sender.Source(side, sim.layouts(**athlete)[side], chunks, frames, duration_us)


class _Bars:
    """One bar per stream on a terminal; elsewhere only trouble is told."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._shown: dict[tuple[str, str], tuple[sender.Progress, TaskID]] = {}
        self._trouble: dict[TaskID, str] = {}
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

    def __enter__(self) -> _Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def shown(self, workout_id: str, stream: str) -> sender.Progress:
        """How far a stream is."""
        return self._shown[workout_id, stream][0]

    def acked(self) -> str:
        """How many frames of each stream the server has confirmed."""
        return ", ".join(f"{at.acked:,} {self._name(at)}" for at, _ in self._shown.values()) or "no"

    def _name(self, at: sender.Progress) -> str:
        """The stream, and its workout where a spool brings others."""
        alone = len({workout_id for workout_id, _ in self._shown}) == 1
        return at.stream if alone else f"{at.workout_id}/{at.stream}"

    def say(self, line: str) -> None:
        """Print a line above the bars."""
        self._progress.console.print(line, markup=False, highlight=False)

    def show(self, at: sender.Progress) -> None:
        """Move the bar of a stream."""
        key = (at.workout_id, at.stream)
        if key not in self._shown:
            bar = self._progress.add_task(at.stream, total=at.total, sent=0, trouble="", whole="")
            self._shown[key] = at, bar
        _, bar = self._shown[key]
        whole = "endless" if at.total is None else f"{at.total:,}"
        self._progress.update(bar, completed=at.acked, total=at.total, sent=at.sent, trouble=at.trouble, whole=whole)
        if at.trouble != self._trouble.get(bar, ""):
            self._trouble[bar] = at.trouble
            if self._progress.disable:
                _log.warning("%s/%s: %s", at.workout_id, at.stream, at.trouble or "well again")
