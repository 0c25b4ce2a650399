"""Finding sessions: what is asked, as a filter over plain values and as a pipeline of MongoDB; both answer the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from barograph.errors import InvalidData
from barograph.layout import Layout
from barograph.store.records import Epoch, Workout, first_us
from barograph.store.scope import Scope
from barograph.texts import require_text, require_whole

Sort = Literal["date", "athlete", "kind", "duration", "streams", "frames", "gaps", "tags"]
SORTS: tuple[str, ...] = get_args(Sort)
MOST_TEXT, MOST_SAID = 200, 500
_USUAL_KIND = Layout(rows=1, cols=1).kind


@dataclass(frozen=True)
class Query:
    """Which sessions, and in which order. `text` is looked for in name, athlete, kind and tags, without case.

    `layout` is the kind of any stream's sensor: insole, plate, mat, seat, saddle. `athlete` is a text as it was said,
    `athlete_uid` whose a session is. `scope` is what may be seen, None everything.
    """

    text: str = ""
    athlete: str = ""
    kind: str = ""
    tag: str = ""
    layout: str = ""
    since_us: int = 0
    gaps: bool = False
    sort: Sort = "date"
    descending: bool = True
    athlete_uid: str = ""
    scope: Scope | None = None

    def __post_init__(self) -> None:
        for name in ("text", "athlete", "kind", "tag", "layout", "athlete_uid"):
            if "\0" in require_text(name, getattr(self, name)):
                raise InvalidData(f"{name}: expected a text without NUL, got {getattr(self, name)[:40]!r}", field=name)
        require_whole("since_us", self.since_us)
        if self.sort not in SORTS:
            raise InvalidData(f"sort: expected one of {', '.join(SORTS)}, got {str(self.sort)[:40]!r}", field="sort")

    @property
    def plain(self) -> bool:
        """Whether every session is asked for."""
        narrow = (self.text, self.athlete, self.kind, self.tag, self.layout, self.since_us, self.gaps, self.athlete_uid)
        return not any(narrow)

    @property
    def looks_at_names(self) -> bool:
        """Whether it takes what was said as the athlete to answer."""
        return self.named and (bool(self.text or self.athlete) or self.sort == "athlete")

    @property
    def named(self) -> bool:
        """Whether athletes' names may be looked at."""
        return self.scope is None or self.scope.names


@dataclass(frozen=True)
class KnownValues:
    """What was ever said of sessions, each once and in order, the first `MOST_SAID`: what a list can be narrowed to."""

    athletes: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def known_values_of(athletes: Iterable[Any], kinds: Iterable[Any], tags: Iterable[Any]) -> KnownValues:
    """Return `KnownValues` of what was found, in any order and number."""
    return KnownValues(
        *(tuple(sorted({str(one) for one in found if one})[:MOST_SAID]) for found in (athletes, kinds, tags))
    )


def gap_count(workout: Workout) -> int:
    """Return ranges of frames that were settled without being stored."""
    return sum(len(epoch.unstored) for info in workout.streams for epoch in info.epochs)


def gap_seconds(workout: Workout) -> float:
    """Return the time that those ranges take, by their epochs' mean rate.

    From the frame before to the frame after each.
    """
    return sum(_lost_s(epoch) for info in workout.streams for epoch in info.epochs if epoch.unstored)


def _lost_s(epoch: Epoch) -> float:
    if epoch.first_us is None or epoch.last_us is None or epoch.next_seq < 2:
        return 0.0
    interval_us = (epoch.last_us - epoch.first_us) / (epoch.next_seq - 1)
    return sum(item.n + 1 for item in epoch.unstored) * interval_us / 1e6


def chosen(workouts: Sequence[Workout], query: Query) -> list[Workout]:
    """Return the sessions that match, in order; those that tie are newest first."""
    found = [one for one in workouts if _matches(one, query)]
    found.sort(key=lambda one: (one.created_us, one.workout_id), reverse=True)
    by = query.sort if query.sort != "athlete" or query.named else "athlete_uid"
    found.sort(key=lambda one: _value(one, by), reverse=query.descending)
    return found


def _matches(one: Workout, query: Query) -> bool:
    about = one.about if query.named else replace(one.about, athlete=None)
    return (
        (query.scope is None or query.scope.covers(one))
        and query.athlete_uid in ("", one.athlete_uid)
        and _says(query.text, one.workout_id, about.athlete, about.kind, about.tags)
        and query.athlete in ("", about.athlete)
        and query.kind in ("", about.kind)
        and (not query.tag or query.tag in about.tags)
        and (not query.layout or any(info.layout and info.layout.kind == query.layout for info in one.streams))
        and (_first(one) or one.created_us) >= query.since_us
        and (not query.gaps or gap_count(one) > 0)
    )


def _says(wanted: str, workout_id: str, athlete: str | None, kind: str | None, tags: Iterable[str]) -> bool:
    return any(wanted.lower() in text.lower() for text in (workout_id, athlete, kind, *tags) if text)


def matching(found: Iterable[Mapping[str, Any]], query: Query) -> list[str]:
    """Return ids of documents of workouts that match in what `pipeline` leaves out: what it takes names to know.

    In the order in which they come, or by name.
    """
    chosen = [
        (one["_id"], one.get("athlete") or "")
        for one in found
        if query.athlete in ("", one.get("athlete"))
        and _says(query.text, one["_id"], one.get("athlete"), one.get("kind"), one.get("tags") or ())
    ]
    if query.sort == "athlete":
        chosen.sort(key=lambda one: one[1], reverse=query.descending)
    return [name for name, _ in chosen]


def _first(one: Workout) -> int | None:
    return first_us(one)


def _value(one: Workout, sort: str) -> Any:
    last = max((info.last_us for info in one.streams if info.last_us is not None), default=None)
    first = _first(one)
    values: dict[str, Any] = {
        "date": first or one.created_us,
        "athlete": one.about.athlete or "",
        "athlete_uid": one.athlete_uid,
        "kind": one.about.kind or "",
        "duration": last - first if last is not None and first is not None else -1,
        "streams": len(one.streams),
        "frames": one.frames,
        "gaps": gap_count(one),
        "tags": one.about.tags[0] if one.about.tags else "",
    }
    return values[sort]


def pipeline(query: Query) -> list[dict[str, Any]]:
    """Return the same over the collection `workouts`, with each one's streams looked up.

    Without what it takes names to know (`matching`): MongoDB shall not need to read them.
    """
    where: dict[str, Any] = {"erased_us": {"$exists": False}}
    if query.scope is not None:
        where["$and"] = [query.scope.condition()]
    if query.athlete_uid:
        where["athlete_uid"] = {"$eq": query.athlete_uid}
    if query.text and not query.looks_at_names:
        pattern = {"$regex": re.escape(query.text[:MOST_TEXT]), "$options": "i"}
        where["$or"] = [{name: pattern} for name in ("_id", "kind", "tags")]
    if query.kind:
        where["kind"] = {"$eq": query.kind}
    if query.tag:
        where["tags"] = {"$eq": query.tag}
    after: dict[str, Any] = {"date": {"$gte": query.since_us}} if query.since_us else {}
    if query.layout:
        kinds = [query.layout, None] if query.layout == _USUAL_KIND else [query.layout]  # a default is not stored
        after["s"] = {"$elemMatch": {"layout": {"$type": "object"}, "layout.kind": {"$in": kinds}}}
    if query.gaps:
        after["gaps"] = {"$gt": 0}
    if query.athlete and not query.named:
        where["_id"] = {"$in": []}
    order, newest = -1 if query.descending else 1, {"created_us": -1, "_id": -1}
    by = _ORDERS.get(query.sort, query.sort)
    return [
        {"$match": where},
        {"$lookup": {"from": "streams", "localField": "_id", "foreignField": "w", "as": "s"}},
        {"$set": _FIELDS},
        {"$set": {"date": {"$ifNull": ["$first", "$created_us"]}}},
        {"$match": after},
        {"$sort": {**({} if query.looks_at_names and query.sort == "athlete" else {by: order}), **newest}},
    ]


_EPOCHS = {
    "$reduce": {
        "input": "$s.epochs",
        "initialValue": [],
        "in": {"$concatArrays": ["$$value", {"$ifNull": ["$$this", []]}]},
    }
}
_ORDERS = {"athlete": "uid_or_none", "kind": "kind_or_none", "tags": "tag_or_none"}
_FIELDS: dict[str, Any] = {
    "first": {"$min": "$s.first_us"},
    "duration": {"$ifNull": [{"$subtract": [{"$max": "$s.last_us"}, {"$min": "$s.first_us"}]}, -1]},
    "streams": {"$size": "$s"},
    "frames": {"$sum": {"$map": {"input": _EPOCHS, "in": {"$ifNull": ["$$this.frames", 0]}}}},
    "gaps": {"$sum": {"$map": {"input": _EPOCHS, "in": {"$size": {"$ifNull": ["$$this.unstored", []]}}}}},
    "uid_or_none": {"$ifNull": ["$athlete_uid", ""]},
    "kind_or_none": {"$ifNull": ["$kind", ""]},
    "tag_or_none": {"$ifNull": [{"$arrayElemAt": [{"$ifNull": ["$tags", []]}, 0]}, ""]},
}
