"""Links to the page on which masks are drawn by hand, from the tabs that show what masks carried."""

from __future__ import annotations

from collections.abc import Iterable

from barograph.store.ports import StreamInfo
from dashboard.drawing.markup import on_paper, say, tag
from dashboard.page.visitors import may
from dashboard.reading.context import Context
from dashboard.routes import masks_path


def mask_links(context: Context, feet: Iterable[tuple[StreamInfo, str]], tab: str) -> str:
    """Return one link per foot of a stream, for whoever may change the session; none on paper.

    assets/session/controls.mjs adds the rest of the page's address when one is pressed.
    """
    if on_paper() or not may("describe"):
        return ""
    links = [
        tag("a", tag("span", "", class_="icon icon-edit", aria_hidden="true"), say(f"Masks {foot[0].upper()}"),
            href=masks_path(context.workout.workout_id, info.stream.stream, foot, tab), class_="button",
            title=f"Draw the masks of the {foot} foot by hand", data_masks="")
        for info, foot in feet
    ]  # fmt: skip
    return "".join(links)
