"""Total force and centre of pressure of frames, as formats of motion laboratories have them.

Places are in mm with x to the right and y to the front, whichever way a layout's own axes run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from barograph.errors import InvalidData
from barograph.frames import KPA_PER_UNIT, Floats, Frames, Gap, Ints, Layout, spans_us

LONG_STEPS = 1.5  # usual steps between two frames of which none is missing


class Forces(NamedTuple):
    """Of (n,) frames: total force in N, its centre in mm, the largest cell and the loaded area in cm².

    `x` and `y` are NaN below the layout's floor; `area` is NaN of cells that have forces.
    """

    total: Floats
    x: Floats
    y: Floats
    peak: Floats
    area: Floats


def check_forces(layout: Layout) -> None:
    """Raise `InvalidData` where a layout has no forces, or its cells no places in mm."""
    if not layout.calibrated:
        said = "unit: expected a pressure or force a cell, got counts; calibrate the stream first"
        raise InvalidData(said, field="unit")
    if not layout.has_force:
        said = "cell_area_mm2: expected areas of the cells or a pitch, of which forces are made, got none"
        raise InvalidData(said, field="cell_area_mm2")
    if layout.length != "mm":
        known = {"cell": "no pitch", "rel": "relative places"}[layout.length] if layout.placed else "places not known"
        said = f"places: expected cells with places in mm, got {known}: there is no centre of pressure in mm"
        raise InvalidData(said, field="geometry")


def forces(frames: Frames, layout: Layout) -> Forces:
    """Compute the forces of (n, rows, cols) stored frames of a layout that `check_forces` takes."""
    valid = layout.valid.ravel()
    values = layout.to_unit(frames).reshape(-1, layout.cells)[:, valid] * KPA_PER_UNIT.get(layout.unit, 1.0)
    known = ~np.isnan(values)
    area = None if layout.area_cm2 is None else np.asarray(layout.area_cm2).ravel()[valid]
    load = np.where(known, values, 0.0)
    newtons = load if area is None else load * (0.1 * area)
    total = newtons.sum(axis=1)
    right, front = _right_and_front(layout)
    divisor = np.where((total > 0) & (total >= layout.floor_n), total, np.nan)
    some = known.any(axis=1)
    peak = np.where(known, values, -np.inf).max(axis=1, initial=-np.inf)
    loaded = (load > layout.loaded_above) & known
    return Forces(
        total=np.where(some, total, np.nan),
        x=newtons @ right[valid] / divisor,
        y=newtons @ front[valid] / divisor,
        peak=np.where(some, peak, np.nan),
        area=np.full(len(frames), np.nan) if area is None else loaded @ area,
    )


class Track:
    """The forces of one stream, kept as its frames come: seven numbers a frame."""

    def __init__(self, layout: Layout, name: str = "") -> None:
        check_forces(layout)
        self.layout, self.name = layout, name
        self._times: list[Ints] = [np.zeros(0, np.int64)]
        self._forces: list[Forces] = [forces(np.zeros((0, layout.rows, layout.cols), layout.numpy_dtype), layout)]

    def add(self, times_us: Ints, frames: Frames) -> Forces:
        """Add frames, and return their forces; one without any value raises `InvalidData`, as it has no force."""
        found = forces(frames, self.layout)
        if (lost := np.flatnonzero(np.isnan(found.total))).size:
            at = sum(map(len, self._times)) + int(lost[0])
            where = f"frame {at}{f' of {self.name}' if self.name else ''}"
            raise InvalidData(f"frames: expected a force in every frame, got no cell with a value in {where}")
        self._times.append(times_us)
        self._forces.append(found)
        return found

    @property
    def times_us(self) -> Ints:
        """(n,) times of the frames."""
        return np.concatenate(self._times)

    @property
    def forces(self) -> Forces:
        """Forces of the n frames."""
        return Forces(*map(np.concatenate, zip(*self._forces, strict=True)))


def _right_and_front(layout: Layout) -> tuple[Floats, Floats]:
    x, y = layout.centres.T
    return (x if layout.x_axis == "right" else -x), (y if layout.y_axis == "up" else -y)


def surface(layout: Layout) -> tuple[float, float, float, float]:
    """Return left, back, right and front end of all cells, mm."""
    if layout.geometry is not None:
        return layout.geometry.box
    pitch = layout.pitch_mm or (1.0, 1.0)
    right, front = _right_and_front(layout)
    half_x, half_y = pitch[0] / 2, pitch[1] / 2
    return (float(right.min() - half_x), float(front.min() - half_y),
            float(right.max() + half_x), float(front.max() + half_y))  # fmt: skip


def steady_rate(times_us: Ints, gaps: Sequence[Gap]) -> float:
    """Return the rate of frames that follow each other without a gap at one rate, in Hz.

    `InvalidData` where they do not: nothing is interpolated. Each step has to be nearer to the usual one than to none
    or two, and each frame within half a step of where the rate puts it.
    """
    _check_some(times_us)
    steps = np.diff(times_us)
    usual = float(np.median(steps))
    broken = (steps > LONG_STEPS * usual) | (steps < usual / 2) | _inside(times_us, gaps)
    if broken.any():
        raise _not_steady(times_us, broken, f"expected one rate and no gap, a frame every {usual / 1000:g} ms")
    length = float(times_us[-1] - times_us[0]) / len(steps)
    away = np.abs(times_us - times_us[0] - length * np.arange(len(times_us)))
    if away.max() > length / 2:
        at = int(away.argmax())
        said = f"times: expected one rate, and frame {at} where {1e6 / length:.6g} Hz puts it"
        raise InvalidData(f"{said}, got {away[at] / 1000:.3g} ms beside it", field="times_us")
    return 1e6 / length


def _check_some(times_us: Ints) -> None:
    if len(times_us) < 2:
        said = f"times: expected two frames or more, of which there is a rate, got {len(times_us)}"
        raise InvalidData(said, field="times_us")


def _inside(times_us: Ints, gaps: Sequence[Gap]) -> NDArray[np.bool_]:
    """(n − 1,) True for a step over which frames are missing by their numbers."""
    out = np.zeros(len(times_us) - 1, bool)
    for start_us, stop_us in spans_us(gaps).tolist():
        out |= (times_us[:-1] <= start_us) & (times_us[1:] >= stop_us)
    return out


def _not_steady(times_us: Ints, broken: NDArray[np.bool_], expected: str) -> InvalidData:
    """What is broken first, and the longest part that is whole."""
    at = np.flatnonzero(broken)
    ends = np.concatenate([[-1], at, [len(times_us) - 1]])
    longest = int(np.argmax(np.diff(ends)))
    first, last = int(ends[longest]) + 1, int(ends[longest + 1])
    seconds = (times_us - times_us[0]) / 1e6
    step_ms = float(times_us[at[0] + 1] - times_us[at[0]]) / 1000
    more = f", and {len(at) - 1} more such" if len(at) > 1 else ""
    return InvalidData(
        f"times: {expected}, got {step_ms:g} ms between frames {at[0]} and {at[0] + 1}, {seconds[at[0]]:.3f} s after "
        f"the first{more}; the longest part that is so is from {seconds[first]:.3f} to "
        f"{seconds[last]:.3f} s: take that",
        field="times_us",
    )


def at_one_time(times_us: Mapping[str, Ints]) -> dict[str, slice]:
    """Return the frames of each stream that all streams have, of streams with one rate and no gap each.

    They are as many in each, and none is further than half a step from the first stream's of the same number; else
    `InvalidData` says which is. Streams that were not recorded at one time have none.
    """
    step = float(min(np.median(np.diff(one)) for one in times_us.values()))
    first, last = max(int(one[0]) for one in times_us.values()), min(int(one[-1]) for one in times_us.values())
    found = {
        name: slice(*np.searchsorted(one, [first - step / 2, last + step / 2]).tolist())
        for name, one in times_us.items()
    }
    (known, whole), *others = ((name, times_us[name][part]) for name, part in found.items())
    if len(whole) < 2:
        raise InvalidData("times: expected streams that were recorded at one time, got none of it", field="times_us")
    for name, one in others:
        if len(one) != len(whole):
            many = f"{len(one)} frames of {name} beside {len(whole)} of {known}"
            raise InvalidData(f"times: expected streams of one rate, got {many}", field="times_us")
        if (away := np.abs(one - whole)).max() > step / 2:
            at = int(away.argmax())
            said = f"{name} {away[at] / 1000:.3g} ms beside {known} in frame {at}"
            raise InvalidData(f"times: expected frames of all streams at one time, got {said}", field="times_us")
    return found
