"""What was made of all frames of a session, as bytes: tables, maps, and values of our own that hold them.

A result is kept only where its bytes give back the same result: what cannot be told from another one is made again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping
from dataclasses import fields, is_dataclass
from importlib import import_module
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa

from barograph.codec import compress, decompress
from barograph.errors import CodecError

PREFIX = "result "
OURS = ("analytics.", "dashboard.")
MOST_BYTES, MOST_STORED = 256 << 20, 15 << 20
PLAIN = (str, bytes, bool, int, float, type(None))
SIZE = 8


def name_of(key: tuple[Hashable, ...]) -> str:
    """Return the name under which the result of a key is kept: the same in every process."""
    return PREFIX + hashlib.blake2b(repr(key).encode(), digest_size=16).hexdigest()


def packed(value: Any) -> bytes | None:
    """Return a result as bytes, or None where they would not give it back, or would be too many."""
    try:
        plain = msgspec.msgpack.encode(_plain(value))
        same = _same(value, _value(msgspec.msgpack.decode(plain)))
    except (TypeError, ValueError, NotImplementedError, pa.ArrowException):
        return None
    if not same or len(plain) > MOST_BYTES:
        return None
    made = len(plain).to_bytes(SIZE, "little") + compress(plain)
    return made if len(made) <= MOST_STORED else None


def unpacked(data: bytes) -> Any:
    """Return the result that `packed` made bytes of, or `CodecError`."""
    size = int.from_bytes(data[:SIZE], "little")
    if size > MOST_BYTES:
        raise CodecError(f"result: expected at most {MOST_BYTES} bytes, got {size}", field="result")
    try:
        return _value(msgspec.msgpack.decode(decompress(data[SIZE:], size)))
    except (msgspec.MsgspecError, TypeError, ValueError, KeyError, ImportError, AttributeError, pa.ArrowException) as e:
        raise CodecError(f"result: expected what `packed` makes: {e}", field="result") from e


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        narrow = _narrow(value)
        return ["array", narrow.dtype.str, value.dtype.str, list(value.shape), narrow.tobytes()]
    if isinstance(value, pd.DataFrame):
        return _plain_table(value)
    if is_dataclass(value) and not isinstance(value, type) and type(value).__module__.startswith(OURS):
        inside = {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
        return ["value", type(value).__module__, type(value).__qualname__, inside]
    if isinstance(value, tuple | list):
        return [type(value).__name__, [_plain(one) for one in value]]
    if isinstance(value, Mapping):
        return ["dict", [[_plain(name), _plain(one)] for name, one in value.items()]]
    if isinstance(value, np.number):
        return ["number", value.dtype.str, value.tobytes()]
    if isinstance(value, PLAIN):
        return ["plain", value]
    raise TypeError(f"expected a table, an array or plain values, got {type(value).__name__}")


def _narrow(values: np.ndarray) -> np.ndarray:
    """Numbers that came as float32 take half the room."""
    if values.dtype != np.float64:
        return np.ascontiguousarray(values)
    with np.errstate(over="ignore"):
        narrow = values.astype(np.float32)
    return narrow if np.array_equal(narrow.astype(np.float64), values, equal_nan=True) else np.ascontiguousarray(values)


def _plain_table(table: pd.DataFrame) -> list[Any]:
    """Numbers apart, each column by itself; index and texts as Arrow has them."""
    numbers = [name for name in table if table[name].dtype.kind in "fiub"] if table.columns.is_unique else []
    rest = table.drop(columns=numbers)
    rest.attrs = {}
    arrow = pa.Table.from_pandas(rest, preserve_index=True)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, arrow.schema) as writer:
        writer.write_table(arrow)
    order = [_plain(name) for name in table]
    columns = [[_plain(name), _plain(table[name].to_numpy())] for name in numbers]
    names = _plain(tuple(table.columns.names))
    return ["table", sink.getvalue().to_pybytes(), order, columns, names, _plain(table.attrs)]


def _value(plain: Any) -> Any:
    kind, *said = plain
    if kind == "array":
        stored, dtype, shape, data = said
        return np.frombuffer(data, stored).astype(dtype).reshape(shape)
    if kind == "table":
        return _table(*said)
    if kind == "value":
        module, name, inside = said
        if not module.startswith(OURS):
            raise ValueError(f"expected a value of ours, got one of {module}")
        made = getattr(import_module(module), name)
        if not (isinstance(made, type) and is_dataclass(made)):
            raise ValueError(f"expected a value of ours, got {name}")
        return made(**{field: _value(one) for field, one in inside.items()})
    if kind in ("tuple", "list"):
        found = [_value(one) for one in said[0]]
        return tuple(found) if kind == "tuple" else found
    if kind == "dict":
        return {_value(name): _value(one) for name, one in said[0]}
    if kind == "number":
        return np.frombuffer(said[1], said[0])[0]
    return said[0]


def _table(arrow: bytes, order: list[Any], columns: list[Any], names: Any, attrs: Any) -> pd.DataFrame:
    rest = pa.ipc.open_stream(arrow).read_all().to_pandas()
    found = {name: rest[name] for name in rest} | {_value(name): _value(one) for name, one in columns}
    table = pd.DataFrame({name: found[name] for name in map(_value, order)}, index=rest.index, copy=False)
    table.columns.names = list(_value(names))
    table.attrs.update(_value(attrs))
    return table


def _same(one: Any, other: Any) -> bool:
    """Whether two results are the same to the last bit."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if isinstance(one, pd.DataFrame):
        try:
            pd.testing.assert_frame_equal(one, other, check_exact=True, check_freq=False)
        except AssertionError:
            return False
        return _same(one.attrs, other.attrs)
    if is_dataclass(one):
        return all(_same(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, Mapping):
        return list(one) == list(other) and all(_same(one[name], other[name]) for name in one)
    return bool(one == other or (one != one and other != other))  # NaN is NaN
