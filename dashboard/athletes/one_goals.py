"""Goals of an athlete's record: the card of the page, and its form."""

from __future__ import annotations

from collections.abc import Sequence

from barograph.store.goals import MEASURES, SIDES, Basis, Goal, goals_on
from barograph.store.ports import Marker, Workout
from barograph.store.roster import Athlete
from dashboard.athletes import one_forms as forms
from dashboard.athletes.one_load import said_day
from dashboard.athletes.one_timeline import card
from dashboard.drawing import words
from dashboard.drawing.markup import say, table, tag
from dashboard.reading.goal_words import SUMMARY, TITLES, exercise, titled
from dashboard.routes import session_path

BASIS_TITLES: dict[Basis, str] = {
    "kg": "kg", "body_weight": "% of body weight", "usual": "% of their usual", "other": "% of the other foot",
    "unit": "ms, N·s, steps/min",
}  # fmt: skip


def goals(
    athlete: Athlete, day: str, by: str, *, may_change: bool, trained: Sequence[tuple[Workout, Marker]] = ()
) -> str:
    """Return the goals that hold, each with who set it and until when, what was trained, those over, a form."""
    now = goals_on(athlete.goals, day)
    rows = [_row(athlete, one, day, may_change=may_change) for one in now]
    listed = tag("ul", *rows, class_="one-listing one-goals")
    if not rows:
        listed = tag("p", "No goal holds now. The athlete’s feedback shows one.", class_="muted pad")
    others = [one for one in athlete.goals if one not in now]
    past = [[say(titled(one)), say(said_day(one.since)), say(said_day(one.until) or "–"), say(one.by or "–")]
            for one in reversed(others)]  # fmt: skip
    listing = table(["Goal", "Since", "Until", "Set by"], past, label="Other goals", texts=9)
    older = tag("details", tag("summary", say(words.plural(len(past), "other goal"))), listing, data_panel="goals")
    made = form(athlete, None, day, by) if may_change else ""
    return card("Goals", "", listed, made, _trained(trained), older if past else "")


def _trained(found: Sequence[tuple[Workout, Marker]]) -> str:
    """What was kept of the last exercises with feedback, each with its session."""
    rows = [
        tag("li", tag("span", tag("b", say(marker.label.removeprefix(SUMMARY))),
                      tag("a", say(words.date(marker.t_us)), href=session_path(one.workout_id))))
        for one, marker in found
    ]  # fmt: skip
    return tag("h3", "Trained last", class_="pad") + tag("ul", *rows, class_="one-listing one-goals") if rows else ""


def _row(athlete: Athlete, goal: Goal, day: str, *, may_change: bool) -> str:
    until = f"until {said_day(goal.until)}" if goal.until else "until it is changed"
    parts = (f"since {said_day(goal.since)}", until, f"set by {goal.by}" if goal.by else "", exercise(goal))
    about = tag("span", say(", ".join(text for text in parts if text)), class_="muted")
    correct = form(athlete, athlete.goals.index(goal), day, goal.by) if may_change else ""
    return tag("li", tag("span", tag("b", say(titled(goal))), about), correct)


def form(athlete: Athlete, at: int | None, today: str, by: str) -> str:
    """Return the form of a new goal, or of the one at a place."""
    one = Goal("force", "left", "usual", 105, 115, today, by=by, rest_s=60) if at is None else athlete.goals[at]
    number = "" if at is None else "{:.12g}"
    return forms.form(
        "Set a goal" if at is None else "Correct", "goal", athlete.revision,
        forms.select("Measure", "goal_measure", [(name, TITLES[name]) for name in MEASURES], one.measure),
        forms.select("Side", "goal_side", [(name, name.capitalize()) for name in SIDES], one.side),
        forms.select("In", "goal_basis", [(name, BASIS_TITLES[name]) for name in BASIS_TITLES], one.basis),
        forms.text("From", "goal_low", number.format(one.low)), forms.text("to", "goal_high", number.format(one.high)),
        forms.text("Since", "goal_since", one.since, hint=forms.A_DAY),
        forms.text("Until", "goal_until", one.until, hint=forms.A_DAY),
        forms.text("Set by", "goal_by", one.by),
        forms.text("Sets, if counted", "goal_sets", str(one.sets or "")),
        forms.text("Steps of a set", "goal_steps", str(one.steps or "")),
        forms.text("Rest, s", "goal_rest_s", str(one.rest_s)),
        at=at, removes="" if at is None else "Remove", label="" if at is None else f"Correct the goal {titled(one)}",
    )  # fmt: skip
