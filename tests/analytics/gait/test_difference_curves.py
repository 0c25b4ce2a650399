"""Curves set against each other point by point."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats as distributions

from analytics import difference_curves
from barograph.errors import InvalidData


def curves(n: int, lift: float = 0.0, seed: int = 1) -> pd.DataFrame:
    values = np.random.default_rng(seed).normal(100.0 + lift, 10.0, (n, 5))
    return pd.DataFrame(values, columns=np.linspace(0, 100, 5))


def test_each_point_has_welchs_interval() -> None:
    a, b = curves(12), curves(9, 30.0, seed=2)
    found = difference_curves(a, b)
    known = distributions.ttest_ind(b, a, equal_var=False).confidence_interval(0.95)
    np.testing.assert_allclose(found["difference"], b.mean() - a.mean())
    np.testing.assert_allclose(found["difference_low"], known.low)
    np.testing.assert_allclose(found["difference_high"], known.high)
    assert list(found.index) == list(a.columns)


def test_a_missing_value_is_left_out_of_its_point_alone() -> None:
    a = curves(6)
    a.iloc[0, 2] = np.nan
    found = difference_curves(a, curves(6))
    assert list(found["n_a"]) == [6, 6, 5, 6, 6]


def test_one_stance_has_no_interval() -> None:
    found = difference_curves(curves(1), curves(5))
    assert found["difference"].notna().all()
    assert found["difference_low"].isna().all()


def test_curves_of_other_points_are_refused() -> None:
    with pytest.raises(InvalidData, match="points"):
        difference_curves(curves(3), curves(3).iloc[:, :4])
    with pytest.raises(InvalidData, match="confidence"):
        difference_curves(curves(3), curves(3), confidence=1.5)
