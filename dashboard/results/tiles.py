"""The big numbers of the live page, each with its definition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

import dash_mantine_components as dmc
from dash import html

from analytics.base.filters import CUTOFF_HZ
from analytics.columns import definition
from analytics.frames.contact import RELEASE
from analytics.sway.quiet import FASTEST_MM_S
from analytics.tables import QUANTITIES
from barograph.frames import CONTACT_FLOOR_N, Layout
from dashboard.drawing.elements import aria, data
from dashboard.drawing.markup import Term
from dashboard.drawing.titles import column_of
from dashboard.reading.sides import SIDES
from dashboard.reading.soles import estimated

TITLES = {"total_force_n": "Peak force", "pressure_sum_kpa": "Peak pressure sum", "raw_sum": "Peak raw sum"}


def tiles(
    columns: Sequence[str], kind: str = "plain", *, feet: bool = False, loaded: str = "", layouts: Sequence[Layout] = ()
) -> html.Div:
    """Build tiles of a kind (`dashboard.feed.numbers.tiles_of`), for streams with these columns; plain ones suit all.

    With `feet` there is a left and a right one, each with its own numbers; `loaded` says which cells are in contact.
    Of coarse cells the largest reading is no peak of the pressure, and is not called so; where cells cover a sole in
    part, its force is called an estimate.
    """
    walking = partial(_of_steps, columns, layouts=layouts)
    kinds: dict[str, Callable[[], list[html.Section]]] = {"gait": walking, "stand": _of_standing}
    made = kinds.get(kind)
    # A phone shows how the load is shared and two numbers at first.
    more = html.Button("More numbers", className="button more-numbers", type="button", **data(slot="more"),
                       **aria(expanded="false"))  # fmt: skip
    shown = made() if made else _plain(columns, feet=feet, loaded=loaded, layouts=layouts)
    return html.Div([*shown, more], className=f"tiles tiles-{kind}", **data(all="false"))


COARSE_MM2, HIGHEST = 200.0, "Highest cell"  # a larger cell averages over more than a peak


def _plain(columns: Sequence[str], *, feet: bool, loaded: str, layouts: Sequence[Layout]) -> list[html.Section]:
    here = f" Here: cells {loaded}." if loaded else ""
    total, peak, area = (column_of(what, columns) or QUANTITIES[what][0] for what in ("total", "peak", "area"))
    named = HIGHEST if are_coarse(layouts) else definition(peak).title
    load = estimated(TITLES[total], definition(total).unit, layouts)
    return [
        _counted("total", "highest in 5 s",
                 _under(load, total, "Highest in the last 5 s, each foot."), feet=feet),
        _counted("split", "mean in 10 s", _split_term(total), feet=True, track=True),
        _counted("peak", "highest in 5 s", term(peak, named, "Highest in the last 5 s.")),
        _counted("contact_area", f"largest in 5 s{', cells ' * bool(loaded)}{loaded}",
                 term(area, "Contact area", f"Largest in the last 5 s, each foot.{here}"), feet=feet),
    ]  # fmt: skip


LAST = (
    "Mean of the last 5 whole stances of each foot; with fewer than 3: missing. Contact begins "
    f"{CONTACT_FLOOR_N:g} N above what the foot shows in the air, and ends below {RELEASE * CONTACT_FLOOR_N:g} N above "
    "it."
)


SPLIT = "100 · mean(F_left) / (mean(F_left) + mean(F_right))"
SYMMETRY = Term(
    "Symmetry", "%",
    ("200 · (R − L) / (R + L)",
     f"Of peak force. Minus: more on the left. The bar ends at ±20 %, its grey part at ±5 %. {LAST}"),
    "Symmetry index, %", "Robinson, Herzog and Nigg 1987.",
)  # fmt: skip


def _of_steps(columns: Sequence[str], *, layouts: Sequence[Layout]) -> list[html.Section]:
    coarse, title = are_coarse(layouts), estimated("Peak force", "N", layouts)
    force, peak = definition("total_force_n"), definition("peak_kpa")
    if "peak_n" in columns:
        load = _counted("impulse", "of a step, mean of 5", term("impulse_ns", "Impulse", LAST), feet=True)
    else:
        load = _counted("pressure", "", Term(HIGHEST if coarse else "Peak pressure", "kPa", (
            f"max over the stance of {peak.formula}", f"Of the foot with the higher one. {LAST}")))  # fmt: skip
    return [
        _counted("force", "mean of the last 5 steps",
                 Term(title, "N", (f"max over the stance of {force.formula}", LAST)), feet=True),
        _counted("symmetry", "of the last 5 steps", SYMMETRY, track=True),
        load,
        _counted("cadence", "median of 12 s", term("cadence_spm", "Cadence", "Of the last 12 s.")),
        _counted("contact", "stance phase –", replace(term("contact_s", "Contact time", LAST), unit="ms"), feet=True),
    ]  # fmt: skip


def _of_standing() -> list[html.Section]:
    how = (
        f"Each stream by itself, of the last 12 s, low-passed at {CUTOFF_HZ:g} Hz (Butterworth, order 4, zero phase) "
        "as on every page; a protocol asks for 90 s or more. None while a foot is lifted or the centre moves "
        f"faster than {FASTEST_MM_S:.0f} mm/s: that is not quiet standing."
    )
    hint = f"last 12 s, {CUTOFF_HZ:g} Hz"
    named = {"area": ("Sway area", "ellipse95_area_mm2"), "path": ("Path", "path_mm"),
             "velocity": ("Mean velocity", "mean_velocity_mm_s")}  # fmt: skip
    measures = [
        _counted(name, hint, _under(title, column, how), feet=True)
        for name, (title, column) in named.items()
    ]  # fmt: skip
    split = Term("Load split", "%", (SPLIT, "Of the last 12 s; a single sensor: its own left and right half."))
    return [*measures, _counted("balance", "last 12 s", split, feet=True)]


def _counted(name: str, hint: str, term: Term, *, feet: bool = False, track: bool = False) -> html.Section:
    """A tile that the hub's numbers fill."""
    number = html.B("–", className="value", **data(part="value"))
    pairs = [_foot(side) for side in SIDES] if feet else [number]
    bar = [html.Div([html.Span(className="track-middle"), html.Span(className="ball", hidden=True)],
                    className="track", **aria(hidden="true"))] if track else []  # fmt: skip
    unit = html.Span(term.unit, className="unit", **data(unit=term.unit))
    return html.Section(
        [
            explained(term),
            html.Div([html.Span(pairs, className="values"), unit], className="tile-value"),
            *bar,
            html.Div(hint, className="hint", **data(hint=hint)),
        ],
        className=f"card tile tile-{name}", **aria(label=term.title), **data(tile=name),
    )  # fmt: skip


def _foot(side: str) -> html.Span:
    badge = html.Span(side[0].upper(), className="foot", title=side.capitalize(), **data(side=side))
    return html.Span([badge, html.B("–", className="value", **data(part=side))], className="pair")


def are_coarse(layouts: Iterable[Layout]) -> bool:
    """Return whether a sensor has a cell that is larger than `COARSE_MM2`."""
    areas = [layout.area_cm2 for layout in layouts if layout.area_cm2 is not None]
    return any(100.0 * float(area.max()) > COARSE_MM2 for area in areas)


def explained(term: Term) -> dmc.Tooltip:
    """Build a name with a dotted underline; hover, focus or tap opens its definition."""
    formula, *sentences = term.about
    inside = [html.B(term.heading), *([html.Code(formula)] if formula else []), *map(html.P, filter(None, sentences))]
    source = [html.P(term.source, className="muted")] if term.source else []
    return dmc.Tooltip(
        html.Button(term.title, className="term", type="button"),
        label=html.Div([*inside, *source], className="definition"),
        multiline=True, w=300, withArrow=False, position="bottom-start", openDelay=120,
        events={"hover": True, "focus": True, "touch": True},
        classNames={"tooltip": "popover"},
    )  # fmt: skip


def term(name: str, title: str, how: str) -> Term:
    """Return a column under a title, headed by its unit as stored, with how it is shown here."""
    known = definition(name)
    about = (known.formula, f"{known.meaning} {how}".strip())
    return Term(title, known.unit, about, f"{title}, {known.unit}", known.source)


def _under(title: str, name: str, how: str) -> Term:
    """Return a column under another title than its own, which heads the definition."""
    return replace(term(name, definition(name).title, how), title=title)


def _split_term(total: str) -> Term:
    how = (
        f"Share of each foot in the mean {definition(total).title.lower()} F of the last 10 s (4 s at least), "
        "weighted by a Hann window, so that a step that is cut by its edge hardly counts. A single sensor: its own "
        "left and right half."
    )
    bar = "The bar: 40 to 60 %, grey 47.5 to 52.5 %; the ball is on the heavier side."
    return Term("Load split", "%", (SPLIT, how), source=bar)
