"""On one leg: the time until the foot is put down, touch-downs by their true moments, sway without them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics import balance, single_leg
from analytics.base.times import time_index
from analytics.sway.net_cop import NO_TIME
from barograph.errors import InvalidData

T0_US = 1_700_000_000_000_000
AT = np.arange(3000) / 100  # 30 s


def foot(force: Any, at_us: Any = None) -> pd.DataFrame:
    x, y = 5.0 * np.sin(2.0 * AT), 100.0 + 4.0 * np.cos(3.0 * AT)
    off = np.asarray(force) < 20.0
    us = T0_US + np.rint(1e6 * AT).astype(np.int64) if at_us is None else at_us
    table = {"total_force_n": force, "cop_x_mm": np.where(off, np.nan, x), "cop_y_mm": np.where(off, np.nan, y)}
    return pd.DataFrame(table, index=time_index(us))


def pressed(*spans: tuple[float, float], to: float = 150.0) -> Any:
    """Force of a foot that is on the ground in some seconds."""
    return sum((np.where((start <= AT) & (stop > AT), to, 0.0) for start, stop in spans), np.zeros(len(AT)))


STANDING = foot(np.full(3000, 700.0))


def test_nobody_touches_down_and_all_of_the_time_counts() -> None:
    found = single_leg(STANDING, foot(pressed()))
    (row,) = found.to_dict("records")
    assert (row["side"], row["n_touch_downs"], row["touched_s"]) == ("left", 0.0, 0.0)
    assert row["single_leg_s"] == row["longest_untouched_s"] == pytest.approx(29.99)
    expected = balance(STANDING.iloc[:-1]).iloc[0]
    for name in ("path_mm", "rms_x_mm", "ellipse95_area_mm2", "duration_s"):
        assert row[name] == pytest.approx(expected[name], rel=1e-12), name


def test_touch_downs_are_noticed_at_their_moments_and_cost_the_sway_nothing() -> None:
    spans = [(8.0, 8.5), (15.0, 15.2), (15.25, 15.4), (22.0, 22.03)]
    found = single_leg(foot(pressed(*spans)), STANDING)
    (row,) = found.to_dict("records")
    # The second and third are one; the last is shorter than 0.05 s.
    assert (row["side"], row["n_touch_downs"]) == ("right", 2.0)
    us = [[round((at - T0_US) / 1e6, 6) for at in pair] for pair in found.attrs["touch_downs_us"]]
    assert us == [[8.0, 8.5], [15.0, 15.4]]
    assert row["touched_s"] == pytest.approx(0.9)
    assert row["single_leg_s"] == pytest.approx(29.99 - 0.9)
    assert row["longest_untouched_s"] == pytest.approx(29.99 - 15.4)
    hidden = STANDING.iloc[:-1].copy()
    seconds = AT[:-1]
    touched = ((seconds >= 8.0) & (seconds < 8.5)) | ((seconds >= 15.0) & (seconds < 15.4))
    hidden.loc[touched, ["cop_x_mm", "cop_y_mm"]] = np.nan
    assert row["path_mm"] == pytest.approx(balance(hidden)["path_mm"].iloc[0], rel=1e-12)


def test_time_begins_with_the_lift_and_ends_where_the_foot_is_put_down() -> None:
    found = single_leg(STANDING, foot(pressed((0.0, 4.0), (12.0, 12.3), (25.0, 30.0))))
    (row,) = found.to_dict("records")
    assert (row["n_touch_downs"], row["single_leg_s"]) == (1.0, pytest.approx(21.0 - 0.3))
    assert row["longest_untouched_s"] == pytest.approx(12.7)
    assert row["duration_s"] == pytest.approx(20.65, abs=0.06)


def test_contacts_and_sway_are_by_what_is_asked_for_and_the_table_says_so() -> None:
    other = foot(pressed((8.0, 8.03), (15.0, 15.2), (15.4, 15.6)))
    left = STANDING.copy()
    left.attrs["metric"] = "frame_stats"
    plain = single_leg(left, other)
    asked = {"touch_n": 30.0, "min_contact_s": 0.02, "merge_s": 0.3}
    found = single_leg(left, other, **asked, ellipse="exact", cutoff_hz=5.0)
    assert (plain["n_touch_downs"].iloc[0], found["n_touch_downs"].iloc[0]) == (2.0, 2.0)
    starts = [[round((start - T0_US) / 1e6, 6) for start, _ in one.attrs["touch_downs_us"]] for one in (plain, found)]
    assert starts == [[15.0, 15.4], [8.0, 15.0]]
    assert found["path_mm"].iloc[0] != plain["path_mm"].iloc[0]
    known = {"metric": "single_leg", **asked, "ellipse": "exact", "cutoff_hz": 5.0, "missing": []}
    assert {name: found.attrs[name] for name in known} == known
    assert found.attrs["made_of"]["left"]["made_of"] == {"metric": "frame_stats"}
    assert next(iter(found)) == "side"
    assert found.index.equals(balance(STANDING).index)


@pytest.mark.parametrize(("shift", "known"), [(2999, True), (3000, False), (-2999, True), (-3000, False)])
def test_feet_that_were_recorded_together_for_a_row_have_a_stance(shift: int, known: bool) -> None:
    late = foot(pressed(), T0_US + 10_000 * (np.arange(3000) + shift))
    assert (single_leg(STANDING, late).attrs["missing"] == []) == known
    assert (single_leg(STANDING, late)["side"].iloc[0] == "left") == known


def test_the_lifted_foot_is_off_the_ground_for_half_of_the_time() -> None:
    assert single_leg(STANDING, foot(pressed((5.0, 20.0)))).attrs["missing"] == []
    fewer = single_leg(STANDING, foot(pressed((5.0, 20.01))))
    assert fewer.attrs["missing"] == ["both feet carry: the right one is off the ground for 50 % of the time"]
    assert fewer["side"].tolist() == [""]


def test_a_preload_of_the_shoe_needs_another_threshold() -> None:
    shoe = foot(25.0 + pressed((10.0, 10.4)))
    assert single_leg(STANDING, shoe)["n_touch_downs"].isna().all()
    assert single_leg(STANDING, shoe, touch_n=60.0)["n_touch_downs"].tolist() == [1.0]


def test_who_stands_on_both_feet_has_no_such_time_and_it_is_said() -> None:
    found = single_leg(STANDING, foot(pressed((0.0, 20.0))))
    assert found.attrs["missing"] == ["both feet carry: the right one is off the ground for 33 % of the time"]
    assert found.attrs["touch_downs_us"] == []
    assert found.drop(columns="side").isna().all(axis=None)
    later = foot(pressed(), T0_US + 10**9 + np.rint(1e6 * AT).astype(np.int64))
    assert single_leg(STANDING, later).attrs["missing"] == [NO_TIME]
    assert single_leg(STANDING, STANDING.iloc[:0]).attrs["missing"] == ["a foot has no frames"]


def test_feet_without_a_force_are_refused() -> None:
    with pytest.raises(InvalidData, match="right: expected a force") as refused:
        single_leg(STANDING, STANDING.drop(columns="total_force_n"))
    assert refused.value.field == "right"
    with pytest.raises(InvalidData, match="touch_n: expected a number above 0 N"):
        single_leg(STANDING, STANDING, touch_n=0.0)
