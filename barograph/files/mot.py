"""`.mot` for OpenSim: the force on each foot and where it acts, one row per frame, as text; never read here.

Axes are OpenSim's: X to the front, Y up, Z to the right, in m. Where the centre of pressure is not known, below the
layout's floor, force and place are 0. Times are seconds after the first frame, whose moment is in the line `start=`;
they are evenly spaced, as the format has it.

https://opensimconfluence.atlassian.net/wiki/spaces/OpenSim/pages/53089415/Motion+.mot+Files
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from barograph.files.encoding import Counter
from barograph.files.forces import Forces, Track, check_forces, steady_rate
from barograph.frames import Floats, Frames, Gap, Ints, Layout

# Groups by which OpenSim shows the arrows of a force.
NAMES = [f"ground_{what}{axis}" for what in ("force_v", "force_p", "torque_") for axis in "xyz"]
ROWS_AT_ONCE = 4096


def check(layout: Layout, times_us: Ints, gaps: Sequence[Gap]) -> None:
    """Raise `InvalidData` for what a `.mot` does not hold: no force, no place, gaps, no one rate."""
    check_forces(layout)
    steady_rate(times_us, gaps)


class MotEncoder:
    """The bytes of a `.mot`."""

    def __init__(
        self, layout: Layout, n: int, gaps: Sequence[Gap] = (), provenance: Mapping[str, Any] | None = None
    ) -> None:
        self._track, self._counter = Track(layout), Counter(layout, n)
        self._first_us: int | None = None

    def begin(self) -> bytes:
        """Return nothing: the head has the moment of the first frame."""
        return b""

    def add(self, times_us: Ints, frames: Frames) -> bytes:
        """Return a line for each frame."""
        self._counter.add(times_us, frames)
        lead = b""
        if self._first_us is None and len(times_us):
            self._first_us = int(times_us[0])
            lead = head(self._counter.n, self._first_us)
        return lead + rows((times_us - (self._first_us or 0)) / 1e6, [self._track.add(times_us, frames)])

    def finish(self) -> Iterable[bytes]:
        """Return nothing more."""
        self._counter.finish()
        return () if self._first_us is not None else (head(self._counter.n, 0),)


def written(tracks: Sequence[Track]) -> Iterator[bytes]:
    """Yield a `.mot` of streams that have as many frames at the same times; columns begin with their names."""
    times_us, found = tracks[0].times_us, [one.forces for one in tracks]
    yield head(len(times_us), int(times_us[0]), [one.name for one in tracks])
    for start in range(0, len(times_us), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        parts = [Forces(*(values[part] for values in one)) for one in found]
        yield rows((times_us[part] - times_us[0]) / 1e6, parts)


def head(n: int, first_us: int, streams: Sequence[str] = ("",)) -> bytes:
    """Return the lines before the frames; names of columns begin with that of their stream, where it has one."""
    start = np.datetime_as_string(np.datetime64(first_us, "us"))
    leads = [f"{re.sub('[^A-Za-z0-9_]', '_', one)}_" if one else "" for one in streams]
    names = ["time", *(f"{lead}{name}" for lead in _distinct(leads) for name in NAMES)]
    said = ["ground_reaction", "version=1", f"nRows={n}", f"nColumns={len(names)}", "inDegrees=yes",
            f"start={start}Z", "endheader", "\t".join(names)]  # fmt: skip
    return "".join(f"{line}\n" for line in said).encode("ascii")


def _distinct(leads: Sequence[str]) -> list[str]:
    """Names that other letters made alike get their number."""
    return [f"{number}_{lead}" if leads.count(lead) > 1 else lead for number, lead in enumerate(leads, 1)]


def rows(times_s: Floats, found: Sequence[Forces]) -> bytes:
    """Return a line for each frame, of one or more streams."""
    columns = np.zeros((len(times_s), 1 + len(NAMES) * len(found)))
    columns[:, 0] = times_s
    for number, one in enumerate(found):
        acts, at = ~np.isnan(one.x), 1 + len(NAMES) * number
        columns[acts, at + 1] = one.total[acts]
        columns[acts, at + 3] = one.y[acts] / 1000
        columns[acts, at + 5] = one.x[acts] / 1000
    lines = ("\t".join(f"{value:.6f}" for value in row) for row in columns.tolist())
    return "".join(f"{line}\n" for line in lines).encode("ascii")
