"""Alarms: values beyond a threshold for longer than a hold time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from analytics.base.arguments import checked
from analytics.base.times import Times, runs, table_times, time_index
from analytics.gait.stances import over
from analytics.tables import described, values
from barograph.errors import InvalidData

COLUMNS = ("alarm", "column", "limit", "start", "raised", "stop", "duration_s", "worst", "open")


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


@checked
def alarms(table: pd.DataFrame, rules: Sequence[Alarm] = PRESETS, *, gap_s: float | None = None) -> pd.DataFrame:
    """Find when values passed their thresholds.

    Parameters
    ----------
    table : DataFrame
        n rows indexed by time, such as `frame_stats`, `rolling` or one of `region_curves` makes.
    rules : sequence of Alarm
        By default the presets, each with its citation; none of them is a diagnosis.
    gap_s : float, optional
        A longer step between rows is a gap, by default 0.5 s or five usual steps. It ends an alarm: nobody saw what
        was there.

    Returns
    -------
    DataFrame of one row per alarm, by start: `alarm`, `column`, `limit`, `start` (first row beyond), `raised` (when it
    had held), `stop` (last row beyond), `duration_s`, `worst`, `open` (the table ends in it). Missing values are not
    beyond.

    Raises
    ------
    InvalidData
        When a rule's column is not in the table.

    Notes
    -----
    A limit is the measured value as it is, not counted from the foot's floor: thresholds of the literature are such
    values, and a shoe's residual pressure is a load on the skin too. Stances alone count from the floor.
    """
    times = table_times(table, gap_s)
    found = [_alarms(rule, _beyond(table, times, rule)) for rule in rules]
    return _described(found, rules, times.gap_s, table)


class Beyond(NamedTuple):
    """A run of rows beyond a threshold: its times and worst value, and whether the table ends in it."""

    start_us: int
    stop_us: int
    worst: float
    ends: bool


def _beyond(table: pd.DataFrame, times: Times, rule: Alarm) -> list[Beyond]:
    us, signal, rising = times.us, values(table, rule.column), rule.above is not None
    rows = runs(signal > rule.limit if rising else signal < rule.limit, times)
    worst = over(np.fmax if rising else np.fmin, signal, rows)
    return [
        Beyond(int(us[first]), int(us[after - 1]), float(value), after == len(signal))
        for (first, after), value in zip(rows.tolist(), worst, strict=True)
    ]


def _alarms(rule: Alarm, found: list[Beyond]) -> pd.DataFrame:
    """Those that held, one row each."""
    held = [run for run in found if run.stop_us - run.start_us >= rule.hold_s * 1e6]
    start, stop = (np.array([run[i] for run in held], np.int64) for i in range(2))
    return pd.DataFrame(
        {
            "alarm": rule.name,
            "column": rule.column,
            "limit": rule.limit,
            "start": time_index(start),
            "raised": time_index(start + round(rule.hold_s * 1e6)),
            "stop": time_index(stop),
            "duration_s": (stop - start) / 1e6,
            "worst": np.array([run.worst for run in held], np.float64),
            "open": np.array([run.ends for run in held], bool),
        },
        index=range(len(held)),
    )


def _described(parts: list[pd.DataFrame], rules: Sequence[Alarm], gap_s: float, made_of: pd.DataFrame) -> pd.DataFrame:
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
    found = found.sort_values("start", kind="stable", ignore_index=True)
    return described(found, "alarms", made_of, rules=[vars(rule) for rule in rules], gap_s=gap_s)
