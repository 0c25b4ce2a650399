"""A test day as files: CSV of each athlete's tests, and a workbook that has every trial and the rejected ones too.

No text becomes a formula: in CSV an apostrophe stands before it, in the workbook texts are texts.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import numpy as np

from barograph.files.workbook import Workbook
from barograph.store.roster_cells import neutral
from dashboard.athletes.day_report import Day
from dashboard.drawing import words
from dashboard.reading.trial_rows import ABOUT
from dashboard.results.day_numbers import Done, Numbers, column_title

Cell = str | float | int | None
TESTS = ("Athlete", "Session", "Test", "Condition", "Side", "Measure", "Column", "Unit", "Trials", "Best", "Mean", "SD",
         "Tests before", "Change")  # fmt: skip
TRIALS = ("Athlete", "Session", "Trial", "Test", "Condition", "Side", "State", "Start", "Duration, s", "Measure",
          "Column", "Unit", "Value")  # fmt: skip
REJECTED = ("Athlete", "Session", "Trial", "Test", "Condition", "Side", "Start", "Reason")


def as_csv(day: Day) -> str:
    """Return one row per athlete, test and measure, with a byte order mark."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(TESTS)
    for row in test_rows(day):
        lines.writerow([neutral(one) if isinstance(one, str) else "" if one is None else one for one in row])
    return "\ufeff" + text.getvalue()


def as_workbook(day: Day) -> bytes:
    """Return a workbook with the sheets Tests, Trials and Rejected."""
    book = Workbook()
    try:
        for name, columns, rows in (
            ("Tests", TESTS, test_rows(day)), ("Trials", TRIALS, trial_rows(day)),
            ("Rejected", REJECTED, rejected_rows(day)),
        ):  # fmt: skip
            book.begin(name, columns)
            book.add(rows)
        return b"".join(book.finish())
    finally:
        book.close()


def test_rows(day: Day) -> Iterator[list[Cell]]:
    """Yield each test of each athlete, measure by measure."""
    for one in day.tests:
        for each in _all(one):
            shown = [_number(value * each.shown.scale) for value in (each.best, each.mean, each.sd)]
            yield [one.name, one.tested.workout.workout_id, one.title, one.step[1], one.step[2],
                   column_title(each.column), each.column, each.shown.unit, len(each.values), *shown,
                   len(each.before), each.change]  # fmt: skip


def trial_rows(day: Day) -> Iterator[list[Cell]]:
    """Yield each trial that counts, measure by measure."""
    for one in day.tests:
        for row in one.rows.to_dict("records"):
            for each in _all(one):
                value = float(row[each.column])
                if np.isfinite(value):
                    yield [one.name, one.tested.workout.workout_id, int(row["trial"]), one.title, one.step[1],
                           one.step[2], str(row["state"]), words.date(int(row["start_us"])), float(row["duration_s"]),
                           column_title(each.column), each.column, each.shown.unit,
                           value * each.shown.scale]  # fmt: skip


def rejected_rows(day: Day) -> Iterator[list[Cell]]:
    """Yield each trial that was rejected, with the reason."""
    for one, trial in day.rejected:
        yield [one.name, one.workout.workout_id, trial.number, trial.title, trial.condition, trial.side,
               words.date(trial.start_us), trial.reason]  # fmt: skip


def _all(one: Done) -> list[Numbers]:
    """The measures that the report shows; every other column of the reference is in `lab.summaries`."""
    side = one.asymmetry
    shown = list(one.numbers)
    known = {each.column for each in shown}
    return shown if side is None or side.column in known or side.column in ABOUT else [*shown, side]


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
