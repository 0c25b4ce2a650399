"""Tables that go into files beside frames: numbers a frame with their units, and what each column means.

Whoever exports, by the command line, over HTTP or from a page, hands it to `barograph.store.exports`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analytics.base.times import time_index
from analytics.columns import definition, frame_columns
from analytics.frames.frame_stats import frame_stats
from analytics.gait.stances import stances
from analytics.gait.steps import gait, steps
from analytics.jumps.force import FORCE
from analytics.jumps.jumps import jumps
from analytics.jumps.rebounds import drop_jumps, hops
from barograph.frames import Floats, Frames, Ints, Layout, Recording

WALKED_ON = ("insole", "plate")


class ExportTables:
    """The per-frame table of `analytics.frame_stats`, part by part, and the steps of a session."""

    def units(self, layout: Layout) -> Mapping[str, str]:
        """Return the unit of each of k columns, by name and in their order."""
        return {name: definition(name).unit for name in frame_columns(layout)}

    def compute(self, times_us: Ints, frames: Frames, layout: Layout) -> Floats:
        """Return (n, k) of (n, rows, cols) frames."""
        return np.asarray(frame_stats(Recording(frames, times_us, layout)).to_numpy(np.float64))

    def events(
        self, signals: Mapping[str, Any], zero_us: int
    ) -> list[tuple[str, Sequence[str], Iterable[Sequence[object]]]]:
        """Return the tables `steps` and `gait` of what walks or stands, and those of its jumps: name, columns, rows.

        `signals` has for each stream layout, times_us (n,), columns (n,) by name and missing_us (g, 2). Left and right
        are timed against each other where there is one of each; else each stream stands for itself.
        """
        feet = {stream: stances(_table(*signal)) for stream, signal in signals.items() if signal[0].kind in WALKED_ON}
        sides = {signal[0].side: stream for stream, signal in signals.items() if stream in feet and signal[0].side}
        if set(feet) == set(sides.values()) and len(feet) == 2:
            both = feet[sides["left"]], feet[sides["right"]]
            found = [("", steps(*both), gait(*both))]
        else:
            found = [(stream, steps(one), gait(one)) for stream, one in feet.items()]
        found = [one for one in found if len(one[1])]
        jumped = [_joined(name, [("", one)], zero_us) for name, one in _jumps(signals).items() if len(one)]
        if not found:
            return jumped
        return [_joined("steps", [(name, one) for name, one, _ in found], zero_us),
                _joined("gait", [(name, one.reset_index()) for name, _, one in found], zero_us), *jumped]  # fmt: skip

    def meanings(self, columns: Iterable[str]) -> list[Sequence[str]]:
        """Return name, unit, meaning, formula and source of each column that has them."""
        found: list[Sequence[str]] = []
        for name in columns:
            try:
                one = definition(name)
            except KeyError:
                continue
            found.append((one.name, one.unit, one.meaning, one.formula, one.source))
        return found


def _jumps(signals: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """Jumps, drop jumps and hops of left and right, or of the one plate there is; none without a force in N."""
    forces = [signal for signal in signals.values() if signal[0].kind in WALKED_ON and FORCE in signal[2]]
    sides = {signal[0].side: signal for signal in forces if signal[0].side}
    plates = [signal for signal in forces if signal[0].kind == "plate"]
    chosen = [sides["left"], sides["right"]] if len(sides) == 2 else plates if len(plates) == 1 else []
    tables = [_table(*signal) for signal in chosen]
    if not tables:
        return {}
    return {"jumps": jumps(*tables), "drop_jumps": drop_jumps(*tables), "hops": hops(*tables)}


def _table(layout: Layout, times_us: Ints, columns: Mapping[str, Floats], missing_us: Ints) -> pd.DataFrame:
    """Some columns of a per-frame table, which knows what the whole one does."""
    none = Recording(np.zeros((0, layout.rows, layout.cols), layout.numpy_dtype), np.zeros(0, np.int64), layout)
    made = pd.DataFrame(dict(columns), time_index(times_us))
    made.attrs.update(frame_stats(none).attrs)
    if len(missing_us):
        made.attrs["missing_us"] = missing_us.tolist()
    return made


def _joined(
    name: str, tables: Sequence[tuple[str, pd.DataFrame]], zero_us: int
) -> tuple[str, Sequence[str], Iterable[Sequence[object]]]:
    """Tables of several streams below each other; moments become seconds after `zero_us`."""
    named = any(stream for stream, _ in tables)
    parts = [one.assign(stream=stream) if named else one for stream, one in tables]
    both = pd.concat(parts, ignore_index=True)
    both = both[[*(["stream"] if named else []), *(column for column in both if column != "stream")]]
    moments = [column for column in both if isinstance(both[column].dtype, pd.DatetimeTZDtype)]
    for column in moments:
        us = (pd.DatetimeIndex(both[column]).as_unit("us").asi8 - zero_us) / 1e6
        both[column] = np.where(both[column].isna(), np.nan, us)
    titles = [f"{column}_s" if column in moments else str(column) for column in both]
    return name, titles, both.astype(object).to_numpy().tolist()
