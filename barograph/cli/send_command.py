"""The command `barograph send`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from barograph.access.needs import needs
from barograph.cli.device_options import device_options
from barograph.cli.numbers import LENGTH_S, Whole
from barograph.cli.simulation_options import simulation_options


@click.command()
@needs("write", "stream")
@click.argument("source", required=False)
@click.option("--workout", help="The workout that the frames belong to; made if it is new.")
@click.option("--stream", help="Name of the stream (default: the side that the file or layout names, else main).")
@click.option(
    "--start",
    metavar="own|TIME",
    help="Keep the dates of a file (own), or when one without dates began, as 2026-11-19T14:06, UTC where it has no "
    "zone (default: as if it were measured now).",
)
@click.option("--url", help="The ingest's WebSocket (default: ws://127.0.0.1:5001/ws).")
@click.option(
    "--speed", type=click.Choice(["1", "max"]), default="1", show_default=True, help="As recorded, or faster."
)
@click.option("--seconds", type=LENGTH_S, help="End a simulation or a live source after so many seconds.")
@click.option(
    "--frame", type=click.Path(path_type=Path, dir_okay=False), help="What a frame of serial: or udp: is, in TOML."
)
@click.option("--check", is_flag=True, help="Print the frame byte by byte, listen to SOURCE for 3 s, and send nothing.")
@click.option(
    "--spool", type=click.Path(path_type=Path, dir_okay=False), help="Keep frames in this file until they are stored."
)
@click.option("--spool-mib", type=Whole(1, 1 << 20), default=256, show_default=True, help="Bound of the spool, in MiB.")
@click.option(
    "--when-told", is_flag=True, help="Send only while a trial runs, as the server tells paired devices at a test day."
)
@simulation_options
@device_options
def send(**options: Any) -> None:
    """Send a file, a simulated athlete or a sensor that is connected here, as a device would.

    SOURCE is a file of a known format; sim:walk, sim:run, sim:stand, sim:jump or sim:drop; serial:/dev/ttyUSB0 or
    udp:5005 with --frame; lsl:NAME, a stream of the Lab Streaming Layer; or python:FILE.py:CLASS, an adapter to a
    vendor's library. Frames of files go at the pace at which they were recorded, dated as if they were measured now
    unless --start says otherwise. A lost connection is made again, and what was not confirmed is sent again.

    With --spool, frames are on the disk before they are sent: whatever ends this command, the next one with the same
    spool first sends what waits there, and then goes on where SOURCE stopped, if it is the same file into the same
    workout (anything else begins anew). Without SOURCE, it sends what waits in the spool and ends. When the spool is
    full, the oldest frames of a paced source become a gap that is declared; with --speed max it waits instead.

    A paired device at a station of a test day is told when a trial begins and ends, and prints that. With --when-told
    it sends nothing in between; that needs a simulation or a live source, and a token from --pair.

    --frame describes what a sensor sends; docs/clients/wired.md has all of it, and a sketch for the other side.
    udp:5005 listens on this machine alone, udp:0.0.0.0:5005 to all others too. What is no whole frame is counted, said
    and never stored; a port that was unplugged is opened again. The first Ctrl-C ends a live source, and what came is
    still sent.

    \b
      rows = 16
      cols = 16
      dtype = "uint16"             # uint8, (u)int16, (u)int32, float32, float64; byte_order = "big" where it is
      header = "AA 55"
      checksum = "crc16-ccitt"     # none, sum8, xor, crc16-ccitt, crc16-xmodem, crc32
      frame = ["header", "sequence:uint8", "cells", "checksum"]
      baud = 115200
      [layout]
      pitch_mm = [10.0, 10.0]

    \b
    Examples:  barograph send walk.asf --workout run-42 --stream left
               barograph send left.npz --workout run-40 --speed max --start own
               barograph send sim:run --workout fast --seconds 60
               barograph send sim:jump --workout jumps --seconds 60
               barograph send sim:walk --workout pedar --geometry pedar-x --residual-kpa 6 --dead-cells 2
               barograph send walk.asf --workout run-43 --speed max --spool walk.spool
               barograph send --spool walk.spool
               barograph send sim:walk --workout run-44 --pair K7QM-4XTN
               barograph send --check --frame mat.toml
               barograph send serial:/dev/ttyUSB0 --frame mat.toml --workout desk-1
               barograph send udp:0.0.0.0:5005 --frame mat.toml --workout desk-2 --spool mat.spool
               barograph send lsl:Mat --workout desk-4
               barograph send python:my_mat.py:Mat --workout desk-3
    """
    from barograph.cli.sending import send_source

    send_source(**options)
