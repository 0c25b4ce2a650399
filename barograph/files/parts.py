"""A recording that stays in its file: who only passes frames on, as an import does, holds a few MiB of them at a time.

Its times, 8 bytes a frame, are in memory; its frames are read as often as they are asked for, and checked each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from barograph.errors import FileFormatError, InvalidData
from barograph.files.bounds import check_whole
from barograph.frames import Frames, Gap, Ints, Layout, Recording

PART_BYTES = 2 << 20


class Frameful(Protocol):
    """What an import asks of a recording, wherever its frames are."""

    @property
    def layout(self) -> Layout:
        """The sensor."""
        ...

    @property
    def times_us(self) -> Ints:
        """(n,) int64, UTC."""
        ...

    @property
    def provenance(self) -> Mapping[str, Any]:
        """Where it comes from."""
        ...

    def __len__(self) -> int:
        """Number of frames."""
        ...

    def blocks(self, size: int) -> Iterator[tuple[int, Recording]]:
        """Yield all frames in order, in parts of at most `size`, each with the index of its first."""
        ...


@dataclass(frozen=True, eq=False)
class FileRecording:
    """A recording in a file: `parts()` reads its frames, (m, rows, cols) in the layout's dtype, from first to last."""

    path: Path
    layout: Layout
    times_us: Ints
    parts: Callable[[], Iterator[Frames]]
    gaps: tuple[Gap, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.times_us)

    def blocks(self, size: int) -> Iterator[tuple[int, Recording]]:
        """Yield all frames in order, in parts of at most `size`; a damaged file raises `FileFormatError` on the way."""
        done = 0
        for frames in self.parts():
            whole = self._checked(done, frames)
            for start, part in whole.blocks(size):
                yield done + start, part
            done += len(whole)
        if done != len(self):
            raise FileFormatError(f"{self.path}: expected {len(self)} frames, one a time, got {done}")

    def whole(self) -> Recording:
        """Return all of it in memory; far more than the file's own size raises `FileFormatError`."""
        check_whole(self.path, len(self) * self.layout.frame_bytes)
        frames = np.empty((len(self), self.layout.rows, self.layout.cols), self.layout.numpy_dtype)
        for start, part in self.blocks(len(self) or 1):
            frames[start : start + len(part)] = part.frames
        return Recording(frames, self.times_us, self.layout, gaps=self.gaps, provenance=self.provenance)

    def _checked(self, start: int, frames: Frames) -> Recording:
        times_us = self.times_us[start : start + len(frames)]
        try:
            return Recording(frames, times_us, self.layout)
        except InvalidData as error:
            where = f"frames {start} to {start + len(frames) - 1}"
            raise FileFormatError(f"{self.path}, {where}: {error}") from error


def part_frames(layout: Layout) -> int:
    """Return how many frames are read at once."""
    return max(1, PART_BYTES // layout.frame_bytes)
