"""The last results by key, bounded by the bytes they hold: an hour of one stream is a table of forty megabytes."""

from __future__ import annotations

import asyncio
import sys
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from barograph.access.acting import viewpoint
from barograph.frames import Stream

T = TypeVar("T")
MOST_BYTES = 256 << 20
MOST_RESULTS = 4096


class ResultCache:
    """Results in order of last use; whoever asks for what is being made waits for it instead of making it again.

    When they hold more than `most_bytes`, or are too many, the oldest go; one that is larger by itself is handed to
    those who wait for it and not kept. What is being made is kept whatever it will be: it holds nothing yet.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._made: OrderedDict[Hashable, asyncio.Future[Any]] = OrderedDict()
        self._bytes: dict[Hashable, int] = {}

    @property
    def nbytes(self) -> int:
        """What all results hold."""
        return sum(self._bytes.values())

    @property
    def results(self) -> int:
        """How many results are kept."""
        return len(self._bytes)

    def holds(self, key: Hashable) -> bool:
        """Return whether there is, or is being made, a result of this key for all who see the same."""
        return (viewpoint(), *(key if isinstance(key, tuple) else (key,))) in self._made

    async def get(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """Return the result of `make` for this key, made once for all who see the same; one that failed is not kept."""
        key = (viewpoint(), *(key if isinstance(key, tuple) else (key,)))
        if key not in self._made:
            self._made[key] = asyncio.ensure_future(self._make(key, make))
        self._made.move_to_end(key)
        return await asyncio.shield(self._made[key])

    async def _make(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        try:
            result = await make()
        except BaseException:
            del self._made[key]
            raise
        self._bytes[key] = size_of(result)
        if self._bytes[key] > self._most:
            self._forget(key)
        for oldest in [one for one in self._made if one in self._bytes]:
            if self.nbytes <= self._most and len(self._bytes) <= MOST_RESULTS:
                break
            self._forget(oldest)
        return result

    def named(self) -> set[str]:
        """Return the texts in keys, and workouts of streams in them: names of workouts are among these."""
        parts = [part for key in self._bytes for part in (key if isinstance(key, tuple) else (key,))]
        texts = {part for part in parts if isinstance(part, str)}
        return texts | {part.workout_id for part in parts if isinstance(part, Stream)}

    def forget(self, workout_id: str) -> None:
        """Drop all results of a workout: its name, or a stream of it, is in their keys."""
        for key in [key for key in self._bytes if _about(key, workout_id)]:
            self._forget(key)

    def clear(self) -> None:
        """Drop all results."""
        for key in list(self._bytes):
            self._forget(key)

    def _forget(self, key: Hashable) -> None:
        del self._made[key], self._bytes[key]

    def close(self) -> None:
        """Give up what is being made."""
        for task in self._made.values():
            task.cancel()


def _about(key: Hashable, workout_id: str) -> bool:
    parts = key if isinstance(key, tuple) else (key,)
    return any(part == workout_id or (isinstance(part, Stream) and part.workout_id == workout_id) for part in parts)


def size_of(value: Any) -> int:
    """Return bytes that a result holds: of tables and arrays their cells, of what is made of such the sum."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, pd.DataFrame | pd.Series | pd.Index):
        return int(np.sum(value.memory_usage()))
    inside: Iterable[Any] = ()
    if isinstance(value, Mapping):
        inside = value.values()
    elif isinstance(value, list | tuple):
        inside = value
    elif is_dataclass(value):
        inside = (getattr(value, one.name) for one in fields(value))
    return sys.getsizeof(value) + sum(map(size_of, inside))
