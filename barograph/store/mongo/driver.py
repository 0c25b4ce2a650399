"""What every question to MongoDB shares: the driver, what it must keep to, and what its answers may be taken for."""

from __future__ import annotations

import asyncio
import functools
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, ParamSpec, TypeVar

import pymongo
from bson.max_key import MaxKey
from bson.min_key import MinKey
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    OperationFailure,
    PyMongoError,
    WriteConcernError,
)

from barograph.errors import AccessDenied, SettingsError, StorageAway
from barograph.store.documents import Document

P = ParamSpec("P")
T = TypeVar("T")

NAMESPACE_EXISTS, UNAUTHORIZED = 48, 13
CURSOR_GONE = (43, 175, 237)  # not found, plan killed, killed: mongod was started again between two batches
OPEN_TRIES = 20
REJECTED_BYTES = 64 << 20
GOODBYE_S = 1.0
# Blocks come compressed; a second zstd over them took a quarter of mongod's CPU and saved nothing.
UNPACKED: Document = {"wiredTiger": {"configString": "block_compressor=none"}}
EXPIRING = ("keys", "pairings", "attempts", "challenges", "seal_keys")  # MongoDB removes documents whose `over` is past
Index = tuple[str, list[tuple[str, int]], Document]
INDEXES: tuple[Index, ...] = (
    ("frames", [("m.w", ASCENDING), ("m.s", ASCENDING), ("e", ASCENDING), ("seq", ASCENDING)], {}),
    ("frames", [("m.w", ASCENDING), ("m.s", ASCENDING), ("t", ASCENDING)], {}),
    ("rollups", [("since", ASCENDING)], {"sparse": True}),
    (
        "rollups",
        [("_id.w", ASCENDING), ("_id.s", ASCENDING), ("_id.t", ASCENDING)],
        {"partialFilterExpression": {"m": {"$exists": True}}},
    ),
    ("written", [("_id.w", ASCENDING)], {}),
    ("written", [("at_s", ASCENDING)], {"partialFilterExpression": {"due": True}}),
    ("workouts", [("created_us", DESCENDING), ("_id", DESCENDING)], {}),
    ("streams", [("w", ASCENDING), ("first_us", ASCENDING)], {}),
    ("streams", [("epochs.lease", ASCENDING)], {}),
    ("streams", [("renew", ASCENDING)], {"sparse": True}),
    ("rejected", [("w", ASCENDING)], {}),
    ("finals", [("w", ASCENDING), ("s", ASCENDING)], {}),
    ("origins", [("w", ASCENDING), ("s", ASCENDING), ("e", ASCENDING)], {}),
    ("calibrations", [("w", ASCENDING), ("s", ASCENDING), ("at_us", ASCENDING)], {}),
    ("summaries", [("w", ASCENDING)], {}),
    ("summaries", [("_id.t", ASCENDING), ("at_us", ASCENDING)], {}),
    ("summaries", [("at_us", DESCENDING)], {"partialFilterExpression": {"why": {"$exists": True}}}),
    ("trials", [("w", ASCENDING)], {}),
    ("test_days", [("made_us", DESCENDING), ("_id", DESCENDING)], {}),
    ("test_days", [("athletes", ASCENDING)], {}),
    ("test_days", [("due_us", ASCENDING)], {"sparse": True}),
    ("test_days", [("workouts", ASCENDING)], {}),
    ("test_days", [("follows", ASCENDING)], {}),
    ("corrections", [("w", ASCENDING)], {}),
    ("erased", [("w", ASCENDING)], {}),
    ("seal_keys", [("by", ASCENDING)], {"sparse": True}),
    ("seal_keys", [("at_us", DESCENDING)], {"sparse": True}),
    ("users", [("email_key", ASCENDING)], {"unique": True, "sparse": True}),
    ("invitations", [("hash", ASCENDING)], {"unique": True}),
    ("keys", [("hash", ASCENDING)], {"unique": True}),
    ("keys", [("user", ASCENDING), ("kind", ASCENDING)], {}),
    ("pairings", [("hash", ASCENDING)], {"unique": True}),
    ("pairings", [("claim_hash", ASCENDING)], {}),
    ("passkeys", [("credential", ASCENDING)], {"unique": True}),
    ("passkeys", [("user", ASCENDING)], {}),
    ("audit", [("athlete", ASCENDING), ("_id", DESCENDING)], {}),
    ("erasures", [("athlete", ASCENDING), ("workout", ASCENDING)], {}),
    *((name, [("over", ASCENDING)], {"expireAfterSeconds": 0}) for name in EXPIRING),
)


def driver(url: str, timeout_s: float, make: Callable[..., Any] = AsyncIOMotorClient) -> Any:
    """Return the one place where a driver is chosen and told what every call must keep to, whatever the URL says.

    `make` is motor's client; PyMongo's `AsyncMongoClient` does as well, and will when motor ends.
    """
    if not isinstance(url, str) or not url:
        raise SettingsError(f"mongo_url: expected a text such as mongodb://127.0.0.1:27017, got {url!r}")
    try:
        return make(
            url,
            appname="barograph",
            w="majority",
            journal=True,
            readConcernLevel="majority",
            readPreference="primary",
            timeoutMS=int(timeout_s * 1000),
            compressors=[],
            datetime_conversion="DATETIME_MS",
        )
    except (ConfigurationError, ValueError) as error:
        # What stands before the last @ may be a password, or a part of one.
        shown = url.rpartition("@")[2][:100]
        raise SettingsError(f"mongo_url: expected mongodb://host:port, got {shown!r}: {error}") from error


def shut(client: Any) -> None:
    """Close a client, which says goodbye to the server; that has no bound of its own."""
    with pymongo.timeout(GOODBYE_S):
        client.close()


def _unknown(error: PyMongoError) -> bool:
    """True when nobody can say whether the call did its work.

    An unordered insert that failed in part is such a case, and mongod 6.0.5 reports errors for inserts that it kept.
    """
    transient = error.has_error_label("RetryableWriteError") or error.has_error_label("TransientTransactionError")
    gone = isinstance(error, OperationFailure) and error.code in CURSOR_GONE
    away = isinstance(error, ConnectionFailure | BulkWriteError | WriteConcernError)
    return error.timeout or transient or gone or away


def answered(method: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Raise `StorageAway` where the outcome is unknown, `AccessDenied` where MongoDB's account has no right to it.

    Every other error goes out as it is.
    """

    @functools.wraps(method)
    async def asked(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await method(*args, **kwargs)
        except PyMongoError as error:
            if _unknown(error):
                said = str(error).partition(", Topology Description:")[
                    0
                ]  # how the driver sees its servers, in its words
                raise StorageAway(f"MongoDB gave no sure answer to {method.__name__}: {said}") from error
            if isinstance(error, OperationFailure) and error.code == UNAUTHORIZED:
                name = method.__name__.strip("_")
                raise AccessDenied(f"MongoDB: its account that is used here has no right to {name}") from error
            raise

    return asked


async def make_indexes(database: Any, indexes: Iterable[Index]) -> None:
    """Make the indexes that are not there, those of a collection at once: each command waits for the journal."""
    models = defaultdict(list)
    for name, keys, options in indexes:
        models[name].append(IndexModel(keys, **options))
    await asyncio.gather(*(database[name].create_indexes(some) for name, some in models.items()))


async def aggregated(collection: Any, stages: list[Document]) -> list[Document]:
    """Return what a pipeline answers, texts compared as they are."""
    # PyMongo's cursor has to be awaited, motor's is there at once.
    cursor = collection.aggregate(stages, collation={"locale": "simple"})
    documents: list[Document] = await (await cursor if hasattr(cursor, "__await__") else cursor).to_list(None)
    return documents


def between(prefix: Document, name: str, low: int | None, high: int | None) -> Document:
    """Find ids that begin with `prefix` and go on with `name` in a closed range, in one pass over their index."""
    first, last = MinKey() if low is None else low, MaxKey() if high is None else high
    return {"_id": {"$gte": {**prefix, name: first}, "$lte": {**prefix, name: last}}}
