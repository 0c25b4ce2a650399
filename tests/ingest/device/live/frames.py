"""Frames as a microcontroller would send them, made by `struct` from what the tests describe."""

from __future__ import annotations

import struct
import zlib

import numpy as np

from ingest.device.live.description import described

ROWS, COLS = 3, 4
GIVEN = {
    "rows": ROWS, "cols": COLS, "dtype": "uint16", "header": "AA 55", "checksum": "crc32",
    "frame": ["header", "sequence:uint8", "time:uint32", "cells", "checksum"], "time_unit": "ms",
}  # fmt: skip
MAT = described(GIVEN)
PLAIN = described({"rows": ROWS, "cols": COLS, "dtype": "uint16", "header": "AA 55"})
TOML = """
rows = 3
cols = 4
dtype = "uint16"
header = "AA 55"
checksum = "crc32"
frame = ["header", "sequence:uint8", "time:uint32", "cells", "checksum"]
time_unit = "ms"
"""


def cells_of(number: int) -> np.ndarray:
    """Cells that are another each frame, and now and then look like a header."""
    values = (np.arange(ROWS * COLS) * 257 + number * 7919) % 65536
    values[number % 12] = 0x55AA
    return values.astype("<u2").reshape(ROWS, COLS)


def sent(number: int, time_ms: int | None = None) -> bytes:
    """A frame of `MAT`."""
    time_ms = 10 * number if time_ms is None else time_ms
    body = b"\xaa\x55" + struct.pack("<BI", number % 256, time_ms % 2**32) + cells_of(number).tobytes()
    return body + struct.pack("<I", zlib.crc32(body))


def calm(number: int) -> np.ndarray:
    """Cells that are another each frame and never look like a header."""
    return (np.arange(ROWS * COLS) + 16 * number).astype("<u2").reshape(ROWS, COLS) & 0x3FFF


def plain(number: int) -> bytes:
    """A frame of `PLAIN`."""
    return b"\xaa\x55" + calm(number).tobytes()
