"""The Jump tab: what was found and by which limits, five numbers, the curve with its phases, and every trial."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from analytics.jumps.flights import LONGEST_S, PUSH, SHORTEST_S
from analytics.jumps.force import COARSE_HZ, GRAVITY
from dashboard.drawing import words
from dashboard.drawing.markup import (
    Term,
    column,
    drawing_box,
    head,
    nothing,
    number_field,
    say,
    section,
    segments,
    table,
    tag,
    term,
)
from dashboard.reading.context import Context
from dashboard.reading.jumps import FLIGHT_N, jumps_of, sensors_of
from dashboard.reading.part_query import BEST, MEAN
from dashboard.results.gait_charts import centred
from dashboard.results.jump_change import earlier_of
from dashboard.results.jump_chart import jump_chart
from dashboard.results.jump_trials import CONTACT, FLIGHT, IMPULSE, PEAK, RSI, Measured, Trials, trials_table

KINDS = {"cmj": "countermovement jump", "squat": "squat jump", "drop": "drop jump", "hops": "hop"}
CHOICES = (("", "Found"), ("cmj", "CMJ"), ("squat", "Squat"), ("drop", "Drop"), ("hops", "Hops"))
PHASES = ("unweighting", "braking", "propulsion", "landing")
NO_POWER = f"no power below {COARSE_HZ:g} Hz"
BOX = "The fall height is the box"


async def body(context: Context) -> str:
    """Return all of the tab, or why there are no jumps."""
    sensors = sensors_of(context.infos)
    if not sensors.infos:
        return nothing("No jumps here", sensors.why)
    stored = await context.parts.archive.trials.of(context.workout.workout_id)
    trials = Trials(context, sensors, await jumps_of(context, sensors), stored, await earlier_of(context))
    if not len(trials.rows):
        return tag(
            "div",
            tag("span", "No jump in the selection", class_="muted"),
            _limits(context),
            class_="tab-line jump-limits",
        ) + (nothing("No jump in this selection", *_why_none(trials)))
    return await asyncio.to_thread(_markup, trials)


async def reported(context: Context) -> str:
    """Return what a report has of jumps: all of it where there are any, else nothing."""
    sensors = sensors_of(context.infos)
    if not sensors.infos or not len((await jumps_of(context, sensors)).table):
        return ""
    return tag("div", tag("h2", "Jumps"), await body(context), class_="report-part")


def _markup(trials: Trials) -> str:
    newtons = trials.context.display("N")
    note = f"vertical force, {newtons.unit}; grey: the other jumps that count"
    title = "Mean of the jumps" if trials.chosen is None else f"Jump {trials.chosen}"
    chart = section(head(title, note=note), drawing_box(jump_chart(trials, newtons), "jump-curve"))
    return "".join(
        [
            tag("div", tag("span", say(found_text(trials)), class_="muted"), _show(trials), class_="tab-line"),
            tag("div", _limits(trials.context), class_="tab-line jump-limits"),
            _coarse(trials),
            tag("div", *tiles(trials), class_="jump-tiles"),
            tag("div", chart, _phase_table(trials), class_="tab-columns jump-columns"),
            trials_table(trials),
        ]
    )


def found_text(trials: Trials) -> str:
    """Return what was found, and by which limits."""
    rows, out = trials.rows, len(trials.rows) - len(trials.counted)
    one = rows.to_dict("records")[(trials.chosen or 1) - 1]
    weight = trials.context.display("N").number(one["body_weight_n"])
    seconds = f" from {one['weigh_s']:g} s standing" if np.isfinite(one["weigh_s"]) else ", entered"
    parts = [
        f"{words.plural(len(rows), KINDS[trials.jumps.kind])} found, {f'{out} not counted' if out else 'all counted'}",
        f"body weight {weight} {trials.context.display('N').unit}{seconds}"
        if np.isfinite(one["body_weight_n"]) else "body weight not known: nobody stood still",
        f"flight below {rows.attrs['flight_n']:g} N for {SHORTEST_S:g} to {LONGEST_S:g} s",
    ]  # fmt: skip
    if not trials.jumps.rebounds:
        parts.append("onset beyond 5 SD or 1 % of body weight")
    off = rows.attrs.get("stepped_off", 0)
    return " · ".join([*parts, *([f"{off} stepped off"] if off else [])])


def _why_none(trials: Trials) -> list[str]:
    about = trials.rows.attrs
    said = [
        f"A jump is a flight below {about['flight_n']:g} N for {SHORTEST_S:g} to {LONGEST_S:g} s, after a push of "
        f"{PUSH:g} times the usual force."
    ]
    if about.get("stepped_off"):
        said.append(f"{about['stepped_off']} times the force went without a push: that is stepping off.")
    if about["least_n"] is not None and about["least_n"] >= about["flight_n"]:
        said.append(
            f"The least force here is {words.number(about['least_n'])} N: raise the limit above what shoes press."
        )
    return said


def _show(trials: Trials) -> str:
    one = trials.chosen or trials.best or 1
    options = [(BEST, "Best"), (MEAN, f"Mean of {len(trials.counted)}"), (str(one), f"Jump {one}")]
    wanted = trials.context.query.trial
    chosen = MEAN if trials.chosen is None else BEST if wanted == BEST else str(one)
    return tag("span", "Show ", segments("Show", "trial", options, chosen), class_="buttons jump-show")


def _limits(context: Context) -> str:
    query = context.query
    fields = [
        segments("Kind of jump", "jump", CHOICES, query.jump or ""),
        number_field("Flight below, N", "flight", query.flight, (0.1, 1000.0), f"{FLIGHT_N:g}"),
        number_field("Body weight, N", "weight", query.weight, (1.0, 10_000.0), "weighed"),
        number_field("Box, cm", "box", query.box, (1.0, 300.0), "not said"),
    ]
    return tag("span", *fields, class_="buttons")


def flight_error_cm(trials: Trials) -> float:
    """Return by how much the height by flight time is uncertain where take-off and landing are known to a row."""
    return 100.0 * GRAVITY * trials.value("flight_s") / 4.0 * trials.step_ms() / 1000.0


def _coarse(trials: Trials) -> str:
    if not trials.rows["coarse"].any():
        return ""
    hz, ms = float(trials.rows.attrs["sampling_hz"]), trials.step_ms()
    said = (
        f"Take-off and landing are known to ± {words.number(ms)} ms each, so the height by flight time to "
        f"± {words.number(flight_error_cm(trials), 1)} cm. Power is not given below {COARSE_HZ:g} Hz."
    )
    mark = tag("span", "△", class_="jump-mark", aria_hidden="true")
    return tag("div", tag("p", mark, " ", tag("b", f"Coarse: {words.rate(hz)} Hz."), " ", say(said)),
               class_="tab-line tab-warning jump-coarse", role="note")  # fmt: skip


def tiles(trials: Trials) -> list[str]:
    """Return the five numbers of the jump that is shown, that which leads first."""
    made = _of_rebounds(trials) if trials.jumps.rebounds else _of_jumps(trials)
    return [tag("div", *parts, class_="jump-tile", role="group", aria_label=label) for label, parts in made]


Tile = tuple[str, list[str]]


def _of_jumps(trials: Trials) -> list[Tile]:
    lead, other = trials.columns[:2]
    how = {FLIGHT: "by flight time", IMPULSE: "by impulse"}
    both = f"{how[other]} {other.number(trials.value(other.name))} cm"
    error = flight_error_cm(trials) if lead is FLIGHT else np.nan
    power = trials.value("peak_power_w")
    hint = NO_POWER if trials.rows["coarse"].any() else f"peak power {words.number(power)} W"
    return [
        ("Height", [lead.term.markup(), _value(trials, lead, error=error), _hint(both), trials.flag(lead.name)]),
        _tile(trials, trials.columns[2], "height by impulse / time to take-off"),
        _tile(trials, PEAK, f"{_newtons(trials, 'peak_force_n')}; {hint}"),
        _sides(trials, "propulsion", "Propulsive impulse"),
        _index(trials, "landing_si_pct", "Side, landing"),
    ]


def _of_rebounds(trials: Trials) -> list[Tile]:
    step, height, contact = trials.step_ms(), trials.value("height_flight_m"), trials.value("contact_s")
    error_cm = flight_error_cm(trials)
    share = np.hypot(error_cm / (100.0 * height), step / (1000.0 * contact))
    box = _box(trials) or "box height not said"
    said = f"height / contact; {box}" if trials.jumps.kind == "drop" else "height / contact"
    flight = f"from {words.number(1000 * trials.value('flight_s'))} ms in the air"
    return [
        ("RSI", [RSI.term.markup(), _value(trials, RSI, error=trials.value("rsi") * share), _hint(said),
                 trials.flag("rsi")]),
        ("Contact time", [CONTACT.term.markup(), _value(trials, CONTACT, error=step),
                          _hint(f"from {trials.rows.attrs['flight_n']:g} N"), trials.flag("contact_s")]),
        ("Height", [FLIGHT.term.markup(), _value(trials, FLIGHT, error=error_cm), _hint(flight),
                    trials.flag(FLIGHT.name)]),
        _tile(trials, PEAK, _newtons(trials, "peak_force_n")),
        _index(trials, "braking_si_pct", "Side, braking"),
    ]  # fmt: skip


def _box(trials: Trials) -> str:
    """Return the height of the box: entered, or as the condition of the trial says it."""
    if trials.context.query.box:
        return f"box {trials.context.query.box:g} cm, entered"
    of = trials.of_protocol.get(trials.chosen or 1)
    return f"{of.condition}, of the protocol" if of is not None and of.condition else ""


def _newtons(trials: Trials, name: str) -> str:
    shown = trials.context.display("N")
    return f"{shown.number(trials.value(name))} of {shown.number(trials.value('body_weight_n'))} {shown.unit}"


def _tile(trials: Trials, measure: Measured, hint: str) -> Tile:
    return measure.title, [measure.term.markup(), _value(trials, measure), _hint(hint), trials.flag(measure.name)]


def _value(trials: Trials, measure: Measured, *, error: float = np.nan) -> str:
    """The number; with it the SD of a mean, or what rows apart cost a single jump."""
    sd = trials.spread(measure.name)
    spread = sd * measure.factor if trials.chosen is None else error
    said = f" ± {words.number(spread, measure.digits)}" if np.isfinite(spread) else ""
    number = tag("b", measure.number(trials.value(measure.name)), class_="jump-number")
    return tag("p", number, tag("span", say(said), class_="muted"))


def _hint(text: str) -> str:
    return tag("p", say(text), class_="muted jump-hint")


def _badge(side: str) -> str:
    return tag("span", side[0].upper(), class_="foot", data_side=side, title=side)


def _sides(trials: Trials, phase: str, title: str) -> Tile:
    name = column(f"{phase}_left_ns") if trials.sensors.sided else title
    if not trials.sensors.sided:
        return title, [say(name), tag("p", tag("b", "–", class_="jump-number")), _hint(trials.sensors.why)]
    unit = trials.context.display("N·s")
    pairs = [
        tag(
            "span",
            _badge(side),
            " ",
            tag("b", unit.number(trials.value(f"{phase}_{side}_ns")), class_="jump-number"),
            class_="jump-pair",
        )
        for side in ("left", "right")
    ]
    return title, [
        term(title, unit.unit, "∫ F dt", "Impulse of each foot’s whole force in propulsion."),
        tag("p", " ".join(pairs)), _hint(_leans(trials.value(f"{phase}_si_pct"))),
        trials.flag(f"{phase}_si_pct"),
    ]  # fmt: skip


def _leans(si: float) -> str:
    if not np.isfinite(si):
        return "symmetry index not known"
    return f"SI {words.sign(si, 1)} %, {'right' if si > 0 else 'left'} carries more"


def _index(trials: Trials, name: str, title: str) -> Tile:
    if not trials.sensors.sided:
        return title, [say(title), tag("p", tag("b", "–", class_="jump-number")), _hint(trials.sensors.why)]
    measure = Measured(name, title, "%", 1.0, 1)
    si = trials.value(name)
    why = "the landing was not seen to its end" if name.startswith("landing") else "needs body weight"
    return title, [
        measure.term.markup(),
        _value(trials, measure),
        _hint(_leans(si) if np.isfinite(si) else why),
        trials.flag(name),
    ]


def _phase_table(trials: Trials) -> str:
    rebounds = trials.jumps.rebounds
    names = ("contact", "braking", "propulsion", "landing") if rebounds else PHASES
    unit = trials.context.display("N·s")
    index = term("SI", "%", "200 · (R − L) / (R + L)", "Of the impulses. Minus: more on the left. Grey: ±5 %.")
    sided = trials.sensors.sided
    heads = ["Phase", "ms", *([f"Left {unit.unit}", f"Right {unit.unit}", index, "left · right"] if sided
                              else [] if rebounds else [f"Net {unit.unit}"])]  # fmt: skip
    rows = []
    for name in names:
        cells = [column(f"{name}_s", unit=""), words.number(1000.0 * trials.value(f"{name}_s"))]
        if sided:
            cells += [unit.number(trials.value(f"{name}_{side}_ns")) for side in ("left", "right")]
            si = trials.value(f"{name}_si_pct")
            cells += [words.sign(si, 1), centred(si)]
        elif not rebounds:
            cells.append(unit.number(trials.value(f"{name}_net_ns")))
        rows.append(cells)
    notes = _phase_notes(trials)
    return section(
        head("Impulse by phase", note="mean" if trials.chosen is None else ""),
        table(heads, rows, label="Impulse by phase"),
        *(tag("p", say(text), class_="muted pad") for text in notes),
    )


def _phase_notes(trials: Trials) -> Sequence[str]:
    found = []
    if not trials.sensors.sided:
        found.append(f"No left and right: {trials.sensors.why}")
    else:
        found.append("Impulse of the whole force in the phase, body weight included.")
    if trials.jumps.rebounds:
        found.append("Braking and propulsion meet where the velocity is 0, by the flight’s time and body weight.")
    if trials.jumps.kind == "drop":
        known = _box(trials)
        said = f"{BOX} ({known})" if known else f"{BOX}, which is not said here"
        found.append(
            f"{said}: the force does not show the speed at touch-down, and stepping down makes RSI look better."
        )
    return found


__all__ = ["Term", "body", "found_text", "reported", "tiles"]
