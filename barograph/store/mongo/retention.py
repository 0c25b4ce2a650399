"""Rules of retention, or of archiving, and what the last run did, in MongoDB: two documents of `meta` each."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from barograph.store.documents import Document
from barograph.store.mongo.driver import answered
from barograph.store.retention_rules import Outcome, Rule, Rules, changed


class MongoRetention:
    """The port of retention over MongoDB."""

    def __init__(self, database: Any, name: str = "retention", outcome: type[Outcome] = Outcome) -> None:
        self._meta, self._outcome = database.meta, outcome
        self._of_rules: Document = {"_id": name}
        self._of_run: Document = {"_id": f"{name}_run"}

    @answered
    async def rules(self) -> Rules:
        """Return the rules."""
        found = await self._meta.find_one(self._of_rules) or {"rules": [], "revision": 0}
        return Rules(tuple(Rule(**one) for one in found["rules"]), int(found["revision"]))

    @answered
    async def put(self, rules: Rules) -> Rules:
        """Replace the rules, where they are the revision that was read, else `Refused`."""
        said = {"rules": [asdict(one) for one in rules.rules], "revision": rules.revision + 1}
        where = {**self._of_rules, "revision": rules.revision}
        try:
            done = await self._meta.update_one(where, {"$set": said}, upsert=rules.revision == 0)
        except DuplicateKeyError:
            done = None
        if done is None or not (done.matched_count or done.upserted_id):
            raise changed()
        return Rules(rules.rules, rules.revision + 1)

    @answered
    async def claim(self, begun: Outcome) -> tuple[bool, Outcome | None]:
        """Begin the run of a day where nobody has; with what the run before did."""
        free = {**self._of_run, "day": {"$ne": begun.day}}
        try:
            before = await self._meta.find_one_and_update(
                free, {"$set": asdict(begun)}, upsert=True, return_document=ReturnDocument.BEFORE
            )
        except DuplicateKeyError:
            return False, None
        return True, self._read(before)

    @answered
    async def note(self, outcome: Outcome) -> None:
        """Keep what the run of a day did."""
        await self._meta.update_one({**self._of_run, "day": outcome.day}, {"$set": asdict(outcome)})

    @answered
    async def last(self) -> Outcome | None:
        """Return what the newest run did."""
        return self._read(await self._meta.find_one(self._of_run))

    def _read(self, document: Document | None) -> Outcome | None:
        if document is None:
            return None
        said: Document = {one.name: document[one.name] for one in fields(self._outcome) if one.name in document}
        for name, value in said.items():
            said[name] = value if isinstance(value, str) else int(value)
        return self._outcome(**said)
