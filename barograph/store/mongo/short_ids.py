"""Short ids of athletes, counted in MongoDB."""

from __future__ import annotations

from typing import Any

from pymongo import ReturnDocument


async def next_short_id(database: Any) -> str:
    """Return a short id that was never given."""
    counted = await database.meta.find_one_and_update(
        {"_id": "short_ids"}, {"$inc": {"n": 1}}, upsert=True, return_document=ReturnDocument.AFTER
    )
    return f"a-{int(counted['n']):04d}"
