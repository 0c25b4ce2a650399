"""An athlete's sessions as numbers: each measure of every session with its spread, and the trend over the days.

A session counts with the part that is asked for: by default what its page shows first, all of it up to five minutes,
else the minute in its middle.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd

from analytics import drift, symmetry
from analytics.columns import definition
from barograph.errors import InvalidData, NotFound
from barograph.store.ports import Workout
from barograph.store.records import sensors_of
from barograph.store.summaries import Summary, basis
from barograph.store.summary_rows import columns_of
from barograph.store.trials import Trial
from dashboard.drawing.gap_rule import gap_text
from dashboard.reading import overview, part_query
from dashboard.reading.context import Context
from dashboard.reading.feet import Foot, pair, steps_of, summary
from dashboard.reading.measures import MEASURES, Measure
from dashboard.reading.more_measures import BOTH, HOW, OF, SHARE_MEAN, SWAY, More, Value, more_of, shown_of, value_of
from dashboard.reading.overview import Span
from dashboard.reading.part_query import PartQuery
from dashboard.reading.parts import Parts, key
from dashboard.reading.program import version
from dashboard.reading.result_cache import ResultCache
from dashboard.reading.sides import rank
from dashboard.reading.standing import filter_text, moving, sway
from dashboard.reading.step_parts import feet_with_stances, step_count

DAY_MIN = 24 * 60.0
PARTS = {
    "": "Whole up to 5 min, else the middle minute", "whole": "Whole sessions", "first": "First minute",
    "middle": "Middle minute", "last": "Last minute", "trials": "Trials that count, of the test with most",
}  # fmt: skip
MINUTE_S = 60.0
TRIALS = "trials"


@dataclass(frozen=True, eq=False)
class Entry:
    """One session: measures by name and sensor (`BOTH` for what needs the whole body), or why there are none."""

    workout: Workout
    first_us: int
    length_s: float
    whole: bool
    values: Mapping[tuple[str, str], Value]
    why: str = ""
    unquiet: Mapping[str, str] = field(default_factory=dict)  # by sensor, why it has no sway
    coarse: frozenset[str] = frozenset()  # measures that are from too few rows
    filtered: tuple[str, ...] = ()  # how the tracks of its sway were filtered and sampled
    stepped: tuple[str, ...] = ()  # the gap rule that its stances were found with


class SessionMeasures:
    """Numbers of sessions: as they were summarised, where that holds, else each made once for what is stored of it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.cache = ResultCache(16 << 20)

    async def entry(self, workout: Workout, part: str = "") -> Entry:
        """Return the numbers of a session, of one of `PARTS` of it."""
        return (await self.entries([workout], part))[0]

    async def entries(self, workouts: Sequence[Workout], part: str = "") -> list[Entry]:
        """Return the numbers of sessions, in their order; summaries of all are read at once."""
        unknown = [one for one in workouts if not self.cache.holds(_name(one, part))]
        kept = await self._kept(unknown, part)
        made = (
            self.cache.get(_name(one, part), partial(self._entry, one, part, kept.get(one.uid))) for one in workouts
        )
        return [replace(entry, workout=one) for one, entry in zip(workouts, await asyncio.gather(*made), strict=True)]

    async def ready(self, workouts: Sequence[Workout], part: str = "") -> list[Entry]:
        """Return the numbers of those sessions of which a summary holds; none is computed for it."""
        kept = await self._kept(workouts, part)
        made = (asyncio.to_thread(kept_entry, one, kept[one.uid]) for one in workouts if one.uid in kept)
        return list(await asyncio.gather(*made))

    async def _entry(self, workout: Workout, part: str, kept: Summary | None) -> Entry:
        bare = replace(workout, streams=())  # whoever asks has the session: what is remembered needs no layouts
        if kept is not None:
            return kept_entry(bare, kept)
        return replace(await entry_of(self._parts, workout, part), workout=bare)

    async def _kept(self, workouts: Sequence[Workout], part: str) -> dict[str, Summary]:
        """The summaries that hold, by the uid of their session."""
        if not workouts:
            return {}
        now, program = {one.uid: basis(one) for one in workouts}, await asyncio.to_thread(version)
        found = await self._parts.archive.summaries.stored(workouts, [table_name(part)])
        return {one.uid: one for one in found if one.stands(now[one.uid], program) and not one.why}


def _name(workout: Workout, part: str) -> tuple[Hashable, ...]:
    marks = tuple(key(info, overview.Span(0, 0)) for info in workout.streams)
    return workout.workout_id, workout.uid, marks, part, workout.edits


async def entry_of(parts: Parts, workout: Workout, part: str) -> Entry:
    """Return the numbers of a session, of one of `PARTS` of it, from its frames."""
    whole = overview.span(workout)
    if whole is None:
        return Entry(workout, workout.created_us, 0.0, True, {}, "no frames")
    if part == TRIALS:
        return await _entry_of_trials(parts, workout, whole)
    return await entry_between(parts, workout, whole, part_of(part, whole.length_s))


async def entry_between(parts: Parts, workout: Workout, whole: Span, search: str) -> Entry:
    """Return the numbers of the part of a session that an address names, from its frames."""
    asked = part_query.read(search, whole.length_s)
    context = Context(parts, workout, whole, asked)
    empty = Entry(workout, whole.first_us, asked.length_s, asked.whole, {})
    try:
        feet = await feet_with_stances(context)
        more = await more_of(context, feet)
        return await asyncio.to_thread(_filled, empty, feet, asked, more)
    except (InvalidData, NotFound) as error:
        return replace(empty, why=str(error))


async def trial_entries(
    parts: Parts, workout: Workout, trials: Sequence[Trial], whole: Span | None = None
) -> list[tuple[Trial, Entry]]:
    """Return the numbers of each of these trials, in their order; those without a frame are left out."""
    whole = whole or overview.span(workout)
    found: list[tuple[Trial, Entry]] = []
    if whole is None:
        return found
    for one in trials:
        start, stop = ((us - whole.first_us) / 1e6 for us in (one.start_us, one.stop_us))
        if stop > 0 and start < whole.length_s and stop > start:
            search = f"from={max(0.0, start)!r}&to={min(stop, whole.length_s)!r}"
            found.append((one, await entry_between(parts, workout, whole, search)))
    return found


def usual_trials(trials: Sequence[Trial]) -> list[Trial]:
    """Return the trials that count of the test that has most of them: of protocol, condition and side."""
    counted = [one for one in trials if one.counts]
    steps = [one.step for one in counted]
    most = max(dict.fromkeys(steps), key=steps.count, default=None)
    return [one for one in counted if one.step == most]


async def _entry_of_trials(parts: Parts, workout: Workout, whole: Span) -> Entry:
    """The mean of each measure over trials, their SD, and how many have it."""
    stored = await parts.archive.trials.of(workout.workout_id)
    found = [entry for _, entry in await trial_entries(parts, workout, usual_trials(stored), whole)]
    values = {}
    for name in dict.fromkeys(name for entry in found for name in entry.values):
        means = [entry.values[name][0] for entry in found if name in entry.values]
        values[name] = float(np.mean(means)), float(np.std(means, ddof=1)) if len(means) > 1 else np.nan, len(means)
    unquiet = {where: why for entry in found for where, why in entry.unquiet.items()}
    return Entry(
        workout, whole.first_us, sum(entry.length_s for entry in found), False, values,
        "" if found else "no trial that counts", {} if values else unquiet,
        frozenset().union(*(entry.coarse for entry in found)),
        tuple(dict.fromkeys(text for entry in found for text in entry.filtered)),
        tuple(dict.fromkeys(text for entry in found for text in entry.stepped)),
    )  # fmt: skip


def table_name(part: str) -> str:
    """Return the name of the summary of one of `PARTS`."""
    return f"session {part}".strip()


def table_of(entry: Entry) -> pd.DataFrame:
    """Return the numbers of a session as a table: one row per measure and sensor; the rest is in its attrs."""
    rows = [(name, where, *value) for (name, where), value in entry.values.items()]
    table = pd.DataFrame(rows, columns=["measure", "sensor", "mean", "sd", "n"])
    table = table.astype({"mean": "float64", "sd": "float64", "n": "int64"})
    table.attrs = {
        "first_us": entry.first_us, "length_s": entry.length_s, "whole": entry.whole, "why": entry.why,
        "unquiet": dict(entry.unquiet), "coarse": sorted(entry.coarse), "filtered": list(entry.filtered),
        "stepped": list(entry.stepped),
    }  # fmt: skip
    return table


def kept_entry(workout: Workout, kept: Summary) -> Entry:
    """Return the numbers that a summary keeps of a session."""
    _, columns, attrs = columns_of(kept.rows)
    rows = zip(*(columns[name].tolist() for name in ("measure", "sensor", "mean", "sd", "n")), strict=True)
    values = {(name, where): (mean, sd, n) for name, where, mean, sd, n in rows}
    about = dict(attrs)
    about |= {"coarse": frozenset(about["coarse"])} | {name: tuple(about[name]) for name in ("filtered", "stepped")}
    return Entry(workout, values=values, **about)


def part_of(part: str, length_s: float) -> str:
    """Return the address of one of `PARTS` of a session; one shorter than a minute counts whole."""
    start = {"first": 0.0, "middle": (length_s - MINUTE_S) / 2, "last": length_s - MINUTE_S}.get(part)
    if part == "whole" or (start is not None and length_s <= MINUTE_S):
        return f"from=0&to={length_s!r}"
    return "" if start is None else f"from={start!r}&to={start + MINUTE_S!r}"


def _filled(empty: Entry, feet: Sequence[Foot], asked: PartQuery, more: More) -> Entry:
    """The entry with its numbers."""
    stood = {one.key: sway(one.stats, asked, one.stances) for one in feet if one.layout.kind == "plate"}
    reasons = {where: "; ".join(moving(found)) for where, found in stood.items() if moving(found)}
    still = {where: found for where, found in stood.items() if where not in reasons}
    made = [*still.values(), *([] if more.net is None else [more.net])]
    filtered = tuple(dict.fromkeys(map(filter_text, made)))
    reasons |= {BOTH: more.unquiet} if more.unquiet else {}
    walked = [one for one in feet if step_count(one)]
    found = steps_of(walked) if walked else None
    coarse = frozenset(one.name for one in MEASURES if found is not None and one.of(found).coarse)
    values = values_of(feet, still) | {name: one for name, one in more.values.items() if np.isfinite(one[0])}
    stepped = (gap_text(*(one.stances for one in walked)),) if walked else ()
    return replace(empty, values=values, unquiet=reasons, filtered=filtered, stepped=stepped, coarse=coarse)


def values_of(feet: Sequence[Foot], stood: Mapping[str, pd.DataFrame]) -> dict[tuple[str, str], Value]:
    """Return every measure that these sensors have; sway is that of `stood`, by sensor."""
    out: dict[tuple[str, str], Value] = {}
    if any(step_count(one) for one in feet):
        out |= _of_steps([one for one in feet if step_count(one)])
    for one in feet:
        out |= _of_frames(one)
    for where, found in stood.items():
        row = found.iloc[0]
        out |= {(name, where): (float(row[name]), np.nan, 1) for name in SWAY if name in row}
    return {name: value for name, value in out.items() if np.isfinite(value[0])}


def _of_steps(feet: Sequence[Foot]) -> dict[tuple[str, str], Value]:
    found = steps_of(feet)
    whole = found[~found["cut"].astype(bool)]
    both = pair(feet)
    out: dict[tuple[str, str], Value] = {}
    for measure in (one for one in MEASURES if one.name in whole):
        for one in both or feet[:1]:
            rows = whole[whole["side"] == one.key] if both else whole
            out[measure.name, one.key] = value_of(rows[measure.name] * measure.factor)
    out["cadence_spm", BOTH] = float(summary(feet).iloc[-1]["cadence_spm"]), np.nan, len(whole)
    if both:
        index = symmetry(both[0].stances, both[1].stances)["symmetry_index_pct"]
        for name, value in index.items():
            out[f"si:{name}", BOTH] = float(value), np.nan, len(whole)
    return out


def _of_frames(one: Foot) -> dict[tuple[str, str], Value]:
    out = {}
    for name in map(str, one.stats):
        values = one.stats[name].dropna()
        if len(values):
            out[f"mean:{name}", one.key] = value_of(values)
            out[f"max:{name}", one.key] = float(values.max()), np.nan, len(values)
    return out


@dataclass(frozen=True)
class Metric:
    """A measure to choose: where it is found, its group, name and unit, decimals, and its definition in lines.

    Stored values times `scale` are in the unit.
    """

    name: str
    group: str
    title: str
    unit: str
    digits: int
    about: tuple[str, ...]
    scale: float = 1.0


_STEPS = {one.name: one for one in MEASURES}


def metric(name: str) -> Metric:
    """Return what a name of `Entry.values` says."""
    if name in _STEPS:
        return _of_measure(_STEPS[name])
    prefix, _, rest = name.rpartition(":")
    if prefix in OF:
        return _of_more(name, prefix, rest)
    known = definition("symmetry_index_pct" if prefix == "si" else rest)
    if prefix == "si":
        inner = _STEPS[rest].title if rest in _STEPS else definition(rest).title
        title = f"Symmetry index of {inner[0].lower()}{inner[1:]}"
        return Metric(name, "Symmetry", title, "%", 1, (known.formula, known.meaning, known.source))
    lower = f"{known.title[0].lower()}{known.title[1:]}"
    titles = {"mean": f"Mean of {lower}", "max": f"Highest {lower}", "": known.title}
    how = {"mean": "Mean ± SD over all frames of the part.", "max": "The highest frame of the part.", "": ""}[prefix]
    group = {"mean": "Frames, mean", "max": "Frames, highest"}.get(prefix, "Steps" if rest == "cadence_spm" else "Sway")
    titles[""] = "Load on the left" if name == SHARE_MEAN else known.title
    places = 0 if known.unit in ("N", "kPa", "counts", "cm²", "mm²") else 1
    return Metric(name, group, titles[prefix], known.unit, places, (known.formula, known.meaning, how, known.source))


def _of_more(name: str, prefix: str, rest: str) -> Metric:
    known, (group, what), (unit, scale, digits) = definition(rest), OF[prefix], shown_of(prefix, rest)
    about = (known.formula, known.meaning, HOW[prefix], known.source)
    return Metric(name, group, f"{known.title}, {what}", unit, digits, about, scale)


def _of_measure(one: Measure) -> Metric:
    name = one.name.removeprefix("max_")
    known = definition(name)
    how = "The largest of each step; mean ± SD over whole steps." if name != one.name else "Mean ± SD over whole steps."
    return Metric(one.name, "Steps", one.title, one.unit, one.digits, (known.formula, known.meaning, how, known.source))


def metrics(entries: Sequence[Entry]) -> list[Metric]:
    """Return what any session has, in the order steps, symmetry, sway, frames."""
    names = dict.fromkeys(name for entry in entries for name, _ in entry.values)
    order = ("Steps", "Symmetry", *(group for group, _ in OF.values()), "Sway", "Frames, mean", "Frames, highest")
    return sorted((metric(name) for name in names), key=lambda one: order.index(one.group))


def sensors(entries: Sequence[Entry], name: str) -> list[str]:
    """Return sensors that have a measure: left, right, then by name."""
    found = {where for entry in entries for measure, where in entry.values if measure == name}
    return sorted(found, key=lambda where: (rank(where), where))


@dataclass(frozen=True)
class Trend:
    """Theil–Sen slope in the measure's unit a day, its 95 % interval, and the value at the first session's moment."""

    slope: float
    low: float
    high: float
    n: int
    middle: tuple[float, float]  # day and value that the line goes through


def trend(days: Sequence[float], values: Sequence[float]) -> Trend:
    """Return the trend of values over days, by `analytics.drift`: NaN for fewer than ten."""
    order = np.argsort(days, kind="stable")
    day, value = np.asarray(days, np.float64)[order], np.asarray(values, np.float64)[order]
    index = pd.DatetimeIndex((day * DAY_MIN * 60e6).astype(np.int64).astype("M8[us]"), tz="UTC")
    found = drift(pd.DataFrame({"value": value}, index=index), "value").iloc[0]
    slopes = [float(found[f"{which}_per_min"]) * DAY_MIN for which in ("slope", "low", "high")]
    middle = (float(np.median(day)), float(np.median(value))) if len(day) else (np.nan, np.nan)
    return Trend(slopes[0], slopes[1], slopes[2], int(found["n"]), middle)


def sensor_title(where: str) -> str:
    """Return Left, Right, Both, or a sensor's name."""
    return {"left": "Left", "right": "Right", BOTH: "Both"}.get(where, where)


def layouts(workout: Workout) -> str:
    """Return what recorded a session: insole 60 × 21."""
    return sensors_of(workout)
