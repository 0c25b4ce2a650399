"""`lab.test_day`: trials of one day by athlete and test, from the rows of summaries."""

from __future__ import annotations

import asyncio
from typing import Any

import pandas as pd
import pytest

from barograph.store.summarised import Summarised
from barograph.summaries_lab import SummariesLab

START_US = 1_790_000_000_000_000  # 2026-09-21 13:33 UTC
DAY_US = 86_400_000_000


def session(name: str, athlete: str, start_us: int, *values: tuple[str, float]) -> Summarised:
    rows = [{"trial": i, "protocol": protocol, "condition": "", "side": "both", "state": "accepted",
             "duration_s": 8.0, "jump:height_m": value} for i, (protocol, value) in enumerate(values, 1)]  # fmt: skip
    table = pd.DataFrame(rows)
    table.attrs = {"rejected": [9] if name == "ada" else []}
    return Summarised(name, athlete, "", None, 70.0, start_us, table=table)


class Lab(SummariesLab):
    """A lab over sessions that are at hand."""

    def __init__(self, *sessions: Summarised) -> None:
        async def listed(_query: Any, _skip: int) -> tuple[list[Summarised], int | None]:
            return list(sessions), None

        self._lister = listed

    def _run(self, question: Any) -> Any:
        return asyncio.run(question)


def test_a_test_day_has_a_row_per_athlete_and_test():
    lab = Lab(
        session("ada", "Ada", START_US, ("cmj", 0.30), ("cmj", 0.34), ("squat-jump", 0.28)),
        session("bo", "Bo", START_US + 1, ("cmj", 0.25)),
        session("later", "Ada", START_US + DAY_US, ("cmj", 0.9)),
    )
    found = lab.test_day("2026-09-21")
    assert found["n"].to_dict() == {
        ("Ada", "cmj", "", "both"): 2, ("Ada", "squat-jump", "", "both"): 1, ("Bo", "cmj", "", "both"): 1,
    }  # fmt: skip
    ada = found.loc[("Ada", "cmj", "", "both")]
    assert (ada["jump:height_m"], ada["jump:height_m.sd"]) == (pytest.approx(0.32), pytest.approx(0.02 * 2**0.5))
    assert found.attrs["rejected"] == {"ada": [9]}
    assert list(Lab().test_day("2026-09-21").columns) == ["n"]
