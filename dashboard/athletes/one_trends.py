"""Measures of an athlete over the sessions of the time that is chosen: a card for each, in the viewer's units."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dashboard.athletes.one_query import OneQuery
from dashboard.athletes.one_timeline import card
from dashboard.drawing import words
from dashboard.drawing.markup import drawing_box, say, tag, term
from dashboard.drawing.units import Units
from dashboard.history.chart import Series, chart
from dashboard.history.page import Flags, View, bands_said, flags_of
from dashboard.reading.lab_noise import NOBODY, LabNoise
from dashboard.reading.lab_norms import NO_NORMS, Norms
from dashboard.reading.session_measures import Entry, Metric, metric, metrics
from dashboard.results.bands import band_tools
from dashboard.results.gait import coarse_mark

USUAL = (
    "max_total_force_n", "contact_s", "max_peak_kpa", "cadence_spm", "si:contact_s", "mean_velocity_mm_s",
    "ellipse95_area_mm2", "mean:peak_kpa", "max_raw_peak", "mean:raw_peak",
)  # fmt: skip
SHOWN_AT_FIRST = 4
NOTE = "mean ± SD of each session; the dashed trend needs ten sessions"


def chosen(known: Sequence[Metric], asked: Sequence[str]) -> list[str]:
    """Return the measures that are shown: those asked for that there are, or the first usual ones."""
    names = [one.name for one in known]
    wanted = [one for one in asked if one in names]
    usual = [one for one in USUAL if one in names]
    return wanted or (usual or names)[:SHOWN_AT_FIRST]


def trends(
    entries: Sequence[Entry], query: OneQuery, units: Units, left_out: int = 0, lab: LabNoise = NOBODY,
    norms: Norms = NO_NORMS,
) -> str:  # fmt: skip
    """Return a card for each measure; entries are in order of time."""
    known = metrics(entries)
    if not known:
        why = "No session lies in this time." if not entries else "None of these sessions has a number."
        return card("Trends", "", tag("p", say(why), class_="muted pad"))
    names = chosen(known, query.measures)
    missing = [one for one in query.measures if one not in {known_.name for known_ in known}]
    wrong = "".join(
        tag(
            "p", say(f"measure: expected one that these sessions have, got {one!r}"), class_="tab-problem", role="alert"
        )
        for one in missing
    )
    more = f"; {words.plural(left_out, 'older session')} left out" if left_out else ""
    cards = (
        _measure(View(metric(name), units, entries, lab=lab, norms=norms), alone=len(names) == 1) for name in names
    )
    inside = tag("div", *cards, class_="one-measures", data_measures=" ".join(names))
    return card(
        "Trends",
        NOTE + more,
        wrong,
        inside,
        tools=band_tools(query.of, norms) + _add(known, names),
        kind="one-trends",
    )


def _add(known: Sequence[Metric], names: Sequence[str]) -> str:
    options = [tag("option", "Add a measure", value="")]
    options += [tag("option", say(one.title + (f", {one.unit}" if one.unit else "")), value=one.name)
                for one in known if one.name not in names]  # fmt: skip
    field = tag("select", *options, data_param="measure", aria_label="Add a measure")
    return tag("label", field, class_="history-choice")


def _measure(view: View, *, alone: bool) -> str:
    series = [one for where in view.sensors if len((one := view.series(where)).days)]
    mark = f" {coarse_mark()}" if any(view.coarse) else ""
    title = tag("h3", term(view.metric.title, view.unit, *(text for text in view.metric.about if text)), mark)
    drop = "" if alone else tag("button", tag("span", class_="icon icon-close", aria_hidden="true"), type="button",
                                class_="button square plain", data_act="drop-measure", data_measure=view.metric.name,
                                aria_label=f"Take off {view.metric.title}")  # fmt: skip
    lacking = "Shown in N: % BW needs the athlete’s mass in every session." if view.lacking else ""
    said = "; ".join(text for text in (change(series, view), lacking) if text)
    head = tag("div", title, tag("span", class_="grow"), tag("span", say(said), class_="muted"), newest(view), drop,
               class_="part-head")  # fmt: skip
    drawn = drawing_box(chart(series, view.metric.title, view.unit), "history-chart") if series else ""
    none = "" if series else tag("p", "No session of this time has a date and this measure.", class_="muted pad")
    return tag("div", head, drawn, bands_said(series, view), none, class_="one-measure")


def newest(view: View) -> str:
    """Return what each sensor's newest session is beside the baseline, as marks."""
    return flags_of(len(view.entries) - 1, [Flags(view, where) for where in view.sensors])


def change(series: Sequence[Series], view: View) -> str:
    """Return how far the last session is from the first one, sensor by sensor."""
    parts = []
    for one in series:
        order = np.argsort(one.days, kind="stable")
        if len(order) > 1:
            by = float(one.means[order[-1]] - one.means[order[0]])
            foot = f"{one.title[0]} " if one.title in ("Left", "Right") else ""
            parts.append(f"{foot}{words.sign(by, view.digits)}")
    return f"{' · '.join(parts)} since the first" if parts else ""
