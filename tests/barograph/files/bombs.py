"""Makers of files that unpack to far more than they are; each takes a path and returns it."""

import io
import json
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.lib import format as npy

from barograph import Layout
from barograph.files import bounds

LAYOUT = Layout(rows=16, cols=16, dtype="uint16")


def head(shape: tuple[int, ...], dtype: str, by_columns: bool = False) -> bytes:
    out = io.BytesIO()
    npy.write_array_header_1_0(out, {"descr": dtype, "fortran_order": by_columns, "shape": shape})
    return out.getvalue()


def array(values: Any) -> list[bytes]:
    out = io.BytesIO()
    np.save(out, values)
    return [out.getvalue()]


def zeros(size: int) -> Iterator[bytes]:
    for start in range(0, size, 1 << 20):
        yield bytes(min(1 << 20, size - start))


def npz(path: Path, method: int = zipfile.ZIP_DEFLATED, **members: Any) -> Path:
    usual = {"times_us": array(np.arange(3)), "layout": array(json.dumps(LAYOUT.to_dict()))}
    usual["frames"] = [head((3, 16, 16), "<u2"), bytes(3 * 512)]
    with zipfile.ZipFile(path, "w", method, compresslevel=1) as archive:
        for name, parts in {**usual, **members}.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                for part in parts:
                    member.write(part)
    return path


def npz_of_zeros(path: Path) -> Path:
    n = 1_500_000
    return npz(path, frames=[head((n, 16, 16), "<u2"), *zeros(n * 512)], times_us=array(np.arange(n)))


def npz_by_columns(path: Path) -> Path:
    n = 1_500_000
    return npz(path, frames=[head((n, 16, 16), "<u2", True), *zeros(n * 512)], times_us=array(np.arange(n)))


def npz_of_a_long_layout(path: Path) -> Path:
    return npz(path, layout=[head((), "<U150000000"), *zeros(600_000_000)])


def npz_of_too_many_times(path: Path) -> Path:
    return npz(path, times_us=[head((75_000_000,), "<i8"), *zeros(600_000_000)])


def npz_of_a_long_head(path: Path) -> Path:
    return npz(path, times_us=[b"\x93NUMPY\x02\x00" + struct.pack("<I", 600 << 20), *zeros(600 << 20)])


def npz_packed_otherwise(path: Path) -> Path:
    return npz(path, zipfile.ZIP_LZMA, frames=[head((3, 16, 16), "<u2"), *zeros(16 << 20)])


def npz_whose_head_lies(path: Path) -> Path:
    """The directory says 160 bytes of a member that unpacks to 600 MB."""
    size = 600_000_000
    npz(path, times_us=[head((4,), "<i8"), *zeros(size)])
    data = path.read_bytes()
    real, said = struct.pack("<Q", size + 128), struct.pack("<Q", 160)
    at = data.rfind(b"times_us.npy")
    central = data.rfind(b"PK\x01\x02", 0, at)
    held = struct.unpack("<I", data[central + 24 : central + 28])[0]
    assert held == size + 128
    path.write_bytes(data[: central + 24] + said[:4] + data[central + 28 :].replace(real, said))
    return path


def npz_of_many_members(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("times_us.npy", b"")
    entry = path.read_bytes()
    at = entry.rfind(b"PK\x01\x02")
    central = entry[at : entry.rfind(b"PK\x05\x06")] * 1_000_000
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(central), at, 0)
    path.write_bytes(entry[:at] + central + end)
    return path


def parquet(path: Path, n: int, layout: Layout, repeated: bytes, **options: Any) -> Path:
    about = {"layout": json.dumps(layout.to_dict()), "gaps": "[]", "provenance": "{}"}
    schema = pa.schema([("time", pa.timestamp("us", tz="UTC")), ("frame", pa.binary(layout.frame_bytes))], about)
    step = 1000
    with pq.ParquetWriter(path, schema, compression="zstd", **options) as out:
        for start in range(0, n, step):
            frames = pa.array([repeated] * step, pa.binary(layout.frame_bytes))
            times = pa.array(np.arange(start, start + step)).cast(schema.field("time").type)
            out.write_table(pa.table([times, frames], schema=schema))
    return path


def parquet_of_one_value(path: Path) -> Path:
    layout = Layout(rows=64, cols=64, dtype="uint16")
    return parquet(path, 150_000, layout, bytes(layout.frame_bytes))


def parquet_of_one_page(path: Path) -> Path:
    layout = Layout(rows=512, cols=512, dtype="uint16")
    return parquet(path, 1000, layout, bytes(layout.frame_bytes), use_dictionary=False)


def parquet_whose_footer_lies(path: Path) -> Path:
    """One page of 500 MB, of which the footer says that it has 2,000 bytes."""
    parquet_of_one_page(path)
    data = path.read_bytes()
    length = struct.unpack("<I", data[-8:-4])[0]
    footer = data[-8 - length : -8]
    for said in {one for one in _varints(footer) if bounds.MOST_GROUP_BYTES < one[0] < 1 << 31}:
        footer = footer.replace(said[1], _varint(2000, len(said[1])))
    path.write_bytes(data[: -8 - length] + footer + data[-8:])
    return path


def _varints(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Numbers of five bytes as they stand in a footer."""
    for at in range(len(data) - 5):
        part = data[at : at + 5]
        if all(byte > 127 for byte in part[:4]) and part[4] < 128:
            yield sum((byte & 127) << 7 * i for i, byte in enumerate(part)) >> 1, part


def _varint(value: int, width: int) -> bytes:
    """A number in more bytes than it needs, as the form allows."""
    groups = [(value << 1) >> 7 * i & 127 for i in range(width)]
    return bytes([*(group | 128 for group in groups[:-1]), groups[-1]])


def csv_of_columns(path: Path) -> Path:
    names = ",".join(f"r0c{i}" for i in range(1_000_000))
    said = f"# layout: {json.dumps(LAYOUT.to_dict())}\n# gaps: []\n# provenance: {{}}\n"
    path.write_text(f"# barograph csv 1\n{said}time_us,{names}\n" + "0," * 1_000_000)
    return path


def csv_of_a_large_sensor(path: Path) -> Path:
    layout = Layout(rows=500, cols=500, dtype="uint16")
    names = ",".join(f"r{i}c{j}" for i in range(500) for j in range(500))
    said = f"# layout: {json.dumps(layout.to_dict())}\n# gaps: []\n# provenance: {{}}\n"
    path.write_text(f"# barograph csv 1\n{said}time_us,{names}\n" + ("0," * 250_000 + "0\n") * 30)
    return path


def csv_of_one_line(path: Path) -> Path:
    with path.open("wb") as file:
        file.write(b"# barograph csv 1\n# layout: ")
        file.truncate(700 << 20)
    return path


def csv_of_deep_json(path: Path) -> Path:
    said = f"# layout: {json.dumps(LAYOUT.to_dict())}\n# gaps: []\n# provenance: {'[' * 1_000_000}\n"
    path.write_text(f"# barograph csv 1\n{said}")
    return path


def csv_of_many_objects(path: Path) -> Path:
    said = f"# layout: {json.dumps(LAYOUT.to_dict())}\n# gaps: []\n# provenance: [{'{},' * 30_000_000}0]\n"
    path.write_text(f"# barograph csv 1\n{said}")
    return path


def text_of_one_line(path: Path) -> Path:
    path.write_bytes(b"File:,x\nUnits:,mmHg\nFRAME,1\n" + b"0," * (30 << 20))
    return path


def text_of_short_lines(path: Path) -> Path:
    path.write_bytes(b"File:,x\nUnits:,mmHg\nFRAME,1\n" + b"12\n" * (20 << 20))
    return path


def text_that_is_large(path: Path) -> Path:
    path.write_bytes(b"File:,x\nUnits:,mmHg\nFRAME,1\n" + (b"0," * 500 + b"\n") * 300_000)
    return path
