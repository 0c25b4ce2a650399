"""What people corrected by hand of a workout: masks of the foot, and prints on plates; each save is a version.

Nothing is ever deleted: a version that is not wanted is withdrawn, and can be brought back. Masks that were found are
version 1, which is not stored. A mask that was drawn for an athlete holds for the other sessions of that athlete too,
from a moment on, where the sensor is of the same kind; it stays with the session in which it was drawn, and is erased
with it. Times are µs since 1970, UTC.

Terms: mask (docs/glossary.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Protocol, TypeAlias, get_args

import msgspec

from barograph.bounds import REASON, check_text
from barograph.errors import CodecError, InvalidData, NotFound
from barograph.frames import check_name
from barograph.layout_values import choice, number, pair, shown, whole
from barograph.texts import require_text, require_whole

Side: TypeAlias = Literal["left", "right"]
Scope: TypeAlias = Literal["print", "session", "athlete"]
Places: TypeAlias = Literal["cells", "foot"]
Do: TypeAlias = Literal["side", "remove", "join", "split"]
SIDES: tuple[Side, ...] = get_args(Side)
SCOPES: tuple[Scope, ...] = get_args(Scope)
PLACES: tuple[Places, ...] = get_args(Places)
DOES: tuple[Do, ...] = get_args(Do)
MASKS = 10  # numbers of parts of the foot, in the order of `analytics.regions.FOUND`
AUTOMATIC = 1  # the version of what was found
VERSIONS, FIXES, MARKS = 500, 500, 20  # versions of each kind in a workout, corrections in one, prints in one
CELLS = 1 << 16  # of a grid
SENSOR = 200  # characters
MARK = re.compile(r"[0-9]{1,16}:[0-9]{1,6}:[0-9]{1,6}")


@dataclass(frozen=True, kw_only=True)
class Ground:
    """The grid that a mask was drawn on: `rows` × `cols` cells, row 0 at the front and column 0 at the left.

    Of "cells" it is a part of the sensor's own cells, which begins at `row`, `col`. Of "foot" it lies in the frame of a
    foot: x to the right and y along the foot's axis to the toes, in mm from the heel's centre, the grid's lower left
    corner at `x_mm`, `y_mm`; `length_mm` is the length of the print, by which the grid is scaled to another one.
    """

    places: Places
    rows: int
    cols: int
    row: int = 0
    col: int = 0
    pitch_mm: tuple[float, float] | None = None
    x_mm: float = 0.0
    y_mm: float = 0.0
    length_mm: float = 0.0

    def __post_init__(self) -> None:
        choice("places", self.places, PLACES)
        if whole("rows", self.rows) * whole("cols", self.cols) > CELLS:
            raise InvalidData(f"rows: expected at most {CELLS} cells, got {self.rows} x {self.cols}", field="rows")
        for name in ("row", "col"):
            if require_whole(name, getattr(self, name)) < 0:
                raise InvalidData(f"{name}: expected 0 or more, got {getattr(self, name)}", field=name)
        foot = self.places == "foot"
        if foot and self.pitch_mm is None:
            raise InvalidData("pitch_mm: expected the size of a cell on a foot, got none", field="pitch_mm")
        if self.pitch_mm is not None:
            object.__setattr__(self, "pitch_mm", pair("pitch_mm", self.pitch_mm, positive=True))
        for name in ("x_mm", "y_mm"):
            object.__setattr__(self, name, number(name, getattr(self, name)))
        object.__setattr__(self, "length_mm", number("length_mm", self.length_mm, positive=foot))


@dataclass(frozen=True, kw_only=True)
class NewMask:
    """Masks of one foot that are to be kept: `labels` has the number of the mask of each cell of the ground, 0 of none.

    Without labels it says that what is found is used again. `sensor` names kind and cells of the sensor
    (`barograph.store.correcting.sensor_of`), `mark` the print of a mask for one print, `since_us` the first moment of
    sessions that a mask for an athlete holds for; of the session it was drawn in it holds always.
    """

    stream: str
    side: Side
    scope: Scope
    reason: str
    sensor: str
    ground: Ground | None = None
    labels: bytes = b""
    mark: str = ""
    since_us: int = 0
    copied_from: str = ""

    def __post_init__(self) -> None:
        check_name("stream", self.stream)
        choice("side", self.side, SIDES)
        choice("scope", self.scope, SCOPES)
        check_text("reason", self.reason, REASON, 1)
        check_text("sensor", self.sensor, SENSOR, 1)
        require_whole("since_us", self.since_us)
        require_text("copied_from", self.copied_from)
        if (self.scope == "print") != bool(self.mark):
            expected = "the mark of a print" if self.scope == "print" else "none, as the mask is for all prints"
            raise InvalidData(f"mark: expected {expected}, got {shown(self.mark)}", field="mark")
        if self.mark:
            check_mark(self.mark)
        self._check_labels()

    def _check_labels(self) -> None:
        if not isinstance(self.labels, bytes):
            raise InvalidData(f"labels: expected bytes, got {type(self.labels).__name__}", field="labels")
        if not self.labels:
            return
        if self.ground is None:
            raise InvalidData("ground: expected the grid that the labels are of, got none", field="ground")
        if len(self.labels) != (cells := self.ground.rows * self.ground.cols):
            raise InvalidData(f"labels: expected {cells} numbers, got {len(self.labels)}", field="labels")
        if max(self.labels) > MASKS or not any(self.labels):
            raise InvalidData(f"labels: expected numbers from 0 to {MASKS}, one or more above 0", field="labels")

    @property
    def automatic(self) -> bool:
        """Return whether it says that what is found is used again."""
        return not self.labels

    @property
    def target(self) -> tuple[str, str, str, str]:
        """Return what it is drawn for."""
        return self.stream, self.side, self.scope, self.mark


@dataclass(frozen=True, kw_only=True)
class MaskVersion(NewMask):
    """Masks that are kept; `number` counts from 2, over both feet of a workout.

    `made_by` and `withdrawn_by` are uids of users, "" for the owner of the machine. `workout_id` names the session in
    which it was drawn where that is another one, "" where that may not be seen.
    """

    number: int
    made_us: int
    made_by: str = ""
    withdrawn_us: int = 0
    withdrawn_by: str = ""
    workout_id: str = ""

    @property
    def n_cells(self) -> int:
        """Number of cells that have a mask."""
        return len(self.labels) - self.labels.count(0)

    @property
    def can_be_copied(self) -> bool:
        """Return whether it holds for a foot of another session: drawn, not withdrawn, and of no single print."""
        return not self.withdrawn_us and self.scope != "print" and not self.automatic

    @property
    def name(self) -> str:
        """Return what tables call it."""
        how = "automatic again" if self.automatic else "by hand"
        return f"masks version {self.number} ({how})"

    def to_dict(self, *, labels: bool = True) -> dict[str, Any]:
        """Return the fields as JSON; without `labels` the number of cells."""
        said = asdict(self)
        said["labels"] = list(self.labels)
        if not labels:
            del said["labels"]
        return said | {"n_cells": self.n_cells}


@dataclass(frozen=True, kw_only=True)
class PrintFix:
    """One correction of prints of a stream, as `analytics.footprints` takes it: `marks` is one, of `join` several.

    `side` is of `side`, `line` of `split`: two points [x, y] in mm of the layout.
    """

    stream: str
    do: Do
    marks: tuple[str, ...]
    side: Side | None = None
    line: tuple[tuple[float, float], tuple[float, float]] | None = None

    def __post_init__(self) -> None:
        check_name("stream", self.stream)
        choice("do", self.do, DOES)
        least, most = (2, MARKS) if self.do == "join" else (1, 1)
        if not least <= len(self.marks) <= most:
            raise InvalidData(f"marks: expected {least} to {most} of {self.do}, got {len(self.marks)}", field="marks")
        for mark in self.marks:
            check_mark(mark)
        if self.do == "side":
            choice("side", self.side, SIDES)
        if (self.do == "split") != (self.line is not None):
            raise InvalidData("line: expected two points [x, y] of a split, and of nothing else", field="line")
        if self.line is not None:
            ends = tuple(pair("line", point) for point in self.line)
            if ends[0] == ends[1]:
                raise InvalidData("line: expected two different points, got the same one twice", field="line")
            object.__setattr__(self, "line", ends)

    def said(self) -> dict[str, Any]:
        """Return it as `analytics.footprints` takes it."""
        named: dict[str, Any] = {"marks": list(self.marks)} if self.do == "join" else {"mark": self.marks[0]}
        more = {"side": self.side, "line": self.line and [list(point) for point in self.line]}
        return {"do": self.do, **named, **{name: value for name, value in more.items() if value}}

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON, with its stream."""
        return {"stream": self.stream, **self.said()}


@dataclass(frozen=True, kw_only=True)
class PrintsVersion:
    """All corrections of the prints of a workout, in the order in which they are done; `number` counts from 1.

    Without any the prints are as they are found.
    """

    number: int
    fixes: tuple[PrintFix, ...]
    reason: str = ""
    made_us: int = 0
    made_by: str = ""
    withdrawn_us: int = 0
    withdrawn_by: str = ""

    def __post_init__(self) -> None:
        whole("number", self.number)
        check_text("reason", self.reason, REASON)
        if len(self.fixes) > FIXES:
            raise InvalidData(f"items: expected at most {FIXES} corrections, got {len(self.fixes)}", field="items")

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON."""
        said = {name: value for name, value in vars(self).items() if name != "fixes"}
        return {**said, "items": [one.to_dict() for one in self.fixes]}


@dataclass(frozen=True)
class Corrections:
    """What was corrected of one workout: versions of masks and prints, in the order in which they were made.

    `of_athlete` are masks of other sessions of its athlete which hold for sessions of its time, the newest first.
    """

    masks: tuple[MaskVersion, ...] = ()
    of_athlete: tuple[MaskVersion, ...] = ()
    prints: tuple[PrintsVersion, ...] = ()

    def mask(
        self, stream: str, side: str | None, sensor: str, covers: Callable[[str], bool] = lambda mark: False
    ) -> MaskVersion | None:
        """Return the masks that hold for a foot; None where those are used that are found.

        The newest of this session that is not withdrawn, where one for a print `covers` its mark; else the newest that
        holds for the athlete, of the same kind of sensor.
        """
        for one in reversed(self.masks):
            mine = (one.stream, one.side, one.sensor) == (stream, side, sensor) and not one.withdrawn_us
            if mine and (one.scope != "print" or covers(one.mark)):
                return one
        return next((one for one in self.of_athlete if (one.side, one.sensor) == (side, sensor)), None)

    @property
    def fixed(self) -> PrintsVersion | None:
        """Return the corrections of prints that hold; None where there never were any."""
        return next((one for one in reversed(self.prints) if not one.withdrawn_us), None)

    @property
    def next_mask(self) -> int:
        """Return the number of the next version of masks."""
        return AUTOMATIC + len(self.masks) + 1

    def version(self, number: int) -> MaskVersion:
        """Return the masks of a number, or `NotFound`."""
        for one in self.masks:
            if one.number == number:
                return one
        raise NotFound(f"masks {number}: no such version is in this workout; it has {len(self.masks)} by hand")

    def masks_said(self) -> dict[str, Any]:
        """Return all masks as JSON without their cells, and the number of the next version."""
        heads = {name: [one.to_dict(labels=False) for one in getattr(self, name)] for name in ("masks", "of_athlete")}
        return {**heads, "next": self.next_mask}


NOTHING = Corrections()


class CorrectionReader(Protocol):
    """What reading asks of corrections, wherever they are."""

    async def of(self, workout_id: str) -> Corrections:
        """Return what was corrected of a workout; `NotFound` or `Gone` where the workout is not there."""
        ...


class CorrectionsPort(CorrectionReader, Protocol):
    """Corrections of all workouts. They are erased with their workout."""

    async def add_mask(self, workout_id: str, new: NewMask, *, now_us: int, by: str = "") -> MaskVersion:
        """Keep masks as a new version; what is the same as the newest of its kind is that one."""
        ...

    async def withdraw_mask(
        self, workout_id: str, number: int, *, withdrawn: bool = True, now_us: int, by: str = ""
    ) -> MaskVersion:
        """Withdraw a version of masks, or bring it back; `NotFound` where there is none."""
        ...

    async def add_prints(
        self, workout_id: str, fixes: Sequence[PrintFix], reason: str = "", *, now_us: int, by: str = ""
    ) -> PrintsVersion:
        """Keep all corrections of prints as a new version; what is the same as what holds is that one."""
        ...

    async def withdraw_prints(
        self, workout_id: str, number: int, *, withdrawn: bool = True, now_us: int, by: str = ""
    ) -> PrintsVersion:
        """Withdraw a version of corrected prints, or bring it back; `NotFound` where there is none."""
        ...


def check_mark(mark: object) -> str:
    """Return a mark of a print, `µs:row:column`, or refuse it."""
    if not isinstance(mark, str) or not MARK.fullmatch(mark):
        raise InvalidData(f"mark: expected µs:row:column, got {shown(mark)}", field="mark")
    return mark


def labels_of(plain: Any) -> bytes:
    """Return labels from JSON, a list of numbers from 0 to 10."""
    if not isinstance(plain, list) or len(plain) > CELLS:
        raise InvalidData(f"labels: expected a list of at most {CELLS} numbers, got {shown(plain)}", field="labels")
    if not all(isinstance(one, int) and not isinstance(one, bool) and 0 <= one <= MASKS for one in plain):
        raise InvalidData(f"labels: expected whole numbers from 0 to {MASKS}", field="labels")
    return bytes(plain)


def fixes_of(plain: Any) -> tuple[PrintFix, ...]:
    """Return corrections of prints from JSON: `stream`, `do`, `mark` or `marks`, and `side` or `line`."""
    if not isinstance(plain, list):
        raise InvalidData(f"items: expected a list of corrections, got {shown(plain)}", field="items")
    return tuple(map(_fix, plain))


def _fix(plain: Any) -> PrintFix:
    if not isinstance(plain, Mapping):
        raise InvalidData(f"items: expected corrections, got {shown(plain)}", field="items")
    said = dict(plain)
    if "mark" in said:
        said["marks"] = [said.pop("mark")]
    try:
        return msgspec.convert(said, PrintFix)
    except msgspec.ValidationError as error:
        raise InvalidData(f"items: expected stream, do and mark of each: {error}", field="items") from error


def mask_of(plain: Any) -> MaskVersion:
    """Return a version of masks from JSON, as `MaskVersion.to_dict` makes it; `CodecError` for anything else."""
    if not isinstance(plain, Mapping):
        raise CodecError(f"mask: expected a version of masks, got {type(plain).__name__}", field="mask")
    said = {name: value for name, value in plain.items() if name not in ("labels", "n_cells")}
    try:
        made = msgspec.convert(said, MaskVersion)
        return replace(made, labels=labels_of(plain["labels"])) if plain.get("labels") else made
    except (msgspec.ValidationError, InvalidData) as error:
        raise CodecError(f"mask: expected a version of masks: {error}", field="mask") from error


def prints_of(plain: Any) -> PrintsVersion:
    """Return a version of corrected prints from JSON, as `PrintsVersion.to_dict` makes it."""
    if not isinstance(plain, Mapping):
        raise CodecError(f"prints: expected a version of prints, got {type(plain).__name__}", field="prints")
    said = {name: value for name, value in plain.items() if name != "items"}
    try:
        return msgspec.convert({**said, "fixes": [asdict(one) for one in fixes_of(plain.get("items"))]}, PrintsVersion)
    except (msgspec.ValidationError, InvalidData) as error:
        raise CodecError(f"prints: expected a version of prints: {error}", field="prints") from error
