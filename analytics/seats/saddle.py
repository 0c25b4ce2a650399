"""How a saddle lies on a back: whether its middle carries, which side carries more, and whether it moves."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics import regions
from analytics.base import bounds
from analytics.base.arguments import checked
from analytics.frames.frame_stats import frame_stats
from analytics.gait.symmetry import symmetry_index
from analytics.regions.region_stats import region_curves
from analytics.sessions.trends import drift
from analytics.tables import centre_columns, described
from barograph.errors import InvalidData
from barograph.frames import Block, Floats, Layout, Recording

BRIDGED_BELOW = 0.5
SIDE_LIMIT_PCT = 15.0
PARTS = ("front", "middle", "rear")
TOTAL, PEAK, MEAN, AREA = range(4)
AT_ONCE = 1 << 12


@checked
def saddle(
    recording: Recording,
    *,
    loaded_above: float | None = None,
    bridged_below: float = BRIDGED_BELOW,
    side_limit_pct: float = SIDE_LIMIT_PCT,
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
    fold = SaddleFold(
        recording.layout, loaded_above=loaded_above, bridged_below=bridged_below, side_limit_pct=side_limit_pct
    )
    for _, part in recording.blocks(AT_ONCE):
        fold.update(part)
    return with_drift(fold.get(), frame_stats(recording, loaded_above=loaded_above))


def with_drift(table: pd.DataFrame, stats: pd.DataFrame) -> pd.DataFrame:
    """Return a table of `SaddleFold` with the drift of the centre of pressure in the per-frame table of its frames."""
    x, _ = centre_columns(stats)
    slope = float(drift(stats, x)["slope_per_min"].iloc[0])
    about = {key: table.attrs[key] for key in ("loaded_above", "bridged_below", "side_limit_pct")}
    return described(table.assign(**{x.replace("cop_", "cop_drift_") + "_min": slope}), "saddle", stats, **about)


class SaddleFold:
    """The table of `analytics.saddle` but for the drift, made chunk by chunk."""

    def __init__(
        self,
        layout: Layout,
        *,
        loaded_above: float | None = None,
        bridged_below: float = BRIDGED_BELOW,
        side_limit_pct: float = SIDE_LIMIT_PCT,
    ) -> None:
        self._p0 = bounds.number("loaded_above", layout.loaded_above if loaded_above is None else loaded_above, least=0)
        self._bridged_below = bounds.number("bridged_below", bridged_below, above=0)
        self._side_limit_pct = bounds.number("side_limit_pct", side_limit_pct, above=0, unit="%")
        if not layout.placed:
            raise InvalidData("recording: expected cells whose places are known, got cells without", field="recording")
        self._layout, self._chosen = layout, regions.grid(layout)
        self._total, self._mean = np.zeros((2, len(self._chosen)))
        self._frames, self._loaded = np.zeros((2, len(self._chosen)))

    def update(self, block: Block | Recording) -> None:
        """Take the next frames."""
        here = Recording(frames=block.frames, times_us=block.times_us, layout=self._layout)
        curves = region_curves(here, self._chosen, loaded_above=self._p0)
        values = np.array([table.to_numpy(np.float64) for table in curves.values()])
        known, loaded = ~np.isnan(values[:, :, TOTAL]), values[:, :, AREA] > 0
        self._total += np.nansum(values[:, :, TOTAL], axis=1)
        self._mean += np.where(loaded, values[:, :, MEAN], 0.0).sum(axis=1)
        self._frames += known.sum(axis=1)
        self._loaded += loaded.sum(axis=1)

    def get(self) -> pd.DataFrame:
        """Return the table of all frames."""
        ratio, side = self._bridging(), self._side_index()
        row = {
            "bridging_ratio": ratio,
            "bridged": np.nan if np.isnan(ratio) else float(ratio < self._bridged_below),
            "side_index_pct": side,
            "uneven": np.nan if np.isnan(side) else float(abs(side) > self._side_limit_pct),
        }
        return described(
            pd.DataFrame([row], dtype=np.float64),
            "saddle",
            loaded_above=self._p0,
            bridged_below=self._bridged_below,
            side_limit_pct=self._side_limit_pct,
        )

    def _bridging(self) -> float:
        seen = np.where(self._frames > 0, 0.0, np.nan)
        means = np.divide(self._mean, self._loaded, out=seen, where=self._loaded > 0)
        front, middle, rear = (self._of(means, part).mean() for part in PARTS)
        ends = (front + rear) / 2
        return float(middle / ends) if ends > 0 else np.nan

    def _side_index(self) -> float:
        totals = np.divide(self._total, self._frames, out=np.full(len(self._total), np.nan), where=self._frames > 0)
        return float(symmetry_index(self._of(totals, "left").sum(), self._of(totals, "right").sum()))

    def _of(self, values: Floats, part: str) -> Floats:
        return values[[part in name.split("_") for name in self._chosen.names]]
