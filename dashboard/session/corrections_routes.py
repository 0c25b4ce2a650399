"""What pages of a session ask and say of masks and prints that are corrected by hand; the JSON is the ingest's."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from quart import Quart, Response, request
from quart.typing import ResponseTypes

from barograph.access.needs import needs
from barograph.errors import InvalidData
from barograph.frames import check_name
from barograph.store.correcting import add_mask, copy_masks
from barograph.store.corrections import fixes_of
from barograph.store.ports import Archive
from dashboard.page.answers import json_text
from dashboard.page.typed_callbacks import Name, decoded

MADE = 201


class Withdrawn(msgspec.Struct, forbid_unknown_fields=True):
    """Whether a version is withdrawn."""

    withdrawn: bool


class Prints(msgspec.Struct, forbid_unknown_fields=True):
    """All corrections of prints, and why."""

    items: list[dict[str, Any]]
    reason: str = ""


class Copied(msgspec.Struct, forbid_unknown_fields=True, rename={"source": "from"}):
    """From which session masks are copied; one version, or what was last drawn of each foot."""

    source: Name
    number: int | None = None


def register(app: Quart, archive: Archive) -> None:
    """Add the routes to an application; the archive is guarded."""
    _register_masks(app, archive)
    _register_prints(app, archive)


def _register_masks(app: Quart, archive: Archive) -> None:
    @app.get("/data/<workout_id>/masks")
    @needs("read", shared=True)
    async def list_masks(workout_id: str) -> ResponseTypes:
        return _json((await archive.corrections.of(_named(workout_id))).masks_said())

    @app.get("/data/<string:workout_id>/masks/<int:number>")
    @needs("read", shared=True)
    async def one_mask(workout_id: str, number: int) -> ResponseTypes:
        return _json((await archive.corrections.of(_named(workout_id))).version(number).to_dict())

    @app.post("/data/<workout_id>/masks")
    @needs("describe")
    async def keep_mask(workout_id: str) -> ResponseTypes:
        said = await _body("mask", dict[str, Any])
        return await _done(lambda: _made(add_mask(archive, _named(workout_id), said, now_us=_now_us())), MADE)

    @app.put("/data/<string:workout_id>/masks/<int:number>")
    @needs("describe")
    async def change_mask(workout_id: str, number: int) -> ResponseTypes:
        withdrawn = (await _body("mask", Withdrawn)).withdrawn
        made = await archive.corrections.withdraw_mask(
            _named(workout_id), number, withdrawn=withdrawn, now_us=_now_us()
        )
        return _json(made.to_dict(labels=False))

    @app.post("/data/<workout_id>/masks/copy")
    @needs("describe")
    async def copied_masks(workout_id: str) -> ResponseTypes:
        asked = await _body("copy", Copied)

        async def copied() -> dict[str, Any]:
            made = await copy_masks(archive, _named(workout_id), asked.source, asked.number, now_us=_now_us())
            return {"masks": [one.to_dict(labels=False) for one in made]}

        return await _done(copied, MADE)


def _register_prints(app: Quart, archive: Archive) -> None:
    @app.get("/data/<workout_id>/print-corrections")
    @needs("read", shared=True)
    async def list_print_corrections(workout_id: str) -> ResponseTypes:
        found = (await archive.corrections.of(_named(workout_id))).prints
        return _json({"prints": [one.to_dict() for one in found]})

    @app.post("/data/<workout_id>/print-corrections")
    @needs("describe")
    async def keep_print_corrections(workout_id: str) -> ResponseTypes:
        said = await _body("prints", Prints)

        async def kept() -> dict[str, Any]:
            fixes = fixes_of(said.items)
            made = await archive.corrections.add_prints(_named(workout_id), fixes, said.reason, now_us=_now_us())
            return made.to_dict()

        return await _done(kept, MADE)

    @app.put("/data/<string:workout_id>/print-corrections/<int:number>")
    @needs("describe")
    async def change_print_corrections(workout_id: str, number: int) -> ResponseTypes:
        withdrawn = (await _body("prints", Withdrawn)).withdrawn
        made = await archive.corrections.withdraw_prints(
            _named(workout_id), number, withdrawn=withdrawn, now_us=_now_us()
        )
        return _json(made.to_dict())


async def _made(making: Awaitable[Any]) -> dict[str, Any]:
    said: dict[str, Any] = (await making).to_dict()
    return said


async def _done(work: Callable[[], Awaitable[dict[str, Any]]], status: int) -> Response:
    """What was done, or which field is wrong and why, for the form that asked."""
    try:
        return _json(await work(), status)
    except InvalidData as error:
        return _json({"message": str(error), "field": error.field}, 400)


async def _body(name: str, kind: Any) -> Any:
    return decoded(name, await request.get_json(silent=True), kind)


def _named(workout_id: str) -> str:
    return check_name("workout_id", workout_id)


def _now_us() -> int:
    return time.time_ns() // 1000


def _json(said: Mapping[str, Any], status: int = 200) -> Response:
    return Response(json_text(dict(said)), status=status, content_type="application/json")
