"""What the address asks of the roster; nonsense in it asks for everybody, and is said."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, cast
from urllib.parse import urlencode

from barograph.store.roster_list import ROSTER_SORTS, SHOWS, RosterQuery, RosterSort, Show
from barograph.store.search import MOST_TEXT
from dashboard.page.hidden import hide, shown_in
from dashboard.reading.part_query import choice, last_fields
from dashboard.reading.roster import Columns

CARDS = 50  # on a phone, before more are asked for
MOST_CARDS = 1000
FALLING: tuple[RosterSort, ...] = ("last", "sessions", "change", "load")  # begin with their largest


@dataclass(frozen=True)
class Measured:
    """A measure of the column Trend: its title, unit and decimals; `stored` is read with the list, the rest is made.

    Stored values times `scale` are in the unit.
    """

    title: str
    unit: str
    digits: int
    stored: bool = False
    scale: float = 1.0


MEASURES: dict[str, Measured] = {
    "mass": Measured("Body mass", "kg", 1, stored=True),
    "si:max_total_force_n": Measured("Peak force symmetry", "%", 1),
    "si:contact_s": Measured("Contact time symmetry", "%", 1),
    "cadence_spm": Measured("Cadence", "steps/min", 0),
    "jump:height_m": Measured("Jump height, impulse", "cm", 1, scale=100.0),
    "jump:height_flight_m": Measured("Jump height, flight", "cm", 1, scale=100.0),
    "jump:rsi_mod": Measured("RSImod", "m/s", 2),
    "jump:rsi": Measured("RSI", "m/s", 2),
    "jump:propulsion_si_pct": Measured("Propulsion symmetry", "%", 1),
    "path_mm": Measured("Sway path", "mm", 0),
    "ellipse95_area_mm2": Measured("Sway area", "mm²", 0),
    "walk:speed_m_s": Measured("Walking speed", "m/s", 2),
    "run:cadence_spm": Measured("Running cadence", "steps/min", 0),
}
LOADS: dict[str, Measured] = {
    "steps": Measured("Steps", "", 0),
    "impulse_bw_s": Measured("Impulse", "BW·s", 0),
    "time_above_1.5bw_s": Measured("Above 1.5 BW", "s", 0),
    "jumps": Measured("Jumps", "", 0),
}
BASELINES = ("3", "5", "10")
USUAL_MEASURE = "mass"


@dataclass(frozen=True)
class ListQuery:
    """A query, the measure of the trend, how many cards a phone shows, and what an address wrongly asked for.

    `baseline` is how many of the first tests are one, `load` what is shown of the last days, "" for nothing.
    """

    query: RosterQuery = field(default_factory=lambda: RosterQuery(0))
    measure: str = USUAL_MEASURE
    cards: int = CARDS
    problems: tuple[str, ...] = ()
    baseline: str = BASELINES[0]
    load: str = ""

    @property
    def columns(self) -> Columns:
        """What is chosen for the columns of the list."""
        return Columns(self.measure, int(self.baseline), self.load)

    def search(self, **changes: Any) -> str:
        """Return the address' search with something changed."""
        measure = changes.pop("measure", self.measure)
        cards = changes.pop("cards", CARDS)
        baseline, load = changes.pop("baseline", self.baseline), changes.pop("load", self.load)
        query, usual = replace(self.query, **changes), RosterQuery(0)
        fields: dict[str, Any] = {
            name: value
            for name in ("text", "team", "show", "sort")
            if (value := getattr(query, name)) != getattr(usual, name)
        }
        fields |= {"text": hide(query.text)} if query.text else {}
        fields |= {"down": 1} if query.descending else {}
        fields |= {} if query.names else {"names": "hidden"}
        fields |= {"measure": measure} if measure != USUAL_MEASURE else {}
        fields |= {"baseline": baseline} if baseline != BASELINES[0] else {}
        fields |= {"load": load} if load else {}
        fields |= {"cards": cards} if cards != CARDS else {}
        return f"?{urlencode(fields)}" if fields else ""


def read(search: str, now_us: int) -> ListQuery:
    """Return what an address asks for."""
    problems: list[str] = []
    given = last_fields(search, problems)
    text, team = shown_in("text", given, problems), given.get("team", "")[:MOST_TEXT].replace("\0", "")
    show = choice("show", SHOWS, given, problems) or "all"
    sort = choice("sort", ROSTER_SORTS, given, problems) or "name"
    names = choice("names", ("hidden", "shown"), given, problems) or "shown"
    measure = choice("measure", tuple(MEASURES), given, problems) or USUAL_MEASURE
    baseline = choice("baseline", BASELINES, given, problems) or BASELINES[0]
    load = choice("load", tuple(LOADS), given, problems) or ""
    query = RosterQuery(
        now_us, text=text, team=team, show=cast(Show, show), sort=cast(RosterSort, sort),
        descending=given.get("down") == "1", names=names == "shown",
    )  # fmt: skip
    return ListQuery(query, measure, _cards(given.get("cards", ""), problems), tuple(problems), baseline, load)


def _cards(value: str, problems: list[str]) -> int:
    if value.isascii() and value.isdecimal() and len(value) < 6 and 0 < int(value) <= MOST_CARDS:
        return int(value)
    if value:
        problems.append(f"cards: expected a whole number from 1 to {MOST_CARDS}, got {value[:MOST_TEXT]!r}")
    return CARDS
