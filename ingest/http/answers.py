"""What the HTTP API takes and answers, as types: they make the OpenAPI document, and check what is said of workouts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from barograph import bounds
from barograph.frames import check_name
from ingest.http.queries import TimesQuery
from ingest.messages import CODES

HTTP_CODES = ("not_found", "exists", "method_not_allowed", "timeout", "unsupported", "internal")


class ErrorDetail(BaseModel):
    """What was wrong."""

    code: Literal[(*CODES, *HTTP_CODES)]  # type: ignore[valid-type]
    message: str = Field(description="what was expected, and what came")
    field: str | None = Field(description="the field or parameter that is wrong")
    index: int | None = Field(None, description="of several frames, the place of the one that is wrong, from 0")


class Error(BaseModel):
    """Something was wrong."""

    error: ErrorDetail


WorkoutId = Annotated[
    str,
    BeforeValidator(lambda value: check_name("workout_id", value)),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 128}),
]
Tag = Annotated[str, Field(min_length=1, max_length=bounds.TAG)]


class Description(BaseModel):
    """What is said of a workout."""

    model_config = ConfigDict(allow_inf_nan=False)

    athlete: str | None = Field(None, max_length=bounds.ATHLETE)
    kind: str | None = Field(None, max_length=bounds.KIND, description="run, walk, stand, …")
    mass_kg: float | None = Field(None, gt=0, lt=bounds.MASS_KG, description="mass of the athlete")
    tags: list[Tag] = Field([], max_length=bounds.TAGS)


class NewWorkout(Description):
    """A workout to make; without an id it gets one."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"workout_id": "run-42", "athlete": "A. Runner", "kind": "run", "mass_kg": 61.5}}
    )

    workout_id: WorkoutId | None = None


class AskToPair(BaseModel):
    """What a device says of itself when it asks for a token."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"code": "K7QM-4XTN", "name": "insole-10-L", "streams": ["left"], "layout": "60 x 21"}
        }
    )

    code: str = Field(max_length=40, description="the code that the dashboard shows")
    name: str = Field(min_length=1, max_length=200, description="what the device calls itself")
    streams: list[Annotated[str, Field(max_length=128)]] = Field(
        ["main"], min_length=1, max_length=16, description="streams that it wants to feed"
    )
    layout: str = Field("", max_length=200, description="its sensor in words, as 60 x 21, kPa")
    firmware: str = Field("", max_length=bounds.FIRMWARE, description="version that it runs")


class AskedAnswer(BaseModel):
    """The device waits to be allowed."""

    claim: str = Field(description="secret with which it comes back")
    poll_s: float = Field(description="seconds to wait between two questions")
    until_us: int = Field(description="end of the pairing, µs since 1970")


class Claim(BaseModel):
    """A device that comes back."""

    claim: str = Field(max_length=100)


class ClaimAnswer(BaseModel):
    """How far a pairing is; the token comes once."""

    state: Literal["asked", "allowed"]
    token: str | None = None
    device: str | None = Field(None, description="id of the device")
    name: str | None = None
    streams: list[str] | None = None
    until_us: int | None = Field(None, description="end of the token, µs since 1970")


class JsonFrame(BaseModel):
    """One frame; `seq` and `epoch` come together or not at all."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"matrix": [[0, 1], [2, None]], "nodes": 3, "timestamp": 1767225600.5}}
    )

    matrix: list[list[float | None]] = Field(description="rows × cols cells; null where one is missing")
    nodes: int | list[Any] | None = Field(None, description="number of nodes, or one entry per cell: the mask")
    timestamp: float | str | None = Field(None, description="seconds or milliseconds since 1970, or ISO 8601")
    stream: str = "main"
    seq: int | None = Field(None, ge=0, description="number in its epoch")
    epoch: str | None = Field(None, description="the device's numbering, a name it made once")


class FinalSeries(Description, TimesQuery):
    """What is said of a workout, and all its frames as the client has them at the end."""

    timeSeriesData: list[JsonFrame] = Field([], description="compared with what is stored; what is missing is stored")  # noqa: N815


class NewMarker(BaseModel):
    """An annotation."""

    model_config = ConfigDict(json_schema_extra={"example": {"label": "second lap", "timestamp": 1767225601}})

    label: str = Field(min_length=1, max_length=bounds.LABEL)
    timestamp: float | str | None = Field(None, description="now when it is not given")


class Calibration(BaseModel):
    """What stored values mean; what is not given stays as it is."""

    model_config = ConfigDict(json_schema_extra={"example": {"unit": "kPa", "scale": 0.5, "contact_kpa": 10}})

    unit: str = Field("raw", description="raw, kPa, N/cm2, mmHg, …")
    scale: float = 1.0
    offset: float = 0.0
    cell_factors: list[float] | None = Field(None, description="one per cell, row-major")
    tare: list[float] | None = Field(None, description="the stored value of each cell without load, row-major")
    curve: dict[str, Any] | None = Field(None, description="kind, numbers and until, see docs/protocol.md")
    contact_kpa: float | None = Field(None, description="pressure above which a cell is loaded")
    geometry: str | dict[str, Any] | None = Field(
        None, description="where cells lie: a name or places, docs/geometries.md"
    )
    cell_area_mm2: float | list[float] | None = Field(None, description="of every cell or one per cell, row-major")
    side: str | None = Field(None, description="left or right")
    place: dict[str, float] | None = Field(
        None, description="where the sensor stands: x_mm, y_mm, turn_deg, see docs/protocol.md"
    )
    made: dict[str, Any] | None = Field(
        None, description="how it was found, for its record: method, source, residual_pct, loaded_cells"
    )


class Undo(BaseModel):
    """Which calibration is undone."""

    uid: str = Field("", description="of the newest record that holds; empty for whichever that is")


class StreamAnswer(BaseModel):
    """A stream of a workout; times in µs since 1970."""

    stream: str
    frame_count: int
    first_us: int | None
    last_us: int | None
    layout: dict[str, Any] | None
    loaded_above: float | None = Field(description="contact threshold: a cell is loaded above so many kPa, or counts")
    epochs: int
    overlap: bool = Field(description="two devices wrote into it at the same time")
    clock_suspect: bool = Field(description="the clock of a device was not believed")
    clock_relative: bool = Field(description="times of a device were no dates: they are placed by their arrival")
    date_unknown: bool = Field(description="from a file without a date: its times count from 1970")
    spool: bool = Field(description="its device keeps frames until they are acked")


class WorkoutAnswer(BaseModel):
    """A workout; times in µs since 1970."""

    workout_id: str
    state: Literal["live", "idle", "ended"]
    frame_count: int
    created_us: int
    athlete: str | None
    kind: str | None
    mass_kg: float | None
    tags: list[str]
    streams: list[StreamAnswer]


class WorkoutWithSeries(WorkoutAnswer):
    """A workout; with `include=timeSeriesData` a part of its series too."""

    timeSeriesData: list[JsonFrame] | None = Field(None, description="frames as they were sent")  # noqa: N815
    next_cursor: str | None = Field(None, description="where the next part begins; null at the end")


class WorkoutsAnswer(BaseModel):
    """Workouts, newest first."""

    workouts: list[WorkoutAnswer]


class ValuesAnswer(BaseModel):
    """A column of a table: one value a row; null where it is not known."""

    name: str
    type: Literal["float", "int", "bool", "text"]
    values: list[float | int | bool | str | None]


class SummaryAnswer(BaseModel):
    """A session and its table, or why there is none; times in µs since 1970."""

    workout_id: str
    athlete: str | None
    athlete_uid: str = Field(description="whose it is; empty where nobody has said it")
    kind: str | None
    sensors: str = Field(description="kind of its sensors, as `insole 60 × 21`")
    mass_kg: float | None
    start_us: int = Field(description="its first frame")
    computed_us: int | None
    version: str = Field(description="a digest of the program that computed it")
    why: str | None = Field(description="why there is no table")
    about: dict[str, Any] = Field(description="what the table says of all its rows: part, thresholds, filters")
    columns: list[ValuesAnswer]


class SummariesAnswer(BaseModel):
    """A table of sessions, oldest first."""

    table: str
    sessions: list[SummaryAnswer]
    next_skip: int | None = Field(description="where the next answer begins; null at the end")


class PutAnswer(WorkoutAnswer):
    """The workout, and what became of the series."""

    received: int = Field(description="frames in the series")
    stored: int = Field(description="frames of it that were missing, and are stored now")


class DeletedAnswer(BaseModel):
    """The workout that is no more."""

    workout_id: str
    deleted: bool
    receipt_id: str | None = Field(description="number of the receipt, for GET /api/receipts/{receipt_id}")


class NackedAnswer(BaseModel):
    """Frames refused for good; they are kept aside."""

    stream: str
    epoch: str
    seq: int
    n: int
    code: str
    message: str


class MarksAnswer(BaseModel):
    """How far a stream is, as in an `ack`."""

    stream: str
    epoch: str
    next_seq: int
    frame_count: int
    missing: list[tuple[int, int]]


class PostAnswer(BaseModel):
    """Frames that are stored."""

    frames: int = Field(description="frames in the body")
    nacked: list[NackedAnswer]
    streams: list[MarksAnswer]


class FrameAnswer(BaseModel):
    """A stored frame; cells as stored, null where one is missing."""

    seq: int
    e: int
    epoch: str
    timestamp: float
    matrix: list[list[float | None]]


class FramesAnswer(BaseModel):
    """A page of frames."""

    frames: list[FrameAnswer]
    next_cursor: str | None


class ColumnAnswer(BaseModel):
    """What a column is."""

    name: str
    unit: str
    title: str
    meaning: str
    formula: str
    source: str


class StatsAnswer(BaseModel):
    """A page of per-frame statistics: a row has `e`, `seq`, `timestamp`, and then one value per column."""

    columns: list[ColumnAnswer]
    parameters: dict[str, str | float | None]
    rows: list[list[float | None]]
    next_cursor: str | None


class GapAnswer(BaseModel):
    """Numbers that are not stored, between the times of their neighbours."""

    e: int
    epoch: str
    seq: int
    n: int
    reason: str
    start: float
    stop: float


class GapsAnswer(BaseModel):
    """What is missing."""

    gaps: list[GapAnswer]


class MarkerAnswer(BaseModel):
    """An annotation."""

    label: str
    timestamp: float = Field(description="milliseconds since 1970")
    t_us: int


class MarkersAnswer(BaseModel):
    """Annotations in order of time."""

    markers: list[MarkerAnswer]


class HealthAnswer(BaseModel):
    """The process answers."""

    status: Literal["ok"]
    version: str


class ReadyAnswer(BaseModel):
    """The parts, each "ready" or what is wrong with it."""

    status: Literal["ready", "not ready"]
    archive: str
    live: str
    cold: str
    disk: str
