"""Two parts of sessions beside each other: which sensor of one goes with which of the other, and their maps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from analytics import difference_map
from analytics.maps.maps import as_map
from analytics.maps.placement import Alignment
from analytics.regions import FOUND, Regions
from barograph.frames import Floats, Layout, Recording
from barograph.store.ports import StreamInfo
from dashboard.drawing import words
from dashboard.drawing.places import same_places
from dashboard.reading.by_hand import OF_PRINTS, by_hand, masks_name
from dashboard.reading.context import Context, loaded_text, rate_hz
from dashboard.reading.feet import Foot
from dashboard.reading.parts import layout_of
from dashboard.reading.sides import name_of, side
from dashboard.reading.step_parts import foot_of, maps_of, step_count, step_maps, step_table
from dashboard.results.maps import values_of
from dashboard.results.regions import name_of_regions, preset_of, regions_of

DIFFER = "The masks differ between A and B: a difference of regions may be one of masks."
NO_MASKS = "no masks"


@dataclass(frozen=True, eq=False)
class Half:
    """One sensor of one session: its steps, and its map; `n` says of how many stances or frames."""

    context: Context
    foot: Foot
    map: Floats
    n: int
    regions: pd.DataFrame  # (k, regions) each stance's peaks, or one row of the whole part
    masks: str = ""  # the version of its masks; "" where regions are no masks of a foot
    of_prints: bool = False  # whether masks by hand are there that are of single prints


@dataclass(frozen=True, eq=False)
class Pair:
    """A sensor of A and the one of B that it is compared with."""

    a: Half
    b: Half

    @property
    def key(self) -> str:
        """`left`, `right`, or the name of A's stream."""
        return self.a.foot.key

    @property
    def title(self) -> str:
        """Left, Right, or the name of A's stream."""
        return name_of(self.a.foot.info)

    @property
    def walks(self) -> bool:
        """Whether both have a whole stance."""
        return all(step_count(half.foot) for half in self.halves)

    @property
    def halves(self) -> tuple[Half, Half]:
        """A's and B's."""
        return self.a, self.b

    @property
    def layouts(self) -> tuple[Layout, Layout]:
        """A's and B's."""
        return self.a.foot.layout, self.b.foot.layout


def stances_of(pairs: Sequence[Pair]) -> list[pd.DataFrame]:
    """Return the stances of both sessions' sensors."""
    return [half.foot.stances for one in pairs for half in one.halves]


def matched(a: Context, b: Context) -> list[tuple[StreamInfo, StreamInfo]]:
    """Return sensors that go together: of one foot, else of one name.

    Two lone ones go together unless they are two feet.
    """
    others = {_name(info): info for info in b.infos}
    found = [(info, others[_name(info)]) for info in a.infos if _name(info) in others]
    if found or len(a.infos) != 1 or len(b.infos) != 1:
        return found
    sides = {side(a.infos[0]), side(b.infos[0])}
    return [] if sides == {"left", "right"} else [(a.infos[0], b.infos[0])]


def _name(info: StreamInfo) -> str:
    return side(info) or info.stream.stream


def why_no_difference(a: Layout, b: Layout) -> str:
    """Return why the maps of two sensors cannot be subtracted, or nothing."""
    if a.kind != b.kind:
        return f"A is recorded by {_kind(a)}, B by {_kind(b)}: their cells do not lie under the same parts of the body."
    if {a.quantity, b.quantity} == {"force", "pressure"}:
        areas = "A" if a.quantity == "force" else "B"
        return f"{areas} has forces of areas, the other pressures: only times and total forces are compared."
    if a.calibrated != b.calibrated:
        raw = "B" if a.calibrated else "A"
        return f"{raw} is not calibrated: counts and pressures cannot be subtracted, only times are compared."
    if not a.placed or not b.placed:
        blind = "B" if a.placed else "A"
        return f"Places of {blind}'s cells are not known, so that the maps cannot be laid over each other."
    if a.length != b.length:
        blind = "B" if a.length == "mm" else "A"
        return f"The size of {blind}'s cells is not known, so that the maps cannot be laid over each other."
    if b.places == "grid" and a.valid.shape != b.valid.shape and min(b.rows, b.cols) < 2:
        return f"B has {b.rows} × {b.cols} cells, too few to be read between them."
    return ""


def _kind(layout: Layout) -> str:
    return f"{'an' if layout.kind[0] in 'aeiou' else 'a'} {layout.kind}"


def remarks(a: StreamInfo, b: StreamInfo, loaded: Callable[[Sequence[StreamInfo]], str] = loaded_text) -> list[str]:
    """Return how two sensors differ, and what follows from it; `loaded` says what makes a cell loaded."""
    one, other = layout_of(a), layout_of(b)
    why = why_no_difference(one, other)
    said = [why] if why else []
    if not why and not same_places(one, other):
        ours, theirs = (layout.shape_text.removesuffix(" cells") for layout in (one, other))
        said.append(f"A has {ours} cells, B {theirs} or others: B's map is read at A's cells for the difference.")
    rates = rate_hz(a), rate_hz(b)
    if all(rates) and max(rates) > 1.1 * min(rates):  # type: ignore[type-var, operator]
        first, second = map(words.rate, rates)
        said.append(f"A was recorded at {first} Hz, B at {second} Hz: the slower one misses more of short peaks.")
    limits = [loaded([info]) for info in (a, b)]
    if limits[0] != limits[1] and one.calibrated == other.calibrated:
        said.append(
            f"A cell counts as loaded {limits[0]} in A and {limits[1]} in B: their contact areas are not alike."
        )
    return said


async def pairs_of(a: Context, b: Context, kind: str) -> list[Pair]:
    """Return every pair with its steps and its maps of a kind; where one has no steps, maps are of the whole parts."""
    found = matched(a, b)
    feet = [
        tuple([await foot_of(context, info) for context, info in zip((a, b), infos, strict=True)]) for infos in found
    ]
    made = []
    for one, other in feet:
        walks = bool(step_count(one) and step_count(other))
        made.append(Pair(await _half(a, one, kind, walks=walks), await _half(b, other, kind, walks=walks)))
    return made


async def _half(context: Context, one: Foot, kind: str, *, walks: bool) -> Half:
    corrected = await by_hand(context)
    hand = corrected.mask(one.info)
    made = await step_maps(context, one) if walks else await maps_of(context, one.info)
    chosen = _with_whole_heel(await asyncio.to_thread(regions_of, context, one, made.peak, hand))
    masks = masks_name(chosen.made) if chosen is not None and preset_of(context) == "foot" else ""
    if not walks:
        peaks, shown = _peaks(chosen, made.peak), values_of(made, kind)
    else:
        peaks = pd.DataFrame(index=range(made.n))
        if chosen is not None and len(chosen):
            peaks = (await step_table(context, one, chosen, ("whole heel", *name_of_regions(context, hand)))).peaks
        shown = (await maps_of(context, one.info)).mean if kind == "mean" else values_of(made, kind)
    return Half(context, one, shown, made.n, peaks, masks, corrected.of_prints(one.info))


def _with_whole_heel(chosen: Regions | None) -> Regions | None:
    """Masks by hand halve the heel, which those that are found have in one here."""
    return None if chosen is None else chosen.joined("heel", FOUND[:2])


def _peaks(chosen: Regions | None, peak: Floats) -> pd.DataFrame:
    """The peaks of a whole part by region, as one row."""
    if chosen is None:
        return pd.DataFrame(index=range(1))
    known = np.isfinite(peak)
    cells = {name: (chosen.of(name) > 0) & known for name in chosen.names}
    return pd.DataFrame({name: [peak[inside].max()] for name, inside in cells.items() if inside.any()})


def masks_said(pairs: Sequence[Pair]) -> str:
    """Return which version of masks each session uses; where two differ, that their difference is of masks too."""
    versions = {pair.title: tuple(half.masks for half in pair.halves) for pair in pairs}
    known = {title: masks for title, masks in versions.items() if any(masks)}
    alike = {masks for pair in known.values() for masks in pair}
    differ = any(a != b for a, b in known.values())
    said = [f"Masks: {', '.join(alike)} in both."] if len(alike) == 1 else [
        f"{title}: {f'{a} in both' if a == b else f'A {a or NO_MASKS}, B {b or NO_MASKS}'}."
        for title, (a, b) in known.items()
    ]  # fmt: skip
    more = [DIFFER] if differ else []
    plates = [OF_PRINTS] if any(half.of_prints for one in pairs for half in one.halves) else []
    return " ".join([*said, *more, *plates])


@dataclass(frozen=True)
class Moved:
    """How B was laid over A: how far, in mm or cells, and by how many degrees (None: it has no axis to turn by)."""

    far: float
    turn_deg: float | None


def difference(pair: Pair, align: str) -> tuple[Floats, Moved]:
    """Return (rows, cols) B − A on A's cells, and how B was moved for it."""
    recordings = [_nothing_of(layout) for layout in pair.layouts]
    maps = [as_map(half.map, half.foot.layout, "map", "") for half in pair.halves]
    found = difference_map(recordings[0], recordings[1], (maps[0], maps[1]), align=cast(Alignment, align))
    return found.to_numpy(np.float64), Moved(float(np.hypot(*found.attrs["shift"])), found.attrs["turn_deg"])


def _nothing_of(layout: Layout) -> Recording:
    """A recording without frames: maps are made already, what they are laid over each other by is the layout."""
    frames = np.empty((0, layout.rows, layout.cols), layout.numpy_dtype)
    return Recording(frames=frames, times_us=np.empty(0, np.int64), layout=layout)


def over_time(half: Half, column: str, seconds: float, bins: int) -> pd.DataFrame:
    """Return mean and SD of a column in `bins` equal parts of so many seconds from the part's start, index seconds."""
    context = half.context
    us = pd.DatetimeIndex(half.foot.stats.index).as_unit("us").asi8
    at, length_us = us - context.part.first_us, round(seconds * 1e6)
    inside = (at >= 0) & (at <= length_us)
    values = half.foot.stats[column].to_numpy(np.float64)[inside]
    place = np.minimum(at[inside] * bins // length_us, bins - 1)
    found = pd.Series(values).groupby(place).agg(["mean", "std"]).reindex(range(bins))
    found.index = (found.index.to_numpy() + 0.5) * seconds / bins
    return found


def steps_text(halves: Sequence[Half]) -> str:
    """Write the numbers of steps: 54 + 53 steps."""
    counts = [step_count(one.foot) for one in halves]
    return f"{' + '.join(map(str, counts))} steps" if any(counts) else "no steps"
