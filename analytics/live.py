"""The same numbers from a stream: tables come in as they are made, state is bounded, results are those of the batch.

Each twin takes consecutive parts of one per-frame table, cut anywhere, one row or many at a time. What it gives at any
moment is what its batch function gives of all rows until then.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics import bounds
from analytics.filters import CUTOFF_HZ, ORDER
from analytics.gait import gait
from analytics.gaps import GapRule
from analytics.live_stances import LiveStances
from analytics.rolling import Memory, Spec
from analytics.smoothing import Smoother
from analytics.symmetry import symmetry
from analytics.tables import centre
from analytics.times import Times, missing_of, rising, runs, steps_s, table_us
from analytics.velocity import velocity_table
from barograph.frames import Floats, Ints

__all__ = ["LiveRolling", "LiveStances", "LiveSteps", "LiveVelocity"]


class LiveRolling:
    """Twin of `rolling`: `update` gives the rolled rows of a part. Keeps the rows of one window."""

    def __init__(
        self,
        window: str | float | pd.Timedelta = "1s",
        *,
        columns: Sequence[str] | None = None,
        tau_s: float | None = None,
        gap_s: float | None = None,
    ) -> None:
        self._asked, self._rule = (window, columns, tau_s), GapRule(gap_s)
        self._spec: Spec | None = None
        self._last_us: Ints = np.zeros(0, np.int64)
        self._us: Ints = np.zeros(0, np.int64)
        self._step: Floats = np.zeros(0)
        self._values: Floats = np.zeros((0, 0))
        self._memory = Memory.fresh(0)

    def update(self, part: pd.DataFrame) -> pd.DataFrame:
        """The rolled rows of `part`, which follows the parts before; where time goes back a new piece begins."""
        spec = self._spec
        if spec is None:
            spec = self._spec = Spec.of(part, *self._asked)
            self._values, self._memory = np.zeros((len(spec.columns), 0)), Memory.fresh(len(spec.columns))
        start, fresh = len(self._us), table_us(part)
        us = np.concatenate([self._us, self._moved(fresh, spec.apart_us)])
        step = np.concatenate([self._step, self._steps(fresh, missing_of(part))])
        rows = np.concatenate([self._values, spec.values(part)], axis=1)
        rolled = np.empty((len(spec.names), len(part)))
        self._memory = spec.rows(us, step, rows, self._memory, start, rolled)
        # The next row's window reaches back to here; the last row stays in any case, for its rate.
        young = int(np.searchsorted(us, us[-1] - spec.window_us, side="right")) if len(us) else 0
        self._us, self._step, self._values = us[young:].copy(), step[young:].copy(), rows[:, young:].copy()
        self._last_us = fresh[-1:].copy() if len(fresh) else self._last_us
        return spec.table(rolled, part.index, self._rule.limit_s)

    def _moved(self, fresh: Ints, apart_us: int) -> Ints:
        """(n,) times of new rows on a clock that never goes back."""
        if not len(self._last_us):
            return rising(fresh, apart_us)
        moved: Ints = rising(np.append(self._last_us, fresh), apart_us)[1:] + (self._us[-1] - self._last_us[0])
        return moved

    def _steps(self, fresh: Ints, missing: Ints) -> Floats:
        """(n,) seconds from the row before to each new one, NaN across a gap."""
        us = np.concatenate([self._last_us, fresh])
        step = np.where(self._rule.between(us, missing), np.nan, np.diff(us) / 1e6)
        return step if len(self._last_us) else np.append(np.nan, step)[: len(fresh)]

    @property
    def kept(self) -> int:
        """Rows in memory."""
        return len(self._us)


class LiveVelocity:
    """Twin of causal `cop_velocity`: `update` gives the velocities of a part. Keeps two filters and one row."""

    def __init__(self, *, cutoff_hz: float | None = CUTOFF_HZ, order: int = ORDER, gap_s: float | None = None) -> None:
        self._asked = {"cutoff_hz": cutoff_hz, "order": order, "causal": True}
        self._rule = GapRule(gap_s)
        self._filters = None if cutoff_hz is None else (Smoother(cutoff_hz, order), Smoother(cutoff_hz, order))
        self._us: Ints = np.zeros(0, np.int64)
        self._smooth: Floats = np.zeros((2, 0))

    def update(self, part: pd.DataFrame) -> pd.DataFrame:
        """Velocities of `part`, which follows the parts before; where time goes back a new piece begins."""
        x, y, length = centre(part)
        us, kept = np.concatenate([self._us, table_us(part)]), len(self._us)
        times = Times(us, self._rule.between(us, missing_of(part)), self._rule.limit_s)
        # What is known of a row before the smoothing is known of it after.
        rows = np.concatenate([self._smooth, [x, y]], axis=1)
        for first, after in runs(~np.isnan(rows[0]), times):
            fresh = slice(max(first, kept), after)
            if self._filters is not None:
                for line, smoother in zip(rows, self._filters, strict=True):
                    if first >= kept:
                        smoother.restart()
                    line[fresh] = smoother.update(line[fresh], us[fresh])
        step = steps_s(times)
        velocity = (np.diff(rows, axis=1) / np.where(step > 0, step, np.nan))[:, max(kept - 1, 0) :]
        velocity = np.concatenate([np.full((2, len(part) - velocity.shape[1]), np.nan), velocity], axis=1)
        self._us, self._smooth = us[-1:].copy(), rows[:, -1:].copy()
        return velocity_table(velocity[0], velocity[1], length, part.index, **self._asked, gap_s=times.gap_s)


class LiveSteps:
    """Symmetry and cadence of the last `n` stances of each foot, as `symmetry` and `gait` compute them."""

    def __init__(self, n: int = 5) -> None:
        bounds.whole("n", n, 1, expected="one step or more")
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
