"""What repeated tests of an athlete differ by: the baseline of a series of sessions, and a session set beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.sessions.change import FEWEST_TESTS, UNKNOWN, decide, te_of
from analytics.sessions.reliability import Z95, interval_of_te
from barograph.frames import Floats
from dashboard.drawing import words


@dataclass(frozen=True)
class Baseline:
    """The first tests of a series: their mean, typical error, and which they are; NaN where they are too few.

    `mdc95` is that of one test against their mean, `swc` NaN where nobody knows it.
    """

    mean: float
    te: float
    n: int
    mdc95: float
    swc: float = np.nan
    said: str = ""
    swc_of: str = "The SWC needs the spread of a team."

    @property
    def known(self) -> bool:
        """Whether a difference can be decided."""
        return np.isfinite(self.mdc95) and self.mdc95 > 0

    def change(self, value: float) -> str:
        """Return what a value is beside the baseline, in words."""
        return decide(value - self.mean, self.mdc95, self.swc)

    def about(self, unit: str, digits: int) -> tuple[str, ...]:
        """Say where the noise is from, for hover and focus."""
        if not self.known:
            return (self.said,)
        low, high = interval_of_te(self.te, self.n - 1, 0.025)
        te, low_, high_, mdc = (words.number(value, digits + 1) for value in (self.te, low, high, self.mdc95))
        of = f" {unit}" if unit else ""
        swc = f"SWC {words.number(self.swc, digits + 1)}{of}: {self.swc_of}." if np.isfinite(self.swc) else self.swc_of
        return (
            f"{self.said}: TE {te}{of}, 95 % interval {low_} … {high_}.",
            f"MDC of one test against their mean: {mdc}{of} = 1.96 · TE · √(1 + 1/{self.n}).",
            swc,
        )


def baseline(values: Floats, n: int) -> Baseline:
    """Return the baseline of (k,) values in order of time: the first n that there are."""
    first = values[np.isfinite(values)][:n]
    if len(first) < FEWEST_TESTS or len(first) == np.isfinite(values).sum():
        why = f"A baseline needs {FEWEST_TESTS} tests and one after them; here are {np.isfinite(values).sum()}"
        return none(f"{why}.")
    te = te_of(first)
    mdc95 = Z95 * te * float(np.sqrt(1.0 / len(first) + 1.0))
    said = f"Own baseline, the first {len(first)} tests"
    if te == 0:
        said = f"The first {len(first)} tests do not differ at all, which says nothing about their noise."
    return Baseline(float(first.mean()), te, len(first), mdc95, said=said)


def none(why: str) -> Baseline:
    """Return a baseline that there is none of, and why."""
    return Baseline(np.nan, np.nan, 0, np.nan, said=why)


def changes(values: Floats, of: Baseline) -> list[str]:
    """Return what each value is beside the baseline; its own tests are decided by none."""
    known = np.isfinite(values)
    after = np.cumsum(known) > of.n
    return [of.change(float(value)) if later else UNKNOWN for value, later in zip(values, after, strict=True)]
