"""What the address of an athlete's page asks for: the weeks shown, a part of them, lanes, and measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from barograph.days import check_day
from barograph.errors import InvalidData
from barograph.times import day_us
from dashboard.reading.band_query import NO_BAND, BandQuery, read_band
from dashboard.reading.part_query import choice, fields_of

DAY_US = 86_400_000_000
WEEK_US = 7 * DAY_US
WEEKS = {"12": "12 weeks", "": "26 weeks", "all": "All"}
LANES = {"": "Kind", "tag": "Tag"}
LOADS = {"": "Time recorded", "steps": "Steps", "impulse_bw_s": "Impulse", "time_above_1.5bw_s": "Above 1.5 BW",
         "jumps": "Jumps"}  # fmt: skip
EACH = {"": "Week", "day": "Day"}
USUAL_WEEKS, MOST_MEASURES = 26, 12


@dataclass(frozen=True)
class OneQuery:
    """`weeks` is a name of `WEEKS`; `since` and `until` are days of the part that is chosen, "" for all that is shown.

    `lanes` is a name of `LANES`, `measures` are names of measures, none for the usual ones. `load` is a name of
    `LOADS`, summed up for each of `EACH`. `problems` says what an address asked for that there is not.
    """

    weeks: str = ""
    since: str = ""
    until: str = ""
    lanes: str = ""
    measures: tuple[str, ...] = ()
    load: str = ""
    each: str = ""
    of: BandQuery = NO_BAND
    problems: tuple[str, ...] = ()

    def shown(self, first_us: int | None, now_us: int) -> tuple[int, int]:
        """Return the time of the timeline: up to the end of today, from its weeks or the first session on."""
        stop_us = now_us // DAY_US * DAY_US + DAY_US
        weeks = {"12": 12, "": USUAL_WEEKS}.get(self.weeks)
        if weeks is not None:
            return stop_us - weeks * WEEK_US, stop_us
        first_us = stop_us if first_us is None else first_us
        return min(first_us // DAY_US * DAY_US, stop_us - WEEK_US), stop_us

    def chosen(self, shown: tuple[int, int]) -> tuple[int, int]:
        """Return the part that is chosen, within what is shown; where it lies outside, all of that."""
        first_us = max(shown[0], day_us(self.since)) if self.since else shown[0]
        stop_us = min(shown[1], day_us(self.until) + DAY_US) if self.until else shown[1]
        return (first_us, stop_us) if first_us < stop_us else shown


def read(search: str) -> OneQuery:
    """Return what the address asks for; nonsense asks for the usual, and is said."""
    problems: list[str] = []
    fields = fields_of(search, problems)
    given = {name: values[-1] for name, values in fields.items()}
    weeks = choice("weeks", tuple(filter(None, WEEKS)), given, problems) or ""
    lanes = choice("lanes", tuple(filter(None, LANES)), given, problems) or ""
    load = choice("load", tuple(filter(None, LOADS)), given, problems) or ""
    each = choice("each", tuple(filter(None, EACH)), given, problems) or ""
    since, until = _day("since", given, problems), _day("until", given, problems)
    if since and until and until < since:
        problems.append(f"until: expected {since} or later, got {until}")
        since = until = ""
    of = read_band(given, problems)
    measures = tuple(dict.fromkeys(one[:100] for one in fields.get("measure", []) if one))
    return OneQuery(weeks, since, until, lanes, measures[:MOST_MEASURES], load, each, of, tuple(problems))


def _day(name: str, given: Mapping[str, str], problems: list[str]) -> str:
    try:
        return check_day(name, given.get(name, ""))
    except InvalidData as error:
        problems.append(str(error))
        return ""
