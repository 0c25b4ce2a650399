"""Gaps with their reasons: what is not stored is computed from the keys, a record only says why.

Terms: gap (docs/glossary.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from barograph.frames import Gap
from barograph.store.records import Epoch


def explained(gaps: Iterable[Gap], epochs: Sequence[Epoch], ends: Mapping[int, tuple[int, int]]) -> tuple[Gap, ...]:
    """Return gaps cut where their reasons change, in order; with what is recorded beyond the last stored frame.

    `ends` gives for each epoch with frames the number after the last stored one, and that frame's time.
    """
    found = [part for gap in gaps for part in cut(gap, epochs)]
    for epoch in epochs:
        end, t_us = ends.get(epoch.e, (0, epoch.last_us or 0))
        last = max((item.seq + item.n for item in epoch.unstored), default=0)
        if last > end:
            tail = Gap(epoch.e, end, last - end, t_us, t_us)
            found += [part for part in cut(tail, epochs) if part.reason]
    return tuple(sorted(found, key=lambda gap: (gap.e, gap.seq)))


def cut(gap: Gap, epochs: Sequence[Epoch]) -> list[Gap]:
    """Return a gap in parts of one reason each; where records overlap the first one counts."""
    unstored, stop = epochs[gap.e].unstored, gap.seq + gap.n
    near = [item for item in unstored if item.seq < stop and item.seq + item.n > gap.seq]
    edges = {gap.seq, stop} | {edge for item in near for edge in (item.seq, item.seq + item.n) if gap.seq < edge < stop}
    parts: list[Gap] = []
    places = sorted(edges)
    for first, last in pairwise(places):
        reason = next((item.reason for item in near if item.seq <= first < item.seq + item.n), "")
        if parts and parts[-1].reason == reason:
            parts[-1] = replace(parts[-1], n=parts[-1].n + last - first)
        else:
            parts.append(replace(gap, seq=first, n=last - first, reason=reason))
    return parts
