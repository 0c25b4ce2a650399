"""What was refused, in the log: with its reason, and in few lines however much it is.

Of one sender and code the first refusal is logged at once, and what follows within `PAUSE_S` is counted and told in
one line. All senders together have a bound too: at most `MOST_SENDERS` are remembered, and what is beyond
`LINES_PER_S` lines a second is counted and told later.

A line has the connection of its sender, whoever causes it to be written; one about several senders has none.

A reason that the sender gets says what had come, which may be a name that was put into the wrong field: the log has it
without that.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any

from barograph.logs import connection_here
from ingest.limits import Bucket
from ingest.messages import Refused

log = logging.getLogger("barograph.ingest")

PAUSE_S = 5.0
LINES_PER_S, BURST_LINES = 20.0, 200.0
MOST_SENDERS = 1024
SHOWN = 200  # characters of a reason
QUOTED = re.compile(r"""(?<!\w)(['"])(?:\\.|[^\\])*?(?:\1(?!\w)|$)""", re.S)
CAME = re.compile(r"\bgot (?:([-+]?\d[\d.,]*)(?![\w.])[^;]*|[^;]*)", re.S)
FIELD = re.compile(r"[a-z][a-z0-9_]*(?:\[\d+\]|\.[a-z0-9_]+)*")
OURS = ("archive_away", "storage_full", "internal")  # what the sender can do nothing about


@dataclass
class _Told:
    at_s: float
    about: dict[str, Any]
    untold: int = 0


@dataclass(eq=False)
class Refusals:
    """Counts what is refused, and logs it; `run` tells what was counted and not told."""

    _told: dict[tuple[str, str], _Told] = field(default_factory=dict)
    _lines: Bucket = field(default_factory=lambda: Bucket(LINES_PER_S, BURST_LINES, time.monotonic()))
    _beyond: int = 0

    def note(self, sender: str, error: Refused, *, address: str | None, **more: Any) -> None:
        """Note a refused message of a sender; `more` is told with it."""
        key, now_s = (sender, error.code), time.monotonic()
        told = self._told.get(key)
        if told is not None and now_s < told.at_s + PAUSE_S:
            told.untold += 1
            return
        known = error.field is None or FIELD.fullmatch(error.field)
        reason = str(error) if known else str(error).replace(str(error.field), "…")
        about = {
            "code": error.code, "field": error.field if known else "…", "reason": without_values(reason)[:SHOWN],
            "address": address, **connection_here(), **more,
        }  # fmt: skip
        self._tell(about, 1 + (told.untold if told else 0), now_s)
        self._told[key] = _Told(now_s, about)
        while len(self._told) > MOST_SENDERS:
            self._forget(next(iter(self._told)), now_s)

    def _tell(self, about: dict[str, Any], count: int, now_s: float) -> None:
        if self._lines.take(1, now_s):
            self._beyond += count
            return
        level = logging.WARNING if about["code"] in OURS else logging.INFO
        log.log(level, "refused", extra={**about, "count": count})
        if self._beyond:
            more = {"reason": "more than may be logged one by one", "count": self._beyond}
            Context().run(log.info, "refused", extra=more)
            self._beyond = 0

    def _forget(self, key: tuple[str, str], now_s: float) -> None:
        told = self._told.pop(key)
        if told.untold:
            Context().run(self._tell, told.about, told.untold, now_s)

    def flush(self, now_s: float) -> None:
        """Tell what was counted, and forget who has been quiet since."""
        for key in [key for key, told in self._told.items() if now_s >= told.at_s + PAUSE_S]:
            self._forget(key, now_s)

    async def run(self) -> None:
        """Flush every now and then, until cancelled."""
        while True:
            await asyncio.sleep(PAUSE_S)
            self.flush(time.monotonic())


def without_values(reason: str) -> str:
    """Return a reason without what somebody had sent: what stands in quotes, and what came, but for a number."""
    unquoted = QUOTED.sub(lambda found: f"{found[1]}…{found[1]}", reason)
    return CAME.sub(lambda found: f"got {found[1] or '…'}", unquoted)
