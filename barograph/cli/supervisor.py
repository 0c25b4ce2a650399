"""Everything on one machine, under one command: servers, ingest, dashboard, summaries and, in the demo, an athlete.

Order in: the servers answer, dashboard and ingest answer, the worker that keeps summaries and the athlete begin. Order
out: these two, the ingest (which stores what it has taken), the dashboard, the servers. What ends by itself is started
again, with growing pauses and a bounded number of times. The whole ends on Ctrl-C, SIGTERM, a closed terminal, or when
a part keeps ending that the others cannot do without.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from socket import socket
from types import FrameType

import click

from barograph.access.proofs import Proofs
from barograph.cli.addresses import listen_all, note_address
from barograph.cli.browser_links import Places, opening
from barograph.cli.processes import Child, Part, Processes
from barograph.cli.readiness import READY_PATHS, NotReady, Probe, until_ready
from barograph.cli.restarting import Register, keep_servers
from barograph.cli.service_users import urls_for, users_of_embedded
from barograph.errors import SettingsError
from barograph.servers import embedded
from barograph.settings import Settings, variable
from barograph.store.mongo.service_rights import Service
from barograph.web.forwarded import Proxies
from barograph.web.tls import certificate_of

ATHLETE_S, SUMMARIES_S, INGEST_S, DASHBOARD_S = 0.7, 0.7, 2.0, 0.7  # how long each may take to end
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ending:
    """The signal to end. It interrupts the start; afterwards it is waited for, and said again it changes nothing."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._signalled = asyncio.Event()

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
            self._loop.call_soon_threadsafe(self._signalled.set)

    async def signalled(self) -> None:
        """Wait for it."""
        self._loop = asyncio.get_running_loop()
        await self._signalled.wait()


def supervise(settings: Settings, *, athlete: Sequence[str] | None, browser: bool) -> None:
    """Run everything until a signal ends it; `ChildDied` when a part of it keeps dying.

    `athlete` is what `barograph send` sends beside, with its options; None for nobody.
    """
    if athlete and Proxies(settings.trusted_proxies).named(settings.local_host):
        raise SettingsError(
            f"{variable('trusted_proxies')}: it names this machine, so what comes from here needs a device's token, "
            "which the athlete of `barograph demo` has not; use `barograph up`"
        )
    if athlete and "device_tokens" not in settings.model_fields_set and "*" not in settings.allowed_origins:
        settings = settings.model_copy(update={"device_tokens": "off"})
    with Ending().heard() as ending, ExitStack() as open_:
        doors = Doors(*(_listening(settings, f"{door}_port", open_) for door in ("dashboard", "ingest")))
        certificate_of(settings)  # one that cannot be used is said before anything starts
        backing = open_.enter_context(_servers(settings))
        asyncio.run(_live(settings, backing, doors, ending, athlete=athlete, browser=browser))


def _listening(settings: Settings, setting: str, open_: ExitStack) -> list[socket]:
    return [open_.enter_context(listener) for listener in listen_all(settings, setting)]


@dataclass(frozen=True)
class Doors:
    """The listening sockets of both servers, of each the one for this machine first."""

    dashboard: list[socket]
    ingest: list[socket]


@dataclass(frozen=True)
class Backing:
    """The servers if they are ours, the live feed's address, and MongoDB's for each service."""

    kept: embedded.RunningServers | None = None
    redis_url: str = field(default="", repr=False)
    users: Mapping[Service, str] = field(default_factory=dict, repr=False)


@contextmanager
def _servers(settings: Settings) -> Iterator[Backing]:
    if settings.mongo_url is not None and settings.redis_url is not None:
        yield Backing()
        return
    with embedded.kept_servers(settings.data_dir) as kept:
        found = kept.servers
        yield Backing(kept, found.redis_url, {} if settings.mongo_url else users_of_embedded(settings, found))


async def _live(
    settings: Settings,
    backing: Backing,
    doors: Doors,
    ending: Ending,
    *,
    athlete: Sequence[str] | None,
    browser: bool,
) -> None:
    look, devices = (settings.address(sockets[0].getsockname()[1]) for sockets in (doors.dashboard, doors.ingest))
    places = Places(look, devices, settings)
    async with Processes(settings.data_dir / "logs") as processes:
        signalled = asyncio.create_task(ending.signalled(), name="signal to end")
        home = Home(processes, places, Register(settings.data_dir), backing)
        work = asyncio.create_task(home.run(doors, athlete=athlete, browser=browser), name="supervisor")
        try:
            await asyncio.wait({signalled, work}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
        finally:
            signalled.cancel()
            work.cancel()
            await asyncio.gather(signalled, work, return_exceptions=True)


@dataclass(frozen=True)
class Home:
    """What runs: its children, where they are, who is told of restarts, and the servers."""

    processes: Processes
    places: Places
    register: Register
    backing: Backing

    async def run(self, doors: Doors, *, athlete: Sequence[str] | None, browser: bool) -> None:
        """Start all, say that it runs, and start again what ends."""
        processes, of = self.processes, self._environment
        look = await processes.start(Part("dashboard", ["dashboard"], of("dashboard"), doors.dashboard, DASHBOARD_S))
        devices = await processes.start(Part("ingest", ["ingest"], of("ingest"), doors.ingest, INGEST_S))
        await processes.run_while_all_live(_ready(look, self.places.dashboard, {}))
        await processes.run_while_all_live(_ready(devices, self.places.ingest, Proofs(self.places.settings).headers()))
        note_address(self.places.settings, doors.ingest[0].getsockname()[1], "ingest")
        with opening(self.places, browser=browser):
            worker = Part("summaries", ["summaries", "--keep"], of("summaries"), (), SUMMARIES_S, vital=False)
            await processes.start(worker)
            if self.places.settings.backup_dir is not None:  # it reads all there is, as the owner
                await processes.start(Part("backup", ["backup", "--keep"], of(None), (), SUMMARIES_S, vital=False))
            if athlete:
                await processes.start(Part("athlete", _athlete(athlete, self.places), of(None), (), ATHLETE_S))
            await self._keep()

    def _environment(self, service: Service | None) -> dict[str, str]:
        """The environment of a part: with the addresses of servers for a service, and of no server for another one."""
        if service is None:
            return _environment(self.places)
        urls = urls_for(service, self.backing.users)
        if self.backing.redis_url and self.places.settings.redis_url is None:
            urls["redis_url"] = self.backing.redis_url
        # By environment, never as arguments: everyone on the machine can read those.
        return _environment(self.places) | {variable(name): url for name, url in urls.items()}

    async def _keep(self) -> None:
        keeping = [asyncio.create_task(self.processes.keep(self.register.tell), name="keep the parts")]
        if (kept := self.backing.kept) is not None:
            keeping.append(asyncio.create_task(keep_servers(kept, self.register.tell), name="keep the servers"))
        try:
            done, _ = await asyncio.wait(keeping, return_when=asyncio.FIRST_COMPLETED)
            done.pop().result()
        finally:
            for task in keeping:
                task.cancel()
            await asyncio.gather(*keeping, return_exceptions=True)


def _environment(places: Places) -> dict[str, str]:
    settings = places.settings
    urls = {name: getattr(settings, name) for name in ("mongo_url", "frames_mongo_url", "redis_url")}
    ports = {"dashboard_port": places.dashboard, "ingest_port": places.ingest}
    return {
        **{variable(name): url.get_secret_value() for name, url in urls.items() if url},
        **{variable(name): address.rpartition(":")[2] for name, address in ports.items()},
        variable("data_dir"): str(settings.data_dir),
        variable("host"): settings.host,
        variable("device_tokens"): settings.device_tokens,
        **({variable("lan_host"): settings.lan_host} if settings.lan_host else {}),
    }


def _athlete(athlete: Sequence[str], places: Places) -> list[str]:
    workout = time.strftime("walk-%Y-%m-%d-%H%M%S")
    return ["send", *athlete, "--workout", workout, "--url", f"ws://{places.ingest}/ws"]


async def _ready(child: Child, address: str, headers: Mapping[str, str]) -> None:
    def tell(text: str) -> None:
        click.echo(text, err=True)

    try:
        await until_ready(Probe(child.name, address, READY_PATHS[child.name], headers), tell)
    except NotReady as error:
        raise NotReady(f"{error}; {child.said()}") from error
