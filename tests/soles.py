"""Walks over sensors whose cells are no grid: with outlines, with centres alone, relative, forces of areas, nowhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from analytics import sim
from barograph.frames import Geometry, Layout, Recording

SECONDS, COLUMNS, ROWS = 12.0, 5, 11


def sole(side: str, *, outlined: bool = True) -> Geometry:
    """55 cells of a left or a right insole, each row as wide as the foot is there."""
    x, y, corners = [], [], []
    for row in range(ROWS):
        half = (30.0 + 12.0 * np.sin(np.pi * (row + 0.5) / ROWS * 0.9 + 0.4)) * (0.72 if row < 4 else 1.0)
        edges = np.linspace(45.0 - half, 45.0 + half, COLUMNS + 1)
        for left, right in pairwise(edges):
            x.append(float(left + right) / 2)
            y.append(24.0 * row + 12.0)
            low, high = 24.0 * row, 24.0 * (row + 1)
            corners.append((float(left), low, float(right), low, float(right), high, float(left), high))
    geometry = Geometry(places="mm", x=tuple(x), y=tuple(y), polygons=tuple(corners) if outlined else ())
    return geometry if side == "right" else geometry.mirrored()


def few(side: str) -> Geometry:
    places = [
        (-0.2, -0.4),
        (0.2, -0.4),
        (-0.2, -0.15),
        (0.2, -0.1),
        (-0.3, 0.15),
        (0, 0.2),
        (0.3, 0.1),
        (-0.2, 0.4),
        (0.2, 0.35),
    ]
    sign = 1 if side == "right" else -1
    return Geometry(places="relative", x=tuple(sign * x for x, _ in places), y=tuple(y for _, y in places))


def areas(side: str) -> Geometry:
    names = ("heel", "medial", "lateral")
    return Geometry(places="none", names=names if side == "left" else names[::-1])


KINDS: dict[str, tuple[Callable[[str], Geometry], dict[str, Any]]] = {
    "outlined": (sole, {"unit": "kPa", "cell_area_mm2": 330.0}),
    "centres": (lambda side: sole(side, outlined=False), {"unit": "kPa", "cell_area_mm2": 330.0}),
    "relative": (few, {"unit": "kPa"}),
    "forces": (areas, {"unit": "N"}),
    "nowhere": (lambda _: Geometry(places="none"), {}),
}


def parts_of(geometry: Geometry) -> np.ndarray:
    """Where cells lie in a foot of width and length 1."""
    if geometry.x:
        return (geometry.centres - geometry.centres.min(axis=0)) / np.ptp(geometry.centres, axis=0)
    if geometry.names:
        known = {"heel": (0.5, 0.15), "medial": (0.2, 0.7), "lateral": (0.8, 0.7)}
        return np.array([known[name] for name in geometry.names])
    return np.stack(np.meshgrid(np.linspace(0.1, 0.9, 4), np.linspace(0.05, 0.95, 6)), axis=-1).reshape(-1, 2)


def walked(kind: str) -> dict[str, Recording]:
    """Both feet of a walk over cells of a kind: each has the mean of the part of the foot that is nearest to it."""
    make, fields = KINDS[kind]
    out = {}
    for side, one in sim.walk(SECONDS, start_us=time.time_ns() // 1000 - 3_600_000_000).items():
        geometry, flat = make(side), np.nan_to_num(one.kpa()).reshape(len(one), -1)
        turned = [1.0 if one.layout.x_axis == "right" else -1.0, 1.0 if one.layout.y_axis == "up" else -1.0]
        foot, where = one.layout.centres * turned, parts_of(geometry)
        at = (foot - foot.min(axis=0)) / np.ptp(foot, axis=0)
        owner = np.hypot(*((at[:, None] - where[None]) * [1.0, 2.5]).transpose(2, 0, 1)).argmin(axis=1)
        mine = owner[:, None] == np.arange(len(where))
        cells = (flat @ mine) / np.maximum(mine.sum(axis=0), 1) * (10.0 if kind == "forces" else 1.0)
        layout = Layout(rows=1, cols=len(where), dtype="float32", kind="insole", side=side, geometry=geometry, **fields)
        out[side] = Recording(cells.astype(np.float32)[:, None], one.times_us, layout)
    return out
