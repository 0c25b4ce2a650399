"""Calls of the operating system on a disk that may hang: in threads of their own.

A thread that waits for a disk which is gone cannot be ended. So it is none of those in which a process computes, holds
up no process that ends, and there are `MOST` at a time.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import ParamSpec, TypeVar

MOST = 4
P = ParamSpec("P")
T = TypeVar("T")


class Beside:
    """Runs calls beside the loop, some at once; others wait for their turn."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(MOST)

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a call returns, or raise what it raises."""
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def ended(value: T | None, error: Exception | None) -> None:
            self._free.release()
            if answer.done():  # nobody waits any more
                return
            if error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(value)  # type: ignore[arg-type]

        def work() -> None:
            value, error = None, None
            try:
                value = call(*args, **kwargs)
            except Exception as raised:  # noqa: BLE001 - raised again where it is waited for
                error = raised
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(ended, value, error)

        threading.Thread(target=work, name="cold storage", daemon=True).start()
        return await answer
