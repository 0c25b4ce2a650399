"""Requests of athletes and the lab's name in MongoDB, as a part of the accounts there."""

from __future__ import annotations

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from barograph.errors import NotFound
from barograph.store.documents import Document
from barograph.store.erasure_requests import ErasureRequest, RequestState, already_answered, checked_lab
from barograph.store.mongo.driver import answered
from barograph.store.mongo.records import NEWEST, document_of
from barograph.store.mongo.sealed_records import SealedRecords, account_owner
from barograph.texts import require_text, texts_checked

LAB: Document = {"_id": "lab"}


@texts_checked
class MongoErasureRequests(SealedRecords):
    """The port over MongoDB."""

    @answered
    async def ask_erasure(self, request: ErasureRequest) -> ErasureRequest:
        """Keep a request, or return the one that asks for the same and is open, in one step."""
        document = await self._sealed("erasures", document_of(request))
        same = {"athlete": request.athlete, "workout": request.workout, "state": "open"}
        new = {name: one for name, one in document.items() if name not in same}
        try:
            found = await self._db.erasures.find_one_and_update(
                same, {"$setOnInsert": new}, upsert=True, return_document=ReturnDocument.AFTER
            )
        except DuplicateKeyError:  # this very request was kept before, and answered
            found = await self._db.erasures.find_one({"_id": request.uid})
        return (await self._records(ErasureRequest, "erasures", [found]))[0]

    @answered
    async def erasures(self, athlete: str | None = None) -> list[ErasureRequest]:
        """Return requests, of an athlete or of all, the newest first."""
        where = {} if athlete is None else {"athlete": require_text("athlete", athlete)}
        found = self._db.erasures.find(where).sort(NEWEST)
        return await self._records(ErasureRequest, "erasures", await found.to_list(None))

    @answered
    async def erasure(self, uid: str) -> ErasureRequest:
        """Return one request, or `NotFound`."""
        found = await self._record(ErasureRequest, "erasures", await self._db.erasures.find_one({"_id": uid}))
        if found is None:
            raise NotFound(f"{uid}: no such request")
        return found

    @answered
    async def answer_erasure(
        self, uid: str, state: RequestState, *, now_us: int, answer: str = "", by: str = ""
    ) -> ErasureRequest:
        """Answer a request, once: its document changes only while it is open."""
        after = (await self.erasure(uid)).answered(state, answer, by, now_us)
        given = {name: getattr(after, name) for name in ("state", "answer", "answered_by", "answered_us")}
        said = await self._sealed("erasures", given, account_owner(uid))
        done = await self._db.erasures.find_one_and_update({"_id": uid, "state": "open"}, {"$set": said})
        if done is None:
            raise already_answered()
        return after

    @answered
    async def lab(self) -> str:
        """Return the name of the lab."""
        return str((await self._db.meta.find_one(LAB) or {}).get("name", ""))

    @answered
    async def name_lab(self, name: str) -> None:
        """Give the lab a name."""
        await self._db.meta.update_one(LAB, {"$set": {"name": checked_lab(name)}}, upsert=True)
