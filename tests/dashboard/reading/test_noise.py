"""A baseline of first tests, and what later ones are beside it: numbers that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.sessions.change import BEYOND, UNKNOWN, WITHIN
from barograph.store.ports import About, Workout
from dashboard.drawing.units import Units
from dashboard.history import page
from dashboard.reading.lab_noise import LabNoise
from dashboard.reading.noise import baseline, changes, none
from dashboard.reading.session_measures import Entry, metric
from dashboard.reading.turned import turned

DAY_US = 86_400_000_000
START_US = 1_790_000_000_000_000
TESTS = (100.0, 102.0, 98.0, 101.0, 130.0)


def sessions(values=TESTS, kinds=("walk",)) -> list[Entry]:
    made = []
    for i, value in enumerate(values):
        about = About(athlete="A", kind=kinds[i % len(kinds)], mass_kg=70.0)
        at = START_US + i * DAY_US
        workout = Workout(f"w{i}", at, about)
        made.append(Entry(workout, at, 10.0, True, {("max_peak_kpa", "left"): (value, 3.0, 9)}))
    return made


def test_the_mdc_is_of_one_test_against_the_mean_of_the_baseline():
    found = baseline(np.array(TESTS), 3)
    assert (found.mean, found.te, found.n) == (100.0, 2.0, 3)
    assert found.mdc95 == pytest.approx(1.959964 * 2.0 * np.sqrt(1 + 1 / 3))
    assert changes(np.array(TESTS), found) == [UNKNOWN, UNKNOWN, UNKNOWN, WITHIN, BEYOND]
    said = " ".join(found.about("kPa", 0))
    assert "the first 3 tests: TE 2.0 kPa, 95 % interval 1.0 … 12.6" in said
    assert "4.5 kPa" in said


def test_a_session_without_the_measure_is_no_test():
    found = baseline(np.array([np.nan, *TESTS]), 3)
    assert (found.mean, found.n) == (100.0, 3)
    assert changes(np.array([np.nan, *TESTS]), found) == [UNKNOWN] * 4 + [WITHIN, BEYOND]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((100.0, 102.0), "here are 2"),
        (TESTS[:3], "here are 3"),
        ((5.0,) * 4, "do not differ at all"),
        ((), "here are 0"),
    ],
)
def test_without_enough_tests_nothing_is_decided_and_it_is_said(values, said):
    found = baseline(np.array(values, float), 3)
    assert not found.known
    assert said in found.said
    assert found.about("kPa", 0) == (found.said,)
    assert set(changes(np.array(values, float), found)) <= {UNKNOWN}


def test_a_baseline_may_be_none_at_all():
    assert none("why").change(5.0) == UNKNOWN


def history(entries: list[Entry], search: str = "") -> str:
    return page.body(entries, page.read(search), Units())


def test_the_history_has_a_flag_for_each_session_and_bands_about_the_baseline():
    markup = history(sessions())
    rows = markup.split("<tbody>")[-1]
    assert rows.count(">baseline<") == 3
    assert rows.count("beyond MDC") == rows.count("within noise") == 1
    assert "Band: mean of the first 3 tests, squares, ± MDC95 of one more test." in markup
    assert markup.count('fill="var(--surface-3)"') == 1
    assert markup.count('width="8"') == 3


def test_with_the_spread_of_a_team_a_small_change_is_above_the_swc_and_has_its_band():
    others = ((100.0, 101.0), (110.0, 109.0), (90.0, 91.0))
    lab = LabNoise(tuple(tuple(sessions(pair, kinds=("walk",))) for pair in others))
    swc = lab.of(metric("max_peak_kpa"), "left", turned(metric("max_peak_kpa"), sessions(), Units()), Units())[2]
    assert swc == pytest.approx(0.2 * np.std([100.5, 109.5, 90.5], ddof=1))
    markup = page.body(sessions((100.0, 102.0, 98.0, 103.0, 101.0, 130.0)), page.read(""), Units(), 0, lab)
    rows = markup.split("<tbody>")[-1]
    assert [rows.count(f">{one}<") for one in ("beyond MDC", "above SWC", "within noise")] == [1, 1, 1]
    assert "Dark: ± SWC." in markup
    assert markup.count('fill="var(--line-2)"') == 1
    assert "3 athletes of this lab" in rows


def test_tests_of_several_kinds_or_too_few_have_no_band_and_are_not_known():
    for entries, why in ((sessions(kinds=("walk", "run")), "several kinds"), (sessions(TESTS[:2]), "needs 3 tests")):
        markup = history(entries)
        assert why in markup
        assert 'fill="var(--surface-3)"' not in markup
        rows = markup.split("<tbody>")[-1]
        assert rows.count("not known") > 0
        assert "within noise" not in rows


def test_the_baseline_may_be_of_more_tests_and_nonsense_is_said():
    assert "first 5 tests" in history(sessions((*TESTS[:4], 99.0, 104.0)), "?baseline=5")
    assert "baseline: expected one of 3, 5, 10" in history(sessions(), "?baseline=2")


def test_a_session_without_a_date_is_no_test():
    undated = sessions()
    undated[0] = Entry(undated[0].workout, 0, 10.0, True, undated[0].values)
    assert history(undated).count(">baseline<") == 3
    assert "beyond MDC" in history(undated)
