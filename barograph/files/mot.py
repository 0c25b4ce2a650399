"""`.mot` for OpenSim: the force on the foot and where it acts, one row per frame, as text; never read here.

Axes are OpenSim's: X to the front, Y up, Z to the right, in m. Where the centre of pressure is not known, below the
layout's floor, force and place are 0. Times are seconds after the first frame, whose moment is in the line `start=`;
they are evenly spaced, as the format has it.

https://opensimconfluence.atlassian.net/wiki/spaces/OpenSim/pages/53089415/Motion+.mot+Files
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from barograph.files.encoding import Counter
from barograph.files.forces import check_forces, forces, steady_rate
from barograph.frames import Frames, Gap, Ints, Layout

# Groups by which OpenSim shows the arrows of a force.
NAMES = [f"ground_{what}{axis}" for what in ("force_v", "force_p", "torque_") for axis in "xyz"]


def check(layout: Layout, times_us: Ints, gaps: Sequence[Gap]) -> None:
    """Raise `InvalidData` for what a `.mot` does not hold: no force, no place, gaps, no one rate."""
    check_forces(layout)
    steady_rate(times_us, gaps)


class MotEncoder:
    """The bytes of a `.mot`."""

    def __init__(
        self, layout: Layout, n: int, gaps: Sequence[Gap] = (), provenance: Mapping[str, Any] | None = None
    ) -> None:
        check_forces(layout)
        self._layout, self._counter = layout, Counter(layout, n)
        self._first_us: int | None = None

    def begin(self) -> bytes:
        """Return nothing: the head has the moment of the first frame."""
        return b""

    def add(self, times_us: Ints, frames: Frames) -> bytes:
        """Return a line for each frame."""
        self._counter.add(times_us, frames)
        head = ""
        if self._first_us is None and len(times_us):
            self._first_us = int(times_us[0])
            head = self._head()
        found = forces(frames, self._layout)
        acts = ~np.isnan(found.x)
        columns = np.zeros((len(frames), 1 + len(NAMES)))
        columns[:, 0] = (times_us - (self._first_us or 0)) / 1e6
        columns[acts, 2] = found.total[acts]
        columns[acts, 4] = found.y[acts] / 1000
        columns[acts, 6] = found.x[acts] / 1000
        rows = ("\t".join([f"{row[0]:.6f}", *(f"{value:.6f}" for value in row[1:])]) for row in columns.tolist())
        return (head + "".join(f"{row}\n" for row in rows)).encode("ascii")

    def finish(self) -> Iterable[bytes]:
        """Return nothing more."""
        self._counter.finish()
        return () if self._first_us is not None else (self._head().encode("ascii"),)

    def _head(self) -> str:
        start = np.datetime_as_string(np.datetime64(self._first_us or 0, "us"))
        said = ["ground_reaction", "version=1", f"nRows={self._counter.n}", f"nColumns={1 + len(NAMES)}",
                "inDegrees=yes", f"start={start}Z", "endheader", "\t".join(["time", *NAMES])]  # fmt: skip
        return "".join(f"{line}\n" for line in said)
