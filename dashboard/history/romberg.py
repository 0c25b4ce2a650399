"""Romberg quotients over time: each session with eyes closed over the one with eyes open of the same day."""

from __future__ import annotations

from collections.abc import Sequence

from barograph.times import dated, day_of
from dashboard.drawing import words
from dashboard.drawing.markup import column, head, say, section, table, tag
from dashboard.reading.eyes import eyes_of_session
from dashboard.reading.session_measures import Entry, sensor_title

PATH = "path_mm"
WITHIN = 0.05  # of the duration, as `analytics.romberg`
NOTE = "path with eyes closed over path with eyes open of the same day, next to it"


def quotients_over_time(entries: Sequence[Entry]) -> str:
    """Return a table of one row for each pair; "" where no day has both. Entries are in order of time."""
    rows, sensors = [], list[str]()
    pairs = pairs_of(entries)
    for _, closed in pairs:
        sensors += [where for name, where in closed.values if name == PATH and where not in sensors]
    for opened, closed in reversed(pairs):
        cells = [_quotient(opened, closed, where) for where in sensors]
        rows.append([say(words.date(closed.first_us)), *cells])
    if not rows or not sensors:
        return ""
    heads = ["Eyes closed at", *(f"{column('romberg_path_mm')} {say(sensor_title(where))}" for where in sensors)]
    return section(head("Romberg quotient", note=NOTE), table(heads, rows, label="Romberg quotient"))


def pairs_of(entries: Sequence[Entry]) -> list[tuple[Entry, Entry]]:
    """Return each session with eyes closed with the one with eyes open of the same day that is next to it."""
    opened = [one for one in entries if dated(one.first_us) and eyes_of_session(one.workout) == "open"]
    found = []
    for one in entries:
        if eyes_of_session(one.workout) != "closed" or not dated(one.first_us):
            continue
        day = [other for other in opened if day_of(other.first_us) == day_of(one.first_us)]
        if day:
            found.append((min(day, key=lambda other: abs(other.first_us - one.first_us)), one))
    return found


def _quotient(opened: Entry, closed: Entry, where: str) -> str:
    """The quotient of one sensor, or – with the reason."""
    a, b = (one.values.get((PATH, where)) for one in (opened, closed))
    why = ""
    if a is None or b is None or not a[0] > 0:
        why = "one of them has no sway of this sensor, or was not quiet standing"
    elif abs(opened.length_s - closed.length_s) > WITHIN * max(opened.length_s, closed.length_s):
        why = f"the durations differ: {opened.length_s:.1f} s and {closed.length_s:.1f} s"
    elif opened.filtered != closed.filtered:
        why = f"they were filtered or sampled otherwise: {'; '.join((*opened.filtered, *closed.filtered))}"
    if why or a is None or b is None:
        return tag("span", "–", title=f"No quotient: {why}.")
    return words.number(b[0] / a[0], 2)
