"""What a tab says where places of cells are not known, and how a session gets them."""

from __future__ import annotations

from collections.abc import Sequence

from barograph.store.ports import StreamInfo
from dashboard.drawing.markup import nothing, tag
from dashboard.page.visitors import is_guest
from dashboard.reading.parts import layout_of
from dashboard.reading.sides import name_of

HOW = "A geometry can be given to a recorded stream at any time; its frames stay as they are:"


def why(infos: Sequence[StreamInfo], lacking: str) -> str:
    """Return the page of sensors that lack places, or a size; `lacking` says what there is not without them."""
    if any(layout_of(info).placed for info in infos):
        said = f"Places are known in parts of the sensor alone: without its length and width there is {lacking}."
        return nothing("Length and width of the sensor are not known", said)
    first = infos[0].stream
    command = f"barograph calibrate {first.workout_id} --stream {first.stream} --geometry NAME"
    said = f"Without them there is {lacking}: {', '.join(map(name_of, infos))}. {HOW} {command}"
    return nothing("Places of the cells are not known", said, more=offer(first.workout_id))


def offer(workout_id: str) -> str:
    """Return the button that opens the choice of a geometry; "" for a guest, who changes nothing."""
    if is_guest():
        return ""
    return tag("button", "Choose a geometry", type="button", class_="button", data_ask="geometry",
               data_workouts=workout_id)  # fmt: skip
