"""A sealer that notes for whom it seals, and a look at every document of a database for what was not sealed."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from pymongo import MongoClient

from barograph.store.account_records import says_nothing
from barograph.store.sealing import SECRET, Owner
from barograph.store.stream_documents import readable_in

MAGIC = b"\x00sealed\x00"

# What may be read in the database: ids, times, counts, kinds, tags.
OPEN = {
    "frames": {"_id", "t", "m", "e", "seq", "n", "dt", "t1", "r", "z", "k"},
    "rollups": {"_id", "t", "n", "k", "m", "since", "u"},
    "written": {"_id", "u", "n", "at_s", "due"},
    "streams": {
        "g",
        "_id", "w", "s", "u", "o", "layout", "columns", "k", "v", "epochs", "first_us", "last_us", "last_received_us",
        "calibrated_us", "calibrated_by", "spool", "final", "longest_us", "longest_n", "renew",
    },
    "finals": {"_id", "w", "s", "u", "o", "n"},
    "markers": {"_id", "t", "u"},
    "origins": {"_id", "w", "s", "e", "u"},
    "calibrations": {"_id", "w", "s", "u", "at_us", "by", "undone_us", "undone_by"},
    "summaries": {"_id", "w", "u", "of", "version", "at_us", "n", "took_s", "why", "lease", "until", "times"},
    "trials": {"_id", "w", "u", "revision"},
    "test_days": {"_id", "revision", "made_us", "athletes", "due_us", "workouts", "follows"},
    "corrections": {"_id", "w", "u", "revision", "reaches"},
    "rejected": {"_id", "w", "e", "u", "stream", "seq", "n", "code", "t_us"},
    "workouts": {
        "_id", "created_us", "uid", "left_us", "kind", "tags", "athlete_key", "athlete_uid", "erased_us", "again",
        "edits", "archived_us",
    },
    "archived": {
        "_id", "w", "s", "u", "o", "g", "state", "at_us", "fenced_us", "n", "frames", "size", "files", "keys",
    },
    "athletes": {
        "_id", "short_id", "teams", "merged", "keys", "created_us", "changed_us", "revision", "into", "pending",
        "at_us", "absorbing",
    },
    "users": {
        "_id", "email_key", "roles", "teams", "granted", "athlete", "made_us", "disabled_us", "disabled_by", "seen_us",
        "rev", "leaving", "leaving_us",
    },
    "invitations": {
        "_id", "roles", "teams", "granted", "athlete", "hash", "by", "made_us", "until_us", "used_us", "user",
        "revoked_us",
    },
    "keys": {
        "_id", "kind", "hash", "user", "made_us", "until_us", "revoked_us", "used_us", "over", "streams", "seen_us",
        "workout", "stream", "battery_pct", "signal_dbm", "spooled_frames", "offset_us", "frames", "view", "team",
        "raw", "names", "signer", "uses",
    },
    "pairings": {
        "_id", "hash", "by", "made_us", "until_us", "asked_us", "claim_hash", "streams", "answered_us", "allowed",
        "taken_us", "over",
    },
    "passkeys": {"_id", "user", "credential", "public_key", "count", "made_us", "used_us"},
    "challenges": {"_id", "purpose", "of", "until_us", "over"},
    "erasures": {"_id", "athlete", "workout", "by", "made_us", "state", "answered_by", "answered_us"},
}  # fmt: skip

OF_ACCOUNTS = ("users", "invitations", "keys", "pairings", "passkeys", "challenges", "erasures")


class NotingSealer:
    """XORs bytes with a stream of its owner and kind, and refuses to open what another owner or kind has."""

    def __init__(self) -> None:
        self.owners: dict[Owner, set[str]] = {}

    def seal(self, owner: Owner, kind: str, plain: bytes) -> bytes:
        assert type(plain) is bytes, (kind, type(plain))
        assert owner.uid or owner.kind == "feed", f"{kind}: nobody is named for whom it is sealed"
        self.owners.setdefault(owner, set()).add(kind)
        return MAGIC + _whose(owner, kind) + _mixed(owner, kind, plain)

    def open(self, owner: Owner, kind: str, sealed: bytes) -> bytes:
        assert sealed.startswith(MAGIC + _whose(owner, kind)), f"{kind} was not sealed for {owner}: {sealed[:60]!r}"
        return _mixed(owner, kind, sealed[len(MAGIC) + 8 :])

    def digest(self, plain: bytes) -> str:
        return hashlib.sha256(plain).hexdigest()[:32]


def _whose(owner: Owner, kind: str) -> bytes:
    return hashlib.sha256(repr((*owner, kind)).encode()).digest()[:8]


def _mixed(owner: Owner, kind: str, data: bytes) -> bytes:
    stream = np.resize(np.frombuffer(hashlib.sha256(repr((kind, *owner)).encode()).digest(), np.uint8), len(data))
    return (np.frombuffer(data, np.uint8) ^ stream).tobytes()


def unsealed(url: str, database: str, magic: bytes = MAGIC) -> list[str]:
    """Return the fields in which something stands that was to be sealed, or that nobody said may be read."""
    found = set()
    with MongoClient[dict[str, Any]](url, datetime_conversion="DATETIME_MS") as client:
        for collection in OPEN.keys() & set(client[database].list_collection_names()):
            for document in client[database][collection].find():
                if collection == "streams":
                    found |= {f"streams.{at}: {said!r:.80}" for at, said in readable_in(document).items()}
                for name, value in document.items():
                    if collection in OF_ACCOUNTS and (says_nothing(value) or document.get("of") == ""):
                        continue  # an empty text, or what is asked of nobody yet
                    secret = name in SECRET.get(collection, ())
                    sealed = isinstance(value, bytes) and value.startswith(magic)
                    if sealed is not secret or (not secret and name not in OPEN[collection]):
                        found.add(f"{collection}.{name}: {value!r:.80}")
    return sorted(found)
