"""How masks and prints of a workout may be corrected: plain values in, plain values out.

A save makes a version, or none where it says what holds already; withdrawing one changes nothing else of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from barograph.bounds import check_count
from barograph.errors import NotFound
from barograph.layout_values import shown
from barograph.store.corrections import AUTOMATIC, VERSIONS, Corrections, MaskVersion, NewMask, PrintFix, PrintsVersion
from barograph.store.packing import Packing


@dataclass(frozen=True)
class CorrectionBook:
    """All versions of masks and of prints of a workout, in the order in which they were made."""

    masks: tuple[MaskVersion, ...] = ()
    prints: tuple[PrintsVersion, ...] = ()

    @property
    def reaches(self) -> bool:
        """Return whether it has masks that hold for other sessions of the athlete."""
        return any(one.scope == "athlete" and not one.withdrawn_us for one in self.masks)

    def reaching(self, workout_id: str, first_us: int) -> list[MaskVersion]:
        """Return the masks that hold for a session of the athlete that begins then, named after this workout.

        Of each foot and sensor the newest alone.
        """
        found: dict[tuple[str, str], MaskVersion] = {}
        for one in self.masks:
            if one.scope == "athlete" and not one.withdrawn_us and one.since_us <= first_us:
                found[one.side, one.sensor] = replace(one, workout_id=workout_id)
        return list(found.values())

    def seen(self, others: Sequence[MaskVersion] = ()) -> Corrections:
        """Return what readers get, with masks of other sessions."""
        newest = sorted(others, key=lambda one: (one.made_us, one.workout_id), reverse=True)
        return Corrections(self.masks, tuple(newest), self.prints)

    def with_mask(self, new: NewMask, now_us: int, by: str) -> tuple[CorrectionBook, MaskVersion]:
        """Return the book with one more version of masks, and that version."""
        said = {name: value for name, value in vars(new).items() if name in _NEW}
        for one in reversed(self.masks):
            if one.target == new.target and not one.withdrawn_us:
                if all(getattr(one, name) == value for name, value in said.items()):
                    return self, one
                break
        check_count("masks", "versions of masks in a workout", len(self.masks), VERSIONS)
        made = MaskVersion(**said, number=len(self.masks) + AUTOMATIC + 1, made_us=now_us, made_by=by)
        return replace(self, masks=(*self.masks, made)), made

    def mask_withdrawn(self, number: int, withdrawn: bool, now_us: int, by: str) -> tuple[CorrectionBook, MaskVersion]:
        """Return the book with a version of masks withdrawn or brought back, and that version."""
        for place, one in enumerate(self.masks):
            if one.number == number:
                if bool(one.withdrawn_us) == withdrawn:
                    return self, one
                new = replace(one, withdrawn_us=now_us * withdrawn, withdrawn_by=by if withdrawn else "")
                return replace(self, masks=(*self.masks[:place], new, *self.masks[place + 1 :])), new
        raise NotFound(f"masks {shown(number)}: no such version is in this workout; it has {len(self.masks)} by hand")

    def with_prints(
        self, fixes: Sequence[PrintFix], reason: str, now_us: int, by: str
    ) -> tuple[CorrectionBook, PrintsVersion]:
        """Return the book with one more version of corrected prints, and that version."""
        holds = self.seen().fixed
        if holds is not None and holds.fixes == tuple(fixes):
            return self, holds
        check_count("prints", "versions of prints in a workout", len(self.prints), VERSIONS)
        made = PrintsVersion(
            number=len(self.prints) + 1, fixes=tuple(fixes), reason=reason, made_us=now_us, made_by=by
        )  # fmt: skip
        return replace(self, prints=(*self.prints, made)), made

    def prints_withdrawn(
        self, number: int, withdrawn: bool, now_us: int, by: str
    ) -> tuple[CorrectionBook, PrintsVersion]:
        """Return the book with a version of corrected prints withdrawn or brought back, and that version."""
        for place, one in enumerate(self.prints):
            if one.number == number:
                if bool(one.withdrawn_us) == withdrawn:
                    return self, one
                new = replace(one, withdrawn_us=now_us * withdrawn, withdrawn_by=by if withdrawn else "")
                return replace(self, prints=(*self.prints[:place], new, *self.prints[place + 1 :])), new
        raise NotFound(f"prints {shown(number)}: no such version is in this workout; it has {len(self.prints)}")


_NEW = NewMask.__dataclass_fields__.keys()


class _Stored(msgspec.Struct):
    """A book as it is stored."""

    masks: list[MaskVersion]
    prints: list[PrintsVersion]


def _stored(book: CorrectionBook) -> _Stored:
    return _Stored(list(book.masks), list(book.prints))


def _book(stored: _Stored) -> CorrectionBook:
    return CorrectionBook(tuple(stored.masks), tuple(stored.prints))


PACKING = Packing("masks", "versions of masks and prints", _Stored, _stored, _book)
