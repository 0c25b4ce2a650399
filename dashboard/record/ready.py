"""Whether a trial can start at a station: checks with value and limit, of the frames that are stored until now.

Nothing is kept: that the sensors were empty, and what somebody weighed, is looked for in the last minutes. A check that
`blocks` lets nothing start; one that `flags` goes with the trial as its flag; others are to be known.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from analytics import arrival_stats
from analytics.jumps.force import COARSE_HZ, GRAVITY
from barograph.access.test_day_desk import consent_words
from barograph.errors import AccessDenied, NotFound, StorageAway
from barograph.protocols import Protocol
from barograph.store import rollups
from barograph.store.accounts import Device
from barograph.store.ports import StreamInfo, Workout
from barograph.store.test_day_queue import missing
from barograph.store.test_days import Station, TestDay
from dashboard.drawing import words
from dashboard.reading import archive_reads
from dashboard.reading.context import rate_hz
from dashboard.reading.parts import layout_of
from dashboard.reading.sides import in_order, name_of
from dashboard.reading.sources import Sources
from dashboard.record.trial_reading import jumped

LATE_US, APART_US = 3_000_000, 1_000_000
LOOK_BACK_US, WEIGH_US = 600_000_000, 1_000_000
EMPTY_N, WEIGHT_PCT, LOW_PCT = 5.0, 5.0, 20.0
BETWEEN_S = 15.0
FORCE = "total_force_n"


@dataclass(frozen=True)
class Check:
    """One check: `met` is None where it cannot be told; `value` and `limit` are texts, as they are shown."""

    name: str
    met: bool | None
    value: str
    limit: str = ""
    words: str = ""
    blocks: bool = False
    flags: bool = False

    def plain(self) -> dict[str, object]:
        """Return it as JSON."""
        return asdict(self)


async def checks(sources: Sources, day: TestDay, station: Station, now_us: int) -> list[Check]:
    """Return the checks of a station, in the order in which they are done."""
    try:
        found = [await consent(sources, station, now_us)] if station.athlete else []
        workout = await sources.archive.workout(station.workout_id) if station.workout_id else None
    except StorageAway:
        return [Check("storage", False, "it does not answer", "", "Nothing can be stored now.", blocks=True)]
    except (AccessDenied, NotFound):
        return [Check("permission", False, "this session is not yours to record", blocks=True)]
    if workout is None:
        return [Check("linked", False, "no device", words="Link a device.", blocks=True), *_blocking(found)]
    infos = _streams(workout, station)
    seconds = await asyncio.gather(*(_seconds(sources, one, now_us) for one in infos))
    weight = await _weight(sources, infos, now_us)
    made = [
        linked(infos, now_us), unloaded(infos, seconds), zeroed(infos, now_us),
        await body_weight(sources, station, infos, weight), sampling(day, station, infos),
        *await battery(sources, day, workout, infos),
    ]  # fmt: skip
    return [*made, *_blocking(found)]


def _blocking(found: Sequence[Check]) -> list[Check]:
    return [one for one in found if one.met is False]


async def consent(sources: Sources, station: Station, now_us: int) -> Check:
    """Return whether the athlete agreed to be recorded."""
    athlete = await sources.archive.roster.athlete(station.athlete)
    why = consent_words(athlete, now_us)
    return Check("consent", not why, why or "given", words=f"{athlete.name} cannot be recorded: {why}." if why else "",
                 blocks=bool(why))  # fmt: skip


def _streams(workout: Workout, station: Station) -> list[StreamInfo]:
    return in_order(one for one in workout.streams
                    if one.layout and (not station.devices or one.stream.stream in station.devices))  # fmt: skip


def linked(infos: Sequence[StreamInfo], now_us: int) -> Check:
    """Return whether frames of all streams come, and in step."""
    limit = f"≤ {LATE_US // 1_000_000} s"
    known = {name_of(one): one.last_us for one in infos if one.last_us is not None}
    if not known:
        return Check("linked", False, "no frame yet", limit, "Switch the device on.", flags=True)
    ages = {name: (now_us - last) / 1e6 for name, last in known.items()}
    late = [name for name, age in ages.items() if age > LATE_US / 1e6]
    if late or len(known) < len(infos):
        silent = ", ".join(f"{name} silent for {words.number(ages[name], 1)} s" for name in late)
        return Check("linked", False, silent or "a stream has no frame", limit, "Look at the device.", flags=True)
    apart = (max(known.values()) - min(known.values())) / 1e6 if len(known) > 1 else 0.0
    said = f"newest frame {words.number(max(ages.values()), 1)} s old"
    return Check("linked", apart <= APART_US / 1e6, f"{said}, {words.plural(len(infos), 'stream')}", limit, flags=True)


async def _seconds(sources: Sources, info: StreamInfo, now_us: int) -> rollups.Overview | None:
    if FORCE not in info.columns:
        return None
    return await rollups.overview(sources.archive, info, now_us - LOOK_BACK_US, now_us, compute=arrival_stats)


def unloaded(infos: Sequence[StreamInfo], seconds: Sequence[rollups.Overview | None]) -> Check:
    """Return whether each sensor was empty at a moment of the last minutes, as when a foot was lifted."""
    limit = f"≤ {EMPTY_N:g} N"
    least = {}
    for info, table in zip(infos, seconds, strict=True):
        if table is not None and len(table.seconds):
            low = table.low[:, list(table.columns).index(FORCE)]
            known = low[np.isfinite(low)]
            if len(known):
                least[name_of(info)] = float(known.min())
    if not least:
        return Check("unloaded", None, "no force in N to tell it by", limit)
    said = ", ".join(f"{name.lower()} {words.number(value, 1)} N" for name, value in least.items())
    empty = all(value <= EMPTY_N for value in least.values())
    hint = "" if empty else "Lift each foot for a second; what stays is a crease, or something in the shoe."
    return Check("unloaded", empty, f"{said}, the least of 10 min", limit, hint, flags=True)


def zeroed(infos: Sequence[StreamInfo], now_us: int) -> Check:
    """Return whether the sensors have a zero, and since when."""
    if any(layout_of(one).quantity == "counts" for one in infos):
        return Check("zeroed", False, "counts, not calibrated", words="Forces are not known.", flags=True)
    made = [one.calibrated_us for one in infos if layout_of(one).tare is not None and one.calibrated_us]
    if len(made) < len(infos):
        return Check("zeroed", None, "by the device: no zero was set here")
    return Check("zeroed", True, f"{_ago(now_us - min(made))} ago")


def _ago(us: int) -> str:
    minutes = us / 60e6
    return f"{words.number(minutes)} min" if minutes < 120 else f"{words.number(minutes / 60)} h"


async def _weight(sources: Sources, infos: Sequence[StreamInfo], now_us: int) -> float | None:
    """The mean force of all streams over the newest second that is stored; None where one of them has none."""
    total = 0.0
    for info in infos:
        if FORCE not in info.columns or info.last_us is None or now_us - info.last_us > LATE_US:
            return None
        found = await archive_reads.samples(sources.archive, info, info.last_us - WEIGH_US, info.last_us)
        values = [one.stats[:, list(info.columns).index(FORCE)] for one in found]
        known = np.concatenate(values) if values else np.empty(0)
        if not np.isfinite(known).any():
            return None
        total += float(np.nanmean(known))
    return total


async def body_weight(sources: Sources, station: Station, infos: Sequence[StreamInfo], newtons: float | None) -> Check:
    """Return whether what stands on the sensors weighs as much as the athlete."""
    limit = f"± {WEIGHT_PCT:g} %"
    if not station.athlete:
        return Check("body_weight", None, "nobody is chosen", limit)
    mass = (await sources.archive.roster.athlete(station.athlete)).latest("mass_kg")
    if mass is None:
        return Check("body_weight", None, "no mass of this athlete is known", limit)
    if newtons is None or not infos:
        return Check("body_weight", None, "no force in N now", limit)
    expected = mass.value * GRAVITY
    off = 100.0 * (newtons - expected) / expected
    said = f"{words.number(newtons)} N, {words.number(expected)} N from {words.number(mass.value, 1)} kg"
    said += f": {words.sign(off, 1)} %"
    return Check("body_weight", abs(off) <= WEIGHT_PCT, said, limit, "", flags=True)


def sampling(day: TestDay, station: Station, infos: Sequence[StreamInfo]) -> Check:
    """Return whether the sensors are fast enough for what is tested."""
    rates = [hz for one in infos if (hz := rate_hz(one))]
    slowest = min(rates, default=None)
    said = f"{words.rate(slowest)} Hz" if slowest else "not known yet"
    protocol = _protocol(day, station)
    if protocol is None or not jumped(protocol) or slowest is None:
        return Check("sampling", None if slowest is None else True, said)
    limit = f"≥ {COARSE_HZ:g} Hz"
    fast = slowest >= COARSE_HZ
    return Check("sampling", fast, said, limit, "" if fast else "Coarse for jumps: heights are less certain, no power.")


def _protocol(day: TestDay, station: Station) -> Protocol | None:
    return day.protocols[station.protocol].protocol if 0 <= station.protocol < len(day.protocols) else None


async def battery(sources: Sources, day: TestDay, workout: Workout, infos: Sequence[StreamInfo]) -> list[Check]:
    """Return whether the batteries of paired devices last for the queue; nothing of devices that say nothing."""
    streams = {one.stream.stream for one in infos}
    devices = await sources.archive.accounts.devices()
    mine = [one for one in devices if one.workout == workout.workout_id and one.stream in streams]
    found = [one for one in mine if one.battery_pct is not None]
    if not found:
        return []
    weakest = min(found, key=lambda one: one.battery_pct or 0.0)
    minutes = await _lasts_min(sources, weakest)
    needs = needed_min(day)
    lasts = f", lasts about {words.number(minutes)} min" if minutes is not None else ""
    said = f"{weakest.name} {words.number(weakest.battery_pct)} %{lasts}; the queue needs about {words.number(needs)}"
    enough = (weakest.battery_pct or 0.0) >= LOW_PCT if minutes is None else minutes >= needs
    return [Check("battery", enough, said, f"≥ {LOW_PCT:g} %" if minutes is None else f"≥ {words.number(needs)} min")]


async def _lasts_min(sources: Sources, device: Device) -> float | None:
    """How long a battery lasts as it fell in what it said last; None where that cannot be told."""
    charges = await sources.archive.accounts.charges(device.uid)
    if len(charges) < 2 or device.battery_pct is None:
        return None
    minutes, fell = (charges[-1].us - charges[0].us) / 60e6, charges[0].pct - charges[-1].pct
    return device.battery_pct / (fell / minutes) if fell > 0 and minutes >= 10 else None


def needed_min(day: TestDay) -> float:
    """Return about how long the queue still takes, in minutes."""
    seconds = 0.0
    for entry in (one for one in day.queue if one.state == "waiting"):
        for step in missing(day, entry.athlete):
            known = day.protocols[step.protocol].protocol
            each = (known.duration_s or 30.0) + known.countdown_s + max(known.rest_s, BETWEEN_S)
            seconds += known.trials * each
    return float(np.ceil(seconds / 60.0))
