"""Requests of athletes and the lab's name in this process's memory, as a part of the accounts there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from barograph.errors import NotFound
from barograph.store.erasure_requests import ErasureRequest, RequestState, checked_lab
from barograph.texts import texts_checked


@texts_checked
class MemoryErasureRequests:
    """The port over a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self._erasures: dict[str, ErasureRequest] = {}
        self._lab = ""

    async def ask_erasure(self, request: ErasureRequest) -> ErasureRequest:
        """Keep a request, or return the one that asks for the same and is open."""
        same = (
            one for one in self._erasures.values()
            if (one.athlete, one.workout, one.state) == (request.athlete, request.workout, "open")
        )  # fmt: skip
        if (found := next(same, None)) is not None:
            return found
        self._erasures[request.uid] = request
        return request

    async def erasures(self, athlete: str | None = None) -> list[ErasureRequest]:
        """Return requests, of an athlete or of all, the newest first."""
        found = (one for one in self._erasures.values() if athlete in (None, one.athlete))
        return sorted(found, key=lambda one: (-one.made_us, one.uid))

    async def erasure(self, uid: str) -> ErasureRequest:
        """Return one request, or `NotFound`."""
        if uid not in self._erasures:
            raise NotFound(f"{uid}: no such request")
        return self._erasures[uid]

    async def answer_erasure(
        self, uid: str, state: RequestState, *, now_us: int, answer: str = "", by: str = ""
    ) -> ErasureRequest:
        """Answer a request, once."""
        self._erasures[uid] = (await self.erasure(uid)).answered(state, answer, by, now_us)
        return self._erasures[uid]

    async def lab(self) -> str:
        """Return the name of the lab."""
        return self._lab

    async def name_lab(self, name: str) -> None:
        """Give the lab a name."""
        self._lab = checked_lab(name)

    def move_erasures(self, gone: Collection[str], kept: str) -> None:
        """Let what an athlete asked for, who was merged into another, be asked by that one."""
        self._erasures = {
            uid: replace(one, athlete=kept) if one.athlete in gone else one for uid, one in self._erasures.items()
        }

    def count_erasures(self, athletes: Collection[str]) -> int:
        """Return how many requests there are of an athlete."""
        return sum(one.athlete in athletes for one in self._erasures.values())

    def close_erasures(self, athletes: Collection[str], now_us: int) -> None:
        """Answer what an athlete who was erased asked for, and drop what was said to it."""
        for uid, one in list(self._erasures.items()):
            if one.athlete in athletes:
                done = one.answered("done", "", "", now_us) if one.state == "open" else one
                self._erasures[uid] = replace(done, answer="")
