"""Masks of prints on a plate: of the mean of all prints of a foot, in the foot's own frame, or of one print."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from analytics import regions
from analytics.base.foot_axis import FootAxis, centres
from analytics.base.times import Times, steps_s
from analytics.frames.heading import heading
from analytics.maps.maps import integral
from analytics.prints.mean_print import MeanPrint, mean_print
from analytics.prints.measures import Measured, is_for
from analytics.prints.one_print import Footprint
from analytics.regions.by_hand import HandMasks, nearest, on_print
from analytics.regions.step_cells import Labels, StepCells
from barograph.errors import InvalidData, NotFound
from barograph.frames import Layout
from barograph.store.correcting import sensor_of
from barograph.store.corrections import SIDES, Corrections, Ground
from barograph.store.ports import StreamInfo
from dashboard.drawing import words
from dashboard.masks.subject import Step, Subject, automatic, labels_of
from dashboard.reading.by_hand import ByHand
from dashboard.reading.context import Context
from dashboard.reading.prints import Prints, floors, prints


async def of_plate(context: Context, info: StreamInfo, foot: str, mark: str, held: Corrections) -> Subject:
    """Return the cells of one print of a foot by its mark; without one, of the mean of all, or the first of no mean."""
    if info not in floors(context.infos):
        raise InvalidData("stream: expected a plate whose cells are a grid of known size", field="stream")
    if foot not in SIDES:
        raise InvalidData(f"side: expected left or right, got {foot[:20]!r}", field="side")
    hands = ByHand(held, context.query.fixes), ByHand(Corrections(prints=held.prints), context.query.fixes)
    now, found = [await _of(context, info, hand) for hand in hands]
    if now.floor and mark:
        raise InvalidData(
            "mark: expected masks for all prints of a foot on several plates, got one print", field="mark"
        )
    grounds = grounds_of(now, foot)
    if not grounds:
        raise InvalidData(f"side: expected a foot with a whole print, got {foot}, which has none", field="side")
    made = None if mark else await asyncio.to_thread(_of_mean, now, found, foot, held)
    if made is not None:
        return replace(made, grounds=()) if now.floor else made
    if now.floor:
        raise InvalidData(f"side: expected a foot that is found in its prints, got {foot}", field="side")
    return await asyncio.to_thread(_of_print, now, found, foot, mark or grounds[0][0], held)


async def _of(context: Context, info: StreamInfo, hand: ByHand) -> Prints:
    return next(one for one in await prints(context, hand) if one.of(info))


def _of_mean(now: Prints, found: Prints, foot: regions.Side, held: Corrections) -> Subject | None:
    """All prints of a foot; None where no print has a foot."""
    mean, auto = (mean_print(one.measured, foot, above=one.above) for one in (now, found))
    if mean is None:
        return None
    layout = Layout(
        rows=mean.labels.shape[0], cols=mean.labels.shape[1], unit="kPa" if now.layout.calibrated else "raw",
        pitch_mm=mean.pitch_mm, kind="plate", side=foot,
    )  # fmt: skip
    loaded = mean.labels > 0
    axis = FootAxis(
        centres(layout, loaded), mean.pitch_mm, np.array([0.0, 1.0]), np.array([-mean.x_mm, -mean.y_mm]), foot
    )
    ground = Ground(
        places="foot", rows=layout.rows, cols=layout.cols, pitch_mm=mean.pitch_mm, x_mm=mean.x_mm, y_mm=mean.y_mm,
        length_mm=mean.length_mm,
    )  # fmt: skip
    version = held.mask(now.info.stream.stream, foot, sensor_of(now.layout))
    return Subject(
        now.info, foot, "", ground, layout, mean.values, loaded, None if auto is None else _laid(auto, mean),
        "" if auto else "no print has a foot", axis, f"mean of {words.plural(mean.n, 'print')}", mean.n,
        _steps(now, mean, foot), grounds_of(now, foot), version,
        None if version is None or version.automatic else mean.labels.astype(np.int64),
    )  # fmt: skip


def _laid(auto: MeanPrint, mean: MeanPrint) -> Labels:
    """The automatic masks on the grid of the mean, which is another one where the prints have other axes by hand."""
    made = np.zeros(mean.labels.shape, np.int64)
    points = mean.masks(mean.labels, "").points()[(mean.labels > 0).ravel()]
    made[mean.labels > 0] = nearest(auto.masks(auto.labels, "").points(), auto.labels.ravel(), points)
    return made


def _steps(now: Prints, mean: MeanPrint, foot: regions.Side) -> list[Step]:
    """What each print of a foot did, with its own masks, and how masks of the mean lie on it."""
    out = []
    for each in now.measured:
        one = now.found[each.number - 1][0]
        if each.side == foot and isinstance(axis := one.axis(foot), FootAxis):
            out.append(Step(cells_of(one), _own(each), _onto(one, axis, mean)))
    return out


def _onto(one: Footprint, axis: FootAxis, mean: MeanPrint) -> Callable[[Labels], Labels]:
    def turned(labels: Labels) -> Labels:
        laid = on_print(one.cells, axis, mean.masks(labels.astype(np.uint8), ""), one.corner)
        return np.asarray(np.tensordot(np.arange(1, len(laid) + 1), laid.shares, 1), np.int64)

    return turned


def _own(each: Measured) -> Labels:
    return np.zeros(each.cells.shape, np.int64) if each.parts is None else labels_of(each.parts)


def _of_print(now: Prints, found: Prints, foot: regions.Side, mark: str, held: Corrections) -> Subject:
    number = _marked(now, mark)
    one = now.found[number - 1][0]
    layout = one.recording.layout
    track = one.stats[["cop_x_mm", "cop_y_mm"]].to_numpy(np.float64)
    labels, axis, why = automatic(layout, one.peak, foot, found.above, heading(track, layout))
    row, col = one.corner
    ground = Ground(places="cells", rows=layout.rows, cols=layout.cols, row=row, col=col)
    nothing = np.zeros((1, 1), np.uint8)
    version = held.mask(
        now.info.stream.stream, foot, sensor_of(now.layout),
        lambda other: is_for(HandMasks(nothing, foot, mark=other), one, now.layout),
    )  # fmt: skip
    mine = next((_own(each) for each in now.measured if each.number == number), None)
    drawn = None if version is None or version.automatic else mine
    shown = labels if drawn is None else drawn
    own = np.zeros(one.cells.shape, np.int64) if shown is None else shown
    return Subject(
        now.info, foot, mark, ground, layout, one.peak, one.cells, labels, why, axis, f"print {number}", 1,
        [Step(cells_of(one), own, lambda drawing: drawing)], grounds_of(now, foot), version, drawn,
    )  # fmt: skip


def _marked(found: Prints, mark: str) -> int:
    """The number of the print with a mark."""
    for number, (_, about) in enumerate(found.found, 1):
        if about["mark"] == mark:
            return number
    raise NotFound(f"mark: expected one of the prints that were found, got {mark[:40]!r}")


def cells_of(one: Footprint) -> StepCells:
    """Return what each cell of a print did."""
    made = one.recording
    step = steps_s(Times.of(made.times_us, missing=made.missing_us))
    return StepCells(made.layout, one.peak[None], integral(made, step)[None])


def grounds_of(found: Prints, foot: str) -> list[tuple[str, str]]:
    """Return the marks of the whole prints of a foot, with their numbers."""
    return [
        (str(about["mark"]), f"print {number}")
        for number, (_, about) in enumerate(found.found, 1)
        if about["side"] == foot and not about["cut"] and not about["overlap"]
    ]
