"""Running against a measured treadmill, a closed form, and the laws of both."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics import (
    drift,
    frame_stats,
    running_form,
    running_means,
    running_minutes,
    sim,
    stances,
    steps,
    strike_index,
)
from analytics.base.times import time_index
from analytics.gait.running_form import G, _stiffness
from barograph import Layout, Recording
from barograph.errors import InvalidData
from barograph.frames import Floats

MASS, CONTACT, FLIGHT = 70.0, 0.25, 0.12
WEIGHT = MASS * G


def forces(force: Floats, hz: float) -> pd.DataFrame:
    us = np.rint(np.arange(len(force)) * 1e6 / hz).astype(np.int64)
    return pd.DataFrame({"total_force_n": force}, index=time_index(us))


def half_sines(n: int, hz: float = 1000.0, *, contact: Any = CONTACT, flight: float = FLIGHT) -> pd.DataFrame:
    """Contacts in turn, each with the impulse that its contact and flight need."""
    lasting = np.broadcast_to(contact, n).astype(float)
    starts = 0.1 + np.concatenate([[0.0], np.cumsum(lasting + flight)[:-1]])
    t = np.arange(0.0, starts[-1] + lasting[-1] + 0.2, 1 / hz)
    force = np.zeros_like(t)
    for start, one in zip(starts, lasting, strict=True):
        inside = (t >= start) & (t < start + one)
        force[inside] = WEIGHT * np.pi / 2 * (flight / one + 1) * np.sin(np.pi * (t[inside] - start) / one)
    return forces(force, hz)


@pytest.fixture
def treadmill(metrics: Callable[[str], Path]) -> pd.DataFrame:
    return forces(np.loadtxt(metrics("running/treadmill_drifting_300hz.csv"), skiprows=1), 300.0)


def test_a_drifting_treadmill_has_the_contacts_of_the_reference(treadmill: pd.DataFrame) -> None:
    assert len(stances(treadmill, on=20.0, off=16.0, floor=0.0)) == 11
    form = running_form(treadmill, baseline="flight", in_turn=True)
    means = running_means(form).loc["both"]
    assert means["n_stances"] == 77
    assert means["n_impacts"] == 28
    assert means["mean_contact_s"] == pytest.approx(0.2933, abs=0.003)
    assert means["mean_flight_s"] == pytest.approx(0.0893, abs=0.003)
    assert means["cadence_spm"] == pytest.approx(156.5, abs=0.5)
    assert form.attrs["body_weight_n"] == pytest.approx(594.7, abs=1)
    assert means["mean_peak_bw"] == pytest.approx(2.28, abs=0.02)
    assert means["mean_duty_pct"] == pytest.approx(38.33, abs=0.3)
    assert means["mean_impulse_bw_s"] == pytest.approx(0.3824, abs=0.001)
    assert means["mean_valr_bw_s"] == pytest.approx(31.47, abs=0.3)
    assert means["mean_vilr_bw_s"] == pytest.approx(63.44, abs=1)
    assert not form["coarse"].any()


def test_half_sines_are_measured_as_they_were_made() -> None:
    form = running_form(half_sines(20), in_turn=True, body_weight_n=WEIGHT, speed_m_s=3.5, leg_m=0.9)
    means = running_means(form).loc["both"]
    assert means["n_stances"] == 20
    assert means["mean_contact_s"] == pytest.approx(0.249, abs=0.001)
    assert means["mean_peak_bw"] == pytest.approx(2.3248, abs=1e-3)
    assert means["cadence_spm"] == pytest.approx(162.162, abs=0.01)
    assert means["mean_impulse_bw_s"] == pytest.approx(0.37, abs=1e-3)
    assert means["mean_valr_bw_s"] == pytest.approx(28.31, abs=0.3)
    assert means["n_impacts"] == 0
    # The weight that is found is that of the mean force over whole strides.
    assert running_form(half_sines(21), in_turn=True).attrs["body_weight_n"] == pytest.approx(WEIGHT, rel=2e-3)


def test_stiffness_is_that_of_the_model() -> None:
    form = pd.DataFrame({"contact_s": [CONTACT], "flight_s": [FLIGHT]})
    _stiffness(form, WEIGHT, 3.5, 0.9)
    assert form["fmax_model_n"].iloc[0] == pytest.approx(1595.88, abs=0.01)
    assert form["fall_m"].iloc[0] == pytest.approx(0.067757, abs=1e-6)
    assert form["k_vert_kn_m"].iloc[0] == pytest.approx(23.553, abs=1e-3)
    assert form["k_leg_kn_m"].iloc[0] == pytest.approx(8.805, abs=1e-3)
    _stiffness(form, WEIGHT, 9.0, 0.9)  # a leg shorter than half of the way has no such model
    assert form["k_leg_kn_m"].isna().all()


def test_contacts_of_a_sprinter_are_kept() -> None:
    lasting = np.linspace(0.10, 0.25, 20)
    form = running_form(half_sines(20, contact=lasting), in_turn=True)
    assert len(form) == 20
    np.testing.assert_allclose(form["contact_s"], lasting, atol=0.003)
    assert len(running_form(half_sines(10, contact=0.09), in_turn=True)) == 10


def test_two_insoles_have_the_flights_of_the_treadmill_and_one_alone_says_that_it_is_estimated() -> None:
    both = half_sines(20)
    number = np.floor((np.arange(len(both)) / 1000 - 0.1) / (CONTACT + FLIGHT)).astype(int)
    left, right = (both.where(pd.Series(number % 2 == i, both.index), 0.0) for i in (0, 1))
    pair = running_form(left, right, body_weight_n=WEIGHT)
    one = running_form(left, body_weight_n=WEIGHT)
    treadmill = running_form(both, in_turn=True, body_weight_n=WEIGHT)
    assert pair["side"].tolist() == ["left", "right"] * 10
    np.testing.assert_allclose(pair["flight_s"].dropna(), 0.121, atol=1e-6)
    np.testing.assert_allclose(treadmill["flight_s"].dropna(), 0.121, atol=1e-6)
    np.testing.assert_allclose(one["flight_s"].dropna(), 0.121, atol=1e-6)
    assert one["estimated"].all()
    assert not pair["estimated"].any()
    assert len(pair["flight_s"].dropna()) == 19
    np.testing.assert_allclose(pair["peak_bw"], treadmill["peak_bw"], rtol=1e-9)
    assert running_form(left, right).attrs["body_weight_n"] == pytest.approx(WEIGHT, rel=0.01)


def test_force_units_cancel_and_a_baseline_that_does_not_drift_changes_nothing() -> None:
    plain = half_sines(12)
    shifted = plain + 40.0 + np.linspace(0.0, 60.0, len(plain))[:, None]
    a, b = (running_form(one, in_turn=True, baseline="flight") for one in (plain, shifted))
    np.testing.assert_allclose(a["contact_s"], b["contact_s"], atol=0.002)
    np.testing.assert_allclose(a["peak_bw"], b["peak_bw"], rtol=0.01)


def test_minutes_follow_a_runner_who_tires_and_drift_says_how_fast() -> None:
    lasting = np.linspace(0.20, 0.26, 400)
    form = running_form(half_sines(400, hz=250.0, contact=lasting), in_turn=True)
    minutes = running_minutes(form)
    assert len(minutes) == 3
    assert minutes["mean_contact_s"].is_monotonic_increasing
    assert minutes["n_stances"].sum() == 400
    slope = drift(form, "contact_s").iloc[0]
    assert slope["low_per_min"] <= slope["slope_per_min"] <= slope["high_per_min"]
    assert slope["slope_per_min"] == pytest.approx(
        0.06 / (form["start"].iloc[-1] - form["start"].iloc[0]).total_seconds() * 60, rel=0.05
    )


def test_walking_and_running_are_told_apart_step_by_step() -> None:
    for made, mode in ((sim.walk, "walk"), (sim.run, "run")):
        pair = made(8.0, rows=12, cols=6)
        timed = steps(*(stances(frame_stats(pair[side])) for side in sim.SIDES))
        known = timed[timed["mode"] != ""]
        assert set(known["mode"]) == {mode}
        assert len(known) > 5
        assert timed["flight_s"].notna().any() == (mode == "run")
    forced = steps(*(stances(frame_stats(pair[side])) for side in sim.SIDES), mode="walk")
    assert forced["flight_s"].isna().all()


def heavier_right() -> pd.DataFrame:
    """A pair of insoles: the right foot's contacts are longer."""
    lasting = np.where(np.arange(20) % 2, 0.27, 0.24)
    both = half_sines(20, contact=lasting)
    starts = np.concatenate([[0.0], np.cumsum(lasting + FLIGHT)]) + 0.1 - FLIGHT / 2
    number = np.searchsorted(starts, np.arange(len(both)) / 1000.0, "right") - 1
    left, right = (both.where(pd.Series(number % 2 == i, both.index), 0.0) for i in (0, 1))
    return running_form(left, right, body_weight_n=WEIGHT, speed_m_s=3.5, leg_m=0.9)


def test_means_are_of_each_foot_and_of_both() -> None:
    form = heavier_right()
    form.loc[form.index[-1], "impact"] = True
    means = running_means(form)
    assert means.index.tolist() == ["left", "right", "both"]
    assert means.index.name == "side"
    assert means["n_stances"].tolist() == [10.0, 10.0, 20.0]
    assert means["n_impacts"].tolist() == [0.0, 1.0, 1.0]
    for side, chosen in (("left", form.iloc[::2]), ("right", form.iloc[1::2]), ("both", form)):
        assert means.loc[side, "mean_contact_s"] == pytest.approx(chosen["contact_s"].mean())
        assert means.loc[side, "sd_peak_bw"] == pytest.approx(chosen["peak_bw"].std(ddof=1))
        assert means.loc[side, "cadence_spm"] == pytest.approx(60.0 / chosen["step_s"].median())
    assert means.loc["right", "mean_contact_s"] - means.loc["left", "mean_contact_s"] == pytest.approx(0.03, abs=0.002)
    assert (means.attrs["metric"], means.attrs["made_of"]["metric"]) == ("running_means", "running_form")


def test_the_leg_is_as_stiff_as_the_model_says_of_each_contact() -> None:
    form = heavier_right()
    contact, flight = form["contact_s"], form["flight_s"]
    most = WEIGHT * np.pi / 2 * (flight / contact + 1)
    fall = most * contact**2 / (MASS * np.pi**2) - G * contact**2 / 8
    shorter = 0.9 - np.sqrt(0.81 - (3.5 * contact / 2) ** 2) + fall
    np.testing.assert_allclose(form["leg_compression_m"], shorter)
    np.testing.assert_allclose(form["k_leg_kn_m"], most / shorter / 1000)
    asked = {"body_weight_n": WEIGHT, "speed_m_s": 3.5, "leg_m": 0.9, "in_turn": False, "baseline": "none"}
    assert {name: form.attrs[name] for name in asked} == asked
    assert form.index.name == "step"
    unknown = running_form(half_sines(20), in_turn=True, body_weight_n=WEIGHT)
    assert unknown["k_vert_kn_m"].notna().sum() == 19
    assert unknown["k_leg_kn_m"].isna().all()
    assert running_form(forces(np.zeros(100), 100.0)).attrs["body_weight_n"] is None
    assert running_form(half_sines(5), in_turn=True, gap_s=0.3).attrs["gap_s"] == 0.3


def test_a_minute_has_the_numbers_of_its_contacts_and_one_without_any_has_none() -> None:
    run = half_sines(400, hz=250.0, contact=np.linspace(0.20, 0.26, 400))
    later = run.set_index(run.index + pd.Timedelta(minutes=5))
    form = running_form(pd.concat([run, later]), in_turn=True, body_weight_n=WEIGHT)
    minutes, whole = running_minutes(form), form[~form["cut"].astype(bool)]
    number = (whole["start"] - whole["start"].iloc[0]) // pd.Timedelta(minutes=1)
    assert minutes.index.tolist() == list(range(8))
    assert minutes.index.name == "minute"
    for minute in range(8):
        chosen = whole[number == minute]
        assert minutes.loc[minute, "n_stances"] == len(chosen)
        found = minutes.loc[minute, ["mean_contact_s", "mean_peak_bw", "cadence_spm"]].tolist()
        known = [chosen["contact_s"].mean(), chosen["peak_bw"].mean(), 60.0 / chosen["step_s"].median()]
        assert found == pytest.approx(known, nan_ok=True)
    assert minutes.loc[3, "n_stances"] == 0
    assert (minutes.attrs["metric"], minutes.attrs["made_of"]["metric"]) == ("running_minutes", "running_form")


@pytest.mark.parametrize("n", [2, 3, 6, 7])
def test_the_weight_is_the_mean_force_over_whole_strides(n: int) -> None:
    made = half_sines(n)
    force, s = made["total_force_n"].to_numpy(), np.arange(len(made)) / 1000
    starts = [i for i in range(1, len(force)) if force[i] >= 20 > force[i - 1]]
    strides = starts[0 : len(starts) - (len(starts) + 1) % 2]  # from a foot to the same one
    found = running_form(made, in_turn=True).attrs["body_weight_n"]
    if n == 2:
        assert found is None
        return
    there = slice(strides[0], strides[-1] + 1)
    assert found == pytest.approx(np.trapezoid(force[there], s[there]) / (s[strides[-1]] - s[strides[0]]), rel=1e-12)
    assert (
        running_form(made).attrs["body_weight_n"]
        == pytest.approx(  # one foot carries half
            2
            * np.trapezoid(force[starts[0] : starts[-1] + 1], s[starts[0] : starts[-1] + 1])
            / (s[starts[-1]] - s[starts[0]])
        )
    )


def test_what_is_too_coarse_cut_or_none_says_so() -> None:
    coarse = running_form(half_sines(6, hz=100.0), in_turn=True)
    assert coarse["coarse"].all()
    cut = running_form(half_sines(6).iloc[180:], in_turn=True)
    assert cut["cut"].tolist()[0]
    assert np.isnan(cut["peak_bw"].iloc[0])
    none = running_form(forces(np.zeros(100), 100.0), baseline="flight")
    assert none.empty
    assert running_means(none).loc["both", "n_stances"] == 0
    assert running_minutes(none).empty
    for asked, field in (
        ({"baseline": "sky"}, "baseline"),
        ({"leg_m": 0.0}, "leg_m"),
        ({"speed_m_s": -1.0}, "speed_m_s"),
    ):
        with pytest.raises(InvalidData, match=f"{field}: expected"):
            running_form(half_sines(3), **asked)
    with pytest.raises(InvalidData, match="in_turn: expected one table") as refused:
        running_form(half_sines(3), half_sines(3), in_turn=True)
    assert refused.value.field == "in_turn"
    with pytest.raises(InvalidData, match="form: expected a table of running_form"):
        running_means(pd.DataFrame({"side": []}))


@pytest.mark.parametrize(("along", "strike"), [(0.10, "rearfoot"), (0.5, "midfoot"), (0.8, "forefoot")])
@pytest.mark.parametrize("side", ["left", "right"])
def test_the_strike_index_is_where_the_foot_comes_down(along: float, strike: str, side: Any) -> None:
    layout = Layout(rows=24, cols=9, unit="kPa", pitch_mm=(10.0, 10.0), kind="insole", side=side)
    frames = np.zeros((40, 24, 9))
    row = int((1 - along) * 24)
    frames[6:30, row, 4] = 600.0
    frames[5, 2, 4] = 300.0  # 30 N are no strike yet
    made = Recording(frames=frames, times_us=np.arange(40) * 5_000, layout=layout)
    found = strike_index(made, stances(frame_stats(made)))
    assert found["strike_index_pct"].tolist() == pytest.approx([100 * (240 - 10 * row - 5) / 240], abs=1)
    assert found["strike"].tolist() == [strike]
