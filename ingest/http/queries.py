"""What may stand behind the question mark of an address."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from barograph.frames import Stream, check_name
from barograph.ports import Archive, StreamInfo
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


Moment = Annotated[int | None, BeforeValidator(_moment)]
Name = Annotated[str, BeforeValidator(lambda value: check_name("stream", value))]


class Range(BaseModel):
    """A stream, or the frames of a closed range of its times."""

    stream: Name = "main"
    start: Moment = None
    stop: Moment = None


class FramesQuery(Range):
    """A page of a range."""

    limit: int = Field(1000, ge=1, le=MOST_FRAMES)
    cursor: str | None = None


class WorkoutsQuery(BaseModel):
    """A page of the list of workouts."""

    skip: int = Field(0, ge=0, le=1 << 31)


async def stream_of(archive: Archive, workout_id: str, name: str) -> StreamInfo:
    """The stream of a workout, or `NotFound` with the names that there are."""
    workout = await archive.workout(workout_id)
    found = {info.stream.stream: info for info in workout.streams}
    if name not in found:
        there = ", ".join(found) or "none"
        raise NoStream(f"stream: {Stream(workout_id, name)} is not stored; streams of this workout: {there}")
    return found[name]
