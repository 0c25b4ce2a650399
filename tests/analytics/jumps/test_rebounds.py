"""Drop jumps and hops: contacts of half a sine whose velocity is known, laws, and edges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from jump_traces import BW, MASS, G, rebound_force, table

from analytics import drop_jumps, hops, jumps
from barograph.errors import InvalidData

V, CONTACT_S = 2.4, 0.21
FLIGHT_S = 2 * V / G


def drop(hz: float = 1000.0, *, on_the_box: bool = False) -> pd.DataFrame:
    """A fall of V, one contact, the flight after it, a landing, standing; before the fall nothing, or the box."""
    s = np.arange(round(6.0 * hz)) / hz
    touch = 1.5
    force = rebound_force(s, [touch, touch + CONTACT_S + FLIGHT_S], CONTACT_S, V)
    landing = touch + CONTACT_S + FLIGHT_S
    force = np.where(s >= landing, BW + 1.03 * MASS * V * np.pi / 0.6 * np.sin(np.pi * (s - landing) / 0.3), force)
    force = np.where(s >= landing + 0.3, BW, force)
    if on_the_box:
        force = np.where(s < touch - 2.0 * V / G / 2.0, BW, force)
    return table(s, force + np.where(force > 0, 0.5 - np.arange(len(s)) % 2, 0.0))


@pytest.mark.parametrize("on_the_box", [False, True])
def test_a_drop_jump_has_the_contact_and_the_flight_that_it_was_made_with(on_the_box: bool) -> None:
    found = drop_jumps(drop(on_the_box=on_the_box))
    (row,) = (one for _, one in found.iterrows())
    height = G * FLIGHT_S**2 / 8
    # 20 N are passed a little after touch-down, and before take-off.
    assert row["contact_s"] == pytest.approx(CONTACT_S, abs=0.002)
    assert row["flight_s"] == pytest.approx(FLIGHT_S, abs=0.002)
    assert row["height_flight_m"] == pytest.approx(height, abs=0.003)
    assert row["rsi"] == pytest.approx(height / CONTACT_S, rel=0.02)
    assert row["rsi_ratio"] == pytest.approx(FLIGHT_S / CONTACT_S, rel=0.02)
    # Half a sine turns the fall round in its middle.
    assert row["braking_s"] == pytest.approx(CONTACT_S / 2, abs=0.003)
    assert row["braking_s"] + row["propulsion_s"] == pytest.approx(row["contact_s"])
    assert row["body_weight_n"] == pytest.approx(BW, abs=0.1)
    assert not row[["cut", "coarse", "short_weigh", "unquiet"]].any()


def test_contact_by_a_lower_limit_is_longer_and_the_rsi_smaller() -> None:
    plate = drop()
    s = np.arange(len(plate)) / 1000.0
    beside = ((s > 1.49) & (s < 1.5005)) | ((s > 1.4999 + CONTACT_S) & (s < 1.51 + CONTACT_S))
    plate = plate.mask(beside[:, None], 10.0)
    low, high = (drop_jumps(plate, flight_n=n).iloc[0] for n in (5.0, 20.0))
    assert low["contact_s"] > high["contact_s"]
    assert low["rsi"] < high["rsi"]


def series(contacts: int, hz: float = 500.0) -> pd.DataFrame:
    """Stand, jump, hop so often, land, and stand."""
    push, first = 0.4, 2.0
    s = np.arange(round(9.0 * hz)) / hz
    v = 1.6
    flight = 2 * v / G
    starts = [first + push + flight + i * (0.2 + flight) for i in range(contacts)]
    force = rebound_force(s, starts, 0.2, v)
    rise = (v * MASS / push) * np.pi / 2.0
    force = np.where((s >= first) & (s < first + push), BW + rise * np.sin(np.pi * (s - first) / push), force)
    land = first + push + flight + contacts * (0.2 + flight)
    force = np.where(s >= land, BW + MASS * v * np.pi / 0.6 * np.sin(np.pi * (s - land) / 0.3), force)
    return table(s, np.where((s < first) | (s >= land + 0.3), BW, force))


def test_hops_are_counted_between_their_flights() -> None:
    found = hops(series(5))
    assert len(found) == 5
    assert found["series"].tolist() == [1.0] * 5
    assert found["contact_s"].tolist() == pytest.approx([0.2] * 5, abs=0.006)
    assert found["flight_s"].tolist() == pytest.approx([3.2 / G] * 5, abs=0.006)
    assert len(drop_jumps(series(5))) == 0
    assert len(jumps(series(5))) == 6
    assert found["body_weight_n"].tolist() == pytest.approx([BW] * 5, abs=0.1)


def test_two_series_have_their_numbers() -> None:
    one = series(2)
    both = table(np.arange(2 * len(one)) / 500.0, np.tile(one["total_force_n"].to_numpy(), 2))
    assert hops(both)["series"].tolist() == [1.0, 1.0, 2.0, 2.0]


def test_sides_change_places_and_add_up() -> None:
    plate = drop()
    one, other = (drop_jumps(*feet).iloc[0] for feet in ((plate * 0.4, plate * 0.6), (plate * 0.6, plate * 0.4)))
    for phase in ("contact", "braking", "propulsion", "landing"):
        assert one[f"{phase}_si_pct"] == pytest.approx(40.0)
        assert other[f"{phase}_si_pct"] == pytest.approx(-40.0)
    assert one["braking_left_ns"] + one["propulsion_left_ns"] == pytest.approx(one["contact_left_ns"])


def test_a_later_clock_changes_the_times_alone() -> None:
    plate = drop()
    there, here = drop_jumps(plate), drop_jumps(plate.set_index(plate.index + pd.Timedelta(days=1)))
    pd.testing.assert_frame_equal(there.select_dtypes("number"), here.select_dtypes("number"))


def test_without_a_standing_there_is_no_lowest_point_and_it_says_so() -> None:
    short = drop().iloc[:2300]
    row = drop_jumps(short).iloc[0]
    assert row["unquiet"]
    assert row["rsi"] == pytest.approx(drop_jumps(drop()).iloc[0]["rsi"])
    assert row[["braking_s", "propulsion_s", "landing_s", "body_weight_n"]].isna().all()
    assert drop_jumps(short, body_weight_n=BW).iloc[0]["braking_s"] == pytest.approx(CONTACT_S / 2, abs=0.003)


def test_a_flight_that_the_record_ends_has_no_rsi() -> None:
    row = drop_jumps(drop().iloc[:1900], body_weight_n=BW).iloc[0]
    assert row["cut"]
    assert row["contact_s"] == pytest.approx(CONTACT_S, abs=0.002)
    assert row[["flight_s", "rsi", "braking_s"]].isna().all()


@pytest.mark.parametrize("find", [drop_jumps, hops])
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"flight_n": -1.0}, "flight_n: expected a number above 0 N"),
        ({"longest_contact_s": 0.05}, "longest_contact_s: expected a number above 0.05 s"),
        ({"body_weight_n": 0.0}, "body_weight_n: expected a number above 0 N"),
    ],
)
def test_a_parameter_out_of_its_bounds_is_refused_with_its_name(find: Any, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidData, match=said):
        find(drop(), **asked)


def test_a_record_that_ends_in_a_short_rest_has_no_drop_jump() -> None:
    short = drop().iloc[: 1500 + 210 + 100]
    assert len(drop_jumps(short)) == 0


def test_the_weight_is_that_of_the_nearest_standing() -> None:
    heavy = drop()
    both = pd.concat([drop(), heavy.set_index(heavy.index + pd.Timedelta(seconds=6)) * 1.2])
    assert drop_jumps(both)["body_weight_n"].tolist() == pytest.approx([BW, 1.2 * BW], abs=0.2)
