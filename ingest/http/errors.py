"""Errors as JSON: one shape for all of them, `{"error": {"code", "message", "field"}}`."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import ValidationError
from quart import Quart
from quart_schema import RequestSchemaValidationError

from barograph.errors import InvalidData, NotFound, StorageAway

log = logging.getLogger("barograph.ingest")

Answer = tuple[dict[str, Any], int]


class NoStream(NotFound):
    """A workout that has no such stream."""

    field = "stream"


def add_errors(app: Quart) -> None:
    """Answer every error as JSON."""
    for kind, answer in (
        (RequestSchemaValidationError, _bad_query),
        (InvalidData, _bad_field),
        (NotFound, _not_found),
        (StorageAway, _away),
    ):
        app.register_error_handler(kind, answer)
    for status, name in (
        (400, "bad_field"),
        (403, "forbidden"),
        (404, "not_found"),
        (405, "method_not_allowed"),
        (413, "too_large"),
        (500, "internal"),
    ):
        app.register_error_handler(status, _json_error(status, name))


def error_body(code: str, message: str, field: str | None = None) -> dict[str, Any]:
    """The body of an error."""
    return {"error": {"code": code, "message": message, "field": field}}


async def _bad_query(error: RequestSchemaValidationError) -> Answer:
    reason = error.validation_error
    if not isinstance(reason, ValidationError):
        return error_body("bad_field", str(reason)), 400
    first = reason.errors()[0]
    field = str(first["loc"][0]) if first["loc"] else None
    said = first["msg"].removeprefix("Value error, ").removeprefix(f"{field}: ")
    return error_body("bad_field", f"{field}: {said}", field), 400


async def _bad_field(error: InvalidData) -> Answer:
    return error_body("bad_field", str(error), error.field), 400


async def _not_found(error: NotFound) -> Answer:
    return error_body("not_found", str(error), getattr(error, "field", "workout_id")), 404


async def _away(error: StorageAway) -> tuple[dict[str, Any], int, dict[str, str]]:
    log.warning("request failed: %s", error)
    return error_body("archive_away", str(error)), 503, {"Retry-After": "2"}


def _json_error(status: int, name: str) -> Callable[[Any], Awaitable[Answer]]:
    async def answer(error: Any) -> Answer:
        message = getattr(error, "description", "") if status < 500 else "something went wrong here; the log says what"
        return error_body(name, message), status

    return answer
