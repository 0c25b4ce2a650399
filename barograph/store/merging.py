"""Two records of one person become one: the rule, over plain records.

Of what a record has once (sex, date of birth or age, dominant side, sport, shoe) the kept record's stays; where it has
none, the other's goes over; where both have one and they differ, the other's is written into the notes. Measurements,
involved sides, teams, consents and goals of both stay. The other's name and short id become aliases, so that a device
that says them is still understood. To do it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from barograph import bounds
from barograph.errors import InvalidData
from barograph.store.roster import Athlete, text_key
from barograph.times import day_of

_LISTS = ("involved", "measurements", "teams", "consents", "goals")
_ONCE = {"sex": "sex", "dominant": "dominant side", "sport": "sport", "shoe": "shoe"}


def folded(kept: Athlete, other: Athlete, now_us: int) -> Athlete:
    """Return the kept record with all that the other one knows; `InvalidData` where that is too much for one."""
    if kept.uid == other.uid:
        raise InvalidData("other: expected another athlete than the one that is kept, got the same", field="other")
    if other.uid in kept.merged:
        return kept
    once: dict[str, Any] = {name: getattr(kept, name) or getattr(other, name) for name in _ONCE}
    lists: dict[str, Any] = {name: union(getattr(kept, name), getattr(other, name)) for name in _LISTS}
    born, age = (kept.born, kept.age) if kept.born or kept.age else (other.born, other.age)
    return replace(
        kept,
        **once,
        born=born,
        age=age,
        notes=_notes(kept, other, now_us),
        **lists,
        aliases=_aliases(kept, other),
        merged=union(kept.merged, other.uids),
    )


def union(first: Sequence[Any], second: Sequence[Any]) -> tuple[Any, ...]:
    """Return all of both, each once, in their order."""
    return tuple(dict.fromkeys((*first, *second)))


def _aliases(kept: Athlete, other: Athlete) -> tuple[str, ...]:
    own = {text_key(kept.name), text_key(kept.short_id)}
    texts = {text_key(text): text for text in reversed((*kept.aliases, other.name, other.short_id, *other.aliases))}
    return tuple(text for key, text in reversed(texts.items()) if key and key not in own)


def _notes(kept: Athlete, other: Athlete, now_us: int) -> str:
    differing = [
        f"{title} {getattr(other, name)}"
        for name, title in _ONCE.items()
        if getattr(other, name) and getattr(kept, name) not in ("", getattr(other, name))
    ]
    if (other.born or other.age) and (kept.born or kept.age) and (other.born, other.age) != (kept.born, kept.age):
        differing += [f"born {other.born}"] if other.born else []
        differing += [f"age {other.age.years:g} on {other.age.day}"] if other.age else []
    parts = [kept.notes] if kept.notes else []
    if other.notes and other.notes not in kept.notes:
        parts.append(other.notes)
    if differing:
        said = f"{day_of(now_us)}: merged with {other.name} ({other.short_id}), of whom was known: "
        parts.append(said + "; ".join(differing))
    notes = "\n\n".join(parts)
    if len(notes) > bounds.NOTES:
        raise InvalidData(
            f"notes: expected at most {bounds.NOTES} characters in both together, got {len(notes)}; shorten them first",
            field="notes",
        )
    return notes
