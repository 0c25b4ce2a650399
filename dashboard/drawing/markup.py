"""Tables and controls as HTML text: for tabs, where a table of thousands of Dash components takes a browser seconds to
draw, and for the report, which has no scripts. Texts are escaped by `say`; everything else here is markup of this code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from html import escape
from typing import Any

from dash import html

from analytics.columns import definition
from dashboard.drawing.elements import data

VOID = frozenset({"br", "hr", "img", "input"})  # elements that hold nothing and are not closed
_paper: ContextVar[set[Term] | None] = ContextVar("paper", default=None)


@contextmanager
def paper() -> Iterator[set[Term]]:
    """Render terms for a page that nobody can click: as plain names; yields those that were rendered."""
    rendered: set[Term] = set()
    token = _paper.set(rendered)
    try:
        yield rendered
    finally:
        _paper.reset(token)


def on_paper() -> bool:
    """Say whether what is rendered now goes on paper, where nothing answers."""
    return _paper.get() is not None


@dataclass(frozen=True)
class Term:
    """A name with its unit and its definition: formula first ("" without one), then sentences, then the source.

    `named` heads the definition, by default the name with its unit. `markup` renders it where markup is text,
    `dashboard.results.tiles.explained` among components.
    """

    title: str
    unit: str = ""
    about: tuple[str, ...] = ()
    named: str = ""
    source: str = ""

    @property
    def heading(self) -> str:
        """What stands above the definition."""
        return self.named or (f"{self.title}, {self.unit}" if self.unit else self.title)

    @property
    def meaning(self) -> str:
        """The definition as markup, without its heading."""
        formula, *sentences = self.about
        source = tag("p", say(self.source), class_="muted") if self.source else ""
        code = tag("code", say(formula)) if formula else ""
        return code + "".join(tag("p", say(text)) for text in sentences if text) + source

    def markup(self) -> str:
        """Return the name, with a dotted line that opens the definition, and the unit."""
        unit = f" {tag('span', say(self.unit), class_='unit')}" if self.unit else ""
        return self._name() + unit

    def _name(self) -> str:
        if not self.about:
            return say(self.title)
        if (rendered := _paper.get()) is not None:
            rendered.add(self)
            return tag("span", say(self.title), class_="term")
        about = tag("b", say(self.heading)) + self.meaning
        return tag("button", say(self.title), type="button", class_="term", data_about=about)


def say(text: object) -> str:
    """Return a text as markup."""
    return escape(str(text))


def tag(name: str, /, *children: str, **attributes: Any) -> str:
    """Return an element; underscores in names become hyphens, None leaves an attribute out."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{given}>" if name in VOID else f"<{name}{given}>{''.join(children)}</{name}>"


def drawn(markup: str, kind: str = "") -> html.Div:
    """Build markup as one component; assets/core/drawn.mjs puts it into the document."""
    return html.Div(className=kind, **data(baro="drawn", markup=markup))


def place(identity: str) -> html.Div:
    """Build the place where a callback puts markup, by its property `data-markup`: grey bars until then.

    One component that stays: what had the focus, and what was open, can be so again in the new drawing.
    """
    bones = "".join(tag("div", "", class_=f"bone{more}") for more in (" title", "", " short"))
    waiting = tag("div", bones, class_="loading", role="status", aria_label="Loading")
    return html.Div(id=identity, className="drawn", **data(baro="drawn", markup=waiting))


def said(title: str, text: str, *more: str) -> str:
    """Say instead of numbers what is missing, and what to do."""
    return tag("section", tag("h2", say(title)), tag("p", say(text)), *more, class_="nothing-here card")


def away() -> str:
    """Say instead of numbers that the archive is away; assets/core/askedpage.mjs asks again until it is back."""
    text = tag("span", "This page comes back by itself.", data_again="")
    return tag("section", tag("h2", "The archive does not answer"), tag("p", text), class_="nothing-here card")


def drawing_box(svg: str, kind: str = "") -> str:
    """Return a drawing of `dashboard.drawing.svg` in its place."""
    return tag("div", svg, class_=f"drawing {kind}".strip())


def table(heads: Sequence[str], rows: Iterable[Sequence[str] | str], *, label: str, texts: int = 1) -> str:
    """Return a table whose columns from `texts` on are numbers.

    A row is its cells, the first of which names it, or markup.
    """
    head = tag(
        "tr", *(tag("th", cell, scope="col", class_="n" if i >= texts else None) for i, cell in enumerate(heads))
    )
    body = "".join(one if isinstance(one, str) else row(one, texts) for one in rows)
    inside = tag("table", tag("thead", head), tag("tbody", body), aria_label=label)
    return tag("div", inside, class_="table-area", tabindex="0", role="region", aria_label=label)


def row(cells: Sequence[str], texts: int = 1, **more: Any) -> str:
    """Return one row of a table."""
    first, *rest = cells
    return tag(
        "tr",
        tag("th", first, scope="row"),
        *(tag("td", cell, class_="n" if i >= texts else None) for i, cell in enumerate(rest, 1)),
        **more,
    )


def term(title: str, unit: str = "", *about: str) -> str:
    """Render a name with its unit and, behind a dotted line, its definition: formula first, then sentences."""
    return Term(title, unit, about).markup()


def column(name: str, *how: str, unit: str | None = None) -> str:
    """Render the head of a column, with how it is used here; `unit` if it is shown in another."""
    found = column_term(name, *how, unit=unit)
    return say(name) if found is None else found.markup()


def column_term(name: str, *how: str, unit: str | None = None) -> Term | None:
    """Return the title, unit and definition of a column; None for one without a definition."""
    try:
        known = definition(name)
    except KeyError:
        return None
    shown = known.unit if unit is None else unit
    return Term(known.title, shown, (known.formula, known.meaning, *how), source=known.source)


def unit_of(name: str) -> str:
    """Return the unit of a column as it is stored; "" for a name without a definition."""
    try:
        return definition(name).unit
    except KeyError:
        return ""


def segments(label: str, name: str, options: Sequence[tuple[str, str]], chosen: str) -> str:
    """Return a choice that lives in the address."""
    parts = (
        tag("button", say(title), type="button", class_="part", data_set=f"{name}={value}",
            aria_pressed=str(value == chosen).lower())
        for value, title in options
    )  # fmt: skip
    return tag("div", *parts, class_="segments", role="group", aria_label=label)


def number_field(
    label: str, name: str, value: float | None, limits: tuple[float, float], hint: str = "", *, factor: float = 1.0
) -> str:
    """Return a number that lives in the address.

    Empty: the default, which the hint says. It is shown times `factor`.
    """
    low, high = (f"{limit * factor:.6g}" for limit in limits)
    field = tag(
        "input", type="number", step="any", min=low, max=high, placeholder=hint, data_param=name,
        data_factor=None if factor == 1.0 else repr(factor), value="" if value is None else f"{value * factor:.6g}",
    )  # fmt: skip
    return tag("label", tag("span", say(label)), field, class_="field")


def head(title: str, *more: str, note: str = "") -> str:
    """Return the head of a part of a tab."""
    said = tag("span", say(note), class_="muted") if note else ""
    return tag("div", tag("h3", title), said, tag("span", class_="grow"), *more, class_="part-head")


def section(*children: str, kind: str | None = None) -> str:
    """Return a part of a tab."""
    return tag("section", *children, class_=kind)


def copy(text: str, label: str = "Copy") -> str:
    """Return a button that copies a text."""
    icon = tag("span", class_="icon icon-copy", aria_hidden="true")
    return tag("button", icon, tag("span", say(label)), type="button", class_="button copy", data_baro="copy",
               data_text=text, aria_label=label, aria_live="polite")  # fmt: skip


def nothing(title: str, *texts: str, more: str = "") -> str:
    """Return why there is nothing, and one way out: more of the session; `more` is markup of another."""
    out = tag("button", "Whole session", tag("kbd", "0"), type="button", class_="button", data_act="whole")
    return tag(
        "section", tag("h3", say(title)), *(tag("p", say(text)) for text in texts), more, out, class_="nothing-here"
    )


def sided(text: str, side: str | None) -> str:
    """Return a text in the colour of its foot."""
    return tag("span", say(text), class_="sided", data_side=side) if side else say(text)
