"""Which way a foot rolled over a plate: towards its toes, as one looks at the plate from above with the front up."""

from __future__ import annotations

import numpy as np

from analytics.columns import arrival_columns
from analytics.frames.basic_set import arrival_stats
from barograph.frames import Floats, Layout, Recording

FRONT = (0.0, 1.0)
# The first and the last tenth of the rows of a step; a centre that moved less is of someone who stands.
END_SHARE = 0.1
LEAST_MM = 50.0


def heading(track: Floats, layout: Layout) -> tuple[float, float]:
    """Say which way a centre of pressure moved.

    Parameters
    ----------
    track : (n, 2) float64
        Centre of pressure x, y on the layout's axes, in order of time; NaN where there is none.
    layout : Layout
        Of the same stream, which says where its axes grow.

    Returns
    -------
    (x, y) of length 1, x to the right and y to the front: from the mean of the first tenth of the places to that of
    the last. The front of an insole, of someone who stands, and where nobody knows the size of the cells.
    """
    if layout.kind == "insole" or layout.length != "mm":
        return FRONT
    track = track[~np.isnan(track).any(axis=1)]
    if not len(track):
        return FRONT
    few = max(1, round(END_SHARE * len(track)))
    x, y = track[-few:].mean(axis=0) - track[:few].mean(axis=0)
    far = float(np.hypot(x, y))
    if far < LEAST_MM:
        return FRONT
    return float(x / far) * (1 if layout.x_axis == "right" else -1), float(y / far) * (
        1 if layout.y_axis == "up" else -1
    )


def heading_of(recording: Recording) -> tuple[float, float]:
    """Say which way a foot rolled in a recording of one step: `heading` of its centre of pressure."""
    layout = recording.layout
    if layout.kind == "insole" or not layout.placed:
        return FRONT
    names = arrival_columns(layout)
    at = names.index(next(name for name in names if name.startswith("cop_x")))
    return heading(arrival_stats(recording.frames, layout)[:, at : at + 2].astype(np.float64), layout)
