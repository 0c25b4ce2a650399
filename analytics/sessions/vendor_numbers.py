"""The vendor's own numbers beside ours: what a file prints of its frames, and the same measures computed here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analytics.base.arguments import checked
from analytics.columns import definition
from analytics.frames.frame_stats import frame_stats
from analytics.sessions.vendor_measures import MADE, MEANT, contacts
from analytics.sessions.vendor_rules import Rule, rule_of
from analytics.tables import described
from barograph.errors import InvalidData
from barograph.frames import Floats, Recording

NUMBERS = ("vendor_mean", "ours_mean", "difference_mean", "difference_largest", "largest_at", "vendor_max", "ours_max")
COLUMNS = ("measure", "unit", "over", "n", *NUMBERS, "ours", "definition", "why")
MOST_FILES, MOST_DEEP = 20, 4
PICTURES = ("MPP", "MVP")  # a value a cell, not a frame


@checked
def vendor_numbers(recording: Recording) -> pd.DataFrame:
    """Compare what a vendor's software printed of a recording with the same measures computed here.

    Parameters
    ----------
    recording : Recording
        All n frames of a file, from `barograph.read_file`, or from the archive after an import.

    Returns
    -------
    DataFrame of a row per measure of the vendor's, in the file's order: `measure`, its title in the file, `unit`, the
    unit of all numbers of the row, `over`, what one value is of (`frame`, `row`, `column`, `cell`, `step`), and `n`,
    how many of these both have. `vendor_mean`, `ours_mean` and `vendor_max`, `ours_max` are over these n.
    `difference_mean` is the mean of ours minus the vendor's, `difference_largest` the value that is furthest from 0,
    `largest_at` its frame (cell, of a value per cell) from 0. `ours` names our measure, `definition` says what it is,
    `why` why both may differ. A measure that cannot be compared has n 0, NaN, and the reason in `why`. Without numbers
    of a vendor there are no rows.

    Raises
    ------
    InvalidData
        When the frames are a part of the file's: its numbers are of all of them.

    Notes
    -----
    Numbers are in the vendor's unit, as printed. Thresholds are those of the file, where it has them.

    Examples
    --------
    >>> (plate,) = barograph.read_file("emed_test.lst")  # doctest: +SKIP
    >>> analytics.vendor_numbers(plate)[["measure", "vendor_max", "ours_max"]]  # doctest: +SKIP
    """
    found = [one for one in _files(recording.provenance, MOST_DEEP) if printed(one)]
    if not found:
        return compared(recording, {})
    fitting = [one for one in found if frames_of(one) == len(recording)]
    if not fitting:
        expected = f"all {frames_of(found[0])} frames of the file, as the vendor's numbers are of them"
        raise InvalidData(f"recording: expected {expected}, got {len(recording)}", field="recording")
    return compared(recording, fitting[0])


def printed(one: Mapping[str, Any]) -> dict[str, Sequence[Any]]:
    """Return the vendor's results of a provenance, lists by title: one value a frame, or a cell for MPP and MVP."""
    vendor = one.get("vendor")
    frames = {str(k): v for k, v in vendor.items() if isinstance(v, list)} if isinstance(vendor, Mapping) else {}
    return frames | {name: one[name] for name in PICTURES if isinstance(one.get(name), list)}


def frames_of(one: Mapping[str, Any]) -> int:
    """Return of how many frames a file is; where it does not say, the vendor's results have one value for each."""
    if type(one.get("frames")) is int:
        return int(one["frames"])
    return max((len(values) for name, values in printed(one).items() if name not in PICTURES), default=0)


def compared(recording: Recording, one: Mapping[str, Any]) -> pd.DataFrame:
    """Compare the first frames of a file with what a provenance says of them, as `vendor_numbers` does."""
    stats = frame_stats(recording)
    rows = [_row(recording, stats, str(one.get("format", "")), *item) for item in printed(one).items()]
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(NUMBERS, float) | {"n": int})
    return described(table, "vendor_numbers", stats)


def _files(provenance: Any, deep: int) -> Iterator[Mapping[str, Any]]:
    """A provenance, and those of the files that it was made of."""
    if not isinstance(provenance, Mapping) or not deep:
        return
    yield provenance
    yield from _files(provenance.get("origin"), deep - 1)
    imported = provenance.get("imported")
    for one in imported[:MOST_FILES] if isinstance(imported, list | tuple) else ():
        yield from _files(one, deep - 1)


def _row(recording: Recording, stats: pd.DataFrame, form: str, title: str, values: Sequence[Any]) -> list[Any]:
    rule = rule_of(form, title)
    if not rule.ours:
        return _not_compared(title, rule.why)
    if rule.ours == "contact_s":
        codes = [value if isinstance(value, int | float) else None for value in values[: len(recording)]]
        return _numbers(title, rule, "s", *contacts(recording, stats, codes))
    made: Any = MADE[rule.ours](recording, stats) if rule.ours in MADE else stats.get(rule.ours)
    if made is None:
        return _not_compared(title, f"This stream has no {rule.ours}.")
    ours = np.asarray(made, float) * rule.factor_of(recording.layout) + rule.offset
    theirs = _array(values, ours.shape[1:])
    if theirs is None or (rule.over == "cell" and len(theirs) != len(ours)):
        return _not_compared(title, "It has another form in some frames.")
    n = min(len(ours), len(theirs))
    return _numbers(title, rule, rule.unit or recording.layout.unit, theirs[:n], ours[:n], np.arange(n, dtype=float))


def _array(values: Sequence[Any], shape: tuple[int, ...]) -> Floats | None:
    """(n, …) the vendor's values, NaN where a frame has none; None where they have another form."""
    none = np.full(shape, np.nan)
    try:
        return np.array([none if value is None else np.asarray(value, float).reshape(shape) for value in values])
    except (TypeError, ValueError):
        return None


def _numbers(title: str, rule: Rule, unit: str, theirs: Floats, ours: Floats, at: Floats) -> list[Any]:
    apart = ours - theirs
    both = np.isfinite(apart)
    if not both.any():
        return _not_compared(title, "No frame has both numbers.")
    known, place = apart[both], np.broadcast_to(at.reshape(-1, *[1] * (apart.ndim - 1)), apart.shape)[both]
    worst = int(np.abs(known).argmax())
    own = MEANT.get(rule.ours) or f"{definition(rule.ours).meaning} {definition(rule.ours).formula}"
    return [title, unit, rule.over, int(both.sum()), theirs[both].mean(), ours[both].mean(), known.mean(), known[worst],
            place[worst], theirs[both].max(), ours[both].max(), rule.ours, own, rule.why]  # fmt: skip


def _not_compared(title: str, why: str) -> list[Any]:
    return [title, "", "", 0, *[np.nan] * 7, "", "", why]
