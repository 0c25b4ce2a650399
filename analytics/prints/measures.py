"""What each whole print is like: its ten parts, how it rolled, its arch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import pandas as pd

from analytics import regions
from analytics.base.foot_axis import Side
from analytics.frames.heading import heading
from analytics.prints.one_print import Footprint
from analytics.regions.arch import arch_index
from analytics.regions.cpei import cpei
from analytics.regions.phases import phases
from analytics.regions.presets import FoundFoot
from analytics.regions.region_steps import region_steps
from barograph.errors import InvalidData
from barograph.frames import Recording

Found = Sequence[tuple[Footprint, dict[str, Any]]]


@dataclass(frozen=True, eq=False)
class Measured:
    """A whole print: its number, side, recording, parts (None where no foot was found), `table` of `region_steps`.

    `values` has `cpei_pct`, `arch_index` and the phases.
    """

    number: int
    side: Side
    recording: Recording
    parts: FoundFoot | None
    table: pd.DataFrame | None
    values: dict[str, float]


def measured(found: Found, loaded_above: float) -> list[Measured]:
    """Measure each whole print whose side is known."""
    out = []
    for number, (one, about) in enumerate(found, 1):
        if about["cut"] or about["overlap"] or about["side"] not in ("left", "right"):
            continue
        out.append(_measured(number, one, about, loaded_above))
    return out


def _measured(number: int, one: Footprint, about: dict[str, Any], above: float) -> Measured:
    side = cast(Side, about["side"])
    made = replace(one.recording, layout=replace(one.recording.layout, side=side, kind="plate"))
    stance = pd.DataFrame([{**about, "first": 0, "after": len(made)}], index=pd.Index([number], name="stance"))
    stance = stance.assign(clock=0, gap_before=False)
    track = one.stats[["cop_x_mm", "cop_y_mm"]].to_numpy(np.float64)
    try:
        toward = heading(track, made.layout)
        parts = regions.find(made.layout, one.peak, side, loaded_above=above, toward=toward)
    except InvalidData:
        return Measured(number, side, made, None, None, {})
    table = region_steps(made, stance, parts, loaded_above=above)
    values = {
        "cpei_pct": float(cpei(made, stance, loaded_above=above)["cpei_pct"].iloc[0]),
        "arch_index": float(arch_index(made, loaded_above=above)["arch_index"].iloc[0]),
        **{str(name): float(value) for name, value in
           phases(made, stance, parts, loaded_above=above).iloc[0].drop("cut").items()},
    }  # fmt: skip
    return Measured(number, side, made, parts, table, values)


def by_part(prints: Sequence[Measured]) -> pd.DataFrame:
    """Return the tables of all prints as one, index `footprint`, `region`, with their `side`."""
    tables = [one.table.droplevel("stance").assign(side=one.side) for one in prints if one.table is not None]
    numbers = [one.number for one in prints if one.table is not None]
    if not tables:
        return pd.DataFrame(index=pd.MultiIndex.from_arrays([[], []], names=["footprint", "region"]))
    return pd.concat(tables, keys=numbers, names=["footprint"])
