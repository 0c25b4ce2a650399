"""Answers to single messages, for clients that ask what became of one (Socket.IO's acknowledgements).

A client may read an answer as "stored". So a frame's answer waits until the archive has the frame in its journal, and
says `ok` only then. Answers go out in the order of the messages that asked for them.

Queue: a connection may have `MAX_OPEN` answers open. Beyond that its next message that asks for one waits, and the
messages behind it, so that the transport pushes back. Nothing is dropped here.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from barograph.ranges import Ranges
from ingest.messages import Refused
from ingest.outbox import Outbox

MAX_OPEN = 4096
RECEIPT = "receipt"  # the type of an answer in an outbox; no event of the protocol has this name

Result = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """A message of a client; with an `id`, its sender asks what became of it."""

    data: str | bytes
    id: int | None = None


def good(fields: Mapping[str, Any]) -> Result:
    """Return the answer to a message that was done."""
    return {"ok": True, **{name: value for name, value in fields.items() if name != "type"}}


def bad(error: Refused) -> Result:
    """Return the answer to a message that was refused."""
    return {**good(error.event()), "ok": False}


@dataclass(eq=False)
class Receipt:
    """The answer to one message; `give` is called once."""

    id: int
    owner: Receipts
    result: Result | None = None

    def give(self, result: Result) -> None:
        """Say what became of the message."""
        self.result = result
        self.owner.send()


class Receipts:
    """The answers that one connection waits for, oldest first."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._open: deque[Receipt] = deque()
        self._room = asyncio.Event()

    def __len__(self) -> int:
        return len(self._open)

    async def ask(self, id_: int) -> Receipt:
        """Open an answer, as soon as there is room for one."""
        while len(self._open) >= MAX_OPEN:
            self._room.clear()
            await self._room.wait()
        receipt = Receipt(id_, self)
        self._open.append(receipt)
        return receipt

    def send(self) -> None:
        """Send the answers that are known, up to the first that is not."""
        while self._open and (result := self._open[0].result) is not None:
            self._outbox.push({"type": RECEIPT, "id": self._open.popleft().id, "result": result})
        self._room.set()


Tell = Callable[[int | Refused], None]


@dataclass(eq=False)
class Outcome:
    """What became of the frames of a message: their numbers, and which of them were refused for good.

    `when_settled` calls back with the stream's frame count once none of these numbers is on its way any more, or with
    what went wrong.
    """

    when_settled: Callable[[int, int, Tell], None]
    first: int
    stop: int
    refused: list[Result] = field(default_factory=list)

    def refuse(self, spans: Sequence[tuple[int, int]], error: Refused) -> None:
        """Note numbers that will never be stored."""
        self.refused += [{**bad(error), "seq": first, "n": last - first} for first, last in spans]

    def result(self, told: int | Refused) -> Result:
        """Return the answer."""
        if isinstance(told, Refused):
            return bad(told)
        if self.refused:
            return {**self.refused[0], "refused": [[one["seq"], one["n"]] for one in self.refused]}
        return good({"seq": self.first, "n": self.stop - self.first, "frame_count": told})


Reply = Mapping[str, Any] | Outcome


def answer(receipt: Receipt, reply: Reply) -> None:
    """Answer with what became of a message; frames once they are in the journal."""
    if isinstance(reply, Outcome):
        reply.when_settled(reply.first, reply.stop, lambda told: receipt.give(reply.result(told)))
    else:
        receipt.give(good(reply))


@dataclass(eq=False)
class _Waiter:
    first: int
    stop: int
    tell: Tell


class Waiters:
    """Who wants to hear when numbers of a session are no longer on their way to the archive."""

    def __init__(self) -> None:
        self._waiting: list[_Waiter] = []

    def add(self, first: int, stop: int, tell: Tell) -> None:
        """Call `tell` with the stream's frame count once all of these numbers are settled, or with what went wrong."""
        self._waiting.append(_Waiter(first, stop, tell))

    def stored(self, seq: int, stop: int, pending: Ranges, count_before: int) -> None:
        """Answer for numbers `seq` … `stop` − 1, which are stored; before them the stream had so many frames."""
        for waiter in self._take(seq, stop, pending):
            waiter.tell(count_before + min(waiter.stop, stop) - seq)

    def lost(self, error: Refused, seq: int = 0, stop: int = 1 << 62) -> None:
        """Answer for numbers that will not be settled here."""
        for waiter in self._take(seq, stop, Ranges()):
            waiter.tell(error)

    def _take(self, seq: int, stop: int, pending: Ranges) -> list[_Waiter]:
        """Those who wait for some of these numbers, and for none that is still on its way."""
        done = [
            waiter
            for waiter in self._waiting
            if waiter.first < stop and seq < waiter.stop and not on_its_way(pending, waiter.first, waiter.stop)
        ]
        if done:
            gone = set(done)
            self._waiting = [waiter for waiter in self._waiting if waiter not in gone]
        return done


def on_its_way(pending: Ranges, first: int, stop: int) -> bool:
    """Return whether a number of the range is on its way to the archive."""
    return pending.missing(first, stop) != [(first, stop)]
