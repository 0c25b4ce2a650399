"""The report of a test day for a team: each test as a table of athletes, with change marks, and what was rejected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from analytics.sessions.change import UNKNOWN
from barograph.store.trials import Trial
from dashboard.drawing import words
from dashboard.drawing.change_flag import flag, legend, question
from dashboard.drawing.markup import column_term, paper, say, section, table, tag
from dashboard.reading.session_measures import metric
from dashboard.reading.trial_rows import Tested
from dashboard.report.document import definitions, document, parameters
from dashboard.results.day_numbers import (
    BASELINE,
    LESS,
    Done,
    Numbers,
    Step,
    base,
    best_said,
    column_title,
    error_of_trials,
    titled,
)


@dataclass(frozen=True, eq=False)
class Day:
    """A test day of a team, or of one athlete: what was done, the sessions, and when.

    `waiting` earlier sessions with trials are not summarised yet: nothing is compared with them.
    """

    title: str
    day: date
    tests: tuple[Done, ...]
    tested: tuple[Tested, ...]
    links: str = ""
    waiting: int = 0

    @property
    def steps(self) -> dict[Step, list[Done]]:
        """The tests of all athletes by protocol, condition and side, in the order in which they were begun."""
        found: dict[Step, list[Done]] = {}
        for one in self.tests:
            found.setdefault(one.step, []).append(one)
        return found

    @property
    def rejected(self) -> list[tuple[Tested, Trial]]:
        """The trials that count nowhere, each with its session."""
        found = ((one, trial) for one in self.tested for trial in one.rejected)
        return sorted(found, key=lambda each: each[1].start_us)

    @property
    def said(self) -> str:
        """The day as people write it."""
        return f"{self.day.day} {self.day:%b %Y}"


def report(day: Day, *, now_us: int) -> str:
    """Make the whole document."""
    with paper() as terms:
        parts = [_head(day), still_waiting(day)]
        parts += [_test(step, done) for step, done in day.steps.items()]
        if not day.tests:
            parts.append(tag("p", "No trial of this day counts.", class_="warning"))
        parts.append(_rejected(day))
        made = [("Team", day.title), ("Day", day.said), ("Baseline", f"the first {BASELINE} tests of each athlete")]
        end = (definitions(terms) if terms else "") + parameters(made, now_us)
    return document(f"{day.title}, {day.said}", "".join(parts) + end)


def still_waiting(day: Day) -> str:
    """Say that earlier sessions are not summarised yet, so that no change is told that is none."""
    if not day.waiting:
        return ""
    many = f"{words.plural(day.waiting, 'earlier session')} {'is' if day.waiting == 1 else 'are'}"
    text = (
        f"{many} not summarised yet, and nothing here is compared with what was done then. Load this page again later."
    )
    return tag("p", say(text), class_="warning")


def _head(day: Day) -> str:
    athletes = len({one.whose for one in day.tested})
    trials = sum(len(one.trials) for one in day.tested)
    facts = [
        day.said, words.plural(athletes, "athlete"), words.plural(len(day.steps), "test"),
        words.plural(trials, "trial") + (f", {len(day.rejected)} rejected" if day.rejected else ""),
    ]  # fmt: skip
    return tag("header", tag("h1", say(day.title)), tag("p", say(" · ".join(facts))), day.links)


def _test(step: Step, done: Sequence[Done]) -> str:
    """A test as a table: one row per athlete, the measure that matters most first."""
    columns = list(dict.fromkeys(one.column for each in done for one in each.numbers))
    if not columns:
        return tag("h2", say(titled(step, done[0].title))) + _sides_alone(step, done)
    lead, others = columns[0], columns[1:]
    shown = metric(lead.partition(".")[0])
    unit = f", {shown.unit}" if shown.unit else ""
    side = next((one.asymmetry for one in done if one.asymmetry is not None), None)
    sided = "Side" if side is None else defined(side.column, "Side")
    heads = ["Athlete", f"{defined(lead)}: {best_said(lead)}{say(unit)}", say(f"Mean ± SD{unit}"), question(), "n",
             *(_titled(one) for one in others), f"{sided}, %"]  # fmt: skip
    rows = [_row(one, lead, others) for one in sorted(done, key=lambda one: _order(one, lead))]
    told = _notes(done, lead)
    listed = table(heads, rows, label=titled(step, done[0].title))
    return tag("h2", say(titled(step, done[0].title))) + section(listed, *told, tag("p", legend(), class_="muted"))


def _order(one: Done, lead: str) -> tuple[float, str]:
    found = one.of(lead)
    return (0.0 if found is not None else 1.0), one.name.casefold()


def _titled(column: str) -> str:
    unit = metric(column.partition(".")[0]).unit
    return defined(column) + (say(f", {unit}") if unit else "")


def defined(column: str, title: str = "") -> str:
    """Return what a measure is called, or `title`; its definition stands at the end of the report."""
    known = column_term("symmetry_index_pct" if column.startswith("si:") else base(column))
    found = title or column_title(column)
    return say(found) if known is None else replace(known, title=found, unit="", named=known.title).markup()


def _row(one: Done, lead: str, others: Sequence[str]) -> list[str]:
    first, side = one.of(lead), one.asymmetry
    cells = [say(one.name)]
    if first is None:
        cells += ["–", "–", "–", "0"]
    else:
        spread = f" ± {first.text(first.sd)}" if np.isfinite(first.sd) else ""
        cells += [tag("b", say(first.text(first.best))), say(first.text(first.mean) + spread),
                  flag(first.change), str(len(first.values))]  # fmt: skip
    for name in others:
        found = one.of(name)
        cells.append("–" if found is None else say(found.text(found.mean)))
    return [*cells, "–" if side is None else _side(side)]


def _side(one: Numbers) -> str:
    return words.sign(one.mean, 1) if one.signed else words.number(one.mean, 1)


def _sides_alone(step: Step, done: Sequence[Done]) -> str:
    """A test of which left and right alone are known, as a stance on insoles that stand anywhere."""
    known = sorted(((one.name, side) for one in done if (side := one.asymmetry) is not None), key=_by_name)
    if not known:
        return tag("p", "No measure is known.", class_="muted")
    rows = [[say(name), str(len(side.values)), _side(side)] for name, side in known]
    listed = table(["Athlete", "n", "Side, %"], rows, label=titled(step, done[0].title))
    return section(listed, tag("p", say(_side_said(known[0][1])), class_="muted"))


def _by_name(one: tuple[str, Numbers]) -> str:
    return one[0].casefold()


def _side_said(one: Numbers) -> str:
    return f"Side: {metric(one.column).title}{'; positive: right' if one.signed else ''}."


def _notes(done: Sequence[Done], lead: str) -> list[str]:
    """What the trials of the day say of the error of one of them."""
    known = error_of_trials(done, lead)
    shown = metric(lead.partition(".")[0])
    side = next((one.asymmetry for one in done if one.asymmetry is not None), None)
    best = (
        f"Best is the {'lowest' if base(lead) in LESS else 'highest'} trial; the"
        if best_said(lead) == "best"
        else "The"
    )
    found = [f"{best} other measures are means of the trials that count."]
    if side is not None:
        found.append(_side_said(side))
    if any(numbers.change == UNKNOWN for one in done if (numbers := one.of(lead)) is not None):
        found.append(f"A change is not known before {BASELINE} tests of the same kind and one after them.")
    if known is not None and np.isfinite(known["te"]):
        te = f"{known['te'] * shown.scale:.{shown.digits}f} {shown.unit}".strip()
        icc = f", ICC(A,1) {known['icc_a1']:.2f}" if np.isfinite(known["icc_a1"]) else ""
        n, k = int(known["n_subjects"]), int(known["n_trials"])
        found.append(f"Typical error of one trial: {te}{icc}, by {k} trials of {n} athletes of this day.")
    return [tag("p", say(text), class_="muted") for text in found]


def _rejected(day: Day) -> str:
    if not day.rejected:
        return ""
    rows = [
        [say(one.name), say(titled(trial.step, trial.title)), str(trial.number), say(trial.reason),
         say(words.date(trial.start_us))] for one, trial in day.rejected
    ]  # fmt: skip
    listed = table(("Athlete", "Test", "Trial", "Reason", "When"), rows, label="Rejected trials", texts=5)
    about = tag("p", "They are stored and count nowhere.", class_="muted")
    return tag("div", tag("h2", "Rejected trials"), about, listed, class_="together")
