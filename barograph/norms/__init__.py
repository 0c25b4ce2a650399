"""Who is compared with whom: cohorts of this lab, and published reference bands as data with their source.

docs/norms.md says what each field means.
"""

from __future__ import annotations

from barograph.norms.catalogue import OWN, TEMPLATE, checked, named, names, problems, usable
from barograph.norms.cohort import AGES, Admitted, Age, Cohort, Member, admitted, age_range
from barograph.norms.published import PERCENTILES, Published, Value

__all__ = [
    "AGES",
    "OWN",
    "PERCENTILES",
    "TEMPLATE",
    "Admitted",
    "Age",
    "Cohort",
    "Member",
    "Published",
    "Value",
    "admitted",
    "age_range",
    "checked",
    "named",
    "names",
    "problems",
    "usable",
]
