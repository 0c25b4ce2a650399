"""Child processes of one parent: started, heard, ended in the reverse order of their start; none outlives the parent.

Every child holds the reading end of a pipe as its standard input. The parent never writes to it: when the parent is
gone, however it went, the kernel closes the pipe, and `end_with_parent` in the child ends the child. Children are in a
session of their own, so that Ctrl-C in the terminal reaches the parent alone, which then ends them in order.

What a child says goes to `<name>.log`, which is cut at `LOG_BYTES` (the one before is kept), and its last lines are
remembered for the case that it dies.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from barograph.errors import BarographError

LOG_BYTES = 4 << 20
LAST_LINES = 12
LINE_BYTES = 1 << 16
ORPHAN_PATIENCE_S = 3.0  # the servers of a parent that was killed end at once: there is nothing left to store to


class ChildDied(BarographError):
    """A child process ended that should have gone on; the message has its last lines."""


@dataclass(eq=False)
class Child:
    """One child process, what it said last, and how long it may take to end."""

    name: str
    process: asyncio.subprocess.Process
    patience_s: float
    log: Path
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))

    def obituary(self) -> ChildDied:
        """The error that says how this child ended."""
        code = self.process.returncode
        said = "\n".join(f"  {line}" for line in self.last_lines) or "  it said nothing"
        return ChildDied(f"{self.name} ended unexpectedly with code {code}; its last lines ({self.log}):\n{said}")


class Family:
    """Children of this process, as long as the context lasts."""

    def __init__(self, log_dir: Path) -> None:
        self._log_dir = log_dir
        self._children: list[Child] = []
        self._listeners: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Family:
        self._log_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        for child in reversed(self._children):
            await _end(child)
        await asyncio.gather(*self._listeners)

    async def start(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str],
        listener: socket.socket | None = None,
        patience_s: float = 1.0,
    ) -> Child:
        """Start `barograph <arguments>`; a listening socket becomes the child's alone."""
        command = [sys.executable, "-P", "-m", "barograph", "--with-parent"]
        if listener is not None:
            command += ["--socket", str(listener.fileno())]
        process = await asyncio.create_subprocess_exec(
            *command,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=LINE_BYTES,
            env={**os.environ, **environment},
            pass_fds=() if listener is None else (listener.fileno(),),
            start_new_session=True,
        )
        if listener is not None:
            listener.close()
        child = Child(name, process, patience_s, self._log_dir / f"{name}.log")
        self._children.append(child)
        self._listeners.add(asyncio.create_task(_listen(child), name=f"log of {name}"))
        return child

    async def live_through(self, step: Coroutine[Any, Any, None]) -> None:
        """Do a step; `ChildDied` when a child ends before it is done."""
        death = asyncio.create_task(self.first_to_end(), name="first to end")
        doing = asyncio.create_task(step, name="step")
        try:
            await asyncio.wait({death, doing}, return_when=asyncio.FIRST_COMPLETED)
            if death.done():
                raise death.result().obituary()
            doing.result()
        finally:
            death.cancel()
            doing.cancel()

    async def first_to_end(self) -> Child:
        """Wait until a child ends by itself."""
        waiting = {asyncio.create_task(child.process.wait(), name=child.name): child for child in self._children}
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            child = waiting[done.pop()]
        finally:
            for task in waiting:
                task.cancel()
        # Its last words may still be in the pipe.
        await asyncio.wait(self._listeners, timeout=0.2)
        return child


async def _end(child: Child) -> None:
    process = child.process
    if process.returncode is None:
        with suppress(ProcessLookupError):  # it ended in this moment, which is the aim
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), child.patience_s)
        except TimeoutError:
            child.last_lines.append(f"(killed: it had not ended after {child.patience_s:g} s)")
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _listen(child: Child) -> None:
    if (stream := child.process.stdout) is None:
        return
    log = RotatingFileHandler(child.log, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8")
    try:
        while raw := await _line(stream):
            line = raw.decode("utf-8", "replace").rstrip()
            child.last_lines.append(line)
            log.emit(logging.LogRecord(child.name, logging.INFO, "", 0, line, None, None))
    finally:
        log.close()


async def _line(stream: asyncio.StreamReader) -> bytes:
    try:
        return await stream.readuntil(b"\n")
    except asyncio.IncompleteReadError as rest:
        return rest.partial
    except asyncio.LimitOverrunError as overrun:
        return await stream.readexactly(overrun.consumed)


def end_with_parent() -> None:
    """In a child: end, in order if possible, when the parent that holds our standard input is gone."""
    threading.Thread(target=_outlive_nobody, name="parent watch", daemon=True).start()


def _outlive_nobody() -> None:
    while os.read(0, 1024):
        continue
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(ORPHAN_PATIENCE_S)
    os._exit(1)
