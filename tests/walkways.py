"""Walks over a plate whose prints are known: place, direction, side and time of each foot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from analytics.sim.foot import LENGTH_MM, PARTS, carrying, pressing, turned
from barograph.frames import Floats, Layout, Place, Recording

STANCE_S = 0.6


@dataclass(frozen=True)
class Tread:
    """One foot on the plate: middle in mm (x to the right, y to the front), direction from the front, start in s."""

    side: str
    x: float
    y: float
    deg: float
    start_s: float


def plate(wide_mm: float, long_mm: float, pitch: float = 8.0) -> Layout:
    """A plate of square cells in kPa, y growing to the front."""
    return Layout(
        rows=round(long_mm / pitch), cols=round(wide_mm / pitch), unit="kPa", pitch_mm=(pitch, pitch), kind="plate",
        y_axis="up",
    )  # fmt: skip


def treading(layout: Layout, treads: Sequence[Tread], seconds: float, hz: float = 50.0) -> Recording:
    """Record treads on a plate: heel first, toes last, about 700 N in the middle of each."""
    frames = np.zeros((round(seconds * hz), layout.rows, layout.cols))
    x, y = np.meshgrid(layout.x, layout.y)
    for one in treads:
        turn = np.radians(one.deg)
        east, north = x - one.x, y - one.y
        own = east * np.cos(turn) - north * np.sin(turn), east * np.sin(turn) + north * np.cos(turn)
        across, along = turned(own[0] if one.side == "right" else -own[0], own[1], 0.0)
        shapes = np.array([pressing(part, across, along, (4.0, 4.0)) for part in PARTS])
        phase = (np.arange(len(frames)) / hz - one.start_s) / STANCE_S
        during = np.flatnonzero((phase > 0) & (phase < 1))
        loads: Floats = carrying(phase[during])
        frames[during] += 200.0 * np.tensordot(loads, shapes, axes=1)
    return Recording(
        frames=np.round(frames, 1), times_us=np.rint(np.arange(len(frames)) * 1e6 / hz).astype(np.int64), layout=layout
    )


def walking(
    n: int = 4, *, step_mm: float = 600.0, width_mm: float = 100.0, out_deg: float = 7.0, step_s: float = 0.5,
    first: str = "left", x: float = 300.0, y: float = 200.0, start_s: float = 0.2,
) -> list[Tread]:  # fmt: skip
    """Steps to the front along x; heels `width_mm` apart and `step_mm` on."""
    sides = ("left", "right") if first == "left" else ("right", "left")
    out = []
    for i in range(n):
        side, sign = sides[i % 2], 1 if sides[i % 2] == "right" else -1
        turn, reach = np.radians(sign * out_deg), 0.37 * LENGTH_MM
        heel = x + sign * width_mm / 2, y + i * step_mm - reach
        out.append(Tread(side, heel[0] + reach * np.sin(turn), heel[1] + reach * np.cos(turn), sign * out_deg,
                         start_s + i * step_s))  # fmt: skip
    return out


def cut(whole: Recording, rows: Sequence[int], turned: Sequence[int] = ()) -> dict[str, Recording]:
    """Cut a plate across into plates that touch, each with its place; `turned` ones stand the other way round."""
    layout = whole.layout
    px, py = layout.pitch_mm or (1.0, 1.0)
    edges, parts = [0, *rows, layout.rows], {}
    for number, (first, after) in enumerate(pairwise(edges)):
        frames, y = whole.frames[:, first:after], (layout.rows - after) * py
        place = Place(x_mm=layout.cols * px / 2, y_mm=y)
        if number in turned:
            frames = frames[:, ::-1, ::-1]
            place = replace(place, y_mm=y + (after - first) * py, turn_deg=180.0)
        own = replace(layout, rows=after - first, place=place)
        parts[f"plate-{len(edges) - 1 - number}"] = Recording(frames, whole.times_us, own)
    return parts


def over(layout: Layout, place: Place, treads: Sequence[Tread], seconds: float) -> Recording:
    """Record on a plate at a place what is trodden, in mm of the common frame, of which it has what lies on it."""
    wide = layout.cols * (layout.pitch_mm or (1.0, 1.0))[0]
    turn = np.radians(place.turn_deg)
    cos, sin = np.cos(turn), np.sin(turn)
    own = []
    for one in treads:
        x, y = one.x - place.x_mm, one.y - place.y_mm
        own.append(replace(one, x=wide / 2 + cos * x + sin * y, y=cos * y - sin * x, deg=one.deg + place.turn_deg))
    return treading(replace(layout, place=place), own, seconds)
