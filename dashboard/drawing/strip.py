"""Drawings as wide as their place: all lies in percent along a strip, so that words keep their size on phones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dashboard.drawing.svg import READ, el

MOST_DAYS, MOST_MONTHS = 5, 6  # dates that a phone has room for
LAST_SHARE = 0.93  # beyond that a date would be cut
DAY_US = 86_400_000_000
_MONTHS = (1, 2, 3, 4, 6, 12, 24, 60, 120)
_DAYS = (1, 2, 7, 14)


@dataclass(frozen=True)
class Strip:
    """A time from `first_us` to `last_us` from left to right."""

    first_us: int
    last_us: int

    def share(self, t_us: float) -> float:
        """Return where a moment lies, from 0 to 1."""
        return (t_us - self.first_us) / max(1, self.last_us - self.first_us)

    def at(self, t_us: float) -> str:
        """Return where a moment lies, as an attribute."""
        return percent(self.share(t_us))

    def line(self, t_us: int, y1: float, y2: float, **more: Any) -> str:
        """Return an upright line at a moment."""
        return el("line", x1=self.at(t_us), x2=self.at(t_us), y1=y1, y2=y2, **more)

    def dates(self, y: float) -> str:
        """Return days or months below, as many as a phone has room for."""
        ticks = date_ticks(self.first_us, self.last_us)
        return "".join(
            el("text", words, x=self.at(t_us), y=y, fill="var(--text-3)", font_size=11)
            for t_us, words in ticks
            if self.share(t_us) <= LAST_SHARE
        )


def percent(share: float) -> str:
    """Return a share as an attribute of a drawing."""
    return f"{share * 100:.3f}".rstrip("0").rstrip(".") + "%"


def wide_picture(
    high: float, *children: str, title: str, role: str = "img", reads: Sequence[str] = (), **more: Any
) -> str:
    """Return a drawing as wide as its place, with a sentence for those who do not see it.

    `reads` are its crosshairs, as of `dashboard.drawing.svg.picture`.
    """
    if any(reads):
        children, more = (*children, *reads), more | READ
    return el("svg", *children, xmlns="http://www.w3.org/2000/svg", width="100%", height=f"{high:g}", role=role,
              aria_label=title, font_family="var(--font, sans-serif)", overflow="visible", **more)  # fmt: skip


def date_ticks(first_us: int, last_us: int) -> list[tuple[int, str]]:
    """Return moments and words of a time axis: days for some weeks, else first days of months; at most seven."""
    days = (last_us - first_us) / DAY_US
    step = next((one for one in _DAYS if days / one <= MOST_DAYS), None)
    return _by_day(first_us, last_us, step) if step else _by_month(first_us, last_us, days / 30.44)


def _by_day(first_us: int, last_us: int, step: int) -> list[tuple[int, str]]:
    at = _moment(first_us - 1).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    out = []
    while (t_us := _us(at)) <= last_us:
        out.append((t_us, f"{at.day} {at:%b}"))
        at += timedelta(days=step)
    return out


def _by_month(first_us: int, last_us: int, months: float) -> list[tuple[int, str]]:
    step = next((one for one in _MONTHS if months / one <= MOST_MONTHS), _MONTHS[-1])
    begun, stop = _moment(first_us), _moment(last_us)
    n = begun.year * 12 + begun.month - 1
    n += -n % step if step < 12 else -n % 12
    out = []
    while n <= stop.year * 12 + stop.month - 1:
        at = datetime(n // 12, n % 12 + 1, 1, tzinfo=UTC)
        if first_us <= _us(at) <= last_us:
            out.append((_us(at), f"{at.year}" if at.month == 1 else f"{at:%b}"))
        n += step
    return out


def _moment(t_us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=t_us)


def _us(moment: datetime) -> int:
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1))
