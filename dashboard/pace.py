"""How far ahead of its page a socket may send: a page that is slow at its work gets fewer frames, never older ones.

Between a server and a page lie buffers that nobody can look into: the kernel's, the network's, the browser's own. So
the page says now and then how many messages it has handled. As long as the oldest one that it has not is hardly older
than a message needs at best, sending goes on; otherwise what comes waits here, where the newest may take its place.
A client that never says so is sent everything at once.
"""

from __future__ import annotations

from collections import deque

PATIENCE_S = 0.25
UNKNOWN_TRIP_S = 1.0
# A page speaks after every sixth message, so this many may always be on the way.
FREE_MESSAGES = 8
KEPT = 1024


class Pace:
    """Times are seconds of any one clock."""

    def __init__(self) -> None:
        self._sent = 0
        self._on_the_way: deque[float] = deque(maxlen=KEPT)  # when each message that was not handled yet was sent
        self._shortest_s: float | None = None
        self._speaks = False

    def sent(self, now_s: float) -> None:
        """A message went out."""
        self._sent += 1
        self._on_the_way.append(now_s)

    def handled(self, count: int, now_s: float) -> None:
        """The page has handled so many messages in all; with its first word, none, it says that it will speak."""
        self._speaks = True
        last_s = None
        while self._on_the_way and self._sent - len(self._on_the_way) < count:
            last_s = self._on_the_way.popleft()
        if last_s is not None:
            trip_s = now_s - last_s
            self._shortest_s = trip_s if self._shortest_s is None else min(self._shortest_s, trip_s)

    def ahead(self, now_s: float) -> bool:
        """Is the page so far behind that sending has to wait for it?"""
        if not self._speaks or len(self._on_the_way) <= FREE_MESSAGES:
            return False
        trip_s = UNKNOWN_TRIP_S if self._shortest_s is None else self._shortest_s
        return now_s - self._on_the_way[0] > trip_s + PATIENCE_S
