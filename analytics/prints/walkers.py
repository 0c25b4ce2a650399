"""Who left which print, and with which foot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.base.foot_axis import Side
from analytics.gait.steps import LONGEST_STEP_S
from barograph.frames import Floats

# The next print of a walker lies within this distance, and no further behind or to a side of the foot before.
REACH_MM, BACK_MM, ASIDE_MM = 1300.0, 150.0, 500.0
# A print nearer than this to the line between its neighbours is on neither side of it.
ON_LINE_MM = 5.0
# A foot that points further away than this from the way of its neighbours is turning.
TURNING_DEG = 60.0


@dataclass(frozen=True, eq=False)
class Mark:
    """What is known of one print: start in s, its place (2,) and direction (2,) or None, in mm as seen from above."""

    start_s: float
    at: Floats
    d: Floats | None
    side: Side | None = None


@dataclass(frozen=True)
class Named:
    """The walk that a print belongs to, its side, and what told it: `neighbours`, `order`, `shape` or nothing."""

    walk: int
    side: Side | None
    by: str


def named(marks: Sequence[Mark]) -> list[Named]:
    """Sort prints, by their start, into walks, and tell their sides."""
    walks: list[list[int]] = []
    for number, mark in enumerate(marks):
        behind = [(apart, which) for which, walk in enumerate(walks)
                  if (apart := _apart(marks[walk[-1]], mark)) is not None]  # fmt: skip
        if behind:
            walks[min(behind)[1]].append(number)
        else:
            walks.append([number])
    out: dict[int, Named] = {}
    for number, walk in enumerate(walks):
        for which, (side, by) in zip(walk, _sides([marks[i] for i in walk]), strict=True):
            out[which] = Named(number, side, by)
    return [out[i] for i in range(len(marks))]


def _apart(before: Mark, mark: Mark) -> float | None:
    """Distance of a print from the last one of a walker; None where it cannot be the same person's next step."""
    way = mark.at - before.at
    far = float(np.hypot(*way))
    if mark.start_s - before.start_s > LONGEST_STEP_S or far > REACH_MM:
        return None
    if before.d is None:
        return far
    ahead, aside = float(way @ before.d), float(way[0] * before.d[1] - way[1] * before.d[0])
    return None if ahead < -BACK_MM or abs(aside) > ASIDE_MM else far


def _sides(walk: Sequence[Mark]) -> list[tuple[Side | None, str]]:
    """Of each print: left or right of the middle of its neighbours; in turn at the ends; else by its shape."""
    found = [_by_neighbours(walk, i) for i in range(len(walk))]
    out: list[tuple[Side | None, str]] = []
    for i, mark in enumerate(walk):
        beside = [found[j] for j in (i + 1, i - 1) if 0 <= j < len(walk) and found[j] is not None]
        at_end = i in (0, len(walk) - 1)
        if found[i] is not None:
            out.append((found[i], "neighbours"))
        elif beside and (at_end or mark.side is None):
            out.append(("right" if beside[0] == "left" else "left", "order"))
        else:
            out.append((mark.side, "shape" if mark.side else ""))
    return out


def _by_neighbours(walk: Sequence[Mark], i: int) -> Side | None:
    if not 0 < i < len(walk) - 1:
        return None
    before, here, after = walk[i - 1 : i + 2]
    way = after.at - before.at
    far = float(np.hypot(*way))
    least = far * np.cos(np.radians(TURNING_DEG))
    if far == 0 or any(one.d is not None and float(one.d @ way) < least for one in (before, here, after)):
        return None
    off = here.at - (before.at + after.at) / 2
    left = float(way[0] * off[1] - way[1] * off[0]) / far
    return None if abs(left) < ON_LINE_MM else "left" if left > 0 else "right"
