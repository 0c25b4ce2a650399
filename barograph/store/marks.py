"""Which marks this process has set and may still write under.

Rollups are exact because a second is marked before a frame of it is inserted, and recomputed only when its mark is
old. The argument, with G the grace (`RollupStore.grace_s`), all clocks within G / 3 of each other:

1. A writer inserts under a mark of its own that is younger than G / 3, else it sets a new one first (a new nonce).
2. A sweep takes seconds whose mark is older than G, reads the frames after it read the mark, and writes row and
   unmarking in one step, only if the nonce is still there. Every insert under that mark was over by then; an insert
   that began later has set a new nonce before, so the sweep's last step finds another nonce and changes nothing.
3. A writer that was stopped between mark and insert sees on its way out that its mark is older than 2 G / 3, and
   marks again before it answers: before the answer nothing is acked, after it the second is dirty.
4. An insert of unknown outcome may land later than that. Its seconds are owed: they are marked again before the
   next thing that leads to an ack.

The wall clock is used because it goes on while a machine sleeps; a mark from the future counts as too old.

Terms: dirty second, mark (docs/glossary.md).
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping

from barograph.frames import Stream

Seconds = Mapping[Stream, Iterable[int]]


class Marks:
    """The marks of this process, forgotten when they are older than the grace."""

    def __init__(self, grace_s: float, clock: Callable[[], float] = time.time) -> None:
        self.grace_s = grace_s
        self._clock = clock
        self._set: OrderedDict[tuple[Stream, int], float] = OrderedDict()
        self._owed: dict[Stream, set[int]] = {}

    def now(self) -> float:
        """Return seconds since 1970; the age of a mark counts from before it was sent."""
        return self._clock()

    def older(self, touched: Seconds, age_s: float) -> dict[Stream, list[int]]:
        """Return the seconds whose mark is unknown or at least `age_s` old."""
        now = self.now()
        late = {
            stream: [s for s in seconds if not self._young(stream, s, now, age_s)]
            for stream, seconds in touched.items()
        }
        return {stream: seconds for stream, seconds in late.items() if seconds}

    def _young(self, stream: Stream, second: int, now: float, age_s: float) -> bool:
        since = self._set.get((stream, second))
        return since is not None and 0 <= now - since < age_s

    def keep(self, marked: Seconds, since: float) -> None:
        """Remember marks that the archive has; what was owed of them is paid."""
        for stream, seconds in marked.items():
            for second in seconds:
                self._set[stream, second] = since
                self._set.move_to_end((stream, second))
            self._pay(stream, seconds)
        while self._set and not 0 <= since - next(iter(self._set.values())) < self.grace_s:
            self._set.popitem(last=False)

    def _pay(self, stream: Stream, seconds: Iterable[int]) -> None:
        if stream in self._owed:
            self._owed[stream].difference_update(seconds)
            if not self._owed[stream]:
                del self._owed[stream]

    def forget(self, stream: Stream, seconds: Iterable[int]) -> None:
        """Forget marks that were taken away."""
        for second in seconds:
            self._set.pop((stream, second), None)

    def owe(self, touched: Seconds) -> None:
        """Remember seconds that a write of unknown outcome touched."""
        for stream, seconds in touched.items():
            self.forget(stream, seconds)
            self._owed.setdefault(stream, set()).update(seconds)

    def owed(self, stream: Stream) -> list[int]:
        """Return the seconds to mark again before anything of this stream is acked."""
        return sorted(self._owed.get(stream, ()))

    def drop(self, stream: Stream) -> None:
        """Forget a stream that is no more."""
        self._owed.pop(stream, None)
