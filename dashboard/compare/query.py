"""What an address asks of the compare page: two sessions, a part of each, and how they are read.

Nonsense is left out, and `problems` says what was expected and what came.

`/compare?a=walk-1&b=walk-2&a0=5&a1=65`: parts are seconds after a session's first frame, thresholds those of the
session page, one for both. `a` and `b` may be there more than once: "Is it a change?" takes all of them, maps the last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from dashboard.drawing.units import Units
from dashboard.reading.part_query import choice, fields_of

CHOICES: Final = {
    "map": ("peak", "mean", "pti"),
    "align": ("outline", "cop", "none"),
    "curve": ("force", "peak", "area"),
    "foot": ("left", "right", "both"),
    "page": ("a", "b", "d"),
    "view": ("maps", "change"),
    "unit": ("sessions", "steps"),
    "noise": ("own", "lab"),
}
PARTS: Final = ("a0", "a1", "b0", "b1")
SHARED: Final = ("on", "off", "shortest", "pause", "p0", "hz")
MOST_NAME = 200
MOST_SESSIONS = 12


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
    view: str = "maps"
    unit: str = "sessions"  # of the curves of "Is it a change?"
    noise: str = "own"  # whose typical error: that of the athlete's sessions, or of this lab
    groups: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())  # all sessions that are named as A and as B
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
        named = {"a": self.groups[0] or (self.a,), "b": self.groups[1] or (self.b,)}
        given = {**named, **parts, **dict(self.shared), **chosen}
        given |= {"force": units.force, "pressure": units.pressure}
        known = {name: value for name, value in given.items() if value and value != ("",)}
        return "/compare/report?" + urlencode(known, doseq=True, quote_via=quote)


def read(search: str) -> CompareQuery:
    """Return the wish of an address."""
    problems: list[str] = []
    fields = fields_of(search, problems)
    given = {name: values[-1] for name, values in fields.items()}
    groups = tuple(tuple(dict.fromkeys(one[:MOST_NAME] for one in fields.get(which, ()) if one)) for which in "ab")
    problems += [
        f"{which}: expected {MOST_SESSIONS} sessions at most, got {len(names)}; the others are left out"
        for which, names in zip("ab", groups, strict=True) if len(names) > MOST_SESSIONS
    ]  # fmt: skip
    chosen = {name: value for name, known in CHOICES.items() if (value := choice(name, known, given, problems))}
    return CompareQuery(
        a=given.get("a", "")[:MOST_NAME],
        b=given.get("b", "")[:MOST_NAME],
        parts=tuple(given.get(name, "") for name in PARTS),
        shared=tuple((name, given[name]) for name in SHARED if given.get(name)),
        **chosen,
        groups=(groups[0][:MOST_SESSIONS], groups[1][:MOST_SESSIONS]),
        problems=tuple(problems),
    )
