"""Alarms: values beyond a threshold for longer than a hold time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.stances import over
from analytics.tables import described, values
from analytics.times import GAP_S, runs, table_us, time_index
from barograph.errors import InvalidData


@dataclass(frozen=True)
class Alarm:
    """A threshold on a column: `above` or `below` it for at least `hold_s`; `source` says where it comes from.

    A threshold is no diagnosis: it says that a number passed another one.
    """

    name: str
    column: str
    above: float | None = None
    below: float | None = None
    hold_s: float = 0.0
    source: str = ""

    def __post_init__(self) -> None:
        limits = [limit for limit in (self.above, self.below) if limit is not None]
        if len(limits) != 1 or not np.isfinite(limits[0]):
            raise InvalidData(
                f"alarm {self.name}: expected a number for one of above and below, got {self.above} and {self.below}",
                field="above",
            )
        if not (np.isfinite(self.hold_s) and self.hold_s >= 0):
            raise InvalidData(f"alarm {self.name}: expected hold_s of 0 or more, got {self.hold_s}", field="hold_s")

    @property
    def limit(self) -> float:
        """The threshold, whichever way it looks."""
        return self.above if self.above is not None else float(self.below or 0.0)


PRESETS = (
    Alarm(
        "in-shoe peak pressure",
        "peak_kpa",
        above=200.0,
        source="Bus et al. 2011, doi 10.2337/dc10-2206: the in-shoe peak above which shoes of people with diabetic "
        "neuropathy were changed. No diagnosis; sensors differ.",
    ),
)


def alarms(table: pd.DataFrame, rules: Sequence[Alarm] = PRESETS, *, gap_s: float = GAP_S) -> pd.DataFrame:
    """Find when values passed their thresholds.

    Parameters
    ----------
    table : DataFrame
        n rows indexed by time, such as `frame_stats`, `rolling` or one of `region_curves` makes.
    rules : sequence of Alarm
        By default the presets, each with its citation; none of them is a diagnosis.
    gap_s : float, default 0.5
        A longer step between rows is a gap, which ends an alarm: nobody saw what was there.

    Returns
    -------
    DataFrame of one row an alarm, by start: `alarm`, `column`, `limit`, `start` (first row beyond), `raised` (when it
    had held), `stop` (last row beyond), `duration_s`, `worst`, `open` (the table ends in it). Missing values are not
    beyond.

    Raises
    ------
    InvalidData
        When times go back or a rule's column is not in the table.
    """
    us = table_us(table)
    parts = [_raised(table, us, rule, gap_s) for rule in rules]
    columns = ["alarm", "column", "limit", "start", "raised", "stop", "duration_s", "worst", "open"]
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    found = found[columns].sort_values("start", kind="stable", ignore_index=True)
    return described(found, "alarms", rules=[vars(rule) for rule in rules], gap_s=gap_s)


def _raised(table: pd.DataFrame, us: np.ndarray, rule: Alarm, gap_s: float) -> pd.DataFrame:
    signal = values(table, rule.column)
    rising = rule.above is not None
    beyond = signal > rule.limit if rising else signal < rule.limit
    rows = runs(beyond, us, gap_s)
    start, stop = us[rows[:, 0]], us[rows[:, 1] - 1]
    held = stop - start >= rule.hold_s * 1e6
    rows, start, stop = rows[held], start[held], stop[held]
    return pd.DataFrame(
        {
            "alarm": rule.name,
            "column": rule.column,
            "limit": rule.limit,
            "start": time_index(start),
            "raised": time_index(start + round(rule.hold_s * 1e6)),
            "stop": time_index(stop),
            "duration_s": (stop - start) / 1e6,
            "worst": over(np.fmax if rising else np.fmin, signal, rows),
            "open": rows[:, 1] == len(signal),
        },
        index=range(len(rows)),
    )
