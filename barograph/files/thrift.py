"""The compact form of Thrift, in which Parquet keeps its footer and the heads of its pages: what is wanted, no more.

`wanted` names fields by number: True for a number, a mapping for a struct, `Many` for a list. All else is passed over
without being kept, so memory hangs on what is wanted and not on what the bytes say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT, UUID = range(1, 14)
WIDE = {BYTE: 1, DOUBLE: 8, UUID: 16}
MOST_DEEP = 32


@dataclass(frozen=True)
class Many:
    """A list of at most `most` entries, which are numbers or structs."""

    most: int
    of: Mapping[int, Any] | bool = True


Wanted: TypeAlias = Mapping[int, Any]


class Compact:
    """A cursor over bytes: `struct` reads one from `at` on; bytes that are none raise `ValueError`."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data, self.at = data, at

    def struct(self, wanted: Wanted, deep: int = 0) -> dict[int, Any]:
        """Return the wanted fields of a struct by number."""
        if deep > MOST_DEEP:
            raise ValueError("structs too deep in each other")
        found: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            kind, step = head & 15, head >> 4
            number = number + step if step else self._number()
            asked = wanted.get(number)
            if asked is None:
                self._pass(kind, deep + 1, field=True)
            else:
                found[number] = self._value(kind, asked, deep + 1)
        return found

    def _value(self, kind: int, asked: Any, deep: int) -> Any:
        if isinstance(asked, Many):
            return self._many(kind, asked, deep)
        if asked is True and kind in (I16, I32, I64):
            return self._number()
        if isinstance(asked, Mapping) and kind == STRUCT:
            return self.struct(asked, deep)
        raise ValueError(f"a field of type {kind}, where another is wanted")

    def _many(self, kind: int, asked: Many, deep: int) -> list[Any]:
        if kind != LIST:
            raise ValueError(f"a field of type {kind}, where a list is wanted")
        n, inner = self._list()
        if n > asked.most:
            raise ValueError(f"a list of {n}, of which at most {asked.most} are read")
        return [self._value(inner, asked.of, deep) for _ in range(n)]

    def _pass(self, kind: int, deep: int, *, field: bool = False) -> None:
        """Pass over a value; of a field that is true or false the type is all there is."""
        if kind in (TRUE, FALSE):
            self._skip(0 if field else 1)
        elif kind in WIDE:
            self._skip(WIDE[kind])
        elif kind in (I16, I32, I64):
            self._varint()
        elif kind == BINARY:
            self._skip(self._varint())
        elif kind == STRUCT:
            self.struct({}, deep)
        elif kind in (LIST, SET):
            n, inner = self._list()
            self._pass_all([inner], n, deep)
        elif kind == MAP:
            n = self._varint()
            kinds = self._byte() if n else 0
            self._pass_all([kinds >> 4, kinds & 15], n, deep)
        else:
            raise ValueError(f"a value of type {kind}, which there is not")

    def _pass_all(self, kinds: list[int], n: int, deep: int) -> None:
        if deep > MOST_DEEP or n > len(self._data) - self.at:
            raise ValueError(f"a list of {n}, for which there are too few bytes")
        for _ in range(n):
            for kind in kinds:
                self._pass(kind, deep + 1)

    def _list(self) -> tuple[int, int]:
        head = self._byte()
        return (self._varint() if head >> 4 == 15 else head >> 4), head & 15

    def _byte(self) -> int:
        self._skip(1)
        return self._data[self.at - 1]

    def _skip(self, n: int) -> None:
        if self.at + n > len(self._data):
            raise EndOfBytes("the end in the middle of a value")
        self.at += n

    def _number(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _varint(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
        raise ValueError("a number of more than 64 bits")


class EndOfBytes(ValueError):
    """A value that goes on beyond the bytes there are."""
