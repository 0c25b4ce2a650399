"""Arguments of the wrong kind: every public function says what it expected and what came, and what to do."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import analytics
from analytics import frame_stats, sim, stance_curves, stances
from analytics.base.arguments import checked
from barograph.errors import InvalidData

LEFT = sim.walk(6.0, rows=12, cols=6, seed=5)["left"]
TABLE, FOUND = frame_stats(LEFT[:120]), stances(frame_stats(LEFT))
WRONG: dict[str, Any] = {
    "an array": LEFT.frames[:3], "a list": [[1, 2], [3, 4]], "None": None, "a text": "run-42", "a number": 3,
    "bool": True, "a tuple": (LEFT, LEFT), "a dict": {"left": LEFT}, "a recording": LEFT[:4], "no frames": LEFT[:0],
    "one frame": LEFT[:1], "a table": pd.DataFrame({"a": [1.0]}), "no table": pd.DataFrame(),
    "a column": TABLE["peak_kpa"], "frames' table": TABLE, "no rows": TABLE[:0],
    "no times": TABLE.reset_index(drop=True),
    "stances' table": FOUND[:0], "a layout": LEFT.layout, "a path": Path("a.csv"),
}  # fmt: skip


def good(parameter: inspect.Parameter) -> Any:
    """An argument that a required parameter may have, by its annotation and name."""
    by_name = {
        "stances": FOUND,
        "found": FOUND,
        "column": "total_force_n",
        "frames": LEFT.frames,
        "layout": LEFT.layout,
    }
    if parameter.name in by_name:
        return by_name[parameter.name]
    if parameter.kind is parameter.KEYWORD_ONLY:
        return 1.0
    return LEFT[:120] if "Recording" in str(parameter.annotation) else TABLE


@pytest.mark.parametrize("name", [one for one in analytics.__all__ if not inspect.ismodule(getattr(analytics, one))])
def test_an_argument_of_another_kind_is_refused_in_a_few_words(name: str) -> None:
    function = getattr(analytics, name)
    asked = [one for one in inspect.signature(function).parameters.values() if one.kind is not one.VAR_KEYWORD]
    needed = {one.name: good(one) for one in asked if one.default is one.empty}
    said = []
    for changed in asked:
        for value in WRONG.values():
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    function(**(needed | {changed.name: value}))
            except InvalidData as error:
                said.append(str(error))
    assert len(said) > 5
    assert [words for words in said if ": " not in words or len(words) > 400] == []


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda: frame_stats(LEFT.frames),
            r"data: expected a Recording or a Block, got an array of",
        ),
        (
            lambda: stances(LEFT),
            r"stats: expected a table .*, got a Recording; frame_stats",
        ),
        (
            lambda: analytics.balance(LEFT.frames),
            r"stats: expected a table .*, got an array .*; frame_stats",
        ),
        (lambda: analytics.standing(TABLE), r"streams: expected a dict by name.*; \{'left': table\} is one"),
        (lambda: stances(TABLE, on="20"), r"on: expected a number, got '20'"),
        (lambda: stances(TABLE, gap_s=True), r"gap_s: expected a number, got True"),
        (
            lambda: stance_curves(TABLE, TABLE, "peak_kpa"),
            r"stances: expected a table of stances, got one without",
        ),
        (lambda: analytics.peak_map("run-42"), r"recording: expected a Recording, got 'run-42'; lab.recording\(\)"),
        (
            lambda: analytics.symmetry_index([1, 2], [1, 2, 3]),
            r"left: expected shapes that go together",
        ),
    ],
)
def test_an_argument_of_another_kind_is_answered_with_what_to_do(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(InvalidData, match=said):
        call()


def test_a_repaired_recording_of_a_tared_sensor_is_in_its_unit_once() -> None:
    layout = replace(LEFT.layout, tare=(5.0,) * LEFT.layout.cells, cell_factors=(2.0,) * LEFT.layout.cells)
    tared = replace(LEFT, layout=layout)
    nothing = np.zeros(layout.valid.shape, bool)
    np.testing.assert_allclose(analytics.repair(tared, nothing).values(), tared.values())


def test_what_passed_once_speaks_for_its_own_kind_alone() -> None:
    @checked
    def scaled(data: np.ndarray, by: float | list[float], names: list[str] | None = None) -> int:
        return len(names or ())

    for _ in range(2):
        assert scaled(np.zeros(2), 1.0) == scaled(np.zeros(3), by=2) == 0
        for wrong in (True, "1", None):
            with pytest.raises(InvalidData, match=r"by: expected"):
                scaled(np.zeros(2), wrong)  # type: ignore[arg-type]
        with pytest.raises(InvalidData, match=r"data: expected an array"):
            scaled(2.0, 1.0)  # type: ignore[arg-type]


def test_items_of_a_dict_or_list_are_looked_at_each_time() -> None:
    @checked
    def total(tables: Mapping[str, pd.DataFrame], pair: tuple[float, float] = (0.0, 1.0)) -> int:
        return len(tables)

    assert total({"left": pd.DataFrame()}, (1.0, 2.0)) == 1
    with pytest.raises(InvalidData, match=r"tables\['left'\]: expected a table"):
        total({"left": 3})  # type: ignore[dict-item]
    with pytest.raises(InvalidData, match=r"pair: expected 2 of them"):
        total({}, (1.0,))  # type: ignore[arg-type]
