"""The centre of pressure of a body that stands on two sensors, and how its load is shared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analytics.base.arguments import checked
from analytics.base.common_frame import from_rear, placed
from analytics.base.matching import REACH, nearest, period_us
from analytics.base.times import missing_of, rising, table_us, time_index
from analytics.gait.stances import stances
from analytics.gait.symmetry import moments
from analytics.sway.balance import balance
from analytics.tables import centre, described, values
from barograph.errors import InvalidData
from barograph.frames import CONTACT_FLOOR_N, Floats, Ints, Layout, Place

NO_WIDTH = "the stance width is not known"
NO_TIME = "the feet have no time in common: their clocks differ, or they were recorded one after the other"
SHARE = "limb_share_left_pct"


class Foot(NamedTuple):
    """One foot at the moments of both: its force, and its centre in the common frame; NaN where it has none."""

    force: Floats
    x: Floats
    y: Floats


@checked
def net_cop(
    left: pd.DataFrame,
    right: pd.DataFrame,
    *,
    stance_width_mm: float | None = None,
    toe_out_deg: float = 0.0,
    layouts: Sequence[Layout] | None = None,
) -> pd.DataFrame:
    """Compute the centre of pressure of both feet together, in one frame.

    Parameters
    ----------
    left, right : DataFrame
        Per-frame tables with `total_force_n`, `cop_x_mm` and `cop_y_mm` of two insoles or plates on one clock.
    stance_width_mm : float, optional
        mm between the heels. Without it the places of the layouts hold; without these, too, it is not known.
    toe_out_deg : float, default 0
        How far each foot is turned outwards, about its heel; with a `stance_width_mm`.
    layouts : (left, right), optional
        Layouts of both, which say where heels lie in each sensor's own mm. Without them x and y are from the heel
        already, to the right and to the front.

    Returns
    -------
    DataFrame, index `time`, one row per moment that both have (the rows of the slower one, each with the nearest of the
    other): `net_cop_x_mm`, to the right of the middle between the heels, and `net_cop_y_mm`, in front of them,
    `total_force_n` and `limb_share_left_pct`. A foot without a centre of pressure, below its floor, is left out with
    its force; without both, and where a frame of one is missing, all is missing. Where the stance width is not known
    `net_cop_x_mm` is missing. `attrs["missing"]` says why, where something is missing as a whole.

    Raises
    ------
    InvalidData
        When a table has no force in N or no centre in mm, or a number is out of its bounds.

    Notes
    -----
    Winter 1995, doi 10.1016/0966-6362(96)82849-9. Its `balance` is that of the body.
    """
    places, missing = _places(stance_width_mm, toe_out_deg, layouts)
    tables = (left, right)
    slower, rows = _rows(*(rising(table_us(table)) for table in tables))
    missing = missing if len(rows[0]) else [*missing, NO_TIME]
    feet = [
        _foot(side, table, own, None if layouts is None else layouts[i], places[i])
        for i, (side, table, own) in enumerate(zip(("left", "right"), tables, rows, strict=True))
    ]
    index = time_index(table_us(tables[slower])[rows[slower]])
    table = pd.DataFrame(_net(*feet), index=index, dtype=np.float64)
    if NO_WIDTH in missing:
        table["net_cop_x_mm"] = np.nan
    described(
        table, "net_cop", {"left": left, "right": right}, stance_width_mm=stance_width_mm, toe_out_deg=toe_out_deg,
        places=[one.to_dict() for one in places], missing=missing,
    )  # fmt: skip
    lost = missing_of(tables[slower])
    if len(lost):
        table.attrs["missing_us"] = lost.tolist()
    return table


@checked
def body_balance(net: pd.DataFrame, **parameters: Any) -> pd.DataFrame:
    """Measure how still a body stands, and how its load is shared.

    Parameters
    ----------
    net : DataFrame
        Table of `net_cop`.
    **parameters
        `ellipse`, `cutoff_hz`, `gap_s`, `filtered`, `found` of `balance`.

    Returns
    -------
    DataFrame of one row: the columns of `balance`, of the net centre of pressure, and mean and SD (ddof 1) of
    `limb_share_left_pct`. `attrs` as `balance` has them.

    Raises
    ------
    InvalidData
        When the table is none of `net_cop`, or a parameter is refused.
    """
    if parameters.get("found") is None:  # a body that puts a foot down has no lower floor on the other
        parameters["found"] = stances(net, on=CONTACT_FLOOR_N, floor=0.0, column="total_force_n")
    table = balance(net, **parameters)
    about = dict(table.attrs)
    _, mean, sd = moments(net, SHARE)
    table[f"mean_{SHARE}"], table[f"sd_{SHARE}"] = mean, sd
    own = {str(key): value for key, value in about.items() if key not in ("metric", "units", "made_of")}
    if missing := list(net.attrs.get("missing", [])):  # and not a low load or a short trial
        own["notes"] = missing
    return described(table, "body_balance", net, **own)


def _places(
    width: float | None, toe_out: float, layouts: Sequence[Layout] | None
) -> tuple[tuple[Place, Place], list[str]]:
    """Where both feet stand, and what is not known of it."""
    feet = Place.feet(0.0 if width is None else width, toe_out)
    if layouts is not None and len(layouts) != 2:
        raise InvalidData(f"layouts: expected that of the left and of the right, got {len(layouts)}", field="layouts")
    if width is not None:
        return (feet["left"], feet["right"]), []
    known = [one.place for one in layouts or () if one.place is not None]
    if len(known) == 2:
        return (known[0], known[1]), []
    return (feet["left"], feet["right"]), [NO_WIDTH]


def _rows(left: Ints, right: Ints) -> tuple[int, tuple[Ints, Ints]]:
    """Which of the two has the longer period, and its rows beside those of the other, while both are recorded."""
    slower = int(period_us(right) > period_us(left))
    own, other = (left, right)[slower], (left, right)[1 - slower]
    reach = REACH * max(period_us(own), period_us(other))
    inside = (own >= other[0] - reach) & (own <= other[-1] + reach) if len(other) else np.zeros(len(own), bool)
    both = (np.flatnonzero(inside).astype(np.int64), nearest(own, other)[inside])
    return slower, (both[slower], both[1 - slower])


def _foot(side: str, table: pd.DataFrame, rows: Ints, layout: Layout | None, place: Place) -> Foot:
    """One foot at those rows; of row −1 nothing is known."""
    if "total_force_n" not in table or "cop_x_mm" not in table:
        raise InvalidData(f"{side}: expected a force and a centre in mm, which need unit and pitch", field=side)
    force, (x, y, _) = values(table, "total_force_n"), centre(table)
    x, y = placed(place, *((x, y) if layout is None else from_rear(layout, x, y)))
    if not len(table):
        return Foot(*(np.full(len(rows), np.nan) for _ in range(3)))
    return Foot(*(np.where(rows < 0, np.nan, column[rows]) for column in (force, x, y)))


def _net(left: Foot, right: Foot) -> dict[str, Floats]:
    """The columns of `net_cop`: what one foot lacks is left out, unless its frame is missing."""
    known = ~(np.isnan(left.force) | np.isnan(right.force))
    loads = [np.where(np.isnan(foot.x), 0.0, foot.force) for foot in (left, right)]
    carried = known & (loads[0] + loads[1] > 0.0)
    load = np.where(carried, loads[0] + loads[1], np.nan)
    net = [
        (loads[0] * np.nan_to_num(one) + loads[1] * np.nan_to_num(other)) / load
        for one, other in ((left.x, right.x), (left.y, right.y))
    ]
    total = np.where(known, left.force + right.force, np.nan)
    share = 100.0 * left.force / np.where(carried & (total > 0.0), total, np.nan)
    return {"net_cop_x_mm": net[0], "net_cop_y_mm": net[1], "total_force_n": total, SHARE: share}
