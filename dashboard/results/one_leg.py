"""What the Balance tab has of somebody who stands on one leg: for how long, and the touch-downs of the other foot."""

from __future__ import annotations

import pandas as pd

from analytics.sway.single_leg import COLUMNS
from dashboard.drawing import words
from dashboard.drawing.markup import column, head, row, say, section, table, tag
from dashboard.reading.context import Context
from dashboard.reading.one_leg import leg_of, lifted_of
from dashboard.reading.standing import places_of

MOST_LISTED = 20
SWAY = ("path_mm", "mean_velocity_mm_s", "ellipse95_area_mm2")
UNTOUCHED = "Here: of the standing foot, while the other did not touch."


async def one_leg(context: Context) -> str:
    """Return the part of a stance on one leg; "" where both feet carry, or there are not two."""
    found = await leg_of(context)
    return "" if found is None else _markup(context, found)


def _markup(context: Context, found: pd.DataFrame) -> str:
    measures, about = found.iloc[0], found.attrs
    limit = f"{about['touch_n']:g} N or more for {about['min_contact_s']:g} s"
    note = f"the {measures['side']} foot stands; a touch-down of the {lifted_of(found)} one is {limit}"
    rows = [
        *([column(name), words.number(float(measures[name]), int(name != "n_touch_downs"))] for name in COLUMNS),
        *([column(name, UNTOUCHED), words.number(float(measures[name]), places_of(name))] for name in SWAY),
    ]
    numbers = table(["Measure", f"{measures['side'].capitalize()} foot"], rows, label="On one leg")
    return section(head("On one leg", note=note), numbers, _list(context, about["touch_downs_us"]))


def _list(context: Context, touches: list[list[int]]) -> str:
    """The touch-downs, each a row that shows its moment."""
    rows = [
        row([words.moment(context.seconds(start)), words.number((stop - start) / 1e6, 2)], class_="seeks",
            data_seek_us=start)
        for start, stop in touches[:MOST_LISTED]
    ]  # fmt: skip
    if not rows:
        return ""
    more = len(touches) - MOST_LISTED
    said = tag("p", say(f"and {words.plural(more, 'touch-down')} more"), class_="muted pad") if more > 0 else ""
    return table(["Touch-down at", "Length, s"], rows, label="Touch-downs") + said
