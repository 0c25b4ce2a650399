"""How trials of a workout may be made, moved and judged: plain values in, plain values out.

Trials of one step (protocol, condition, side) share no frame, whatever their state. Every change leaves a record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import msgspec

from barograph.bounds import check_count
from barograph.errors import InvalidData, NotFound
from barograph.layout_values import choice, shown
from barograph.protocols import Protocol
from barograph.store.packing import Packing
from barograph.store.trials import (
    CHANGES,
    EDITABLE,
    PROTOCOLS,
    TRIALS,
    NewTrial,
    Trial,
    TrialChange,
    check_judged,
    check_part,
    quality_of,
    shared,
    unshared,
)


@dataclass(frozen=True)
class TrialBook:
    """All trials of a workout by their numbers, and all changes, the oldest first."""

    trials: tuple[Trial, ...] = ()
    changes: tuple[TrialChange, ...] = ()

    def in_time(self) -> list[Trial]:
        """Return the trials in order of time."""
        return sorted(self.trials, key=lambda one: (one.start_us, one.number))

    def added(self, new: NewTrial, now_us: int, by: str) -> tuple[TrialBook, Trial]:
        """Return the book with one more trial, and that trial; the same one twice is one."""
        held = new.protocol.to_dict()
        made = Trial(
            len(self.trials) + 1, new.protocol.name, str(new.condition), str(new.side), new.start_us, new.stop_us,
            new.state, new.reason, new.quality, now_us, by, now_us, by, held,
        )  # fmt: skip
        for one in self.trials:
            if (one.step, one.start_us, one.stop_us) == (made.step, made.start_us, made.stop_us):
                return self, one
        check_count("trial", "trials in a workout", len(self.trials), TRIALS)
        kinds = {(one.protocol, repr(one.held)) for one in (*self.trials, made)}
        check_count("protocol", "protocols in a workout", len(kinds) - 1, PROTOCOLS)
        self._require_free(made)
        return TrialBook((*self.trials, made), self._noted(made.number, now_us, by, {})), made

    def edited(self, number: int, fields: Mapping[str, Any], now_us: int, by: str) -> tuple[TrialBook, Trial]:
        """Return the book with some fields of a trial as they are now, and the trial; what stays leaves no record."""
        old = self.trial(number)
        new = _with(old, fields)
        before = {name: getattr(old, name) for name in EDITABLE if getattr(old, name) != getattr(new, name)}
        if not before:
            return self, old
        if "quality" in before:
            before["quality"] = [asdict(one) for one in old.quality]
        self._require_free(new)
        new = replace(new, changed_us=now_us, changed_by=by)
        trials = tuple(new if one is old else one for one in self.trials)
        return TrialBook(trials, self._noted(number, now_us, by, before)), new

    def trial(self, number: int) -> Trial:
        """Return the trial of a number, or `NotFound`."""
        for one in self.trials:
            if one.number == number:
                return one
        raise NotFound(f"trial {shown(number)}: no such trial is in this workout; it has {len(self.trials)}")

    def _require_free(self, made: Trial) -> None:
        for one in self.trials:
            apart = one.stop_us < made.start_us or made.stop_us < one.start_us
            if one.number != made.number and one.step == made.step and not apart:
                step = ", ".join(part for part in one.step if part)
                expected = f"a part without frames of trial {one.number} ({step}), from {one.start_us} to {one.stop_us}"
                raise InvalidData(f"start_us: expected {expected}, got {made.start_us} to {made.stop_us}",
                                  field="start_us")  # fmt: skip

    def _noted(self, number: int, now_us: int, by: str, before: Mapping[str, Any]) -> tuple[TrialChange, ...]:
        check_count("trial", "changes of trials in a workout", len(self.changes), CHANGES)
        return (*self.changes, TrialChange(number, now_us, by, before))


def _with(old: Trial, fields: Mapping[str, Any]) -> Trial:
    for name in fields:
        choice("trial", name, EDITABLE)
    given = dict(fields)
    if "quality" in given:
        given["quality"] = quality_of(given["quality"])
    check_part(given.get("start_us", old.start_us), given.get("stop_us", old.stop_us))
    if any(given.get(name, getattr(old, name)) != getattr(old, name) for name in ("start_us", "stop_us")):
        given.setdefault("quality", ())
    if given.get("state", old.state) != old.state:
        given.setdefault("reason", "")
    check_judged(given.get("state", old.state), given.get("reason", old.reason), given.get("quality", old.quality))
    if given.keys() & {"condition", "side"}:
        held = Protocol.from_dict(old.protocol, old.held)
        named = NewTrial(held, 0, 0, given.get("condition", old.condition), given.get("side", old.side))
        given |= {"condition": named.condition, "side": named.side}
    return replace(old, **given)


class _Stored(msgspec.Struct):
    """A book as it is stored: copies of protocols once each, and their places beside the trials."""

    protocols: list[dict[str, Any]]
    trials: list[dict[str, Any]]
    changes: list[TrialChange]


def _stored(book: TrialBook) -> _Stored:
    return _Stored(*shared(book.trials), list(book.changes))


def _book(stored: _Stored) -> TrialBook:
    return TrialBook(tuple(unshared(stored.protocols, stored.trials)), tuple(stored.changes))


PACKING = Packing("trial", "trials of a workout", _Stored, _stored, _book)
