"""What each whole print is like: its ten parts, how it rolled, its arch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import pandas as pd

from analytics import regions
from analytics.base.foot_axis import FootAxis, Mask, Side
from analytics.frames.heading import heading
from analytics.prints.corrections import Mark
from analytics.prints.one_print import Footprint
from analytics.regions.arch import arch_index
from analytics.regions.by_hand import HandMasks, on_print
from analytics.regions.cpei import cpei
from analytics.regions.phases import phases
from analytics.regions.presets import Regions
from analytics.regions.region_steps import region_steps
from barograph.errors import InvalidData
from barograph.frames import Floats, Layout, Recording

Found = Sequence[tuple[Footprint, dict[str, Any]]]


@dataclass(frozen=True, eq=False)
class Measured:
    """A whole print: its number, side, recording, parts (None where no foot was found), `table` of `region_steps`.

    `cells` (rows, cols) are those of the print and `peak` their largest values. `values` has `cpei_pct`, `arch_index`
    and the phases. Masks by hand stand in place of the parts that are found; the arch index leaves out their toes, and
    CPEI, which is of the foot's axis and outline, is the same with any masks.
    """

    number: int
    side: Side
    recording: Recording
    cells: Mask
    peak: Floats
    parts: Regions | None
    table: pd.DataFrame | None
    values: dict[str, float]


def measured(
    found: Found, loaded_above: float, masks: Sequence[HandMasks] = (), plate: Layout | None = None
) -> list[Measured]:
    """Measure each whole print whose side is known.

    The first of `masks` of its side that is for all prints, or for this one, stands in place of the parts that are
    found; `plate` is the layout of the plate, in whose cells marks of prints are.
    """
    out = []
    for number, (one, about) in enumerate(found, 1):
        if about["cut"] or about["overlap"] or about["side"] not in ("left", "right"):
            continue
        hand = next((mask for mask in masks if mask.side == about["side"] and is_for(mask, one, plate)), None)
        out.append(_measured(number, one, about, loaded_above, hand if hand and hand.labels.any() else None))
    return out


def is_for(mask: HandMasks, one: Footprint, plate: Layout | None) -> bool:
    """Return whether masks are for a print of a plate: those without a mark are for all."""
    if not mask.mark:
        return True
    mark = Mark.read(mask.mark)
    if plate is None or mark.col >= plate.cols:
        return False
    us, cell = one.recording.times_us, mark.row * plate.cols + mark.col
    return bool(us[0] <= mark.t_us <= us[-1] and (one.patch.cells == cell).any())


def _parts(one: Footprint, made: Recording, side: Side, above: float, hand: HandMasks | None) -> Regions:
    """The parts of a print that are found, or drawn by hand."""
    layout = made.layout
    track = one.stats[["cop_x_mm", "cop_y_mm"]].to_numpy(np.float64)
    toward = heading(track, layout)
    if hand is None:
        return regions.find(layout, one.peak, side, loaded_above=above, toward=toward)
    axis = one.axis(side)
    return on_print(one.cells, axis if isinstance(axis, FootAxis) else None, hand, one.corner)


def _measured(number: int, one: Footprint, about: dict[str, Any], above: float, hand: HandMasks | None) -> Measured:
    side = cast(Side, about["side"])
    made = replace(one.recording, layout=replace(one.recording.layout, side=side, kind="plate"))
    stance = pd.DataFrame([{**about, "first": 0, "after": len(made)}], index=pd.Index([number], name="stance"))
    stance = stance.assign(clock=0, gap_before=False)
    try:
        parts = _parts(one, made, side, above, hand)
    except InvalidData:
        return Measured(number, side, made, one.cells, one.peak, None, None, {})
    toes = None if hand is None else np.asarray(parts.of("hallux") + parts.of("toes") > 0)
    table = region_steps(made, stance, parts, loaded_above=above)
    values = {
        "cpei_pct": float(cpei(made, stance, loaded_above=above)["cpei_pct"].iloc[0]),
        "arch_index": float(arch_index(made, loaded_above=above, toes=toes)["arch_index"].iloc[0]),
        **{str(name): float(value) for name, value in
           phases(made, stance, parts, loaded_above=above).iloc[0].drop("cut").items()},
    }  # fmt: skip
    return Measured(number, side, made, one.cells, one.peak, parts, table, values)


def by_part(prints: Sequence[Measured]) -> pd.DataFrame:
    """Return the tables of all prints as one, index `footprint`, `region`, with their `side`."""
    tables = [one.table.droplevel("stance").assign(side=one.side) for one in prints if one.table is not None]
    numbers = [one.number for one in prints if one.table is not None]
    if not tables:
        return pd.DataFrame(index=pd.MultiIndex.from_arrays([[], []], names=["footprint", "region"]))
    return pd.concat(tables, keys=numbers, names=["footprint"])
