"""An event loop in a thread of its own, and questions to it from threads that have none, or run another."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")

PATIENCE_S = 1.0  # after which somebody who waits looks whether the loop is still there


@contextmanager
def running_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Run an event loop in a thread of its own for as long as the context lasts."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=_serve, args=(loop,), name="barograph-lab", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        ask(loop, loop.shutdown_asyncgens())
        ask(loop, loop.shutdown_default_executor())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    """Run a loop until it is stopped; what other threads still ask is then cancelled, so that none waits for ever."""
    loop.run_forever()
    while waiting := asyncio.all_tasks(loop):
        for task in waiting:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))


def ask(loop: asyncio.AbstractEventLoop, question: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in the loop's thread and wait here; Ctrl-C ends both."""
    try:
        future = asyncio.run_coroutine_threadsafe(question, loop)
    except RuntimeError:
        question.close()
        raise
    try:
        while not wait([future], PATIENCE_S).done and not loop.is_closed():
            pass
        return future.result(0)
    except BaseException:
        future.cancel()
        raise
