"""What this process published to each stream in the last seconds: Redis can only trim by time or by number."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

KEY_LIFE_S = 3600


class Window:
    """What was published to one stream."""

    def __init__(self) -> None:
        self.newest_ms = 0  # by Redis' clock
        self.newest_s = 0.0  # by ours
        self._sizes: deque[tuple[float, int]] = deque()
        self._total = 0

    def add(self, now_s: float, size: int) -> None:
        """Note an entry of so many bytes."""
        self.newest_s = now_s
        self._sizes.append((now_s, size))
        self._total += size

    def fit(self, since_s: float, most_bytes: int) -> int | None:
        """Forget what is too old or too much; return the number of entries to keep, if there was too much."""
        too_much = False
        while self._sizes and (self._sizes[0][0] < since_s or self._total > most_bytes):
            too_much |= self._sizes[0][0] >= since_s
            self._total -= self._sizes.popleft()[1]
        return len(self._sizes) if too_much else None


class Windows:
    """The windows of all streams that this process publishes to, by key."""

    def __init__(self, seconds: float, most_bytes: int) -> None:
        self._seconds, self._most_bytes = seconds, most_bytes
        self._windows: dict[str, Window] = {}

    def add(self, key: str, size: int) -> None:
        """Note an entry."""
        self._windows.setdefault(key, Window()).add(time.monotonic(), size)

    def trim(self, pipeline: Any, key: str) -> None:
        """Add the commands that keep a key within its bounds."""
        window = self._windows.setdefault(key, Window())
        keep = window.fit(time.monotonic() - self._seconds, self._most_bytes)
        if keep is not None:
            pipeline.xtrim(key, maxlen=keep, approximate=True)
        if window.newest_ms:
            pipeline.xtrim(key, minid=str(window.newest_ms - int(self._seconds * 1000)), approximate=True)
        pipeline.expire(key, KEY_LIFE_S)

    def took(self, key: str, position: bytes) -> None:
        """Note the position that Redis gave to the newest entry."""
        self._windows.setdefault(key, Window()).newest_ms = int(position.partition(b"-")[0])

    def forget(self) -> None:
        """Drop the windows of streams that ended."""
        since_s = time.monotonic() - self._seconds
        for key in [key for key, window in self._windows.items() if window.newest_s < since_s]:
            del self._windows[key]
