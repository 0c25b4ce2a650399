"""What the dialog of a calibration works out: a stretch of the session by a chosen way, without keeping it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Required, TypedDict, get_args

from msgspec import Meta

from barograph import fits
from barograph.curve import Curve
from barograph.errors import InvalidData, NotFound
from barograph.fits import Fit
from barograph.frames import Layout, Place, Recording, Stream
from barograph.store.aligning import aligned
from barograph.store.calibration import calibrated, reference
from barograph.store.calibration_records import Made
from barograph.store.ports import Archive, Workout
from barograph.store.reading import read_recording
from barograph.store.records import feet_of
from dashboard.dialogs import geometry_way
from dashboard.dialogs.geometry_way import Chosen
from dashboard.page.typed_callbacks import Name, Text
from dashboard.reading.overview import Span
from dashboard.reading.parts import layout_of
from dashboard.reading.prints import floors
from dashboard.reading.sides import in_order

MOST_OWN = 1 << 17  # characters of a table of one's own
MOST_PLATES = 24
PLATES = "where plates lie"  # how a place was found, as its record has it
MOST_S = 120.0  # of a stretch: all of it is held in memory while it is looked at
Way = Literal["mass", "step", "body", "even", "two", "tare", "curve", "values", "stance", "place", "plates", "geometry"]
Kind = Literal["power", "polynomial", "exponential", "table"]
Numeral = Annotated[float, Meta(ge=-1e12, le=1e12)] | Annotated[str, Meta(max_length=40)] | None


class OnePlate(TypedDict, total=False):
    """Where one plate lies; numbers as they were written."""

    stream: Required[Name]
    x_mm: Numeral
    y_mm: Numeral
    turn_deg: Numeral


class Fields(TypedDict, total=False):
    """What stands in the fields of the dialog; numbers as they were written."""

    stream: Name
    start: Numeral
    stop: Numeral
    kg: Numeral
    start_2: Numeral
    stop_2: Numeral
    kg_2: Numeral
    unit: Text
    scale: Numeral
    offset: Numeral
    kind: Kind
    numbers: Annotated[str, Meta(max_length=1 << 14)]
    until: Numeral
    level: Numeral
    stance_width_mm: Numeral
    toe_out_deg: Numeral
    x_mm: Numeral
    y_mm: Numeral
    turn_deg: Numeral
    sensors: Text
    geometry: Text
    side: Literal["left", "right"]
    own: Annotated[str, Meta(max_length=MOST_OWN)]
    plates: Annotated[list[OnePlate], Meta(max_length=MOST_PLATES)]


MOST_VALUES = len(Fields.__annotations__) + 3 * MOST_PLATES

FIELDS: dict[Way, tuple[str, ...]] = {
    "mass": ("stream", "kg", "start", "stop"),
    "step": ("stream", "kg", "start", "stop"),
    "body": ("kg", "start", "stop"),
    "even": ("stream", "start", "stop"),
    "two": ("stream", "kg", "start", "stop", "kg_2", "start_2", "stop_2"),
    "tare": ("stream", "start", "stop"),
    "curve": ("stream", "kind", "numbers", "until"),
    "values": ("stream", "unit", "scale", "offset"),
    "stance": ("stance_width_mm", "toe_out_deg"),
    "place": ("stream", "x_mm", "y_mm", "turn_deg"),
    "plates": ("plates",),
    "geometry": ("sensors", "geometry", "side", "own"),
}
WAYS: tuple[Way, ...] = get_args(Way)


@dataclass(frozen=True)
class Found:
    """What a way gives a stream: fields of its layout, how they were found, and the layouts before and after."""

    stream: Stream
    before: Layout
    after: Layout
    changes: dict[str, Any]
    made: Made
    fit: Fit | None = None
    geometry: Chosen | None = None


class Calibrating:
    """A session that is calibrated: its streams, and where its seconds are counted from."""

    def __init__(self, archive: Archive, workout: Workout, whole: Span) -> None:
        self._archive, self._workout, self._whole = archive, workout, whole
        self.infos = in_order(info for info in workout.streams if info.layout)

    async def by(self, way: Way, fields: Fields) -> list[Found]:
        """Return what a way gives: all streams by body weight, both feet by a stance, else the chosen one."""
        if way == "body":
            return await self._body(fields)
        if way == "stance":
            return self._stance(fields)
        if way == "geometry":
            return self._placed(fields)
        if way == "plates":
            return self._lying(fields)
        name, layout = self._chosen(fields)
        if way == "values":
            return [self._given(name, layout, _values(fields, layout), Made())]
        if way == "place":
            return [self._given(name, layout, {"place": _place(fields)}, Made("place"))]
        if way == "curve":
            return [self._given(name, layout, {"curve": _curve(fields)}, Made())]
        recording, said = await self._stretch(name, fields)
        if way == "tare":
            return [self._given(name, layout, {"tare": reference(recording).ravel().tolist()}, Made("tare", said))]
        if way == "two":
            other, more = await self._stretch(name, fields, "_2")
            kg, kg_2 = needed(fields, "kg"), needed(fields, "kg_2")
            fit = await asyncio.to_thread(fits.two_points, recording, kg, other, kg_2)
            return [self._fitted(name, layout, fit, f"{said}, {kg:g} kg and {more}, {kg_2:g} kg")]
        if way == "even":
            return [self._fitted(name, layout, await asyncio.to_thread(fits.equilibration, recording), said)]
        kg = needed(fields, "kg")
        fit = await asyncio.to_thread(fits.step if way == "step" else fits.known_mass, recording, kg)
        return [self._fitted(name, layout, fit, f"{said}, {kg:g} kg")]

    async def loaded(self, fields: Fields) -> tuple[list[fits.Loaded], Layout, str]:
        """Find the cells that show a load while nothing is on the sensor, and say of which layout and stretch."""
        name, layout = self._chosen(fields)
        recording, said = await self._stretch(name, fields)
        level = given(fields, "level")
        return await asyncio.to_thread(fits.unloaded_above, recording, level), layout, said

    def _chosen(self, fields: Fields) -> tuple[Stream, Layout]:
        wanted = fields.get("stream") or self.infos[0].stream.stream
        for info in self.infos:
            if info.stream.stream == wanted and info.layout is not None:
                return info.stream, info.layout
        raise NotFound(f"{self._workout.workout_id}: no stream {wanted!r} is stored")

    async def _stretch(self, name: Stream, fields: Fields, which: str = "") -> tuple[Recording, str]:
        start, stop = needed(fields, f"start{which}"), needed(fields, f"stop{which}")
        if not 0.0 <= stop - start <= MOST_S:
            expected = f"an end at most {MOST_S:g} s after the start"
            raise InvalidData(f"seconds: expected {expected}, got {start:g} to {stop:g}", field="stop")
        first_us, last_us = (self._whole.first_us + round(at * 1e6) for at in (start, stop))
        return await read_recording(self._archive, name, first_us, last_us), f"{name} {start:g} to {stop:g} s"

    async def _body(self, fields: Fields) -> list[Found]:
        kg = needed(fields, "kg")
        read = {info.stream.stream: await self._stretch(info.stream, fields) for info in self.infos}
        standing = aligned({name: recording for name, (recording, _) in read.items()})
        found = await asyncio.to_thread(fits.body_weight, list(standing.values()), kg)
        return [
            self._fitted(info.stream, info.layout, fit, f"{read[info.stream.stream][1]}, {kg:g} kg")
            for info, fit in zip(self.infos, found, strict=True)
            if info.layout
        ]

    def _stance(self, fields: Fields) -> list[Found]:
        """Places of both feet; without a width they go."""
        width, toe_out = given(fields, "stance_width_mm"), given(fields, "toe_out_deg") or 0.0
        places = dict.fromkeys(("left", "right")) if width is None else Place.feet(width, toe_out)
        return [
            self._given(info.stream, info.layout, {"place": place}, Made("stance"))
            for info, place in zip(feet_of(self._workout), places.values(), strict=True)
            if info.layout
        ]

    def _lying(self, fields: Fields) -> list[Found]:
        """Places of all plates."""
        said = {one["stream"]: _place(one) for one in fields.get("plates", [])}
        plates = [info for info in floors(self.infos) if info.stream.stream in said]
        if len(plates) < 2:
            raise InvalidData("plates: expected two or more whose cells are grids of known size", field="plates")
        return [
            self._given(info.stream, layout_of(info), {"place": said[info.stream.stream]}, Made(PLATES))
            for info in plates
        ]

    def _fitted(self, name: Stream, layout: Layout, fit: Fit, source: str) -> Found:
        made = Made(fit.method, source, fit.residual_pct, fit.loaded_cells)
        return Found(name, layout, calibrated(layout, name, fit.changes), fit.changes, made, fit)

    def _placed(self, fields: Fields) -> list[Found]:
        side = fields.get("side")
        asked = geometry_way.chosen(fields.get("geometry"), fields.get("own"), side)
        found = []
        for info in geometry_way.picked(self.infos, fields.get("sensors")):
            one = self._given(info.stream, layout_of(info), asked.changes(info, side), Made())
            found.append(replace(one, geometry=asked))
        return found

    def _given(self, name: Stream, layout: Layout, changes: dict[str, Any], made: Made) -> Found:
        return Found(name, layout, calibrated(layout, name, changes), changes, made)


def given(fields: Fields | OnePlate, name: str) -> float | None:
    """Return a field as a number; None where it is empty, `InvalidData` of what is no number."""
    value = fields.get(name)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        return float(str(value).strip().replace(",", "."))
    except ValueError:
        raise InvalidData(f"{name}: expected a number, got {str(value)[:40]!r}", field=name) from None


def needed(fields: Fields, name: str) -> float:
    """Return a field as a number; `InvalidData` where it is empty."""
    if (value := given(fields, name)) is None:
        raise InvalidData(f"{name}: expected a number, got nothing", field=name)
    return value


def _values(fields: Fields, layout: Layout) -> dict[str, Any]:
    numbers = {name: value for name in ("scale", "offset") if (value := given(fields, name)) is not None}
    return {"unit": fields.get("unit") or layout.unit, **numbers}


def _place(fields: Fields | OnePlate) -> Place | None:
    """The place of the fields; None, which takes it away, where all are empty."""
    found = {name: value for name in ("x_mm", "y_mm", "turn_deg") if (value := given(fields, name)) is not None}
    return Place(**found) if found else None


def _curve(fields: Fields) -> Curve | None:
    """The curve of the fields; numbers stand between commas, semicolons, blanks and lines. None takes it away."""
    text = fields.get("numbers") or ""
    parts: Sequence[str] = [part for part in text.replace(";", " ").replace(",", " ").split() if part]
    if not parts:
        return None
    try:
        numbers = tuple(map(float, parts))
    except ValueError as error:
        raise InvalidData(f"curve.numbers: expected numbers, got {text[:40]!r}", field="curve.numbers") from error
    return Curve(kind=fields.get("kind") or "power", numbers=(numbers,), until=given(fields, "until"))
