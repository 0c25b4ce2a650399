"""Buttons that correct prints: the other side, removed, joined with the next one, split in two; and taken back."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from typing import Any
from urllib.parse import urlencode

import numpy as np

from barograph.access.acting import NobodyActs, actor
from barograph.access.rights import possible
from barograph.frames import Floats
from dashboard.drawing import words
from dashboard.drawing.markup import on_paper, say, tag
from dashboard.reading.by_hand import ByHand, items_of
from dashboard.reading.print_fixes import AS_FOUND, fixed, undone
from dashboard.reading.prints import Prints

OTHER = {"left": "right", "right": "left"}


def swap(hand: ByHand, found: Prints, about: Mapping[Hashable, Any]) -> str:
    """Return what is set to give a print the other side; of an unknown one left."""
    side = OTHER.get(str(about["side"]), "left")
    return fixed(hand.fixes, found.stream, "side", str(about["mark"]), side)


def tools(hand: ByHand, found: Prints, place: int) -> str:
    """Return the buttons of the print at a place of the table; none on paper."""
    if on_paper():
        return ""
    rows = found.table.to_dict("records")
    about, stream, fixes = rows[place], found.stream, hand.fixes
    mark, number = str(about["mark"]), place + 1
    side = OTHER.get(str(about["side"]), "left")
    buttons = [_button(side.capitalize(), f"Print {number} is a {side} one", swap(hand, found, about))]
    if place + 1 < len(rows):
        join = fixed(fixes, stream, "join", mark, str(rows[place + 1]["mark"]))
        buttons.append(_button("Join", f"Prints {number} and {number + 1} are one", join))
    if about["overlap"]:
        for title, turned in (("Split along", False), ("Split across", True)):
            ends = [f"{x:.1f},{y:.1f}" for x, y in _line(found, place, turned=turned)]
            buttons.append(_button(title, f"Print {number} is two", fixed(fixes, stream, "split", mark, *ends)))
    buttons.append(_button("Remove", f"Print {number} is none", fixed(fixes, stream, "remove", mark)))
    return tag("span", *buttons, class_="buttons")


def corrected(hand: ByHand) -> str:
    """Return how prints were corrected, where that is kept, and what can be done about it; nothing without any."""
    said = said_of(hand)
    if not said:
        return ""
    if on_paper():
        return tag("span", say(said), class_="muted")
    answer = tag("span", "", class_="print-said", role="status")
    return tag("span", say(f"{said} "), *_acts(hand), answer, class_="muted buttons")


def said_of(hand: ByHand) -> str:
    """Return how prints were corrected and where that is kept; "" of prints as they are found."""
    n, kept = words.plural(len(hand.fixes), "correction"), hand.fixed
    if hand.said is None:
        return f"{n} by hand, version {kept.number} kept with the session" if kept and hand.fixes else ""
    what = f"{n} by hand, kept in this page’s address" if hand.fixes else "As found, as this page’s address says"
    return what + (f", which goes before version {kept.number} of the session" if kept else "")


def _acts(hand: ByHand) -> list[str]:
    """Buttons beside what was corrected: of the address, and of what is kept."""
    made, kept = list[str](), hand.fixed
    if hand.said is not None:
        if hand.fixes:
            made.append(_button("Undo", "Take the last correction back", undone(hand.fixes)))
        title = f"As kept in version {kept.number}" if kept else "As found"
        made.append(tag("button", say(title), type="button", class_="button", data_unset="fix"))
        if _may() and (hand.fixes or kept):
            items = json.dumps(items_of(hand.fixes))
            made.append(tag("button", "Save with the session", type="button", class_="button", data_keep_prints=items))
    elif kept:
        made.append(_button("As found", "Show the prints as they are found", urlencode({"fix": AS_FOUND})))
        if _may():
            title = f"Take version {kept.number} back"
            made.append(tag("button", say(title), type="button", class_="button", data_withdraw=kept.number))
    return made


def again(hand: ByHand) -> str:
    """Return the button that brings the newest version back that was taken back; nothing where it holds."""
    newest = hand.kept.prints[-1] if hand.kept.prints else None
    if on_paper() or newest is None or not newest.withdrawn_us or not _may():
        return ""
    title = f"Bring version {newest.number} back"
    made = tag("button", say(title), type="button", class_="button", data_withdraw=newest.number, data_back="")
    return tag("span", made, tag("span", "", class_="print-said", role="status"), class_="buttons")


def _may() -> bool:
    """Whether whoever looks may change some session; nobody looks where the worker makes tables."""
    try:
        return possible(actor(), "describe")
    except NobodyActs:
        return False


def _button(title: str, about: str, sets: str) -> str:
    return tag("button", say(title), type="button", class_="button", title=about, aria_label=about, data_set=sets)


def _line(found: Prints, place: int, *, turned: bool) -> Floats:
    """(2, 2) a line through the middle of a print on the layout's axes: along its longer axis, or across it."""
    points = found.layout.centres[found.found[place][0].patch.cells]
    axes = np.linalg.eigh(np.cov(points.T))[1]
    d = axes[:, 0] if turned else axes[:, 1]
    return np.asarray(points.mean(axis=0) + np.outer([-1.0, 1.0], 100.0 * d))
