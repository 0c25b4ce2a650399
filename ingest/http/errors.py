"""Errors as JSON: one shape for all of them, `{"error": {"code", "message", "field"}}`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from math import ceil
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from quart import Quart, has_request_context, request, websocket
from quart_schema import RequestSchemaValidationError
from werkzeug.exceptions import HTTPException

from barograph.errors import (
    MOST_MESSAGE,
    AccessDenied,
    BarographError,
    FileFormatError,
    Gone,
    InvalidData,
    NotFound,
    StorageAway,
    shortened,
)
from ingest.http.visits import Misplaced
from ingest.messages import SHOWN, Refused
from ingest.refusals import Refusals

Headers = dict[str, str]
Answer = tuple[dict[str, Any], int, Headers]
Handler = Callable[[Any], Awaitable[Answer]]

STATUSES = {
    "bad_message": 400, "unknown_event": 400, "bad_field": 400, "not_joined": 409, "shape_mismatch": 409,
    "too_large": 413, "rate_limited": 429, "replaced": 409, "seq_reused": 409, "too_many_gaps": 409,
    "storage_full": 507, "archive_away": 503, "gone": 410, "forbidden": 403,
}  # fmt: skip
CODES_OF_HTTP = {
    400: "bad_message", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 408: "timeout",
    409: "exists", 413: "too_large", 415: "unsupported",
}  # fmt: skip


class NoStream(NotFound):
    """A workout that has no such stream."""

    field = "stream"


class Exists(BarographError):
    """A workout that is there already."""


def add_errors(app: Quart, refusals: Refusals) -> None:
    """Answer every error as JSON, and log what was refused."""
    for kind, handler in (
        (RequestSchemaValidationError, _bad_query), (BarographError, _ours), (HTTPException, _of_http), (500, _fault),
    ):  # fmt: skip
        app.register_error_handler(kind, _noted(handler, refusals))


def error_body(code: str, message: str, field: str | None = None) -> dict[str, Any]:
    """Return the body of an error."""
    message = shortened(message, MOST_MESSAGE)
    return {"error": {"code": code, "message": message, "field": field}}


def _noted(handler: Handler, refusals: Refusals) -> Handler:
    """A handler whose answers are logged, but for what was only looked for and is not there."""

    async def answered(error: Any) -> Answer:
        answer = await handler(error)
        told, status, _ = answer
        if status != 404:
            detail = told["error"]
            asked = request if has_request_context() else websocket
            refused = Refused(detail["code"], detail["message"], field=detail["field"])
            # The route, not the path: whatever somebody wrote into an address would stand in the log.
            path = None if asked.url_rule is None else asked.url_rule.rule
            refusals.note(f"http {asked.remote_addr}", refused, address=asked.remote_addr, path=path)
        return answer

    return answered


async def _bad_query(error: RequestSchemaValidationError) -> Answer:
    reason = error.validation_error
    if not isinstance(reason, ValidationError):
        return error_body("bad_field", str(reason)), 400, {}
    first = reason.errors()[0]
    field = str(first["loc"][0]) if first["loc"] else "body"
    said = first["msg"].removeprefix("Value error, ").removeprefix(f"{field}: ")
    return error_body("bad_field", f"{field}: {_in_words(said, first)}", field), 400, {}


def _in_words(said: str, error: ErrorDetails) -> str:
    """What was expected and what came, as everywhere else."""
    if error["type"] == "missing":
        return "expected, but it is not there"
    kind, should, rest = said.partition(" should ")
    if not should:
        return said
    wanted = rest.partition(", unable to")[0].removeprefix("be ").removeprefix("have ")
    begin = {"String": "a text of ", "List": "a list of "}.get(kind, "")
    return f"expected {begin}{wanted}, got {str(error['input'])[:SHOWN]!r}"


async def _ours(error: BarographError) -> Answer:
    return answer_of(error)


def answer_of(error: BaseException | None) -> Answer:
    """Return body, status and headers of an error."""
    match error:
        case Misplaced():
            body, status, headers = answer_of(error.__cause__)
            body["error"]["index"] = error.index
            return body, status, headers
        case Refused():
            return (
                error_body(error.code, str(error), error.field),
                STATUSES.get(error.code, 409),
                _retry(error.retry_after_s),
            )
        case InvalidData():
            return error_body("bad_field", str(error), error.field), 400, {}
        case FileFormatError():
            return error_body("bad_message", str(error), "body"), 400, {}
        case Gone():
            return error_body("gone", str(error), "workout_id"), 410, {}
        case AccessDenied():
            return error_body("forbidden", str(error)), 403, {}
        case NotFound():
            return error_body("not_found", str(error), getattr(error, "field", "workout_id")), 404, {}
        case Exists():
            return error_body("exists", str(error), "workout_id"), 409, {}
        case StorageAway():
            return error_body("archive_away", str(error)), 503, _retry(2)
    return error_body("internal", "something went wrong here; the log says what"), 500, {}


def _retry(after_s: float | None) -> Headers:
    return {} if after_s is None else {"Retry-After": str(ceil(after_s))}


async def _of_http(error: HTTPException) -> Answer:
    status = error.code or 500
    if status >= 500:
        return await _fault(error)
    # What is left of a body that nobody reads must not be taken for the next request.
    headers = {name: value for name, value in error.get_headers() if name == "Allow"}
    if status in (408, 413):
        headers["Connection"] = "close"
    return error_body(CODES_OF_HTTP.get(status, "bad_message"), error.description or ""), status, headers


async def _fault(error: Exception) -> Answer:
    return error_body("internal", "something went wrong here; the log says what"), 500, {}
