"""The ingest as this process sees it: an hour of its numbers, the last answer, and since when there is none.

One task asks every few seconds, whether somebody looks or not, so that whoever opens the page has a past to look at.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from barograph.servers import restarts
from barograph.servers.restarts import Restarts
from dashboard.reading.ring import History
from dashboard.reading.scrape import NoAnswer, Scrape, scrape

log = logging.getLogger("barograph.dashboard")

STALE_S = 12.0
OWN_VIEWERS, OWN_MEMORY, OWN_CPU = ("dashboard_viewers",), ("dashboard_memory_bytes",), ("dashboard_cpu_seconds",)


class Vitals:
    """What is known of the ingest at a base URL, and of restarts.

    `viewers` counts those of this dashboard, `headers` go with each question.
    """

    every_s = 5.0

    def __init__(
        self,
        url: str,
        viewers: Callable[[], int] = lambda: 0,
        data_dir: Path | None = None,
        headers: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self.url = url
        self._headers = headers
        self.restarts: Mapping[str, Restarts] = {}
        self._data_dir = data_dir
        self.history = History()
        self.last: Scrape | None = None
        self.answered_us: int | None = None
        self.why = ""
        self._viewers = viewers
        self._self = psutil.Process()

    def age_s(self, now_us: int) -> float | None:
        """Return seconds since the last answer; None before the first."""
        return None if self.answered_us is None else (now_us - self.answered_us) / 1e6

    def state(self, now_us: int) -> str:
        """Return `live`, `stale` (it answered, and does not now), or `gone` (it never did since this process began)."""
        age_s = self.age_s(now_us)
        if age_s is None:
            return "gone" if self.why else "waiting"
        return "stale" if self.why or age_s > max(STALE_S, 2.4 * self.every_s) else "live"

    def heard(self, now_us: int) -> Heard:
        """Return the state, and when the last answer came."""
        return Heard(self.state(now_us), self.answered_us)

    async def run(self) -> None:
        """Ask again and again, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(self.every_s)

    async def look(self) -> None:
        """Ask once."""
        if self._data_dir is not None:
            self.restarts = await asyncio.to_thread(restarts.noted, self._data_dir)
        try:
            found = await asyncio.to_thread(scrape, self.url, self._headers())
        except NoAnswer as error:
            self._note(str(error))
            self.history.take(_now_us(), None)
            return
        self._note("")
        self.last, self.answered_us = found, _now_us()
        self.history.take(self.answered_us, {**found.values, **self._own()})

    def _note(self, why: str) -> None:
        if bool(why) != bool(self.why):
            log.warning("the ingest does not answer: %s", why) if why else log.info("the ingest answers again")
        self.why = why

    def _own(self) -> dict[tuple[str, ...], float]:
        with self._self.oneshot():
            times = self._self.cpu_times()
            return {
                OWN_VIEWERS: float(self._viewers()),
                OWN_MEMORY: float(self._self.memory_info().rss),
                OWN_CPU: float(times.user + times.system),
            }


def _now_us() -> int:
    return time.time_ns() // 1000


@dataclass(frozen=True)
class Heard:
    """What is known of the ingest (`dashboard.reading.vitals.Vitals.state`), and when it answered last, µs."""

    state: str = "waiting"
    last_us: int | None = None
