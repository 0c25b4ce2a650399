"""Laws of balance: every measure by its definition, borders, and what the result says of itself."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal, spatial
from scipy import stats as distributions

from analytics import balance
from analytics.sway.balance import PROTOCOL, eigenvalues, flat
from barograph.errors import InvalidData

Table = Callable[..., pd.DataFrame]
MEASURES = [
    "n", "duration_s", "sampling_hz", "mean_distance_mm", "rms_distance_mm", "rms_x_mm", "rms_y_mm", "range_x_mm",
    "range_y_mm", "path_mm", "mean_velocity_mm_s", "mean_frequency_hz", "sway_area_per_s_mm2_s", "hull_area_mm2",
    "circle95_area_mm2", "ellipse95_area_mm2", "ellipse95_major_mm", "ellipse95_minor_mm", "ellipse95_angle_deg",
]  # fmt: skip


def by_definition(x: np.ndarray, y: np.ndarray, seconds: np.ndarray, k: float) -> dict[str, float]:
    """The measures of a track without gaps, each as METRICS writes it, in loops."""
    n = len(x)
    x, y = x - x.mean(), y - y.mean()
    away = [np.sqrt(a**2 + b**2) for a, b in zip(x, y, strict=True)]
    path = sum(np.sqrt((x[i + 1] - x[i]) ** 2 + (y[i + 1] - y[i]) ** 2) for i in range(n - 1))
    swept = sum(abs(x[i + 1] * y[i] - x[i] * y[i + 1]) for i in range(n - 1))
    time, mean = seconds[-1] - seconds[0], sum(away) / n
    spread = np.sqrt(sum((one - mean) ** 2 for one in away) / (n - 1))
    low, high = np.linalg.eigvalsh(np.cov(x, y))
    return {
        "n": n,
        "duration_s": time,
        "mean_distance_mm": mean,
        "rms_distance_mm": np.sqrt(sum(one**2 for one in away) / n),
        "rms_x_mm": np.sqrt(sum(x**2) / n),
        "rms_y_mm": np.sqrt(sum(y**2) / n),
        "range_x_mm": max(x) - min(x),
        "range_y_mm": max(y) - min(y),
        "path_mm": path,
        "mean_velocity_mm_s": path / time,
        "mean_frequency_hz": path / time / (2 * np.pi * mean),
        "sway_area_per_s_mm2_s": swept / (2 * time),
        "hull_area_mm2": spatial.ConvexHull(np.column_stack([x, y])).volume,
        "circle95_area_mm2": np.pi * (mean + 1.645 * spread) ** 2,
        "ellipse95_area_mm2": np.pi * k * np.sqrt(low * high),
        "ellipse95_major_mm": np.sqrt(k * high),
        "ellipse95_minor_mm": np.sqrt(k * low),
    }


@given(st.integers(3, 60), st.integers(0, 1000), st.sampled_from(["chi2", "exact"]))
def test_every_measure_is_that_of_its_definition(n: int, seed: int, ellipse: str) -> None:
    rng = np.random.default_rng(seed)
    x, y = 40 + rng.standard_normal(n).cumsum(), -20 + 2 * rng.standard_normal(n).cumsum()
    us = np.cumsum(rng.integers(1_000, 90_000, n))
    index = pd.DatetimeIndex(us.astype("M8[us]"), tz="UTC")
    track = pd.DataFrame({"cop_x_mm": x, "cop_y_mm": y}, index=index)
    found = balance(track, ellipse=ellipse).iloc[0]  # type: ignore[arg-type]
    k = distributions.chi2.ppf(0.95, 2)
    if ellipse == "exact":
        k = 2 * (n - 1) * (n + 1) / (n * (n - 2)) * distributions.f.ppf(0.95, 2, n - 2)
    for name, expected in by_definition(x, y, us / 1e6, k).items():
        assert found[name] == pytest.approx(expected, rel=1e-7), name
    assert found["sampling_hz"] == pytest.approx(1e6 / np.median(np.diff(us)))


def test_the_measures_are_in_their_order_and_the_result_says_how_they_were_made(table: Table) -> None:
    x, y = np.random.default_rng(1).standard_normal((2, 300))
    found = balance(table(cop_x_mm=x, cop_y_mm=y), ellipse="exact", cutoff_hz=8.0, gap_s=0.2)
    assert list(found.columns) == MEASURES
    about = {key: value for key, value in found.attrs.items() if key not in ("units", "notes")}
    assert about == {
        "metric": "balance", "ellipse": "exact", "cutoff_hz": 8.0, "order": 4, "gap_s": 0.2, "protocol": PROTOCOL,
        "filtered": False,
    }  # fmt: skip
    made = table(cop_x_mm=x, cop_y_mm=y)
    made.attrs = {"metric": "frame_stats", "cop_floor_n": 5.0, "units": {"cop_x_mm": "mm"}}
    assert balance(made).attrs["made_of"] == {"metric": "frame_stats", "cop_floor_n": 5.0}
    assert found.attrs["units"]["mean_velocity_mm_s"] == "mm/s"
    assert set(found.attrs["units"]) == set(MEASURES)


def test_an_ellipse_of_another_name_names_the_parameter(table: Table) -> None:
    with pytest.raises(InvalidData, match=r"^ellipse: expected chi2 or exact, got 'round'$") as caught:
        balance(table(cop_x_mm=[0.0], cop_y_mm=[0.0]), ellipse="round")  # type: ignore[arg-type]
    assert caught.value.field == "ellipse"


def test_three_rows_are_enough_and_two_are_not(table: Table) -> None:
    track = table(cop_x_mm=[0.0, 3.0, 0.0], cop_y_mm=[0.0, 0.0, 4.0])
    assert balance(track)["hull_area_mm2"].tolist() == [6.0]
    assert balance(track).notna().all(axis=None)
    two = balance(track.iloc[:2])
    assert two["duration_s"].tolist() == [0.01]
    assert two[MEASURES[3:]].isna().all(axis=None)
    assert (two.dtypes == np.float64).all()


def test_a_longer_gap_that_is_asked_for_is_no_gap_to_way_rate_and_filter(table: Table) -> None:
    x, y = np.random.default_rng(2).standard_normal((2, 80)).cumsum(axis=1)
    slow = table(np.arange(80) * 0.6, cop_x_mm=x, cop_y_mm=y)
    assert balance(slow, gap_s=0.5)[["path_mm", "sampling_hz", "mean_velocity_mm_s"]].isna().all(axis=None)
    joined = balance(slow, gap_s=1.0).iloc[0]
    assert joined["path_mm"] == pytest.approx(np.hypot(np.diff(x), np.diff(y)).sum())
    assert joined["sampling_hz"] == pytest.approx(1 / 0.6)
    sos = signal.butter(4, 0.2, fs=1 / 0.6, output="sos")
    smooth = table(np.arange(80) * 0.6, cop_x_mm=signal.sosfiltfilt(sos, x), cop_y_mm=signal.sosfiltfilt(sos, y))
    pd.testing.assert_series_equal(
        balance(slow, gap_s=1.0, cutoff_hz=0.2).iloc[0], balance(smooth, gap_s=1.0).iloc[0], rtol=1e-9
    )


def test_rows_of_one_moment_have_a_path_and_no_velocity(table: Table) -> None:
    found = balance(table(np.zeros(4), cop_x_mm=[0.0, 3.0, 3.0, 0.0], cop_y_mm=[0.0, 0.0, 4.0, 4.0])).iloc[0]
    assert (found["path_mm"], found["hull_area_mm2"], found["duration_s"]) == (10.0, 12.0, 0.0)
    assert found[["mean_velocity_mm_s", "mean_frequency_hz", "sway_area_per_s_mm2_s", "sampling_hz"]].isna().all()


def test_a_row_without_one_of_its_two_places_has_none(table: Table) -> None:
    found = balance(table(cop_x_mm=[0.0, 9.0, 3.0, 0.0], cop_y_mm=[0.0, np.nan, 0.0, 4.0])).iloc[0]
    assert (found["n"], found["range_x_mm"], found["path_mm"]) == (3.0, 3.0, 5.0)


@given(st.floats(0, 1e3), st.floats(0, 1e3), st.floats(-1, 1))
def test_the_eigenvalues_are_those_of_numpy(xx: float, yy: float, share: float) -> None:
    cov = np.array([[xx, share * np.sqrt(xx * yy)], [share * np.sqrt(xx * yy), yy]])
    low, high = np.linalg.eigvalsh(cov)
    larger, smaller = eigenvalues(cov)
    assert larger == pytest.approx(high, rel=1e-9, abs=1e-12)
    assert smaller == pytest.approx(max(low, 0.0), rel=1e-6, abs=1e-9 * max(high, 1e-12))
    assert 0.0 <= smaller <= larger + 1e-12


@pytest.mark.parametrize(("ratio", "line"), [(1e-13, False), (1e-15, True), (0.0, True)])
def test_points_are_on_a_line_when_what_is_across_is_rounding(ratio: float, line: bool) -> None:
    assert flat(np.diag([5.0, 5.0 * ratio])) is line
    assert flat(np.diag([5.0 * ratio, 5.0])) is line


def test_an_ellipse_that_is_nearly_round_has_its_angle_and_a_round_one_has_none(table: Table) -> None:
    turn = 2 * np.pi * np.arange(400) / 400
    for wider, known in ((1e-7, True), (0.0, False)):
        found = balance(table(cop_x_mm=(1 + wider) * np.cos(turn), cop_y_mm=np.sin(turn))).iloc[0]
        assert np.isnan(found["ellipse95_angle_deg"]) != known
    upright = balance(table(cop_x_mm=np.cos(turn), cop_y_mm=2 * np.sin(turn)))
    assert upright["ellipse95_angle_deg"].abs().tolist() == [90.0]


CUT_AT_5 = "cut off at 5 Hz; recommended is a cut-off of 10 Hz"
NOT_FILTERED = "not filtered; recommended is a cut-off of 10 Hz"


@pytest.mark.parametrize(
    ("rows", "hz", "cutoff_hz", "notes"),
    [
        (9_001, 100.0, 10.0, []),
        (8_951, 100.0, 10.0, []),
        (8_950, 100.0, 10.0, ["shorter than the recommended 90 s: 89.5 s"]),
        (3_001, 100.0, None, ["shorter than the recommended 90 s: 30.0 s", NOT_FILTERED]),
        (9_001, 99.01, 10.0, []),
        (9_001, 98.9, 10.0, ["sampled below the recommended 100 Hz: 98.9 Hz"]),
        (9_001, 200.0, 5.0, ["shorter than the recommended 90 s: 45.0 s", CUT_AT_5]),
    ],
)  # fmt: skip
def test_the_notes_say_where_a_trial_falls_short(
    rows: int, hz: float, cutoff_hz: float | None, notes: list[str], table: Table
) -> None:
    x, y = np.random.default_rng(3).standard_normal((2, rows))
    assert balance(table(np.arange(rows) / hz, cop_x_mm=x, cop_y_mm=y), cutoff_hz=cutoff_hz).attrs["notes"] == notes
