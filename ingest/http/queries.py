"""What may stand behind the question mark of an address."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, WithJsonSchema, field_validator

from barograph.errors import NotFound
from barograph.files import WRITTEN
from barograph.frames import check_name
from barograph.store.ports import Archive, StreamInfo
from barograph.store.records import chosen_stream
from barograph.store.session_exports import FORMATS as SESSION_FORMATS
from barograph.store.summarised import MOST_SESSIONS
from ingest.http.errors import NoStream
from ingest.messages import Refused, time_us_of

MOST_FRAMES = 50_000
MOST_NUMBERS = 1 << 20


def _moment(value: Any) -> int:
    """µs since 1970 of a number or ISO 8601, as in `timestamp`."""
    try:
        number: float | str = float(value)
    except (ValueError, TypeError):  # a parameter that was given twice comes as a list
        number = str(value)
    try:
        t_us = time_us_of(number)
    except Refused as error:
        raise ValueError(f"expected a number or ISO 8601, got {str(value)[:40]!r}") from error
    return 0 if t_us is None else t_us


Moment = Annotated[
    int | None,
    BeforeValidator(_moment),
    WithJsonSchema({"type": ["number", "string"], "examples": [1767225600.5, "2026-01-01T00:00:00.5Z"]}),
]
Name = Annotated[
    str,
    BeforeValidator(lambda value: check_name("stream", value)),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 128}),
]
START = "first moment: seconds (below 10¹¹) or milliseconds since 1970, or ISO 8601"


class TimesOnly(BaseModel):
    """All of a workout, or a closed range of its times."""

    start: Moment = Field(None, description=START)
    stop: Moment = Field(None, description="last moment, as `start`")

    @field_validator("stop")
    @classmethod
    def _in_order(cls, stop: int | None, found: ValidationInfo) -> int | None:
        start = found.data.get("start")
        if start is not None and stop is not None and stop < start:
            raise ValueError(f"expected a moment not before start ({start} µs), got {stop} µs")
        return stop


class StreamQuery(BaseModel):
    """A stream of a workout."""

    stream: Name = Field("main", description="name of the stream")


class Range(TimesOnly, StreamQuery):
    """A stream, or the frames of a closed range of its times."""


class FramesQuery(Range):
    """A page of a range."""

    limit: int = Field(1000, ge=1, le=MOST_FRAMES, description="frames a page")
    cursor: Annotated[str | None, WithJsonSchema({"type": "string"})] = Field(
        None, description="`next_cursor` of the page before; the other parameters stay the same"
    )


class ExportQuery(Range):
    """A stream as a file."""

    format: Annotated[str, WithJsonSchema({"type": "string", "enum": list(WRITTEN)})] = Field(
        "npz", description="format of the file"
    )


class SessionExportQuery(TimesOnly):
    """All streams of a workout as one file."""

    format: Annotated[str, WithJsonSchema({"type": "string", "enum": list(SESSION_FORMATS)})] = Field(
        "zip", description="`zip`: frames and tables; `xlsx`: tables; `c3d`, `mot`: forces of all streams at one time"
    )


class WorkoutsQuery(BaseModel):
    """A page of the list of workouts."""

    skip: int = Field(0, ge=0, le=1 << 31, description="how many of the newest to leave out")


class SummariesPage(BaseModel):
    """A table of sessions, a page of them."""

    table: str = Field(
        "session", min_length=1, max_length=100,
        description="`session`: measures of the whole up to five minutes, else of the middle minute; `session whole`, "
        "`session first`, `session middle`, `session last`: of that part; `steps`: one row per step of the whole",
    )  # fmt: skip
    athlete: str = Field("", max_length=200, description="an athlete's uid, short id or name; all without it")
    kind: str = Field("", max_length=100, description="a kind of session, as `walk`; all without it")
    since: Moment = Field(None, description=f"sessions that began then or later: {START.partition(': ')[2]}")
    skip: int = Field(0, ge=0, le=1 << 31, description="`next_skip` of the answer before")
    limit: int = Field(100, ge=1, le=MOST_SESSIONS, description="sessions in one answer")


class SummariesBody(SummariesPage):
    """The same in a body, as a name of a person is better in no address."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"athlete": "a-0012", "limit": 20}})


class NormsAsked(BaseModel):
    """A cohort of this lab, and who is compared with it."""

    kind: str = Field(min_length=1, max_length=100, description="kind of the sessions: `walk`")
    sensor: str = Field(
        "", max_length=500, description="kind of sensor, as `insole 60 × 21`; without it the only one there is"
    )
    sex: Literal["", "F", "M", "X"] = Field("", description="sex of the athletes; any without it")
    age: str = Field("", max_length=10, description="age on the day of the session: `18-25`, `51-`; any without it")
    sport: str = Field("", max_length=100, description="sport of the athletes; any without it")
    athlete: str = Field("", max_length=200, description="uid, short id or name of who is compared, and left out of it")
    table: str = Field("session", min_length=1, max_length=100, description="part of sessions, as for summaries")
    measure: str = Field("", max_length=200, description="one measure alone: `max_total_force_n.left`")


class NormsBody(NormsAsked):
    """The same in a body, as a name of a person is better in no address."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"kind": "walk", "athlete": "a-0012"}})


class WorkoutQuery(StreamQuery):
    """What of a workout is wanted beside its description."""

    include: Literal["timeSeriesData"] | None = Field(
        None, description="`timeSeriesData`: the final series of the stream as it was sent, else its frames; in parts"
    )
    limit: int = Field(1000, ge=1, le=MOST_FRAMES, description="frames of the series in one answer")
    cursor: Annotated[str | None, WithJsonSchema({"type": "string"})] = Field(
        None, description="`next_cursor` of the answer before; the other parameters stay the same"
    )


class TimesQuery(BaseModel):
    """What the times of frames are."""

    times: Literal["device", "absolute"] | None = Field(
        None,
        description="`absolute`: dates to be kept, however old; `device`: of a clock that may be off. Without it dates "
        "that are more than a day old are kept, and those of a final series",
    )
    time_unit: Literal["s", "ms", "us"] | None = Field(
        None, description="the unit of numbers that are no dates; by default known from their steps"
    )


class SendQuery(TimesQuery):
    """How frames are sent."""

    sent: Moment = Field(
        None, description="the client's clock when it sends this; fixes the offset of a new epoch, as `ping` does"
    )


async def stream_of(archive: Archive, workout_id: str, name: str) -> StreamInfo:
    """Return the stream of a workout, or the error with the names that there are."""
    workout = await archive.workout(workout_id)
    try:
        return chosen_stream(workout, name)
    except NotFound as error:
        raise NoStream(f"stream: {error}") from error


class RecordsQuery(BaseModel):
    """A page of the workouts of the archive."""

    skip: int = Field(0, ge=0, le=1 << 31, description="how many of the newest to leave out")
    limit: int = Field(100, ge=1, le=100, description="how many")


class StreamUid(StreamQuery):
    """A stream of a workout and, if it is known, which one of those that ever had its name."""

    uid: str = Field("", max_length=64, description="the workout's own id; an erased one of the same name is not found")


class KeysQuery(StreamUid):
    """Blocks of a range of times, or of a range of numbers of an epoch."""

    start_us: int | None = Field(None, ge=0, lt=1 << 62, description="first moment, µs since 1970")
    stop_us: int | None = Field(None, ge=0, lt=1 << 62, description="last moment, µs since 1970")
    e: int | None = Field(None, ge=0, lt=1 << 31, description="number of an epoch; with `start` and `stop`")
    start: int = Field(0, ge=0, lt=1 << 53, description="first number of the range")
    stop: int = Field(1 << 53, ge=0, le=1 << 53, description="the number after the last one")
    next: int | None = Field(None, ge=0, lt=1 << 62, description="where an answer that broke off is resumed")


class BlocksQuery(StreamUid):
    """Blocks of a range of numbers of an epoch."""

    e: int = Field(0, ge=0, lt=1 << 31, description="number of the epoch")
    start: int = Field(0, ge=0, lt=1 << 53, description="first number of the range")
    stop: int = Field(ge=0, le=1 << 53, description="the number after the last one, at most 2²⁰ after the first")

    @field_validator("stop")
    @classmethod
    def _bounded(cls, stop: int, found: ValidationInfo) -> int:
        start = found.data.get("start", 0)
        if not start < stop <= start + MOST_NUMBERS:
            raise ValueError(f"expected 1 to {MOST_NUMBERS} numbers from {start}, got up to {stop}")
        return stop


class RollupsQuery(StreamUid):
    """Rows of a range of seconds."""

    start_s: int = Field(0, ge=0, lt=1 << 33, description="first second since 1970")
    stop_s: int = Field(1 << 32, ge=0, le=1 << 33, description="last second since 1970")
    maps: int = Field(1, ge=0, le=1, description="1: with the maps of each second")


class RecordingQuery(StreamQuery):
    """Where a recording goes."""

    start_us: int | None = Field(None, ge=0, lt=1 << 62, description="when one without a date began, µs since 1970")
