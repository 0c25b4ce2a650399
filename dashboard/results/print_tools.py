"""Buttons that correct prints: the other side, removed, joined with the next one, split in two; and taken back."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np

from barograph.frames import Floats
from dashboard.drawing import words
from dashboard.drawing.markup import on_paper, say, tag
from dashboard.reading.context import Context
from dashboard.reading.print_fixes import fixed, undone
from dashboard.reading.prints import Prints

OTHER = {"left": "right", "right": "left"}


def swap(context: Context, found: Prints, about: Mapping[Hashable, Any]) -> str:
    """Return what is set to give a print the other side; of an unknown one left."""
    side = OTHER.get(str(about["side"]), "left")
    return fixed(context.query.fixes, found.info.stream.stream, "side", str(about["mark"]), side)


def tools(context: Context, found: Prints, place: int) -> str:
    """Return the buttons of the print at a place of the table; none on paper."""
    if on_paper():
        return ""
    rows = found.table.to_dict("records")
    about, stream, fixes = rows[place], found.info.stream.stream, context.query.fixes
    mark, number = str(about["mark"]), place + 1
    side = OTHER.get(str(about["side"]), "left")
    buttons = [_button(side.capitalize(), f"Print {number} is a {side} one", swap(context, found, about))]
    if place + 1 < len(rows):
        join = fixed(fixes, stream, "join", mark, str(rows[place + 1]["mark"]))
        buttons.append(_button("Join", f"Prints {number} and {number + 1} are one", join))
    if about["overlap"]:
        for title, turned in (("Split along", False), ("Split across", True)):
            ends = [f"{x:.1f},{y:.1f}" for x, y in _line(found, place, turned=turned)]
            buttons.append(_button(title, f"Print {number} is two", fixed(fixes, stream, "split", mark, *ends)))
    buttons.append(_button("Remove", f"Print {number} is none", fixed(fixes, stream, "remove", mark)))
    return tag("span", *buttons, class_="buttons")


def corrected(context: Context) -> str:
    """Return how many corrections there are, and how to take them back; nothing without any."""
    fixes = context.query.fixes
    if not fixes:
        return ""
    said = say(f"{words.plural(len(fixes), 'correction')} by hand, kept in this page’s address ")
    if on_paper():
        return tag("span", said, class_="muted")
    all_ = tag("button", "As found", type="button", class_="button", data_unset="fix")
    return tag("span", said, _button("Undo", "Take the last correction back", undone(fixes)), all_, class_="muted")


def _button(title: str, about: str, sets: str) -> str:
    return tag("button", say(title), type="button", class_="button", title=about, aria_label=about, data_set=sets)


def _line(found: Prints, place: int, *, turned: bool) -> Floats:
    """(2, 2) a line through the middle of a print on the layout's axes: along its longer axis, or across it."""
    points = found.layout.centres[found.found[place][0].patch.cells]
    axes = np.linalg.eigh(np.cov(points.T))[1]
    d = axes[:, 0] if turned else axes[:, 1]
    return np.asarray(points.mean(axis=0) + np.outer([-1.0, 1.0], 100.0 * d))
