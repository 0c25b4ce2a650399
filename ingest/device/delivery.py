"""What a device sends next: the window, resends, and numbers that are another's. No socket, no clock, no disk.

`Ledger` is what this process knows of an epoch, over all its connections; `Link` what it learnt about the way to the
server; `Delivery` is one connection.

Rules
1. The window counts from the server's `next_seq`, in frames and in bytes; 0 means wait. A batch that is larger than a
   window in which nothing is unsettled is cut.
2. A missing range is sent again once for each ack that names it, and not within `RESEND_S` of its last sending.
3. A number is done when an ack covers it and a `pong` says that the server has looked at what this connection sent
   under it. So what a `session_joined` calls settled, but nobody here was told of, is sent once more: the server drops
   what it has, and refuses as `seq_reused` what it has of another sender, who then used a copy of this spool.
4. The spool is older than the server when numbers were reused, or when the server's `next_seq` lies beyond all that
   the spool has ever numbered (and the source will not give the same frames again). Then the spool keeps where the
   epoch ends: what is numbered by then is sent under it and nothing else, from this copy of the spool and any later
   one. When all of it is done or refused, the rest begins a new epoch. Nothing is lost by that, and nothing is stored
   twice.
5. Besides the window, a link carries what it delivers within a few seconds: on a slow one, what waits in the
   network's queues would look like silence.

    sending ──seq_reused, or next_seq beyond our numbers──▶ draining ──all that was sent is done──▶ a new epoch
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import takewhile

from barograph.ranges import Ranges
from ingest.device.answers import Ack, Joined
from ingest.device.spool import Batch, Item

RESEND_S = 1.0
PING_EVERY_S = 0.1
FIRST_LIMIT_BYTES = 128 << 10
LAST_LIMIT_BYTES = 1 << 30
QUICK_S, SLOW_S = 1.0, 4.0
MOST_PATIENCE_S = 600.0


@dataclass
class Ledger:
    """An epoch as this process knows it.

    Numbers below `sent_to` may have been sent; those in `reused` the server has of another sender.
    """

    sent_to: int
    reused: Ranges = field(default_factory=Ranges)
    over: bool = False

    def joined(self, next_seq: int, next_number: int, *, repeats: bool) -> None:
        """Take where the server is, when the spool had numbered so many.

        A source that `repeats` gives the same again.
        """
        if next_seq > next_number and not repeats:
            self.over = True

    def kept_from(self) -> int | None:
        """Return the first number that has to stay in the spool although the server calls it settled."""
        return next((first for first, _ in self.reused), None)


@dataclass
class Link:
    """How much may be under way, and how long silence is no fault, learnt from how long acks took."""

    least_patience_s: float
    limit_bytes: int = FIRST_LIMIT_BYTES
    patience_s: float = 0.0
    shortest_s: float = math.inf

    def __post_init__(self) -> None:
        self.patience_s = self.least_patience_s

    def connected(self) -> None:
        """Begin anew on another connection, which may take another way."""
        self.shortest_s = math.inf

    def heard(self, latency_s: float, under_way_bytes: int) -> None:
        """Note that an ack came so long after its batch was sent, when so much was under way."""
        self.shortest_s = min(self.shortest_s, latency_s)
        queued_s = latency_s - self.shortest_s
        if queued_s < QUICK_S and 2 * under_way_bytes > self.limit_bytes:
            self.limit_bytes = min(2 * self.limit_bytes, LAST_LIMIT_BYTES)
        elif queued_s > SLOW_S:
            self.limit_bytes = max(self.limit_bytes // 2, 1)
        self.patience_s = min(max(self.least_patience_s, 4 * latency_s), MOST_PATIENCE_S)

    def silent(self) -> None:
        """Send less at once and wait longer: nothing came for as long as patience was."""
        self.limit_bytes = min(self.limit_bytes, FIRST_LIMIT_BYTES)
        self.patience_s = min(2 * self.patience_s, MOST_PATIENCE_S)


@dataclass
class _Sent:
    seq: int
    stop: int
    nbytes: int
    at_s: float
    resent: bool = False


class Delivery:
    """One connection, from its `session_joined` on; `first` is the first number that the spool then had."""

    def __init__(self, ledger: Ledger, link: Link, joined: Joined, first: int) -> None:
        self.settled = joined.next_seq
        self.cursor = min(first, joined.next_seq)
        self.left = False
        self._ledger = ledger
        self._link = link
        link.connected()
        self._window_frames, self._window_bytes = joined.window_frames, joined.window_bytes
        self._looked_to = self.cursor
        self._under_way: list[_Sent] = []
        self._whole_bytes = 0
        self._missing: list[tuple[int, int]] = []
        self._ping: tuple[int, int] | None = None
        self._ping_s = float("-inf")

    @property
    def done_to(self) -> int:
        """The number below which all is settled, and was compared with what this device has."""
        return min(self.settled, self._looked_to)

    @property
    def epoch_over(self) -> bool:
        """Whether all that may have been sent in an epoch that must end is done."""
        return self._ledger.over and self.done_to >= self._ledger.sent_to

    @property
    def expects(self) -> bool:
        """Whether the server owes an answer, or has to open the window."""
        return bool(self._under_way or self._ping or self.left or self._closed)

    @property
    def _closed(self) -> bool:
        return self._window_frames <= 0 or self._window_bytes <= 0

    # --- what to send

    @property
    def sends_new(self) -> bool:
        """Whether the number at the cursor may be sent."""
        return not self._ledger.over or self.cursor < self._ledger.sent_to

    def fitting(self, item: Item) -> Item | None:
        """Return the item at the cursor, or as much of it as may be sent now; None to wait."""
        first = max(item.seq, self.cursor)
        if not isinstance(item, Batch) or item.stop <= self.settled:
            return item.part(first, item.stop)
        if self._closed:
            return None
        limit_bytes = min(self._window_bytes, self._link.limit_bytes) - self._under_way_bytes()
        if item.stop - self.settled <= self._window_frames and item.nbytes <= limit_bytes:
            return item
        if self._under_way:
            return None
        most = max(1, min(self._window_frames, self._window_bytes // item.frame_bytes))
        return item.part(first, min(item.stop, max(first, self.settled) + most))

    def _under_way_bytes(self) -> int:
        """Of whole batches, but of the first only what is not settled."""
        if not self._under_way or (first := self._under_way[0]).seq >= self.settled:
            return self._whole_bytes
        return self._whole_bytes - first.nbytes * (self.settled - first.seq) // (first.stop - first.seq)

    def resend(self, now_s: float) -> int | None:
        """Return the first number that is missing and may be sent again now."""
        return next((seq for seq, at_s in self._due() if at_s <= now_s), None)

    def _due(self) -> list[tuple[int, float]]:
        return [(seq, self._sent_at(seq) + RESEND_S) for seq, _ in self._missing]

    def _sent_at(self, seq: int) -> float:
        index = bisect_right(self._under_way, seq, key=lambda sent: sent.seq) - 1
        return self._under_way[index].at_s if index >= 0 else float("-inf")

    def sent(self, item: Item, now_s: float) -> None:
        """Note that an item goes out, for the first time on this connection or again."""
        for each in self._under_way if item.seq < self.cursor else ():
            if each.seq < item.stop and item.seq < each.stop:
                each.at_s, each.resent = now_s, True
        if item.stop > self.cursor:
            if item.stop > self.settled:
                nbytes = item.nbytes if isinstance(item, Batch) else 0
                self._under_way.append(_Sent(self.cursor, item.stop, nbytes, now_s))
                self._whole_bytes += nbytes
            self.cursor = item.stop
            self._ledger.sent_to = max(self._ledger.sent_to, item.stop)
        self._missing = [part for each in self._missing for part in _without(each, item.seq, item.stop)]

    # --- whether the server has looked at it

    def wants_ping(self, now_s: float) -> bool:
        """Return whether to ask now if the server has looked at what was sent."""
        if self._ping is not None or self._looked_to >= self.cursor:
            return False
        return self.settled >= self.cursor or now_s >= self._ping_s + PING_EVERY_S

    def ping(self, t1_us: int, now_s: float) -> None:
        """Note that a ping with this time goes out."""
        self._ping, self._ping_s = (t1_us, self.cursor), now_s

    def pong(self, t1_us: int) -> None:
        """Note that the server has looked at all that went out before the ping with this time."""
        if self._ping is not None and self._ping[0] == t1_us:
            self._looked_to, self._ping = self._ping[1], None

    def wait_s(self, now_s: float) -> float | None:
        """Return seconds after which there may be something to send although nothing has happened; None for never."""
        moments_s = [at_s for _, at_s in self._due()]
        if self._ping is None and self._looked_to < self.cursor:
            moments_s.append(self._ping_s + PING_EVERY_S)
        return max(0.0, min(moments_s) - now_s) if moments_s else None

    # --- what the server says

    def ack(self, event: Ack, now_s: float) -> None:
        """Take an ack: settled up to here, so much may be under way, and this is missing."""
        under_way_bytes = self._under_way_bytes()
        self.settled = max(self.settled, event.next_seq)
        self._window_frames, self._window_bytes = event.window_frames, event.window_bytes
        clipped = [(max(seq, self.settled), min(seq + n, self.cursor)) for seq, n in event.missing]
        self._missing = [(first, stop) for first, stop in clipped if first < stop]
        settled = list(takewhile(lambda sent: sent.stop <= self.settled, self._under_way))
        if newest := next((sent for sent in reversed(settled) if not sent.resent), None):
            self._link.heard(now_s - newest.at_s, under_way_bytes)
        self._whole_bytes -= sum(sent.nbytes for sent in settled)
        del self._under_way[: len(settled)]

    def reused(self, seq: int, stop: int) -> None:
        """Note that the server has these numbers of another sender."""
        self._ledger.reused.add(seq, stop)
        self._ledger.over = True


def _without(given: tuple[int, int], seq: int, stop: int) -> list[tuple[int, int]]:
    parts = ((given[0], min(given[1], seq)), (max(given[0], stop), given[1]))
    return [(first, last) for first, last in parts if first < last]
