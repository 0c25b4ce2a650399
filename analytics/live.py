"""The same numbers from a stream: tables come in as they are made, state is bounded, results are those of the batch.

Each twin takes consecutive parts of one per-frame table, cut anywhere, one row or many at a time. What it gives at any
moment is what its batch function gives of all rows until then.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics.contact import contacts, threshold
from analytics.filters import CUTOFF_HZ, ORDER
from analytics.gait import gait
from analytics.rolling import Memory, Spec
from analytics.smoothing import Smoother
from analytics.stances import MERGE_S, MIN_CONTACT_S, stances
from analytics.symmetry import symmetry
from analytics.tables import centre, values
from analytics.times import GAP_S, ordered, runs, steps_s, table_us
from analytics.velocity import velocity_table
from barograph.errors import InvalidData
from barograph.frames import Floats, Ints

LONGEST_S = 60.0


class LiveRolling:
    """Twin of `rolling`: `update` gives the rolled rows of a part. Keeps the rows of one window."""

    def __init__(
        self,
        window: str | float | pd.Timedelta = "1s",
        *,
        columns: Sequence[str] | None = None,
        tau_s: float | None = None,
        gap_s: float = GAP_S,
    ) -> None:
        self._asked = (window, columns, tau_s, gap_s)
        self._spec: Spec | None = None
        self._us: Ints = np.zeros(0, np.int64)
        self._values: Floats = np.zeros((0, 0))
        self._memory = Memory.fresh(0)

    def update(self, part: pd.DataFrame) -> pd.DataFrame:
        """The rolled rows of `part`, which follows the parts before; times that go back raise `InvalidData`."""
        spec = self._spec
        if spec is None:
            spec = self._spec = Spec.of(part, *self._asked)
            self._values, self._memory = np.zeros((len(spec.columns), 0)), Memory.fresh(len(spec.columns))
        start = len(self._us)
        us = ordered(np.concatenate([self._us, table_us(part)]))
        rows = np.concatenate([self._values, spec.values(part)], axis=1)
        rolled = np.empty((len(spec.names), len(part)))
        self._memory = spec.rows(us, rows, self._memory, start, rolled)
        # The next row's window reaches back to here; the last row stays in any case, for its rate.
        young = int(np.searchsorted(us, us[-1] - spec.window_us, side="right")) if len(us) else 0
        self._us, self._values = us[young:].copy(), rows[:, young:].copy()
        return spec.table(rolled, part.index)

    @property
    def kept(self) -> int:
        """Rows in memory."""
        return len(self._us)


class LiveStances:
    """Twin of `stances`: `update` gives the stances that a part has settled, `open` the one that still may change.

    `on` must be said where the table has neither force nor peak: 10 % of a range is not known in advance. A contact
    that lasts longer than `longest_s` is standing: its oldest rows are given up, and it is then cut at its start.
    """

    def __init__(
        self,
        *,
        on: float | None = None,
        off: float | None = None,
        column: str | None = None,
        min_contact_s: float = MIN_CONTACT_S,
        merge_s: float = MERGE_S,
        gap_s: float = GAP_S,
        longest_s: float = LONGEST_S,
    ) -> None:
        if not (gap_s >= merge_s and longest_s > gap_s):
            raise InvalidData(f"longest_s: expected merge_s ≤ gap_s < longest_s, got {merge_s}, {gap_s}, {longest_s}")
        self._asked = {"on": on, "off": off, "column": column}
        self._times = {"min_contact_s": min_contact_s, "merge_s": merge_s, "gap_s": gap_s}
        self._longest_us = round(longest_s * 1e6)
        self._rows: pd.DataFrame | None = None
        self._before = 0
        self.open = pd.DataFrame()

    def update(self, part: pd.DataFrame) -> pd.DataFrame:
        """Stances that are settled now, their rows counted from the stream's first; times must not go back."""
        rows = part if self._rows is None else pd.concat([self._rows, part])
        if self._asked["on"] is None and not {"total_force_n", "peak_kpa"} & set(map(str, rows.columns)):
            raise InvalidData("on: expected a threshold, as this table has neither a force nor a pressure", field="on")
        found = stances(rows, **self._asked, **self._times)  # type: ignore[arg-type]
        keep = self._pending(rows)
        unsettled = found["first"].to_numpy() >= (keep if keep is not None else len(rows))
        found[["first", "after"]] += self._before
        self.open, settled = found[unsettled], found[~unsettled]
        self._forget(rows, keep)
        return settled

    def _pending(self, rows: pd.DataFrame) -> int | None:
        """First row of the contact that goes on, or that a next one may join; None when there is none."""
        limits = threshold(rows, **self._asked)  # type: ignore[arg-type]
        us, signal = table_us(rows), values(rows, limits.column)
        known = np.flatnonzero(~np.isnan(signal))
        us, signal = us[known], signal[known]
        found, cut = contacts(signal, us, limits.on, limits.off, self._times["gap_s"])
        if not len(found):
            return None
        merge_us = self._times["merge_s"] * 1e6
        stops = us[found[:, 1] - cut[:, 1]]
        if not (found[-1, 1] == len(us) or us[-1] - stops[-1] < merge_us):
            return None
        apart = (us[found[1:, 0]] - stops[:-1] >= merge_us) | cut[1:, 0] | cut[:-1, 1]
        group = int(np.flatnonzero(np.append(True, apart))[-1])
        return int(known[found[group, 0]])

    def _forget(self, rows: pd.DataFrame, keep: int | None) -> None:
        """Keep the pending contact and the row with a value before it, which says that it was not yet down."""
        us = table_us(rows)
        limits = threshold(rows, **self._asked)  # type: ignore[arg-type]
        known = np.flatnonzero(~np.isnan(values(rows, limits.column)))
        if not len(known):
            first = len(rows)
        elif keep is None:
            first = int(known[-1])
        else:
            # Across a gap there is nothing to say: the row there may itself be in contact.
            earlier = known[(known < keep) & (us[keep] - us[known] <= self._times["gap_s"] * 1e6)]
            first = int(earlier[-1]) if len(earlier) else keep
            first = max(first, int(np.searchsorted(us, us[-1] - self._longest_us)))
        self._rows, self._before = rows.iloc[first:], self._before + first

    @property
    def kept(self) -> int:
        """Rows in memory."""
        return 0 if self._rows is None else len(self._rows)


class LiveVelocity:
    """Twin of causal `cop_velocity`: `update` gives the velocities of a part. Keeps two filters and one row."""

    def __init__(self, *, cutoff_hz: float | None = CUTOFF_HZ, order: int = ORDER, gap_s: float = GAP_S) -> None:
        self._asked = {"cutoff_hz": cutoff_hz, "order": order, "causal": True, "gap_s": gap_s}
        self._gap_s = gap_s
        self._filters = None if cutoff_hz is None else (Smoother(cutoff_hz, order), Smoother(cutoff_hz, order))
        self._us: Ints = np.zeros(0, np.int64)
        self._smooth: Floats = np.zeros((2, 0))

    def update(self, part: pd.DataFrame) -> pd.DataFrame:
        """Velocities of `part`, which follows the parts before; times that go back raise `InvalidData`."""
        x, y, length = centre(part)
        us, kept = ordered(np.concatenate([self._us, table_us(part)])), len(self._us)
        # What is known of a row before the smoothing is known of it after.
        rows = np.concatenate([self._smooth, [x, y]], axis=1)
        for first, after in runs(~np.isnan(rows[0]), us, self._gap_s):
            fresh = slice(max(first, kept), after)
            if self._filters is not None:
                for line, smoother in zip(rows, self._filters, strict=True):
                    if first >= kept:
                        smoother.restart()
                    line[fresh] = smoother.update(line[fresh], us[fresh])
        step = steps_s(us, self._gap_s)
        velocity = (np.diff(rows, axis=1) / np.where(step > 0, step, np.nan))[:, max(kept - 1, 0) :]
        velocity = np.concatenate([np.full((2, len(part) - velocity.shape[1]), np.nan), velocity], axis=1)
        self._us, self._smooth = us[-1:].copy(), rows[:, -1:].copy()
        return velocity_table(velocity[0], velocity[1], length, part.index, **self._asked)


class LiveSteps:
    """Symmetry and cadence of the last `n` stances of each foot, as `symmetry` and `gait` compute them."""

    def __init__(self, n: int = 5) -> None:
        if n < 1:
            raise InvalidData(f"n: expected one step or more, got {n}", field="n")
        self._n = n
        self._feet: dict[str, pd.DataFrame] = {}

    def update(self, left: pd.DataFrame | None = None, right: pd.DataFrame | None = None) -> None:
        """Take stances that `LiveStances` settled, of either foot or both."""
        for side, settled in (("left", left), ("right", right)):
            if settled is not None and len(settled):
                before = self._feet.get(side)
                both = settled if before is None else pd.concat([before, settled])
                self._feet[side] = both.iloc[-self._n :]

    @property
    def symmetry(self) -> pd.DataFrame | None:
        """Left against right over these stances; None until both feet have one."""
        return symmetry(self._feet["left"], self._feet["right"]) if len(self._feet) == 2 else None

    @property
    def cadence_spm(self) -> float:
        """Steps a minute over these stances; NaN until there is a step, or a stride of the only foot."""
        if len(self._feet) == 2:
            return float(gait(self._feet["left"], self._feet["right"])["cadence_spm"].to_numpy(float)[-1])
        if not self._feet:
            return float("nan")
        return float(gait(next(iter(self._feet.values())))["cadence_spm"].to_numpy(float)[0])
