"""Rolling numbers from a stream: tables come in as they are made, state is bounded, results are those of the batch.

The twin takes consecutive parts of one per-frame table, cut anywhere, one row or many at a time. What it gives at any
moment is what `rolling` gives of all rows until then.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics.base.gaps import GapRule
from analytics.base.times import missing_of, rising, table_us
from analytics.streaming.rolling import Memory, Spec
from barograph.frames import Floats, Ints


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
        """Return the rolled rows of `part`, which follows the parts before; where time goes back a new piece begins."""
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
