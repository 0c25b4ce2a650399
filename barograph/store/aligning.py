"""Several streams of a workout on one clock: for each moment of it, every stream's frame nearest in time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np

from barograph.errors import InvalidData
from barograph.frames import Frames, Ints, Recording


def aligned(recordings: Mapping[str, Recording], period_s: float | None = None) -> dict[str, Recording]:
    """Return the recordings at the same moments, as many frames each, so that frame i of all is one moment.

    The clock runs from the first moment that all have to the last, by default with the longest of their mean periods
    (gaps apart), so that evenly sampled streams keep their number of frames.
    A frame is the nearest in time, never a mixture; one further away than three quarters of a period is missing (NaN):
    streams of whole numbers become float32 then. Times are the clock's. Statistics, which would be of other moments,
    and gaps are left out.

    Where a clock was set back, the same time names two moments, and frames of one are never put beside those of the
    other: what lies between is aligned piece by piece, in order, where all streams were set back as often. Else it is
    not known which moments belong together, and `InvalidData` says how often each was.
    """
    if not recordings or any(len(recording) < 2 for recording in recordings.values()):
        raise InvalidData("recordings: expected streams of two frames or more to align")
    pieces = {name: _pieces(recording) for name, recording in recordings.items()}
    if len({len(parts) for parts in pieces.values()}) > 1:
        said = ", ".join(f"{name} {len(parts) - 1}" for name, parts in pieces.items())
        raise InvalidData(f"recordings: expected clocks that were set back as often as each other, got {said} times")
    found = [_piece(dict(zip(pieces, parts, strict=True)), period_s) for parts in zip(*pieces.values(), strict=True)]
    known = [piece for piece in found if piece is not None]
    if not known:
        raise InvalidData("recordings: expected streams that overlap in time, and a period of 1 µs or more")
    return {name: _joined([piece[name] for piece in known]) for name in recordings}


def _pieces(recording: Recording) -> list[Recording]:
    edges = [0, *recording.jumps.tolist(), len(recording)]
    return [recording.part(first, after) for first, after in pairwise(edges)]


def _piece(parts: Mapping[str, Recording], period_s: float | None) -> dict[str, Recording] | None:
    """Parts whose times do not go back, aligned; None where they have no moment together."""
    if any(len(part) < 2 for part in parts.values()):
        return None
    period_us = 1e6 * period_s if period_s else max(_period_us(one.times_us) for one in parts.values())
    first = max(int(one.times_us[0]) for one in parts.values())
    last = min(int(one.times_us[-1]) for one in parts.values())
    if not 1 <= period_us < np.inf or last < first:
        return None
    clock = first + np.rint(np.arange(int((last - first) / period_us + 1e-6) + 1) * period_us).astype(np.int64)
    return {name: _at(one, clock, period_us) for name, one in parts.items()}


def _joined(parts: list[Recording]) -> Recording:
    if len(parts) == 1:
        return parts[0]
    layout = next((one.layout for one in parts if one.layout.dtype == "float32"), parts[0].layout)
    frames = np.concatenate([one.frames.astype(layout.numpy_dtype, copy=False) for one in parts])
    return replace(parts[0], frames=frames, times_us=np.concatenate([one.times_us for one in parts]), layout=layout)


def _period_us(times_us: Ints) -> float:
    """The mean step, gaps apart: a device that alternates between 13 and 14 ms has neither for its period."""
    steps = np.diff(times_us)
    usual = float(np.median(steps))
    regular = steps[(steps >= usual / 2) & (steps <= usual * 1.5)]
    return float(regular.mean()) if len(regular) else usual


def _at(recording: Recording, clock: Ints, period_us: float) -> Recording:
    times_us = recording.times_us
    after = np.clip(np.searchsorted(times_us, clock), 1, len(times_us) - 1)
    nearest = after - (clock - times_us[after - 1] <= times_us[after] - clock)
    frames: Frames = recording.frames[nearest]
    layout, far = recording.layout, np.abs(times_us[nearest] - clock) > 0.75 * max(period_us, _period_us(times_us))
    if far.any():
        if frames.dtype.kind == "u":
            layout, frames = replace(layout, dtype="float32"), frames.astype("<f4")
        frames[far] = np.nan
    return replace(recording, frames=frames, times_us=clock, layout=layout, stats=None, gaps=())
