"""Steps and strides over a plate or walkway, from its footprints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from analytics.base.arguments import check_columns, checked
from analytics.gait.symmetry import moments
from analytics.prints.footprints import SHAPE
from analytics.tables import described
from barograph.frames import Floats

STEP = (
    "step_length_mm", "step_width_mm", "stride_length_mm", "progression_deg", "step_s", "stride_s", "speed_m_s",
)  # fmt: skip
OF_PRINTS = ("contact_s", "foot_length_mm", "foot_width_mm")
NEEDED = ("walk", "side", "start", "cut", "overlap", *SHAPE)
# A foot that points further away than this from the way of its walker turns: its step has no length.
TURNING_DEG = 60.0


@checked
def walk(prints: pd.DataFrame) -> pd.DataFrame:
    """Measure the steps of a walk over a plate.

    Parameters
    ----------
    prints : DataFrame
        Table of `footprints`.

    Returns
    -------
    DataFrame of one row per step, index `footprint` (the landing print's): `walk`, `side` (of the landing foot),
    `start`, `step_length_mm`, `step_width_mm` (negative when feet cross), `stride_length_mm`, `progression_deg` (toes
    out positive), `step_s`, `stride_s`, `speed_m_s`. A step needs three prints in a row, of two feet in turn, all of
    them whole: print a, the landing print b, and the next one of the first foot, c. Without any the table is empty.

    Raises
    ------
    InvalidData
        When the table is none of footprints.

    Notes
    -----
    From heels A, B, C: stride |AC|, step AB along AC, width AB across it, progression the axis of b against AC (after
    Huxham 2006). Speed is the stride's length over its time. Somebody who turns, a foot more than 60° from AC, has no
    step there.
    """
    check_columns("prints", prints, NEEDED, "footprints")
    rows = {number: row for _, one in prints.groupby("walk") for number, row in _steps(one, prints)}
    index = pd.Index(sorted(rows), name="footprint", dtype=np.int64)
    columns = ["walk", "side", "start", *STEP]
    return described(pd.DataFrame([rows[i] for i in index], index=index, columns=columns), "walk", prints)


@checked
def walk_means(prints: pd.DataFrame) -> pd.DataFrame:
    """Average what footprints and their steps are like, of each foot and of both.

    Parameters
    ----------
    prints : DataFrame
        Table of `footprints`.

    Returns
    -------
    DataFrame, index `side` (`left`, `right`, `both`): `n_prints` (whole ones), `n_cut` (cut or overlapping),
    `n_steps`, `mean_…` and `sd_…` (ddof 1) of contact time, foot length and width over whole prints and of every
    measure of `walk` over steps, and `cadence_spm`, 60 over the median step time. What nobody measured is NaN.

    Raises
    ------
    InvalidData
        When the table is none of footprints.
    """
    steps = walk(prints)
    rows = []
    for side in ("left", "right", "both"):
        chosen = prints if side == "both" else prints[prints["side"] == side]
        whole = chosen[~(chosen["cut"].astype(bool) | chosen["overlap"].astype(bool))]
        timed = steps if side == "both" else steps[steps["side"] == side]
        row = {"n_prints": float(len(whole)), "n_cut": float(len(chosen) - len(whole)), "n_steps": float(len(timed))}
        for table, names in ((whole, OF_PRINTS), (timed, STEP)):
            for name in names:
                _, row[f"mean_{name}"], row[f"sd_{name}"] = moments(table, name)
        row["cadence_spm"] = 60.0 / timed["step_s"].median() if len(timed) else np.nan
        rows.append(row)
    return described(pd.DataFrame(rows, index=pd.Index(["left", "right", "both"], name="side")), "walk_means", steps)


def _steps(one: pd.DataFrame, prints: pd.DataFrame) -> Iterator[tuple[int, dict[str, Any]]]:
    """Steps of one walk, by the landing print."""
    right, up = prints.attrs.get("axes", ["right", "down"])
    heel = one[["heel_x_mm", "heel_y_mm"]].to_numpy(np.float64)
    heel = heel * (1 if right == "right" else -1, 1 if up == "up" else -1)
    angle = np.radians(one["axis_deg"].to_numpy(np.float64))
    d = np.column_stack([np.sin(angle), np.cos(angle)])
    start = pd.DatetimeIndex(one["start"]).as_unit("us").asi8 / 1e6
    side, index = one["side"].to_numpy(object), one.index.to_numpy()
    left_out = (one["cut"].astype(bool) | one["overlap"].astype(bool)).to_numpy()
    for i in range(1, len(one) - 1):
        three = slice(i - 1, i + 2)
        if left_out[three].any() or not _in_turn(side[three]):
            continue
        found = _step(heel[three], d[three], start[three], str(side[i]))
        if found is not None:
            yield int(index[i]), {"walk": one["walk"].iloc[i], "side": side[i], "start": one["start"].iloc[i],
                                  **dict(zip(STEP, found, strict=True))}  # fmt: skip


def _in_turn(side: Any) -> bool:
    return side[0] == side[2] and {side[0], side[1]} == {"left", "right"}


def _step(heel: Floats, d: Floats, start: Floats, side: str) -> tuple[float, ...] | None:
    """The measures of `STEP` from three prints; None where one has no heel, or somebody turns."""
    way = heel[2] - heel[0]
    stride = float(np.hypot(*way))
    if not stride > 0:
        return None
    way = way / stride
    if not (d @ way >= np.cos(np.radians(TURNING_DEG))).all():
        return None
    outward = np.array([way[1], -way[0]]) * (1 if side == "right" else -1)
    step = heel[1] - heel[0]
    out_deg = float(np.degrees(np.arctan2(d[1] @ outward, d[1] @ way)))
    stride_s = float(start[2] - start[0])
    return (
        float(step @ way), float(step @ outward), stride, out_deg, float(start[1] - start[0]), stride_s,
        stride / 1000 / stride_s if stride_s > 0 else np.nan,
    )  # fmt: skip
