"""The simulated foot: outline of its insole, and where each part of the sole presses.

Places are (across, along): across from the inner (0) to the outer edge (1), along from the heel (0) to the toes (1).
Matrices show a right foot from above with the toes up, which puts the inner edge at column 0; a left foot mirrors it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from barograph.frames import Floats

LENGTH_MM, WIDTH_MM = 280.0, 98.0
# Outline of an insole for the right foot: along, inner edge, outer edge.
OUTLINE = np.array(
    [
        (0.00, 0.42, 0.56),
        (0.02, 0.28, 0.70),
        (0.06, 0.19, 0.79),
        (0.12, 0.15, 0.84),
        (0.20, 0.16, 0.86),
        (0.32, 0.21, 0.88),
        (0.45, 0.21, 0.92),
        (0.54, 0.17, 0.95),
        (0.62, 0.10, 0.98),
        (0.70, 0.03, 0.99),
        (0.80, 0.02, 0.93),
        (0.88, 0.06, 0.81),
        (0.95, 0.15, 0.63),
        (1.00, 0.30, 0.46),
    ]
)


class Part(NamedTuple):
    """A part of the sole: its place, its size (SD in mm), its share of the load, and when in a stance it carries.

    `begin`, `full`, `fade`, `end` are fractions of the stance; `standing` is the share in quiet standing.
    """

    name: str
    across: float
    along: float
    sd_across_mm: float
    sd_along_mm: float
    share: float
    begin: float
    full: float
    fade: float
    end: float
    standing: float


PARTS = (
    Part("heel, back", 0.54, 0.090, 17.0, 13.0, 0.9, -0.20, 0.02, 0.10, 0.50, 1.2),
    Part("heel, middle", 0.49, 0.150, 18.0, 19.0, 1.3, -0.04, 0.12, 0.26, 0.66, 1.6),
    Part("midfoot, outer, back", 0.68, 0.31, 11.0, 18.0, 0.30, 0.04, 0.24, 0.40, 0.74, 0.40),
    Part("midfoot, outer, front", 0.74, 0.45, 10.5, 19.0, 0.32, 0.08, 0.32, 0.50, 0.80, 0.40),
    Part("metatarsal 5", 0.85, 0.585, 8.0, 11.0, 0.36, 0.14, 0.42, 0.64, 0.90, 0.30),
    Part("metatarsal 4", 0.71, 0.638, 9.0, 12.0, 0.46, 0.18, 0.50, 0.70, 0.94, 0.35),
    Part("metatarsal 3", 0.555, 0.672, 9.0, 12.5, 0.66, 0.22, 0.58, 0.76, 0.97, 0.40),
    Part("metatarsal 2", 0.405, 0.692, 9.0, 12.5, 0.74, 0.26, 0.62, 0.80, 0.985, 0.38),
    Part("metatarsal 1", 0.215, 0.690, 12.0, 13.0, 0.76, 0.28, 0.64, 0.82, 0.985, 0.45),
    Part("hallux", 0.225, 0.880, 9.5, 12.0, 0.60, 0.38, 0.78, 0.93, 1.06, 0.14),
    Part("toe 2", 0.425, 0.885, 5.0, 7.0, 0.13, 0.44, 0.78, 0.92, 1.03, 0.04),
    Part("toe 3", 0.545, 0.858, 5.0, 6.5, 0.10, 0.44, 0.76, 0.90, 1.01, 0.03),
    Part("toe 4", 0.650, 0.825, 5.0, 6.5, 0.08, 0.42, 0.74, 0.88, 0.99, 0.03),
    Part("toe 5", 0.745, 0.785, 5.0, 6.5, 0.07, 0.40, 0.70, 0.86, 0.97, 0.03),
)


def _places(rows: int, cols: int, turn_deg: float) -> tuple[Floats, Floats]:
    """Across and along (rows, cols) of the cells' centres, row 0 at the toes, of a foot turned outwards."""
    x, y = np.meshgrid((np.arange(cols) + 0.5) / cols - 0.5, 0.5 - (np.arange(rows) + 0.5) / rows)
    return turned(x * WIDTH_MM, y * LENGTH_MM, turn_deg)


def turned(x_mm: Floats, y_mm: Floats, turn_deg: float) -> tuple[Floats, Floats]:
    """Return across and along of places about the middle of a right foot whose toes are turned outwards."""
    turn = np.radians(turn_deg)
    across = x_mm * np.cos(turn) - y_mm * np.sin(turn)
    along = x_mm * np.sin(turn) + y_mm * np.cos(turn)
    return across / WIDTH_MM + 0.5, along / LENGTH_MM + 0.5


def insole(rows: int, cols: int, turn_deg: float = 0.0) -> NDArray[np.bool_]:
    """Return (rows, cols) True where a right insole has a cell; its corners are missing."""
    across, along = _places(rows, cols, turn_deg)
    inner, outer = (np.interp(along, OUTLINE[:, 0], OUTLINE[:, edge]) for edge in (1, 2))
    wide, high = 0.5 / cols, 0.5 / rows
    return np.asarray(
        (across >= inner - wide) & (across <= outer + wide) & (along > -high) & (along < 1.0 + high), bool
    )


def patterns(rows: int, cols: int, texture: Floats, turn_deg: float = 0.0) -> Floats:
    """Return (parts, rows, cols) share of each part's load by cell, adding up to 1.

    `texture` (rows, cols) is cells' gain.
    """
    across, along = _places(rows, cols, turn_deg)
    least = 0.5 * WIDTH_MM / cols, 0.5 * LENGTH_MM / rows
    out = np.array([pressing(part, across, along, least) for part in PARTS])
    out *= insole(rows, cols, turn_deg) * texture
    return np.asarray(out / out.sum(axis=(1, 2), keepdims=True))


def pressing(part: Part, across: Floats, along: Floats, least_mm: tuple[float, float]) -> Floats:
    """Return how hard a part presses at some places, 1 in its middle.

    No part is narrower than `least_mm`, about a cell.
    """
    # A sensor too coarse for a toe still has to feel it.
    sd_x, sd_y = max(part.sd_across_mm, least_mm[0]), max(part.sd_along_mm, least_mm[1])
    x = (across - part.across) * WIDTH_MM / sd_x
    y = (along - part.along) * LENGTH_MM / sd_y
    # A core, flatter in the middle and steeper at the rim than a Gaussian, in a wide halo: soft tissue and shoe.
    away = x**2 + y**2
    bump = 0.85 * np.exp(-0.5 * away**1.2) + 0.15 * np.exp(-0.2 * away)
    return np.where(bump > 0.01, bump, 0.0)


def carrying(phase: Floats) -> Floats:
    """Return (n, parts) how much each part carries at phases (n,) of a stance, 0 heel strike to 1 toe off."""
    begin, full, fade, end = (np.array([getattr(part, name) for part in PARTS]) for name in Part._fields[6:10])
    u = phase[:, None]
    shares = np.array([part.share for part in PARTS])
    return np.asarray(shares * _smooth((u - begin) / (full - begin)) * _smooth((end - u) / (end - fade)))


def _smooth(ramp: Floats) -> Floats:
    ramp = np.clip(ramp, 0.0, 1.0)
    return ramp * ramp * (3.0 - 2.0 * ramp)
