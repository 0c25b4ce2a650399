"""The Parquet files of cold storage: one row per block, as MongoDB has it, what is secret of it sealed.

Of each stream that is archived there are files of blocks, some MiB each, and one of keys: where and when the blocks
lie, and in which file. Columns of both: `id`, `e`, `seq`, `n`, `t` (ms since 1970), `t1` and `r` (µs), `dt` (int64 µs
from `t`, one per frame); of blocks `z` (1: cells are zstd), `x` (cells), `k` and `stats`; of keys `part`. The file's
metadata has `barograph_frames`, the version of this form, `workout` (its uid) and `stream`.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from barograph.errors import FileFormatError, FramesAway
from barograph.file_versions import FIRST, require_known
from barograph.frames import Ints
from barograph.store.documents import keys_of_columns
from barograph.store.records import Keys

VERSION = 1
PART_BYTES = 8 << 20
ID_BYTES = 12
INTEGERS = ("e", "seq", "n", "t", "t1", "r")
_KEYS = [("id", pa.binary(ID_BYTES)), *((name, pa.int64()) for name in INTEGERS), ("dt", pa.large_binary())]
BLOCKS = pa.schema(
    [*_KEYS, ("z", pa.int8()), ("x", pa.large_binary()), ("k", pa.int64()), ("stats", pa.large_binary())]
)
KEYS = pa.schema([*_KEYS, ("part", pa.int64())])
SEALED = ("x", "stats")  # neither zstd nor anything else makes ciphertext smaller


class Row(NamedTuple):
    """A block as it is stored; `k` and `stats` are None where it has no statistics."""

    id: bytes
    e: int
    seq: int
    n: int
    t: int
    t1: int
    r: int
    dt: bytes
    z: int
    x: bytes
    k: int | None
    stats: bytes | None

    @property
    def size(self) -> int:
        """Bytes, more or less."""
        return len(self.x) + len(self.dt) + len(self.stats or b"") + 80


@dataclass(frozen=True, eq=False)
class ColdKeys:
    """Keys of archived blocks, and (blocks,) in which file of blocks each one lies."""

    keys: Keys
    part: Ints

    @property
    def size(self) -> int:
        """Bytes in memory, more or less."""
        return 8 * len(self.keys.dt_us) + 160 * len(self.keys)


def blocks_file(rows: Sequence[Row], about: Mapping[str, str]) -> bytes:
    """Return a file of blocks."""
    columns = [[row[place] for row in rows] for place in range(len(BLOCKS.names))]
    return _written(columns, BLOCKS, about)


def keys_file(parts: Sequence[Sequence[Row]], about: Mapping[str, str]) -> bytes:
    """Return the file of keys of all blocks, which lie in so many files."""
    rows = [(*row[: len(_KEYS)], part) for part, some in enumerate(parts) for row in some]
    return _written([[row[place] for row in rows] for place in range(len(KEYS.names))], KEYS, about)


def blocks_in(data: bytes, name: str) -> list[Row]:
    """Return the blocks in a file."""
    table = _read(data, name, BLOCKS)
    return [Row(*values) for values in zip(*(column.to_pylist() for column in table.columns), strict=True)]


def keys_in(data: bytes, name: str) -> ColdKeys:
    """Return the keys in a file."""
    table = _read(data, name, KEYS)
    columns = {one: table[one].to_numpy().astype(np.int64) for one in (*INTEGERS, "part")}
    keys = keys_of_columns(table["id"].to_pylist(), columns, b"".join(table["dt"].to_pylist()))
    return ColdKeys(keys, columns["part"])


def _written(columns: Sequence[Sequence[Any]], schema: Any, about: Mapping[str, str]) -> bytes:
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    named = schema.with_metadata({"barograph_frames": str(VERSION), **about})
    sink = io.BytesIO()
    pq.write_table(
        pa.Table.from_arrays(arrays, schema=named), sink, use_dictionary=False, write_page_checksum=True,
        write_statistics=list(INTEGERS), compression={one: "NONE" if one in SEALED else "ZSTD" for one in schema.names},
    )  # fmt: skip
    return sink.getvalue()


def _read(data: bytes, name: str, schema: Any) -> Any:
    """The table in a file; `FramesAway` of one that is damaged or something else, `FileFormatError` of a newer one."""
    try:
        with pq.ParquetFile(io.BytesIO(data), page_checksum_verification=True) as file:
            said = (file.schema_arrow.metadata or {}).get(b"barograph_frames", str(FIRST).encode()).decode()
            require_known(Path(name), said, VERSION)
            return cast("Any", file).read(columns=schema.names).cast(schema)
    except FileFormatError:
        raise
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise FramesAway(f"cold storage: {name} is damaged, or no file of frames: {error}") from error
