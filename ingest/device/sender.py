"""The device side: what a source gives is spooled, then sent, and kept until the server has settled it.

A `Device` reads its source into a spool whether or not there is a connection (`ingest.device.recorder`); a connection
sends what is in the spool (`ingest.device.connection`). A connection that is lost, silent, or told to come again is
made again, without end and ever more slowly, and goes on where the server and the spool agree.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from barograph.frames import Stream
from ingest.device.answers import NotUnderstood
from ingest.device.connection import Broken, Connection, EpochOver, Feed, SendRefused, all_or_first_error
from ingest.device.delivery import Ledger, Link
from ingest.device.progress import Progress, Report
from ingest.device.recorder import Recorder
from ingest.device.sources import Chunk, Source, of_nothing, of_recording
from ingest.device.spool import Spool, waiting
from ingest.device.spoolfile import NoRoom, SpoolFile
from ingest.device.trials import Trials

__all__ = [
    "Chunk", "Device", "Progress", "SendRefused", "Source", "SpoolFile", "Timing", "leftovers", "of_nothing",
    "of_recording", "send",
]  # fmt: skip

MEMORY_BYTES = 64 << 20
PING_EVERY_S = 20.0
REFUSED_STATUS = (400, 401, 403, 404, 405, 410)
REFUSED_CLOSE = (1009, 4400)
Token = str | Callable[[], str | None] | None  # one that does not last is made for each connection


@dataclass(frozen=True)
class Timing:
    """How long a device waits: for an answer, before silence is a fault, and between attempts."""

    answer_s: float = 15.0
    silence_s: float = 20.0
    first_retry_s: float = 0.2
    most_retry_s: float = 15.0


@dataclass(eq=False)
class Device:
    """Sends one source to one workout: from a spool in `file`, else from one in memory."""

    url: str
    workout_id: str
    source: Source
    start_us: int
    paced: bool = True
    about: dict[str, Any] = field(default_factory=dict)
    on_progress: Callable[[Progress], None] = lambda progress: None
    file: SpoolFile | None = None
    token: Token = field(default=None, repr=False)
    timing: Timing = field(default_factory=Timing)
    on_told: Callable[[str], None] = lambda line: None
    when_told: bool = False

    def __post_init__(self) -> None:
        self.progress = Progress(self.source.stream, self.source.frames, self.workout_id)
        self._report = Report(self.progress, self.on_progress)

    async def run(self) -> dict[str, Any]:
        """Send all, and return the `session_ended` event that confirms it."""
        file = self.file or SpoolFile(max_bytes=MEMORY_BYTES)
        try:
            feed = self._feed(await asyncio.to_thread(self._open, file))
            recording = asyncio.create_task(feed.recorder.run(), name=f"record-{self.source.stream}")
            delivering = asyncio.create_task(self._deliver(feed), name=f"deliver-{self.source.stream}")
            await all_or_first_error(recording, delivering)
            await asyncio.to_thread(self._close, feed.spool)
            return delivering.result()
        finally:
            if self.file is None:
                file.close()

    def _open(self, file: SpoolFile) -> Spool:
        stream = Stream(self.workout_id, self.source.stream)
        spool = Spool(file, stream, self.source.layout, self.about)
        if self.source.frames != 0:
            spool.begin_source(self.source.identity, self.start_us)
        return spool

    def _feed(self, spool: Spool) -> Feed:
        taken = 0 if self.source.frames == 0 else spool.taken
        self._report.add(total=spool.held - taken, spooled=spool.held)
        wake = asyncio.Event()
        trials = Trials(self.source.stream, self.on_told, alone=self.when_told)
        recorder = Recorder(self.source, spool, self._report, wake, trials, paced=self.paced)
        link = Link(self.timing.silence_s)
        ledger = Ledger(spool.next) if spool.ends is None else Ledger(spool.ends, over=True)
        return Feed(spool, recorder, ledger, link, self._report, wake, trials, counted_to=spool.settled_to)

    def _close(self, spool: Spool) -> None:
        if self.source.frames != 0:
            spool.finish_source()
        else:
            spool.flush()

    async def _deliver(self, feed: Feed) -> dict[str, Any]:
        attempt = 0
        while True:
            settled = self.progress.settled
            try:
                return await self._connection(feed)
            except EpochOver as over:
                error: Exception = over
                await self._begin_epoch(feed)
                told = str(over)
            except (Broken, NotUnderstood, NoRoom, OSError, ConnectionClosed, InvalidHandshake, TimeoutError) as broken:
                error, told = broken, f"no connection to {self.url}: {broken or type(broken).__name__}"
            attempt = 0 if self.progress.settled > settled else attempt + 1
            self._report.trouble("link", told)
            await asyncio.sleep(self._pause_s(attempt, error))

    def _pause_s(self, attempt: int, error: Exception) -> float:
        # Jitter: many devices that lost the same server must not come back in the same moment.
        backoff_s = min(self.timing.most_retry_s, self.timing.first_retry_s * (1 << min(attempt, 16)))
        asked_s = error.retry_after_s if isinstance(error, Broken) else 0.0
        return max(backoff_s * random.uniform(0.5, 1.0), asked_s * random.uniform(1.0, 1.5))  # noqa: S311

    async def _connection(self, feed: Feed) -> dict[str, Any]:
        try:
            async with connect(
                self.url, max_size=1 << 20, compression=None, open_timeout=self.timing.answer_s, close_timeout=1.0,
                ping_interval=PING_EVERY_S, ping_timeout=max(PING_EVERY_S, feed.link.patience_s),
            ) as socket:  # fmt: skip
                self._report.add(connections=1)
                token = self.token() if callable(self.token) else self.token
                connection = Connection(socket, feed, self.timing.answer_s, token)
                return await connection.run(spooled=self.file is not None)
        except InvalidURI as error:
            raise SendRefused(str(error)) from error
        except InvalidStatus as error:
            if error.response.status_code in REFUSED_STATUS:
                raise SendRefused(f"{self.url}: {error}") from error
            raise
        except ConnectionClosed as error:
            if error.rcvd is not None and error.rcvd.code in REFUSED_CLOSE:
                raise SendRefused(f"the server closed the connection: {error}") from error
            raise

    async def _begin_epoch(self, feed: Feed) -> None:
        ledger = feed.ledger
        try:
            await asyncio.to_thread(feed.spool.begin_epoch, ledger.sent_to, ledger.reused)
        except NoRoom as error:
            self._report.trouble("disk", str(error))
            return
        feed.ledger, feed.counted_to = Ledger(0), 0
        self._report.settled(feed.spool.tally)


def leftovers(
    file: SpoolFile,
    url: str,
    others: list[Device],
    on_progress: Callable[[Progress], None],
    token: Token = None,
) -> list[Device]:
    """Return a device for each stream of which something waits in the file, and that none of the others sends."""
    taken = {(device.workout_id, device.source.stream) for device in others}
    return [
        Device(
            url, spool.stream.workout_id, of_nothing(spool.stream.stream, spool.layout), 0, False, spool.about,
            on_progress, file, token,
        )
        for spool in waiting(file)
        if (spool.stream.workout_id, spool.stream.stream) not in taken
    ]  # fmt: skip


async def send(
    sources: list[Source],
    *,
    url: str,
    workout_id: str,
    paced: bool = True,
    about: dict[str, Any] | None = None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    file: SpoolFile | None = None,
    token: Token = None,
    on_told: Callable[[str], None] = lambda line: None,
    when_told: bool = False,
) -> list[dict[str, Any]]:
    """Send sources side by side, each as a device of its own; answers with their `session_ended` events.

    Paced frames are stamped from now on, others so that the last one is now; those of a source with a date keep it, and
    the server is told that they are absolute. The `token` is that of this device, by which it is told of trials
    (`on_told` hears a line); `when_told` leaves out what comes between them. With a spool `file`, what waits in it
    is sent too, and its events come last. `SendRefused` says why the server will not take a stream, once the others
    have ended; a server that does not answer is tried again without end.
    """
    now_us = time.time_ns() // 1000
    devices = [
        Device(url, workout_id, source, _start_us(source, now_us, paced=paced), paced, _about(source, about or {}),
               on_progress, file, token, on_told=on_told, when_told=when_told)
        for source in sources
    ]  # fmt: skip
    if file is not None:
        devices += leftovers(file, url, devices, on_progress, token)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_ended(device), name=f"device-{device.source.stream}") for device in devices]
    ended = [task.result() for task in tasks]
    events = [event for event in ended if isinstance(event, dict)]
    if refused := [event for event in ended if isinstance(event, SendRefused)]:
        raise refused[0] if len(refused) == 1 else ExceptionGroup("streams were refused", refused)
    return [{**event, "stream": device.source.stream} for device, event in zip(devices, events, strict=True)]


def _start_us(source: Source, now_us: int, *, paced: bool) -> int:
    if source.began_us is not None:
        return source.began_us
    return now_us - (0 if paced else source.duration_us)


def _about(source: Source, about: dict[str, Any]) -> dict[str, Any]:
    """Return what is said of a source; of one without dates also that: its spool may have had another with them."""
    return {**about, "times": None if source.began_us is None else "absolute"}


async def _ended(device: Device) -> dict[str, Any] | SendRefused:
    """How a device ended: one stream that is refused does not stop the recording of the others."""
    try:
        return await device.run()
    except SendRefused as error:
        device.on_progress(device.progress)
        return error
