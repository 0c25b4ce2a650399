"""How many messages may be on their way to a page: one that is slow at its work gets fewer frames, never older ones.

Between a server and a page lie buffers that nobody can look into: the kernel's, the network's, the browser's own. So
the page says, after every `SPEAKS_AFTER`th message, how many it has handled. As long as messages take hardly longer
than they lately took at best, more may be under way; when they take longer, half as many, and what comes meanwhile
waits here, where the newest may take its place. A client that never says what it handled is sent everything at once.
"""

from __future__ import annotations

from collections import deque

SPEAKS_AFTER = 4
LEAST = SPEAKS_AFTER  # with fewer under way a page would have nothing to say
FIRST = 8
MOST = 512
PATIENCE_S = 0.15
TRIPS = 64


class Pace:
    """Times are seconds of any one clock."""

    def __init__(self) -> None:
        self._sent = 0
        self._under_way: deque[float] = deque(maxlen=MOST)  # when each message that was not handled yet was sent
        self._trips_s: deque[float] = deque(maxlen=TRIPS)
        self._most = FIRST
        self._speaks = False

    def sent(self, now_s: float) -> None:
        """Count a message that went out."""
        self._sent += 1
        self._under_way.append(now_s)

    def handled(self, count: int, now_s: float) -> None:
        """Note that the page has handled so many messages in all.

        With its first word, none, it says that it will speak.
        """
        self._speaks = True
        before, sent_s = len(self._under_way), None
        while self._under_way and self._sent - len(self._under_way) < count:
            sent_s = self._under_way.popleft()
        if sent_s is None:
            return
        self._trips_s.append(now_s - sent_s)
        if self._trips_s[-1] > min(self._trips_s) + PATIENCE_S:
            self._most = max(LEAST, self._most // 2)
        else:  # no more than what is under way calls for: a page may become slow from one moment to the next
            self._most = max(self._most, min(2 * before, MOST))

    @property
    def full(self) -> bool:
        """Has sending to wait for the page?"""
        return self._speaks and len(self._under_way) >= self._most
