"""What is written down of what people do to what is stored of others: they read, change, share and take it out.

The entry is written before anything is shown, and where it cannot be written nothing is. What one reads of oneself
leaves none, and of lists those that only a stated reason opens leave one. A page asks thirty times for one session: the
same person, verb, session and reason are one entry in a quarter of an hour, of each process.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from weakref import WeakKeyDictionary

from barograph.access.principals import Principal
from barograph.access.rights import Kind, Resource, Verb, decide
from barograph.store.audit import Event
from barograph.store.ports import Archive

ONE_ENTRY_S = 900.0
MOST_REMEMBERED = 4096
COMERS = ("user", "token", "share")
OF_OTHERS = ("read", "describe", "share")
_of_archives: WeakKeyDictionary[Archive, Readings] = WeakKeyDictionary()


class Readings:
    """Writes entries of one archive, and remembers which it wrote."""

    def __init__(self, archive: Archive, steady: Callable[[], float] = time.monotonic) -> None:
        self._audit, self._steady = archive.audit, steady
        self._written: OrderedDict[tuple[str, ...], float] = OrderedDict()

    async def note(self, who: Principal, verb: Verb | str, kind: Kind, uid: str = "", athlete: str = "") -> None:
        """Write down that somebody is about to read something, unless that was just done."""
        reason = who.reason if verb in ("read", "list") else ""
        about, now_s = (who.key or who.uid, who.kind, verb, kind, uid, reason), self._steady()
        if now_s < self._written.get(about, 0.0):
            return
        event = Event(verb=verb, kind=kind, uid=uid, athlete=athlete, reason=reason, who=doer(who), how=who.kind)
        await self._audit.write(event, time.time_ns() // 1000)
        self._written[about] = now_s + ONE_ENTRY_S
        while len(self._written) > MOST_REMEMBERED:
            self._written.popitem(last=False)


def readings_of(archive: Archive) -> Readings:
    """Return what writes entries of an archive: the same for all doors of a process."""
    if (known := _of_archives.get(archive)) is None:
        known = _of_archives[archive] = Readings(archive)
    return known


def doer(who: Principal) -> str:
    """Return the uid by which the log knows somebody: the user's or device's, else that of their key."""
    return who.uid or who.key


def of_another(who: Principal, verb: str, what: Resource) -> bool:
    """Return whether somebody who came in by an account, a token or a link does something to another one's data."""
    own = bool(what.athlete) and what.athlete == who.athlete
    return verb in OF_OTHERS and who.kind in COMERS and not own


def by_reason_alone(who: Principal, verb: Verb, what: Resource) -> bool:
    """Return whether somebody may do something for no other cause than the reason that they stated."""
    return bool(who.reason) and not decide(replace(who, reason=""), verb, what)
