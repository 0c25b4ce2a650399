"""Which part of a foot that was found each cell belongs to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analytics.base.foot_axis import FootAxis, Mask, half_along
from barograph.frames import Floats

# Shares of the foot's length from the heel, and of its width.
HEEL_TO, MIDFOOT_TO, HALLUX_TO = 0.27, 0.55, 0.35
# Of a foot that is found: borders of the metatarsals by share across, and where the hallux may end.
FOUND_EDGES = (0.30, 0.47, 0.64, 0.81)
WIDE_BINS = 2.5  # of a cell without which some bins between its neighbours would be empty
HALLUX_BIN, HALLUX_LARGEST, HALLUX_END, HALLUX_EMPTY = 0.05, 0.5, 0.45, 0.1


def found_parts(axis: FootAxis, toes: Mask, pressure: Floats) -> NDArray[np.intp]:
    """Return (m,) number of each cell's region in `regions.FOUND`, or in `SIDELESS` where the side is not known."""
    if axis.side is None:
        return np.select([axis.f < HEEL_TO, axis.f < MIDFOOT_TO, ~toes], [0, 1, 2], 3)
    inner = axis.t < axis.heel @ axis.outward
    metatarsal = np.searchsorted(FOUND_EDGES, axis.u, side="right")
    hallux = axis.u < _hallux_to(axis.u[toes], pressure[toes], _bin(axis))
    rear, middle = (axis.f < end for end in (HEEL_TO, MIDFOOT_TO))
    return np.select([rear & inner, rear, middle, ~toes, hallux], [0, 1, 2, 3 + metatarsal, 8], 9)


def _bin(axis: FootAxis) -> float:
    """Share across that is looked at as one: of cells that are no grid and much wider than a bin, a cell's width."""
    if axis.sizes is None:
        return HALLUX_BIN
    ball = axis.begin_mm + MIDFOOT_TO * axis.length_mm
    inner, outer = (line[0] + line[1] * ball for line in axis.lines)
    wide = half_along(axis.outward, axis.pitch) * 2 / (outer - inner)
    return float(wide) if wide > WIDE_BINS * HALLUX_BIN else HALLUX_BIN


def _hallux_to(u: Floats, pressure: Floats, wide: float) -> float:
    """Share across at which the hallux ends: in the gap lateral of the most loaded bin, or the least loaded one."""
    if not len(u):
        return HALLUX_TO
    bins = np.floor(u / wide).astype(np.int64)
    first = min(int(bins.min()), 0)
    load = np.bincount(bins - first, pressure, minlength=round(HALLUX_LARGEST / wide) - first)
    largest = int(load[: round(HALLUX_LARGEST / wide) - first].argmax())
    later = np.arange(largest + 1, round(HALLUX_END / wide) + 1 - first)
    if not len(later):
        return HALLUX_END
    empty = later[load[later] <= HALLUX_EMPTY * load[largest]]
    border = empty[0] if len(empty) else later[load[later].argmin()]
    return float(min((border + first + 0.5) * wide, HALLUX_END + HALLUX_BIN / 2))


def made_by(axis: FootAxis, why: str, *, entered: bool = False) -> str:
    """Return how a foot was found, in words that go with every table."""
    toes = f"toes by proportion, as {why}" if why else "toes beyond the valley of pressure"
    unknown = "" if axis.side else "; which foot it is was not found"
    angle = f"{axis.angle_deg:.1f}".replace("-", "−")
    return f"foot found in the pressures: axis {angle}°{' entered by hand' * entered}, {toes}{unknown}"
