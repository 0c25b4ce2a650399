"""What each role may do, in words: `docs/security.md` has the same table, `barograph.access.rights` decides by it."""

from __future__ import annotations

from dashboard.drawing.markup import say, tag
from dashboard.signin import tables

HEADS = ("May", "admin", "scientist", "analyst", "athlete", "share link")
ROWS = (
    ("See live, sessions, reports", "with a reason", "own teams", "granted teams, names hidden", "own", "one session"),
    ("Take raw data out", "–", "own teams", "granted teams", "own", "if allowed"),
    ("Record and import", "–", "yes", "–", "–", "–"),
    ("Describe, mark, calibrate", "–", "yes", "–", "own markers", "–"),
    ("Share", "–", "yes", "–", "own", "–"),
    ("Erase", "yes", "a session", "–", "asks", "–"),
    ("People, devices, tokens", "yes", "pairs, invites athletes", "own tokens", "own sign-in", "–"),
)


def card() -> str:
    """Return the table as a card."""
    rows = (tables.row(HEADS, *(say(cell) for cell in cells)) for cells in ROWS)
    inside = tables.table(HEADS, rows, label="What each role may do", empty="")
    note = "roles add up; unknown and forbidden look the same"
    return tag("div", tables.card("What each role may do", note, inside), class_="rights")
