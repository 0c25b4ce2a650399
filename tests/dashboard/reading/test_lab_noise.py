"""The noise of this lab: who was tested twice within a week in the same way, from summaries alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analytics import reliability, sim
from barograph.store.ports import About, Workout
from dashboard.drawing.units import Units
from dashboard.reading.lab_noise import LabNoise, lab_noise, repeated
from dashboard.reading.session_measures import Entry, metric
from dashboard.reading.summarising import Summariser
from dashboard.reading.turned import turned

DAY_US = 86_400_000_000
START_US = 1_790_000_000_000_000
FORCE = metric("max_total_force_n")
NEWTONS = Units()
TRIALS = ((700.0, 710.0), (800.0, 790.0), (650.0, 655.0), (720.0, 722.0))


def entry(value: float, mass_kg: float | None = 70.0) -> Entry:
    workout = Workout("w", START_US, About(athlete="A", kind="walk", mass_kg=mass_kg))
    return Entry(workout, START_US, 10.0, True, {("max_total_force_n", "left"): (value, 3.0, 9)})


def noise(trials=TRIALS, mass_kg: float | None = 70.0) -> LabNoise:
    return LabNoise(tuple((entry(first, mass_kg), entry(second, mass_kg)) for first, second in trials))


def of(found: LabNoise, units: Units = NEWTONS) -> tuple[float, float, float]:
    return found.of(FORCE, "left", turned(FORCE, [entry(750.0)], units), units)


def test_te_and_swc_are_those_of_repeated_trials():
    known = reliability(pd.DataFrame(TRIALS)).iloc[0]
    assert of(noise()) == (known["te"], 4, known["swc"])
    assert "4 athletes of this lab, twice within 7 days" in noise().said


def test_they_are_in_the_unit_that_is_shown():
    share = 100.0 / (70.0 * 9.80665)
    assert of(noise(), Units("% BW")) == pytest.approx(
        [share * one if i != 1 else one for i, one in enumerate(of(noise()))]
    )
    assert np.isnan(of(noise(mass_kg=None), Units("% BW"))).all(), "without a mass there is no % BW"


def test_of_two_athletes_nothing_is_known():
    assert not noise(TRIALS[:2]).known
    assert np.isnan(of(noise(TRIALS[:2]))).all()
    assert np.isnan(noise().of(FORCE, "right", turned(FORCE, [entry(1.0)], Units()), Units())).all()


@pytest.fixture
async def lab(pages, keep):
    """Athletes who were tested on these days; the last is the one in question."""
    days = {"A": (0, 3), "B": (0, 30, 33), "C": (1, 2), "D": (0, 20), "E": (5, 5.1), "me": (0, 4)}
    for who, when in days.items():
        for i, day in enumerate(when):
            walk = sim.walk(3.0, start_us=START_US + int(day * DAY_US), seed=i, rows=12, cols=6)
            await keep(f"{who}{i}", walk, athlete=who, kind="walk", mass_kg=70.0)
    await keep("other kind", sim.walk(3.0, start_us=START_US + DAY_US, rows=12, cols=6), athlete="D", kind="run")
    return pages


async def test_a_pair_is_two_sessions_of_a_kind_within_a_week_of_somebody_else(lab):
    me = await lab.archive.workout("me0")
    assert not (await lab_noise(lab.archive, lab.measures, me, {"me"})).known, "no summary, nothing is read for it"
    await Summariser(lab.archive, lambda _: True).catch_up()
    found = await lab_noise(lab.archive, lab.measures, me, {"me"})
    names = sorted((one.workout.workout_id, other.workout.workout_id) for one, other in found.pairs)
    assert names == [("A0", "A1"), ("B1", "B2"), ("C0", "C1")]
    assert found.known
    unlike = replace(me, about=replace(me.about, kind="run"))
    assert not (await lab_noise(lab.archive, lab.measures, unlike, {"me"})).known
    assert (await lab_noise(lab.archive, lab.measures, replace(me, about=About()), set())).pairs == ()


def test_of_one_session_there_is_no_pair():
    assert repeated([Workout("w", START_US)]) is None
    assert repeated([]) is None
