"""The roster as tables for analysts."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from barograph.store.roster import KINDS, Athlete, Team

MEASURED = ("uid", "name", "time", "kind", "value", "source")


def athletes_table(athletes: Sequence[Athlete], teams: Sequence[Team], day: str) -> pd.DataFrame:
    """Return one row per athlete as of a day, index `uid`: who, the newest of each measurement, and what is involved.

    `age_years` is in whole years where the date of birth is known; what nobody said is missing.
    """
    names = {team.uid: team.name for team in teams}
    rows = [_row(one, names, day) for one in athletes]
    columns = ("uid", "short_id", "name", "sex", "born", "age_years", "dominant", "involved", "involved_what", *KINDS,
               "sport", "shoe", "teams", "notes")  # fmt: skip
    table = pd.DataFrame(rows, columns=columns).set_index("uid")
    numbers = ["age_years", *KINDS]
    table[numbers] = table[numbers].astype("float64")
    return table


def _row(one: Athlete, teams: dict[str, str], day: str) -> tuple[object, ...]:
    involved = one.involved_on(day)
    newest = (one.latest(kind) for kind in KINDS)
    return (
        one.uid, one.short_id, one.name, one.sex or None, one.born or None, one.years(day), one.dominant or None,
        involved.side if involved else None, (involved.what or None) if involved else None,
        *(found.value if found else None for found in newest), one.sport or None, one.shoe or None,
        [teams[uid] for uid in one.teams if uid in teams], one.notes or None,
    )  # fmt: skip


def measurements_table(athletes: Sequence[Athlete]) -> pd.DataFrame:
    """Return one row per measurement in the order of time: whose, when (UTC), what, and with what it was measured."""
    rows = [
        (one.uid, one.name, each.t_us, each.kind, each.value, each.source)
        for one in athletes
        for each in one.measurements
    ]
    table = pd.DataFrame(rows, columns=MEASURED)
    table["time"] = pd.to_datetime(table["time"].astype("int64"), unit="us", utc=True)
    return table.sort_values("time", kind="stable", ignore_index=True)
