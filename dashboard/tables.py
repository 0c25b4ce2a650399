"""The tables that the browser's code shares with Python, as a module of JavaScript.

python -m dashboard.tables > dashboard/assets/core/tables.mjs
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from analytics import regions
from analytics.base import gaps
from analytics.columns import definition
from analytics.frames import contact, sole
from analytics.gait import stances, steps
from analytics.tables import QUANTITIES
from barograph import bounds, layout
from barograph.frames import CONTACT_FLOOR_N
from barograph.store import goals
from dashboard.drawing import cell_picture, map_image, outline, smooth, theme, titles, units
from dashboard.feed.columns import GRID, METRICS, STATISTICS, THIRDS
from dashboard.live.page import WINDOWS_S
from dashboard.reading import goal_words, sides

HEAD = """// The tables that Python and the browser share, made by `python -m dashboard.tables`: change a value there.
// A test fails when this file is stale.
"""


def tables() -> dict[str, tuple[str, Any]]:
    """Return each table with the comment that stands above it."""
    return _of_units() | _of_pictures() | _of_columns() | _of_rules()


def _of_units() -> dict[str, tuple[str, Any]]:
    return {
        "GRAVITY": ("m/s²", units.GRAVITY),
        "FORCES": ("Units of force that can be chosen.", units.FORCES),
        "PRESSURES": ("One kilopascal in each unit of pressure that can be chosen.", units.PRESSURES),
        "MORE_DECIMALS": ("Decimals that a value has more than the same value in N or kPa.", units.MORE_DECIMALS),
        "KPA_PER_UNIT": ("What one of a layout’s unit is.", layout.KPA_PER_UNIT),
    }


def _of_pictures() -> dict[str, tuple[str, Any]]:
    return {
        "FIXED_KPA": ("The upper end of a scale, by kind of sensor.", map_image.FIXED_KPA),
        "CELLS": (
            "Cells that are no grid: so few have their values on them, from so many on they are smoothed.",
            {"few": cell_picture.FEW, "many": cell_picture.MANY},
        ),
        "FIXED_N": ("The upper end of a scale of forces of areas.", map_image.FIXED_N),
        "FADE": ("Up to here a colour map fades in: kPa, or a part of a scale in counts.",
                 {"kpa": map_image.FADE_KPA, "part": map_image.FADE_PART}),
        "BAR": ("Parts of a scale: its end, and where another tick would touch the one at its end.",
                {"nearly": map_image.NEARLY, "room": map_image.ROOM}),
        "MAPS": ("Colour maps, from nothing to the upper end.", theme.MAPS),
        "BED": ("An unloaded sensor, in both themes.", theme.color("bed", "dark")),
        "OUTLINE": ("How often an outline is smoothed, and from how many points on.",
                    {"passes": outline.PASSES, "small": outline.SMALL}),
        "RINGS": ("Rings of cells around the existing ones that take the mean of their neighbours.", smooth.RINGS),
    }  # fmt: skip


def _of_columns() -> dict[str, tuple[str, Any]]:
    columns = {name: {"title": titles.quantity(quantity, name), "unit": definition(name).unit}
               for quantity, names in QUANTITIES.items() for name in names}  # fmt: skip
    return {
        "SIDES": ("Feet, in their order.", sides.SIDES),
        "QUANTITIES": ("Each quantity is in one of these columns, by what a layout allows.", QUANTITIES),
        "COLUMNS": ("What columns are called, and their units.", columns),
        "STATISTICS": ("Statistics that a column of choice can be of.", STATISTICS),
        "METRICS": ("What a region carries.", METRICS),
        "FOOT": ("Regions of a foot.", regions.FOOT),
        "REGIONS": (
            "Regions that a column of choice can be of.",
            {name: titles.region(name) for name in (*regions.FOOT, *THIRDS, *GRID)},
        ),
    }


def _of_rules() -> dict[str, tuple[str, Any]]:
    return {
        "GAP": (
            "A step is a gap when longer than `s` and than so many usual steps; the usual one is of the `lately` last.",
            {"s": gaps.GAP_S, "usual": gaps.USUAL_STEPS, "lately": gaps.LATELY, "first_s": gaps.FIRST_S},
        ),
        "SOLE": (
            "Parts of a sole: with more of it in dead cells there is no total force, and no centre of pressure.",
            {"dead": sole.DEAD},
        ),
        "STEP": (
            "When a foot is down, as `analytics.stances` says it: above its floor, and below so much of that no more.",
            {
                "on_n": CONTACT_FLOOR_N,
                "release": contact.RELEASE,
                "min_contact_s": stances.MIN_CONTACT_S,
                "merge_s": stances.MERGE_S,
                "longest_step_s": steps.LONGEST_STEP_S,
            },
        ),
        "GOALS": (
            "What a goal can be of, what it is set against, and the bounds of an exercise.",
            {
                "bases": goals.BASES,
                "titles": goal_words.TITLES,
                "units": goal_words.OWN_UNITS,
                "of": goal_words.OF,
                "most": goals.MOST,
                "sets": goals.SETS,
                "steps": goals.STEPS,
                "rest_s": goals.REST_S,
            },
        ),
        "WINDOWS_S": ("How long live curves can be.", WINDOWS_S),
        "LABEL_CHARACTERS": ("Characters of the name of a marker, at most.", bounds.LABEL),
        "ATHLETE_CHARACTERS": ("Characters of the name of an athlete, at most.", bounds.ATHLETE),
    }


def module() -> str:
    """Return the module as text."""
    return HEAD + "".join(
        f"\n// {said}\nexport const {name} = {_said(value)};\n" for name, (said, value) in tables().items()
    )


def _said(value: Any) -> str:
    """Return a value as JavaScript: on one line, or an entry a line where that is too long."""
    flat = _flat(value)
    if len(flat) <= 90 or not isinstance(value, Mapping):
        return flat
    return "{\n" + "".join(f"  {_key(key)}: {_flat(one)},\n" for key, one in value.items()) + "}"


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)}: {_flat(one)}" for key, one in value.items()) + " }"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(_flat, value)) + "]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)


def _key(key: str) -> str:
    return key if key.isidentifier() and key.isascii() else json.dumps(key, ensure_ascii=False)


if __name__ == "__main__":
    sys.stdout.write(module())
