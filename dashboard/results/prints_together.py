"""What Footprints says of several plates: one floor, or each for itself and why; and the way to say where they lie."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.drawing import words
from dashboard.drawing.markup import on_paper, say, tag
from dashboard.page.visitors import may
from dashboard.reading.by_hand import ByHand
from dashboard.reading.context import Context
from dashboard.reading.floor import Floor, floor_of
from dashboard.reading.parts import layout_of
from dashboard.reading.prints import Prints, floors
from dashboard.reading.sides import name_of

APART = "Each plate stands for itself: a print across two is cut, and a step from one to another is not measured."
HALF_MM = 0.05


def together(context: Context, found: Sequence[Prints], hand: ByHand) -> str:
    """Return what a session with several plates needs to say above its prints; "" of one plate."""
    plates = floors(context.infos)
    if len(plates) < 2:
        return ""
    floor = found[0].floor
    said = [*(of_floor(floor, found[0].lost_s) if floor else [APART, str(floor_of(plates))]), *_elsewhere(found, hand)]
    if on_paper() or not may("describe"):
        return tag("p", say(" ".join(said)), class_="muted pad")
    button = tag("button", "Where the plates lie", type="button", class_="button", data_ask="plates",
                 data_workouts=context.workout.workout_id)  # fmt: skip
    return tag("div", tag("span", say(" ".join(said)), class_="muted"), tag("span", button, class_="buttons"),
               class_="tab-line")  # fmt: skip


def of_floor(floor: Floor, lost_s: float = 0.0) -> list[str]:
    """Return sentences on plates that are one floor: what was moved or spread for it, and what not all recorded."""
    said = [f"{floor.titles} are one floor: a print across their border is whole."]
    for info in floor.infos:
        x, y = floor.moved.get(info.stream.stream, (0.0, 0.0))
        if max(abs(x), abs(y)) > HALF_MM:
            said.append(f"{name_of(info)} is read {words.number((x * x + y * y) ** 0.5, 1)} mm off its place, on the "
                        "cells of the others.")  # fmt: skip
    if floor.turned:
        angles = ", ".join(f"{name_of(one)} by {place.turn_deg:g}°" for one in floor.infos
                           if (place := layout_of(one).place) and name_of(one) in floor.turned)  # fmt: skip
        said.append(
            f"Turned: {angles}. Pressures are spread over the cells of the floor: forces stay, peaks are lower."
        )
    if lost_s:
        said.append(f"{words.number(lost_s, 1)} s with a load were not recorded by all plates, and are left out.")
    return said


def _elsewhere(found: Sequence[Prints], hand: ByHand) -> list[str]:
    """How many corrections are of plates by themselves, or as they lay before."""
    names = {one.stream for one in found}
    n = sum(1 for one in hand.fixes if one.stream not in names)
    if not n:
        return []
    verb = "is" if n == 1 else "are"
    return [f"{words.plural(n, 'correction')} by hand {verb} of other places of the plates, and not done."]
