"""A difference beside the noise of repeated tests: what is beyond it, and what nobody knows."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics import change, reliability
from analytics.sessions.change import ABOVE, BEYOND, UNKNOWN, WITHIN, decide, own_error, te_of
from barograph.errors import InvalidData

A = pd.DataFrame({"peak": [100.0, 102.0, 98.0, 100.0, 101.0, 99.0], "contact_s": [0.7] * 6})
B = pd.DataFrame({"peak": [104.0, 106.0, 105.0], "contact_s": [0.6, 0.7, 0.65]})


def test_the_mdc_of_means_is_of_these_numbers_of_sessions() -> None:
    found = change(A, B).loc["peak"]
    te = A["peak"].std()
    assert found["te"] == pytest.approx(te)
    assert found["te_n"] == 6
    assert found["mdc95"] == pytest.approx(1.959964 * te * np.sqrt(1 / 6 + 1 / 3))
    assert found["difference"] == pytest.approx(5.0)
    assert found["difference_low"] < 5 < found["difference_high"]
    assert found["change"] == BEYOND
    assert np.isnan(found["swc"])


def known_te(te: float) -> pd.DataFrame:
    return pd.DataFrame({"te": [te]}, index=["peak"])


def test_a_small_typical_error_of_a_lab_counts_and_none_is_not_known() -> None:
    small = change(A[:1] / 1000, B[:1] / 1000, known_te(0.001), ["peak"]).loc["peak"]
    assert (small["mdc95"], small["change"]) == (pytest.approx(1.959964 * np.sqrt(2) * 0.001), BEYOND)
    assert change(A, B, known_te(0.0), ["peak"])["change"].tolist() == [UNKNOWN]
    assert change(A, B, known_te(np.nan), ["peak"])["change"].tolist() == [UNKNOWN]
    more = pd.DataFrame({"te": [9.0, 1.0], "label": ["x", "y"]}, index=["speed", "peak"])
    found = change(A, B, more, ["contact_s", "peak"])
    assert found.index.tolist() == ["contact_s", "peak"]
    assert found["te"].tolist() == [pytest.approx(np.nan, nan_ok=True), 1.0]
    assert found.index.name == "measure"
    assert "label" not in found


@pytest.mark.parametrize("n", range(6))
@pytest.mark.parametrize("size", [1.0, 1e6])
def test_the_error_of_some_tests_is_that_of_the_table_of_them(n: int, size: float) -> None:
    tests = size * (1 + 1e-4 * np.array([3.0, -1.0, 2.0, 0.0, 5.0])[:n])
    errors = own_error(pd.DataFrame({"peak": tests}))
    assert errors.index.name == "measure"
    found = errors.loc["peak"]
    assert te_of(tests) == pytest.approx(found["te"], nan_ok=True)
    assert te_of(tests) == pytest.approx(tests.std(ddof=1) if n >= 3 else np.nan, nan_ok=True)
    assert te_of(np.full(n, size / 3)) == pytest.approx(0.0 if n >= 3 else np.nan, nan_ok=True)


def test_a_narrower_interval_is_asked_for_and_the_table_says_so() -> None:
    wide, narrow = change(A, B), change(A, B, known_te(1.0), ["peak"], confidence=0.5)
    assert narrow.loc["peak", "difference_low"] > wide.loc["peak", "difference_low"]
    known = {"metric": "change", "columns": ["peak"], "confidence": 0.5}
    assert {name: narrow.attrs[name] for name in known} == known
    named = A.copy()
    named.attrs["metric"] = "summaries"
    assert change(named, B).attrs["made_of"] == {"a": {"metric": "summaries"}}
    lab = known_te(1.0)
    lab.attrs["metric"] = "reliability"
    made_of = change(named, named, lab, ["peak"]).attrs["made_of"]
    assert {name: one["metric"] for name, one in made_of.items()} == {
        "a": "summaries", "b": "summaries", "known": "reliability"
    }  # fmt: skip


def test_one_test_on_each_side_has_the_mdc_of_one_test() -> None:
    known = pd.DataFrame({"te": [2.0], "te_n": [11], "swc": [1.0]}, index=["peak"])
    found = change(A[:1], B[:1], known, ["peak"]).loc["peak"]
    assert found["mdc95"] == pytest.approx(1.959964 * np.sqrt(2) * 2.0)
    assert np.isnan(found["difference_low"])
    assert found["change"] == ABOVE


def test_the_known_error_of_a_lab_goes_before_the_own_one() -> None:
    lab = reliability(pd.DataFrame([[100, 104], [90, 95], [120, 112]]), sem="te").iloc[0]
    known = pd.DataFrame({"te": [lab["te"]], "te_n": [lab["n_subjects"]], "swc": [lab["swc"]]}, index=["peak"])
    found = change(A, B, known)
    assert found.loc["peak", ["te", "te_n", "swc"]].tolist() == [lab["te"], 3, lab["swc"]]
    assert found.loc["contact_s", "change"] == UNKNOWN


def test_two_baseline_sessions_are_too_few() -> None:
    found = change(A[:2], B).loc["peak"]
    assert np.isnan(found[["te", "mdc95"]].astype(float)).all()
    assert found["change"] == UNKNOWN
    assert change(A[:3], B).loc["peak", "change"] != UNKNOWN


def test_tests_that_do_not_differ_say_nothing_about_their_noise() -> None:
    found = change(A, B).loc["contact_s"]
    assert found["te"] == 0
    assert found["change"] == UNKNOWN


def test_a_session_without_a_value_does_not_count() -> None:
    gappy = pd.concat([A, pd.DataFrame({"peak": [np.nan]})])
    assert change(gappy, B).loc["peak", "n_a"] == 6
    found = change(pd.DataFrame({"peak": [np.nan] * 3}), B).loc["peak"]
    assert (found["n_a"], found["change"]) == (0, UNKNOWN)
    assert np.isnan(change(pd.DataFrame({"peak": [np.nan] * 3}), B, known_te(1.0)).loc["peak", "mdc95"])


def test_changing_sides_changes_the_sign_and_units_change_nothing() -> None:
    known = pd.DataFrame({"te": [1.5], "swc": [0.5]}, index=["peak"])
    found, turned = change(A, B, known).loc["peak"], change(B, A, known).loc["peak"]
    assert turned["difference"] == -found["difference"]
    assert (turned["mdc95"], turned["change"]) == (found["mdc95"], found["change"])
    scaled = change(A * 1000, B * 1000).loc["peak"]
    assert scaled["mdc95"] == pytest.approx(1000 * change(A, B).loc["peak", "mdc95"])


@pytest.mark.parametrize(
    ("difference", "mdc", "swc", "expected"),
    [
        (2.1, 2.0, 1.0, BEYOND),
        (-2.1, 2.0, 1.0, BEYOND),
        (2.0, 2.0, 1.0, ABOVE),
        (-1.5, 2.0, 1.0, ABOVE),
        (1.0, 2.0, 1.0, WITHIN),
        (1.5, 2.0, np.nan, WITHIN),
        (1.5, 2.0, 0.0, WITHIN),
        (2.5, 2.0, 3.0, BEYOND),
        (5.0, np.nan, 1.0, UNKNOWN),
        (5.0, 0.0, 1.0, UNKNOWN),
        (5.0, 0.5, 1.0, BEYOND),
        (0.4, 0.5, 0.3, ABOVE),
        (np.nan, 2.0, 1.0, UNKNOWN),
    ],
)
def test_a_difference_is_decided_by_the_mdc_first_and_the_swc_second(
    difference: float, mdc: float, swc: float, expected: str
) -> None:
    assert decide(difference, mdc, swc) == expected


@pytest.mark.parametrize(
    ("known", "asked", "expected"),
    [
        (pd.DataFrame({"sem": [1.0]}, index=["peak"]), {}, "known: expected a column te"),
        (pd.DataFrame({"te": [1.0, 2.0]}, index=["peak", "peak"]), {}, "known: expected a column te and one row per"),
        (pd.DataFrame({"te": [np.inf]}, index=["peak"]), {}, "known: expected typical errors of 0 or more"),
        (pd.DataFrame({"te": [-1.0]}, index=["peak"]), {}, "known: expected typical errors of 0 or more"),
        (None, {"columns": ["speed"]}, "speed: expected a column of that name"),
        (None, {"confidence": 0.0}, "confidence: expected"),
        (None, {"confidence": 1.0}, "confidence: expected"),
    ],
)
def test_what_cannot_be_is_refused_with_what_was_expected(known: Any, asked: dict[str, Any], expected: str) -> None:
    with pytest.raises(InvalidData, match=expected) as refused:
        change(A, B, known, **asked)
    assert refused.value.field == expected.partition(":")[0]
