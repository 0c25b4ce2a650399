"""How large |t| along curves gets by chance: with signs flipped or labels exchanged, all ways or 10,000 of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, islice
from math import comb

import numpy as np

from barograph.frames import Floats, Ints

MOST = 10_000
BLOCK = 1 << 18  # values of one matrix of t at a time: 2 MB
TIES = 1e-9  # values of |t| that differ by less, relatively, are equal
ROUNDING = 1e-12  # of all squares: less is left of them by rounding alone


def largest_t(groups: Sequence[Floats], seed: int) -> tuple[Floats, bool]:
    """Return the largest |t| over all nodes of each relabelling, and whether these are all that there are.

    Parameters
    ----------
    groups : one or two of (n, Q)
        Curves, or differences of pairs, whose signs are flipped; or two groups whose labels are exchanged.
    seed : int
        Of the relabellings, where they are more than 10,000: the data's own and 9,999 drawn.
    """
    if len(groups) == 1:
        return _signs(groups[0], seed)
    return _labels(groups[0], groups[1], seed)


def reached(most: Floats, t: Floats) -> Floats:
    """Return for each of (Q,) |t| the share of relabellings whose largest |t| reaches it."""
    below = np.searchsorted(np.sort(most), t * (1.0 - TIES), side="left")
    return np.asarray((len(most) - below) / len(most), np.float64)


def _signs(curves: Floats, seed: int) -> tuple[Floats, bool]:
    n = len(curves)
    exact = n < MOST.bit_length()  # 2ⁿ ≤ 10,000
    total = np.sum(curves**2, axis=0)
    parts = []
    for signs in _flips(n, _rows(curves), seed, exact=exact):
        mean = signs @ curves / n
        within = _without(total, n * mean**2)
        parts.append(_largest(np.abs(mean), within / (n - 1) / n))
    return np.concatenate(parts), exact


def _flips(n: int, rows: int, seed: int, *, exact: bool) -> Iterator[Floats]:
    """Blocks of (rows, n) signs; the first row leaves all as they are."""
    if exact:
        for first in range(0, 2**n, rows):
            numbers = np.arange(first, min(first + rows, 2**n))
            yield _sign((numbers[:, None] >> np.arange(n)) & 1)
        return
    random = np.random.default_rng(seed)
    yield np.ones((1, n))
    for first in range(0, MOST - 1, rows):
        yield _sign(random.integers(0, 2, (min(rows, MOST - 1 - first), n)))


def _sign(bits: Ints) -> Floats:
    return np.asarray(1.0 - 2.0 * bits, np.float64)


def _labels(a: Floats, b: Floats, seed: int) -> tuple[Floats, bool]:
    n_a, n_b = len(a), len(b)
    curves = np.vstack([a, b])
    curves = curves - curves.mean(axis=0)
    total, ways = np.sum(curves**2, axis=0), comb(n_a + n_b, n_a)
    share = 1.0 / n_a + 1.0 / n_b
    parts = []
    for first in _choices(n_a, n_b, _rows(curves), seed, exact=ways <= MOST):
        gap = first @ curves * share  # curves are about their mean: the sum of the others is its negative
        within = _without(total, gap**2 / share)
        parts.append(_largest(np.abs(gap), within / (n_a + n_b - 2) * share))
    return np.concatenate(parts), ways <= MOST


def _choices(n_a: int, n_b: int, rows: int, seed: int, *, exact: bool) -> Iterator[Floats]:
    """Blocks of (rows, n_a + n_b): 1 for who is in the first group; the first row is the data's own."""
    n = n_a + n_b
    if exact:
        ways = combinations(range(n), n_a)
        while chosen := list(islice(ways, rows)):
            yield _marked(np.array(chosen), n)
        return
    random = np.random.default_rng(seed)
    yield _marked(np.arange(n_a)[None], n)
    for first in range(0, MOST - 1, rows):
        drawn = random.random((min(rows, MOST - 1 - first), n))
        yield _marked(np.argpartition(drawn, n_a - 1, axis=1)[:, :n_a], n)


def _marked(chosen: np.ndarray, n: int) -> Floats:
    found = np.zeros((len(chosen), n))
    np.put_along_axis(found, chosen, 1.0, axis=1)
    return found


def _rows(curves: Floats) -> int:
    return BLOCK // max(len(curves), curves.shape[1]) or 1


def _without(total: Floats, between: Floats) -> Floats:
    """What is left of all squares; nothing where it is lost in rounding."""
    left = total - between
    return np.where(left > ROUNDING * total, left, 0.0)


def _largest(gap: Floats, squared_error: Floats) -> Floats:
    """The largest gap over its error of each row; infinite where curves differ without any spread."""
    with np.errstate(divide="ignore", invalid="ignore"):
        t = gap / np.sqrt(squared_error)
    return np.asarray(np.nanmax(np.nan_to_num(t, nan=0.0, posinf=np.inf), axis=1), np.float64)
