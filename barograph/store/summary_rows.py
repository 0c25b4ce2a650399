"""A table as the bytes that a summary keeps: columns of numbers as they are in memory, texts, and what was said of it.

    8 bytes little-endian size | zstd of msgpack {n, columns: [[name, kind, data], …], attrs}

A number comes back as it went in, NaN included. What is not such bytes is a `CodecError`.
"""

from __future__ import annotations

import struct
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from barograph.codec import compress, decompress
from barograph.errors import CodecError, InvalidData

MOST_BYTES = 256 << 20  # unpacked
MOST_STORED = 15 << 20  # one document of MongoDB holds 16 MiB
KINDS = {"f": "<f8", "i": "<i8", "b": "|b1"}
_SIZE = struct.Struct("<Q")


class _Packed(msgspec.Struct):
    n: int
    columns: list[tuple[str, str, Any]]
    attrs: dict[str, Any]


def packed(table: pd.DataFrame) -> bytes:
    """Return a table of numbers and texts as bytes; its index is left out, and its attrs have to be plain values."""
    columns = [(str(name), *_column(table[name])) for name in table]
    plain = msgspec.msgpack.encode(_Packed(len(table), columns, {str(name): one for name, one in table.attrs.items()}))
    made = _SIZE.pack(len(plain)) + compress(plain)
    if len(made) > MOST_STORED:
        raise InvalidData(f"rows: expected at most {MOST_STORED} bytes of a table, got {len(made)}", field="rows")
    return made


def _column(values: pd.Series) -> tuple[str, Any]:
    kind = values.dtype.kind
    if kind in KINDS:
        return kind, values.to_numpy(KINDS[kind]).tobytes()
    return "s", [None if pd.isna(one) else str(one) for one in values]


def unpacked(data: bytes) -> pd.DataFrame:
    """Return the table that `packed` made bytes of."""
    n, columns, attrs = columns_of(data)
    table = pd.DataFrame(columns, index=pd.RangeIndex(n))
    table.attrs.update(attrs)
    return table


def columns_of(data: bytes) -> tuple[int, dict[str, Any], dict[str, Any]]:
    """Return the rows, columns and attrs of such bytes: a table of many takes longer to make than to read."""
    if len(data) < _SIZE.size:
        raise CodecError(f"rows: expected {_SIZE.size} bytes of size, got {len(data)} bytes in all", field="rows")
    (size,) = _SIZE.unpack_from(data)
    if size > MOST_BYTES:
        raise CodecError(f"rows: expected at most {MOST_BYTES} bytes, got {size}", field="rows")
    try:
        found = msgspec.msgpack.decode(decompress(data[_SIZE.size :], size), type=_Packed)
        columns = {name: _values(kind, one, found.n) for name, kind, one in found.columns}
    except (msgspec.MsgspecError, ValueError, TypeError, KeyError) as error:
        raise CodecError(f"rows: expected a table as `packed` makes it: {error}", field="rows") from error
    return found.n, columns, found.attrs


def _values(kind: str, data: Any, n: int) -> Any:
    values = pd.array(data, dtype="object") if kind == "s" else np.frombuffer(data, KINDS[kind]).copy()
    if len(values) != n:
        raise ValueError(f"expected {n} values, got {len(values)}")
    return values
