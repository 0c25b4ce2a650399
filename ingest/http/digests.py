"""What names a frame by its time and its cells."""

from __future__ import annotations

import hashlib

import numpy as np

from barograph.frames import Frames, Ints, Layout

DIGEST_BYTES = 16

Digest = tuple[int, bytes]


def digests_of(times_us: Ints, frames: Frames, layout: Layout) -> list[Digest]:
    """Return what names a frame by its time and cells; masked cells, the sign of zero and kinds of NaN do not count."""
    cells = np.where(layout.valid, frames, 0).astype(layout.numpy_dtype, copy=False)
    if cells.dtype.kind == "f":
        cells = np.where(np.isnan(cells), np.nan, cells + 0.0).astype(layout.numpy_dtype, copy=False)
    return [
        (t_us, hashlib.blake2b(np.ascontiguousarray(frame).data, digest_size=DIGEST_BYTES).digest())
        for t_us, frame in zip(times_us.tolist(), cells, strict=True)
    ]
