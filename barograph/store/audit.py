"""The audit log: who did what to what, for which reason; entries are added, and never changed or taken away.

    entry n:  seq n · when · who · how they came · verb · kind and uid · athlete · reason · hash of entry n − 1

Each entry carries the SHA-256 of the one before, so that an entry that was edited, taken out or put in shows. Sequence
numbers are 1, 2, 3 … without gaps. Ids are opaque: uids of users, workouts and athletes, no names and no names of
sessions. `canonical` is what is hashed (decision 65).

What changes rights is written by `recorded`, which stands around the accounts: whoever changes them, leaves an entry.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import AsyncIterable, Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, fields
from typing import Any, Protocol, cast

from barograph.bounds import REASON, check_text
from barograph.errors import BarographError
from barograph.store.accounts import Accounts

FORM = 1  # of `canonical`; another one begins another form, and older entries keep theirs
FIRST = "0" * 64  # in place of the hash of an entry before the first
PART = 1000


@dataclass(frozen=True)
class Doer:
    """By whom something is done: a uid, and how they came in ("user", "token", "share", "owner", …)."""

    uid: str = ""
    kind: str = "owner"


OWNER = Doer()  # commands of whoever may read the data directory
_doing: ContextVar[Doer] = ContextVar("barograph doing", default=OWNER)


def done_by(doer: Doer) -> None:
    """Say who does all that follows in this task."""
    _doing.set(doer)


@contextmanager
def doing(doer: Doer) -> Iterator[None]:
    """Say who does what is within."""
    before = _doing.set(doer)
    try:
        yield
    finally:
        _doing.reset(before)


@dataclass(frozen=True, kw_only=True)
class Event:
    """What is to be written down: a verb, the kind and uid of what it was done to, whose that is, and why."""

    verb: str
    kind: str
    uid: str = ""
    athlete: str = ""
    reason: str = ""
    who: str = ""
    how: str = ""

    def __post_init__(self) -> None:
        """Refuse what does not fit; who did it is known where nothing is said."""
        for name in ("verb", "kind", "uid", "athlete", "who", "how"):
            check_text(name, getattr(self, name), 200)
        check_text("reason", self.reason, REASON)
        if not self.how:
            doer = _doing.get()
            object.__setattr__(self, "who", self.who or doer.uid)
            object.__setattr__(self, "how", doer.kind)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An event with its place in the log; `before` is the hash of the entry before, `hash` its own."""

    seq: int
    at_us: int
    who: str
    how: str
    verb: str
    kind: str
    uid: str
    athlete: str
    reason: str
    before: str
    form: int = FORM
    hash: str = ""


def now_us() -> int:
    """Return the time, as entries have it."""
    return time.time_ns() // 1000


class Audit(Protocol):
    """The log of one store."""

    async def write(self, event: Event, now_us: int) -> Entry:
        """Add an entry, whoever else writes at this moment, or `StorageAway`."""
        ...

    async def entries(self, *, after: int = 0, limit: int = PART, athlete: str | None = None) -> list[Entry]:
        """Return entries behind a sequence number, oldest first; of one athlete, or of all."""
        ...

    async def latest(self, athletes: Collection[str], *, before: int | None = None, limit: int = PART) -> list[Entry]:
        """Return entries of what is of some athletes, the newest first; those before a sequence number, or all."""
        ...

    async def last(self) -> Entry | None:
        """Return the newest entry."""
        ...


class Tampered(BarographError):
    """The log is not what was written: the message has the place and what is wrong there."""


def canonical(entry: Entry) -> bytes:
    """Return what is hashed of an entry: a JSON list in ASCII without blanks, in this order."""
    said = [
        entry.form, entry.seq, entry.at_us, entry.who, entry.how, entry.verb, entry.kind, entry.uid, entry.athlete,
        entry.reason, entry.before,
    ]  # fmt: skip
    return json.dumps(said, ensure_ascii=True, separators=(",", ":")).encode()


def hash_of(entry: Entry) -> str:
    """Return the hash that an entry has to have."""
    return hashlib.sha256(canonical(entry)).hexdigest()


def following(last: Entry | None, event: Event, now_us: int) -> Entry:
    """Return an event as the entry behind the last one."""
    seq, before = (1, FIRST) if last is None else (last.seq + 1, last.hash)
    made = Entry(seq=seq, at_us=now_us, before=before, **asdict(event))
    return Entry(**(asdict(made) | {"hash": hash_of(made)}))


def entry_of(document: dict[str, Any]) -> Entry:
    """Return a stored entry; what is missing of it or of another type shows as a wrong hash."""
    known = {one.name: document[one.name] for one in fields(Entry) if one.name in document}
    return Entry(**{"at_us": 0, **dict.fromkeys(NAMES, ""), "seq": document["_id"], **known})


NAMES = ("who", "how", "verb", "kind", "uid", "athlete", "reason", "before", "hash")


async def verify(
    entries: AsyncIterable[Entry], heads: dict[int, str] | None = None, *, last: Entry | None = None
) -> Entry | None:
    """Return the last entry of a whole log, or raise `Tampered`.

    `heads` are hashes of entries, by number, as somebody noted them before: a log that was cut at its end, or written
    anew from its beginning, does not have them. `last` is the entry behind which `entries` begin, None for the first.
    """
    noted = dict(heads or {})
    async for entry in entries:
        seq, before = (1, FIRST) if last is None else (last.seq + 1, last.hash)
        if entry.seq != seq:
            raise Tampered(f"audit: expected entry {seq}, got {entry.seq}; what lay between was taken away")
        if entry.before != before:
            raise Tampered(f"audit: entry {seq} does not follow the one before it, which is another one now")
        if hash_of(entry) != entry.hash:
            raise Tampered(f"audit: entry {seq} was changed, its hash is of something else")
        if (expected := noted.pop(seq, entry.hash)) != entry.hash:
            raise Tampered(f"audit: entry {seq} had the hash {expected} before; the log was written anew")
        last = entry
    if noted:
        there = last.seq if last else 0
        raise Tampered(f"audit: expected entry {max(noted)}, the log ends with {there}; its end was taken away")
    return last


async def all_entries(audit: Audit, athlete: str | None = None, after: int = 0) -> AsyncIterable[Entry]:
    """Yield all entries behind a sequence number, oldest first."""
    while found := await audit.entries(after=after, athlete=athlete):
        for entry in found:
            yield entry
        after = found[-1].seq


Told = Callable[[tuple[Any, ...], dict[str, Any], Any], Event | None]
_VERB_OF_KEYS = {"session": "sign in"}


def _key(given: tuple[Any, ...], named: dict[str, Any], answer: Any) -> Event:
    key = given[0]
    return Event(verb=_VERB_OF_KEYS.get(key.kind, "add"), kind=key.kind, uid=key.uid, who=key.user,
                 how="user" if key.kind == "session" else "")  # fmt: skip


def _of(verb: str, kind: str, athlete: bool = False) -> Told:
    def told(given: tuple[Any, ...], named: dict[str, Any], answer: Any) -> Event:
        uid = given[0] if isinstance(given[0], str) else given[0].uid
        return Event(verb=verb, kind=kind, uid=uid, athlete=str(getattr(given[0], "athlete", "")) if athlete else "")

    return told


def _where_done(told: Told) -> Told:
    return lambda given, named, answer: told(given, named, answer) if answer else None


def _answered(given: tuple[Any, ...], named: dict[str, Any], answer: Any) -> Event:
    return Event(verb="allow" if named.get("allowed") else "refuse", kind="device", uid=given[0])


def _used(given: tuple[Any, ...], named: dict[str, Any], answer: Any) -> Event:
    return Event(verb="accept", kind="invitation", uid=answer.uid, who=given[1], how="user")


# What is done to accounts, and what is written of it. What changes no right (looking, counting, uses) has no row.
OF_ACCOUNTS: dict[str, Told] = {
    "add_user": _of("add", "user", athlete=True), "change_user": _of("change", "user"),
    "set_password": _where_done(_of("change", "password")), "add_invitation": _of("invite", "invitation", athlete=True),
    "use_invitation": _used, "add_key": _key, "rename_device": _where_done(_of("change", "device")),
    "revoke": _where_done(_of("revoke", "key")), "revoke_all": _where_done(_of("revoke", "keys of a user")),
    "answer_pairing": _answered, "add_passkey": _of("add", "passkey"),
    "remove_passkey": _where_done(_of("revoke", "passkey")),
}  # fmt: skip


class RecordedAccounts:
    """Accounts that leave an entry in the log for whatever changes a right; made by `recorded`."""

    def __init__(self, accounts: Accounts, audit: Audit, clock: Callable[[], int]) -> None:
        self._accounts, self.audit, self._clock = accounts, audit, clock

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._accounts, name)
        if (told := OF_ACCOUNTS.get(name)) is None:
            return method

        async def call(*given: Any, **named: Any) -> Any:
            answer = await method(*given, **named)
            if (event := told(given, named, answer)) is not None:
                await self.audit.write(event, self._clock())
            return answer

        return call


def recorded(accounts: Accounts, audit: Audit, clock: Callable[[], int]) -> Accounts:
    """Return accounts whose changes are written down in the log."""
    return cast("Accounts", RecordedAccounts(accounts, audit, clock))
