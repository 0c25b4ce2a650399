"""Child processes of one parent: started, heard, started again, ended in the reverse order of their start.

Every child holds the reading end of a pipe as its standard input. The parent never writes to it: when the parent is
gone, however it went, the kernel closes the pipe, and `end_with_parent` in the child ends the child. Children are in a
session of their own, so that Ctrl-C in the terminal reaches the parent alone, which then ends them in order.

The parent keeps the sockets on which children listen: who connects while a child is being started again waits for it.

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
from typing import Any, NoReturn

from barograph.cli.restarting import Deaths, Tell, cause
from barograph.errors import BarographError

LOG_BYTES = 4 << 20
LAST_LINES = 12
LINE_BYTES = 1 << 16
LAST_WORDS_S = 0.5
REST_S = 600.0
ORPHAN_PATIENCE_S = 3.0  # the servers of a parent that was killed end at once: there is nothing left to store to


class ChildDied(BarographError):
    """A child process ended that should have gone on; the message has its last lines."""


@dataclass(frozen=True)
class Part:
    """How a child is started: `barograph <arguments>`, with listening sockets that stay the parent's too.

    One that is not `vital` may keep ending: it is started again all the same, after `REST_S`.
    """

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    listeners: Sequence[socket.socket] = ()
    patience_s: float = 1.0
    vital: bool = True


@dataclass(eq=False)
class Child:
    """One child: its process of the moment, what it said last, and when it started (monotonic)."""

    part: Part
    log: Path
    process: asyncio.subprocess.Process
    started_s: float = field(default_factory=time.monotonic)
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))
    listening: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """What the part is called."""
        return self.part.name

    def said(self) -> str:
        """Return the last lines, and where all of them are."""
        lines = "\n".join(f"  {line}" for line in self.last_lines) or "  it said nothing"
        return f"its last lines ({self.log}):\n{lines}"

    def cause(self) -> str:
        """Return how it ended."""
        return cause(self.process.returncode)


class Processes:
    """Children of this process, as long as the context lasts."""

    def __init__(self, log_dir: Path) -> None:
        self._log_dir = log_dir
        self._children: list[Child] = []

    async def __aenter__(self) -> Processes:
        self._log_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        for child in reversed(self._children):
            for listener in child.part.listeners:
                listener.close()
            await _end(child)
        await asyncio.gather(*(child.listening for child in self._children if child.listening))

    async def start(self, part: Part) -> Child:
        """Start a part."""
        child = Child(part, self._log_dir / f"{part.name}.log", await _process(part))
        self._children.append(child)
        _listen_to(child)
        return child

    async def run_while_all_live(self, step: Coroutine[Any, Any, None]) -> None:
        """Do a step; `ChildDied` when a child ends before it is done."""
        deaths = [asyncio.create_task(child.process.wait(), name=child.name) for child in self._children]
        doing = asyncio.create_task(step, name="step")
        try:
            await asyncio.wait({*deaths, doing}, return_when=asyncio.FIRST_COMPLETED)
            for child in self._children:
                if child.process.returncode is not None:
                    await _last_words(child)
                    raise ChildDied(f"{child.name} ended unexpectedly: {child.cause()}; {child.said()}")
            doing.result()
        finally:
            for task in (*deaths, doing):
                task.cancel()

    async def keep(self, tell: Tell) -> NoReturn:
        """Start again whatever ends by itself, after `tell` was told; `ChildDied` when a child keeps dying."""
        keeping = [asyncio.create_task(_keep(child, tell), name=f"keep {child.name}") for child in self._children]
        try:
            done, _ = await asyncio.wait(keeping, return_when=asyncio.FIRST_COMPLETED)
            raise next(error for task in done if (error := task.exception()))
        finally:
            for task in keeping:
                task.cancel()
            await asyncio.gather(*keeping, return_exceptions=True)


async def _keep(child: Child, tell: Tell) -> NoReturn:
    deaths = Deaths(child.name)
    while True:
        await child.process.wait()
        await _last_words(child)
        pause_s = deaths.count(child.cause(), time.monotonic() - child.started_s)
        if pause_s is None and not child.part.vital:
            deaths, pause_s = Deaths(child.name), REST_S
        if pause_s is None:
            raise ChildDied(f"{deaths.given_up()}; {child.said()}")
        said = tell(child.name, child.cause(), deaths.in_a_row, pause_s)
        await asyncio.sleep(pause_s)
        child.process, child.started_s = await _process(child.part), time.monotonic()
        _listen_to(child, said)


async def _process(part: Part) -> asyncio.subprocess.Process:
    command = [sys.executable, "-P", "-m", "barograph", "--with-parent"]
    numbers = tuple(listener.fileno() for listener in part.listeners)
    for number in numbers:
        command += ["--socket", str(number)]
    return await asyncio.create_subprocess_exec(
        *command,
        *part.arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        limit=LINE_BYTES,
        env={**os.environ, **part.environment},
        pass_fds=numbers,
        start_new_session=True,
    )


async def _last_words(child: Child) -> None:
    """Give what it said last time to come out of the pipe."""
    if child.listening is not None:
        await asyncio.wait({child.listening}, timeout=LAST_WORDS_S)


async def _end(child: Child) -> None:
    process = child.process
    if process.returncode is None:
        with suppress(ProcessLookupError):  # it ended in this moment, which is the aim
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), child.part.patience_s)
        except TimeoutError:
            child.last_lines.append(f"(killed: it had not ended after {child.part.patience_s:g} s)")
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _listen_to(child: Child, note: str = "") -> None:
    child.listening = asyncio.create_task(_listen(child, note, child.process.stdout), name=f"log of {child.name}")


async def _listen(child: Child, note: str, stream: asyncio.StreamReader | None) -> None:
    if stream is None:
        return
    log = RotatingFileHandler(child.log, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8")
    try:
        line = note
        while True:
            if line:
                child.last_lines.append(line)
                log.emit(logging.LogRecord(child.name, logging.INFO, "", 0, line, None, None))
            if not (raw := await _line(stream)):
                break
            line = raw.decode("utf-8", "replace").rstrip()
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
    """End a child, in order if possible, when the parent that holds our standard input is gone."""
    threading.Thread(target=_outlive_nobody, name="parent watch", daemon=True).start()


def _outlive_nobody() -> None:
    while os.read(0, 1024):
        continue
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(ORPHAN_PATIENCE_S)
    os._exit(1)
