"""Numbers of a test day: of each test and athlete best, mean and SD of its measures, and what changed since before.

A measure of a protocol is a name of the reference; the rows have it with a prefix and a sensor (`jump:height_m`,
`contact_s.left`). What is best is the highest, of times on the ground and of sway the lowest; where neither is better
the highest is called so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics import reliability
from analytics.columns import definition
from barograph.frames import Floats
from dashboard.reading.more_measures import OF, SHARE_MEAN
from dashboard.reading.noise import Baseline, baseline
from dashboard.reading.session_measures import Metric, metric, sensor_title
from dashboard.reading.trial_rows import ABOUT, Tested

Step = tuple[str, str, str]
MOST_COLUMNS = 6
BASELINE = 3
LESS = ("contact_s", "path_mm", "mean_velocity_mm_s", "ellipse95_area_mm2", "rms_x_mm", "rms_y_mm", "time_to_takeoff_s")
MORE = ("height_m", "height_flight_m", "rsi", "rsi_mod", "flight_s", "peak_power_w")
ALSO = {"max_force_n": "max_total_force_n", "total_force_n": "max:total_force_n"}
ASYMMETRY = ("jump:propulsion_si_pct", "si:max_total_force_n", "si:contact_s", SHARE_MEAN)


@dataclass(frozen=True, eq=False)
class Numbers:
    """Values (k,) of one column over the trials of one athlete's test, and those of each test before."""

    column: str
    values: Floats
    before: Floats

    @property
    def shown(self) -> Metric:
        """What the column is, and how it is shown."""
        return metric(self.column.partition(".")[0])

    @property
    def mean(self) -> float:
        """The mean over trials, NaN without one."""
        return float(self.values.mean()) if len(self.values) else np.nan

    @property
    def sd(self) -> float:
        """The SD over trials, NaN of fewer than two."""
        return float(self.values.std(ddof=1)) if len(self.values) > 1 else np.nan

    @property
    def best(self) -> float:
        """The best trial."""
        if not len(self.values):
            return np.nan
        return float(self.values.min() if base(self.column) in LESS else self.values.max())

    @property
    def signed(self) -> bool:
        """Whether it is a difference of right and left, positive for the right, and not the share of the left."""
        return self.column != SHARE_MEAN

    @property
    def noise(self) -> Baseline:
        """The athlete's first tests, and how they scatter."""
        return baseline(np.append(self.before, self.mean), BASELINE)

    @property
    def change(self) -> str:
        """The mean beside the tests before, as a change flag says it."""
        return self.noise.change(self.mean)

    def text(self, value: float) -> str:
        """Return a value as it is shown, without its unit."""
        return f"{value * self.shown.scale:.{self.shown.digits}f}" if np.isfinite(value) else "–"


@dataclass(frozen=True, eq=False)
class Done:
    """One test of one athlete: its trials that count, and the numbers of each column that is shown."""

    tested: Tested
    step: Step
    title: str
    rows: pd.DataFrame
    numbers: tuple[Numbers, ...]

    @property
    def name(self) -> str:
        """Whose it is."""
        return self.tested.name

    def of(self, column: str) -> Numbers | None:
        """Return the numbers of a column, None where this test has none."""
        return next((one for one in self.numbers if one.column == column), None)

    @property
    def asymmetry(self) -> Numbers | None:
        """The symmetry of left and right, where it is known of one of these trials.

        Rows of a session have the columns of all its tests: a stance has that of its jumps too, and nothing in it.
        """
        name = next((one for one in ASYMMETRY if one in self.rows and self.rows[one].notna().any()), None)
        return None if name is None else Numbers(name, known(self.rows[name]), np.zeros(0))


def best_said(column: str) -> str:
    """Return what the trial is called that `Numbers.best` is of: nobody says that a quicker cadence is a better one."""
    return "best" if base(column) in (*LESS, *MORE) else "highest"


def titled(step: Step, title: str) -> str:
    """Return what was done: the test, its condition, and its side where one leg was tested."""
    return " · ".join(part for part in (title, step[1], step[2] if step[2] != "both" else "") if part)


def base(column: str) -> str:
    """Return the name of the reference that a column is of."""
    return column.partition(".")[0].rpartition(":")[2]


def column_title(column: str) -> str:
    """Return what a column is called, with its sensor."""
    name, _, where = column.partition(".")
    prefix, _, rest = name.rpartition(":")
    title = definition(rest).title if prefix in OF else metric(name).title  # the test says that it is of jumps
    return title + (f", {sensor_title(where).lower()}" if where else "")


def known(values: pd.Series) -> Floats:
    """Return (k,) the values that there are."""
    return values.dropna().to_numpy(np.float64)


def columns_of(measures: Sequence[str], there: Sequence[str]) -> list[str]:
    """Return the columns of a protocol's measures, in its order, of those that there are; the first few."""
    found: list[str] = []
    for name in measures:
        wanted = ALSO.get(name, name)
        exact = [one for one in there if one.partition(".")[0] == wanted]
        found += exact or [one for one in there if base(one) == wanted and not one.startswith(("mean:", "max:", "si:"))]
    return [one for one in dict.fromkeys(found) if one not in ASYMMETRY][:MOST_COLUMNS]


def done_tests(tested: Tested, before: Sequence[pd.DataFrame] = ()) -> list[Done]:
    """Return the tests of a session, in the order in which they were begun."""
    found = []
    for step in dict.fromkeys(one.step for one in tested.trials if one.counts):
        trials = [one for one in tested.trials if one.step == step]
        rows = of_step(tested.rows, step)
        there = [str(name) for name in rows if name not in ABOUT and rows[name].notna().any()]
        columns = columns_of(trials[0].held.get("measures", ()), there)
        numbers = tuple(Numbers(one, known(rows[one]), _means(before, step, one)) for one in columns)
        found.append(Done(tested, step, trials[0].title, rows, numbers))
    return found


def of_step(rows: pd.DataFrame, step: Step) -> pd.DataFrame:
    """Return the rows of one protocol, condition and side."""
    if not len(rows):
        return rows
    mine = (rows["protocol"] == step[0]) & (rows["condition"].fillna("") == step[1]) & (rows["side"] == step[2])
    return rows[mine]


def _means(before: Sequence[pd.DataFrame], step: Step, column: str) -> Floats:
    """(m,) means of the same test in earlier sessions that have it."""
    found = [known(rows[column]) for one in before if len(rows := of_step(one, step)) and column in rows]
    return np.array([one.mean() for one in found if len(one)], np.float64)


def error_of_trials(tests: Sequence[Done], column: str) -> pd.Series | None:
    """Return the reliability of repeated trials of a test over athletes: typical error and ICC of a single trial.

    None of fewer than two athletes with two trials. Each has the first trials of as many as all of them have.
    """
    values = [one.values for each in tests if (one := each.of(column)) is not None and len(one.values) > 1]
    if len(values) < 2:
        return None
    most = min(len(one) for one in values)
    return reliability(pd.DataFrame([one[:most] for one in values])).iloc[0]
