"""How a document that is stored as one sealed field is packed: JSON, compressed, with its size before it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from barograph.codec import compress, decompress
from barograph.errors import CodecError, InvalidData

MOST_BYTES = 64 << 20  # unpacked
MOST_STORED = 15 << 20  # one document of MongoDB holds 16 MiB
SIZE_BYTES = 8

Value = TypeVar("Value")
Stored = TypeVar("Stored")


@dataclass(frozen=True)
class Packing(Generic[Value, Stored]):
    """Packs values of one kind by way of `stored`, the type that their JSON has: `plain` makes it, `read` undoes that.

    `field` and `holds` are how errors name the field and what is in it.
    """

    field: str
    holds: str
    stored: type[Stored]
    plain: Callable[[Value], Stored]
    read: Callable[[Stored], Value]

    def packed(self, value: Value) -> bytes:
        """Return a value as bytes; `InvalidData` where it takes more than a document of the database."""
        plain = msgspec.json.encode(self.plain(value))
        made = len(plain).to_bytes(SIZE_BYTES, "little") + compress(plain)
        if len(plain) > MOST_BYTES or len(made) > MOST_STORED:
            most = f"at most {MOST_STORED} bytes of {self.holds}, {MOST_BYTES} unpacked"
            raise InvalidData(f"{self._name}: expected {most}, got {len(made)}, {len(plain)} unpacked",
                              field=self.field)  # fmt: skip
        return made

    def unpacked(self, data: bytes) -> Value:
        """Return the value that `packed` made bytes of; `CodecError` for other bytes."""
        size = int.from_bytes(data[:SIZE_BYTES], "little")
        if size > MOST_BYTES:
            raise CodecError(f"{self._name}: expected at most {MOST_BYTES} bytes, got {size}", field=self.field)
        try:
            return self.read(msgspec.json.decode(decompress(data[SIZE_BYTES:], size), type=self.stored))
        except msgspec.MsgspecError as error:
            expected = f"{self.holds} as `packed` makes bytes of it"
            raise CodecError(f"{self._name}: expected {expected}: {error}", field=self.field) from error

    @property
    def _name(self) -> str:
        return self.field.replace("_", " ")
