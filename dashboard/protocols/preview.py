"""What Record will ask of a protocol, as it shows it, and what is wrong with one that cannot be used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from analytics.columns import definition
from barograph import protocols
from barograph.protocols import CRITERIA, Protocol
from dashboard.drawing.markup import say, tag
from dashboard.protocols.fields import LABELS
from dashboard.signin.document import icon


def beside(one: Protocol | None, problems: Mapping[str, str], *, as_text: bool = False) -> str:
    """Return what stands beside the form: what is wrong with which field, else what Record will ask."""
    if problems:
        return tag("div", _wrong(problems, as_text), role="status", id="protocol-said")
    if one is None:
        return tag("div", tag("p", "Check says here what Record will ask.", class_="muted"), role="status",
                   id="protocol-said")  # fmt: skip
    said = tag("p", tag("b", "This can be used."), " ", say(f"{protocols.amount(one)}."))
    return tag("div", said, role="status", id="protocol-said") + _asked(one)


def _wrong(problems: Mapping[str, str], as_text: bool) -> str:
    many = f"{len(problems)} thing{'s' * (len(problems) != 1)} to mend"
    rows = (tag("li", _leads(name, as_text), ": ", say(text.removeprefix(f"{name}: ")))
            for name, text in problems.items())  # fmt: skip
    return tag("p", icon("warning"), tag("b", many), class_="problem") + tag("ul", *rows, class_="protocol-wrong")


def _leads(name: str, as_text: bool) -> str:
    place = at(name, as_text=as_text)
    return tag("a", say(called(name)), href=f"#{place}") if place else tag("b", say(f"{called(name)} (Edit as text)"))


def called(name: str) -> str:
    """Return what a field is called on the page: `criteria.flight_seen.flights` is Flight seen, flights."""
    first, *more = name.removesuffix(" limit").split(".")
    if not more:
        return LABELS.get(first.partition("[")[0], first.capitalize())
    return ", ".join([more[0].replace("_", " ").capitalize(), *more[1:]])


def at(name: str, *, as_text: bool = False) -> str:
    """Return the id of the field that a problem is of; "" where it is of the text, and fields are shown."""
    if as_text or name in ("name", "text"):
        return "name" if name == "name" else "text"
    plain = name.removesuffix(" limit")
    first, *more = plain.split(".")
    if first.partition("[")[0] not in LABELS:
        return ""
    return plain if not more or more[0] in CRITERIA else first


def _asked(one: Protocol) -> str:
    facts = [
        ("Accepted trials", f"{one.trials}"),
        ("A trial lasts", "until stopped" if one.duration_s is None else f"{one.duration_s:g} s"),
        ("Countdown", f"{one.countdown_s:g} s"),
        ("Rest between", f"{one.rest_s:g} s" if one.rest_s else "none"),
    ]
    listed = tag("dl", *(tag("div", tag("dt", say(name)), tag("dd", say(value))) for name, value in facts))
    read = tag("p", tag("b", "Read out: "), say(f"“{one.instructions.strip()}”"), class_="protocol-read")
    good = [f"{each.name.replace('_', ' ').capitalize()}: {each.meaning}" for each in one.criteria]
    measures = [f"{definition(name).title} ({name})" for name in one.measures]
    return tag(
        "section", tag("h2", say(one.title)), listed, read,
        _list("Is asked for in this order", _steps(one), "ol"), tag("p", say(least(one)), class_="muted"),
        _list("Is this trial good?", good), _list("Results", measures), class_="card protocol-preview",
    )  # fmt: skip


def _list(title: str, lines: Iterable[str], kind: str = "ul") -> str:
    items = [tag("li", say(line)) for line in lines]
    return tag("h3", say(title)) + (tag(kind, *items) if items else tag("p", "nothing", class_="muted"))


def _steps(one: Protocol) -> list[str]:
    trials = f"{one.trials} trial{'s' * (one.trials != 1)}"
    return [
        ", ".join([*([condition] if condition else []), "both sides" if side == "both" else f"{side} side", trials])
        for condition, side in one.steps
    ]


def least(one: Protocol) -> str:
    """Return how long all trials of an athlete take at least: countdowns, trials, and the rests between them.

    >>> least(protocols.named("cmj"))
    '3 trials of an athlete, at least 2 min 27 s'
    """
    trials = len(one.steps) * one.trials
    seconds = round(trials * (one.countdown_s + (one.duration_s or 0)) + (trials - 1) * one.rest_s)
    lasts = f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"
    more = "" if one.duration_s is not None else " and the trials themselves"
    return f"{trials} trial{'s' * (trials != 1)} of an athlete, at least {lasts}{more}"
