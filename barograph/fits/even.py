"""Equilibration: cells that read differently under one pressure are made alike, by a factor each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from barograph.errors import InvalidData
from barograph.fits.found import Fit, places, rms_pct, stretch
from barograph.frames import Floats, Recording

LEAST_SHARE = 0.1  # of the median cell; what has less under an even load was not under it


def equilibration(evenly: Recording) -> Fit:
    """Find the factor of each cell, g = mean / x, from a recording of one pressure on all cells.

    Parameters
    ----------
    evenly : Recording
        Frames under an even load, as of a pressure chamber or a bladder; the layout's tare is taken off stored values,
        and its factors so far are not looked at.

    Returns
    -------
    Fit with `cell_factors`. A cell whose mean is below a tenth of the median cell was not loaded: it keeps the factor
    1 and is listed in `unloaded`. `residual_pct` is the scatter of cells within a frame that is left, `before_pct` what
    it was.

    Raises
    ------
    InvalidData
        Without frames, or when no cell was loaded.

    Notes
    -----
    As Tekscan's equilibration at one level: its output / its input, per sensel. It makes cells alike, and says nothing
    of newtons.
    """
    found = stretch(evenly, "equilibrate")
    layout = found.layout
    sign = -1.0 if layout.scale < 0 else 1.0
    plain = replace(layout, unit="raw", scale=sign, cell_factors=None, curve=None, offset=0.0)
    values = replace(found, layout=plain).values()
    known = layout.valid & ~np.isnan(values).all(axis=0)
    x = np.zeros(known.shape)
    x[known] = np.nanmean(values[:, known], axis=0)
    middle = float(np.median(x[known])) if known.any() else 0.0
    loaded = known & (x > max(0.0, LEAST_SHARE * middle))
    if not loaded.any():
        raise InvalidData("equilibrate: expected cells under load in that time, got none above 0", field="equilibrate")
    mean = float(x[loaded].mean())
    factors = np.ones(x.shape)
    factors[loaded] = mean / x[loaded]
    return Fit(
        method="equilibration",
        changes={"cell_factors": tuple(factors.ravel().tolist())},
        residual_pct=rms_pct(_scatter(values[:, loaded] * factors[loaded])),
        before_pct=rms_pct(_scatter(values[:, loaded])),
        loaded_cells=int(loaded.sum()),
        unloaded=places(layout.valid & ~loaded),
    )


def _scatter(cells: Floats) -> Floats:
    """(some,) how far cells lie from the mean of their frame, as parts of it; frames without load left out."""
    means = np.nanmean(cells, axis=1)
    parts = cells[means > 0] / means[means > 0, None] - 1.0
    return np.asarray(parts[~np.isnan(parts)])
