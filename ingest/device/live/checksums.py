"""Checksums of frames, by the name under which a description has them.

`crc16-ccitt` begins with FFFF (CRC-16/IBM-3740, often called CCITT-FALSE), `crc16-xmodem` with 0; both have the
polynomial 1021, no reflection, nothing at the end (`binascii.crc_hqx`). `crc32` is that of Ethernet and zip.
"""

from __future__ import annotations

import binascii
import zlib
from collections.abc import Callable

import numpy as np

BYTES = {"none": 0, "sum8": 1, "xor": 1, "crc16-ccitt": 2, "crc16-xmodem": 2, "crc32": 4}
NAMES = tuple(BYTES)
# One in 256 spoilt frames passes these: the header that follows has to be there too.
WEAK = ("none", "sum8", "xor")


def _sum8(data: bytes) -> int:
    return int(np.frombuffer(data, np.uint8).sum(dtype=np.uint64)) & 0xFF


def _xor(data: bytes) -> int:
    return int(np.bitwise_xor.reduce(np.frombuffer(data, np.uint8)))


_COMPUTED: dict[str, Callable[[bytes], int]] = {
    "sum8": _sum8,
    "xor": _xor,
    "crc16-ccitt": lambda data: binascii.crc_hqx(data, 0xFFFF),
    "crc16-xmodem": lambda data: binascii.crc_hqx(data, 0),
    "crc32": zlib.crc32,
}


def checksum(name: str, data: bytes) -> int:
    """Return the checksum over some bytes."""
    return _COMPUTED[name](data)
