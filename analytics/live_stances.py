"""The twin of `stances`: the stances of a stream as it comes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from analytics import bounds
from analytics.contact import Threshold, column_of, contacts, threshold
from analytics.gaps import GAP_S, GapRule, Mask
from analytics.stances import MERGE_S, MIN_CONTACT_S, dividing, find, missing_pieces, on_plate, pauses_us
from analytics.tables import described, values
from analytics.times import Times, missing_of, table_us
from barograph.errors import InvalidData
from barograph.frames import Ints

LONGEST_S = 60.0


class _Held(NamedTuple):
    """Rows that have a value: the table, each one's number in the stream, time, clock, and the gaps between them."""

    table: pd.DataFrame
    number: Ints
    us: Ints
    clock: Ints
    gap: Mask

    def since(self, first: int) -> _Held:
        """Those from `first` on."""
        arrays = (self.number[first:].copy(), self.us[first:].copy(), self.clock[first:].copy())
        return _Held(self.table.iloc[first:], *arrays, self.gap[first:].copy())

    def joined(self, later: _Held) -> _Held:
        """With those that follow, whose first gap is the one between both."""
        arrays = (np.concatenate([mine, theirs]) for mine, theirs in zip(self[1:], later[1:], strict=True))
        return _Held(pd.concat([self.table, later.table]), *arrays)


class LiveStances:
    """Twin of `stances`: `update` gives the stances that a part has settled, `open` the one that still may change.

    `on` must be said where the table has neither force nor peak: 10 % of a range is not known in advance. Nor is the
    foot's floor: thresholds count from 0, or from the `floor` that is said. A contact that lasts longer than
    `longest_s` is standing: its oldest rows are given up, and it is then cut at its start.
    """

    def __init__(
        self,
        *,
        on: float | None = None,
        off: float | None = None,
        column: str | None = None,
        floor: float = 0.0,
        min_contact_s: float = MIN_CONTACT_S,
        merge_s: float = MERGE_S,
        gap_s: float | None = None,
        longest_s: float = LONGEST_S,
    ) -> None:
        for name, seconds in (("min_contact_s", min_contact_s), ("merge_s", merge_s), ("longest_s", longest_s)):
            bounds.number(name, seconds, least=0, unit="s")
        least_s = GAP_S if gap_s is None else gap_s
        if not (least_s >= merge_s and longest_s > least_s):
            raise InvalidData(f"longest_s: expected merge_s ≤ gap_s < longest_s, got {merge_s}, {least_s}, {longest_s}")
        self._asked = (on, off, floor)
        self._column = column
        self._min_contact_s, self._merge_s, self._gap_s = min_contact_s, merge_s, gap_s
        self._rule = GapRule(gap_s)
        self._longest_us = round(longest_s * 1e6)
        self._held: _Held | None = None
        self._seen, self._clock, self._begins = 0, 0, -1
        self._last_us: Ints = np.zeros(0, np.int64)
        self._piece, self._piece_before = 0, 0
        self.open = pd.DataFrame()

    def update(self, part: pd.DataFrame) -> pd.DataFrame:
        """Stances that are settled now, their rows counted from the stream's first."""
        limits = self._limits(part)
        held = self._with(part, limits.column)
        gap_s = self._gap_s if self._gap_s is None else float(self._gap_s)
        times = Times(held.us, held.gap[1:], self._rule.limit_s, gap_s)
        found = find(held.table, times, limits, self._min_contact_s, self._merge_s, self._edges(part, held))
        keep = self._pending(held, times, limits)
        unsettled = found["first"].to_numpy() >= (len(held.us) if keep is None else keep)
        piece = missing_pieces(times, self._min_contact_s) + self._piece
        self._number(found, held, piece)
        if (~unsettled).any():
            first = int(np.searchsorted(held.number, found["first"].to_numpy()[~unsettled][-1]))
            self._piece_before = int(piece[first])
        self._forget(held, times, piece, keep)
        asked = {"min_contact_s": self._min_contact_s, "merge_s": self._merge_s, "gap_s": times.gap_s}
        described(found, "stances", part, **limits.said, **asked)
        self.open = found[unsettled]
        return found[~unsettled]

    def _edges(self, part: pd.DataFrame, held: _Held) -> tuple[bool, bool]:
        """Whether the first and the last row held are the record's, of a plate."""
        plate = on_plate(part)
        return plate and held.number[:1].tolist() == [self._begins], plate

    def _limits(self, part: pd.DataFrame) -> Threshold:
        if self._asked[0] is None and not {"total_force_n", "peak_kpa"} & set(map(str, part.columns)):
            raise InvalidData("on: expected a threshold, as this table has neither a force nor a pressure", field="on")
        return threshold(column_of(part, self._column), np.zeros(0), np.zeros(0, np.int64), *self._asked)

    def _with(self, part: pd.DataFrame, column: str) -> _Held:
        """What is held and the new rows that have a value; `gap` has one entry a row, of the step before it."""
        us = table_us(part)
        clock = self._clock + np.cumsum(np.diff(us, prepend=self._last_us if len(self._last_us) else us[:1]) < 0)
        rows = np.flatnonzero(~np.isnan(values(part, column)))
        before = self._held
        known = us[rows] if before is None else np.append(before.us[-1], us[rows])
        clocks = clock[rows] if before is None else np.append(before.clock[-1], clock[rows])
        gap = self._rule.between(known, missing_of(part)) | (np.diff(clocks) != 0)
        gap = np.append(False, gap)[: len(rows)] if before is None else gap
        if before is None and len(rows):
            self._begins = int(rows[0]) + self._seen
        fresh = _Held(part.iloc[rows], rows + self._seen, us[rows], clock[rows], gap)
        if len(us):
            self._seen, self._clock, self._last_us = self._seen + len(us), int(clock[-1]), us[-1:].copy()
        return fresh if before is None else before.joined(fresh)

    def _number(self, found: pd.DataFrame, held: _Held, piece: Ints) -> None:
        """Count rows from the stream's first, and set what hangs on rows that are not held any more."""
        if not len(found):
            return
        first = found["first"].to_numpy()
        found["clock"] = held.clock[first]
        before = np.append(self._piece_before, piece[first[:-1]])
        found["gap_before"] = before != piece[first]
        found["after"] = held.number[found["after"] - 1] + 1
        found["first"] = held.number[first]

    def _pending(self, held: _Held, times: Times, limits: Threshold) -> int | None:
        """First row of the contact that goes on, or that a next one may join; None when there is none."""
        long = dividing(times, self._merge_s)
        found, cut = contacts(limits.signal(held.table), long, limits.on, limits.off)
        if not len(found):
            return None
        piece, merge_us = long.piece, self._merge_s * 1e6
        stop = times.us[found[-1, 1] - cut[-1, 1]]
        near = piece[-1] == piece[found[-1, 0]] and times.us[-1] - stop < merge_us
        if not (found[-1, 1] == len(times) or near):
            return None
        apart = pauses_us(long, found, cut) >= merge_us
        return int(found[np.flatnonzero(np.append(True, apart))[-1], 0])

    def _forget(self, held: _Held, times: Times, piece: Ints, keep: int | None) -> None:
        """Keep the pending contact and the row with a value before it, which says that it was not yet down."""
        if not len(held.us):
            self._held = None
            return
        first = len(held.us) - 1 if keep is None else keep
        if keep:
            # Across a gap there is nothing to say: the row there may itself be in contact.
            first -= int(not dividing(times, self._merge_s).gap[keep - 1])
        if keep is not None:
            old = int(np.searchsorted(held.us[keep:], held.us[-1] - self._longest_us))
            first = max(first, keep + old) if old else first
        self._piece = int(piece[first])
        self._held = held.since(first)

    @property
    def kept(self) -> int:
        """Rows in memory."""
        return 0 if self._held is None else len(self._held.us)
