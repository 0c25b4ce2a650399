"""What athletes ask to have erased, and the lab's own name: parts of the port to accounts.

An athlete asks for one session or for everything that is stored of them; somebody who may erase it answers once. A
request holds uids alone, so that nothing of what was erased stays in it. Times are µs since 1970, UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, Protocol, TypeAlias, get_args

from barograph.bounds import check_text
from barograph.errors import InvalidData, Refused
from barograph.store.account_records import NAME, TEXT, UID, new_uid

RequestState: TypeAlias = Literal["open", "done", "declined", "withdrawn"]
STATES: tuple[RequestState, ...] = get_args(RequestState)


@dataclass(frozen=True, kw_only=True)
class ErasureRequest:
    """What an athlete asks to have erased: the session with the uid `workout`, or everything where that is "".

    `by` is the uid of the user who asked. `answer` is what the athlete is told, `answered_by` who answered; "" is the
    owner of this machine.
    """

    uid: str = field(default_factory=new_uid)
    athlete: str
    workout: str = ""
    by: str
    made_us: int
    state: RequestState = "open"
    answer: str = ""
    answered_by: str = ""
    answered_us: int | None = None

    def __post_init__(self) -> None:
        for name, least in (("uid", 1), ("athlete", 1), ("workout", 0), ("by", 0), ("answered_by", 0)):
            check_text(name, getattr(self, name), UID, least)
        check_text("answer", self.answer, TEXT)
        if self.state not in STATES:
            raise InvalidData(f"state: expected one of {', '.join(STATES)}, got {self.state[:40]!r}", field="state")

    @property
    def everything(self) -> bool:
        """True where all that is stored of the athlete is meant."""
        return not self.workout

    def answered(self, state: RequestState, answer: str, by: str, now_us: int) -> ErasureRequest:
        """Return the request with its answer; `Refused` where it has one."""
        if self.state != "open":
            raise already_answered()
        if state == "open":
            raise InvalidData("state: expected done, declined or withdrawn, got open", field="state")
        return replace(self, state=state, answer=answer, answered_by=by, answered_us=now_us)


def already_answered() -> Refused:
    """Return the refusal of a second answer."""
    return Refused("answered", "request: somebody has answered it meanwhile; look at it again", field="state")


def checked_lab(name: str) -> str:
    """Return the name of a lab, trimmed, or `InvalidData`."""
    return check_text("lab", name, NAME).strip()


class ErasureRequests(Protocol):
    """Requests of athletes."""

    async def ask_erasure(self, request: ErasureRequest) -> ErasureRequest:
        """Keep a request; where the same is asked for and open, return that one instead."""
        ...

    async def erasures(self, athlete: str | None = None) -> list[ErasureRequest]:
        """Return requests, of an athlete or of all, the newest first."""
        ...

    async def erasure(self, uid: str) -> ErasureRequest:
        """Return one request, or `NotFound`."""
        ...

    async def answer_erasure(
        self, uid: str, state: RequestState, *, now_us: int, answer: str = "", by: str = ""
    ) -> ErasureRequest:
        """Answer a request, once; of two at once one is refused (`answered`), and `NotFound` without one."""
        ...


class LabNames(Protocol):
    """What the lab calls itself."""

    async def lab(self) -> str:
        """Return the name of the lab, "" where nobody gave one."""
        ...

    async def name_lab(self, name: str) -> None:
        """Give the lab a name; "" takes it away."""
        ...
