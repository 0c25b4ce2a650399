"""Where curves differ by more than chance: statistical parametric mapping of t along curves, SPM{t}."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import scipy

from analytics.base import bounds
from analytics.base.arguments import checked
from analytics.sessions.permutation import TIES, largest_t, reached
from analytics.tables import described
from barograph.errors import InvalidData
from barograph.frames import Floats

Design = Literal["one", "paired", "two"]
Method = Literal["auto", "rft", "permutation"]
FEWEST_CURVES, FEW_CURVES = 3, 10
SMOOTH = 4.0 * np.log(2.0)
ROUNDING = 1e-12  # of a node's largest value: a smaller spread is none


@checked
def spm(
    a: pd.DataFrame,
    b: pd.DataFrame | None = None,
    *,
    design: Design = "two",
    alpha: float = 0.05,
    method: Method = "auto",
    seed: int = 0,
) -> pd.DataFrame:
    """Compare curves along all of their points at once, two-tailed: SPM{t} with its threshold and clusters.

    Parameters
    ----------
    a, b : DataFrame
        One row per curve, Q columns named by their place (per cent of stance), as `stance_curves` makes them. Curves of
        no value are left out, of two paired ones both. With design "one", b is one curve, or nothing for 0.
    design : "two", "paired" or "one", default "two"
        Two groups of equal variances, b − a; pairs of rows, b − a; or a against one curve, a − b.
    alpha : float, default 0.05
        Risk of any cluster along the whole curve where nothing differs.
    method : "auto", "rft" or "permutation", default "auto"
        Threshold by random field theory, which takes curves to be normal and smooth, or by permutation. "auto"
        permutes where a group has fewer than 10 curves.
    seed : int, default 0
        Of the relabellings, where there are more than 10,000 of them.

    Returns
    -------
    DataFrame of Q rows, index as the columns were: `spm_t`, and `spm_p` by permutation, NaN where the curves do not
    vary or one of them has no value; such nodes are left out of Q. `attrs`: `t_star`, `df`, `fwhm` in nodes, `method`,
    `n_a`, `n_b`, `n_permutations`, `exact`, and `clusters`, a list of `start`, `stop` (interpolated, in units of the
    index), `sign`, `p`, `peak_t` and `peak_at`.

    Raises
    ------
    InvalidData
        When a group has fewer than 3 curves, lengths or pairs do not match, a value is infinite, or a parameter is out
        of its bounds.

    Notes
    -----
    Pataky 2012, doi 10.1080/10255842.2010.527837; Friston et al. 1994, Worsley et al. 1996; permutation: Nichols and
    Holmes 2002, doi 10.1002/hbm.1058. t* is Bonferroni's where that is smaller. With steps of one session as curves it
    says something of these steps, not of the person.
    """
    bounds.number("alpha", alpha, above=0, below=1)
    bounds.whole("seed", seed, 0)
    if design not in ("one", "paired", "two"):
        raise InvalidData(f"design: expected one, paired or two, got {design!r}", field="design")
    if method not in ("auto", "rft", "permutation"):
        raise InvalidData(f"method: expected auto, rft or permutation, got {method!r}", field="method")
    groups = _groups(a, b, design)
    few = min(map(len, groups)) < FEW_CURVES
    used = ("permutation" if few else "rft") if method == "auto" else method
    nodes = _t(groups)
    place = np.asarray(a.columns if _numeric(a) else range(a.shape[1]), np.float64)
    field = _by_chance(groups, nodes, alpha, seed) if used == "permutation" else _by_field(nodes, alpha)
    table = pd.DataFrame({"spm_t": nodes.t, "spm_p": field.p_of_nodes}, index=a.columns)
    n = [len(one) for one in groups]
    about = {
        "design": design, "alpha": alpha, "method": used, "seed": seed, "n_a": n[0], "n_b": n[-1] if n[1:] else None,
        "df": nodes.df, "fwhm": _plain(nodes.fwhm), "t_star": _plain(field.t_star),
        "n_permutations": field.n, "exact": field.exact,
        "clusters": [asdict(one) for one in _clusters(nodes, field, place)],
    }  # fmt: skip
    return described(table, "spm", {"a": a} if b is None else {"a": a, "b": b}, **about)


@dataclass(frozen=True)
class Cluster:
    """A run of nodes beyond ±t*: its interpolated ends and highest |t|, in units of the index, its sign and p."""

    start: float
    stop: float
    sign: int
    p: float
    peak_t: float
    peak_at: float


class Nodes(NamedTuple):
    """t (Q,), NaN where it is not defined; degrees of freedom; smoothness in nodes; how many nodes are defined."""

    t: Floats
    df: int
    fwhm: float
    q: int


@dataclass(frozen=True, eq=False)
class Field:
    """A threshold, and what it takes to say how rare a cluster is."""

    t_star: float
    p_of_nodes: Floats
    n: int = 0
    exact: bool = False


def _numeric(curves: pd.DataFrame) -> bool:
    return bool(pd.api.types.is_numeric_dtype(curves.columns))


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _groups(a: pd.DataFrame, b: pd.DataFrame | None, design: Design) -> list[Floats]:
    """The groups that are tested: one of (differences of) curves against 0, or two."""
    first = _curves("a", a)
    if b is None:
        if design != "one":
            raise InvalidData(f"b: expected curves for the design {design!r}, got none", field="b")
        return _enough([first])
    second = _curves("b", b)
    if first.shape[1] != second.shape[1] or (_numeric(a) and list(a.columns) != list(b.columns)):
        said = f"{first.shape[1]} and {second.shape[1]}; stance_curves puts curves on one scale"
        raise InvalidData(f"b: expected curves of the same points as a, got {said}", field="b")
    if design == "two":
        return _enough([first, second])
    if design == "one" and len(second) != 1:
        raise InvalidData(f"b: expected one curve to test against, got {len(second)}", field="b")
    if design == "paired" and len(first) != len(second):
        raise InvalidData(f"b: expected as many curves as a for pairs, {len(first)}, got {len(second)}", field="b")
    return _enough([second - first if design == "paired" else first - second])


def _curves(name: str, curves: pd.DataFrame) -> Floats:
    try:
        found = curves.to_numpy(np.float64)
    except (ValueError, TypeError) as error:
        raise InvalidData(f"{name}: expected numbers or NaN in every column", field=name) from error
    if np.isinf(found).any():
        raise InvalidData(f"{name}: expected finite values or NaN, got an infinite one", field=name)
    return found


def _enough(groups: list[Floats]) -> list[Floats]:
    known = [one[~np.isnan(one).all(axis=1)] for one in groups]
    for name, one in zip("ab", known, strict=False):
        if len(one) < FEWEST_CURVES:
            raise InvalidData(f"{name}: expected {FEWEST_CURVES} curves or more, got {len(one)}", field=name)
    return known


def _t(groups: list[Floats]) -> Nodes:
    means = [one.mean(axis=0) for one in groups]
    rest = np.vstack([one - mean for one, mean in zip(groups, means, strict=True)])
    df = len(rest) - len(groups)
    squares = np.sum(rest**2, axis=0)
    least = ROUNDING * np.max(np.abs(np.vstack(groups)), axis=0)
    known = squares > len(rest) * least**2  # NaN, and no spread, are not
    error = np.sqrt(squares / df * sum(1.0 / len(one) for one in groups))
    gap = means[0] if len(means) == 1 else means[1] - means[0]
    t = np.full(len(gap), np.nan)
    t[known] = gap[known] / error[known]
    return Nodes(t, df, _fwhm(rest, squares, known), int(known.sum()))


def _runs(inside: np.ndarray) -> list[tuple[int, int]]:
    """First and after-last node of each run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in zip(edges[::2], edges[1::2], strict=True)]


def _fwhm(rest: Floats, squares: Floats, known: np.ndarray) -> float:
    """Smoothness of residuals: full width at half maximum, in nodes; of runs of nodes, so that no gap is crossed."""
    resels = [
        np.sqrt(np.sum(np.gradient(rest[:, i:j], axis=1) ** 2, axis=0) / squares[i:j] / SMOOTH)
        for i, j in _runs(known)
        if j - i > 1
    ]
    mean = float(np.mean(np.concatenate(resels))) if resels else np.nan
    return 1.0 / mean if mean > 0 else np.nan


def _by_field(nodes: Nodes, alpha: float) -> Field:
    """The least of the thresholds of random field theory and Bonferroni."""
    none = np.full(len(nodes.t), np.nan)
    if not nodes.q:
        return Field(np.nan, none)
    most = float(scipy.stats.t.isf(alpha / 2.0 / nodes.q, nodes.df))
    if np.isnan(nodes.fwhm):
        return Field(most, none)
    wanted = -np.log1p(-alpha / 2.0)
    low, high = 0.0, max(most, 1.0)
    if expected(high, nodes) > wanted:
        return Field(most, none)
    for _ in range(200):
        middle = (low + high) / 2.0
        low, high = (middle, high) if expected(middle, nodes) > wanted else (low, middle)
    return Field(min(high, most), none)


def expected(u: float, nodes: Nodes) -> float:
    """Return the expected Euler characteristic of the field above u."""
    return float(scipy.stats.t.sf(u, nodes.df)) + _along(u, nodes)


def _along(u: float, nodes: Nodes) -> float:
    resels = (nodes.q - 1) / nodes.fwhm
    return float(resels * np.sqrt(SMOOTH) / (2 * np.pi) * (1 + u**2 / nodes.df) ** (-(nodes.df - 1) / 2))


def _by_chance(groups: list[Floats], nodes: Nodes, alpha: float, seed: int) -> Field:
    known = np.isfinite(nodes.t)
    p = np.full(len(nodes.t), np.nan)
    if not nodes.q:
        return Field(np.nan, p)
    most, exact = largest_t([one[:, known] for one in groups], seed)
    p[known] = reached(most, np.abs(nodes.t[known]))
    return Field(float(np.sort(most)[int(np.ceil((1.0 - alpha) * len(most) - 1e-9)) - 1]), p, len(most), exact)


def _clusters(nodes: Nodes, field: Field, place: Floats) -> list[Cluster]:
    found = []
    for sign in (1, -1):
        height = sign * np.nan_to_num(nodes.t)
        for start, stop in _runs(height > field.t_star * (1.0 + TIES)):
            ends = (_end(height, start, -1, field.t_star, nodes), _end(height, stop - 1, 1, field.t_star, nodes))
            top = start + int(np.argmax(height[start:stop]))
            p = float(np.min(field.p_of_nodes[start:stop])) if field.n else _p(ends[1] - ends[0], nodes, field)
            at = np.interp([*ends, top], np.arange(len(place)), place)
            found.append(Cluster(float(at[0]), float(at[1]), sign, p, float(nodes.t[top]), float(at[2])))
    return sorted(found, key=lambda one: one.start)


def _end(height: Floats, node: int, step: int, t_star: float, nodes: Nodes) -> float:
    """Where the line through the last node beyond and the next one crosses t*; there is none beside a gap or an end."""
    beside = node + step
    if not 0 <= beside < len(height) or np.isnan(nodes.t[beside]):
        return float(node)
    return float(node + step * (height[node] - t_star) / (height[node] - height[beside]))


def _p(extent: float, nodes: Nodes, field: Field) -> float:
    """How often a cluster of this extent, in nodes, comes by chance."""
    if np.isnan(nodes.fwhm):
        return np.nan
    above = float(scipy.stats.t.sf(field.t_star, nodes.df))
    along, resels = _along(field.t_star, nodes), (nodes.q - 1) / nodes.fwhm
    beta = (scipy.special.gamma(1.5) * along / (resels * above)) ** 2
    k = extent / nodes.fwhm
    return float(min(1.0, -2.0 * np.expm1(-(above + along) * np.exp(-beta * k**2))))
