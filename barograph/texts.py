"""Texts at the ports of storage: whatever the caller looked at, a query is made of plain texts and nothing else.

A database takes an object in the place of a text for a question of its own (`{"$regex": "."}` is every name there is).
So the values that queries are made of refuse everything but texts when they are made, and the ports refuse it again.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from barograph.errors import InvalidData

TEXTS = (
    "workout_id", "epoch", "lease", "uid", "hash", "claim_hash", "email", "spare", "text", "kept", "other",
)  # fmt: skip
C = TypeVar("C")


def plural(n: int, noun: str) -> str:
    """Return a count with its noun: 1 session, 1,234 sessions."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def require_text(field: str, value: object) -> str:
    """Return `value` if it is a text that can be stored, else `InvalidData`."""
    if not isinstance(value, str):
        raise InvalidData(f"{field}: expected a text, got {type(value).__name__} {str(value)[:40]!r}", field=field)
    if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise InvalidData(f"{field}: expected a text of whole characters, got {value[:40]!r}", field=field)
    return value


def require_whole(field: str, value: object) -> int:
    """Return `value` if it is a whole number of 64 bits, else `InvalidData`."""
    if not isinstance(value, int) or isinstance(value, bool) or not -(1 << 63) <= value < 1 << 63:
        raise InvalidData(f"{field}: expected a whole number, got {str(value)[:40]!r}", field=field)
    return value


def texts_checked(port: type[C]) -> type[C]:
    """Let every coroutine of a port refuse names, epochs and leases that are no texts."""
    for name, method in list(vars(port).items()):
        if inspect.iscoroutinefunction(method):
            places = [(i, one) for i, one in enumerate(inspect.signature(method).parameters) if one in TEXTS]
            if places:
                setattr(port, name, _checked(method, places))
    return port


def _checked(method: Callable[..., Any], places: list[tuple[int, str]]) -> Callable[..., Any]:
    @functools.wraps(method)
    async def asked(*args: Any, **kwargs: Any) -> Any:
        for i, name in places:
            if name in kwargs or i < len(args):
                require_text(name, kwargs[name] if name in kwargs else args[i])
        return await method(*args, **kwargs)

    return asked
