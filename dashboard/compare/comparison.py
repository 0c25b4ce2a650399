"""The two sessions of an address, each with its part, and what is to be known before their numbers are believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from barograph.errors import InvalidData, NotFound
from barograph.frames import check_name
from barograph.store.ports import Workout
from dashboard.compare.pairs import Half, Pair, remarks
from dashboard.compare.query import CompareQuery
from dashboard.reading import overview, part_query
from dashboard.reading.context import Context
from dashboard.reading.data_bounds import beyond, bounds_of
from dashboard.reading.doubts import doubts
from dashboard.reading.parts import Parts
from dashboard.reading.soles import withheld_text
from dashboard.reading.standing import moving, sway
from dashboard.reading.step_parts import step_count


@dataclass(frozen=True)
class ChosenSession:
    """One of the two: its name, the session where there is one, and its part where anything is stored."""

    which: str
    name: str
    workout: Workout | None = None
    context: Context | None = None
    erased: bool = False


async def chosen_session(parts: Parts, query: CompareQuery, which: str) -> ChosenSession:
    """Return a session of the address."""
    name = query.a if which == "a" else query.b
    if not name:
        return ChosenSession(which, name)
    try:
        workout = await parts.archive.workout(check_name("workout_id", name))
    except InvalidData:
        return ChosenSession(which, name)
    except NotFound:
        return ChosenSession(which, name, erased=bool(await parts.archive.erased([name])))
    whole = overview.span(workout)
    if whole is None:
        return ChosenSession(which, name, workout)
    read = part_query.read(query.of(which), whole.length_s)
    return ChosenSession(which, name, workout, Context(parts, workout, whole, read))


def left_out(query: CompareQuery) -> list[str]:
    """Say that maps are of one session a side where an address names several."""
    return [
        f"{which}: {len(names)} sessions are named; maps, curves and measures are of {names[-1]} alone."
        for which, names in zip("AB", query.groups, strict=True) if len(names) > 1
    ]  # fmt: skip


def warnings(both: tuple[ChosenSession, ChosenSession], pairs: Sequence[Pair]) -> list[str]:
    """Return how the two differ, what is doubtful in either, and what is left out; each once."""
    a, b = both
    found = [text for pair in pairs for text in
             remarks(pair.a.foot.info, pair.b.foot.info, pair.a.context.loaded)]  # fmt: skip
    for one in both:
        infos = one.context.infos if one.context else []
        found += [f"{one.which.upper()}: {doubt}" for info in infos for doubt in doubts(info)]
    for i, one in enumerate((a, b)):
        if one.context and pairs:
            found += [
                f"{one.which.upper()}: {text}" for text in _of_part(one.context, [pair.halves[i] for pair in pairs])
            ]
    if a.context and b.context and pairs:
        if a.name == b.name and a.context.part == b.context.part:
            found.append("A and B are the same part of one session: change the part of one of them.")
        steps = [any(step_count(pair.halves[i].foot) for pair in pairs) for i in (0, 1)]
        if steps[0] != steps[1]:
            found.append(f"{'B' if steps[0] else 'A'} has no whole step here, so whole parts are compared.")
        found += [_left_out(a.context, b.context, pairs)]
    return list(dict.fromkeys(text for text in found if text))


def problems(context: Context, halves: Sequence[Half]) -> list[str]:
    """Return what is wrong with the address of a part, by itself and for its data."""
    known = bounds_of([half.foot.stats for half in halves], context.query)
    return [*context.query.problems, *beyond(context.query, known)]


def _of_part(context: Context, halves: Sequence[Half]) -> list[str]:
    """What is wrong with a part's address, and that someone who does not stand quietly has no sway."""
    found = problems(context, halves)
    found += [text for half in halves if (text := withheld_text(half.foot.info, half.foot.stats))]
    for half in halves:
        if half.foot.layout.kind == "plate" and not step_count(half.foot):
            reasons = moving(sway(half.foot.stats, context.query, half.foot.stances))
            found += [f"not quiet standing, so sway is left out: {'; '.join(reasons)}"] if reasons else []
    return found


def _left_out(a: Context, b: Context, pairs: Sequence[Pair]) -> str:
    used = {id(half.foot.info) for pair in pairs for half in pair.halves}
    alone = [f"{which} {info.stream.stream}" for which, one in (("A", a), ("B", b)) for info in one.infos
             if id(info) not in used]  # fmt: skip
    return f"Left out, because the other session has no such sensor: {', '.join(alone)}." if alone else ""


def unlike(a: Context, b: Context) -> str:
    """Return why no sensor of one goes with one of the other."""
    one, other = (", ".join(info.stream.stream for info in context.infos) for context in (a, b))
    return f"A has the sensors {one or 'none'}, B has {other or 'none'}: none of A’s goes with one of B’s."
