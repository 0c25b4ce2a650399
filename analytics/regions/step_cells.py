"""What masks carried in steps, from what each of their cells did: for masks that change while somebody draws them.

`region_steps` reads every frame. These are those of its measures that a peak map and an integral of each step have in
them, so that another set of masks needs no frame again. The numbers are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.columns import arrival_columns
from barograph.errors import InvalidData
from barograph.frames import Floats, Layout

Labels = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class StepCells:
    """Peak and integral over time (n, rows, cols) of each cell in n steps, in kPa or counts and those times s."""

    layout: Layout
    peak: Floats
    pti: Floats


def measure_names(layout: Layout) -> tuple[str, ...]:
    """Return the measures that masks of a layout have, by the names of `region_steps`."""
    peak = arrival_columns(layout)[1]
    area = ("ever_loaded_cm2",) if layout.area_cm2 is not None else ()
    mean = (f"pti_mean_{layout.suffix}_s",) if area and layout.calibrated else ()
    return (*area, peak, *mean, "load_share_pct")


def mask_means(steps: Sequence[tuple[StepCells, Labels]], loaded_above: float) -> pd.DataFrame:
    """Average what each mask carried over steps.

    Parameters
    ----------
    steps : sequence of (StepCells, labels)
        Steps of one kind of sensor, with the masks (rows, cols) of their cells: numbers from 1 on, 0 for none. Prints
        on a plate have a box of cells each; the steps of an insole are one of it.
    loaded_above : float
        p0: a cell is loaded when its value is above it; kPa or counts.

    Returns
    -------
    DataFrame of one row per mask that has a cell, index `mask`: `mean_…` and `sd_…` (ddof 1) of `measure_names`, and
    `n`, the number of steps in which it has one.

    Raises
    ------
    InvalidData
        When labels are of another shape than the cells.
    """
    names = measure_names(steps[0][0].layout) if steps else ()
    rows = [_of_steps(cells, labels, loaded_above) for cells, labels in steps]
    numbers = sorted({number for one in rows for number in one})
    out = []
    for number in numbers:
        values = np.concatenate([one[number] for one in rows if number in one])
        out.append([*_moments(values).T.ravel(), len(values)])
    columns = [f"{kind}_{name}" for name in names for kind in ("mean", "sd")]
    return pd.DataFrame(out, index=pd.Index(numbers, name="mask"), columns=[*columns, "n"], dtype=np.float64)


def _of_steps(cells: StepCells, labels: Labels, above: float) -> dict[int, Floats]:
    """Of each mask (n, measures)."""
    layout = cells.layout
    if labels.shape != cells.peak.shape[1:]:
        raise InvalidData(f"labels: expected {cells.peak.shape[1:]} masks of cells, got {labels.shape}", field="labels")
    area = np.ones(labels.shape) if layout.area_cm2 is None else layout.area_cm2
    force = layout.quantity == "pressure" and layout.area_cm2 is not None
    loads = np.nan_to_num(cells.pti) * (0.1 * area if force else 1.0)
    ever, all_ = (cells.peak > above) * area, loads[:, layout.valid].sum(axis=1)
    out = {}
    for number in np.unique(labels[layout.valid & (labels > 0)]):
        mine = (labels == number) & layout.valid
        largest = np.fmax.reduce(cells.peak[:, mine], axis=1)
        out[int(number)] = _of_mask(layout, largest, ever[:, mine].sum(axis=1), loads[:, mine].sum(axis=1), all_)
    return out


def _of_mask(layout: Layout, largest: Floats, ever: Floats, load: Floats, all_: Floats) -> Floats:
    """(n, measures) from (n,) largest values, areas ever loaded and loads of a mask, and the loads of all cells."""
    of_mask = {
        "ever_loaded_cm2": ever,
        arrival_columns(layout)[1]: largest,
        f"pti_mean_{layout.suffix}_s": _quotient(10.0 * load, ever),
        "load_share_pct": 100.0 * _quotient(load, all_),
    }
    return np.column_stack([of_mask[name] for name in measure_names(layout)])


def _quotient(a: Floats, b: Floats) -> Floats:
    return np.asarray(np.divide(a, b, out=np.full(np.shape(a), np.nan), where=b > 0))


def _moments(values: Floats) -> Floats:
    """(2, measures) mean and SD of the values that there are."""
    known = ~np.isnan(values)
    n = known.sum(axis=0)
    mean = _quotient(np.nan_to_num(values).sum(axis=0), n.astype(np.float64))
    square = (np.where(known, values - mean, 0.0) ** 2).sum(axis=0)
    return np.array([mean, np.sqrt(_quotient(square, np.maximum(n - 1.0, 0.0)))])
