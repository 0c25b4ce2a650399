"""What a Lab says of the usual: reference bands of the lab's own cohorts, from tables that were computed once."""

from __future__ import annotations

from collections.abc import Coroutine
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from barograph.store.cohorts import Gathered, NormsQuery, gathered
from barograph.store.reader import Reader
from barograph.store.summarised import Lister

T = TypeVar("T")


class NormsLab:
    """The part of a Lab that reads reference bands."""

    _lister: Lister
    _archive: Reader

    if TYPE_CHECKING:  # of the Lab itself

        def _run(self, question: Coroutine[Any, Any, T]) -> T: ...

    def norms(
        self,
        kind: str,
        sensor: str = "",
        *,
        sex: str = "",
        age: str = "",
        sport: str = "",
        athlete: str = "",
        table: str = "session",
    ) -> pd.DataFrame:
        """Return the reference band of every measure of a cohort of this lab; index `measure`, as columns of summaries.

        The cohort is of sessions of one `kind` (`walk`) that one kind of sensor recorded (`insole 60 × 21`, as in the
        column `sensors` of `summaries`; without it the only one there is), by athletes of the roster: `sex` F, M or X,
        `age` on the day of the session as `18-25` or `51-`, and `sport`; "" for any. An athlete counts once, with the
        mean over the sessions. `table` is another part of sessions, as in `summaries`.

        Columns are those of `analytics.reference_bands`, in the measure's unit. With an `athlete` (uid, short id or
        name), who is then no part of the cohort, also `value`, that athlete's mean, and `place` in words.
        `attrs["cohort"]` says who it is of, who was left out for want of data, and whether the athlete belongs to it.

        A band says what is usual among these athletes. It is no diagnosis.
        """
        asked = NormsQuery(kind, sensor, sex, age, sport, athlete, table)
        return bands_of(self._run(gathered(self._lister, self._archive.roster, asked)), compared=bool(athlete))


def bands_of(found: Gathered, *, compared: bool) -> pd.DataFrame:
    """Return the bands of a cohort, with `value` and `place` of whoever is compared."""
    norms = import_module("analytics.sessions.norms")  # what computes is above: only who asks loads it
    means = norms.athlete_means(found.sessions, "athlete_uid", list(found.measures))
    bands: pd.DataFrame = norms.reference_bands(means, list(found.measures))
    about = dict(bands.attrs)
    if compared:
        values = found.own[list(found.measures)].mean()
        bands["value"] = values.reindex(bands.index)
        bands["place"] = [norms.place(float(values[str(name)]), row) for name, row in bands.iterrows()]
    bands.attrs = about | {
        "cohort": {
            "said": found.said, "athletes": len(means), "sessions": len(found.sessions),
            "left_out": found.admitted.left_out, "athlete_in_cohort": found.admitted.part,
        }
    }  # fmt: skip
    return bands
