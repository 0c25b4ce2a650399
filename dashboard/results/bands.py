"""The choice of a reference band, whose fields live in the address, and what is said of one beside a chart."""

from __future__ import annotations

from collections.abc import Sequence

from barograph.norms import AGES
from dashboard.drawing.markup import say, tag
from dashboard.reading.band_query import LAB, BandQuery
from dashboard.reading.lab_norms import Norm, Norms

Options = Sequence[tuple[str, str]]
BANDS = (("", "Own noise"), (LAB, "This lab’s athletes"))
SEX = (("", "Any sex"), ("F", "Women"), ("M", "Men"), ("X", "Neither"))


def chooser(label: str, name: str, options: Options, chosen: str) -> str:
    """Return a list of choices that lives in the address; a value that is no option of it is one more."""
    known = [*options, *([] if chosen in {value for value, _ in options} else [(chosen, chosen)])]
    shown = (tag("option", say(title), value=value, selected="selected" if value == chosen else None)
             for value, title in known)  # fmt: skip
    return tag("label", tag("span", say(label), class_="muted"), tag("select", *shown, data_param=name),
               class_="history-choice")  # fmt: skip


def band_tools(query: BandQuery, norms: Norms) -> str:
    """Return the choice of a band, and of who belongs to its cohort where it is one of this lab."""
    band = chooser("Band", "band", (*BANDS, *norms.offered), query.band)
    if query.band != LAB:
        return band
    years = [("", "Any age"), *((one, years_text(one)) for one in AGES)]
    named = [("", "Any sport"), *((one, one) for one in norms.sports)]
    return (
        band
        + chooser("Sex", "sex", SEX, query.sex)
        + chooser("Age", "age", years, query.age)
        + chooser("Sport", "sport", named, query.sport)
    )


def norms_said(norms: Norms, named: Sequence[tuple[str, Norm, float]]) -> str:
    """Say what the bands of sensors are or why there is none, and where the newest session lies in each.

    `named` are a sensor's title, its band, and its newest value.
    """
    texts: dict[str, list[str]] = {}
    for title, one, _ in named:
        texts.setdefault(one.said, []).append(title)
    alone = len(texts) < 2
    said = [text if alone else f"{', '.join(titles)}: {text}" for text, titles in texts.items()]
    feet = {"Left": "left", "Right": "right"}
    places = [f"{feet.get(title, title)} {one.place(value)}" for title, one, value in named if one.known]
    newest = f"The newest session: {', '.join(places)}." if places else ""
    if len(named) == 1 and places:
        newest = f"The newest session is {named[0][1].place(named[0][2])}."
    return tag("p", say(" ".join(text for text in (*said, newest, norms.notes) if text)), class_="muted pad band-said")


def years_text(age: str) -> str:
    """Return an age as it is read: `18–25`, `51 and older`, `up to 17`."""
    first, _, last = age.partition("-")
    if not last:
        return f"{first} and older"
    return f"up to {last}" if first == "0" else f"{first}–{last}"
