"""Every column of every table: its name, unit, meaning, formula and source, in one place.

A name carries its unit, so a layout decides which name a quantity gets:

- calibrated, cell areas known: force in N (`total_force_n`), pressures in kPa (`peak_kpa`);
- calibrated, areas unknown: there is no force, so the first column is `pressure_sum_kpa`;
- uncalibrated: counts (`raw_sum`, `raw_peak`), never N or kPa;
- no pitch: positions in cells (`cop_x_cell`); no area: contact in cells (`contact_area_cell`);
- forces of cells: `total_force_n`, `peak_n`, never a pressure;
- relative places: positions in parts of the sensor (`cop_x_rel`), neither gradient nor spread;
- places not known: no centre of pressure, half, quadrant, place of the peak, gradient or spread.
"""

from __future__ import annotations

from functools import lru_cache

from analytics.base.arguments import checked
from analytics.definitions.column import Column
from analytics.definitions.comparison import comparison_definitions
from analytics.definitions.derived import derived
from analytics.definitions.frames import frame_definitions
from analytics.definitions.jumps import jump_definitions
from analytics.definitions.motion import motion_definitions
from analytics.definitions.norms import norm_definitions
from analytics.definitions.prints import print_definitions
from analytics.definitions.reliability import reliability_definitions
from analytics.definitions.running import running_definitions
from analytics.definitions.seats import seat_definitions
from analytics.definitions.shape_columns import shape_columns
from analytics.definitions.steps import step_definitions
from analytics.definitions.sway import sway_definitions
from barograph.frames import STATS_VERSION, Layout, arrival_columns

__all__ = ["ARRIVAL_VERSION", "Column", "arrival_columns", "definition", "definitions", "frame_columns"]

GROUPS = (
    frame_definitions, step_definitions, motion_definitions, sway_definitions, comparison_definitions, seat_definitions,
    reliability_definitions, jump_definitions, print_definitions, running_definitions, norm_definitions,
)  # fmt: skip

# Stored with arrival statistics as `k`. 2: a cell is loaded above its layout's contact threshold, not above 0.
ARRIVAL_VERSION = STATS_VERSION


def frame_columns(layout: Layout) -> tuple[str, ...]:
    """Return the per-frame table of `analytics.frame_stats`, in the order of its columns."""
    basic = arrival_columns(layout)
    loaded = tuple(f"{what}_loaded_{layout.suffix}" for what in ("mean", "min", "sd"))
    peak_at = tuple(f"peak_{axis}_{layout.length}" for axis in "xy") if layout.placed else ()
    quadrants, shape, saturated = shape_columns(layout)
    return (*basic[:2], *loaded, *basic[2:], *quadrants, *peak_at, *shape, "n_dead", *saturated)


@lru_cache(maxsize=4096)
@checked
def definition(name: str) -> Column:
    """Look a column up by its name, also one made of another (`max_peak_kpa`); an unknown one raises `KeyError`."""
    found = definitions().get(name) or derived(name, definition)
    if found is None:
        raise KeyError(name)
    return found


@lru_cache(maxsize=1)
def definitions() -> dict[str, Column]:
    """Return all columns by name, without those that are made of another."""
    return {column.name: column for group in GROUPS for column in group()}
