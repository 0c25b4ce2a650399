"""Frames that prove themselves: sixteen cells that hold who made the frame, its number, and a check over both."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LAYOUT = {"rows": 4, "cols": 4, "dtype": "uint16"}
FRAME_BYTES = 32
_SEQ_BITS = np.uint64(48)
_SEQ_MASK = np.uint64((1 << 48) - 1)


def _mix(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """splitmix64."""
    words = words + np.uint64(0x9E3779B97F4A7C15)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def make(tag: int, seq: int, n: int) -> bytes:
    """Cells of frames `seq` … `seq` + n − 1 of the maker `tag`."""
    words = np.empty((n, 4), np.uint64)
    words[:, 0] = (np.uint64(tag) << _SEQ_BITS) | np.arange(seq, seq + n, dtype=np.uint64)
    for i in (1, 2, 3):
        words[:, i] = _mix(words[:, i - 1])
    return words.astype("<u8").tobytes()


def read(cells: bytes) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.bool_]]:
    """Tags, numbers, and whether each frame is as it was made."""
    words = np.frombuffer(cells, "<u8").reshape(-1, 4)
    good = np.ones(len(words), bool)
    for i in (1, 2, 3):
        good &= words[:, i] == _mix(words[:, i - 1])
    return words[:, 0] >> _SEQ_BITS, words[:, 0] & _SEQ_MASK, good
