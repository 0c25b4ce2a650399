"""Numbers and times as people read them: a narrow no-break space between thousands, − for minus, – for not known."""

from __future__ import annotations

import math
from datetime import UTC, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal

import numpy as np

from barograph.times import dated

THIN = "\u202f"
MOST_NAME = 6


def number(value: float | None, digits: int = 0) -> str:
    """Write a number as 1 284, −5.4 or –; what lies midway is rounded away from 0, as the browser does."""
    if value is None or not math.isfinite(value):
        return "–"
    shown = f"{_rounded(abs(value), digits):,.{digits}f}"
    whole, _, part = shown.partition(".")
    grouped = whole.replace(",", THIN) if len(whole.replace(",", "")) > 3 else whole
    sign = "−" if value < 0 and float(shown.replace(",", "")) != 0 else ""
    return f"{sign}{grouped}{'.' + part if part else ''}"


def short(name: str) -> str:
    """Return the end of a long name: that is where names of many sensors differ."""
    return name if len(name) <= MOST_NAME else f"…{name[1 - MOST_NAME :]}"


def _rounded(value: float, digits: int) -> float | Decimal:
    """Round a value of 0 or more to so many decimals; one without any worth the name stays."""
    return value if value >= 1e15 else Decimal(float(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def rate(hz: float | None) -> str:
    """Write a rate, like 100, 12.5 or 0.1: whole from 20 Hz on, else three digits at most."""
    if hz is None or not math.isfinite(hz) or hz >= 20 or hz <= 0:
        return number(hz)
    return number(hz, max(0, 2 - math.floor(math.log10(hz)))).rstrip("0").rstrip(".")


def duration(seconds: float | None) -> str:
    """Write a duration: 1.06 s below a minute, else 24:10 or 1:02:11."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
    hours, rest = divmod(int(seconds), 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def moment(seconds: float) -> str:
    """Return the time since the start of a session with milliseconds: 08:47.710, as assets/core/words.mjs writes it."""
    ms = max(0, round(seconds * 1000))
    hours, minutes, rest = ms // 3_600_000, ms // 60_000 % 60, ms % 60_000
    return f"{f'{hours}:' if hours else ''}{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"


def date(t_us: int | None, zone: tzinfo | None = None, *, weekday: bool = False) -> str:
    """Write a date, like 19 Nov 2026, 14:06, in the zone of whoever runs the dashboard unless another is given.

    Or "date unknown".
    """
    if t_us is None:
        return "–"
    if not dated(t_us):
        return "date unknown"
    moment = datetime.fromtimestamp(t_us / 1e6, UTC).astimezone(zone)
    day = f"{moment:%a} " if weekday else ""
    return f"{day}{moment.day} {moment:%b %Y, %H:%M}"


def plural(n: int, noun: str) -> str:
    """Write a number with its noun: 1 stream, 2 streams."""
    return f"{number(n)} {noun}{'' if n == 1 else 's'}"


def sign(value: float, digits: int = 0) -> str:
    """Write a number with its sign: +35, −102, 0."""
    shown = number(value, digits)
    return f"+{shown}" if np.isfinite(value) and round(value, digits) > 0 else shown
