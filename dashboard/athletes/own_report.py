"""The report of a test day for the athlete who was tested: one page, in plain words."""

from __future__ import annotations

from analytics.sessions.change import ABOVE, BEYOND, WITHIN
from dashboard.athletes.day_report import Day, still_waiting
from dashboard.drawing import words
from dashboard.drawing.markup import column_term, paper, say, tag
from dashboard.report.document import document, made_at
from dashboard.results.day_numbers import Done, Numbers, base, best_said, column_title, titled

MOST_MORE = 3
SAID = {
    BEYOND: "a change: more than repeated tests of you differ by",
    ABOVE: "a small change, within what repeated tests of you differ by",
    WITHIN: "about as before",
}


def report(day: Day, *, now_us: int) -> str:
    """Make the whole document."""
    with paper():
        parts = [_head(day), still_waiting(day), *(_test(one, day.waiting) for one in day.tests)]
        if not day.tests:
            parts.append(tag("p", "No trial of this day counts.", class_="warning"))
        out = day.rejected
        if out:
            reasons = "; ".join(dict.fromkeys(trial.reason for _, trial in out))
            text = f"{words.plural(len(out), 'trial')} did not count: {reasons}."
            parts.append(tag("h2", "What did not count") + tag("p", say(text)))
        ask = "Ask whoever tested you what these numbers mean for your training. " if day.tests else ""
        end = tag("p", say(f"{ask}Made {made_at(now_us)}."), class_="muted made")
    return document(f"{day.title}, {day.said}", "".join(parts) + end)


def _head(day: Day) -> str:
    n = sum(len(one.rows) for one in day.tests)
    done = f"You did {words.plural(len(day.tests), 'test')} with {words.plural(n, 'trial')} that count." if n else ""
    return tag(
        "header", tag("h1", say(f"{day.title}: your tests")), tag("p", say(f"{day.said}. {done}".strip())), day.links
    )


def _test(one: Done, waiting: int) -> str:
    head = tag("h2", say(titled(one.step, one.title)))
    if not one.numbers:
        return tag("div", head, _sides(one) or tag("p", "No number is known of this test."), class_="together")
    first, *others = one.numbers
    more = [
        tag("li", say(f"{column_title(each.column)}: {_valued(each, each.mean)} on average"))
        for each in others[:MOST_MORE]
    ]
    listed = tag("ul", *more) if more else ""
    return tag(
        "div",
        head,
        *(tag("p", text) for text in _lead(first, waiting)),
        _meaning(first),
        listed,
        _sides(one),
        class_="together",
    )


def _valued(one: Numbers, value: float) -> str:
    return f"{one.text(value)} {one.shown.unit}".strip()


def _meaning(one: Numbers) -> str:
    """What the measure that matters most is, as the reference says it."""
    known = column_term(base(one.column))
    return "" if known is None else tag("p", say(f"{known.title}: {known.about[1]}"), class_="muted")


def _lead(one: Numbers, waiting: int) -> list[str]:
    """The measure that matters most: the best, the mean, and how it was before."""
    n = len(one.values)
    best = f"{say(column_title(one.column))}: your {best_said(one.column)} was {tag('b', say(_valued(one, one.best)))}"
    mean = f", on average {say(_valued(one, one.mean))} over {words.plural(n, 'trial')}." if n > 1 else "."
    return [best + mean, say(_before(one, waiting))]


def _before(one: Numbers, waiting: int) -> str:
    if not len(one.before):
        if waiting:
            return "What you did before is not summarised yet."
        return "This is your first test of this kind, so there is nothing to set it beside yet."
    last = _valued(one, float(one.before[-1]))
    noise = one.noise
    if not noise.known:
        few = words.plural(len(one.before), "test")
        return (
            f"The time before it was {last}. After {few} it is not known yet how much your tests differ by themselves."
        )
    usual = _valued(one, noise.mean)
    return f"Before it was {usual} on average ({last} the time before): {SAID.get(one.change, 'not known')}."


def _sides(one: Done) -> str:
    side = one.asymmetry
    if side is None:
        return ""
    if not side.signed:
        return tag("p", say(f"Your left leg carried {side.mean:.0f} % of the load."))
    if abs(side.mean) < 1.0:
        return tag("p", "Your legs did the same.")
    which = "right" if side.mean > 0 else "left"
    return tag("p", say(f"Your {which} leg did {abs(side.mean):.0f} % more than the other one."))
