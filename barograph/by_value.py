"""Plain values that are equal by their fields, with a hash that is worked out once."""

from __future__ import annotations

from dataclasses import fields
from functools import cached_property
from typing import Any


class ByValue:
    """Base of a frozen dataclass with `eq=False` that holds long tuples.

    Layouts are looked up by their hash for every block that comes, and Python does not keep the hash of a tuple.
    """

    @cached_property
    def _identity(self) -> tuple[Any, ...]:
        return tuple(getattr(self, item.name) for item in fields(self))  # type: ignore[arg-type]  # of a dataclass

    @cached_property
    def _hash(self) -> int:
        return hash(self._identity)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, ByValue)
            and type(self) is type(other)
            and self._hash == other._hash
            and self._identity == other._identity
        )
