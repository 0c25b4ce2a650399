"""Test days over HTTP: made, read, and given commands, by the rules that the dashboard's page keeps too."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from quart import Quart

from barograph import protocols
from barograph.access.needs import needs
from barograph.access.test_day_desk import TestDayDesk, listed
from barograph.settings import Settings
from barograph.store.ports import Archive
from barograph.store.test_days import MOST_TITLE
from ingest.clock import now_us
from ingest.http.operations import operation
from ingest.http.workouts import load, read_object

DAYS = "/api/test-days"
ONE = f"{DAYS}/<day_id>"
Order = Literal["athlete", "test"]


class NewTestDay(BaseModel):
    """A test day that is to be made, empty."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"title": "Jumps, first team"}})

    title: str = Field(description=f"1 to {MOST_TITLE} characters")


class CommandFields(BaseModel):
    """A command, and what it takes; docs/protocols.md lists them."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"example": {"command": "start", "station": "A", "key": "7f3a"}}
    )

    command: str = Field(description="its name, as start, stop, judge")
    key: str = Field("", description="names this command: given twice, it is done once")


class ListedTestDay(BaseModel):
    """A test day in brief; `athletes` counts who waits, is done, or left."""

    id: str
    title: str
    made_us: int
    revision: int
    athletes: dict[str, int]
    protocols: list[str]
    recorded: int
    stations: list[dict[str, str]]


class TestDaysAnswer(BaseModel):
    """Test days, the newest first."""

    test_days: list[ListedTestDay]


class TestDayAnswer(BaseModel):
    """A test day as it stands at `now_us`, the server's clock; docs/protocols.md says what the fields mean."""

    id: str
    title: str
    revision: int
    made_us: int
    made_by: str
    order: Order
    protocols: list[dict[str, Any]] = Field(description="in order: name, held (as it was when it was chosen), dropped")
    queue: list[dict[str, Any]] = Field(description="athlete (uid), number, state: waiting, done or left")
    stations: list[dict[str, Any]] = Field(description="name, phase, its moments in µs, athlete, step, part, devices")
    parts: list[dict[str, Any]] = Field(description="what was recorded: athlete, step, times, workout_id, trial, state")
    people: dict[str, dict[str, Any]] = Field(description="by uid: name, short_id, mass_kg, locked (why), teams")
    progress: dict[str, list[dict[str, Any]]] = Field(description="by uid: accepted and wanted of each step")
    held: list[str] = Field(description="workouts of stations whose frames go where no trial has claimed them")
    held_s: float = Field(description="after so much silence")
    now_us: int


class RemovedTestDay(BaseModel):
    """A test day that was taken away."""

    id: str
    removed: bool


def add_test_days(app: Quart, settings: Settings, archive: Archive, stored: Archive) -> None:
    """Give the application its routes for test days; `archive` is guarded, `stored` is not."""
    desk = TestDayDesk(archive, stored, lambda name: protocols.named(name, settings.data_dir), now_us, settings.held_s)

    @app.get(DAYS)
    @needs("describe", "athlete")
    @operation("Test days", TestDaysAnswer)
    async def test_days() -> dict[str, Any]:
        """Test days, the newest first."""
        return {"test_days": [listed(one) for one in await archive.test_days.newest()]}

    @app.post(DAYS)
    @needs("describe", "athlete")
    @operation("Test days", TestDayAnswer, status=201, takes=NewTestDay)
    async def make_test_day() -> tuple[dict[str, Any], int]:
        """Make an empty test day; athletes, protocols and stations come by commands."""
        asked = load(NewTestDay, await read_object())
        return await desk.viewed(await desk.add(asked.title)), 201

    @app.get(ONE)
    @needs("describe", "athlete")
    @operation("Test days", TestDayAnswer, errors=(404,))
    async def test_day(day_id: str) -> dict[str, Any]:
        """One test day as it stands now: a countdown or a timed trial that is over has ended in it."""
        return await desk.view(day_id)

    @app.post(f"{ONE}/commands")
    @needs("describe", "athlete")
    @operation("Test days", TestDayAnswer, takes=CommandFields, errors=(404, 409))
    async def do_at_test_day(day_id: str) -> dict[str, Any]:
        """Give a command; 409 with a sentence where the phase does not allow it. The same key again does it once."""
        return await desk.viewed(await desk.do(day_id, await read_object()))

    @app.delete(ONE)
    @needs("describe", "athlete")
    @operation("Test days", RemovedTestDay, errors=(404, 409))
    async def remove_test_day(day_id: str) -> dict[str, Any]:
        """Take a test day away; its trials stay in their workouts."""
        await desk.remove(day_id)
        return {"id": day_id, "removed": True}
