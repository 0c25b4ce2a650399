"""How often a workout was edited by hand: a number in its document, which tables that are kept are compared by.

It is counted before the edit is written and after it: so whoever read between the two, or before a process that ended
between them, does not take what was made of the older state for current.
"""

from __future__ import annotations

from typing import Any

from barograph.store.documents import Document
from barograph.store.roster import Athlete

ALIVE: Document = {"erased_us": {"$exists": False}}


async def edited(database: Any, workout: Document, *, everywhere: bool = False) -> None:
    """Count an edit of a workout, or one that concerns all workouts of its athlete (`everywhere`)."""
    mine = {"_id": workout["_id"], "uid": workout["uid"]}
    await database.workouts.update_one({**mine, **ALIVE}, {"$inc": {"edits": 1}})
    if everywhere and (athlete := workout.get("athlete_uid")):
        others = {"athlete_uid": athlete, "_id": {"$ne": workout["_id"]}, **ALIVE}
        await database.workouts.update_many(others, {"$inc": {"edits": 1}})


async def remeasured(database: Any, before: Athlete, now: Athlete) -> None:
    """Count an edit of all workouts of an athlete whose legs or height are said otherwise now."""
    if before.lengths != now.lengths:
        await database.workouts.update_many({"athlete_uid": before.uid, **ALIVE}, {"$inc": {"edits": 1}})
