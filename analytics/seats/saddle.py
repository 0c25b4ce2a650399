"""How a saddle lies on a back: whether its middle carries, which side carries more, and whether it moves."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics import regions
from analytics.base import bounds
from analytics.base.arguments import checked
from analytics.frames.frame_stats import frame_stats
from analytics.gait.symmetry import symmetry_index
from analytics.regions.region_stats import region_curves, region_stats
from analytics.sessions.trends import drift
from analytics.tables import described
from barograph.errors import InvalidData
from barograph.frames import Recording

BRIDGED_BELOW = 0.5
SIDE_LIMIT_PCT = 15.0
PARTS = ("front", "middle", "rear")


@checked
def saddle(
    recording: Recording,
    *,
    loaded_above: float | None = None,
    bridged_below: float = BRIDGED_BELOW,
    side_limit_pct: float = SIDE_LIMIT_PCT,
    gap_s: float | None = None,
) -> pd.DataFrame:
    """Measure how a saddle, or a pad under it, lies on a back.

    Parameters
    ----------
    recording : Recording
        n frames of a mat whose cells have places. Front is the layout's front.
    loaded_above : float, optional
        p0 in kPa, or counts of a raw stream: cells above it are loaded; by default the layout's.
    bridged_below : float, default 0.5
        A saddle with a smaller bridging ratio is bridged.
    side_limit_pct : float, default 15
        A side index beyond it is marked.
    gap_s : float, optional
        A longer step between frames is a gap, by default 0.5 s or five usual steps.

    Returns
    -------
    DataFrame of one row.

    - `bridging_ratio`: the mean pressure of loaded cells of the middle third over that of front and rear, each the mean
      of its two sides over the frames in which it is loaded, 0 where it never is; missing where neither front nor rear
      ever is. `bridged` is 1 below the limit, else 0.
    - `side_index_pct`: 200 (R − L) / (R + L) of the mean totals, positive when the right carries more. `uneven` is 1
      beyond the limit, else 0.
    - `cop_drift_x_mm_min`: slope of the centre of pressure to the right, in cells where mm are not known: the saddle
      slips, or the rider does.

    Raises
    ------
    InvalidData
        When places of cells are not known, or a parameter does not fit.

    Notes
    -----
    The 2 × 3 parts are `regions.grid`. The slope is that of `drift`, with its interval there.
    """
    layout = recording.layout
    bounds.given("loaded_above", loaded_above, least=0)
    bounds.number("bridged_below", bridged_below, above=0)
    bounds.number("side_limit_pct", side_limit_pct, above=0, unit="%")
    if not layout.placed:
        raise InvalidData("recording: expected cells whose places are known, got cells without", field="recording")
    chosen = regions.grid(layout)
    table = region_stats(recording, chosen, loaded_above=loaded_above, gap_s=gap_s)
    largest, mean = table.iloc[:, 0], table.iloc[:, 2]
    mean = mean.mask(largest.notna() & mean.isna(), 0.0)
    front, middle, rear = (float(mean[[f"{part}_left", f"{part}_right"]].mean(skipna=False)) for part in PARTS)
    side = _side_index(recording, chosen, loaded_above)
    length = layout.length
    stats = frame_stats(recording, loaded_above=loaded_above)
    slope = drift(stats, f"cop_x_{length}")["slope_per_min"].iloc[0]
    ends = (front + rear) / 2
    ratio = middle / ends if ends > 0 else np.nan
    row = {
        "bridging_ratio": ratio,
        "bridged": np.nan if np.isnan(ratio) else float(ratio < bridged_below),
        "side_index_pct": side,
        "uneven": np.nan if np.isnan(side) else float(abs(side) > side_limit_pct),
        f"cop_drift_x_{length}_min": float(slope),
    }
    asked = {"bridged_below": bridged_below, "side_limit_pct": side_limit_pct, "gap_s": table.attrs["gap_s"]}
    asked["loaded_above"] = table.attrs["loaded_above"]
    return described(pd.DataFrame([row], dtype=np.float64), "saddle", stats, **asked)


def _side_index(recording: Recording, chosen: regions.Regions, loaded_above: float | None) -> float:
    curves = region_curves(recording, chosen, loaded_above=loaded_above)
    left, right = (
        sum(float(table.iloc[:, 0].mean()) for name, table in curves.items() if name.endswith(side))
        for side in ("left", "right")
    )
    return float(symmetry_index(left, right))
