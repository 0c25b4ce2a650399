"""SPM{t}: against reference numbers, a plain loop over relabellings, and laws."""

import json
from itertools import combinations, product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from at_hand import METRICS
from scipy import stats as distributions

from analytics import spm
from analytics.sessions import permutation
from analytics.sessions.spm import Field, Nodes, _by_field, _p
from barograph.errors import InvalidData

FOLDER = METRICS / "spm"
NAMES = {"walk left-right": "walk_left_right"}
CASES = ("walk left-right", "sim_two", "sim_paired", "sim_one", "sim_null", "sim_rough")


def case(name: str) -> tuple[list[pd.DataFrame | None], dict[str, Any]]:
    """The two groups of a case, the second none for one group, and what is expected."""
    if not FOLDER.exists():
        pytest.skip(f"{FOLDER}: the reference numbers are not here")
    expected = json.loads((FOLDER / "expected.json").read_text("utf-8"))[name]
    table = pd.read_csv(FOLDER / f"{NAMES.get(name, name)}.csv")
    groups: list[pd.DataFrame | None] = [
        one.drop(columns=["group", "curve"]).rename(columns=float) for _, one in table.groupby("group", sort=False)
    ]
    return [*groups, None][:2], expected


def curves(seed: int, n: int, *, q: int = 41, bump: float = 0.0, smooth: int = 9) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    rough = random.normal(0, 1, (n, q + smooth - 1))
    values = np.array([np.convolve(one, np.ones(smooth) / np.sqrt(smooth), "valid") for one in rough])
    values[:, 15:25] += bump
    return pd.DataFrame(values, columns=np.linspace(0, 100, q))


def agrees(found: dict[str, Any], expected: dict[str, Any], sign: int) -> None:
    """Check threshold and clusters; the reference prints places to three digits."""
    assert found["t_star"] == pytest.approx(expected["t_star"], abs=1e-4)
    assert len(found["clusters"]) == len(expected["clusters"])
    for one, other in zip(found["clusters"], expected["clusters"], strict=True):
        assert (one["start"], one["stop"]) == pytest.approx((other["start"], other["stop"]), abs=6e-4)
        assert one["p"] == pytest.approx(other["p"], abs=1e-4)
        assert one["sign"] == sign * other["sign"]


@pytest.mark.parametrize("name", CASES)
def test_by_random_fields_every_number_is_that_of_the_reference_computation(name: str) -> None:
    (a, b), expected = case(name)
    found = spm(a, b, design=expected["design"], method="rft")
    of = expected["two_tailed"]
    assert found.attrs["fwhm"] == pytest.approx(of["fwhm"], abs=1e-4)
    assert found.attrs["df"] == of["df"]
    assert found["spm_t"].abs().max() == pytest.approx(of["max_abs_t"], abs=1e-4)
    agrees(found.attrs, of, 1 if b is None else -1)  # the reference subtracts the second group


@pytest.mark.parametrize("name", CASES[:4])
def test_by_all_permutations_every_number_is_that_of_the_reference_computation(name: str) -> None:
    (a, b), expected = case(name)
    found = spm(a, b, design=expected["design"], method="permutation")
    of = expected["permutation"]
    assert (found.attrs["exact"], found.attrs["n_permutations"]) == (True, of["n"])
    agrees(found.attrs, of, 1 if b is None else -1)
    assert round(found["spm_p"].min() * of["n"]) == of["least_p_count"]


@pytest.mark.parametrize("name", CASES[4:])
def test_drawn_permutations_come_near_the_reference_and_are_the_same_for_one_seed(name: str) -> None:
    (a, b), expected = case(name)
    found, again, other = (spm(a, b, method="permutation", seed=seed) for seed in (0, 0, 1))
    of = expected["permutation"]
    assert (found.attrs["exact"], found.attrs["n_permutations"]) == (False, 10_000)
    assert found.attrs["t_star"] == again.attrs["t_star"] != other.attrs["t_star"]
    assert found.attrs["t_star"] == pytest.approx(of["t_star"], abs=0.1)
    assert found["spm_p"].min() == pytest.approx(of["least_p"], abs=0.03)
    assert found.attrs["clusters"] == []


def test_the_published_threshold_and_p_of_a_cluster_follow_from_the_published_smoothness() -> None:
    nodes = Nodes(np.zeros(101), 18, 20.59563, 101)
    field = _by_field(nodes, 0.05)
    assert field.t_star == pytest.approx(3.29469, abs=1e-4)
    assert _p(100 - 93.275, nodes, field) == pytest.approx(0.03123, abs=1e-4)


def test_few_curves_are_permuted_and_many_are_not() -> None:
    assert spm(curves(1, 9), curves(2, 12)).attrs["method"] == "permutation"
    assert spm(curves(1, 10), curves(2, 12)).attrs["method"] == "rft"


def by_hand(a: np.ndarray, b: np.ndarray | None, labels: list[Any]) -> list[float]:
    """The largest |t| of each relabelling, one after the other."""
    found = []
    for label in labels:
        if b is None:
            t = distributions.ttest_1samp(a * np.array(label)[:, None], 0.0).statistic
        else:
            both, first = np.vstack([a, b]), np.isin(np.arange(len(a) + len(b)), label)
            t = distributions.ttest_ind(both[~first], both[first]).statistic
        found.append(float(np.max(np.abs(t))))
    return sorted(found)


def test_relabellings_at_once_are_those_of_a_loop() -> None:
    a, b = curves(3, 5).to_numpy(), curves(4, 4).to_numpy()
    most, exact = permutation.largest_t([a, b], 0)
    np.testing.assert_allclose(np.sort(most), by_hand(a, b, list(combinations(range(9), 5))), rtol=1e-9)
    flipped, all_ = permutation.largest_t([a], 0)
    np.testing.assert_allclose(np.sort(flipped), by_hand(a, None, list(product([1, -1], repeat=5))), rtol=1e-9)
    assert exact
    assert all_
    assert most[0] == pytest.approx(np.abs(spm(curves(3, 5), curves(4, 4))["spm_t"]).max())


def test_blocks_of_relabellings_are_one_result(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = curves(3, 30).to_numpy(), curves(4, 20).to_numpy()
    whole = [permutation.largest_t(groups, 7)[0] for groups in ([a, b], [a])]
    monkeypatch.setattr(permutation, "BLOCK", 50 * 777)
    for one, groups in zip(whole, ([a, b], [a]), strict=True):
        parts, exact = permutation.largest_t(groups, 7)
        assert not exact
        assert len(parts) == len(one) == 10_000
        assert parts[0] == pytest.approx(one[0])
        np.testing.assert_allclose(np.sort(parts)[9499], np.sort(one)[9499], rtol=0.03)


def test_t_of_every_point_is_students() -> None:
    a, b = curves(5, 12), curves(6, 11, bump=2.0)
    found = spm(a, b)
    np.testing.assert_allclose(found["spm_t"], distributions.ttest_ind(b, a).statistic, rtol=1e-10)
    paired = spm(a[:11], b, design="paired")
    np.testing.assert_allclose(paired["spm_t"], distributions.ttest_rel(b, a[:11]).statistic, rtol=1e-10)
    one = spm(a, b.mean().to_frame().T, design="one")
    np.testing.assert_allclose(one["spm_t"], distributions.ttest_1samp(a, b.mean()).statistic, rtol=1e-10)


@pytest.mark.parametrize("method", ["rft", "permutation"])
def test_changing_sides_units_and_direction_changes_signs_and_places_only(method: Any) -> None:
    a, b = curves(7, 8), curves(8, 8, bump=3.0)
    found = spm(a, b, method=method).attrs
    assert len(found["clusters"]) == 1
    one = found["clusters"][0]
    (swapped,) = spm(b, a, method=method).attrs["clusters"]
    assert (swapped["sign"], swapped["p"]) == (-one["sign"], pytest.approx(one["p"]))
    (scaled,) = spm(a * 1e-3, b * 1e-3, method=method).attrs["clusters"]
    assert scaled == {key: pytest.approx(value) for key, value in one.items()}
    back = [table.iloc[:, ::-1].set_axis(table.columns, axis=1) for table in (a, b)]
    (mirrored,) = spm(*back, method=method).attrs["clusters"]
    assert (mirrored["start"], mirrored["stop"]) == pytest.approx((100 - one["stop"], 100 - one["start"]))
    assert mirrored["p"] == pytest.approx(one["p"])


def test_a_cluster_ends_where_the_line_crosses_the_threshold() -> None:
    found = spm(curves(7, 12), curves(8, 12, bump=3.0))
    one = max(found.attrs["clusters"], key=lambda each: each["peak_t"])
    t, star = found["spm_t"], found.attrs["t_star"]
    for place in (one["start"], one["stop"]):
        assert np.interp(place, t.index, t) == pytest.approx(star, abs=1e-9)
    assert t[one["peak_at"]] == one["peak_t"] == t.max()


def test_of_three_curves_a_side_none_can_pass_whatever_the_rounding() -> None:
    for seed in range(20):
        found = spm(curves(seed, 3), curves(seed + 100, 3) + 30.0).attrs
        assert (found["n_permutations"], found["clusters"]) == (20, [])


def test_points_without_variance_or_value_are_missing_and_left_out() -> None:
    a, b = curves(7, 12), curves(8, 12, bump=3.0)
    inner, cut = spm(a.iloc[:, 2:-3], b.iloc[:, 2:-3]), [a.copy(), b.copy()]
    for table in cut:
        table.iloc[:, :2] = 0.1
        table.iloc[3, -3:] = np.nan
    found = spm(*cut)
    assert found["spm_t"].isna().tolist() == [True] * 2 + [False] * 36 + [True] * 3
    for key in ("t_star", "fwhm"):
        assert found.attrs[key] == pytest.approx(inner.attrs[key])
    assert [one["p"] for one in found.attrs["clusters"]] == [pytest.approx(one["p"]) for one in inner.attrs["clusters"]]
    flat = pd.DataFrame(np.ones((5, 11)))
    nothing = spm(flat, flat + 1)
    assert nothing["spm_t"].isna().all()
    assert (nothing.attrs["t_star"], nothing.attrs["clusters"]) == (None, [])


def test_a_curve_without_any_value_is_left_out() -> None:
    a, b = curves(7, 6), curves(8, 6)
    gappy = a.copy()
    gappy.iloc[2] = np.nan
    found = spm(gappy, b)
    assert (found.attrs["n_a"], found.attrs["n_b"]) == (5, 6)
    pairs = spm(gappy, b, design="paired")
    assert pairs.attrs["n_a"] == 5


def test_a_threshold_that_smoothness_does_not_lower_is_bonferronis() -> None:
    nodes = Nodes(np.zeros(101), 22, 2.0, 101)
    assert _by_field(nodes, 0.05).t_star == pytest.approx(distributions.t.isf(0.025 / 101, 22))
    assert _by_field(nodes._replace(fwhm=np.nan), 0.05).t_star == pytest.approx(distributions.t.isf(0.025 / 101, 22))
    assert np.isnan(_p(3.0, nodes._replace(fwhm=np.nan), Field(4.0, np.zeros(0))))


@pytest.mark.parametrize(
    ("a", "b", "asked", "expected"),
    [
        (curves(1, 2), curves(2, 5), {}, "a: expected 3 curves or more, got 2"),
        (curves(1, 5), curves(2, 2), {}, "b: expected 3 curves or more, got 2"),
        (curves(1, 5), curves(2, 5, q=51), {}, "b: expected curves of the same points as a, got 41 and 51"),
        (curves(1, 5), None, {}, "b: expected curves for the design 'two', got none"),
        (curves(1, 5), curves(1, 6), {"design": "paired"}, "b: expected as many curves as a for pairs, 5, got 6"),
        (curves(1, 5), curves(1, 2), {"design": "one"}, "b: expected one curve to test against, got 2"),
        (curves(1, 5) * np.inf, curves(1, 5), {}, "a: expected finite values or NaN"),
        (curves(1, 5).astype(str), curves(1, 5).astype(object), {"design": "three"}, "design: expected one, paired or"),
        (pd.DataFrame([["x"]] * 3), curves(1, 5), {}, "a: expected numbers or NaN in every column"),
        (curves(1, 5), curves(1, 5), {"method": "exact"}, "method: expected auto, rft or permutation"),
        (curves(1, 5), curves(1, 5), {"alpha": 1.0}, "alpha: expected"),
        (curves(1, 5), curves(1, 5), {"seed": 0.5}, "seed: expected"),
    ],
)
def test_what_cannot_be_is_refused_with_what_was_expected(a: Any, b: Any, asked: dict[str, Any], expected: str) -> None:
    with pytest.raises(InvalidData, match=expected):
        spm(a, b, **asked)
