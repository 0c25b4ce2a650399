"""The panel of trials on a session's page: what was marked, how it was judged, and what may be done with it.

Rows carry their times, by which the page draws boxes over the overview and selects a trial; buttons say what is asked
in `data-trial-act` (assets/session/trialpanel.mjs).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from barograph.protocols import Protocol
from barograph.store.trials import Quality, Trial, TrialChange
from dashboard.drawing import words
from dashboard.drawing.markup import head, row, say, table, tag
from dashboard.routes import protocols_path

REASONS = (
    "fell or stepped off",
    "not still before",
    "wrong movement",
    "device failed",
    "started too early",
    "other person",
)
STATES = {"recorded": "not judged", "accepted": "accepted", "repeated": "accepted, repeated", "rejected": "rejected"}
MARKS = {"accepted": " ✓", "repeated": " ✓"}
MOST_CHANGES = 200
HEADS = ("#", "State", "Test", "From", "Lasts", "Criteria")
CHANGED = {"start_us": "start", "stop_us": "end", "condition": "condition", "side": "side", "state": "state",
           "reason": "reason", "quality": "what was found"}  # fmt: skip


def panel(
    trials: Sequence[Trial], changes: Sequence[TrialChange], protocols: Mapping[str, Protocol], first_us: int, *,
    may_change: bool, me: str = "",
) -> str:  # fmt: skip
    """Return the panel of a session that begins at `first_us`; nothing where there is nothing to see or do."""
    if not trials and not may_change:
        return ""
    out = sum(not one.counts for one in trials)
    note = words.plural(len(trials), "trial") + (f", {out} rejected: left out of numbers" if out else "")
    rows = [_row(one, first_us) for one in trials]
    shown = table(HEADS, rows, label="Trials of the session", texts=len(HEADS)) if rows else ""
    return "".join(
        [
            head("Trials", note=note if trials else "A trial marks a part of the session. Select one, and name it."),
            shown,
            _bar(trials) if may_change and trials else "",
            _make(protocols, trials) if may_change else "",
            _changes(changes, me) if trials else "",
        ]
    )


def titled(one: Trial) -> str:
    """Return what was done in a trial: protocol, condition, and side where one leg was tested."""
    return _joined(one.title, one.condition, one.side)


def _joined(title: str, condition: str, side: str) -> str:
    return " · ".join(text for text in (title, condition, side if side != "both" else "") if text)


def judged(one: Trial) -> str:
    """Return the state of a trial in words, with the reason."""
    return STATES[one.state] + (f": {one.reason}" if one.reason else "")


def criteria(found: Sequence[Quality]) -> str:
    """Return what was found of criteria as markup: what is missed in words, else how many are met."""
    if not found:
        return tag("span", "not judged yet", class_="muted")
    missed = [one for one in found if one.met is False]
    unknown = [one for one in found if one.met is None]
    met = len(found) - len(missed) - len(unknown)
    parts = [f"△ {named(one.criterion)}: {one.found}" for one in missed]
    parts += [f"– {named(one.criterion)}: {one.found or 'not known'}" for one in unknown]
    said = " · ".join([*parts, *([f"{met} met"] if met or not parts else [])])
    return tag("span", say(said), title="; ".join(f"{named(one.criterion)}: {one.found}" for one in found))


def named(criterion: str) -> str:
    """Return the name of a criterion as people read it."""
    return criterion.replace("_", " ")


def _row(one: Trial, first_us: int) -> str:
    number = tag("button", str(one.number), type="button", class_="trial-number", data_trial_choose=one.number,
                 aria_label=f"Select trial {one.number}, {titled(one)}")  # fmt: skip
    state, label = say(judged(one)), f"{one.number}{MARKS.get(one.state, '')} {one.title}"
    cells = [
        number, state, tag("s", say(titled(one))) if not one.counts else say(titled(one)),
        words.moment(max(0.0, (one.start_us - first_us) / 1e6)), say(words.duration(one.duration_s)),
        criteria(one.quality),
    ]  # fmt: skip
    return row(
        cells, len(HEADS), class_="seeks" if one.counts else "seeks cut", data_stored_trial=one.number,
        data_from_us=one.start_us, data_to_us=one.stop_us, data_label=label,
        data_state=one.state, data_judged=judged(one),
    )  # fmt: skip


def _act(act: str, text: str, kind: str = "button") -> str:
    return tag("button", say(text), type="button", class_=kind, data_trial_act=act)


def _bar(trials: Sequence[Trial]) -> str:
    """What may be done with the trial that is chosen: the page shows it then, with its number."""
    options = "".join(tag("option", "", value=one) for one in REASONS)
    reason = tag(
        "label", "Reason", tag("input", type="text", maxlength=200, list="trial-reasons", data_trial_field="reason"),
        tag("datalist", options, id="trial-reasons"), class_="trial-field",
    )  # fmt: skip
    return tag(
        "div",
        tag("b", f"Trial {trials[0].number}", data_slot="trial-chosen"),
        _act("accept", "Accept"), _act("repeat", "Accept, one more"), reason, _act("reject", "Reject"),
        _act("move", "Move its ends to the selection"),
        tag("span", "", class_="muted", data_slot="trial-hint"),
        class_="trial-bar", hidden="", role="group", aria_label="The chosen trial",
    )  # fmt: skip


def _make(protocols: Mapping[str, Protocol], trials: Sequence[Trial]) -> str:
    """The form of a new trial; of the test of the newest one, unless somebody says another."""
    newest = max(trials, key=lambda one: one.number).step if trials else None
    steps = [
        tag("option", say(_joined(one.title, condition, side)), value="|".join((name, condition, side)),
            selected="" if (name, condition, side) == newest else None)
        for name, one in protocols.items()
        for condition, side in one.steps
    ]  # fmt: skip
    select = tag("label", "Test", tag("select", *steps, data_trial_field="step"), class_="trial-field")
    edit = tag("a", "Protocols", href=protocols_path(), class_="muted")
    return tag("div", select, _act("make", "Make a trial of the selection"), edit, class_="trial-make")


def _changes(changes: Sequence[TrialChange], me: str) -> str:
    shown = list(changes)[-MOST_CHANGES:][::-1]
    rows = [
        [say(words.date(one.at_us)), f"Trial {one.number}", say(changed(one)), say(_by(one.by, me))] for one in shown
    ]
    listed = table(("When", "Trial", "What was before", "By"), rows, label="Changes of trials", texts=4)
    return tag("details", tag("summary", say(words.plural(len(changes), "change"))), listed, class_="trial-changes")


def _by(who: str, me: str) -> str:
    return "you" if who == me and me else "the owner of this machine, or by itself" if not who else "another user"


def changed(one: TrialChange) -> str:
    """Return what a change was, in words: what was before of each field."""
    if not one.before:
        return "made"
    if set(one.before) == {"quality"}:
        was = [f"{named(each['criterion'])}: {each['found']}" for each in one.before["quality"] or []]
        return f"judged again by its frames; before: {'; '.join(was)}" if was else "judged by its frames"
    parts = []
    for name, value in one.before.items():
        if name in ("start_us", "stop_us"):
            parts.append(f"{CHANGED[name]} moved")
        elif name != "quality":
            parts.append(f"{CHANGED[name]} was {value or 'empty'}")
    return ", ".join(parts)
