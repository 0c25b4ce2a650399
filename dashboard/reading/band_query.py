"""Which reference band an address asks for: none, that of a cohort of this lab, or a published one by its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from barograph.bounds import KIND, SEXES
from barograph.errors import InvalidData
from barograph.norms import Age, age_range
from barograph.norms.published import NAME
from dashboard.reading.part_query import choice

LAB = "lab"
FIELDS = ("band", "sex", "age", "sport")


@dataclass(frozen=True)
class BandQuery:
    """`band` is "" for none, `lab`, or the name of a published one; `sex`, `age` and `sport` are whose, "" for any."""

    band: str = ""
    sex: str = ""
    age: str = ""
    sport: str = ""

    @property
    def years(self) -> Age | None:
        """The whole years of `age`."""
        return age_range(self.age)


NO_BAND = BandQuery()


def read_band(given: Mapping[str, str], problems: list[str]) -> BandQuery:
    """Return what fields of an address ask for; nonsense asks for no band or for everybody, and is said."""
    band = given.get("band", "")
    if band and not NAME.match(band):
        problems.append(f"band: expected {LAB} or the name of a published band, got {band[:40]!r}")
        band = ""
    sex = choice("sex", tuple(filter(None, SEXES)), given, problems) or ""
    age = given.get("age", "")[:10]
    try:
        age_range(age)
    except InvalidData as error:
        problems.append(str(error))
        age = ""
    return BandQuery(band, sex, age, given.get("sport", "")[:KIND])
