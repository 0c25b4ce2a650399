"""Reference bands: known percentiles, one value per athlete, and why there is none."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import athlete_means, reference_bands
from analytics.sessions.norms import percentile, place
from barograph.errors import InvalidData


def band(values: Any, **asked: Any) -> pd.Series:
    return reference_bands(pd.DataFrame({"v": np.asarray(values, np.float64)}), **asked).iloc[0]


def test_percentiles_of_one_to_ninety_nine_are_their_own_numbers() -> None:
    found = band(np.random.default_rng(1).permutation(np.arange(1.0, 100.0)))
    assert found[["p5", "p25", "p50", "p75", "p95"]].tolist() == [5, 25, 50, 75, 95]
    assert (found["n_athletes"], found["band_why"]) == (99, "")


def test_an_end_lies_in_its_interval_and_the_outer_side_needs_59() -> None:
    # P(B(59, 0.05) = 0) = 0.0485: the least value is below the 5th percentile 95 times in 100.
    few, enough = band(np.arange(58.0)), band(np.arange(59.0))
    assert np.isnan([few["p5_low"], few["p95_high"]]).all()
    assert (enough["p5_low"], enough["p95_high"]) == (0, 58)
    assert enough["p5_low"] <= enough["p5"] <= enough["p5_high"] < enough["p95_low"] <= enough["p95"]
    # P(B(59, 0.05) ≤ 5) = 0.920, ≤ 6: 0.969.
    assert enough["p5_high"] == 6


def test_nineteen_is_the_least_for_the_middle_90() -> None:
    found, fewer = band(np.arange(19.0)), band(np.arange(18.0))
    assert (found["p5"], found["p95"], found["band_why"]) == (0, 18, "")
    assert np.isnan(fewer[["p5", "p95"]].astype(float)).all()
    assert fewer["band_why"] == "the middle 90 % needs 19 athletes, here are 18"
    assert fewer["p25"] == pytest.approx(3.75)


def test_ten_athletes_a_cohort_of_two_of_one_and_of_none_have_no_band() -> None:
    for n, said in ((10, "are 10"), (2, "are 2"), (1, "is 1"), (0, "are 0")):
        found = band(np.arange(float(n)))
        assert found["band_why"] == f"a band needs 11 athletes, here {said}"
        assert found[["p5", "p25", "p50", "p75", "p95"]].isna().all()
        assert found["n_athletes"] == n
    assert band(np.arange(11.0))["p50"] == 5
    assert band(np.arange(3.0), fewest=3)["p25"] == 0


def test_athletes_who_do_not_differ_have_no_band() -> None:
    for value in (0.0, 3.3):
        found = band(np.full(30, value))
        assert found["band_why"] == "30 athletes do not differ at all"
        assert np.isnan(found["p50"])


def test_a_missing_value_is_no_athlete() -> None:
    found = band([*np.arange(19.0), np.nan, np.nan])
    assert (found["n_athletes"], found["p95"]) == (19, 18)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=80), st.sampled_from([0.05, 0.25, 0.5, 0.75, 0.95]))
def test_a_percentile_is_that_of_numpy_where_it_has_a_rank(values: list[float], share: float) -> None:
    ordered = np.sort(values)
    found, rank = percentile(ordered, share), share * (len(values) + 1)
    if rank > 1 - 1e-9 and rank - 1e-9 <= len(values):
        assert found == pytest.approx(np.quantile(ordered, share, method="weibull"), rel=1e-9, abs=1e-6)
    else:
        assert np.isnan(found)


@given(st.permutations(range(25)), st.floats(0.1, 10), st.floats(-50, 50))
def test_a_band_turns_with_its_unit_and_hangs_on_no_order(order: list[int], factor: float, shift: float) -> None:
    values = np.arange(25.0) ** 1.5
    named = ["p5", "p25", "p50", "p75", "p95", "p5_high", "p95_low"]
    plain, turned = band(values), band(values[order] * factor + shift)
    assert turned[named].to_numpy(float) == pytest.approx(plain[named].to_numpy(float) * factor + shift)


def test_an_athlete_counts_once_however_often_tested() -> None:
    sessions = pd.DataFrame({
        "athlete_uid": ["a", "a", "a", "b", None, ""],
        "force.left": [1.0, 2.0, np.nan, 10.0, 99.0, 99.0],
        "kind": "walk",
    })  # fmt: skip
    found = athlete_means(sessions)
    assert found["force.left"].to_dict() == {"a": 1.5, "b": 10.0}
    assert found["n_sessions"].to_dict() == {"a": 3, "b": 1}
    assert found.attrs["n_left_out"] == 2
    assert list(reference_bands(found).index) == ["force.left"], "how often somebody came is no measure"


def test_without_sessions_there_is_nobody() -> None:
    empty = athlete_means(pd.DataFrame({"athlete_uid": pd.Series(dtype=object), "v": pd.Series(dtype=float)}))
    assert len(empty) == 0
    assert reference_bands(empty).loc["v", "band_why"] == "a band needs 11 athletes, here are 0"


def test_what_is_wrong_is_refused_with_its_name() -> None:
    table = pd.DataFrame({"athlete_uid": ["a", "b"], "v": [1.0, np.inf], "text": ["x", "y"]})
    with pytest.raises(InvalidData, match="by: expected a column"):
        athlete_means(table, by="whose")
    with pytest.raises(InvalidData, match="v: expected finite"):
        athlete_means(table)
    with pytest.raises(InvalidData, match="text: expected numbers"):
        athlete_means(table, columns=["text"])
    with pytest.raises(InvalidData, match="none: expected a column"):
        reference_bands(table, columns=["none"])
    with pytest.raises(InvalidData, match="fewest: expected a whole number of 3"):
        reference_bands(table, columns=["v"], fewest=2)


def test_a_value_has_its_place_in_words() -> None:
    whole, middle, nothing = band(np.arange(1.0, 100.0)), band(np.arange(1.0, 16.0)), band([1.0, 2.0])
    said = {4.9: "below the middle 90 %", 5: "in the lower part of the middle 90 %", 25: "in the middle 50 %",
            75: "in the middle 50 %", 95: "in the upper part of the middle 90 %", 96: "above the middle 90 %",
            np.nan: "not known"}  # fmt: skip
    assert {value: place(value, whole) for value in said} == said
    assert [place(value, middle) for value in (1.0, 8.0, 15.0)] == [
        "below the middle 50 %", "in the middle 50 %", "above the middle 50 %",
    ]  # fmt: skip
    assert place(1.0, nothing) == "not known"
    outer = pd.Series({"p5": 1.0, "p25": np.nan, "p75": np.nan, "p95": 9.0})
    assert [place(value, outer) for value in (0.0, 5.0, 10.0)] == [
        "below the middle 90 %", "in the middle 90 %", "above the middle 90 %",
    ]  # fmt: skip
