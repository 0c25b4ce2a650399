"""Masks and prints that were corrected by hand, over HTTP: kept as versions, withdrawn, copied between sessions."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from quart import Quart

from barograph.access.needs import needs
from barograph.store.correcting import add_mask, copy_masks
from barograph.store.corrections import fixes_of
from barograph.store.ports import Archive
from ingest.clock import now_us
from ingest.http.operations import operation
from ingest.http.workouts import WORKOUT, load, read_object

MASKS, PRINTS = f"{WORKOUT}/masks", f"{WORKOUT}/print-corrections"
# The document of the API reads the names of two values in an address only where both have a kind.
ONE_MASK = "/api/workouts/<string:workout_id>/masks/<int:number>"
ONE_PRINTS = "/api/workouts/<string:workout_id>/print-corrections/<int:number>"
Side = Literal["left", "right"]
FORBID = ConfigDict(extra="forbid")


class GroundFields(BaseModel):
    """The grid that a mask was drawn on: row 0 at the front, column 0 at the left."""

    model_config = FORBID

    places: Literal["cells", "foot"] = Field(
        description="cells: a part of the sensor's own; foot: mm from the heel's centre along and across the foot"
    )
    rows: int
    cols: int
    row: int = 0
    col: int = 0
    pitch_mm: list[float] | None = Field(None, min_length=2, max_length=2)
    x_mm: float = Field(0.0, description="lower left corner, to the right of the heel's centre")
    y_mm: float = Field(0.0, description="lower left corner, along the foot's axis to the toes")
    length_mm: float = Field(0.0, description="length of the print that it was drawn on")


class NewMaskFields(BaseModel):
    """Masks that are to be kept; without labels what is found is used again."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"stream": "left", "side": "left", "scope": "session", "reason": "found well enough"}
        },
    )

    stream: str
    side: Side
    scope: Literal["print", "session", "athlete"]
    reason: str = Field(description="why, 1 to 200 characters")
    mark: str = Field("", description="µs:row:column of the print, of a mask for one print")
    since_us: int = Field(0, description="first moment of the athlete's sessions that it holds for, µs since 1970")
    ground: GroundFields | None = None
    labels: list[int] = Field([], description="number of the mask of each cell, 1 to 10, row-major; 0 of none")


class MaskHead(BaseModel):
    """A version of masks without its cells; `made_by` is the uid of a user, "" for the owner of the machine."""

    number: int
    stream: str
    side: Side
    scope: Literal["print", "session", "athlete"]
    reason: str
    sensor: str = Field(description="kind and cells of the sensor")
    ground: GroundFields | None
    mark: str
    since_us: int
    copied_from: str
    made_us: int
    made_by: str
    withdrawn_us: int
    withdrawn_by: str
    workout_id: str = Field(description="the session in which it was drawn, where that is another one")
    n_cells: int


class MaskAnswer(MaskHead):
    """A version of masks with its cells."""

    labels: list[int]


class MasksAnswer(BaseModel):
    """Versions of masks of a workout, and those of other sessions of its athlete that hold here."""

    masks: list[MaskHead]
    of_athlete: list[MaskHead]
    next: int = Field(description="number of the next version")


class CopyFields(BaseModel):
    """From which session masks are copied; all that were last drawn there, or one version."""

    model_config = ConfigDict(
        extra="forbid", populate_by_name=True, json_schema_extra={"example": {"from": "walk-1", "number": 2}}
    )

    source: str = Field(alias="from")
    number: int | None = None


class CopiedAnswer(BaseModel):
    """The versions that were made of copies."""

    masks: list[MaskHead]


class WithdrawnFields(BaseModel):
    """Whether a version is withdrawn."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"withdrawn": True}})

    withdrawn: bool


class NewPrintsFields(BaseModel):
    """All corrections of prints, in the order in which they are done; none leaves the prints as they are found."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"items": [], "reason": "the prints are right as they are"}}
    )

    items: list[dict[str, Any]] = Field(
        description="each with stream, do (side, remove, join, split), mark or marks, and side or line"
    )
    reason: str = ""


class PrintsAnswer(BaseModel):
    """A version of corrected prints."""

    number: int
    items: list[dict[str, Any]]
    reason: str
    made_us: int
    made_by: str
    withdrawn_us: int
    withdrawn_by: str


class AllPrintsAnswer(BaseModel):
    """Versions of corrected prints of a workout; the newest that is not withdrawn holds."""

    prints: list[PrintsAnswer]


def add_masks(app: Quart, archive: Archive) -> None:
    """Give the application its routes for masks."""

    @app.get(MASKS)
    @needs("read")
    @operation("Corrections", MasksAnswer, errors=(404, 410))
    async def masks(workout_id: str) -> dict[str, Any]:
        """Versions of masks by hand, withdrawn ones too, and those of the athlete that hold here."""
        return (await archive.corrections.of(workout_id)).masks_said()

    @app.get(ONE_MASK)
    @needs("read")
    @operation("Corrections", MaskAnswer, errors=(404, 410))
    async def mask(workout_id: str, number: int) -> dict[str, Any]:
        """One version of masks with its cells."""
        return (await archive.corrections.of(workout_id)).version(number).to_dict()

    @app.post(MASKS)
    @needs("describe")
    @operation("Corrections", MaskAnswer, status=201, takes=NewMaskFields, errors=(404, 410))
    async def make_mask(workout_id: str) -> tuple[dict[str, Any], int]:
        """Keep masks as a new version; what is the same as the newest of its kind is that one."""
        said = load(NewMaskFields, await read_object()).model_dump(exclude_unset=True)
        return (await add_mask(archive, workout_id, said, now_us=now_us())).to_dict(), 201

    @app.put(ONE_MASK)
    @needs("describe")
    @operation("Corrections", MaskHead, takes=WithdrawnFields, errors=(404, 410))
    async def change_mask(workout_id: str, number: int) -> dict[str, Any]:
        """Withdraw a version of masks, or bring it back."""
        withdrawn = load(WithdrawnFields, await read_object()).withdrawn
        made = await archive.corrections.withdraw_mask(workout_id, number, withdrawn=withdrawn, now_us=now_us())
        return made.to_dict(labels=False)

    @app.post(f"{MASKS}/copy")
    @needs("describe")
    @operation("Corrections", CopiedAnswer, status=201, takes=CopyFields, errors=(404, 410))
    async def copy(workout_id: str) -> tuple[dict[str, Any], int]:
        """Copy masks from another session of the same athlete, of the same kind of sensor and cells."""
        asked = load(CopyFields, await read_object())
        made = await copy_masks(archive, workout_id, asked.source, asked.number, now_us=now_us())
        return {"masks": [one.to_dict(labels=False) for one in made]}, 201


def add_print_corrections(app: Quart, archive: Archive) -> None:
    """Give the application its routes for corrected prints."""

    @app.get(PRINTS)
    @needs("read")
    @operation("Corrections", AllPrintsAnswer, errors=(404, 410))
    async def prints(workout_id: str) -> dict[str, Any]:
        """Versions of corrected prints, withdrawn ones too."""
        return {"prints": [one.to_dict() for one in (await archive.corrections.of(workout_id)).prints]}

    @app.post(PRINTS)
    @needs("describe")
    @operation("Corrections", PrintsAnswer, status=201, takes=NewPrintsFields, errors=(404, 410))
    async def correct_prints(workout_id: str) -> tuple[dict[str, Any], int]:
        """Keep all corrections of prints as a new version; what is the same as what holds is that one."""
        said = load(NewPrintsFields, await read_object())
        fixes = fixes_of(said.items)
        made = await archive.corrections.add_prints(workout_id, fixes, said.reason, now_us=now_us())
        return made.to_dict(), 201

    @app.put(ONE_PRINTS)
    @needs("describe")
    @operation("Corrections", PrintsAnswer, takes=WithdrawnFields, errors=(404, 410))
    async def change_prints(workout_id: str, number: int) -> dict[str, Any]:
        """Withdraw a version of corrected prints, or bring it back."""
        withdrawn = load(WithdrawnFields, await read_object()).withdrawn
        made = await archive.corrections.withdraw_prints(workout_id, number, withdrawn=withdrawn, now_us=now_us())
        return made.to_dict()
