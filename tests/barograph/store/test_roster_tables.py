"""Athletes as a table: what is known today, and every measurement."""

from __future__ import annotations

import numpy as np
import pandas as pd

from barograph.store.roster import Age, Athlete, Involved, Measurement, Team
from barograph.store.roster_tables import athletes_table, measurements_table

T0 = 1_700_000_000_000_000
DAY = 86_400_000_000
ZOE = Athlete(
    "Zoë", "u1", "a-0001", sex="F", born="2002-05-14", dominant="right", teams=("t1", "gone"),
    involved=(Involved("left", "2023-05-14", what="knee"),),
    measurements=(Measurement("mass_kg", 68.4, T0, "scale"), Measurement("mass_kg", 67.0, T0 - DAY)),
)  # fmt: skip
BO = Athlete("Bo", "u2", "a-0002", age=Age(24.5, "2023-01-01"))


def test_one_row_an_athlete_with_what_is_known_on_a_day() -> None:
    table = athletes_table([ZOE, BO], [Team("t1", "Sprint")], "2024-05-13")
    zoe, bo = table.loc["u1"], table.loc["u2"]
    assert (zoe["name"], zoe["age_years"], zoe["mass_kg"], zoe["involved"], zoe["involved_what"]) == (
        "Zoë", 21.0, 68.4, "left", "knee",
    )  # fmt: skip
    assert zoe["teams"] == ["Sprint"]
    assert bo["age_years"] == 24.5 + 498 / 365.2425
    assert pd.isna(bo["sex"])
    assert np.isnan(bo["mass_kg"])
    assert table["mass_kg"].dtype == np.float64


def test_an_empty_roster_has_the_columns_too() -> None:
    assert list(athletes_table([], [], "2024-01-01").columns) == list(athletes_table([BO], [], "2024-01-01").columns)
    assert list(measurements_table([]).columns) == list(measurements_table([ZOE]).columns)


def test_measurements_are_in_the_order_of_time() -> None:
    table = measurements_table([BO, ZOE])
    assert table["value"].tolist() == [67.0, 68.4]
    assert table["time"].tolist() == [pd.Timestamp(t_us, unit="us", tz="UTC") for t_us in (T0 - DAY, T0)]
    assert table["source"].tolist() == ["", "scale"]
