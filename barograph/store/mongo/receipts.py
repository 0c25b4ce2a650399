"""Receipts of erasures in MongoDB, and the counting of what is about to go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from barograph.errors import NotFound
from barograph.store.documents import Document, of_tag, plain_numbers
from barograph.store.mongo.driver import answered, between
from barograph.store.receipts import Receipt
from barograph.texts import require_text

ORDER = [("done_us", DESCENDING), ("_id", ASCENDING)]
# What belongs to a workout and is counted, by collection.
OF_A_WORKOUT = {
    "calibrations": "calibrations", "summaries": "tables", "trials": "trials", "corrections": "corrections",
    "rejected": "refused",
}  # fmt: skip


class MongoReceipts:
    """The port of receipts over MongoDB."""

    def __init__(self, database: Any) -> None:
        self._db = database

    async def keep(self, receipt: Receipt) -> bool:
        """Keep a receipt; False where it is there already, as an interrupted erasure that goes on finds it."""
        said = asdict(receipt) | {"counts": dict(receipt.counts)}
        with suppress(DuplicateKeyError):
            await self._db.receipts.insert_one({"_id": said.pop("uid"), **said})
            return True
        return False

    @answered
    async def one(self, uid: str) -> Receipt:
        """Return a receipt by its number, or `NotFound`."""
        document = await self._db.receipts.find_one({"_id": require_text("receipt", uid)})
        if document is None:
            raise NotFound(f"receipt: no receipt {uid[:40]} is kept")
        return _receipt_of(document)

    @answered
    async def newest(self, limit: int = 100) -> list[Receipt]:
        """Return receipts, the newest first."""
        found = self._db.receipts.find().sort(ORDER).limit(limit)
        return [_receipt_of(one) for one in await found.to_list(None)]

    @answered
    async def of_session(self, workout_uid: str) -> Receipt | None:
        """Return the receipt of an erased workout, by its uid."""
        record = await self._db.erased.find_one({"_id": require_text("uid", workout_uid)}) or {}
        found = await self._db.receipts.find_one({"_id": record["receipt"]}) if "receipt" in record else None
        return None if found is None else _receipt_of(found)


async def counts_of(database: Any, workout: Document, tag: str | None) -> dict[str, int]:
    """Return how much there is of a workout beside its frames."""
    mine = {"w": workout["_id"], **of_tag(tag)}
    counts = {name: await database[collection].count_documents(mine) for collection, name in OF_A_WORKOUT.items()}
    marked = between({"w": workout["_id"]}, "t_us", None, None) | of_tag(tag)
    counts["markers"] = await database.markers.count_documents(marked)
    return counts


def total(parts: list[Mapping[str, int]]) -> dict[str, int]:
    """Return the sum of counts."""
    counted: Counter[str] = Counter()
    for one in parts:
        counted.update({name: int(n) for name, n in one.items()})
    return dict(counted)


def _receipt_of(document: Document) -> Receipt:
    said = plain_numbers({name: value for name, value in document.items() if name not in ("_id", "counts")})
    counts = {name: int(n) for name, n in document["counts"].items()}
    return Receipt(uid=document["_id"], counts=counts, **{"edition": 1} | said)
