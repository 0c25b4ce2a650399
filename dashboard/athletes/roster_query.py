"""What the address asks of the roster; nonsense in it asks for everybody, and is said."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, cast
from urllib.parse import urlencode

from barograph.store.roster_list import ROSTER_SORTS, SHOWS, RosterQuery, RosterSort, Show
from barograph.store.search import MOST_TEXT
from dashboard.reading.part_query import choice, last_fields

CARDS = 50  # on a phone, before more are asked for
MOST_CARDS = 1000
FALLING: tuple[RosterSort, ...] = ("last", "sessions", "change")  # begin with their largest


@dataclass(frozen=True)
class Measured:
    """A measure of the column Trend: its title, unit and decimals; `stored` is read with the list, the rest is made."""

    title: str
    unit: str
    digits: int
    stored: bool = False


MEASURES: dict[str, Measured] = {
    "mass": Measured("Body mass", "kg", 1, stored=True),
    "si:max_total_force_n": Measured("Peak force symmetry", "%", 1),
    "si:contact_s": Measured("Contact time symmetry", "%", 1),
    "cadence_spm": Measured("Cadence", "steps/min", 0),
}
USUAL_MEASURE = "mass"


@dataclass(frozen=True)
class ListQuery:
    """A query, the measure of the trend, how many cards a phone shows, and what an address wrongly asked for."""

    query: RosterQuery = field(default_factory=lambda: RosterQuery(0))
    measure: str = USUAL_MEASURE
    cards: int = CARDS
    problems: tuple[str, ...] = ()

    def search(self, **changes: Any) -> str:
        """Return the address' search with something changed."""
        measure = changes.pop("measure", self.measure)
        cards = changes.pop("cards", CARDS)
        query, usual = replace(self.query, **changes), RosterQuery(0)
        fields: dict[str, Any] = {
            name: value
            for name in ("text", "team", "show", "sort")
            if (value := getattr(query, name)) != getattr(usual, name)
        }
        fields |= {"down": 1} if query.descending else {}
        fields |= {} if query.names else {"names": "hidden"}
        fields |= {"measure": measure} if measure != USUAL_MEASURE else {}
        fields |= {"cards": cards} if cards != CARDS else {}
        return f"?{urlencode(fields)}" if fields else ""


def read(search: str, now_us: int) -> ListQuery:
    """Return what an address asks for."""
    problems: list[str] = []
    given = last_fields(search, problems)
    text, team = (given.get(name, "")[:MOST_TEXT].replace("\0", "") for name in ("text", "team"))
    show = choice("show", SHOWS, given, problems) or "all"
    sort = choice("sort", ROSTER_SORTS, given, problems) or "name"
    names = choice("names", ("hidden", "shown"), given, problems) or "shown"
    measure = choice("measure", tuple(MEASURES), given, problems) or USUAL_MEASURE
    query = RosterQuery(
        now_us, text=text, team=team, show=cast(Show, show), sort=cast(RosterSort, sort),
        descending=given.get("down") == "1", names=names == "shown",
    )  # fmt: skip
    return ListQuery(query, measure, _cards(given.get("cards", ""), problems), tuple(problems))


def _cards(value: str, problems: list[str]) -> int:
    if value.isascii() and value.isdecimal() and len(value) < 6 and 0 < int(value) <= MOST_CARDS:
        return int(value)
    if value:
        problems.append(f"cards: expected a whole number from 1 to {MOST_CARDS}, got {value[:MOST_TEXT]!r}")
    return CARDS
