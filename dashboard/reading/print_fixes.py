"""Footprints corrected by hand, as an address has them: `fix=plate|side|t:row:col|left;plate|remove|t:row:col`.

They are those of `analytics.footprints`, each with the stream it is of: `side`, `remove`, `join` of two marks, and
`split` along a line of two points `x,y` in mm.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlencode

from analytics.prints.corrections import read
from barograph.errors import InvalidData

MOST_FIXES, MOST_SAID = 100, 40
AS_FOUND = "none"


@dataclass(frozen=True)
class Fix:
    """One correction of one stream; `text` is how the address has it."""

    stream: str
    text: str
    items: tuple[tuple[str, Any], ...]

    @property
    def said(self) -> Mapping[str, Any]:
        """As `analytics.footprints` takes it."""
        return dict(self.items)


def read_fixes(text: str, problems: list[str]) -> tuple[Fix, ...] | None:
    """Return the corrections of an address, None where it says nothing; what is none is left out and said.

    `none` says that prints are shown as they are found, whatever is kept with the session.
    """
    if not text:
        return None
    if text == AS_FOUND:
        return ()
    parts = [part for part in text.split(";") if part]
    if len(parts) > MOST_FIXES:
        problems.append(f"fix: expected at most {MOST_FIXES} corrections, got {len(parts)}; the first are used")
    found = []
    for part in parts[:MOST_FIXES]:
        try:
            found.append(_fix(part))
        except InvalidData as error:
            problems.append(f"fix: expected stream|do|mark, got {part[:MOST_SAID]!r}: {error}")
    return tuple(found)


def _fix(text: str) -> Fix:
    stream, do, *rest = [*text.split("|"), "", ""]
    rest = [one for one in rest if one]
    said: dict[str, Any] = {"do": do}
    if do == "join":
        said["marks"] = rest
    else:
        said["mark"] = rest[0] if rest else None
    if do == "side":
        said["side"] = rest[1] if len(rest) > 1 else None
    if do == "split":
        said["line"] = [[_number(x) for x in point.split(",")] for point in rest[1:]]
    read(said)
    return Fix(unquote(stream), text, tuple(said.items()))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def fixed(fixes: Iterable[Fix], stream: str, do: str, *rest: str) -> str:
    """Return what a button sets so that a correction is done after those that are there."""
    new = "|".join([quote(stream, safe=""), do, *rest])
    return urlencode({"fix": ";".join([*(one.text for one in fixes), new])})


def undone(fixes: Iterable[Fix]) -> str:
    """Return what a button sets so that the last correction is taken back."""
    return urlencode({"fix": ";".join([one.text for one in fixes][:-1]) or AS_FOUND})
