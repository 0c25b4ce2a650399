"""Trials of workouts over HTTP: made, moved, judged, and every change of them; and protocols by name."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from quart import Quart

from barograph import protocols
from barograph.access.needs import needs
from barograph.errors import NotFound
from barograph.settings import Settings
from barograph.store.ports import Archive
from barograph.store.trials import FOUND, Trial, new_trial
from ingest.clock import now_us
from ingest.http.operations import operation
from ingest.http.workouts import WORKOUT, load, read_object

TRIALS = f"{WORKOUT}/trials"
# The document of the API reads the names of two values in an address only where both have a kind.
ONE = "/api/workouts/<string:workout_id>/trials/<int:number>"
State = Literal["recorded", "accepted", "repeated", "rejected"]
Side = Literal["left", "right", "both"]


class QualityFields(BaseModel):
    """What was found of one criterion."""

    criterion: str
    met: bool | None = Field(None, description="null where it could not be told")
    found: str = Field("", max_length=FOUND, description="in words")


class TrialFields(BaseModel):
    """What may be said of a trial; what is not given stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"state": "rejected", "reason": "fell"}})

    start_us: int = Field(0, description="first moment, µs since 1970")
    stop_us: int = Field(0, description="last moment, µs since 1970; it belongs to the trial")
    condition: str | None = Field(None, description="one of the protocol's; may be left out where it has one alone")
    side: Side | None = Field(None, description="one of the protocol's; may be left out where it has one alone")
    state: State = "recorded"
    reason: str = Field("", description="a rejected trial needs one")
    quality: list[QualityFields] = []


class NewTrialFields(TrialFields):
    """A trial that is to be made."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"protocol": "cmj", "start_us": 1767225600000000, "stop_us": 1767225606000000}},
    )

    protocol: str = Field(description="its name; GET /api/protocols lists them")
    start_us: int = Field(description="first moment, µs since 1970")
    stop_us: int = Field(description="last moment, µs since 1970; it belongs to the trial")


class TrialAnswer(BaseModel):
    """A trial; `made_by` and `changed_by` are uids of users, "" for the owner of the machine."""

    number: int
    protocol: str
    title: str
    condition: str
    side: Side
    start_us: int
    stop_us: int
    state: State
    reason: str
    quality: list[QualityFields]
    made_us: int
    made_by: str
    changed_us: int
    changed_by: str


class WholeTrialAnswer(TrialAnswer):
    """A trial with its protocol as it was when the trial was made."""

    held: dict[str, Any]


class TrialsAnswer(BaseModel):
    """Trials in order of time."""

    trials: list[TrialAnswer]


class TrialChangeAnswer(BaseModel):
    """A change of a trial, with what was before of the fields that changed; nothing when it was made."""

    number: int
    at_us: int
    by: str
    before: dict[str, Any]


class TrialChangesAnswer(BaseModel):
    """Changes of a workout's trials, the oldest first."""

    changes: list[TrialChangeAnswer]


class ProtocolsAnswer(BaseModel):
    """Protocols by name, as their files have them, and what is wrong with files of the lab."""

    protocols: dict[str, dict[str, Any]]
    wrong: dict[str, str]


def add_trials(app: Quart, settings: Settings, archive: Archive) -> None:
    """Give the application its routes for trials."""

    @app.get(TRIALS)
    @needs("read")
    @operation("Trials", TrialsAnswer, errors=(404, 410))
    async def trials(workout_id: str) -> dict[str, Any]:
        """Trials of a workout in order of time, rejected ones too."""
        return {"trials": [_said(one) for one in await archive.trials.of(workout_id)]}

    @app.get(f"{TRIALS}/changes")
    @needs("read")
    @operation("Trials", TrialChangesAnswer, errors=(404, 410))
    async def trial_changes(workout_id: str) -> dict[str, Any]:
        """Every change of its trials, the oldest first: who, when, and what was before."""
        return {"changes": [asdict(one) for one in await archive.trials.changes(workout_id)]}

    @app.get(ONE)
    @needs("read")
    @operation("Trials", WholeTrialAnswer, errors=(404, 410))
    async def trial(workout_id: str, number: int) -> dict[str, Any]:
        """One trial, with its protocol as it was when the trial was made."""
        for one in await archive.trials.of(workout_id):
            if one.number == number:
                return _said(one) | {"held": dict(one.held)}
        raise NotFound(f"trial {number}: no such trial is in this workout")

    @app.post(TRIALS)
    @needs("describe")
    @operation("Trials", TrialAnswer, status=201, takes=NewTrialFields, errors=(404, 410))
    async def make_trial(workout_id: str) -> tuple[dict[str, Any], int]:
        """Make a trial of a part of a workout; the same one twice is one. Trials of one step share no frame."""
        said = load(NewTrialFields, await read_object()).model_dump(exclude_unset=True)
        await archive.workout(workout_id)
        protocol = protocols.named(said.pop("protocol"), settings.data_dir)
        made = await archive.trials.add(workout_id, new_trial(protocol, said), now_us=now_us())
        return _said(made), 201

    @app.put(ONE)
    @needs("describe")
    @operation("Trials", TrialAnswer, takes=TrialFields, errors=(404, 410))
    async def change_trial(workout_id: str, number: int) -> dict[str, Any]:
        """Move, name or judge a trial; what was found of a part that is moved goes. It leaves a record."""
        said = load(TrialFields, await read_object()).model_dump(exclude_unset=True)
        return _said(await archive.trials.edit(workout_id, number, said, now_us=now_us()))


def add_protocols(app: Quart, settings: Settings) -> None:
    """Give the application its route for protocols."""

    @app.get("/api/protocols")
    @needs("read")
    @operation("Trials", ProtocolsAnswer)
    async def all_protocols() -> dict[str, Any]:
        """Protocols of tests by name, the project's and the lab's own."""
        where = settings.data_dir
        wrong = protocols.problems(where)
        names = [name for name in protocols.names(where) if name not in wrong]
        return {"protocols": {name: protocols.named(name, where).to_dict() for name in names}, "wrong": wrong}


def _said(one: Trial) -> dict[str, Any]:
    said = one.to_dict() | {"title": one.title}
    return {name: value for name, value in said.items() if name != "held"}
