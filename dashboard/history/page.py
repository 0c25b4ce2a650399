"""The athlete's history: any measure over all sessions, its trend, and the numbers beside the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from urllib.parse import quote

import numpy as np
from dash import dcc, html

from analytics.sessions.change import FEWEST_TESTS
from barograph.cells import tab_separated
from barograph.frames import Floats
from barograph.times import dated
from dashboard.drawing import words
from dashboard.drawing.change_flag import flag, legend, question
from dashboard.drawing.elements import data, erased_notes, reset_view
from dashboard.drawing.markup import copy, drawing_box, place, said, say, segments, sided, table, tag, term
from dashboard.drawing.units import Units
from dashboard.drawing.words import sign
from dashboard.history.chart import DAY_US, Series, chart
from dashboard.history.romberg import quotients_over_time
from dashboard.page.whose import TITLE
from dashboard.reading.band_query import NO_BAND, BandQuery, read_band
from dashboard.reading.lab_noise import NOBODY, LabNoise
from dashboard.reading.lab_norms import NO_NORMS, Norms
from dashboard.reading.more_measures import SWAY
from dashboard.reading.noise import Baseline, baseline, changes, none
from dashboard.reading.part_query import choice, last_fields
from dashboard.reading.session_measures import (
    PARTS,
    Entry,
    Metric,
    Trend,
    layouts,
    metric,
    metrics,
    sensor_title,
    sensors,
    trend,
)
from dashboard.reading.sides import SIDES
from dashboard.reading.turned import turned
from dashboard.results.bands import band_tools, norms_said
from dashboard.results.gait import coarse_mark
from dashboard.routes import athlete_path, compare_path, session_path

USUAL = (
    "max_total_force_n",
    "max_peak_kpa",
    "max_raw_peak",
    "contact_s",
    "mean:peak_kpa",
    "mean:raw_peak",
    "max_peak_n",
)
MEANT = (
    "Median of the slopes between all pairs of sessions (Theil–Sen), with Sen’s 95 % interval.",
    "It needs ten sessions; one odd session hardly moves it. A trend says nothing about its cause.",
    "analytics.drift",
)
WEEK = 7.0
SEVERAL_KINDS = "Sessions of several kinds are no repeated tests: choose one kind."
BASELINES = ("3", "5", "10")


@dataclass(frozen=True)
class HistoryQuery:
    """Measure, kind of session and part of each; "" for the usual ones and for every kind.

    `problems` says what an address asked for that there is not.
    """

    metric: str = ""
    kind: str = ""
    part: str = ""
    baseline: str = BASELINES[0]  # how many of the first tests are one
    of: BandQuery = NO_BAND
    problems: tuple[str, ...] = ()


def read(search: str) -> HistoryQuery:
    """Return what the address asks for; nonsense asks for the usual, and is said."""
    problems: list[str] = []
    given = last_fields(search, problems)
    part = choice("part", tuple(PARTS), given, problems) or ""
    first = choice("baseline", BASELINES, given, problems) or BASELINES[0]
    of = read_band(given, problems)
    return HistoryQuery(given.get("metric", "")[:100], given.get("kind", "")[:200], part, first, of, tuple(problems))


def page(athlete: str, total: int, uid: str = "", address: str = "") -> html.Div:
    """Build the frame of the page; with a uid the name leads to the athlete's page.

    `address` is that of the page without a name, which takes the place of one of before.
    """
    name = dcc.Link(athlete, href=athlete_path(uid), title=TITLE) if uid else athlete
    return html.Div(
        [
            dcc.Store(id="history-asked"),
            html.Div(
                [html.H1(name), html.Span(count(total), id="history-count", className="muted"), reset_view()],
                className="history-head",
            ),
            erased_notes(),
            place("history-body"),
        ],
        className="history",
        **data(baro="history", title=athlete, address=address),
    )


def count(total: int) -> str:
    """Say how many sessions there are."""
    return words.plural(total, "session")


def none_left(athlete: str) -> str:
    """Say that the last session of this athlete is gone, on a page that is open."""
    return said("No sessions", f"No session is stored under the athlete {athlete} any more.")


def nobody(athlete: str) -> html.Div:
    """Say that no session has this athlete."""
    text = (
        f"No session is stored under the athlete {athlete}. Names are given in the list of sessions, or by the sender."
    )
    link = dcc.Link("All sessions", href="/", className="button")
    return html.Div(html.Section([html.H1("No sessions"), html.P(text), link], className="page-notice nothing"))


def body(
    entries: Sequence[Entry], asked: HistoryQuery, units: Units, left_out: int = 0, lab: LabNoise = NOBODY,
    norms: Norms = NO_NORMS,
) -> str:  # fmt: skip
    """Return choices, drawing_box, trend and table."""
    kinds = sorted({entry.workout.about.kind for entry in entries if entry.workout.about.kind})
    chosen = [one for one in entries if asked.kind in ("", one.workout.about.kind)]
    known = metrics(chosen)
    if not known:
        out = tag("button", "All kinds", type="button", class_="button", data_set="kind=") if asked.kind else ""
        text = "None of these sessions has a number: nothing is stored of them, or nothing was loaded."
        return _kinds(kinds, asked) + said("No numbers", text, out)
    names = [one.name for one in known]
    name = asked.metric if asked.metric in names else next((one for one in USUAL if one in names), names[0])
    view = View(metric(name), units, chosen, int(asked.baseline), lab, norms)
    first = segments("Baseline", "baseline", [(n, f"first {n}") for n in BASELINES], asked.baseline)
    named = tag("span", tag("span", "Baseline", class_="muted"), first, class_="history-choice")
    band = band_tools(asked.of, norms)
    tools = tag("div", _choice(known, name), _parts(asked), named, _kinds(kinds, asked), band, class_="history-tools")
    wrong = list(asked.problems)
    if asked.metric and asked.metric not in names:
        wrong.append(f"metric: expected a measure that these sessions have, got {asked.metric!r}")
    warned = "".join(tag("p", say(text), class_="tab-problem", role="alert") for text in wrong)
    shown = tag("div", _picture(view), _numbers(view, left_out, asked.part), class_="history-body")
    return warned + tools + shown + _unquiet(view, chosen) + quotients_over_time(entries)


def _parts(asked: HistoryQuery) -> str:
    options = (tag("option", say(title), value=name, selected="selected" if name == asked.part else None)
               for name, title in PARTS.items())  # fmt: skip
    return tag("label", tag("span", "Part of each", class_="muted"), tag("select", *options, data_param="part"),
               class_="history-choice")  # fmt: skip


def _unquiet(view: View, chosen: Sequence[Entry]) -> str:
    """Sessions that have no sway, because nobody stood quietly in them."""
    left = [one for one in chosen if one.unquiet] if view.metric.name in SWAY else []
    texts = [f"{one.workout.workout_id} ({'; '.join(dict.fromkeys(one.unquiet.values()))})" for one in left]
    return (
        tag("p", say(f"Left out, because it is not quiet standing: {', '.join(texts)}."), class_="muted pad")
        if left
        else ""
    )


class View:
    """One measure over sessions in the viewer's units; where one session cannot be turned, none is."""

    def __init__(
        self, shown: Metric, units: Units, entries: Sequence[Entry], first: int = FEWEST_TESTS, lab: LabNoise = NOBODY,
        norms: Norms = NO_NORMS,
    ) -> None:  # fmt: skip
        self.metric, self.sensors = shown, sensors(entries, shown.name)
        self.entries = [one for one in entries if any((shown.name, where) in one.values for where in self.sensors)]
        self.without = len(entries) - len(self.entries)
        how = turned(shown, self.entries, units)
        self._swc = {where: lab.of(shown, where, how, units)[2] for where in self.sensors}
        self._swc_of = lab.said
        self.norms = norms
        self._norm = {where: norms.of(shown, where, how, units) for where in self.sensors} if norms.asked else {}
        self.unit, self.digits, self.factors, self.lacking = how.unit, how.digits, how.factors, how.lacking
        self.first = first
        self.coarse = [shown.name in one.coarse for one in self.entries]

    def value(self, i: int, where: str) -> tuple[float, float, int] | None:
        """Return the mean, SD and n of a session and a sensor, turned."""
        found = self.entries[i].values.get((self.metric.name, where))
        factor = self.factors[i]
        return found and (found[0] * factor, found[1] * factor, found[2])

    def baseline(self, where: str) -> Baseline:
        """Return a sensor's baseline: its first tests, where all sessions are of one kind."""
        if len({one.workout.about.kind for one in self.entries}) > 1:
            return none(SEVERAL_KINDS)
        found, swc = baseline(self.means(where), self.first), self._swc[where]
        return replace(found, swc=swc, swc_of=self._swc_of) if np.isfinite(swc) else found

    def means(self, where: str) -> Floats:
        """Return (k,) means of a sensor, NaN where a session has none or no date."""
        found = (self.value(i, where) if dated(one.first_us) else None for i, one in enumerate(self.entries))
        return np.array([value[0] if value else np.nan for value in found], np.float64)

    def series(self, where: str) -> Series:
        """Return a sensor's line, of the sessions whose date is known."""
        at = [
            (self.entries[i].first_us / DAY_US, value)
            for i in range(len(self.entries))
            if dated(self.entries[i].first_us) and (value := self.value(i, where))
        ]
        days, means, sds = np.array([(d, v[0], v[1]) for d, v in at], np.float64).reshape(-1, 3).T
        paint = f"var(--{where if where in ('left', 'right') else 'accent'})"
        line = trend(list(days), list(means))
        return Series(sensor_title(where), paint, days, means, sds, line, self.baseline(where), self._norm.get(where))


def _choice(known: Sequence[Metric], name: str) -> str:
    groups = []
    for group, some in groupby(known, key=lambda one: one.group):
        options = (
            tag("option", say(one.title + (f", {one.unit}" if one.unit else "")), value=one.name,
                selected="selected" if one.name == name else None) for one in some
        )  # fmt: skip
        groups.append(tag("optgroup", *options, label=group))
    return tag("label", tag("span", "Measure", class_="muted"), tag("select", *groups, data_param="metric"),
               class_="history-choice")  # fmt: skip


def _kinds(kinds: Sequence[str], asked: HistoryQuery) -> str:
    if len(kinds) < 2 and not asked.kind:
        return ""
    options = [("", "All kinds"), *((kind, kind) for kind in kinds)]
    if all("&" not in kind and "=" not in kind for kind in kinds):
        return segments("Kind of session", "kind", [(quote(kind), title) for kind, title in options], quote(asked.kind))
    return ""


def _picture(view: View) -> str:
    series = [view.series(where) for where in view.sensors]
    made = dict.fromkeys(text for one in view.entries for text in _made(view.metric, one))
    about = term(view.metric.title, view.unit, *(text for text in (*view.metric.about, *made) if text))
    lines = [_trend(one, view) for one in series]
    mark = f" {coarse_mark()}" if any(view.coarse) else ""
    lacking = "Shown in N: % BW needs the athlete’s mass in every session." if view.lacking else ""
    rows = table(["Sensor", term("Trend a week", "", *MEANT), "95 % interval", "sessions"], lines, label="Trend")
    head_ = tag(
        "div",
        tag("h2", about, mark),
        tag("span", say("; ".join(("mean ± SD of each session", *made))), class_="muted"),
        class_="part-head",
    )
    note = tag("p", say(lacking), class_="muted pad") if lacking else ""
    there = [one for one in series if len(one.days)]
    drawn = drawing_box(chart(there, view.metric.title, view.unit), "history-chart") if there else ""
    return tag(
        "section", head_, note, drawn, bands_said(there, view), rows, class_="card", aria_label="Over all sessions"
    )


def bands_said(series: Sequence[Series], view: View) -> str:
    """Say what the bands are, or why there are none."""
    if view.norms.asked:
        newest = ((one, float(one.means[np.argsort(one.days, kind="stable")[-1]])) for one in series)
        return norms_said(view.norms, [(one.title, one.norm, value) for one, value in newest if one.norm])
    known = [one.baseline for one in series if one.baseline and one.baseline.known]
    why = dict.fromkeys(one.baseline.said for one in series if one.baseline and not one.baseline.known)
    said = [f"Band: mean of the first {known[0].n} tests, squares, ± MDC95 of one more test."] if known else []
    said += ["Dark: ± SWC."] if any(np.isfinite(one.swc) for one in known) else []
    return tag("p", say(" ".join([*said, *why])), legend() if known else "", class_="muted pad change-said")


def _made(shown: Metric, one: Entry) -> tuple[str, ...]:
    """What a session's number hangs on beside its frames: a filter, the gap rule."""
    if shown.name in SWAY:
        return one.filtered
    return () if shown.group.startswith("Frames") else one.stepped


def _trend(one: Series, view: View) -> list[str]:
    found: Trend = one.trend
    places = view.digits + 2
    name = tag("span", say(one.title), style=f"color:{one.paint}", class_="sensor")
    if not np.isfinite(found.slope):
        why = tag("span", "–", title=f"A trend needs ten sessions on different days, here are {found.n}.")
        return [name, why, tag("span", "ten sessions needed", class_="muted"), str(found.n)]
    between = f"{sign(found.low * WEEK, places)} … {sign(found.high * WEEK, places)}"
    return [name, f"{sign(found.slope * WEEK, places)} {say(view.unit)}", between, str(found.n)]


def _numbers(view: View, left_out: int, part: str) -> str:
    heads = ["Session", *(tag("span", say(sensor_title(where)), class_="sided", data_side=where)
                          for where in view.sensors), "Change", question(), "With the one before"]  # fmt: skip
    flags = [Flags(view, where) for where in view.sensors]
    order = range(len(view.entries) - 1, -1, -1)
    rows = [_row(view, i, flags) for i in order]
    more = f", the {len(view.entries)} newest; {left_out} older ones are left out" if left_out else ""
    more += f"; {words.plural(view.without, 'session')} without this measure" if view.without else ""
    line = tag("div", tag("h2", "Sessions"), tag("span", say(f"{PARTS[part].lower()}{more}"), class_="muted"),
               tag("span", class_="grow"), copy(_text(view)), class_="part-head")  # fmt: skip
    return tag("section", line, table(heads, rows, label="Sessions"), class_="card", aria_label="Numbers")


def _row(view: View, i: int, flags: Sequence[Flags]) -> list[str]:
    entry = view.entries[i]
    workout = entry.workout
    link = tag("a", words.date(entry.first_us), href=session_path(workout.workout_id),
               data_workout=workout.workout_id, data_uid=workout.uid)  # fmt: skip
    kind = tag("span", say(", ".join(text for text in (workout.about.kind, layouts(workout)) if text)), class_="muted")
    mark = f" {coarse_mark()}" if view.coarse[i] else ""
    values = [_cell(view.value(i, where), view.digits) + mark for where in view.sensors]
    before = view.entries[i - 1].workout.workout_id if i else ""
    compare = tag("a", "Compare", href=compare_path(before, workout.workout_id),
                  title="Compare with the session before") if before else ""  # fmt: skip
    return [tag("div", link, kind, class_="history-session"), *values, _change(view, i), flags_of(i, flags), compare]


def _cell(value: tuple[float, float, int] | None, places: int) -> str:
    if value is None:
        return tag("span", "–", title="This session has no such number.")
    sd = tag("span", say(f" ± {words.number(value[1], places)}"), class_="muted") if np.isfinite(value[1]) else ""
    return tag("span", words.number(value[0], places), sd, title=f"n = {value[2]}")


def _change(view: View, i: int) -> str:
    """Against the session before, one number per sensor."""
    parts: list[str] = []
    for where in view.sensors:
        now, before = view.value(i, where), view.value(i - 1, where) if i else None
        shown = sign(now[0] - before[0], view.digits) if now and before else "–"
        foot = where if where in SIDES else None
        parts.append(sided(f"{foot[0].upper()}\u00a0{shown}" if foot else shown, foot))
    return " ".join(parts)


class Flags:
    """What each session of a sensor is beside its baseline, as marks."""

    def __init__(self, view: View, where: str) -> None:
        self.where, self.of, means = where, view.baseline(where), view.means(where)
        self.known = np.isfinite(means)
        self.tests, self.changes = np.cumsum(self.known), changes(means, self.of)
        self._about = self.of.about(view.unit, view.digits)

    def markup(self, i: int) -> str:
        """Return the mark of a session; a test of the baseline says so."""
        if not self.known[i]:
            return "–"
        if self.of.known and self.tests[i] <= self.of.n:
            return tag("span", "baseline", class_="muted")
        return flag(self.changes[i], self._about)


def flags_of(i: int, flags: Sequence[Flags]) -> str:
    """Return one mark per sensor, with its letter where it is a foot's."""
    letters = [f"{sided(one.where[0].upper(), one.where)} " if one.where in SIDES else "" for one in flags]
    shown = (tag("span", letter, one.markup(i)) for letter, one in zip(letters, flags, strict=True))
    return tag("span", *shown, class_="change-flags")


def _text(view: View) -> str:
    """The table as tab-separated text."""
    titles = [sensor_title(where) for where in view.sensors]
    unit = f", {view.unit}" if view.unit else ""
    spread = (("mean", unit), ("sd", unit), ("n", ""))
    heads = ["session", "begun, µs since 1970", *(f"{what} {title}{of}" for title in titles for what, of in spread)]
    heads += ["coarse"] if any(view.coarse) else []
    lines = [[f"# {view.metric.title}, {view.unit}"], heads]
    for i, entry in enumerate(view.entries):
        cells = [view.value(i, where) or (np.nan, np.nan, 0) for where in view.sensors]
        numbers = (f"{v:.6g}" for cell in cells for v in cell)
        mark = [str(view.coarse[i])] if any(view.coarse) else []
        lines.append([entry.workout.workout_id, str(entry.first_us), *numbers, *mark])
    return tab_separated(lines)
