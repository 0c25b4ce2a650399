"""Who saw what is stored of an athlete, changed it, shared it and took it out, and why: read from the audit log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from barograph.store.accounts import StoredShare, User
from barograph.store.audit import Entry
from barograph.store.ports import Archive
from barograph.store.roster import Athlete
from dashboard.drawing.markup import say, tag
from dashboard.signin import tables
from dashboard.signin.times import ago
from dashboard.you.markup import PATH

PAGE_SIZE = 20
HEADS = ("When", "Who", "Did", "With", "Why")
DID: Mapping[str, str] = {
    "read": "looked at", "describe": "changed", "export": "took raw data out of", "share": "shared", "erase": "erased",
    "take along": "took along", "try a name": "tried the name of", "add": "added", "invite": "invited",
}  # fmt: skip
WITH: Mapping[str, str] = {"athlete": "your record", "user": "your account", "invitation": "you, as a user"}
PARTS: Mapping[str, str] = {"live": ", live", "marker": ", its markers", "stream": ", a stream of it"}
GONE = "an account that is not there any more"


@dataclass(frozen=True)
class Seen:
    """Entries of the log, the newest first, who did what is in them, and whether there are older ones."""

    entries: Sequence[Entry]
    who: Mapping[str, str]
    older: bool


async def seen(archive: Archive, athlete: Athlete, own: str, before: int | None) -> Seen:
    """Read one page of what was done; `own` is the uid of the athlete's own account."""
    found = await archive.audit.latest(athlete.uids, before=before, limit=PAGE_SIZE + 1)
    users = await archive.accounts.users()
    who = {one.uid: _called(one) for one in users} | {own: "you"}
    who |= {one.uid: f"whoever has the link {one.name}" for one in await archive.accounts.shares() if _named(one)}
    return Seen(found[:PAGE_SIZE], who, len(found) > PAGE_SIZE)


def _named(one: StoredShare) -> bool:
    return bool(one.name)


def _called(user: User) -> str:
    return f"{user.name or user.email} ({', '.join(sorted(user.roles))})"


def card(found: Seen, names: Mapping[str, str], now_us: int) -> str:
    """Return the card; `names` are those of the athlete's sessions, by uid."""
    rows = (
        tables.row(
            HEADS,
            ago(one.at_us, now_us),
            say(_who(one, found.who)),
            say(DID.get(one.verb, one.verb)),
            say(_with(one, names)),
            say(one.reason or "–"),
        )
        for one in found.entries
    )
    listed = tables.table(HEADS, rows, label="Who saw my data", empty="Nobody but you looked at anything of yours yet.")
    older = ""
    if found.older:
        href = f"{PATH}?before={found.entries[-1].seq}#looked"
        older = tag("p", tag("a", "Older", href=href, class_="button"), class_="muted pad turn")
    how = (
        "Each session that somebody opens, changes, shares or takes out is here, once in a quarter of an hour; "
        "lists and overviews of a team are not. Nobody can take a line away unseen."
    )
    return tables.card("Who saw my data", "", listed, older, tag("p", how, class_="muted pad"), name="looked")


def _who(one: Entry, who: Mapping[str, str]) -> str:
    if one.how == "owner":
        return "whoever runs this lab’s server"
    called = who.get(one.who, "a device" if one.how == "device" else GONE)
    return f"a program of {called}" if one.how == "token" else called


def _with(one: Entry, names: Mapping[str, str]) -> str:
    if one.kind in WITH:
        return WITH[one.kind]
    return names.get(one.uid, "a session that was erased") + PARTS.get(one.kind, "")
