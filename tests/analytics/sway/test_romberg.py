"""The Romberg quotient: of trials alike, and missing with the reason of others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics import balance, body_balance, net_cop, romberg
from barograph.errors import InvalidData
from tests.analytics.sway.test_net_cop import LEFT, RIGHT, standing

NET = net_cop(LEFT, RIGHT, stance_width_mm=200.0)
MORE = net_cop(*standing(2.0), stance_width_mm=200.0)
OPEN, CLOSED = body_balance(NET), body_balance(MORE)


def test_a_doubled_sway_has_a_quotient_of_2_and_areas_one_of_4() -> None:
    columns = ["path_mm", "mean_velocity_mm_s", "ellipse95_area_mm2", "hull_area_mm2"]
    found = romberg(OPEN, CLOSED, columns=columns)
    # The share of the load moves the body to the side twice as far, and a little to the front.
    np.testing.assert_allclose(found.iloc[0], [2.0, 2.0, 4.0, 4.0], rtol=2e-3)
    assert found.attrs["missing"] == []
    plate = LEFT.assign(cop_x_mm=np.sin(np.arange(6000) / 30.0))
    twice = plate.assign(cop_x_mm=2 * plate["cop_x_mm"], cop_y_mm=2 * plate["cop_y_mm"])
    exact = romberg(balance(plate), balance(twice), columns=columns)
    np.testing.assert_allclose(exact.iloc[0], [2.0, 2.0, 4.0, 4.0], rtol=1e-9)
    assert list(romberg(OPEN, CLOSED)) == ["romberg_path_mm"]
    np.testing.assert_allclose(romberg(CLOSED, OPEN).iloc[0, 0] * romberg(OPEN, CLOSED).iloc[0, 0], 1.0)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (body_balance(MORE.iloc[:5600]), "the durations differ by more than 5 %: 60.0 s and 56.0 s"),
        (body_balance(MORE.iloc[::2]), "the sampling rates differ: 100.0 Hz and 50.0 Hz"),
        (body_balance(MORE, cutoff_hz=8.0), "the low-pass filters differ: none and 8 Hz"),
    ],
)
def test_trials_of_another_kind_have_no_quotient_and_say_why(other: pd.DataFrame, reason: str) -> None:
    found = romberg(OPEN, other, columns=["path_mm", "rms_x_mm"])
    assert found.isna().all(axis=None)
    assert found.attrs["missing"] == [reason]


def test_a_duration_within_5_pct_is_taken() -> None:
    assert romberg(OPEN, body_balance(MORE.iloc[:5800])).notna().all(axis=None)


def test_a_measure_that_is_0_or_missing_or_of_another_ellipse_has_none() -> None:
    still = OPEN.assign(path_mm=0.0)
    still.attrs = OPEN.attrs
    found = romberg(still, CLOSED, columns=["path_mm", "rms_y_mm"])
    assert found.isna().iloc[0].tolist() == [True, False]
    assert found.attrs["missing"] == ["path_mm: it is missing or 0"]
    exact = body_balance(MORE, ellipse="exact")
    found = romberg(OPEN, exact, columns=["ellipse95_area_mm2", "path_mm"])
    assert found.isna().iloc[0].tolist() == [True, False]
    unknown = body_balance(net_cop(LEFT, RIGHT))
    assert romberg(unknown, unknown).isna().all(axis=None)


def test_what_is_no_row_of_balance_is_refused() -> None:
    with pytest.raises(InvalidData, match="eyes_closed: expected one row of balance, got 6000"):
        romberg(OPEN, NET)
    with pytest.raises(InvalidData, match="path_cell: expected a column of that name"):
        romberg(OPEN, CLOSED, columns=["path_cell"])
