"""For whom this work is done: set by a door for each request and each socket, and nowhere else.

A door says `act_as(principal)`; all that its task does, and whatever tasks that begins, is done for that principal.
Work of the process itself says so too: `with acting(ITSELF)`. Work that says nothing may read and change nothing that
is guarded (`barograph.access.guarded`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace

from barograph.access.principals import Principal
from barograph.access.rights import Resource, decide
from barograph.store.audit import Doer, doing, done_by

ITSELF = Principal("this process", kind="owner")
_acting: ContextVar[Principal | None] = ContextVar("barograph acting", default=None)


class NobodyActs(RuntimeError):
    """Something guarded was asked for, and no door had said for whom: a fault of the program."""


def act_as(principal: Principal) -> None:
    """Do all that follows in this task for a principal."""
    _acting.set(principal)
    done_by(_doer(principal))


@contextmanager
def acting(principal: Principal) -> Iterator[None]:
    """Do what is within for a principal."""
    before = _acting.set(principal)
    try:
        with doing(_doer(principal)):
            yield
    finally:
        _acting.reset(before)


def _doer(principal: Principal) -> Doer:
    """Who the audit log says that it was."""
    return Doer(principal.uid or principal.key, principal.kind)


def actor() -> Principal:
    """Return for whom this is done, or raise `NobodyActs`."""
    principal = _acting.get()
    if principal is None:
        raise NobodyActs("expected a door to say for whom this is done (barograph.access.acting), got nobody")
    return principal


def viewpoint() -> Hashable:
    """Return what answers depend on beside what is asked, for keys of caches: "" for whoever sees everything.

    Two principals share an answer only if both may see all of it.
    """
    principal = _acting.get()
    if principal is None:
        return None
    return "" if decide(principal, "read", Resource("workout")) else replace(principal, name="", key="")
