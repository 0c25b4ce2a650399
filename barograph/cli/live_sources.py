"""Sources of `barograph send` that are read as they happen: serial ports, UDP, LSL, and adapters in Python."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path

import click

from barograph.frames import Layout
from ingest.device.live import LiveSource, live
from ingest.device.live.description import Description, read_description
from ingest.device.live.explaining import explained
from ingest.device.live.lsl import LslSource
from ingest.device.live.ports import LOOPBACK, SerialSource, UdpSource
from ingest.device.sources import Source

SERIAL, UDP, LSL, PYTHON = "serial:", "udp:", "lsl:", "python:"
KINDS = (SERIAL, UDP, LSL, PYTHON)
NAMES = ("layout", "open", "read", "close", "told")
CHECK_S = 3.0


def is_live(source: str | None) -> bool:
    """Return whether a SOURCE is read as it happens."""
    return source is not None and source.startswith(KINDS)


def live_source(source: str, stream: str | None, seconds: float | None, frame: Path | None) -> Source:
    """Return a live SOURCE as a source to send."""
    opened = _opened(source, frame)
    return live(stream or opened.layout.side or "main", opened, seconds)


def check(source: str | None, frame: Path | None) -> None:
    """Say what a described frame is, byte by byte, and what comes from a SOURCE within `CHECK_S`."""
    if frame is not None:
        click.echo(f"{frame}: " + "\n".join(explained(read_description(frame))))
    if not is_live(source) and (frame is None or source is not None):
        raise click.UsageError(f"--check: expected --frame FILE, or a SOURCE that is live ({', '.join(KINDS)} …)")
    if source is None:
        return
    opened = _opened(source, frame)
    click.echo(f"listening to {source} for {CHECK_S:g} s …")
    try:
        said = _heard(opened)
    except OSError as error:
        raise click.ClickException(str(error)) from error
    click.echo(said)


def _heard(source: LiveSource) -> str:
    cells, came, ends_s = None, 0, time.monotonic() + CHECK_S
    source.open()
    try:
        while time.monotonic() < ends_s:
            for frame in source.read():
                cells, came = frame.cells, came + 1
    finally:
        source.close()
    faults = source.told()
    last = "" if cells is None else f"; cells of the last one from {cells.min():g} to {cells.max():g}"
    return f"{came} frames, {came / CHECK_S:.1f} a second{last}" + (f"\n{faults}" if faults else "")


def _opened(source: str, frame: Path | None) -> LiveSource:
    kind, _, rest = source.partition(":")
    if f"{kind}:" == PYTHON:
        if frame is not None:
            raise click.UsageError("--frame is for serial: and udp:; an adapter makes its frames itself")
        return _adapter(rest)
    if f"{kind}:" == LSL:
        return LslSource(rest, None if frame is None else read_description(frame).layout)
    if frame is None:
        raise click.UsageError(
            f"{source}: expected --frame FILE, which describes the frame; barograph send --help shows one"
        )
    description = read_description(frame)
    if not rest:
        raise click.UsageError(f"{source}: expected {SERIAL}/dev/ttyUSB0 or {UDP}5005")
    return SerialSource(rest, description) if f"{kind}:" == SERIAL else _udp(rest, description)


def _udp(rest: str, description: Description) -> UdpSource:
    host, _, port = rest.rpartition(":")
    if not (port.isascii() and port.isdigit() and 0 <= int(port[:6]) <= 65535):
        raise click.UsageError(f"{UDP}{rest}: expected {UDP}PORT, or {UDP}HOST:PORT as {UDP}0.0.0.0:5005")
    return UdpSource(host.strip("[]") or LOOPBACK, int(port), description)


def _adapter(rest: str) -> LiveSource:
    """The object that a class of a Python file makes when it is called."""
    file, _, name = rest.rpartition(":")
    path = Path(file)
    spec = importlib.util.spec_from_file_location(path.stem, path) if path.is_file() else None
    if spec is None or spec.loader is None or not name.isidentifier():
        raise click.UsageError(f"{PYTHON}{rest}: expected {PYTHON}FILE.py:CLASS, a file that is there")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not callable(made := getattr(module, name, None)):
        raise click.UsageError(f"{PYTHON}{rest}: expected a class {name} in {path}")
    source: LiveSource = made()
    if missing := [each for each in NAMES if not hasattr(source, each)]:
        raise click.UsageError(f"{PYTHON}{rest}: expected a live source with {', '.join(NAMES)}; no {missing[0]}")
    if not isinstance(source.layout, Layout):
        raise click.UsageError(f"{PYTHON}{rest}: layout: expected a barograph.Layout, got {source.layout!r:.60}")
    return source
