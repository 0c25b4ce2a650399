"""Definitions of columns of repeated tests: their error, whether a difference is a change, and where curves differ."""

from __future__ import annotations

from collections.abc import Iterator

from analytics.definitions.column import Column

HOPKINS = "Hopkins 2000, doi 10.2165/00007256-200030010-00001."
MCGRAW = "McGraw and Wong 1996, doi 10.1037/1082-989X.1.1.30."
WEIR = "Weir 2005, doi 10.1519/15184.1."
PATAKY = "Pataky 2012, doi 10.1080/10255842.2010.527837."
OF_ROW = "of the row"


def reliability_definitions() -> Iterator[Column]:
    """Yield every column of `reliability`, `change` and `spm`."""
    yield from (Column(*row) for row in (*COUNTS, *ERRORS, *COEFFICIENTS, *CHANGES, *CURVES))


COUNTS = (
    ("n_subjects", "", "Subjects", "Subjects of whom every trial is known.", "n", HOPKINS),
    ("n_trials", "", "Trials", "Trials of each subject.", "k", HOPKINS),
    ("n_left_out", "", "Left out", "Subjects of whom a trial is missing.", "n", HOPKINS),
    ("mean", OF_ROW, "Mean", "Mean of all trials of all subjects.", "Σ v / (n·k)", HOPKINS),
)
ERRORS = (
    (
        "te",
        OF_ROW,
        "Typical error",
        "How far repeated tests of an unchanged person scatter; of one athlete, the SD of three baseline sessions or "
        "more.",
        "√MS_E = SD(differences)/√2 for two trials",
        HOPKINS,
    ),
    ("te_low", OF_ROW, "Typical error, low", "Lower end of its interval.", "te·√(ν/χ²), ν = (n − 1)(k − 1)", HOPKINS),
    ("te_high", OF_ROW, "Typical error, high", "Upper end of its interval.", "te·√(ν/χ²), ν = (n − 1)(k − 1)", HOPKINS),
    ("te_n", "", "Tests of TE", "Subjects, or sessions of one athlete, that the typical error is of.", "n", HOPKINS),
    ("cv_pct", "%", "Coefficient of variation", "Typical error over the mean; missing at 0.", "100·te/mean", HOPKINS),
    (
        "sem",
        OF_ROW,
        "Standard error of measurement",
        "Error of one test, by the share of the scatter that is not between subjects.",
        "SD(all values)·√(1 − ICC(A,1)), or te",
        WEIR,
    ),
    (
        "mdc95",
        OF_ROW,
        "MDC95",
        "Minimal detectable change: two tests of an unchanged person differ by less 95 times in 100.",
        "1.959964·√2·sem; of means 1.959964·te·√(1/n_a + 1/n_b)",
        WEIR,
    ),
    (
        "swc",
        OF_ROW,
        "SWC",
        "Smallest worthwhile change; it needs the spread between subjects.",
        "0.2·SD of the subjects' means",
        HOPKINS,
    ),
)
KOO = "Koo and Li 2016, doi 10.1016/j.jcm.2016.02.012."
COEFFICIENTS = (
    (
        "icc_a1",
        "",
        "ICC(A,1)",
        "Absolute agreement of single tests; missing for fewer than three subjects, or subjects that do not differ.",
        "(MS_R − MS_E)/(MS_R + (k − 1)·MS_E + k·(MS_C − MS_E)/n)",
        MCGRAW,
    ),
    ("icc_a1_low", "", "ICC(A,1), low", "Lower end of its interval.", "F distribution", MCGRAW),
    ("icc_a1_high", "", "ICC(A,1), high", "Upper end of its interval.", "F distribution", MCGRAW),
    (
        "icc_c1",
        "",
        "ICC(C,1)",
        "Consistency of single tests: a shift of all subjects between trials does not count.",
        "(MS_R − MS_E)/(MS_R + (k − 1)·MS_E)",
        MCGRAW,
    ),
    ("icc_c1_low", "", "ICC(C,1), low", "Lower end of its interval.", "F distribution", MCGRAW),
    ("icc_c1_high", "", "ICC(C,1), high", "Upper end of its interval.", "F distribution", MCGRAW),
    (
        "icc_band",
        "",
        "Reliability",
        "In words: poor below 0.5, moderate below 0.75, good to 0.9, excellent above.",
        "by the lower end of ICC(A,1)",
        KOO,
    ),
)
CHANGES = (
    (
        "change",
        "",
        "Change",
        "Beyond MDC, above SWC, within noise, or not known where no typical error is. It does not say better or worse.",
        "|B − A| > mdc95; > swc",
        HOPKINS,
    ),
)
CURVES = (
    (
        "spm_t",
        "",
        "SPM{t}",
        "Student's t of each point of curves; missing where they do not vary, or one has no value.",
        "difference of the means / its standard error",
        PATAKY,
    ),
    (
        "spm_p",
        "",
        "Probability",
        "Share of relabellings whose largest |t| of all points reaches this one; by permutation only.",
        "n(max|t| ≥ |t|) / N",
        "Nichols and Holmes 2002, doi 10.1002/hbm.1058.",
    ),
)
