"""Definitions of columns that are made of another column: over a window, a stance or a region, or between two."""

from __future__ import annotations

import re
from collections.abc import Callable

from analytics.definitions.column import Column

# prefix: (title, meaning, formula, source) with {title}, {name} of the column it is made of.
OVER = {
    "mean": ("Mean of {title}", "Arithmetic mean over the rows that have a value.", "Σ v / n", "By rows, not by time."),
    "sd": (
        "SD of {title}",
        "Standard deviation over the rows that have a value; missing for fewer than two.",
        "√(Σ (v − mean)² / (n − 1))",
        "ddof 1; partial sums are merged (Chan et al. 1979), so nothing cancels.",
    ),
    "min": ("Minimum of {title}", "Smallest value of the rows that have one.", "min v", "One row, unsmoothed."),
    "max": ("Maximum of {title}", "Largest value of the rows that have one.", "max v", "One row, unsmoothed."),
    "rms": ("RMS of {title}", "Root mean square of the rows that have a value.", "√(Σ v² / n)", "About zero."),
    "ewma": (
        "Smoothed {title}",
        "Exponentially weighted mean by time; missing where the value is.",
        "yᵢ = yᵢ₋₁ + (1 − exp(−Δtᵢ/τ))·(vᵢ − yᵢ₋₁), y₀ = v₀",
        "Δt from the last row that has a value, so irregular sampling needs no resampling.",
    ),
    "hann": (
        "Recent mean of {title}",
        "Mean of the last seconds under a Hann window, which fades at both ends.",
        "Σ w·v / Σ w, w = 1 − cos(2π(t − t₀)/(t₁ − t₀))",
        "By rows, not by time; what a window's end cuts hardly counts.",
    ),
    "running": (
        "{title} so far",
        "Sum over the steps from the first row on, never across a gap or beside a missing value.",
        "Σ v",
        "From a stream in any parts; parts merge to the whole.",
    ),
}

LEVEL = re.compile(r"peaks_above_([0-9.]+)|time_above_([0-9.]+)bw_s")
SPAN = re.compile(r"sum_([1-9][0-9]*)d_(.+)")


def derived(name: str, known: Callable[[str], Column]) -> Column | None:
    """Return the definition of a derived column, from that of the column it is made of.

    None when it is no such name.
    """
    prefix, _, rest = name.partition("_")
    if prefix == "rate" and rest.endswith("_s"):
        return _rate(name, known(rest.removesuffix("_s")))
    if prefix in ("peaks", "time") and (level := LEVEL.fullmatch(name)):
        return _above(name, level[1] or level[2], timed=prefix == "time")
    if prefix == "sum" and (span := SPAN.fullmatch(name)):
        return _summed(name, int(span[1]), known(span[2]))
    if prefix == "romberg":
        return _romberg(name, known(rest))
    if prefix not in OVER:
        return None
    of = known(rest)
    title, meaning, formula, source = OVER[prefix]
    title = title.format(title=of.title[0].lower() + of.title[1:])
    return Column(name, of.unit, title, f"{meaning} v is {rest}.", formula, source)


def _above(name: str, level: str, *, timed: bool) -> Column:
    if timed:
        meaning = f"Time of contacts in which the force lay above {level} body weights."
        return Column(
            name, "s", f"Time above {level} BW", meaning, f"Σ Δt, F > {level}·BW", "Force straight between rows."
        )
    meaning = f"Contacts whose largest force lay above {level} body weights."
    return Column(
        name, "", f"Peaks above {level} BW", meaning, f"n (max F > {level}·BW)", "Of every contact, cut ones too."
    )


def _summed(name: str, days: int, of: Column) -> Column:
    title = f"{of.title}, last {days} days"
    meaning = f"Sum over {days} days, this one the last; a day without a session counts 0. v is {of.name}."
    return Column(name, of.unit, title, meaning, "Σ v", "Only what was recorded.")


def _rate(name: str, of: Column) -> Column:
    return Column(
        name,
        f"{of.unit}/s" if of.unit else "1/s",
        f"Rate of {of.title[0].lower()}{of.title[1:]}",
        f"Change since the row before; missing across a gap, a missing value and at repeated times. v is {of.name}.",
        "(vᵢ − vᵢ₋₁) / (tᵢ − tᵢ₋₁)",
        "Unsmoothed.",
    )


def _romberg(name: str, of: Column) -> Column:
    return Column(
        name,
        "",
        f"Romberg quotient, {of.title if of.title.startswith('RMS') else of.title[0].lower() + of.title[1:]}",
        f"Eyes closed over eyes open, of trials of one duration (5 %), rate and filter. v is {of.name}.",
        "v closed / v open",
        "Above 1: more sway with eyes closed.",
    )
