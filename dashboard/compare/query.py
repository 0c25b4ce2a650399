"""What an address asks of the compare page: two sessions, a part of each, and how they are read.

Nonsense is left out, and `problems` says what was expected and what came.

`/compare?a=walk-1&b=walk-2&a0=5&a1=65`: parts are seconds after a session's first frame, thresholds those of the
session page, one for both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from dashboard.drawing.units import Units
from dashboard.reading.part_query import choice, last_fields

CHOICES: Final = {
    "map": ("peak", "mean", "pti"),
    "align": ("outline", "cop", "none"),
    "curve": ("force", "peak", "area"),
    "foot": ("left", "right", "both"),
    "page": ("a", "b", "d"),
}
PARTS: Final = ("a0", "a1", "b0", "b1")
SHARED: Final = ("on", "off", "shortest", "pause", "p0", "hz")
MOST_NAME = 200


@dataclass(frozen=True)
class CompareQuery:
    """Both sessions by name ("" when none is chosen) and what is common to them."""

    a: str = ""
    b: str = ""
    parts: tuple[str, ...] = ("", "", "", "")  # `PARTS` as they stand in the address
    shared: tuple[tuple[str, str], ...] = ()
    map: str = "peak"
    align: str = "outline"
    curve: str = "force"
    foot: str = "left"
    page: str = "d"  # on a phone: A, B, or the difference
    problems: tuple[str, ...] = ()

    def of(self, which: str) -> str:
        """Return the session page's address, for session `a` or `b`, of the same part and thresholds."""
        start, stop = self.parts[:2] if which == "a" else self.parts[2:]
        given = {"from": start, "to": stop, **dict(self.shared)}
        return "?" + urlencode({name: value for name, value in given.items() if value})

    def report(self, units: Units) -> str:
        """Return the address of the printed comparison: all of this.

        And the units that only the viewer's browser knows.
        """
        parts = dict(zip(PARTS, self.parts, strict=True))
        chosen = {name: getattr(self, name) for name in CHOICES if name != "page"}
        given = {"a": self.a, "b": self.b, **parts, **dict(self.shared), **chosen}
        given |= {"force": units.force, "pressure": units.pressure}
        return "/compare/report?" + urlencode({name: value for name, value in given.items() if value}, quote_via=quote)


def read(search: str) -> CompareQuery:
    """Return the wish of an address."""
    problems: list[str] = []
    given = last_fields(search, problems)
    chosen = {name: value for name, known in CHOICES.items() if (value := choice(name, known, given, problems))}
    return CompareQuery(
        a=given.get("a", "")[:MOST_NAME],
        b=given.get("b", "")[:MOST_NAME],
        parts=tuple(given.get(name, "") for name in PARTS),
        shared=tuple((name, given[name]) for name in SHARED if given.get(name)),
        **chosen,
        problems=tuple(problems),
    )
