"""The list of a roster in MongoDB: of each athlete what is shown, in one question; sessions in two."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from barograph.store.documents import Document
from barograph.store.mongo.driver import aggregated
from barograph.store.roster import Age, Consent, text_key
from barograph.store.roster_list import MOST_MASSES, RosterEntry, SessionNamed, SessionsOf, tested_once_more
from barograph.store.sealing import Owner, Sealing

_SHOWN = ("short_id", "name", "aliases", "sex", "born", "age", "teams", "consents", "measurements", "sport")
FEW = 200  # athletes: of more, what is known of all sessions is read in one pass


async def entries(athletes: Any, where: Document, sealing: Sealing) -> list[RosterEntry]:
    """Return what a list shows of the athletes of a filter, in the order of their names."""
    stored = await athletes.find(where, dict.fromkeys(_SHOWN, 1)).to_list(None)
    found = [_entry_of(sealing.open("athletes", Owner("athlete", one["_id"]), one)) for one in stored]
    return sorted(found, key=lambda one: (text_key(one.name), one.short_id))


def _entry_of(document: Mapping[str, Any]) -> RosterEntry:
    """Return a line of the list; measurements are stored in the order of time, and are not made records of."""
    measured = document.get("measurements", ())
    masses = tuple((int(one["t_us"]), one["value"]) for one in measured if one["kind"] == "mass_kg")[-MOST_MASSES:]
    heights = [one["value"] for one in measured if one["kind"] == "height_cm"]
    texts = (document["name"], document["short_id"], *document.get("aliases", ()))
    return RosterEntry(
        document["_id"], document["short_id"], document["name"], document.get("sex", ""), document.get("born", ""),
        Age(**document["age"]) if document.get("age") else None, masses[-1][1] if masses else None,
        heights[-1] if heights else None, masses, tuple(document.get("teams", ())),
        tuple(Consent(**one) for one in document.get("consents", ())), tuple(sorted({*map(text_key, texts)} - {""})),
        document.get("sport", ""),
    )  # fmt: skip


async def tested(database: Any, uids: Collection[str] | None) -> dict[str, SessionsOf]:
    """Return how often and when athletes were tested."""
    mine: Document = {"$exists": True} if uids is None or len(uids) > FEW else {"$in": list(uids)}
    where = {"athlete_uid": mine, "erased_us": {"$exists": False}}
    workouts = await database.workouts.find(where, {"athlete_uid": 1, "created_us": 1, "kind": 1}).to_list(None)
    names = None if "$exists" in mine else [one["_id"] for one in workouts]
    begun, found = await _begun(database, names), dict[str, SessionsOf]()
    for one in workouts:
        uid, name = one["athlete_uid"], one["_id"]
        at_us = int(begun.get(name) or one["created_us"])
        found[uid] = tested_once_more(found.get(uid), at_us, name, one.get("kind") or "")
    return found if uids is None else {uid: found[uid] for uid in uids if uid in found}


async def sessions(database: Any, uids: Collection[str] | None) -> dict[str, list[SessionNamed]]:
    """Return uid and kind of every session of athletes."""
    mine: Document = {"$exists": True} if uids is None or len(uids) > FEW else {"$in": list(uids)}
    where = {"athlete_uid": mine, "erased_us": {"$exists": False}}
    found: dict[str, list[SessionNamed]] = {}
    for one in await database.workouts.find(where, {"athlete_uid": 1, "uid": 1, "kind": 1}).to_list(None):
        found.setdefault(one["athlete_uid"], []).append(SessionNamed(one.get("uid", ""), one.get("kind") or ""))
    return found if uids is None else {uid: found[uid] for uid in uids if uid in found}


async def _begun(database: Any, names: Collection[str] | None) -> dict[str, int]:
    """When the first frame of workouts was, from an index alone."""
    where: Document = {"first_us": {"$type": "number"}} | ({} if names is None else {"w": {"$in": list(names)}})
    group = {"_id": "$w", "first_us": {"$min": "$first_us"}}
    stages: list[Document] = [{"$match": where}, {"$sort": {"w": 1, "first_us": 1}}, {"$group": group}]
    return {one["_id"]: one["first_us"] for one in await aggregated(database.streams, stages)}
