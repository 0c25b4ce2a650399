"""Tables as text for the clipboard, in the units that the viewer chose, which every head says."""

from __future__ import annotations

import pandas as pd

from analytics.columns import definition
from barograph.cells import table_text
from dashboard.drawing.markup import unit_of
from dashboard.reading.context import Context


def copied(context: Context, table: pd.DataFrame) -> str:
    """Return every column under its title and unit."""
    made = {}
    for name in map(str, table):
        display, title = context.display(unit_of(name)), _title(name)
        turned = table[name] if display.factor == 1.0 else table[name] * display.factor
        made[f"{title}, {display.unit}" if display.unit else title] = turned
    return table_text(pd.DataFrame(made))


def _title(name: str) -> str:
    """The title of a column; of one without a definition its name."""
    try:
        return definition(name).title
    except KeyError:
        return name.replace("_", " ").capitalize()
