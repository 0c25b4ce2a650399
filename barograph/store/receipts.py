"""Receipts: what an erasure took, when, and what it could not reach; without saying of whom.

A receipt has a number of its own, times and counts, and the SHA-256 of all that it says, which stands in the audit log
too: so whoever shows a receipt later can be believed, or not. Times are µs since 1970, UTC.

Terms: receipt (docs/glossary.md).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Protocol, TypeAlias, get_args

from barograph.bounds import check_text
from barograph.errors import InvalidData
from barograph.store.account_records import UID, new_uid

What: TypeAlias = Literal["athlete", "session"]
MasterKey: TypeAlias = Literal["replaced", "kept", "none"]
# What is counted, in the order in which it is said.
COUNTED: Mapping[str, str] = {
    "sessions": "sessions",
    "streams": "streams",
    "frames": "frames",
    "markers": "markers",
    "calibrations": "calibrations",
    "tables": "kept tables",
    "trials": "lists of trials",
    "corrections": "masks and prints by hand",
    "refused": "refused messages",
    "measurements": "measurements",
    "consents": "consents",
    "goals": "goals",
    "days": "places in test days",
    "accounts": "sign-ins",
    "invitations": "invitations",
    "links": "links",
    "requests": "requests for erasure",
    "keys": "keys destroyed",
}
MASTER: Mapping[MasterKey, str] = {
    "replaced": "The master key was replaced, and the old one destroyed: copies of the database from before cannot be "
    "read any more, but by whoever kept a copy of the old key. Copy the file of the master key anew.",
    "kept": "The master key is the one from before: copies of the database that were made before can be read with it "
    "until `barograph keys rotate` replaces it.",
    "none": "Nothing here is encrypted: copies of the database from before, and its journal, can be read.",
}
# Where nothing here reaches, as whoever was erased is told.
NOT_REACHED: tuple[str, ...] = (
    "What a device still holds in its own memory or spool: erase it on the device.",
    "Files that somebody exported, printed or downloaded, and pictures of a screen: the audit log names who took data "
    "out.",
    "Backups for which somebody kept the wrapped keys and an older copy of the master key: destroy those copies.",
    "What was stored before it was encrypted here: parts of it may stand in MongoDB's files until they are written "
    "over.",
    "Names of sessions, which stay so that devices hear that they are gone.",
)
NOT_REACHED_OF_PEOPLE: tuple[str, ...] = ("Entries of the audit log, which has random ids alone.",)
# What receipts said while sign-ins were not sealed; they go on to say so, as their hash is of all that they say.
FIRST_NOT_REACHED: tuple[str, ...] = (
    *NOT_REACHED[:3],
    "What was stored before this lab encrypted anything: parts of it may stand in MongoDB's files until they are "
    "written over.",
    *NOT_REACHED[4:],
)
FIRST_NOT_REACHED_OF_PEOPLE: tuple[str, ...] = (
    "Name and address of a sign-in were never encrypted: MongoDB's journal and files may have them until they are "
    "written over.",
    *NOT_REACHED_OF_PEOPLE,
)
EDITION = 2


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What an erasure did: `what` is an athlete or a session, `counts` what went, by the names in `COUNTED`.

    `edition` says which sentences it says of what was not reached.
    """

    uid: str = field(default_factory=new_uid)
    what: What
    began_us: int
    done_us: int
    counts: Mapping[str, int]
    master_key: MasterKey
    edition: int = EDITION

    def __post_init__(self) -> None:
        check_text("uid", self.uid, UID, 1)
        known: Mapping[str, tuple[str, ...]] = {"what": get_args(What), "master_key": tuple(MASTER)}
        for name, some in known.items():
            if (value := getattr(self, name)) not in some:
                raise InvalidData(f"{name}: expected one of {', '.join(some)}, got {str(value)[:40]!r}", field=name)
        if unknown := self.counts.keys() - COUNTED.keys():
            raise InvalidData(f"counts: expected some of {', '.join(COUNTED)}, got {min(unknown)!r}", field="counts")

    @property
    def not_reached(self) -> tuple[str, ...]:
        """What could not be reached, as sentences."""
        first = self.edition == 1
        sentences = FIRST_NOT_REACHED if first else NOT_REACHED
        of_people = FIRST_NOT_REACHED_OF_PEOPLE if first else NOT_REACHED_OF_PEOPLE
        return sentences + (of_people if self.what == "athlete" else ())

    @property
    def hash(self) -> str:
        """SHA-256 of all that the receipt says, as hexadecimal digits."""
        said = json.dumps(self._said(), ensure_ascii=True, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(said.encode()).hexdigest()

    def _said(self) -> dict[str, Any]:
        counts = {name: int(n) for name, n in self.counts.items()}
        said = {**asdict(self), "counts": counts, "not_reached": list(self.not_reached)}
        if self.edition == 1:  # the first ones had none
            del said["edition"]
        return said

    def to_json(self) -> str:
        """Return the receipt as JSON for a file, with its hash."""
        return json.dumps({**self._said(), "sha256": self.hash}, ensure_ascii=False, indent=1, sort_keys=True) + "\n"

    def counted(self) -> Iterator[tuple[str, int]]:
        """Yield what went, as words and a number, without what there was none of."""
        for name, title in COUNTED.items():
            if n := int(self.counts.get(name, 0)):
                yield title, n

    def lines(self) -> Iterator[str]:
        """Yield the receipt as lines of text."""
        yield f"Receipt {self.uid}"
        yield f"erased: {'an athlete with all that belongs to them' if self.what == 'athlete' else 'a session'}"
        yield f"from {moment(self.began_us)} to {moment(self.done_us)}"
        for title, n in self.counted():
            yield f"{title}: {n:,}"
        yield f"sha256: {self.hash}"
        yield MASTER[self.master_key]
        yield "Not reached:"
        yield from (f"- {one}" for one in self.not_reached)


def moment(t_us: int) -> str:
    """Return a time as it stands in receipts: to the second, UTC."""
    return f"{datetime.fromtimestamp(t_us / 1e6, UTC):%Y-%m-%d %H:%M:%S} UTC"


class Receipts(Protocol):
    """Receipts that are kept; none is changed or taken away."""

    async def one(self, uid: str) -> Receipt:
        """Return a receipt by its number, or `NotFound`."""
        ...

    async def newest(self, limit: int = 100) -> list[Receipt]:
        """Return receipts, the newest first."""
        ...

    async def of_session(self, workout_uid: str) -> Receipt | None:
        """Return the receipt of an erased workout, by its uid; None where it has none (yet)."""
        ...
