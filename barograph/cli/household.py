"""Everything on one machine, under one command: servers, ingest, dashboard and, in the demo, an athlete.

Order in: the servers answer, dashboard and ingest answer, the athlete begins. Order out: the athlete, the ingest (which
stores what it has taken), the dashboard, the servers. The whole ends on Ctrl-C, SIGTERM, a closed terminal, or when
one of the children dies.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from types import FrameType

import click

from barograph import embedded
from barograph.access import Access
from barograph.cli.addresses import listen, with_urls
from barograph.cli.family import Family
from barograph.errors import BarographError
from barograph.settings import Settings, variable

READY_TIMEOUT_S = 60.0
ATHLETE_S, INGEST_S, DASHBOARD_S = 0.7, 2.0, 0.7  # how long each may take to end
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class NotReady(BarographError):
    """A child that runs, but does not answer."""


class Ending:
    """The wish to end. It interrupts the start; afterwards it is waited for, and said again it changes nothing."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wished = asyncio.Event()

    @contextmanager
    def heard(self) -> Iterator[Ending]:
        """Hear the signals as long as the context lasts; a hang-up that is ignored (`nohup`) stays so.

        A shell script starts what it puts into the background with SIGINT ignored: an interrupt that is sent to it by
        name is still meant.
        """
        before = {number: signal.getsignal(number) for number in SIGNALS}
        heard = [number for number in SIGNALS if (number, before[number]) != (signal.SIGHUP, signal.SIG_IGN)]
        for number in heard:
            signal.signal(number, self._hear)
        try:
            yield self
        finally:
            for number in heard:
                signal.signal(number, before[number])

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self._loop is None:
            raise KeyboardInterrupt
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wished.set)

    async def wish(self) -> None:
        """Wait for it."""
        self._loop = asyncio.get_running_loop()
        await self._wished.wait()


@dataclass(frozen=True)
class Places:
    """Where everything is."""

    dashboard: str
    ingest: str
    settings: Settings


def keep_house(settings: Settings, *, athlete: bool, browser: bool) -> None:
    """Run everything until a signal ends it; `ChildDied` when a part of it does."""
    with (
        Ending().heard() as ending,
        listen(settings.host, settings.dashboard_port, setting="dashboard_port") as dashboard,
        listen(settings.host, settings.ingest_port, setting="ingest_port") as ingest,
        _servers(settings) as settings,
    ):
        asyncio.run(_live(settings, dashboard, ingest, ending, athlete=athlete, browser=browser))


@contextmanager
def _servers(settings: Settings) -> Iterator[Settings]:
    if settings.mongo_url is not None and settings.redis_url is not None:
        yield settings
        return
    with embedded.servers(settings.data_dir) as found:
        yield with_urls(settings, found.mongo_url, found.redis_url)


async def _live(
    settings: Settings, dashboard: socket, ingest: socket, ending: Ending, *, athlete: bool, browser: bool
) -> None:
    look, devices = (settings.address(listener.getsockname()[1]) for listener in (dashboard, ingest))
    places = Places(look, devices, settings)
    async with Family(settings.data_dir / "logs") as family:
        wish = asyncio.create_task(ending.wish(), name="wish to end")
        work = asyncio.create_task(_work(family, places, dashboard, ingest, athlete, browser), name="household")
        try:
            await asyncio.wait({wish, work}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
        finally:
            wish.cancel()
            work.cancel()


async def _work(
    family: Family, places: Places, dashboard: socket, ingest: socket, athlete: bool, browser: bool
) -> None:
    environment = _environment(places)
    await family.start("dashboard", ["dashboard"], environment=environment, listener=dashboard, patience_s=DASHBOARD_S)
    await family.start("ingest", ["ingest"], environment=environment, listener=ingest, patience_s=INGEST_S)
    await family.live_through(_ready(places))
    _announce(places, browser=browser)
    if athlete:
        await family.start("athlete", _athlete(places), environment=environment, patience_s=ATHLETE_S)
    raise (await family.first_to_end()).obituary()


def _environment(places: Places) -> dict[str, str]:
    settings = places.settings
    urls = {"mongo_url": settings.mongo_url, "redis_url": settings.redis_url}
    ports = {"dashboard_port": places.dashboard, "ingest_port": places.ingest}
    return {
        # By environment, never as arguments: everyone on the machine can read those.
        **{variable(name): url.get_secret_value() for name, url in urls.items() if url},
        **{variable(name): address.rpartition(":")[2] for name, address in ports.items()},
        variable("data_dir"): str(settings.data_dir),
        variable("host"): settings.host,
    }


def _athlete(places: Places) -> list[str]:
    workout = time.strftime("walk-%Y-%m-%d-%H%M%S")
    return ["send", "sim:walk", "--workout", workout, "--url", f"ws://{places.ingest}/ws"]


async def _ready(places: Places) -> None:
    for name, address in (("dashboard", places.dashboard), ("ingest", places.ingest)):
        try:
            await asyncio.wait_for(_answers(address), READY_TIMEOUT_S)
        except TimeoutError as error:
            raise NotReady(f"{name} runs but has not answered on {address} within {READY_TIMEOUT_S:.0f} s") from error


async def _answers(address: str) -> None:
    # The socket listens since before the child was started: one request waits in its queue until the child serves.
    host, _, port = address.rpartition(":")
    while True:
        try:
            reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
            writer.write(f"GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n".encode())
            answer = await reader.readline()
            writer.close()
            if answer.startswith(b"HTTP/1.1 ") and not answer.startswith(b"HTTP/1.1 5"):
                return  # a refusal is an answer too: the dashboard knows nobody yet
        except OSError:
            # It has just died, which whoever waits for it will see.
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.1)


def _announce(places: Places, *, browser: bool) -> None:
    settings = places.settings
    link = Access(settings, "dashboard").new_link(f"http://{places.dashboard}")
    # As it was called itself, so that what is printed can be pasted.
    command = sys.argv[0] if Path(sys.argv[0]).name == "barograph" else "barograph"
    click.echo(
        f"""
Barograph is running.

  Look        {link}
              (opens once; `{command} link --data-dir {settings.data_dir}` prints another)
  Devices     ws://{places.ingest}/ws
  Data        {settings.data_dir}
  Logs        {settings.data_dir / "logs"}

Ctrl-C stops all of it.
"""
    )
    sys.stdout.flush()
    if browser and _has_screen():
        webbrowser.open(link)


def _has_screen() -> bool:
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
