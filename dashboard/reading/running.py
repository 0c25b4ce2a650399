"""Who runs in a selected part, and the numbers of each contact: as the Gait tab, summaries and exports have them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics import regions, running_form, running_means, stances
from analytics.frames.heading import heading
from analytics.gait.running_form import OFF_N, ON_N
from analytics.gait.symmetry import moments
from analytics.regions.presets import FoundFoot
from analytics.regions.strike import strikes_of
from barograph.errors import InvalidData, NotFound
from barograph.frames import Floats
from barograph.store.conditions import leg_m, speed_m_s
from barograph.store.records import first_us
from barograph.store.roster import Athlete
from barograph.times import day_of
from dashboard.drawing import words
from dashboard.drawing.units import GRAVITY
from dashboard.reading.context import Context
from dashboard.reading.feet import Foot, pair, runs, steps_of
from dashboard.reading.step_parts import peak_of, step_count

FORCE = "total_force_n"
STRIKE = "strike_index_pct"
LEG_OF_HEIGHT = 0.53


@dataclass(frozen=True)
class Conditions:
    """How fast somebody ran and how long the leg is, as the address, a tag or the athlete's record says; and which."""

    speed_m_s: float | None = None
    leg_m: float | None = None
    leg_by: str = ""


async def conditions_of(context: Context) -> Conditions:
    """Return what the address says, else a tag; without a leg, the one that was measured next to the session."""
    tags, query = context.workout.about.tags, context.query
    speed = speed_m_s(tags) if query.speed is None else query.speed / 3.6
    leg, by = (leg_m(tags), "a tag of the session") if query.leg is None else (query.leg / 100.0, "the address")
    if leg is not None or not context.workout.athlete_uid:
        return Conditions(speed, leg, by if leg is not None else "")
    try:
        athlete = await context.parts.archive.roster.athlete(context.workout.athlete_uid)
    except NotFound:  # nobody whom this viewer may see
        return Conditions(speed)
    return Conditions(speed, *leg_of(athlete, first_us(context.workout) or context.workout.created_us))


def leg_of(athlete: Athlete, at_us: int) -> tuple[float | None, str]:
    """Return the length of an athlete's legs in m, as measured next to a moment, and by what; 0.53 of the height."""
    legs = [_nearest(athlete, kind, at_us) for kind in ("leg_left_cm", "leg_right_cm")]
    known = [one for one in legs if one is not None]
    if known:
        days = dict.fromkeys(day_of(one[1]) for one in known)
        return float(np.mean([one[0] for one in known])) / 100.0, f"measured {' and '.join(days)}"
    height = _nearest(athlete, "height_cm", at_us)
    if height is None:
        return None, ""
    return LEG_OF_HEIGHT * height[0] / 100.0, f"{LEG_OF_HEIGHT:g} of the height of {words.number(height[0])} cm"


def _nearest(athlete: Athlete, kind: str, at_us: int) -> tuple[float, int] | None:
    found = [(one.value, one.t_us) for one in athlete.measurements if one.kind == kind]
    return min(found, key=lambda one: abs(one[1] - at_us), default=None)


def runners(feet: Sequence[Foot]) -> list[Foot]:
    """Return the feet of somebody who runs; none of who walks, or without forces."""
    walked = [one for one in feet if step_count(one)]
    if not walked:
        return []
    chosen = list(pair(walked) or walked[:1])
    if not runs(steps_of(walked)) or any(FORCE not in one.stats for one in chosen):
        return []
    return chosen


async def form_of(context: Context, feet: Sequence[Foot], said: Conditions | None = None) -> pd.DataFrame | None:
    """Return `analytics.running_form` of somebody who runs, with forces from each foot's floor on; None of who walks.

    The body weight is that of the mass, where it is known, else the mean force over whole strides. Where a foot is
    found in its pressures, each contact has its `strike_index_pct`. `said` are its conditions, by default those that
    are known.
    """
    chosen = await asyncio.to_thread(runners, feet)
    if not chosen:
        return None
    said = said or await conditions_of(context)
    found = [await _foot(context, one) for one in chosen]
    return await asyncio.to_thread(_form, chosen, found, context.workout.about.mass_kg, said)


def _form(
    chosen: Sequence[Foot], found: Sequence[FoundFoot | None], mass_kg: float | None, said: Conditions
) -> pd.DataFrame | None:
    tables = [_unloaded(one) for one in chosen]
    form = running_form(
        *tables, body_weight_n=mass_kg * GRAVITY if mass_kg else None, speed_m_s=said.speed_m_s, leg_m=said.leg_m
    )
    if not (~form["cut"].astype(bool)).any():
        return None
    form[STRIKE] = np.nan
    for one, stats, foot in zip(chosen, tables, found, strict=True):
        mine = form["side"] == one.key if len(chosen) > 1 else np.ones(len(form), bool)
        if foot is not None and "cop_x_mm" in stats:
            form.loc[mine, STRIKE] = _strikes(one, stats, foot)
    return form


def _strikes(one: Foot, stats: pd.DataFrame, foot: FoundFoot) -> Floats:
    """The strike index of each contact, in the order of `running_form`."""
    found = stances(stats, on=ON_N, off=OFF_N, column=FORCE, floor=0.0)
    order = found.reset_index(drop=True).sort_values(["clock", "start"], kind="stable").index
    return strikes_of(stats, found, foot.axis, one.layout)[order]


async def _foot(context: Context, one: Foot) -> FoundFoot | None:
    """The foot that is found in the mean peak map of the steps; None where there is none."""
    if not one.layout.placed or one.layout.length != "mm" or not one.has_track:
        return None
    peak = await peak_of(context, one)
    track = one.stats[["cop_x_mm", "cop_y_mm"]].to_numpy(np.float64)
    side: regions.Side | None = "left" if one.key == "left" else "right" if one.key == "right" else None
    try:
        return await asyncio.to_thread(
            regions.find, one.layout, peak, side, loaded_above=context.query.p0, toward=heading(track, one.layout)
        )
    except InvalidData:  # no foot in these pressures: the measure is missing, which the table says
        return None


def means_of(form: pd.DataFrame) -> pd.DataFrame:
    """Return `analytics.running_means` with the strike index, where contacts have it."""
    means = running_means(form)
    if STRIKE not in form:
        return means
    found = []
    for where in means.index:
        chosen = form if where == "both" else form[form["side"] == where]
        found.append(moments(chosen[~chosen["cut"].astype(bool)], STRIKE)[1:])
    means[f"mean_{STRIKE}"], means[f"sd_{STRIKE}"] = zip(*found, strict=True)
    return means


def _unloaded(one: Foot) -> pd.DataFrame:
    """The foot's table with its force from its floor on."""
    stats = one.stats.assign(**{FORCE: one.stats[FORCE] - float(one.stances.attrs["floor"])})
    stats.attrs = dict(one.stats.attrs)
    return stats
