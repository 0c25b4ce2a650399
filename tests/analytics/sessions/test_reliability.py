"""Typical error, ICC, SEM, MDC and SWC: against published numbers, a closed form, and laws."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from at_hand import METRICS
from hypothesis import given
from hypothesis import strategies as st

from analytics import reliability
from analytics.sessions.reliability import band
from barograph.errors import InvalidData

FOLDER = METRICS / "reliability"
ENDS = {f"{name}_ci": (f"{name}_low", f"{name}_high") for name in ("te", "icc_a1", "icc_c1")}
SHROUT = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


def trials(name: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    if not FOLDER.exists():
        pytest.skip(f"{FOLDER}: the reference numbers are not here")
    expected = json.loads((FOLDER / "expected.json").read_text("utf-8"))[name]
    return pd.read_csv(FOLDER / f"{name}.csv", index_col=0), expected


def row(values: Any, **asked: Any) -> pd.Series:
    return reliability(pd.DataFrame(values), **asked).iloc[0]


def simulated(seed: int, n: int, k: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    return 50 + random.normal(0, 8, (n, 1)) + random.normal(0, 1, (1, k)) + random.normal(0, 2, (n, k))


@pytest.mark.parametrize("name", ["psr_30x2", "psr_10x2", "psr_5x2", "own_8x3"])
def test_every_number_is_that_of_the_reference_computation(name: str) -> None:
    table, expected = trials(name)
    found = reliability(table).iloc[0]
    compared = 0
    for key, value in expected.items():
        for column, one in zip(ENDS.get(key, (key,)), np.atleast_1d(value), strict=True):
            if column in found:
                assert found[column] == pytest.approx(one, abs=1e-5), column
                compared += 1
    assert compared == 13


def test_the_published_sem_and_mdc_follow_from_the_published_icc() -> None:
    found = reliability(trials("psr_30x2")[0], icc=0.88).iloc[0]
    assert found["sem"] == pytest.approx(3.50564, abs=1e-5)
    assert found["mdc95"] == pytest.approx(9.71695, abs=1e-5)


def test_the_table_of_shrout_and_fleiss_has_its_published_coefficients() -> None:
    found = row(SHROUT)
    assert found["icc_a1"] == pytest.approx(0.2898, abs=1e-4)
    assert found["icc_c1"] == pytest.approx(0.7148, abs=1e-4)
    assert (found["icc_a1_low"], found["icc_a1_high"]) == pytest.approx((0.0188, 0.7611), abs=1e-4)
    assert found["icc_band"] == "poor"


def test_of_two_trials_the_typical_error_is_the_sd_of_differences_over_the_root_of_two() -> None:
    values = simulated(3, 9, 2)
    assert row(values)["te"] == pytest.approx(np.std(values[:, 1] - values[:, 0], ddof=1) / np.sqrt(2))


def test_the_swc_is_a_fifth_of_the_sd_between_subjects() -> None:
    values = simulated(4, 9, 3)
    assert row(values)["swc"] == pytest.approx(0.2 * values.mean(axis=1).std(ddof=1))


def test_a_subject_with_a_gap_is_left_out_and_counted() -> None:
    values = simulated(1, 8, 3)
    gappy = np.insert(values, 2, [60.0, np.nan, 61.0], axis=0)
    found, whole = row(gappy), row(values)
    assert (found["n_subjects"], found["n_left_out"], whole["n_left_out"]) == (8, 1, 0)
    assert found["icc_a1"] == whole["icc_a1"]


def test_fewer_than_three_subjects_have_a_typical_error_and_no_icc() -> None:
    found = row(simulated(2, 2, 3))
    assert found["te"] > 0
    assert np.isnan(found[["icc_a1", "icc_c1", "sem", "mdc95"]].astype(float)).all()
    assert found["icc_band"] is None
    assert row(simulated(2, 2, 3), sem="te")["mdc95"] == pytest.approx(1.959964 * np.sqrt(2) * found["te"])
    alone = row(simulated(2, 1, 3))
    assert np.isnan(alone["te"])
    assert alone["mean"] == pytest.approx(simulated(2, 1, 3).mean())


def test_subjects_that_do_not_differ_have_no_icc() -> None:
    found = row([[1, 2], [2, 1], [2, 1], [1, 2]])
    assert np.isnan(found["icc_a1"])
    assert found["te"] == pytest.approx(0.816497, abs=1e-6)
    assert found["swc"] == 0


def test_a_negative_icc_stays_negative() -> None:
    found = row([[1, 9], [9, 2], [2, 8.5], [8, 1]])
    assert found["icc_a1"] < 0
    assert found["icc_a1_low"] <= found["icc_a1"] <= found["icc_a1_high"]
    assert found["icc_band"] == "poor"


def test_identical_trials_have_no_error_and_a_perfect_icc() -> None:
    found = row([[5.1, 5.1], [6.3, 6.3], [7.7, 7.7]])
    assert found[["te", "te_low", "te_high", "sem", "mdc95"]].tolist() == [0] * 5
    ones = ["icc_a1", "icc_a1_low", "icc_a1_high", "icc_c1", "icc_c1_low", "icc_c1_high"]
    assert found[ones].tolist() == [1] * 6
    assert found["icc_band"] == "excellent"


@pytest.mark.parametrize("size", [0.1, 1e-7 / 3, 1e8 / 3])
def test_an_error_of_mere_rounding_is_none_and_a_small_one_is_one(size: float) -> None:
    same = row(np.full((5, 3), size))
    assert (same["te"], same["swc"]) == (0, pytest.approx(0, abs=size * 1e-12))
    assert np.isnan(same["icc_a1"])
    small = row(size * (1 + 1e-5 * np.array([[1, -1], [-1, 1], [3, 3], [-3, -3]])))
    assert small["te"] == pytest.approx(size * 1e-5 * np.sqrt(4 / 3), rel=1e-3)


def test_trials_whose_means_are_alike_still_have_their_error() -> None:
    found = row([[1, 2], [2, 1], [9, 9.5], [5, 4.5]])
    for name in ("icc_a1", "icc_c1"):
        assert found[f"{name}_low"] < found[name] < found[f"{name}_high"] < 1


def test_a_mean_of_0_has_no_error_in_percent() -> None:
    found = row([[-1, 1], [1, -1], [2, -2]])
    assert np.isnan(found["cv_pct"])
    assert found["te"] > 0


def test_two_subjects_of_two_trials_have_an_interval_of_one_freedom() -> None:
    found = row([[1, 2], [5, 8]])
    assert found["te"] == pytest.approx(1.0)
    # chi2 of one degree of freedom: 5.02389 and 0.000982069.
    assert (found["te_low"], found["te_high"]) == pytest.approx((0.446145, 31.9103), rel=1e-4)
    assert found["swc"] == pytest.approx(0.2 * 5.0 / np.sqrt(2))
    assert row([[1, 3]], icc=0.5)["sem"] == pytest.approx(1.0)


def test_a_table_says_what_it_was_asked() -> None:
    table = pd.DataFrame(simulated(5, 6, 2))
    table.attrs["metric"] = "trials"
    asked = {"sem": "te", "icc": 0.8, "confidence": 0.9}
    attrs = reliability(table, **asked).attrs
    assert {name: attrs[name] for name in ("metric", "made_of", *asked)} == {
        "metric": "reliability", "made_of": {"metric": "trials"}, **asked
    }  # fmt: skip


def test_a_shift_of_all_subjects_costs_agreement_and_not_consistency() -> None:
    still, shifted = row([[1, 1], [4, 4], [9, 9]]), row([[1, 3], [4, 6], [9, 11]])
    assert shifted["icc_c1"] == still["icc_c1"] == 1
    assert shifted["icc_a1"] < 1
    assert shifted["te"] == 0


@given(st.integers(0, 10_000), st.integers(3, 12), st.integers(2, 5), st.floats(0.01, 1000))
def test_units_and_the_order_of_subjects_and_trials_change_no_coefficient(
    seed: int, n: int, k: int, unit: float
) -> None:
    values = simulated(seed, n, k)
    found, other = row(values), row(values[::-1, ::-1] * unit)
    for name in ("icc_a1", "icc_a1_low", "icc_a1_high", "icc_c1", "cv_pct"):
        assert other[name] == pytest.approx(found[name], rel=1e-6, abs=1e-9), name
    for name in ("te", "te_low", "sem", "mdc95", "swc"):
        assert other[name] == pytest.approx(unit * found[name], rel=1e-6), name
    assert found["te_low"] < found["te"] < found["te_high"]
    assert found["icc_c1_low"] < found["icc_c1"] < found["icc_c1_high"]


@pytest.mark.parametrize(
    ("low", "name"),
    [(-1, "poor"), (0.499, "poor"), (0.5, "moderate"), (0.75, "good"), (0.9, "good"), (0.901, "excellent")],
)
def test_the_band_is_by_the_lower_end_of_the_interval(low: float, name: str) -> None:
    assert band(low) == name


@pytest.mark.parametrize(
    ("values", "asked", "expected"),
    [
        ([[1], [2]], {}, "trials: expected two or more columns, one a trial, got 1"),
        ([[1, np.inf], [2, 3]], {}, "trials: expected finite values or NaN"),
        ([["a", 1], [2, 3]], {}, "trials: expected numbers or NaN in every column"),
        (SHROUT, {"sem": "sd"}, "sem: expected icc or te, got 'sd'"),
        (SHROUT, {"icc": 1.2}, "icc: expected"),
        (SHROUT, {"icc": -0.1}, "icc: expected"),
        (SHROUT, {"confidence": 1.0}, "confidence: expected"),
        (SHROUT, {"confidence": 0.0}, "confidence: expected"),
    ],
)
def test_what_cannot_be_is_refused_with_what_was_expected(values: Any, asked: dict[str, Any], expected: str) -> None:
    with pytest.raises(InvalidData, match=expected) as refused:
        row(values, **asked)
    assert refused.value.field == expected.partition(":")[0]


def test_of_no_subject_nothing_is_claimed() -> None:
    found = reliability(pd.DataFrame(columns=["one", "two"], dtype=float)).iloc[0]
    assert found[["n_subjects", "n_left_out"]].tolist() == [0, 0]
    assert np.isnan(found[["mean", "te", "swc"]].astype(float)).all()
