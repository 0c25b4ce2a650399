"""Definitions of columns of reference bands: what the middle of a group of athletes has."""

from __future__ import annotations

from collections.abc import Iterator

from analytics.definitions.column import Column

OF_MEASURE = "of the measure"
SOLBERG = "Solberg 1987, J Clin Chem Clin Biochem 25: 645–656."
HYNDMAN = "Hyndman and Fan 1996, type 6, doi 10.1080/00031305.1996.10473566."
SHARE = "Value at rank p·(n + 1) of the athletes in order, between two of them by proportion; missing below rank 1."
ENDS = "Two of the athletes' own values, by the binomial distribution; missing where n is too small for one."
NAMED = (
    ("p5", "5th percentile", "Lower end of the middle 90 %."),
    ("p25", "25th percentile", "Lower end of the middle 50 %."),
    ("p50", "Median", "Half of the athletes lie below it."),
    ("p75", "75th percentile", "Upper end of the middle 50 %."),
    ("p95", "95th percentile", "Upper end of the middle 90 %."),
)
UNCERTAIN = (
    ("p5_low", "5th percentile, low"),
    ("p5_high", "5th percentile, high"),
    ("p95_low", "95th percentile, low"),
    ("p95_high", "95th percentile, high"),
)


def norm_definitions() -> Iterator[Column]:
    """Yield every column of `athlete_means` and `reference_bands`."""
    yield Column("n_sessions", "", "Sessions", "Sessions of an athlete that a mean is of.", "n", "Count.")
    yield Column("n_athletes", "", "Athletes", "Athletes that have this measure, one value each.", "n", SOLBERG)
    for name, title, meaning in NAMED:
        yield Column(name, OF_MEASURE, title, f"{meaning} {SHARE}", "v at rank p·(n + 1)", HYNDMAN)
    for name, title in UNCERTAIN:
        yield Column(name, OF_MEASURE, title, f"End of its 90 % interval. {ENDS}", "P(B(n, p) < rank) ≤ 0.05", SOLBERG)
    yield Column(
        "band_why", "", "Why no band", "In words, why there is no band or only its middle 50 %.", "by n", SOLBERG
    )
