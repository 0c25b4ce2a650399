"""The editor of a protocol as markup: its fields or its text, and beside them what Record will ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from analytics.columns import definition, definitions
from barograph import protocols
from barograph.bounds import NOTES, SIDES
from barograph.errors import InvalidData
from barograph.protocols import CRITERIA, Limit, Protocol
from dashboard.drawing.markup import say, tag
from dashboard.protocols.fields import LABELS, NUMBERS, Shown, shown
from dashboard.protocols.preview import beside
from dashboard.routes import protocols_path
from dashboard.signin.document import icon
from dashboard.signin.forms import button, check, form, hidden
from dashboard.signin.forms import field as entry

ROOM = 2  # empty places for measures more
HINTS = {
    "trials": "of each condition and side", "duration_s": "empty: it ends by hand", "countdown_s": "0 to 60",
    "rest_s": "after each trial",
}  # fmt: skip
NAME_HINT = "Small letters, digits and hyphens: loaded-jump"
WHAT = (
    "title, instructions, conditions, sides, trials, duration_s, countdown_s, rest_s, [criteria] and measures, as "
    "docs/protocols.md says. What is left out is as usual."
)


@dataclass(frozen=True)
class Written:
    """What stands in the editor: `before` is the digest of the file that it began with, "" of a new one.

    `problems` says by field what is wrong; `as_text` whether the text is shown, or its fields.
    """

    name: str = ""
    text: str = ""
    before: str = ""
    as_text: bool = False
    problems: Mapping[str, str] = field(default_factory=dict)
    checked: Protocol | None = None


def editor(one: Written) -> str:
    """Return the heading, the form, and beside it what Record will ask."""
    old = bool(one.before)
    try:
        said = None if one.as_text else shown(protocols.parsed(one.text))
    except InvalidData:
        said = None  # no fields can be shown of what is no TOML; its problem says so
    inside = [hidden(before=one.before, mode="text" if said is None else "fields")]
    inside.append(hidden(name=one.name) if old else entry(
        "Name", "name", one.name, hint=NAME_HINT, required="", maxlength="60", autocomplete="off",
        problem=_reason(one.problems, "name"),
    ))  # fmt: skip
    inside += [_text(one)] if said is None else [hidden(text=one.text), *_fields(said, one.problems)]
    other = ("fields", "Edit in fields") if said is None else ("text", "Edit as text")
    acts = tag("div", button("Keep", kind="primary", name="act", value="save"),
               button("Check", name="act", value="check"), button(other[1], name="act", value=other[0]),
               tag("a", "Back", href=protocols_path(), class_="button"), class_="protocol-acts")  # fmt: skip
    made = form(protocols_path(), *inside, acts, kind="protocol-form", novalidate="", data_baro="protocol")
    seen = tag(
        "aside",
        beside(one.checked, one.problems, as_text=said is None),
        class_="protocol-beside",
        aria_label="What Record will ask",
    )
    title = f"Protocol {one.name}" if old else "New protocol"
    return tag("h1", say(title)) + tag("div", made, seen, class_="protocol-editor")


def _reason(problems: Mapping[str, str], name: str) -> str:
    """Return what is wrong with a field, without its name."""
    text = problems.get(name, "").removeprefix(f"{name}: ")
    return text[:1].upper() + text[1:]


def _text(one: Written) -> str:
    area = tag("textarea", "\n" + say(one.text), name="text", id="text", class_="entry protocol-text", rows=26,
               spellcheck="false", aria_describedby="text-about")  # fmt: skip
    below = tag("p", say(WHAT), class_="muted", id="text-about")
    return tag("div", tag("label", "What it asks for, as TOML", for_="text"), area, below, class_="field")


def _fields(said: Shown, problems: Mapping[str, str]) -> list[str]:
    numbers = (
        entry(LABELS[name], name, said[name], hint=HINTS[name], inputmode="decimal", autocomplete="off",
              problem=_reason(problems, name))
        for name in NUMBERS
    )  # fmt: skip
    boxes = tag("div", *(check(side.capitalize(), "sides", side, on=side in said["sides"]) for side in _sides(said)),
                class_="protocol-row")  # fmt: skip
    return [
        entry(LABELS["title"], "title", said["title"], maxlength="100", autocomplete="off",
              problem=_reason(problems, "title")),
        _area("conditions", "\n".join(said["conditions"]), 3, problems, "One a line, each is done by itself: barefoot"),
        _group("sides", LABELS["sides"], problems, boxes),
        tag("div", *numbers, class_="protocol-numbers"),
        _area("instructions", said["instructions"], 4, problems, "Is said to the athlete before the countdown",
              maxlength=str(NOTES)),
        _group("criteria", LABELS["criteria"], problems,
               *(_criterion(name, limits, said, problems) for name, limits in CRITERIA.items())),
        _group("measures", LABELS["measures"], problems, *_measures(said["measures"], problems)),
    ]  # fmt: skip


def _sides(said: Shown) -> list[str]:
    """The sides that may be chosen, and what else the text says."""
    return [SIDES[-1], *SIDES[:-1], *(one for one in said["sides"] if one not in SIDES)]


def _area(name: str, value: str, rows: int, problems: Mapping[str, str], hint: str, **more: str) -> str:
    wrong = _reason(problems, name)
    about = f"{name}-about"
    area = tag("textarea", "\n" + say(value), name=name, id=name, class_="entry protocol-area", rows=rows,
               aria_describedby=about, aria_invalid="true" if wrong else None, **more)  # fmt: skip
    below = _problem(wrong, about) if wrong else tag("p", say(hint), class_="muted", id=about)
    return tag("div", tag("label", LABELS[name], for_=name), area, below, class_="field")


def _problem(text: str, identity: str | None = None) -> str:
    return tag("p", icon("warning"), tag("span", say(text)), class_="problem", id=identity) if text else ""


def _group(name: str, title: str, problems: Mapping[str, str], *inside: str) -> str:
    return tag("fieldset", tag("legend", say(title)), *inside, _problem(_reason(problems, name)), id=name,
               class_="protocol-group")  # fmt: skip


def _criterion(name: str, limits: Mapping[str, Limit], said: Shown, problems: Mapping[str, str]) -> str:
    place = f"criteria.{name}"
    box = check(name.replace("_", " "), "criteria", name, on=name in said["criteria"])
    lines = [_limit(f"{place}.{each}", limit, said[f"{place}.{each}"], problems) for each, limit in limits.items()]
    wrong = [_problem(_reason(problems, each)) for each in (place, f"{place} limit")]
    return tag("div", box, *lines, *wrong, class_="protocol-criterion", id=place)


def _limit(name: str, limit: Limit, value: str, problems: Mapping[str, str]) -> str:
    """A limit as a sentence with the number to type in it; while its criterion is off it has no part in anything."""
    wrong, (first, then) = _reason(problems, name), limit.meaning.split("{}")
    about = f"{name}-about"
    typed = tag("input", type="text", inputmode="decimal", name=name, id=name, value=value, class_="entry",
                autocomplete="off", aria_invalid="true" if wrong else None, aria_describedby=about)  # fmt: skip
    unit = tag("span", say(f"{limit.unit}{then}" if limit.unit else then))
    bounds = f"usual {limit.usual:g}, {limit.least:g} to {limit.most:.6g}"
    below = _problem(wrong, about) if wrong else tag("span", say(bounds), class_="muted", id=about)
    return tag("div", tag("label", tag("span", say(first.strip())), typed, unit), below, class_="protocol-limit")


def _measures(names: Sequence[str], problems: Mapping[str, str]) -> list[str]:
    """A place for each measure and some empty ones, the one that matters most first; a list of all helps to type."""
    rows = []
    for at, name in enumerate([*names, *[""] * ROOM]):
        wrong = _reason(problems, f"measures[{at}]")
        typed = tag("input", type="text", name="measures", id=f"measures[{at}]", value=name, list="columns",
                    class_="entry", autocomplete="off", spellcheck="false", aria_label=f"Measure {at + 1}",
                    aria_invalid="true" if wrong else None, aria_describedby=f"measures-{at}")  # fmt: skip
        below = _problem(wrong, f"measures-{at}") if wrong else tag("span", say(_title(name)), class_="muted",
                                                                      id=f"measures-{at}")  # fmt: skip
        rows.append(tag("div", typed, below, class_="protocol-measure"))
    options = (tag("option", value=one.name, label=one.title) for one in definitions().values())
    hint = "Columns of the reference, the one that matters most first. Check makes room for more."
    return [*rows, tag("datalist", *options, id="columns"), tag("p", hint, class_="muted")]


def _title(name: str) -> str:
    try:
        return definition(name).title if name else ""
    except KeyError:
        return ""
