"""One connection of a device: clocks, join, and then what `Delivery` decides, until the session ended or it breaks.

Three ways out: the `session_ended` event is returned; `Broken` means that the next connection may do better;
`SendRefused` that none will. `EpochOver` asks for a new epoch, and then for the next connection.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection

from barograph import codec
from barograph.errors import BarographError
from ingest.device import answers
from ingest.device.answers import Ack, Ended, Failure, Joined, Nack, Pong, Record, Stop
from ingest.device.delivery import Delivery, Ledger, Link
from ingest.device.progress import Report
from ingest.device.recorder import Recorder
from ingest.device.spool import Batch, Item, Spool
from ingest.device.spoolfile import NoRoom
from ingest.device.trials import Trials

_log = logging.getLogger("barograph.send")

PINGS = 8


class SendRefused(BarographError):
    """The server will not take what is sent; trying again would not help."""


class Broken(BarographError):
    """This connection is of no more use; the next one may be, after `retry_after_s`."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s or 0.0


class EpochOver(BarographError):
    """The spool is older than the server: what is left in it needs a new epoch."""


@dataclass(eq=False)
class Feed:
    """What outlives a connection: the stream's spool and recorder, and what is known of the epoch and of the way."""

    spool: Spool
    recorder: Recorder
    ledger: Ledger
    link: Link
    report: Report
    wake: asyncio.Event
    trials: Trials
    counted_to: int  # numbers below it count as sent

    def all_done(self, delivery: Delivery) -> bool:
        """Return whether the source has ended and nothing of it waits."""
        return self.recorder.exhausted and delivery.done_to >= self.spool.next and not self.ledger.reused

    def needs_epoch(self, delivery: Delivery) -> bool:
        """Return whether the epoch is over and there is something for the next one."""
        left = bool(self.ledger.reused) or self.spool.next > self.ledger.sent_to
        return delivery.epoch_over and left


class Connection:
    """One open socket."""

    def __init__(self, socket: ClientConnection, feed: Feed, answer_s: float, token: str | None = None) -> None:
        self._socket = socket
        self._token = {} if token is None else {"token": token}
        self._feed = feed
        self._spool = feed.spool
        self._epoch = feed.spool.epoch
        self._names = {"workout_id": feed.spool.stream.workout_id, "stream": feed.spool.stream.stream}
        self._answer_s = answer_s
        self._next: Item | None = None
        self._heard_s = time.monotonic()
        self._most_bytes: int | None = None

    async def run(self, *, spooled: bool) -> dict[str, Any]:
        """Send until all is settled, and return the `session_ended` event that confirms it."""
        for _ in range(PINGS):  # back to back: the server takes the offset of the shortest round trip
            await self._say(type="ping", t1_us=time.time_ns() // 1000)
            await self._answer(Pong)
        await self._join(spooled=spooled)
        self._feed.report.trouble("link")
        receiving = asyncio.create_task(self._receive(), name=f"receive-{self._names['stream']}")
        sending = asyncio.create_task(self._send(), name=f"send-{self._names['stream']}")
        await all_or_first_error(receiving, sending)
        return receiving.result()

    async def _join(self, *, spooled: bool) -> None:
        layout = self._spool.layout.to_dict()
        about = {**self._spool.about, "spool": spooled, "layout": layout}
        await self._say(type="join_session", **self._names, **about, **self._token, epoch=self._epoch)
        joined = await self._answer(Joined)
        self._feed.ledger.joined(joined.next_seq, self._spool.next, repeats=self._feed.recorder.repeats)
        await self._end_epoch()
        self._most_bytes = joined.max_message_bytes
        self._feed.trials.joined(time.monotonic())
        self._delivery = Delivery(self._feed.ledger, self._feed.link, joined, self._spool.settled_to)

    async def _answer(self, kind: type[answers.Answer]) -> Any:
        async with asyncio.timeout(self._answer_s):
            while True:
                event, _ = answers.read(await self._socket.recv())
                if isinstance(event, Failure):
                    raise failure(event)
                if isinstance(event, kind):
                    return event

    async def _say(self, **event: Any) -> None:
        await self._socket.send(json.dumps(event))

    # --- sending

    async def _send(self) -> None:
        while not self._feed.all_done(self._delivery):
            self._feed.wake.clear()
            if not await self._step():
                await self._pause()
        self._delivery.left = True
        await self._say(type="leave_session", **self._names)

    async def _pause(self) -> None:
        """Until something happens, or something is due."""
        try:
            async with asyncio.timeout(self._delivery.wait_s(time.monotonic())):
                await self._feed.wake.wait()
        except TimeoutError:
            return

    async def _step(self) -> bool:
        """Send one thing, if there is one to send."""
        now_s, delivery = time.monotonic(), self._delivery
        if self._feed.needs_epoch(delivery):
            raise EpochOver(f"the server has more of {self._spool.stream} than this spool: its frames get a new epoch")
        if delivery.wants_ping(now_s):
            t1_us = time.time_ns() // 1000
            delivery.ping(t1_us, now_s)
            await self._say(type="ping", t1_us=t1_us)
        if (seq := delivery.resend(now_s)) is not None:
            item = await asyncio.to_thread(self._spool.at, seq)
            return await self._put(item and self._held(item.part(max(item.seq, seq), min(item.stop, delivery.cursor))))
        return await self._put(await self._fresh())

    async def _fresh(self) -> Item | None:
        """As much of what is at the cursor as may be sent now."""
        cursor = self._delivery.cursor
        if not self._delivery.sends_new:
            return None
        if self._next is None or not self._next.seq <= cursor < self._next.stop:
            self._next = await asyncio.to_thread(self._spool.at, cursor)
        fitting = self._next and self._delivery.fitting(self._next)
        return fitting and self._held(fitting, cursor)

    def _held(self, item: Item, first: int = 0) -> Item:
        """Return as much of an item from number `first` on as the server takes in one message."""
        if self._most_bytes is None or not isinstance(item, Batch):
            return item
        part = item.within(first, self._most_bytes)
        if part is None:
            raise SendRefused(
                f"frames: expected a message of at most {self._most_bytes} bytes, the server’s limit, got frames of "
                f"{item.frame_bytes} bytes each"
            )
        return part

    async def _put(self, item: Item | None) -> bool:
        if item is None:
            return False
        feed, settled_to = self._feed, self._delivery.settled
        self._delivery.sent(item, time.monotonic())
        if isinstance(item, Batch):
            feed.report.add(sent=max(0, item.stop - max(item.seq, feed.counted_to)))
            feed.counted_to = max(feed.counted_to, item.stop)
            await self._socket.send(self._message(item))
        elif item.stop > settled_to:
            self._spool.declare(item)
            await self._say(type="gap", **self._place(item), reason=item.reason)
        return True

    def _place(self, item: Item) -> dict[str, Any]:
        return {**self._names, "epoch": self._epoch, "seq": item.seq, "n": item.n}

    def _message(self, batch: Batch) -> bytes:
        head = {"type": "frames", **self._place(batch), "encoding": batch.encoding}
        return codec.encode(head | codec.times_header(batch.times_us), batch.data)

    # --- receiving

    async def _receive(self) -> dict[str, Any]:
        while True:
            self._check_silence()
            try:
                async with asyncio.timeout(self._feed.link.patience_s / 8):
                    text = await self._socket.recv()
            except TimeoutError:
                continue
            event, fields = answers.read(text)
            if isinstance(event, Ended):
                if self._delivery.left:
                    return fields
                raise Broken("the server ended the session before all was sent")
            await self._take(event)
            self._feed.wake.set()

    def _check_silence(self) -> None:
        now_s, patience_s = time.monotonic(), self._feed.link.patience_s
        if not self._delivery.expects:
            self._heard_s = now_s
        elif now_s - self._heard_s > patience_s:
            self._feed.link.silent()
            raise Broken(f"no ack within {patience_s:.0f} s")

    async def _take(self, event: answers.Answer | None) -> None:
        if isinstance(event, Failure):
            self._fail(event)
        elif isinstance(event, Pong):
            self._delivery.pong(event.t1_us)
            await self._settle()
        elif isinstance(event, Record | Stop) and event.stream == self._names["stream"]:
            self._feed.trials.heard(event)
        elif isinstance(event, Ack | Nack) and (event.stream, event.epoch) == (self._names["stream"], self._epoch):
            self._heard_s = time.monotonic()
            if isinstance(event, Ack):
                self._delivery.ack(event, self._heard_s)
                await self._settle()
            else:
                await self._refused(event)

    def _fail(self, event: Failure) -> None:
        if event.code == "too_many_gaps" and not event.retryable:
            # Of a declared gap: it goes without its reason, and the server settles what nobody resends by itself.
            _log.warning("%s: %s", self._spool.stream, event.message)
        else:
            raise failure(event)

    async def _settle(self) -> None:
        feed, to = self._feed, self._delivery.done_to
        if (kept_from := feed.ledger.kept_from()) is not None:
            to = min(to, kept_from)
        if to <= self._spool.settled_to:
            return
        await asyncio.to_thread(self._spool.settle, self._epoch, to)
        feed.report.settled(self._spool.tally)
        feed.recorder.room_made()
        if self._spool.wants_flush:
            try:
                await asyncio.to_thread(self._spool.flush)
            except NoRoom as error:
                feed.report.trouble("disk", str(error))

    async def _refused(self, event: Nack) -> None:
        stop = event.seq + event.n
        if event.code == "seq_reused":
            _log.warning("%s: %s", self._spool.stream, event.message)
            self._delivery.reused(event.seq, stop)
            await self._end_epoch()
            return
        _log.warning("%s: %d frames refused for good (%s): %s", self._spool.stream, event.n, event.code, event.message)
        await asyncio.to_thread(self._spool.remove, self._epoch, event.seq, stop)
        self._feed.report.settled(self._spool.tally)

    async def _end_epoch(self) -> None:
        """Once an epoch must end, say in the spool where."""
        ledger = self._feed.ledger
        if not ledger.over:
            return
        try:
            ledger.sent_to = max(ledger.sent_to, await asyncio.to_thread(self._spool.end_epoch))
        except NoRoom as error:
            self._feed.report.trouble("disk", str(error))


def failure(event: Failure) -> BarographError:
    """Return the exception that an `error` event means."""
    if event.retryable or event.code == "not_joined":
        return Broken(event.message, event.retry_after_s)
    if event.code == "gone":
        return SendRefused(f"{event.message}. A spool on disk keeps what was not sent")
    if event.code == "forbidden":
        return SendRefused(f"the server refused: {event.message} (barograph send --pair CODE)")
    if event.code == "replaced":
        return SendRefused(f"another device took over: {event.message}")
    return SendRefused(f"the server refused: {event.message}")


async def all_or_first_error(*tasks: asyncio.Task[Any]) -> None:
    """Wait until all are done, or raise what the first one raised; none runs on after that."""
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
