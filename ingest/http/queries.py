"""What may stand behind the question mark of an address."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, ValidationInfo, WithJsonSchema, field_validator

from barograph.errors import NotFound
from barograph.files import FORMATS
from barograph.frames import check_name
from barograph.store.ports import Archive, StreamInfo
from barograph.store.records import chosen_stream
from ingest.http.errors import NoStream
from ingest.messages import Refused, time_us_of

MOST_FRAMES = 50_000


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


class StreamQuery(BaseModel):
    """A stream of a workout."""

    stream: Name = Field("main", description="name of the stream")


class Range(StreamQuery):
    """A stream, or the frames of a closed range of its times."""

    start: Moment = Field(None, description=START)
    stop: Moment = Field(None, description="last moment, as `start`")

    @field_validator("stop")
    @classmethod
    def _in_order(cls, stop: int | None, found: ValidationInfo) -> int | None:
        start = found.data.get("start")
        if start is not None and stop is not None and stop < start:
            raise ValueError(f"expected a moment not before start ({start} µs), got {stop} µs")
        return stop


class FramesQuery(Range):
    """A page of a range."""

    limit: int = Field(1000, ge=1, le=MOST_FRAMES, description="frames a page")
    cursor: Annotated[str | None, WithJsonSchema({"type": "string"})] = Field(
        None, description="`next_cursor` of the page before; the other parameters stay the same"
    )


class ExportQuery(Range):
    """A stream as a file."""

    format: Annotated[str, WithJsonSchema({"type": "string", "enum": list(FORMATS)})] = Field(
        "npz", description="format of the file"
    )


class WorkoutsQuery(BaseModel):
    """A page of the list of workouts."""

    skip: int = Field(0, ge=0, le=1 << 31, description="how many of the newest to leave out")


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
