"""What a reader knows to be missing from a file that it could read: told in the recording's provenance as `doubts`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

# A recording of these formats that was cut between two frames is a whole file of fewer frames.
UNCOUNTED = "no frame is missing at the end: the file does not say how many it has"
MOST = 20


def told(doubts: Sequence[str]) -> dict[str, Any]:
    """Return the entry for a provenance; none without a doubt."""
    more = [f"and {len(doubts) - MOST} more places"] if len(doubts) > MOST else []
    return {"doubts": [*doubts[:MOST], *more]} if doubts else {}


def between(numbers: Sequence[int], what: str) -> list[str]:
    """Return where numbers that rise by one step leave some out; the step is the most frequent one."""
    steps = Counter(after - before for before, after in pairwise(numbers))
    usual = min(steps, key=lambda step: (-steps[step], step), default=1)
    return [
        f"{what} {before + usual} to {after - 1} are not in the file"
        for before, after in pairwise(numbers)
        if after - before > usual
    ]


def before_first(time: Decimal, step: Decimal) -> list[str]:
    """Return frames before the first: a part was exported, or the beginning was lost."""
    return [f"frames before {time} s are not in the file"] if time > step * Decimal("1.5") else []


def after_last(time: Decimal, step: Decimal, whole: Decimal) -> list[str]:
    """Return frames after the last one, of a recording that is known to be longer than a frame more."""
    return (
        [f"frames after {time} s, up to {whole} s, are not in the file"] if whole - time > step * Decimal("1.5") else []
    )
