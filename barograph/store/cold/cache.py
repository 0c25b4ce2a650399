"""What was read of cold storage lately, bounded in bytes; what two ask for at once is fetched once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

T = TypeVar("T")


class Recent(Generic[T]):
    """Values by name, the least used go first."""

    def __init__(self, most_bytes: int, size_of: Callable[[T], int]) -> None:
        self._most, self._size_of = most_bytes, size_of
        self._values: OrderedDict[str, tuple[T, int]] = OrderedDict()
        self._held = 0
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def get(self, name: str, fetch: Callable[[], Awaitable[T]]) -> T:
        """Return a value, fetched where it is not at hand."""
        lock = self._locks.setdefault(name, asyncio.Lock())
        async with lock:
            if name in self._values:
                self._values.move_to_end(name)
                return self._values[name][0]
            value = await fetch()
            self._keep(name, value)
            return value

    def _keep(self, name: str, value: T) -> None:
        size = self._size_of(value)
        if size <= self._most:
            self._values[name] = value, size
            self._held += size
        while self._held > self._most:
            _, (_, gone) = self._values.popitem(last=False)
            self._held -= gone

    def forget(self, start: str) -> None:
        """Forget the values whose names begin so."""
        for name in [one for one in self._values if one.startswith(start)]:
            self._held -= self._values.pop(name)[1]
