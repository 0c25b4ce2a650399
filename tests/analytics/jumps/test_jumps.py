"""Jumps: measured ones against a reference computation, a closed form, laws, and edges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from jump_traces import BW, FLIGHT_S, TAKEOFF_S, G, V, cmj, cmj_force, expected, measured, table

from analytics import jumps
from analytics.jumps import weighing
from analytics.jumps.force import force_of
from analytics.jumps.motion import integrated
from barograph.errors import InvalidData

FLAGS = ["cut", "coarse", "short_weigh", "unquiet", "inconsistent"]


def flags(row: pd.Series) -> set[str]:
    return {name for name in FLAGS if row[name]}


def seconds(found: pd.DataFrame, of: pd.DataFrame, name: str) -> list[float]:
    return ((found[name] - of.index[0]) / pd.Timedelta(seconds=1)).tolist()


def after_start(plate: pd.DataFrame) -> np.ndarray:
    return ((plate.index - plate.index[0]) / pd.Timedelta(seconds=1)).to_numpy()


def check(row: pd.Series, known: dict[str, Any], *, but: tuple[str, ...] = ()) -> None:
    """Compare a row with all that the reference computation has of it."""
    for name, value in known.items():
        if name in row and name not in but:
            assert row[name] == pytest.approx(np.nan if value is None else value, abs=2e-5, rel=1e-6, nan_ok=True), name


def test_a_jump_over_two_plates_is_that_of_the_reference() -> None:
    known, plates = expected()["cmj_two_plates_2000hz"], measured("cmj_two_plates_2000hz")
    found = jumps(*plates)
    row = found.iloc[0]
    check(row, known)
    assert (len(found), flags(row), found.attrs["stepped_off"]) == (1, set(), 1)  # off the plate, with a push
    assert (row["body_weight_n"], row["height_m"]) == (pytest.approx(723.05, abs=0.05), pytest.approx(0.32, abs=0.002))
    assert seconds(found, plates[0], "onset") == [known["onset_at_s"]]
    for phase, one in known["plates"].items():
        got = [row[f"{phase}_{what}"] for what in ("left_ns", "right_ns", "si_pct")]
        assert got == pytest.approx([one["plate_1_ns"], one["plate_2_ns"], one["index_pct"]], abs=1e-4)
    assert row["braking_si_pct"] == pytest.approx(-8.0, abs=0.3)


@pytest.mark.parametrize("nth", [10, 20])
def test_fewer_rows_a_second_cost_little_height_and_say_so(nth: int) -> None:
    known = expected()[f"cmj_two_plates_every_{nth}_rows"]
    (row,) = (one for _, one in jumps(*(plate[::nth] for plate in measured("cmj_two_plates_2000hz"))).iterrows())
    check(row, known)
    assert flags(row) == ({"coarse"} if nth == 20 else set())


@pytest.mark.parametrize(
    ("name", "said"),
    [("cmj_takeoff_1", {"short_weigh"}), ("cmj_takeoff_2", set()), ("cmj_takeoff_3_bimodal", {"short_weigh"})],
)
def test_jumps_that_the_record_ends_have_a_height_by_impulse_alone(name: str, said: set[str]) -> None:
    (row,) = (one for _, one in jumps(*measured(f"{name}_2000hz")).iterrows())
    check(row, expected()[name]["own_defaults"])
    assert flags(row) == said | {"cut"}
    assert np.isnan(row["flight_s"])
    assert pd.isna(row["landing"])


@pytest.mark.parametrize("name", ["cmj_takeoff_1", "cmj_takeoff_2", "cmj_takeoff_3_bimodal"])
def test_weighed_and_integrated_as_a_peer_does_it_is_the_peers_height(name: str) -> None:
    (plate,) = measured(f"{name}_2000hz")
    force = force_of(plate, None, None)
    weight = weighing.in_window(force, (0.0, 0.25))
    v, _ = integrated(force.s, force.total, weight.newtons, 9.81)
    known = expected()[name]["recomputed_unfiltered"]
    assert weight.newtons == pytest.approx(known["body_weight_n"], abs=0.001)
    assert v[-1] == pytest.approx(known["takeoff_velocity"], abs=0.001)
    assert v[-1] ** 2 / (2 * 9.81) == pytest.approx(known["height"], abs=0.001)
    assert jumps(plate, window=(0.0, 0.25))["body_weight_n"].tolist() == [weight.newtons]


def test_a_squat_jump_is_propulsion_alone() -> None:
    (row,) = (one for _, one in jumps(*measured("squat_jump_1000hz"), kind="squat").iterrows())
    check(row, expected()["squat_jump_1000hz"])
    assert (row["unweighting_s"], row["braking_s"], row["braking_net_ns"]) == (0.0, 0.0, 0.0)
    assert np.isnan(row["braking_si_pct"])  # nothing of both


def test_a_record_without_quiet_standing_has_a_flight_and_no_weight() -> None:
    (row,) = (one for _, one in jumps(*measured("jump_600hz", "jumps_bmc")).iterrows())
    check(row, expected()["jump_600hz"])
    assert flags(row) == {"unquiet"}
    assert row["height_flight_m"] == pytest.approx(0.2214, abs=0.001)
    assert row.filter(like="_ns").isna().all()
    assert np.isnan(row["height_m"])


def test_the_closed_form() -> None:
    (row,) = (one for _, one in jumps(cmj()).iterrows())
    assert row["takeoff_velocity_m_s"] == pytest.approx(V, abs=0.006)
    assert row["height_m"] == pytest.approx(V**2 / (2 * G), abs=0.002)
    assert row["flight_s"] == pytest.approx(FLIGHT_S, abs=0.001)
    assert row["min_velocity_m_s"] == pytest.approx(-400 * 0.4 / 2 / 75, abs=0.001)
    assert row["braking_s"] == pytest.approx(0.177224, abs=0.002)
    assert row["propulsion_s"] == pytest.approx(0.322776, abs=0.002)
    assert row["net_impulse_ns"] == pytest.approx(row["takeoff_velocity_m_s"] * row["body_weight_n"] / G)
    assert row.filter(regex="(unweighting|braking|propulsion)_net").sum() == pytest.approx(row["net_impulse_ns"])
    assert row["peak_force_n"] == pytest.approx(BW + 900, abs=0.01)
    assert row["rsi_mod"] == pytest.approx(row["height_m"] / row["time_to_takeoff_s"])
    assert flags(row) == set()


def numbers(found: pd.DataFrame) -> np.ndarray:
    return found.select_dtypes("number").to_numpy(np.float64)


def test_a_later_clock_changes_the_times_alone() -> None:
    plate = cmj()
    later = plate.set_index(plate.index + pd.Timedelta(days=3, microseconds=7))
    there, here = jumps(plate), jumps(later)
    np.testing.assert_allclose(numbers(here), numbers(there), rtol=1e-9)
    assert ((here["takeoff"] - there["takeoff"]) == pd.Timedelta(days=3, microseconds=7)).all()


def test_twice_the_force_is_twice_the_mass_and_the_same_height() -> None:
    plate = cmj()
    one, two = jumps(plate).iloc[0], jumps(plate * 2, flight_n=40.0).iloc[0]
    same = ["height_m", "takeoff_velocity_m_s", "braking_s", "propulsion_s", "flight_s", "depth_m", "rsi_mod"]
    doubled = ["body_weight_n", "weigh_sd_n", "net_impulse_ns", "peak_force_n", "peak_power_w"]
    np.testing.assert_allclose(two[same].astype(float), one[same].astype(float), rtol=1e-9)
    np.testing.assert_allclose(two[doubled].astype(float), 2 * one[doubled].astype(float), rtol=1e-9)


def test_feet_that_change_places_change_their_names_alone() -> None:
    plate = cmj()
    left, right = plate * 0.45, plate * 0.55
    one, other = jumps(left, right).iloc[0], jumps(right, left).iloc[0]
    for phase in ("unweighting", "braking", "propulsion"):
        assert one[f"{phase}_left_ns"] == pytest.approx(other[f"{phase}_right_ns"])
        assert one[f"{phase}_si_pct"] == pytest.approx(20.0)
        assert other[f"{phase}_si_pct"] == pytest.approx(-20.0)
    assert one["height_m"] == pytest.approx(jumps(plate).iloc[0]["height_m"])


@pytest.mark.parametrize("hz", [200.0, 500.0, 2000.0])
def test_the_rate_changes_little(hz: float) -> None:
    found = jumps(cmj(hz)).iloc[0]
    assert found["height_m"] == pytest.approx(V**2 / (2 * G), abs=0.012)
    assert found["flight_s"] == pytest.approx(FLIGHT_S, abs=1.01 / hz)
    assert not found["coarse"]


def test_feet_that_are_sampled_at_other_times_are_added_on_one_clock() -> None:
    s = np.arange(4500) / 1000
    right = table(s + 0.0004, cmj_force(s + 0.0004) / 2)
    found = jumps(cmj() / 2, right).iloc[0]
    assert found["height_m"] == pytest.approx(jumps(cmj()).iloc[0]["height_m"], abs=0.002)
    assert found["braking_si_pct"] == pytest.approx(0.0, abs=0.2)


def twice(apart_s: float = 1.0) -> pd.DataFrame:
    """The closed form two times, with some standing between."""
    s = np.arange(round((4.5 + apart_s) * 1000)) / 1000
    still = BW + 1.0 - 2.0 * (np.arange(len(s)) % 2)
    one = np.where(s < 4.5, cmj_force(s), still)
    return table(np.arange(2 * len(s)) / 1000, np.concatenate([one, one]))


def test_two_jumps_of_one_record_are_those_of_its_parts() -> None:
    both = twice()
    found = jumps(both)
    half = len(both) // 2
    parts = pd.concat([jumps(both.iloc[:half]), jumps(both.iloc[half:])])
    assert len(found) == 2
    assert found["takeoff"].tolist() == parts["takeoff"].tolist()
    np.testing.assert_allclose(found["height_m"], parts["height_m"], atol=0.001)
    assert not found[FLAGS].to_numpy().any()


def test_who_steps_off_did_not_jump() -> None:
    s = np.arange(6000) / 1000
    force = np.where(s < 3.0, BW, np.where(s < 3.5, 0.0, BW)) + 1.0 - 2.0 * (np.arange(len(s)) % 2)
    found = jumps(table(s, force))
    assert (len(found), found.attrs["stepped_off"]) == (0, 1)
    assert list(found) == list(jumps(cmj()))


@pytest.mark.parametrize("seconds_in_the_air", [0.149, 1.21])
def test_what_is_too_short_or_too_long_is_no_flight(seconds_in_the_air: float) -> None:
    s = np.arange(6000) / 1000
    force = np.where((s >= TAKEOFF_S) & (s < TAKEOFF_S + seconds_in_the_air), 0.0, np.where(s < 2.4, cmj_force(s), BW))
    assert len(jumps(table(s, force))) == 0


def test_a_flight_that_ends_the_record_is_cut() -> None:
    row = jumps(cmj(seconds=2.6)).iloc[0]
    assert flags(row) == {"cut"}
    assert row["height_m"] == pytest.approx(V**2 / (2 * G), abs=0.002)
    assert row[["flight_s", "height_flight_m", "landing_s"]].isna().all()


def test_a_jump_that_begins_before_the_second_of_weighing_ends_is_weighed_shorter() -> None:
    row = jumps(cmj(at=1.0)).iloc[0]
    assert flags(row) == {"short_weigh"}
    assert row["weigh_s"] == 0.5
    assert row["height_m"] == pytest.approx(V**2 / (2 * G), abs=0.004)
    unquiet = jumps(cmj(at=1.45)).iloc[0]
    assert flags(unquiet) == {"unquiet"}
    assert unquiet["flight_s"] == row["flight_s"]
    assert jumps(cmj(at=1.0), window=(0.0, 0.4)).iloc[0]["weigh_s"] == pytest.approx(0.4)


def test_an_entered_weight_needs_no_weighing_and_must_be_that_of_who_stood() -> None:
    row = jumps(cmj(at=1.2), body_weight_n=BW).iloc[0]
    assert flags(row) == set()
    assert row["height_m"] == pytest.approx(V**2 / (2 * G), abs=0.003)
    assert pd.isna(row["weighing"])
    # So far from what was stood that no onset is found.
    assert "unquiet" in flags(jumps(cmj(), body_weight_n=0.9 * BW).iloc[0])


def test_who_lands_with_bent_knees_is_longer_in_the_air_than_high() -> None:
    plate = cmj()
    s = after_start(plate)
    later = table(
        np.concatenate([s[s < 2.6], np.arange(2600, 2650) / 1000, s[s >= 2.6] + 0.05]),
        np.concatenate([plate["total_force_n"][s < 2.6], np.zeros(50), plate["total_force_n"][s >= 2.6]]),
    )
    row = jumps(later).iloc[0]
    assert flags(row) == {"inconsistent"}
    assert row["height_flight_m"] - row["height_m"] > 0.05


def test_landing_on_one_foot_is_seen_in_the_impulses_of_the_landing() -> None:
    plate = cmj(noise=0.4)
    air = after_start(plate) > 2.5
    plate = plate.mul(np.where(after_start(plate) > 2.9, 1.05, 1.0), axis=0)  # so that it ends
    share = np.where(air, 1.0, 0.5)
    row = jumps(plate.mul(share, axis=0), plate.mul(1 - share, axis=0), body_weight_n=BW).iloc[0]
    assert row["propulsion_si_pct"] == pytest.approx(0.0, abs=1e-6)
    assert (row["landing_right_ns"], row["landing_si_pct"]) == (0.0, -200.0)


def test_a_double_landing_is_one_jump() -> None:
    plate = cmj()
    s = after_start(plate)
    bounced = plate.mask(((s > 3.05) & (s < 3.12))[:, None], 5.0)
    found = jumps(bounced, body_weight_n=BW)
    assert len(found) == 1
    assert found.iloc[0]["flight_s"] == pytest.approx(FLIGHT_S, abs=0.001)


def test_a_few_rows_without_a_force_cost_little_and_a_gap_ends_what_is_known() -> None:
    plate = cmj()
    s = after_start(plate)
    few = plate.mask(((s > 2.1) & (s < 2.13))[:, None])
    assert jumps(few).iloc[0]["height_m"] == pytest.approx(jumps(plate).iloc[0]["height_m"], abs=0.003)
    in_flight = jumps(plate.mask(((s > 2.6) & (s < 2.8))[:, None])).iloc[0]
    assert flags(in_flight) == {"cut"}
    assert in_flight["height_m"] == pytest.approx(jumps(plate).iloc[0]["height_m"])
    in_push = jumps(plate.mask(((s > 2.0) & (s < 2.2))[:, None]))
    assert len(in_push) == 0 or flags(in_push.iloc[0]) == {"unquiet"}
    in_landing = jumps(plate.mask(((s > 3.0) & (s < 3.2))[:, None])).iloc[0]
    assert flags(in_landing) == set()
    assert np.isnan(in_landing["landing_s"])


def test_a_shoe_that_presses_needs_a_higher_limit() -> None:
    plate = cmj() + 35.0
    found = jumps(plate)
    assert (len(found), found.attrs["least_n"]) == (0, 35.0)
    assert len(jumps(plate, flight_n=50.0)) == 1


def test_braking_ends_at_the_velocity_that_is_asked_for() -> None:
    at_rest, later = jumps(cmj()).iloc[0], jumps(cmj(), braking_limit_m_s=0.01).iloc[0]
    assert 0.0 < later["braking_s"] - at_rest["braking_s"] < 0.01
    assert later["braking_s"] + later["propulsion_s"] == pytest.approx(at_rest["braking_s"] + at_rest["propulsion_s"])
    assert jumps(cmj(), braking_limit_m_s=9.0).iloc[0]["propulsion_s"] == 0.0  # so fast nobody was


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"kind": "dive"}, "kind: expected cmj or squat, got 'dive'"),
        ({"flight_n": 0}, "flight_n: expected a number above 0 N, got 0"),
        ({"window": (2.0, 1.0)}, "window: expected seconds from and, later, until"),
        ({"window": (90.0, 91.0)}, "window: expected two or more loaded rows in it, got 0"),
        ({"body_weight_n": -3.0}, "body_weight_n: expected a number above 0 N"),
        ({"body_weight_n": 700.0, "window": (0.0, 1.0)}, "window: expected none beside an entered body_weight_n"),
        ({"braking_limit_m_s": -0.1}, "braking_limit_m_s: expected a number of 0 or more m/s"),
        ({"gap_s": 0.0}, "gap_s: expected"),
    ],
)
def test_a_parameter_out_of_its_bounds_is_refused_with_its_name(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidData, match=said) as refused:
        jumps(cmj(), **asked)
    assert refused.value.field == said.partition(":")[0]


def test_counts_are_no_force() -> None:
    with pytest.raises(InvalidData, match="left: expected total_force_n, a force in N, got a table in counts"):
        jumps(cmj().rename(columns={"total_force_n": "raw_sum"}))
    with pytest.raises(InvalidData, match="right: expected total_force_n"):
        jumps(cmj(), cmj().rename(columns={"total_force_n": "raw_sum"}))
