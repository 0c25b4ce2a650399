"""What a process remembers for a moment of what it asked, so that thirty requests of a page are one question.

How long is decided where it is made. What is remembered is as old as its question, not as its answer: what changed
while the archive answered is not believed for longer.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MOMENT_S = 1.0  # how long a key that was revoked, or a team that was left, may still be believed
MOST = 4096


class Remembered(Generic[K, V]):
    """Answers by name, each for `life_s`, and the newest `most` of them; None is no answer."""

    def __init__(self, life_s: float, most: int = MOST, steady: Callable[[], float] = time.monotonic) -> None:
        self._life_s, self._most, self._steady = life_s, most, steady
        self._known: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def now_s(self) -> float:
        """Return the moment to keep an answer with: read it before asking."""
        return self._steady()

    def get(self, name: K) -> V | None:
        """Return what is remembered under a name, None where that is too long ago."""
        known = self._known.get(name)
        if known is None or self._steady() - known[0] >= self._life_s:
            self._known.pop(name, None)
            return None
        return known[1]

    def keep(self, name: K, value: V, asked_s: float) -> V:
        """Remember an answer to what was asked at `asked_s`, and return it."""
        self._known.pop(name, None)
        self._known[name] = asked_s, value
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return value

    def amend(self, name: K, value: V) -> None:
        """Change what is remembered, for as long as it would be anyway."""
        if (known := self._known.get(name)) is not None:
            self._known[name] = known[0], value

    def forget(self, which: Callable[[V], bool]) -> None:
        """Forget answers."""
        for name in [name for name, (_, value) in self._known.items() if which(value)]:
            del self._known[name]

    def __len__(self) -> int:
        return len(self._known)
