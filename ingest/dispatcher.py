"""Messages of a connection on their way to what handles them, in their order, and what is wrong with them back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import Any

from barograph.errors import InvalidData, NotFound, StorageAway
from ingest import messages as m
from ingest.attendance import Attendance
from ingest.decisions import Decisions
from ingest.messages import Refused, refusal
from ingest.metrics import Metrics
from ingest.peers import Peer
from ingest.receipts import Receipt, Reply, Request, answer, bad
from ingest.refusals import Refusals

MAX_RUN_BYTES = 1 << 20
WORKOUTS_SHOWN = 3

Handler = Callable[[Peer, Any], Awaitable[Reply]]


class Dispatcher:
    """Gives each message to the handler of its type; batches of frames come as a list."""

    def __init__(self, metrics: Metrics) -> None:
        self.metrics = metrics
        self.decisions: Decisions
        self.refusals, self.attendance = Refusals(), Attendance()
        self._handlers: dict[type, Handler] = {}

    async def receive(self, peer: Peer, waiting: Sequence[str | bytes | Request]) -> None:
        """Handle messages in their order; batches of frames that follow each other are handled as one."""
        run: list[m.FramesBatch] = []
        for item in waiting:
            data, id_ = (item.data, item.id) if isinstance(item, Request) else (item, None)
            if id_ is not None:
                await self._handle(peer, run)
                await self._receive_asked(peer, data, await peer.receipts.ask(id_))
                run = []
                continue
            try:
                message = peer.read(data)
            except Refused as error:
                await self._handle(peer, run)
                self._refuse(peer, error)
                run = []
                continue
            if not isinstance(message, m.FramesBatch):
                await self._handle(peer, run)
                await self._handle(peer, message)
                run = []
            elif run and _follows(run, message):
                run.append(message)
            else:
                await self._handle(peer, run)
                run = [message]
        await self._handle(peer, run)

    async def _receive_asked(self, peer: Peer, data: str | bytes, receipt: Receipt) -> None:
        """Handle a message whose sender asks what became of it."""
        try:
            message = peer.read(data)
        except Refused as error:
            self._refuse(peer, error, receipt)
        else:
            await self._handle(peer, [message] if isinstance(message, m.FramesBatch) else message, receipt)

    async def _handle(
        self, peer: Peer, message: m.ClientMessage | list[m.FramesBatch], receipt: Receipt | None = None
    ) -> None:
        """What is wrong with a message goes back as an `error`, and the connection goes on."""
        if message == []:
            return
        try:
            reply = await self.serve(peer, message)
        except (Refused, InvalidData, NotFound, StorageAway) as error:
            self._refuse(peer, refusal(error), receipt)
        else:
            if receipt is not None:
                answer(receipt, reply)

    async def serve(self, peer: Peer, message: m.ClientMessage | list[m.FramesBatch]) -> Reply:
        """Do what a message asks, and return what became of it; what is wrong with it, or not allowed, is raised."""
        await self.decisions.require(peer, message[0] if isinstance(message, list) else message)
        return await self._handlers[list if isinstance(message, list) else type(message)](peer, message)

    def _refuse(self, peer: Peer, error: Refused, receipt: Receipt | None = None) -> None:
        self.metrics.refused.labels(error.code).inc()
        self.refusals.note(peer.name, error, address=peer.address, workouts=list(islice(peer.rooms, WORKOUTS_SHOWN)))
        peer.outbox.push(error.event())
        if receipt is not None:
            receipt.give(bad(error))


def _follows(run: Sequence[m.FramesBatch], message: m.FramesBatch) -> bool:
    last, size = run[-1], sum(len(batch.data) for batch in run)
    same = (last.workout_id, last.stream, last.epoch) == (message.workout_id, message.stream, message.epoch)
    return same and message.seq == last.seq + last.n and size + len(message.data) <= MAX_RUN_BYTES
