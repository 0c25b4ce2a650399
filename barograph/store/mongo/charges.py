"""What devices said of their batteries, in MongoDB: a bounded document of each device, changed in one step."""

from __future__ import annotations

from typing import Any

from barograph.store.account_records import CHARGE_EVERY_US, MOST_CHARGES, Charge
from barograph.store.documents import Document


async def keep(database: Any, uid: str, pct: float, now_us: int) -> None:
    """Keep one more, where the last one is five minutes old; what lies ahead of it goes."""
    known = {"$filter": {"input": {"$ifNull": ["$said", []]}, "cond": {"$lte": ["$$this.us", now_us]}}}
    due = {"$lte": [{"$ifNull": [{"$last": "$said.us"}, 0]}, now_us - CHARGE_EVERY_US]}
    more = {"$slice": [{"$concatArrays": ["$said", [{"us": now_us, "pct": pct}]]}, -MOST_CHARGES]}
    change: list[Document] = [{"$set": {"said": known}}, {"$set": {"said": {"$cond": [due, more, "$said"]}}}]
    await database.charges.update_one({"_id": uid}, change, upsert=True)


async def read(database: Any, uid: str) -> list[Charge]:
    """Return what is kept of a device, in order of time."""
    found = await database.charges.find_one({"_id": uid}) or {}
    return [Charge(int(one["us"]), float(one["pct"])) for one in found.get("said", ())]
