"""How someone stands just now: the sway of every sensor, and how the load is shared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analytics.base.arguments import checked
from analytics.base.filters import CUTOFF_HZ
from analytics.gait.last_steps import shares
from analytics.gait.symmetry import moments
from analytics.sway.balance import balance
from analytics.tables import TOTALS, described
from barograph.errors import InvalidData

MEAN_TOTALS = tuple(f"mean_{name}" for name in TOTALS)
HALVES = ("load_left_pct", "load_right_pct")


@checked
def standing(streams: Mapping[str, pd.DataFrame], **parameters: Any) -> pd.DataFrame:
    """Measure the sway of each of some sensors that someone stands on, and their shares of the load.

    Parameters
    ----------
    streams : mapping of str to DataFrame
        Per-frame tables of `frame_stats`, or of the basic set, by the name of their stream, indexed by time.
    **parameters
        `ellipse`, `cutoff_hz`, `gap_s` of `balance`; the cut-off is 10 Hz by default, as on every page (none where
        sampling is too slow for it).

    Returns
    -------
    DataFrame of one row per stream, index `stream`: the columns of `balance`, the mean total, `load_share_pct`, its
    share in the sum of the mean totals, and the means of `load_left_pct` and `load_right_pct`, for which one plate is
    enough. What a row does not have is NaN. `attrs["unquiet"]` says by stream why it is not quiet standing.

    Raises
    ------
    InvalidData
        When there is no stream, a table has no centre of pressure, or a parameter is refused.

    Notes
    -----
    From a stream, the tables are those of `LiveWindow`. Some seconds are no trial: see `attrs["protocol"]`.
    """
    if not streams:
        raise InvalidData("streams: expected one table or more, got none", field="streams")
    parameters = {"cutoff_hz": CUTOFF_HZ} | parameters
    sway = {name: balance(stats, **parameters) for name, stats in streams.items()}
    table = pd.concat(sway.values(), ignore_index=True).set_axis(pd.Index(sway, name="stream"))
    for column in (*TOTALS, *HALVES):
        if any(column in stats for stats in streams.values()):
            table[f"mean_{column}"] = [
                moments(stats, column)[1] if column in stats else np.nan for stats in streams.values()
            ]
    total = next((name for name in MEAN_TOTALS if name in table), None)
    table["load_share_pct"] = np.nan if total is None else shares(table[total])
    described(table, "standing", streams, **_carried(sway))
    table.attrs["unquiet"] = {name: one.attrs.get("unquiet", []) for name, one in sway.items()}
    return table


def _carried(sway: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """The parameters that the measures of all streams were made with."""
    own = ("metric", "units", "made_of", "notes", "unquiet")
    return {str(key): value for key, value in next(iter(sway.values())).attrs.items() if key not in own}
