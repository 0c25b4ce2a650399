"""Phases of a stance: how a foot rolls, by which of its parts are loaded.

Of a foot whose parts are known: found in its pressures, or drawn by hand with the same names.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.base import bounds
from analytics.base.arguments import check_stances, checked
from analytics.gait.support import moments_us
from analytics.regions.presets import FOUND, Regions
from analytics.regions.region_stats import found_foot, region_curves
from analytics.tables import described
from barograph.errors import InvalidData
from barograph.frames import Floats, Ints, Recording

METATARSALS, HEELS = tuple(f"mt{i}" for i in range(1, 6)), ("heel", *FOUND[:2])
PHASES = ("initial_contact_pct", "forefoot_contact_pct", "foot_flat_pct", "push_off_pct")
AREA = 3


@checked
def phases(
    recording: Recording,
    found: pd.DataFrame,
    chosen: Regions | None = None,
    *,
    loaded_above: float | None = None,
) -> pd.DataFrame:
    """Divide each stance into its phases: heel alone, forefoot coming down, foot flat, push-off.

    Parameters
    ----------
    recording : Recording
        n frames of one foot.
    found : DataFrame
        Table of `stances` of this recording.
    chosen : Regions, optional
        With a heel and `mt1` to `mt5`; by default those of `regions.find` in the usual peak map.
    loaded_above : float, optional
        p0: a region is loaded while a cell of it is above it. By default the layout's.

    Returns
    -------
    DataFrame of one row per stance: `initial_contact_pct` (from contact to the first metatarsal loaded),
    `forefoot_contact_pct` (until all five have been), `foot_flat_pct` (until the heel is off), `push_off_pct` (to the
    end), in % of the stance, and `cut`. They add up to 100. A phase whose order is broken, as the first of a forefoot
    strike, is NaN, and so are those of a cut stance, and all where no foot was found: `attrs["regions"]` says why.

    Raises
    ------
    InvalidData
        When a stance lies outside of the recording, or regions lack a heel or a metatarsal.

    Notes
    -----
    After De Cock 2005. The heel is off with the row after its last loaded one.
    """
    check_stances("found", found, len(recording))
    bounds.given("loaded_above", loaded_above, least=0)
    above = recording.layout.loaded_above if loaded_above is None else loaded_above
    foot, made = (chosen, chosen.made) if chosen is not None else found_foot(recording, above)
    out = np.full((len(found), len(PHASES)), np.nan)
    if foot is not None and (foot is chosen or set(METATARSALS) <= set(foot.names)):
        parts = _parts(foot)
        ends = moments_us(found, "stop")
        for i, (first, after) in enumerate(found[["first", "after"]].to_numpy(np.int64).tolist()):
            out[i] = _phases(recording, foot, parts, above, slice(first, after), int(ends[i]))
        out[found["cut"].to_numpy(bool)] = np.nan
    table = pd.DataFrame(out, index=found.index, columns=list(PHASES)).assign(cut=found["cut"].to_numpy(bool))
    return described(table, "phases", found, regions=made, loaded_above=above)


def _parts(foot: Regions) -> tuple[list[str], list[str]]:
    """Names of its heel's regions and of its metatarsals."""
    heel = [name for name in HEELS if name in foot.names]
    lacking = [name for name in METATARSALS if name not in foot.names]
    if lacking or not heel:
        raise InvalidData(
            f"chosen: expected regions heel and mt1 to mt5, got none named {(lacking or ['heel'])[0]}", field="chosen"
        )
    return heel, list(METATARSALS)


def _phases(
    recording: Recording, foot: Regions, parts: tuple[list[str], list[str]], above: float, rows: slice, stop_us: int
) -> Floats:
    """(4,) phases of one stance."""
    part = recording.part(rows.start, rows.stop)
    curves = region_curves(part, foot, loaded_above=above)
    heel = np.any([_loaded(curves[name]) for name in parts[0]], axis=0)
    balls = np.array([_loaded(curves[name]) for name in parts[1]])
    us = np.append(recording.times_us[rows], stop_us).astype(np.float64)
    first = np.where(balls.any(axis=1), balls.argmax(axis=1), -1)
    fmc = int(first[first >= 0].min()) if (first >= 0).any() else -1
    fff = int(first.max()) if (first >= 0).all() else -1
    off = int(np.flatnonzero(heel)[-1]) + 1 if heel.any() else -1
    begun = heel.any() and 0 <= int(heel.argmax()) < fmc
    ends = [(0, fmc if begun else -1), (fmc, fff), (fff, off if off >= fff else -1), (off, len(us) - 1)]
    return _share(us, ends)


def _loaded(curve: pd.DataFrame) -> Floats:
    return np.asarray(curve.iloc[:, AREA].to_numpy(np.float64) > 0)


def _share(us: Ints | Floats, ends: list[tuple[int, int]]) -> Floats:
    """Share of the whole, in %, from each row to another; NaN where one of them is not known."""
    lasting = us[-1] - us[0]
    known = [a >= 0 and b >= 0 and lasting > 0 for a, b in ends]
    return np.array([
        100.0 * (us[b] - us[a]) / lasting if is_known else np.nan for (a, b), is_known in zip(ends, known, strict=True)
    ])  # fmt: skip
