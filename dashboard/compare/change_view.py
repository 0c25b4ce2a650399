"""Markup of "Is it a change?": the answer, where the curves differ, whether it is more than noise, what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.columns import definition
from analytics.sessions.change import ABOVE, BEYOND, FEWEST_TESTS, UNKNOWN, WITHIN
from barograph.cells import tab_separated
from dashboard.compare import change_charts
from dashboard.compare.decided import Noise, Row, Tested, choices, counted, noise_of, rows_of, tested
from dashboard.compare.groups import Group, foot_curves
from dashboard.compare.query import CompareQuery
from dashboard.compare.rests import rests
from dashboard.drawing import words
from dashboard.drawing.change_flag import END, flag, in_mdcs, legend, question
from dashboard.drawing.markup import column, copy, drawing_box, say, segments, table, tag, term
from dashboard.drawing.units import Units
from dashboard.drawing.words import sign
from dashboard.reading.lab_noise import NOBODY, LabNoise
from dashboard.reading.more_measures import BOTH
from dashboard.reading.session_measures import sensor_title
from dashboard.reading.sides import SIDES
from dashboard.results.gait import coarse_mark

CURVES = (("force", "Force"), ("peak", "Peak"), ("area", "Area"))
NOISES = (("own", "own noise"), ("lab", "this lab’s"))
UNITS = (("sessions", "sessions"), ("steps", "steps"))
LINES = tag("span", tag("span", class_="solid"), "A", tag("span", class_="dashed"), "B", class_="compare-legend")
HIGHER = tag(
    "span", tag("span", class_="swatch of-b"), "B higher", tag("span", class_="swatch of-a"), "A higher",
    class_="change-higher",
)  # fmt: skip
NOT_INDEPENDENT = (
    "Steps of one session are not independent: with steps as units the threshold is too low for more than these steps. "
    "A claim about the athlete needs sessions as units."
)
HOW = (
    "SPM tests all points of stance at once. Where the line passes t*, A and B differ more than chance allows, with "
    "one risk of 5 % for the whole curve. It does not say that the difference matters: the table does."
)


@dataclass(frozen=True, eq=False)
class Change:
    """All that is shown: rows of one foot or of all, curves of each, and whose noise it is."""

    a: Group
    b: Group
    query: CompareQuery
    rows: tuple[Row, ...]
    tested: tuple[Tested, ...]
    noise: Noise
    foot: str


def made(a: Group, b: Group, query: CompareQuery, units: Units, lab: LabNoise = NOBODY) -> Change:
    """Return what is decided of two groups of sessions; `lab` is what is known of others."""
    options = dict(choices(a, b))
    foot = query.foot if query.foot in options else next(iter(options))
    curves = [tested(one, query.unit) for one in foot_curves(a, b, units, query.unit)]
    noise = noise_of(a, b, lab, query.noise)
    return Change(a, b, query, tuple(rows_of(a, b, units, foot, noise)), tuple(curves), noise, foot)


def view(found: Change) -> str:
    """Return all that stands below the two cards."""
    lower = tag("div", curves_card(found), tag("div", _how(found), rests(found), _words(), class_="change-side"),
                class_="change-lower")  # fmt: skip
    return answer(found) + lower + table_card(found)


def answer(found: Change) -> str:
    """Return the answer in a line of counts."""
    n, total = counted(found.rows), len(found.rows)
    parts = [
        (f"{n[BEYOND]} of {total}", "measures changed by more than their MDC"),
        (str(n[ABOVE]), "above the SWC only: may be worth it, may be noise"),
        (str(n[WITHIN]), "within noise"),
        (str(n[UNKNOWN]), "not known"),
    ]
    if found.tested:
        quantity = dict(CURVES)[found.query.curve].lower()
        parts.append((_clusters(found.tested), f"where the {quantity} curves differ over stance"))
    shown = (tag("div", tag("b", say(value)), tag("span", say(text), class_="muted")) for value, text in parts)
    return tag("section", *shown, class_="card change-answer", aria_label="Answer")


def _clusters(found: Sequence[Tested]) -> str:
    said = []
    for one in found:
        n = len(one.clusters)
        said.append(f"{one.curves.title.lower()}: {'not tested' if one.found is None else words.plural(n, 'cluster')}")
    text = ", ".join(said).replace("0 clusters", "none")
    return text[0].upper() + text[1:]


def curves_card(found: Change) -> str:
    """Return the curves with SPM{t} below them."""
    tools = [segments("Curve", "curve", CURVES, found.query.curve)]
    head = tag("div", tag("h2", "Where do the curves differ?"), LINES, tag("span", class_="grow"), HIGHER, *tools,
               class_="part-head")  # fmt: skip
    drawn = [drawing_box(change_charts.curves(one)) for one in found.tested]
    inside = tag("div", *drawn, class_="compare-curves") if drawn else _no_curves(found)
    lines = [tag("p", say(f"{one.curves.title}: {one.why or change_charts.clusters_text(one)}."), class_="muted")
             for one in found.tested]  # fmt: skip
    note = tag("p", say(NOT_INDEPENDENT), class_="warn") if found.query.unit == "steps" and drawn else ""
    below = tag("div", note, *lines, class_="pad")
    return tag("section", head, inside, below, class_="card", aria_label="Where do the curves differ?")


def _no_curves(found: Change) -> str:
    quantity = dict(CURVES)[found.query.curve].lower()
    return tag("p", say(f"A and B have no {quantity} of whole steps in common."), class_="muted pad")


def method_text(found: Change) -> str:
    """Say how the curves were tested, and with which smoothness."""
    known = [one for one in found.tested if one.found is not None]
    if not known:
        return ""
    about = [one.found.attrs for one in known if one.found is not None]
    n = " or ".join(dict.fromkeys(f"{one['n_a']} + {one['n_b']}" for one in about))
    smooth = ", ".join(f"{one.curves.title.lower()} {words.number(of['fwhm'], 0)} %"
                       for one, of in zip(known, about, strict=True))  # fmt: skip
    how = {
        "rft": "random-field threshold",
        "permutation": "threshold by relabelling: "
        + " and ".join(dict.fromkeys(_ways(one["n_permutations"], exact=one["exact"]) for one in about)),
    }
    used = "; ".join(how[name] for name in dict.fromkeys(one["method"] for one in about))
    few = " So few ways that no difference can pass: take more sessions." if any(one.hopeless for one in known) else ""
    return f"Two-sample t, two-sided, {found.query.unit} as units, n {n}; {used}; FWHM {smooth}.{few}"


def _ways(n: int, *, exact: bool) -> str:
    return f"all {words.number(n)} ways" if exact else f"{words.number(n)} of all ways, seed 0"


def _how(found: Change) -> str:
    text = method_text(found)
    known = definition("spm_t")
    name = term(known.title, "", known.formula, known.meaning, known.source)
    more = tag("p", say(text), " ", name, class_="muted") if text else ""
    return tag("section", tag("h3", "How to read the curves"), tag("p", say(HOW)), more, class_="card pad")


def _words() -> str:
    text = (
        "MDC, light: what repeated tests of an unchanged athlete differ by. SWC, dark, where it is known: the least "
        "change worth having, 0.2 SD of the team. Line: 95 % interval."
    )
    return tag("section", tag("h3", "Words"), tag("p", say(text)), legend(), class_="card pad")


def table_card(found: Change) -> str:
    """Return the table with its choice of foot."""
    options = choices(found.a, found.b)
    tools = [segments("Foot", "foot", options, found.foot)] if len(options) > 1 else []
    if found.noise.lab.known and found.a.members and max(sizes(found)) >= FEWEST_TESTS:
        tools.insert(0, segments("Noise", "noise", NOISES, found.query.noise))
    n = sizes(found)
    note = f"MDC for means of {n[0]} and {n[1]} sessions: 1.96 · TE · √(1/{n[0]} + 1/{n[1]}); unit: sessions"
    head = tag("div", tag("h2", "Is it more than noise?"), tag("span", say(note), class_="muted"),
               tag("span", class_="grow"), copy(text_of(found)), *tools, class_="part-head")  # fmt: skip
    return tag("section", head, measures(found), class_="card change-table", aria_label="Is it more than noise?")


def sizes(found: Change) -> tuple[int, int]:
    """Return how many sessions A and B are."""
    return len(found.a.members), len(found.b.members)


def measures(found: Change, *, explained: bool = True) -> str:
    """Return the table alone; `explained`, whether each flag says where its noise is from."""
    n_a, n_b = sizes(found)
    heads = [
        "Measure", f"A, {words.plural(n_a, 'session')}", f"B, {words.plural(n_b, 'session')}",
        column("difference", unit=""), "95 % interval", column("swc", unit=""), column("mdc95", unit=""),
        tag("span", say(f"in MDCs, −{END:g} … 0 … +{END:g}")), question(),
    ]  # fmt: skip
    lines = [_cells(row, found, _about(row, found) if explained else ()) for row in found.rows]
    return table(heads, lines, label="Measures in units of their MDC")


def _cells(row: Row, found: Change, about: tuple[str, ...]) -> list[str]:
    one, digits = row.found, row.how.digits
    more = digits + 1
    low, high, mdc, swc = (float(one[name]) for name in ("difference_low", "difference_high", "mdc95", "swc"))
    between = f"{sign(low, more)} … {sign(high, more)}" if np.isfinite(low) else "–"
    change = str(one["change"])
    scale = in_mdcs(float(one["difference"]), low, high, mdc, swc, change)
    none = tag("span", "no reliability known for this measure", class_="muted")
    return [
        _name(row, found), *(_mean(one, which, digits) for which in "ab"),
        tag("b", sign(float(one["difference"]), more)), between,
        words.number(swc, more), words.number(mdc, more), scale or none, flag(change, about),
    ]  # fmt: skip


def _name(row: Row, found: Change) -> str:
    title = row.metric.title
    if row.where != BOTH:
        title = f"{title}, {sensor_title(row.where).lower() if row.where in SIDES else row.where}"
    coarse = any(row.metric.name in one.coarse for one in (*found.a.entries, *found.b.entries))
    mark = f" {coarse_mark()}" if coarse else ""
    return term(title, row.how.unit, *(text for text in row.metric.about if text)) + mark


def _mean(one: object, which: str, digits: int) -> str:
    mean, sd, n = (float(one[f"{what}_{which}"]) for what in ("mean", "sd", "n"))  # type: ignore[index]
    spread = tag("span", say(f" ± {words.number(sd, digits)}"), class_="muted") if np.isfinite(sd) else ""
    return tag("span", words.number(mean, digits), spread, title=f"n = {n:.0f} sessions")


def _about(row: Row, found: Change) -> tuple[str, ...]:
    """Where the typical error is from, and how many sessions it is of."""
    te, n = float(row.found["te"]), row.found["te_n"]
    if found.noise.of is None or not np.isfinite(te):
        return (found.noise.said,)
    if te == 0:
        return (found.noise.said, "These sessions do not differ at all, which says nothing about their noise.")
    whom = "athletes" if isinstance(found.noise.of, LabNoise) else "sessions"
    te_text = f"TE {words.number(te, row.how.digits + 2)} {row.how.unit}, n = {n:.0f} {whom}."
    return found.noise.said, te_text, found.noise.about_swc


def text_of(found: Change) -> str:
    """Return the table as tab-separated text, full precision."""
    names = list(found.rows[0].found.index) if found.rows else []
    lines = [
        [row.metric.title, row.where or "both", row.how.unit,
         *(f"{value:.6g}" if isinstance(value, float) else str(value) for value in row.found)]
        for row in found.rows
    ]  # fmt: skip
    return tab_separated([["measure", "sensor", "unit", *names], *lines])
