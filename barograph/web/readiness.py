"""Whether the parts that a server needs answer, told at once: whoever asks is never held up by one that hangs.

A part is asked by one question at a time. Its answer is good for `FRESH_S`; a question that is under way is waited for
`PATIENCE_S` once, and from then on the part is away until it answers.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Protocol

FRESH_S, PATIENCE_S = 0.5, 0.7
READY = "ready"


class Pinged(Protocol):
    """What says whether it answers."""

    async def ping(self) -> None:
        """Return, or raise what is wrong."""
        ...


class _Part:
    """A part, and what became of the last question to it."""

    def __init__(self, name: str, pinged: Pinged) -> None:
        self._name, self._pinged = name, pinged
        self._state = ""
        self._began_s = self._ended_s = 0.0
        self._silent_since_s: float | None = None
        self.question: asyncio.Task[None] | None = None

    @property
    def waits(self) -> bool:
        """True while a question has no answer yet."""
        return self.question is not None and not self.question.done()

    @property
    def waited_s(self) -> float:
        """How long the last question has been under way."""
        return time.monotonic() - self._began_s

    def ask(self) -> None:
        """Ask, unless a question is under way or the last answer is fresh."""
        now_s = time.monotonic()
        if not self.waits and (self.question is None or now_s - self._ended_s >= FRESH_S):
            self._began_s = now_s
            self._silent_since_s = now_s if self._silent_since_s is None else self._silent_since_s
            self.question = asyncio.create_task(self._asked(), name=f"is {self._name} ready?")

    async def _asked(self) -> None:
        try:
            await self._pinged.ping()
            self._state, self._silent_since_s = READY, None
        except Exception as error:  # noqa: BLE001 - whatever a part answers with is its state, and is told
            self._state = f"away: {error}"
        self._ended_s = time.monotonic()

    def state(self) -> str:
        """Return READY, or what is wrong; of several questions in a row without an answer, since the first one."""
        if not self.waits or self._silent_since_s is None:
            return self._state
        return f"away: no answer for {time.monotonic() - self._silent_since_s:.1f} s"


class Readiness:
    """The parts of one server, by name."""

    def __init__(self, parts: Mapping[str, Pinged]) -> None:
        self._parts = {name: _Part(name, pinged) for name, pinged in parts.items()}

    async def states(self) -> dict[str, str]:
        """Return of each part READY or what is wrong with it, within `PATIENCE_S`."""
        for part in self._parts.values():
            part.ask()
        new = [part.question for part in self._parts.values() if part.waits and part.waited_s < PATIENCE_S]
        if questions := [question for question in new if question is not None]:
            await asyncio.wait(questions, timeout=PATIENCE_S)
        return {name: part.state() for name, part in self._parts.items()}

    async def close(self) -> None:
        """End questions that are under way."""
        questions = [part.question for part in self._parts.values() if part.question is not None]
        for question in questions:
            question.cancel()
        await asyncio.gather(*questions, return_exceptions=True)


def in_a_word(states: Mapping[str, str]) -> dict[str, str]:
    """Return states without their reasons, which may name hosts: for whoever has not shown who they are."""
    return {name: state.partition(":")[0] for name, state in states.items()}
