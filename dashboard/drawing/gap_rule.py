"""The gap rule that numbers were made with: in a line, as a term with its definition, and as a parameter."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from analytics.base.gaps import GAP_S, LATELY, USUAL_STEPS
from dashboard.drawing.markup import Term

RULE = (
    f"step > max({GAP_S:g} s, {USUAL_STEPS:g} · usual step)",
    f"The usual one is the median of the {LATELY} before. Where frames are known to be missing, however few, and where "
    "a clock was set back, there is a gap too.",
    "Nothing is summed, joined or filtered across a gap; a stance with one in it is cut.",
    "analytics.base.gaps",
)


def limit_text(tables: Iterable[pd.DataFrame]) -> str:
    """Return the longest step in time that is no gap, as tables of results say it: `0.5 s`, or each, shortest first."""
    limits = sorted({round(float(table.attrs["gap_s"]), 3) for table in tables})
    return f"{' or '.join(f'{one:.3g}' for one in limits)} s"


def gap_text(*tables: pd.DataFrame) -> str:
    """Return the rule of these tables in a line: `gaps above 0.5 s`."""
    return f"gaps above {limit_text(tables)}"


def gap_term(*tables: pd.DataFrame) -> str:
    """Return the same with its definition."""
    return Term(gap_text(*tables), "", RULE, "Gap in time").markup()


def gap_parameter(*tables: pd.DataFrame) -> tuple[str, str]:
    """Return the rule as a row of a list of parameters."""
    return "Gap in time", f"a step above {limit_text(tables)}, frames known to be missing, or a clock set back"
