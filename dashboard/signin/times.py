"""How long ago, and how long still, in words that need no time zone; the moment itself stands behind them."""

from __future__ import annotations

from datetime import UTC, datetime

from dashboard.drawing.markup import say, tag

UNITS = ((86_400, "day"), (3_600, "h"), (60, "min"))
NOW_S = 90


def ago(us: int | None, now_us: int) -> str:
    """Return how long ago something was, as markup."""
    if us is None:
        return "never"
    seconds = (now_us - us) / 1e6
    return moment(us, "now" if seconds < NOW_S else f"{span(seconds)} ago")


def left(us: int, now_us: int) -> str:
    """Return how long something still lasts, as markup."""
    seconds = (us - now_us) / 1e6
    return moment(us, f"in {span(seconds)}" if seconds > 0 else "over")


def span_left(us: int, now_us: int) -> str:
    """Return how much time is left, in words."""
    hours = (us - now_us) / 3.6e9
    return f"{int(hours)} h left" if hours >= 1 else f"{max(0, int(hours * 60))} min left"


def moment(us: int, said: str) -> str:
    """Return a text that says a moment, with the moment behind it."""
    at = datetime.fromtimestamp(us / 1e6, UTC)
    return tag("time", say(said), datetime=at.isoformat(timespec="seconds"), title=f"{at:%Y-%m-%d %H:%M} UTC")


def span(seconds: float) -> str:
    """Return a length of time in its largest unit: 3 days, 5 h, 20 min."""
    for length, unit in UNITS:
        if seconds >= length:
            n = int(seconds // length)
            return f"{n} {unit}{'s' if unit == 'day' and n != 1 else ''}"
    return f"{int(seconds)} s"
