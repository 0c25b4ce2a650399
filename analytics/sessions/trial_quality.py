"""What recorded frames say of the quality criteria of a trial: met or not, in words, with the value and its limit.

Weighing, flights, stances and gaps are those of `jumps`, `stances` and `GapRule`, so that a criterion and a result that
is shown of the same frames agree. Names and limits of criteria are those of a protocol (docs/protocols.md).

Terms: criterion (docs/glossary.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analytics.base.times import Times, durations_s, missing_of, runs, table_times, table_us
from analytics.jumps.flights import FLIGHT_N, unloaded
from analytics.jumps.force import FORCE, Force, force_of
from analytics.jumps.jumps import jumps
from analytics.jumps.weighing import Weighing, quietest

Limits = Mapping[str, float]

NOTHING_YET = "nothing recorded"
NO_FORCE = "no force in N"
NO_FEET = "nothing that steps are told from"


@dataclass(frozen=True)
class Found:
    """What was found of one criterion.

    `met` is None where it cannot be told. `value` and `limit` are the numbers that decided, in `unit`.
    """

    criterion: str
    met: bool | None
    found: str
    value: float | None = None
    limit: float | None = None
    unit: str = ""


@dataclass(frozen=True, eq=False)
class Recorded:
    """A part of a session from `start_us` until `stop_us`, µs since 1970.

    `tables` are the per-frame tables of its streams by their names, also those without a row. `force` are those of
    them that jumps are found in: of one plate, or of two feet. `steps` is how many steps are neither begun nor ended
    by an edge, `dead` the number of dead cells and of all cells by stream. `duration_s` is what the protocol asks for.
    """

    start_us: int
    stop_us: int
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    force: Sequence[pd.DataFrame] = ()
    steps: int | None = None
    dead: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    duration_s: float | None = None


def found_of(criteria: Mapping[str, Limits], recorded: Recorded) -> list[Found]:
    """Return what was found of each criterion, in their order; limits by name, all of them.

    A part of which nothing is recorded meets none that is counted, and of weighing nothing can be told.
    """
    return [KNOWN[name](recorded, limits) for name, limits in criteria.items()]


def weighing_stable(recorded: Recorded, limits: Limits) -> Found:
    """Compare the quietest time that somebody stood still with its limits: `sd_pct` of its mean, `weigh_s` long.

    Before a flight that is the time since the force was last below 20 N, as a jump is weighed; without one any time.
    """
    name = "weighing_stable"
    if (force := _force(recorded)) is None:
        return Found(name, None, NO_FORCE)
    if not len(force.total):
        return Found(name, None, NOTHING_YET)
    stood = _stood(force)
    least_s = limits["weigh_s"]
    weighed = [one for first, after in stood if (one := quietest(force, first, after, least_s)) is not None]
    if not weighed:
        longest = max(
            (float(force.s[after - 1] - force.s[first]) + force.step_s for first, after in stood), default=0.0
        )
        longest = 0.0 if np.isnan(longest) else longest
        return Found(name, False, f"stood for {longest:.1f} s of {least_s:g} s", longest, least_s, "s")
    best = min(weighed, key=_sd_pct)
    value = _sd_pct(best)
    said = f"SD {value:.1f} % of {best.newtons:.0f} N over {least_s:g} s"
    return Found(name, value <= limits["sd_pct"], said, value, limits["sd_pct"], "%")


def flight_seen(recorded: Recorded, limits: Limits) -> Found:
    """Count the flights of `jumps` that the part does not cut, below `flight_n`; `flights` are wanted."""
    name, wanted = "flight_seen", limits["flights"]
    if not recorded.force:
        return Found(name, None, NO_FORCE)
    found = jumps(*recorded.force, flight_n=limits["flight_n"])
    cut = int(found["cut"].sum())
    n = len(found) - cut
    said = f"{_counted(n, 'flight')} of {wanted:g}" + (f", {cut} cut" if cut else "")
    return Found(name, n >= wanted, said, n, wanted)


def steps_whole(recorded: Recorded, limits: Limits) -> Found:
    """Compare the number of steps that are not cut with those wanted, `steps`."""
    name, wanted = "steps_whole", limits["steps"]
    if recorded.steps is None:
        return Found(name, None, NO_FEET)
    return Found(name, recorded.steps >= wanted, f"{_counted(recorded.steps, 'step')} of {wanted:g}", recorded.steps,
                 wanted)  # fmt: skip


def duration_reached(recorded: Recorded, limits: Limits) -> Found:
    """Compare the time that was recorded, gaps left out, with `share_pct` of the duration; the least of all streams.

    Each row stands for the time until the next one. A duration that is short by less than one row is reached.
    """
    name, asked = "duration_reached", recorded.duration_s
    if asked is None:
        return Found(name, None, "no duration is asked for")
    lasted, step_s = min((_lasted_s(table) for table in recorded.tables.values()), default=(0.0, 0.0))
    share = 100.0 * lasted / asked
    met = 100.0 * (lasted + step_s) / asked >= limits["share_pct"]
    return Found(name, met, f"{lasted:.1f} s of {asked:g} s recorded", share, limits["share_pct"], "%")


def device_healthy(recorded: Recorded, limits: Limits) -> Found:
    """Compare the frames that were lost, and the cells without a value, with `lost_pct` and `dead_pct`.

    The stream that lost most counts, and the one with most dead cells. Lost are the steps of a gap that the usual step
    would have filled, and silence at the ends of the part.
    """
    name = "device_healthy"
    lost = {stream: lost_pct(table, recorded.start_us, recorded.stop_us) for stream, table in recorded.tables.items()}
    if not lost or (recorded.stop_us <= recorded.start_us and not any(len(one) for one in recorded.tables.values())):
        return Found(name, None, NOTHING_YET)
    worst = max(lost, key=lambda stream: lost[stream])
    said = [f"{worst} lost {_two_figures(lost[worst])} % of its frames" if lost[worst] else "no frame lost"]
    dead = {stream: 100.0 * n / cells for stream, (n, cells) in recorded.dead.items() if cells}
    most = max(dead, key=lambda stream: dead[stream], default="")
    if most:
        n, cells = recorded.dead[most]
        said.append(f"{most}: {n} of {cells} cells dead" if n else "no cell dead")
    met = lost[worst] <= limits["lost_pct"] and dead.get(most, 0.0) <= limits["dead_pct"]
    if lost[worst] <= limits["lost_pct"] and not met:
        return Found(name, False, ", ".join(said), dead[most], limits["dead_pct"], "%")
    return Found(name, met, ", ".join(said), lost[worst], limits["lost_pct"], "%")


def lost_pct(table: pd.DataFrame, start_us: int, stop_us: int) -> float:
    """Return how many frames of 100 a stream lost from `start_us` until `stop_us`; 100 of one without a frame."""
    us = table_us(table)
    if not len(us):
        return 100.0
    step = np.diff(us)
    usual = float(np.median(step[step > 0])) if (step > 0).any() else np.nan
    if not np.isfinite(usual):
        return 0.0
    known = Times.of(us, None, missing_of(table))
    # What is silent at an end is a gap by the same rule, of which nobody knows the frames.
    silent = np.array([us[0] - start_us, stop_us - us[-1]])
    apart = np.concatenate([step[known.gap], silent[silent > known.gap_s * 1e6]])
    lost = float(np.maximum(np.round(apart[apart > 0] / usual) - 1, 1).sum())
    return 100.0 * lost / (lost + len(us))


def _two_figures(value: float) -> str:
    """A number of two figures without an exponent: 0.043, 1.2, 12, 100."""
    return f"{float(f'{value:.2g}'):g}"


def _force(recorded: Recorded) -> Force | None:
    if not recorded.force or any(FORCE not in table for table in recorded.force):
        return None
    return force_of(recorded.force[0], recorded.force[1] if len(recorded.force) > 1 else None, None)


def _stood(force: Force) -> list[tuple[int, int]]:
    """Rows in which somebody stood on the sensor: before the first flight, else all."""
    loaded = [(int(first), int(after)) for first, after in runs(force.total >= FLIGHT_N, force.times)]
    flights = [one.first for one in unloaded(force, FLIGHT_N) if one.is_flight]
    return [one for one in loaded if one[1] == flights[0]] if flights else loaded


def _sd_pct(one: Weighing) -> float:
    return 100.0 * one.sd_n / one.newtons if one.newtons > 0 else np.inf


def _lasted_s(table: pd.DataFrame) -> tuple[float, float]:
    """Seconds that a table's rows stand for, and its usual step."""
    each = durations_s(table_times(table))
    known = each[np.isfinite(each)]
    return (float(known.sum()), float(np.median(known))) if len(known) else (0.0, 0.0)


def _counted(n: int, what: str) -> str:
    return f"{n or 'no'} {what}{'' if n == 1 else 's'}"


KNOWN: dict[str, Callable[[Recorded, Limits], Found]] = {
    "weighing_stable": weighing_stable, "flight_seen": flight_seen, "steps_whole": steps_whole,
    "duration_reached": duration_reached, "device_healthy": device_healthy,
}  # fmt: skip
