"""Erasing an athlete whole over HTTP, and the receipts that erasures leave."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field
from quart import Quart

from barograph.access.needs import needs
from barograph.store.departing import depart
from barograph.store.ports import Archive
from barograph.store.receipts import Receipt
from ingest.clock import now_us
from ingest.http.operations import operation
from ingest.sessions import Ingest

ATHLETE = "/api/athletes/<athlete_id>"
RECEIPT = "/api/receipts/<receipt_id>"


class ReceiptAnswer(BaseModel):
    """What an erasure took, and what it could not reach; it says nothing of whom. Times in µs since 1970."""

    receipt_id: str
    what: Literal["athlete", "session"]
    began_us: int
    done_us: int
    counts: dict[str, int]
    master_key: Literal["replaced", "kept", "none"] = Field(
        description="whether copies of the database from before can be read with the master key; none: not encrypted"
    )
    not_reached: list[str]
    sha256: str = Field(description="of all that the receipt says; it stands in the audit log too")


class ErasedAthlete(BaseModel):
    """An athlete who is erased; `under way` is gone on with by another process, and then has the receipt."""

    receipt_id: str
    state: Literal["done", "under way"]
    receipt: ReceiptAnswer | None


def add_erasing(app: Quart, archive: Archive, ingest: Ingest) -> None:
    """Give the application its routes for erasing athletes."""

    @app.delete(ATHLETE)
    @needs("erase", "athlete")
    @operation("Athletes", ErasedAthlete, errors=(404, 409))
    async def erase_athlete(athlete_id: str) -> dict[str, Any]:
        """Erase an athlete, by uid or short id: all sessions, the record, sign-in, links and keys, for good.

        Devices that still send are refused as `gone`. Once it is begun it is done, whoever is killed meanwhile. An
        ingest that may not change the roster leaves the rest to the dashboard, some seconds later.
        """
        one = await archive.departures.begin(athlete_id, now_us())
        receipt = await depart(ingest.archive, ingest.publisher.live, one)
        said = None if receipt is None else describe(receipt)
        return {"receipt_id": one.receipt, "state": "done" if said else "under way", "receipt": said}

    @app.get(RECEIPT)
    @needs("erase")
    @operation("Athletes", ReceiptAnswer, errors=(404,))
    async def receipt(receipt_id: str) -> dict[str, Any]:
        """The receipt of an erasure, of an athlete or of a session."""
        return describe(await archive.receipts.one(receipt_id))


def describe(receipt: Receipt) -> dict[str, Any]:
    """Return a receipt as the HTTP API gives it."""
    return {
        "receipt_id": receipt.uid, "what": receipt.what, "began_us": receipt.began_us, "done_us": receipt.done_us,
        "counts": dict(receipt.counts), "master_key": receipt.master_key, "not_reached": list(receipt.not_reached),
        "sha256": receipt.hash,
    }  # fmt: skip
