"""What is kept of each calibration of a stream: when, by whom, how, from which recording, and how far it was off.

A record has the fields of the layout as they were before, so that a calibration can be undone. Of a stream the newest
`MOST_RECORDS` are kept.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import msgspec

from barograph import bounds
from barograph.codec import compress, unpack
from barograph.errors import InvalidData
from barograph.frames import Layout
from barograph.layout import NAMED, Named
from barograph.layout_values import number, whole

VALUES = ("unit", "scale", "offset", "cell_factors", "tare", "curve", "contact_kpa")
# Where the cells lie, on which side of the body, and where the sensor stands, may be known later than the frames, too.
PLACES = ("geometry", "cell_area_mm2", "side", "place")
FIELDS = (*VALUES, *PLACES)
# What a geometry replaces goes back with it.
KEPT = (*FIELDS, "pitch_mm", "x_axis", "y_axis")
MOST_RECORDS = 100
METHOD, SOURCE, SAID = 40, 300, 500  # characters
MOST_BEFORE = 64 << 20  # bytes of JSON: two lists of as many numbers as a layout may have


@dataclass(frozen=True)
class Made:
    """How a calibration was made: by which method, from which recording, and with what residual.

    `source` names the recording and its seconds, "" where values were given. `residual_pct` is how far its frames are
    from what was on the sensor, in % of it.
    """

    method: str = "given"
    source: str = ""
    residual_pct: float | None = None
    loaded_cells: int | None = None

    def __post_init__(self) -> None:
        bounds.check_text("made.method", self.method, METHOD, 1)
        bounds.check_text("made.source", self.source, SOURCE)
        if self.residual_pct is not None:
            number("made.residual_pct", self.residual_pct, least=0.0)
        if self.loaded_cells is not None:
            whole("made.loaded_cells", self.loaded_cells)


GIVEN = Made()


@dataclass(frozen=True)
class CalibrationRecord:
    """One calibration of a stream.

    `by` is the uid of the user who did it, "" for the owner of this machine; `said` what held after it, in words.
    `before` are the fields in `KEPT` as they were, as JSON. `undone_us` is when it was undone, None while it holds.
    """

    uid: str
    at_us: int
    by: str
    made: Made
    said: str
    before: Mapping[str, Any] = field(repr=False)
    undone_us: int | None = None
    undone_by: str = ""

    def without_source(self) -> CalibrationRecord:
        """Return it without the recording it was made from, which may be a file with a person's name."""
        return replace(self, made=replace(self.made, source=""))


def made_of(data: Any) -> Made:
    """Return how a calibration was made, from JSON."""
    try:
        return msgspec.convert(data, Made)
    except msgspec.ValidationError as error:
        raise InvalidData(f"made: expected method, source and residual_pct: {error}", field="made") from error


def new_record(old: Layout, new: Layout, made: Made, by: str, now_us: int) -> CalibrationRecord:
    """Return the record of a calibration that turns one layout into another."""
    said = described(new)
    return CalibrationRecord(uuid.uuid4().hex, now_us, by, made, said[:SAID], fields_of(old))


def fields_of(layout: Layout) -> dict[str, Any]:
    """Return the fields that a calibration may change, with those that go with them, as JSON."""
    return {name: _plain(getattr(layout, name)) for name in KEPT}


def restored(layout: Layout, before: Mapping[str, Any]) -> Layout:
    """Return a layout with the fields of a record as they were."""
    found = {name: before[name] for name in KEPT if name in before}
    for name in NAMED.keys() & {name for name, value in found.items() if value is not None}:
        found[name] = NAMED[name].from_dict(found[name])
    return replace(layout, **found)


def described(layout: Layout) -> str:
    """Say what stored values mean by a layout, in one line."""
    tared = "no tare" if layout.tare is None else f"a tare of up to {max(layout.tare):g} counts"
    factors = "" if layout.cell_factors is None else ", a factor for each cell"
    curve = "" if layout.curve is None else f", curve {layout.curve.said}"
    loaded = f"loaded above {layout.loaded_above:g} {layout.cell_unit}"
    places = "" if layout.geometry is None else f", cells as in {layout.geometry.name or 'a geometry of its own'}"
    places += "" if layout.place is None else f", stands at {layout.place.said}"
    made = f"unit {layout.unit}, scale {layout.scale:g}, offset {layout.offset:g}, {tared}{factors}{curve}"
    return f"{made}, {loaded}{places}"


def packed(record: CalibrationRecord) -> bytes:
    """Return what of a record is stored as one field: all but when, by whom and whether it was undone."""
    text = msgspec.json.encode({"made": record.made, "said": record.said, "before": dict(record.before)})
    return len(text).to_bytes(8, "little") + compress(text)


def unpacked(data: bytes, **known: Any) -> CalibrationRecord:
    """Return a record of what `packed` made of it, and of what is stored beside it."""
    size = int.from_bytes(data[:8], "little")
    if size > MOST_BEFORE:
        raise InvalidData(f"before: expected at most {MOST_BEFORE} bytes, got {size}", field="before")
    plain = msgspec.json.decode(bytes(unpack(data[8:], size, "zstd")))
    return CalibrationRecord(made=made_of(plain["made"]), said=plain["said"], before=plain["before"], **known)


def record_of(plain: Any) -> CalibrationRecord:
    """Return a record from JSON, with its fields by their names."""
    names = {item.name for item in fields(CalibrationRecord)}
    try:
        made = msgspec.convert({k: v for k, v in plain.items() if k in names}, CalibrationRecord)
    except (msgspec.ValidationError, AttributeError) as error:
        raise InvalidData(f"calibration: expected a record: {error}", field="calibration") from error
    return made


def _plain(value: Any) -> Any:
    if isinstance(value, Named):
        return value.to_dict()
    return list(value) if isinstance(value, tuple) else value
