"""The System page: what the ingest, the archive and this dashboard are doing, now and in the last hour.

It is markup that the browser patches in place (assets/core/patch.mjs): what has the focus, or is being read, stays.
"""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping, Sequence

from dash import dcc, html

from barograph import __version__
from dashboard.drawing import words
from dashboard.drawing.elements import data
from dashboard.drawing.markup import drawing_box, row, say, table, tag, term
from dashboard.reading.last_night import LastNight
from dashboard.reading.vitals import Vitals
from dashboard.system import cold
from dashboard.system.charts import chart
from dashboard.system.numbers import CHARTS, Quantity, quantities, troubles

REFRESH_MS = 5_000
OFFLINE = "No answer from this page's server. What it shows is old; more is not known here. It asks again by itself."
ICON = '<span class="icon icon-warning" aria-hidden="true"></span>'
DOT = '<span class="dot" aria-hidden="true"></span>'
WHY = {"frames/s": "a rate needs two answers", "ms": "nothing in the last minute"}
SAFE = "Devices that keep a spool send later what they record."
WORDS = {"live": "Answering", "stale": "Stale", "gone": "No answer", "waiting": "Asking"}
TILES = (
    ("Received", ("received",), "repeats included"),
    ("Stored", ("stored",), "in the archive's journal"),
    ("Ack latency", ("ack50", "ack95"), "p50 and p95 of the last minute"),
    ("Live streams", ("streams",), "fed by a connection"),
    ("Viewers", ("viewers",), "of this dashboard"),
    ("Free space", ("free",), "on the archive's disk"),
)
COLOURS = {"gone": "offline", "waiting": ""}
LATELY_S = 600.0
STARTED = {
    "ingest": "Ingest", "dashboard": "Dashboard", "summaries": "Summaries", "backup": "Backups",
    "athlete": "Simulated athlete", "mongod": "MongoDB", "redis": "Redis",
}  # fmt: skip
PARTS = {"archive": "Archive, MongoDB", "live": "Live feed, Redis", "disk": "Disk of the archive"}


NO_NIGHT = LastNight()


def page(vitals: Vitals, now_us: int, night: LastNight = NO_NIGHT) -> html.Div:
    """Build the whole page; `night` is what retention did."""
    return html.Div(
        [
            dcc.Interval(id="system-pulse", interval=REFRESH_MS),
            html.P(OFFLINE, className="system-line alarm", role="alert", hidden=True, **data(slot="offline")),
            html.Div(id="system-body", **data(baro="drawn", kept="", markup=body(vitals, now_us, night))),
        ],
        className="system", **data(baro="still", title="System"),
    )  # fmt: skip


def body(vitals: Vitals, now_us: int, night: LastNight = NO_NIGHT) -> str:
    """Return all that changes; the newest look is told to assets/core/still.mjs, which says when there are no more."""
    state, found = vitals.state(now_us), quantities(vitals)
    current = state == "live"
    tiles = (_tile(title, [found[name] for name in names], hint, current=current) for title, names, hint in TILES)
    lines = [*_lines(vitals, state), *_restarted(vitals, now_us)]
    lines += [_line("warn", text) for text in (night.trouble(now_us), cold.trouble(night, vitals)) if text]
    right = tag("div", _parts(vitals, state), _restarts(vitals), _retained(night), _cold(night), _troubles(vitals))
    return tag(
        "div", _head(vitals, state, now_us), tag("div", *lines, class_="system-lines"),
        tag("div", *tiles, class_="tiles system-tiles"), _charts(vitals, found, now_us),
        tag("div", _hour(found), right, class_="system-tables"),
        class_="system-all", data_state=state, data_look=now_us,
    )  # fmt: skip


def _head(vitals: Vitals, state: str, now_us: int) -> str:
    facts = [tag("code", say(vitals.url))]
    if vitals.last and state == "live":
        started_s = vitals.last.values.get(("process_start_time_seconds",), math.nan)
        running = words.duration(now_us / 1e6 - started_s)
        facts.append(tag("span", say(f"ingest {vitals.last.version}, running for {running}")))
    elif (age_s := vitals.age_s(now_us)) is not None:
        facts.append(tag("span", f"last answer {words.duration(age_s)} ago", class_="warn"))
    pill = tag("span", DOT, WORDS[state], class_="pill", data_state=COLOURS.get(state, state))
    return tag("div", tag("h1", "System"), pill, tag("div", *facts, class_="facts"), class_="system-head")


def _lines(vitals: Vitals, state: str) -> list[str]:
    """What is wrong, what is safe, what to do; one sentence each, above everything."""
    if state == "gone":
        start = "Start it with barograph up; this page goes on asking."
        return [_line("alarm", f"The ingest does not answer: {vitals.why}. {SAFE} {start}")]
    if state == "stale":
        since, why = words.date(vitals.answered_us), vitals.why or "it takes too long"
        return [_line("alarm", f"No answer of the ingest since {since}: {why}. {SAFE}")]
    parts = vitals.last.parts if vitals.last else {}
    wrong = {name: text for name, text in parts.items() if text != "ready"}
    if (unknown := parts.get("archive", "")).startswith("not known"):  # then nothing is known of any part
        return [_line("warn", f"Whether frames are stored is {unknown}. {SAFE}")]
    said = {
        "archive": ("alarm", "Frames are not stored at the moment; a device that keeps a spool sends them later"),
        "live": ("warn", "Live pages get nothing new; storing does not need it"),
        "disk": ("warn", "The archive's disk"),
    }
    lines = [_line(kind, f"{what} ({wrong[name]}).") for name, (kind, what) in said.items() if name in wrong]
    return [*lines, *_backups(vitals.last.values if vitals.last else {})]


def _backups(values: Mapping[tuple[str, ...], float]) -> list[str]:
    """Say that backups fail; that there are none is a lab's own choice."""
    failed, last_s = (
        values.get((name,), math.nan) for name in ("barograph_backup_failures", "barograph_backup_seconds")
    )
    if not failed > 0:
        return []
    since = f"the last whole one is of {words.date(round(last_s * 1e6))}" if last_s == last_s else "there is none yet"
    times = "The last backup failed" if failed == 1 else f"The last {failed:.0f} backups failed"
    return [_line("alarm", f"{times}; {since}. Why is in the log of the backups; barograph backup tries again.")]


def _restarted(vitals: Vitals, now_us: int) -> list[str]:
    """What was started again in the last minutes."""
    return [
        _line("warn", f"{STARTED.get(name, name)} ended by itself ({one.reason}) and was started again.")
        for name, one in vitals.restarts.items()
        if now_us / 1e6 - one.last_s < LATELY_S
    ]


def _restarts(vitals: Vitals) -> str:
    """How often parts of this lab were started again since it was started; nothing where none was."""
    if not vitals.restarts:
        return ""
    rows = (
        row([say(STARTED.get(name, name)), say(one.reason), words.date(round(one.last_s * 1e6)), str(one.count)], 3)
        for name, one in vitals.restarts.items()
    )
    heads = ("Part", "Why, the last time", "Last", "Times")
    shown = table(heads, rows, label="Started again", texts=3)
    return _section("Started again", "since this lab was started", shown)


def _retained(night: LastNight) -> str:
    """What the last night of retention did; nothing where there is no rule and never was one."""
    last = night.outcome
    if last is None and not night.rules:
        return ""
    if last is None:
        did = "The first night is still to come; it counts, and erases nothing."
    else:
        what = last.words() if last.ended_us else "did not end; the next night goes on"
        did = f"{words.date(last.began_us)}: {what}"
    note = words.plural(night.rules, "rule")
    return _section("Last night of retention", note, tag("p", say(did), class_="pad"))


def _cold(night: LastNight) -> str:
    inside = cold.inside(night)
    return _section("Cold storage", cold.note(night), inside) if inside else ""


def _line(kind: str, text: str) -> str:
    return tag("p", ICON, tag("span", say(text)), class_=f"system-line {kind}", role="alert")


def _tile(title: str, shown: Sequence[Quantity], hint: str, *, current: bool) -> str:
    values = [words.number(one.now, one.digits) if current else "–" for one in shown]
    unit = shown[0].unit
    if values[0] == "–":
        hint = WHY.get(unit, "not known") if current else "no answer"
    numbers = tag("span", *(tag("b", one, class_="value") for one in values), class_="values")
    name = term(title, "", *_about(shown[-1]))
    value = tag("div", numbers, tag("span", say(unit), class_="unit"), class_="tile-value")
    return tag(
        "div", name, value, tag("div", say(hint), class_="hint"), class_="card tile", role="group", aria_label=title
    )


def _about(one: Quantity) -> tuple[str, str]:
    return one.formula, f"{one.meaning}." if one.meaning else ""


def _charts(vitals: Vitals, found: Mapping[str, Quantity], now_us: int) -> str:
    times, answered = vitals.history.times_us(), vitals.history.answered()
    cards = []
    for title, unit, names in CHARTS:
        drawing = drawing_box(chart(title, [found[name] for name in names], times, answered, now_us))
        inside = drawing if answered.sum() > 1 else tag("p", "The first answers draw it.", class_="muted pad")
        head = tag("div", tag("h2", title), tag("span", say(unit), class_="unit"), class_="card-head")
        cards.append(tag("div", head, inside, class_="card"))
    return tag("div", *cards, class_="system-charts")


def _hour(found: Mapping[str, Quantity]) -> str:
    rows = [
        [
            term(one.title, one.unit, *_about(one)),
            *(words.number(value, one.digits) for value in (one.now, one.mean, one.highest)),
        ]
        for one in found.values()
    ]
    heads = ("Quantity", "Now", "Mean", "Highest")
    return _section("Last hour", "as far as this dashboard has been running", table(heads, rows, label="Last hour"))


def _parts(vitals: Vitals, state: str) -> str:
    last = vitals.last
    asked = last.parts if last and state == "live" else {}
    rows = [
        ["Ingest", _state("ready" if state == "live" else WORDS[state].lower()), say(last.version if last else "–")]
    ]
    rows += [[title, _state(asked.get(name, "not known")), ""] for name, title in PARTS.items()]
    rows += [["Dashboard", _state("ready"), __version__], ["Python of the dashboard", "", platform.python_version()]]
    return _section(
        "Parts", "as the ingest sees them", table(("Part", "State", "Version"), rows, label="Parts", texts=3)
    )


def _state(text: str) -> str:
    mark, kind = (DOT, "true") if text == "ready" else (ICON, "false")
    return tag("span", mark, say(text), class_="part-state", data_ready=kind)


def _troubles(vitals: Vitals) -> str:
    found = troubles(vitals)
    if not found:
        text = "Nothing was refused, and nothing is missing." if vitals.last else "Not known before the first answer."
        return _section("Refused and lost", "", tag("p", text, class_="muted pad"))
    heads = ("What", "Code", "Last hour", "Since it started")
    rows = (
        row([one.what, tag("code", say(one.code)), words.number(one.lately), words.number(one.ever)], 2)
        for one in found
    )
    shown = table(heads, rows, label="Refused and lost", texts=2)
    return _section("Refused and lost", "counted by the ingest", shown)


def _section(title: str, note: str, inside: str) -> str:
    head = tag("div", tag("h2", title), tag("span", note, class_="muted"), class_="card-head")
    return tag("section", head, inside, class_="card")
